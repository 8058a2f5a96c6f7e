// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace plimsoll {

/// How many scores a score map counts for.
enum class MapReduction : std::uint8_t {
  every_pixel,  ///< as many scores as it has pixels, each with the label of its pixel
  maximum,      ///< one, its largest
  top_mean,     ///< one, the mean of its largest pixels; steadier than the maximum
};

/// How many pixels the top share of a map is: ceil(share * pixels), at least 1. `share` in (0, 1].
[[nodiscard]] inline std::size_t top_count(std::size_t pixels, double share) noexcept {
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(pixels)));
  return std::clamp<std::size_t>(count, 1, pixels);
}

/// Mean of the `count` largest of the scores, which it reorders; 1 <= count <= scores.size(). Summed from the
/// largest down, so that it does not depend on the order of the pixels.
[[nodiscard]] inline double top_mean(std::vector<double>& scores, std::size_t count) {
  const auto end = scores.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::nth_element(scores, end - 1, std::greater<>());
  std::sort(scores.begin(), end, std::greater<>());
  double sum = 0;
  for (auto score = scores.begin(); score != end; ++score) sum += *score;
  return sum / static_cast<double>(count);
}

}  // namespace plimsoll
