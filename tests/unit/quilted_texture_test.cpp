// SPDX-License-Identifier: Apache-2.0
// Image quilting: its pixels are the sample's, its cuts those that a search of all paths finds.
#include "plimsoll/synth/quilted_texture.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"

namespace {

using plimsoll::synth::Field;
using plimsoll::synth::mix;
using plimsoll::synth::Planes;
using plimsoll::synth::quilted_texture;
using plimsoll::synth::QuiltedTextureParameters;
using plimsoll::synth::RandomStream;

/// Every pixel's first channel is its index, its second the index of the pixel mirrored: no two are alike.
Planes numbered(std::size_t rows, std::size_t columns) {
  Planes planes(2, Field(rows, columns));
  for (std::size_t i = 0; i < rows * columns; ++i) {
    planes[0].values()[i] = static_cast<float>(i);
    planes[1].values()[i] = static_cast<float>(rows * columns - i);
  }
  return planes;
}

/// Random pixels, averaged with their neighbours to the left and above.
Planes smooth(std::size_t rows, std::size_t columns, std::size_t channels, std::uint64_t seed) {
  Planes planes(channels, Field(rows, columns));
  RandomStream random(seed);
  for (Field& plane : planes) {
    for (float& value : plane.values()) value = static_cast<float>(random.uniform());
    for (std::size_t row = 1; row < rows; ++row) {
      for (std::size_t column = 1; column < columns; ++column) {
        plane.row(row)[column] =
            0.3F * plane.at(row, column) + 0.35F * plane.at(row - 1, column) + 0.35F * plane.at(row, column - 1);
      }
    }
  }
  return planes;
}

/// The path of the least sum by trying all of them; of equal ones the first from the left, looked at from the end.
std::vector<std::size_t> best_of_all_paths(const Field& error) {
  std::vector<std::size_t> path(error.rows());
  std::vector<std::size_t> best;
  double least = std::numeric_limits<double>::infinity();
  const std::function<void(std::size_t, double)> walk = [&](std::size_t row, double sum) {
    if (row == error.rows()) {
      const bool less = sum < least;
      const bool more_to_the_left =
          sum == least && std::lexicographical_compare(path.rbegin(), path.rend(), best.rbegin(), best.rend());
      if (less || more_to_the_left) {
        least = sum;
        best = path;
      }
      return;
    }
    for (std::size_t column = 0; column < error.columns(); ++column) {
      if (row > 0 && column + 1 < path[row - 1]) continue;
      if (row > 0 && column > path[row - 1] + 1) continue;
      path[row] = column;
      walk(row + 1, sum + static_cast<double>(error.at(row, column)));
    }
  };
  walk(0, 0);
  return best;
}

TEST_CASE("quilting: the path of least error is the best of all paths") {
  RandomStream random(3);
  for (int i = 0; i < 400; ++i) {
    const std::size_t rows = 1 + random.below(6);
    const std::size_t columns = 1 + random.below(5);
    Field error(rows, columns);
    // Whole numbers: sums are exact, and ties are frequent.
    for (float& value : error.values()) value = static_cast<float>(random.below(4));
    REQUIRE(plimsoll::synth::detail::minimum_error_path(error) == best_of_all_paths(error));
  }
  CHECK(plimsoll::synth::detail::minimum_error_path(Field(3, 0)) == std::vector<std::size_t>{0, 0, 0});
}

TEST_CASE("quilting: two patches side by side, and one above the other, by the model") {
  for (const bool sideways : {true, false}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const std::size_t candidates = seed % 2 == 0 ? 1 : 20;
      // Multiples of 1/8: squares and their sums are exact.
      Planes sample(2, Field(12, 14));
      RandomStream values(seed, 7);
      for (Field& plane : sample) {
        for (float& value : plane.values()) value = static_cast<float>(values.below(9)) / 8;
      }
      RandomStream random(seed);
      RandomStream model = random;
      const std::size_t rows = sideways ? 6 : 9;
      const std::size_t columns = sideways ? 9 : 6;
      const Planes result = quilted_texture(
          sample, rows, columns, {.patch = 6, .overlap = 3, .candidates = candidates, .tolerance = 0.5}, random);
      const std::size_t first_top = model.below(12 - 6 + 1);
      const std::size_t first_left = model.below(14 - 6 + 1);
      static_cast<void>(model.next());  // which of one candidate
      // `along` runs beside the cut, `across` over it.
      const auto pixel = [&](std::size_t top, std::size_t left, std::size_t channel, std::size_t along,
                             std::size_t across) {
        return sample[channel].at(top + (sideways ? along : across), left + (sideways ? across : along));
      };
      const auto difference = [&](std::size_t top, std::size_t left, std::size_t along, std::size_t across) {
        float sum = 0;
        for (std::size_t channel = 0; channel < 2; ++channel) {
          const float d =
              pixel(first_top, first_left, channel, along, 3 + across) - pixel(top, left, channel, along, across);
          sum += d * d;
        }
        return sum;
      };
      std::vector<std::size_t> tops;
      std::vector<std::size_t> lefts;
      std::vector<float> errors;
      for (std::size_t i = 0; i < candidates; ++i) {
        tops.push_back(model.below(12 - 6 + 1));
        lefts.push_back(model.below(14 - 6 + 1));
        errors.push_back(0);
        for (std::size_t j = 0; j < 18; ++j) errors.back() += difference(tops[i], lefts[i], j / 3, j % 3);
      }
      std::vector<std::size_t> good;
      for (std::size_t i = 0; i < candidates; ++i) {
        if (errors[i] <= 1.5F * *std::ranges::min_element(errors)) good.push_back(i);
      }
      const std::size_t chosen = good[model.below(static_cast<std::uint32_t>(good.size()))];
      Field error(6, 3);
      for (std::size_t along = 0; along < 6; ++along) {
        for (std::size_t across = 0; across < 3; ++across) {
          error.row(along)[across] = difference(tops[chosen], lefts[chosen], along, across);
        }
      }
      const std::vector<std::size_t> cut = best_of_all_paths(error);
      for (std::size_t channel = 0; channel < 2; ++channel) {
        for (std::size_t along = 0; along < 6; ++along) {
          for (std::size_t across = 0; across < 9; ++across) {
            const bool second = across >= 3 + cut[along];
            const float expected = second ? pixel(tops[chosen], lefts[chosen], channel, along, across - 3)
                                          : pixel(first_top, first_left, channel, along, across);
            REQUIRE(result[channel].at(sideways ? along : across, sideways ? across : along) == expected);
          }
        }
      }
    }
  }
}

