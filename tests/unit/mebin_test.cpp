// SPDX-License-Identifier: Apache-2.0
// Component counts against a labelling at every level; main element binarisation against SciPy and a slow model.
#include "plimsoll/thresholds/mebin.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/component_counts.hpp"
#include "random.hpp"

namespace {

using plimsoll::Connectivity;
using plimsoll::Mebin;
using plimsoll::MebinParameters;
using plimsoll::MebinRange;
using plimsoll::MebinResult;
using plimsoll::MebinStatus;
using plimsoll::ScoreMap;
using plimsoll::stats::ComponentCounter;
using plimsoll::test::Random;

struct Grid {
  std::size_t rows;
  std::size_t columns;
};

/// The number of components by flood fill.
std::size_t flood_count(const std::vector<std::uint8_t>& flagged, Grid grid, Connectivity connectivity) {
  std::vector<std::uint8_t> left = flagged;
  std::size_t count = 0;
  for (std::size_t start = 0; start < left.size(); ++start) {
    if (left[start] == 0) continue;
    ++count;
    left[start] = 0;
    std::vector<std::size_t> open{start};
    while (!open.empty()) {
      const auto row = static_cast<int>(open.back() / grid.columns);
      const auto column = static_cast<int>(open.back() % grid.columns);
      open.pop_back();
      for (int down = -1; down <= 1; ++down) {
        for (int right = -1; right <= 1; ++right) {
          if (connectivity == Connectivity::four && down != 0 && right != 0) continue;
          const int r = row + down;
          const int c = column + right;
          if (r < 0 || c < 0 || r >= static_cast<int>(grid.rows) || c >= static_cast<int>(grid.columns)) continue;
          const auto other = static_cast<std::size_t>(r) * grid.columns + static_cast<std::size_t>(c);
          if (left[other] == 0) continue;
          left[other] = 0;
          open.push_back(other);
        }
      }
    }
  }
  return count;
}

/// Binary erosion by the definition: a pixel stays when every pixel of the square that lies inside is flagged.
std::vector<std::uint8_t> slow_erosion(const std::vector<std::uint8_t>& flagged, Grid grid, std::size_t side) {
  std::vector<std::uint8_t> eroded(flagged.size());
  const int before = static_cast<int>(side) / 2;
  for (int row = 0; row < static_cast<int>(grid.rows); ++row) {
    for (int column = 0; column < static_cast<int>(grid.columns); ++column) {
      bool all = true;
      for (int r = row - before; r < row - before + static_cast<int>(side); ++r) {
        for (int c = column - before; c < column - before + static_cast<int>(side); ++c) {
          if (r < 0 || c < 0 || r >= static_cast<int>(grid.rows) || c >= static_cast<int>(grid.columns)) continue;
          all = all && flagged[static_cast<std::size_t>(r) * grid.columns + static_cast<std::size_t>(c)] != 0;
        }
      }
      eroded[static_cast<std::size_t>(row) * grid.columns + static_cast<std::size_t>(column)] = all ? 1 : 0;
    }
  }
  return eroded;
}

std::vector<std::uint8_t> above(const std::vector<std::uint8_t>& levels, std::size_t level) {
  std::vector<std::uint8_t> flagged;
  for (const std::uint8_t x : levels) flagged.push_back(x > level ? 1 : 0);
  return flagged;
}

std::vector<std::uint8_t> draw_levels(Random& random, Grid grid, std::size_t kind) {
  std::vector<std::uint8_t> levels(grid.rows * grid.columns);
  const double phase = 6 * random.uniform();
  const double wave = 1 + 4 * random.uniform();
  const auto constant = static_cast<std::uint8_t>(random.below(256));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto row = static_cast<double>(i / grid.columns);
    const auto column = static_cast<double>(i % grid.columns);
    const double smooth = 127 + 60 * std::sin(row / wave + phase) + 60 * std::cos(column / wave - phase);
    const double value = kind == 0   ? static_cast<double>(random.below(256))      // noise
                         : kind == 1 ? static_cast<double>(random.below(3)) * 100  // plateaus
                         : kind == 2 ? smooth
                         : kind == 3 ? smooth + 8 * random.uniform()
                         : kind == 4 ? static_cast<double>(constant)
                                     : (random.below(4) == 0 ? 255.0 : 0.0);
    levels[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
  }
  return levels;
}

Grid draw_grid(Random& random, std::size_t most) {
  switch (random.below(5)) {
    case 0: return {1, 1 + random.below(most)};
    case 1: return {1 + random.below(most), 1};
    case 2: return {1, 1};
    default: return {1 + random.below(most), 1 + random.below(most)};
  }
}

TEST_CASE("the counts of all levels are those of a labelling at each") {
  Random random(81);
  ComponentCounter four(Connectivity::four);  // used again and again, on images of all sizes
  ComponentCounter eight;
  for (int repetition = 0; repetition < 240; ++repetition) {
    const Grid grid = draw_grid(random, 30);
    const auto levels = draw_levels(random, grid, static_cast<std::size_t>(repetition) % 6);
    INFO("repetition " << repetition << ": " << grid.rows << " x " << grid.columns);
    const auto by_four = four.count(levels, grid.rows, grid.columns);
    const auto by_eight = eight.count(levels, grid.rows, grid.columns);
    for (std::size_t level = 0; level < 256; ++level) {
      const auto flagged = above(levels, level);
      REQUIRE(by_four[level] == flood_count(flagged, grid, Connectivity::four));
      REQUIRE(by_eight[level] == flood_count(flagged, grid, Connectivity::eight));
    }
    CHECK(plimsoll::stats::component_counts(levels, grid.rows, grid.columns) == by_eight);
  }
}

TEST_CASE("no pixel, one pixel, a ring and a spiral") {
  CHECK(plimsoll::stats::component_counts({}, 0, 0) == ComponentCounter::Counts{});
  const std::vector<std::uint8_t> one{7};
  auto counts = plimsoll::stats::component_counts(one, 1, 1);
  CHECK(counts[6] == 1);
  CHECK(counts[7] == 0);
  // A ring is one component, with a hole, from wherever it is entered; its lowest pixel closes it.
  const std::vector<std::uint8_t> ring{9, 8, 7, 6, 0, 5, 1, 2, 3};
  counts = plimsoll::stats::component_counts(ring, 3, 3, Connectivity::four);
  for (std::size_t level = 0; level < 9; ++level) CHECK(counts[level] == 1);
  // Two diagonal pixels are one component or two.
  const std::vector<std::uint8_t> diagonal{5, 0, 0, 5};
  CHECK(plimsoll::stats::component_counts(diagonal, 2, 2, Connectivity::eight)[0] == 1);
  CHECK(plimsoll::stats::component_counts(diagonal, 2, 2, Connectivity::four)[0] == 2);
}

/// Four cones on a coarse ripple, in multiples of 1/64: what the script makes too.
std::vector<float> formula_map(std::size_t i, Grid grid) {
  std::vector<float> map;
  const auto apart = [](std::size_t a, std::size_t b) { return static_cast<int>(a > b ? a - b : b - a); };
  for (std::size_t r = 0; r < grid.rows; ++r) {
    for (std::size_t c = 0; c < grid.columns; ++c) {
      int value = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const int height = 300 + 170 * static_cast<int>((k + i) % 4);
        const int distance =
            apart(r, (7 + 13 * k + 5 * i) % grid.rows) + apart(c, (11 + 17 * k + 3 * i) % grid.columns);
        value = std::max(value, height - 22 * distance);
      }
      value += static_cast<int>((r * 31 + c * 17 + i * 7) % 23);
      map.push_back(static_cast<float>(value) / 64);
    }
  }
  return map;
}

