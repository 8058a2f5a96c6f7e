// SPDX-License-Identifier: Apache-2.0
// `plimsoll tune`, where the optimum is known or can be had by counting.
#include <fmt/format.h>
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
    check_refused(workspace.run(command + name), 2, {"--record " + name + ": is no regular file"});
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

}  // namespace
