// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/reduced_variate.hpp"

namespace plimsoll::stats {

/// The generalised extreme value distribution, the limit of the maxima of blocks: P(X <= x) = exp(-(1 + xi z)^(-1 /
/// xi)) with z = (x - mu) / sigma, exp(-exp(-z)) for xi = 0 (Coles 2001, An Introduction to Statistical Modeling of
/// Extreme Values, eq. 3.2). It begins (xi > 0) or ends (xi < 0) at mu - sigma / xi. sigma > 0. A NaN gives a NaN.
struct Gev {
  static constexpr std::size_t parameter_count = 3;  ///< those that are fitted
  static constexpr std::string_view name = "gev";    ///< as in estimates and files

  double mu = 0;     ///< location
  double sigma = 1;  ///< scale, in the unit of the data
  double xi = 0;     ///< shape; heavy tails have xi > 0

  /// The density at x, 0 outside of the support; at its end as log_pdf.
  [[nodiscard]] double pdf(double x) const noexcept {
    const double y = reduced(x);
    if (std::isinf(y)) return std::exp(log_pdf(x));
    return std::exp(-(1 + xi) * y - std::exp(-y)) / sigma;
  }

  /// At the upper end itself: -inf for xi > -1, -log sigma for xi = -1, +inf below.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    const double y = reduced(x);
    if (std::isinf(y)) {
      if (y < 0 || xi > -1 || std::fma(xi, x - mu, sigma) < 0) return -infinity;
      return xi == -1 ? -std::log(sigma) : infinity;
    }
    return -(1 + xi) * y - std::exp(-y) - std::log(sigma);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept { return std::exp(-std::exp(-reduced(x))); }

  /// 1 - cdf(x), to full relative precision.
  [[nodiscard]] double upper_tail(double x) const noexcept { return -std::expm1(-std::exp(-reduced(x))); }

  /// x with cdf(x) = p, p in [0, 1].
  [[nodiscard]] double lower_quantile(double p) const noexcept {
    return mu + detail::from_reduced_variate(-std::log(-std::log(p)), sigma, xi);
  }

  /// x with upper_tail(x) = p, p in [0, 1].
  [[nodiscard]] double upper_quantile(double p) const noexcept {
    return mu + detail::from_reduced_variate(-std::log(-std::log1p(-p)), sigma, xi);
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  [[nodiscard]] double reduced(double x) const noexcept { return detail::reduced_variate(x - mu, sigma, xi); }
};

}  // namespace plimsoll::stats
