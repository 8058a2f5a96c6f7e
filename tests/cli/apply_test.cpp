// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The labels that the program wrote to a .npy file, of one dimension.
std::vector<int> labels_in(const Workspace& workspace, const std::string& file) {
  const NpyBytes labels = npy_bytes(workspace.read(file));
  CHECK(labels.shape == std::vector<std::size_t>{labels.values.size()});
  return labels.values;
}

/// Scores around a cutoff where a decision may go wrong.
std::vector<double> around(double cutoff) {
  std::vector<double> scores{0.0,       -0.0,    std::nan(""), infinity,
                             -infinity, 5e-324,  -5e-324,      std::numeric_limits<double>::max(),
                             -1.0,      2.2e-308};
  for (const double step : {infinity, -infinity}) {
    double score = cutoff;
    for (int i = 0; i < 3; ++i) {
      scores.push_back(score);
      score = std::nextafter(score, step);
    }
  }
  scores.push_back(static_cast<double>(static_cast<float>(cutoff)));
  return scores;
}

}  // namespace

TEST_CASE("apply: labels are those of the cutoff's bits for every score") {
  const Workspace workspace;
  workspace.write("normal.csv", "0.1\n0.2\n0.30000000000000004\n");
  workspace.write("normal32.npy", npy({0.1, 0.2, 0.3}, {.type = "<f4"}));
  for (const std::string fit :
       {"normal.csv --method manual --value 0.7", "normal.csv --method manual --value -1e-300",
        "normal.csv --method manual --value 0", "normal.csv --method manual --value 1e300",
        "normal.csv --method manual --value 123456789012345678", "normal.csv --method sigma",
        "normal.csv --method maximum", "normal32.npy --method maximum", "normal32.npy --method scaled_quantile"}) {
    INFO(fit);
    check_success(workspace.run("fit " + fit + " -o line.json"));
    const double cutoff = cutoff_of(nlohmann::json::parse(workspace.read("line.json")));
    const std::vector<double> scores = around(cutoff);
    std::vector<int> expected;
    for (const double score : scores) expected.push_back(!(score < cutoff) ? 1 : 0);
    workspace.write("scores.npy", npy(scores));
    check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
    CHECK(labels_in(workspace, "labels.npy") == expected);

    const auto json = json_of(workspace.run("apply line.json scores.npy --format json"));
    CHECK(json.at("labels") == nlohmann::json(expected));
    CHECK(json.at("cutoff").get<double>() == cutoff);
  }
}

TEST_CASE("apply: a float is decided by its own value") {
  const Workspace workspace;
  workspace.write("normal.csv", "1\n");
  check_success(workspace.run("fit normal.csv --method manual --value 0.7 -o line.json"));
  // The float nearest to 0.7 is below the double 0.7, the one after it is above; so is the half nearest to it.
  const float below = 0.7F;
  const float above = std::nextafter(below, 1.0F);
  workspace.write("scores.npy", npy({static_cast<double>(below), static_cast<double>(above)}, {.type = "<f4"}));
  check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
  CHECK(labels_in(workspace, "labels.npy") == std::vector<int>{0, 1});
  // numpy.float16(0.7) = 0.7001953125, and the half before it 0.69970703125.
  workspace.write("scores.npy", npy({0.7001953125, 0.69970703125}, {.type = "<f2"}));
  check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
  CHECK(labels_in(workspace, "labels.npy") == std::vector<int>{1, 0});
}

TEST_CASE("apply: with direction lower a score is anomalous unless it is above the line") {
  const Workspace workspace;
  workspace.write("normal.csv", count_to(19));
  check_success(workspace.run("fit normal.csv --direction lower --method maximum -o line.json"));
  const double cutoff = cutoff_of(nlohmann::json::parse(workspace.read("line.json")));
  const std::vector<double> scores = around(-cutoff);
  std::vector<int> expected;
  for (const double score : scores) expected.push_back(!(-score < cutoff) ? 1 : 0);
  workspace.write("scores.npy", npy(scores));
  check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
  CHECK(labels_in(workspace, "labels.npy") == expected);
  workspace.write("few.csv", "0.5\n1\n30\n");
  const Outcome outcome = workspace.run("apply line.json few.csv --format csv");
  check_success(outcome);
  CHECK(outcome.out == "index,score,label\n0,0.5,1\n1,1,0\n2,30,0\n");  // the scores as they are in the file
}

