// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/planes.hpp"

/// \file
/// What a photographer does to an image: each changes planes of 0 to 1 in place, and leaves them within 0 and 1.
/// The grey of a pixel is the mean of its channels, whatever their order. All are O(pixels), and throw
/// ParameterError for a bad parameter, DataError for planes of unequal size.

namespace plimsoll::synth {

namespace detail {

/// How many values loops take at once. A number known when compiling: such loops are vectorised at -O2 too.
inline constexpr std::size_t lanes = 16;

/// x within 0 and 1. Floats from 0 on are in the order of their bits, and those below 0 are negative as integers, which
/// compilers compare without branches where they do not for floats.
[[nodiscard]] constexpr float unit(float x) noexcept {
  constexpr auto one = std::bit_cast<std::int32_t>(1.0F);
  return std::bit_cast<float>(std::min(std::max(std::bit_cast<std::int32_t>(x), std::int32_t{0}), one));
}

/// The greater and the lesser of numbers from 0 on.
[[nodiscard]] constexpr float greater_of(float a, float b) noexcept {
  return std::bit_cast<float>(std::max(std::bit_cast<std::int32_t>(a), std::bit_cast<std::int32_t>(b)));
}
[[nodiscard]] constexpr float lesser_of(float a, float b) noexcept {
  return std::bit_cast<float>(std::min(std::bit_cast<std::int32_t>(a), std::bit_cast<std::int32_t>(b)));
}

/// x or 0.
[[nodiscard]] constexpr float where(bool condition, float x) noexcept {
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(x) & -static_cast<std::int32_t>(condition));
}

/// Every value x becomes function(x).
template <typename Function>
void change(std::span<float> values, Function function) {
  float* value = values.data();
  std::size_t left = values.size();
  for (; left >= lanes; left -= lanes, value += lanes) {
    for (std::size_t i = 0; i < lanes; ++i) value[i] = function(value[i]);
  }
  for (; left > 0; --left, ++value) *value = function(*value);
}

template <typename Function>
void change(Planes& planes, Function function) {
  for (Field& plane : planes) change(plane.values(), function);
}

/// The mean of all values, summed in an order that does not depend on the compiler; 0 of none.
[[nodiscard]] inline float mean_of(const Planes& planes) {
  double total = 0;
  std::size_t count = 0;
  for (const Field& plane : planes) {
    for (std::size_t row = 0; row < plane.rows(); ++row) {
      const std::span<const float> values = plane.row(row);
      std::array<float, lanes> sums{};
      std::size_t i = 0;
      for (; i + lanes <= values.size(); i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) sums[k] += values[i + k];
      }
      for (std::size_t k = 0; i < values.size(); ++i, ++k) sums[k] += values[i];
      for (const float sum : sums) total += static_cast<double>(sum);
    }
    count += plane.values().size();
  }
  return count == 0 ? 0.0F : static_cast<float>(total / static_cast<double>(count));
}

/// Changes the pixels of three planes: `function` takes and gives the three values of one.
template <typename Function>
void change_colours(Planes& planes, Function function) {
  float* first = planes[0].values().data();
  float* second = planes[1].values().data();
  float* third = planes[2].values().data();
  std::size_t left = planes[0].values().size();
  while (left > 0) {
    // Copies, so that the compiler sees that nothing overlaps; and one call of the function, so that it is inlined.
    std::array<float, lanes> a{};
    std::array<float, lanes> b{};
    std::array<float, lanes> c{};
    const bool whole = left >= lanes;
    const std::size_t count = whole ? lanes : left;
    const auto copy = [whole, count](const float* from, float* to) {
      whole ? std::copy_n(from, lanes, to) : std::copy_n(from, count, to);
    };
    copy(first, a.data());
    copy(second, b.data());
    copy(third, c.data());
    for (std::size_t i = 0; i < lanes; ++i) function(a[i], b[i], c[i]);
    copy(a.data(), first);
    copy(b.data(), second);
    copy(c.data(), third);
    first += count;
    second += count;
    third += count;
    left -= count;
  }
}

inline void check_factor(const char* function, double factor) {
  if (!(factor >= 0 && factor <= 1000)) {
    throw ParameterError(std::string(function) + ": factor = " + std::to_string(factor) + " is not in [0, 1000]");
  }
}

/// The 256 levels' numbers of a value.
[[nodiscard]] constexpr std::int32_t level_of(float value) noexcept {
  return static_cast<std::int32_t>(unit(value) * 255 + 0.5F);
}

}  // namespace detail

/// factor x.
inline void adjust_brightness(Planes& planes, double factor) {
  detail::check_planes(planes, "adjust_brightness");
  detail::check_factor("adjust_brightness", factor);
  detail::change(planes, [by = static_cast<float>(factor)](float x) { return detail::unit(by * x); });
}

/// m + factor (x - m), m the mean of all values.
inline void adjust_contrast(Planes& planes, double factor) {
  detail::check_planes(planes, "adjust_contrast");
  detail::check_factor("adjust_contrast", factor);
  const float mean = detail::mean_of(planes);
  detail::change(planes,
                 [by = static_cast<float>(factor), mean](float x) { return detail::unit(mean + by * (x - mean)); });
}

