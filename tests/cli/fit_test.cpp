// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/parameter.hpp"
#include "random.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;
using plimsoll::test::Random;

namespace {

struct Known {
  std::string arguments;
  double cutoff;
};

std::string column(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) text += cell + "\n";
  return text;
}

}  // namespace

TEST_CASE("fit: each method's cutoff on a few scores is the one found by hand") {
  const Workspace workspace;
  workspace.write("count.csv", count_to(21));
  workspace.write("nineteen.csv", count_to(19));
  workspace.write("five.csv", count_to(5));
  // Mean 5, sum of squares about it 32.
  workspace.write("eight.csv", column({"2", "4", "4", "4", "5", "5", "7", "9"}));
  // Median 2, median of the distances from it 1.
  workspace.write("seven.csv", column({"1", "1", "2", "2", "4", "6", "9"}));
  const std::vector<Known> all{
      {"nineteen.csv --method quantile", 19.000000000000004},  // rank ceil(20 * 0.95) = 19; numpy.nextafter(19, inf)
      {"nineteen.csv --method quantile --false-alarm-rate 0.5", 10.000000000000002},  // rank ceil(20 * 0.5) = 10
      {"eight.csv --method sigma --ddof 0", 11},
      {"eight.csv --method sigma", 11.414269805898186},   // numpy: mean() + 3 * std(ddof=1)
      {"eight.csv --method sigma --k -1 --ddof 0", 3},    // 5 - 2
      {"seven.csv --method mad", 6.447806655516806},      // 2 + 3 / scipy.stats.norm.ppf(0.75)
      {"seven.csv --method mad:k=0", 2},                  // the median
      {"five.csv --method iqr", 7},                       // quartiles 2 and 4: 4 + 1.5 * 2
      {"five.csv --method iqr --fence adjusted", 7},      // symmetric, so the medcouple is 0
      {"seven.csv --method maximum", 9.000000000000002},  // numpy.nextafter(9, inf)
      {"count.csv --method scaled_quantile", 28.42},      // 1.421 times the 20th of 21 numbers
      {"count.csv --method scaled_quantile:level=1,factor=2", 42},
      {"five.csv --method manual --value 0.7", 0.7},
      {"five.csv --method manual", 0.5},
  };
  for (const Known& known : all) {
    INFO(known.arguments);
    const auto file = json_of(workspace.run("fit " + known.arguments + " --format json"));
    CHECK(cutoff_of(file) == Approx(known.cutoff).epsilon(1e-15));
    CHECK(file.at("cutoff").get<double>() == cutoff_of(file));
    CHECK(file.at("status") == "ok");
  }
}

TEST_CASE("fit: the cutoff above a score is the next number of the scores' own type") {
  const Workspace workspace;
  std::vector<double> scores;
  for (int i = 1; i <= 19; ++i) scores.push_back(i);
  const auto cutoff = [&](const std::string& type) {
    workspace.write("scores.npy", npy(scores, {.type = type}));
    const auto file = json_of(workspace.run("fit scores.npy --method quantile --format json"));
    const std::string bits = type.substr(2);
    CHECK(file.at("score_type") == (bits == "2" ? "float16" : bits == "4" ? "float32" : "float64"));
    return cutoff_of(file);
  };
  // numpy.nextafter(numpy.float16(19), inf), and so on.
  CHECK(cutoff("<f2") == 19.015625);
  CHECK(cutoff(">f2") == 19.015625);
  CHECK(cutoff("<f4") == 19.000001907348633);
  CHECK(cutoff("<f8") == 19.000000000000004);
}