Grid formula_grid(std::size_t i) {
  return {40 + 3 * i, 56 - 2 * i};
}

TEST_CASE("lines and masks that SciPy finds") {
  // A sweep over the levels with scipy.ndimage.minimum_filter (constant border, which takes no part),
  // scipy.ndimage.label, and the longest run as published; scores clipped to the range, as the published range holds
  // all of them.
  struct Known {
    std::size_t level, components, run, mask, flagged;
  };
  struct Setting {
    MebinParameters parameters;
    std::vector<Known> known;
  };
  const std::vector<Setting> settings{{{},
                                       {{155, 1, 15, 163, 311},
                                        {155, 1, 15, 115, 274},
                                        {3, 1, 26, 1723, 2032},
                                        {91, 1, 31, 561, 988},
                                        {39, 2, 14, 1269, 1686},
                                        {91, 2, 17, 492, 832}}},
                                      {{.erosion = 1, .connectivity = Connectivity::four},
                                       {{63, 3, 19, 1219, 1219},
                                        {139, 2, 16, 365, 365},
                                        {115, 2, 20, 856, 856},
                                        {75, 2, 16, 1185, 1185},
                                        {47, 2, 17, 1587, 1587},
                                        {71, 3, 17, 1074, 1074}}},
                                      {{.step = 3, .shortest_run = 5, .erosion = 3},
                                       {{117, 2, 21, 465, 596},
                                        {177, 1, 21, 120, 169},
                                        {111, 2, 22, 714, 918},
                                        {120, 1, 40, 512, 656},
                                        {42, 2, 23, 1465, 1653},
                                        {57, 3, 21, 1058, 1279}}}};
  MebinRange range;
  MebinRange other;
  for (const auto& [i, divisor] : {std::pair<std::size_t, float>{0, 8.0F}, {1, 2.0F}, {2, 1.0F}}) {
    std::vector<float> map = formula_map(i, formula_grid(i));
    for (float& score : map) score /= divisor;
    (i == 1 ? other : range).update(ScoreMap(map.data(), formula_grid(i).rows, formula_grid(i).columns));
  }
  range.merge(other);
  CHECK(range.low() == 1.60546875);  // as the script says
  CHECK(range.high() == 12.71875);
  CHECK(range.maps() == 3);
  for (const Setting& setting : settings) {
    Mebin mebin(range, setting.parameters);
    for (std::size_t i = 0; i < setting.known.size(); ++i) {
      const Known& known = setting.known[i];
      const Grid grid = formula_grid(i);
      const std::vector<float> map = formula_map(i, grid);
      const MebinResult result = mebin.binarise(ScoreMap(map.data(), grid.rows, grid.columns));
      INFO("map " << i);
      REQUIRE(result.ok());
      CHECK(result.components == known.components);
      CHECK(result.run == known.run);
      // The next number above low + level (high - low) / 255, to the rounding of that.
      CHECK(result.cutoff.value() ==
            Approx(1.60546875 + static_cast<double>(known.level) * (12.71875 - 1.60546875) / 255).epsilon(1e-14));
      CHECK(static_cast<std::size_t>(std::accumulate(mebin.mask().begin(), mebin.mask().end(), 0)) == known.mask);
      CHECK(static_cast<std::size_t>(std::count_if(map.begin(), map.end(), result.cutoff)) == known.flagged);
      // Halved scores by a halved range: the same levels, in the map's own type.
      MebinRange halved;
      const double ends[] = {range.low() / 2, range.high() / 2};
      halved.update(ScoreMap(&ends[0], 1, 1));
      halved.update(ScoreMap(&ends[1], 1, 1));
      std::vector<double> half(map.begin(), map.end());
      for (double& score : half) score /= 2;
      const MebinResult same =
          Mebin(halved, setting.parameters).binarise(ScoreMap(half.data(), grid.rows, grid.columns));
      CHECK(same.cutoff.value() == result.cutoff.value() / 2);
    }
  }
}

