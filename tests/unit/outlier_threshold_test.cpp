// SPDX-License-Identifier: Apache-2.0
// Tests for outliers against the NIST handbook's example and published tables, and against models by brute force.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/outlier_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::Fit;
using plimsoll::FitStatus;
using plimsoll::OutlierParameters;
using plimsoll::OutlierRule;
using plimsoll::OutlierThreshold;
using plimsoll::stats::critical_deviation;
using plimsoll::test::Random;

Fit fit(const OutlierParameters& parameters, plimsoll::Scores scores) {
  OutlierThreshold threshold{parameters};
  threshold.update(scores);
  return threshold.compute();
}

/// Of Rosner (1983), as in the NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.5.17.3.
const std::vector<double> rosner{-0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56,
                                 1.58,  1.65, 1.69, 1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10,
                                 2.14,  2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92,
                                 2.92,  2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01};

TEST_CASE("outlier: the handbook's example of the generalised ESD test") {
  // Published two-sided at 5 %, to three decimals cut off; the fifth number removed there is the least, not the
  // largest.
  const std::vector<double> deviations = plimsoll::stats::maximum_deviations(rosner, 10);
  const std::vector<double> published{3.118, 2.942, 3.179, 2.810};
  for (std::size_t i = 0; i < published.size(); ++i) CHECK(std::floor(1000 * deviations[i]) / 1000 == published[i]);
  const std::vector<double> critical{3.158, 3.151, 3.143, 3.136, 3.128, 3.120, 3.111, 3.103, 3.094, 3.085};
  for (std::size_t i = 0; i < critical.size(); ++i) {
    const std::size_t n = 54 - i;
    CHECK(std::floor(1000 * critical_deviation(n, 0.025 / static_cast<double>(n))) / 1000 == critical[i]);
  }
  // NumPy 1.24.2.
  CHECK(deviations[4] == Approx(2.686906053629625).epsilon(1e-14));
  CHECK(deviations[9] == Approx(1.9586384842466003).epsilon(1e-14));
  // Three outliers, though neither 6.01 nor 5.42 is one by its own deviation.
  const Fit three = fit({.significance = 0.025}, rosner);
  CHECK(three.ok());
  CHECK(three.estimates.at("outliers") == 3);
  CHECK(three.estimates.at("flagged") == 3.0 / 54);
  CHECK(three.cutoff.value() == 5.34);
  // With at most two tested they mask each other.
  const Fit none = fit({.significance = 0.025, .most = 2.0 / 54}, rosner);
  CHECK(none.ok());
  CHECK(none.estimates.at("outliers") == 0);
  CHECK(none.cutoff.value() == std::nextafter(6.01, 7.0));
  CHECK(none.note == "there is no outlier, so the cutoff lies just above the largest score");
}

TEST_CASE("outlier: Thompson's tau and Chauvenet's ratio are those of the published tables") {
  // Two-sided at 5 %, so 2.5 % here. Those with more digits by SciPy 1.10.1.
  const std::vector<std::pair<std::size_t, double>> taus{{3, 1.1511},  {4, 1.4250},  {5, 1.5712},   {10, 1.7984},
                                                         {20, 1.8853}, {50, 1.9314}, {1000, 1.9586}};
  for (const auto& [n, tau] : taus) CHECK(std::abs(critical_deviation(n, 0.025) - tau) <= 0.00005);
  CHECK(critical_deviation(20, 0.025) == Approx(1.8853417410067292).epsilon(1e-13));
  CHECK(critical_deviation(1000000, 1e-9) == Approx(5.997754573906009).epsilon(1e-12));
  // Two-sided, so half of the expected number here.
  const std::vector<std::pair<std::size_t, double>> ratios{{3, 1.383},  {4, 1.534},  {5, 1.645},   {10, 1.960},
                                                           {20, 2.241}, {50, 2.576}, {100, 2.807}, {1000, 3.481}};
  for (const auto& [n, ratio] : ratios) {
    std::vector<double> scores(n);
    for (std::size_t i = 0; i < n; ++i) scores[i] = static_cast<double>(i);
    const Fit result = fit({.rule = OutlierRule::chauvenet, .expected = 0.25}, scores);
    CHECK(std::abs(result.estimates.at("z") - ratio) <= 0.0005);
    // Mean and variance of 0 to n - 1.
    const auto size = static_cast<double>(n);
    const double expected = (size - 1) / 2 + result.estimates.at("z") * std::sqrt(size * (size + 1) / 12);
    CHECK(result.cutoff.value() == Approx(expected).epsilon(1e-14));
  }
}

