// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plimsoll/core/labels.hpp"
#include "plimsoll/core/score_map.hpp"

namespace plimsoll {

/// View of the true mask of a score map, one byte a pixel, over memory that the caller keeps alive: zero is
/// normal, anything else (1, 255, true) anomalous. Laid out like a ScoreMap, with a row stride of its own.
class Mask {
 public:
  constexpr Mask() noexcept = default;

  /// A mask without padding. `data` points at row 0, column 0.
  template <LabelValue T>
  Mask(const T* data, std::size_t rows, std::size_t columns) noexcept
      : data_{reinterpret_cast<const std::uint8_t*>(data)}, rows_{rows}, columns_{columns}, row_stride_{columns} {}

  /// A padded mask. Throws DataError when row_stride < columns.
  template <LabelValue T>
  Mask(const T* data, std::size_t rows, std::size_t columns, std::size_t row_stride) : Mask(data, rows, columns) {
    detail::check_row_stride("Mask", columns, row_stride);
    row_stride_ = row_stride;
  }

  /// Pixels from top to bottom.
  [[nodiscard]] constexpr std::size_t rows() const noexcept { return rows_; }
  /// Pixels from left to right.
  [[nodiscard]] constexpr std::size_t columns() const noexcept { return columns_; }
  /// Pixels in all.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return rows_ * columns_; }

  /// The bytes of one row.
  [[nodiscard]] constexpr std::span<const std::uint8_t> row(std::size_t index) const noexcept {
    return {data_ + index * row_stride_, columns_};
  }

  /// One label a pixel, row by row.
  [[nodiscard]] std::vector<Label> labels() const {
    std::vector<Label> labels;
    labels.reserve(size());
    for (std::size_t index = 0; index < rows_; ++index) {
      for (const std::uint8_t byte : row(index)) labels.push_back(byte == 0 ? Label::normal : Label::anomalous);
    }
    return labels;
  }

  /// Whether any pixel is anomalous.
  [[nodiscard]] constexpr bool any() const noexcept {
    for (std::size_t index = 0; index < rows_; ++index) {
      std::uint8_t seen = 0;
      for (const std::uint8_t byte : row(index)) seen = static_cast<std::uint8_t>(seen | byte);
      if (seen != 0) return true;
    }
    return false;
  }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t row_stride_ = 0;
};

}  // namespace plimsoll