TEST_CASE("fit: cutoffs on the bundled score sets are NumPy's") {
  struct Set {
    std::string name;
    std::vector<Known> known;
  };
  // By NumPy and SciPy from the same files: quantile and maximum are numpy.nextafter of the order statistic of rank
  // ceil((n + 1) 0.95), of the smallest r with scipy.special.betainc(n - r + 1, r, 0.05) >= 0.95, and of the last;
  // sigma, mad, iqr and scaled_quantile from mean, std, median and quantile in double.
  const std::vector<Set> sets{
      {"bottle-knn",
       {{"quantile", 37.33168029785156},
        {"sigma", 39.26133836778753},
        {"mad", 23.343371471442737},
        {"iqr", 23.55403470993042},
        {"maximum", 55.7441520690918},
        {"scaled_quantile", 42.049952032470685}}},
      {"screw-knn",
       {{"quantile", 33.80050277709961},
        {"quantile:confidence=0.95", 128.12828063964844},
        {"sigma", 64.82532151528933},
        {"mad", 20.59278063891103},
        {"iqr", 23.093900978565216},
        {"maximum", 128.12828063964844},
        {"scaled_quantile", 37.41865579929351}}},
      {"mammography-knn",
       {{"quantile", 0.8174529075622559},
        {"quantile:confidence=0.95", 0.8508689403533936},
        {"sigma", 1.25752468143643},
        {"mad", 1.2095679819659326},
        {"iqr", 1.0519632324576378},
        {"maximum", 5.119296073913574},
        {"scaled_quantile", 1.1601436582595095}}},
  };
  const Workspace workspace;
  for (const Set& set : sets) {
    for (const Known& known : set.known) {
      INFO(set.name << ", " << known.arguments);
      const auto file = json_of(workspace.run("fit " + example(set.name + "/normal.npy") + " --method " +
                                              known.arguments + " --format json"));
      if (known.arguments.starts_with("quantile") || known.arguments == "maximum") {
        CHECK(cutoff_of(file) == known.cutoff);  // a number of the file's type, so there is nothing to round
      } else {
        CHECK(cutoff_of(file) == Approx(known.cutoff).epsilon(1e-13));
      }
      CHECK(file.at("score_type") == "float32");
    }
  }
  CHECK(workspace.files().empty());
}

TEST_CASE("fit: the threshold file says what was done") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(120));
  const Outcome outcome = workspace.run(
      "fit scores.csv --method quantile --false-alarm-rate 0.1 --confidence 0.9 -o line.json --format json");
  const auto file = json_of(outcome);
  CHECK(outcome.out == workspace.read("line.json"));
  CHECK(workspace.read("line.json").ends_with("}\n"));
  CHECK(workspace.files() == std::vector<std::string>{"line.json", "scores.csv"});
  CHECK(file.at("format") == "plimsoll-threshold");
  CHECK(file.at("version") == 1);
  CHECK(file.at("library_version").is_string());
  CHECK(file.at("method") == "quantile");
  CHECK(file.at("parameters").at("false_alarm_rate") == 0.1);
  CHECK(file.at("parameters").at("confidence") == 0.9);
  CHECK(file.at("parameters").at("non_finite") == "reject");
  CHECK(file.at("parameters").at("map_reduction") == "every_pixel");
  CHECK(file.at("parameters").at("top_share") == 0.002);
  CHECK(file.at("score_type") == "float64");
  CHECK(file.at("direction") == "higher_is_anomalous");
  CHECK(file.at("status") == "ok");
  // Rank 113 is the least r with scipy.stats.binom.cdf(r - 1, 120, 0.9) >= 0.9; numpy.nextafter(113, inf).
  CHECK(cutoff_of(file) == 113.00000000000001);
  const auto& promise = file.at("promise");
  CHECK(promise.at("guarantee") == "distribution-free");
  CHECK(promise.at("false_alarm_rate") == 0.1);
  CHECK(promise.at("confidence") == 0.9);
  CHECK(promise.at("normals") == 120);
  CHECK(promise.at("normals_needed") == 22);                          // the least n with 0.9^n <= 0.1
  CHECK(promise.at("best_rate").get<double>() == Approx(0.0190054));  // 1 - 0.1^(1/120)
  CHECK(promise.at("text") == "false alarms <= 10 % with 90 % confidence, distribution-free, 120 normals");
  CHECK(file.at("counts") == counts_of(120, 0, 0));
  CHECK(file.at("note").is_string());
  CHECK_FALSE(file.contains("optimum"));
}

