// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// The largest number of each block of `block` >= 1 successive numbers of a series in time order; what is left over at
/// the end makes no block. What a generalised extreme value distribution is fitted to. O(n).
[[nodiscard]] inline std::vector<double> block_maxima(std::span<const double> series, std::size_t block) {
  std::vector<double> maxima;
  maxima.reserve(series.size() / block);
  for (std::size_t end = block; end <= series.size(); end += block) {
    maxima.push_back(std::ranges::max(series.subspan(end - block, block)));
  }
  return maxima;
}

}  // namespace plimsoll::stats
