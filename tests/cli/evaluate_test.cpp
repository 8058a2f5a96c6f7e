// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

/// Normal scores 1 to 19; a test set of 4 normal and 3 anomalous ones.
void write_small_set(const Workspace& workspace) {
  workspace.write("normal.csv", count_to(19));
  workspace.write("test.csv", "score,label\n5,0\n10,0\n19,0\n20,0\n15,1\n25,1\n30,1\n");
}

const nlohmann::json& row_of(const nlohmann::json& json, const std::string& name) {
  for (const auto& row : json.at("methods")) {
    if (row.at("name") == name) return row;
  }
  throw std::runtime_error("there is no row " + name);
}

}  // namespace

TEST_CASE("evaluate: a small set is judged as by hand") {
  const Workspace workspace;
  write_small_set(workspace);
  const auto json = json_of(
      workspace.run("evaluate normal.csv test.csv --label-column label --method quantile --method maximum --method "
                    "manual:value=15 --format json"));
  CHECK(json.at("normal") == nlohmann::json({{"file", "normal.csv"}, {"count", 19}}));
  CHECK(json.at("test") == nlohmann::json({{"file", "test.csv"}, {"normal", 4}, {"anomalous", 3}}));
  CHECK(json.at("auroc").get<double>() == Approx(10.0 / 12));  // of 12 pairs 10 are in order
  REQUIRE(json.at("methods").size() == 3);

  const auto& quantile = row_of(json, "quantile");
  CHECK(quantile.at("status") == "ok");
  CHECK(quantile.at("threshold") == 19.000000000000004);
  CHECK(quantile.at("promise").at("guarantee") == "distribution-free");
  CHECK(quantile.at("promise").at("false_alarm_rate") == 0.05);
  CHECK(quantile.at("promise").at("confidence").is_null());
  CHECK(quantile.at("counts") == nlohmann::json({{"caught", 2}, {"missed", 1}, {"false_alarms", 1}, {"passed", 3}}));
  CHECK(quantile.at("false_alarm_rate") == 0.25);
  CHECK(quantile.at("f1").get<double>() == Approx(2.0 / 3));
  CHECK(quantile.at("balanced_accuracy").get<double>() == Approx(17.0 / 24));
  CHECK(row_of(json, "maximum").at("counts") == quantile.at("counts"));

  const auto& manual = row_of(json, "manual:value=15");  // flags 19, 20, 15, 25, 30
  CHECK(manual.at("method") == "manual");
  CHECK(manual.at("recall") == 1);
  CHECK(manual.at("precision").get<double>() == Approx(0.6));
  CHECK(manual.at("f1").get<double>() == Approx(0.75));

  // F1 of the cuts at 15 and 25: 6/8 and 4/5.
  CHECK(json.at("oracle").at("threshold") == 25);
  CHECK(json.at("oracle").at("f1").get<double>() == Approx(0.8));
}

