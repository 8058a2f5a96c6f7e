// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/io/image_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

constexpr std::size_t rows = 4;
constexpr std::size_t columns = 5;
constexpr std::size_t pixels = rows * columns;
constexpr std::size_t test_maps = 7;

/// Sixty maps of 3 x 4 pixels: the largest of the i-th is i, from 1.
std::vector<double> normal_maps() {
  std::vector<double> scores;
  for (std::size_t i = 1; i <= 60; ++i) {
    std::vector<double> map(12);
    for (std::size_t pixel = 0; pixel < map.size(); ++pixel) map[pixel] = -static_cast<double>(pixel % 5);
    map[i % 12] = static_cast<double>(i);
    scores.insert(scores.end(), map.begin(), map.end());
  }
  return scores;
}

/// True masks of seven maps of 4 x 5: the first four are empty, the others have blocks.
std::vector<double> masks() {
  std::vector<double> truth(test_maps * pixels);
  const auto set = [&](std::size_t map, std::size_t row, std::size_t column) {
    truth[map * pixels + row * columns + column] = 1;
  };
  for (const std::size_t row : {0U, 1U, 2U}) {
    for (const std::size_t column : {1U, 2U, 3U}) set(4, row, column);
  }
  set(5, 3, 4);
  set(6, 0, 0);
  set(6, 1, 1);
  set(6, 3, 3);
  set(6, 3, 4);
  return truth;
}

/// Whole numbers with many ties, larger on the whole where the masks are; one is NaN.
std::vector<double> test_scores() {
  const std::vector<double> truth = masks();
  std::vector<double> scores(truth.size());
  unsigned state = 7;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    state = (state * 1103515245U + 12345U) % 2147483648U;
    const unsigned number = state / 65536U % 52U;
    scores[i] = number + (truth[i] == 1 ? 14.0 : 0.0);
  }
  scores[6 * pixels] = std::nan("");
  return scores;
}

void write_set(const Workspace& workspace) {
  workspace.write("normal.npy", npy(normal_maps(), {.type = "<f4", .shape = {60, 3, 4}}));
  workspace.write("test.npy", npy(test_scores(), {.type = "<f4", .shape = {test_maps, rows, columns}}));
  workspace.write("masks.npy", npy(masks(), {.type = "|u1", .shape = {test_maps, rows, columns}}));
}

/// What a mask gives, counted pixel by pixel.
struct Counts {
  std::size_t caught = 0;
  std::size_t missed = 0;
  std::size_t false_alarms = 0;
  std::size_t passed = 0;
  std::size_t normal_touched = 0;
  std::size_t anomalous_touched = 0;
  [[nodiscard]] double f1() const {
    return 2.0 * static_cast<double>(caught) / static_cast<double>(2 * caught + missed + false_alarms);
  }
};

/// By two levels: pixels of the low one are set while they touch one that is set.
Counts brute_force(double high, double low) {
  const std::vector<double> scores = test_scores();
  const std::vector<double> truth = masks();
  Counts counts;
  for (std::size_t map = 0; map < test_maps; ++map) {
    const double* score = scores.data() + map * pixels;
    std::vector<int> flagged(pixels);
    for (std::size_t i = 0; i < pixels; ++i) flagged[i] = !(score[i] < high);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < pixels; ++i) {
        if (flagged[i] != 0 || score[i] < low) continue;
        for (std::size_t j = 0; j < pixels; ++j) {
          const auto apart = [](std::size_t a, std::size_t b) { return a > b ? a - b : b - a; };
          if (flagged[j] == 0 || apart(i / columns, j / columns) > 1 || apart(i % columns, j % columns) > 1) continue;
          flagged[i] = 1;
          changed = true;
        }
      }
    }
    bool anomalous = false;
    bool touched = false;
    for (std::size_t i = 0; i < pixels; ++i) {
      const bool is_anomalous = truth[map * pixels + i] == 1;
      const bool is_flagged = flagged[i] != 0;
      anomalous = anomalous || is_anomalous;
      touched = touched || is_flagged;
      ++(is_anomalous ? (is_flagged ? counts.caught : counts.missed)
                      : (is_flagged ? counts.false_alarms : counts.passed));
    }
    if (touched) ++(anomalous ? counts.anomalous_touched : counts.normal_touched);
  }
  return counts;
}

