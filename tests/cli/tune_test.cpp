// SPDX-License-Identifier: Apache-2.0
// `plimsoll tune`, where the optimum is known or can be had by counting.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "random.hpp"
#include "score_files.hpp"
#include "workspace.hpp"

using namespace plimsoll;
using namespace plimsoll::cli_test;
using nlohmann::json;

namespace {

std::vector<json> record_of(const Workspace& workspace, const std::string& name) {
  std::vector<json> lines;
  std::istringstream stream(workspace.read(name));
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST_CASE("tune: the loss of a setting is the expected cost of its cutoff") {
  const Workspace workspace;
  const auto normals = draw(1, 100, 0);
  const auto anomalies = draw(2, 30, 2);
  write_scores(workspace, "n.npy", normals);
  write_scores(workspace, "a.npy", anomalies);
  // With a cutoff that is given, and folds of one size, the mean over the folds is the cost on all scores.
  const Outcome outcome = workspace.run(
      "tune n.npy --method manual --search value=-1:3 --objective cost --anomalous a.npy --miss-cost 5 "
      "--false-alarm-cost 2 --prevalence 0.2 --trials 20 --record r.jsonl");
  check_success(outcome);
  CHECK(outcome.out.starts_with(
      "manual on 100 normal and 30 anomalous scores, 21 settings, 5 folds\n  searched  value: -1 to 3\n\n"));
  const std::size_t as_it_was = outcome.out.find("(as it was)");
  REQUIRE(as_it_was != std::string::npos);
  CHECK(as_it_was == outcome.out.rfind("(as it was)"));
  const auto lines = record_of(workspace, "r.jsonl");
  REQUIRE(lines.size() > 40);
  double least = 1e9;
  std::string best;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string text =
        lines[i].at("parameters").contains("value") ? lines[i].at("parameters").at("value").get<std::string>() : "0.5";
    const double value = std::stod(text);
    const auto missed = static_cast<double>(std::ranges::count_if(anomalies, [=](double s) { return s < value; }));
    const auto alarms = static_cast<double>(std::ranges::count_if(normals, [=](double s) { return s >= value; }));
    const double cost = 0.2 * 5 * missed / 30 + 0.8 * 2 * alarms / 100;
    CHECK(lines[i].at("loss").get<double>() == Approx(cost).epsilon(1e-12));
    if (cost < least) {
      least = cost;
      best = text;
    }
  }
  CHECK(outcome.out.find("--method manual:value=" + best) != std::string::npos);
}

TEST_CASE("tune: scores are of the widest type of its files, in whatever order they are read") {
  const Workspace workspace;
  std::vector<double> normals(100);  // the next float above them is above them all
  for (std::size_t i = 0; i < normals.size(); ++i) normals[i] = 1 + std::ldexp(static_cast<double>(i * 37 % 100), -40);
  write_scores(workspace, "n.npy", normals);
  const std::vector<double> anomalies{1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5};
  std::vector<std::vector<double>> losses;
  for (const std::string type : {"<f4", "<f8"}) {
    workspace.write("a.npy", npy(anomalies, {.type = type}));
    const std::string record = type.substr(1) + ".jsonl";
    check_success(
        workspace.run("tune n.npy --method maximum --search trim=0:0.3 --objective cost --anomalous a.npy --trials 5 "
                      "--record " +
                      record));
    losses.emplace_back();
    const std::vector<json> lines = record_of(workspace, record);
    for (std::size_t i = 1; i < lines.size(); ++i) losses.back().push_back(lines[i].at("loss").get<double>());
  }
  CHECK(losses[0].size() > 5);
  CHECK(losses[0][0] > 0);  // of the fold without the largest score
  CHECK(losses[0] == losses[1]);
}

TEST_CASE("tune: k of mean + k sd is that of the normal distribution, for a rate that is kept") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(3, 3000, 0));
  const Outcome outcome = workspace.run("tune n.npy --method sigma --search k=0.5:4 --rate 0.05 --trials 60");
  check_success(outcome);
  const std::string named = "--method sigma:k=";
  const std::size_t at = outcome.out.find(named);
  REQUIRE(at != std::string::npos);
  // 1.645; at 1.5 and 1.8 the rate is .067 and .036, which 600 held-out scores tell from .05 in the mean over 80 folds.
  const double k = std::stod(outcome.out.substr(at + named.size()));
  CHECK(k > 1.5);
  CHECK(k < 1.8);
  // What it was stays to the end, though nothing is worse: no score is flagged.
  const Outcome worst = workspace.run("tune n.npy --method sigma:k=50 --search k=0.5:4 --rate 0.05 --trials 30");
  check_success(worst);
  CHECK(worst.out.find("\n0.0500  sigma:k=50   (as it was)\n") != std::string::npos);
  CHECK(worst.out.find("\nbetter by 0.04") != std::string::npos);
}

