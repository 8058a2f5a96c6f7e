// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "plimsoll/decide/region.hpp"
#include "plimsoll/stats/order_statistics.hpp"

namespace plimsoll {

/// The area of the largest region; 0 without one.
[[nodiscard]] inline std::uint32_t largest_area(std::span<const Region> regions) noexcept {
  std::uint32_t largest = 0;
  for (const Region& region : regions) largest = std::max(largest, region.area);
  return largest;
}

/// The least MaskRule::minimum_area with which at most this share, in [0, 1), of the normal images keep a region, from
/// the largest_area() of each. At least 1. O(n) memory and time.
[[nodiscard]] inline std::uint32_t minimum_area(std::span<const std::uint32_t> largest_areas, double share) {
  const std::size_t may_keep = stats::share_count(largest_areas.size(), share);
  if (may_keep >= largest_areas.size()) return 1;
  std::vector<std::uint32_t> areas(largest_areas.begin(), largest_areas.end());
  const auto first_dropped = areas.begin() + static_cast<std::ptrdiff_t>(may_keep);
  std::ranges::nth_element(areas, first_dropped, std::greater<>());
  return std::max(*first_dropped, *first_dropped + 1);  // no area is above 2^32 - 1
}

}  // namespace plimsoll
