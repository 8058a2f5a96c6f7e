// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/adjustments.hpp"
#include "plimsoll/synth/affine.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/paste.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/rotation.hpp"

namespace plimsoll::synth {

/// Parameters of cut_paste; the defaults are those of the paper.
struct CutPasteParameters {
  double least_area = 0.02;   ///< the share of the image's area that the rectangle has, above 0
  double most_area = 0.15;    ///< at most 1
  double least_aspect = 0.3;  ///< height over width is from [least, 1) or [1, most), each half of the time
  double most_aspect = 3.3;   ///< above 1
  double jitter =
      0.1;  ///< brightness, contrast and saturation by a factor in 1 +- jitter, hue by +- jitter turns; [0, 0.5]
};

/// Parameters of cut_paste_scar; the defaults are those of the paper.
struct CutPasteScarParameters {
  double least_width = 2;    ///< pixels in an image whose shorter side has 256
  double most_width = 16;    ///< likewise
  double least_length = 10;  ///< likewise
  double most_length = 25;   ///< likewise
  double most_angle = 45;    ///< degrees either way, in [0, 180]
  double jitter = 0.1;       ///< as in CutPasteParameters
};

namespace detail {

inline void check_range(const char* function, const char* least_name, double least, const char* most_name, double most,
                        double bound) {
  if (!(least > 0 && least <= bound)) {
    throw ParameterError(std::string(function) + ": " + least_name + " = " + std::to_string(least) +
                         " is not above 0 and at most " + std::to_string(bound));
  }
  if (!(most >= least && most <= bound)) {
    throw ParameterError(std::string(function) + ": " + most_name + " = " + std::to_string(most) + " is not in [" +
                         least_name + ", " + std::to_string(bound) + "]");
  }
}

inline void check_jitter(const char* function, double jitter) {
  if (!(jitter >= 0 && jitter <= 0.5)) {
    throw ParameterError(std::string(function) + ": jitter = " + std::to_string(jitter) + " is not in [0, 0.5]");
  }
}

/// A part of the planes that reaches `margin` pixels beyond this rectangle; beyond the border the outermost pixels
/// repeat themselves.
[[nodiscard]] inline Planes cut(const Planes& image, std::size_t top, std::size_t left, std::size_t height,
                                std::size_t width, std::size_t margin) {
  Planes patch(image.size(), Field(height + 2 * margin, width + 2 * margin));
  const auto inside = [margin](std::size_t begin, std::size_t i, std::size_t size) {
    return std::min(std::max(begin + i, margin) - margin, size - 1);
  };
  for (std::size_t channel = 0; channel < image.size(); ++channel) {
    for (std::size_t row = 0; row < height + 2 * margin; ++row) {
      const auto from = image[channel].row(inside(top, row, image[0].rows()));
      const auto to = patch[channel].row(row);
      for (std::size_t column = 0; column < to.size(); ++column) to[column] = from[inside(left, column, from.size())];
    }
  }
  return patch;
}

inline void jitter_colours(Planes& patch, double jitter, RandomStream& random) {
  const double brightness = random.uniform(1 - jitter, 1 + jitter);
  const double contrast = random.uniform(1 - jitter, 1 + jitter);
  const double saturation = random.uniform(1 - jitter, 1 + jitter);
  const double turns = random.uniform(-jitter, jitter);
  if (jitter == 0) return;
  adjust_brightness(patch, brightness);
  adjust_contrast(patch, contrast);
  adjust_saturation(patch, saturation);
  turn_hue(patch, turns);
}

inline void check_image(const Planes& image, const char* function) {
  check_planes(image, function);
  if (image[0].values().empty()) throw DataError(std::string(function) + ": an image without pixels");
  if (image[0].values().size() > 0xFFFFFFFF) throw DataError(std::string(function) + ": more than 2^32 - 1 pixels");
}

}  // namespace detail

/// CutPaste (Li, Sohn, Yoon and Pfister 2021, CutPaste: Self-Supervised Learning for Anomaly Detection and
/// Localization, CVPR): a rectangle of the image, its colours changed a little, that shall appear elsewhere in it,
/// anywhere it fits but at its own place (unless it only fits there). Sides are rounded to pixels and at least 1.
///
/// alpha is 1 in the rectangle and 0 elsewhere. source is the image but for the rectangle and a pixel around it, which
/// continues it.
///
/// O(pixels). Throws ParameterError for parameters out of their ranges, DataError for an image without pixels.
[[nodiscard]] inline Paste cut_paste(const Planes& image, const CutPasteParameters& parameters, RandomStream& random) {
  constexpr auto name = "cut_paste";
  detail::check_image(image, name);
  detail::check_range(name, "least_area", parameters.least_area, "most_area", parameters.most_area, 1);
  detail::check_range(name, "least_aspect", parameters.least_aspect, "1", 1, 1);
  detail::check_range(name, "1", 1, "most_aspect", parameters.most_aspect, 1000);
  detail::check_jitter(name, parameters.jitter);
  const std::size_t rows = image[0].rows();
  const std::size_t columns = image[0].columns();
  const double share = random.uniform(parameters.least_area, parameters.most_area);
  const bool tall = random.chance(0.5);
  const double aspect = tall ? random.uniform(1, parameters.most_aspect) : random.uniform(parameters.least_aspect, 1);
  const double area = share * static_cast<double>(rows) * static_cast<double>(columns);
  const auto side = [](double pixels, std::size_t most) {
    return static_cast<std::size_t>(std::clamp(std::floor(pixels + 0.5), 1.0, static_cast<double>(most)));
  };
  const std::size_t height = side(std::sqrt(area * aspect), rows);
  const std::size_t width = side(std::sqrt(area / aspect), columns);
  // Places are numbered row by row; the place that it is cut from is passed over.
  const std::size_t across = columns - width + 1;
  const auto places = static_cast<std::uint32_t>((rows - height + 1) * across);
  const std::uint32_t cut_from = random.below(places);
  std::uint32_t goes_to = random.below(std::max(places, 2U) - 1);
  if (goes_to >= cut_from && places > 1) ++goes_to;
  Planes patch = detail::cut(image, cut_from / across, cut_from % across, height, width, 1);
  detail::jitter_colours(patch, parameters.jitter, random);
  Paste paste{image, Field(rows, columns)};
  const std::size_t top = goes_to / across;
  const std::size_t left = goes_to % across;
  for (std::size_t row = 0; row < height; ++row) {
    std::ranges::fill(paste.alpha.row(top + row).subspan(left, width), 1.0F);
  }
  const std::size_t first_row = top == 0 ? 1 : 0;  // of the patch with its margin
  const std::size_t first_column = left == 0 ? 1 : 0;
  const std::size_t row_count = std::min(height + 2, rows + 1 - top) - first_row;
  const std::size_t column_count = std::min(width + 2, columns + 1 - left) - first_column;
  for (std::size_t channel = 0; channel < image.size(); ++channel) {
    for (std::size_t row = first_row; row < first_row + row_count; ++row) {
      const auto from = patch[channel].row(row).subspan(first_column, column_count);
      std::ranges::copy(from, paste.source[channel].row(top + row - 1).subspan(left + first_column - 1).begin());
    }
  }
  return paste;
}

/// CutPaste's scar: a thin upright rectangle of the image, its colours changed a little and turned by an angle, that
/// shall appear elsewhere, whole where the image is large enough for that. The sides scale with the shorter side of the
/// image; they are rounded to pixels and at least 1.
///
/// alpha is 1 where a pixel's centre lies in the turned rectangle, at one pixel at least, and 0 elsewhere. source is
/// the image but for there and a pixel around it, which continue the rectangle; bilinear. Cost and errors as for
/// cut_paste.
[[nodiscard]] inline Paste cut_paste_scar(const Planes& image, const CutPasteScarParameters& parameters,
                                          RandomStream& random) {
  constexpr auto name = "cut_paste_scar";
  detail::check_image(image, name);
  detail::check_range(name, "least_width", parameters.least_width, "most_width", parameters.most_width, 256);
  detail::check_range(name, "least_length", parameters.least_length, "most_length", parameters.most_length, 256);
  detail::check_jitter(name, parameters.jitter);
  if (!(parameters.most_angle >= 0 && parameters.most_angle <= 180)) {
    throw ParameterError("cut_paste_scar: most_angle = " + std::to_string(parameters.most_angle) +
                         " is not in [0, 180]");
  }
  const std::size_t rows = image[0].rows();
  const std::size_t columns = image[0].columns();
  const double scale = static_cast<double>(std::min(rows, columns)) / 256;
  const auto side = [&](double least, double most, std::size_t bound) {
    const double pixels = std::floor(random.uniform(least, most) * scale + 0.5);
    return static_cast<std::size_t>(std::clamp(pixels, 1.0, static_cast<double>(bound)));
  };
  const std::size_t width = side(parameters.least_width, parameters.most_width, columns);
  const std::size_t length = side(parameters.least_length, parameters.most_length, rows);
  const std::size_t cut_row = random.below(static_cast<std::uint32_t>(rows - length + 1));
  const std::size_t cut_column = random.below(static_cast<std::uint32_t>(columns - width + 1));
  constexpr std::size_t margin = 2;  // a pixel around the rectangle, and bilinear
  Planes patch = detail::cut(image, cut_row, cut_column, length, width, margin);
  detail::jitter_colours(patch, parameters.jitter, random);
  const Rotation turn = rotation(random.uniform(-parameters.most_angle, parameters.most_angle));
  // Its centre comes to lie at the centre of a pixel, or half a pixel before it where a side is even, so that an angle
  // of 0 covers whole pixels.
  const double half_length = static_cast<double>(length) / 2;
  const double half_width = static_cast<double>(width) / 2;
  const double down = std::abs(turn.cosine) * half_length + std::abs(turn.sine) * half_width;
  const double right = std::abs(turn.sine) * half_length + std::abs(turn.cosine) * half_width;
  const double row_shift = length % 2 == 0 ? 0.5 : 0.0;
  const double column_shift = width % 2 == 0 ? 0.5 : 0.0;
  const auto place = [&random](double reach, double shift, std::size_t size) {
    const auto low = static_cast<std::size_t>(std::ceil(reach + shift - 0.5));
    const auto beyond = static_cast<std::size_t>(std::ceil(reach - shift - 0.5));
    const bool fits = low + beyond < size;
    const std::uint32_t choice = random.below(static_cast<std::uint32_t>(fits ? size - low - beyond : size));
    return (fits ? low : 0) + choice;
  };
  const std::size_t row_centre = place(down, row_shift, rows);
  const std::size_t column_centre = place(right, column_shift, columns);
  Paste paste{image, Field(rows, columns)};
  const auto range = [](std::size_t centre, double reach, std::size_t size) {
    const auto far = static_cast<std::size_t>(std::ceil(reach)) + 2;
    return std::array<std::size_t, 2>{centre - std::min(far, centre), std::min(size, centre + far + 1)};
  };
  const auto row_range = range(row_centre, down, rows);
  const auto column_range = range(column_centre, right, columns);
  for (std::size_t row = row_range[0]; row < row_range[1]; ++row) {
    for (std::size_t column = column_range[0]; column < column_range[1]; ++column) {
      const double y = static_cast<double>(row) - static_cast<double>(row_centre) + row_shift;
      const double x = static_cast<double>(column) - static_cast<double>(column_centre) + column_shift;
      const double along = turn.cosine * y + turn.sine * x;
      const double across = turn.cosine * x - turn.sine * y;
      const double outside = std::max(std::abs(along) - half_length, std::abs(across) - half_width);
      if (outside > 1) continue;
      if (outside <= 0) paste.alpha.row(row)[column] = 1;
      const std::int64_t patch_row = detail::to_fixed(along + half_length - 0.5 + margin);
      const std::int64_t patch_column = detail::to_fixed(across + half_width - 0.5 + margin);
      for (std::size_t channel = 0; channel < image.size(); ++channel) {
        paste.source[channel].row(row)[column] = detail::sample_with_border(patch[channel], patch_row, patch_column);
      }
    }
  }
  return paste;
}

}  // namespace plimsoll::synth
