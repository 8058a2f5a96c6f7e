// SPDX-License-Identifier: Apache-2.0
// Mixtures against published estimates and likelihoods maximised by SciPy.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/mixture_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::Fit;
using plimsoll::FitStatus;
using plimsoll::MixtureFamily;
using plimsoll::MixtureThreshold;
using plimsoll::test::Random;

Fit fit(MixtureFamily family, plimsoll::Scores scores) {
  MixtureThreshold threshold{{.family = family}};
  threshold.update(scores);
  return threshold.compute();
}

/// Minutes between eruptions of Old Faithful, R's faithful$waiting (Azzalini and Bowman 1990, Appl. Stat. 39), and how
/// often each.
std::vector<double> waiting() {
  std::vector<double> scores;
  for (const auto& [minutes, count] : std::vector<std::pair<int, std::size_t>>{
           {43, 1},  {45, 3},  {46, 5}, {47, 4},  {48, 3},  {49, 5},  {50, 5},  {51, 6}, {52, 5}, {53, 7}, {54, 9},
           {55, 6},  {56, 4},  {57, 3}, {58, 4},  {59, 7},  {60, 6},  {62, 4},  {63, 3}, {64, 4}, {65, 3}, {66, 2},
           {67, 1},  {68, 1},  {69, 2}, {70, 4},  {71, 5},  {72, 1},  {73, 7},  {74, 6}, {75, 8}, {76, 9}, {77, 12},
           {78, 15}, {79, 10}, {80, 8}, {81, 13}, {82, 12}, {83, 14}, {84, 10}, {85, 6}, {86, 6}, {87, 2}, {88, 6},
           {89, 3},  {90, 6},  {91, 1}, {92, 1},  {93, 2},  {94, 1},  {96, 1}}) {
    scores.insert(scores.end(), count, minutes);
  }
  return scores;
}

TEST_CASE("mixture: Old Faithful") {
  const std::vector<double> scores = waiting();
  REQUIRE(scores.size() == 272);
  // Published: normalmixEM of the R package mixtools, 0.6391132, 54.61489, 80.09109, 5.871241, 5.867718. More digits
  // here and below by SciPy 1.10.1, which maximised the likelihood itself. A step that gains less than 1e-8 is some
  // 1e-4 of a standard error from the maximum.
  const Fit normal = fit(MixtureFamily::normal, scores);
  REQUIRE(normal.ok());
  CHECK(normal.estimates.at("weight") == Approx(0.6391139).epsilon(1e-5));
  CHECK(normal.estimates.at("lower_mean") == Approx(54.614856).epsilon(1e-6));
  CHECK(normal.estimates.at("upper_mean") == Approx(80.091069).epsilon(1e-6));
  CHECK(normal.estimates.at("lower_deviation") == Approx(5.8712195).epsilon(1e-5));
  CHECK(normal.estimates.at("upper_deviation") == Approx(5.8677344).epsilon(1e-5));
  CHECK(normal.estimates.at("bic_gain") == Approx(105.75669513931959).epsilon(1e-9));
  CHECK(normal.cutoff.value() == Approx(66.583105).epsilon(1e-6));
  CHECK(normal.note == "the upper component is the larger one, so it may not be that of the anomalous scores");
  const Fit gamma = fit(MixtureFamily::gamma, scores);
  REQUIRE(gamma.ok());
  CHECK(gamma.estimates.at("weight") == Approx(0.62907798).epsilon(1e-5));
  CHECK(gamma.estimates.at("lower_mean") == Approx(54.969725).epsilon(1e-6));
  CHECK(gamma.estimates.at("upper_deviation") == Approx(5.6814382).epsilon(1e-5));
  CHECK(gamma.estimates.at("bic_gain") == Approx(122.91640910734893).epsilon(1e-9));
  CHECK(gamma.cutoff.value() == Approx(67.566686).epsilon(1e-6));
  const Fit log_normal = fit(MixtureFamily::log_normal, scores);
  REQUIRE(log_normal.ok());
  CHECK(log_normal.estimates.at("weight") == Approx(0.62384636).epsilon(1e-5));
  CHECK(log_normal.estimates.at("lower_mean") == Approx(std::exp(4.00384975)).epsilon(1e-6));
  CHECK(log_normal.estimates.at("upper_deviation") == Approx(0.069724983).epsilon(1e-5));
  CHECK(log_normal.estimates.at("bic_gain") == Approx(134.36271326709206).epsilon(1e-9));
  CHECK(log_normal.cutoff.value() == Approx(68.034365).epsilon(1e-6));
}