TEST_CASE("apply: a line fitted at a zero of negated scores can be read back") {
  const Workspace workspace;
  // Similarities, lower is stranger: f1's best cut is at the anomalous 0, which is -0 once negated.
  workspace.write("scores.csv", "score,label\n0.9,0\n0.8,0\n0,1\n");
  check_success(workspace.run("fit scores.csv --label-column label --method f1 --direction lower -o line.json"));
  const Outcome outcome = workspace.run("apply line.json scores.csv --format csv");
  check_success(outcome);
  CHECK(outcome.out == "index,score,label\n0,0.9,0\n1,0.8,0\n2,0,1\n");
}

TEST_CASE("apply: a line at minus zero can be read back") {
  const Workspace workspace;
  workspace.write("scores.csv", "-1\n0\n1\n");
  check_success(workspace.run("fit scores.csv --method manual --value -0.0 -o line.json"));
  check_success(workspace.run("apply line.json scores.csv -o labels.npy"));
  CHECK(labels_in(workspace, "labels.npy") == std::vector<int>{0, 1, 1});
}

TEST_CASE("apply: decisions on the bundled sets are those of NumPy") {
  struct Set {
    std::string name;
    int flagged;
    int false_alarms;
  };
  // quantile at 5 %: (test >= cutoff).sum(), and that of them whose label is 0.
  const std::vector<Set> sets{{"bottle-knn", 53, 3}, {"screw-knn", 26, 8}, {"mammography-knn", 223, 107}};
  const Workspace workspace;
  for (const Set& set : sets) {
    INFO(set.name);
    check_success(workspace.run("fit " + example(set.name + "/normal.npy") + " --method quantile -o line.json"));
    const auto json = json_of(workspace.run("apply line.json " + example(set.name + "/test.npy") + " --labels " +
                                            example(set.name + "/test_labels.npy") + " -o labels.npy --format json"));
    CHECK(json.at("anomalous") == set.flagged);
    CHECK(json.at("metrics").at("counts").at("false_alarms") == set.false_alarms);
    CHECK(json.at("labels") == nlohmann::json(labels_in(workspace, "labels.npy")));
    CHECK(json.at("count") == json.at("labels").size());
    CHECK(json.at("method") == "quantile");
    CHECK(json.at("threshold") == "line.json");
    CHECK(json.at("scores").get<std::string>().ends_with(set.name + "/test.npy"));
  }
}

TEST_CASE("apply: metrics are those of scikit-learn") {
  const Workspace workspace;
  workspace.write("normal.csv", count_to(19));
  workspace.write("test.csv", "score,label\n5,0\n10,0\n19,0\n20,0\n15,1\n25,1\n30,1\n");
  check_success(workspace.run("fit normal.csv --method quantile -o line.json"));
  const auto metrics =
      json_of(workspace.run("apply line.json test.csv --label-column label --format json")).at("metrics");
  CHECK(metrics.at("counts") == nlohmann::json({{"caught", 2}, {"missed", 1}, {"false_alarms", 1}, {"passed", 3}}));
  CHECK(metrics.at("false_alarm_rate") == 0.25);
  CHECK(metrics.at("recall").get<double>() == Approx(2.0 / 3));
  CHECK(metrics.at("precision").get<double>() == Approx(2.0 / 3));
  CHECK(metrics.at("f1").get<double>() == Approx(2.0 / 3));
  CHECK(metrics.at("balanced_accuracy").get<double>() == Approx(17.0 / 24));
  // scipy.stats.beta.ppf(0.025, 1, 4) and beta.ppf(0.975, 2, 3).
  CHECK(metrics.at("false_alarm_interval").at(0).get<double>() == Approx(0.0063094632097098705).epsilon(1e-9));
  CHECK(metrics.at("false_alarm_interval").at(1).get<double>() == Approx(0.8058795503167565).epsilon(1e-9));

  const Outcome table = workspace.run("apply line.json test.csv --label-column label");
  check_success(table);
  CHECK(table.out.find("3 of 7 scores anomalous") != std::string::npos);
  CHECK(table.out.find("0.250 [0.006, 0.806]") != std::string::npos);
  CHECK(table.out.find("0.708") != std::string::npos);
  CHECK_FALSE(json_of(workspace.run("apply line.json test.csv --format json")).contains("metrics"));
}

