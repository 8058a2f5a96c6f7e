// SPDX-License-Identifier: Apache-2.0
// `plimsoll compare` and `plimsoll runs`, against figures worked out by hand and by trying every cutoff.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/version.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll;
using namespace plimsoll::cli_test;
using nlohmann::json;

namespace {

struct TestSet {
  std::vector<double> normals;
  std::vector<double> test;
  std::vector<double> labels;
};

void write_set(const Workspace& workspace, const std::string& folder, const TestSet& set) {
  std::filesystem::create_directories(workspace.path(folder));
  const auto write = [&](const std::string& name, const std::vector<double>& values, const char* type) {
    if (!values.empty()) workspace.write(folder + "/" + name, npy(values, {.type = type, .shape = {values.size()}}));
  };
  write("normal.npy", set.normals, "<f8");
  write("test.npy", set.test, "<f8");
  write("test_labels.npy", set.labels, "|u1");
}

/// Normals 1 to 100; of the test scores 90.5 to 99.5 are normal, 94.25 and those from 98.25 on anomalous.
TestSet counted() {
  TestSet set;
  for (int i = 1; i <= 100; ++i) set.normals.push_back(i);
  for (int i = 0; i < 10; ++i) {
    set.test.push_back(90.5 + i);
    set.labels.push_back(0);
  }
  for (const double score : {94.25, 98.25, 99.25, 120.0}) {
    set.test.push_back(score);
    set.labels.push_back(1);
  }
  return set;
}

TestSet drawn(std::uint64_t seed, double shift) {
  test::Random random(seed);
  TestSet set;
  for (int i = 0; i < 80; ++i) set.normals.push_back(random.exponential());
  for (int i = 0; i < 60; ++i) {
    set.test.push_back(random.exponential() + (i % 3 == 0 ? shift : 0));
    set.labels.push_back(i % 3 == 0 ? 1 : 0);
  }
  return set;
}

std::vector<json> lines_as_json(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

/// F1 with the share p of anomalies.
double f1(double p, double recall, double rate) {
  return 2 * p * recall / (p + p * recall + (1 - p) * rate);
}

/// The mean over 10 % and 50 % anomalies of what a cutoff loses against the best of all.
double regret_of(const TestSet& set, double cutoff) {
  const auto rates = [&](double cut) {
    double caught = 0, alarms = 0, anomalies = 0, normals = 0;
    for (std::size_t i = 0; i < set.test.size(); ++i) {
      (set.labels[i] == 1 ? anomalies : normals) += 1;
      if (!(set.test[i] < cut)) (set.labels[i] == 1 ? caught : alarms) += 1;
    }
    return std::pair{caught / anomalies, alarms / normals};
  };
  double regret = 0;
  for (const double p : {0.1, 0.5}) {
    double best = 0;
    for (const double cut : set.test) {
      if (!std::isnan(cut)) best = std::max(best, f1(p, rates(cut).first, rates(cut).second));
    }
    regret += (best - f1(p, rates(cutoff).first, rates(cutoff).second)) / 2;
  }
  return regret;
}

TEST_CASE("compare: each result is what the method gives, judged by its own counts") {
  const Workspace workspace;
  const TestSet set = counted();
  write_set(workspace, "sets/counted", set);
  const Outcome outcome = workspace.run("compare sets --method quantile --method maximum --format json");
  check_success(outcome);
  const auto lines = lines_as_json(outcome.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].at("format") == "plimsoll-run");
  CHECK(lines[0].at("version") == 1);
  CHECK(lines[0].at("sets").at(0).at("normals") == 100);
  CHECK(lines[0].at("sets").at(0).at("test_anomalous") == 4);
  // Of 40 pairs the anomalous one is higher in 4 + 8 + 9 + 10.
  CHECK(lines[0].at("sets").at(0).at("auroc").get<double>() == Approx(31.0 / 40).epsilon(1e-15));
  // 5 % of 101 are 5 ranks: just above the 96th. 96.5 to 99.5 are four false alarms; three anomalies are caught.
  const json& quantile = lines[1];
  CHECK(quantile.at("cutoff").get<double>() == std::nextafter(96.0, 1e9));
  CHECK(quantile.at("false_alarms") == 4);
  CHECK(quantile.at("passed") == 6);
  CHECK(quantile.at("caught") == 3);
  CHECK(quantile.at("missed") == 1);
  // R: binom.test(4, 10)$conf.int
  CHECK(quantile.at("false_alarm_interval").at(0).get<double>() == Approx(0.1215523).epsilon(1e-6));
  CHECK(quantile.at("false_alarm_interval").at(1).get<double>() == Approx(0.7376219).epsilon(1e-6));
  CHECK(quantile.at("calibration_rate") == 0.04);
  CHECK(quantile.at("rate") == 0.05);
  CHECK(quantile.at("promised") == true);
  CHECK(quantile.at("regret").get<double>() == Approx(regret_of(set, 96.25)).epsilon(1e-13));
  const json& maximum = lines[2];
  CHECK(maximum.at("caught") == 1);
  CHECK(maximum.at("false_alarms") == 0);
  CHECK(maximum.at("regret").get<double>() == Approx(regret_of(set, 100)).epsilon(1e-13));

  const Outcome table = workspace.run("compare sets --method quantile --method maximum");
  check_success(table);
  // 4 of 10 false alarms: the exact interval [.122, .738] refutes 5 %. 0 of 10 does not refute 1 / 101.
  CHECK(table.out.find("quantile  1 of 1   0.400      0.350  0 of 1") != std::string::npos);
  CHECK(table.out.find("maximum   1 of 1   0.000      0.010  1 of 1") != std::string::npos);
}

TEST_CASE("compare: runs are kept under an id of their inputs, listed, shown and compared") {
  const Workspace workspace;
  write_set(workspace, "sets/near", drawn(1, 1));
  write_set(workspace, "sets/deep/far", drawn(2, 4));
  const std::string compare = "compare sets --method tail --method gumbel --resamples 5 ";
  check_success(workspace.run(compare + "-o runs"));
  check_success(workspace.run(compare + "-o runs"));  // the same once more
  const auto ids = [&] {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(workspace.path("runs"))) {
      all.push_back(entry.path().stem().string());
    }
    std::ranges::sort(all);
    return all;
  };
  REQUIRE(ids().size() == 1);
  const std::string first = ids().front();
  const auto lines = lines_as_json(workspace.read("runs/" + first + ".jsonl"));
  CHECK(lines.size() == 1 + 2 * 2 * 6);
  CHECK(lines[0].at("sets").at(0).at("name") == "deep/far");
  // Resamples are the same for both methods, and none is the sample itself.
  check_success(workspace.run(compare + "--seed 2 -o runs"));
  REQUIRE(ids().size() == 2);
  const std::string second = ids()[0] == first ? ids()[1] : ids()[0];
  const Outcome list = workspace.run("runs runs");
  check_success(list);
  CHECK(list.out.find(first + "  2 sets, 5 resamples, seed 1") != std::string::npos);
  CHECK(list.out.find("tail, gumbel") != std::string::npos);
  CHECK(list.out.find("least regret: ") != std::string::npos);
  const Outcome shown = workspace.run("runs runs " + first);
  check_success(shown);
  CHECK(workspace.run(compare).out.find(shown.out) != std::string::npos);
  const Outcome different = workspace.run("runs runs " + first + " " + second);
  check_success(different);
  CHECK(different.out.find("seed: 1 and 2") != std::string::npos);
  CHECK(different.out.find("tail: FPR error ") != std::string::npos);
  CHECK(different.out.find("only in") == std::string::npos);