TEST_CASE("fit: what people read says what machines read") {
  const Workspace workspace;
  Random random(7);
  std::string normal;
  for (int i = 0; i < 200; ++i) normal += fmt::format("{:.3f}\n", random.normal());
  std::string anomalous = "nan\n";
  for (int i = 0; i < 40; ++i) anomalous += fmt::format("{:.3f}\n", 3 + random.normal());
  workspace.write("n.csv", normal);
  workspace.write("a.csv", anomalous);
  workspace.write("maps.npy", npy({1, 2, 3, 4, 5, 6, 7, 8}, {.type = "<f4", .shape = {2, 2, 2}}));
  const auto six = [](const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : fmt::format("{:.6g}", value.get<double>());
  };
  const auto percent = [](const nlohmann::json& share) { return fmt::format("{:.6g}", 100 * share.get<double>()); };
  std::set<std::string> seen;  // the lines' names
  for (const std::string arguments :
       {"n.csv --method quantile", "n.csv --method quantile --confidence 0.9 --trim 0.05", "n.csv --method gumbel",
        "n.csv --method parametric", "n.csv --method tail", "n.csv --method sigma --direction lower", "n.csv",
        "n.csv --anomalous a.csv --method f1 --non-finite skip", "maps.npy --method maximum",
        "maps.npy --method maximum --map-reduction maximum"}) {
    INFO(arguments);
    const auto json = json_of(workspace.run("fit " + arguments + " --format json"));
    const auto& counts = json.at("counts");
    std::string text = fmt::format("{} on {} normal", json.at("method").get<std::string>(), counts.at("normal").dump());
    if (counts.at("anomalous") > 0) text += " and " + counts.at("anomalous").dump() + " anomalous";
    text += " scores (" + json.at("score_type").get<std::string>() + ")\n";
    const auto line = [&](const std::string& name, const std::string& content) {
      text += fmt::format("  {:<10}{}\n", name, content);
      seen.insert(name);
    };
    if (arguments == "n.csv") {
      line("method",
           "auto by default: the note says what it chose; --method quantile keeps a rate, for any distribution");
    }
    if (arguments == "maps.npy --method maximum") {
      line("maps", "every pixel is a score here; fit --maps gives an image cutoff and masks");
    }
    if (counts.at("skipped") > 0) line("skipped", counts.at("skipped").dump() + " non-finite");
    if (counts.at("trimmed") > 0) line("trimmed", counts.at("trimmed").dump() + " more, the largest");
    line("cutoff", plimsoll::detail::shortest(cutoff_of(json)));
    if (json.at("direction") == "lower_is_anomalous") {
      line("",
           "of negated scores: those of " + plimsoll::detail::shortest(-cutoff_of(json)) + " and lower are anomalous");
    }
    line("promise", json.at("promise").at("text"));
    if (json.contains("interval")) {
      const auto& interval = json.at("interval");
      line("interval", "[" + six(interval.at("lower")) + ", " + six(interval.at("upper")) + "] with " +
                           percent(interval.at("confidence")) + " % confidence, by " +
                           interval.at("method").get<std::string>());
    }
    if (json.contains("estimates")) {
      std::string estimates;
      for (const auto& [name, value] : json.at("estimates").items()) estimates += ", " + name + " = " + six(value);
      line("estimates", estimates.substr(2));
    }
    if (json.contains("goodness")) {
      const auto& goodness = json.at("goodness");
      line("goodness", goodness.at("test").get<std::string>() + " = " + six(goodness.at("statistic")) +
                           ", p = " + six(goodness.at("p_value")));
    }
    if (json.contains("optimum")) {
      const auto& optimum = json.at("optimum");
      line("reached", optimum.at("objective").get<std::string>() + " = " + six(optimum.at("value")) +
                          ", by every cutoff in (" + six(optimum.at("above")) + ", " + six(optimum.at("up_to")) + "]");
    }
    if (json.at("note") != "") line("note", json.at("note"));
    CHECK(workspace.run("fit " + arguments).out == text);
    CHECK(workspace.run("fit " + arguments + " -o line.json").out == text + "  written   line.json\n");
  }
  CHECK(seen == std::set<std::string>{"", "cutoff", "estimates", "goodness", "interval", "maps", "method", "note",
                                      "promise", "reached", "skipped", "trimmed"});
}