TEST_CASE("tune: numbers are drawn by their logarithm where the range is from one to ten or more") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(6, 60, 0));
  // How many of 300 values that are tried are below 3.5.
  const auto below = [&](const std::string& range) {
    const Outcome outcome =
        workspace.run("tune n.npy --method sigma --search k=" + range + " --trials 300 --record r.jsonl");
    check_success(outcome);
    std::string searched = "\n  searched  k: " + range;
    searched.replace(searched.find(':', 16), 1, " to ");
    CHECK(outcome.out.find(searched + (range == "1:10" ? ", evenly by the logarithm\n" : "\n")) != std::string::npos);
    std::map<std::size_t, double> tried;
    for (const json& line : record_of(workspace, "r.jsonl")) {
      if (!line.contains("parameters") || !line.at("parameters").contains("k")) continue;
      tried[line.at("trial").get<std::size_t>()] = std::stod(line.at("parameters").at("k").get<std::string>());
    }
    std::filesystem::remove(workspace.path("r.jsonl"));
    REQUIRE(tried.size() >= 290);
    std::size_t count = 0;
    for (const auto& [trial, k] : tried) count += k < 3.5 ? 1 : 0;
    return count;
  };
  // A share of log 3.5 / log 10 = .544, and without logarithms of 2.5 / 8.99 = .278: by the binomial distribution at
  // most 121 of 300 have a probability of 7e-7, and more of 1.4e-6.
  CHECK(below("1:10") > 121);
  CHECK(below("1:9.99") <= 121);
}

TEST_CASE("tune: what is gained has the standard error over repeats") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(4, 40, 0));
  write_scores(workspace, "a.npy", draw(5, 40, 1));
  const Outcome outcome = workspace.run(
      "tune n.npy --method mad --objective cost --anomalous a.npy --miss-cost 50 --trials 8 --record r.jsonl");
  check_success(outcome);
  std::map<int, std::vector<double>> losses;
  for (const json& line : record_of(workspace, "r.jsonl")) {
    if (line.contains("loss")) losses[line.at("trial")].push_back(line.at("loss"));
  }
  // Of the settings that were looked at to the end the best is compared with the one that is usual.
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const std::vector<double>& usual = losses.at(0);
  const std::vector<double>* best = &usual;
  for (const auto& [trial, values] : losses) {
    if (values.size() == usual.size() && mean(values) < mean(*best)) best = &values;
  }
  REQUIRE(usual.size() == 16);
  std::vector<double> gains;
  for (std::size_t i = 0; i < 16; ++i) gains.push_back(usual[i] - (*best)[i]);
  double squares = 0;
  for (const double gain : gains) squares += (gain - mean(gains)) * (gain - mean(gains));
  const double error = std::sqrt(squares / 15 / 16);
  REQUIRE(error > 0.005);  // of which four decimals tell n from n - 1
  CHECK(outcome.out.find(fmt::format("better by {:.4f} +- {:.4f} (", mean(gains), error)) != std::string::npos);
}