  // A set that changed has another hash.
  write_set(workspace, "sets/near", drawn(3, 1));
  check_success(workspace.run(compare + "-o other"));
  std::filesystem::copy(workspace.path("runs/" + first + ".jsonl"), workspace.path("other/" + first + ".jsonl"));
  std::string third;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.path("other"))) {
    if (entry.path().stem() != first) third = entry.path().stem().string();
  }
  CHECK(workspace.run("runs other " + first + " " + third).out.find("sets: near differs") != std::string::npos);
}

TEST_CASE("runs: the summary of a record, by hand") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("runs"));
  const auto line = [](const std::string& who, int resample, const std::string& rest) {
    return "{" + who + ",\"resample\":" + std::to_string(resample) +
           ",\"cutoff\":1,\"confidence\":null,\"promised\":true," + rest + "}\n";
  };
  const std::string none = ",\"caught\":0,\"missed\":0,\"false_alarms\":0,\"passed\":0,\"regret\":null";
  const auto resampled = [&](const std::string& who, int number, const std::string& calibration_rate) {
    return line(who, number, "\"status\":\"ok\",\"rate\":0.1,\"calibration_rate\":" + calibration_rate + none);
  };
  const std::string a = "\"method\":\"sigma\",";
  const std::string b = "\"method\":\"tail\",";
  const std::string one = "\"set\":\"one\"";
  const std::string two = "\"set\":\"two\"";
  workspace.write(
      "runs/hand.jsonl",
      "{\"format\":\"plimsoll-run\",\"library_version\":\"0\",\"seed\":1,\"resamples\":2,"
      "\"methods\":[{\"text\":\"sigma\"},{\"text\":\"tail\"}],\"sets\":[{\"name\":\"one\"},{\"name\":\"two\"}]}\n" +
          line(a + one, 0,
               "\"status\":\"ok\",\"rate\":0.1,\"calibration_rate\":0.1,\"caught\":3,\"missed\":1,\"false_alarms\":0,"
               "\"passed\":10,\"regret\":0.2") +
          resampled(a + one, 1, "0.1") + resampled(a + one, 2, "0.3") +
          line(a + two, 0, "\"status\":\"no fit\",\"rate\":0.9,\"calibration_rate\":null" + none) +
          resampled(a + two, 1, "0.7") +
          line(b + one, 0,
               "\"status\":\"ok\",\"rate\":0,\"calibration_rate\":0,\"caught\":4,\"missed\":0,\"false_alarms\":0,"
               "\"passed\":10,\"regret\":0.2") +
          line(b + two, 0,
               "\"status\":\"ok\",\"rate\":0.5,\"calibration_rate\":0.5,\"caught\":1,\"missed\":1,\"false_alarms\":0,"
               "\"passed\":0,\"regret\":0.1"));
  const Outcome shown = workspace.run("runs runs hand");
  check_success(shown);
  INFO(shown.out);
  // A failed fit has no rates, and one resample no spread: that of two is (.3 - .1) / sqrt 2. Equal regrets share ranks
  // 1 and 2; a regret that is not known is nobody's rival. 0 false alarms do not refute a rate of 0, whose interval
  // begins there, and without normal scores nothing is promised.
  CHECK(shown.out.find(
            "sigma   1 of 2   0.000      0.100  1 of 1          0.750              0.875   0.200  1.50   0.141") !=
        std::string::npos);
  CHECK(shown.out.find(
            "tail    2 of 2   0.000      0.000  1 of 1          0.750              1.000   0.150  1.25       -") !=
        std::string::npos);
}

