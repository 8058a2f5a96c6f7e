// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/goodness_of_fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/log_normal.hpp"
#include "plimsoll/stats/logistic.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/stats/random.hpp"
#include "plimsoll/stats/weibull.hpp"

namespace {

using namespace plimsoll::stats;

constexpr double infinity = std::numeric_limits<double>::infinity();

const std::vector<double> sample{0.954, 2.082, 2.131, 2.493, 2.715, 2.937, 3.15,
                                 4.098, 4.683, 4.76,  5.828, 6.133, 6.76,  10.817};

template <typename Family>
double a2(const std::vector<double>& sorted, const Family& family) {
  return anderson_darling(std::span<const double>(sorted), family);
}

template <typename Family>
double w2(const std::vector<double>& sorted, const Family& family) {
  return cramer_von_mises(std::span<const double>(sorted), family);
}

TEST_CASE("seeded numbers are those of the standard's engine, in the middle of their cells") {
  // The 10000th of std::mt19937_64 with its own seed, 5489, is in the standard ([rand.predef]).
  constexpr std::uint64_t published = 9981545732273789042U;
  Random random(5489);
  for (int i = 1; i < 10000; ++i) static_cast<void>(random.uniform());
  const double uniform = random.uniform();
  // Its upper 52 bits, and half of the next.
  CHECK(uniform * 0x1p53 == static_cast<double>(2 * (published / 4096) + 1));
  Random again(5489);
  for (int i = 1; i < 10000; ++i) static_cast<void>(again.below(10));
  CHECK(again.below(1000) == static_cast<std::size_t>(uniform * 1000));
}

TEST_CASE("the statistics of given distributions") {
  // A^2: mpmath, 50 digits. W^2: the same, and SciPy's cramervonmises to its last digit. 1e-13: the sums' terms are
  // some ten times the result.
  const auto check = [](const auto& family, double expected_a2, double expected_w2) {
    CHECK(a2(sample, family) == Approx(expected_a2).epsilon(1e-13).margin(0));
    CHECK(w2(sample, family) == Approx(expected_w2).epsilon(1e-13).margin(0));
  };
  check(Normal{4, 2.5}, 0.433126689599365061, 0.0471670114375352072);
  check(Gumbel{3, 2}, 0.217914898005424928, 0.0297922248591624259);
  check(Logistic{4, 1.5}, 0.368743681115000803, 0.0475769910693480286);
  check(Weibull{1.75, 4.75, 0}, 0.249992598306923269, 0.0336609110762929688);
  check(Gamma{3, 1.5, 0}, 0.256398471938792961, 0.0427525420510623093);
  check(LogNormal{1.25, 0.5, 0}, 0.398765651793788535, 0.0489341831420507171);
  // SciPy's anderson takes the mean and the deviation with divisor n - 1.
  CHECK(a2(sample, Normal{4.252928571428572, 2.5474448575381965}) ==
        Approx(0.4859402596967257).epsilon(1e-13).margin(0));
}

TEST_CASE("tails far beyond 1e-16 count") {
  // mpmath, 400 and 800 digits. Both would be infinite with 1 - cdf, and wrong with log(cdf) near 1.
  CHECK(a2({-25, -0.5, 0.25, 1, 30}, Normal{}) == Approx(153.186716549091935).epsilon(1e-14).margin(0));
  CHECK(a2({-6, -0.5, 0.25, 1, 600}, Gumbel{}) == Approx(199.589045379727708).epsilon(1e-14).margin(0));
}

TEST_CASE("the statistics at their limits") {
  CHECK(a2({-0.5, 1, 2}, Weibull{}) == infinity);
  CHECK(a2({0, 1, 2}, Gamma{}) == infinity);
  CHECK(a2({0, 1, 40}, Normal{}) == infinity);  // upper tail 1e-350
  CHECK(std::isfinite(w2({-0.5, 1, 2}, Weibull{})));
  // At the quantiles (i - 1/2) / n the Cramer-von Mises statistic is its least, 1 / (12 n).
  std::vector<double> quantiles;
  for (const double p : {0.1, 0.3, 0.5, 0.7, 0.9}) quantiles.push_back(Logistic{}.lower_quantile(p));
  CHECK(w2(quantiles, Logistic{}) == Approx(1.0 / 60).epsilon(1e-14).margin(0));
  // One number at the median: -1 - log(1/2) - log(1/2).
  CHECK(a2({0}, Logistic{}) == Approx(2 * std::log(2) - 1).epsilon(1e-14).margin(0));
  CHECK(w2({0}, Logistic{}) == Approx(1.0 / 12).epsilon(1e-14).margin(0));
}

TEST_CASE("the statistics follow location, scale and direction") {
  std::vector<double> other = sample;
  for (double& x : other) x = 8 * x;
  CHECK(a2(other, Normal{32, 20}) == a2(sample, Normal{4, 2.5}));
  CHECK(w2(other, Gumbel{24, 16}) == w2(sample, Gumbel{3, 2}));
  std::vector<double> mirrored(sample.rbegin(), sample.rend());
  for (double& x : mirrored) x = -x;
  CHECK(a2(mirrored, Normal{-4, 2.5}) == Approx(a2(sample, Normal{4, 2.5})).epsilon(1e-13));
  CHECK(w2(mirrored, Logistic{-4, 2.5}) == Approx(w2(sample, Logistic{4, 2.5})).epsilon(1e-13));
}

TEST_CASE("Akaike's criterion") {
  CHECK(akaike(-10, 2) == 24);
  CHECK(akaike(-infinity, 3) == infinity);
}

/// Quantiles of the family at (i - 1/2) / n, bent until their statistic, with estimated parameters, is `target`.
template <typename Family, typename Fit>
std::vector<double> with_statistic(const Fit& fit, GoodnessStatistic statistic, double target, std::size_t n) {
  const auto bent = [&](double bend) {
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) {
      const double z = Family{}.lower_quantile((static_cast<double>(i) + 0.5) / static_cast<double>(n));
      x.push_back(z * std::exp(bend * z));
    }
    return x;
  };
  const auto value = [&](const std::vector<double>& x) {
    const Family family = fit(std::span<const double>(x)).family;
    return statistic == GoodnessStatistic::anderson_darling ? a2(x, family) : w2(x, family);
  };
  double low = 0;
  // z exp(bend z) ascends while 1 + bend z > 0.
  double high = 0.99 / -Family{}.lower_quantile(0.5 / static_cast<double>(n));
  for (int i = 0; i < 50; ++i) (value(bent((low + high) / 2)) < target ? low : high) = (low + high) / 2;
  REQUIRE(value(bent(low)) == Approx(target).epsilon(1e-9));
  return bent(low);
}

