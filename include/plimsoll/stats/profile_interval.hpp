// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/normal.hpp"

namespace plimsoll::stats {

/// A confidence interval by the likelihood: the values that the profile likelihood does not reject, around the
/// estimate. Its ends depend on the parametrisation only as the parameter itself does.
struct ProfileInterval {
  /// The values that are not rejected; all of them unless ok().
  Interval interval{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  /// `ok`, or that of the estimate, which then has no interval: it holds all values.
  EstimateStatus status = EstimateStatus::ok;

  /// Whether `interval` is an answer.
  [[nodiscard]] bool ok() const noexcept { return status == EstimateStatus::ok; }
};

namespace detail {

/// The normal quantile with the share `confidence` of the distribution between its negative and itself; squared it is
/// the quantile of chi-squared with one degree of freedom. confidence in (0, 1).
[[nodiscard]] inline double two_sided_quantile(double confidence) noexcept {
  return Normal{}.upper_quantile((1 - confidence) / 2);
}

/// How far a parameter goes from the estimate until the likelihood has fallen as far as `root`, the square root of a
/// deviance, allows. `fall(distance)` is the root of the deviance at that distance, NaN where no maximum over the other
/// parameters is found. `step` is a first guess of the distance. Where the fall is too small up to `furthest`, or up to
/// where it is NaN, the answer is +inf, or `furthest` when that is an end of the parameter's range (`closed`).
template <typename Fall>
[[nodiscard]] double profile_limit(const Fall& fall, double root, double step, double furthest, bool closed) noexcept {
  double near = 0;
  double near_fall = 0;
  double far = std::min(step, furthest);
  double far_fall = fall(far);
  while (far_fall < root) {
    if (far >= furthest) return closed ? furthest : std::numeric_limits<double>::infinity();
    near = far;
    near_fall = far_fall;
    far = std::min(2 * far, furthest);
    far_fall = fall(far);
  }
  // Between them: by the secant, which the nearly straight line of root deviances suits, and by halves where it is
  // slow.
  double near_weight = 1;
  double far_weight = 1;
  for (int i = 0; i < 100 && far - near > 0x1p-36 * far; ++i) {
    const double below = near_weight * (root - near_fall);
    const double above = far_weight * (far_fall - root);
    double share = below / (below + above);
    if (std::isnan(share) || i % 4 == 3) share = 0.5;
    const double middle = near + share * (far - near);
    if (!(middle > near && middle < far)) break;
    const double middle_fall = fall(middle);
    if (middle_fall < root) {
      near = middle;
      near_fall = middle_fall;
      near_weight = 1;
      far_weight /= 2;
    } else {
      far = middle;
      far_fall = middle_fall;
      far_weight = 1;
      near_weight /= 2;
    }
  }
  if (std::isnan(far_fall)) return closed ? furthest : std::numeric_limits<double>::infinity();
  return near + (far - near) / 2;
}

/// The profile likelihood interval of xi within [-1, 100] around the estimate; +inf for an upper end further up.
/// `error` is its standard error, if there is one.
template <typename Deviance, typename Family>
[[nodiscard]] ProfileInterval xi_profile(std::span<const double> sorted, const Family& mle, std::optional<double> error,
                                         double confidence) noexcept {
  const double root = two_sided_quantile(confidence);
  const double step = error ? root * *error : 0.1;
  Deviance down(sorted, mle, root);
  Deviance up(sorted, mle, root);
  const double furthest = mle.xi + 1;
  const double below = profile_limit([&](double d) { return down.at_xi(mle.xi - d); }, root, step, furthest, true);
  const double above = profile_limit([&](double d) { return up.at_xi(mle.xi + d); }, root, step, 100 - mle.xi, false);
  return {{below < furthest ? std::max(mle.xi - below, -1.0) : -1.0, mle.xi + above}};
}

}  // namespace detail

}  // namespace plimsoll::stats
