// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/texture_drawing.hpp"

namespace plimsoll::synth {

/// Textures of 28 kinds of material, drawn by formulas: a source of foreign patterns that needs no download. Each is
/// periodic and has two colours, and a lighter and darker grain on top; no pixel leaves [0, 1].
///
/// The bank itself holds one tile of each kind, 8 bits a pixel (7 MiB for tiles of 256), and hands out crops of them in
/// colours of their own. A `const` bank may be used by several threads, each with a stream of its own.
class TextureBank {
 public:
  /// How many kinds there are.
  [[nodiscard]] static constexpr std::size_t count() noexcept { return detail::texture_kinds.size(); }

  /// The name of kind `index`, such as "wood". Throws ParameterError from count() on.
  [[nodiscard]] static std::string_view name(std::size_t index) {
    check("name", index, 1);
    return detail::texture_kinds[index].name;
  }

  /// Kind `index` drawn at this size, its pattern and its colours by the seed. Its features are shares of the longer
  /// side; opposite borders fit. One channel is the weighted mean (1/4, 1/2, 1/4) of three of the same seed.
  /// Throws ParameterError for an index from count() on, and channels that are not 1 to 4.
  [[nodiscard]] static Planes texture(std::size_t index, std::size_t rows, std::size_t columns, std::size_t channels,
                                      std::uint64_t seed) {
    check("texture", index, channels);
    Planes planes(channels, Field(rows, columns));
    if (rows == 0 || columns == 0) return planes;
    const detail::TextureDrawing drawing = detail::draw_texture(index, rows, columns, seed);
    RandomStream random(mix(seed, index), 1);
    const Colours colours(channels, random);
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const Colour colour = colours.of[channel];
      for (std::size_t i = 0; i < planes[channel].values().size(); ++i) {
        planes[channel].values()[i] =
            colour.base + colour.tone * drawing.tone.values()[i] + colour.grain * drawing.grain.values()[i];
      }
    }
    return planes;
  }

  /// Draws all kinds as square tiles, in some 70 ms for 256. Throws ParameterError for a tile not in [8, 4096].
  explicit TextureBank(std::uint64_t seed = 0, std::size_t tile = 256) : tile_{tile} {
    if (tile < 8 || tile > 4096) {
      throw ParameterError("TextureBank: tile = " + std::to_string(tile) + " is not in [8, 4096]");
    }
    tiles_.reserve(count());
    for (std::size_t kind = 0; kind < count(); ++kind) {
      const detail::TextureDrawing drawing = detail::draw_texture(kind, tile, tile, seed);
      const auto bytes = [](float part) { return static_cast<std::uint8_t>(part * 255 + 0.5F); };
      Tile& made = tiles_.emplace_back();
      for (Texels* const texels : {&made.upright, &made.transposed}) {
        texels->tone.resize(tile * tile);
        texels->grain.resize(tile * tile);
      }
      for (std::size_t row = 0; row < tile; ++row) {
        for (std::size_t column = 0; column < tile; ++column) {
          const std::size_t at = row * tile + column;
          const std::size_t turned = column * tile + row;
          const std::uint8_t tone = bytes(drawing.tone.values()[at]);
          const std::uint8_t grain = bytes(0.5F * drawing.grain.values()[at] + 0.5F);
          made.upright.tone[at] = tone;
          made.upright.grain[at] = grain;
          made.transposed.tone[turned] = tone;
          made.transposed.grain[turned] = grain;
        }
      }
    }
  }

  /// The side of the tiles.
  [[nodiscard]] std::size_t tile() const noexcept { return tile_; }