/// The share `anomalous` of it from the upper component.
template <typename Lower, typename Upper>
std::vector<double> drawn(std::size_t n, double anomalous, const Lower& lower, const Upper& upper) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < n; ++i) {
    scores.push_back(static_cast<double>(i) < anomalous * static_cast<double>(n) ? upper() : lower());
  }
  return scores;
}

TEST_CASE("mixture: what the scores were drawn from is found again") {
  Random random(33);
  // A wide upper component, whose density is above that of the lower one below it too: the upper of the two points.
  const auto wide = drawn(
      20000, 0.1, [&] { return random.normal(); }, [&] { return 6 + 3 * random.normal(); });
  const Fit result = fit(MixtureFamily::normal, wide);
  REQUIRE(result.ok());
  // Five standard errors and more of these estimates.
  CHECK(result.estimates.at("weight") == Approx(0.1).margin(0.01));
  CHECK(result.estimates.at("lower_mean") == Approx(0).margin(0.05));
  CHECK(result.estimates.at("upper_mean") == Approx(6).margin(0.6));
  CHECK(result.estimates.at("lower_deviation") == Approx(1).margin(0.04));
  CHECK(result.estimates.at("upper_deviation") == Approx(3).margin(0.4));
  // The root of log(0.9 / 0.1) + log(3) = x^2 / 2 - (x - 6)^2 / 18 above 0: 4 x^2 + 6 x - 18 - 9 log(27) = 0.
  const double root = (-6 + std::sqrt(36 + 16 * (18 + 9 * std::log(27.0)))) / 8;
  CHECK(result.cutoff.value() == Approx(root).margin(0.15));

  // A narrow upper component: the first of the two points, so that it is not missed.
  const auto narrow = drawn(
      20000, 0.1, [&] { return random.normal(); }, [&] { return 6 + 0.3 * random.normal(); });
  const Fit first = fit(MixtureFamily::normal, narrow);
  REQUIRE(first.ok());
  CHECK(first.cutoff.value() > 3.5);
  CHECK(first.cutoff.value() < 5.5);
  CHECK(first.estimates.at("flagged") == Approx(0.1).margin(0.005));
}

TEST_CASE("mixture: anomalous scores far out leave the normal ones their digits") {
  // 10^9 normal deviations out and as narrow: in the sample's unit both have a deviation of 10^-9.
  Random random(38);
  std::vector<double> scores = drawn(
      1000, 0.1, [&] { return random.normal(); }, [&] { return 1e9 + random.normal(); });
  const Fit result = fit(MixtureFamily::normal, scores);
  REQUIRE(result.ok());
  std::ranges::sort(scores);
  // The estimates of the two clusters by themselves, which do not overlap.
  double mean = 0;
  double variance = 0;
  for (int i = 900; i < 1000; ++i) mean += (scores[static_cast<std::size_t>(i)] - 1e9) / 100;
  for (int i = 900; i < 1000; ++i) variance += std::pow(scores[static_cast<std::size_t>(i)] - 1e9 - mean, 2) / 100;
  CHECK(result.estimates.at("weight") == Approx(0.1).epsilon(1e-12));
  CHECK(result.estimates.at("upper_mean") - 1e9 == Approx(mean).margin(1e-6));
  CHECK(result.estimates.at("upper_deviation") == Approx(std::sqrt(variance)).epsilon(1e-6));
  CHECK(result.estimates.at("flagged") == 0.1);
  // log L = -n/2 (log(2 pi e) + log variance) + n log share, summed over both clusters.
  double low_mean = 0;
  double low_variance = 0;
  for (std::size_t i = 0; i < 900; ++i) low_mean += scores[i] / 900;
  for (std::size_t i = 0; i < 900; ++i) low_variance += std::pow(scores[i] - low_mean, 2) / 900;
  const double all_variance = 0.9 * low_variance + 0.1 * variance + 0.09 * std::pow(1e9 + mean - low_mean, 2);
  const double gain = 1000 * std::log(all_variance) - 900 * std::log(low_variance) - 100 * std::log(variance) +
                      2 * (900 * std::log(0.9) + 100 * std::log(0.1)) - 3 * std::log(1000.0);
  CHECK(result.estimates.at("bic_gain") == Approx(gain).epsilon(1e-9));
}

TEST_CASE("mixture: one component is enough for scores of one") {
  Random random(34);
  std::vector<double> normal;
  std::vector<double> log_normal;
  std::vector<double> exponential;
  for (int i = 0; i < 1000; ++i) {
    normal.push_back(random.normal());
    log_normal.push_back(std::exp(random.normal()));
    exponential.push_back(random.exponential());
  }
  for (const Fit& fit : {fit(MixtureFamily::normal, normal), fit(MixtureFamily::log_normal, log_normal),
                         fit(MixtureFamily::gamma, exponential)}) {
    CHECK(fit.status == FitStatus::fit_rejected);
    CHECK(fit.estimates.at("bic_gain") < 0);
    CHECK(fit.note == "one component describes the scores as well as two, by the Bayesian information criterion");
  }
  // Two normal distributions do describe an exponential one better.
  CHECK(fit(MixtureFamily::normal, exponential).estimates.at("bic_gain") > 100);
}

