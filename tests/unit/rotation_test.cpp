// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/rotation.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/random_stream.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;

namespace {

Field random_field(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  RandomStream random(seed);
  Field field(rows, columns);
  for (float& value : field.values()) value = static_cast<float>(random.uniform());
  return field;
}

/// The definition, pixel by pixel in double.
double turned(const Field& grid, double degrees, std::size_t row, std::size_t column) {
  const double angle = degrees * 3.14159265358979323846 / 180;
  const double y_centre = (static_cast<double>(grid.rows()) - 1) / 2;
  const double x_centre = (static_cast<double>(grid.columns()) - 1) / 2;
  const double down = static_cast<double>(row) - y_centre;
  const double right = static_cast<double>(column) - x_centre;
  // What lies at this place now was turned here from a place clockwise of it.
  const double y = y_centre + std::cos(angle) * down + std::sin(angle) * right;
  const double x = x_centre - std::sin(angle) * down + std::cos(angle) * right;
  double sum = 0;
  for (std::size_t r = 0; r < grid.rows(); ++r) {
    for (std::size_t c = 0; c < grid.columns(); ++c) {
      const double y_weight = 1 - std::abs(y - static_cast<double>(r));
      const double x_weight = 1 - std::abs(x - static_cast<double>(c));
      if (y_weight > 0 && x_weight > 0) sum += y_weight * x_weight * static_cast<double>(grid.at(r, c));
    }
  }
  return sum;
}

std::uint64_t hash_of(const Field& field) {
  std::uint64_t hash = 0;
  for (const float value : field.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  return hash;
}

}  // namespace

TEST_CASE("rotation is the unit vector of the angle", "[rotation]") {
  RandomStream random(1);
  for (int i = 0; i < 20000; ++i) {
    const double degrees = random.uniform(-1000, 1000);
    const Rotation unit = rotation(degrees);
    const double angle = degrees * 3.14159265358979323846 / 180;
    // 1e-13 is promised; the reference's own reduction of up to 17 radians rounds by some 1e-15.
    REQUIRE(std::abs(unit.cosine - std::cos(angle)) < 1.1e-13);
    REQUIRE(std::abs(unit.sine - std::sin(angle)) < 1.1e-13);
  }
}

TEST_CASE("rotation by quarters is exact", "[rotation]") {
  const int cosines[] = {1, 0, -1, 0};
  const int sines[] = {0, 1, 0, -1};
  for (int quarter = -9; quarter < 10; ++quarter) {
    const Rotation unit = rotation(90.0 * quarter);
    const int turn = ((quarter % 4) + 4) % 4;
    CHECK(unit.cosine == cosines[turn]);
    CHECK(unit.sine == sines[turn]);
  }
  CHECK(rotation(45).cosine == Approx(std::sqrt(0.5)).epsilon(1e-13));
  CHECK(rotation(45).sine == Approx(std::sqrt(0.5)).epsilon(1e-13));
}

TEST_CASE("rotation refuses what is no angle", "[rotation]") {
  CHECK_THROWS_AS(rotation(std::numeric_limits<double>::quiet_NaN()), ParameterError);
  CHECK_THROWS_AS(rotation(std::numeric_limits<double>::infinity()), ParameterError);
  CHECK_THROWS_WITH(rotation(-2e9), Catch::Matchers::Contains("degrees = -2000000000"));
  CHECK_NOTHROW(rotation(1e9));
}

TEST_CASE("rotated fields agree with the definition", "[rotation]") {
  const std::size_t sizes[][2] = {{1, 1}, {1, 9}, {7, 1}, {2, 2}, {16, 33}, {31, 20}};
  for (const auto& size : sizes) {
    const Field field = random_field(size[0], size[1], size[0]);
    for (const double degrees : {0.0, 0.3, -0.3, 17.0, 45.0, 90.0, -90.0, 123.4, 180.0, 270.0}) {
      const Field result = rotated(field, rotation(degrees));
      REQUIRE(result.rows() == size[0]);
      REQUIRE(result.columns() == size[1]);
      for (std::size_t row = 0; row < size[0]; ++row) {
        for (std::size_t column = 0; column < size[1]; ++column) {
          CAPTURE(size[0], size[1], degrees, row, column);
          // Places are rounded to 2^-24 of a pixel, values lie in [0, 1]: some units of float's last place.
          REQUIRE(std::abs(static_cast<double>(result.at(row, column)) - turned(field, degrees, row, column)) < 1e-6);
        }
      }
    }
  }
}

TEST_CASE("rotated fields by quarters are permutations", "[rotation]") {
  const Field field = random_field(8, 8, 3);
  const Field quarter = rotated(field, rotation(90));
  const Field half = rotated(field, rotation(180));
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t column = 0; column < 8; ++column) {
      CHECK(rotated(field, rotation(0)).at(row, column) == field.at(row, column));
      CHECK(quarter.at(7 - column, row) == field.at(row, column));  // the right column is now the top row
      CHECK(half.at(7 - row, 7 - column) == field.at(row, column));
    }
  }
}

TEST_CASE("rotated fields are the same bits everywhere", "[rotation]") {
  const Field field = random_field(40, 50, 5);
  std::uint64_t hash = 0;
  for (const double degrees : {-77.0, -3.2, 0.5, 33.0, 60.0, 90.0}) {
    hash = mix(hash, hash_of(rotated(field, rotation(degrees))));
  }
  CHECK(hash == 0x2A01542899C610C2);
}
