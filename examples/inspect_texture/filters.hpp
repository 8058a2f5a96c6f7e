// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <plimsoll/synth/field.hpp>
#include <plimsoll/synth/planes.hpp>
#include <span>
#include <vector>

/// \file
/// What the detector looks at: filters of several sizes about each pixel.

namespace inspect_texture {

using plimsoll::synth::Field;
using plimsoll::synth::Planes;

/// The widths of the filters, standard deviations in pixels.
inline constexpr std::array<double, 3> scales{1, 2, 4};

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

/// Pixels x features: a row holds what the filters see at one pixel, the pixels row by row.
using Features = Eigen::MatrixXf;

/// For each scale: level, first and second derivatives of the smoothed mean of the channels, and the local spread of
/// each channel about its smoothed self; with colours also their levels. A whole image may be brighter than others:
/// its own median is taken off first.
[[nodiscard]] inline Features features_of(const Planes& planes) {
  const std::size_t rows = planes.front().rows();
  const std::size_t columns = planes.front().columns();
  std::vector<Field> channels;
  for (const Field& plane : planes) {
    Field& channel = channels.emplace_back(plane);
    std::vector<float> sorted(channel.values().begin(), channel.values().end());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    for (float& value : channel.values()) value -= *middle;
  }
  std::vector<Field> seen;
  for (const double sigma : scales) {
    Field grey(rows, columns);
    for (const Field& channel : channels) {
      Field& level = seen.emplace_back(blurred(channel, sigma));
      Field square(rows, columns);
      for (std::size_t i = 0; i < square.values().size(); ++i) {
        const float off = channel.values()[i] - level.values()[i];
        square.values()[i] = off * off;
        grey.values()[i] += level.values()[i] / static_cast<float>(channels.size());
      }
      Field& spread = seen.emplace_back(blurred(square, 2 * sigma));
      for (float& value : spread.values()) value = std::sqrt(value);
    }
    // Differences of neighbours of the smoothed image are its derivatives, near enough.
    const auto derivative = [&](auto&& of) {
      Field& result = seen.emplace_back(rows, columns);
      for (std::size_t row = 0; row < rows; ++row) {
        const std::span<const float> above = grey.row(row == 0 ? 0 : row - 1);
        const std::span<const float> here = grey.row(row);
        const std::span<const float> below = grey.row(std::min(row + 1, rows - 1));
        for (std::size_t column = 0; column < columns; ++column) {
          const std::size_t left = column == 0 ? 0 : column - 1;
          const std::size_t right = std::min(column + 1, columns - 1);
          result.row(row)[column] = of(above, here, below, left, column, right);
        }
      }
    };
    using Row = std::span<const float>;
    using At = std::size_t;
    derivative([](Row, Row here, Row, At left, At, At right) { return here[right] - here[left]; });
    derivative([](Row above, Row, Row below, At, At at, At) { return below[at] - above[at]; });
    derivative([](Row, Row here, Row, At left, At at, At right) { return here[right] - 2 * here[at] + here[left]; });
    derivative([](Row above, Row here, Row below, At, At at, At) { return below[at] - 2 * here[at] + above[at]; });
    derivative([](Row above, Row, Row below, At left, At, At right) {
      return below[right] - below[left] - above[right] + above[left];
    });
  }
  Features features(rows * columns, seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    features.col(static_cast<Eigen::Index>(i)) =
        Eigen::Map<const Eigen::VectorXf>(seen[i].values().data(), features.rows());
  }
  return features;
}

}  // namespace inspect_texture
