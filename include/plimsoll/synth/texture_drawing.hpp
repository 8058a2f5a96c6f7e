// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/perlin_noise.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/worley_noise.hpp"

/// How the textures of TextureBank are drawn.
namespace plimsoll::synth::detail {

/// A texture without its colours, which continues itself at its borders.
struct TextureDrawing {
  Field tone;   ///< in [0, 1]: from the one colour to the other
  Field grain;  ///< in [-1, 1]: lighter and darker
};

/// From 1 at whole numbers to 0 half way and back, smoothly: a wave without a cosine.
[[nodiscard]] inline float wave(float t) noexcept {
  const float d = std::abs(2 * (t - std::floor(t)) - 1);
  return d * d * (3 - 2 * d);
}

/// The distance from the next whole number, times 2: in [0, 1].
[[nodiscard]] inline float zigzag(float t) noexcept {
  return 1 - std::abs(2 * (t - std::floor(t)) - 1);
}

/// From 0 at `low` to 1 at `high`, smoothly, and flat beyond.
[[nodiscard]] inline float ramp(float t, float low, float high) noexcept {
  const float u = std::clamp((t - low) / (high - low), 0.0F, 1.0F);
  return u * u * (3 - 2 * u);
}

/// Cellular noise: F1, F2 - F1, and a number of [0, 1) of the nearest point.
struct Cells {
  Field nearest;
  Field borders;
  Field value;
};

/// What drawing functions draw on and with. Feature counts are per side, along the longer one.
class TextureSheet {
 public:
  TextureSheet(std::size_t rows, std::size_t columns, std::uint64_t seed)
      : tone(rows, columns), grain(rows, columns), random(seed), seed_{seed} {}

  Field tone;
  Field grain;
  RandomStream random;

  /// How many of `count` features along the longer side fit along the rows, or columns; a multiple of `step` above 0.
  [[nodiscard]] float down(float count, std::size_t step = 1) const { return fitting(count, tone.rows(), step); }
  [[nodiscard]] float across(float count, std::size_t step = 1) const { return fitting(count, tone.columns(), step); }

  /// A whole number of [least, most].
  [[nodiscard]] float pick(std::uint32_t least, std::uint32_t most) {
    return static_cast<float>(least + random.below(most - least + 1));
  }

  /// A number of [0, 1) for the feature of this row and column.
  [[nodiscard]] float of(float row, float column) const {
    const std::uint64_t row_seed = mix(seed_, static_cast<std::uint64_t>(static_cast<std::int64_t>(row)));
    const std::uint64_t bits = mix(row_seed, static_cast<std::uint64_t>(static_cast<std::int64_t>(column)));
    return static_cast<float>(bits >> 40) * 0x1p-24F;
  }

  /// Gradient noise with features that are `rows_count` and `columns_count` a side.
  [[nodiscard]] Field noise(float rows_count, float columns_count, std::size_t octaves = 1, double persistence = 0.5,
                            bool turbulence = false) {
    return perlin_noise(tone.rows(), tone.columns(),
                        {.row_cells = static_cast<double>(down(rows_count)),
                         .column_cells = static_cast<double>(across(columns_count)),
                         .periodic = true,
                         .octaves = octaves,
                         .persistence = persistence,
                         .turbulence = turbulence},
                        random.next());
  }

  /// Cellular noise of some random points.
  [[nodiscard]] Cells cells(float count, double jitter = 1) {
    Cells made{Field(tone.rows(), tone.columns()), Field(tone.rows(), tone.columns()),
               Field(tone.rows(), tone.columns())};
    for_nearest_points(tone.rows(), tone.columns(),
                       {.row_cells = static_cast<double>(down(count)),
                        .column_cells = static_cast<double>(across(count)),
                        .periodic = true,
                        .jitter = jitter},
                       random.next(),
                       [&](std::size_t row, std::size_t column, std::size_t length, const WorleyLine& first,
                           const WorleyLine& second, const WorleyLine& value) {
                         const std::size_t begin = row * tone.columns() + column;
                         for (std::size_t i = 0; i < length; ++i) {
                           const float nearest = std::sqrt(first[i]);
                           made.nearest.values()[begin + i] = nearest;
                           made.borders.values()[begin + i] = std::sqrt(second[i]) - nearest;
                           made.value.values()[begin + i] = value[i];
                         }
                       });
    return made;
  }

