// SPDX-License-Identifier: Apache-2.0
// Discrete spot noise: the sum written down slowly, and its mean and autocovariance, which are known exactly.
#include "plimsoll/synth/random_phase_texture.hpp"

#include <algorithm>
#include <array>
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
using plimsoll::synth::Planes;
using plimsoll::synth::random_phase_texture;
using plimsoll::synth::RandomPhaseTextureParameters;
using plimsoll::synth::RandomStream;

/// Random pixels around .5, averaged with their neighbours; the second channel is partly the first.
Planes sample_of(std::size_t rows, std::size_t columns, double contrast, std::uint64_t seed) {
  Planes planes(2, Field(rows, columns));
  RandomStream random(seed);
  for (Field& plane : planes) {
    for (float& value : plane.values()) value = static_cast<float>(0.5 + contrast * (random.uniform() - 0.5));
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 1; column < columns; ++column) {
        plane.row(row)[column] = 0.4F * plane.at(row, column) + 0.6F * plane.at(row, column - 1);
      }
    }
  }
  for (std::size_t i = 0; i < rows * columns; ++i) {
    planes[1].values()[i] = 0.5F * planes[1].values()[i] + 0.5F * planes[0].values()[i];
  }
  return planes;
}

double weight_at(std::size_t index, std::size_t size, double border) {
  const double place = (static_cast<double>(index) + 0.5) / static_cast<double>(size);
  const double t = std::min(place, 1 - place) / border;
  return t < 1 ? 6 * std::pow(t, 5) - 15 * std::pow(t, 4) + 10 * std::pow(t, 3) : 1;
}

/// What each spot adds, before the root of their number: (weight) (sample - mean) sqrt(T / sum weight^2), on the
/// result's grid.
struct Spot {
  double mean = 0;
  std::vector<double> values;
};
Spot spot_of(const Field& sample, std::size_t rows, std::size_t columns, double border) {
  double weights = 0;
  double squares = 0;
  Spot spot;
  const auto weight = [&](std::size_t row, std::size_t column) {
    return weight_at(row, sample.rows(), border) * weight_at(column, sample.columns(), border);
  };
  for (std::size_t row = 0; row < sample.rows(); ++row) {
    for (std::size_t column = 0; column < sample.columns(); ++column) {
      weights += weight(row, column);
      squares += weight(row, column) * weight(row, column);
      spot.mean += weight(row, column) * static_cast<double>(sample.at(row, column));
    }
  }
  spot.mean /= weights;
  spot.values.resize(rows * columns);
  for (std::size_t row = 0; row < sample.rows(); ++row) {
    for (std::size_t column = 0; column < sample.columns(); ++column) {
      spot.values[row * columns + column] = weight(row, column) *
                                            (static_cast<double>(sample.at(row, column)) - spot.mean) *
                                            std::sqrt(static_cast<double>(rows * columns) / squares);
    }
  }
  return spot;
}

TEST_CASE("random phase: the sum of shifted spots, for sizes of all kinds") {
  struct Case {
    std::size_t sample_rows, sample_columns, rows, columns;
    RandomPhaseTextureParameters parameters;
  };
  const std::vector<Case> cases{{12, 15, 12, 15, {.spots = 7}},
                                {12, 15, 30, 33, {.spots = 9, .border = 0.3}},
                                {12, 15, 5, 40, {.spots = 5}},
                                {12, 15, 5, 6, {.spots = 5, .border = 0.5}},
                                {12, 15, 12, 15, {.spots = 1, .border = 0}},
                                {1, 9, 3, 4, {.spots = 4}}};
  for (const Case& c : cases) {
    const Planes sample = sample_of(c.sample_rows, c.sample_columns, 0.2, 3);
    RandomStream random(21);
    RandomStream model = random;
    const Planes result = random_phase_texture(sample, c.rows, c.columns, c.parameters, random);
    const std::size_t height = std::max(c.rows, c.sample_rows);
    const std::size_t width = std::max(c.columns, c.sample_columns);
    std::vector<std::size_t> tops;
    std::vector<std::size_t> lefts;
    for (std::size_t k = 0; k < c.parameters.spots; ++k) {
      tops.push_back(model.below(static_cast<std::uint32_t>(height)));
      lefts.push_back(model.below(static_cast<std::uint32_t>(width)));
    }
    REQUIRE(result.size() == 2);
    for (std::size_t channel = 0; channel < 2; ++channel) {
      const Spot spot = spot_of(sample[channel], height, width, c.parameters.border);
      REQUIRE(result[channel].rows() == c.rows);
      REQUIRE(result[channel].columns() == c.columns);
      for (std::size_t row = 0; row < c.rows; ++row) {
        for (std::size_t column = 0; column < c.columns; ++column) {
          double sum = 0;
          for (std::size_t k = 0; k < c.parameters.spots; ++k) {
            const std::size_t down = (row + height - tops[k]) % height;
            const std::size_t across = (column + width - lefts[k]) % width;
            sum += spot.values[down * width + across];
          }
          const double expected = spot.mean + sum / std::sqrt(static_cast<double>(c.parameters.spots));
          // Up to 9 roundings of numbers below 1.
          REQUIRE(std::abs(static_cast<double>(result[channel].at(row, column)) - std::clamp(expected, 0.0, 1.0)) <
                  1e-6);
        }
      }
    }
  }
}

