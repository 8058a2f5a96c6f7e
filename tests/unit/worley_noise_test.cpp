// SPDX-License-Identifier: Apache-2.0
// Cellular noise against the distances to all points anywhere near, and by the bits of a fixed seed.
#include "plimsoll/synth/worley_noise.hpp"

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
using plimsoll::synth::worley_noise;
using plimsoll::synth::WorleyFeature;
using plimsoll::synth::WorleyNoiseParameters;

struct Nearest {
  double first = 1e9;
  double second = 1e9;
  double value = -1;
};

/// Over the points of all cells up to 6 away from any pixel.
Nearest nearest_at(double y, double x, const WorleyNoiseParameters& parameters, std::uint64_t seed) {
  const auto row_cells = static_cast<std::int64_t>(std::ceil(parameters.row_cells));
  const auto column_cells = static_cast<std::int64_t>(std::ceil(parameters.column_cells));
  Nearest found;
  for (std::int64_t i = -6; i < row_cells + 6; ++i) {
    for (std::int64_t j = -6; j < column_cells + 6; ++j) {
      const std::int64_t row = parameters.periodic ? (i + 6 * row_cells) % row_cells : i;
      const std::int64_t column = parameters.periodic ? (j + 6 * column_cells) % column_cells : j;
      const auto point = plimsoll::synth::detail::feature_point_at(seed, row, column, parameters.jitter);
      const double dy = static_cast<double>(i) + static_cast<double>(point.row) - y;
      const double dx = static_cast<double>(j) + static_cast<double>(point.column) - x;
      const double distance = std::sqrt(dy * dy + dx * dx);
      if (distance < found.first) {
        found.second = found.first;
        found.first = distance;
        found.value = static_cast<double>(point.value);
      } else {
        found.second = std::min(found.second, distance);
      }
    }
  }
  return found;
}

void check_against_all_points(std::size_t rows, std::size_t columns, WorleyNoiseParameters parameters,
                              std::uint64_t seed) {
  parameters.feature = WorleyFeature::nearest;
  const Field nearest = worley_noise(rows, columns, parameters, seed);
  parameters.feature = WorleyFeature::second;
  const Field second = worley_noise(rows, columns, parameters, seed);
  parameters.feature = WorleyFeature::difference;
  const Field difference = worley_noise(rows, columns, parameters, seed);
  parameters.feature = WorleyFeature::cell;
  const Field cell = worley_noise(rows, columns, parameters, seed);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const double y = static_cast<double>(row) * (parameters.row_cells / static_cast<double>(rows));
      const double x = static_cast<double>(column) * (parameters.column_cells / static_cast<double>(columns));
      const Nearest expected = nearest_at(y, x, parameters, seed);
      // Coordinates of up to 3 are rounded to 2^-23, a few times.
      REQUIRE(std::abs(static_cast<double>(nearest.at(row, column)) - expected.first) < 2e-6);
      REQUIRE(std::abs(static_cast<double>(second.at(row, column)) - expected.second) < 2e-6);
      REQUIRE(std::abs(static_cast<double>(difference.at(row, column)) - (expected.second - expected.first)) < 4e-6);
      if (expected.second - expected.first > 4e-6) {
        REQUIRE(static_cast<double>(cell.at(row, column)) == expected.value);
      }
    }
  }
}

TEST_CASE("worley noise: the nearest of all points, for sizes of all kinds") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    check_against_all_points(48, 48, {.row_cells = 6, .column_cells = 6}, seed);
  }
  check_against_all_points(37, 91, {.row_cells = 3, .column_cells = 7}, 5);
  check_against_all_points(50, 20, {.row_cells = 2.5, .column_cells = 0.3}, 5);
  check_against_all_points(9, 11, {.row_cells = 20, .column_cells = 40}, 5);
  check_against_all_points(1, 1, {.row_cells = 1, .column_cells = 1}, 5);
  check_against_all_points(33, 33, {.row_cells = 4, .column_cells = 4, .jitter = 0.4}, 5);
}