TEST_CASE("runs: a record may be of many sets, and one object of it has at most a thousand names") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("runs"));
  const auto header = [](const std::string& sets) {
    return "{\"format\":\"plimsoll-run\",\"library_version\":\"0\",\"seed\":1,\"resamples\":0,\"methods\":[],\"sets\":"
           "[" +
           sets + "]}\n";
  };
  std::string sets;
  for (int i = 0; i < 400; ++i)
    sets += fmt::format("{}{{\"name\":\"{}\",\"normals\":1,\"x\":2}}", i == 0 ? "" : ",", i);
  workspace.write("runs/many.jsonl", header(sets));
  const Outcome listed = workspace.run("runs runs");
  check_success(listed);
  CHECK(listed.out.find("many  400 sets") != std::string::npos);
  for (const int names : {1000, 1001}) {
    std::string one = "{\"name\":\"one\"";
    for (int i = 1; i < names; ++i) one += fmt::format(",\"{}\":0", i);
    workspace.write("runs/many.jsonl", header(one + "}"));
    if (names == 1000) check_success(workspace.run("runs runs"));
    if (names == 1001) check_refused(workspace.run("runs runs"), 2, {"an object of more than 1000 names"});
  }
}

TEST_CASE("compare: without labels there is a rate of calibration scores, and no regret") {
  const Workspace workspace;
  TestSet set = counted();
  set.test.clear();
  set.labels.clear();
  write_set(workspace, "bare", set);
  const auto lines = lines_as_json(workspace.run("compare bare --method sigma --resamples 3 --format json").out);
  REQUIRE(lines.size() == 5);
  CHECK(lines[1].at("regret").is_null());
  CHECK(lines[1].at("promised") == false);
  check_success(workspace.run("compare bare"));
}

TEST_CASE("compare: a set has its folder's name, wherever it is called from") {
  const Workspace workspace;
  write_set(workspace, "sets/one", counted());
  for (const auto& [path, before] : std::vector<std::pair<std::string, std::string>>{
           {"sets/one", ":"}, {"sets/one/", ":"}, {".", "cd sets/one"}, {"../one/.", "cd sets/one"}}) {
    INFO(path);
    const Outcome outcome = workspace.run("compare " + path + " --method maximum --format json", {}, {}, before);
    check_success(outcome);
    CHECK(lines_as_json(outcome.out).at(0).at("sets").at(0).at("name") == "one");
  }
}

TEST_CASE("compare: the share that a resample's cutoff flags is of all normal scores") {
  const Workspace workspace;
  const TestSet set = drawn(6, 1);
  write_set(workspace, "set", set);
  for (const std::string method : {"sigma", "maximum"}) {
    const auto lines =
        lines_as_json(workspace.run("compare set --method " + method + " --resamples 5 --format json").out);
    REQUIRE(lines.size() == 7);
    bool differ = false;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const double cutoff = lines[i].at("cutoff");
      const auto flagged = std::ranges::count_if(set.normals, [=](double score) { return score >= cutoff; });
      CHECK(lines[i].at("calibration_rate") == static_cast<double>(flagged) / static_cast<double>(set.normals.size()));
      differ = differ || lines[i].at("calibration_rate") != lines[1].at("calibration_rate");
    }
    CHECK(differ);
  }
}

