// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// Which end of the scores is strange. Where it is the lower one, scores are negated before they are compared, and
/// cutoffs are of negated scores.
enum class ScoreDirection : std::uint8_t {
  higher_is_anomalous,  ///< scores are taken as they are
  lower_is_anomalous,   ///< scores are negated
};

/// "higher_is_anomalous" or "lower_is_anomalous".
[[nodiscard]] constexpr std::string_view to_string(ScoreDirection direction) noexcept {
  return direction == ScoreDirection::higher_is_anomalous ? "higher_is_anomalous" : "lower_is_anomalous";
}

/// The score in the direction in which cutoffs are: negated where low scores are strange. Its own inverse.
template <ScoreValue T>
[[nodiscard]] constexpr T directed(T score, ScoreDirection direction) noexcept {
  return direction == ScoreDirection::lower_is_anomalous ? static_cast<T>(-score) : score;
}

}  // namespace plimsoll
