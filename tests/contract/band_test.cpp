// SPDX-License-Identifier: Apache-2.0
// Does SimultaneousBand bound the rates of all thresholds at once? By simulation, with exact binomial acceptance
// limits.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/stats/simultaneous_band.hpp"
#include "random.hpp"

namespace {

using plimsoll::stats::SimultaneousBand;
using plimsoll::test::Random;

/// A distribution of scores: how to draw one, and the exact share of scores above t, P(score > t).
struct Distribution {
  std::string name;
  std::function<double(Random&)> draw;
  std::function<double(double)> above;
  bool continuous;
};

const std::vector<Distribution> distributions{
    {"uniform", [](Random& random) { return random.uniform(); }, [](double t) { return 1 - t; }, true},
    {"exponential", [](Random& random) { return random.exponential(); }, [](double t) { return std::exp(-t); }, true},
    {"normal", [](Random& random) { return random.normal(); },
     [](double t) { return std::erfc(t / std::sqrt(2.0)) / 2; }, true},
    {"Pareto, infinite mean", [](Random& random) { return 1 / random.uniform() - 1; },
     [](double t) { return 1 / (1 + t); }, true},
    {"geometric, heavy ties", [](Random& random) { return std::floor(random.exponential()); },
     [](double t) { return std::exp(-std::floor(t) - 1); }, false},
    {"coin", [](Random& random) { return random.uniform() < 0.3 ? 1.0 : 0.0; },
     [](double t) { return t < 1 ? 0.3 : 0.0; }, false},
};

constexpr std::size_t repetitions = 4000;
// Each interval below misses a true rate once in 10^4 seeds.
constexpr double sure = 0.9999;

/// In how many samples of bounds.size() scores no threshold, of all there are, has a rate above its bound.
std::size_t held(const Distribution& distribution, std::span<const double> bounds, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> scores(bounds.size());
  std::size_t count = 0;
  for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
    for (double& score : scores) score = distribution.draw(random);
    std::ranges::sort(scores);
    bool holds = true;
    // The rate is largest at the score itself among the thresholds with the same number of scores at or below them.
    for (std::size_t rank = 1; rank <= scores.size() && holds; ++rank) {
      if (rank < scores.size() && scores[rank] == scores[rank - 1]) continue;
      holds = distribution.above(scores[rank - 1]) <= bounds[rank - 1];
    }
    count += holds ? 1 : 0;
  }
  return count;
}

TEST_CASE("all thresholds keep their bounds at once in that share of samples") {
  std::uint64_t seed = 500;
  for (const auto& [n, confidence] : {std::pair(std::size_t{20}, 0.9), std::pair(std::size_t{100}, 0.95),
                                      std::pair(std::size_t{300}, 0.8), std::pair(std::size_t{1000}, 0.95)}) {
    const SimultaneousBand band(n, confidence);
    for (const Distribution& distribution : distributions) {
      INFO(distribution.name << ", n = " << n);
      const std::size_t hits = held(distribution, band.rate_bounds(), ++seed);
      const auto interval = plimsoll::stats::proportion_interval(hits, repetitions, sure);
      CHECK(confidence <= interval.upper);
      if (distribution.continuous) CHECK(interval.lower <= confidence);  // exact, not only safe
    }
  }
}

TEST_CASE("bounds that are kept one by one are not kept at once") {
  // What the test above would see if the level were not corrected for the number of thresholds.
  for (const std::size_t n : {20U, 1000U}) {
    const auto bounds = SimultaneousBand::local_bounds(n, 0.05);
    const auto interval =
        plimsoll::stats::proportion_interval(held(distributions[1], bounds, 600 + n), repetitions, sure);
    CHECK(interval.upper < 0.8);
    const double crossing = plimsoll::stats::crossing_probability(bounds);
    CHECK(interval.lower <= 1 - crossing);
    CHECK(1 - crossing <= interval.upper);
  }
}

TEST_CASE("the uniform band is kept at once too") {
  std::uint64_t seed = 700;
  for (const std::size_t n : {20U, 300U}) {
    const double distance = plimsoll::stats::kolmogorov_bound(n, 0.9);
    std::vector<double> bounds;
    for (std::size_t i = 1; i <= n; ++i) {
      bounds.push_back(static_cast<double>(n - i) / static_cast<double>(n) + distance);
    }
    for (const Distribution& distribution : distributions) {
      INFO(distribution.name << ", n = " << n);
      const std::size_t hits = held(distribution, bounds, ++seed);
      const auto interval = plimsoll::stats::proportion_interval(hits, repetitions, sure);
      CHECK(0.9 <= interval.upper);
      if (distribution.continuous) CHECK(interval.lower <= 0.9);
    }
  }
}

}  // namespace