TEST_CASE("tune: a search that was cut off goes on, and ends as one that was not") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(4, 200, 0));
  const std::string command = "tune n.npy --method mad --trials 10 --record ";
  const Outcome whole = workspace.run(command + "whole.jsonl");
  check_success(whole);
  const std::string record = workspace.read("whole.jsonl");
  workspace.write("cut.jsonl", record.substr(0, record.size() * 2 / 3));  // within a line, most likely
  const Outcome resumed = workspace.run(command + "cut.jsonl");
  check_success(resumed);
  CHECK(workspace.read("cut.jsonl") == record);
  CHECK(resumed.out.find("evaluations taken over") != std::string::npos);
  const auto table = [](const std::string& out) { return out.substr(out.find("\n\n")); };
  CHECK(table(resumed.out) == table(whole.out));
  CHECK(table(workspace.run("tune n.npy --method mad --trials 10").out) == table(whole.out));
  check_refused(workspace.run("tune n.npy --method mad --trials 11 --record whole.jsonl"), 2,
                {"whole.jsonl", "another search"});
  CHECK(workspace.read("whole.jsonl") == record);
  const std::string broken =
      record.substr(0, record.find('\n') + 1) + "{\"trial\": 0, \"repeat\": 0, \"loss\": null}\n";
  workspace.write("broken.jsonl", broken);
  check_refused(workspace.run(command + "broken.jsonl"), 2, {"broken.jsonl:2", "no evaluation"});
  CHECK(workspace.read("broken.jsonl") == broken);
  // A whole line that is no JSON was not cut off: what follows it is not dropped.
  const std::size_t second = record.find('\n') + 1;
  const std::string damaged = record.substr(0, second) + "{\"trial\": 0, \n" + record.substr(second);
  workspace.write("damaged.jsonl", damaged);
  check_refused(workspace.run(command + "damaged.jsonl"), 2, {"damaged.jsonl:2", "not JSON"});
  CHECK(workspace.read("damaged.jsonl") == damaged);
  // What can be read but once is no record: nobody writes to this pipe, and a device may have no end.
  REQUIRE(::mkfifo(workspace.path("pipe").c_str(), 0600) == 0);
  for (const std::string name : {"pipe", "/dev/zero"}) {
    check_refused(workspace.run(command + name), 2, {name + ": is no regular file"});
  }
  // A record that may not be read is not one that is not there.
  if (::geteuid() == 0) return;  // root may read everything
  std::filesystem::permissions(workspace.path("whole.jsonl"), std::filesystem::perms::none);
  check_refused(workspace.run(command + "whole.jsonl"), 2, {"whole.jsonl"});
  std::filesystem::permissions(workspace.path("whole.jsonl"), std::filesystem::perms::owner_all);
  CHECK(workspace.read("whole.jsonl") == record);
}

TEST_CASE("tune: what cannot be tuned is refused, and says why") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(5, 50, 0));
  const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("tune " + arguments), 2, mentions);
  };
  refused("n.npy --method maximum", {"maximum", "nothing to tune"});
  refused("n.npy --method f1", {"f1", "--objective"});
  refused("n.npy --method otsu", {"otsu"});
  refused("n.npy --method histogram", {"histogram", "normal scores"});
  refused("n.npy --method batch", {"batch does not learn from normal scores"});
  refused("n.npy --method mad --search k", {"--search k: it is name=LEAST:MOST", "a parameter of mad"});
  refused("n.npy --method mad --search k=1:2:3", {"k=1:2:3", "from LEAST to MOST"});
  refused("n.npy --method mad --search k=2:2", {"k=2:2", "from LEAST to MOST"});
  refused("n.npy --method quantile --search 'rank=kept|foo'",
          {"--search rank=kept|foo: 'foo' is not one of kept, nearest"});
  refused(
      "n.npy --method quantile:false_alarm_rate=0.1",
      {"--method quantile:false_alarm_rate=0.1: --objective rate keeps the rate of --rate, 0.05: give that one alone"});
  check_success(workspace.run("tune n.npy --method quantile:false_alarm_rate=0.1 --rate 0.1 --trials 1"));
  refused("n.npy --method mad --search k=1:6 --search k=2:3", {"--search k=2:3: k is given twice"});
  refused("- --method mad --objective f1 --anomalous -",
          {"NORMAL - and --anomalous -: standard input can be read but once"});
  refused("n.npy --method scaled_quantile --search level=2:3", {"the method takes none of it: scaled_quantile: level"});
  workspace.write("maps.npy", npy(std::vector<double>(40, 1.0), {.type = "<f4", .shape = {10, 2, 2}}));
  refused("maps.npy --method mad", {"maps.npy: holds maps; tune takes one score an image"});
  refused("n.npy --method mad --objective f1 --anomalous maps.npy", {"maps.npy: holds maps; tune takes one score"});
  refused("n.npy --method mad --objective f1", {"--anomalous"});
  refused("n.npy --method mad --anomalous n.npy", {"--anomalous"});
  refused("n.npy --method mad --search q=1:2", {"q=1:2", "mad"});
  refused("n.npy --method mad --search k=2:1", {"k=2:1", "LEAST"});
  refused("n.npy --method mad --search k=1", {"k=1"});
  refused("n.npy --method mad --rate 2", {"rate", "2"});
  refused("n.npy --method mad --folds 26", {"50 scores", "26 folds"});
  // What learns from anomalies needs some in each fold, others one.
  write_scores(workspace, "four.npy", draw(7, 4, 3));
  workspace.write("none.csv", "score\n");
  refused("n.npy --method f1 --objective f1 --anomalous four.npy", {"four.npy", "4 anomalous", "5 folds"});
  check_success(workspace.run("tune n.npy --method f1 --objective f1 --anomalous four.npy --folds 4 --trials 1"));
  check_success(workspace.run("tune n.npy --method mad --objective f1 --anomalous four.npy --trials 1"));
  refused("n.npy --method mad --objective f1 --anomalous none.csv", {"none.csv", "0 anomalous"});
  // A parameter's name may have dashes, as an option; a record that is empty is begun.
  workspace.write("empty.jsonl", "");
  check_success(
      workspace.run("tune n.npy --method quantile --search false-alarm-rate=0.1:0.2 --objective f1 --anomalous "
                    "four.npy --trials 1 --record empty.jsonl"));
  CHECK(record_of(workspace, "empty.jsonl").size() > 2);
  refused("absent.npy --method mad", {"absent.npy"});
  refused("n.npy", {"--method"});
  refused("n.npy --method mad --record /nonexistent/r.jsonl", {"/nonexistent/r.jsonl"});
}