struct Oracle {
  double f1 = 0;
  double cutoff = 0;
};

/// Of all scores as cutoffs the lowest of the best.
Oracle brute_force_oracle() {
  std::vector<double> cutoffs{std::numeric_limits<double>::infinity()};
  for (const double score : test_scores()) {
    if (!std::isnan(score)) cutoffs.push_back(score);
  }
  std::sort(cutoffs.rbegin(), cutoffs.rend());
  Oracle best;
  for (const double cutoff : cutoffs) {
    if (const double f1 = brute_force(cutoff, cutoff).f1(); f1 >= best.f1) best = {f1, cutoff};
  }
  return best;
}

const nlohmann::json& rule_of(const nlohmann::json& json, const std::string& name) {
  for (const auto& rule : json.at("rules")) {
    if (rule.at("name") == name) return rule;
  }
  throw std::runtime_error("there is no rule " + name);
}

void check_counts(const nlohmann::json& rule, const Counts& expected, double oracle_f1) {
  CHECK(rule.at("pixel_counts") == nlohmann::json({{"caught", expected.caught},
                                                   {"missed", expected.missed},
                                                   {"false_alarms", expected.false_alarms},
                                                   {"passed", expected.passed}}));
  CHECK(rule.at("normal_touched").at("count") == expected.normal_touched);
  CHECK(rule.at("anomalous_touched").at("count") == expected.anomalous_touched);
  // Approx: a division or two apart.
  CHECK(rule.at("seg_f1").get<double>() == Approx(expected.f1()));
  CHECK(rule.at("share_of_oracle").get<double>() == Approx(expected.f1() / oracle_f1));
  CHECK(rule.at("normal_touched").at("share").get<double>() ==
        Approx(static_cast<double>(expected.normal_touched) / 4));
  CHECK(rule.at("pixel_recall").get<double>() ==
        Approx(static_cast<double>(expected.caught) / static_cast<double>(expected.caught + expected.missed)));
  CHECK(rule.at("pixel_precision").get<double>() ==
        Approx(static_cast<double>(expected.caught) / static_cast<double>(expected.caught + expected.false_alarms)));
}

/// The share of pairs in order, by the largest pixel of each map; NaN is the largest.
double auroc_of_maxima() {
  const std::vector<double> scores = test_scores();
  std::vector<double> maxima;
  for (std::size_t map = 0; map < test_maps; ++map) {
    double most = -1;
    for (std::size_t i = 0; i < pixels; ++i) {
      const double score = scores[map * pixels + i];
      most = std::max(most, std::isnan(score) ? std::numeric_limits<double>::infinity() : score);
    }
    maxima.push_back(most);
  }
  double wins = 0;
  for (std::size_t normal = 0; normal < 4; ++normal) {
    for (std::size_t anomalous = 4; anomalous < test_maps; ++anomalous) {
      wins += maxima[anomalous] > maxima[normal] ? 1 : maxima[anomalous] == maxima[normal] ? 0.5 : 0;
    }
  }
  return wins / 12;
}

const std::string evaluation = "evaluate --maps normal.npy test.npy --labels masks.npy";

}  // namespace