template <typename Family, typename Fit>
void check_level(const Fit& fit, GoodnessStatistic statistic, double critical, double level, std::uint64_t seed) {
  INFO(Family::name << ", statistic " << critical);
  constexpr std::size_t n = 100;
  constexpr std::size_t replicates = 2500;
  const auto x = with_statistic<Family>(fit, statistic, critical, n);
  const std::span<const double> sorted(x);
  const GoodnessOfFit goodness = bootstrap_goodness(sorted, fit(sorted).family, fit, statistic, replicates, seed);
  CHECK(goodness.statistic == Approx(critical).epsilon(1e-9));
  CHECK(goodness.replicates == replicates);
  const auto hits = static_cast<std::size_t>(std::llround(goodness.p_value * (replicates + 1))) - 1;
  // Misses a true level once in 10^4 seeds.
  const Interval interval = proportion_interval(hits, replicates, 0.9999);
  CHECK(interval.lower <= level);
  CHECK(interval.upper >= level);
}

TEST_CASE("p-values at published critical points") {
  // D'Agostino and Stephens (1986), "Goodness-of-Fit Techniques", tables 4.7 (normal), 4.17 (extreme value) and 4.22
  // (logistic), both parameters estimated; each with its modification for the sample's size, n = 100.
  const double n = 100;
  using enum GoodnessStatistic;
  const double normal_size = 1 + 0.75 / n + 2.25 / (n * n);
  check_level<Normal>(normal_mle, anderson_darling, 0.631 / normal_size, 0.10, 1);
  check_level<Normal>(normal_mle, anderson_darling, 0.752 / normal_size, 0.05, 2);
  check_level<Normal>(normal_mle, anderson_darling, 1.035 / normal_size, 0.01, 3);
  check_level<Normal>(normal_mle, cramer_von_mises, 0.126 / (1 + 0.5 / n), 0.05, 4);
  const double gumbel_size = 1 + 0.2 / std::sqrt(n);
  check_level<Gumbel>(gumbel_mle, anderson_darling, 0.474 / gumbel_size, 0.25, 5);
  check_level<Gumbel>(gumbel_mle, anderson_darling, 0.757 / gumbel_size, 0.05, 6);
  check_level<Gumbel>(gumbel_mle, cramer_von_mises, 0.124 / gumbel_size, 0.05, 7);
  check_level<Logistic>(logistic_mle, anderson_darling, 0.660 / (1 + 0.25 / n), 0.05, 8);
}

