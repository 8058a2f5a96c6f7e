// SPDX-License-Identifier: Apache-2.0
// Simplex noise by its properties, against the sum over all corners written down slowly, and by the bits of a seed.
#include "plimsoll/synth/simplex_noise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"

namespace {

using plimsoll::synth::Field;
using plimsoll::synth::mix;
using plimsoll::synth::simplex_noise;
using plimsoll::synth::SimplexNoiseParameters;

/// The noise at a point in double, from all corners anywhere near, not from the three of the point's triangle.
double noise_at(double y, double x, std::uint64_t seed) {
  const double skew = (std::sqrt(3.0) - 1) / 2;
  const double unskew = (3 - std::sqrt(3.0)) / 6;
  const auto row = static_cast<std::int64_t>(std::floor(y + (y + x) * skew));
  const auto column = static_cast<std::int64_t>(std::floor(x + (y + x) * skew));
  double sum = 0;
  for (std::int64_t i = row - 3; i <= row + 3; ++i) {
    for (std::int64_t j = column - 3; j <= column + 3; ++j) {
      const double dy = y - (static_cast<double>(i) - static_cast<double>(i + j) * unskew);
      const double dx = x - (static_cast<double>(j) - static_cast<double>(i + j) * unskew);
      const double weight = std::max(0.0, 0.5 - dy * dy - dx * dx);
      const auto gradient = plimsoll::synth::detail::gradient_at(mix(seed, 0), i, j);
      sum += std::pow(weight, 4) * (static_cast<double>(gradient.row) * dy + static_cast<double>(gradient.column) * dx);
    }
  }
  return 81 * std::sqrt(6.0) / 2 * sum;
}

TEST_CASE("simplex noise: the formula, for sizes of all kinds") {
  const std::vector<std::vector<double>> cases{{64, 64, 4, 4},  {37, 91, 3, 7}, {50, 20, 2.5, 0.3},
                                               {9, 11, 20, 40}, {1, 1, 1, 1},   {3, 70, 200, 300}};
  for (const auto& c : cases) {
    const auto rows = static_cast<std::size_t>(c[0]);
    const auto columns = static_cast<std::size_t>(c[1]);
    const Field field = simplex_noise(rows, columns, {.row_cells = c[2], .column_cells = c[3]}, 42);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        const double y = static_cast<double>(row) * (c[2] / c[0]);
        const double x = static_cast<double>(column) * (c[3] / c[1]);
        // Slopes are below 7 a cell, and distances are rounded to some 1e-7.
        REQUIRE(std::abs(static_cast<double>(field.at(row, column)) - noise_at(y, x, 42)) < 3e-6);
      }
    }
  }
}

TEST_CASE("simplex noise: zero at the corners of its triangles") {
  const double unskew = (3 - std::sqrt(3.0)) / 6;
  for (int i = 1; i < 6; ++i) {
    for (int j = 1; j < 6; ++j) {
      const double y = i - (i + j) * unskew;
      const double x = j - (i + j) * unskew;
      if (y <= 0 || x <= 0) continue;
      // The pixel in the middle of two by two lies at (y, x).
      const Field field = simplex_noise(2, 2, {.row_cells = 2 * y, .column_cells = 2 * x}, 3);
      CHECK(std::abs(field.at(1, 1)) < 1e-5F);
      CHECK(field.at(0, 0) == 0);
    }
  }
}

