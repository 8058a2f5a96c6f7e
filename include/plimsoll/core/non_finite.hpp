// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// Whether the score is a number, neither NaN nor infinite.
template <ScoreValue T>
[[nodiscard]] constexpr bool is_finite(T score) noexcept {
  return score - score == T{0};
}

/// The index of the first NaN or infinity, scores.size() when there is none. One pass in vector code: x - x is 0 for a
/// number and NaN for what is none, and is added up on many lanes.
template <ScoreValue T>
[[nodiscard]] constexpr std::size_t first_non_finite(std::span<const T> scores) noexcept {
  constexpr std::size_t lanes = 32;
  constexpr std::size_t block = 32 * lanes;
  std::size_t begin = 0;
  for (; begin + block <= scores.size(); begin += block) {
    std::array<decltype(T{} - T{}), lanes> sums{};
    for (std::size_t i = begin; i < begin + block; i += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += scores[i + lane] - scores[i + lane];
    }
    bool finite = true;
    for (const auto sum : sums) finite = finite && sum == 0;
    if (!finite) break;
  }
  while (begin < scores.size() && is_finite(scores[begin])) ++begin;
  return begin;
}

}  // namespace plimsoll
