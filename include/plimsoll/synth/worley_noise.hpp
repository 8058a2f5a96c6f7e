// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/noise_octaves.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll::synth {

/// What worley_noise gives of a pixel's nearest points.
enum class WorleyFeature : std::uint8_t {
  nearest,     ///< F1, the distance to the nearest; in [0, 1.42]
  second,      ///< F2, the distance to the second nearest; in [0, 1.81]
  difference,  ///< F2 - F1: 0 on the borders between the points' regions; in [0, 1.81]
  cell,        ///< a number in [0, 1) that belongs to the nearest point: regions of one value each
};

/// Parameters of worley_noise. Each cell, a square of a lattice, holds one point.
struct WorleyNoiseParameters {
  double row_cells = 8;     ///< how many cells the rows of the field span; in (0, 65536]
  double column_cells = 8;  ///< and its columns
  bool periodic = false;    ///< the field continues itself at its borders; takes whole numbers of cells
  double jitter = 1;        ///< points are anywhere in this middle part of their cells' sides; in [0, 1]
  WorleyFeature feature = WorleyFeature::nearest;  ///< what is given of the nearest points
};

namespace detail {

struct FeaturePoint {
  float row;     ///< in [0, 1], from its cell's upper border
  float column;  ///< in [0, 1], from its cell's left border
  float value;   ///< in [0, 1)
};

/// The point of this cell.
[[nodiscard]] inline FeaturePoint feature_point_at(std::uint64_t seed, std::int64_t row, std::int64_t column,
                                                   double jitter) noexcept {
  RandomStream random(mix(seed, static_cast<std::uint64_t>(row)), static_cast<std::uint64_t>(column));
  const double down = random.uniform();
  const double right = random.uniform();
  // 24 bits, so that as a float it stays below 1.
  const auto value = static_cast<float>(random.next() >> 40) * 0x1p-24F;
  return {static_cast<float>(0.5 + jitter * (down - 0.5)), static_cast<float>(0.5 + jitter * (right - 0.5)), value};
}

inline constexpr std::size_t worley_block = 32;  // see add_perlin_octave
using WorleyLine = std::array<float, worley_block>;

/// Calls `store(row, column, count, first, second, value)` for pieces of `count` pixels, from this row and column on:
/// the squares of the distances to the two nearest points, and the value of the nearest.
template <typename Store>
void for_nearest_points(std::size_t rows, std::size_t columns, const WorleyNoiseParameters& parameters,
                        std::uint64_t seed, const Store& store) {
  constexpr std::size_t block = worley_block;
  constexpr std::size_t reach = 2;
  constexpr std::size_t around = 2 * reach + 1;
  using Line = WorleyLine;
  const std::size_t blocks = (columns + block - 1) / block;
  // What a row of pixels needs of the point of one of the cells around each pixel's own.
  struct Points {
    Line row;     // its distance from the upper border of the pixel's cell
    Line square;  // of its distance along the row
    Line value;
  };
  std::vector<std::size_t> cell_of(blocks * block, 0);
  std::vector<float> place(blocks * block, 0);
  for (std::size_t column = 0; column < columns; ++column) {
    const double x = static_cast<double>(column) * (parameters.column_cells / static_cast<double>(columns));
    cell_of[column] = static_cast<std::size_t>(x);
    place[column] = static_cast<float>(x - static_cast<double>(cell_of[column]));
  }
  const std::size_t cells = columns == 0 ? 0 : cell_of[columns - 1] + 1;
  std::vector<std::array<std::array<Points, around>, around>> points(blocks);  // by block, row and column of cells
  std::vector<FeaturePoint> in_row(cells + 2 * reach);
  const auto wrap = [&](std::int64_t cell, double count) {
    const auto period = static_cast<std::int64_t>(count);
    return parameters.periodic ? (cell % period + period) % period : cell;
  };
  const auto fill = [&](std::size_t cell_row) {
    for (std::size_t down = 0; down < around; ++down) {
      const std::int64_t lattice_row = static_cast<std::int64_t>(cell_row + down) - std::int64_t{reach};
      for (std::size_t i = 0; i < in_row.size(); ++i) {
        in_row[i] = feature_point_at(seed, wrap(lattice_row, parameters.row_cells),
                                     wrap(static_cast<std::int64_t>(i) - std::int64_t{reach}, parameters.column_cells),
                                     parameters.jitter);
      }
      for (std::size_t column = 0; column < blocks * block; ++column) {
        for (std::size_t right = 0; right < around; ++right) {
          const FeaturePoint point = in_row[cell_of[column] + right];
          Points& to = points[column / block][down][right];
          const std::size_t i = column % block;
          to.row[i] = static_cast<float>(down) - float{reach} + point.row;
          const float across = static_cast<float>(right) - float{reach} + point.column - place[column];
          to.square[i] = across * across;
          to.value[i] = point.value;
        }
      }
    }
  };
  std::size_t known = ~std::size_t{0};  // the row of cells whose points are at hand
  for (std::size_t row = 0; row < rows; ++row) {
    const double y = static_cast<double>(row) * (parameters.row_cells / static_cast<double>(rows));
    const auto cell_row = static_cast<std::size_t>(y);
    if (cell_row != known) fill(cell_row);
    known = cell_row;
    const auto down = static_cast<float>(y - static_cast<double>(cell_row));
    for (std::size_t b = 0; b < blocks; ++b) {
      Line first;
      Line second;
      Line value{};
      first.fill(std::numeric_limits<float>::max());
      second.fill(std::numeric_limits<float>::max());
      const auto look = [&](const std::array<Points, around>& line) {
        for (const Points& at : line) {
          for (std::size_t i = 0; i < block; ++i) {
            const float across = at.row[i] - down;
            const float square = across * across + at.square[i];
            value[i] = square < first[i] ? at.value[i] : value[i];
            second[i] = std::min(second[i], std::max(first[i], square));
            first[i] = std::min(first[i], square);
          }
        }
      };
      look(points[b][2]);
      look(points[b][1]);
      look(points[b][3]);
      // The outer rows of cells are this far away at least: most often too far for all.
      const float farthest = *std::ranges::max_element(second);
      if (!((1 + down) * (1 + down) > farthest)) look(points[b][0]);
      if (!((2 - down) * (2 - down) > farthest)) look(points[b][4]);
      store(row, b * block, std::min(block, columns - b * block), first, second, value);
    }
  }
}

}  // namespace detail

