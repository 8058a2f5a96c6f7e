// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <string_view>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/l_moments.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/stats/sample_status.hpp"
#include "plimsoll/stats/sample_unit.hpp"

namespace plimsoll::stats {

/// The normal distribution, deviation > 0.
struct Normal {
  double mean = 0;       ///< mean, median and mode
  double deviation = 1;  ///< standard deviation, above 0

  static constexpr std::size_t parameter_count = 2;   ///< those that are fitted
  static constexpr std::string_view name = "normal";  ///< as in estimates and files

  /// The density at x.
  [[nodiscard]] double pdf(double x) const noexcept {
    const double z = standard(x);
    return std::exp(-z * z / 2) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2) / deviation;
  }

  /// log(pdf(x)), also where the density is below all doubles.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    const double z = standard(x);
    return -z * z / 2 - half_log_2_pi - std::log(deviation);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept { return std::erfc(-standard(x) / std::numbers::sqrt2) / 2; }

  /// 1 - cdf(x), without its cancellation.
  [[nodiscard]] double upper_tail(double x) const noexcept { return std::erfc(standard(x) / std::numbers::sqrt2) / 2; }

  /// x with cdf(x) = p, p in [0, 1]; infinite at 0 and 1.
  [[nodiscard]] double lower_quantile(double p) const noexcept { return mean - deviation * standard_quantile(p); }

  /// x with upper_tail(x) = p, p in [0, 1]; infinite at 0 and 1.
  [[nodiscard]] double upper_quantile(double p) const noexcept { return mean + deviation * standard_quantile(p); }

 private:
  static constexpr double half_log_2_pi = 0.91893853320467274178;

  [[nodiscard]] double standard(double x) const noexcept { return (x - mean) / deviation; }

  [[nodiscard]] static double standard_quantile(double upper) noexcept {
    return std::numbers::sqrt2 * boost::math::erfc_inv(2 * upper, MathPolicy());
  }
};

/// The normal distribution that makes the sample likeliest: its mean, and its standard deviation with divisor n.
/// `sorted` is ascending and finite. O(n).
[[nodiscard]] inline Estimate<Normal> normal_mle(std::span<const double> sorted) noexcept {
  Estimate<Normal> estimate{.status = sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const SampleUnit unit(sorted);
  const auto n = static_cast<double>(sorted.size());
  CompensatedSum sum;
  for (const double x : sorted) sum += unit(x);
  const double mean = sum.value() / n;
  CompensatedSum squares;
  for (const double x : sorted) squares += (unit(x) - mean) * (unit(x) - mean);
  estimate.family = {unit.number(mean), unit.length(std::sqrt(squares.value() / n))};
  estimate.status = scale_status(estimate.family.deviation);
  estimate.log_likelihood = n * (estimate.family.log_pdf(estimate.family.mean) - 0.5);
  return estimate;
}

/// The normal distribution with the sample's first two L-moments (Hosking 1990, table 1: deviation = sqrt(pi) l2).
/// `sorted` is ascending and finite. O(n).
[[nodiscard]] inline Estimate<Normal> normal_l_moments(std::span<const double> sorted) noexcept {
  Estimate<Normal> estimate{.status = sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const LMoments moments = l_moments(sorted);
  estimate.family = {moments.l1, moments.l2 / std::numbers::inv_sqrtpi};
  estimate.status = scale_status(estimate.family.deviation);
  return estimate;
}

}  // namespace plimsoll::stats