TEST_CASE("evaluate: the table for people") {
  const Workspace workspace;
  write_small_set(workspace);
  const std::string evaluation = "evaluate normal.csv test.csv --label-column label ";
  const Outcome outcome = workspace.run(evaluation +
                                        "--method quantile --method manual:value=15 --method quantile:confidence=0.95 "
                                        "--method histogram");
  check_success(outcome);
  const std::vector<std::string> lines = lines_of(outcome.out);
  REQUIRE(lines.size() == 12);
  CHECK(lines[0] == "fitted on 19 normal scores of normal.csv");
  CHECK(lines[1] == "judged on test.csv: 4 normal, 3 anomalous, AUROC 0.833, labelled-oracle F1 0.800");
  CHECK(lines[2].empty());
  // Intervals of 1, 2 and 0 of 4 by SciPy's binomtest(k, 4).proportion_ci().
  const auto words = [&](std::size_t line) {
    std::string text;
    for (const std::string& word : split(lines[line], ' ')) text += word.empty() ? "" : word + " ";
    return text;
  };
  CHECK(words(3) == "method threshold promised FPR FPR [95 %] recall F1 of oracle balanced accuracy ");
  CHECK(words(4) == "quantile 19 <= 5 % on average 0.250 [0.006, 0.806] 0.667 0.667 0.833 0.708 ");
  CHECK(words(5) == "manual:value=15 15 none 0.500 [0.068, 0.932] 1.000 0.750 0.938 0.750 ");
  CHECK(words(6) == "quantile:confidence=0.95 too_few_scores - - - - - - ");
  CHECK(words(7).starts_with("histogram "));
  CHECK(words(8) == "oracle (labels) 25 none 0.000 [0.000, 0.602] 0.667 0.800 1.000 0.833 ");
  CHECK(lines[9].empty());
  CHECK(lines[10] == "histogram: fitted to the test scores, without their labels");
  CHECK(lines[11].starts_with("quantile:confidence=0.95: "));
  // The oracle sees all scores: a cutoff above 10 has ten of eleven anomalous ones and no false alarm.
  workspace.write("far.csv", "score,label\n1,0\n2,0\n3,0\n4,0\n5,0\n6,0\n7,0\n8,0\n9,0\n10,0\n5,1\n" +
                                 std::string("inf,1\nnan,1\ninf,1\nnan,1\ninf,1\nnan,1\ninf,1\nnan,1\ninf,1\nnan,1\n"));
  const auto far =
      json_of(workspace.run("evaluate normal.csv far.csv --label-column label --method maximum --format json"));
  CHECK(far.at("oracle").at("f1").get<double>() == Approx(20.0 / 21));
  CHECK(far.at("oracle").at("counts") ==
        nlohmann::json({{"caught", 10}, {"missed", 1}, {"false_alarms", 0}, {"passed", 10}}));
  // One that flags everything has three of three and four false alarms, F1 = 6/10; above 0 it has one of three, 2/4.
  workspace.write("low.csv", "score,label\n-inf,1\n-inf,1\n-inf,0\n-inf,0\n0,0\n0,0\n200,1\n");
  for (const std::string direction : {"higher", "lower"}) {
    const auto low = json_of(workspace.run("evaluate normal.csv low.csv --label-column label --method maximum " +
                                           std::string("--format json --direction ") + direction));
    const auto& oracle = low.at("oracle");
    CHECK(oracle.at("f1").get<double>() == Approx(0.6));
    CHECK(oracle.at("counts") == nlohmann::json({{"caught", 3}, {"missed", 0}, {"false_alarms", 4}, {"passed", 0}}));
    CHECK(low.at("methods").at(0).at("f1").get<double>() <= 0.6);
    workspace.write("low.csv", "score,label\ninf,1\ninf,1\ninf,0\ninf,0\n0,0\n0,0\n-200,1\n");
  }
  // All normal scores are counted, also those that a method trims, in whatever order the methods are.
  workspace.write("hundred.csv", count_to(100));
  for (const std::string methods : {"--method quantile --method mad:trim=0.2",
                                    "--method mad:trim=0.2 --method quantile", "--method mad:trim=0.2"}) {
    const auto of_all =
        json_of(workspace.run("evaluate hundred.csv test.csv --label-column label --format json " + methods));
    CHECK(of_all.at("normal").at("count") == 100);
  }
  // Without an anomalous score there is no oracle, and nothing of one.
  workspace.write("bare.csv", "score,label\n5,0\n30,0\n");
  const Outcome bare = workspace.run(
      "evaluate normal.csv bare.csv --label-column label --method manual:value=-15 "
      "--direction lower");
  check_success(bare);
  CHECK(
      bare.out.starts_with("fitted on 19 normal scores of normal.csv\n"
                           "judged on bare.csv: 2 normal, 0 anomalous, AUROC -, labelled-oracle F1 -\n\n"
                           "low scores are strange, so thresholds are of negated scores\n\n"));
  CHECK(lines_of(bare.out).size() == 8);
  CHECK(outcome.out.find("low scores") == std::string::npos);
}

