// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll::synth {

/// Parameters of perlin_noise. Cells are the squares of the lattice at whose corners the gradients are.
struct PerlinNoiseParameters {
  double row_cells = 4;      ///< how many cells the rows of the field span; any number above 0
  double column_cells = 4;   ///< and its columns
  bool periodic = false;     ///< the field continues itself at its borders; takes whole numbers of cells
  std::size_t octaves = 1;   ///< how many fields are added, each of cells `lacunarity` times as small; at least 1
  double lacunarity = 2;     ///< above 0; a whole number when periodic
  double persistence = 0.5;  ///< the amplitude of each octave over that of the one before; above 0
  bool turbulence = false;   ///< the octaves' absolute values are added: creases instead of waves
};

namespace detail {

/// 6 t^5 - 15 t^4 + 10 t^3: from 0 to 1 with first and second derivatives of 0 at both (Perlin 2002).
template <typename T>
[[nodiscard]] constexpr T fade(T t) noexcept {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

struct Gradient {
  float row;
  float column;
};

/// A unit vector in a direction that belongs to this point of the lattice. By rejection from the square, so that no
/// function is used that rounds differently from library to library: division and root are exact in their last bit.
[[nodiscard]] inline Gradient gradient_at(std::uint64_t seed, std::int64_t row, std::int64_t column) noexcept {
  RandomStream random(mix(seed, static_cast<std::uint64_t>(row)), static_cast<std::uint64_t>(column));
  for (;;) {
    const std::uint64_t bits = random.next();
    // Two odd numbers of 32 bits: never both 0.
    const auto y = static_cast<double>(static_cast<std::int32_t>(bits >> 32) | 1);
    const auto x = static_cast<double>(static_cast<std::int32_t>(bits & 0xFFFFFFFF) | 1);
    const double square = y * y + x * x;
    if (square > 0x1p62) continue;
    const double length = std::sqrt(square);
    return {static_cast<float>(y / length), static_cast<float>(x / length)};
  }
}

/// Adds one octave, times `amplitude`, to the field.
inline void add_perlin_octave(Field& field, double row_cells, double column_cells, const PerlinNoiseParameters& wanted,
                              double amplitude, std::uint64_t seed) {
  const std::size_t columns = field.columns();
  const auto cells = static_cast<std::size_t>(std::ceil(column_cells));
  const auto wrap = [&wanted](std::size_t corner, double count) {
    return static_cast<std::int64_t>(wanted.periodic ? corner % static_cast<std::size_t>(count) : corner);
  };
  // Within a cell the dot product with a corner's gradient is a straight line along the row.
  std::vector<float> place(columns);
  std::vector<float> faded(columns);
  std::vector<std::size_t> begins(cells + 1, columns);
  for (std::size_t column = 0, next = 0; column < columns; ++column) {
    const double x = static_cast<double>(column) * (column_cells / static_cast<double>(columns));
    const auto cell = static_cast<std::size_t>(x);
    place[column] = static_cast<float>(x - static_cast<double>(cell));
    faded[column] = fade(place[column]);
    while (next <= cell) begins[next++] = column;
  }
  std::vector<Gradient> above(cells + 1);
  std::vector<Gradient> below(cells + 1);
  const float scale = static_cast<float>(amplitude) * 1.41421356F;  // the bound of the sum is sqrt(1/2)
  std::size_t known = ~std::size_t{0};                              // the row of cells whose gradients are at hand
  for (std::size_t row = 0; row < field.rows(); ++row) {
    const double y = static_cast<double>(row) * (row_cells / static_cast<double>(field.rows()));
    const auto cell_row = static_cast<std::size_t>(y);
    if (cell_row != known) {
      for (std::size_t i = 0; i <= cells; ++i) {
        above[i] = gradient_at(seed, wrap(cell_row, row_cells), wrap(i, column_cells));
        below[i] = gradient_at(seed, wrap(cell_row + 1, row_cells), wrap(i, column_cells));
      }
      known = cell_row;
    }
    const auto down = static_cast<float>(y - static_cast<double>(cell_row));
    const float faded_down = fade(down);
    const std::span<float> out = field.row(row);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const Gradient a = above[cell];
      const Gradient b = above[cell + 1];
      const Gradient c = below[cell];
      const Gradient d = below[cell + 1];
      const float a0 = a.row * down;
      const float b0 = b.row * down;
      const float c0 = c.row * (down - 1);
      const float d0 = d.row * (down - 1);
      for (std::size_t column = begins[cell]; column < begins[cell + 1]; ++column) {
        const float right = place[column];
        const float left = a0 + a.column * right;
        const float upper = left + faded[column] * (b0 + b.column * (right - 1) - left);
        const float low = c0 + c.column * right;
        const float lower = low + faded[column] * (d0 + d.column * (right - 1) - low);
        const float value = scale * (upper + faded_down * (lower - upper));
        out[column] += wanted.turbulence ? std::abs(value) : value;
      }
    }
  }
}

}  // namespace detail

/// Gradient noise (Perlin 1985, An Image Synthesizer; 2002, Improving Noise: the quintic fade), with unit gradients in
/// random directions, times sqrt 2: 0 at the corners of the lattice, in [-1, 1] for one octave, mean 0. Further octaves
/// add to that: fractal noise, or turbulence. The same seed gives the same bits wherever multiplications and additions
/// are not contracted.
///
/// O(rows x columns x octaves), and a gradient for each corner of the lattice. Throws ParameterError.
[[nodiscard]] inline Field perlin_noise(std::size_t rows, std::size_t columns, const PerlinNoiseParameters& parameters,
                                        std::uint64_t seed) {
  const auto refuse = [](const char* name, const std::string& what) {
    throw ParameterError("perlin_noise: " + std::string(name) + " " + what);
  };
  const auto check = [&](const char* name, double value) {
    if (!(value > 0 && value < 1e9)) refuse(name, "= " + std::to_string(value) + " is not above 0");
  };
  check("row_cells", parameters.row_cells);
  check("column_cells", parameters.column_cells);
  check("lacunarity", parameters.lacunarity);
  check("persistence", parameters.persistence);
  if (parameters.octaves == 0) refuse("octaves", "= 0: there must be one at least");
  const auto whole = [](double x) { return x == std::floor(x); };
  if (parameters.periodic && !(whole(parameters.row_cells) && whole(parameters.column_cells) &&
                               (parameters.octaves == 1 || whole(parameters.lacunarity)))) {
    refuse("periodic", "takes whole numbers of cells, and a whole lacunarity");
  }
  Field field(rows, columns);
  double row_cells = parameters.row_cells;
  double column_cells = parameters.column_cells;
  double amplitude = 1;
  for (std::size_t octave = 0; octave < parameters.octaves; ++octave) {
    detail::add_perlin_octave(field, row_cells, column_cells, parameters, amplitude, mix(seed, octave));
    row_cells *= parameters.lacunarity;
    column_cells *= parameters.lacunarity;
    amplitude *= parameters.persistence;
  }
  return field;
}

}  // namespace plimsoll::synth