TEST_CASE("tune: a score is judged by what was fitted without it") {
  const Workspace workspace;
  // The largest of 20 is in one fold of 4, where alone it is flagged: (|1/4 - .05| + 4 |0 - .05|) / 5.
  std::vector<double> normals(20, 0.0);
  normals[7] = 1;
  write_scores(workspace, "n.npy", normals);
  const Outcome held_out = workspace.run("tune n.npy --method maximum --search non_finite=skip --trials 1");
  check_success(held_out);
  CHECK(held_out.out.starts_with("maximum on 20 normal scores, 2 settings, 5 folds\n  searched  non_finite: skip\n"));
  CHECK(held_out.out.find("\n0.0800  maximum   (as it was)\n") != std::string::npos);
  // In 10 folds of 2: (|1/2 - .25| + 9 |0 - .25|) / 10.
  const Outcome others =
      workspace.run("tune n.npy --method maximum --search non_finite=skip --trials 1 --folds 10 --rate 0.25");
  CHECK(others.out.find("\n0.2500  maximum   (as it was)\n") != std::string::npos);
  // Of what learns from anomalies too: -1 is never found, and is judged alone, so one fold of five loses all.
  write_scores(workspace, "a.npy", {10, 10, -1, 10, 10});
  const Outcome labelled = workspace.run("tune n.npy --method f1 --objective f1 --anomalous a.npy --trials 1");
  check_success(labelled);
  CHECK(labelled.out.find("\n0.2000  f1   (as it was)\n") != std::string::npos);
}

