// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"

namespace plimsoll::stats {

/// What forbids to estimate two parameters from a sample, or else ok: fewer than two numbers, one that is not above
/// the known lower end of the support, no two different ones. `sorted` is ascending and finite.
[[nodiscard]] inline EstimateStatus sample_status(
    std::span<const double> sorted, double lower_end = -std::numeric_limits<double>::infinity()) noexcept {
  if (sorted.size() < 2) return EstimateStatus::too_few;
  if (!(sorted.front() > lower_end)) return EstimateStatus::out_of_support;
  if (sorted.front() == sorted.back()) return EstimateStatus::no_spread;
  return EstimateStatus::ok;
}

/// What an estimated scale says about the estimate: there is none where the scale rounds to 0 or is not finite.
[[nodiscard]] inline EstimateStatus scale_status(double scale) noexcept {
  if (scale == 0) return EstimateStatus::no_spread;
  return scale <= std::numeric_limits<double>::max() ? EstimateStatus::ok : EstimateStatus::out_of_support;
}

}  // namespace plimsoll::stats
