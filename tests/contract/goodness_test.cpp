// SPDX-License-Identifier: Apache-2.0
// Does the bootstrap test of a fit keep its level, and does it find a wrong family? By simulation, with exact binomial
// acceptance limits.
#include "plimsoll/stats/goodness_of_fit.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/gev_fit.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/stats/random.hpp"
#include "plimsoll/stats/weibull.hpp"

namespace {

using namespace plimsoll::stats;

constexpr std::size_t replicates = 99;
// Each interval below misses a true share once in 10^4 seeds.
constexpr double sure = 0.9999;

/// How many of `samples` samples of n numbers from `truth` have p <= 0.05, and how many p <= 0.5.
struct Rejections {
  std::size_t at_5_percent = 0;
  std::size_t at_50_percent = 0;
};

template <typename Truth, typename Fit>
Rejections simulate(const Truth& truth, const Fit& fit, GoodnessStatistic statistic, std::size_t n, std::size_t samples,
                    std::uint64_t seed) {
  Random random(seed);
  Rejections rejections;
  std::vector<double> x(n);
  for (std::size_t sample = 0; sample < samples; ++sample) {
    for (double& number : x) number = truth.upper_quantile(random.uniform());
    std::ranges::sort(x);
    const auto estimate = fit(std::span<const double>(x));
    REQUIRE(estimate.ok());
    const double p = bootstrap_goodness(std::span<const double>(x), estimate.family, fit, statistic, replicates,
                                        seed * 1000000 + sample)
                         .p_value;
    rejections.at_5_percent += p <= 0.05 ? 1 : 0;
    rejections.at_50_percent += p <= 0.5 ? 1 : 0;
  }
  return rejections;
}

const auto weibull_fit = [](std::span<const double> sorted) { return weibull_mle(sorted); };
const auto gamma_fit = [](std::span<const double> sorted) { return gamma_mle(sorted); };

template <typename Family, typename Fit>
void check_level(const Family& family, const Fit& fit, std::size_t n, std::size_t samples, std::uint64_t seed) {
  for (const GoodnessStatistic statistic : {GoodnessStatistic::anderson_darling, GoodnessStatistic::cramer_von_mises}) {
    INFO(Family::name << ", statistic " << static_cast<int>(statistic));
    const Rejections rejections = simulate(family, fit, statistic, n, samples, ++seed);
    for (const auto& [hits, level] :
         {std::pair(rejections.at_5_percent, 0.05), std::pair(rejections.at_50_percent, 0.5)}) {
      const Interval interval = proportion_interval(hits, samples, sure);
      CHECK(interval.lower <= level);
      CHECK(interval.upper >= level);
    }
  }
}

TEST_CASE("a sample of the family is rejected at the level that was asked for") {
  // The statistics do not depend on location and scale, nor on the Weibull's shape, which is the scale of the
  // logarithms. So the replicates are exactly like the sample, and of 100 ranks 5 lead to p <= 0.05.
  check_level(Normal{3, 2}, normal_mle, 25, 1000, 1);
  check_level(Gumbel{-5, 0.1}, gumbel_mle, 25, 1000, 3);
  check_level(Weibull{0.7, 30, 0}, weibull_fit, 25, 1000, 5);
  // The gamma's shape is estimated, so its level is near to that only; its quantiles are slow.
  check_level(Gamma{2, 30, 0}, gamma_fit, 20, 300, 7);
  // So is the shape of extreme-value distributions. Not with PWM and xi < 0: its fits may exclude the largest number,
  // and the test is then too mild.
  check_level(Gpd{2, 0.1}, gpd_mle, 100, 600, 9);
  check_level(Gpd{2, 0.3}, gpd_pwm, 100, 600, 21);
  check_level(Gev{5, 2, 0.1}, gev_l_moments, 50, 600, 23);
}

TEST_CASE("a sample of another family is rejected") {
  constexpr std::size_t samples = 500;
  const auto power = [](const auto& truth, const auto& fit, std::size_t n, std::uint64_t seed) {
    return simulate(truth, fit, GoodnessStatistic::anderson_darling, n, samples, seed).at_5_percent;
  };
  // SciPy, 200000 samples, with the statistic's exact 5 % point: 0.774. With 99 replicates the point is a random one,
  // which costs some hundredths.
  const Interval interval = proportion_interval(power(Weibull{1, 1, 0}, normal_mle, 20, 11), samples, sure);
  CHECK(interval.lower <= 0.774);
  CHECK(interval.upper >= 0.774 - 0.03);
  // Most samples of 100 normal numbers are no sample of maxima, and most of 50 with heavy tails no Weibull sample.
  CHECK(proportion_interval(power(Normal{}, gumbel_mle, 100, 12), samples, sure).lower > 0.5);
  CHECK(proportion_interval(power(Gumbel{5, 1}, weibull_fit, 100, 13), samples, sure).lower > 0.5);
}

}  // namespace
