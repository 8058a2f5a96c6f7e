// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/l_moments.hpp"
#include "plimsoll/stats/local_maximum.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/reduced_variate.hpp"
#include "plimsoll/stats/sample_status.hpp"
#include "plimsoll/stats/sample_unit.hpp"

/// \file
/// Estimators of the generalised extreme value distribution, from maxima of blocks: `sorted` is ascending and finite.
/// Nothing allocates.

namespace plimsoll::stats {

namespace detail {

/// What forbids to estimate a generalised extreme value distribution, or else ok: three parameters need three numbers.
[[nodiscard]] inline EstimateStatus gev_sample_status(std::span<const double> sorted) noexcept {
  return sorted.size() < 3 ? EstimateStatus::too_few : sample_status(sorted);
}

/// The xi < 1 whose distribution has the L-skewness t3 in (-1, 1); nullopt where rounding leaves none. The equation
/// (Hosking, Wallis and Wood 1985, Technometrics 27(3), 251-261, eq. 14)
///   t3 = 2 (3^xi - 1) / (2^xi - 1) - 3
/// rises in xi. As 1 < (3^xi - 1) / (2^xi - 1) < 1 + 2^xi for xi < 0, xi is above log2((1 + t3) / 2).
[[nodiscard]] inline std::optional<double> gev_shape_of_skewness(double t3) noexcept {
  constexpr double log_2 = std::numbers::ln2;
  const double log_3 = std::log(3.0);
  const double log_ratio = std::log(1.5);
  if (!(t3 > -1 && t3 < 1)) return std::nullopt;
  // (1 + t3) / 2 = (3^xi - 2^xi) / (2^xi - 1)
  const auto equation = [&](double xi) -> Tangent {
    const double excess =
        xi == 0 ? log_ratio / log_2 : std::exp2(xi) * std::expm1(xi * log_ratio) / std::expm1(xi * log_2);
    const double slope =
        std::abs(xi) < 1e-4 ? log_ratio / 2 : log_2 / std::expm1(-xi * log_2) - log_3 / std::expm1(-xi * log_3);
    return {excess - (1 + t3) / 2, (1 + excess) * slope};
  };
  const double least = std::log2((1 + t3) / 2);
  // Hosking, Wallis and Wood, eq. 15, right to 0.0009 for |t3| <= 1/2.
  const double c = 2 / (3 + t3) - log_2 / log_3;
  return newton(equation, least, 1.0, std::clamp(-c * (7.8590 + 2.9554 * c), least, 1.0), 1e-17);
}

}  // namespace detail

/// The generalised extreme value distribution with the sample's first three L-moments (Hosking, Wallis and Wood 1985),
/// xi < 1; n >= 3, useful from 10. O(n).
///
/// It may end or begin within the sample. It stays as it is, and its log-likelihood is -inf, else NaN.
/// `out_of_support` when the L-skewness is -1 or 1 (all but one number equal): no such distribution has that.
[[nodiscard]] inline Estimate<Gev> gev_l_moments(std::span<const double> sorted) noexcept {
  Estimate<Gev> estimate{.status = detail::gev_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const LMoments moments = l_moments(sorted);
  const auto shape = detail::gev_shape_of_skewness(moments.t3);
  if (!shape) {
    estimate.status = EstimateStatus::out_of_support;
    return estimate;
  }
  const double xi = *shape;
  // l2 = sigma gamma(1 - xi) (2^xi - 1) / xi, l1 = mu + sigma (gamma(1 - xi) - 1) / xi.
  const double gamma_less_1 = boost::math::tgamma1pm1(-xi, MathPolicy());
  const double l2 = (1 + gamma_less_1) * detail::from_reduced_variate(std::numbers::ln2, 1, xi);
  const double sigma = moments.l2 / l2;
  const double mean = xi == 0 ? std::numbers::egamma : gamma_less_1 / xi;
  estimate.family = {moments.l1 - sigma * mean, sigma, xi};
  estimate.status = sigma > 0 ? scale_status(sigma) : EstimateStatus::out_of_support;
  const double density_at_ends = estimate.family.log_pdf(sorted.front()) + estimate.family.log_pdf(sorted.back());
  if (density_at_ends == -std::numeric_limits<double>::infinity()) {
    estimate.log_likelihood = -std::numeric_limits<double>::infinity();
  }
  return estimate;
}

}  // namespace plimsoll::stats
