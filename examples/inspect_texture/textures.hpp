// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <plimsoll/synth/perlin_noise.hpp>
#include <plimsoll/synth/random_stream.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filters.hpp"
#include "parts.hpp"

/// \file
/// Two materials, and defects of them that no generator of synthetic anomalies here makes.

namespace inspect_texture {

using plimsoll::synth::perlin_noise;
using plimsoll::synth::RandomStream;

/// Cloth of coloured threads, over and under one another, a little out of straight.
[[nodiscard]] inline Planes woven(std::size_t size, RandomStream& random) {
  constexpr float thread = 5;  // pixels from one to the next
  constexpr std::array<float, 3> weft{0.35F, 0.45F, 0.62F};
  constexpr std::array<float, 3> warp{0.70F, 0.62F, 0.45F};
  const std::uint64_t seed = random.next();
  const Field bend = perlin_noise(size, size, {.row_cells = 3, .column_cells = 3}, seed);
  const Field grain = perlin_noise(size, size, {.row_cells = 40, .column_cells = 40, .octaves = 2}, seed + 1);
  const auto light = static_cast<float>(random.uniform(0.9, 1.1));
  const auto first_y = static_cast<float>(random.uniform(1, 3));
  const auto first_x = static_cast<float>(random.uniform(1, 3));
  Planes planes(3, Field(size, size));
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      const float y = (static_cast<float>(row) + 1.5F * bend.at(row, column)) / thread + first_y;
      const float x = (static_cast<float>(column) - 1.5F * bend.at(row, column)) / thread + first_x;
      const bool over = (static_cast<int>(y) + static_cast<int>(x)) % 2 == 0;
      const float across = 2 * (over ? y - std::floor(y) : x - std::floor(x)) - 1;  // -1 to 1 from side to side
      const float bright = light * (1 - 0.5F * across * across) + 0.12F * grain.at(row, column);
      for (std::size_t i = 0; i < 3; ++i) planes[i].row(row)[column] = bright * (over ? weft : warp)[i];
    }
  }
  return planes;
}

/// Metal, grey, with the marks of a brush along its rows.
[[nodiscard]] inline Planes brushed(std::size_t size, RandomStream& random) {
  const std::uint64_t seed = random.next();
  const auto cells = static_cast<double>(size);
  const Field marks = perlin_noise(size, size, {.row_cells = cells / 2.5, .column_cells = 4, .octaves = 2}, seed);
  const Field sheen = perlin_noise(size, size, {.row_cells = 2, .column_cells = 2}, seed + 1);
  const Field grain = perlin_noise(size, size, {.row_cells = cells / 2, .column_cells = cells / 2.2}, seed + 2);
  const auto light = static_cast<float>(random.uniform(0.5, 0.6));
  Planes planes(1, Field(size, size));
  for (std::size_t i = 0; i < size * size; ++i) {
    planes[0].values()[i] = light + 0.12F * marks.values()[i] + 0.05F * sheen.values()[i] + 0.06F * grain.values()[i];
  }
  return planes;
}

inline constexpr std::array<std::string_view, 5> defects{"drop", "missing_thread", "scratch", "blur", "stretch"};

