// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/gev_fit.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/local_maximum.hpp"
#include "plimsoll/stats/profile_interval.hpp"
#include "plimsoll/stats/reduced_variate.hpp"
#include "plimsoll/stats/sample_unit.hpp"

/// \file
/// How uncertain a generalised extreme value distribution of the greatest likelihood is, and its upper quantiles: the
/// level that a block's maximum passes with probability p, 0 < p < 1 (the return level of 1 / p blocks, Coles 2001,
/// section 3.3.3). `sorted` as in gev_fit.hpp. Nothing allocates.

namespace plimsoll::stats {

/// Standard errors of the parameters and their correlations.
struct GevErrors {
  double mu;        ///< standard error of the location, in the unit of the data
  double sigma;     ///< of the scale, likewise
  double xi;        ///< of the shape
  double mu_sigma;  ///< correlation
  double mu_xi;     ///< correlation
  double sigma_xi;  ///< correlation
};

/// The standard errors of a distribution of the greatest likelihood, by the information observed: the inverse of the
/// negated second derivatives of the log-likelihood, in closed form. nullopt for xi <= -1/2, where they do not describe
/// the error (Smith 1985, Biometrika 72(1), 67-90), or when `family` is at no maximum. O(n).
[[nodiscard]] inline std::optional<GevErrors> gev_errors(std::span<const double> sorted, const Gev& family) noexcept {
  if (!(family.xi > -0.5) || sorted.empty()) return std::nullopt;
  const SampleUnit unit(sorted);
  const double length = unit.length(1);
  // In log sigma, which at the maximum is the same up to the factor sigma.
  detail::Matrix<3> information =
      detail::gev_curvature(sorted, unit, {unit(family.mu), std::log(family.sigma / length), family.xi}).hessian;
  const auto n = static_cast<double>(sorted.size());
  for (auto& row : information) {
    for (double& bend : row) bend *= -n;
  }
  detail::Matrix<3> covariance{};
  for (std::size_t i = 0; i < 3; ++i) {
    detail::Vector<3> axis{};
    axis[i] = 1;
    const auto column = detail::solve_positive<3>(information, axis);
    if (!column) return std::nullopt;
    covariance[i] = *column;
  }
  const double mu = std::sqrt(covariance[0][0]);
  const double sigma = std::sqrt(covariance[1][1]);
  const double xi = std::sqrt(covariance[2][2]);
  return GevErrors{mu * length,
                   sigma * family.sigma,
                   xi,
                   covariance[1][0] / (mu * sigma),
                   covariance[2][0] / (mu * xi),
                   covariance[2][1] / (sigma * xi)};
}

/// xi with its error to both sides (the delta method).
[[nodiscard]] inline Interval gev_xi_delta(const Gev& family, const GevErrors& errors, double confidence) noexcept {
  const double reach = detail::two_sided_quantile(confidence) * errors.xi;
  return {family.xi - reach, family.xi + reach};
}

/// The standard error of upper_quantile(p), by the delta method. 0 < p < 1.
[[nodiscard]] inline double gev_level_error(const Gev& family, const GevErrors& errors, double p) noexcept {
  const double y = -std::log(-std::log1p(-p));
  const detail::ExponentialRatio scale(family.xi * y);
  const double by_mu = errors.mu / family.sigma;
  const double by_sigma = y * scale.value * (errors.sigma / family.sigma);
  const double by_xi = y * y * scale.slope * errors.xi;
  return family.sigma * std::sqrt(by_mu * by_mu + by_sigma * by_sigma + by_xi * by_xi +
                                  2 * (errors.mu_sigma * by_mu * by_sigma + errors.mu_xi * by_mu * by_xi +
                                       errors.sigma_xi * by_sigma * by_xi));
}

/// upper_quantile(p) with its error to both sides (the delta method). Too short above for small p, where the error is
/// far from normal; gev_level_profile knows better.
[[nodiscard]] inline Interval gev_level_delta(const Gev& family, const GevErrors& errors, double p,
                                              double confidence) noexcept {
  const double level = family.upper_quantile(p);
  const double reach = detail::two_sided_quantile(confidence) * gev_level_error(family, errors, p);
  return {level - reach, level + reach};
}

namespace detail {

/// The profile likelihood of a generalised extreme value distribution around its maximum, in xi and in a level, in the
/// sample's unit.
class GevDeviance {
 public:
  /// Roots up to `most_root` are of interest.
  GevDeviance(std::span<const double> sorted, const Gev& estimate, double most_root) noexcept
      : sorted_{sorted},
        most_root_{most_root},
        unit_{sorted},
        place_{unit_(estimate.mu), std::log(estimate.sigma / unit_.length(1)), estimate.xi},
        value_{gev_curvature(sorted, unit_, place_).value} {
    double sum = 0;
    for (const double x : sorted) sum += unit_(x);
    mean_ = sum / static_cast<double>(sorted.size());
  }