  /// The field, each pixel taken from `amount` times noise away; amount is a share of the longer side.
  [[nodiscard]] Field warped(const Field& field, float count, float amount) {
    const Field rows_noise = noise(count, count, 3);
    const Field columns_noise = noise(count, count, 3);
    const float scale = amount * static_cast<float>(std::max(tone.rows(), tone.columns()));
    Field result(field.rows(), field.columns());
    std::size_t i = 0;
    for (std::size_t row = 0; row < field.rows(); ++row) {
      for (std::size_t column = 0; column < field.columns(); ++column, ++i) {
        const float y = static_cast<float>(row) + scale * rows_noise.values()[i];
        const float x = static_cast<float>(column) + scale * columns_noise.values()[i];
        result.values()[i] = between(field, y, x);
      }
    }
    return result;
  }

  /// Sets tone and grain of every pixel: `draw(i, y, x, tone, grain)`, with y and x in [0, 1).
  template <typename Draw>
  void draw(const Draw& draw) {
    std::size_t i = 0;
    for (std::size_t row = 0; row < tone.rows(); ++row) {
      const float y = static_cast<float>(row) / static_cast<float>(tone.rows());
      for (std::size_t column = 0; column < tone.columns(); ++column, ++i) {
        const float x = static_cast<float>(column) / static_cast<float>(tone.columns());
        draw(i, y, x, tone.values()[i], grain.values()[i]);
      }
    }
  }

  /// The drawing, stretched to its range: what is 2.2 deviations from the mean, or the extremes, becomes the bounds.
  [[nodiscard]] TextureDrawing finish() {
    stretch(tone.values(), 0);
    stretch(grain.values(), -1);
    return {std::move(tone), std::move(grain)};
  }

 private:
  [[nodiscard]] float fitting(float count, std::size_t side, std::size_t step) const {
    const float longer = static_cast<float>(std::max(tone.rows(), tone.columns()));
    const auto steps = static_cast<float>(step);
    return std::max(1.0F, std::floor(count * static_cast<float>(side) / longer / steps + 0.5F)) * steps;
  }

  [[nodiscard]] static float between(const Field& field, float y, float x) {
    const float top = std::floor(y);
    const float left = std::floor(x);
    const auto wrap = [](float place, std::size_t size) {
      const auto period = static_cast<std::int64_t>(size);
      return static_cast<std::size_t>((static_cast<std::int64_t>(place) % period + period) % period);
    };
    const std::size_t row = wrap(top, field.rows());
    const std::size_t column = wrap(left, field.columns());
    const std::size_t below = row + 1 == field.rows() ? 0 : row + 1;
    const std::size_t right = column + 1 == field.columns() ? 0 : column + 1;
    const float upper = field.at(row, column) + (x - left) * (field.at(row, right) - field.at(row, column));
    const float lower = field.at(below, column) + (x - left) * (field.at(below, right) - field.at(below, column));
    return upper + (y - top) * (lower - upper);
  }

  /// To [bottom, 1]; the middle of it where there is no spread.
  static void stretch(std::span<float> values, float bottom) {
    double sum = 0;
    double squares = 0;
    float least = 0;
    float most = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = static_cast<double>(values[i]);
      sum += value;
      squares += value * value;
      least = i == 0 ? values[i] : std::min(least, values[i]);
      most = i == 0 ? values[i] : std::max(most, values[i]);
    }
    const double mean = sum / static_cast<double>(values.size());
    const double deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(values.size()) - mean * mean));
    const float low = std::max(least, static_cast<float>(mean - 2.2 * deviation));
    const float high = std::min(most, static_cast<float>(mean + 2.2 * deviation));
    const float width = high - low;
    for (float& value : values) {
      const float part = width > 1e-6F ? std::clamp((value - low) / width, 0.0F, 1.0F) : 0.5F;
      value = bottom + (1 - bottom) * part;
    }
  }

  std::uint64_t seed_;
};

