// SPDX-License-Identifier: Apache-2.0
// plimsoll collect, and fit --from-state: shards of the scores, and the fit of all of them.
#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "score_files.hpp"
#include "workspace.hpp"

namespace {

using namespace plimsoll::cli_test;
using Catch::Matchers::Contains;

TEST_CASE("a fit from the states of shards is the fit of all scores") {
  const Workspace files;
  std::string all;
  std::string labels;
  for (int shard = 0; shard < 3; ++shard) {
    std::string scores;
    std::string marks;
    for (int i = 0; i < 150; ++i) {
      const bool anomalous = i % 5 == 0;
      scores += std::to_string((i * 7919 + shard * 104729) % 1000 + (anomalous ? 700 : 0)) + "\n";
      marks += anomalous ? "1\n" : "0\n";
    }
    const std::string number = std::to_string(shard);
    files.write("scores" + number + ".csv", scores);
    files.write("labels" + number + ".csv", marks);
    all += scores;
    labels += marks;
  }
  files.write("all.csv", all);
  files.write("labels.csv", labels);

  const std::vector<std::string> methods{"", "--method quantile --false-alarm-rate 0.1", "--method sigma --k 2",
                                         "--direction lower --method gpd"};
  for (const std::string& method : methods) {
    INFO(method);
    for (const char* shard : {"0", "1", "2"}) {
      const std::string name = shard;
      check_success(files.run("collect scores" + name + ".csv -o " + name + ".state " + method));
    }
    CHECK(json_of(files.run("fit --from-state 2.state 0.state 1.state --format json")) ==
          json_of(files.run("fit all.csv --format json " + method)));
  }
  for (const char* shard : {"0", "1", "2"}) {
    const std::string name = shard;
    check_success(
        files.run("collect scores" + name + ".csv --labels labels" + name + ".csv --method f1 -o " + name + ".state"));
  }
  CHECK(json_of(files.run("fit --from-state 0.state 1.state 2.state --format json")) ==
        json_of(files.run("fit all.csv --labels labels.csv --method f1 --format json")));
}

TEST_CASE("shards of maps, of masks and of anomalous scores are collected as they are fitted") {
  const Workspace files;
  files.write("maps.npy", npy({1, 2, 3, 4, 5, 6, 7, 8, 3, 2, 1, 0}, {.type = "<f4", .shape = {3, 2, 2}}));
  files.write("masks.npy", npy({0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0}, {.type = "|u1", .shape = {3, 2, 2}}));
  files.write("normal.csv", "1\n2\n3\n");
  files.write("anomalous.csv", "2.5\n4\n");
  struct Case {
    std::string arguments;
    double cutoff;
    nlohmann::json counts;
  };
  for (const Case& one :
       {Case{"maps.npy --method maximum --map-reduction maximum", 8 + 0x1p-20, counts_of(3, 0, 0)},
        Case{"maps.npy --method f1 --labels masks.npy", 6, counts_of(9, 3, 0)},
        Case{"maps.npy --method f1 --labels masks.npy --map-reduction maximum", 8, counts_of(2, 1, 0)},
        Case{"normal.csv --anomalous anomalous.csv --method f1 --objective precision --recall-floor 0.5", 4,
             counts_of(3, 2, 0)},
        Case{"normal.csv --normal normal.csv --method manual --value 2", 2, counts_of(6, 0, 0)}}) {
    INFO(one.arguments);
    check_success(files.run("collect " + one.arguments + " -o a.state"));
    const auto file = json_of(files.run("fit --from-state a.state --format json"));
    CHECK(cutoff_of(file) == one.cutoff);
    CHECK(file.at("counts") == one.counts);
    CHECK(file == json_of(files.run("fit " + one.arguments + " --format json")));
  }
}

TEST_CASE("collect and fit --from-state say what is wrong") {
  const Workspace files;
  files.write("normal.csv", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
  check_success(files.run("collect normal.csv -o a.state"));
  check_success(files.run("collect normal.csv --method sigma -o sigma.state"));
  check_success(files.run("collect normal.csv --method sigma --k 4 -o k4.state"));
  check_success(files.run("collect normal.csv --direction lower --method sigma -o low.state"));
  const auto refused = [&](const std::string& command) {
    const Outcome outcome = files.run(command);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(files.run("collect normal.csv --method mad -o mad.state").out == "collected for mad\n  written   mad.state\n");
  CHECK(files.run("collect normal.csv --method mad:k=2 -o mad.state").out ==
        "collected for mad\n  written   mad.state\n");
  CHECK(files.run("collect normal.csv -o auto.state").out == "collected for auto\n  written   auto.state\n");
  CHECK(files.run("collect normal.csv --method sigma -o -").out == files.read("sigma.state"));  // and nothing else
  CHECK(files.run("fit --from-state sigma.state -o -").out ==
        files.run("fit normal.csv --method sigma --format json").out);
  CHECK_THAT(files.run("fit --from-state sigma.state").out, Contains("sigma on 10 normal scores") && !Contains("auto"));
  CHECK_THAT(refused("collect normal.csv"), Contains("--output"));
  CHECK_THAT(refused("collect -o b.state"), Contains("SCORES"));
  CHECK_THAT(refused("collect normal.csv -o ''"), Contains("--output: the value is empty"));
  CHECK_THAT(refused("collect normal.csv --k 3 -o b.state"),
             Contains("auto, the default method, has no parameter --k"));
  CHECK_THAT(refused("collect normal.csv --method sigma --batch normal.csv -o b.state"), Contains("--batch"));
  CHECK_THAT(refused("collect normal.csv --method f1 -o b.state"), Contains("f1 learns from labelled scores"));
  CHECK_THAT(refused("collect normal.csv --method batch -o b.state"), Contains("fit --batch"));
  CHECK_THAT(refused("fit --from-state none.state"), Contains("none.state: no such file"));
  CHECK_THAT(refused("fit --from-state normal.csv"), Contains("normal.csv: ") && Contains("is not one of state file"));
  const Outcome piped = files.run("fit --from-state -", files.read("normal.csv"));
  check_refused(piped, 2, {"plimsoll: standard input: state file: ", "is not one of state file"});
  CHECK_THAT(refused("fit --from-state a.state sigma.state"), Contains("sigma.state: ") && Contains("cannot merge"));
  CHECK_THAT(refused("fit --from-state sigma.state k4.state"),
             Contains("k4.state: ") && Contains("different parameters") && Contains("beside sigma.state"));
  CHECK_THAT(refused("fit --from-state sigma.state low.state"), Contains("other direction"));
  CHECK_THAT(refused("fit normal.csv --from-state a.state"), Contains("SCORES has no use"));
  CHECK_THAT(refused("fit --from-state a.state --method sigma"), Contains("--method has no use"));
  CHECK_THAT(refused("fit --from-state a.state --k 3"), Contains("--k"));
  for (const std::string option :
       {"--normal normal.csv", "--batch normal.csv", "--synthetic normal.csv", "--labels normal.csv",
        "--anomalous normal.csv", "--contamination", "--bootstrap 50"}) {
    CHECK_THAT(refused("fit --from-state a.state " + option),
               Contains(": " + option.substr(0, option.find(' ')) + " has no use with it"));
  }
  files.write("cut.state", files.read("a.state").substr(0, 100));
  CHECK_THAT(refused("fit --from-state cut.state"), Contains("cut.state: ") && Contains("cut short"));
}

}  // namespace
