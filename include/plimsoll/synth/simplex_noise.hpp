// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/noise_octaves.hpp"
#include "plimsoll/synth/perlin_noise.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll::synth {

/// Parameters of simplex_noise. Its triangles have edges of sqrt(2/3) = .816 cells.
struct SimplexNoiseParameters {
  double row_cells = 4;      ///< how many cells the rows of the field span; in (0, 65536], the last octave's too
  double column_cells = 4;   ///< and its columns
  std::size_t octaves = 1;   ///< how many fields are added, each of cells `lacunarity` times as small; in [1, 32]
  double lacunarity = 2;     ///< above 0
  double persistence = 0.5;  ///< the amplitude of each octave over that of the one before; above 0
  bool turbulence = false;   ///< the octaves' absolute values are added: creases instead of waves
};

namespace detail {

/// The gradients of a lattice's points, the last ones asked for at hand.
class GradientCache {
 public:
  explicit GradientCache(std::uint64_t seed) : seed_{seed}, entries_(side * side) {}

  [[nodiscard]] Gradient at(std::int64_t row, std::int64_t column) {
    Entry& entry = entries_[static_cast<std::size_t>((row & (side - 1)) * side + (column & (side - 1)))];
    if (entry.row != row || entry.column != column) entry = {row, column, gradient_at(seed_, row, column)};
    return entry.gradient;
  }

 private:
  static constexpr std::int64_t side = 64;
  struct Entry {
    std::int64_t row = -1;
    std::int64_t column = -1;
    Gradient gradient{};
  };
  std::uint64_t seed_;
  std::vector<Entry> entries_;
};

/// Adds one octave, times `amplitude`, to the field.
inline void add_simplex_octave(Field& field, double row_cells, double column_cells, bool turbulence, double amplitude,
                               std::uint64_t seed) {
  constexpr double skew = 0.36602540378443864676;    // (sqrt 3 - 1) / 2
  constexpr double unskew = 0.21132486540518711775;  // (3 - sqrt 3) / 6
  constexpr std::size_t block = 32;                  // see add_perlin_octave
  using Line = std::array<float, block>;
  const auto near = static_cast<float>(unskew);
  const auto far = static_cast<float>(1 - 2 * unskew);
  // The bound: half way along an edge two corners give (1/3)^4 / sqrt 6 each.
  const float scale = static_cast<float>(amplitude) * 99.2043346F;  // 81 sqrt(6) / 2
  GradientCache gradients(seed);
  Line y0{};
  Line x0{};
  Line upper{};  // 1 in the triangle that goes down first, 0 in the one that goes right first
  std::array<Line, 3> slope_y{};
  std::array<Line, 3> slope_x{};
  for (std::size_t row = 0; row < field.rows(); ++row) {
    const double y = static_cast<double>(row) * (row_cells / static_cast<double>(field.rows()));
    float* const out = field.row(row).data();
    std::int64_t known_row = -1;
    std::int64_t known_column = -1;
    bool known_upper = false;
    std::array<Gradient, 3> corner{};
    for (std::size_t begin = 0; begin < field.columns(); begin += block) {
      const std::size_t count = std::min(block, field.columns() - begin);
      for (std::size_t i = 0; i < count; ++i) {
        const double x = static_cast<double>(begin + i) * (column_cells / static_cast<double>(field.columns()));
        const double skewed = (y + x) * skew;
        const auto lattice_row = static_cast<std::int64_t>(y + skewed);
        const auto lattice_column = static_cast<std::int64_t>(x + skewed);
        const double unskewed = static_cast<double>(lattice_row + lattice_column) * unskew;
        y0[i] = static_cast<float>(y - (static_cast<double>(lattice_row) - unskewed));
        x0[i] = static_cast<float>(x - (static_cast<double>(lattice_column) - unskewed));
        const bool is_upper = y0[i] > x0[i];
        if (lattice_row != known_row || lattice_column != known_column || is_upper != known_upper) {
          corner[0] = gradients.at(lattice_row, lattice_column);
          corner[1] = gradients.at(lattice_row + (is_upper ? 1 : 0), lattice_column + (is_upper ? 0 : 1));
          corner[2] = gradients.at(lattice_row + 1, lattice_column + 1);
          known_row = lattice_row;
          known_column = lattice_column;
          known_upper = is_upper;
        }
        upper[i] = is_upper ? 1.0F : 0.0F;
        for (std::size_t k = 0; k < 3; ++k) {
          slope_y[k][i] = corner[k].row;
          slope_x[k][i] = corner[k].column;
        }
      }
      Line value{};
      for (std::size_t i = 0; i < block; ++i) {
        const float dy1 = y0[i] - upper[i] + near;
        const float dx1 = x0[i] - (1 - upper[i]) + near;
        const float dy2 = y0[i] - far;
        const float dx2 = x0[i] - far;
        const float a = std::max(0.5F - y0[i] * y0[i] - x0[i] * x0[i], 0.0F);
        const float b = std::max(0.5F - dy1 * dy1 - dx1 * dx1, 0.0F);
        const float c = std::max(0.5F - dy2 * dy2 - dx2 * dx2, 0.0F);
        const float from_a = a * a * (a * a) * (slope_y[0][i] * y0[i] + slope_x[0][i] * x0[i]);
        const float from_b = b * b * (b * b) * (slope_y[1][i] * dy1 + slope_x[1][i] * dx1);
        const float from_c = c * c * (c * c) * (slope_y[2][i] * dy2 + slope_x[2][i] * dx2);
        value[i] = scale * (from_a + from_b + from_c);
      }
      if (turbulence) {
        for (std::size_t i = 0; i < block; ++i) value[i] = std::abs(value[i]);
      }
      for (std::size_t i = 0; i < count; ++i) out[begin + i] += value[i];
    }
  }
}

}  // namespace detail

/// Simplex noise (Perlin 2001, Noise Hardware; Gustavson 2005, Simplex Noise Demystified) in two dimensions. The plane
/// is skewed, x + (x + y) (sqrt 3 - 1) / 2, so that a square lattice becomes one of equilateral triangles; each of the
/// three corners of a point's triangle adds max(0, 1/2 - d^2)^4 times the dot product of its unit gradient and the
/// vector d from it, and their sum is multiplied by 81 sqrt(6) / 2. 0 at the corners, in [-1, 1] for one octave, mean
/// 0; fewer traces of its lattice than perlin_noise, and not periodic, as triangles do not fit a square. The same seed
/// gives the same bits wherever multiplications and additions are not contracted.
///
/// O(rows x columns x octaves), about .5 ms an octave of 256 x 256 pixels. Throws ParameterError.
[[nodiscard]] inline Field simplex_noise(std::size_t rows, std::size_t columns,
                                         const SimplexNoiseParameters& parameters, std::uint64_t seed) {
  detail::check_noise_octaves("simplex_noise", parameters);
  Field field(rows, columns);
  detail::for_each_octave(
      parameters, seed, [&](double row_cells, double column_cells, double amplitude, std::uint64_t octave_seed) {
        detail::add_simplex_octave(field, row_cells, column_cells, parameters.turbulence, amplitude, octave_seed);
      });
  return field;
}

}  // namespace plimsoll::synth
