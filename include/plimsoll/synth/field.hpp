// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plimsoll/synth/field_memory.hpp"

namespace plimsoll::synth {

/// A grid of numbers, row by row. Each thread keeps the memory of up to 16 destroyed fields of up to 4 MiB for the
/// next.
class Field {
 public:
  Field() = default;
  Field(std::size_t rows, std::size_t columns, float value = 0)
      : rows_{rows}, columns_{columns}, values_(rows * columns, value) {}

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::span<float> values() noexcept { return values_; }
  [[nodiscard]] std::span<const float> values() const noexcept { return values_; }
  [[nodiscard]] std::span<float> row(std::size_t index) noexcept {
    return std::span(values_).subspan(index * columns_, columns_);
  }
  [[nodiscard]] std::span<const float> row(std::size_t index) const noexcept {
    return std::span(values_).subspan(index * columns_, columns_);
  }
  [[nodiscard]] float at(std::size_t row, std::size_t column) const noexcept {
    return values_[row * columns_ + column];
  }

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<float, detail::FieldAllocator<float>> values_;
};

}  // namespace plimsoll::synth
