// SPDX-License-Identifier: Apache-2.0
// The text of an exported header. That it compiles and decides alike: tests/cli/export_test.cpp.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/io/cpp_header.hpp"

namespace {

using plimsoll::Cutoff;
using plimsoll::ParameterError;
using plimsoll::io::CalibrationFile;
using plimsoll::io::to_cpp_header;

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("cpp_header: numbers are there to the bit") {
  CalibrationFile file;
  plimsoll::Calibration& line = file.calibration;
  line.cutoff = Cutoff{0.1};  // 0x3FB999999999999A
  line.review_cutoff = Cutoff{-1.5};
  line.normalisation.minimum = -0.0;
  line.normalisation.maximum = std::numeric_limits<double>::quiet_NaN();
  line.normalisation.deviation = -std::numeric_limits<double>::infinity();
  line.pixel_normalisation.minimum = std::numeric_limits<double>::denorm_min();
  line.pixel_normalisation.maximum = std::numeric_limits<double>::max();
  const std::string header = to_cpp_header(file, "line");
  CHECK(holds(header, ".cutoff = plimsoll::Cutoff{0x1.999999999999ap-4},"));
  CHECK(holds(header, ".review_cutoff = plimsoll::Cutoff{-0x1.8p+0},"));
  CHECK(holds(header, ".minimum = -0x0p+0,"));
  CHECK(holds(header, ".maximum = std::numeric_limits<double>::quiet_NaN(),"));
  CHECK(holds(header, ".deviation = -std::numeric_limits<double>::infinity()}"));
  const std::string least = ".minimum = 0x";
  const std::size_t place = header.find(least);
  REQUIRE(place != std::string::npos);
  CHECK(std::strtod(header.c_str() + place + least.size() - 2, nullptr) == std::numeric_limits<double>::denorm_min());
  CHECK(holds(header, ".maximum = 0x1.fffffffffffffp+1023,"));
  CHECK(holds(header, ".mask = std::nullopt,"));
  line.cutoff = Cutoff{};
  CHECK(holds(to_cpp_header(file, "line"), ".cutoff = plimsoll::Cutoff{std::numeric_limits<double>::infinity()},"));
}

TEST_CASE("cpp_header: of a curve only the knots that are used") {
  CalibrationFile file;
  file.calibration.rates.knots[0] = {0.5, 1};
  file.calibration.rates.knots[1] = {0.25, 3};
  file.calibration.rates.knots[2] = {0.125, 12345};
  file.calibration.rates.count = 2;
  const std::string header = to_cpp_header(file, "line");
  CHECK(holds(header, "{0x1p-1, 0x1p+0},"));
  CHECK(holds(header, "{0x1p-2, 0x1.8p+1}}},"));
  CHECK(holds(header, ".count = 2}"));
  CHECK_FALSE(holds(header, "0x1p-3"));
  CHECK(holds(header, ".mask_rates = plimsoll::FalseAlarmCurve{},"));
}

TEST_CASE("cpp_header: normal scores are a table of its own, when there are any") {
  CalibrationFile file;
  CHECK_FALSE(holds(to_cpp_header(file, "line"), "NormalScores"));
  file.normal_scores = {{-2, 3, 2}, {0.5, 2, 0}};
  file.normal_count = 7;
  const std::string header = to_cpp_header(file, "line");
  CHECK(holds(header, "std::array<plimsoll::NormalScores::Knot, 2> line_normal_knots{{"));
  CHECK(holds(header, "    {-0x1p+1, 3, 2},\n    {0x1p-1, 2, 0},\n"));
  CHECK(holds(header, "line_normals{.knots = line_normal_knots, .count = 7};"));
}

TEST_CASE("cpp_header: names that C++ does not take are refused") {
  const CalibrationFile file;
  for (const char* name : {"", "9", "a.b", "a\n", "int", "and", "xor_eq", "alignas", "_a", "a_", "a__a", "main"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(to_cpp_header(file, name), ParameterError);
  }
  for (const char* name : {"a", "Line_2", "integer", "mains"}) CHECK_NOTHROW(to_cpp_header(file, name));
  // The first and last of letters and digits, and what is beside them in ASCII.
  for (const char c : std::string("azAZ09")) CHECK_NOTHROW(to_cpp_header(file, std::string("n") + c));
  for (const char c : std::string("`{@[/:")) CHECK_THROWS_AS(to_cpp_header(file, std::string("n") + c), ParameterError);
}