TEST_CASE("evaluate: as csv every row has every column") {
  const Workspace workspace;
  write_small_set(workspace);
  const Outcome outcome = workspace.run(
      "evaluate normal.csv test.csv --label-column label --method maximum --method "
      "quantile:false_alarm_rate=0.01,confidence=0.9 --method manual:value=15 --format csv");
  check_success(outcome);
  const auto lines = lines_of(outcome.out);
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] ==
        "method,status,threshold,guarantee,promised_rate,confidence,false_alarm_rate,rate_lower,rate_upper,recall,"
        "precision,f1,balanced_accuracy");
  const auto maximum = split(lines[1], ',');
  REQUIRE(maximum.size() == 13);
  CHECK(maximum[0] == "maximum");
  CHECK(maximum[1] == "ok");
  CHECK(maximum[2] == "19.000000000000004");
  CHECK(maximum[3] == "distribution-free");
  CHECK(std::stod(maximum[4]) == Approx(0.05));  // 1/(19 + 1)
  CHECK(maximum[5] == "");
  CHECK(maximum[6] == "0.25");
  CHECK(std::stod(maximum[7]) == Approx(0.0063094632097098705));
  CHECK(std::stod(maximum[8]) == Approx(0.8058795503167565));
  CHECK(std::stod(maximum[9]) == Approx(2.0 / 3));
  CHECK(std::stod(maximum[12]) == Approx(17.0 / 24));
  CHECK(lines[2] == "\"quantile:false_alarm_rate=0.01,confidence=0.9\",too_few_scores,,,,,,,,,,,");
  CHECK(lines[3].starts_with("manual:value=15,ok,15,none,,,0.5,"));
  CHECK(lines[4].starts_with("oracle (labels),ok,25,none,,,0,0,"));
  CHECK(split(lines[4], ',').size() == 13);
}