TEST_CASE("simplex noise: within its bounds, with the mean and variance of its formula") {
  // Random unit gradients: each corner adds weight^8 d^2 / 2 to the variance. The largest value has all gradients along
  // their distances. Both over a grid of places that covers a rhombus of two triangles.
  const double unskew = (3 - std::sqrt(3.0)) / 6;
  const double factor = 81 * std::sqrt(6.0) / 2;
  double variance = 0;
  double largest = 0;
  constexpr int places = 200;
  for (int v = 0; v < places; ++v) {
    for (int u = 0; u < places; ++u) {
      const double row = static_cast<double>(v) / places;
      const double column = static_cast<double>(u) / places;
      double most = 0;
      for (int i = -1; i <= 2; ++i) {
        for (int j = -1; j <= 2; ++j) {
          const double dy = (row - i) - (row - i + column - j) * unskew;
          const double dx = (column - j) - (row - i + column - j) * unskew;
          const double square = dy * dy + dx * dx;
          const double weight = std::pow(std::max(0.0, 0.5 - square), 4);
          variance += factor * factor * weight * weight * square / 2 / (places * places);
          most += factor * weight * std::sqrt(square);
        }
      }
      largest = std::max(largest, most);
    }
  }
  CHECK(largest == Approx(1).epsilon(1e-9));  // half way along an edge, which is one of the places
  double sum = 0;
  double squares = 0;
  float reached = 0;
  constexpr int seeds = 400;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Field field = simplex_noise(64, 64, {.row_cells = 8, .column_cells = 8}, seed);
    for (const float value : field.values()) {
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
      reached = std::max(reached, std::abs(value));
    }
  }
  constexpr double count = seeds * 64.0 * 64.0;
  CHECK(reached <= 1 + 1e-6F);
  CHECK(reached > 0.9F);
  // More than 64 corners a field, each a number of its own: 25,600 of them.
  CHECK(std::abs(sum / count) < 5 * std::sqrt(variance / 25'600));
  CHECK(squares / count == Approx(variance).epsilon(5 * std::sqrt(2 / 25'600.0)));
}

TEST_CASE("simplex noise: smooth across the borders of triangles") {
  // At 512 pixels a cell; second derivatives are below 150 a cell^2, so that slopes of neighbouring pixels differ by
  // 150 / 512^2 = .0006. A jump of the slope by 1 a cell would be .002.
  const Field field = simplex_noise(1024, 1024, {.row_cells = 2, .column_cells = 2}, 9);
  for (std::size_t row = 0; row + 2 < 1024; ++row) {
    for (std::size_t column = 0; column + 2 < 1024; ++column) {
      const float a = field.at(row, column);
      const float b = field.at(row, column + 1);
      const float c = field.at(row, column + 2);
      REQUIRE(std::abs((c - b) - (b - a)) < 0.001F);
      const float d = field.at(row + 1, column);
      const float e = field.at(row + 2, column);
      REQUIRE(std::abs((e - d) - (d - a)) < 0.001F);
    }
  }
}

TEST_CASE("simplex noise: octaves and turbulence") {
  const Field first = simplex_noise(40, 60, {.row_cells = 2, .column_cells = 3}, 7);
  const Field both =
      simplex_noise(40, 60, {.row_cells = 2, .column_cells = 3, .octaves = 2, .lacunarity = 3, .persistence = 0.25}, 7);
  const Field creased = simplex_noise(40, 60, {.row_cells = 2, .column_cells = 3, .turbulence = true}, 7);
  float most = 0;
  for (std::size_t i = 0; i < first.values().size(); ++i) {
    most = std::max(most, std::abs(both.values()[i] - first.values()[i]));
    REQUIRE(creased.values()[i] == std::abs(first.values()[i]));
  }
  CHECK(most <= 0.25F + 1e-6F);
  CHECK(most > 0.1F);
  CHECK(simplex_noise(0, 5, {}, 7).values().empty());
  CHECK(simplex_noise(5, 0, {}, 7).values().empty());
}

TEST_CASE("simplex noise: a seed's bits do not change") {
  // By the bits of the floats: with both compilers, with and without optimisation.
  const SimplexNoiseParameters parameters{.row_cells = 3.5, .column_cells = 5, .octaves = 2};
  const Field field = simplex_noise(33, 47, parameters, 17);
  std::uint64_t hash = 0;
  for (const float value : field.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  CHECK(hash == 0xC3B5807CB97D8682);
  CHECK_FALSE(std::ranges::equal(field.values(), simplex_noise(33, 47, parameters, 18).values()));
}

TEST_CASE("simplex noise: bad parameters are named") {
  const auto refuses = [](const SimplexNoiseParameters& parameters, const std::string& name) {
    try {
      static_cast<void>(simplex_noise(4, 4, parameters, 1));
    } catch (const plimsoll::ParameterError& error) {
      return std::string(error.what()).starts_with("simplex_noise: " + name);
    }
    return false;
  };
  CHECK(refuses({.row_cells = 0}, "row_cells"));
  CHECK(refuses({.column_cells = 65537}, "column_cells"));
  CHECK(refuses({.octaves = 0}, "octaves"));
  CHECK(refuses({.row_cells = 100, .octaves = 11}, "octaves"));
  CHECK(refuses({.lacunarity = std::nan("")}, "lacunarity"));
  CHECK(refuses({.persistence = 0}, "persistence"));
}

}  // namespace