TEST_CASE("fit: as csv there is one row with numbers or nothing in its cells") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(59));
  const auto rows = [&](const std::string& arguments) {
    const Outcome outcome = workspace.run("fit scores.csv --method quantile --format csv " + arguments);
    check_success(outcome);
    return lines_of(outcome.out);
  };
  // The interval of the 0.95 quantile: scipy.stats.binom says that x(52) of 59 and x(16) of 19 are not above it
  // with 97.5 % probability, and that the largest may be below it with more than 2.5 %.
  const std::string header = "method,cutoff,guarantee,false_alarm_rate,confidence,normals,lower,upper";
  CHECK(rows("--confidence 0.95") ==
        std::vector<std::string>{header, "quantile,59.00000000000001,distribution-free,0.05,0.95,59,52,inf"});
  CHECK(rows("--false-alarm-rate 0.123456789 --confidence 0.5").back().find(",0.123456789,0.5,") != std::string::npos);
}

TEST_CASE("fit: as csv what does not apply is an empty cell as in evaluate") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(19));
  const Outcome average = workspace.run("fit scores.csv --format csv --method quantile");
  check_success(average);
  CHECK(lines_of(average.out).back() == "quantile,19.000000000000004,distribution-free,0.05,,19,16,inf");
  const Outcome manual = workspace.run("fit scores.csv --format csv --method manual");
  check_success(manual);
  CHECK(lines_of(manual.out).back() == "manual,0.5,none,,,19,,");
}

TEST_CASE("fit: without a cutoff the status is 1 and nothing is written") {
  struct Case {
    std::string arguments;
    std::string word;
  };
  const Workspace workspace;
  workspace.write("few.csv", count_to(18));
  workspace.write("one.csv", "1\n");
  workspace.write("same.csv", "3\n3\n3\n3\n3\n");
  workspace.write("negative.csv", "1\n-1\n2\n");
  workspace.write("huge.csv", "-1.7e308\n1.7e308\n");
  workspace.write("zeros.csv", "0\n0\n0\n");
  workspace.write("empty.npy", npy({}));
  std::string zeros;
  for (int i = 0; i < 18; ++i) zeros += "0\n";
  workspace.write("zeros18.csv", zeros);
  const auto files = workspace.files();
  const std::vector<Case> all{
      {"few.csv --method quantile", "too_few_scores"},
      {"few.csv --method quantile --confidence 0.95", "too_few_scores"},
      {"one.csv --method sigma", "too_few_scores"},
      {"one.csv --method mad", "too_few_scores"},
      {"one.csv --method iqr", "too_few_scores"},
      {"empty.npy --method maximum", "too_few_scores"},
      {"empty.npy --method scaled_quantile", "too_few_scores"},
      {"few.csv --method f1 --labels zeros18.csv", "missing_class"},
      {"same.csv --method sigma", "no_spread"},
      {"same.csv --method mad", "no_spread"},
      {"same.csv --method iqr", "no_spread"},
      {"negative.csv --method scaled_quantile", "not_applicable"},
      {"zeros.csv --method scaled_quantile", "not_applicable"},
      {"huge.csv --method sigma", "not_applicable"},
  };
  for (const Case& one : all) {
    check_refused(workspace.run("fit " + one.arguments + " -o line.json"), 1, {one.word, "gives no cutoff"});
    CHECK(workspace.files() == files);
  }
  for (const std::string format : {"json", "csv"}) {
    check_refused(workspace.run("fit few.csv --method quantile -o - --format " + format), 1, {"too_few_scores"});
  }
  check_refused(workspace.run("fit few.csv --method quantile"), 1,
                {"needs 19 normal scores", "there are 18", "5.27 %"});

  workspace.write("line.json", "as it was");
  check_refused(workspace.run("fit few.csv --method quantile -o line.json"), 1, {"too_few_scores"});
  CHECK(workspace.read("line.json") == "as it was");
}

