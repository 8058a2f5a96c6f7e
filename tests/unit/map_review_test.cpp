// SPDX-License-Identifier: Apache-2.0
// Maps and rules at the edges of what is said of them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/thresholds/location_model.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "random.hpp"

namespace {

using plimsoll::Calibration;
using plimsoll::Cutoff;
using plimsoll::Label;
using plimsoll::MapReduction;
using plimsoll::MapScorer;
using plimsoll::MapWorkspace;
using plimsoll::MaskRule;
using plimsoll::ScoreMap;

TEST_CASE("the mean of a map's top takes no more memory than its scorer asks for") {
  // With room for every pixel all of them would be kept, and selected from at the end.
  constexpr std::size_t side = 128;
  Calibration calibration{.cutoff = Cutoff{5}, .map_reduction = MapReduction::top_mean, .top_share = 0.002};
  std::vector<float> scores(side * side);
  plimsoll::test::Random random(7);
  for (float& score : scores) score = static_cast<float>(random.uniform());
  MapWorkspace workspace(side, side);
  const std::span<double> memory(workspace.memory().scores, side * side);
  std::ranges::fill(memory, -1.0);
  const double score = calibration.decide(ScoreMap(scores.data(), side, side), workspace).score;
  const std::size_t asked = MapScorer::scratch_size(MapReduction::top_mean, 0.002, side * side);
  CHECK(MapScorer::scratch_size(MapReduction::maximum, 0.002, side * side) == 0);
  CHECK(std::ranges::count(memory.subspan(asked), -1.0) == static_cast<std::ptrdiff_t>(side * side - asked));
  std::ranges::sort(scores, std::greater<>());
  double sum = 0;
  constexpr std::size_t top = 33;  // ceil(.002 128^2)
  for (std::size_t i = 0; i < top; ++i) sum += static_cast<double>(scores[i]);
  CHECK(score == sum / top);
}

TEST_CASE("pixels of both infinities have no mean, which is anomalous") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Calibration calibration{.cutoff = Cutoff{5}, .map_reduction = MapReduction::top_mean, .top_share = 1};
  MapWorkspace<1, 3> workspace;
  const std::vector<double> both{infinity, -infinity, 1};
  const auto decision = calibration.decide(ScoreMap(both.data(), 1, 3), workspace);
  CHECK(std::isnan(decision.score));
  CHECK(decision.label == Label::anomalous);
  const std::vector<double> low{3, -infinity, 1};
  CHECK(calibration.decide(ScoreMap(low.data(), 1, 3), workspace).score == -infinity);
  const std::vector<double> high{3, infinity, 1};
  CHECK(calibration.decide(ScoreMap(high.data(), 1, 3), workspace).score == infinity);
}

TEST_CASE("a rule of which only the high level was set is a plain one") {
  // Its low level was made before, of a high level of +inf.
  MaskRule rule;
  rule.high = Cutoff{2};
  const std::vector<float> scores{1, 3, 2, 1};
  MapWorkspace workspace(2, 2);
  const auto [mask, regions] = plimsoll::mask_of(ScoreMap(scores.data(), 2, 2), rule, workspace);
  REQUIRE(regions.size() == 1);
  CHECK(regions[0].area == 2);
  CHECK(std::vector<int>(mask.row(0).begin(), mask.row(0).end()) == std::vector{0, 1});
  CHECK(std::vector<int>(mask.row(1).begin(), mask.row(1).end()) == std::vector{1, 0});
  rule.high = Cutoff{std::numeric_limits<double>::quiet_NaN()};
  CHECK(plimsoll::mask_of(ScoreMap(scores.data(), 2, 2), rule, workspace).regions.size() == 1);
  CHECK(plimsoll::mask_of(ScoreMap(scores.data(), 2, 2), rule, workspace).regions[0].area == 4);
}

TEST_CASE("parameters of the levels that would have no effect are refused") {
  for (const plimsoll::ParameterMap& level :
       std::initializer_list<plimsoll::ParameterMap>{{{"false_alarm_rate", 0.1}},
                                                     {{"map_reduction", "top_mean"}},
                                                     {{"top_share", 0.1}},
                                                     {{"non_finite", "skip"}}}) {
    const std::string name = level.begin()->first;
    CAPTURE(name);
    std::string message;
    try {
      static_cast<void>(plimsoll::MapCalibrator({.level_parameters = level}));
    } catch (const plimsoll::ParameterError& error) {
      message = error.what();
    }
    CHECK(message.find("level_parameters: " + name) != std::string::npos);
  }
  CHECK_NOTHROW(plimsoll::MapCalibrator({.level_parameters = {{"confidence", 0.9}, {"trim", 0.1}}}));
}

TEST_CASE("a location's mean beyond the largest double is no answer, with one map left out neither") {
  // The maps' differences at the first location overflow.
  const std::vector<std::vector<double>> maps{{1.7e308, 0, 1, 2}, {-1.7e308, 1, 2, 4}, {0, 2, 4, 9}};
  plimsoll::LocationModel model({.sigma = 0});
  for (const auto& map : maps) model.update(ScoreMap(map.data(), 2, 2));
  CHECK(model.fit().status == plimsoll::FitStatus::not_applicable);
  for (const auto& map : maps) {
    CHECK(model.without(ScoreMap(map.data(), 2, 2)).status == plimsoll::FitStatus::not_applicable);
  }
}

template <typename T>
void check_nan_without_rule() {
  const T result = Calibration{}.normalised_pixel(static_cast<T>(3));
  CHECK(result != result);
}

TEST_CASE("without a mask rule a pixel's normalised score is NaN in every type") {
  check_nan_without_rule<float>();
  check_nan_without_rule<double>();
#if PLIMSOLL_HAS_HALF
  check_nan_without_rule<plimsoll::Half>();
#endif
}

}  // namespace
