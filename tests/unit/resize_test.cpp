// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/resize.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "synth.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;
using plimsoll::test::hash_of;
using plimsoll::test::pattern;
using plimsoll::test::random_planes;

namespace {

double sum_of(const Field& field) {
  double sum = 0;
  for (const float value : field.values()) sum += static_cast<double>(value);
  return sum;
}

}  // namespace

TEST_CASE("resized planes agree with an independent model of the filter", "[resize]") {
  // Matrices of triangle weights in numpy, float64, which agree with Pillow 9.4's Image.resize (bilinear) to 1e-7.
  // Corners, middle, a third of the rows at two thirds of the columns, last row of the first column; sum of all.
  struct Case {
    std::size_t rows;
    std::size_t columns;
    std::array<double, 5> values;
    double sum;
  };
  const std::vector<Case> cases{
      {10, 13, {0.3300733, 0.4763444, 0.5537595, 0.5438299, 0.4403683}, 61.211533},
      {31, 50, {0.0784314, 0.3882353, 0.4869412, 0.4530791, 0.7568627}, 730.755534},
      {24, 7, {0.1746090, 0.4584573, 0.5039216, 0.5288136, 0.4424964}, 78.907412},
      {5, 32, {0.4947938, 0.3698831, 0.4763001, 0.5756181, 0.5191539}, 75.450322},
      {1, 1, {0.4710140, 0.4710140, 0.4710140, 0.4710140, 0.4710140}, 0.471014},
      {60, 3, {0.3309069, 0.4970949, 0.4739572, 0.5147747, 0.4407764}, 84.627793},
  };
  const Planes planes = pattern();
  for (const Case& expected : cases) {
    const Planes result = resized(planes, expected.rows, expected.columns);
    REQUIRE(result.size() == 3);
    const Field& field = result[0];
    REQUIRE(field.rows() == expected.rows);
    REQUIRE(field.columns() == expected.columns);
    const std::array<std::array<std::size_t, 2>, 5> places{{{0, 0},
                                                            {expected.rows - 1, expected.columns - 1},
                                                            {expected.rows / 2, expected.columns / 2},
                                                            {expected.rows / 3, 2 * expected.columns / 3},
                                                            {expected.rows - 1, 0}}};
    for (std::size_t i = 0; i < 5; ++i) {
      CAPTURE(expected.rows, expected.columns, i);
      // Printed to 5e-8; sums of up to a thousand floats' products below 1 in two passes.
      CHECK(std::abs(static_cast<double>(field.at(places[i][0], places[i][1])) - expected.values[i]) < 5e-7);
    }
    CHECK(sum_of(field) == Approx(expected.sum).epsilon(1e-6));
  }
}

TEST_CASE("resized planes of a constant are the constant", "[resize]") {
  for (const std::size_t rows : {1U, 3U, 17U, 40U}) {
    for (const std::size_t columns : {1U, 5U, 20U, 33U}) {
      const Planes result = resized({Field(17, 20, 0.3F), Field(17, 20, 1)}, rows, columns);
      for (const float value : result[0].values()) REQUIRE(std::abs(value - 0.3F) < 1e-6F);
      for (const float value : result[1].values()) REQUIRE(std::abs(value - 1) < 1e-6F);
    }
  }
}

TEST_CASE("resized planes by whole factors keep the mean far from the border", "[resize]") {
  // A single bright pixel inside, shrunk by k: its share of the sum is 1/k^2. Enlarged by k: k^2.
  Planes dot{Field(48, 48)};
  dot[0].row(24)[23] = 1;
  CHECK(sum_of(resized(dot, 24, 24)[0]) == Approx(1.0 / 4).epsilon(1e-6));
  CHECK(sum_of(resized(dot, 12, 16)[0]) == Approx(1.0 / 12).epsilon(1e-6));
  CHECK(sum_of(resized(dot, 96, 144)[0]) == Approx(6).epsilon(1e-6));
}

TEST_CASE("resized planes of a ramp are a ramp", "[resize]") {
  Planes ramp{Field(40, 64)};
  for (std::size_t row = 0; row < 40; ++row) {
    for (std::size_t column = 0; column < 64; ++column) {
      ramp[0].row(row)[column] = static_cast<float>(column) / 128 + static_cast<float>(row) / 80;
    }
  }
  for (const auto& size : {std::array<std::size_t, 2>{20, 16}, {80, 128}, {13, 21}}) {
    const Field result = resized(ramp, size[0], size[1])[0];
    const double down = 40.0 / static_cast<double>(size[0]);
    const double right = 64.0 / static_cast<double>(size[1]);
    for (std::size_t row = 2; row + 2 < size[0]; ++row) {
      for (std::size_t column = 2; column + 2 < size[1]; ++column) {
        const double y = (static_cast<double>(row) + 0.5) * down - 0.5;
        const double x = (static_cast<double>(column) + 0.5) * right - 0.5;
        // Sampled triangles of a width that is no whole number have their centre of mass off by a little: 0.02 pixels.
        const double tolerance = size[0] == 13 ? 0.02 / 80 + 0.02 / 128 : 1e-6;
        REQUIRE(std::abs(static_cast<double>(result.at(row, column)) - x / 128 - y / 80) < tolerance);
      }
    }
  }
}

TEST_CASE("resized planes leave no stripes finer than their pixels", "[resize]") {
  Planes stripes{Field(64, 64)};
  for (std::size_t row = 0; row < 64; ++row) {
    for (std::size_t column = 0; column < 64; column += 2) stripes[0].row(row)[column] = 1;
  }
  const Field shrunk = resized(stripes, 16, 16)[0];
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t column = 1; column < 15; ++column) REQUIRE(std::abs(shrunk.at(row, column) - 0.5F) < 1e-6F);
  }
}

TEST_CASE("resized planes of the same size are the same", "[resize]") {
  const Planes planes = random_planes(4, 9, 14, 1);
  CHECK(hash_of(resized(planes, 9, 14)) == hash_of(planes));
}

TEST_CASE("resized names what it refuses", "[resize]") {
  CHECK_THROWS_WITH(resized({Field(2, 2)}, 0, 3), "resized: rows x columns = 0 x 3 is no size");
  CHECK_THROWS_AS(resized({Field(2, 2)}, 3, 0), ParameterError);
  CHECK_THROWS_WITH(resized({Field(0, 2)}, 3, 3), "resized: planes without pixels");
  CHECK_THROWS_AS(resized({}, 3, 3), DataError);
  CHECK_THROWS_AS(resized({Field(2, 2), Field(2, 1)}, 3, 3), DataError);
}

TEST_CASE("resized planes are the same bits everywhere", "[resize]") {
  std::uint64_t hash = 0;
  for (const std::size_t rows : {5U, 24U, 77U}) {
    for (const std::size_t columns : {3U, 32U, 100U}) hash = hash_of(resized(pattern(), rows, columns), hash);
  }
  CHECK(hash == 0x685E2ED5DE55EB10);
}