TEST_CASE("fit: f1 finds the cutoff that scikit-learn says is best") {
  const Workspace workspace;
  // A cut at 3.5 catches all three of the anomalous for one false alarm: F1 = 6/7 (sklearn.metrics.f1_score); a cut
  // at 5 misses one: F1 = 4/5.
  workspace.write("scores.csv", "1\n2\n3\n4\n3.5\n5\n6\n");
  workspace.write("labels.csv", "0\n0\n0\n0\n1\n1\n1\n");
  workspace.write("both.csv", "score,label\n1,0\n2,0\n3,0\n4,0\n3.5,1\n5,1\n6,1\n");
  workspace.write("normal.csv", "1\n2\n3\n4\n");
  workspace.write("anomalous.csv", "3.5\n5\n6\n");
  for (const std::string input : {"scores.csv --labels labels.csv", "both.csv --label-column label",
                                  "both.csv --column 1 --label-column 2", "normal.csv --anomalous anomalous.csv"}) {
    INFO(input);
    const auto file = json_of(workspace.run("fit " + input + " --method f1 --format json"));
    CHECK(cutoff_of(file) == 3.5);
    CHECK(file.at("counts") == counts_of(4, 3, 0));
    CHECK(file.at("optimum").at("objective") == "f_beta");
    CHECK(file.at("optimum").at("value").get<double>() == Approx(6.0 / 7).epsilon(1e-15));
    CHECK(file.at("optimum").at("above") == 3);
    CHECK(file.at("optimum").at("up_to") == 3.5);
    CHECK(file.at("promise").at("guarantee") == "none");
  }
  // Labels and more anomalous scores go together, and to the labelled ones' counts.
  CHECK(json_of(workspace.run("fit both.csv --label-column label --anomalous anomalous.csv --method f1 --format json"))
            .at("counts") == counts_of(4, 6, 0));
  CHECK(workspace.run("fit --normal scores.csv --labels labels.csv --method f1 --format json").out ==
        workspace.run("fit scores.csv --labels labels.csv --method f1 --format json").out);
  check_refused(workspace.run("fit scores.csv --normal normal.csv --labels labels.csv --method f1"), 2,
                {"--labels label one file: give one of SCORES and --normal"});
  const auto cutoff = [&](const std::string& arguments) {
    return cutoff_of(json_of(workspace.run("fit both.csv --label-column label --format json --method f1" + arguments)));
  };
  CHECK(cutoff(" --place middle") == 3.25);
  CHECK(cutoff(" --objective youden") == 3.5);                    // 1 - 1/4 against 2/3
  CHECK(cutoff(" --objective cost --false-alarm-cost 10") == 5);  // 1/7 against 10/7
  CHECK(cutoff(":objective=cost,false_alarm_cost=10") == 5);
  CHECK(cutoff(":objective=cost,false-alarm-cost=10") == 5);
}

TEST_CASE("fit: the report says what f1 reached, and by which cutoffs") {
  const Workspace workspace;
  workspace.write("both.csv", "score,label\n1,0\n2,0\n3,1\n4,1\n");
  const Outcome outcome = workspace.run("fit both.csv --label-column label --method f1");
  check_success(outcome);
  CHECK(outcome.out.find("reached   f_beta = 1, by every cutoff in (2, 3]\n") != std::string::npos);
}

TEST_CASE("fit: f1 on the bundled test sets finds scikit-learn's best F1") {
  struct Set {
    std::string name;
    double cutoff;
    double f1;
  };
  // The largest of 2 P R / (P + R) over sklearn.metrics.precision_recall_curve, and the threshold there.
  const std::vector<Set> sets{{"bottle-knn", 23.65923309326172, 0.9206349206349206},
                              {"screw-knn", 6.854684352874756, 0.7450980392156863},
                              {"mammography-knn", 0.7463290691375732, 0.5297741273100616}};
  const Workspace workspace;
  for (const Set& set : sets) {
    INFO(set.name);
    const auto file = json_of(workspace.run("fit " + example(set.name + "/test.npy") + " --labels " +
                                            example(set.name + "/test_labels.npy") + " --method f1 --format json"));
    CHECK(cutoff_of(file) == set.cutoff);
    CHECK(file.at("optimum").at("value").get<double>() == Approx(set.f1).epsilon(1e-14));
  }
}

TEST_CASE("fit: labels of normal scores are taken by every method and anomalous ones refused with the file") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(19));
  std::string labels;
  for (int i = 0; i < 19; ++i) labels += "0\n";
  workspace.write("normal.csv", labels);
  labels[2 * 7] = '1';
  workspace.write("mixed.csv", labels);
  check_success(workspace.run("fit scores.csv --labels normal.csv"));
  check_success(workspace.run("fit scores.csv --method tail --labels normal.csv"));
  check_refused(workspace.run("fit scores.csv --method tail --labels mixed.csv -o line.json"), 2,
                {"scores.csv", "anomalous", "7"});
  check_refused(workspace.run("fit scores.csv --method tail --anomalous scores.csv -o line.json"), 2,
                {"--anomalous scores.csv", "tail learns from normal scores only", "--method f1"});
  workspace.write("short.csv", "0\n0\n");
  check_refused(workspace.run("fit scores.csv --labels short.csv -o line.json"), 2, {"scores.csv", "short.csv"});
  workspace.write("long.csv", labels + "0\n");
  check_refused(workspace.run("fit scores.csv --method f1 --labels long.csv -o line.json"), 2,
                {"long.csv", "20", "19"});
  CHECK_FALSE(std::filesystem::exists(workspace.path("line.json")));
}