inline void draw_wood(TextureSheet& sheet) {
  const float rings = sheet.across(sheet.pick(4, 8));
  const Field bend = sheet.noise(2, 4, 3, 0.4);
  const Field fibre = sheet.noise(5, 100, 2, 0.7);
  const Field fine = sheet.noise(16, 128);
  sheet.draw([&](std::size_t i, float, float x, float& tone, float& grain) {
    const float ring = rings * x + 1.5F * bend.values()[i];
    const float part = ring - std::floor(ring);
    tone = part * (1 - ramp(part, 0.85F, 1)) + 0.35F * fibre.values()[i];
    grain = fibre.values()[i] + 0.7F * fine.values()[i];
  });
}

inline void draw_marble(TextureSheet& sheet) {
  const float down = sheet.pick(1, 3);
  const float across = sheet.pick(1, 3);
  const Field folds = sheet.noise(3, 3, 6, 0.55, true);
  const Field cloud = sheet.noise(3, 3, 5, 0.6);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float vein = 1 - zigzag(down * y + across * x + 1.1F * folds.values()[i]);
    tone = -vein * vein * vein * vein - 0.25F * cloud.values()[i];
    grain = cloud.values()[i];
  });
}

/// Threads of which one passes over `over` and under as many.
inline void draw_threads(TextureSheet& sheet, float count, std::int64_t over) {
  const auto step = static_cast<std::size_t>(2 * over);
  const float down = sheet.down(count, step);
  const float across = sheet.across(count, step);
  const Field fine = sheet.noise(90, 90, 1);
  const Field shade = sheet.noise(4, 4, 3);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float row = std::floor(y * down);
    const float column = std::floor(x * across);
    const float v = y * down - row - 0.5F;
    const float u = x * across - column - 0.5F;
    const bool upright = (static_cast<std::int64_t>(row + column) % (2 * over)) < over;
    const float side = upright ? u : v;
    const float along = upright ? v : u;
    const float round = (1 - 3.4F * side * side) * (1 - (over == 1 ? 1.6F : 0.5F) * along * along);
    const float thread = upright ? sheet.of(-1, column) : sheet.of(row, -1);
    tone = round * (upright ? 1.0F : 0.7F) * (0.8F + 0.35F * thread) + 0.12F * fine.values()[i];
    grain = 0.6F * fine.values()[i] + shade.values()[i] + 0.5F * (thread - 0.5F);
  });
}
inline void draw_weave(TextureSheet& sheet) {
  draw_threads(sheet, 2 * sheet.pick(9, 16), 1);
}
inline void draw_twill(TextureSheet& sheet) {
  draw_threads(sheet, 4 * sheet.pick(9, 13), 2);
}

inline void draw_bricks(TextureSheet& sheet) {
  const float down = sheet.down(2 * sheet.pick(4, 7), 2);
  const float across = sheet.across(sheet.pick(3, 5));
  const Field rough = sheet.noise(8, 8, 5, 0.7);
  const Field dents = sheet.noise(30, 30, 2);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float row = std::floor(y * down);
    const float shifted = x * across + (static_cast<std::int64_t>(row) % 2 == 1 ? 0.5F : 0.0F);
    float column = std::floor(shifted);
    const float v = y * down - row;
    const float u = shifted - column;
    if (column >= across) column -= across;
    const float ragged = 0.06F * dents.values()[i];
    const float edge = std::min(std::min(v, 1 - v), 2 * std::min(u, 1 - u)) + ragged;
    const float brick = 0.55F + 0.45F * sheet.of(row, column) + 0.22F * rough.values()[i];
    tone = brick * ramp(edge, 0.07F, 0.13F) + 0.15F * dents.values()[i];
    grain = rough.values()[i] + 0.6F * dents.values()[i];
  });
}