TEST_CASE("evaluate: the bundled sets are judged as by scikit-learn") {
  struct Row {
    std::string name;
    double threshold;
    double recall;
    double precision;
    double f1;
    double balanced_accuracy;
    double rate;
    double lower;
    double upper;
  };
  struct Set {
    std::string name;
    double auroc;
    double oracle_f1;
    std::vector<Row> rows;
  };
  // Thresholds by NumPy and SciPy (see fit_test.cpp and model_test.cpp); sklearn.metrics' recall_score,
  // precision_score, f1_score, balanced_accuracy_score and roc_auc_score; intervals by scipy.stats.beta.ppf.
  const std::vector<Set> sets{
      {"bottle-knn",
       0.9411603721948549,
       0.9206349206349206,
       {{"quantile", 37.33168029785156, 0.7936507936507936, 0.9433962264150944, 0.8620689655172413, 0.8709633278598796,
         0.05172413793103448, 0.010796478084294736, 0.1438046272753446},
        {"tail", 29.631310141444988, 0.8571428571428571, 0.9473684210526315, 0.9, 0.9027093596059114,
         0.05172413793103448, 0.010796478084294733, 0.1438046272753446},
        {"mad", 23.343371471442737, 0.9206349206349206, 0.9206349206349206, 0.9206349206349206, 0.9172140120415982,
         0.08620689655172414, 0.028586045366517016, 0.1898259584622509},
        {"maximum", 55.7441520690918, 0.7619047619047619, 0.96, 0.8495575221238937, 0.8637110016420362,
         0.034482758620689655, 0.004203647239867675, 0.11907731088039213}}},
      {"screw-knn",
       0.6435497275833411,
       0.7450980392156863,
       {{"quantile:confidence=0.95", 128.12828063964844, 0.025210084033613446, 0.75, 0.04878048780487805,
         0.5071105365223012, 0.01098901098901099, 0.0002781789712100315, 0.059710812816331664},
        {"sigma", 64.82532151528933, 0.07563025210084033, 0.8181818181818182, 0.13846153846153844, 0.5268261150614092,
         0.02197802197802198, 0.002672811426624264, 0.07714539275460174},
        {"iqr", 23.093900978565216, 0.2184873949579832, 0.6341463414634146, 0.32499999999999996, 0.5268261150614092,
         0.16483516483516483, 0.09529597021048705, 0.2572573365797312}}},
      {"mammography-knn",
       0.8754818690163517,
       0.5297741273100616,
       {{"quantile", 0.8174529075622559, 0.5, 0.5201793721973094, 0.5098901098901099, 0.7280917280917281,
         0.04381654381654382, 0.03604523572557508, 0.05270419098489751},
        {"quantile:confidence=0.95", 0.8508689403533936, 0.4827586206896552, 0.5517241379310345, 0.5149425287356322,
         0.722747041712559, 0.03726453726453727, 0.030107114043146657, 0.04555719282446696},
        {"gumbel", 0.8153509675316868, 0.5, 0.5201793721973094, 0.5098901098901099, 0.7280917280917281,
         0.04381654381654382, 0.03604523572557508, 0.05270419098489751}}},
  };
  const Workspace workspace;
  for (const Set& set : sets) {
    const auto json =
        json_of(workspace.run("evaluate " + example(set.name + "/normal.npy") + " " + example(set.name + "/test.npy") +
                              " --labels " + example(set.name + "/test_labels.npy") + " --format json"));
    INFO(set.name);
    CHECK(json.at("auroc").get<double>() == Approx(set.auroc).epsilon(1e-13));
    CHECK(json.at("oracle").at("f1").get<double>() == Approx(set.oracle_f1).epsilon(1e-13));
    std::vector<std::string> names;
    for (const auto& row : json.at("methods")) names.push_back(row.at("name"));
    CHECK(names == std::vector<std::string>{"tail", "quantile", "quantile:confidence=0.95", "gpd", "gumbel",
                                            "parametric", "sigma", "mad", "iqr", "maximum"});
    for (const Row& known : set.rows) {
      INFO(known.name);
      const auto& row = row_of(json, known.name);
      CHECK(row.at("threshold").get<double>() == Approx(known.threshold).epsilon(1e-13));
      CHECK(row.at("recall").get<double>() == Approx(known.recall).epsilon(1e-13));
      CHECK(row.at("precision").get<double>() == Approx(known.precision).epsilon(1e-13));
      CHECK(row.at("f1").get<double>() == Approx(known.f1).epsilon(1e-13));
      CHECK(row.at("balanced_accuracy").get<double>() == Approx(known.balanced_accuracy).epsilon(1e-13));
      CHECK(row.at("false_alarm_rate").get<double>() == Approx(known.rate).epsilon(1e-13));
      CHECK(row.at("false_alarm_interval").at(0).get<double>() == Approx(known.lower).epsilon(1e-9));
      CHECK(row.at("false_alarm_interval").at(1).get<double>() == Approx(known.upper).epsilon(1e-9));
    }
  }
  CHECK(workspace.files().empty());
}

TEST_CASE("evaluate: a method without a cutoff is a row that says why") {
  const Workspace workspace;
  const std::string files = example("bottle-knn/normal.npy") + " " + example("bottle-knn/test.npy") + " --labels " +
                            example("bottle-knn/test_labels.npy") + " --method quantile:confidence=0.95";
  const auto json = json_of(workspace.run("evaluate " + files + " --format json"));
  const auto& row = row_of(json, "quantile:confidence=0.95");
  CHECK(row.at("status") == "too_few_scores");  // 57 normals where 59 are needed: 0.95^59 < 0.05
  CHECK(row.at("threshold").is_null());
  CHECK_FALSE(row.contains("f1"));
  CHECK(row.at("note").get<std::string>().find("59") != std::string::npos);
  const Outcome table = workspace.run("evaluate " + files);
  check_success(table);
  CHECK(table.out.find("too_few_scores") != std::string::npos);
  CHECK(table.out.find("needs 59 normal scores") != std::string::npos);
}

TEST_CASE("evaluate: parameters go to every method that has them") {
  const Workspace workspace;
  write_small_set(workspace);
  const auto json =
      json_of(workspace.run("evaluate normal.csv test.csv --label-column label --method mad --method manual --method "
                            "sigma:k=1,ddof=0 --k 0 --format json"));
  CHECK(row_of(json, "mad").at("threshold") == 10);  // the median; what the name says goes first:
  // Mean 10 and population deviation sqrt((19^2 - 1) / 12).
  CHECK(row_of(json, "sigma:k=1,ddof=0").at("threshold").get<double>() == Approx(15.477225575051661).epsilon(1e-14));
}