TEST_CASE("evaluate --maps: the rules are judged as by trying") {
  const Workspace workspace;
  write_set(workspace);
  const auto json = json_of(workspace.run(evaluation + " --format json"));
  CHECK(json.at("normal") == nlohmann::json({{"file", "normal.npy"}, {"maps", 60}, {"pixels", 720}}));
  CHECK(json.at("test").at("maps") == nlohmann::json({{"normal", 4}, {"anomalous", 3}}));
  CHECK(json.at("test").at("pixels") == nlohmann::json({{"normal", 126}, {"anomalous", 14}}));
  CHECK(json.at("image_auroc").at("maximum").get<double>() == Approx(auroc_of_maxima()));
  REQUIRE(json.at("rules").size() == 6);

  const Oracle best = brute_force_oracle();
  const auto& oracle = json.at("oracle");
  CHECK(oracle.at("exact") == true);
  CHECK(oracle.at("high") == best.cutoff);
  check_counts(oracle, brute_force(best.cutoff, best.cutoff), best.f1);
  CHECK(oracle.at("share_of_oracle") == 1);

  // Hazen's quantiles of the maxima 1 to 60: at the places 60 x 0.7 + 0.5 = 42.5, and 48.5 and 36.5.
  const auto& map = rule_of(json, "map");
  CHECK(map.at("high").get<double>() == Approx(42.5));
  CHECK(map.at("low") == map.at("high"));
  CHECK(map.at("promise").at("guarantee") == "distribution-free");
  CHECK(map.at("promise").at("share").get<double>() == Approx(19.0 / 61));
  check_counts(map, brute_force(42.5, 42.5), best.f1);
  const auto& fifth = rule_of(json, "map:false_alarm_rate=0.2");
  CHECK(fifth.at("high").get<double>() == Approx(48.5));
  check_counts(fifth, brute_force(48.5, 48.5), best.f1);
  const auto& hysteresis = rule_of(json, "hysteresis");
  CHECK(hysteresis.at("high").get<double>() == Approx(48.5));
  CHECK(hysteresis.at("low").get<double>() == Approx(36.5));
  CHECK(hysteresis.at("promise") == fifth.at("promise"));
  check_counts(hysteresis, brute_force(48.5, 36.5), best.f1);
  CHECK(hysteresis.at("pixel_counts") != rule_of(json, "map:false_alarm_rate=0.2").at("pixel_counts"));

  // 720 x 1e-4 is not one pixel, so both are just above the largest: by 2^-18 in float.
  for (const std::string name : {"pixel", "maximum"}) {
    const auto& rule = rule_of(json, name);
    CHECK(rule.at("high") == 60 + 0x1p-18);
    CHECK(rule.at("promise").at("guarantee") == "none");
    check_counts(rule, brute_force(60.1, 60.1), best.f1);
    CHECK(rule.at("normal_touched").at("count") == 0);
    // None of 4: up to 1 - 0.025^(1/4).
    CHECK(rule.at("normal_touched").at("interval")[0] == 0);
    CHECK(rule.at("normal_touched").at("interval")[1].get<double>() == Approx(1 - std::pow(0.025, 0.25)));
  }

  double sum = 0;
  double squares = 0;
  for (const double score : normal_maps()) {
    sum += score;
    squares += score * score;
  }
  const double mean = sum / 720;
  const double sigma = mean + 3 * std::sqrt((squares - 720 * mean * mean) / 719);
  CHECK(rule_of(json, "sigma").at("high").get<double>() == Approx(sigma));
  check_counts(rule_of(json, "sigma"), brute_force(sigma, sigma), best.f1);
}

