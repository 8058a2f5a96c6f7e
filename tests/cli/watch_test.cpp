// SPDX-License-Identifier: Apache-2.0
// watch: decisions and alarms on a stream.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

using plimsoll::test::Random;

/// Normal scores with three decimals, so that they are read back as they were drawn.
std::vector<double> draw(std::size_t n, std::uint64_t seed, double shift = 0) {
  Random random(seed);
  std::vector<double> scores(n);
  for (double& score : scores) score = std::round(1000 * (random.normal() + shift)) / 1000;
  return scores;
}

std::string lines(const std::vector<double>& scores) {
  std::string text;
  for (const double score : scores) text += plimsoll::detail::shortest(score) + "\n";
  return text;
}

std::string drifting() {
  return lines(draw(100, 2)) + lines(draw(100, 3, 1.5));
}

/// normal.csv, and line.json fitted to it: 400 scores, at most 5 % on average.
struct WithLine : Workspace {
  WithLine() {
    write("normal.csv", lines(draw(400, 1)));
    check_success(run("fit normal.csv --method quantile -o line.json"));
  }
};

/// What has this event, or summary.
std::vector<nlohmann::json> events(const Outcome& outcome, const std::string& event) {
  std::vector<nlohmann::json> found;
  for (const std::string& line : lines_of(outcome.out)) {
    const auto json = nlohmann::json::parse(line);
    if (json.at("event") == event) found.push_back(json);
  }
  return found;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("watch: scores are decided by the line, and what is like the normal ones raises no alarm") {
  const WithLine workspace;
  const std::vector<double> stream = draw(300, 4);
  const Outcome outcome = workspace.run("watch line.json --normal normal.csv --format json", lines(stream));
  check_success(outcome);
  const double cutoff = cutoff_of(nlohmann::json::parse(workspace.read("line.json")));
  std::vector<int> expected;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (!(stream[i] < cutoff)) expected.push_back(static_cast<int>(i) + 1);
  }
  std::vector<int> flagged;
  for (const auto& event : events(outcome, "anomalous")) flagged.push_back(event.at("line"));
  CHECK(flagged == expected);
  CHECK(events(outcome, "drift").empty());
  const auto summary = events(outcome, "summary").at(0);
  CHECK(summary.at("scores") == 300);
  CHECK(summary.at("anomalous") == expected.size());
  CHECK(summary.at("alarms") == 0);
  CHECK(summary.at("threshold") == Approx(4.605170185988091));  // log(100)
  CHECK(summary.at("normals_needed") == 19);
  // The evidence is the library's own.
  plimsoll::MartingaleMonitor monitor(draw(400, 1));
  for (const double score : stream) monitor.step(score);
  CHECK(summary.at("statistic") == monitor.statistic());
}

TEST_CASE("watch: a drift is an alarm at its line, and status 3") {
  const WithLine workspace;
  for (const std::string method :
       {"martingale", "martingale --bet jumper", "martingale --bet mixture", "martingale --bet power", "cusum",
        "anderson_darling --every 5", "martingale --flagged skip --seed 9 --policy rearm"}) {
    const Outcome outcome =
        workspace.run("watch line.json --normal normal.csv --format json --method " + method, drifting());
    INFO(outcome.command);
    CHECK(outcome.status == 3);
    CHECK(outcome.err == "");
    const auto drifts = events(outcome, "drift");
    REQUIRE_FALSE(drifts.empty());
    const int line = drifts[0].at("line");
    CHECK(line > 100);
    CHECK(line < 190);
    CHECK(drifts[0].at("statistic") >= drifts[0].at("threshold"));
    const auto summary = events(outcome, "summary").at(0);
    CHECK(summary.at("alarm_lines").at(0) == line);
    CHECK(summary.at("alarms") == drifts.size());
  }
  const Outcome outcome = workspace.run("watch line.json --normal normal.csv", drifting());
  CHECK(outcome.status == 3);
  CHECK(contains(outcome.out, ": DRIFT: the scores are not like the normal ones, evidence "));
  CHECK(contains(outcome.out, "(alarm from 100 to 1 on)"));
  CHECK(contains(outcome.out, "200 scores, "));
  CHECK(contains(outcome.out, "promise   false alarms <= 5 % on average, distribution-free, 400 normals"));
  CHECK(contains(outcome.out, "advice    find out what changed, or fit a line to new normal scores: 19 can promise"));
}