/// g + factor (x - g), g the grey of the pixel. Images of other than three channels stay as they are.
inline void adjust_saturation(Planes& planes, double factor) {
  detail::check_planes(planes, "adjust_saturation");
  detail::check_factor("adjust_saturation", factor);
  if (planes.size() != 3) return;
  detail::change_colours(planes, [by = static_cast<float>(factor)](float& a, float& b, float& c) {
    const float grey = (a + b + c) * (1.0F / 3);
    a = detail::unit(grey + by * (a - grey));
    b = detail::unit(grey + by * (b - grey));
    c = detail::unit(grey + by * (c - grey));
  });
}

/// Adds `turns`, in [-1, 1], to the hue in HSV (Smith 1978, Color Gamut Transform Pairs): 1/3 makes red green, green
/// blue and blue red. Greatest and least channel of a pixel keep their values. Images of other than three channels stay
/// as they are.
inline void turn_hue(Planes& planes, double turns) {
  detail::check_planes(planes, "turn_hue");
  if (!(turns >= -1 && turns <= 1)) {
    throw ParameterError("turn_hue: turns = " + std::to_string(turns) + " is not in [-1, 1]");
  }
  if (planes.size() != 3) return;
  const auto sixths = static_cast<float>(6 * (turns < 0 ? turns + 1 : turns));
  detail::change_colours(planes, [sixths](float& red, float& green, float& blue) {
    const float greatest = detail::greater_of(red, detail::greater_of(green, blue));
    const float least = detail::lesser_of(red, detail::lesser_of(green, blue));
    const float chroma = greatest - least;
    // The hue times the chroma: the hue is 0 at red, 2 at green, 4 at blue.
    const bool of_red = red == greatest;
    const bool of_green = static_cast<bool>((green == greatest) & (red != greatest));
    const bool of_blue = static_cast<bool>((green != greatest) & (red != greatest));
    float hue = detail::where(of_red, green - blue) + detail::where(of_green, blue - red + 2 * chroma) +
                detail::where(of_blue, red - green + 4 * chroma) + sixths * chroma;  // in [-1, 11] chromas
    hue -= detail::where(hue >= 6 * chroma, 6 * chroma);
    hue += detail::where(hue < 0, 6 * chroma);
    const auto within = [chroma](float x) { return detail::lesser_of(detail::greater_of(x, 0), chroma); };
    red = least + within(std::abs(hue - 3 * chroma) - chroma);
    green = least + within(2 * chroma - std::abs(hue - 2 * chroma));
    blue = least + within(2 * chroma - std::abs(hue - 4 * chroma));
  });
}

/// s + factor (x - s), s the image smoothed by [1 1 1; 1 5 1; 1 1 1] / 13: sharper above 1, softer below. The outermost
/// pixels stay as they are.
inline void adjust_sharpness(Planes& planes, double factor) {
  detail::check_planes(planes, "adjust_sharpness");
  detail::check_factor("adjust_sharpness", factor);
  const auto by = static_cast<float>(factor);
  const std::size_t rows = planes[0].rows();
  const std::size_t columns = planes[0].columns();
  if (rows < 3 || columns < 3) return detail::change(planes, detail::unit);
  std::vector<float> above(columns);
  std::vector<float> here(columns);
  std::vector<float> sums(columns + detail::lanes);
  for (Field& plane : planes) {
    std::ranges::copy(plane.row(0), here.begin());
    for (std::size_t row = 1; row + 1 < rows; ++row) {
      above.swap(here);
      std::ranges::copy(plane.row(row), here.begin());
      const float* below = plane.row(row + 1).data();
      float* out = plane.row(row).data();
      // Three neighbours above one another, then three of those sums.
      std::size_t i = 0;
      for (; i + detail::lanes <= columns; i += detail::lanes) {
        std::array<float, detail::lanes> part;
        for (std::size_t k = 0; k < detail::lanes; ++k) part[k] = above[i + k] + here[i + k] + below[i + k];
        std::ranges::copy(part, sums.begin() + static_cast<std::ptrdiff_t>(i));
      }
      for (; i < columns; ++i) sums[i] = above[i] + here[i] + below[i];
      const auto sharpened = [&](std::size_t c) {
        const float smooth = (sums[c - 1] + sums[c] + sums[c + 1] + 4 * here[c]) * (1.0F / 13);
        return detail::unit(smooth + by * (here[c] - smooth));
      };
      for (i = 1; i + 1 + detail::lanes <= columns; i += detail::lanes) {
        std::array<float, detail::lanes> part;
        for (std::size_t k = 0; k < detail::lanes; ++k) part[k] = sharpened(i + k);
        std::ranges::copy(part, out + i);
      }
      for (; i + 1 < columns; ++i) out[i] = sharpened(i);
    }
  }
}

/// 1 - x.
inline void invert(Planes& planes) {
  detail::check_planes(planes, "invert");
  detail::change(planes, [](float x) { return 1 - x; });
}

