// SPDX-License-Identifier: Apache-2.0
// Gradient noise by its properties, against the formula written down slowly, and by the bits of a fixed seed.
#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/perlin_noise.hpp"

namespace {

using plimsoll::synth::Field;
using plimsoll::synth::mix;
using plimsoll::synth::perlin_noise;
using plimsoll::synth::PerlinNoiseParameters;
using plimsoll::synth::RandomStream;

TEST_CASE("random stream: SplitMix64's published numbers") {
  // The first numbers of the generator with seed 1234567, as in the reference code of Vigna's page on it.
  RandomStream random(1234567);
  CHECK(random.next() == 6457827717110365317ULL);
  CHECK(random.next() == 3203168211198807973ULL);
  CHECK(random.next() == 9817491932198370423ULL);
  CHECK(random.next() == 4593380528125082431ULL);
  CHECK(random.next() == 16408922859458223821ULL);
}

TEST_CASE("random stream: uniform and below") {
  RandomStream random(5);
  double sum = 0;
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    ++counts[random.below(7)];
  }
  // The mean has standard error sqrt(1 / 12 / 70000) = .0011, each count sqrt(70000 (1/7) (6/7)) = 92.6; 5 of them.
  CHECK(std::abs(sum / 70'000 - 0.5) < 0.0055);
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 463);
}

/// The noise at a point, from its four corners, in double.
double noise_at(double y, double x, std::uint64_t seed) {
  const auto corner = [&](std::int64_t row, std::int64_t column) {
    const auto gradient = plimsoll::synth::detail::gradient_at(mix(seed, 0), row, column);
    return static_cast<double>(gradient.row) * (y - static_cast<double>(row)) +
           static_cast<double>(gradient.column) * (x - static_cast<double>(column));
  };
  const auto row = static_cast<std::int64_t>(std::floor(y));
  const auto column = static_cast<std::int64_t>(std::floor(x));
  const auto smooth = [](double t) { return 6 * std::pow(t, 5) - 15 * std::pow(t, 4) + 10 * std::pow(t, 3); };
  const double v = smooth(y - static_cast<double>(row));
  const double u = smooth(x - static_cast<double>(column));
  const double top = (1 - u) * corner(row, column) + u * corner(row, column + 1);
  const double bottom = (1 - u) * corner(row + 1, column) + u * corner(row + 1, column + 1);
  return std::numbers::sqrt2 * ((1 - v) * top + v * bottom);
}

TEST_CASE("perlin noise: the formula, for sizes of all kinds") {
  const std::vector<std::vector<double>> cases{
      {64, 64, 4, 4}, {37, 91, 3, 7}, {50, 20, 2.5, 0.3}, {9, 11, 20, 40}, {1, 1, 1, 1}};
  for (const auto& c : cases) {
    const auto rows = static_cast<std::size_t>(c[0]);
    const auto columns = static_cast<std::size_t>(c[1]);
    const Field field = perlin_noise(rows, columns, {.row_cells = c[2], .column_cells = c[3]}, 42);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        const double y = static_cast<double>(row) * (c[2] / c[0]);
        const double x = static_cast<double>(column) * (c[3] / c[1]);
        // A few roundings of floats, of numbers up to 3.
        REQUIRE(std::abs(static_cast<double>(field.at(row, column)) - noise_at(y, x, 42)) < 2e-6);
      }
    }
  }
}

TEST_CASE("perlin noise: zero at the lattice, within its bounds, of mean zero") {
  double sum = 0;
  double squares = 0;
  double largest = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Field field = perlin_noise(64, 64, {.row_cells = 8, .column_cells = 8}, seed);
    for (std::size_t row = 0; row < 64; row += 8) {
      for (std::size_t column = 0; column < 64; column += 8) REQUIRE(field.at(row, column) == 0);
    }
    for (const float value : field.values()) {
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
      largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
  }
  const double count = 400.0 * 64 * 64;
  CHECK(largest <= 1 + 1e-6);
  CHECK(largest > 0.9);  // the middle of a cell whose gradients all point to it has 1
  // 64 x 400 cells that share gradients: fewer than 25,600 independent numbers of deviation .3, of which 5 errors.
  CHECK(std::abs(sum / count) < 5 * 0.3 / std::sqrt(25'600.0));
  // Random unit gradients: each corner's product has the variance d^2 / 2, d its distance. The sum over the corners of
  // w^2 d^2 / 2, times 2, averaged over the 8 x 8 places of a cell, by hand: see variance_of_places.
  double expected = 0;
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      const double y = i / 8.0;
      const double x = j / 8.0;
      const double v = plimsoll::synth::detail::fade(y);
      const double u = plimsoll::synth::detail::fade(x);
      for (const int r : {0, 1}) {
        for (const int c : {0, 1}) {
          const double w = (r == 1 ? v : 1 - v) * (c == 1 ? u : 1 - u);
          expected += w * w * ((y - r) * (y - r) + (x - c) * (x - c)) / 64;
        }
      }
    }
  }
  CHECK(squares / count == Approx(expected).epsilon(0.03));  // 5 errors of sqrt(2 / 25600) = .9 %, as if normal: 4.4 %
}