TEST_CASE("watch: what people read says what machines read") {
  const WithLine workspace;
  const std::string input = drifting() + "nan\n" + lines(draw(100, 5, 4));
  struct Case {
    std::string options;
    std::string watched;
  };
  for (const auto& [options, watched] :
       {Case{"", "by martingale: a false alarm in at most 1 % of streams, however long"},
        Case{"--alarm-rate 0.25 --policy rearm",
             "by martingale: a false alarm in at most 25 % of streams, however long"},
        Case{"--method anderson_darling --every 5 --alarm-rate 0.05",
             "by anderson_darling: a false alarm in at most 5 % of streams, however long"},
        Case{"--method cusum", "by cusum: a false alarm every 10000 scores, on average"},
        Case{"--method cusum --run-length 500 --flagged skip",
             "by cusum: a false alarm every 500 scores, on average"}}) {
    const std::string command = "watch line.json --normal normal.csv " + options;
    const Outcome machine = workspace.run(command + " --format json", input);
    const auto summary = events(machine, "summary").at(0);
    const auto drifts = events(machine, "drift");
    const Outcome people = workspace.run(command, input);
    INFO(people.out);
    CHECK(people.status == 3);
    const auto evidence = [&, cusum = summary.at("method") == "cusum"](double statistic) {
      const auto odds = [](double logarithm) {
        const double digits = logarithm / std::log(10);
        return digits < 6 ? fmt::format("{:.3g} to 1", std::exp(logarithm)) : fmt::format("10^{:.1f} to 1", digits);
      };
      const double threshold = summary.at("threshold");
      return cusum ? fmt::format("sum {:.3g} (alarm from {:.3g} on)", statistic, threshold)
                   : fmt::format("evidence {} (alarm from {} on)", odds(statistic), odds(threshold));
    };
    std::string text;
    std::size_t anomalous = 0;
    for (const std::string& line : lines_of(machine.out)) {
      const auto json = nlohmann::json::parse(line);
      const int number = json.value("line", 0);
      if (json.at("event") == "anomalous") {
        ++anomalous;
        const double score = json.at("score").is_null() ? std::nan("") : json.at("score").get<double>();
        text += fmt::format("line {}: {} is anomalous\n", number, plimsoll::detail::shortest(score));
      } else if (json.at("event") == "drift") {
        text += fmt::format("line {}: DRIFT: the scores are not like the normal ones, {}\n", number,
                            evidence(json.at("statistic")));
      }
    }
    CHECK(summary.at("anomalous") == anomalous);
    const auto& share = summary.at("anomalous_share");
    text +=
        fmt::format("301 scores, {} anomalous, a share of {:.3f} [{:.3f}, {:.3f}] at 95 %\n", anomalous,
                    share.at("value").get<double>(), share.at("lower").get<double>(), share.at("upper").get<double>());
    text += "  promise   false alarms <= 5 % on average, distribution-free, 400 normals\n";
    text += "  NaN       1, anomalous, and not watched\n";
    const int skipped = summary.at("skipped");
    CHECK((skipped > 0) == (options.find("skip") != std::string::npos));
    if (skipped > 0) text += fmt::format("  skipped   {} anomalous ones were not watched\n", skipped);
    REQUIRE_FALSE(drifts.empty());
    text += fmt::format("  drift     alarm{} from line {}, now {}\n", drifts.size() > 1 ? "s" : "",
                        drifts[0].at("line").get<int>(), evidence(summary.at("statistic")));
    text += "  watched   " + watched + "\n  advice    ";
    CHECK(people.out.starts_with(text));
  }
}

TEST_CASE("watch: the realised share has its exact interval") {
  const WithLine workspace;
  // 3 of 20: scipy.stats.binomtest(3, 20).proportion_ci() is [0.0321, 0.3789].
  std::string input;
  for (int i = 0; i < 17; ++i) input += "0." + std::to_string(i) + "\n";
  const Outcome outcome = workspace.run("watch line.json --normal normal.csv", input + "9\n8\n1e3\n");
  CHECK(contains(outcome.out, "20 scores, 3 anomalous, a share of 0.150 [0.032, 0.379] at 95 %"));
  CHECK(contains(outcome.out, "line 20: 1000 is anomalous"));
}

