// SPDX-License-Identifier: Apache-2.0
// The cutoff of masks: its two branches against NumPy and SciPy, its bounds by simulation, and what it promises.
#include "plimsoll/thresholds/map_threshold.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/gev_threshold.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();

Fit fit(const std::vector<double>& maxima, const MapParameters& parameters = {}) {
  MapThreshold threshold(parameters);
  threshold.update(maxima);
  return threshold.compute();
}

/// i^1.5 for i = 1 .. n.
std::vector<double> powers(std::size_t n) {
  std::vector<double> scores;
  for (std::size_t i = 1; i <= n; ++i) scores.push_back(std::pow(static_cast<double>(i), 1.5));
  return scores;
}

std::vector<double> gev_sample(Random& random, const stats::Gev& gev, std::size_t n) {
  std::vector<double> sample(n);
  for (double& x : sample) x = gev.upper_quantile(random.uniform());
  std::ranges::sort(sample);
  return sample;
}

TEST_CASE("map: fewer than 50 images give the quantile of the distribution by L-moments") {
  // SciPy 1.10's brentq for the shape from NumPy's probability-weighted moments; 1e-10 as both sides cancel some
  // digits.
  const Fit result = fit(powers(40));
  CHECK(result.cutoff.value() == Approx(138.8051428565053).epsilon(1e-10));
  CHECK(result.estimates.at("mu") == Approx(69.63834737966926).epsilon(1e-9));
  CHECK(result.estimates.at("sigma") == Approx(70.27911000319679).epsilon(1e-9));
  CHECK(result.estimates.at("xi") == Approx(-0.09075319880132081).epsilon(1e-9));
  CHECK(to_string(result.promise) == "false alarms about 30 %, model-based, 40 normals");
  CHECK(result.note == "40 images: extreme value distribution by L-moments; from 50 on the empirical quantile");
  REQUIRE(result.interval);
  CHECK(result.interval->method == "parametric bootstrap");
  CHECK(result.interval->lower < result.cutoff.value());
  CHECK(result.interval->upper > result.cutoff.value());
  // And as gev has it.
  GevThreshold gev{{.false_alarm_rate = 0.3}};
  gev.update(powers(40));
  CHECK(gev.compute().cutoff == result.cutoff);
}

TEST_CASE("map: from 50 images on it is Hazen's quantile") {
  // numpy.percentile(x, 100 (1 - rate), method="hazen"), NumPy 1.24; both sides round two or three times.
  CHECK(fit(powers(50)).cutoff.value() == Approx(211.53139620424326).epsilon(1e-14));
  CHECK(fit(powers(60), {.false_alarm_rate = 0.05}).cutoff.value() == Approx(436.02770147526974).epsilon(1e-14));
  CHECK(fit(powers(40), {.quantile_from = 40}).cutoff.value() != fit(powers(40)).cutoff.value());
  const Fit result = fit(powers(60));
  CHECK(result.cutoff.value() == Approx(277.08048293905813).epsilon(1e-14));
  CHECK(result.note == "60 images: the empirical quantile, as from 50 on");
  REQUIRE(result.interval);
  CHECK(result.interval->method == "order statistics");
  // The binomial distribution with n = 60 and p = .7: P(X <= 34) = .0196 and P(X <= 35) = .0362; P(X <= 48) = .9705
  // and P(X <= 49) = .9861 (scipy.stats.binom), so x(35) and x(50).
  CHECK(result.interval->lower == powers(60)[35 - 1]);
  CHECK(result.interval->upper == powers(60)[50 - 1]);
}

TEST_CASE("map: the share of calibration images touched is within half an image of the rate") {
  Random random(4);
  for (const std::size_t n : {50U, 51U, 55U, 97U, 300U}) {
    std::vector<double> maxima(n);
    for (double& x : maxima) x = random.exponential();
    for (const double rate : {0.02, 0.1, 0.3, 0.5, 0.9}) {
      const Fit result = fit(maxima, {.false_alarm_rate = rate});
      const auto touched = static_cast<double>(std::ranges::count_if(maxima, result.cutoff));
      INFO(n << " images, rate " << rate);
      CHECK(std::abs(touched - static_cast<double>(n) * rate) <= 0.5 + 1e-9);
      // n + 1 - k of n + 1 exchangeable images lie above x(k), which all but the touched ones reach.
      CHECK(result.promise.guarantee == Guarantee::distribution_free);
      CHECK(result.promise.false_alarm_rate == Approx((touched + 1) / (static_cast<double>(n) + 1)).epsilon(1e-14));
    }
  }
}

