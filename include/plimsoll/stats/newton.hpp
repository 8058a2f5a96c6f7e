// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// A function's value and slope at some point.
struct Tangent {
  double value;  ///< of the function
  double slope;  ///< its derivative
};

/// The root in [lower, upper] of a continuous function that is below 0 to the left of it and above 0 to the right,
/// by Newton's method, which starts at `start` in there. Every evaluation narrows the bracket; a step that leaves it,
/// or that is not at most half the step before the last, gives way to the bracket's middle. So it ends, unless slopes
/// are given as too steep, at the root, to some 2^-51 of it or to where the function's rounding hides its sign, or
/// after a step of Newton's of at most `resolution`, which leaves about the square of that. nullopt where the function
/// is NaN. `tangent(x)` gives a Tangent.
template <typename Function>
[[nodiscard]] std::optional<double> newton(const Function& tangent, double lower, double upper, double start,
                                           double resolution = 0) {
  constexpr int most_steps = 2200;  // no bracket of doubles can be halved more often
  double x = start;
  double last_step = upper - lower;
  double step_before = last_step;
  for (int i = 0; i < most_steps; ++i) {
    const Tangent at = tangent(x);
    if (std::isnan(at.value)) return std::nullopt;
    if (at.value == 0) return x;
    (at.value < 0 ? lower : upper) = x;
    double next = x - at.value / at.slope;
    // Negated, so that a NaN from a slope of 0 is refused too.
    const bool refused = !(next >= lower && next <= upper && 2 * std::abs(next - x) <= std::abs(step_before));
    if (refused) next = lower + (upper - lower) / 2;
    step_before = last_step;
    last_step = next - x;
    x = next;
    const double least_step = 2 * std::numeric_limits<double>::epsilon() * std::abs(x);
    if (std::abs(last_step) <= (refused ? least_step : std::max(resolution, least_step))) return x;
  }
  return std::nullopt;
}

}  // namespace plimsoll::stats