TEST_CASE("evaluate --maps: methods of one's own, on images' maxima or on all pixels") {
  const Workspace workspace;
  write_set(workspace);
  const double oracle = brute_force_oracle().f1;
  const auto json = json_of(
      workspace.run(evaluation + " --format json --method manual:value=30 --method maximum:map_reduction=maximum "
                                 "--method quantile:false_alarm_rate=0.5 --method "
                                 "hysteresis:high-share=0.1,low_share=0.5,quantile_from=2 --method "
                                 "quantile:map_reduction=top_mean"));
  REQUIRE(json.at("rules").size() == 5);
  check_counts(rule_of(json, "manual:value=30"), brute_force(30, 30), oracle);
  const auto& maximum = rule_of(json, "maximum:map_reduction=maximum");
  CHECK(maximum.at("high") == 60 + 0x1p-18);
  CHECK(maximum.at("promise").at("share").get<double>() == Approx(1.0 / 61));
  // Just above the pixel of rank ceil(721 / 2) = 361 of 720.
  std::vector<double> sorted = normal_maps();
  std::sort(sorted.begin(), sorted.end());
  const double above = std::nextafter(static_cast<float>(sorted[360]), 100.0F);
  const auto& quantile = rule_of(json, "quantile:false_alarm_rate=0.5");
  CHECK(quantile.at("promise").at("guarantee") == "none");
  CHECK(quantile.at("high") == above);
  check_counts(quantile, brute_force(above, above), oracle);
  const auto& hysteresis = rule_of(json, "hysteresis:high-share=0.1,low_share=0.5,quantile_from=2");
  check_counts(hysteresis, brute_force(54.5, 30.5), oracle);  // at the places 54.5 and 30.5
  // Of both levels a tenth of the maxima is trimmed, and 1 to 54 are left: the places 54 x 0.8 + 0.5 and 54 x 0.6 +
  // 0.5.
  const auto trimmed =
      json_of(workspace.run(evaluation + " --format json --method hysteresis:trim=0.1,quantile_from=2"));
  const auto& both = rule_of(trimmed, "hysteresis:trim=0.1,quantile_from=2");
  CHECK(both.at("high").get<double>() == Approx(43.7));
  CHECK(both.at("low").get<double>() == Approx(32.9));
  CHECK(both.at("method") == "map");
  // What is promised of the mean of the top says nothing about the largest pixel.
  CHECK(rule_of(json, "quantile:map_reduction=top_mean").at("promise").at("guarantee") == "none");
}