TEST_CASE("evaluate: direction and standard input and label files") {
  const Workspace workspace;
  write_small_set(workspace);
  workspace.write("labels.npy", npy({0, 0, 0, 0, 1, 1, 1}, {.type = "|b1"}));
  workspace.write("negative.csv", "score,label\n-5,0\n-10,0\n-19,0\n-20,0\n-15,1\n-25,1\n-30,1\n");
  std::string negatives;
  for (const std::string& line : lines_of(count_to(19))) negatives += "-" + line + "\n";
  const auto expected =
      json_of(workspace.run("evaluate normal.csv test.csv --label-column label --format json --method quantile"));
  const auto same_figures = [&](const nlohmann::json& json) {
    CHECK(json.at("auroc") == expected.at("auroc"));
    CHECK(json.at("methods") == expected.at("methods"));
    CHECK(json.at("oracle") == expected.at("oracle"));
  };
  same_figures(
      json_of(workspace.run("evaluate - test.csv --labels labels.npy --format json --method quantile", count_to(19))));
  same_figures(
      json_of(workspace.run("evaluate normal.csv - --labels labels.npy --format json --method "
                            "quantile",
                            workspace.read("test.csv"))));
  const std::vector<std::string> from_input =
      lines_of(workspace.run("evaluate - test.csv --labels labels.npy --method quantile", count_to(19)).out);
  CHECK(from_input.at(0) == "fitted on 19 normal scores of standard input");
  const std::vector<std::string> on_input = lines_of(
      workspace.run("evaluate normal.csv - --labels labels.npy --method quantile", workspace.read("test.csv")).out);
  CHECK(on_input.at(1).starts_with("judged on standard input: 4 normal, 3 anomalous"));
  const auto lower = json_of(workspace.run(
      "evaluate - negative.csv --label-column label --direction lower --format json --method quantile", negatives));
  same_figures(lower);
}

TEST_CASE("evaluate: a test set of one class is judged as far as it goes") {
  const Workspace workspace;
  workspace.write("normal.csv", count_to(19));
  workspace.write("test.csv", "score,label\n5,0\n30,0\n");
  const auto json =
      json_of(workspace.run("evaluate normal.csv test.csv --label-column label --method quantile --format json"));
  CHECK(json.at("auroc").is_null());
  CHECK(json.at("oracle").at("status") == "missing_class");
  CHECK(row_of(json, "quantile").at("false_alarm_rate") == 0.5);
  CHECK(row_of(json, "quantile").at("recall").is_null());
  check_success(workspace.run("evaluate normal.csv test.csv --label-column label --method quantile"));
  check_success(workspace.run("evaluate normal.csv test.csv --label-column label --method quantile --format csv"));
}

TEST_CASE("evaluate: NaN among the test scores is the strangest score") {
  const Workspace workspace;
  workspace.write("normal.csv", count_to(19));
  workspace.write("test.csv", "score,label\n5,0\n6,0\n,1\n");
  const auto json =
      json_of(workspace.run("evaluate normal.csv test.csv --label-column label --method quantile --format json"));
  CHECK(json.at("auroc") == 1);
  CHECK(row_of(json, "quantile").at("recall") == 1);
  workspace.write("bad.csv", "1\nnan\n");
  check_refused(workspace.run("evaluate bad.csv test.csv --label-column label --method maximum"), 2,
                {"bad.csv", "scores[1] is NaN"});
  // What is skipped was not fitted on.
  workspace.write("more.csv", count_to(19) + "nan\ninf\n");
  const auto skipped = json_of(workspace.run(
      "evaluate more.csv test.csv --label-column label --method quantile --non-finite skip --format json"));
  CHECK(skipped.at("normal") == nlohmann::json({{"file", "more.csv"}, {"count", 19}}));
  CHECK(row_of(skipped, "quantile").at("threshold") == row_of(json, "quantile").at("threshold"));
}