TEST_CASE("mixture: the posterior crosses one half at the cutoff, and no deviation falls below its floor") {
  Random random(35);
  for (int repeat = 0; repeat < 40; ++repeat) {
    const double distance = 1 + 8 * random.uniform();
    const double deviation = std::exp(3 * random.uniform() - 1.5);
    const std::size_t n = 5 + random.below(300);
    std::vector<double> scores = drawn(
        n, random.uniform() / 2, [&] { return random.normal(); },
        [&] { return distance + deviation * random.normal(); });
    if (repeat % 2 == 0) {
      for (double& score : scores) score = std::round(2 * score) / 2;  // ties, onto which a component could collapse
    }
    const Fit result = fit(MixtureFamily::normal, scores);
    INFO(n << " scores, " << result.note);
    if (!result.ok()) continue;
    const auto& e = result.estimates;
    const auto log_odds = [&](double x) {
      const double low = (x - e.at("lower_mean")) / e.at("lower_deviation");
      const double high = (x - e.at("upper_mean")) / e.at("upper_deviation");
      return std::log(e.at("weight") / (1 - e.at("weight"))) + (low * low - high * high) / 2 -
             std::log(e.at("upper_deviation") / e.at("lower_deviation"));
    };
    const double cut = result.cutoff.value();
    CHECK(cut > e.at("lower_mean"));
    CHECK(log_odds(cut) == Approx(0).margin(1e-6));
    for (int i = 1; i < 100; ++i) {
      CHECK(log_odds(e.at("lower_mean") + (cut - e.at("lower_mean")) * i / 100) < 1e-6);
    }
  }
}

TEST_CASE("mixture: statuses, ties, huge scores, refusals") {
  for (const MixtureFamily family : {MixtureFamily::normal, MixtureFamily::log_normal, MixtureFamily::gamma}) {
    INFO(static_cast<int>(family));
    CHECK(fit(family, std::vector<double>{}).status == FitStatus::too_few_scores);
    CHECK(fit(family, std::vector<double>{1, 2, 3, 4}).status == FitStatus::too_few_scores);
    CHECK(fit(family, std::vector<double>(9, 2)).status == FitStatus::no_spread);
    // Two spikes, which have no spread of their own.
    std::vector<double> spikes(60, 1);
    spikes.resize(70, 9);
    const Fit two = fit(family, spikes);
    REQUIRE(two.ok());
    CHECK(two.estimates.at("flagged") == 10.0 / 70);
    CHECK(two.estimates.at("weight") == Approx(10.0 / 70));
    const Fit huge = fit(family, std::vector<double>{1e300, 1.1e300, 1.2e300, 1.3e300, 1.7e308, 1.6e308, 1.65e308});
    CHECK_FALSE(std::isnan(huge.cutoff.value()));
    const Fit wide = fit(family, std::vector<double>{1e-300, 1e-299, 1, 1.5, 2, 1e299, 1e300});
    CHECK_FALSE(std::isnan(wide.cutoff.value()));
    CHECK_THROWS_AS(fit(family, std::vector<double>{1, std::numeric_limits<double>::infinity()}), plimsoll::DataError);
  }
  const std::vector<double> zero{0, 1, 2, 3, 4, 5};
  CHECK(fit(MixtureFamily::gamma, zero).status == FitStatus::not_applicable);
  CHECK(fit(MixtureFamily::log_normal, zero).note == "there are scores of 0 and below, which the family cannot have");
  // In units of the median one is 0, or infinite.
  for (const MixtureFamily family : {MixtureFamily::log_normal, MixtureFamily::gamma}) {
    const std::vector<double> far_down{1e-320, 1e299, 1.1e299, 1.2e299, 1.3e299, 1.4e299, 1.5e299};
    const std::vector<double> far_up{1e-300, 1.1e-300, 1.2e-300, 1.3e-300, 1.4e-300, 1.5e-300, 1e299};
    for (const std::vector<double>& scores : {far_down, far_up}) {
      CHECK(fit(family, scores).note == "the scores span more than the range of a double");
    }
  }
  CHECK(fit(MixtureFamily::normal, std::vector<double>{-1.7e308, 1.7e308, 1.6e308, 0, 1, 2, 3}).method == "mixture");
}

}  // namespace