TEST_CASE("evaluate --maps: a small set is judged as by hand") {
  const Workspace workspace;
  workspace.write("normal.npy", npy({1, 2, 3, 4}, {.type = "<f4", .shape = {2, 1, 2}}));
  // By falling score: anomalous, normal, anomalous, and nine normal pixels; six pixels an image.
  workspace.write("test.npy", npy({9, 7, 1, 1, 2, 2, 8, 3, 3, 4, 4, 5}, {.type = "<f4", .shape = {2, 1, 6}}));
  workspace.write("masks.npy", npy({1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {.type = "|u1", .shape = {2, 1, 6}}));
  const std::string arguments = evaluation + " --method manual:value=7 --method manual:value=8.5 --method map";
  const auto json = json_of(workspace.run(arguments + " --format json"));
  // PRO is 1/2 up to the FPR 1/10, and 1 from there on: (0.1 x 0.5 + 0.2 x 1) / 0.3.
  CHECK(json.at("aupro").at("value").get<double>() == Approx(5.0 / 6));
  // Of the mask one half is above the normal image, whose pixels are too few for other rates.
  CHECK(json.at("aupimo").at("mean").get<double>() == Approx(0.5));
  CHECK(json.at("aupimo").at("rates") == 0);
  CHECK(json.at("image_auroc").at("maximum") == 1);
  CHECK(json.at("image_auroc").at("top_mean") == 1);
  CHECK(json.at("oracle").at("high") == 7);
  CHECK(json.at("oracle").at("seg_f1").get<double>() == Approx(0.8));
  const auto& failed = rule_of(json, "map");
  CHECK(failed.at("status") == "too_few_scores");
  CHECK(failed.at("high").is_null());
  CHECK_FALSE(failed.contains("seg_f1"));

  const Outcome table = workspace.run(arguments);
  check_success(table);
  const std::vector<std::string> lines = lines_of(table.out);
  REQUIRE(lines.size() >= 10);
  CHECK(lines[0] == "fitted on 2 normal maps of normal.npy, 4 pixels");
  CHECK(lines[1] ==
        "judged on test.npy by masks.npy: 1 normal maps and 1 anomalous ones, 10 normal pixels and 2 anomalous ones");
  CHECK(
      lines[2] ==
      "AUPRO 0.833 (FPR to 0.3), AUPIMO 0.500 (mean, FPR 1e-05 to 0.0001), image AUROC 1.000 by the maximum, 1.000 by "
      "the mean of the top 0.2 %");
  CHECK(lines[4].starts_with("rule"));
  const auto cells = [&](std::size_t line) {
    std::vector<std::string> words;
    for (const std::string& word : split(lines[line], ' ')) {
      if (!word.empty()) words.push_back(word);
    }
    return words;
  };
  using Cells = std::vector<std::string>;
  CHECK(cells(5) ==
        Cells{"manual:value=7", "7", "none", "1.000", "[0.025,", "1.000]", "0.800", "1.000", "1.000", "0.667"});
  CHECK(cells(6) ==
        Cells{"manual:value=8.5", "8.5", "none", "0.000", "[0.000,", "0.975]", "0.667", "0.833", "0.500", "1.000"});
  CHECK(cells(7) == Cells{"map", "too_few_scores", "-", "-", "-", "-", "-", "-"});
  CHECK(cells(8) ==
        Cells{"oracle", "(masks)", "7", "none", "1.000", "[0.025,", "1.000]", "0.800", "1.000", "1.000", "0.667"});
  CHECK(lines[10].starts_with("map: "));

  const Outcome csv = workspace.run(arguments + " --format csv");
  check_success(csv);
  const std::vector<std::string> csv_lines = lines_of(csv.out);
  REQUIRE(csv_lines.size() == 5);
  const std::vector<std::string> headings = split(csv_lines[0], ',');
  for (const std::string& line : csv_lines) CHECK(split(line, ',').size() == headings.size());
  const std::vector<std::string> first = split(csv_lines[1], ',');
  const auto cell = [&](const std::string& name) {
    const auto at = std::find(headings.begin(), headings.end(), name) - headings.begin();
    return first.at(static_cast<std::size_t>(at));
  };
  CHECK(cell("rule") == "manual:value=7");
  CHECK(cell("high") == "7");
  CHECK(cell("touched_share") == "1");
  CHECK(cell("seg_f1") == "0.8");
  CHECK(cell("share_of_oracle") == "1");
  CHECK(cell("promised_share") == "");
  CHECK(cell("anomalous_touched_share") == "1");
  CHECK(csv_lines[3] == "map,too_few_scores,,,,,,,,,,,,,");  // without levels there is nothing to count
}

TEST_CASE("evaluate --maps: rows of the table and of the CSV with levels that promise something") {
  const Workspace workspace;
  write_set(workspace);
  const std::string arguments = evaluation + " --method map --method hysteresis";
  const Outcome table = workspace.run(arguments);
  check_success(table);
  const Outcome csv = workspace.run(arguments + " --format csv");
  check_success(csv);
  const auto json = json_of(workspace.run(arguments + " --format json"));
  CHECK(json.at("aupro").at("limit") == 0.3);
  CHECK(json.at("aupimo").at("lower") == 1e-5);
  CHECK(json.at("aupimo").at("upper") == 1e-4);
  CHECK(json.at("image_auroc").at("top_share") == 0.002);
  const auto rows_of_csv = lines_of(csv.out);
  REQUIRE(rows_of_csv.size() == 4);
  CHECK(rows_of_csv[0] ==
        "rule,status,high,low,guarantee,promised_share,confidence,touched_share,touched_lower,touched_upper,seg_f1,"
        "share_of_oracle,pixel_recall,pixel_precision,anomalous_touched_share");
  const auto rows_of_table = lines_of(table.out);
  REQUIRE(rows_of_table.size() > 7);
  struct Rule {
    std::string name;
    double high;
    double low;
    std::string level;
    double promised;  // 18 and 12 of the maxima 1 to 60 reach the high level
    std::string promise;
  };
  // Clopper and Pearson's of 0 to 4 of 4, by scipy.stats.beta.ppf.
  const std::vector<double> lower{0, 0.00630946320971, 0.06758598648854, 0.19412044968324, 0.39763536438353};
  const double oracle = brute_force_oracle().f1;
  const std::vector<Rule> rules{{"map", 42.5, 42.5, "42.5", 19.0 / 61, "<= 31.1 % on average"},
                                {"hysteresis", 48.5, 36.5, "48.5 and 36.5", 13.0 / 61, "<= 21.3 % on average"}};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    INFO(rule.name);
    const Counts counts = brute_force(rule.high, rule.low);
    const auto share = [](std::size_t part, std::size_t whole) {
      return static_cast<double>(part) / static_cast<double>(whole);
    };
    const std::vector<double> figures{rule.high,
                                      rule.low,
                                      rule.promised,
                                      share(counts.normal_touched, 4),
                                      lower.at(counts.normal_touched),
                                      1 - lower.at(4 - counts.normal_touched),
                                      counts.f1(),
                                      counts.f1() / oracle,
                                      share(counts.caught, counts.caught + counts.missed),
                                      share(counts.caught, counts.caught + counts.false_alarms),
                                      share(counts.anomalous_touched, 3)};
    auto cells = split(rows_of_csv[i + 1], ',');
    REQUIRE(cells.size() == 15);
    CHECK(cells[0] == rule.name);
    CHECK(cells[1] == "ok");
    CHECK(cells[4] == "distribution-free");
    CHECK(cells[6].empty());
    for (const std::ptrdiff_t column : {6, 4, 1, 0}) cells.erase(cells.begin() + column);
    for (std::size_t k = 0; k < figures.size(); ++k) {
      INFO(k);
      CHECK(std::stod(cells[k]) == Approx(figures[k]).epsilon(1e-8));
    }
    CHECK(rule_of(json, rule.name).at("anomalous_touched").at("share").get<double>() == Approx(figures[10]));
    CHECK(rule_of(json, rule.name).at("normal_touched").at("interval")[0].get<double>() == Approx(figures[4]));
    const auto three = [](double figure) {
      char text[16];
      std::snprintf(text, sizeof text, "%.3f", figure);
      return std::string(text);
    };
    std::string expected = rule.name + " " + rule.level + " " + rule.promise + " " + three(figures[3]) + " [" +
                           three(figures[4]) + ", " + three(figures[5]) + "]";
    for (const std::size_t k : {6U, 7U, 8U, 9U}) expected += " " + three(figures[k]);
    std::string row;
    for (const std::string& word : split(rows_of_table[i + 5], ' ')) {
      if (!word.empty()) row += (row.empty() ? "" : " ") + word;
    }
    CHECK(row == expected);
  }
}