TEST_CASE("random phase: mean and autocovariance are the sample's, within and between channels") {
  // Of a pixel and one at a distance from it, over places of the spots: the mean over the grid of the product of the
  // spot and the spot at that distance.
  constexpr std::size_t rows = 24;
  constexpr std::size_t columns = 20;
  constexpr double border = 0.2;
  const Planes sample = sample_of(16, 20, 0.15, 8);
  std::array<Spot, 2> spots;
  for (std::size_t channel = 0; channel < 2; ++channel)
    spots[channel] = spot_of(sample[channel], rows, columns, border);
  struct Distance {
    std::size_t down, across;
  };
  const std::vector<Distance> distances{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {0, 5}, {3, 2}};
  constexpr int seeds = 400;
  std::vector<std::vector<double>> found(3 * distances.size());
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    RandomStream random(seed);
    const Planes result = random_phase_texture(sample, rows, columns, {.spots = 30, .border = border}, random);
    for (std::size_t channel = 0; channel < 2; ++channel) {
      double sum = 0;
      for (const float value : result[channel].values()) sum += static_cast<double>(value);
      // Every spot adds nothing over the whole: floats of about .5 rounded 31 times.
      REQUIRE(std::abs(sum / (rows * columns) - spots[channel].mean) < 1e-6);
    }
    for (std::size_t pair = 0; pair < 3; ++pair) {  // first with itself, first with second, second with itself
      const std::size_t one = pair == 2 ? 1 : 0;
      const std::size_t two = pair == 0 ? 0 : 1;
      for (std::size_t d = 0; d < distances.size(); ++d) {
        double sum = 0;
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t column = 0; column < columns; ++column) {
            const float a = result[one].at(row, column);
            const float b = result[two].at((row + distances[d].down) % rows, (column + distances[d].across) % columns);
            sum += (static_cast<double>(a) - spots[one].mean) * (static_cast<double>(b) - spots[two].mean);
          }
        }
        found[pair * distances.size() + d].push_back(sum / (rows * columns));
      }
    }
  }
  for (std::size_t pair = 0; pair < 3; ++pair) {
    const std::vector<double>& one = spots[pair == 2 ? 1 : 0].values;
    const std::vector<double>& two = spots[pair == 0 ? 0 : 1].values;
    for (std::size_t d = 0; d < distances.size(); ++d) {
      double expected = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
          const std::size_t other =
              (row + distances[d].down) % rows * columns + (column + distances[d].across) % columns;
          expected += one[row * columns + column] * two[other] / (rows * columns);
        }
      }
      double mean = 0;
      double squares = 0;
      for (const double x : found[pair * distances.size() + d]) {
        mean += x / seeds;
        squares += x * x / seeds;
      }
      const double error = std::sqrt((squares - mean * mean) / seeds);
      INFO("pair " << pair << ", distance " << distances[d].down << ", " << distances[d].across);
      CHECK(std::abs(mean - expected) < 5 * error);
      // A test that sees the correlation of the sample, not only its variance.
      if (d == 1) CHECK(expected > 20 * error);
    }
  }
}

