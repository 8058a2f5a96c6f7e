// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/synth/field_memory.hpp"
#include "plimsoll/synth/image_view.hpp"
#include "plimsoll/synth/pixel_type.hpp"

namespace plimsoll::synth {

/// An image that owns its pixels: interleaved, without padding.
class Image {
 public:
  Image() = default;

  /// A black one. Throws DataError for a number of channels that is not 1 to 4, std::bad_alloc.
  Image(PixelType type, std::size_t rows, std::size_t columns, std::size_t channels)
      : rows_{rows}, columns_{columns}, channels_{channels} {
    static_cast<void>(ImageView::interleaved<std::uint8_t>(nullptr, rows, columns, channels));  // checks the channels
    const std::size_t size = detail::element_count(rows, columns, channels);
    switch (type) {
      case PixelType::uint8: pixels_.emplace<std::vector<std::uint8_t>>(size); break;
      case PixelType::uint16: pixels_.emplace<std::vector<std::uint16_t>>(size); break;
      default: pixels_.emplace<std::vector<float>>(size);
    }
  }

  /// A copy of what the view shows, pixel for pixel.
  explicit Image(const ImageView& view) : Image(view.type(), view.rows(), view.columns(), view.channels()) {
    view.visit([&]<typename T>(const T* from) {
      T* to = std::get<std::vector<T>>(pixels_).data();
      const bool side_by_side = view.column_stride() == channels_ && (channels_ == 1 || view.offset(0, 0, 1) == 1);
      for (std::size_t row = 0; row < rows_; ++row) {
        if (side_by_side) {
          to = std::copy_n(from + view.offset(row, 0, 0), columns_ * channels_, to);
          continue;
        }
        for (std::size_t column = 0; column < columns_; ++column) {
          for (std::size_t channel = 0; channel < channels_; ++channel) *to++ = from[view.offset(row, column, channel)];
        }
      }
    });
  }

  /// Pixels from top to bottom.
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  /// Pixels from left to right.
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  /// Numbers a pixel, 1 to 4, side by side.
  [[nodiscard]] std::size_t channels() const noexcept { return channels_; }
  /// The type of those numbers.
  [[nodiscard]] PixelType type() const noexcept { return static_cast<PixelType>(pixels_.index()); }
  /// Whether there is no pixel.
  [[nodiscard]] bool empty() const noexcept { return rows_ == 0 || columns_ == 0; }

  /// Valid while the image lives and is not assigned to.
  [[nodiscard]] ImageView view() const {
    return std::visit(
        [this](const auto& pixels) { return ImageView::interleaved(pixels.data(), rows_, columns_, channels_); },
        pixels_);
  }

  /// Calls `function` once with `T*`, the first element, T the type of the pixels.
  template <typename Function>
  decltype(auto) visit(Function&& function) {
    return std::visit([&](auto& pixels) -> decltype(auto) { return std::forward<Function>(function)(pixels.data()); },
                      pixels_);
  }

  friend bool operator==(const Image&, const Image&) = default;

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t channels_ = 1;
  std::variant<std::vector<std::uint8_t>, std::vector<std::uint16_t>, std::vector<float>> pixels_;  ///< as PixelType
};

}  // namespace plimsoll::synth
