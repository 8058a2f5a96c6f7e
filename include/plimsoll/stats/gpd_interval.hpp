// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/local_maximum.hpp"
#include "plimsoll/stats/profile_interval.hpp"
#include "plimsoll/stats/reduced_variate.hpp"

/// \file
/// How uncertain a generalised Pareto distribution of the greatest likelihood is, and the levels that it gives: the
/// exceedance above which the share `ratio` of the exceedances lies, 0 < ratio < 1. With the tail's start added, that
/// is the level which a score passes with the probability ratio * exceedance share (a return level, Coles 2001, section
/// 4.3.3); the share is taken for known unless said. `sorted` as in gpd_fit.hpp. Nothing allocates.

namespace plimsoll::stats {

/// The level that a score passes with `tail_probability`, from the distribution of the exceedances over `start`, which
/// the share `exceedance_share` of the scores passes. 0 <= tail_probability <= exceedance_share; it is `start` from
/// there on, as nothing is known of what lies below.
[[nodiscard]] inline double gpd_upper_quantile(double start, const Gpd& family, double exceedance_share,
                                               double tail_probability) noexcept {
  return start + family.upper_quantile(std::min(tail_probability / exceedance_share, 1.0));
}

/// Standard errors of the parameters.
struct GpdErrors {
  double sigma;        ///< standard error of the scale, in the unit of the data
  double xi;           ///< standard error of the shape
  double correlation;  ///< of the two estimates; in (-1, 1)
};

namespace detail {

/// The mean log-likelihood of y / unit in (log(sigma / unit), xi). xi > -1.
[[nodiscard]] inline Curvature<2> gpd_curvature(std::span<const double> sorted, double unit, double log_sigma,
                                                double xi) noexcept {
  Curvature<2> sum;
  sum.value = -std::numeric_limits<double>::infinity();
  const double sigma = std::exp(log_sigma);
  if (!(xi > -1 && xi <= 1e3 && sigma > 0 && sigma + xi * (sorted.back() / unit) > 0)) return sum;
  sum.value = 0;
  for (const double x : sorted) {
    const ReducedDerivatives d(x / unit / sigma, xi);
    sum.value -= (1 + xi) * d.y;
    sum.gradient[0] -= 1 + (1 + xi) * d.log_sigma;
    sum.gradient[1] -= d.y + (1 + xi) * d.xi;
    sum.hessian[0][0] -= (1 + xi) * d.log_sigma_log_sigma;
    sum.hessian[1][0] -= d.log_sigma + (1 + xi) * d.log_sigma_xi;
    sum.hessian[1][1] -= 2 * d.xi + (1 + xi) * d.xi_xi;
  }
  const auto n = static_cast<double>(sorted.size());
  sum.value = sum.value / n - log_sigma;
  for (double& slope : sum.gradient) slope /= n;
  for (auto& row : sum.hessian) {
    for (double& bend : row) bend /= n;
  }
  return sum;
}

/// The profile likelihood of a generalised Pareto distribution around its maximum, in xi and in the level of a ratio.
class GpdDeviance {
 public:
  /// Roots up to `most_root` are of interest.
  GpdDeviance(std::span<const double> sorted, const Gpd& estimate, double most_root) noexcept
      : sorted_{sorted},
        most_root_{most_root},
        xi_{estimate.xi},
        log_sigma_{std::log(estimate.sigma / sorted.back())},
        value_{gpd_curvature(sorted, sorted.back(), log_sigma_, xi_).value} {}

  /// The root of the deviance of xi; NaN where there is none. Best called with an xi near that of the last call.
  [[nodiscard]] double at_xi(double xi) noexcept {
    if (xi <= -1) return root(0);  // sigma is then the greatest exceedance, which is the unit
    const auto function = [&](const Vector<1>& place) -> Curvature<1> {
      const Curvature<2> both = gpd_curvature(sorted_, sorted_.back(), place[0], xi);
      return {both.value, {both.gradient[0]}, {{{both.hessian[0][0]}}}};
    };
    const double start = xi < 0 ? std::max(log_sigma_, std::log(-1.01 * xi)) : log_sigma_;
    const Maximum<1> maximum = local_maximum<1>(function, {start});
    if (!maximum.converged) return std::numeric_limits<double>::quiet_NaN();
    const double found = root(maximum.curvature.value);
    if (found < most_root_) log_sigma_ = maximum.place[0];  // the next climb starts there
    return found;
  }