TEST_CASE("perlin noise: smooth across the borders of cells, and around when periodic") {
  const PerlinNoiseParameters parameters{.row_cells = 4, .column_cells = 4, .periodic = true};
  const Field field = perlin_noise(512, 512, parameters, 9);
  // Within a cell of 128 pixels slopes are at most 3 or so a cell and second derivatives 30 a cell^2, so that the
  // slopes of neighbouring pixels differ by 30 / 128^2 = .002.
  for (std::size_t row = 0; row < 512; ++row) {
    for (std::size_t column = 0; column < 512; ++column) {
      const float a = field.at(row, column);
      const float b = field.at(row, (column + 1) % 512);
      const float c = field.at(row, (column + 2) % 512);
      REQUIRE(std::abs((c - b) - (b - a)) < 0.004F);
      const float d = field.at((row + 1) % 512, column);
      const float e = field.at((row + 2) % 512, column);
      REQUIRE(std::abs((e - d) - (d - a)) < 0.004F);
    }
  }
}

TEST_CASE("perlin noise: its spectrum has its peak below the lattice's frequency") {
  // The power at whole frequencies along rows: gradient noise of 16 cells has its peak near .6 to .9 of 16.
  std::vector<double> power(129);
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Field field = perlin_noise(64, 256, {.row_cells = 4, .column_cells = 16, .periodic = true}, seed);
    for (std::size_t row = 0; row < 64; ++row) {
      for (std::size_t frequency = 0; frequency <= 128; ++frequency) {
        std::complex<double> sum = 0;
        for (std::size_t column = 0; column < 256; ++column) {
          const double angle = -2 * std::numbers::pi * static_cast<double>(frequency * column % 256) / 256;
          sum += static_cast<double>(field.at(row, column)) * std::polar(1.0, angle);
        }
        power[frequency] += std::norm(sum);
      }
    }
  }
  const auto peak = std::ranges::max_element(power) - power.begin();
  CHECK(peak >= 8);
  CHECK(peak <= 16);
  double total = 0;
  double high = 0;
  for (std::size_t i = 0; i < power.size(); ++i) {
    total += power[i];
    if (i > 32) high += power[i];
  }
  CHECK(high < 0.02 * total);
}

TEST_CASE("perlin noise: octaves and turbulence") {
  const PerlinNoiseParameters one{.row_cells = 2, .column_cells = 3};
  const PerlinNoiseParameters three{
      .row_cells = 2, .column_cells = 3, .octaves = 3, .lacunarity = 2, .persistence = 0.25};
  const Field all = perlin_noise(40, 60, three, 7);
  // The first octave is the field of one octave; the others add at most .25 + .0625.
  const Field first = perlin_noise(40, 60, one, 7);
  bool differs = false;
  for (std::size_t i = 0; i < all.values().size(); ++i) {
    REQUIRE(std::abs(all.values()[i] - first.values()[i]) <= 0.3125F + 1e-6F);
    differs = differs || all.values()[i] != first.values()[i];
  }
  CHECK(differs);
  const Field creased = perlin_noise(40, 60, {.row_cells = 2, .column_cells = 3, .turbulence = true}, 7);
  for (std::size_t i = 0; i < all.values().size(); ++i) {
    REQUIRE(creased.values()[i] == std::abs(first.values()[i]));
  }
}

TEST_CASE("perlin noise: a seed's bits do not change") {
  // By the bits of the floats: with both compilers, with and without optimisation.
  const Field field = perlin_noise(33, 47, {.row_cells = 3.5, .column_cells = 5, .octaves = 2}, 17);
  std::uint64_t hash = 0;
  for (const float value : field.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  CHECK(hash == 0);
  CHECK_FALSE(std::ranges::equal(
      field.values(), perlin_noise(33, 47, {.row_cells = 3.5, .column_cells = 5, .octaves = 2}, 18).values()));
}

TEST_CASE("perlin noise: bad parameters are named") {
  const auto refuses = [](const PerlinNoiseParameters& parameters, const char* name) {
    try {
      static_cast<void>(perlin_noise(4, 4, parameters, 1));
    } catch (const plimsoll::ParameterError& error) {
      return std::string(error.what()).find(name) != std::string::npos;
    }
    return false;
  };
  CHECK(refuses({.row_cells = 0}, "row_cells"));
  CHECK(refuses({.column_cells = -1}, "column_cells"));
  CHECK(refuses({.octaves = 0}, "octaves"));
  CHECK(refuses({.lacunarity = std::nan("")}, "lacunarity"));
  CHECK(refuses({.persistence = 0}, "persistence"));
  CHECK(refuses({.row_cells = 2.5, .periodic = true}, "periodic"));
}

}  // namespace
