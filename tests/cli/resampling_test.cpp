// SPDX-License-Identifier: Apache-2.0
// fit --contamination, --bootstrap and --trim.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

/// The cells of the contamination table, a row each, without the headings.
std::vector<std::vector<std::string>> table_of(const Outcome& outcome) {
  check_success(outcome);
  const auto lines = lines_of(outcome.out);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with("share bad")) continue;
    for (++i; i < lines.size(); ++i) {
      std::vector<std::string> cells;
      for (const std::string& cell : split(lines[i], ' ')) {
        if (!cell.empty() && cell != "%") cells.push_back(cell);
      }
      rows.push_back(cells);
    }
  }
  return rows;
}

using Rows = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("contamination: the table of a quantile is the one found by hand") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(100));
  const Outcome outcome = workspace.run("fit scores.csv --method quantile --contamination -o line.json");
  // Ranks ceil(101 * 0.95) = 96 of all; ceil(100 * 0.95) = 95, ceil(99 * 0.95) = 95 and ceil(96 * 0.95) = 92 without
  // the largest 1, 2 and 5.
  CHECK(table_of(outcome) ==
        Rows{{"1", "1", "95", "-1", "5"}, {"2", "2", "95", "-1", "5"}, {"5", "5", "92", "-4", "8"}});
  CHECK(outcome.out.find("share bad  dropped") != std::string::npos);
  // The line itself is that of all the scores.
  CHECK(cutoff_of(nlohmann::json::parse(workspace.read("line.json"))) == 96.00000000000001);
  // With a trim the shares are dropped besides: ranks ceil(90 * 0.95) = 86, ceil(89 * 0.95) = 85, ceil(86 * 0.95) = 82
  // against ceil(91 * 0.95) = 87.
  CHECK(table_of(workspace.run("fit scores.csv --method quantile --trim 0.1 --contamination")) ==
        Rows{{"1", "11", "86", "-1", "14"}, {"2", "12", "85", "-2", "15"}, {"5", "15", "82", "-5", "18"}});
}

TEST_CASE("contamination: a fit that fails without the largest scores shows its status") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(19));  // 19 are just enough for 5 %, and 5 % of them are none
  CHECK(table_of(workspace.run("fit scores.csv --method quantile --contamination")) ==
        Rows{{"1", "0", "19", "0", "0"}, {"2", "0", "19", "0", "0"}, {"5", "0", "19", "0", "0"}});
  workspace.write("scores.csv", count_to(20));  // 5 % are 1: rank ceil(20 * 0.95) = 19 of 19
  CHECK(table_of(workspace.run("fit scores.csv --method quantile --contamination")).back() ==
        std::vector<std::string>{"5", "1", "19", "-1", "1"});
  const Outcome failed = workspace.run("fit scores.csv --method quantile:false_alarm_rate=0.048 --contamination");
  CHECK(table_of(failed).back() == std::vector<std::string>{"5", "1", "too_few_scores", "-", "-"});
}

TEST_CASE("contamination and bootstrap: what is skipped is left out") {
  const Workspace workspace;
  std::vector<double> scores;
  for (int i = 1; i <= 100; ++i) scores.push_back(i);
  workspace.write("clean.npy", npy(scores));
  scores.insert(scores.begin() + 50, std::nan(""));
  scores.insert(scores.begin() + 20, std::numeric_limits<double>::infinity());
  workspace.write("dirty.npy", npy(scores));
  const std::string arguments = " --method quantile --contamination --bootstrap 50";
  const Outcome clean = workspace.run("fit clean.npy" + arguments);
  const Outcome dirty = workspace.run("fit dirty.npy --non-finite skip" + arguments);
  CHECK(table_of(clean) == table_of(dirty));
  const auto interval = [](const Outcome& outcome) {
    return outcome.out.substr(outcome.out.find("interval"),
                              outcome.out.find(" with 95 %") - outcome.out.find("interval"));
  };
  CHECK(interval(clean) == interval(dirty));
  check_refused(workspace.run("fit dirty.npy" + arguments), 2, {"dirty.npy", "scores[20] is +inf"});

  // Likewise pixels of maps that count for their maximum.
  const double nan = std::nan("");
  workspace.write("maps.npy", npy({1, nan, 5, 2, nan, nan, 4, 4}, {.type = "<f8", .shape = {4, 1, 2}}));
  workspace.write("maxima.npy", npy({1, 5, 4}));
  const auto fit = [&](const std::string& file) {
    return json_of(workspace.run("fit " + file +
                                 " --method maximum --map-reduction maximum --non-finite skip "
                                 "--bootstrap 40 --format json"));
  };
  CHECK(fit("maps.npy").at("interval") == fit("maxima.npy").at("interval"));
  CHECK(fit("maps.npy").at("counts").at("normal") == 3);
}

