// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "plimsoll/core/connectivity.hpp"
#include "plimsoll/decide/mask_rule.hpp"

namespace plimsoll::test {

/// A mask and what is done to masks, by the definitions, pixel by pixel: slow, and what tests compare with.
struct PixelMask {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<int> values;  ///< 0 or 1, row by row

  /// The connected pixels of this value by flooding, the parts in the order of their first pixels.
  [[nodiscard]] std::vector<std::vector<std::size_t>> parts(int value, Connectivity connectivity) const {
    std::vector<std::vector<std::size_t>> found;
    std::vector<bool> seen(values.size());
    for (std::size_t start = 0; start < values.size(); ++start) {
      if (values[start] != value || seen[start]) continue;
      std::vector<std::size_t> part{start};
      seen[start] = true;
      for (std::size_t i = 0; i < part.size(); ++i) {
        const std::size_t from = part[i];
        for_square(from, 1, 1, [&](std::size_t pixel) {
          const bool by_side = pixel / columns == from / columns || pixel % columns == from % columns;
          if (values[pixel] != value || seen[pixel] || (connectivity == Connectivity::four && !by_side)) return;
          seen[pixel] = true;
          part.push_back(pixel);
        });
      }
      found.push_back(part);
    }
    return found;
  }

  /// Pixels of this value that have another one in the square from `before` pixels before them to `after` behind
  /// become that. What is outside does not count.
  void erode(std::size_t before, std::size_t after, int value = 1) {
    const PixelMask was = *this;
    for (std::size_t pixel = 0; pixel < values.size(); ++pixel) {
      was.for_square(pixel, before, after, [&](std::size_t other) {
        if (was.values[other] != value) values[pixel] = 1 - value;
      });
    }
  }

  /// Parts of this value for which `keep(pixels)` does not hold become the other.
  template <typename Keep>
  void keep_parts(int value, Connectivity connectivity, const Keep& keep) {
    for (const auto& part : parts(value, connectivity)) {
      if (keep(part)) continue;
      for (const std::size_t pixel : part) values[pixel] = 1 - value;
    }
  }

  /// The mask of the map by the rule, step by step.
  template <typename T>
  [[nodiscard]] static PixelMask of(const std::vector<T>& scores, std::size_t rows, std::size_t columns,
                                    const MaskRule& rule) {
    const double high = rule.high.value();
    const double low = rule.low.value() <= high ? rule.low.value() : high;  // a NaN is no lower level
    const auto reaches = [&](std::size_t pixel, double level) { return !(static_cast<double>(scores[pixel]) < level); };
    PixelMask mask{rows, columns, {}};
    for (std::size_t pixel = 0; pixel < scores.size(); ++pixel) mask.values.push_back(reaches(pixel, low) ? 1 : 0);
    mask.keep_parts(1, rule.connectivity, [&](const auto& part) {
      return std::ranges::any_of(part, [&](std::size_t pixel) { return reaches(pixel, high); });
    });
    mask.erode(rule.erosion, rule.erosion, 1);
    mask.erode(rule.dilation, rule.dilation, 0);
    if (rule.fill_holes) {
      const auto other = rule.connectivity == Connectivity::four ? Connectivity::eight : Connectivity::four;
      mask.keep_parts(0, other, [&](const auto& part) {
        return std::ranges::any_of(part, [&](std::size_t pixel) {
          const std::size_t row = pixel / columns;
          const std::size_t column = pixel % columns;
          return row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
        });
      });
    }
    mask.keep_parts(1, rule.connectivity, [&](const auto& part) { return part.size() >= rule.minimum_area; });
    return mask;
  }

 private:
  /// Calls `take(pixel)` for those of the square that are inside.
  template <typename Take>
  void for_square(std::size_t pixel, std::size_t before, std::size_t after, const Take& take) const {
    const std::size_t row = pixel / columns;
    const std::size_t column = pixel % columns;
    for (std::size_t r = row - std::min(row, before); r <= std::min(row + after, rows - 1); ++r) {
      for (std::size_t c = column - std::min(column, before); c <= std::min(column + after, columns - 1); ++c) {
        take(r * columns + c);
      }
    }
  }
};

}  // namespace plimsoll::test