TEST_CASE("evaluate --maps: images are ranked by their largest pixel, and by the mean of their top pixels") {
  const Workspace workspace;
  write_set(workspace);
  // .2 % of 1000 pixels are two. The normal map has the largest pixel, 10, and a mean of 5; the other one 9 twice.
  std::vector<double> scores(2000);
  scores[17] = 10;
  scores[1400] = scores[1999] = 9;
  std::vector<double> truth(2000);
  truth[1400] = 1;
  workspace.write("test.npy", npy(scores, {.type = "<f4", .shape = {2, 25, 40}}));
  workspace.write("masks.npy", npy(truth, {.type = "|u1", .shape = {2, 25, 40}}));
  const auto auroc = json_of(workspace.run(evaluation + " --method map --format json")).at("image_auroc");
  CHECK(auroc.at("maximum") == 0);
  CHECK(auroc.at("top_mean") == 1);
  const Outcome table = workspace.run(evaluation + " --method map");
  check_success(table);
  CHECK(table.out.find("image AUROC 0.000 by the maximum, 1.000 by the mean of the top 0.2 %\n") != std::string::npos);
}

TEST_CASE("evaluate --maps: where low scores are strange, all is as with negated maps") {
  const Workspace workspace;
  write_set(workspace);
  auto json = json_of(workspace.run(evaluation + " --format json"));
  const auto negated = [](std::vector<double> scores) {
    for (double& score : scores) score = -score;
    return scores;
  };
  workspace.write("normal.npy", npy(negated(normal_maps()), {.type = "<f4", .shape = {60, 3, 4}}));
  workspace.write("test.npy", npy(negated(test_scores()), {.type = "<f4", .shape = {test_maps, rows, columns}}));
  CHECK(json_of(workspace.run(evaluation + " --direction lower --format json")) == json);
  CHECK(workspace.run(evaluation + " --direction lower").out.find("negated scores") != std::string::npos);
}