/// The choice as published, from the counts of the levels from the highest down: the last index of the run, its count
/// and its length.
struct Choice {
  std::size_t index, components, length;
};
std::optional<Choice> published_choice(const std::vector<std::size_t>& counts, std::size_t shortest) {
  std::vector<Choice> runs;
  for (std::size_t i = 0; i < counts.size();) {
    std::size_t end = i;
    while (end + 1 < counts.size() && counts[end + 1] == counts[i]) ++end;
    if (counts[i] != 0 && end - i + 1 >= shortest) runs.push_back({end, counts[i], end - i + 1});
    i = end + 1;
  }
  if (runs.empty()) return std::nullopt;
  std::size_t longest = 0;
  for (const Choice& run : runs) longest = std::max(longest, run.length);
  // Counts by their first run; the first of them that reaches the length; the last of its runs that do.
  for (const Choice& first : runs) {
    std::optional<Choice> found;
    for (const Choice& run : runs) {
      if (run.components == first.components && run.length == longest) found = run;
    }
    if (found) return found;
  }
  return std::nullopt;
}

TEST_CASE("one pass gives what thresholding, eroding and labelling at every level gives") {
  Random random(82);
  std::size_t stable = 0;
  for (int repetition = 0; repetition < 400; ++repetition) {
    const Grid grid = draw_grid(random, 14);
    const MebinParameters parameters{.step = 1 + random.below(60),
                                     .shortest_run = 1 + random.below(4),
                                     .erosion = 1 + random.below(6),
                                     .connectivity = random.below(2) == 0 ? Connectivity::four : Connectivity::eight};
    const auto levels = draw_levels(random, grid, static_cast<std::size_t>(repetition) % 6);
    // Scores in the middle of their level, from -3 to 7; those of level 0 and 255 also beyond the range.
    std::vector<float> map;
    for (const std::uint8_t level : levels) {
      const double beyond = level == 0 ? -20 * random.uniform() : level == 255 ? 20 * random.uniform() : 0;
      map.push_back(static_cast<float>(-3 + (level - 0.5) * 10 / 255 + beyond));
    }
    MebinRange range;
    const float ends[] = {-3, 7};
    range.update(ScoreMap(&ends[0], 1, 1));
    range.update(ScoreMap(&ends[1], 1, 1));
    Mebin mebin(range, parameters);
    for (std::size_t i = 0; i < map.size(); ++i) REQUIRE(mebin.level(map[i]) == levels[i]);
    const MebinResult result = mebin.binarise(ScoreMap(map.data(), grid.rows, grid.columns));

    std::vector<std::size_t> counts;
    for (std::size_t k = 0; k * parameters.step < 255; ++k) {
      const auto flagged = above(levels, 255 - k * parameters.step);
      counts.push_back(flood_count(slow_erosion(flagged, grid, parameters.erosion), grid, parameters.connectivity));
    }
    const auto expected = published_choice(counts, parameters.shortest_run);
    INFO("repetition " << repetition << ": " << grid.rows << " x " << grid.columns);
    REQUIRE(result.ok() == expected.has_value());
    std::vector<std::uint8_t> mask(map.size());
    if (expected) {
      ++stable;
      const std::size_t level = 255 - expected->index * parameters.step;
      CHECK(result.components == expected->components);
      CHECK(result.run == expected->length);
      const auto flagged = above(levels, level);
      for (std::size_t i = 0; i < map.size(); ++i) REQUIRE(result.cutoff(map[i]) == (flagged[i] != 0));
      mask = slow_erosion(flagged, grid, parameters.erosion);
    } else {
      CHECK(result.status == MebinStatus::no_stable_run);
      CHECK(result.cutoff == plimsoll::Cutoff{});
      CHECK(result.components == 0);
    }
    CHECK(std::vector<std::uint8_t>(mebin.mask().begin(), mebin.mask().end()) == mask);
  }
  CHECK(stable > 100);
  CHECK(stable < 390);
}