inline void draw_tiles(TextureSheet& sheet) {
  const float count = sheet.pick(4, 8);
  const float down = sheet.down(count);
  const float across = sheet.across(count);
  const Field glaze = sheet.noise(6, 6, 3);
  const Field fine = sheet.noise(64, 64);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float row = std::floor(y * down);
    const float column = std::floor(x * across);
    const float v = y * down - row;
    const float u = x * across - column;
    const float edge = std::min(std::min(v, 1 - v), std::min(u, 1 - u));
    const float bevel = 0.25F * (ramp(0.16F - std::min(v, u), 0, 0.1F) - ramp(0.16F - std::min(1 - v, 1 - u), 0, 0.1F));
    const float value = 0.45F + 0.45F * sheet.of(row, column) + bevel + 0.1F * glaze.values()[i];
    tone = value * ramp(edge, 0.03F, 0.05F);
    grain = glaze.values()[i] + 0.4F * fine.values()[i];
  });
}

inline void draw_stripes(TextureSheet& sheet) {
  const float down = sheet.pick(0, 5);
  const float across = sheet.pick(6, 12);
  const float width = 0.3F + 0.04F * sheet.pick(0, 10);
  const Field bend = sheet.noise(3, 3, 2);
  const Field fine = sheet.noise(50, 50, 2, 0.8);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float place = down * y + across * x + 0.12F * bend.values()[i];
    const float stripe = ramp(zigzag(place), width - 0.06F, width + 0.06F);
    const float narrow = 0.4F * ramp(zigzag(place), 0.12F, 0.06F);
    tone = stripe + narrow + 0.08F * fine.values()[i];
    grain = fine.values()[i] + bend.values()[i];
  });
}

inline void draw_dots(TextureSheet& sheet) {
  const float down = sheet.down(2 * sheet.pick(4, 8), 2);
  const float across = sheet.across(sheet.pick(5, 10));
  const float ratio = down / across * static_cast<float>(sheet.tone.columns()) / static_cast<float>(sheet.tone.rows());
  const Field fine = sheet.noise(48, 48, 2, 0.7);
  const Field shade = sheet.noise(4, 4, 3);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float row = std::floor(y * down);
    const float shifted = x * across + (static_cast<std::int64_t>(row) % 2 == 1 ? 0.5F : 0.0F);
    float column = std::floor(shifted);
    const float v = (y * down - row - 0.5F) / std::max(1.0F, ratio);
    const float u = (shifted - column - 0.5F) * std::min(1.0F, ratio);
    if (column >= across) column -= across;
    const float reach = std::min(0.5F, 0.5F / std::max(1.0F, ratio)) * std::min(1.0F, ratio);
    const float radius = std::max(0.2F, reach) * (0.6F + 0.35F * sheet.of(row, column));
    const float distance = std::sqrt(v * v + u * u) / radius;
    tone = ramp(distance, 1.05F, 0.9F) * (0.75F + 0.25F * ramp(distance, 1, 0)) + 0.06F * fine.values()[i];
    grain = fine.values()[i] + shade.values()[i];
  });
}

inline void draw_checks(TextureSheet& sheet) {
  const float count = 2 * sheet.pick(4, 8);
  const float down = sheet.down(count, 2);
  const float across = sheet.across(count, 2);
  const Field bend = sheet.noise(4, 4, 3);
  const Field fine = sheet.noise(40, 40, 3, 0.7);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    // Half way from one colour to the other at the borders, whatever their direction.
    const float v = wave(0.5F * (y * down + 0.15F * bend.values()[i])) - 0.5F;
    const float u = wave(0.5F * (x * across - 0.15F * bend.values()[i])) - 0.5F;
    tone = ramp(v * u, -0.02F, 0.02F) + 0.15F * fine.values()[i];
    grain = fine.values()[i] + bend.values()[i];
  });
}

