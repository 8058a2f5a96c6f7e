// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"

namespace plimsoll::synth {

namespace detail {

/// How far each pixel is from the next one of the other kind in its column, set or not; `most` where that is farther.
[[nodiscard]] inline std::vector<std::int32_t> column_distances(const Field& mask, std::int32_t most) {
  const std::size_t rows = mask.rows();
  const std::size_t columns = mask.columns();
  std::vector<std::int32_t> distances(rows * columns, most);
  const auto pass = [&](std::size_t row, std::size_t neighbour) {
    const float* here = mask.row(row).data();
    const float* there = mask.row(neighbour).data();
    const std::int32_t* before = distances.data() + neighbour * columns;
    std::int32_t* out = distances.data() + row * columns;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::int32_t next = here[i] == there[i] ? before[i] + 1 : 1;
      out[i] = std::min(out[i], next);
    }
  };
  for (std::size_t row = 1; row < rows; ++row) pass(row, row - 1);
  for (std::size_t row = rows; row-- > 1;) pass(row - 1, row);
  return distances;
}

}  // namespace detail

/// A mask of 0 and 1 whose edge rises from 0 to 1 over so many pixels, half of them on either side: .5 + d / width, cut
/// off at 0 and 1, where d is the distance to the next pixel of the other kind, less half a pixel, and negative
/// outside. So what was set stays above .5 and what was not stays below, whatever the width, in [0, 1000]; up to 1 the
/// mask stays as it is. O(pixels), and O(width) more for each pixel near an edge. Throws ParameterError.
[[nodiscard]] inline Field softened(const Field& mask, double width) {
  if (!(width >= 0 && width <= 1000)) {
    throw ParameterError("softened: width = " + std::to_string(width) + " is not in [0, 1000]");
  }
  Field soft = mask;
  if (width <= 1 || mask.values().empty()) return soft;
  constexpr std::size_t block = 16;
  const std::size_t columns = mask.columns();
  const auto reach = static_cast<std::size_t>(std::ceil(width / 2 + 0.5));
  const auto far = static_cast<std::int32_t>(reach + 1);
  const std::vector<std::int32_t> along = detail::column_distances(mask, far);
  const auto slope = static_cast<float>(1 / width);
  // The squared distances of a row's columns, negative where the pixel is not set; beyond its ends those there again,
  // which come in at a greater distance and so never count.
  const std::size_t blocks = (columns + block - 1) / block;
  std::vector<std::int32_t> squares(blocks * block + 2 * reach);
  for (std::size_t row = 0; row < mask.rows(); ++row) {
    const float* set = mask.row(row).data();
    float* out = soft.row(row).data();
    for (std::size_t i = 0; i < columns; ++i) {
      const std::int32_t distance = along[row * columns + i];
      squares[reach + i] = set[i] > 0.5F ? distance * distance : -distance * distance;
    }
    std::fill_n(squares.begin(), reach, squares[reach]);
    std::fill(squares.begin() + static_cast<std::ptrdiff_t>(reach + columns), squares.end(),
              squares[reach + columns - 1]);
    for (std::size_t begin = 0; begin < columns; begin += block) {
      const std::int32_t* window = squares.data() + begin;
      const std::int32_t* const end = window + block + 2 * reach;
      const bool far_off = std::all_of(window, end, [window](std::int32_t x) { return x == *window; });
      if (far_off && std::abs(*window) == far * far) continue;
      // Seen from a pixel that is set, one that is not is 0 away in its own column; and the other way round.
      std::array<std::int32_t, block> sign{};
      std::array<std::int32_t, block> nearest{};
      for (std::size_t i = 0; i < block; ++i) sign[i] = window[reach + i] > 0 ? 1 : -1;
      for (std::size_t i = 0; i < block; ++i) nearest[i] = far * far;
      for (std::size_t shift = 0; shift <= 2 * reach; ++shift) {
        const auto aside = static_cast<std::int32_t>(shift) - static_cast<std::int32_t>(reach);
        for (std::size_t i = 0; i < block; ++i) {
          nearest[i] = std::min(nearest[i], std::max(sign[i] * window[shift + i], 0) + aside * aside);
        }
      }
      const std::size_t count = std::min(block, columns - begin);
      for (std::size_t i = 0; i < count; ++i) {
        const float distance = (std::sqrt(static_cast<float>(nearest[i])) - 0.5F) * static_cast<float>(sign[i]);
        out[begin + i] = std::clamp(0.5F + distance * slope, 0.0F, 1.0F);
      }
    }
  }
  return soft;
}

}  // namespace plimsoll::synth