TEST_CASE("worley noise: periodic") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    check_against_all_points(32, 40, {.row_cells = 4, .column_cells = 5, .periodic = true}, seed);
    check_against_all_points(16, 16, {.row_cells = 1, .column_cells = 2, .periodic = true}, seed);
  }
  const Field field = worley_noise(64, 64, {.row_cells = 4, .column_cells = 4, .periodic = true}, 3);
  for (std::size_t i = 0; i < 64; ++i) {
    // Distances change by no more than the way: a pixel is 1/16 of a cell.
    REQUIRE(std::abs(field.at(i, 0) - field.at(i, 63)) <= 0.0625F + 1e-6F);
    REQUIRE(std::abs(field.at(0, i) - field.at(63, i)) <= 0.0625F + 1e-6F);
  }
}

TEST_CASE("worley noise: without jitter a square grid") {
  const Field field = worley_noise(32, 32, {.row_cells = 4, .column_cells = 4, .jitter = 0}, 1);
  for (std::size_t row = 0; row < 32; ++row) {
    for (std::size_t column = 0; column < 32; ++column) {
      const double y = static_cast<double>(row % 8) / 8 - 0.5;
      const double x = static_cast<double>(column % 8) / 8 - 0.5;
      REQUIRE(static_cast<double>(field.at(row, column)) == Approx(std::sqrt(y * y + x * x)).margin(1e-7));
    }
  }
}

TEST_CASE("worley noise: the values of cells are uniform") {
  double sum = 0;
  double squares = 0;
  constexpr int seeds = 100;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    // Without jitter the middle of a cell is its point, and every second pixel lies there.
    const Field field =
        worley_noise(40, 40, {.row_cells = 20, .column_cells = 20, .jitter = 0, .feature = WorleyFeature::cell}, seed);
    for (std::size_t i = 0; i < 400; ++i) {
      const float value = field.at(2 * (i / 20) + 1, 2 * (i % 20) + 1);
      REQUIRE(value >= 0);
      REQUIRE(value < 1);
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  // 40,000 numbers: the mean has the error sqrt(1 / 12 / 40000) = .00144, that of squares sqrt(4 / 45 / 40000) = .0015.
  CHECK(std::abs(sum / (seeds * 400) - 0.5) < 5 * 0.00144);
  CHECK(std::abs(squares / (seeds * 400) - 1.0 / 3) < 5 * 0.0015);
}

TEST_CASE("worley noise: a seed's bits do not change") {
  // By the bits of the floats: with both compilers, with and without optimisation.
  const WorleyNoiseParameters parameters{.row_cells = 3.5, .column_cells = 5, .feature = WorleyFeature::difference};
  const Field field = worley_noise(33, 47, parameters, 17);
  std::uint64_t hash = 0;
  for (const float value : field.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  CHECK(hash == 0xFCC709A2D81EDDC0);
  CHECK_FALSE(std::ranges::equal(field.values(), worley_noise(33, 47, parameters, 18).values()));
  CHECK(worley_noise(0, 5, {}, 7).values().empty());
  CHECK(worley_noise(5, 0, {}, 7).values().empty());
}

TEST_CASE("worley noise: bad parameters are named") {
  const auto refuses = [](const WorleyNoiseParameters& parameters, const std::string& name) {
    try {
      static_cast<void>(worley_noise(4, 4, parameters, 1));
    } catch (const plimsoll::ParameterError& error) {
      return std::string(error.what()).starts_with("worley_noise: " + name);
    }
    return false;
  };
  CHECK(refuses({.row_cells = 0}, "row_cells"));
  CHECK(refuses({.column_cells = std::nan("")}, "column_cells"));
  CHECK(refuses({.column_cells = 2.5, .periodic = true}, "periodic"));
  CHECK(refuses({.jitter = 1.5}, "jitter"));
  CHECK(refuses({.jitter = -0.1}, "jitter"));
}

}  // namespace
