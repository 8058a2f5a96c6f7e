// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// What a stream says about one score.
struct SpotDecision {
  /// What the score is, and what it is used for.
  enum class Kind : std::uint8_t {
    normal,     ///< not in the tail
    excess,     ///< normal, and beyond the tail's start: the tail is fitted to it
    anomalous,  ///< not on the normal side of the cutoff; NaN too
  };

  Kind kind;      ///< what it was decided to be
  double cutoff;  ///< the line by which it was decided, in the scores' unit

  /// Whether the score is flagged.
  [[nodiscard]] constexpr bool anomalous() const noexcept { return kind == Kind::anomalous; }
  friend constexpr bool operator==(const SpotDecision&, const SpotDecision&) noexcept = default;
};

}  // namespace plimsoll