TEST_CASE("watch: NaN is anomalous, counted and not watched; blank lines are none") {
  const WithLine workspace;
  const Outcome outcome =
      workspace.run("watch line.json --normal normal.csv", "nan\n\n  NaN \r\n-nan\n0\n+1e-400\ninf\n-inf\n 0.5");
  check_success(outcome);
  CHECK(contains(outcome.out, "line 1: nan is anomalous\nline 3: nan is anomalous\nline 4: "));
  CHECK(contains(outcome.out, "line 7: inf is anomalous"));
  CHECK(contains(outcome.out, "8 scores, 4 anomalous"));
  CHECK(contains(outcome.out, "NaN       3, anomalous, and not watched"));
  const Outcome nothing = workspace.run("watch line.json --normal normal.csv");
  check_success(nothing);
  CHECK(contains(nothing.out, "0 scores, 0 anomalous\n"));
  CHECK(contains(nothing.out, "drift     none, evidence 1 to 1 (alarm from 100 to 1 on)"));
}

TEST_CASE("watch: NaN is no skipped score, and an alarm's line counts blank lines") {
  const WithLine workspace;
  const std::string command = "watch line.json --normal normal.csv --format json ";
  const auto skipped = events(workspace.run(command + "--flagged skip", "nan\n9\nnan\n0.1\n"), "summary").at(0);
  CHECK(skipped.at("nan") == 2);
  CHECK(skipped.at("skipped") == 1);
  CHECK(skipped.at("anomalous") == 3);
  std::string spread;
  for (const std::string& line : lines_of(drifting())) spread += "\n" + line + "\n";
  const Outcome dense = workspace.run(command + "--method cusum", drifting());
  const Outcome sparse = workspace.run(command + "--method cusum", spread);
  const std::vector<int> lines = events(dense, "summary").at(0).at("alarm_lines");
  REQUIRE(lines.size() > 1);
  std::vector<int> doubled;
  for (const int line : lines) doubled.push_back(2 * line);
  CHECK(events(sparse, "summary").at(0).at("alarm_lines") == doubled);
}

