// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/noise_octaves.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll::synth {

/// Parameters of perlin_noise. Cells are the squares of the lattice at whose corners the gradients are.
struct PerlinNoiseParameters {
  double row_cells = 4;      ///< how many cells the rows of the field span; in (0, 65536], the last octave's too
  double column_cells = 4;   ///< and its columns
  bool periodic = false;     ///< the field continues itself at its borders; takes whole numbers of cells
  std::size_t octaves = 1;   ///< how many fields are added, each of cells `lacunarity` times as small; in [1, 32]
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

/// A unit vector in a direction that belongs to `column` under this seed, the seed of a row of the lattice. By
/// rejection from the square, so that no function is used that rounds differently from library to library: division and
/// root are exact in their last bit.
[[nodiscard]] inline Gradient gradient_at(std::uint64_t row_seed, std::int64_t column) noexcept {
  RandomStream random(row_seed, static_cast<std::uint64_t>(column));
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

/// Likewise, for a point of the lattice.
[[nodiscard]] inline Gradient gradient_at(std::uint64_t seed, std::int64_t row, std::int64_t column) noexcept {
  return gradient_at(mix(seed, static_cast<std::uint64_t>(row)), column);
}

/// What a row of pixels needs of one corner of each pixel's cell: the dot product with the corner's gradient is
/// row * down + along, down the distance from the corner's row.
struct CornerLine {
  explicit CornerLine(std::size_t size) : row(size), along(size) {}
  std::vector<float> row;
  std::vector<float> along;
};

/// Adds one octave, times `amplitude`, to the field.
inline void add_perlin_octave(Field& field, double row_cells, double column_cells, const PerlinNoiseParameters& wanted,
                              double amplitude, std::uint64_t seed) {
  // Pixels go by blocks of a constant length, which compilers turn into vectors without being asked for more.
  constexpr std::size_t block = 32;
  const std::size_t columns = field.columns();
  const std::size_t padded = (columns + block - 1) / block * block;
  const auto cells = static_cast<std::size_t>(std::ceil(column_cells));
  const auto wrap = [&wanted](std::size_t corner, double count) {
    return static_cast<std::int64_t>(wanted.periodic ? corner % static_cast<std::size_t>(count) : corner);
  };
  std::vector<float> place(columns);
  std::vector<float> faded(padded);
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
  const auto fill = [&](std::vector<Gradient>& gradients, std::size_t lattice_row) {
    const std::uint64_t row_seed = mix(seed, static_cast<std::uint64_t>(wrap(lattice_row, row_cells)));
    for (std::size_t i = 0; i <= cells; ++i) gradients[i] = gradient_at(row_seed, wrap(i, column_cells));
  };
  CornerLine above_left(padded);
  CornerLine above_right(padded);
  CornerLine below_left(padded);
  CornerLine below_right(padded);
  const auto spread = [&](const std::vector<Gradient>& gradients, CornerLine& left, CornerLine& right) {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const Gradient l = gradients[cell];
      const Gradient r = gradients[cell + 1];
      for (std::size_t column = begins[cell]; column < begins[cell + 1]; ++column) {
        left.row[column] = l.row;
        left.along[column] = l.column * place[column];
        right.row[column] = r.row;
        right.along[column] = r.column * (place[column] - 1);
      }
    }
  };
  const float scale = static_cast<float>(amplitude) * 1.41421356F;  // the bound of the sum is sqrt(1/2)
  std::size_t known = ~std::size_t{0};                              // the row of cells whose gradients are at hand
  for (std::size_t row = 0; row < field.rows(); ++row) {
    const double y = static_cast<double>(row) * (row_cells / static_cast<double>(field.rows()));
    const auto cell_row = static_cast<std::size_t>(y);
    if (cell_row != known) {
      if (row != 0 && cell_row == known + 1) {
        std::swap(above, below);
      } else {
        fill(above, cell_row);
      }
      fill(below, cell_row + 1);
      spread(above, above_left, above_right);
      spread(below, below_left, below_right);
      known = cell_row;
    }
    const auto down = static_cast<float>(y - static_cast<double>(cell_row));
    const float up = down - 1;
    const float faded_down = fade(down);
    float* const out = field.row(row).data();
    for (std::size_t begin = 0; begin < columns; begin += block) {
      const float* const smooth = faded.data() + begin;
      const float* const a = above_left.row.data() + begin;
      const float* const a_along = above_left.along.data() + begin;
      const float* const b = above_right.row.data() + begin;
      const float* const b_along = above_right.along.data() + begin;
      const float* const c = below_left.row.data() + begin;
      const float* const c_along = below_left.along.data() + begin;
      const float* const d = below_right.row.data() + begin;
      const float* const d_along = below_right.along.data() + begin;
      std::array<float, block> value;
      for (std::size_t i = 0; i < block; ++i) {
        const float left = a[i] * down + a_along[i];
        const float upper = left + smooth[i] * (b[i] * down + b_along[i] - left);
        const float low = c[i] * up + c_along[i];
        const float lower = low + smooth[i] * (d[i] * up + d_along[i] - low);
        value[i] = scale * (upper + faded_down * (lower - upper));
      }
      if (wanted.turbulence) {
        for (std::size_t i = 0; i < block; ++i) value[i] = std::abs(value[i]);
      }
      if (begin + block <= columns) {
        for (std::size_t i = 0; i < block; ++i) out[begin + i] += value[i];
      } else {
        for (std::size_t i = 0; begin + i < columns; ++i) out[begin + i] += value[i];
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
/// O(rows x columns x octaves), and a gradient for each corner of the lattice. 256 x 256 pixels take about .04 ms an
/// octave of 4 cells, .055 ms one of 32. Throws ParameterError.
[[nodiscard]] inline Field perlin_noise(std::size_t rows, std::size_t columns, const PerlinNoiseParameters& parameters,
                                        std::uint64_t seed) {
  detail::check_noise_octaves("perlin_noise", parameters);
  const auto whole = [](double x) { return x == std::floor(x); };
  if (parameters.periodic && !(whole(parameters.row_cells) && whole(parameters.column_cells) &&
                               (parameters.octaves == 1 || whole(parameters.lacunarity)))) {
    detail::refuse_noise("perlin_noise", "periodic", "takes whole numbers of cells, and a whole lacunarity");
  }
  Field field(rows, columns);
  detail::for_each_octave(
      parameters, seed, [&](double row_cells, double column_cells, double amplitude, std::uint64_t octave_seed) {
        detail::add_perlin_octave(field, row_cells, column_cells, parameters, amplitude, octave_seed);
      });
  return field;
}

}  // namespace plimsoll::synth