TEST_CASE("map: tied maxima at the quantile pass") {
  std::vector<double> maxima(60, 1.0);
  maxima[3] = 2;
  const Fit result = fit(maxima);
  CHECK_FALSE(result.cutoff(1.0));
  CHECK(result.cutoff.value() == std::nextafter(1.0, 2.0));
  std::vector<float> floats(maxima.begin(), maxima.end());
  MapThreshold threshold;
  threshold.update(floats);
  CHECK(threshold.compute().cutoff.value() == static_cast<double>(std::nextafter(1.0F, 2.0F)));
  // The position 85 (1 - 0.3) + 0.5 is 60, which doubles have as 59.99999999999999: x(60) passes, with all tied there.
  std::vector<double> saturated(85, 100.0);
  for (std::size_t i = 0; i < 59; ++i) saturated[i] = static_cast<double>(i);
  CHECK(fit(saturated).cutoff.value() == std::nextafter(100.0, 101.0));
  CHECK(fit(saturated).promise.false_alarm_rate == Approx(26.0 / 86).epsilon(1e-14));
}

TEST_CASE("map: what Hazen's quantile promises on average is kept") {
  // For uniform maxima the true rate is 1 - cutoff. Its mean over samples is between (touched) / (n + 1) and what is
  // promised, by the expectation of order statistics; 4 standard errors of the mean of 4000.
  Random random(8);
  double sum = 0;
  double squares = 0;
  Promise promise;
  constexpr int samples = 4000;
  for (int i = 0; i < samples; ++i) {
    std::vector<double> maxima(53);
    for (double& x : maxima) x = random.uniform();
    const Fit result = fit(maxima);
    sum += 1 - result.cutoff.value();
    squares += (1 - result.cutoff.value()) * (1 - result.cutoff.value());
    promise = result.promise;
  }
  const double mean = sum / samples;
  const double error = std::sqrt((squares / samples - mean * mean) / samples);
  CHECK(promise.false_alarm_rate == Approx(17.0 / 54).epsilon(1e-14));  // position 37.6, k = 37
  // Position 37.6 lies at .6 between x(37) and x(38), whose expectations are 37/54 and 38/54.
  CHECK(std::abs(mean - 16.4 / 54) < 4 * error);
  CHECK(mean < promise.false_alarm_rate);
}

TEST_CASE("map: with a confidence and many images it is the order statistic that promises the rate") {
  // scipy.stats.binom: P(X <= 47) = .9432 and P(X <= 48) = .9705 for 60 trials of .7, so the 49th of 60.
  const Fit result = fit(powers(60), {.confidence = 0.95});
  CHECK(result.cutoff.value() == std::nextafter(powers(60)[49 - 1], infinity));
  CHECK(to_string(result.promise) == "false alarms <= 30 % with 95 % confidence, distribution-free, 60 normals");
  // 1 - .99^n >= .95 takes 299.
  const Fit few = fit(powers(60), {.false_alarm_rate = 0.01, .confidence = 0.95});
  CHECK(few.status == FitStatus::too_few_scores);
  CHECK_THAT(few.note, Catch::Matchers::Contains("needs 299 normal images, there are 60"));
  CHECK(few.promise.normals_needed == 299);
  CHECK(few.cutoff.value() == infinity);
}

TEST_CASE("map: the bootstrap's distances are those of an independent simulation") {
  // NumPy, 200,000 samples of 20 from the distribution with xi = .1, fitted by L-moments with an interpolated shape:
  // the quantiles of (fitted level - level) / l2 at a rate of .3. With 20,000 replicates the standard errors are .016,
  // .012, .007 and .009, a third of that for the 200,000; 4 of both.
  const stats::Gev truth{0, 1, 0.1};
  std::vector<double> sample;
  for (int i = 1; i <= 20; ++i) sample.push_back(truth.upper_quantile((i - 0.5) / 20));
  std::ranges::sort(sample);
  const stats::GevLevelBootstrap bootstrap(sample, truth, 0.3, 20000, 1);
  const double level = truth.upper_quantile(0.3);
  const double l2 = stats::l_moments(sample).l2;
  CHECK(std::abs((level - bootstrap.upper(0.95)) / l2 + 1.05138) < 0.05);
  CHECK(std::abs((level - bootstrap.upper(0.975)) / l2 + 1.29985) < 0.07);
  CHECK(std::abs((level - bootstrap.lower(0.95)) / l2 - 0.73532) < 0.03);
  CHECK(std::abs((level - bootstrap.lower(0.975)) / l2 - 0.87900) < 0.04);
  CHECK(bootstrap.interval(0.95).lower == bootstrap.lower(0.975));
  CHECK(bootstrap.interval(0.95).upper == bootstrap.upper(0.975));
}

TEST_CASE("map: too few replicates bound nothing") {
  const std::vector<double> sample = powers(20);
  const stats::Gev gev = stats::gev_l_moments(sample).family;
  // The first of 19 has 1 / 20 beyond it.
  const stats::GevLevelBootstrap bootstrap(sample, gev, 0.3, 19, 1);
  CHECK(std::isfinite(bootstrap.upper(0.95)));
  CHECK(bootstrap.upper(0.951) == infinity);
  CHECK(std::isfinite(bootstrap.lower(0.95)));
  CHECK(bootstrap.lower(0.951) == -infinity);
  const Fit result = fit(sample, {.confidence = 0.999, .replicates = 99});
  CHECK(result.status == FitStatus::not_converged);
  CHECK_THAT(result.note, Catch::Matchers::Contains("99 replicates are too few for 99.9 % confidence"));
  CHECK(fit(sample, {.confidence = 0.99, .replicates = 99}).ok());
}

