// SPDX-License-Identifier: Apache-2.0
// Masks of score maps: against a flood fill that follows the definitions pixel by pixel, and against what SciPy and
// scikit-image give for a written-down map.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "pixel_mask.hpp"
#include "plimsoll/decide/mask_of.hpp"
#include "random.hpp"

namespace {

using plimsoll::Connectivity;
using plimsoll::Cutoff;
using plimsoll::MapMask;
using plimsoll::MapWorkspace;
using plimsoll::mask_of;
using plimsoll::MaskRule;
using plimsoll::Region;
using plimsoll::ScoreMap;
using plimsoll::test::PixelMask;
using plimsoll::test::Random;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<int> bytes_of(const MapMask& decided) {
  std::vector<int> bytes;
  for (std::size_t row = 0; row < decided.mask.rows(); ++row) {
    for (const std::uint8_t byte : decided.mask.row(row)) bytes.push_back(byte);
  }
  return bytes;
}

void check_regions(const std::vector<double>& scores, const PixelMask& model, const MaskRule& rule,
                   const MapMask& decided) {
  const auto parts = model.parts(1, rule.connectivity);
  REQUIRE(decided.regions.size() == parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::uint32_t row_begin = 1000;
    std::uint32_t row_end = 0;
    std::uint32_t column_begin = 1000;
    std::uint32_t column_end = 0;
    double peak = -std::numeric_limits<double>::infinity();
    double rows = 0;
    double columns = 0;
    for (const std::size_t pixel : parts[i]) {
      const auto row = static_cast<std::uint32_t>(pixel / model.columns);
      const auto column = static_cast<std::uint32_t>(pixel % model.columns);
      row_begin = std::min(row_begin, row);
      row_end = std::max(row_end, row + 1);
      column_begin = std::min(column_begin, column);
      column_end = std::max(column_end, column + 1);
      const double score = scores[pixel];
      if (!std::isnan(peak) && !(score <= peak)) peak = score;
      rows += row;
      columns += column;
    }
    const Region& region = decided.regions[i];
    const auto area = static_cast<double>(parts[i].size());
    CHECK(region.area == parts[i].size());
    CHECK(region.row_begin == row_begin);
    CHECK(region.row_end == row_end);
    CHECK(region.column_begin == column_begin);
    CHECK(region.column_end == column_end);
    CHECK((region.peak == peak || (std::isnan(peak) && std::isnan(region.peak))));
    CHECK(region.centroid_row == rows / area);  // sums of whole and half numbers, so exact
    CHECK(region.centroid_column == columns / area);
  }
}

TEST_CASE("masks are what their definition says") {
  Random random(11);
  MapWorkspace workspace(24, 40);
  for (int i = 0; i < 3000; ++i) {
    const std::size_t rows = 1 + random.below(24);
    const std::size_t columns = 1 + random.below(40);
    const std::size_t pixels = rows * columns;
    std::vector<double> scores;
    const bool smooth = random.below(2) == 0;
    for (std::size_t p = 0; p < pixels; ++p) {
      const double fresh = std::floor(8 * random.uniform());
      const bool as_before = smooth && p > 0 && random.below(4) > 0;
      scores.push_back(as_before ? scores[p - 1] : fresh);
    }
    if (random.below(10) == 0) scores[random.below(pixels)] = nan;
    const double low = std::floor(9 * random.uniform());
    const MaskRule rule{.high = Cutoff{low + std::floor(3 * random.uniform())},
                        .low = Cutoff{low},
                        .connectivity = random.below(2) == 0 ? Connectivity::four : Connectivity::eight,
                        .erosion = static_cast<std::uint32_t>(random.below(4) / 2),
                        .dilation = static_cast<std::uint32_t>(random.below(6) / 3),
                        .fill_holes = random.below(2) == 0,
                        .minimum_area = static_cast<std::uint32_t>(1 + random.below(2) * random.below(12))};
    const PixelMask model = PixelMask::of(scores, rows, columns, rule);
    const std::vector<float> floats(scores.begin(), scores.end());
    INFO("map " << i << ", " << rows << " x " << columns);
    {
      const MapMask decided = mask_of(ScoreMap(scores.data(), rows, columns), rule, workspace);
      REQUIRE(bytes_of(decided) == model.values);
      check_regions(scores, model, rule, decided);
    }
    REQUIRE(bytes_of(mask_of(ScoreMap(floats.data(), rows, columns), rule, workspace)) == model.values);
  }
}

// scipy 1.10.1, scikit-image 0.19.3, for this map of digits:
//   hysteresis = skimage.filters.apply_hysteresis_threshold(m, 2.5, 5.5)    (4-connected; above is from 3 and 6 on)
//   filled = scipy.ndimage.binary_fill_holes(hysteresis, numpy.ones((3, 3)))
//   regions = skimage.measure.regionprops(scipy.ndimage.label(filled)[0], m)
constexpr std::array digits{"0000000000",  //
                            "0333000040",  //
                            "0305004440",  //
                            "0336000400",  //
                            "0000900000",  //
                            "0003390044"};

MapMask of_digits(const MaskRule& rule, MapWorkspace<6, 10>& workspace) {
  static std::vector<float> scores;
  scores.clear();
  for (const std::string row : digits) {
    for (const char digit : row) scores.push_back(static_cast<float>(digit - '0'));
  }
  return mask_of(ScoreMap(scores.data(), 6, 10), rule, workspace);
}

std::string text_of(const MapMask& decided) {
  std::string text;
  for (const int byte : bytes_of(decided)) text += byte == 0 ? '.' : '#';
  return text;
}

TEST_CASE("a mask as SciPy and scikit-image give it") {
  MapWorkspace<6, 10> workspace;
  MaskRule rule{.high = Cutoff{6}, .low = Cutoff{3}, .connectivity = Connectivity::four};
  const MapMask plain = of_digits(rule, workspace);
  CHECK(text_of(plain) ==
        ".........."
        ".###......"
        ".#.#......"
        ".###......"
        "....#....."
        "...###....");
  rule.fill_holes = true;
  const MapMask filled = of_digits(rule, workspace);
  CHECK(text_of(filled).substr(20, 10) == ".###......");
  REQUIRE(filled.regions.size() == 2);
  CHECK(filled.regions[0].area == 9);
  CHECK(filled.regions[0].peak == 6);
  CHECK(filled.regions[0].centroid_row == 2);
  CHECK(filled.regions[0].centroid_column == 2);
  CHECK(filled.regions[1].area == 4);
  CHECK(filled.regions[1].row_begin == 4);
  CHECK(filled.regions[1].row_end == 6);
  CHECK(filled.regions[1].column_begin == 3);
  CHECK(filled.regions[1].column_end == 6);
  CHECK(filled.regions[1].peak == 9);
  CHECK(filled.regions[1].centroid_row == 4.75);
  CHECK(filled.regions[1].centroid_column == 4);
  rule.connectivity = Connectivity::eight;
  CHECK(of_digits(rule, workspace).regions.size() == 1);
}

TEST_CASE("a row stride and a smaller map than the workspace's") {
  const std::vector<double> memory{0, 5, 9, 9, 5, 0, 9, 9};
  MapWorkspace workspace(7, 9);
  const MapMask decided = mask_of(ScoreMap(memory.data(), 2, 2, 4), {.high = Cutoff{5}}, workspace);
  CHECK(bytes_of(decided) == std::vector{0, 1, 1, 0});
  REQUIRE(decided.regions.size() == 1);
  CHECK(decided.regions[0].peak == 5);
}

TEST_CASE("the worst of masks fit into the workspace") {
  for (const std::size_t side : {1U, 2U, 7U, 8U, 33U}) {
    std::vector<float> board(side * side);
    for (std::size_t i = 0; i < board.size(); ++i) board[i] = (i / side + i % side) % 2 == 0 ? 1.F : 0.F;
    MapWorkspace workspace(side, side);
    MaskRule rule{.high = Cutoff{1}, .connectivity = Connectivity::four};
    CHECK(mask_of(ScoreMap(board.data(), side, side), rule, workspace).regions.size() == (side * side + 1) / 2);
    rule.connectivity = Connectivity::eight;
    CHECK(mask_of(ScoreMap(board.data(), side, side), rule, workspace).regions.size() == 1);
  }
}

TEST_CASE("levels, NaN and maps that do not fit") {
  const std::vector<float> scores{1, 2, static_cast<float>(nan), 2, 1, 0};
  MapWorkspace workspace(2, 3);
  const auto mask = [&](const MaskRule& rule) {
    return bytes_of(mask_of(ScoreMap(scores.data(), 2, 3), rule, workspace));
  };
  CHECK(mask({.high = Cutoff{2}}) == std::vector{0, 1, 1, 1, 0, 0});  // equal is anomalous, and so is NaN
  CHECK(mask({}) == std::vector{0, 0, 1, 0, 0, 0});                   // no finite pixel is from +inf on
  CHECK(mask({.high = Cutoff{nan}}) == std::vector{1, 1, 1, 1, 1, 1});
  CHECK(mask({.high = Cutoff{7}, .low = Cutoff{1}}) == std::vector{1, 1, 1, 1, 1, 0});
  CHECK(std::isnan(mask_of(ScoreMap(scores.data(), 2, 3), {.high = Cutoff{2}}, workspace).regions[0].peak));
  CHECK(mask_of(ScoreMap(scores.data(), 3, 2), {}, workspace).mask.size() == 0);
  CHECK(mask_of(ScoreMap(scores.data(), 0, 3), {}, workspace).regions.empty());
  CHECK_THROWS_AS(MapWorkspace(std::size_t{1} << 20, std::size_t{1} << 20), plimsoll::DataError);
}

}  // namespace
