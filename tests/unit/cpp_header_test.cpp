// SPDX-License-Identifier: Apache-2.0
// The text of an exported header. That it compiles and decides alike: tests/cli/export_test.cpp.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
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

TEST_CASE("cpp_header: each member has its own value") {
  CalibrationFile file;
  plimsoll::Calibration& line = file.calibration;
  line.direction = plimsoll::ScoreDirection::lower_is_anomalous;
  line.cutoff = Cutoff{4};
  line.review_cutoff = Cutoff{2};
  line.map_reduction = plimsoll::MapReduction::top_mean;
  line.top_share = 0.25;
  line.mask = plimsoll::MaskRule{.high = Cutoff{16},
                                 .low = Cutoff{8},
                                 .connectivity = plimsoll::Connectivity::four,
                                 .erosion = 2,
                                 .dilation = 3,
                                 .fill_holes = true,
                                 .minimum_area = 7};
  line.agreement = plimsoll::Agreement::mask_wins;
  line.normalisation = {plimsoll::NormalisationKind::z_score, 1, 2, 0.5};
  line.pixel_normalisation = {plimsoll::NormalisationKind::tail, -1, -2, 0.125};
  line.rates.knots[0] = {0.5, 1};
  line.rates.count = 1;
  line.mask_rates.knots[0] = {0.25, 2};
  line.mask_rates.count = 1;
  file.pipeline = {"PatchCore", "abc"};
  file.normal_scores = {{-2, 3, 2}};
  file.normal_count = 3;
  const std::string header = to_cpp_header(file, "bottle");
  const std::string begin = "inline constexpr plimsoll::Calibration bottle{\n";
  const std::size_t at = header.find(begin);
  REQUIRE(at != std::string::npos);
  // Powers of two are easily read in hexadecimal.
  CHECK(header.substr(at + begin.size()) ==
        R"(    .direction = plimsoll::ScoreDirection::lower_is_anomalous,
    .cutoff = plimsoll::Cutoff{0x1p+2},
    .review_cutoff = plimsoll::Cutoff{0x1p+1},
    .map_reduction = plimsoll::MapReduction::top_mean,
    .top_share = 0x1p-2,
    .mask = plimsoll::MaskRule{
        .high = plimsoll::Cutoff{0x1p+4},
        .low = plimsoll::Cutoff{0x1p+3},
        .connectivity = plimsoll::Connectivity::four,
        .erosion = 2,
        .dilation = 3,
        .fill_holes = true,
        .minimum_area = 7},
    .agreement = plimsoll::Agreement::mask_wins,
    .normalisation = plimsoll::Normalisation{
        .kind = plimsoll::NormalisationKind::z_score,
        .minimum = 0x1p+0,
        .maximum = 0x1p+1,
        .deviation = 0x1p-1},
    .pixel_normalisation = plimsoll::Normalisation{
        .kind = plimsoll::NormalisationKind::tail,
        .minimum = -0x1p+0,
        .maximum = -0x1p+1,
        .deviation = 0x1p-3},
    .rates = plimsoll::FalseAlarmCurve{
        .knots = {{{0x1p-1, 0x1p+0}}},
        .count = 1},
    .mask_rates = plimsoll::FalseAlarmCurve{
        .knots = {{{0x1p-2, 0x1p+1}}},
        .count = 1},
};

/// What made the scores that it is for.
inline constexpr std::string_view bottle_pipeline_text = "PatchCore";
inline constexpr std::string_view bottle_pipeline_hash = "abc";

inline constexpr std::array<plimsoll::NormalScores::Knot, 1> bottle_normal_knots{{
    {-0x1p+1, 3, 2},
}};
/// For p-values of image scores, negated.
inline constexpr plimsoll::NormalScores bottle_normals{.knots = bottle_normal_knots, .count = 3};
)");
  line.mask->connectivity = plimsoll::Connectivity::eight;
  line.mask->fill_holes = false;
  CHECK(holds(to_cpp_header(file, "bottle"), "Connectivity::eight,"));
  CHECK(holds(to_cpp_header(file, "bottle"), ".fill_holes = false,"));
  line.direction = plimsoll::ScoreDirection::higher_is_anomalous;
  CHECK(holds(to_cpp_header(file, "bottle"), "/// For p-values of image scores.\n"));
}

TEST_CASE("cpp_header: its comments say where it comes from, and what each line is") {
  CalibrationFile file;
  file.library_version = "9.8.7";
  CHECK(to_cpp_header(file, "line")
            .starts_with("// Generated by plimsoll export, version " PLIMSOLL_VERSION
                         "; not to be edited.\n#pragma once\n"));
  const auto fit = [](const char* method, double cutoff, double rate) {
    plimsoll::Fit made;
    made.method = method;
    made.cutoff = Cutoff{cutoff};
    made.status = plimsoll::FitStatus::ok;
    made.promise.guarantee = plimsoll::Guarantee::distribution_free;
    made.promise.false_alarm_rate = rate;
    made.promise.normals = 40;
    return made;
  };
  file.image = fit("gpd", 1.5, 0.01);
  file.review = fit("tail", 1.25, 0.02);
  file.high = fit("map", 2.5, 0.03);
  file.low = fit("pixel", 2.25, 0.04);
  const std::string header = to_cpp_header(file, "line", "cal.json");
  const std::string end = " % on average, distribution-free, 40 normals\n";
  CHECK(holds(header,
              "not to be edited.\n// From \"cal.json\", written by version \"9.8.7\"\n"
              "// Image cutoff 1.5, method \"gpd\", promise: false alarms <= 1" +
                  end + "// Review cutoff 1.25, method \"tail\", promise: false alarms <= 2" + end +
                  "// Mask's high level 2.5, method \"map\", promise: false alarms <= 3" + end +
                  "// Mask's low level 2.25, method \"pixel\", promise: false alarms <= 4" + end + "#pragma once\n"));
}

TEST_CASE("cpp_header: every keyword is refused as a name") {
  // ISO/IEC 14882:2020, tables 5 and 6 of [lex.key].
  std::istringstream keywords(
      "alignas alignof asm auto bool break case catch char char8_t char16_t char32_t class concept const consteval "
      "constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double "
      "dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace "
      "new noexcept nullptr operator private protected public register reinterpret_cast requires return short signed "
      "sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid "
      "typename union unsigned using virtual void volatile wchar_t while and and_eq bitand bitor compl not not_eq or "
      "or_eq xor xor_eq");
  std::size_t count = 0;
  for (std::string word; keywords >> word; ++count) {
    CAPTURE(word);
    CHECK_THROWS_AS(to_cpp_header({}, word), ParameterError);
    CHECK_NOTHROW(to_cpp_header({}, word + "s"));
  }
  CHECK(count == 92);
  for (const char* taken : {"std", "plimsoll"}) CHECK_THROWS_AS(to_cpp_header({}, taken), ParameterError);
}