TEST_CASE("compare: NaN is anomalous in every number, wherever it stands") {
  const Workspace workspace;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  TestSet set = counted();
  for (const auto& [place, score, label] : {std::tuple{0, nan, 1},
                                            {3, nan, 0},
                                            {7, infinity, 0},
                                            {9, nan, 1},
                                            {11, -infinity, 1},
                                            {14, nan, 1},
                                            {15, infinity, 1}}) {
    set.test.insert(set.test.begin() + place, score);
    set.labels.insert(set.labels.begin() + place, label);
  }
  write_set(workspace, "set", set);
  const auto lines = lines_as_json(workspace.run("compare set --method maximum --format json").out);
  double wins = 0;
  double pairs = 0;
  const auto strangeness = [&](std::size_t i) { return std::isnan(set.test[i]) ? infinity : set.test[i]; };
  for (std::size_t i = 0; i < set.test.size(); ++i) {
    for (std::size_t j = 0; j < set.test.size(); ++j) {
      if (set.labels[i] != 1 || set.labels[j] != 0) continue;
      wins += strangeness(i) > strangeness(j) ? 1 : strangeness(i) == strangeness(j) ? 0.5 : 0;
      ++pairs;
    }
  }
  CHECK(lines.at(0).at("sets").at(0).at("auroc").get<double>() == Approx(wins / pairs).epsilon(1e-14));
  const json& result = lines.at(1);
  CHECK(result.at("regret").get<double>() == Approx(regret_of(set, 100)).margin(1e-14));
  // Above 100 are NaN and infinity of the normal scores, 120, infinity and three NaN of the anomalous ones.
  CHECK(result.at("false_alarms") == 2);
  CHECK(result.at("caught") == 5);
}

TEST_CASE("compare: floats are floats") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("set"));
  std::vector<double> scores(100);
  std::iota(scores.begin(), scores.end(), 1);
  workspace.write("set/normal.npy", npy(scores, {.type = "<f4"}));
  const auto lines = lines_as_json(workspace.run("compare set --method maximum --format json").out);
  CHECK(lines.at(1).at("cutoff") == 100.00000762939453125);  // the next float above 100, by 2^-17
}

TEST_CASE("compare: names that files cannot have are said with the name, and names that are no text are kept") {
  const Workspace workspace;
  const std::string name(300, 'x');
  check_refused(workspace.run("compare " + name), 2, {"plimsoll: " + name + ": File name too long"});
  write_set(workspace, "sets/x\xff", counted());
  check_success(workspace.run("compare sets -o runs --method maximum"));
  const Outcome listed = workspace.run("runs runs");
  check_success(listed);
  CHECK(listed.out.find("  1 set, 0 resamples") != std::string::npos);
}