TEST_CASE("the bootstrap's rules") {
  const std::span<const double> sorted(sample);
  const Normal fitted = normal_mle(sorted).family;
  const auto p = [&](const auto& fit, std::size_t replicates, std::uint64_t seed) {
    return bootstrap_goodness(sorted, fitted, fit, GoodnessStatistic::anderson_darling, replicates, seed).p_value;
  };
  CHECK(p(normal_mle, 99, 7) == p(normal_mle, 99, 7));
  CHECK(p(normal_mle, 999, 7) != p(normal_mle, 999, 8));
  CHECK(p(normal_mle, 0, 7) == 1);
  // A fit that fails counts against rejection.
  const auto fails = [](std::span<const double>) { return Estimate<Normal>{}; };
  CHECK(p(fails, 99, 7) == 1);
  // A sample outside the support is beyond all replicates.
  const std::vector<double> outside{-1, 1, 2, 3, 4};
  const auto exponential = [](std::span<const double>) {
    return Estimate<Weibull>{.family = {}, .status = EstimateStatus::ok};
  };
  CHECK(bootstrap_goodness(std::span<const double>(outside), Weibull{}, exponential,
                           GoodnessStatistic::anderson_darling, 99, 7)
            .p_value == 0.01);
  // Replicates that overflow are not fitted.
  std::size_t fits = 0;
  const auto counting = [&](std::span<const double>) {
    ++fits;
    return Estimate<LogNormal>{};
  };
  CHECK(bootstrap_goodness(sorted, LogNormal{0, 1e6, 0}, counting, GoodnessStatistic::anderson_darling, 9, 7).p_value ==
        1);
  CHECK(fits == 0);
}

TEST_CASE("replicates whose statistic is the sample's count") {
  // All numbers lie where the fitted distributions are 1: the statistics are those of (1, 1, 1), all alike.
  const std::vector<double> sorted{1, 2, 3};
  const auto fit = [](std::span<const double>) {
    return Estimate<Normal>{.family = {-2e6, 1}, .status = EstimateStatus::ok};
  };
  const GoodnessOfFit test = bootstrap_goodness(std::span<const double>(sorted), Normal{-1e6, 1}, fit,
                                                GoodnessStatistic::cramer_von_mises, 9, 1);
  CHECK(test.p_value == 1);
  CHECK(test.statistic == Approx(35.0 / 36 + 1.0 / 36).epsilon(1e-15));  // (5/6)^2 + (1/2)^2 + (1/6)^2 + 1/36
}

TEST_CASE("replicates are ascending, and no longer than the sample or the limit") {
  for (const std::size_t n : {std::size_t{2}, std::size_t{30}, 3 * most_replicate_size}) {
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) x.push_back(static_cast<double>(i) + 1);
    std::size_t replicates = 0;
    const auto fit = [&](std::span<const double> sorted) {
      ++replicates;
      CHECK(sorted.size() == std::min(n, most_replicate_size));
      CHECK(std::ranges::is_sorted(sorted));
      return Estimate<Gamma>{.family = {0.3, 2, 0}, .status = EstimateStatus::ok};
    };
    (void)bootstrap_goodness(std::span<const double>(x), Gamma{0.3, 2, 0}, fit, GoodnessStatistic::cramer_von_mises, 5,
                             1);
    CHECK(replicates == 5);
  }
}

}  // namespace