TEST_CASE("evaluate --maps: folders of maps and pictures are as arrays of them") {
  const Workspace workspace;
  write_set(workspace);
  const auto arrays = json_of(workspace.run(evaluation + " --format json"));
  std::filesystem::create_directory(workspace.path("normal"));
  std::filesystem::create_directory(workspace.path("test"));
  std::filesystem::create_directory(workspace.path("masks"));
  const std::vector<double> normal = normal_maps();
  for (std::size_t i = 0; i < 60; ++i) {
    const auto first = normal.begin() + static_cast<std::ptrdiff_t>(12 * i);
    // Of another shape, which is nothing to the levels.
    workspace.write(
        "normal/" + std::to_string(100 + i) + ".npy",
        npy({first, first + 12},
            {.type = "<f4", .shape = i < 30 ? std::vector<std::size_t>{3, 4} : std::vector<std::size_t>{2, 6}}));
  }
  const std::vector<std::string> names{"a", "a1", "b", "b1", "c", "c1", "d"};
  const std::vector<double> scores = test_scores();
  const std::vector<double> truth = masks();
  for (std::size_t i = 0; i < test_maps; ++i) {
    // The last map is the first file; and a1.npy comes after a.npy, but a1_mask.png before a_mask.png.
    const std::string name = names[test_maps - 1 - i];
    const auto first = static_cast<std::ptrdiff_t>(pixels * i);
    const auto last = first + static_cast<std::ptrdiff_t>(pixels);
    workspace.write("test/" + name + ".npy",
                    npy({scores.begin() + first, scores.begin() + last}, {.type = "<f4", .shape = {rows, columns}}));
    const std::vector<std::uint8_t> bytes(truth.begin() + first, truth.begin() + last);
    plimsoll::io::write_mask(workspace.path("masks/" + name + "_mask.png").string(),
                             plimsoll::Mask(bytes.data(), rows, columns));
  }
  auto folders = json_of(workspace.run("evaluate --maps normal test --labels masks --format json"));
  CHECK(folders.at("normal").at("file") == "normal");
  CHECK(folders.at("test").at("masks") == "masks");
  folders["normal"] = arrays.at("normal");
  folders["test"]["file"] = "test.npy";
  folders["test"]["masks"] = "masks.npy";
  CHECK(folders == arrays);

  // Standard input can give the normal maps.
  auto piped = json_of(
      workspace.run("evaluate --maps - test.npy --labels masks.npy --format json", workspace.read("normal.npy")));
  CHECK(lines_of(workspace.run("evaluate --maps - test.npy --labels masks.npy", workspace.read("normal.npy")).out)
            .at(0) == "fitted on 60 normal maps of standard input, 720 pixels");
  piped["normal"]["file"] = "normal.npy";
  CHECK(piped == arrays);
}

TEST_CASE("evaluate --maps: without an anomalous pixel there is no oracle") {
  const Workspace workspace;
  write_set(workspace);
  workspace.write("masks.npy", npy(std::vector<double>(test_maps * pixels), {.type = "|u1", .shape = {7, 4, 5}}));
  const auto json = json_of(workspace.run(evaluation + " --format json"));
  CHECK(json.at("oracle").at("status") == "too_few_scores");
  CHECK(json.at("aupro").at("value").is_null());
  CHECK(json.at("image_auroc").at("maximum").is_null());
  CHECK(rule_of(json, "map").at("share_of_oracle").is_null());
  CHECK(rule_of(json, "map").at("pixel_recall").is_null());
  const std::string text = workspace.run(evaluation).out;
  CHECK(text.find("no pixel of the masks is anomalous") != std::string::npos);
}