TEST_CASE("compare: what it cannot do is refused, and says why") {
  const Workspace workspace;
  write_set(workspace, "set", counted());
  std::filesystem::create_directories(workspace.path("empty"));
  check_refused(workspace.run("compare empty"), 2, {"empty", "normal.npy"});
  check_refused(workspace.run("compare absent"), 2, {"absent"});
  for (const std::string method : {"f1", "histogram", "batch"}) {
    check_refused(workspace.run("compare set --method " + method), 2,
                  {method + " does not learn", "normal scores alone"});
  }
  check_refused(workspace.run("compare set --method nonsense"), 2, {"nonsense"});
  check_refused(workspace.run("compare set --format csv -o kept"), 2, {"csv"});
  CHECK_FALSE(std::filesystem::exists(workspace.path("kept")));
  for (const std::string arguments : {"compare set -o ''", "compare ''", "compare set --method ''", "runs ''"}) {
    check_refused(workspace.run(arguments), 2, {"the value is empty"});
  }
  workspace.write("file", "");
  check_refused(workspace.run("compare set --method sigma -o file"), 2, {"file: cannot be made"});
  check_refused(workspace.run("runs empty"), 2, {"empty", "compare"});
  check_refused(workspace.run("runs absent"), 2, {"absent"});
  check_success(workspace.run("compare set --method sigma -o runs"));
  check_refused(workspace.run("runs runs zzz"), 2, {"zzz"});
  workspace.write("runs/bad.jsonl", "{\"format\": \"something\"}\n");
  check_refused(workspace.run("runs runs bad"), 2, {"bad.jsonl:1"});
  // A record that was changed: what no comparison keeps is refused with its place.
  std::string record;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.path("runs"))) {
    const std::string name = entry.path().filename().string();
    if (name != "bad.jsonl") record = workspace.read("runs/" + name);
  }
  REQUIRE(record.find("\"false_alarms\":") != std::string::npos);
  const auto check_changed = [&](const std::string& from, const std::string& to, const std::string& place) {
    std::string text = record;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::size_t end = at + from.size();
    if (from.ends_with(':')) end = text.find_first_of(",}", end);
    text.replace(at, end - at, to);
    workspace.write("runs/bad.jsonl", text);
    INFO(to.substr(0, 60));
    check_refused(workspace.run("runs runs bad"), 2, {"bad.jsonl:" + place});
    check_refused(workspace.run("runs runs bad bad"), 2, {"bad.jsonl:" + place});
  };
  check_changed("\"false_alarms\":", "\"false_alarms\":18446744073709551615", "2");
  // Of so many names that looking up each would take minutes.
  std::string names = "{";
  for (int i = 0; i < 200'000; ++i) names += "\"" + std::to_string(i) + "\":0,";
  check_changed("{", names, "1: not JSON that is read here: an object of more than 1000 names");
  check_changed("\"false_alarms\":", "\"false_alarms\":9007199254740993", "2");
  check_changed("\"false_alarms\":", "\"false_alarms\":-1", "2");
  check_changed("\"passed\":", "\"passed\":1.5e300", "2");
  check_changed("\"resample\":", "\"resample\":-1", "2");
  check_changed("\"method\":", "\"method\":[]", "2");
  check_changed("\"seed\":", "\"seed\":\"one\"", "1");
  check_changed("\"library_version\":", "\"library_version\":7", "1");
  for (const std::string field : {"resamples", "text", "name", "format"}) {
    check_changed("\"" + field + "\":", "\"" + field + "\":-7", "1");
  }
  for (const std::string field : {"set", "status", "caught", "missed", "cutoff", "rate", "confidence", "promised",
                                  "calibration_rate", "regret"}) {
    const std::size_t second = record.find('\n');
    REQUIRE(record.find("\"" + field + "\":", second) != std::string::npos);
    std::string text = record;
    text.replace(text.find("\"" + field + "\":", second), field.size() + 3, "\"" + field + "\":[],\"x\":");
    workspace.write("runs/bad.jsonl", text);
    INFO(field);
    check_refused(workspace.run("runs runs bad"), 2,
                  {"bad.jsonl:2: not a run that plimsoll compare kept: field " + field});
  }
  workspace.write("runs/bad.jsonl", "");
  check_refused(workspace.run("runs runs bad"), 2, {"runs/bad.jsonl: is empty"});
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  check_changed("\"parameters\":{", "\"parameters\":{\"x\":" + deep + ",", "1");
  check_changed("\"seed\":", "\"seed\":" + deep, "1");
  std::filesystem::remove(workspace.path("runs/bad.jsonl"));
  write_set(workspace, "other/set", counted());
  check_refused(workspace.run("compare set other"), 2, {"set", "other", "both called set"});
  TestSet wrong = counted();
  wrong.labels.pop_back();
  write_set(workspace, "wrong", wrong);
  check_refused(workspace.run("compare wrong"), 2, {"13 labels", "14 scores"});
  std::filesystem::create_directories(workspace.path("bare"));
  workspace.write("bare/normal.npy", npy({}));
  check_refused(workspace.run("compare bare"), 2, {"bare/normal.npy: has no scores"});
  workspace.write("bare/normal.npy", npy({1, 2, 3, 4}, {.shape = {2, 2}}));
  check_refused(workspace.run("compare bare"), 2, {"bare/normal.npy: holds maps; a set holds"});
}

/// FNV-1a of 64 bits, as sixteen hexadecimal digits.
std::string fnv1a(const std::string& bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return fmt::format("{:016x}", hash);
}

/// The one file of a folder of runs.
std::string only_run(const Workspace& workspace, const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.path(folder))) {
    names.push_back(entry.path().filename().string());
  }
  REQUIRE(names.size() == 1);
  return names.front();
}

TEST_CASE("compare: a run's first line says what it was made of, and is what its id is made of") {
  const Workspace workspace;
  write_set(workspace, "sets/a", counted());
  TestSet unlabelled = counted();
  unlabelled.labels.clear();
  write_set(workspace, "sets/b", unlabelled);
  const Outcome outcome =
      workspace.run("compare sets --method sigma:k=2 --method maximum --resamples 3 --seed 9 -o runs");
  check_success(outcome);
  const std::string name = only_run(workspace, "runs");
  const std::string text = workspace.read("runs/" + name);
  const std::string id = fnv1a(text.substr(0, text.find('\n')));
  CHECK(name == id + ".jsonl");
  CHECK(outcome.out.starts_with(id + " on 2 sets, 3 resamples a set\n\nmethod"));
  CHECK(outcome.out.ends_with("\nwritten: runs/" + name + "\n"));
  const json header = lines_as_json(text).at(0);
  CHECK(header.at("library_version") == PLIMSOLL_VERSION);
  CHECK(header.at("seed") == 9);
  CHECK(header.at("resamples") == 3);
  CHECK(header.at("methods").at(0).at("text") == "sigma:k=2");
  CHECK(header.at("methods").at(0).at("parameters").at("k") == "2");
  CHECK(header.at("methods").at(1).at("text") == "maximum");
  json expected{{"name", "a"}, {"normals", 100}, {"test_normal", 10}, {"test_anomalous", 4}};
  for (const auto& [field, file] : {std::pair{"normal_hash", "sets/a/normal.npy"},
                                    {"test_hash", "sets/a/test.npy"},
                                    {"labels_hash", "sets/a/test_labels.npy"}}) {
    expected[field] = fnv1a(workspace.read(file));
  }
  json facts = header.at("sets").at(0);
  facts.erase("auroc");
  CHECK(facts == expected);
  // Scores without labels are told apart too, and judge nothing.
  CHECK(header.at("sets").at(1) == json{{"name", "b"},
                                        {"normals", 100},
                                        {"normal_hash", expected.at("normal_hash")},
                                        {"test_hash", expected.at("test_hash")}});
  const Outcome one = workspace.run("compare sets/a --method maximum");
  CHECK(one.out.find(" on 1 set, 0 resamples a set\n") != std::string::npos);
  CHECK(one.out.find("written") == std::string::npos);
}