TEST_CASE("tune: F1 is that of the prevalence asked for, and a half by default") {
  const Workspace workspace;
  // Normal scores that are all flagged or none, so that every fold has the same rate.
  write_scores(workspace, "n.npy", std::vector<double>(20, 0.0));
  const auto anomalies = draw(2, 30, 1);
  write_scores(workspace, "a.npy", anomalies);
  for (const auto& [option, p] : {std::pair{"", 0.5}, {"--prevalence 0.2", 0.2}}) {
    const Outcome outcome = workspace.run(
        "tune n.npy --method manual --search value=-1:3 --objective f1 --anomalous a.npy --trials 20 --record "
        "r.jsonl " +
        std::string(option));
    check_success(outcome);
    const auto lines = record_of(workspace, "r.jsonl");
    std::filesystem::remove(workspace.path("r.jsonl"));
    CHECK(lines.at(0).at("prevalence") == p);
    std::size_t all_flagged = 0;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const json& parameters = lines[i].at("parameters");
      if (!parameters.contains("value")) continue;
      const double value = std::stod(parameters.at("value").get<std::string>());
      const double rate = value <= 0 ? 1 : 0;
      all_flagged += value <= 0 ? 1U : 0U;
      const auto caught = static_cast<double>(std::ranges::count_if(anomalies, [=](double s) { return s >= value; }));
      const double recall = caught / 30;
      const double f1 = 2 * p * recall / (p + p * recall + (1 - p) * rate);
      CHECK(lines[i].at("loss").get<double>() == Approx(1 - f1).epsilon(1e-12));
    }
    CHECK(all_flagged > 0);
  }
  // All costs are 1 by default, and a half of the scores anomalous.
  check_success(workspace.run(
      "tune n.npy --method manual --search value=-1:3 --objective cost --anomalous a.npy --trials 4 --record r.jsonl"));
  for (const json& line : record_of(workspace, "r.jsonl")) {
    if (!line.contains("loss") || !line.at("parameters").contains("value")) continue;
    const double value = std::stod(line.at("parameters").at("value").get<std::string>());
    const auto missed = static_cast<double>(std::ranges::count_if(anomalies, [=](double s) { return s < value; }));
    CHECK(line.at("loss").get<double>() == Approx(missed / 30 / 2 + (value <= 0 ? 0.5 : 0)).epsilon(1e-12));
  }
}

TEST_CASE("tune: the better half is looked at twice as often, to the sixteenth repeat, and what it was stays") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(8, 60, 0));
  // By nothing is a line improved that flags nothing, so what it was is among the worst.
  const Outcome outcome = workspace.run("tune n.npy --method sigma:k=50 --search k=0.5:4 --trials 15 --record r.jsonl");
  check_success(outcome);
  std::map<std::size_t, std::vector<double>> losses;
  for (const json& line : record_of(workspace, "r.jsonl")) {
    if (!line.contains("loss")) continue;
    std::vector<double>& own = losses[line.at("trial").get<std::size_t>()];
    CHECK(line.at("repeat") == own.size());
    own.push_back(line.at("loss"));
  }
  REQUIRE(losses.size() == 16);
  const auto mean = [&](std::size_t trial, std::size_t repeats) {
    return std::accumulate(losses.at(trial).begin(), losses.at(trial).begin() + static_cast<std::ptrdiff_t>(repeats),
                           0.0) /
           static_cast<double>(repeats);
  };
  // 16 settings, then 8, then 4, which all go on to the end.
  std::vector<std::size_t> left(16);
  std::iota(left.begin(), left.end(), 0);
  for (const std::size_t repeats : {1U, 2U}) {
    std::ranges::stable_sort(left, {}, [&](std::size_t trial) { return mean(trial, repeats); });
    const std::size_t half = left.size() / 2;
    const auto usual = std::ranges::find(left, std::size_t{0});
    if (usual - left.begin() >= static_cast<std::ptrdiff_t>(half)) left[half - 1] = 0;
    for (const std::size_t trial :
         std::vector<std::size_t>(left.begin() + static_cast<std::ptrdiff_t>(half), left.end())) {
      if (trial != 0) CHECK(losses.at(trial).size() == repeats);
    }
    left.resize(half);
  }
  std::size_t evaluations = 0;
  for (const auto& [trial, own] : losses) evaluations += own.size();
  CHECK(evaluations == 16 + 8 + 4 * 14);
  // Those are told, the best first.
  std::ranges::stable_sort(left, {}, [&](std::size_t trial) { return mean(trial, 16); });
  std::size_t at = outcome.out.find("setting\n");
  for (const std::size_t trial : left) {
    REQUIRE(losses.at(trial).size() == 16);
    at = outcome.out.find(fmt::format("\n{:.4f}  sigma:k=", mean(trial, 16)), at);
    REQUIRE(at != std::string::npos);
    ++at;
  }
  CHECK(std::ranges::count(outcome.out, '\n') == 4 + 4 + 2);
}

