// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/local_maximum.hpp"
#include "plimsoll/stats/log_product.hpp"
#include "plimsoll/stats/reduced_variate.hpp"
#include "plimsoll/stats/sample_status.hpp"

/// \file
/// The generalised Pareto distribution of exceedances of which each was seen only because it was not above a bound.

namespace plimsoll::stats {

namespace detail {

/// The mean log-likelihood of y / unit in (log(sigma / unit), xi), each y truncated above at its bound: the mean of
/// log f(y) - log F(bound), F = 1 - exp(-Y) with the reduced variate Y of the bound. Less `penalty` xi^2 / 2. -inf
/// unless |xi| < 1 and sigma < 100 units. The spans have the same size; a bound is not below its y, and may be
/// infinite.
[[nodiscard]] inline Curvature<2> gpd_truncated_curvature(std::span<const double> exceedances,
                                                          std::span<const double> bounds, double unit, double log_sigma,
                                                          double xi, double penalty) noexcept {
  Curvature<2> sum;
  sum.value = -std::numeric_limits<double>::infinity();
  const double sigma = std::exp(log_sigma);
  if (!(std::abs(xi) < 1 && sigma > 0 && sigma < 100)) return sum;
  const GpdUnit greatest(unit);
  const double by_sigma = 1 / sigma;
  double value = 0;
  LogProduct odds_product;
  for (std::size_t i = 0; i < exceedances.size(); ++i) {
    const double z = greatest.share(exceedances[i]) * by_sigma;
    if (!(1 + xi * z > 0)) return sum;
    const ReducedDerivatives d(z, xi);
    value -= (1 + xi) * d.y;
    sum.gradient[0] -= 1 + (1 + xi) * d.log_sigma;
    sum.gradient[1] -= d.y + (1 + xi) * d.xi;
    sum.hessian[0][0] -= (1 + xi) * d.log_sigma_log_sigma;
    sum.hessian[1][0] -= d.log_sigma + (1 + xi) * d.log_sigma_xi;
    sum.hessian[1][1] -= 2 * d.xi + (1 + xi) * d.xi_xi;

    const double bound = greatest.share(bounds[i]) * by_sigma;
    if (!(1 + xi * bound > 0 && std::isfinite(bound))) continue;  // beyond the end, so that F is 1
    const ReducedDerivatives b(bound, xi);
    if (b.y > 40) continue;                                             // exp(-40) is below the rounding of the sum
    const double odds = b.y > 1 ? std::exp(b.y) - 1 : std::expm1(b.y);  // F / (1 - F)
    const double by_odds = 1 / std::max(odds, 0x1p-1000);               // wrong slopes below that, but no infinite ones
    const double by_log_sigma = b.log_sigma * by_odds;
    const double by_xi = b.xi * by_odds;
    value += b.y;  // log F = log odds - y
    if (odds < 0x1p-900) {
      value -= std::log(odds);  // a bound of 0 makes it +inf
    } else {
      odds_product.multiply(odds);
    }
    sum.gradient[0] -= by_log_sigma;
    sum.gradient[1] -= by_xi;
    sum.hessian[0][0] -= b.log_sigma_log_sigma * by_odds - by_log_sigma * by_log_sigma * (1 + odds);
    sum.hessian[1][0] -= b.log_sigma_xi * by_odds - by_log_sigma * by_xi * (1 + odds);
    sum.hessian[1][1] -= b.xi_xi * by_odds - by_xi * by_xi * (1 + odds);
  }
  const auto n = static_cast<double>(exceedances.size());
  value -= odds_product.log();
  sum.value = value / n - log_sigma - penalty * xi * xi / 2;
  for (double& slope : sum.gradient) slope /= n;
  for (auto& row : sum.hessian) {
    for (double& bend : row) bend /= n;
  }
  sum.gradient[1] -= penalty * xi;
  sum.hessian[1][1] -= penalty;
  return sum;
}

}  // namespace detail

/// The generalised Pareto distribution with |xi| < 1 that makes exceedances likeliest of which each could be seen only
/// up to its bound: a local maximum of the sum of log f(y) - log F(bound), from `start` or, where that leads nowhere,
/// from an exponential distribution. With infinite bounds the maximum of gpd_mle, if that is the nearest.
///
/// Bounds at a low quantile say little about xi. `xi_deviation` adds what is known of it beforehand, as a normal
/// density with mean 0 and this standard deviation; infinity adds nothing. It is not part of `log_likelihood`.
///
/// `exceedances`, in any order, are finite and not below 0; each has its bound, at the same place, which is not below
/// it and may be infinite. The order changes the last digits. `not_converged` when there is no such maximum, as may be
/// with many exceedances close to their bounds, to which sigma = infinity is the likeliest: sigma is kept below 100
/// times the greatest exceedance. O(n), some five passes from a good start. Nothing allocates.
[[nodiscard]] inline Estimate<Gpd> gpd_truncated_mle(
    std::span<const double> exceedances, std::span<const double> bounds, const Gpd& start,
    double xi_deviation = std::numeric_limits<double>::infinity()) noexcept {
  Estimate<Gpd> estimate;
  if (exceedances.size() < 2) {
    estimate.status = EstimateStatus::too_few;
    return estimate;
  }
  const auto [least, most] = std::ranges::minmax(exceedances);
  if (least < 0 || least == most) {
    estimate.status = least < 0 ? EstimateStatus::out_of_support : EstimateStatus::no_spread;
    return estimate;
  }
  const auto n = static_cast<double>(exceedances.size());
  const double unit = most;
  const double penalty = 1 / (xi_deviation * xi_deviation * n);
  const auto function = [&](const detail::Vector<2>& place) {
    return detail::gpd_truncated_curvature(exceedances, bounds, unit, place[0], place[1], penalty);
  };
  detail::Maximum<2> maximum = detail::local_maximum<2>(function, {std::log(start.sigma / unit), start.xi});
  if (!maximum.converged) {
    double mean = 0;
    for (const double y : exceedances) mean += y / unit / n;
    maximum = detail::local_maximum<2>(function, {std::log(mean), 0});
  }
  if (!maximum.converged) return estimate;
  const double xi = maximum.place[1];
  estimate.family = {unit * std::exp(maximum.place[0]), xi};
  estimate.log_likelihood = n * (maximum.curvature.value + penalty * xi * xi / 2 - std::log(unit));
  estimate.status = scale_status(estimate.family.sigma);
  return estimate;
}

}  // namespace plimsoll::stats