TEST_CASE("evaluate --maps: what does not fit is refused") {
  const Workspace workspace;
  write_set(workspace);
  workspace.write("labels.npy", npy({0, 0, 0, 0, 1, 1, 1}, {.type = "|u1"}));
  workspace.write("scores.npy", npy({1, 2, 3}, {.type = "<f4"}));
  workspace.write("scores.csv", "1\n2\n");
  const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("evaluate --maps " + arguments), 2, mentions);
  };
  refused("normal.npy test.npy", {"--labels", "masks"});
  refused("normal.npy test.npy --labels labels.npy", {"labels.npy", "masks"});
  refused("normal.npy test.npy --labels masks.npy --label-column y", {"--label-column"});
  refused("normal.npy test.npy --labels missing.npy", {"missing.npy"});
  refused("scores.npy test.npy --labels masks.npy", {"scores.npy", "plain scores"});
  refused("normal.npy scores.csv --labels masks.npy", {"scores.csv", "plain scores"});
  refused("normal.npy - --labels masks.npy", {"standard input", "twice"});
  refused("- - --labels masks.npy", {"standard input"});
  refused("normal.npy test.npy --labels masks.npy --method f1", {"f1", "labels"});
  refused("normal.npy test.npy --labels masks.npy --method map --map-reduction every_pixel", {"map", "every_pixel"});
  refused("normal.npy test.npy --labels masks.npy --method map --k 3", {"map", "--k"});

  const std::string set = "normal.npy test.npy --labels masks.npy ";
  refused(set + "--method hysteresis:high_share=0.5", {"high_share = 0.5", "low_share = 0.4"});
  const auto equal =
      json_of(workspace.run("evaluate --maps " + set + "--method hysteresis:high_share=0.4 --format json"));
  CHECK(rule_of(equal, "hysteresis:high_share=0.4").at("high") ==
        rule_of(equal, "hysteresis:high_share=0.4").at("low"));
  refused(set + "--method hysteresis:high_share=2", {"hysteresis", "high_share", "2"});
  for (const std::string parameters : {"high_share", "", "high_share=0.1,", ",high_share=0.1", "fill_holes"}) {
    refused(set + "--method hysteresis:" + parameters,
            {"--method hysteresis:" + parameters + ": '", "' is not parameter=value"});
  }
  refused(set + "--method hysteresis:low_share=0.3,low_share=0.4", {"low_share is given twice"});
  refused(set + "--method batch", {"batch takes two samples"});
  refused(set + "--method hysteresis:false_alarm_rate=0.1", {"false_alarm_rate", "high_share"});
  refused(set + "--method hysteresis --false-alarm-rate 0.1", {"--false-alarm-rate", "high_share"});
  refused(set + "--method hysteresis:k=3", {"k"});
  // Beside another rule the rate is that rule's, at the place 60 x 0.9 + 0.5, and hysteresis keeps its shares.
  const auto beside = json_of(workspace.run("evaluate --maps " + set +
                                            "--method hysteresis --method map --false-alarm-rate 0.1 --format json"));
  CHECK(rule_of(beside, "map").at("high").get<double>() == Approx(54.5));
  CHECK(rule_of(beside, "hysteresis").at("high").get<double>() == Approx(48.5));
  CHECK(rule_of(beside, "hysteresis").at("low").get<double>() == Approx(36.5));

  workspace.write("fewer.npy", npy(std::vector<double>(6 * pixels), {.type = "|u1", .shape = {6, 4, 5}}));
  refused("normal.npy test.npy --labels fewer.npy", {"fewer.npy", "6 masks", "7 maps", "test.npy"});
  workspace.write("turned.npy", npy(masks(), {.type = "|u1", .shape = {7, 5, 4}}));
  refused("normal.npy test.npy --labels turned.npy", {"turned.npy", "5 x 4", "test_0", "4 x 5"});
  for (const std::size_t width : {std::size_t{4}, std::size_t{6}}) {
    workspace.write("other.npy", npy(std::vector<double>(7 * 4 * width, 1), {.type = "|u1", .shape = {7, 4, width}}));
    refused("normal.npy test.npy --labels other.npy", {"other.npy", "4 x " + std::to_string(width), "test_0", "4 x 5"});
  }
  std::vector<double> broken = normal_maps();
  broken[12 * 3 + 5] = std::nan("");
  workspace.write("broken.npy", npy(broken, {.type = "<f4", .shape = {60, 3, 4}}));
  refused("broken.npy test.npy --labels masks.npy", {"broken.npy", "map 3", "NaN"});
}
