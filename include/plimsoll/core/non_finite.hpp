// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// Whether the score is a number, neither NaN nor infinite.
template <ScoreValue T>
[[nodiscard]] constexpr bool is_finite(T score) noexcept {
  return score - score == T{0};
}

/// The index of the first NaN or infinity, scores.size() when there is none. One pass; the blocks are free of
/// branches, so compilers turn them into vector code.
template <ScoreValue T>
[[nodiscard]] constexpr std::size_t first_non_finite(std::span<const T> scores) noexcept {
  constexpr std::size_t block = 1024;
  for (std::size_t begin = 0; begin < scores.size(); begin += block) {
    const std::size_t end = std::min(begin + block, scores.size());
    bool finite = true;
    for (std::size_t i = begin; i < end; ++i) finite &= is_finite(scores[i]);
    if (finite) continue;
    for (std::size_t i = begin; i < end; ++i) {
      if (!is_finite(scores[i])) return i;
    }
  }
  return scores.size();
}

}  // namespace plimsoll