  /// The root of the deviance of the level `exp(log_level)` in units of the greatest exceedance, log_ratio < 0.
  [[nodiscard]] double at_level(double log_level, double log_ratio) noexcept {
    const double length = -log_ratio;
    const auto function = [&](const Vector<1>& place) -> Curvature<1> {
      const double xi = place[0];
      const ExponentialRatio ratio(xi * length);                 // level = sigma length ratio(xi length)
      const double slope = -length * ratio.slope / ratio.value;  // of log sigma in xi
      const double bend = slope * slope - length * length * ratio.bend / ratio.value;
      const Curvature<2> both = gpd_curvature(sorted_, sorted_.back(), log_level - std::log(length * ratio.value), xi);
      return {both.value,
              {both.gradient[1] + both.gradient[0] * slope},
              {{{both.hessian[1][1] + 2 * both.hessian[1][0] * slope + both.hessian[0][0] * slope * slope +
                 both.gradient[0] * bend}}}};
    };
    double start = xi_;
    // Where the level is below the greatest exceedance, xi must not be so low that the distribution ends below that.
    if (log_level < 0) start = std::max(start, 0.99 * std::log(-std::expm1(log_level)) / length);
    const Maximum<1> maximum = local_maximum<1>(function, {start});
    if (!maximum.converged) return std::numeric_limits<double>::quiet_NaN();
    const double found = root(maximum.curvature.value);
    if (found < most_root_) xi_ = maximum.place[0];  // the next climb starts there
    return found;
  }

 private:
  [[nodiscard]] double root(double value) const noexcept {
    return std::sqrt(2 * static_cast<double>(sorted_.size()) * std::max(value_ - value, 0.0));
  }

