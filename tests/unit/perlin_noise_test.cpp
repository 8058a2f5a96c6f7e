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
  // w^2 d^2 / 2, times 2, averaged over the 8 x 8 places of a cell.
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

/// The discrete Fourier transform of the numbers at this frequency.
std::complex<double> transform(const std::vector<double>& numbers, std::size_t frequency) {
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t turn = frequency * i % numbers.size();
    sum += numbers[i] *
           std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(turn) / static_cast<double>(numbers.size()));
  }
  return sum;
}

TEST_CASE("perlin noise: its power spectrum") {
  // The noise is a sum over the lattice of sqrt 2 g . (y, x) w(y) w(x), with (y, x) the distance from the lattice point
  // and w the fade turned around. The g are independent with mean 0 and variance 1/2 a component, so that the expected
  // power is the number of lattice points times |Y|^2 |W|^2 + |W|^2 |Y|^2, with W and Y the transforms of w and of y w.
  constexpr std::size_t size = 64;
  constexpr std::size_t cells = 8;
  constexpr std::size_t seeds = 200;
  std::vector<double> weight(size);
  std::vector<double> moment(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double distance = (i < size / 2 ? static_cast<double>(i) : static_cast<double>(i) - size) / (size / cells);
    const double t = std::min(std::abs(distance), 1.0);
    weight[i] = 1 - (6 * std::pow(t, 5) - 15 * std::pow(t, 4) + 10 * std::pow(t, 3));
    moment[i] = distance * weight[i];
  }
  constexpr std::size_t highest = size / 2;
  std::vector<double> of_weight(highest + 1);
  std::vector<double> of_moment(highest + 1);
  for (std::size_t k = 0; k <= highest; ++k) {
    of_weight[k] = std::norm(transform(weight, k));
    of_moment[k] = std::norm(transform(moment, k));
  }
  std::vector<std::vector<double>> power(highest + 1, std::vector<double>(highest + 1));
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Field field = perlin_noise(size, size, {.row_cells = cells, .column_cells = cells, .periodic = true}, seed);
    std::vector<std::vector<std::complex<double>>> of_rows(highest + 1);  // by frequency along columns, then by row
    for (std::size_t row = 0; row < size; ++row) {
      const std::vector<double> line(field.row(row).begin(), field.row(row).end());
      for (std::size_t k = 0; k <= highest; ++k) of_rows[k].push_back(transform(line, k));
    }
    for (std::size_t k = 0; k <= highest; ++k) {
      std::vector<double> real(size);
      std::vector<double> imaginary(size);
      for (std::size_t row = 0; row < size; ++row) {
        real[row] = of_rows[k][row].real();
        imaginary[row] = of_rows[k][row].imag();
      }
      for (std::size_t r = 0; r <= highest; ++r) {
        power[r][k] += std::norm(transform(real, r) + std::complex<double>(0, 1) * transform(imaginary, r)) / seeds;
      }
    }
  }
  // Band by band of the radial frequency, a quarter of the lattice's frequency wide. A power has at most sqrt 2 times
  // its mean for deviation; the smallest band has 4 of them in each of 200 seeds, so 5 % of its mean for error: 4 of
  // those.
  std::vector<double> measured(8);
  std::vector<double> expected(8);
  for (std::size_t r = 0; r <= highest; ++r) {
    for (std::size_t k = 0; k <= highest; ++k) {
      const double radius = std::sqrt(static_cast<double>(r * r + k * k)) / cells;
      const auto band = static_cast<std::size_t>(radius * 4);
      if (band >= measured.size()) continue;
      measured[band] += power[r][k];
      expected[band] += cells * cells * (of_moment[r] * of_weight[k] + of_weight[r] * of_moment[k]);
    }
  }
  double total = 0;
  for (const double x : measured) total += x;
  for (std::size_t band = 0; band < measured.size(); ++band) {
    INFO("band " << band << ": " << measured[band] << ", expected " << expected[band]);
    CHECK(measured[band] == Approx(expected[band]).epsilon(0.2));
  }
  // Most of it, and the peak, lies between half the lattice's frequency and the whole; next to nothing far above.
  CHECK(std::ranges::max_element(measured) - measured.begin() == 2);
  CHECK(measured[2] + measured[3] > 0.6 * total);
  CHECK(measured[6] + measured[7] < 0.02 * total);
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
  // A single pixel row, and sizes around the blocks in which columns are computed, are cut from the same noise.
  const Field wide = perlin_noise(8, 128, {.row_cells = 2, .column_cells = 8}, 3);
  for (const std::size_t columns : {1U, 31U, 32U, 33U, 64U, 65U}) {
    const auto cells = static_cast<double>(columns) / 16;  // exact: the same places
    const Field narrow = perlin_noise(8, columns, {.row_cells = 2, .column_cells = cells}, 3);
    for (std::size_t row = 0; row < 8; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        REQUIRE(narrow.at(row, column) == wide.at(row, column));
      }
    }
  }
  CHECK(perlin_noise(0, 5, one, 7).values().empty());
  CHECK(perlin_noise(5, 0, one, 7).values().empty());
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
  CHECK(hash == 0xFD10C4A76F66D9D0);
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
  CHECK(refuses({.octaves = 33, .lacunarity = 1}, "octaves"));
  CHECK(refuses({.row_cells = 100, .octaves = 11}, "octaves"));
  CHECK(refuses({.column_cells = 65537}, "65537"));
  CHECK(refuses({.lacunarity = std::nan("")}, "lacunarity"));
  CHECK(refuses({.persistence = 0}, "persistence"));
  CHECK(refuses({.row_cells = 2.5, .periodic = true}, "periodic"));
}

}  // namespace
