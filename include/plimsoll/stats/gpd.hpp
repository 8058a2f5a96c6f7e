// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/reduced_variate.hpp"

namespace plimsoll::stats {

/// The generalised Pareto distribution of what exceeds the start of a tail: P(X > x) = (1 + xi x / sigma)^(-1 / xi) for
/// x >= 0, exp(-x / sigma) for xi = 0; with xi < 0 it ends at -sigma / xi (Coles 2001, An Introduction to Statistical
/// Modeling of Extreme Values, eq. 4.2). sigma > 0. A NaN gives a NaN.
struct Gpd {
  static constexpr std::size_t parameter_count = 2;  ///< those that are fitted
  static constexpr std::string_view name = "gpd";    ///< as in estimates and files

  double sigma = 1;  ///< scale, in the unit of the data
  double xi = 0;     ///< shape; heavy tails have xi > 0

  /// The density at x, 0 outside of the support; at its end as log_pdf.
  [[nodiscard]] double pdf(double x) const noexcept {
    const double y = reduced(x);
    if (x < 0 || std::isinf(y)) return std::exp(log_pdf(x));
    return std::exp(-(1 + xi) * y) / sigma;
  }

  /// At the upper end itself: -inf for xi > -1, -log sigma for xi = -1 (a uniform distribution), +inf below.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    if (x < 0) return -infinity;
    const double y = reduced(x);
    if (std::isinf(y)) {
      if (xi > -1 || std::fma(xi, x, sigma) < 0) return -infinity;
      return xi == -1 ? -std::log(sigma) : infinity;
    }
    return -(1 + xi) * y - std::log(sigma);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept { return x <= 0 ? 0 : -std::expm1(-reduced(x)); }

  /// 1 - cdf(x), to full relative precision.
  [[nodiscard]] double upper_tail(double x) const noexcept { return x <= 0 ? 1 : std::exp(-reduced(x)); }

  /// x with cdf(x) = p, p in [0, 1].
  [[nodiscard]] double lower_quantile(double p) const noexcept {
    return detail::from_reduced_variate(-std::log1p(-p), sigma, xi);
  }

  /// x with upper_tail(x) = p, p in [0, 1].
  [[nodiscard]] double upper_quantile(double p) const noexcept {
    return detail::from_reduced_variate(-std::log(p), sigma, xi);
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  [[nodiscard]] double reduced(double x) const noexcept { return detail::reduced_variate(x, sigma, xi); }
};

}  // namespace plimsoll::stats