TEST_CASE("bootstrap: of a maximum the interval is the one that its distribution has") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(20));
  const auto fit = [&](const std::string& arguments) {
    return json_of(workspace.run("fit scores.csv --method maximum --format json --bootstrap " + arguments));
  };
  const auto interval = fit("2000").at("interval");
  // The maximum of 20 drawn from 1 .. 20 is at most 16 with probability 0.8^20 = 0.012 and at most 17 with 0.85^20 =
  // 0.039, 20 with 0.64: the 2.5 % points are 17 and 20. numpy.nextafter.
  CHECK(interval.at("lower") == 17.000000000000004);
  CHECK(interval.at("upper") == 20.000000000000004);
  CHECK(interval.at("confidence") == 0.95);
  CHECK(interval.at("method") == "bootstrap");
}

TEST_CASE("bootstrap: the same seed gives the same interval and another one another") {
  const Workspace workspace;
  const auto interval = [&](const std::string& arguments) {
    return json_of(
               workspace.run("fit " + example("bottle-knn/normal.npy") + " --format json --bootstrap 60 " + arguments))
        .at("interval");
  };
  const auto first = interval("");
  CHECK(first == interval("--bootstrap-seed 1"));
  CHECK(first == interval("--bootstrap-seed 01"));
  const auto second = interval("--bootstrap-seed 18446744073709551615");
  CHECK(first != second);
  CHECK(second == interval("--bootstrap-seed 18446744073709551615"));
  for (const auto& one : {first, second}) {
    CHECK(one.at("lower").get<double>() < 29.631310141444988);  // the cutoff, by SciPy
    CHECK(one.at("upper").get<double>() > 29.631310141444988);
  }
  // It takes the place of the method's own interval and leaves the rest as it is.
  const std::string gumbel = "fit " + example("bottle-knn/normal.npy") + " --method gumbel --format json";
  auto own = json_of(workspace.run(gumbel));
  auto resampled = json_of(workspace.run(gumbel + " --bootstrap 60"));
  CHECK(own.at("interval").at("method") == "delta method");
  CHECK(resampled.at("interval").at("method") == "bootstrap");
  own.erase("interval");
  resampled.erase("interval");
  CHECK(own == resampled);
}

TEST_CASE("bootstrap: an interval without an upper end is written and applied") {
  const Workspace workspace;
  workspace.write("scores.csv", "1\n1\n1\n1\n1\n1\n2\n3\n");
  // Resamples are all ones with probability 0.75^8 = 0.1, and then have no spread, which counts as +inf.
  const auto file = json_of(workspace.run("fit scores.csv --method sigma --bootstrap 400 --format json -o line.json"));
  CHECK(file.at("interval").at("upper") == "inf");
  check_success(workspace.run("apply line.json scores.csv"));
  const Outcome csv = workspace.run("fit scores.csv --method sigma --bootstrap 400 --format csv");
  check_success(csv);
  CHECK(lines_of(csv.out).at(1).ends_with(",inf"));
}