TEST_CASE("apply: metrics without a class are null") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n");
  workspace.write("normal.csv", "0\n0\n");
  workspace.write("anomalous.csv", "1\n1\n");
  check_success(workspace.run("fit scores.csv --method manual --value 5 -o line.json"));
  const auto normal = json_of(workspace.run("apply line.json scores.csv --labels normal.csv --format json"));
  CHECK(normal.at("metrics").at("recall").is_null());
  CHECK(normal.at("metrics").at("precision").is_null());
  CHECK(normal.at("metrics").at("false_alarm_rate") == 0);
  const auto anomalous = json_of(workspace.run("apply line.json scores.csv --labels anomalous.csv --format json"));
  CHECK(anomalous.at("metrics").at("false_alarm_rate").is_null());
  CHECK(anomalous.at("metrics").at("false_alarm_interval") == nlohmann::json({0.0, 1.0}));
  CHECK(anomalous.at("metrics").at("recall") == 0);
  check_success(workspace.run("apply line.json scores.csv --labels anomalous.csv"));
}

TEST_CASE("apply: the table shows the first flagged scores and how many more there are") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(30));
  check_success(workspace.run("fit scores.csv --method manual --value 6 -o line.json"));
  const Outcome outcome = workspace.run("apply line.json scores.csv");
  check_success(outcome);
  CHECK(outcome.out.find("25 of 30 scores anomalous") != std::string::npos);
  CHECK(outcome.out.find("5 more") != std::string::npos);
  CHECK(outcome.out.find("manual") != std::string::npos);
}

TEST_CASE("apply: an empty cell counts as NaN and is flagged") {
  const Workspace workspace;
  workspace.write("scores.csv", "id,score\n1,0.25\n2,\n3,0.75\n");
  check_success(workspace.run("fit scores.csv --non-finite skip --method manual -o line.json"));
  const Outcome outcome = workspace.run("apply line.json scores.csv --format csv");
  check_success(outcome);
  CHECK(outcome.out == "index,score,label\n0,0.25,0\n1,nan,1\n2,0.75,1\n");
  CHECK(workspace.run("apply line.json scores.csv").out.ends_with("index  score\n    1      -\n    2   0.75\n"));
}

TEST_CASE("apply: threshold or scores or labels come from standard input") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  workspace.write("labels.csv", "0\n1\n1\n");
  check_success(workspace.run("fit scores.csv --method manual --value 2 -o line.json"));
  const std::string expected = "index,score,label\n0,1,0\n1,2,1\n2,3,1\n";
  CHECK(workspace.run("apply line.json - --format csv", "1\n2\n3\n").out == expected);
  CHECK(workspace.run("apply line.json - --format csv", npy({1, 2, 3}, {.type = ">f2"})).out == expected);
  CHECK(workspace.run("apply - scores.csv --format csv", workspace.read("line.json")).out == expected);
  CHECK(lines_of(workspace.run("apply line.json -", "1\n2\n3\n").out).at(1) ==
        "standard input: 2 of 3 scores anomalous");
  CHECK(lines_of(workspace.run("apply - scores.csv", workspace.read("line.json")).out).at(0) ==
        "standard input: manual, cutoff 2, promise: none");
  const auto json = json_of(workspace.run("apply line.json scores.csv --labels - --format json", "0\n1\n1\n"));
  CHECK(json.at("metrics").at("f1") == 1);
}

TEST_CASE("apply: labels that do not fit are refused before anything is written") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n2\n3\n");
  workspace.write("labels.csv", "0\n1\n");
  check_success(workspace.run("fit scores.csv --method manual -o line.json"));
  const auto files = workspace.files();
  check_refused(workspace.run("apply line.json scores.csv --labels labels.csv -o out.npy"), 2,
                {"labels.csv", "2 labels", "3 scores"});
  check_refused(workspace.run("apply line.json scores.csv --labels missing.npy -o out.npy"), 2, {"missing.npy"});
  check_refused(workspace.run("apply line.json scores.csv --label-column label -o out.npy"), 2,
                {"scores.csv", "label"});
  CHECK(workspace.files() == files);
}

