// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// Smooths a map of rows x columns, row by row, in place: each number becomes the mean of those around it with weights
/// exp(-d^2 / (2 sigma^2)), d the distance in pixels, up to floor(4 sigma + 1/2) rows and columns away. Weights beyond
/// the border are left out and the others sum to 1, so that a constant stays as it is. sigma >= 0; 0 changes nothing.
/// Linear in the map. O(rows columns sigma), one column pass and one row pass; allocates.
inline void gaussian_smooth(std::span<double> map, std::size_t rows, std::size_t columns, double sigma) {
  if (!(sigma > 0) || map.empty()) return;
  // Beyond the map's longer side no weight counts.
  const double reach = std::min(std::floor(4 * sigma + 0.5), static_cast<double>(std::max(rows, columns)));
  std::vector<double> weights(static_cast<std::size_t>(reach) + 1);
  for (std::size_t d = 0; d < weights.size(); ++d) {
    const double distance = static_cast<double>(d) / sigma;
    weights[d] = std::exp(-distance * distance / 2);
  }
  std::vector<double> line(std::max(rows, columns));
  const auto smooth_line = [&](std::size_t first, std::size_t count, std::size_t step) {
    for (std::size_t i = 0; i < count; ++i) line[i] = map[first + i * step];
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = i - std::min(i, weights.size() - 1);
      const std::size_t end = std::min(count, i + weights.size());
      double sum = 0;
      double weight_sum = 0;
      for (std::size_t j = begin; j < end; ++j) {
        const double weight = weights[j < i ? i - j : j - i];
        sum += weight * line[j];
        weight_sum += weight;
      }
      map[first + i * step] = sum / weight_sum;
    }
  };
  for (std::size_t column = 0; column < columns; ++column) smooth_line(column, rows, columns);
  for (std::size_t row = 0; row < rows; ++row) smooth_line(row * columns, columns, 1);
}

}  // namespace plimsoll::stats