TEST_CASE("contamination and bootstrap: limits belong to what is allowed, or do not, as they say") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(40));
  const auto fit = [&](const std::string& arguments) {
    return workspace.run("fit scores.csv --method maximum " + arguments);
  };
  check_success(fit("--bootstrap 20"));
  check_success(fit("--bootstrap 20 --bootstrap-seed 0"));
  // 5 % more are trimmed, and all in all less than a half may be.
  check_refused(fit("--contamination --trim 0.45"), 2, {"trim = 0.45", "below 0.5"});
  check_success(fit("--contamination --trim 0.449"));
}

TEST_CASE("bootstrap: means of maps' pixels are doubles in their resamples, too") {
  const Workspace workspace;
  // Means of the larger two pixels: 0.5 to 9.5.
  std::vector<double> pixels;
  for (int i = 1; i <= 19; ++i) pixels.insert(pixels.end(), {-1.0, 0.0, static_cast<double>(i), -2.0});
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {19, 2, 2}}));
  const auto fit = [&](const std::string& arguments) {
    return json_of(workspace.run("fit maps.npy --method maximum --bootstrap 100 --format json " + arguments));
  };
  // The largest of 19 drawn is 19 in 64 % of resamples; numpy.nextafter of float64 and of float32.
  CHECK(fit("--map-reduction top_mean --top-share 0.5").at("interval").at("upper") == 9.500000000000002);
  CHECK(fit("--map-reduction maximum").at("interval").at("upper") == 19.000001907348633);
}

TEST_CASE("bootstrap: of files of two types the resamples are of the wider one") {
  const Workspace workspace;
  std::vector<double> scores;
  for (int i = 1; i <= 19; ++i) scores.push_back(i);
  workspace.write("wide.npy", npy(scores, {.type = "<f8"}));
  workspace.write("narrow.npy", npy(scores, {.type = "<f4"}));
  // 19 is twice among the 38, so in all but 13 % of resamples; numpy.nextafter of float64.
  for (const std::string files : {"wide.npy --normal narrow.npy", "narrow.npy --normal wide.npy"}) {
    const auto file = json_of(workspace.run("fit " + files + " --method maximum --bootstrap 100 --format json"));
    CHECK(file.at("interval").at("upper") == 19.000000000000004);
    CHECK(file.at("score_type") == "float64");
  }
}

TEST_CASE("contamination and bootstrap: what they cannot do is refused before anything is written") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(40));
  std::string zeros;
  for (int i = 0; i < 40; ++i) zeros += "0\n";
  workspace.write("labels.csv", zeros);
  workspace.write("maps.npy", npy(std::vector<double>(12, 1.0), {.type = "<f4", .shape = {3, 2, 2}}));
  const auto files = workspace.files();
  for (const std::string option : {"--contamination", "--bootstrap 50"}) {
    const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
      check_refused(workspace.run("fit " + arguments + " -o line.json " + option), 2, mentions);
      CHECK(workspace.files() == files);
    };
    refused("scores.csv --labels labels.csv", {"--contamination and --bootstrap", "without labels"});
    refused("scores.csv --method f1 --labels labels.csv", {"learn from normal scores", "f1 does not"});
    refused("scores.csv --method f1 --anomalous scores.csv", {"learn from normal scores", "f1 does not"});
    refused("scores.csv --method manual", {"learn from normal scores", "manual does not"});
    refused("maps.npy --method quantile", {"pixels", "--map-reduction maximum or top_mean"});
    check_refused(workspace.run("fit scores.csv --method certified " + option), 1, {"too_few_scores"});
  }
  for (const std::string arguments : {"--format json", "--format csv", "-o -"}) {
    check_refused(workspace.run("fit scores.csv --contamination " + arguments), 2, {"--contamination", "table"});
  }
  check_refused(workspace.run("fit scores.csv --contamination --trim 0.46"), 2, {"trim = 0.46", "below 0.5"});
  check_refused(workspace.run("fit scores.csv --contamination=no"), 2, {"contamination"});
  for (const std::string value :
       {"19", "0", "1000001", "-1", "1e3", "50.5", "nan", "inf", "1e400", "many", "0x40", "' 50'"}) {
    check_refused(workspace.run("fit scores.csv --bootstrap " + value), 2, {"--bootstrap", "from 20 to 1000000"});
  }
  for (const std::string value : {"-1", "1.5", "1e3", "nan", "x", "18446744073709551616"}) {
    check_refused(workspace.run("fit scores.csv --bootstrap 50 --bootstrap-seed " + value), 2,
                  {"--bootstrap-seed", "whole number from 0"});
  }
  check_refused(workspace.run("fit scores.csv --bootstrap 50 --bootstrap-seed ''"), 2, {"--bootstrap-seed", "empty"});
  check_refused(workspace.run("fit scores.csv --bootstrap-seed 3"), 2, {"--bootstrap-seed", "--bootstrap"});
  CHECK(workspace.files() == files);
}

