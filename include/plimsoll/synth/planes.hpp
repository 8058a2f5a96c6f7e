// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/image_view.hpp"
#include "plimsoll/synth/pixel_type.hpp"

namespace plimsoll::synth {

/// The working form of an image: a Field a colour, 0 black to 1 white, all of one size. One is grey, three are red,
/// green and blue (or blue, green and red: nothing here depends on which).
using Planes = std::vector<Field>;

namespace detail {
/// Throws DataError, naming the function, unless there are 1 to 4 planes of one size.
inline void check_planes(const Planes& planes, const char* function) {
  const auto refuse = [function](const std::string& what) { throw DataError(std::string(function) + ": " + what); };
  if (planes.empty() || planes.size() > 4) refuse(std::to_string(planes.size()) + " planes are not 1 to 4");
  for (const Field& plane : planes) {
    if (plane.rows() != planes[0].rows() || plane.columns() != planes[0].columns()) {
      refuse("a plane of " + std::to_string(plane.rows()) + " x " + std::to_string(plane.columns()) +
             " beside one of " + std::to_string(planes[0].rows()) + " x " + std::to_string(planes[0].columns()));
    }
  }
}
}  // namespace detail

/// The colours of an image over `white`, one or three planes, kept within 0 and 1; NaN becomes 0. `white` 0: white_of
/// the type.
[[nodiscard]] inline Planes to_planes(const ImageView& image, double white = 0) {
  const double scale = 1 / (white > 0 ? white : white_of(image.type()));
  const auto value_of = [scale](auto pixel) {
    const auto value = static_cast<float>(static_cast<double>(pixel) * scale);
    const float above = value > 0 ? value : 0.0F;
    return above < 1 ? above : 1.0F;
  };
  const std::size_t channels = image.colours();
  Planes planes(channels, Field(image.rows(), image.columns()));
  image.visit([&]<typename T>(const T* pixels) {
    constexpr bool bytes = std::same_as<T, std::uint8_t>;
    std::array<float, bytes ? 256 : 1> table{};
    if constexpr (bytes) {
      for (std::size_t i = 0; i < table.size(); ++i) table[i] = value_of(i);
    }
    const auto look_up = [&](T pixel) {
      if constexpr (bytes) {
        return table[pixel];
      } else {
        return value_of(pixel);
      }
    };
    const std::size_t stride = image.column_stride();
    for (std::size_t row = 0; row < image.rows(); ++row) {
      const T* from = pixels + image.offset(row, 0, 0);
      if (channels == 3 && stride == 3) {
        float* first = planes[0].row(row).data();
        float* second = planes[1].row(row).data();
        float* third = planes[2].row(row).data();
        for (std::size_t column = 0; column < image.columns(); ++column, from += 3) {
          first[column] = look_up(from[0]);
          second[column] = look_up(from[1]);
          third[column] = look_up(from[2]);
        }
        continue;
      }
      for (std::size_t channel = 0; channel < channels; ++channel) {
        const T* element = pixels + image.offset(row, 0, channel);
        float* to = planes[channel].row(row).data();
        for (std::size_t column = 0; column < image.columns(); ++column) to[column] = look_up(element[column * stride]);
      }
    }
  });
  return planes;
}

/// The mean of the colours; of one it is that. O(pixels).
[[nodiscard]] inline Field grey_of(const Planes& planes) {
  detail::check_planes(planes, "grey_of");
  if (planes.size() == 1) return planes[0];
  Field grey(planes[0].rows(), planes[0].columns());
  const std::span<float> out = grey.values();
  for (const Field& plane : planes) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += plane.values()[i];
  }
  for (float& value : out) value /= static_cast<float>(planes.size());
  return grey;
}

}  // namespace plimsoll::synth