TEST_CASE("evaluate: what it cannot do is bad usage") {
  const Workspace workspace;
  write_small_set(workspace);
  const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("evaluate " + arguments, "1\n"), 2, mentions);
  };
  refused("normal.csv test.csv --label-column label --method batch", {"batch takes two samples"});
  refused("normal.csv test.csv", {"--labels", "--label-column"});
  refused("normal.csv test.csv --label-column label --method f1", {"f1"});
  refused("--maps=no normal.csv test.csv --label-column label", {"maps"});
  refused("normal.csv test.csv --labels ''", {"--labels: the value is empty"});
  refused("- - --labels test.csv", {"standard input"});
  refused("normal.csv - --label-column label", {"standard input"});
  refused("normal.csv test.csv --label-column label --method sigma --method mad:non_finite=skip", {"--non-finite"});
  refused("normal.csv test.csv --label-column label --method mad --false-alarm-rate 0.1", {"--false-alarm-rate"});
  refused("normal.csv test.csv --label-column label --method nix", {"nix", "quantile"});
  refused("normal.csv test.csv --label-column class", {"test.csv", "class"});
  refused("missing.csv test.csv --label-column label", {"missing.csv"});
  refused("normal.csv missing.csv --labels test.csv", {"missing.csv"});
}

TEST_CASE("evaluate: a rejected fit is a row with its status and the others stay") {
  // No family describes these scores: SciPy's Kolmogorov-Smirnov p-values of the best ones are all below 1e-70.
  const Workspace workspace;
  const std::string files = example("mammography-knn/normal.npy") + " " + example("mammography-knn/test.npy") +
                            " --labels " + example("mammography-knn/test_labels.npy");
  const Outcome table = workspace.run("evaluate " + files);
  check_success(table);
  bool seen = false;
  for (const std::string& line : lines_of(table.out)) {
    if (!line.starts_with("parametric ")) continue;
    seen = true;
    CHECK(line.find("fit_rejected") != std::string::npos);
  }
  CHECK(seen);
  CHECK(table.out.find("\nparametric: ") != std::string::npos);  // and why, below the table
  CHECK(table.out.find("least_p_value") != std::string::npos);
  const auto json = json_of(workspace.run("evaluate " + files + " --format json"));
  CHECK(row_of(json, "parametric").at("status") == "fit_rejected");
  CHECK(row_of(json, "parametric").at("threshold").is_null());
  CHECK(row_of(json, "gpd").at("promise").at("guarantee") == "model-based");
  CHECK(row_of(json, "gpd").at("promise").at("false_alarm_rate") == 0.01);
}

TEST_CASE("evaluate: methods that reduce maps otherwise go together where there are no maps") {
  const Workspace workspace;
  write_small_set(workspace);
  const std::string arguments = " --label-column label --format json --method quantile --method gev";
  const auto json = json_of(workspace.run("evaluate normal.csv test.csv" + arguments));
  CHECK(row_of(json, "gev").at("threshold").get<double>() == Approx(19.739584058629006).epsilon(1e-12));
  CHECK(row_of(json, "quantile").at("threshold") == 19.000000000000004);
  workspace.write("maps.npy", npy({1, 2, 3, 4}, {.type = "<f4", .shape = {2, 1, 2}}));
  workspace.write("labels.csv", "0\n1\n");
  for (const std::string files : {"maps.npy maps.npy", "normal.csv maps.npy"}) {
    check_refused(workspace.run("evaluate " + files + " --labels labels.csv --method quantile --method gev"), 2,
                  {"--map-reduction", "for all of them"});
  }
  check_success(
      workspace.run("evaluate maps.npy maps.npy --labels labels.csv --method maximum --method gev "
                    "--map-reduction maximum"));
}