TEST_CASE("the cutoff is the least number above its level") {
  Random random(83);
  for (int repetition = 0; repetition < 50; ++repetition) {
    // Ranges of all sizes and signs; a high peak and a low one, so that the longest run ends above the low one.
    const double low = random.normal() * std::pow(10, 8 * random.uniform() - 4);
    const double high = low + std::pow(10, 8 * random.uniform() - 4);
    MebinRange range;
    range.update(ScoreMap(&low, 1, 1));
    range.update(ScoreMap(&high, 1, 1));
    Mebin mebin(range, {.erosion = 1});
    const std::size_t place = 8 + random.below(80);
    const auto at = [&](double share) { return low + (high - low) * share / 255; };
    const std::vector<double> map{at(250), low - 1, at(static_cast<double>(place) - 0.5)};
    const MebinResult result = mebin.binarise(ScoreMap(map.data(), 1, 3));
    REQUIRE(result.ok());
    CHECK(result.components == 1);
    const double cutoff = result.cutoff.value();
    // Of the levels 255, 251, ..., 3 the lowest at which the pixel of level `place` is not flagged.
    std::size_t level = 3;
    while (level < place) level += 4;
    CHECK(mebin.level(cutoff) == level + 1);
    CHECK(mebin.level(std::nextafter(cutoff, low)) == level);
    CHECK(result.cutoff(map[0]));
    CHECK_FALSE(result.cutoff(map[2]));
  }
}