TEST_CASE("map: the bound of few images holds about as often as it says") {
  // 600 samples of 10 from each distribution: the count has a standard deviation of 5.3 at .95. A bound by percentiles
  // of the simulated levels holds in .88 to .90 of them, 526 to 543, one by basic differences in .85 to .90.
  for (const double xi : {-0.2, 0.0, 0.2}) {
    const stats::Gev truth{3, 2, xi};
    Random random(17);
    const double level = truth.upper_quantile(0.3);
    int held = 0;
    for (int i = 0; i < 600; ++i) {
      const std::vector<double> sample = gev_sample(random, truth, 10);
      const Fit result = fit(sample, {.confidence = 0.95, .replicates = 199});
      REQUIRE(result.ok());
      held += result.cutoff.value() >= level ? 1 : 0;
    }
    INFO("xi = " << xi << ", held " << held);
    CHECK(held >= 552);  // .92
    CHECK(held <= 588);  // .98
  }
}

TEST_CASE("map: a bound at a rare rate does not promise its confidence") {
  const Fit kept = fit(powers(20), {.false_alarm_rate = 0.2, .confidence = 0.9});
  CHECK(kept.promise.confidence == 0.9);
  CHECK(kept.promise.guarantee == Guarantee::model_based);
  CHECK(kept.estimates.at("estimate") == fit(powers(20), {.false_alarm_rate = 0.2}).cutoff.value());
  CHECK(kept.cutoff.value() > kept.estimates.at("estimate"));
  const Fit rare = fit(powers(20), {.false_alarm_rate = 0.1, .confidence = 0.9});
  CHECK(std::isnan(rare.promise.confidence));
  CHECK_THAT(rare.note, Catch::Matchers::Contains("not promised"));
  CHECK(rare.cutoff.value() > rare.estimates.at("estimate"));
}

TEST_CASE("map: one number an image, whatever the resolution") {
  Random random(3);
  MapThreshold coarse;
  MapThreshold fine;
  for (int image = 0; image < 30; ++image) {
    std::vector<float> pixels(12);
    for (float& pixel : pixels) pixel = static_cast<float>(random.exponential());
    std::vector<float> doubled;  // every pixel four times
    for (std::size_t row = 0; row < 6; ++row) {
      for (std::size_t column = 0; column < 8; ++column) doubled.push_back(pixels[row / 2 * 4 + column / 2]);
    }
    coarse.update(ScoreMap(pixels.data(), 3, 4));
    fine.update(ScoreMap(doubled.data(), 6, 8));
  }
  CHECK(coarse.compute().normal_count == 30);
  CHECK(coarse.compute().cutoff == fine.compute().cutoff);
  CHECK_THROWS_WITH(MapThreshold({.input = {.map_reduction = MapReduction::every_pixel}}),
                    Catch::Matchers::StartsWith("map: map_reduction = every_pixel "));
  CHECK_NOTHROW(MapThreshold({.input = {.map_reduction = MapReduction::top_mean}}));
}

TEST_CASE("map: statuses") {
  CHECK(fit({}).status == FitStatus::too_few_scores);
  CHECK(fit({1, 2}).status == FitStatus::too_few_scores);
  CHECK(fit({1, 2, 4}).ok());
  CHECK(fit(std::vector<double>(20, 3.0)).status == FitStatus::no_spread);
  CHECK(fit(std::vector<double>(80, 3.0)).status == FitStatus::no_spread);
  std::vector<double> nearly(20, 3.0);
  nearly.back() = 4;
  CHECK(fit(nearly).status == FitStatus::not_applicable);
  CHECK(fit({}, {.quantile_from = 1}).status == FitStatus::too_few_scores);
  CHECK(fit({1, 2, 4}, {.quantile_from = 1}).ok());
  // Of 50 exchangeable images one more is the largest with probability 1/51: no smaller rate can be had of them.
  CHECK(fit(powers(50), {.false_alarm_rate = 1.0 / 51}).ok());
  const Fit rare = fit(powers(50), {.false_alarm_rate = 0.01});
  CHECK(rare.status == FitStatus::too_few_scores);
  CHECK(rare.note.find("needs 99 normal images, there are 50") != std::string::npos);
  CHECK(fit(powers(50), {.false_alarm_rate = 0.01, .quantile_from = 100}).ok());
  // The same seed gives the same bound, another one another.
  const auto bound = [](std::size_t seed) { return fit(powers(20), {.confidence = 0.9, .seed = seed}).cutoff; };
  CHECK(bound(5) == bound(5));
  CHECK_FALSE(bound(5) == bound(6));
  // Trimming drops the promise of either branch.
  CHECK(fit(powers(60), {.trim = 0.05}).promise.guarantee == Guarantee::none);
  CHECK(fit(powers(52), {.trim = 0.1}).note.starts_with("47 images: extreme value distribution"));
}

}  // namespace