TEST_CASE("trim: the largest share is dropped and nothing promised") {
  const Workspace workspace;
  workspace.write("scores.csv", count_to(100));
  const auto fit = [&](const std::string& arguments) {
    return json_of(workspace.run("fit scores.csv --format json " + arguments));
  };
  const auto quantile = fit("--method quantile --trim 0.05");
  CHECK(cutoff_of(quantile) == 92.00000000000001);  // rank ceil(96 * 0.95) of 95
  CHECK(quantile.at("counts") == nlohmann::json({{"normal", 95}, {"anomalous", 0}, {"skipped", 0}, {"trimmed", 5}}));
  CHECK(quantile.at("parameters").at("trim") == 0.05);
  CHECK(quantile.at("promise").at("guarantee") == "none");
  CHECK(quantile.at("promise").at("text") == "none");
  CHECK(quantile.at("note").get<std::string>().find("5 largest of 100") != std::string::npos);
  // Mean and variance of 1 .. 95: 48 and 95 * 96 / 12.
  CHECK(cutoff_of(fit("--method sigma:trim=0.05")) == Approx(48 + 3 * std::sqrt(760.0)).epsilon(1e-14));
  CHECK(cutoff_of(fit("--method maximum --trim 0.001")) == 100.00000000000001);  // 0.1 of a score is none
  CHECK(fit("--method maximum --trim 0.001").at("promise").at("guarantee") == "distribution-free");
  CHECK(cutoff_of(fit("--method maximum --trim 0.499")) == 51.00000000000001);
  // For every method it is the fit to the scores that are left; here of the quantiles of an exponential distribution.
  std::string skewed;
  for (int i = 1; i <= 100; ++i) {
    if (i == 96) workspace.write("left.csv", skewed);
    skewed += std::to_string(-std::log((100.5 - i) / 100)) + "\n";
  }
  workspace.write("all.csv", skewed);
  for (const std::string method : {"tail", "gpd", "gev", "gumbel", "parametric:least_p_value=0", "spot:level=0.5",
                                   "mad", "iqr:fence=adjusted", "scaled_quantile"}) {
    const std::string arguments = ".csv --format json --method " + method;
    INFO(method);
    CHECK(cutoff_of(json_of(workspace.run("fit all" + arguments + " --trim 0.05"))) ==
          cutoff_of(json_of(workspace.run("fit left" + arguments))));
  }
  const Outcome text = workspace.run("fit scores.csv --trim 0.05");
  check_success(text);
  CHECK(text.out.find("  trimmed   5 more, the largest\n") != std::string::npos);
  CHECK(text.out.find("  promise   none\n") != std::string::npos);
  for (const std::string value : {"0.5", "1", "-0.1", "5"}) {
    check_refused(workspace.run("fit scores.csv --trim " + value), 2, {"auto: trim = " + value, "[0, 0.5)"});
  }
}