TEST_CASE("evaluate: every cell of the CSV, and the promises of the table") {
  const Workspace workspace;
  write_small_set(workspace);
  const std::string arguments =
      "evaluate normal.csv test.csv --label-column label --method quantile:false_alarm_rate=0.2,confidence=0.9 "
      "--method manual:value=15 --method gumbel";
  const Outcome outcome = workspace.run(arguments + " --format csv");
  check_success(outcome);
  const auto lines = lines_of(outcome.out);
  REQUIRE(lines.size() == 5);
  const auto check = [&](const std::string& line, const std::string& begin, const std::vector<double>& figures) {
    INFO(line);
    REQUIRE(line.starts_with(begin));
    const auto cells = split(line.substr(begin.size()), ',');
    REQUIRE(cells.size() == figures.size());
    for (std::size_t i = 0; i < cells.size(); ++i) CHECK(std::stod(cells[i]) == Approx(figures[i]).epsilon(1e-9));
  };
  // Just above the 18th of 19 scores, as scipy.stats.binom.cdf(17, 19, 0.8) is the first above 0.9: 19 and 20 are false
  // alarms, 25 and 30 caught. Intervals by scipy.stats.beta.ppf: of 2 and of 0 of 4.
  check(lines[1], "\"quantile:false_alarm_rate=0.2,confidence=0.9\",ok,18.000000000000004,distribution-free,0.2,0.9,",
        {0.5, 0.06758598648854, 0.93241401351146, 2.0 / 3, 0.5, 4.0 / 7, 7.0 / 12});
  check(lines[2], "manual:value=15,ok,15,none,,,", {0.5, 0.06758598648854, 0.93241401351146, 1, 0.6, 0.75, 0.75});
  check(lines[4], "oracle (labels),ok,25,none,,,", {0, 0, 0.60236463561647, 2.0 / 3, 1, 0.8, 5.0 / 6});
  const Outcome table = workspace.run(arguments);
  check_success(table);
  CHECK(table.out.find("18  <= 20 % at 90 %  0.500 [0.068, 0.932]") != std::string::npos);
  CHECK(table.out.find("  about 5 %  ") != std::string::npos);
}

TEST_CASE("evaluate: methods that need no normal scores learn from the test scores alone") {
  const Workspace workspace;
  workspace.write("normal.csv", "score\n100\n101\n103\n250\n300\n");
  workspace.write("test.csv", "score,label\n1,0\n2,0\n2.5,0\n3,0\n4,0\n5,0\n40,1\n41,1\n");
  const auto json = json_of(
      workspace.run("evaluate normal.csv test.csv --label-column label --method maximum --method histogram --method "
                    "outlier --method centre --format json"));
  for (const std::string name : {"histogram", "outlier", "centre"}) {
    const auto fit = json_of(workspace.run("fit test.csv --column score --method " + name + " --format json"));
    CHECK(row_of(json, name).at("threshold") == fit.at("cutoff"));
  }
  CHECK(json.at("normal").at("count") == 5);
}

TEST_CASE("evaluate: below the table an empty line stands before the notes, and none between them") {
  const Workspace workspace;
  write_small_set(workspace);
  const Outcome outcome = workspace.run(
      "evaluate normal.csv test.csv --label-column label --method certified --method manual "
      "--method quantile:confidence=0.95");
  check_success(outcome);
  const std::vector<std::string> lines = lines_of(outcome.out);
  REQUIRE(lines.size() == 11);
  CHECK(lines[3].starts_with("method"));
  CHECK(lines[7].starts_with("oracle (labels)"));
  CHECK(lines[8].empty());
  CHECK(lines[9].starts_with("certified: "));
  CHECK(lines[10].starts_with("quantile:confidence=0.95: "));
  // Methods that learn from the test scores likewise.
  const Outcome unlabelled = workspace.run(
      "evaluate normal.csv test.csv --label-column label --method outlier --method manual --method histogram");
  check_success(unlabelled);
  const std::vector<std::string> other = lines_of(unlabelled.out);
  REQUIRE(other.size() >= 11);
  CHECK(other[8].empty());
  CHECK(other[9] == "outlier: fitted to the test scores, without their labels");
  CHECK(other[10] == "histogram: fitted to the test scores, without their labels");
}