TEST_CASE("compare: a result has the confidence that is promised, or the rate that was asked for in vain") {
  const Workspace workspace;
  write_set(workspace, "set", counted());
  // 5 % with 90 % confidence takes 45 normal scores (.95^45 < .1), with 99.9 % 135.
  const auto lines = lines_as_json(workspace
                                       .run("compare set --method quantile:confidence=0.9 --method sigma "
                                            "--method quantile:confidence=0.999 --format json")
                                       .out);
  REQUIRE(lines.size() == 4);
  const auto check = [&](std::size_t i, const char* status, const json& rate, const json& confidence, bool promised) {
    INFO(lines[i]);
    CHECK(lines[i].at("status") == status);
    CHECK(lines[i].at("rate") == rate);
    CHECK(lines[i].at("confidence") == confidence);
    CHECK(lines[i].at("promised") == promised);
    CHECK(lines[i].at("resample") == 0);
    CHECK(lines[i].at("set") == "set");
    CHECK(lines[i].at("method") == lines[0].at("methods").at(i - 1).at("text"));
  };
  check(1, "ok", 0.05, 0.9, true);
  check(2, "ok", nullptr, nullptr, false);
  check(3, "too_few_scores", 0.05, nullptr, false);
  // Without an answer nothing is flagged.
  CHECK(lines[3].at("cutoff") == "inf");
  CHECK(lines[3].at("missed") == 4);
  CHECK(lines[3].at("passed") == 10);
  CHECK(lines[3].at("regret").get<double>() == Approx(regret_of(counted(), 1e9)).epsilon(1e-13));
}

TEST_CASE("compare: all methods see the same resamples, which the seed and the set's place determine") {
  const Workspace workspace;
  write_set(workspace, "sets/a", drawn(1, 1));
  write_set(workspace, "sets/b", drawn(1, 1));
  const auto cutoffs = [&](const std::string& arguments) {
    std::map<std::string, std::vector<double>> found;
    const Outcome outcome = workspace.run("compare " + arguments + " --resamples 4 --format json");
    check_success(outcome);
    const auto lines = lines_as_json(outcome.out);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::string who = lines[i].at("set").get<std::string>() + " " + lines[i].at("method").get<std::string>();
      CHECK(lines[i].at("resample") == found[who].size());
      found[who].push_back(lines[i].at("cutoff"));
    }
    return found;
  };
  const auto one = cutoffs("sets --method sigma --method mad");
  CHECK(one.at("a sigma").size() == 5);
  CHECK(cutoffs("sets --method mad --method sigma") == one);
  CHECK(cutoffs("sets --method mad").at("b mad") == one.at("b mad"));
  CHECK(one.at("a sigma").front() == one.at("b sigma").front());
  CHECK(one.at("a sigma") != one.at("b sigma"));
  CHECK(cutoffs("sets --method sigma --seed 2").at("a sigma") != one.at("a sigma"));
  CHECK(cutoffs("sets/a --method sigma --seed 1").at("a sigma") == one.at("a sigma"));
}