inline void draw_cells(TextureSheet& sheet) {
  const float count = sheet.pick(8, 14);
  const Cells cells = sheet.cells(count);
  const Field fine = sheet.noise(40, 40, 2);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float nucleus = ramp(cells.nearest.values()[i], 0.2F, 0.14F);
    tone = ramp(cells.borders.values()[i], 0.02F, 0.2F) * (0.8F - 0.35F * cells.nearest.values()[i]) - 0.55F * nucleus;
    grain = cells.value.values()[i] - 0.5F + 0.3F * fine.values()[i];
  });
}

inline void draw_cracks(TextureSheet& sheet) {
  const float count = sheet.pick(4, 7);
  const Field wide = sheet.warped(sheet.cells(count).borders, 8, 0.03F);
  const Field narrow = sheet.warped(sheet.cells(3 * count).borders, 16, 0.01F);
  const Field rough = sheet.noise(5, 5, 5, 0.65);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float where = ramp(rough.values()[i], -0.1F, 0.5F);
    const float thin = 1 - 0.6F * where * ramp(narrow.values()[i], 0.1F, 0.02F);
    tone = ramp(wide.values()[i], 0.015F, 0.05F) * thin * (0.75F + 0.3F * rough.values()[i]);
    grain = rough.values()[i];
  });
}

inline void draw_stone(TextureSheet& sheet) {
  const Field ridges = sheet.noise(4, 4, 6, 0.6, true);
  const Field rough = sheet.noise(10, 10, 4, 0.7);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    tone = 0.3F * rough.values()[i] - ridges.values()[i];
    grain = rough.values()[i];
  });
}

inline void draw_metal(TextureSheet& sheet) {
  const Field strokes = sheet.noise(128, 2, 1);
  const Field longer = sheet.noise(60, 1, 2, 0.8);
  const Field sheen = sheet.noise(1, 3, 2);
  const Field marks = sheet.noise(100, 6, 1);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float mark = ramp(marks.values()[i], 0.45F, 0.7F);
    tone = strokes.values()[i] + 0.8F * longer.values()[i] + 0.5F * sheen.values()[i] + 0.5F * mark;
    grain = sheen.values()[i] + 0.5F * strokes.values()[i];
  });
}

inline void draw_scales(TextureSheet& sheet) {
  const float count = sheet.pick(6, 10);
  const float down = sheet.down(2 * count, 2);
  const float across = sheet.across(count);
  const Field fine = sheet.noise(40, 40, 2);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    // Of the discs that hang from rows of points, the uppermost's lie on top.
    const float base = std::floor(y * down);
    for (int k = 1; k >= -1; --k) {
      const float row = base - 1 + static_cast<float>(k);
      const bool odd = static_cast<std::int64_t>(row + 2 * down) % 2 == 1;
      const float shifted = x * across + (odd ? 0.5F : 0.0F);
      const float column = std::floor(shifted);
      const float v = (y * down - row) * 0.5F;
      const float u = shifted - column - 0.5F;
      const float distance = std::sqrt(v * v + u * u);
      const bool last = k == -1;
      if (distance > 0.56F && !last) continue;
      const float wrapped = column >= across ? column - across : column;
      const float value = sheet.of(row < 0 ? row + down : row, wrapped);
      tone = ramp(distance, 0.57F, 0.5F) * (0.35F + 0.9F * distance) + 0.2F * value;
      grain = value - 0.5F + 0.3F * fine.values()[i] + 0.3F * zigzag(6 * u);
      break;
    }
  });
}

inline void draw_hatch(TextureSheet& sheet) {
  const float lines = sheet.pick(14, 24);
  const Field light = sheet.noise(3, 3, 3);
  const Field hand = sheet.noise(7, 7, 2);
  const Field fine = sheet.noise(60, 60);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float shade = 0.3F + 0.55F * light.values()[i];
    const float wobble = 0.25F * hand.values()[i];
    const float first = ramp(zigzag(lines * (x + y) + wobble), shade + 0.15F, shade - 0.1F);
    const float second = ramp(zigzag(lines * (x - y) + wobble), shade - 0.1F, shade - 0.35F);
    tone = -std::max(first, second) + 0.08F * fine.values()[i];
    grain = light.values()[i] + 0.5F * fine.values()[i];
  });
}

