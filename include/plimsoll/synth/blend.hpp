// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/adjustments.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/image.hpp"
#include "plimsoll/synth/pixel_type.hpp"
#include "plimsoll/synth/planes.hpp"

namespace plimsoll::synth {

namespace detail {

/// Throws, naming the function, unless the parts fit together: DataError for sizes and channels, ParameterError for the
/// numbers.
inline void check_blend(const char* function, const Image& onto, const Planes& source, const Field& alpha,
                        double factor, double white) {
  check_planes(source, function);
  const auto refuse = [&](const char* name, std::size_t rows, std::size_t columns) {
    throw DataError(std::string(function) + ": " + name + " of " + std::to_string(rows) + " x " +
                    std::to_string(columns) + " for an image of " + std::to_string(onto.rows()) + " x " +
                    std::to_string(onto.columns()));
  };
  if (source[0].rows() != onto.rows() || source[0].columns() != onto.columns()) {
    refuse("a source", source[0].rows(), source[0].columns());
  }
  if (alpha.rows() != onto.rows() || alpha.columns() != onto.columns()) refuse("alpha", alpha.rows(), alpha.columns());
  const std::size_t colours = onto.view().colours();
  if (source.size() != 1 && colours != 1 && source.size() != colours) {
    throw DataError(std::string(function) + ": a source of " + std::to_string(source.size()) +
                    " colours for an image of " + std::to_string(colours));
  }
  if (!(factor >= 0 && factor <= 1)) {
    throw ParameterError(std::string(function) + ": factor = " + std::to_string(factor) + " is not in [0, 1]");
  }
  if (!(white >= 0 && white <= std::numeric_limits<float>::max())) {
    throw ParameterError(std::string(function) + ": white = " + std::to_string(white) + " is not finite and from 0 on");
  }
}

/// Whether one of the `lanes` numbers from here is above 0.
[[nodiscard]] inline bool any_above_zero(const float* values) noexcept {
  std::int32_t greatest = 0;
  for (std::size_t i = 0; i < lanes; ++i) greatest = std::max(greatest, std::bit_cast<std::int32_t>(values[i]));
  return greatest > 0;
}

/// The colours of the pixels that have alpha above 0, in an image of Channels channels.
template <std::size_t Channels, PixelValue T>
void blend_pixels(T* pixels, const Planes& source, const Field& alpha, float factor, float white) {
  constexpr std::size_t colours = Channels < 3 ? 1 : 3;
  std::array<const float*, colours> from;
  std::array<float, lanes> greys;
  // Rounding: half is added and the fraction cut off, which the limit allows for.
  constexpr float half = std::same_as<T, float> ? 0.0F : 0.5F;
  const std::size_t columns = alpha.columns();
  for (std::size_t row = 0; row < alpha.rows(); ++row) {
    const float* weights = alpha.row(row).data();
    for (std::size_t begin = 0; begin < columns; begin += lanes) {
      const std::size_t count = std::min(lanes, columns - begin);
      if (count == lanes && !any_above_zero(weights + begin)) continue;
      for (std::size_t channel = 0; channel < colours; ++channel) {
        from[channel] = source[source.size() == 1 ? 0 : channel].row(row).data() + begin;
      }
      if (colours == 1 && source.size() > 1) {
        greys.fill(0);
        for (const Field& plane : source) {
          for (std::size_t i = 0; i < count; ++i) greys[i] += plane.row(row)[begin + i];
        }
        for (float& grey : greys) grey /= static_cast<float>(source.size());
        from[0] = greys.data();
      }
      T* pixel = pixels + (row * columns + begin) * Channels;
      for (std::size_t i = 0; i < count; ++i, pixel += Channels) {
        if (!(weights[begin + i] > 0)) continue;
        const float weight = unit(factor * weights[begin + i]);
        for (std::size_t channel = 0; channel < colours; ++channel) {
          const auto old = static_cast<float>(pixel[channel]);
          const float value = old + weight * (white * unit(from[channel][i]) - old);
          pixel[channel] = static_cast<T>(std::min(std::max(value, 0.0F), white) + half);
        }
      }
    }
  }
}

}  // namespace detail

/// Lays a source over an image: where alpha is above 0, each colour becomes
///   (1 - factor alpha) image + factor alpha white source,
/// rounded to the nearest for integers, within 0 and white. Alpha and source are taken within 0 and 1, `factor` must be
/// in [0, 1]. Pixels of alpha 0 (or NaN) keep their bits. `white` 0: white_of the type; for integers at most the
/// greatest of the type. A source of one colour goes over every colour of the image; one of several over a grey image
/// is reduced to their mean. Transparency stays as it is.
///
/// O(pixels). Throws DataError for sizes and channels that do not fit, ParameterError for factor and white.
inline void blend(Image& onto, const Planes& source, const Field& alpha, double factor, double white = 0) {
  detail::check_blend("blend", onto, source, alpha, factor, white);
  if (factor == 0) return;
  onto.visit([&]<typename T>(T* pixels) {
    const double most = std::same_as<T, float> ? white : std::min(white, white_of(pixel_type_of<T>));
    const auto limit = static_cast<float>(most > 0 ? most : white_of(pixel_type_of<T>));
    const auto by = static_cast<float>(factor);
    switch (onto.channels()) {
      case 1: return detail::blend_pixels<1>(pixels, source, alpha, by, limit);
      case 2: return detail::blend_pixels<2>(pixels, source, alpha, by, limit);
      case 3: return detail::blend_pixels<3>(pixels, source, alpha, by, limit);
      default: return detail::blend_pixels<4>(pixels, source, alpha, by, limit);
    }
  });
}

}  // namespace plimsoll::synth