/// Cellular noise (Worley 1996, A Cellular Texture Basis Function) with one point a cell, in units of cells. Exact: a
/// pixel's nearest two points are among those of the 5 x 5 cells around it, as its own cell's point is at most
/// sqrt 2 = 1.42 away, that of the nearer of the cells beside it sqrt(1.5^2 + 1) = 1.81, and all others more than 2.
/// The same seed gives the same bits wherever multiplications and additions are not contracted.
///
/// O(25 x rows x columns), 256 x 256 pixels in about 1 ms, and 5 points for each cell. Throws ParameterError.
[[nodiscard]] inline Field worley_noise(std::size_t rows, std::size_t columns, const WorleyNoiseParameters& parameters,
                                        std::uint64_t seed) {
  constexpr const char* function = "worley_noise";
  detail::check_noise_cells(function, "row_cells", parameters.row_cells);
  detail::check_noise_cells(function, "column_cells", parameters.column_cells);
  if (!(parameters.jitter >= 0 && parameters.jitter <= 1)) {
    detail::refuse_noise(function, "jitter", "= " + std::to_string(parameters.jitter) + " is not in [0, 1]");
  }
  const auto whole = [](double x) { return x == std::floor(x); };
  if (parameters.periodic && !(whole(parameters.row_cells) && whole(parameters.column_cells))) {
    detail::refuse_noise(function, "periodic", "takes whole numbers of cells");
  }
  Field field(rows, columns);
  detail::for_nearest_points(
      rows, columns, parameters, seed,
      [&](std::size_t row, std::size_t column, std::size_t count, const detail::WorleyLine& first,
          const detail::WorleyLine& second, const detail::WorleyLine& value) {
        float* const to = field.row(row).data() + column;
        switch (parameters.feature) {
          case WorleyFeature::nearest:
            for (std::size_t i = 0; i < count; ++i) to[i] = std::sqrt(first[i]);
            break;
          case WorleyFeature::second:
            for (std::size_t i = 0; i < count; ++i) to[i] = std::sqrt(second[i]);
            break;
          case WorleyFeature::difference:
            for (std::size_t i = 0; i < count; ++i) to[i] = std::sqrt(second[i]) - std::sqrt(first[i]);
            break;
          case WorleyFeature::cell: std::copy_n(value.begin(), count, to); break;
        }
      });
  return field;
}

}  // namespace plimsoll::synth