/// Does one of the defects to the piece, somewhere within, and says where.
[[nodiscard]] inline TrueMask spoil(Planes& piece, std::string_view defect, RandomStream& random) {
  const std::size_t rows = piece.front().rows();
  const std::size_t columns = piece.front().columns();
  TrueMask truth{rows, columns, std::vector<std::uint8_t>(rows * columns)};
  const Planes before = piece;
  // Changes the pixels that are `inside`; `change` has the row, the column and the number of the colour.
  const auto put = [&](auto&& inside, auto&& change) {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        const auto y = static_cast<float>(row);
        const auto x = static_cast<float>(column);
        if (!inside(y, x)) continue;
        truth.bytes[row * columns + column] = 1;
        for (std::size_t i = 0; i < piece.size(); ++i) piece[i].row(row)[column] = change(y, x, i);
      }
    }
  };
  const auto value = [](const Planes& planes, float y, float x, std::size_t i) {
    return planes[i].at(static_cast<std::size_t>(y), static_cast<std::size_t>(x));
  };
  const auto between = [&random](double least, double most) { return static_cast<float>(random.uniform(least, most)); };
  const float middle_y = between(0.2, 0.8) * static_cast<float>(rows);
  const float middle_x = between(0.2, 0.8) * static_cast<float>(columns);
  const float radius = between(7, 12);
  const auto away = [&](float y, float x) { return std::hypot(y - middle_y, x - middle_x); };
  const auto in_disc = [&](float y, float x) { return away(y, x) < radius; };

  if (defect == "drop") {  // darker, with a bright rim
    const float dark = between(0.75, 0.9);
    put(in_disc, [&](float y, float x, std::size_t i) {
      const bool rim = radius - away(y, x) < 1.5F;
      return rim ? value(before, y, x, i) + 0.15F : dark * value(before, y, x, i);
    });
  } else if (defect == "missing_thread") {  // what is under it is dark and smooth
    const float half = between(15, 35);
    Planes under;
    for (const Field& plane : before) under.push_back(blurred(plane, 6));
    put([&](float y, float x) { return std::abs(y - middle_y) < 2.5F && std::abs(x - middle_x) < half; },
        [&](float y, float x, std::size_t i) { return 0.7F * value(under, y, x, i); });
  } else if (defect == "scratch") {  // a thin straight line
    const float dy = between(-1, 1);
    const float dx = std::sqrt(1 - dy * dy);
    const float half = between(10, 20);
    const float bright = between(0.12, 0.25);
    put(
        [&](float y, float x) {
          const float along = (y - middle_y) * dy + (x - middle_x) * dx;
          const float aside = (y - middle_y) * dx - (x - middle_x) * dy;
          return std::abs(along) < half && std::abs(aside) < 0.9F;
        },
        [&](float y, float x, std::size_t i) { return value(before, y, x, i) + bright; });
  } else if (defect == "blur") {  // worn
    Planes soft;
    for (const Field& plane : before) soft.push_back(blurred(plane, 2));
    put(in_disc, [&](float y, float x, std::size_t i) { return value(soft, y, x, i); });
  } else {  // stretch: as through a lens
    const float least = between(0.4, 0.6);
    put(in_disc, [&](float y, float x, std::size_t i) {
      const float share = away(y, x) / radius;
      const float zoom = least + (1 - least) * share * share;
      return value(before, middle_y + (y - middle_y) * zoom, middle_x + (x - middle_x) * zoom, i);
    });
  }
  return truth;
}

/// Normal pieces of a material, and as many good as spoilt ones to be judged on. `size` is at least 48 pixels.
[[nodiscard]] inline Parts make_parts(const std::string& material, std::size_t size, std::size_t normals,
                                      std::size_t tests) {
  const auto piece = [&](std::size_t seed, std::size_t index) {
    RandomStream random(seed, index);
    return material == "woven" ? woven(size, random) : brushed(size, random);
  };
  Parts parts;
  parts.name = material;
  for (std::size_t i = 0; i < normals; ++i) parts.normal.push_back(eight_bits(piece(1, i)));
  for (std::size_t i = 0; i < tests; ++i) {
    const TrueMask none{size, size, std::vector<std::uint8_t>(size * size)};
    parts.test.push_back({fmt::format("good_{:03}", i), "good", eight_bits(piece(2, i)), none});
    Planes spoilt = piece(3, i);
    RandomStream random(4, i);
    const std::string kind(defects[i % defects.size()]);
    TrueMask truth = spoil(spoilt, kind, random);
    parts.test.push_back({fmt::format("{}_{:03}", kind, i), kind, eight_bits(spoilt), std::move(truth)});
  }
  return parts;
}

}  // namespace inspect_texture
