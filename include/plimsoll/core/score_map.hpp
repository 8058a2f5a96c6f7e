// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

namespace detail {
inline void check_row_stride(const char* view, std::size_t columns, std::size_t row_stride) {
  if (row_stride < columns) {
    fail<DataError>([&] {
      return std::string(view) + ": row_stride = " + std::to_string(row_stride) + " is less than the " +
             std::to_string(columns) + " columns (both count elements)";
    });
  }
}
}  // namespace detail

/// View of a map of anomaly scores, one a pixel, over memory that the caller keeps alive: rows x columns, the
/// pixels of a row side by side, rows `row_stride` elements apart (padding between rows is never read).
class ScoreMap {
 public:
  constexpr ScoreMap() noexcept = default;

  /// A map without padding. `data` points at row 0, column 0.
  template <ScoreValue T>
  constexpr ScoreMap(const T* data, std::size_t rows, std::size_t columns) noexcept
      : data_{data},
        rows_{rows},
        columns_{columns},
        row_stride_{columns},
        storage_{score_type_of<T>},
        type_{storage_} {}

  /// A padded map. Throws DataError when row_stride < columns.
  template <ScoreValue T>
  constexpr ScoreMap(const T* data, std::size_t rows, std::size_t columns, std::size_t row_stride)
      : ScoreMap(data, rows, columns) {
    detail::check_row_stride("ScoreMap", columns, row_stride);
    row_stride_ = row_stride;
  }

  /// The same map, with scores that were computed in a narrower type than they are held in (see Scores).
  [[nodiscard]] constexpr ScoreMap computed_in(ScoreType type) const noexcept {
    ScoreMap map = *this;
    map.type_ = type < storage_ ? type : storage_;
    return map;
  }

  /// Pixels from top to bottom.
  [[nodiscard]] constexpr std::size_t rows() const noexcept { return rows_; }
  /// Pixels from left to right.
  [[nodiscard]] constexpr std::size_t columns() const noexcept { return columns_; }
  /// The distance of two rows, in elements; at least columns().
  [[nodiscard]] constexpr std::size_t row_stride() const noexcept { return row_stride_; }
  /// Pixels in all, without the padding.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return rows_ * columns_; }
  /// Whether there is no pixel.
  [[nodiscard]] constexpr bool empty() const noexcept { return size() == 0; }
  /// What the scores were computed in.
  [[nodiscard]] constexpr ScoreType type() const noexcept { return type_; }

  /// Whether the pixels lie in memory without gaps.
  [[nodiscard]] constexpr bool contiguous() const noexcept { return row_stride_ == columns_ || rows_ <= 1; }

  /// Calls `function` once with `const T*`, T the type in memory, the first pixel of row 0, and returns what it
  /// returns.
  template <typename Function>
  decltype(auto) visit(Function&& function) const {
    switch (storage_) {
      case ScoreType::float32: return std::forward<Function>(function)(static_cast<const float*>(data_));
#if PLIMSOLL_HAS_HALF
      case ScoreType::float16: return std::forward<Function>(function)(static_cast<const Half*>(data_));
#endif
      default: return std::forward<Function>(function)(static_cast<const double*>(data_));
    }
  }

  /// Calls `function` once with a `std::span<const T>` of all pixels, row by row: those in memory when they are
  /// contiguous, else a copy.
  template <typename Function>
  void visit_pixels(Function&& function) const {
    visit([&]<typename T>(const T* data) {
      if (contiguous()) {
        function(std::span<const T>{data, size()});
        return;
      }
      std::vector<T> pixels;
      pixels.reserve(size());
      for (std::size_t row = 0; row < rows_; ++row) {
        const T* first = data + row * row_stride_;
        pixels.insert(pixels.end(), first, first + columns_);
      }
      function(std::span<const T>{pixels});
    });
  }

 private:
  const void* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t row_stride_ = 0;
  ScoreType storage_ = ScoreType::float64;
  ScoreType type_ = ScoreType::float64;
};

}  // namespace plimsoll