TEST_CASE("outlier: the criteria of Chauvenet and Thompson on worked examples") {
  // Ten readings, mean 46.95, deviation 2.673 with divisor 10 and ratio 1.96: 54.8 alone is an outlier.
  const std::vector<double> readings{45.7, 46.2, 46.9, 54.8, 46.1, 45.2, 45.4, 47.0, 45.9, 46.3};
  const Fit one = fit({.rule = OutlierRule::chauvenet, .expected = 0.25}, readings);
  CHECK(one.estimates.at("flagged") == 0.1);
  CHECK(one.cutoff.value() == Approx(46.95 + 1.96 * 2.673 * std::sqrt(10.0 / 9)).epsilon(1e-5));
  // Deviation 9.2 of the largest, tau s = 10.2: none.
  const std::vector<double> weights{489, 490, 490, 491, 494, 499, 499, 500, 501, 505};
  CHECK(fit({.rule = OutlierRule::thompson, .significance = 0.025}, weights).estimates.at("outliers") == 0);
  // 54.8 deviates by 2.79 > 1.7984; of the nine others 47.0 by 1.51, 1.7770 being allowed.
  const Fit thompson = fit({.rule = OutlierRule::thompson, .significance = 0.025}, readings);
  CHECK(thompson.estimates.at("outliers") == 1);
  CHECK(thompson.cutoff.value() == 54.8);
}

TEST_CASE("outlier: both tests against their definitions by brute force") {
  Random random(32);
  for (int repeat = 0; repeat < 300; ++repeat) {
    const std::size_t n = 3 + random.below(40);
    std::vector<double> scores(n);
    for (double& score : scores) {
      score = random.below(5) == 0 ? 20 * random.exponential() : random.normal();
      if (repeat % 3 == 0) score = std::round(score);
    }
    std::ranges::sort(scores);
    if (scores.front() == scores.back()) continue;
    const std::size_t most = std::min(n - 2, n / 2);
    std::size_t esd = 0;
    std::size_t thompson = 0;
    bool stopped = false;
    std::vector<double> left = scores;
    for (std::size_t i = 1; i <= most; ++i) {
      const auto m = static_cast<double>(left.size());
      double mean = 0;
      for (const double score : left) mean += score / m;
      double variance = 0;
      for (const double score : left) variance += (score - mean) * (score - mean) / (m - 1);
      const double deviation = variance > 0 ? (left.back() - mean) / std::sqrt(variance) : 0;
      if (deviation > critical_deviation(left.size(), 0.05 / m)) esd = i;
      stopped = stopped || !(deviation > critical_deviation(left.size(), 0.05));
      if (!stopped) thompson = i;
      left.pop_back();
    }
    INFO(n << " scores");
    CHECK(fit({}, scores).estimates.at("outliers") == static_cast<double>(esd));
    CHECK(fit({.rule = OutlierRule::thompson}, scores).estimates.at("outliers") == static_cast<double>(thompson));
  }
}

TEST_CASE("outlier: the critical value grows with the number of scores") {
  for (const double significance : {1e-12, 1e-3, 0.05, 0.49}) {
    double before = 0;
    for (std::size_t n = 3; n < 2000000; n += 1 + n / 7) {
      const double critical = critical_deviation(n, significance / static_cast<double>(n));
      CHECK(critical > before * (1 - 1e-12));
      before = critical;
    }
  }
}

TEST_CASE("outlier: statuses, ties, huge scores, refusals") {
  for (const OutlierRule rule : {OutlierRule::generalised_esd, OutlierRule::chauvenet, OutlierRule::thompson}) {
    const OutlierParameters parameters{.rule = rule};
    CHECK(fit(parameters, std::vector<double>{}).status == FitStatus::too_few_scores);
    CHECK(fit(parameters, std::vector<double>{1, 2}).status == FitStatus::too_few_scores);
    CHECK(fit(parameters, std::vector<double>{1, 2}).note == "a test for outliers needs 3 scores, there are 2");
    CHECK(fit(parameters, std::vector<double>(7, 2)).status == FitStatus::no_spread);
    CHECK(fit(parameters, std::vector<double>{1, 2, 3}).ok());
    // All that equal the outlier are flagged, and what is left without spread is no reason to stop.
    std::vector<double> tied(40, 1);
    tied.resize(42, 9);
    const Fit two = fit(parameters, tied);
    CHECK(two.estimates.at("flagged") == 2.0 / 42);
    CHECK(two.cutoff(9.0));
    const Fit huge = fit(parameters, std::vector<double>{-1.7e308, 1.7e308, 1.6e308, 0, 1, 2, 3});
    CHECK_FALSE(std::isnan(huge.cutoff.value()));
    CHECK_THROWS_AS(fit(parameters, std::vector<double>{1, std::numeric_limits<double>::infinity()}),
                    plimsoll::DataError);
  }
  CHECK_THROWS_AS(OutlierThreshold({.significance = 0.5}), plimsoll::ParameterError);
  CHECK_THROWS_AS(OutlierThreshold({.most = 0.51}), plimsoll::ParameterError);
  CHECK_THROWS_AS(OutlierThreshold({.expected = 0}), plimsoll::ParameterError);
  // Floats: just above the largest in their type.
  const std::vector<float> floats{1, 2, 3};
  CHECK(fit({}, floats).cutoff.value() == static_cast<double>(std::nextafter(3.0F, 4.0F)));
}

}  // namespace