TEST_CASE("fit: methods for unlabelled scores say so, and take no labels") {
  const Workspace workspace;
  // Two clusters: Otsu's cut is the centre of the bin of the largest of the lower ones (numpy: edges of 256 bins).
  workspace.write("mixed.csv", column({"1", "2", "3", "4", "5", "17"}));
  workspace.write("labels.csv", column({"0", "0", "0", "0", "0", "1"}));
  const Outcome outcome = workspace.run("fit mixed.csv --method histogram -o line.json");
  check_success(outcome);
  CHECK(outcome.out.find("histogram on 6 unlabelled scores") != std::string::npos);
  CHECK(outcome.out.find("flagged = 0.166667") != std::string::npos);
  check_refused(workspace.run("fit mixed.csv --method histogram --labels labels.csv"), 2,
                {"--labels", "histogram learns from unlabelled scores", "--method f1"});
  check_refused(workspace.run("fit mixed.csv --method vote --anomalous mixed.csv"), 2,
                {"--anomalous mixed.csv", "vote learns from unlabelled scores"});
  check_refused(workspace.run("fit mixed.csv --method mixture --contamination"), 2, {"mixture does not"});
  // Judged on the scores that it learns from, whatever the normal ones are.
  workspace.write("normal.csv", column({"1", "1", "1", "2", "2"}));
  const Outcome judged =
      workspace.run("evaluate normal.csv mixed.csv --labels labels.csv --method histogram --method mad");
  check_success(judged);
  CHECK(judged.out.find("fitted on 5 normal scores") != std::string::npos);
  CHECK(judged.out.find("histogram: fitted to the test scores, without their labels") != std::string::npos);
  const auto row =
      json_of(workspace.run("evaluate normal.csv mixed.csv --labels labels.csv --method histogram --format json"))
          .at("methods")
          .at(0);
  CHECK(row.at("recall") == 1);
  // The centre of the bin of 5, of 256 bins of 1/16 from 1 on.
  workspace.write("others.csv", column({"30", "31", "32"}));
  const auto others =
      json_of(workspace.run("evaluate others.csv mixed.csv --labels labels.csv --method histogram --format json"));
  CHECK(others.at("methods").at(0).at("threshold").get<double>() == Approx(5.03125));
}

TEST_CASE("fit: non-finite scores are refused with their position or skipped on request") {
  const Workspace workspace;
  const std::vector<std::pair<std::string, std::string>> all{{"nan", "NaN"}, {"inf", "+inf"}, {"-inf", "-inf"}};
  for (const auto& [cell, name] : all) {
    workspace.write("scores.csv", "1\n2\n" + cell + "\n3\n");
    const double score = std::strtod(cell.c_str(), nullptr);
    for (const std::string type : {"<f2", "<f4", ">f8"}) {
      workspace.write("scores.npy", npy({1, 2, score, 3}, {.type = type}));
      for (const std::string file : {"scores.csv", "scores.npy"}) {
        check_refused(workspace.run("fit " + file + " --method maximum -o line.json"), 2,
                      {file + ": ", "scores[2] is " + name});
        const auto json = json_of(workspace.run("fit " + file + " --method maximum --non-finite skip --format json"));
        CHECK(json.at("counts") == counts_of(3, 0, 1));
        CHECK(json.at("parameters").at("non_finite") == "skip");
        CHECK(cutoff_of(json) > 3);
        CHECK(cutoff_of(json) < 3.01);
      }
    }
  }
  CHECK_FALSE(std::filesystem::exists(workspace.path("line.json")));
}