TEST_CASE("random phase: tends to a Gaussian") {
  // A sample of two values, three quarters and one quarter of it, which has the kurtosis 3 - 2/3.
  Planes sample(1, Field(16, 16, 0.49F));
  for (std::size_t i = 0; i < 256; i += 4) sample[0].values()[i] = 0.52F;
  double second = 0;
  double fourth = 0;
  constexpr int seeds = 300;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    RandomStream random(seed, 1);
    const Planes result = random_phase_texture(sample, 64, 64, {.spots = 600, .border = 0}, random);
    for (const float value : result[0].values()) {
      const double d = static_cast<double>(value) - 0.4975;
      second += d * d / (seeds * 4096.0);
      fourth += d * d * d * d / (seeds * 4096.0);
    }
  }
  // A pixel sees each of the 600 spots with the probability 1/16, so that the kurtosis of what one spot gives it is
  // 16 x (3 - 2/3) = 37, and that of their sum 3 + (37 - 3) / 600 = 3.06. Pixels further apart than a spot are
  // independent: 16 and more a field, 4800 of them in all, so that the error is at most sqrt(24 / 4800) = .07: 4 of it.
  CHECK(fourth / (second * second) == Approx(3.06).margin(0.28));
}

TEST_CASE("random phase: degenerate samples") {
  RandomStream random(1);
  for (const std::size_t side : {1U, 20U}) {
    const Planes constant = random_phase_texture(Planes(3, Field(side, side, 0.3F)), 9, 30, {}, random);
    REQUIRE(constant.size() == 3);
    for (const Field& plane : constant) {
      for (const float value : plane.values()) REQUIRE(value == Approx(0.3).margin(1e-6));
    }
  }
  CHECK(random_phase_texture(Planes(1, Field(4, 4)), 0, 9, {}, random)[0].values().empty());
  // Cut off at 0 and 1.
  Planes wild(1, Field(8, 8));
  for (std::size_t i = 0; i < 64; i += 2) wild[0].values()[i] = 1;
  const Planes result = random_phase_texture(wild, 64, 64, {}, random);
  const auto [least, most] = std::ranges::minmax(result[0].values());
  CHECK(least == 0);
  CHECK(most == 1);
}

TEST_CASE("random phase: a seed's bits do not change") {
  // By the bits of the floats: with both compilers, with and without optimisation.
  const Planes sample = sample_of(30, 34, 0.8, 9);
  RandomStream random(17);
  const Planes result = random_phase_texture(sample, 41, 47, {}, random);
  std::uint64_t hash = 0;
  for (const Field& plane : result) {
    for (const float value : plane.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  }
  CHECK(hash == 0x999FD1572D5731CA);
  RandomStream again(17);
  RandomStream other(18);
  CHECK(std::ranges::equal(random_phase_texture(sample, 41, 47, {}, again)[1].values(), result[1].values()));
  CHECK_FALSE(std::ranges::equal(random_phase_texture(sample, 41, 47, {}, other)[1].values(), result[1].values()));
}

TEST_CASE("random phase: bad parameters and samples are named") {
  const auto refuses = [&](const RandomPhaseTextureParameters& parameters, const std::string& name) {
    RandomStream random(1);
    try {
      static_cast<void>(random_phase_texture(Planes(1, Field(4, 4)), 4, 4, parameters, random));
    } catch (const plimsoll::ParameterError& error) {
      return std::string(error.what()).starts_with("random_phase_texture: " + name);
    }
    return false;
  };
  CHECK(refuses({.spots = 0}, "spots = 0"));
  CHECK(refuses({.border = -0.1}, "border"));
  CHECK(refuses({.border = 0.6}, "border"));
  CHECK(refuses({.border = std::nan("")}, "border"));
  RandomStream random(1);
  CHECK_THROWS_AS(random_phase_texture({}, 4, 4, {}, random), plimsoll::DataError);
  CHECK_THROWS_AS(random_phase_texture({Field(3, 0)}, 4, 4, {}, random), plimsoll::DataError);
  CHECK_THROWS_AS(random_phase_texture({Field(3, 3), Field(2, 3)}, 4, 4, {}, random), plimsoll::DataError);
}

}  // namespace