TEST_CASE("watch: what is no number is refused with its line") {
  const WithLine workspace;
  const std::string long_word(60, 'y');
  for (const std::string& garbage :
       std::vector<std::string>{"score", "1,2", "0x10", "--1", "+-1", "1e999", "1 2", long_word}) {
    const Outcome outcome = workspace.run("watch line.json --normal normal.csv", "0\n\n0.5\n" + garbage + "\n0\n");
    check_refused(outcome, 2, {"standard input, line 4: '" + garbage.substr(0, 40)});
  }
  check_refused(workspace.run("watch line.json --normal normal.csv", "0\n" + std::string(10'000, '1')), 2,
                {"standard input, line 2: is longer than 4096 characters"});
}

TEST_CASE("watch: a line may have 4096 characters, whenever they come") {
  const WithLine workspace;
  const std::string command = "watch line.json --normal normal.csv";
  check_success(workspace.run(command, std::string(4095, '0') + "1\n" + std::string(4096, '0')));
  for (const std::string end : {"", "\n", "\n1\n"}) {
    check_refused(workspace.run(command, "1\n" + std::string(4097, '0') + end), 2, {"line 2", "longer than 4096"});
  }
}

TEST_CASE("watch: where the normal scores are to come from is said") {
  const WithLine workspace;
  check_refused(workspace.run("watch line.json", "0\n"), 2,
                {"line.json: holds no normal scores", "calibration files", "--normal FILE"});
  check_refused(workspace.run("watch line.json --normal -", "0\n"), 2, {"standard input gives the scores"});
  check_refused(workspace.run("watch - --normal normal.csv", "0\n"), 2, {"standard input gives the scores"});
  check_refused(workspace.run("watch line.json --normal none.csv", "0\n"), 2, {"none.csv"});
  workspace.write("bad.csv", "1\nnan\n");
  check_refused(workspace.run("watch line.json --normal bad.csv", "0\n"), 2, {"bad.csv", "scores[1] is not finite"});
  workspace.write("high.csv", "100\n200\n");
  check_refused(workspace.run("watch line.json --normal high.csv --flagged skip", "0\n"), 2,
                {"high.csv: there are no normal scores below the line"});
}

TEST_CASE("watch: options of another method and senseless values are refused") {
  const WithLine workspace;
  const std::string watch = "watch line.json --normal normal.csv ";
  check_refused(workspace.run(watch + "--method cusum --alarm-rate 0.01"), 2,
                {"--alarm-rate is not for --method cusum", "--run-length"});
  check_refused(workspace.run(watch + "--window 50"), 2, {"--window is not for --method martingale"});
  check_refused(workspace.run(watch + "--alarm-rate 0"), 2, {"alarm_rate = 0", "(0, 1)"});
  check_refused(workspace.run(watch + "--bet roulette"), 2, {"roulette", "shift, power"});
  check_refused(workspace.run(watch + "--method cusum --run-length 1"), 2, {"run_length = 1"});
  check_refused(workspace.run(watch + "--method anderson"), 2, {"anderson"});
  check_refused(workspace.run(watch + "--format csv"), 2, {"--format json"});
  check_refused(workspace.run(watch + "--normal ''"), 2, {"--normal"});
}

TEST_CASE("watch: one side is watched where it is asked for") {
  const WithLine workspace;
  for (const double shift : {-1.5, 1.5}) {
    const std::string stream = lines(draw(200, 3, shift));
    const auto status = [&](const std::string& side) {
      return workspace.run("watch line.json --normal normal.csv --method cusum --run-length 1e6 --side " + side, stream)
          .status;
    };
    CHECK(status("lower") == (shift < 0 ? 3 : 0));
    CHECK(status("upper") == (shift < 0 ? 0 : 3));
    CHECK(status("both") == 3);
  }
}

TEST_CASE("watch: a calibration file brings its normal scores") {
  const Workspace workspace;
  Random random(5);
  std::vector<double> pixels;
  std::vector<double> maxima;
  for (int map = 0; map < 60; ++map) {
    double largest = 0;
    for (int i = 0; i < 16; ++i) {
      pixels.push_back(static_cast<double>(static_cast<float>(random.exponential())));
      largest = std::max(largest, pixels.back());
    }
    maxima.push_back(largest);
  }
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {60, 4, 4}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  std::vector<double> stream(maxima.begin(), maxima.begin() + 30);
  const Outcome calm = workspace.run("watch cal.json --format json", lines(stream));
  check_success(calm);
  plimsoll::MartingaleMonitor monitor(maxima);
  for (const double score : stream) monitor.step(score);
  CHECK(events(calm, "summary").at(0).at("statistic") == monitor.statistic());
  // The same maps as the normal scores, each counted by its maximum.
  CHECK(workspace.run("watch cal.json --normal maps.npy --format json", lines(stream)).out == calm.out);
  for (double& score : stream) score += 4;
  CHECK(workspace.run("watch cal.json", lines(stream)).status == 3);
  CHECK(workspace.run("watch cal.json --method anderson_darling --window 10 --every 5", lines(stream)).status == 3);
}

TEST_CASE("watch: of many alarms the summary has the lines of the first hundred") {
  const WithLine workspace;
  const Outcome outcome =
      workspace.run("watch line.json --normal normal.csv --method cusum --run-length 10 --policy rearm --format json",
                    lines(draw(1000, 3, 5)));
  CHECK(outcome.status == 3);
  std::vector<int> at;
  for (const auto& event : events(outcome, "drift")) at.push_back(event.at("line"));
  REQUIRE(at.size() > 101);
  const auto summary = events(outcome, "summary").at(0);
  CHECK(summary.at("alarms") == at.size());
  at.resize(100);
  CHECK(summary.at("alarm_lines") == at);
}

TEST_CASE("watch: of a calibration file that claims many equal scores no memory is taken for them") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(draw(60, 1), {.type = "<f4", .shape = {60, 1, 1}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  auto json = nlohmann::json::parse(workspace.read("cal.json"));
  const std::uint64_t count = 4'000'000'000;
  json["tables"]["normal_scores"] = {{"count", count}, {"score", {0.0}}, {"at_least", {count}}, {"above", {0}}};
  workspace.write("cal.json", json.dump());
  check_refused(workspace.run("watch cal.json --method anderson_darling", "1\n"), 2,
                {"4000000000 normal scores", "at most 4194304", "sample"});
}

TEST_CASE("watch: where low scores are strange they are shown as they came") {
  const Workspace workspace;
  workspace.write("normal.csv", lines(draw(400, 1)));
  check_success(workspace.run("fit normal.csv --method quantile --direction lower -o line.json"));
  const Outcome outcome =
      workspace.run("watch line.json --normal normal.csv --method cusum --side upper", "-9\n" + lines(draw(60, 6, -2)));
  CHECK(outcome.status == 3);
  CHECK(contains(outcome.out, "line 1: -9 is anomalous"));
}

TEST_CASE("watch: an event is printed before the next score is there, and a signal brings the summary") {
  const WithLine workspace;
  // The writer goes on when the first event is in the file, at the latest after a minute.
  workspace.write("run.sh", R"(mkfifo pipe
"$1" watch line.json --normal normal.csv < pipe > out &
watch=$!
exec 3> pipe
echo 9 >&3
for i in $(seq 600); do [ -s out ] && break; sleep 0.1; done
cp out first
printf 8 >&3
sleep 0.5
kill -TERM $watch
wait $watch
echo $? > status
)");
  const std::string command = "cd '" + workspace.path("").string() + "' && sh run.sh '" PLIMSOLL_PROGRAM "'";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(workspace.read("first") == "line 1: 9 is anomalous\n");
  CHECK(contains(workspace.read("out"), "1 scores, 1 anomalous"));  // half a line is none: 8 may go on as 8.5
  CHECK(workspace.read("status") == "0\n");
}

TEST_CASE("watch: a signal ends the reading, and no line that is printed, however slowly it is read") {
  const WithLine workspace;
  // Its lines are more than a pipe holds, and nobody reads them until the signal was sent.
  std::string stream;
  for (int i = 0; i < 5000; ++i) stream += "9\n";
  workspace.write("stream", stream);
  workspace.write("run.sh", R"(mkfifo in out
"$1" watch line.json --normal normal.csv < in > out &
watch=$!
exec 4> in 3< out
cat stream >&4
sleep 1
kill -TERM $watch
cat <&3 > all
wait $watch
echo $? > status
)");
  const std::string command = "cd '" + workspace.path("").string() + "' && sh run.sh '" PLIMSOLL_PROGRAM "'";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(workspace.read("status") == "3\n");
  std::size_t scores = 0;
  std::string summary;
  for (const std::string& line : lines_of(workspace.read("all"))) {
    if (contains(line, "DRIFT")) continue;
    if (line == fmt::format("line {}: 9 is anomalous", scores + 1)) {
      ++scores;
    } else if (summary.empty()) {
      summary = line;
    }
  }
  CHECK(summary.starts_with(fmt::format("{0} scores, {0} anomalous, ", scores)));
}

namespace {

/// Scores with one decimal, so that there are ties, which random numbers break.
std::vector<double> coarse(std::size_t n, std::uint64_t seed, double shift = 0) {
  std::vector<double> scores = draw(n, seed, shift);
  for (double& score : scores) score = std::round(10 * score) / 10;
  return scores;
}

/// Checks a run's alarms and evidence against a monitor that takes the scores of these lines.
template <typename Monitor>
void check_monitored(const Outcome& outcome, Monitor monitor, const std::vector<std::pair<int, double>>& watched) {
  INFO(outcome.command);
  std::vector<int> alarms;
  std::vector<double> statistics;
  for (const auto& [line, score] : watched) {
    if (monitor.step(score) != plimsoll::AlarmState::raised) continue;
    alarms.push_back(line);
    statistics.push_back(monitor.alarm_statistic());
  }
  const auto drifts = events(outcome, "drift");
  CHECK(outcome.status == (alarms.empty() ? 0 : 3));
  REQUIRE(drifts.size() == alarms.size());
  for (std::size_t i = 0; i < drifts.size(); ++i) {
    CHECK(drifts[i].at("line") == alarms[i]);
    CHECK(drifts[i].at("threshold") == monitor.threshold());
    CHECK(drifts[i].at("statistic") == statistics[i]);
  }
  const auto summary = events(outcome, "summary").at(0);
  CHECK(summary.at("alarms") == alarms.size());
  CHECK(summary.at("alarm_lines") == alarms);
  CHECK(summary.at("statistic") == monitor.statistic());
  CHECK(summary.at("threshold") == monitor.threshold());
  CHECK(summary.at("method") == std::string(Monitor::method));
}

std::vector<std::pair<int, double>> numbered_lines(const std::vector<double>& scores) {
  std::vector<std::pair<int, double>> found;
  for (const double score : scores) found.emplace_back(static_cast<int>(found.size()) + 1, score);
  return found;
}

}  // namespace

TEST_CASE("watch: each option reaches the monitor") {
  using plimsoll::AlarmPolicy;
  using plimsoll::Bet;
  const Workspace workspace;
  const std::vector<double> normals = coarse(400, 1);
  workspace.write("normal.csv", lines(normals));
  check_success(workspace.run("fit normal.csv --method quantile -o line.json"));
  std::vector<double> stream = coarse(150, 2);
  for (const double score : coarse(250, 3, 0.8)) stream.push_back(score);
  for (const double score : coarse(100, 4, -0.8)) stream.push_back(score);
  const auto run = [&](const std::string& options) {
    return workspace.run("watch line.json --normal normal.csv --format json " + options, lines(stream));
  };
  const auto watched = numbered_lines(stream);
  const auto martingale = [&](const std::string& options, const plimsoll::MartingaleParameters& parameters) {
    check_monitored(run(options), plimsoll::MartingaleMonitor(normals, parameters), watched);
  };
  martingale("", {});
  martingale("--alarm-rate 0.2 --bet jumper --policy rearm --seed 5",
             {.alarm_rate = 0.2, .bet = Bet::jumper, .policy = AlarmPolicy::rearm, .seed = 5});
  martingale("--bet power --policy once", {.bet = Bet::power, .policy = AlarmPolicy::once});
  martingale("--bet mixture --alarm-rate 0.001", {.alarm_rate = 0.001, .bet = Bet::mixture});
  const auto cusum = [&](const std::string& options, const plimsoll::CusumParameters& parameters) {
    check_monitored(run("--method cusum " + options), plimsoll::CusumMonitor(normals, parameters), watched);
  };
  cusum("", {});
  cusum("--run-length 200 --shift 0.5 --side lower --seed 3",
        {.run_length = 200, .shift = 0.5, .side = plimsoll::DriftSide::lower, .seed = 3});
  cusum("--side upper --shift 2 --policy latch",
        {.shift = 2, .side = plimsoll::DriftSide::upper, .policy = AlarmPolicy::latch});
  const auto windowed = [&](const std::string& options, const plimsoll::AndersonDarlingParameters& parameters) {
    check_monitored(run("--method anderson_darling " + options), plimsoll::AndersonDarlingMonitor(normals, parameters),
                    watched);
  };
  windowed("", {});
  windowed("--window 40 --every 20 --alarm-rate 0.3 --policy rearm --seed 7",
           {.alarm_rate = 0.3, .window = 40, .every = 20, .policy = AlarmPolicy::rearm, .seed = 7});
}

TEST_CASE("watch: with --flagged skip what is below the line is compared with what was below it, on either side") {
  const Workspace workspace;
  const std::vector<double> normals = coarse(300, 1);
  std::vector<double> stream = coarse(60, 2);
  for (const double score : coarse(200, 3, 0.7)) stream.push_back(score);
  stream.insert(stream.begin() + 5, std::numeric_limits<double>::infinity());
  REQUIRE(std::ranges::count(normals, 1.5) > 0);  // on the line, so anomalous
  REQUIRE(std::ranges::count(stream, 1.5) > 0);
  for (const double sign : {1.0, -1.0}) {
    std::vector<double> own = normals;
    for (double& score : own) score *= sign;
    std::vector<double> seen = stream;
    for (double& score : seen) score *= sign;
    workspace.write("normal.csv", lines(own));
    check_success(workspace.run("fit normal.csv --method manual --value 1.5 -o line.json"));
    auto line = nlohmann::json::parse(workspace.read("line.json"));
    if (sign < 0) line["direction"] = "lower_is_anomalous";
    workspace.write("line.json", line.dump());
    std::vector<double> below;
    for (const double score : normals) {
      if (score < 1.5) below.push_back(score);
    }
    const auto all = numbered_lines(stream);
    std::vector<std::pair<int, double>> watched;
    for (const auto& numbered : all) {
      if (numbered.second < 1.5) watched.push_back(numbered);
    }
    const std::string command = "watch line.json --normal normal.csv --format json --flagged ";
    const Outcome skip = workspace.run(command + "skip", lines(seen));
    check_monitored(skip, plimsoll::MartingaleMonitor(below), watched);
    check_monitored(workspace.run(command + "skip --method cusum --side lower --run-length 50", lines(seen)),
                    plimsoll::CusumMonitor(below, {.run_length = 50, .side = plimsoll::DriftSide::lower}), watched);
    check_monitored(workspace.run(command + "skip --method anderson_darling --window 50", lines(seen)),
                    plimsoll::AndersonDarlingMonitor(below, {.window = 50}), watched);
    check_monitored(workspace.run(command + "keep", lines(seen)), plimsoll::MartingaleMonitor(normals), all);
    const auto summary = events(skip, "summary").at(0);
    CHECK(summary.at("threshold_file") == "line.json");
    CHECK(summary.at("scores") == stream.size());
    CHECK(summary.at("skipped") == stream.size() - watched.size());
    CHECK(summary.at("anomalous") == stream.size() - watched.size());
    CHECK(summary.at("nan") == 0);
    // Scores are told as they came.
    const auto flagged = events(skip, "anomalous");
    REQUIRE(flagged.size() == stream.size() - watched.size());
    CHECK(flagged[0].at("score") == (sign > 0 ? "inf" : "-inf"));
    CHECK(flagged[0].at("line") == 6);
    CHECK(flagged[1].at("score") == seen[flagged[1].at("line").get<std::size_t>() - 1]);
  }
}

TEST_CASE("watch: after an alarm it is said how many normal scores a new line needs, by what the old one promised") {
  const Workspace workspace;
  workspace.write("normal.csv", lines(draw(400, 1)));
  const std::string advice = "  advice    find out what changed, or fit a line to new normal scores";
  for (const auto& [method, needed, end] :
       {std::tuple{"manual --value 2", 0, ""},
        {"quantile --false-alarm-rate 0.01", 99, ": 99 can promise <= 1 % on average"},
        {"quantile --false-alarm-rate 0.01 --confidence 0.95", 299, ": 299 can promise <= 1 % with 95 % confidence"},
        {"tail", 400, "; this one rests on 400"}}) {
    INFO(method);
    check_success(workspace.run("fit normal.csv -o line.json --method " + std::string(method)));
    const Outcome people = workspace.run("watch line.json --normal normal.csv", drifting());
    CHECK(people.status == 3);
    CHECK(people.out.ends_with("\n" + advice + end + "\n"));
    const Outcome machine = workspace.run("watch line.json --normal normal.csv --format json", drifting());
    CHECK(events(machine, "summary").at(0).at("normals_needed") == needed);
  }
  // Of a share the exact interval, to all digits: 3 of 20, scipy.stats.binomtest(3, 20).proportion_ci().
  const Outcome share = workspace.run("watch line.json --normal normal.csv --format json",
                                      lines(std::vector<double>(17, 0.5)) + "99\n98\nnan\n");
  const nlohmann::json interval = events(share, "summary").at(0).at("anomalous_share");
  CHECK(interval.at("value") == 0.15);
  CHECK(interval.at("lower").get<double>() == Approx(0.03207094).epsilon(1e-6));
  CHECK(interval.at("upper").get<double>() == Approx(0.37892683).epsilon(1e-6));
}

TEST_CASE("watch: a line that decides no scores is refused, and so is a report on it") {
  const WithLine workspace;
  auto line = nlohmann::json::parse(workspace.read("line.json"));
  line["status"] = "no_spread";
  workspace.write("failed.json", line.dump());
  check_refused(workspace.run("watch failed.json --normal normal.csv", "1\n"), 2,
                {"failed.json: holds a fit without a cutoff (no_spread)"});
  line = nlohmann::json::parse(workspace.read("line.json"));
  line["parameters"]["map_reduction"] = "some_pixels";
  workspace.write("other.json", line.dump());
  for (const std::string command :
       {"watch other.json --normal normal.csv", "report other.json --normal normal.csv -o r"}) {
    check_refused(workspace.run(command, "1\n"), 2,
                  {"other.json: not a threshold file that this version reads: ", "map_reduction = some_pixels"});
  }
  workspace.write("metadata.json", "{\"pixel_threshold\": 2.5}");
  check_success(workspace.run("import metadata.json -o masks.json"));
  check_refused(workspace.run("watch masks.json --normal normal.csv", "1\n"), 2, {"masks.json", "by masks alone"});
  check_refused(workspace.run("report masks.json --normal normal.csv -o report.html"), 2,
                {"masks.json", "by masks alone"});
}

TEST_CASE("watch: normal scores come from the column that is named, and none are refused") {
  const WithLine workspace;
  std::string table = "other,mine\n";
  for (const double score : draw(400, 1)) table += "9," + plimsoll::detail::shortest(score) + "\n";
  workspace.write("table.csv", table);
  const std::string stream = lines(draw(50, 2));
  const Outcome expected = workspace.run("watch line.json --normal normal.csv --format json", stream);
  check_success(expected);
  CHECK(workspace.run("watch line.json --normal table.csv --column mine --format json", stream).out == expected.out);
  CHECK(workspace.run("watch line.json --normal table.csv --column 2 --format json", stream).out == expected.out);
  CHECK(workspace.run("watch line.json --normal table.csv --column other --format json", stream).out != expected.out);
  check_refused(workspace.run("watch line.json --normal table.csv", stream), 2, {"'other', 'mine': say which"});
  workspace.write("none.csv", "score\n");
  check_refused(workspace.run("watch line.json --normal none.csv", stream), 2,
                {"none.csv: there are no normal scores"});
}

TEST_CASE("watch: maps among the normal scores count as the calibration has it, and its direction is the stream's") {
  const Workspace workspace;
  std::vector<std::string> outputs;
  for (const double sign : {1.0, -1.0}) {
    Random random(8);
    std::vector<double> pixels(60 * 16);
    for (double& pixel : pixels) pixel = sign * static_cast<double>(static_cast<float>(random.exponential()));
    workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {60, 4, 4}}));
    check_success(
        workspace.run(std::string("fit --maps maps.npy --map-reduction top_mean --top-share 0.5 -o cal.json") +
                      (sign < 0 ? " --direction lower" : "")));
    std::vector<double> stream(40);
    for (double& score : stream) score = sign * std::round(1000 * (0.8 + random.exponential())) / 1000;
    const Outcome own = workspace.run("watch cal.json --format json", lines(stream));
    CHECK(own.err == "");
    // The scores that the calibration keeps are those of its maps: means of the eight strangest of sixteen pixels.
    CHECK(workspace.run("watch cal.json --normal maps.npy --format json", lines(stream)).out == own.out);
    const auto summary = events(own, "summary").at(0);
    CHECK(summary.at("scores") == 40);
    CHECK(summary.at("anomalous") > 0);
    CHECK(summary.at("anomalous") < 40);
    outputs.push_back(own.out);
  }
  // Negated scores of a calibration for low ones are told as they came, and decided and watched alike.
  std::erase(outputs[1], '-');
  std::erase(outputs[0], '-');
  CHECK(outputs[0] == outputs[1]);
}