TEST_CASE("quilting: every pixel is one of the sample's, for sizes of all kinds") {
  struct Case {
    std::size_t sample_rows, sample_columns, rows, columns;
    QuiltedTextureParameters parameters;
  };
  const std::vector<Case> cases{
      {40, 50, 90, 70, {}},
      {40, 50, 20, 10, {}},
      {40, 50, 32, 32, {}},
      {20, 50, 64, 64, {}},  // a smaller patch
      {3, 5, 17, 19, {.patch = 2, .overlap = 1}},
      {1, 1, 9, 8, {}},
      {1, 30, 6, 7, {}},
      {16, 16, 33, 31, {.patch = 1, .overlap = 0}},
      {16, 16, 33, 31, {.patch = 7, .overlap = 0}},
      {16, 16, 33, 31, {.patch = 8, .overlap = 4, .candidates = 500, .tolerance = 0}},
      {16, 16, 1, 1, {}},
      {16, 16, 0, 4, {}},
      {16, 16, 4, 0, {}},
  };
  for (const Case& c : cases) {
    RandomStream random(11);
    const Planes sample = numbered(c.sample_rows, c.sample_columns);
    const Planes result = quilted_texture(sample, c.rows, c.columns, c.parameters, random);
    REQUIRE(result.size() == 2);
    REQUIRE(result[0].rows() == c.rows);
    REQUIRE(result[1].columns() == c.columns);
    const auto pixels = static_cast<float>(c.sample_rows * c.sample_columns);
    for (std::size_t i = 0; i < c.rows * c.columns; ++i) {
      const float index = result[0].values()[i];
      REQUIRE((index >= 0 && index < pixels && index == std::floor(index)));
      REQUIRE(result[1].values()[i] == pixels - index);  // and of the same pixel in all channels
    }
  }
}

TEST_CASE("quilting: most neighbours in the result are neighbours in the sample") {
  RandomStream random(5);
  const Planes sample = numbered(64, 64);
  const Planes result = quilted_texture(sample, 128, 128, {.patch = 16, .overlap = 4}, random);
  int neighbours = 0;
  for (std::size_t row = 0; row < 128; ++row) {
    for (std::size_t column = 0; column + 1 < 128; ++column) {
      neighbours += result[0].at(row, column + 1) == result[0].at(row, column) + 1 ? 1 : 0;
    }
  }
  // Ten cuts a row, and the pairs that cuts between patches one above the other separate: at most two a column of the
  // overlap of 4 in 12 rows.
  CHECK(neighbours > 128 * (127 - 11) - 2 * 11 * 128 * 2);
  CHECK(neighbours < 128 * (127 - 9));
  // A single patch is a piece of the sample as it is.
  const Planes piece = quilted_texture(sample, 16, 16, {.patch = 16, .overlap = 4}, random);
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t j = 0; j < 16; ++j) {
      REQUIRE(piece[0].at(i, j) == piece[0].at(0, 0) + static_cast<float>(64 * i + j));
    }
  }
}

