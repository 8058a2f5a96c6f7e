// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/log1p.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/math_policy.hpp"

/// \file
/// The regularised incomplete gamma functions P(k, w) and Q(k, w) = 1 - P(k, w), and their inverses in w. Boost.Math's,
/// but for large k, where those lose accuracy or do not end.

namespace plimsoll::stats {

namespace detail {

/// From this k on, Temme's expansion is used.
inline constexpr double large_gamma_shape = 1e5;

/// Q(k, w), or P(k, w) if `lower`, for large k by Temme's uniform expansion (NIST DLMF 8.12.3 to 8.12.12): with
/// u = w / k - 1 and eta^2 / 2 = u - log(1 + u), eta with the sign of u,
///   Q = erfc(eta sqrt(k / 2)) / 2 + exp(-k eta^2 / 2) / sqrt(2 pi k) (c0(eta) + c1(eta) / k + ...).
/// Where neither tail underflows, |eta| < 0.13; the terms left out are below 1e-15 of the result.
[[nodiscard]] inline double large_gamma_tail(double k, double w, bool lower) noexcept {
  const double u = (w - k) / k;
  if (std::abs(u) > 0.5) return (u < 0) == lower ? 0 : 1;  // the other tail is below exp(-9000)
  const double half_square = -boost::math::log1pmx(u, MathPolicy());
  const double exponent = k * half_square;
  const double eta = std::copysign(std::sqrt(2 * half_square), u);
  const double c0 =
      -1.0 / 3 +
      eta * (1.0 / 12 +
             eta * (-2.0 / 135 +
                    eta * (1.0 / 864 + eta * (1.0 / 2835 + eta * (-139.0 / 777600 +
                                                                  eta * (1.0 / 25515 - eta * (571.0 / 261273600)))))));
  const double c1 = -1.0 / 540 + eta * (-1.0 / 288 + eta * (1.0 / 378 - eta * (77.0 / 77760)));
  const double c2 = 25.0 / 6048 - eta * (139.0 / 51840);
  const double correction = std::exp(-exponent) / std::sqrt(2 * std::numbers::pi * k) * (c0 + (c1 + c2 / k) / k);
  const double sign = lower ? -1 : 1;
  return std::erfc(sign * std::copysign(std::sqrt(exponent), u)) / 2 + sign * correction;
}

/// w with large_gamma_tail(k, w, lower) = p, 0 < p < 1.
[[nodiscard]] inline double large_gamma_quantile(double k, double p, bool lower) noexcept {
  if (p > 0.5) {
    p = 1 - p;  // exact
    lower = !lower;
  }
  // The expansion of Cornish and Fisher, then Newton's method on the tail's logarithm, which is nearly quadratic.
  const double sign = lower ? -1 : 1;
  const double z = sign * std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, MathPolicy());
  const double root = std::sqrt(k);
  double w = k + z * root + (z * z - 1) / 3 + z * (z * z - 7) / (36 * root);
  for (int step = 0; step < 3; ++step) {
    const double tail = large_gamma_tail(k, w, lower);
    const double u = (w - k) / k;
    const double density = std::exp(k * boost::math::log1pmx(u, MathPolicy()) - 1 / (12 * k)) * root /
                           (std::sqrt(2 * std::numbers::pi) * w);
    w += sign * std::log(tail / p) * tail / density;
  }
  return w;
}

}  // namespace detail

/// P(k, w), k > 0, w >= 0: the share of the gamma distribution of shape k below w.
[[nodiscard]] inline double lower_gamma(double k, double w) noexcept {
  return k < detail::large_gamma_shape ? boost::math::gamma_p(k, w, MathPolicy())
                                       : detail::large_gamma_tail(k, w, true);
}

/// Q(k, w), k > 0, w >= 0: the share above w.
[[nodiscard]] inline double upper_gamma(double k, double w) noexcept {
  return k < detail::large_gamma_shape ? boost::math::gamma_q(k, w, MathPolicy())
                                       : detail::large_gamma_tail(k, w, false);
}

/// w with lower_gamma(k, w) = p, k > 0, p in [0, 1]. A p below the least normal double counts as that. NaN where
/// Boost.Math's root finder, which knows no policy, would throw; six million random arguments found no such place.
[[nodiscard]] inline double lower_gamma_quantile(double k, double p) noexcept {
  if (p <= 0) return 0;
  if (p >= 1) return std::numeric_limits<double>::infinity();
  p = std::max(p, std::numeric_limits<double>::min());
  if (k >= detail::large_gamma_shape) return detail::large_gamma_quantile(k, p, true);
  try {
    return boost::math::gamma_p_inv(k, p, MathPolicy());
  } catch (...) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

/// w with upper_gamma(k, w) = p; otherwise as lower_gamma_quantile.
[[nodiscard]] inline double upper_gamma_quantile(double k, double p) noexcept {
  if (p <= 0) return std::numeric_limits<double>::infinity();
  if (p >= 1) return 0;
  p = std::max(p, std::numeric_limits<double>::min());
  if (k >= detail::large_gamma_shape) return detail::large_gamma_quantile(k, p, false);
  try {
    return boost::math::gamma_q_inv(k, p, MathPolicy());
  } catch (...) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace plimsoll::stats
