// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "plimsoll/stats/normal.hpp"

namespace plimsoll {

/// A p-value with its complement, so that both ends are exact. Both are above 0.
struct PValue {
  double upper = 1;  ///< small for high scores
  double lower = 1;  ///< 1 - upper, without its cancellation: small for low scores

  /// The p-value as a standard normal number, high for high scores: Phi^-1(1 - upper). Finite.
  [[nodiscard]] double normal_score() const noexcept {
    constexpr stats::Normal standard{0, 1};
    return upper < lower ? standard.upper_quantile(upper) : standard.lower_quantile(lower);
  }
};

}  // namespace plimsoll
