// SPDX-License-Identifier: Apache-2.0
// Maps and rules at the edges of what is said of them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "random.hpp"

namespace {

using plimsoll::Calibration;
using plimsoll::Cutoff;
using plimsoll::Label;
using plimsoll::MapReduction;
using plimsoll::MapScorer;
using plimsoll::MapWorkspace;
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
  CHECK(std::ranges::count(memory.subspan(asked), -1.0) == static_cast<std::ptrdiff_t>(side * side - asked));
  std::ranges::sort(scores, std::greater<>());
  double sum = 0;
  constexpr std::size_t top = 33;  // ceil(.002 128^2)
  for (std::size_t i = 0; i < top; ++i) sum += static_cast<double>(scores[i]);
  CHECK(score == sum / top);
}

}  // namespace