inline void draw_gravel(TextureSheet& sheet) {
  const float count = sheet.pick(13, 20);
  const Cells stones = sheet.cells(count);
  const Field rough = sheet.noise(40, 40, 3, 0.7);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    tone = ramp(stones.borders.values()[i], 0, 0.4F) * (0.4F + 0.6F * stones.value.values()[i]) +
           0.12F * rough.values()[i];
    const float colour = 7 * stones.value.values()[i];
    grain = 2 * (colour - std::floor(colour)) - 1 + 0.6F * rough.values()[i];
  });
}

inline void draw_rust(TextureSheet& sheet) {
  const Field patches = sheet.noise(3, 3, 6, 0.6);
  const Field inner = sheet.noise(20, 20, 4, 0.75);
  const Field plain = sheet.noise(30, 4, 2);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float rusty = ramp(patches.values()[i], 0.02F, 0.14F);
    const float rim = ramp(patches.values()[i], -0.08F, 0.02F) * (1 - rusty);
    tone = rusty * (0.75F + 0.45F * inner.values()[i]) + 0.3F * rim + 0.06F * plain.values()[i];
    grain = rusty * inner.values()[i] + (1 - rusty) * 0.5F * plain.values()[i] - 0.4F * rim;
  });
}

inline void draw_terrazzo(TextureSheet& sheet) {
  const float count = sheet.pick(7, 10);
  const Field ground = sheet.noise(24, 24, 3, 0.7);
  const Cells large = sheet.cells(count);
  const Cells small = sheet.cells(2.5F * count);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    tone = 0.62F + 0.06F * ground.values()[i];
    grain = 0.3F * ground.values()[i];
    for (const Cells* const chips : {&small, &large}) {
      const float value = chips->value.values()[i];
      const float chip = ramp(chips->borders.values()[i], 0.2F, 0.24F) * (value < 0.6F ? 1.0F : 0.0F);
      tone += chip * ((value < 0.35F ? 1.6F * value : 0.4F + value) - tone);
      grain += chip * (10 * value - std::floor(10 * value) - 0.5F);
    }
  });
}

inline void draw_clouds(TextureSheet& sheet) {
  const Field cloud = sheet.noise(3, 3, 6, 0.48);
  const Field high = sheet.noise(5, 2, 4, 0.5);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    tone = ramp(cloud.values()[i], -0.45F, 0.45F);
    grain = high.values()[i];
  });
}

inline void draw_granite(TextureSheet& sheet) {
  const Field dark = sheet.noise(34, 34, 2, 0.6);
  const Field bright = sheet.noise(26, 26, 2, 0.6);
  const Field fine = sheet.noise(100, 100);
  const Field wide = sheet.noise(4, 4, 2);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float black = ramp(dark.values()[i] + 0.3F * wide.values()[i], 0.18F, 0.28F);
    const float white = ramp(bright.values()[i], 0.14F, 0.24F);
    tone = 0.5F + 0.4F * white - 0.5F * black + 0.12F * fine.values()[i];
    grain = bright.values()[i] + 0.6F * wide.values()[i] + 0.3F * fine.values()[i];
  });
}

inline void draw_leather(TextureSheet& sheet) {
  const float count = sheet.pick(20, 30);
  const Field bumps = sheet.warped(sheet.cells(count).borders, 10, 0.012F);
  const Field folds = sheet.noise(4, 4, 4, 0.55, true);
  const Field fine = sheet.noise(90, 90);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float crease = ramp(folds.values()[i], 0.12F, 0.02F);
    tone = ramp(bumps.values()[i], 0, 0.35F) - 0.3F * crease + 0.15F * fine.values()[i] + 0.3F * folds.values()[i];
    grain = folds.values()[i] + 0.2F * fine.values()[i];
  });
}

inline void draw_linen(TextureSheet& sheet) {
  const Field weft = sheet.noise(100, 7, 2, 0.7);
  const Field warp = sheet.noise(7, 100, 2, 0.7);
  const Field slubs = sheet.noise(50, 3, 1);
  const Field shade = sheet.noise(4, 4, 3);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float slub = ramp(slubs.values()[i], 0.35F, 0.6F);
    tone = std::max(weft.values()[i], warp.values()[i]) + 0.5F * slub;
    grain = shade.values()[i] + 0.4F * weft.values()[i];
  });
}