  /// A piece of the tile of kind `index`: from a random place on, transposed, turned upside down, both or neither, in
  /// random colours. Wraps around the tile where it is larger. 256 x 256 x 3 in less than .1 ms. Throws as texture
  /// does.
  [[nodiscard]] Planes crop(std::size_t index, std::size_t rows, std::size_t columns, std::size_t channels,
                            RandomStream& random) const {
    check("crop", index, channels);
    const auto side = static_cast<std::uint32_t>(tile_);
    const std::size_t top = random.below(side);
    const std::size_t left = random.below(side);
    const bool upside_down = random.chance(0.5);
    const Texels& from = random.chance(0.5) ? tiles_[index].transposed : tiles_[index].upright;
    const Colours colours(channels, random);
    // What the bytes of tone and grain stand for: t / 255, and g / 127.5 - 1.
    std::array<Colour, 4> scaled{};
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const Colour colour = colours.of[channel];
      scaled[channel] = {colour.base - colour.grain, colour.tone / 255, colour.grain / 127.5F};
    }
    Planes planes(channels);
    for (Field& plane : planes) plane = Field(rows, columns);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t down = row % tile_;
      const std::size_t source = (upside_down ? top + tile_ - down : top + down) % tile_;
      std::size_t place = left;
      for (std::size_t column = 0; column < columns;) {
        const std::size_t length = std::min(columns - column, tile_ - place);
        const std::uint8_t* const tone = from.tone.data() + source * tile_ + place;
        const std::uint8_t* const grain = from.grain.data() + source * tile_ + place;
        for (std::size_t channel = 0; channel < channels; ++channel) {
          paint(tone, grain, length, scaled[channel], planes[channel].row(row).data() + column);
        }
        column += length;
        place = 0;
      }
    }
    return planes;
  }

 private:
  struct Texels {
    std::vector<std::uint8_t> tone;
    std::vector<std::uint8_t> grain;
  };
  struct Tile {
    Texels upright;
    Texels transposed;
  };
  /// Of one channel: base + tone t + grain g.
  struct Colour {
    float base = 0;
    float tone = 0;
    float grain = 0;
  };

  /// The colours of all channels: a dark and a bright one, both near some hue of their own, either of them where t is
  /// 0.
  struct Colours {
    Colours(std::size_t channels, RandomStream& random) {
      const double dark = random.uniform(0.08, 0.4);
      const double bright = random.uniform(std::max(0.5, dark + 0.25), 0.92);
      const double colourfulness = random.uniform(0, 0.7);
      const double graininess = random.uniform(0.3, 1);
      const bool turned = random.chance(0.5);
      const std::size_t drawn = channels == 1 ? 3 : channels;
      std::array<Colour, 4> found{};
      for (std::size_t channel = 0; channel < drawn; ++channel) {
        const double hue = random.uniform(-1, 1);
        const double other = random.uniform(-1, 1);
        const double low = std::clamp(dark + 0.3 * colourfulness * hue, 0.04, 0.96);
        const double high = std::clamp(bright + 0.4 * colourfulness * (0.5 * hue + 0.5 * other), 0.04, 0.96);
        // So much grain as stays within [0, 1] on either colour.
        const double room = std::min(std::min(low, high), 1 - std::max(low, high));
        const double grain = std::min(0.12 * graininess, room - 0.01) * (1 - 0.4 * colourfulness * std::abs(other));
        const double base = turned ? high : low;
        found[channel] = {static_cast<float>(base), static_cast<float>((turned ? low : high) - base),
                          static_cast<float>(grain)};
      }
      of = found;
      if (channels == 1) {
        of[0] = {found[0].base * 0.25F + found[1].base * 0.5F + found[2].base * 0.25F,
                 found[0].tone * 0.25F + found[1].tone * 0.5F + found[2].tone * 0.25F,
                 found[0].grain * 0.25F + found[1].grain * 0.5F + found[2].grain * 0.25F};
      }
    }
    std::array<Colour, 4> of{};
  };

  static void check(const char* function, std::size_t index, std::size_t channels) {
    const std::string where = "TextureBank::" + std::string(function) + ": ";
    if (index >= count()) {
      throw ParameterError(where + "index = " + std::to_string(index) + " is not below " + std::to_string(count()));
    }
    if (channels == 0 || channels > 4) {
      throw ParameterError(where + "channels = " + std::to_string(channels) + " is not in [1, 4]");
    }
  }

  static void paint(const std::uint8_t* tone, const std::uint8_t* grain, std::size_t length, Colour colour,
                    float* to) noexcept {
    constexpr std::size_t block = 32;  // see add_perlin_octave
    std::size_t begin = 0;
    for (; begin + block <= length; begin += block) {
      std::array<float, block> value;
      for (std::size_t i = 0; i < block; ++i) {
        value[i] = colour.base + colour.tone * static_cast<float>(tone[begin + i]) +
                   colour.grain * static_cast<float>(grain[begin + i]);
      }
      std::copy_n(value.begin(), block, to + begin);
    }
    for (std::size_t i = begin; i < length; ++i) {
      to[i] = colour.base + colour.tone * static_cast<float>(tone[i]) + colour.grain * static_cast<float>(grain[i]);
    }
  }

  std::size_t tile_;
  std::vector<Tile> tiles_;
};

}  // namespace plimsoll::synth