TEST_CASE("quilting: choosing among many places makes smaller steps at the seams") {
  double chosen = 0;
  double any = 0;
  double uncut = 0;
  const auto steps = [](const Planes& planes) {
    double sum = 0;
    for (std::size_t row = 1; row < planes[0].rows(); ++row) {
      for (std::size_t column = 1; column < planes[0].columns(); ++column) {
        const auto here = static_cast<double>(planes[0].at(row, column));
        sum += std::pow(here - static_cast<double>(planes[0].at(row, column - 1)), 2);
        sum += std::pow(here - static_cast<double>(planes[0].at(row - 1, column)), 2);
      }
    }
    return sum;
  };
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Planes sample = smooth(64, 64, 1, seed);
    RandomStream random(seed);
    chosen += steps(quilted_texture(sample, 96, 96, {.patch = 12, .overlap = 4, .candidates = 200}, random));
    any += steps(quilted_texture(sample, 96, 96, {.patch = 12, .overlap = 4, .candidates = 1}, random));
    uncut += steps(quilted_texture(sample, 96, 96, {.patch = 12, .overlap = 0}, random));
  }
  CHECK(chosen < any);
  CHECK(any < uncut);
}

TEST_CASE("quilting: a constant sample, and one with NaN") {
  RandomStream random(1);
  const Planes constant = quilted_texture(Planes(3, Field(20, 20, 0.25F)), 50, 50, {}, random);
  for (const Field& plane : constant) {
    for (const float value : plane.values()) REQUIRE(value == 0.25F);
  }
  Planes sample = smooth(20, 20, 1, 3);
  sample[0].row(7)[9] = std::numeric_limits<float>::quiet_NaN();
  const Planes result = quilted_texture(sample, 50, 50, {.patch = 10, .overlap = 5}, random);
  CHECK(result[0].rows() == 50);  // whatever it shows, it ends
}

TEST_CASE("quilting: a seed's bits do not change") {
  // By the bits of the floats: with both compilers, with and without optimisation.
  const Planes sample = smooth(40, 44, 3, 9);
  RandomStream random(17);
  const Planes result = quilted_texture(sample, 61, 67, {.patch = 16, .overlap = 5}, random);
  std::uint64_t hash = 0;
  for (const Field& plane : result) {
    for (const float value : plane.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  }
  CHECK(hash == 0xD29E5BAFE7C0B972);
  RandomStream again(17);
  const Planes same = quilted_texture(sample, 61, 67, {.patch = 16, .overlap = 5}, again);
  RandomStream other(18);
  const Planes different = quilted_texture(sample, 61, 67, {.patch = 16, .overlap = 5}, other);
  CHECK(std::ranges::equal(same[2].values(), result[2].values()));
  CHECK_FALSE(std::ranges::equal(different[2].values(), result[2].values()));
}

TEST_CASE("quilting: bad parameters and samples are named") {
  const Planes sample = numbered(8, 8);
  const auto refuses = [&](const QuiltedTextureParameters& parameters, const std::string& name) {
    RandomStream random(1);
    try {
      static_cast<void>(quilted_texture(sample, 4, 4, parameters, random));
    } catch (const plimsoll::ParameterError& error) {
      return std::string(error.what()).starts_with("quilted_texture: " + name);
    }
    return false;
  };
  CHECK(refuses({.patch = 0, .overlap = 0}, "patch = 0"));
  CHECK(refuses({.patch = 8, .overlap = 5}, "overlap = 5"));
  CHECK(refuses({.candidates = 0}, "candidates = 0"));
  CHECK(refuses({.tolerance = -1}, "tolerance"));
  CHECK(refuses({.tolerance = std::nan("")}, "tolerance"));
  RandomStream random(1);
  CHECK_THROWS_AS(quilted_texture({}, 4, 4, {}, random), plimsoll::DataError);
  CHECK_THROWS_AS(quilted_texture({Field(0, 3)}, 4, 4, {}, random), plimsoll::DataError);
  CHECK_THROWS_AS(quilted_texture({Field(3, 3), Field(3, 4)}, 4, 4, {}, random), plimsoll::DataError);
}

}  // namespace