  std::span<const double> sorted_;
  double most_root_;
  double xi_;         ///< of the last level
  double log_sigma_;  ///< of the last xi
  double value_;
};

}  // namespace detail

/// The standard errors of a distribution of the greatest likelihood, by the information observed: the inverse of the
/// negated second derivatives of the log-likelihood, in closed form. nullopt for xi <= -1/2, where they do not describe
/// the error (Smith 1985, Biometrika 72(1), 67-90), or when `family` is at no maximum. O(n).
[[nodiscard]] inline std::optional<GpdErrors> gpd_errors(std::span<const double> sorted, const Gpd& family) noexcept {
  if (!(family.xi > -0.5) || sorted.empty()) return std::nullopt;
  // In log sigma, which at the maximum is the same up to the factor sigma.
  const detail::Matrix<2> bend = detail::gpd_curvature(sorted, family.sigma, 0, family.xi).hessian;
  const double determinant = bend[0][0] * bend[1][1] - bend[1][0] * bend[1][0];
  if (!(determinant > 0 && bend[0][0] < 0)) return std::nullopt;
  const auto n = static_cast<double>(sorted.size());
  return GpdErrors{family.sigma * std::sqrt(-bend[1][1] / determinant / n), std::sqrt(-bend[0][0] / determinant / n),
                   bend[1][0] / std::sqrt(bend[0][0] * bend[1][1])};
}

/// xi with its error to both sides (the delta method).
[[nodiscard]] inline Interval gpd_xi_delta(const Gpd& family, const GpdErrors& errors, double confidence) noexcept {
  const double reach = detail::two_sided_quantile(confidence) * errors.xi;
  return {family.xi - reach, family.xi + reach};
}

/// The standard error of the level of a ratio, by the delta method. 0 < ratio < 1. `share_error` is the standard error
/// of the exceedance share by that share itself, sqrt((1 - share) / (share n)) for one that was counted in n scores; 0
/// takes it for known.
[[nodiscard]] inline double gpd_level_error(const Gpd& family, const GpdErrors& errors, double ratio,
                                            double share_error = 0) noexcept {
  const double length = -std::log(ratio);
  const detail::ExponentialRatio scale(family.xi * length);
  const double by_sigma = length * scale.value * (errors.sigma / family.sigma);
  const double by_xi = length * length * scale.slope * errors.xi;
  const double by_share = std::exp(family.xi * length) * share_error;
  return family.sigma * std::sqrt(by_sigma * by_sigma + 2 * errors.correlation * by_sigma * by_xi + by_xi * by_xi +
                                  by_share * by_share);
}

/// The level of a ratio with its error to both sides (the delta method). Too short above for small ratios, where the
/// error is far from normal; gpd_level_profile knows better.
[[nodiscard]] inline Interval gpd_level_delta(const Gpd& family, const GpdErrors& errors, double ratio,
                                              double confidence, double share_error = 0) noexcept {
  const double level = family.upper_quantile(ratio);
  const double reach = detail::two_sided_quantile(confidence) * gpd_level_error(family, errors, ratio, share_error);
  return {level - reach, level + reach};
}

/// The profile likelihood interval of xi around the estimate of gpd_mle, within [-1, 100]; +inf for an upper end
/// further up. O(n), some hundred passes.
[[nodiscard]] inline ProfileInterval gpd_xi_profile(std::span<const double> sorted, const Estimate<Gpd>& mle,
                                                    double confidence) noexcept {
  if (!mle.ok()) return {.status = mle.status};
  const auto errors = gpd_errors(sorted, mle.family);
  return detail::xi_profile<detail::GpdDeviance>(sorted, mle.family, errors ? std::optional(errors->xi) : std::nullopt,
                                                 confidence);
}

namespace detail {

/// An end of the profile interval of a level: the upper one for sign = 1, the lower one for -1.
[[nodiscard]] inline double gpd_level_limit(std::span<const double> sorted, const Gpd& mle, double ratio, double root,
                                            int sign) noexcept {
  constexpr double furthest = 1500;  // e^1500 is as good as infinite
  // In units of the greatest exceedance, so that nothing overflows before the result.
  const double most = sorted.back();
  const Gpd unit{mle.sigma / most, mle.xi};
  const double level = unit.upper_quantile(ratio);
  auto errors = gpd_errors(sorted, mle);
  if (errors) errors->sigma /= most;
  const double step = errors ? std::min(root * gpd_level_error(unit, *errors, ratio) / level, 1.0) : 0.1;
  GpdDeviance deviance(sorted, mle, root);
  const auto fall = [&](double d) { return deviance.at_level(std::log(level) + sign * d, std::log(ratio)); };
  return most * (level * std::exp(sign * profile_limit(fall, root, step, furthest, false)));
}

}  // namespace detail

/// The profile likelihood interval of the level of a ratio around the estimate of gpd_mle. 0 < ratio < 1. The upper end
/// is +inf where the exceedances do not bound it at this confidence. O(n), some hundred passes.
[[nodiscard]] inline ProfileInterval gpd_level_profile(std::span<const double> sorted, const Estimate<Gpd>& mle,
                                                       double ratio, double confidence) noexcept {
  if (!mle.ok()) return {{0, std::numeric_limits<double>::infinity()}, mle.status};
  const double root = detail::two_sided_quantile(confidence);
  return {{detail::gpd_level_limit(sorted, mle.family, ratio, root, -1),
           detail::gpd_level_limit(sorted, mle.family, ratio, root, 1)}};
}

/// The upper bound by the profile likelihood that the level of a ratio stays below with this confidence, in (1/2, 1):
/// the upper end of the interval of confidence 2 confidence - 1. +inf where there is no estimate.
[[nodiscard]] inline double gpd_level_upper_bound(std::span<const double> sorted, const Estimate<Gpd>& mle,
                                                  double ratio, double confidence) noexcept {
  if (!mle.ok()) return std::numeric_limits<double>::infinity();
  return detail::gpd_level_limit(sorted, mle.family, ratio, detail::two_sided_quantile(2 * confidence - 1), 1);
}

}  // namespace plimsoll::stats