  [[nodiscard]] const SampleUnit& unit() const noexcept { return unit_; }

  /// The root of the deviance of xi; NaN where there is none. Best called with an xi near that of the last call.
  [[nodiscard]] double at_xi(double xi) noexcept {
    if (xi <= -1) return root(-std::log(unit_(sorted_.back()) - mean_) - 1);
    const auto function = [&](const Vector<2>& place) -> Curvature<2> {
      const Curvature<3> all = gev_curvature(sorted_, unit_, {place[0], place[1], xi});
      return {all.value,
              {all.gradient[0], all.gradient[1]},
              {{{all.hessian[0][0], 0}, {all.hessian[1][0], all.hessian[1][1]}}}};
    };
    // All numbers must lie within the support, with some room.
    const double outermost =
        std::max(xi * (place_[0] - unit_(sorted_.front())), xi * (place_[0] - unit_(sorted_.back())));
    const double log_sigma = outermost > 0 ? std::max(place_[1], std::log(1.05 * outermost)) : place_[1];
    const Maximum<2> maximum = local_maximum<2>(function, {place_[0], log_sigma});
    if (!maximum.converged) return std::numeric_limits<double>::quiet_NaN();
    return keep(maximum.curvature.value, {maximum.place[0], maximum.place[1], xi});
  }

  /// The root of the deviance of the level that is passed with probability 1 - exp(-exp(-y)).
  [[nodiscard]] double at_level(double level, double y) noexcept {
    // level = mu + sigma y ratio(xi y). Far from mu that gives sigma, which leaves mu free where the sample holds it;
    // near mu it gives mu.
    return std::abs(y) > 0.5 ? by_location(level, y) : by_scale(level, y);
  }

 private:
  [[nodiscard]] double root(double value) const noexcept {
    return std::sqrt(2 * static_cast<double>(sorted_.size()) * std::max(value_ - value, 0.0));
  }

  /// The root of the deviance at a maximum, where the next climb starts unless it is too far out.
  [[nodiscard]] double keep(double value, const Vector<3>& place) noexcept {
    const double found = root(value);
    if (found < most_root_) place_ = place;
    return found;
  }

  /// The log-likelihood along a curve in (mu, log sigma, xi) with two free parameters: `place` with its first
  /// derivatives in them, and its second ones.
  [[nodiscard]] Curvature<2> along(const Vector<3>& place, const std::array<Vector<3>, 2>& slopes,
                                   const std::array<std::array<Vector<3>, 2>, 2>& bends) const noexcept {
    const Curvature<3> all = gev_curvature(sorted_, unit_, place);
    Curvature<2> sum{.value = all.value};
    for (std::size_t a = 0; a < 2; ++a) {
      for (std::size_t i = 0; i < 3; ++i) {
        sum.gradient[a] += all.gradient[i] * slopes[a][i];
        for (std::size_t b = 0; b <= a; ++b) {
          sum.hessian[a][b] += all.gradient[i] * bends[a][b][i];
          for (std::size_t j = 0; j < 3; ++j) {
            sum.hessian[a][b] += all.hessian[std::max(i, j)][std::min(i, j)] * slopes[a][i] * slopes[b][j];
          }
        }
      }
    }
    return sum;
  }

  /// Over (log sigma, xi).
  [[nodiscard]] double by_scale(double level, double y) noexcept {
    const auto function = [&](const Vector<2>& free) {
      const auto [log_sigma, xi] = free;
      const ExponentialRatio ratio(xi * y);  // mu = level - sigma y ratio(xi y)
      const double length = std::exp(log_sigma) * y;
      const double value = -length * ratio.value;
      const double slope = -length * y * ratio.slope;
      const double bend = -length * y * y * ratio.bend;
      return along({level + value, log_sigma, xi}, {{{value, 1, 0}, {slope, 0, 1}}},
                   {{{{{value, 0, 0}, {}}}, {{{slope, 0, 0}, {bend, 0, 0}}}}});
    };
    const double xi = place_[2];
    // All numbers must lie within the support, with some room.
    const double shrunk = xi * std::exp(-xi * y);
    const double outermost =
        std::max(shrunk * (level - unit_(sorted_.front())), shrunk * (level - unit_(sorted_.back())));
    const double log_sigma = outermost > 0 ? std::max(place_[1], std::log(1.05 * outermost)) : place_[1];
    const Maximum<2> maximum = local_maximum<2>(function, {log_sigma, xi});
    if (!maximum.converged) return std::numeric_limits<double>::quiet_NaN();
    return keep(maximum.curvature.value,
                {level - std::exp(maximum.place[0]) * y * ExponentialRatio(maximum.place[1] * y).value,
                 maximum.place[0], maximum.place[1]});
  }

