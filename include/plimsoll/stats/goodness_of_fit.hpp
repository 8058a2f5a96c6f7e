// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/random.hpp"

/// \file
/// How well a distribution fits a sample. A family is any type with cdf(x), upper_tail(x) and upper_quantile(p).

namespace plimsoll::stats {

/// The Anderson-Darling statistic (Anderson and Darling 1954, J. Am. Statist. Assoc. 49, 765-769),
///   A^2 = -n - (1/n) sum (2i - 1) (log F(x(i)) + log(1 - F(x(n + 1 - i)))),
/// from whichever of cdf and upper tail is the smaller, so that both tails count to their last digit. Infinite when
/// one of the two is 0 at some number: outside the support, or where it is below all doubles. `sorted` is ascending,
/// not empty, finite. O(n).
template <typename Family>
[[nodiscard]] double anderson_darling(std::span<const double> sorted, const Family& family) noexcept {
  const auto n = static_cast<double>(sorted.size());
  CompensatedSum sum;
  double rank = 0;
  for (const double x : sorted) {
    rank += 1;
    const double below = family.cdf(x);
    const double above = family.upper_tail(x);
    if (below == 0 || above == 0) return std::numeric_limits<double>::infinity();
    const double log_below = below < above ? std::log(below) : std::log1p(-above);
    const double log_above = below < above ? std::log1p(-below) : std::log(above);
    sum += (2 * rank - 1) / n * log_below + (2 * (n - rank) + 1) / n * log_above + 1;
  }
  return -sum.value();
}

/// The Cramer-von Mises statistic, W^2 = 1 / (12 n) + sum (F(x(i)) - (2i - 1) / (2n))^2. Finite for numbers outside
/// the support too, which are worth at most 1 each. `sorted` is ascending, not empty, finite. O(n).
template <typename Family>
[[nodiscard]] double cramer_von_mises(std::span<const double> sorted, const Family& family) noexcept {
  const auto n = static_cast<double>(sorted.size());
  CompensatedSum sum;
  double rank = 0;
  for (const double x : sorted) {
    rank += 1;
    const double distance = family.cdf(x) - (2 * rank - 1) / (2 * n);
    sum += distance * distance;
  }
  return sum.value() + 1 / (12 * n);
}

/// Akaike's information criterion, 2 k - 2 log L (Akaike 1974, IEEE Trans. Autom. Control 19, 716-723); the lower
/// the better, among families fitted to the same sample.
[[nodiscard]] constexpr double akaike(double log_likelihood, std::size_t parameter_count) noexcept {
  return 2 * static_cast<double>(parameter_count) - 2 * log_likelihood;
}

/// Which distance of the sample's distribution function from the fitted one is tested.
enum class GoodnessStatistic : std::uint8_t {
  anderson_darling,  ///< A^2, which weighs the tails
  cramer_von_mises,  ///< W^2, which weighs all parts alike
};

/// A test of the hypothesis that a sample comes from a family.
struct GoodnessOfFit {
  double statistic;        ///< of the sample and the fitted distribution
  double p_value;          ///< in [1 / (replicates + 1), 1]
  std::size_t replicates;  ///< simulated samples behind the p-value
};

/// Replicates of bootstrap_goodness have at most so many numbers.
inline constexpr std::size_t most_replicate_size = 1000;

/// The parametric bootstrap of a statistic whose null distribution depends on the family, its shape, and that its
/// parameters were estimated (Stute, Gonzalez Manteiga and Presedo Quindimil 1993, Metrika 40, 243-256): samples of
/// `fitted` are drawn and fitted anew, and with b of them whose statistic is at least the sample's own,
///   p = (1 + b) / (replicates + 1)
/// (Davison and Hinkley 1997, "Bootstrap Methods and their Application", equation 4.11). A replicate that `fit` does
/// not fit, or that is not finite, counts into b, which makes p too large rather than too small.
///
/// `fitted` is fit(sorted).family and `fit` a function of ascending numbers that gives an Estimate. The same seed
/// gives the same p. Replicates have as many numbers as the sample, but at most most_replicate_size. The statistics'
/// distribution under the hypothesis hardly depends on n beyond: by simulation the 5 % point of A^2 moves by less than
/// 3 %, about the simulation's own error, from n = 100 to 4000 in all families here. Published corrections (D'Agostino
/// and Stephens 1986, tables 4.7, 4.17, 4.22) are 0.1 % for the normal and 0.6 % for the Gumbel at n = 1000. O(n +
/// replicates min(n, 1000)), mostly quantiles and the fit: less than 1 us a number, 5 to 10 us for gamma; one buffer.
template <typename Family, typename Fit>
[[nodiscard]] GoodnessOfFit bootstrap_goodness(std::span<const double> sorted, const Family& fitted, const Fit& fit,
                                               GoodnessStatistic statistic, std::size_t replicates,
                                               std::uint64_t seed) {
  const auto statistic_of = [statistic](std::span<const double> sample, const Family& family) {
    return statistic == GoodnessStatistic::anderson_darling ? anderson_darling(sample, family)
                                                            : cramer_von_mises(sample, family);
  };
  const double observed = statistic_of(sorted, fitted);
  Random random(seed);
  std::vector<double> sample(std::min(sorted.size(), most_replicate_size));
  std::size_t at_least = 0;
  for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
    for (double& x : sample) x = random.uniform();
    std::ranges::sort(sample, std::greater<>());
    double last = -std::numeric_limits<double>::infinity();
    for (double& x : sample) {
      x = last = std::max(last, fitted.upper_quantile(x));  // in order whatever the quantile's last bit
    }
    bool exceeds = true;
    if (std::isfinite(sample.front()) && std::isfinite(sample.back())) {
      const auto estimate = fit(std::span<const double>(sample));
      exceeds = !estimate.ok() || !(statistic_of(sample, estimate.family) < observed);
    }
    at_least += exceeds ? 1 : 0;
  }
  return {observed, static_cast<double>(at_least + 1) / static_cast<double>(replicates + 1), replicates};
}

}  // namespace plimsoll::stats
