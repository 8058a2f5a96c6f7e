// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/planes.hpp"

namespace plimsoll::synth {

namespace detail {

/// What one place of a resized line is made of: so many neighbours from `begin` on, by these weights, whose sum is 1.
struct Taps {
  std::size_t begin;
  std::vector<float> weights;
};

/// The triangle filter: place i of `to` lies at (i + 1/2) from/to - 1/2, and the triangle reaches max(1, from/to)
/// either way.
[[nodiscard]] inline std::vector<Taps> triangle_taps(std::size_t from, std::size_t to) {
  std::vector<Taps> taps(to);
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);
  for (std::size_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale - 0.5;
    const auto begin = static_cast<std::size_t>(std::max(0.0, std::ceil(centre - reach)));
    const auto last = static_cast<std::size_t>(std::min(std::floor(centre + reach), static_cast<double>(from - 1)));
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t j = begin; j <= last; ++j) {
      weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(j) - centre) / reach));
      sum += weights.back();
    }
    taps[i].begin = begin;
    for (const double weight : weights) taps[i].weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

[[nodiscard]] inline Field resized_rows(const Field& grid, std::size_t rows) {
  if (rows == grid.rows()) return grid;
  Field result(rows, grid.columns());
  const std::vector<Taps> taps = triangle_taps(grid.rows(), rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<float> out = result.row(row);
    for (std::size_t k = 0; k < taps[row].weights.size(); ++k) {
      const std::span<const float> in = grid.row(taps[row].begin + k);
      const float weight = taps[row].weights[k];
      for (std::size_t column = 0; column < out.size(); ++column) out[column] += weight * in[column];
    }
  }
  return result;
}

[[nodiscard]] inline Field resized_columns(const Field& grid, std::size_t columns) {
  if (columns == grid.columns()) return grid;
  Field result(grid.rows(), columns);
  const std::vector<Taps> taps = triangle_taps(grid.columns(), columns);
  for (std::size_t row = 0; row < grid.rows(); ++row) {
    const float* in = grid.row(row).data();
    const std::span<float> out = result.row(row);
    for (std::size_t column = 0; column < columns; ++column) {
      const Taps& tap = taps[column];
      float sum = 0;
      for (std::size_t k = 0; k < tap.weights.size(); ++k) sum += tap.weights[k] * in[tap.begin + k];
      out[column] = sum;
    }
  }
  return result;
}

}  // namespace detail

/// The planes in another size: bilinear between the centres of pixels where it grows, and where it shrinks a triangle
/// as wide as the scale, so that nothing finer than the new pixels remains (what torchvision's and PIL's bilinear
/// resize with antialiasing do). Rows and columns are done one after the other; beyond the border there is nothing, and
/// weights are divided by their sum.
///
/// O(pixels of the greater size x pixels under the triangle). Throws ParameterError for a size of 0, DataError for
/// planes that have none.
[[nodiscard]] inline Planes resized(const Planes& planes, std::size_t rows, std::size_t columns) {
  detail::check_planes(planes, "resized");
  if (rows == 0 || columns == 0) {
    throw ParameterError("resized: rows x columns = " + std::to_string(rows) + " x " + std::to_string(columns) +
                         " is no size");
  }
  if (planes[0].values().empty()) throw DataError("resized: planes without pixels");
  Planes result;
  result.reserve(planes.size());
  for (const Field& plane : planes)
    result.push_back(detail::resized_columns(detail::resized_rows(plane, rows), columns));
  return result;
}

}  // namespace plimsoll::synth
