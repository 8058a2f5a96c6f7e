// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/pixel_type.hpp"

namespace plimsoll::synth {

/// View of an image over memory that the caller keeps alive: rows x columns pixels of 1 to 4 channels, 8 or 16 bits or
/// float. The channels of a pixel lie side by side (interleaved, as OpenCV and PNG have them) or each in a plane of its
/// own (planar, as networks take them); rows may be padded. All strides count elements, not bytes. The second of two
/// channels and the fourth of four are transparency, which synthetic anomalies leave as it is.
class ImageView {
 public:
  constexpr ImageView() noexcept = default;

  /// An image whose pixels have their channels side by side. `row_stride` is the distance of rows; 0: no padding.
  /// Throws DataError for a number of channels that is not 1 to 4, and a stride less than a row.
  template <PixelValue T>
  [[nodiscard]] static ImageView interleaved(const T* data, std::size_t rows, std::size_t columns, std::size_t channels,
                                             std::size_t row_stride = 0) {
    const std::size_t stride = row_stride == 0 ? columns * channels : row_stride;
    check(channels, columns * channels, stride);
    return {data, pixel_type_of<T>, rows, columns, channels, {stride, channels, 1}};
  }

  /// An image with one plane a channel. `plane_stride` is the distance of planes; 0: they follow one another.
  template <PixelValue T>
  [[nodiscard]] static ImageView planar(const T* data, std::size_t rows, std::size_t columns, std::size_t channels,
                                        std::size_t row_stride = 0, std::size_t plane_stride = 0) {
    const std::size_t stride = row_stride == 0 ? columns : row_stride;
    check(channels, columns, stride);
    return {data,    pixel_type_of<T>, rows,
            columns, channels,         {stride, 1, plane_stride == 0 ? rows * stride : plane_stride}};
  }

  /// Pixels from top to bottom.
  [[nodiscard]] constexpr std::size_t rows() const noexcept { return rows_; }
  /// Pixels from left to right.
  [[nodiscard]] constexpr std::size_t columns() const noexcept { return columns_; }
  /// Numbers a pixel, 1 to 4.
  [[nodiscard]] constexpr std::size_t channels() const noexcept { return channels_; }
  /// The type of those numbers.
  [[nodiscard]] constexpr PixelType type() const noexcept { return type_; }
  /// Whether there is no pixel.
  [[nodiscard]] constexpr bool empty() const noexcept { return rows_ == 0 || columns_ == 0; }

  /// Calls `function` once with `const T*`, T the type of the pixels, of row 0, column 0, channel 0.
  template <typename Function>
  decltype(auto) visit(Function&& function) const {
    switch (type_) {
      case PixelType::uint8: return std::forward<Function>(function)(static_cast<const std::uint8_t*>(data_));
      case PixelType::uint16: return std::forward<Function>(function)(static_cast<const std::uint16_t*>(data_));
      default: return std::forward<Function>(function)(static_cast<const float*>(data_));
    }
  }

  /// How far the element of this row, column and channel lies from the first.
  [[nodiscard]] constexpr std::size_t offset(std::size_t row, std::size_t column, std::size_t channel) const noexcept {
    return row * strides_.row + column * strides_.column + channel * strides_.channel;
  }
  /// How many of the channels are colour: 1 or 3.
  [[nodiscard]] constexpr std::size_t colours() const noexcept { return channels_ < 3 ? 1 : 3; }
  /// The distance of neighbours in a row.
  [[nodiscard]] constexpr std::size_t column_stride() const noexcept { return strides_.column; }

 private:
  struct Strides {
    std::size_t row = 0;
    std::size_t column = 0;
    std::size_t channel = 0;
  };

  ImageView(const void* data, PixelType type, std::size_t rows, std::size_t columns, std::size_t channels,
            Strides strides) noexcept
      : data_{data}, type_{type}, rows_{rows}, columns_{columns}, channels_{channels}, strides_{strides} {}

  static void check(std::size_t channels, std::size_t row, std::size_t row_stride) {
    if (channels == 0 || channels > 4) {
      throw DataError("ImageView: channels = " + std::to_string(channels) + " is not in [1, 4]");
    }
    if (row_stride < row) {
      throw DataError("ImageView: row_stride = " + std::to_string(row_stride) + " is less than the " +
                      std::to_string(row) + " elements of a row");
    }
  }

  const void* data_ = nullptr;
  PixelType type_ = PixelType::uint8;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t channels_ = 1;
  Strides strides_{};
};

}  // namespace plimsoll::synth