inline void draw_ripples(TextureSheet& sheet) {
  const float waves = sheet.down(sheet.pick(9, 16));
  const Field bend = sheet.noise(3, 4, 3, 0.45);
  const Field height = sheet.noise(4, 4, 2);
  const Field fine = sheet.noise(80, 80, 1);
  sheet.draw([&](std::size_t i, float y, float, float& tone, float& grain) {
    const float place = waves * y + 1.3F * bend.values()[i];
    const float part = place - std::floor(place);
    const float slope = part < 0.7F ? part / 0.7F : (1 - part) / 0.3F;
    tone = slope * slope * (3 - 2 * slope) * (0.7F + 0.4F * height.values()[i]) + 0.15F * fine.values()[i];
    grain = 0.5F * fine.values()[i] + height.values()[i];
  });
}

inline void draw_camouflage(TextureSheet& sheet) {
  const Field broad = sheet.noise(4, 4, 3, 0.5);
  const Field other = sheet.noise(5, 5, 3, 0.5);
  const Field fine = sheet.noise(64, 64, 2, 0.8);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float first = ramp(broad.values()[i], 0.06F, 0.08F);
    const float second = ramp(other.values()[i], 0.08F, 0.1F);
    const float third = ramp(broad.values()[i] - other.values()[i], 0.4F, 0.42F);
    tone = 0.35F + 0.4F * first - 0.35F * second + 0.35F * third + 0.05F * fine.values()[i];
    grain = 1.5F * (first - second) + 0.7F * fine.values()[i];
  });
}

inline void draw_honeycomb(TextureSheet& sheet) {
  const float count = sheet.pick(6, 12);
  const float across = sheet.across(count);
  const float down = sheet.down(count * 1.1547F, 2);
  const Field fine = sheet.noise(40, 40, 2);
  const Field filled = sheet.noise(3, 3, 2);
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    // The nearest and second nearest of a lattice of triangles whose rows are .866 of a cell apart.
    float first = 10;
    float second = 10;
    float value = 0;
    const float base = std::floor(y * down);
    for (int k = -1; k <= 1; ++k) {
      const float row = base + static_cast<float>(k);
      const float shift = static_cast<std::int64_t>(row + down) % 2 == 1 ? 0.5F : 0.0F;
      const float left = std::floor(x * across + shift);
      for (int j = -1; j <= 1; ++j) {
        const float column = left + static_cast<float>(j);
        const float v = (y * down - row - 0.5F) * 0.8660254F;
        const float u = x * across + shift - column - 0.5F;
        const float square = v * v + u * u;
        if (square < first) {
          second = first;
          first = square;
          value = sheet.of(row < 0       ? row + down
                           : row >= down ? row - down
                                         : row,
                           column < 0         ? column + across
                           : column >= across ? column - across
                                              : column);
        } else {
          second = std::min(second, square);
        }
      }
    }
    const float wall = 0.5F * (second - first);  // the distance from the wall, as centres are 1 apart
    const float inside = value < 0.5F + 0.6F * filled.values()[i] ? 0.55F - 0.4F * first : 0.1F + 0.5F * first;
    tone = ramp(wall, 0.1F, 0.05F) + ramp(wall, 0.07F, 0.12F) * (inside + 0.1F * value) + 0.08F * fine.values()[i];
    grain = fine.values()[i] + value - 0.5F;
  });
}

