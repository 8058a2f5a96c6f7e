// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/mask_parameters.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/rotation.hpp"

namespace plimsoll::synth::detail {

struct Point {
  double row;
  double column;
};

/// Sets the pixels whose centres are in a shape; `holds(row, column)` is asked within the box.
template <typename Holds>
void fill_shape(Field& mask, Point least, Point most, const Holds& holds) {
  const auto first = [](double x) { return static_cast<std::size_t>(std::max(std::ceil(x), 0.0)); };
  const auto end = [](double x, std::size_t size) {
    return static_cast<std::size_t>(std::clamp(std::floor(x) + 1, 0.0, static_cast<double>(size)));
  };
  for (std::size_t row = first(least.row); row < end(most.row, mask.rows()); ++row) {
    for (std::size_t column = first(least.column); column < end(most.column, mask.columns()); ++column) {
      if (holds(static_cast<double>(row), static_cast<double>(column))) mask.row(row)[column] = 1;
    }
  }
}

[[nodiscard]] inline double shorter_side(const Field& mask) {
  return static_cast<double>(std::min(mask.rows(), mask.columns()));
}

/// A blob: r(angle) = 1 + the harmonics 2 to 7 with random phases and amplitudes of up to 1/k in proportion, whose sum
/// is at most the irregularity; stretched to up to twice its breadth; of the area of a circle of the size drawn. It has
/// the centre itself always, and all that lies between that and its outline.
inline void draw_blob(Field& mask, Point centre, const MaskParameters& wanted, RandomStream& random) {
  constexpr std::size_t first = 2;
  constexpr std::size_t last = 7;
  constexpr double sum = 1.0 / 2 + 1.0 / 3 + 1.0 / 4 + 1.0 / 5 + 1.0 / 6 + 1.0 / 7;
  const double size = shorter_side(mask) * random.uniform(wanted.least_size, wanted.most_size);
  const double stretch = std::sqrt(random.uniform(1, 2));
  const Rotation turn = rotation(random.uniform(0, 180));
  std::array<Rotation, last + 1> harmonics{};
  double squares = 0;
  for (std::size_t k = first; k <= last; ++k) {
    const double amplitude = wanted.irregularity / (sum * static_cast<double>(k)) * random.uniform();
    const Rotation phase = rotation(random.uniform(0, 360));
    harmonics[k] = {amplitude * phase.cosine, amplitude * phase.sine};
    squares += amplitude * amplitude;
  }
  // The area within r(angle) is pi (1 + squares / 2), that of a stretched one the same.
  const double radius = size / 2 / std::sqrt(1 + squares / 2);
  const double reach = radius * (1 + wanted.irregularity) * stretch;
  fill_shape(
      mask, {centre.row - reach, centre.column - reach}, {centre.row + reach, centre.column + reach},
      [&](double row, double column) {
        const double y = row - centre.row;
        const double x = column - centre.column;
        const double u = (x * turn.cosine + y * turn.sine) / stretch;
        const double v = (y * turn.cosine - x * turn.sine) * stretch;
        const double length = std::sqrt(u * u + v * v);
        if (length == 0) return true;
        const double cosine = u / length;
        const double sine = v / length;
        // cos and sin of k times the angle, each from the one before.
        double outline = 1;
        Rotation multiple{cosine, sine};
        for (std::size_t k = first; k <= last; ++k) {
          multiple = {multiple.cosine * cosine - multiple.sine * sine, multiple.sine * cosine + multiple.cosine * sine};
          outline += harmonics[k].cosine * multiple.cosine + harmonics[k].sine * multiple.sine;
        }
        return length <= radius * outline;
      });
}

/// The pixels within `radius` of the line between two points.
inline void draw_line(Field& mask, Point from, Point to, double radius) {
  const double y = to.row - from.row;
  const double x = to.column - from.column;
  const double square = y * y + x * x;
  const auto [top, bottom] = std::minmax(from.row, to.row);
  const auto [left, right] = std::minmax(from.column, to.column);
  fill_shape(mask, {top - radius, left - radius}, {bottom + radius, right + radius}, [&](double row, double column) {
    const double down = row - from.row;
    const double aside = column - from.column;
    const double along = square > 0 ? std::clamp((down * y + aside * x) / square, 0.0, 1.0) : 0;
    const double off_row = down - along * y;
    const double off_column = aside - along * x;
    return off_row * off_row + off_column * off_column <= radius * radius;
  });
}

/// A scratch: a path of even width, from its middle both ways, that ends where it would leave the image. Its bend goes
/// straight from one random value to the next, three in each half. A path at least sqrt 2 wide is 4-connected: wherever
/// it goes from one pixel's square to the next, at a side or at a corner, it is within sqrt(1/2) of the centres of all
/// the pixels there.
inline void draw_scratch(Field& mask, Point middle, const MaskParameters& wanted, RandomStream& random) {
  const double side = shorter_side(mask);
  const double radius = std::max(side * random.uniform(wanted.least_width, wanted.most_width), 1.42) / 2;
  const double length = side * random.uniform(wanted.least_length, wanted.most_length);
  const Rotation ahead = rotation(random.uniform(0, 360));
  const double steps = std::ceil(length / 2 / std::max(radius, 1.0));
  const double step = length / 2 / steps;
  for (const double way : {1.0, -1.0}) {
    std::array<double, 3> bends{};
    for (double& bend : bends) bend = random.uniform(-wanted.curvature, wanted.curvature) / length * step;
    Point direction{way * ahead.sine, way * ahead.cosine};
    Point from = middle;
    for (double i = 0; i < steps; ++i) {
      const double at = 2 * i / steps;
      const double bend = at < 1 ? bends[0] + at * (bends[1] - bends[0]) : bends[1] + (at - 1) * (bends[2] - bends[1]);
      const Point turned{direction.row + bend * direction.column, direction.column - bend * direction.row};
      const double norm = std::sqrt(turned.row * turned.row + turned.column * turned.column);
      direction = {turned.row / norm, turned.column / norm};
      const Point wished{from.row + step * direction.row, from.column + step * direction.column};
      const Point to{std::clamp(wished.row, 0.0, static_cast<double>(mask.rows() - 1)),
                     std::clamp(wished.column, 0.0, static_cast<double>(mask.columns() - 1))};
      draw_line(mask, from, to, radius);
      if (to.row != wished.row || to.column != wished.column) break;
      from = to;
    }
  }
}

}  // namespace plimsoll::synth::detail