TEST_CASE("tune: a gain of no more than twice its standard error is left alone") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(4, 40, 0));
  const std::string command = "tune n.npy --method mad --trials 1 --record r.jsonl";
  check_success(workspace.run(command));
  const std::string head = workspace.read("r.jsonl").substr(0, workspace.read("r.jsonl").find('\n') + 1);
  // What was evaluated is made up: the other setting is better by mean +- .1 in turns, whose standard error is
  // .1 / sqrt 15. Twice it is .0516.
  const auto told = [&](double mean) {
    std::string record = head;
    for (int repeat = 0; repeat < 16; ++repeat) {
      const double gain = mean + (repeat % 2 == 0 ? 0.1 : -0.1);
      for (const auto& [trial, loss] : {std::pair{0, 0.5 + gain}, {1, 0.5}}) {
        record += fmt::format("{{\"trial\":{},\"repeat\":{},\"loss\":{}}}\n", trial, repeat, loss);
      }
    }
    workspace.write("r.jsonl", record);
    const Outcome outcome = workspace.run(command);
    check_success(outcome);
    CHECK(outcome.out.find("5 folds, 32 evaluations taken over\n") != std::string::npos);
    CHECK(outcome.out.find("\n0.5000  mad:k=") < outcome.out.find(fmt::format("\n{:.4f}  mad ", 0.5 + mean)));
    CHECK(workspace.read("r.jsonl") == record);  // nothing is evaluated anew
    return outcome.out.substr(outcome.out.rfind('\n', outcome.out.size() - 2) + 1);
  };
  CHECK(told(0.051) == "no setting is better than it was by more than twice its standard error: leave it\n");
  CHECK(told(0.052).starts_with("better by 0.0520 +- 0.0258 (standard error over repeats): --method mad:k="));
}

TEST_CASE("tune: a record says which search it is of, in full") {
  const Workspace workspace;
  const auto normals = draw(1, 40, 0);
  const auto anomalies = draw(2, 30, 2);
  write_scores(workspace, "n.npy", normals);
  write_scores(workspace, "a.npy", anomalies);
  const std::string command =
      "tune n.npy --method sigma:k=2 --search ddof=0:1 --search k=1:10 --objective cost --anomalous a.npy --record "
      "r.jsonl ";
  check_success(workspace.run(command + "--prevalence 0.25 --miss-cost 5 --false-alarm-cost 2 --trials 3 --folds 4 "
                                        "--seed 6"));
  json head = record_of(workspace, "r.jsonl").at(0);
  for (const char* which : {"normals", "anomalies", "library_version"}) head.erase(which);
  CHECK(head == json{{"format", "plimsoll-tune"},
                     {"version", 1},
                     {"method", "sigma:k=2"},
                     {"objective", "cost"},
                     {"rate", 0.05},
                     {"prevalence", 0.25},
                     {"miss_cost", 5.0},
                     {"false_alarm_cost", 2.0},
                     {"search", {"ddof: 0 to 1", "k: 1 to 10, evenly by the logarithm"}},
                     {"trials", 3},
                     {"folds", 4},
                     {"seed", 6}});
  // Each of these is another search.
  const std::vector<std::string> settings{"--prevalence 0.25", "--miss-cost 5", "--false-alarm-cost 2",
                                          "--trials 3",        "--folds 4",     "--seed 6"};
  const std::string record = workspace.read("r.jsonl");
  for (const std::string& without : settings) {
    std::string others;
    for (const std::string& setting : settings) others += setting == without ? "" : setting + " ";
    check_refused(workspace.run(command + others), 2, {"r.jsonl: is of another search"});
  }
  // So is one of other scores.
  const std::string all = fmt::format("{}{}", command, fmt::join(settings, " "));
  for (const std::string name : {"n.npy", "a.npy"}) {
    std::vector<double> others = name == "n.npy" ? normals : anomalies;
    others.back() += 1;
    write_scores(workspace, name, others);
    check_refused(workspace.run(all), 2, {"r.jsonl: is of another search"});
    write_scores(workspace, name, name == "n.npy" ? normals : anomalies);
  }
  check_success(workspace.run(all));
  CHECK(workspace.read("r.jsonl") == record);
}