TEST_CASE("apply: the table for people, where low scores are strange") {
  const Workspace workspace;
  // Flagged are 5 and lower: three of four anomalous scores, two of six normal ones.
  workspace.write("test.csv", "score,label\n9,0\n5,1\n7.25,1\n8,0\n4.5,0\n6,0\n0.1234567,1\n12,0\n-3,0\n2,1\n");
  check_success(workspace.run("fit test.csv --method manual --value -5 --direction lower -o line.json"));
  const Outcome table = workspace.run("apply line.json test.csv --label-column label -o labels.txt");
  check_success(table);
  // The interval of 2 of 6 by SciPy's binomtest(2, 6).proportion_ci(); columns of numbers stand to the right.
  CHECK(table.out ==
        "line.json: manual, cutoff -5, promise: none\n"
        "low scores are strange: those of 5 and lower are anomalous\n"
        "test.csv: 5 of 10 scores anomalous\n"
        "\n"
        "FPR [95 %]            recall  precision     F1  balanced accuracy\n"
        "0.333 [0.043, 0.777]   0.750      0.600  0.667              0.708\n"
        "\n"
        "anomalous:\n"
        "index     score\n"
        "    1         5\n"
        "    4       4.5\n"
        "    6  0.123457\n"
        "    8        -3\n"
        "    9         2\n"
        "\n"
        "written: labels.txt\n");
}

TEST_CASE("apply: the table ends with the twentieth flagged score") {
  const Workspace workspace;
  workspace.write("normal.csv", "1\n");
  check_success(workspace.run("fit normal.csv --method manual --value 3 -o line.json"));
  for (const int count : {22, 23, 40}) {  // 1 and 2 are normal
    workspace.write("scores.csv", count_to(count));
    const Outcome outcome = workspace.run("apply line.json scores.csv");
    check_success(outcome);
    std::string expected = "line.json: manual, cutoff 3, promise: none\nscores.csv: " + std::to_string(count - 2) +
                           " of " + std::to_string(count) + " scores anomalous\n\nanomalous:\nindex  score\n";
    for (int score = 3; score <= 22; ++score) {
      const std::string index = std::to_string(score - 1);
      const std::string number = std::to_string(score);
      expected += std::string(5 - index.size(), ' ') + index + std::string(7 - number.size(), ' ') + number + "\n";
    }
    if (count > 22) {
      expected += "... and " + std::to_string(count - 22) + " more: -o FILE or --format csv gives all\n";
    }
    CHECK(outcome.out == expected);
  }
}

TEST_CASE("apply: where nothing is flagged the table ends with the count") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(19));
  check_success(workspace.run("fit scores.csv --method manual --value 50 -o line.json"));
  const Outcome outcome = workspace.run("apply line.json scores.csv");
  check_success(outcome);
  CHECK(outcome.out == "line.json: manual, cutoff 50, promise: none\nscores.csv: 0 of 19 scores anomalous\n");
}

TEST_CASE("apply: a method's name in a file reaches the terminal without its control characters") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(19));
  check_success(workspace.run("fit scores.csv --method manual --value 50 -o line.json"));
  auto file = nlohmann::json::parse(workspace.read("line.json"));
  file["method"] = "a\x1b[31m\nb";
  workspace.write("line.json", file.dump());
  CHECK(workspace.run("apply line.json scores.csv").out.starts_with("line.json: a?[31m?b, cutoff 50, "));
}

TEST_CASE("apply: pixels of maps that differ in size have labels in one row, and cannot be labelled themselves") {
  const Workspace workspace;
  std::filesystem::create_directories(workspace.path("maps"));
  workspace.write("maps/a.npy", npy({1, 5, 9, 2}, {.type = "<f4", .shape = {2, 2}}));
  workspace.write("maps/b.npy", npy({7, 1, 1, 1, 1, 8}, {.type = "<f4", .shape = {2, 3}}));
  workspace.write("one.csv", "1\n");
  workspace.write("two.csv", "0\n1\n");
  check_success(workspace.run("fit one.csv --method manual --value 6 -o line.json"));
  check_success(workspace.run("apply line.json maps -o labels.npy"));
  CHECK(labels_in(workspace, "labels.npy") == std::vector<int>{0, 0, 1, 0, 1, 0, 0, 0, 0, 1});
  for (const std::string command :
       {"apply line.json maps", "fit maps --method f1", "evaluate one.csv maps --method manual"}) {
    check_refused(workspace.run(command + " --labels two.csv"), 2, {"two.csv: cannot label maps", "differ in size"});
  }
}