/// 1 - x where x >= threshold.
inline void solarise(Planes& planes, double threshold) {
  detail::check_planes(planes, "solarise");
  if (!(threshold >= 0 && threshold <= 1)) {
    throw ParameterError("solarise: threshold = " + std::to_string(threshold) + " is not in [0, 1]");
  }
  detail::change(planes, [at = static_cast<float>(threshold)](float x) {
    return std::abs(static_cast<float>(x >= at) - x);  // |1 - x| or |0 - x|
  });
}

/// Cut to 2^bits levels, 1 to 8 bits: floor(2^bits x), at most 2^bits - 1, over 2^bits (torchvision's, for floats).
inline void posterise(Planes& planes, int bits) {
  detail::check_planes(planes, "posterise");
  if (bits < 1 || bits > 8) {
    throw ParameterError("posterise: bits = " + std::to_string(bits) + " is not in [1, 8]");
  }
  const std::int32_t levels = 1 << bits;
  detail::change(planes, [levels, scale = static_cast<float>(levels), step = 1 / static_cast<float>(levels)](float x) {
    const auto level = static_cast<std::int32_t>(detail::unit(x) * scale);
    return static_cast<float>(std::min(level, levels - 1)) * step;
  });
}

/// Each channel stretched so that its least value becomes 0 and its greatest 1; one of equal values stays as it is.
inline void auto_contrast(Planes& planes) {
  detail::check_planes(planes, "auto_contrast");
  for (Field& plane : planes) {
    std::array<float, detail::lanes> least;
    std::array<float, detail::lanes> greatest;
    least.fill(1);
    greatest.fill(0);
    std::size_t i = 0;
    detail::change(plane.values(), detail::unit);
    const std::span<const float> values = plane.values();
    for (; i + detail::lanes <= values.size(); i += detail::lanes) {
      for (std::size_t k = 0; k < detail::lanes; ++k) least[k] = detail::lesser_of(least[k], values[i + k]);
      for (std::size_t k = 0; k < detail::lanes; ++k) greatest[k] = detail::greater_of(greatest[k], values[i + k]);
    }
    for (std::size_t k = 0; i < values.size(); ++i, ++k) {
      least[k] = detail::lesser_of(least[k], values[i]);
      greatest[k] = detail::greater_of(greatest[k], values[i]);
    }
    const float low = *std::ranges::min_element(least);
    const float high = *std::ranges::max_element(greatest);
    if (!(high > low)) continue;
    detail::change(plane.values(),
                   [low, scale = 1 / (high - low)](float x) { return detail::unit((x - low) * scale); });
  }
}

/// Each channel mapped so that its 256 levels are used about equally often, as PIL and torchvision do: with H(i) how
/// many values lie below level i, and step = (values - those of the greatest level that occurs) / 255 rounded down,
/// level i becomes min(255, (H(i) + step / 2) / step), both rounded down. A channel with step 0 stays as it is, but for
/// being rounded to levels.
inline void equalise(Planes& planes) {
  detail::check_planes(planes, "equalise");
  for (Field& plane : planes) {
    // Four histograms taken in turn: equal neighbours, which are common, do not wait for one another.
    std::array<std::array<std::uint32_t, 256>, 4> counts{};
    const std::span<float> values = plane.values();
    std::size_t i = 0;
    for (; i + detail::lanes <= values.size(); i += detail::lanes) {
      std::array<std::int32_t, detail::lanes> levels;
      for (std::size_t k = 0; k < detail::lanes; ++k) levels[k] = detail::level_of(values[i + k]);
      for (std::size_t k = 0; k < detail::lanes; ++k) ++counts[k % 4][static_cast<std::size_t>(levels[k])];
    }
    for (; i < values.size(); ++i) ++counts[0][static_cast<std::size_t>(detail::level_of(values[i]))];
    std::size_t last = 0;
    for (std::size_t level = 0; level < 256; ++level) {
      for (std::size_t k = 1; k < 4; ++k) counts[0][level] += counts[k][level];
      if (counts[0][level] > 0) last = level;
    }
    const std::size_t step = (values.size() - counts[0][last]) / 255;
    std::array<float, 256> becomes;
    std::size_t below = 0;
    for (std::size_t level = 0; level < 256; ++level) {
      const std::size_t to = step == 0 ? level : std::min<std::size_t>(255, (below + step / 2) / step);
      becomes[level] = static_cast<float>(to) / 255;
      below += counts[0][level];
    }
    for (i = 0; i + detail::lanes <= values.size(); i += detail::lanes) {
      std::array<std::int32_t, detail::lanes> levels;
      for (std::size_t k = 0; k < detail::lanes; ++k) levels[k] = detail::level_of(values[i + k]);
      for (std::size_t k = 0; k < detail::lanes; ++k) values[i + k] = becomes[static_cast<std::size_t>(levels[k])];
    }
    for (; i < values.size(); ++i) values[i] = becomes[static_cast<std::size_t>(detail::level_of(values[i]))];
  }
}

}  // namespace plimsoll::synth