TEST_CASE("fit: the position of a bad score is right in a file that is read in parts") {
  const Workspace workspace;
  std::vector<double> scores(300'000, 1.0);
  constexpr std::size_t bad = 299'990;
  scores[bad] = std::nan("");
  workspace.write("scores.npy", npy(scores, {.type = "<f4"}));
  const Outcome outcome = workspace.run("fit scores.npy --method maximum");
  check_refused(outcome, 2, {"scores.npy", "scores["});
  // "counted from score N: ... scores[M] is NaN", or "scores[M] is NaN" alone.
  const auto number_after = [&](const std::string& text) -> std::size_t {
    const std::size_t found = outcome.err.find(text);
    return found == std::string::npos ? 0 : std::stoul(outcome.err.substr(found + text.size()));
  };
  CHECK(number_after("counted from score ") + number_after("scores[") == bad);
}

TEST_CASE("fit: labels stay with their scores in a file that is read in parts") {
  const Workspace workspace;
  // The last thousand are anomalous, and from 500 on.
  constexpr std::size_t count = 300'000;
  std::vector<double> scores(count);
  std::vector<double> labels(count, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    const bool anomalous = i >= count - 1000;
    scores[i] = static_cast<double>(i % 100) + (anomalous ? 500 : 0);
    labels[i] = anomalous ? 1 : 0;
  }
  workspace.write("scores.npy", npy(scores, {.type = "<f4"}));
  workspace.write("labels.npy", npy(labels, {.type = "|u1"}));
  const auto file = json_of(workspace.run("fit scores.npy --labels labels.npy --method f1 --format json"));
  CHECK(file.at("counts") == counts_of(299'000, 1000, 0));
  CHECK(cutoff_of(file) == 500);
  CHECK(file.at("optimum").at("value") == 1);
}

TEST_CASE("fit: with direction lower the line is drawn below the normal scores") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(19));
  const auto file = json_of(workspace.run("fit scores.csv --method maximum --direction lower --format json"));
  CHECK(file.at("direction") == "lower_is_anomalous");
  CHECK(cutoff_of(file) == -0.9999999999999999);  // numpy.nextafter(-1, inf): it is a cutoff for negated scores
  CHECK(json_of(workspace.run("fit scores.csv --direction higher --format json")).at("direction") ==
        "higher_is_anomalous");
}

TEST_CASE("fit: an option beside another that has no use for it is refused") {
  const Workspace workspace;
  workspace.write("n.csv", count_to(30));
  check_success(workspace.run("collect n.csv --method maximum -o a.state"));
  for (const auto& [command, option] :
       std::vector<std::pair<std::string, std::string>>{{"--maps m.npy --batch n.csv", "--batch"},
                                                        {"--maps m.npy --from-state a.state", "--from-state"},
                                                        {"--maps m.npy --column x", "--column"},
                                                        {"--normal n.csv --synthetic n.csv --batch n.csv", "--batch"},
                                                        {"--from-state a.state --direction lower", "--direction"},
                                                        {"--from-state a.state --direction higher", "--direction"},
                                                        {"--from-state a.state --column x", "--column"},
                                                        {"--from-state a.state --batch n.csv", "--batch"},
                                                        {"--from-state a.state --method maximum", "--method"}}) {
    INFO(command);
    check_refused(workspace.run("fit " + command), 2, {": " + option + " has no use with it"});
  }
}

TEST_CASE("fit: scores come from standard input as well") {
  const Workspace workspace;
  workspace.write("-", "\x89PNG\r\n\x1a\n");  // a file of that name is another's
  const auto cutoff = [&](std::string_view bytes) {
    return cutoff_of(json_of(workspace.run("fit - --method maximum --format json", bytes)));
  };
  CHECK(cutoff("1\n3\n2\n") == 3.0000000000000004);  // numpy.nextafter(3, inf)
  CHECK(cutoff(npy({1, 3, 2})) == 3.0000000000000004);
  CHECK(cutoff(npy({1, 3, 2}, {.type = ">f4"})) == 3.000000238418579);
  CHECK(cutoff(npy({1, 3, 2, 0}, {.type = "<f8", .shape = {2, 2}, .fortran = true})) == 3.0000000000000004);
  workspace.write("anomalous.csv", "9\n");
  CHECK(cutoff_of(json_of(workspace.run("fit - --method f1 --anomalous anomalous.csv --format json", "1\n2\n"))) == 9);
}
