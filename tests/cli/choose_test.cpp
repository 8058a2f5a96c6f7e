// SPDX-License-Identifier: Apache-2.0
// `fit` without a method, and with a batch.
#include <cstdint>
#include <string>
#include <utility>
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

TEST_CASE("fit without a method says what it chose, and naming that gives the same line") {
  const Workspace workspace;
  write_scores(workspace, "few.npy", draw(1, 120, 0));
  write_scores(workspace, "many.npy", draw(2, 1000, 0));
  const auto cutoff = [&](const std::string& arguments) {
    return json_of(workspace.run("fit " + arguments + " --format json")).at("cutoff").get<double>();
  };
  CHECK(cutoff("few.npy") == cutoff("few.npy --method tail"));
  CHECK(cutoff("many.npy") == cutoff("many.npy --method quantile --rank nearest"));
  CHECK(cutoff("few.npy --expected-prevalence 0.08") == cutoff("few.npy --method tail --false-alarm-rate 0.02"));
  const Outcome text = workspace.run("fit many.npy");
  check_success(text);
  for (const std::string part : {"auto on 1000 normal scores (float64)", "auto by default",
                                 "false alarms <= 5.1 % on average, distribution-free, 1000 normals",
                                 "chose quantile, at a rate of 5 %: 1000 normal scores are more than 300"}) {
    INFO(part);
    CHECK(text.out.find(part) != std::string::npos);
  }
  const Outcome named = workspace.run("fit many.npy --method auto");  // which was asked for
  check_success(named);
  CHECK(named.out.starts_with("auto on 1000 normal scores (float64)\n  cutoff "));
  check_success(workspace.run("fit few.npy --contamination --bootstrap 50"));
  check_refused(workspace.run("fit few.npy --expected-prevalence 0.1 --false-alarm-rate 0.1"), 2,
                {"expected_prevalence", "false_alarm_rate"});
  check_refused(workspace.run("fit few.npy --miss-cost 10"), 1, {"missing_class", "a cost of misses needs anomalous"});
}

TEST_CASE("fit without a method searches where there are labels, and minds costs") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 200, 0));
  write_scores(workspace, "a.npy", draw(2, 50, 2));
  const auto fit = [&](const std::string& arguments) {
    return json_of(workspace.run("fit n.npy --anomalous a.npy --format json " + arguments));
  };
  CHECK(fit("").at("cutoff") == fit("--method f1").at("cutoff"));
  CHECK(fit("--miss-cost 50 --expected-prevalence 0.05").at("cutoff") ==
        fit("--method f1 --objective cost --miss-cost 50 --prevalence 0.05").at("cutoff"));
  CHECK(fit("").at("note").get<std::string>().starts_with("chose f1"));
  check_refused(workspace.run("fit n.npy --anomalous a.npy --bootstrap 100"), 2, {"--bootstrap"});
}

TEST_CASE("fit --batch fits the level to unlabelled scores, and refuses what has drifted") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 1000, 0));
  std::vector<double> batch = draw(2, 900, 0);
  const std::vector<double> anomalies = draw(3, 100, 4);
  batch.insert(batch.end(), anomalies.begin(), anomalies.end());
  write_scores(workspace, "batch.npy", batch);
  write_scores(workspace, "drifted.npy", draw(4, 1000, 1));
  write_scores(workspace, "small.npy", draw(5, 99, 0));
  const Outcome text = workspace.run("fit n.npy --batch batch.npy -o line.json");
  check_success(text);
  check_success(workspace.run("inspect line.json"));
  const auto file = json::parse(workspace.read("line.json"));
  CHECK(file.at("method") == "batch");
  CHECK(file.at("estimates").at("prevalence").get<double>() == Approx(0.1).margin(0.08));
  CHECK(file.at("estimates").at("batch") == 1000);
  check_success(workspace.run("apply line.json batch.npy"));
  check_refused(workspace.run("fit n.npy --batch drifted.npy"), 1, {"batch gives no cutoff", "(drifted)"});
  check_refused(workspace.run("fit n.npy --batch small.npy"), 1, {"100 batch scores", "there are 99"});
  check_refused(workspace.run("fit n.npy --batch batch.npy --method tail"), 2, {"--batch", "tail"});
  for (const std::string option : {"--labels n.npy", "--anomalous n.npy", "--contamination", "--bootstrap 50"}) {
    check_refused(workspace.run("fit n.npy --batch batch.npy " + option), 2,
                  {"--batch takes unlabelled scores: " + option.substr(0, option.find(' ')) + " has no use with it"});
  }
  // Parameters are those of the method, by option or behind its name.
  for (const std::string options : {"--level-cap 0.2 --expected-prevalence 0.1",
                                    "--method batch:level_cap=0.2,"
                                    "expected-prevalence=0.1"}) {
    const json given = json_of(workspace.run("fit n.npy --batch batch.npy --format json " + options));
    CHECK(given.at("parameters").at("level_cap") == 0.2);
    CHECK(given.at("parameters").at("expected_prevalence") == 0.1);
  }
  check_refused(workspace.run("fit n.npy --batch batch.npy --k 3"), 2, {"batch", "has no parameter --k"});
  // The method may be named, and without a batch it has nothing to learn from.
  CHECK(json_of(workspace.run("fit n.npy --batch batch.npy --method batch --format json")) == file);
  check_refused(workspace.run("fit n.npy --method batch"), 1,
                {"batch gives no cutoff", "100 batch scores", "there are 0"});
  check_refused(workspace.run("fit n.npy --batch absent.npy"), 2, {"absent.npy"});
}

TEST_CASE("fit --batch takes low scores for strange, and maps for their largest pixels") {
  const Workspace workspace;
  const std::vector<double> normals = draw(1, 400, 0);
  std::vector<double> batch = draw(2, 180, 0);
  const std::vector<double> anomalies = draw(3, 20, 4);
  batch.insert(batch.end(), anomalies.begin(), anomalies.end());
  for (const auto& [name, scores] : {std::pair("n", &normals), {"b", &batch}}) {
    const std::string file = name;
    write_scores(workspace, file + ".npy", *scores);
    std::vector<double> low;
    std::vector<double> maps;  // a score and one below it in turning places
    for (const double score : *scores) {
      low.push_back(-score);
      const bool first = maps.size() % 4 == 0;
      maps.insert(maps.end(), {first ? score : score - 1, first ? score - 1 : score});
    }
    write_scores(workspace, file + "_low.npy", low);
    workspace.write(file + "_maps.npy", npy(maps, {.type = "<f8", .shape = {scores->size(), 1, 2}}));
  }
  json expected = json_of(workspace.run("fit n.npy --batch b.npy --format json"));
  const json maps = json_of(workspace.run("fit n_maps.npy --batch b_maps.npy --map-reduction maximum --format json"));
  for (const char* field : {"cutoff", "counts", "estimates", "direction"}) CHECK(maps.at(field) == expected.at(field));
  expected["direction"] = "lower_is_anomalous";
  CHECK(json_of(workspace.run("fit n_low.npy --batch b_low.npy --direction lower --format json")) == expected);
  // More normal scores, and none.
  const json more = json_of(workspace.run("fit n.npy --normal n.npy --batch b.npy --format json"));
  CHECK(more.at("counts").at("normal") == 800);
}

}  // namespace