TEST_CASE("runs: of each the best is named, and what differs between two, in the order asked for") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("runs"));
  const auto write = [&](const std::string& name, const std::string& head, const std::vector<std::string>& methods,
                         const std::string& sets, const std::vector<double>& figures) {
    std::string text = "{\"format\":\"plimsoll-run\"," + head + ",\"methods\":[";
    for (const std::string& method : methods) {
      text += (method == methods.front() ? "" : ",") + ("{\"text\":\"" + method + "\"}");
    }
    text += "],\"sets\":[" + sets + "]}\n";
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const double alarms = figures[3 * i];
      text += fmt::format(
          "{{\"set\":\"one\",\"method\":\"{}\",\"resample\":0,\"status\":\"ok\",\"cutoff\":1,"
          "\"rate\":0.5,\"confidence\":null,\"promised\":false,\"calibration_rate\":0,\"caught\":{},"
          "\"missed\":{},\"false_alarms\":{},\"passed\":{},\"regret\":{}}}\n",
          methods[i], figures[3 * i + 1], 10 - figures[3 * i + 1], alarms, 10 - alarms, figures[3 * i + 2]);
    }
    workspace.write("runs/" + name + ".jsonl", text);
  };
  write("ab1", R"("library_version":"1.0","seed":1,"resamples":2)", {"sigma", "mad", "tail"},
        R"({"name":"one","normals":9},{"name":"gone"})", {1, 2, 0.75, 3, 4, 0.25, 5, 6, 0.5});
  write("ab2", R"("library_version":"1.1","seed":1,"resamples":7)", {"mad", "tail", "gev"},
        R"({"name":"new"},{"name":"one","normals":8})", {4, 1, 0.375, 2, 8, 0.125, 0, 0, 0.875});
  const Outcome list = workspace.run("runs runs");
  check_success(list);
  CHECK(list.out ==
        "ab1  2 sets, 2 resamples, seed 1, plimsoll 1.0\n  sigma, mad, tail\n  least regret: 0.250 by mad\n"
        "ab2  2 sets, 7 resamples, seed 1, plimsoll 1.1\n  mad, tail, gev\n  least regret: 0.125 by tail\n");
  const Outcome both = workspace.run("runs runs ab1 ab2");
  check_success(both);
  CHECK(both.out ==
        "library_version: \"1.0\" and \"1.1\"\n"
        "resamples: 2 and 7\n"
        "methods: sigma only in the first\n"
        "methods: gev only in the second\n"
        "sets: one differs: {\"name\":\"one\",\"normals\":9} and {\"name\":\"one\",\"normals\":8}\n"
        "sets: gone only in the first\n"
        "sets: new only in the second\n"
        "mad: FPR error 0.200 -> 0.100, recall 0.400 -> 0.100, regret 0.250 -> 0.375\n"
        "tail: FPR error 0.000 -> 0.300, recall 0.600 -> 0.800, regret 0.500 -> 0.125\n");
  // Other files and what lies deeper are no runs.
  workspace.write("runs/ab1.txt", "notes");
  std::filesystem::create_directories(workspace.path("runs/old"));
  workspace.write("runs/old/ab1.jsonl", "{}");
  CHECK(workspace.run("runs runs").out == list.out);
  CHECK(workspace.run("runs runs ab1 ab2").out == both.out);
  // Nothing of a run differs from itself; what each method did is shown all the same.
  CHECK(workspace.run("runs runs ab2 ab2").out ==
        "mad: FPR error 0.100 -> 0.100, recall 0.100 -> 0.100, regret 0.375 -> 0.375\n"
        "tail: FPR error 0.300 -> 0.300, recall 0.800 -> 0.800, regret 0.125 -> 0.125\n"
        "gev: FPR error 0.500 -> 0.500, recall 0.000 -> 0.000, regret 0.875 -> 0.875\n");
  // 1 of 10 false alarms for a rate of a half, 2 of 10 caught; nothing promised, and no resamples.
  const Outcome first = workspace.run("runs runs ab1");
  check_success(first);
  std::vector<std::string> rows;
  for (const std::string& line : lines_of(first.out)) {
    std::string row;
    for (const std::string& word : split(line, ' ')) {
      if (!word.empty()) row += (row.empty() ? "" : " ") + word;
    }
    rows.push_back(row);
  }
  for (const char* row :
       {"sigma 1 of 1 0.100 0.400 - 0.200 0.550 0.750 3.00 -", "mad 1 of 1 0.300 0.200 - 0.400 0.550 0.250 1.00 -",
        "tail 1 of 1 0.500 0.000 - 0.600 0.550 0.500 2.00 -"}) {
    INFO(first.out);
    CHECK(std::ranges::count(rows, row) == 1);
  }
  check_refused(workspace.run("runs runs ab"), 2, {"runs: 2 runs whose id begins with ab"});
  check_refused(workspace.run("runs runs b1"), 2, {"runs: 0 runs whose id begins with b1"});
  check_refused(workspace.run("runs runs ''"), 2, {"ID: the value is empty"});
  check_refused(workspace.run("runs runs ab1 ab2 ab1"), 2, {"ID"});
}

TEST_CASE("compare: numbers at the ends of their ranges are taken, and the next ones are not") {
  const Workspace workspace;
  check_refused(workspace.run("compare absent --resamples 100000"), 2, {"absent is no folder"});
  check_refused(workspace.run("compare absent --resamples 100001"), 2, {"--resamples", "0 to 100000"});
  check_refused(workspace.run("compare absent --seed 18446744073709551615"), 2, {"absent is no folder"});
  check_refused(workspace.run("compare absent --seed 18446744073709551616"), 2, {"--seed"});
  // A record may count to 2^53.
  const auto record = [&](const std::string& count) {
    workspace.write(
        "runs/r.jsonl",
        "{\"format\":\"plimsoll-run\",\"library_version\":\"0\",\"seed\":1,\"resamples\":0,\"methods\":"
        "[{\"text\":\"mad\"}],\"sets\":[{\"name\":\"s\"}]}\n{\"set\":\"s\",\"method\":\"mad\",\"resample\":0,"
        "\"status\":\"ok\",\"cutoff\":1,\"rate\":0.5,\"confidence\":null,\"promised\":true,"
        "\"calibration_rate\":0,\"caught\":1,\"missed\":0,\"false_alarms\":0,\"passed\":" +
            count + ",\"regret\":0}\n");
    return workspace.run("runs runs r");
  };
  std::filesystem::create_directories(workspace.path("runs"));
  check_success(record("9007199254740992"));
  check_refused(record("9007199254740993"), 2, {"runs/r.jsonl:2", "passed is above 2^53"});
}

