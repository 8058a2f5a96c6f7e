// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll {

/// How many scores a score map counts for.
enum class MapReduction : std::uint8_t {
  every_pixel,  ///< as many scores as it has pixels, each with the label of its pixel
  maximum,      ///< one, its largest
  top_mean,     ///< one, the mean of its largest pixels; steadier than the maximum
};

/// How many pixels the top share of a map is: the least count whose share of the pixels is not below `share`,
/// which is in (0, 1]; pixels >= 1.
[[nodiscard]] inline std::size_t top_count(std::size_t pixels, double share) noexcept {
  const auto all = static_cast<double>(pixels);
  double count = std::max(1.0, std::ceil(share * all));
  if (count > 1 && (count - 1) / all >= share) --count;  // the product was rounded up past a whole number
  return std::min(pixels, static_cast<std::size_t>(count));
}

/// The one score that the pixels of a map count for by `maximum` or `top_mean`; NaN when one of them is, so that
/// such a map is anomalous. Reorders the pixels, of which there is at least one. The top is summed from the largest
/// pixel down, so that the score does not depend on their order.
[[nodiscard]] inline double reduce_pixels(std::vector<double>& pixels, MapReduction reduction, double top_share) {
  for (const double pixel : pixels) {
    if (pixel != pixel) return pixel;
  }
  if (reduction == MapReduction::maximum) return *std::ranges::max_element(pixels);
  const std::size_t count = top_count(pixels.size(), top_share);
  const auto end = pixels.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::nth_element(pixels, end - 1, std::greater<>());
  std::sort(pixels.begin(), end, std::greater<>());
  const auto divisor = static_cast<double>(count);
  double sum = 0;
  for (auto pixel = pixels.begin(); pixel != end; ++pixel) sum += *pixel;
  if (sum - sum == 0) return sum / divisor;
  sum = 0;  // the sum overflowed, which the mean of finite pixels cannot
  for (auto pixel = pixels.begin(); pixel != end; ++pixel) sum += *pixel / divisor;
  return sum;
}

}  // namespace plimsoll
