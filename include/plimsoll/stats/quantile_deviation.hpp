// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/log_normal.hpp"
#include "plimsoll/stats/logistic.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/profile_interval.hpp"
#include "plimsoll/stats/weibull.hpp"

namespace plimsoll::stats {

/// estimate -+ z deviation, z the normal quantile: the interval of the delta method.
[[nodiscard]] inline Interval normal_interval(double estimate, double deviation, double confidence) noexcept {
  const double half = detail::two_sided_quantile(confidence) * deviation;
  return {estimate - half, estimate + half};
}

namespace detail {
/// The standard deviation of a + b g from the covariance of the estimates of a and b, each n times.
[[nodiscard]] inline double line_deviation(double var_a, double var_b, double covariance, double g, std::size_t n) {
  return std::sqrt((var_a + g * (2 * covariance + g * var_b)) / static_cast<double>(n));
}
/// Of location + scale g for Gumbel's distribution by maximum likelihood, in units of scale: the inverse of the
/// expected information. With Euler's constant c: 1 + 6 (1 - c)^2 / pi^2, 6 / pi^2, 6 (1 - c) / pi^2 (Johnson, Kotz and
/// Balakrishnan 1995, Continuous Univariate Distributions 2, section 22.9.2).
[[nodiscard]] inline double gumbel_line_deviation(double g, std::size_t n) {
  constexpr double share = 6 / (std::numbers::pi * std::numbers::pi);
  constexpr double rest = 1 - std::numbers::egamma;
  return line_deviation(1 + share * rest * rest, share, share * rest, g, n);
}
}  // namespace detail

// quantile_deviation(family, rate, n): the standard deviation, for large n, of family.upper_quantile(rate) when the
// family was fitted to n numbers by maximum likelihood: the delta method with the expected information. rate in (0, 1).

/// Normal: deviation sqrt((1 + z^2 / 2) / n).
[[nodiscard]] inline double quantile_deviation(const Normal& family, double rate, std::size_t n) {
  return family.deviation * detail::line_deviation(1, 0.5, 0, Normal{}.upper_quantile(rate), n);
}

/// Log-normal, as the normal on logarithms.
[[nodiscard]] inline double quantile_deviation(const LogNormal& family, double rate, std::size_t n) {
  return (family.upper_quantile(rate) - family.location) * family.log_deviation *
         detail::line_deviation(1, 0.5, 0, Normal{}.upper_quantile(rate), n);
}

/// Logistic: the information of location and scale is 1 / (3 scale^2) and (3 + pi^2) / (9 scale^2).
[[nodiscard]] inline double quantile_deviation(const Logistic& family, double rate, std::size_t n) {
  return family.scale * detail::line_deviation(3, 9 / (3 + std::numbers::pi * std::numbers::pi), 0,
                                               Logistic{}.upper_quantile(rate), n);
}

/// Gumbel.
[[nodiscard]] inline double quantile_deviation(const Gumbel& family, double rate, std::size_t n) {
  return family.sigma * detail::gumbel_line_deviation(Gumbel{}.upper_quantile(rate), n);
}

/// Gumbel fitted by L-moments: the variances of mu and sigma are 1.1128 and 0.8046, their covariance is 0.2287, each
/// times sigma^2 / n (Phien 1987, Journal of Hydrology 90, 265-277).
[[nodiscard]] inline double quantile_deviation_by_l_moments(const Gumbel& family, double rate, std::size_t n) {
  return family.sigma * detail::line_deviation(1.1128, 0.8046, 0.2287, Gumbel{}.upper_quantile(rate), n);
}

/// Weibull: the negated logarithm has Gumbel's distribution with scale 1 / shape.
[[nodiscard]] inline double quantile_deviation(const Weibull& family, double rate, std::size_t n) {
  return (family.upper_quantile(rate) - family.location) / family.shape *
         detail::gumbel_line_deviation(Gumbel{}.lower_quantile(rate), n);
}

/// Gamma: the information of shape and scale is trigamma(shape), 1 / scale, shape / scale^2. How the quantile moves
/// with the shape is a central difference.
[[nodiscard]] inline double quantile_deviation(const Gamma& family, double rate, std::size_t n) {
  const double shape = family.shape;
  const double step = 1e-5 * shape;
  const double slope =
      (Gamma{shape + step}.upper_quantile(rate) - Gamma{shape - step}.upper_quantile(rate)) / (2 * step);
  const double unit = Gamma{shape}.upper_quantile(rate);
  const double trigamma = boost::math::trigamma(shape);
  const double determinant = shape * trigamma - 1;  // about 1 / (2 shape) for large ones: digits are lost from 1e8 on
  return family.scale * std::sqrt((slope * slope * shape - 2 * slope * unit + unit * unit * trigamma) / determinant /
                                  static_cast<double>(n));
}

}  // namespace plimsoll::stats