  /// Over (mu, xi), mu on that side of the level on which it belongs.
  [[nodiscard]] double by_location(double level, double y) noexcept {
    const auto log_sigma = [&](double mu, const ExponentialRatio& ratio) {
      return std::log((level - mu) / (y * ratio.value));  // NaN on the other side
    };
    const auto function = [&](const Vector<2>& free) {
      const auto [mu, xi] = free;
      const ExponentialRatio ratio(xi * y);
      const double by_mu = -1 / (level - mu);
      const double by_xi = -y * ratio.slope / ratio.value;
      const double by_xi_xi = by_xi * by_xi - y * y * ratio.bend / ratio.value;
      return along({mu, log_sigma(mu, ratio), xi}, {{{1, by_mu, 0}, {0, by_xi, 1}}},
                   {{{{{0, -by_mu * by_mu, 0}, {}}}, {{{}, {0, by_xi_xi, 0}}}}});
    };
    // From the last mu and xi, or else from the last sigma and xi; xi towards 0, for which every number is in the
    // support.
    const double kept_sigma = level - std::exp(place_[1]) * y * ExponentialRatio(place_[2] * y).value;
    Maximum<2> maximum;
    for (const double mu : {place_[0], kept_sigma}) {
      if (maximum.converged || !((level - mu) * y > 0)) continue;
      Vector<2> start{mu, place_[2]};
      while (!std::isfinite(function(start).value) && std::abs(start[1]) > 1e-3) start[1] *= 0.9;
      maximum = local_maximum<2>(function, start);
    }
    if (!maximum.converged) return std::numeric_limits<double>::quiet_NaN();
    const auto [last_mu, last_xi] = maximum.place;
    return keep(maximum.curvature.value, {last_mu, log_sigma(last_mu, ExponentialRatio(last_xi * y)), last_xi});
  }

  std::span<const double> sorted_;
  double most_root_;
  SampleUnit unit_;
  Vector<3> place_;  ///< of the last maximum that was kept
  double value_;
  double mean_ = 0;
};

}  // namespace detail

/// The profile likelihood interval of xi around the estimate of gev_mle, within [-1, 100]; +inf for an upper end
/// further up. O(n), some hundred passes.
[[nodiscard]] inline ProfileInterval gev_xi_profile(std::span<const double> sorted, const Estimate<Gev>& mle,
                                                    double confidence) noexcept {
  if (!mle.ok()) return {.status = mle.status};
  const auto errors = gev_errors(sorted, mle.family);
  return detail::xi_profile<detail::GevDeviance>(sorted, mle.family, errors ? std::optional(errors->xi) : std::nullopt,
                                                 confidence);
}

/// The profile likelihood interval of upper_quantile(p) around the estimate of gev_mle. 0 < p < 1. An end is infinite
/// where the maxima do not bound it at this confidence. O(n), some hundred passes.
[[nodiscard]] inline ProfileInterval gev_level_profile(std::span<const double> sorted, const Estimate<Gev>& mle,
                                                       double p, double confidence) noexcept {
  if (!mle.ok()) return {.status = mle.status};
  constexpr double furthest = 0x1p100;  // in units of sigma; as good as infinite
  const double root = detail::two_sided_quantile(confidence);
  const double y = -std::log(-std::log1p(-p));
  const auto errors = gev_errors(sorted, mle.family);
  const double step = errors ? root * gev_level_error(mle.family, *errors, p) / mle.family.sigma : 0.1;
  const double level = mle.family.upper_quantile(p);
  const auto limit = [&](int sign) {
    detail::GevDeviance deviance(sorted, mle.family, root);
    const SampleUnit& unit = deviance.unit();
    const double sigma = mle.family.sigma / unit.length(1);
    const auto fall = [&](double d) { return deviance.at_level(unit(level) + sign * d * sigma, y); };
    return sign * mle.family.sigma * detail::profile_limit(fall, root, step, furthest, false);
  };
  return {{level + limit(-1), level + limit(1)}};
}

}  // namespace plimsoll::stats
