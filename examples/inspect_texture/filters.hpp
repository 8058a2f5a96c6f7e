// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <plimsoll/synth/field.hpp>
#include <plimsoll/synth/planes.hpp>
#include <span>
#include <utility>
#include <vector>

/// \file
/// What the detector looks at: filters about each pixel.

namespace inspect_texture {

using plimsoll::synth::Field;
using plimsoll::synth::Planes;

/// Mirrors an index that lies outside of 0 ... count - 1 back into it.
[[nodiscard]] inline std::size_t mirrored(std::ptrdiff_t index, std::size_t count) noexcept {
  const auto period = static_cast<std::ptrdiff_t>(2 * count);
  std::ptrdiff_t i = index % period;
  if (i < 0) i += period;
  return static_cast<std::size_t>(std::min(i, period - 1 - i));
}

/// The field smoothed by a Gaussian, mirrored at its borders.
[[nodiscard]] inline Field blurred(const Field& field, double sigma) {
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(3 * sigma));
  std::vector<float> weights;
  float sum = 0;
  for (std::ptrdiff_t d = -reach; d <= reach; ++d) {
    const double distance = static_cast<double>(d) / sigma;
    sum += weights.emplace_back(static_cast<float>(std::exp(-distance * distance / 2)));
  }
  for (float& weight : weights) weight /= sum;

  // Down the columns, whole rows at a time, then along each row.
  Field down(field.rows(), field.columns());
  for (std::size_t row = 0; row < field.rows(); ++row) {
    const std::span<float> to = down.row(row);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const auto offset = static_cast<std::ptrdiff_t>(row + k) - reach;
      const std::span<const float> from = field.row(mirrored(offset, field.rows()));
      for (std::size_t column = 0; column < to.size(); ++column) to[column] += weights[k] * from[column];
    }
  }
  Field result(field.rows(), field.columns());
  std::vector<float> padded(field.columns() + weights.size() - 1);
  for (std::size_t row = 0; row < field.rows(); ++row) {
    const std::span<const float> from = down.row(row);
    for (std::size_t i = 0; i < padded.size(); ++i) {
      padded[i] = from[mirrored(static_cast<std::ptrdiff_t>(i) - reach, from.size())];
    }
    const std::span<float> to = result.row(row);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      for (std::size_t column = 0; column < to.size(); ++column) to[column] += weights[k] * padded[column + k];
    }
  }
  return result;
}

/// Each colour of an image, without the image's own median: one image may be brighter than another.
[[nodiscard]] inline Planes levelled(Planes planes) {
  for (Field& plane : planes) {
    std::vector<float> sorted(plane.values().begin(), plane.values().end());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    for (float& value : plane.values()) value -= *middle;
  }
  return planes;
}

/// Pixels x features: a row holds what the filters see at one pixel, the pixels row by row.
using Features = Eigen::MatrixXf;

/// What there is at one scale, of the standard deviation `sigma` in pixels: the level of each colour smoothed, and the
/// spread about it; of their mean the first and second derivatives.
[[nodiscard]] inline Features features_of(const Planes& colours, double sigma) {
  const std::size_t rows = colours.front().rows();
  const std::size_t columns = colours.front().columns();
  std::vector<Field> seen;
  Field grey(rows, columns);
  for (const Field& colour : colours) {
    Field level = blurred(colour, sigma);
    Field spread(rows, columns);
    for (std::size_t i = 0; i < spread.values().size(); ++i) {
      const float off = colour.values()[i] - level.values()[i];
      spread.values()[i] = off * off;
      grey.values()[i] += level.values()[i] / static_cast<float>(colours.size());
    }
    spread = blurred(spread, sigma);
    for (float& value : spread.values()) value = std::sqrt(value);
    seen.push_back(std::move(level));
    seen.push_back(std::move(spread));
  }

  // Differences of neighbours of the smoothed image are its derivatives, but for a factor.
  Field across(rows, columns);
  Field down(rows, columns);
  Field across_twice(rows, columns);
  Field down_twice(rows, columns);
  Field both(rows, columns);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> above = grey.row(row == 0 ? 0 : row - 1);
    const std::span<const float> here = grey.row(row);
    const std::span<const float> below = grey.row(std::min(row + 1, rows - 1));
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t left = i == 0 ? 0 : i - 1;
      const std::size_t right = std::min(i + 1, columns - 1);
      across.row(row)[i] = here[right] - here[left];
      down.row(row)[i] = below[i] - above[i];
      across_twice.row(row)[i] = here[right] - 2 * here[i] + here[left];
      down_twice.row(row)[i] = below[i] - 2 * here[i] + above[i];
      both.row(row)[i] = below[right] - below[left] - above[right] + above[left];
    }
  }
  for (Field* derivative : {&across, &down, &across_twice, &down_twice, &both}) seen.push_back(std::move(*derivative));

  Features features(rows * columns, seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    features.col(static_cast<Eigen::Index>(i)) =
        Eigen::Map<const Eigen::VectorXf>(seen[i].values().data(), features.rows());
  }
  return features;
}

}  // namespace inspect_texture