TEST_CASE("compare: without a method named, those that learn from normal scores alone are compared, in their order") {
  const Workspace workspace;
  write_set(workspace, "set", counted());
  const Outcome outcome = workspace.run("compare set --format json");
  check_success(outcome);
  const auto lines = lines_as_json(outcome.out);
  const std::vector<std::string> names{"auto",  "tail", "quantile", "quantile:confidence=0.95",
                                       "gpd",   "gev",  "gumbel",   "parametric:least_p_value=0",
                                       "sigma", "mad",  "iqr",      "maximum"};
  REQUIRE(lines.size() == 1 + names.size());
  CHECK(lines[0].at("seed") == 1);
  CHECK(lines[0].at("resamples") == 0);
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(lines[0].at("methods").at(i).at("text") == names[i]);
    CHECK(lines[i + 1].at("method") == names[i]);
  }
  CHECK(workspace.run("compare set --seed 1 --resamples 0 --format json").out == outcome.out);
}

TEST_CASE("compare: a folder that is a set may hold others") {
  const Workspace workspace;
  write_set(workspace, "sets", counted());
  write_set(workspace, "sets/deep/inner", counted());
  write_set(workspace, "sets/another", counted());
  const auto header = lines_as_json(workspace.run("compare sets --method maximum --format json").out).at(0);
  std::vector<std::string> names;
  for (const json& set : header.at("sets")) names.push_back(set.at("name"));
  CHECK(names == std::vector<std::string>{"another", "deep/inner", "sets"});
}

TEST_CASE("compare: a resample is as large as the sample, and any of its scores may be drawn") {
  const Workspace workspace;
  // That a score is in none of 60 resamples of five has a probability of .8^300.
  for (const bool rising : {true, false}) {
    TestSet set;
    for (int i = 1; i <= 5; ++i) set.normals.push_back(rising ? i : 6 - i);
    write_set(workspace, "set", set);
    const auto lines = lines_as_json(workspace.run("compare set --method maximum --resamples 60 --format json").out);
    REQUIRE(lines.size() == 62);
    bool last = false;
    bool without = false;
    for (std::size_t i = 2; i < lines.size(); ++i) {
      // Just above one of the five; what is promised of the largest of five is 1 / 6.
      const double largest = std::floor(lines[i].at("cutoff").get<double>());
      CHECK(lines[i].at("cutoff") == std::nextafter(largest, 9.0));
      CHECK(lines[i].at("rate").get<double>() == Approx(1.0 / 6));
      CHECK(lines[i].at("calibration_rate").get<double>() == Approx((5 - largest) / 5));
      last = last || largest == 5;
      without = without || largest < 5;
    }
    CHECK(last);
    CHECK(without);
  }
}

TEST_CASE("runs: a regret that is not known is never the least, and where none is known none is named") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("runs"));
  const auto write = [&](const std::vector<std::string>& regrets) {
    std::string text =
        "{\"format\":\"plimsoll-run\",\"library_version\":\"1.0\",\"seed\":1,\"resamples\":0,\"methods\":[{\"text\":"
        "\"mad\"},{\"text\":\"tail\"}],\"sets\":[{\"name\":\"one\"}]}\n";
    for (std::size_t i = 0; i < 2; ++i) {
      text += fmt::format(
          "{{\"set\":\"one\",\"method\":\"{}\",\"resample\":0,\"status\":\"ok\",\"cutoff\":1,\"rate\":0.5,"
          "\"confidence\":null,\"promised\":false,\"calibration_rate\":0,\"caught\":1,\"missed\":0,"
          "\"false_alarms\":0,\"passed\":1,\"regret\":{}}}\n",
          i == 0 ? "mad" : "tail", regrets[i]);
    }
    workspace.write("runs/a.jsonl", text);
    const Outcome outcome = workspace.run("runs runs");
    check_success(outcome);
    return outcome.out;
  };
  const std::string head = "a  1 set, 0 resamples, seed 1, plimsoll 1.0\n  mad, tail\n";
  CHECK(write({"null", "0.75"}) == head + "  least regret: 0.750 by tail\n");
  CHECK(write({"0.75", "null"}) == head + "  least regret: 0.750 by mad\n");
  CHECK(write({"null", "null"}) == head);
}

}  // namespace
