// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "plimsoll/core/config.hpp"

/// \file
/// The transform that extreme-value distributions share, smooth through xi = 0, where it is d / sigma.

namespace plimsoll::stats::detail {

/// y = log(1 + xi d / sigma) / xi, sigma > 0. +inf at and beyond the upper end -sigma / xi (xi < 0), -inf at and below
/// the lower end (xi > 0).
[[nodiscard]] inline double reduced_variate(double d, double sigma, double xi) noexcept {
  const double z = d / sigma;
  if (xi == 0) return z;
  const double t = xi * z;
  if (t == 0) return z;
  if (t <= -0.5) {  // near the end: 1 + t with a single rounding
    const double left = std::fma(xi, d, sigma) / sigma;
    if (left <= 0) return std::copysign(std::numeric_limits<double>::infinity(), -xi);
    return std::log(left) / xi;
  }
  if (t > 1e300) {  // d / sigma may have overflowed
    const double log_t = std::log(std::abs(xi)) + std::log(std::abs(d)) - std::log(sigma);
    return (log_t > 40 ? log_t : std::log1p(std::exp(log_t))) / xi;
  }
  return z * (std::log1p(t) / t);
}

/// The inverse: sigma (exp(xi y) - 1) / xi; the ends of the support for y = +-inf.
[[nodiscard]] inline double from_reduced_variate(double y, double sigma, double xi) noexcept {
  if (std::isinf(y)) return (y > 0) == (xi < 0) && xi != 0 ? -sigma / xi : y;
  const double s = xi * y;
  if (s == 0) return sigma * y;
  if (s > 700)
    return sigma * std::exp(s / 2) / xi * std::exp(s / 2);  // exp(s) may overflow where sigma exp(s) does not
  return sigma * (y * (std::expm1(s) / s));
}

}  // namespace plimsoll::stats::detail