inline void draw_plaid(TextureSheet& sheet) {
  const float repeats = sheet.pick(2, 4);
  const float down = sheet.down(repeats);
  const float across = sheet.across(repeats);
  const float twill = 4 * sheet.pick(9, 12);
  const Field fine = sheet.noise(100, 100);
  struct Band {
    float middle;
    float width;
    float tone;
  };
  std::array<Band, 5> bands;
  for (Band& band : bands) {
    band.middle = 0.05F * sheet.pick(0, 19);
    band.width = 0.02F * sheet.pick(1, 8);
    band.tone = 0.25F * sheet.pick(0, 4) - 0.5F;
  }
  const auto line = [&](float t) {
    float sum = 0;
    for (const Band& band : bands) sum += band.tone * ramp(zigzag(t - band.middle), band.width + 0.02F, band.width);
    return sum;
  };
  sheet.draw([&](std::size_t i, float y, float x, float& tone, float& grain) {
    const float v = line(y * down);
    const float u = line(x * across + 0.3F);
    const float thread = wave(twill * (x + y));
    tone = 0.9F * (v + u) + 0.3F * (thread - 0.5F) * (0.5F + std::abs(v - u)) + 0.1F * fine.values()[i];
    grain = v - u + 0.3F * fine.values()[i];
  });
}

inline void draw_bubbles(TextureSheet& sheet) {
  const float count = sheet.pick(5, 8);
  const Cells large = sheet.cells(count);
  const Cells middle = sheet.cells(2 * count);
  const Cells small = sheet.cells(3.5F * count);
  const Field ground = sheet.noise(6, 6, 4, 0.6);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    tone = 0.55F + 0.2F * ground.values()[i];
    grain = ground.values()[i];
    for (const Cells* const layer : {&small, &middle, &large}) {
      const float value = layer->value.values()[i];
      const float part = layer->nearest.values()[i] / (0.2F + 0.25F * value);
      const float inside = ramp(part, 1.05F, 0.95F);
      tone += inside * (0.08F + 0.5F * part * part * part - tone) + 0.35F * ramp(std::abs(part - 1), 0.12F, 0.02F);
      grain += inside * (value - 0.5F - 0.5F * grain);
    }
  });
}

inline void draw_agate(TextureSheet& sheet) {
  const float bands = sheet.pick(4, 7);
  const Field height = sheet.noise(2, 2, 4, 0.4);
  const Field strength = sheet.noise(3, 3, 2);
  const Field fine = sheet.noise(50, 50, 2);
  sheet.draw([&](std::size_t i, float, float, float& tone, float& grain) {
    const float place = bands * height.values()[i];
    tone = wave(place) + 0.45F * wave(3.7F * place) + 0.6F * strength.values()[i] + 0.06F * fine.values()[i];
    grain = wave(0.5F * place) - 0.5F + 0.4F * fine.values()[i] + 0.5F * strength.values()[i];
  });
}

struct TextureKind {
  std::string_view name;
  void (*draw)(TextureSheet&);
};

inline constexpr std::array<TextureKind, 28> texture_kinds{{
    {"wood", draw_wood},           {"marble", draw_marble},   {"weave", draw_weave},
    {"twill", draw_twill},         {"bricks", draw_bricks},   {"tiles", draw_tiles},
    {"stripes", draw_stripes},     {"dots", draw_dots},       {"checks", draw_checks},
    {"cells", draw_cells},         {"cracks", draw_cracks},   {"stone", draw_stone},
    {"metal", draw_metal},         {"scales", draw_scales},   {"hatch", draw_hatch},
    {"gravel", draw_gravel},       {"rust", draw_rust},       {"terrazzo", draw_terrazzo},
    {"clouds", draw_clouds},       {"granite", draw_granite}, {"leather", draw_leather},
    {"linen", draw_linen},         {"ripples", draw_ripples}, {"camouflage", draw_camouflage},
    {"honeycomb", draw_honeycomb}, {"plaid", draw_plaid},     {"bubbles", draw_bubbles},
    {"agate", draw_agate},
}};

/// The drawing of this kind at this size; none of the sides may be 0.
[[nodiscard]] inline TextureDrawing draw_texture(std::size_t kind, std::size_t rows, std::size_t columns,
                                                 std::uint64_t seed) {
  TextureSheet sheet(rows, columns, mix(seed, kind));
  texture_kinds[kind].draw(sheet);
  return sheet.finish();
}

}  // namespace plimsoll::synth::detail
