// SPDX-License-Identifier: Apache-2.0
// The run-time decision on scores and maps.
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <thread>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "random.hpp"

namespace {

using plimsoll::Agreement;
using plimsoll::Calibration;
using plimsoll::Cutoff;
using plimsoll::Decision;
using plimsoll::Label;
using plimsoll::MapReduction;
using plimsoll::MapWorkspace;
using plimsoll::Mask;
using plimsoll::MaskRule;
using plimsoll::ScoreDirection;
using plimsoll::ScoreMap;
using plimsoll::Verdict;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<int> bytes_of(Mask mask) {
  std::vector<int> bytes;
  for (std::size_t row = 0; row < mask.rows(); ++row) {
    for (const std::uint8_t byte : mask.row(row)) bytes.push_back(byte);
  }
  return bytes;
}

static_assert(std::is_trivially_copyable_v<Calibration>);

constexpr Calibration line{.cutoff = Cutoff{5}, .review_cutoff = Cutoff{3}};
static_assert(line.label(5.0F) == Label::anomalous && line.label(4.0) == Label::normal);
static_assert(line.decide(5.0) == Verdict::anomalous && line.decide(3.0F) == Verdict::review &&
              line.decide(2.0) == Verdict::normal);

TEST_CASE("NaN is anomalous, in either direction") {
  for (const ScoreDirection direction : {ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous}) {
    const Calibration calibration{.direction = direction, .cutoff = Cutoff{5}};
    CHECK(calibration.label(nan) == Label::anomalous);
    CHECK(calibration.decide(nan) == Verdict::anomalous);
  }
}

TEST_CASE("regions away from the corner are measured where they are, and cleared where the label wins") {
  // Two parts of 4 x 6 pixels, of which one has rows below its first and neither touches the first column.
  const std::vector<float> pixels{0, 0, 0, 0, 0, 0,   //
                                  0, 0, 7, 6, 0, 0,   //
                                  0, 0, 6, 8, 0, 0,   //
                                  0, 0, 0, 0, 0, 9};  //
  Calibration calibration{.cutoff = Cutoff{10}, .mask = MaskRule{.high = Cutoff{5}, .low = Cutoff{5}}};
  calibration.mask->connectivity = plimsoll::Connectivity::four;
  MapWorkspace<4, 6> workspace;
  const Decision both = calibration.decide(ScoreMap(pixels.data(), 4, 6), workspace);
  REQUIRE(both.regions.size() == 2);
  CHECK(both.regions[0].area == 4);
  CHECK(both.regions[0].peak == 8);
  CHECK(both.regions[0].row_begin == 1);
  CHECK(both.regions[0].row_end == 3);
  CHECK(both.regions[0].column_begin == 2);
  CHECK(both.regions[0].column_end == 4);
  CHECK(both.regions[0].centroid_row == 1.5);
  CHECK(both.regions[0].centroid_column == 2.5);
  CHECK(both.regions[1].peak == 9);
  CHECK(both.label == Label::normal);
  CHECK(both.verdict == Verdict::review);
  calibration.agreement = Agreement::label_wins;
  const Decision cleared = calibration.decide(ScoreMap(pixels.data(), 4, 6), workspace);
  CHECK(cleared.regions.empty());
  CHECK(cleared.verdict == Verdict::normal);
  CHECK(bytes_of(cleared.mask) == std::vector<int>(24, 0));
}

TEST_CASE("a calibration's documented default averages 0.2 % of the pixels") {
  CHECK(Calibration{}.top_share == 0.002);
  CHECK(Calibration{}.map_reduction == MapReduction::maximum);
}

TEST_CASE("maps and masks of nothing have no rows and no columns") {
  CHECK(Mask{}.rows() == 0);
  CHECK(Mask{}.columns() == 0);
  CHECK(ScoreMap{}.rows() == 0);
  CHECK(ScoreMap{}.columns() == 0);
  CHECK(Decision{}.mask.rows() == 0);
}

TEST_CASE("a workspace has room for the worst of masks, and is refused from 2^32 pixels on") {
  // Of n pixels in a row every second may be a run of its own.
  CHECK(plimsoll::detail::most_runs(3, 5) == 9);
  CHECK(plimsoll::detail::most_runs(4, 4) == 8);
  CHECK(plimsoll::detail::most_runs(2, 1) == 2);
  CHECK(plimsoll::detail::most_runs(7, 0) == 0);
  CHECK_THROWS_AS(MapWorkspace(std::size_t{65536}, std::size_t{65536}), plimsoll::DataError);
  CHECK_THROWS_AS(MapWorkspace(std::size_t{1}, std::size_t{1} << 32), plimsoll::DataError);
  CHECK_THROWS_AS(MapWorkspace(std::size_t{1} << 32, std::size_t{1}), plimsoll::DataError);
  CHECK_NOTHROW(MapWorkspace(std::size_t{0}, std::size_t{5}));
}

TEST_CASE("where low scores are strange they are negated, maps too") {
  // The line is 5 of negated scores: a score of -5 and lower is anomalous.
  Calibration calibration{.direction = ScoreDirection::lower_is_anomalous, .cutoff = Cutoff{5}};
  calibration.mask = MaskRule{.high = Cutoff{5}, .low = Cutoff{4}};
  CHECK(calibration.label(-5.0) == Label::anomalous);
  CHECK(calibration.label(-4.0) == Label::normal);
  const std::vector<float> scores{-6, -4, 0, 9, 9, -5};
  MapWorkspace workspace(2, 3);
  const Decision decision = calibration.decide(ScoreMap(scores.data(), 2, 3), workspace);
  CHECK(decision.label == Label::anomalous);
  CHECK(decision.score == -6);
  CHECK(bytes_of(decision.mask) == std::vector{1, 1, 0, 0, 0, 1});
  REQUIRE(decision.regions.size() == 1);
  CHECK(decision.regions[0].peak == -6);
}

#if PLIMSOLL_HAS_HALF
TEST_CASE("a map of halves is decided as the doubles of the same values, in either direction") {
  constexpr std::size_t rows = 9;
  constexpr std::size_t columns = 21;
  plimsoll::test::Random random(11);
  MapWorkspace workspace(rows, columns);
  for (int round = 0; round < 300; ++round) {
    // Steps of 1/4 around levels between them, tiny numbers below 2^-14, and in some rounds what is not finite.
    const double unit = round % 3 == 0 ? 0x1p-24 : 0.25;
    std::vector<plimsoll::Half> halves(rows * columns);
    for (auto& half : halves) half = static_cast<plimsoll::Half>(unit * std::floor(8 * random.normal()));
    if (round % 4 == 0) halves[random.below(halves.size())] = static_cast<plimsoll::Half>(-nan);
    if (round % 5 == 0) {
      halves[random.below(halves.size())] = static_cast<plimsoll::Half>(std::numeric_limits<double>::infinity());
    }
    const std::vector<double> doubles(halves.begin(), halves.end());
    Calibration calibration{.cutoff = Cutoff{unit * 20}, .top_share = 0.1};
    calibration.mask = MaskRule{.high = Cutoff{unit * 10.5}, .low = Cutoff{unit * 3}};
    calibration.map_reduction = round % 2 == 0 ? MapReduction::maximum : MapReduction::top_mean;
    for (const ScoreDirection direction : {ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous}) {
      calibration.direction = direction;
      const Decision expected = calibration.decide(ScoreMap(doubles.data(), rows, columns), workspace);
      const std::vector<int> mask = bytes_of(expected.mask);
      const std::vector<plimsoll::Region> regions(expected.regions.begin(), expected.regions.end());
      const Decision decision = calibration.decide(ScoreMap(halves.data(), rows, columns), workspace);
      const bool same_score =
          std::isnan(expected.score) ? std::isnan(decision.score) : decision.score == expected.score;
      CHECK(same_score);
      CHECK(decision.label == expected.label);
      CHECK(bytes_of(decision.mask) == mask);
      REQUIRE(decision.regions.size() == regions.size());
      for (std::size_t i = 0; i < regions.size(); ++i) {
        const double peak = regions[i].peak;
        CHECK(decision.regions[i].area == regions[i].area);
        CHECK((std::isnan(peak) ? std::isnan(decision.regions[i].peak) : decision.regions[i].peak == peak));
      }
      // What the levels say of single pixels, from the doubles alone.
      for (std::size_t i = 0; i < doubles.size(); ++i) {
        const double score = direction == ScoreDirection::higher_is_anomalous ? doubles[i] : -doubles[i];
        if (!(score < unit * 10.5) && mask[i] != 1) FAIL("a pixel from the high level on is not set");
        if (score < unit * 3 && mask[i] != 0) FAIL("a pixel below the low level is set");
      }
    }
  }
}
#endif

TEST_CASE("the score of an image is not that of its pixels") {
  // By the mean of the two largest of four pixels the image is normal, though a pixel is in the mask.
  Calibration calibration{.cutoff = Cutoff{5}, .map_reduction = MapReduction::top_mean, .top_share = 0.5};
  calibration.mask = MaskRule{.high = Cutoff{6}};
  const std::vector<double> scores{7, 2, 1, 0};
  const ScoreMap map(scores.data(), 2, 2);
  MapWorkspace<2, 2> workspace;
  SECTION("a disagreement is for review") {
    const Decision decision = calibration.decide(map, workspace);
    CHECK(decision.score == 4.5);
    CHECK(decision.label == Label::normal);
    CHECK(decision.verdict == Verdict::review);
    CHECK(bytes_of(decision.mask) == std::vector{1, 0, 0, 0});
    CHECK(decision.regions.size() == 1);
  }
  SECTION("the label wins") {
    calibration.agreement = Agreement::label_wins;
    const Decision decision = calibration.decide(map, workspace);
    CHECK(decision.label == Label::normal);
    CHECK(decision.verdict == Verdict::normal);
    CHECK(bytes_of(decision.mask) == std::vector{0, 0, 0, 0});
    CHECK(decision.regions.empty());
  }
  SECTION("the label wins, and leaves an anomalous image without a mask") {
    calibration.agreement = Agreement::label_wins;
    calibration.cutoff = Cutoff{4};
    calibration.mask->high = calibration.mask->low = Cutoff{8};
    const Decision decision = calibration.decide(map, workspace);
    CHECK(decision.label == Label::anomalous);
    CHECK(decision.regions.empty());
  }
  SECTION("the mask wins") {
    calibration.agreement = Agreement::mask_wins;
    CHECK(calibration.decide(map, workspace).label == Label::anomalous);
    CHECK(bytes_of(calibration.decide(map, workspace).mask) == std::vector{1, 0, 0, 0});
    calibration.cutoff = calibration.review_cutoff = Cutoff{4};
    calibration.mask->high = calibration.mask->low = Cutoff{8};
    const Decision decision = calibration.decide(map, workspace);
    CHECK(decision.label == Label::normal);
    CHECK(decision.verdict == Verdict::review);
  }
  SECTION("either") {
    calibration.agreement = Agreement::either;
    CHECK(calibration.decide(map, workspace).label == Label::anomalous);
    calibration.mask->high = calibration.mask->low = Cutoff{8};
    CHECK(calibration.decide(map, workspace).label == Label::normal);
    calibration.cutoff = Cutoff{4};
    CHECK(calibration.decide(map, workspace).label == Label::anomalous);
  }
  SECTION("a pixel of NaN makes the image anomalous whoever wins") {
    const std::vector<double> broken{1, nan, 1, 0};
    calibration.mask->minimum_area = 2;
    for (const Agreement agreement :
         {Agreement::review, Agreement::label_wins, Agreement::mask_wins, Agreement::either}) {
      calibration.agreement = agreement;
      const Decision decision = calibration.decide(ScoreMap(broken.data(), 2, 2), workspace);
      CHECK(decision.label == Label::anomalous);
      CHECK(decision.verdict == Verdict::anomalous);
      CHECK(std::isnan(decision.score));
    }
  }
}

TEST_CASE("without a mask rule there is no mask") {
  const std::vector<float> scores{1, 2, 6};
  MapWorkspace workspace(1, 3);
  const Decision decision = line.decide(ScoreMap(scores.data(), 1, 3), workspace);
  CHECK(decision.label == Label::anomalous);
  CHECK(decision.mask.size() == 0);
}

TEST_CASE("a map that does not fit is anomalous") {
  const std::vector<float> scores(6, 0.F);
  MapWorkspace workspace(2, 2);
  for (const ScoreMap map : {ScoreMap(scores.data(), 2, 3), ScoreMap(scores.data(), 3, 2), ScoreMap()}) {
    const Decision decision = line.decide(map, workspace);
    CHECK(decision.label == Label::anomalous);
    CHECK(decision.verdict == Verdict::anomalous);
    CHECK(std::isnan(decision.score));
    CHECK(decision.mask.size() == 0);
  }
}

TEST_CASE("one calibration, two threads") {
  Calibration calibration{.cutoff = Cutoff{0.999}, .map_reduction = MapReduction::top_mean};
  calibration.mask = MaskRule{.high = Cutoff{0.99}, .low = Cutoff{0.9}};
  std::vector<float> scores(64 * 64);
  plimsoll::test::Random random(5);
  for (float& score : scores) score = static_cast<float>(random.uniform());
  const ScoreMap map(scores.data(), 64, 64);
  const Calibration& constant = calibration;
  const auto work = [&constant, map](std::size_t& regions) {
    MapWorkspace workspace(64, 64);
    for (int i = 0; i < 50; ++i) regions = constant.decide(map, workspace).regions.size();
  };
  std::size_t one = 0;
  std::size_t two = 1;
  std::thread other(work, std::ref(two));
  work(one);
  other.join();
  CHECK(one == two);
}

}  // namespace
