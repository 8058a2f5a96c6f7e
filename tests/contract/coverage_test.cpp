// SPDX-License-Identifier: Apache-2.0
// Are the promises of QuantileThreshold kept? By simulation, with exact binomial acceptance limits.
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::QuantileThreshold;
using plimsoll::test::Random;

/// A distribution of scores: how to draw one, and the exact share of scores that a cutoff flags, P(score >= c).
struct Distribution {
  std::string name;
  std::function<double(Random&)> draw;
  std::function<double(double)> flagged;
  bool continuous;
};

const std::vector<Distribution> distributions{
    {"uniform", [](Random& random) { return random.uniform(); }, [](double c) { return 1 - c; }, true},
    {"exponential", [](Random& random) { return random.exponential(); }, [](double c) { return std::exp(-c); }, true},
    {"normal", [](Random& random) { return random.normal(); },
     [](double c) { return std::erfc(c / std::sqrt(2.0)) / 2; }, true},
    {"Pareto, infinite mean", [](Random& random) { return 1 / random.uniform() - 1; },
     [](double c) { return 1 / (1 + c); }, true},
    {"geometric, heavy ties", [](Random& random) { return std::floor(random.exponential()); },
     [](double c) { return std::exp(-std::ceil(c)); }, false},
};

/// The share of `repetitions` calibration samples whose cutoff flags more than `rate` of all scores, and the mean
/// share that is flagged.
struct Outcome {
  std::size_t broken = 0;
  double mean_rate = 0;
  double mean_square = 0;
};

Outcome simulate(const Distribution& distribution, const plimsoll::QuantileParameters& parameters, std::size_t n,
                 std::size_t repetitions, std::uint64_t seed) {
  Random random(seed);
  Outcome outcome;
  for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
    std::vector<double> scores(n);
    for (double& score : scores) score = distribution.draw(random);
    QuantileThreshold threshold{parameters};
    threshold.update(scores);
    const double flagged = distribution.flagged(threshold.compute().cutoff.value());
    outcome.broken += flagged > parameters.false_alarm_rate ? 1 : 0;
    outcome.mean_rate += flagged / static_cast<double>(repetitions);
    outcome.mean_square += flagged * flagged / static_cast<double>(repetitions);
  }
  return outcome;
}

constexpr std::size_t repetitions = 4000;
// Each interval below misses a true rate once in 10^4 seeds.
constexpr double sure = 0.9999;

TEST_CASE("with a confidence, the rate is kept in that share of calibration samples") {
  std::uint64_t seed = 100;
  for (const Distribution& distribution : distributions) {
    for (const auto& [n, rate, confidence] :
         {std::tuple(std::size_t{20}, 0.15, 0.9), std::tuple(std::size_t{59}, 0.05, 0.95),
          std::tuple(std::size_t{300}, 0.05, 0.8), std::tuple(std::size_t{1000}, 0.01, 0.95)}) {
      INFO(distribution.name << ", n = " << n);
      const Outcome outcome =
          simulate(distribution, {.false_alarm_rate = rate, .confidence = confidence}, n, repetitions, ++seed);
      const auto interval = plimsoll::stats::proportion_interval(outcome.broken, repetitions, sure);
      CHECK(interval.lower <= 1 - confidence);
      if (distribution.continuous) {
        // The exact probability of a broken promise at the chosen rank, which is a little below 1 - confidence.
        const std::size_t rank = *plimsoll::stats::coverage_rank(n, rate, confidence);
        const double broken = 1 - plimsoll::stats::coverage_confidence(n, rank, rate);
        CHECK(interval.lower <= broken);
        CHECK(broken <= interval.upper);
      }
    }
  }
}

TEST_CASE("without one, the rate is kept on average, not in nearly every sample") {
  std::uint64_t seed = 200;
  for (const Distribution& distribution : distributions) {
    for (const std::size_t n : {19U, 60U, 300U}) {
      INFO(distribution.name << ", n = " << n);
      const Outcome outcome = simulate(distribution, {.false_alarm_rate = 0.05}, n, repetitions, ++seed);
      const double deviation = std::sqrt((outcome.mean_square - outcome.mean_rate * outcome.mean_rate) / repetitions);
      CHECK(outcome.mean_rate <= 0.05 + 4 * deviation);
      if (distribution.continuous) {
        // The expectation is exactly k / (n + 1).
        const double expected = std::floor(0.05 * static_cast<double>(n + 1)) / static_cast<double>(n + 1);
        CHECK(std::abs(outcome.mean_rate - expected) <= 4 * deviation);
        // The promise on average is broken in a large share of samples, so the test above would see it if the
        // confidence did nothing.
        CHECK(plimsoll::stats::proportion_interval(outcome.broken, repetitions, sure).lower > 0.2);
      }
    }
  }
}

TEST_CASE("with ties, the order statistic itself would break the promise") {
  // Why the cutoff is the next number above it: flagged at the order statistic, the geometric scores break the rate.
  const Distribution& geometric = distributions.back();
  Random random(300);
  double mean = 0;
  for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
    std::vector<double> scores(60);
    for (double& score : scores) score = geometric.draw(random);
    QuantileThreshold threshold{{.false_alarm_rate = 0.05}};
    threshold.update(scores);
    const double above = threshold.compute().cutoff.value();
    mean += geometric.flagged(std::nextafter(above, -1.0)) / repetitions;
  }
  CHECK(mean > 0.06);
}

}  // namespace