TEST_CASE("tune: what is searched when nobody says, and what stays as it was named") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 100, 0));
  write_scores(workspace, "a.npy", draw(2, 30, 2));
  const auto searched = [&](const std::string& arguments) {
    const Outcome outcome = workspace.run("tune n.npy --trials 8 " + arguments);
    check_success(outcome);
    std::vector<std::string> found;
    for (const std::string& line : lines_of(outcome.out)) {
      if (line.starts_with("  searched  ")) found.push_back(line.substr(12));
    }
    return found;
  };
  using Texts = std::vector<std::string>;
  // From a quarter to four times 3; words, all there are; and a rate is not searched where it is kept.
  CHECK(searched("--method mad") == Texts{"k: 0.75 to 12, evenly by the logarithm"});
  CHECK(searched("--method quantile") == Texts{"rank: kept, nearest"});
  // Of a range up to 1 all, with its ends where they are allowed, else a thousandth of it within: docs/methods.
  CHECK(searched("--method tail") == Texts{"tail_share: 0.001 to 0.999"});
  CHECK(searched("--method scaled_quantile") ==
        Texts{"level: 0 to 1", "factor: 0.35525 to 5.684, evenly by the logarithm"});
  CHECK(searched("--method sigma") == Texts{"k: 0.75 to 12, evenly by the logarithm", "ddof: 0 to 1"});
  CHECK(searched("--method iqr") == Texts{"k: 0.375 to 6, evenly by the logarithm", "fence: tukey, adjusted"});
  CHECK(searched("--method manual") == Texts{"value: 0.125 to 2, evenly by the logarithm"});
  // Neither what is 0 by default nor seeds, effort and how well a model must fit.
  CHECK(searched("--method parametric:replicates=19") ==
        Texts{"family: best, normal, log_normal, gamma, weibull, logistic, gumbel",
              "test: anderson_darling, cramer_von_mises"});
  CHECK(searched("--method quantile --objective f1 --anomalous a.npy") ==
        Texts{"false_alarm_rate: 0.002 to 0.4, evenly by the logarithm", "rank: kept, nearest"});
  CHECK(searched("--method quantile:rank=nearest --objective f1 --anomalous a.npy") ==
        Texts{"false_alarm_rate: 0.002 to 0.4, evenly by the logarithm"});
  // What is named stays in all settings, and the rate to keep is the method's own.
  const Outcome named =
      workspace.run("tune n.npy --method quantile:trim=0.125 --search 'rank=kept|nearest' --rate 0.25 --trials 3");
  check_success(named);
  std::size_t settings = 0;
  for (const std::string& line : lines_of(named.out)) {
    const std::size_t at = line.find("quantile:false_alarm_rate=0.25,");
    if (at == std::string::npos) continue;
    CHECK(line.find("trim=0.125", at) != std::string::npos);
    ++settings;
  }
  CHECK(settings >= 4);
}

TEST_CASE("tune: where low scores are strange it is the same search") {
  const Workspace workspace;
  const auto negated = [](std::vector<double> scores) {
    for (double& score : scores) score = -score;
    return scores;
  };
  for (const bool lower : {false, true}) {
    const auto as_told = [&](const std::vector<double>& scores) { return lower ? negated(scores) : scores; };
    write_scores(workspace, lower ? "low_n.npy" : "n.npy", as_told(draw(1, 60, 0)));
    write_scores(workspace, lower ? "low_a.npy" : "a.npy", as_told(draw(2, 30, 2)));
  }
  const std::string options = " --method mad --objective f1 --trials 8";
  const Outcome high = workspace.run("tune n.npy --anomalous a.npy" + options);
  check_success(high);
  CHECK(workspace.run("tune low_n.npy --anomalous low_a.npy --direction lower" + options).out == high.out);
  CHECK(workspace.run("tune low_n.npy --anomalous low_a.npy" + options).out != high.out);
}

