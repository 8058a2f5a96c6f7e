// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// log(x / reference) for x = reference + difference, x and reference above 0 and finite, accurate where the two are
/// close and where their ratio would overflow or underflow. The same bits when all three are times a power of two.
[[nodiscard]] inline double log_ratio(double x, double reference, double difference) noexcept {
  const double relative = difference / reference;
  if (std::abs(relative) < 0.5) return std::log1p(relative);
  const double ratio = x / reference;
  if (ratio >= std::numeric_limits<double>::min() && ratio <= std::numeric_limits<double>::max()) {
    return std::log(ratio);
  }
  int above = 0;
  int below = 0;
  const double mantissas = std::frexp(x, &above) / std::frexp(reference, &below);
  return std::log(mantissas) + std::numbers::ln2 * (above - below);
}

}  // namespace plimsoll::stats
