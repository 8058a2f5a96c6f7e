// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/image_view.hpp"
#include "plimsoll/synth/pixel_type.hpp"

namespace plimsoll::synth {

/// The working form of an image: a Field a colour, 0 black to 1 white, all of one size. One is grey, three are red,
/// green and blue (or blue, green and red: nothing here depends on which).
using Planes = std::vector<Field>;

/// The colours of an image over `white`, one or three planes; 0: white_of the type.
[[nodiscard]] inline Planes to_planes(const ImageView& image, double white = 0) {
  const auto scale = static_cast<float>(1 / (white > 0 ? white : white_of(image.type())));
  Planes planes;
  for (std::size_t channel = 0; channel < image.colours(); ++channel) {
    Field& plane = planes.emplace_back(image.rows(), image.columns());
    image.visit([&](const auto* pixels) {
      const std::size_t stride = image.column_stride();
      for (std::size_t row = 0; row < image.rows(); ++row) {
        const auto* from = pixels + image.offset(row, 0, channel);
        float* to = plane.row(row).data();
        for (std::size_t column = 0; column < image.columns(); ++column) {
          to[column] = static_cast<float>(from[column * stride]) * scale;
        }
      }
    });
  }
  return planes;
}

}  // namespace plimsoll::synth