TEST_CASE("tune: numbers at the ends of their ranges are taken, and the next ones are not") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 199, 0));
  write_scores(workspace, "a.npy", draw(2, 4, 0));
  // All options are read before there are too few scores.
  const auto taken = [&](const std::string& options) {
    check_refused(workspace.run("tune n.npy --method mad --folds 100 " + options), 2,
                  {"n.npy: 199 scores are too few for 100 folds"});
  };
  const auto refused = [&](const std::string& options, const std::string& what) {
    check_refused(workspace.run("tune n.npy --method mad --folds 100 " + options), 2, {what});
  };
  taken("--trials 1");
  taken("--trials 100000");
  refused("--trials 0", "--trials");
  refused("--trials 100001", "--trials");
  taken("--seed 9223372036854775807");
  refused("--seed 9223372036854775808", "--seed");
  const std::string of_costs = "--objective cost --anomalous a.npy ";
  for (const std::string cost : {"miss", "false-alarm"}) {
    taken(of_costs + "--" + cost + "-cost 0");
    taken(of_costs + "--" + cost + "-cost 1e12");
    refused(of_costs + "--" + cost + "-cost 1.001e12", "_cost = 1.001e12");
    refused(of_costs + "--" + cost + "-cost -1", "_cost = -1");
    // Options that the objective does not look at are refused, not ignored.
    refused("--" + cost + "-cost 1", "--objective rate: --" + cost + "-cost has no use with it");
    refused("--objective f1 --anomalous a.npy --" + cost + "-cost 1", "--objective f1: --" + cost + "-cost has no use");
  }
  refused("--prevalence 0.5", "--objective rate: --prevalence has no use with it");
  refused(of_costs + "--rate 0.05", "--objective cost: --rate has no use with it");
  refused("--objective f1 --anomalous a.npy --rate 0.05", "--objective f1: --rate has no use with it");
  // What is no text is shown as well as it can be, in a record too.
  refused("--search $'estimator=a\xff|b' --record r.jsonl", "estimator");
  refused("--rate 0", "rate = 0");
  refused("--rate 1", "rate = 1");
  refused(of_costs + "--prevalence 0", "prevalence = 0");
  check_refused(workspace.run("tune n.npy --method mad --folds 101"), 2, {"--folds"});
  check_refused(workspace.run("tune n.npy --method mad --folds 1"), 2, {"--folds"});
  // Two scores a fold are enough.
  write_scores(workspace, "few.npy", draw(1, 4, 0));
  check_success(workspace.run("tune few.npy --method mad --folds 2 --trials 1"));
  check_refused(workspace.run("tune few.npy --method mad --folds 3 --trials 1"), 2, {"4 scores", "3 folds"});
}

TEST_CASE("tune: what nobody says is 64 settings, 5 folds, and a rate of 0.05") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 60, 0));
  const Outcome usual = workspace.run("tune n.npy --method sigma --record r.jsonl");
  check_success(usual);
  CHECK(usual.out.starts_with("sigma on 60 normal scores, 65 settings, 5 folds\n"));
  const json head = record_of(workspace, "r.jsonl").at(0);
  for (const auto& [name, value] : {std::pair<const char*, json>{"objective", "rate"},
                                    {"rate", 0.05},
                                    {"prevalence", 0.5},
                                    {"miss_cost", 1},
                                    {"false_alarm_cost", 1},
                                    {"trials", 64},
                                    {"folds", 5},
                                    {"seed", 1}}) {
    INFO(name);
    CHECK(head.at(name) == value);
  }
  CHECK(workspace.run("tune n.npy --method sigma --objective rate --rate 0.05 --trials 64 --folds 5 --seed 1").out ==
        usual.out);
  CHECK(workspace.run("tune n.npy --method sigma --seed 2").out != usual.out);
  // Scores come by a pipe too, and from a column.
  CHECK(workspace.run("tune - --method sigma", workspace.read("n.npy")).out == usual.out);
  std::string table = "other,mine\n";
  for (const double score : draw(1, 60, 0)) table += fmt::format("1,{}\n", score);
  workspace.write("n.csv", table);
  CHECK(workspace.run("tune n.csv --method sigma --column mine").out == usual.out);
}

TEST_CASE("tune: whole numbers are digits alone") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 60, 0));
  for (const std::string number : {"5x", "2.5", "1e2", "-1", "+5", "0x10", "five", "' 5'"}) {
    const std::string word = number == "' 5'" ? " 5" : number;
    check_refused(workspace.run("tune n.npy --method mad --trials " + number), 2,
                  {"--trials", "'" + word + "' is not a whole number from 1 to 100000"});
  }
}

}  // namespace
