// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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
  /// A grid of one value. Throws std::bad_alloc.
  Field(std::size_t rows, std::size_t columns, float value = 0)
      : rows_{rows}, columns_{columns}, values_(detail::element_count(rows, columns)) {
    if (value == 0) {
      std::fill_n(values_.data(), values_.size(), 0.0F);  // which compilers know to be one call
    } else {
      std::fill_n(values_.data(), values_.size(), value);
    }
  }
  /// A copy. Throws std::bad_alloc.
  Field(const Field& other) : rows_{other.rows_}, columns_{other.columns_}, values_(other.values_.size()) {
    std::copy_n(other.values_.data(), values_.size(), values_.data());
  }
  /// A copy; when it throws this is as it was.
  Field& operator=(const Field& other) {
    if (this != &other) *this = Field(other);
    return *this;
  }
  /// Takes the other's memory.
  Field(Field&&) noexcept = default;
  /// Takes the other's memory.
  Field& operator=(Field&&) noexcept = default;
  ~Field() = default;

  /// Numbers from top to bottom.
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  /// Numbers from left to right.
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  /// All numbers, row by row.
  [[nodiscard]] std::span<float> values() noexcept { return values_; }
  /// All numbers, row by row.
  [[nodiscard]] std::span<const float> values() const noexcept { return values_; }
  /// The numbers of one row; index < rows(), which is not checked.
  [[nodiscard]] std::span<float> row(std::size_t index) noexcept {
    return std::span(values_).subspan(index * columns_, columns_);
  }
  /// The numbers of one row; index < rows(), which is not checked.
  [[nodiscard]] std::span<const float> row(std::size_t index) const noexcept {
    return std::span(values_).subspan(index * columns_, columns_);
  }
  /// One number; row < rows() and column < columns(), which is not checked.
  [[nodiscard]] float at(std::size_t row, std::size_t column) const noexcept {
    return values_[row * columns_ + column];
  }

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<float, detail::FieldAllocator<float>> values_;
};

}  // namespace plimsoll::synth