TEST_CASE("watch: anderson_darling takes no table that is thinned") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(draw(60, 1), {.type = "<f4", .shape = {60, 1, 1}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  auto json = nlohmann::json::parse(workspace.read("cal.json"));
  // Of 99 scores 39 are the first, 28 the second and 2 the third; the others lie between them.
  json["tables"]["normal_scores"] = {
      {"count", 99}, {"score", {0.5, 1.5, 2.5}}, {"at_least", {99, 40, 2}}, {"above", {60, 12, 0}}};
  workspace.write("cal.json", json.dump());
  check_refused(workspace.run("watch cal.json --method anderson_darling", "1\n"), 2,
                {"cal.json: holds 69 of its 99 normal scores, and anderson_darling needs all: give --normal FILE"});
  check_success(workspace.run("watch cal.json", "1\n"));
}

TEST_CASE("watch: evidence beyond a million to one, or one to a million, is told by its power of ten") {
  const WithLine workspace;
  const auto told = [&](const std::string& options, const std::string& stream) {
    const Outcome outcome = workspace.run("watch line.json --normal normal.csv " + options, stream);
    check_success(outcome);
    const std::size_t at = outcome.out.find("drift     none, ");
    REQUIRE(at != std::string::npos);
    return outcome.out.substr(at, outcome.out.find('\n', at) - at);
  };
  CHECK(told("--alarm-rate 1e-5", "") == "drift     none, evidence 1 to 1 (alarm from 1e+05 to 1 on)");
  CHECK(told("--alarm-rate 1e-7", "") == "drift     none, evidence 1 to 1 (alarm from 10^7.0 to 1 on)");
  // A gambler who bets on power alone loses on scores that are like the normal ones.
  const std::string calm = lines(draw(400, 1));
  const Outcome machine = workspace.run("watch line.json --normal normal.csv --bet power --format json", calm);
  const double statistic = events(machine, "summary").at(0).at("statistic");
  REQUIRE(statistic < -20);
  CHECK(told("--bet power", calm) ==
        fmt::format("drift     none, evidence 10^{:.1f} to 1 (alarm from 100 to 1 on)", statistic / std::log(10)));
}

TEST_CASE("watch: tabs are blanks, as spaces are, and of no scores there is no share") {
  const WithLine workspace;
  for (const std::string nothing : {"", "\t\n", " \r\n\n"}) {
    const Outcome outcome = workspace.run("watch line.json --normal normal.csv --format json", nothing);
    check_success(outcome);
    REQUIRE(lines_of(outcome.out).size() == 1);
    const auto summary = events(outcome, "summary").at(0);
    CHECK(summary.at("scores") == 0);
    CHECK_FALSE(summary.contains("anomalous_share"));
  }
  const Outcome outcome = workspace.run("watch line.json --normal normal.csv", "\t\n \t9\t \n\t0.5\t\r\n \n");
  check_success(outcome);
  CHECK(outcome.out.starts_with("line 2: 9 is anomalous\n2 scores, 1 anomalous"));
}
