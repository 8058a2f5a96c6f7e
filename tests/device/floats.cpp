// SPDX-License-Identifier: Apache-2.0
// What a processor that has floats and no doubles would hold: a line that is known when it is compiled, for one score,
// for many, and for the pixels of a map.
#include <cstddef>
#include <span>

#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/decide/decide.hpp"

namespace {
constexpr plimsoll::Cutoff cutoff{4.2};
constexpr auto line = cutoff.as<float>();
}  // namespace

bool reject(float score) {
#ifdef DEVICE_WIDENS  // what the test must find
  return cutoff(score);
#else
  return !(score < line);
#endif
}

void decide_all(std::span<const float> scores, std::span<plimsoll::Label> labels) {
  plimsoll::decide(cutoff, scores, labels);
}

std::size_t anomalous_pixels(const float* map, std::size_t rows, std::size_t columns) {
  std::size_t count = 0;
  plimsoll::ScoreMap(map, rows, columns).visit_pixels([&count](auto pixels) {
    for (const auto pixel : pixels) count += pixel < line ? 0U : 1U;
  });
  return count;
}