TEST_CASE("NaN and infinite pixels are the highest and the lowest") {
  MebinRange range;
  const float ends[] = {0, 1};
  range.update(ScoreMap(&ends[0], 1, 1));
  range.update(ScoreMap(&ends[1], 1, 1));
  Mebin mebin(range, {.erosion = 1});
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> map{std::nanf(""), -infinity, infinity, 0.0F, 2.0F};
  const MebinResult result = mebin.binarise(ScoreMap(map.data(), 1, 5));
  REQUIRE(result.ok());
  CHECK(result.components == 3);
  CHECK(result.run == 63);  // all levels but 255
  CHECK(std::vector<std::uint8_t>(mebin.mask().begin(), mebin.mask().end()) ==
        std::vector<std::uint8_t>{1, 0, 1, 0, 1});
}

TEST_CASE("without a range, a stable run or a pixel there is a status and no mask") {
  const std::vector<float> map{1, 2, 3, 4};
  const ScoreMap view(map.data(), 2, 2);
  MebinRange range;
  CHECK(Mebin(range).binarise(view).status == MebinStatus::no_range);
  range.update(view);
  Mebin one(range);
  CHECK(one.binarise(view).status == MebinStatus::no_range);
  CHECK(one.binarise(view).cutoff == plimsoll::Cutoff{});
  CHECK(std::vector<std::uint8_t>(one.mask().begin(), one.mask().end()) == std::vector<std::uint8_t>(4));
  const float ten = 10;
  range.update(ScoreMap(&ten, 1, 1));
  Mebin mebin(range);
  // All of it below the least maximum.
  CHECK(mebin.binarise(view).status == MebinStatus::no_stable_run);
  CHECK(mebin.binarise(ScoreMap()).status == MebinStatus::no_stable_run);
  CHECK(mebin.mask().empty());
  CHECK(to_string(MebinStatus::no_stable_run) == "no_stable_run");
  CHECK(to_string(MebinStatus::no_range) == "no_range");
  CHECK(to_string(MebinStatus::ok) == "ok");
}

TEST_CASE("a bad parameter or calibration map is refused") {
  MebinRange range;
  const std::vector<float> map{1, 2, std::nanf(""), 4};
  CHECK_THROWS_AS(range.update(ScoreMap(map.data(), 2, 2)), plimsoll::DataError);
  CHECK_THROWS_AS(range.update(ScoreMap()), plimsoll::DataError);
  CHECK(range.maps() == 0);
  for (const MebinParameters& parameters : {MebinParameters{.step = 0}, MebinParameters{.step = 256},
                                            MebinParameters{.shortest_run = 0}, MebinParameters{.erosion = 0}}) {
    CHECK_THROWS_AS(Mebin(range, parameters), plimsoll::ParameterError);
  }
}

}  // namespace
