// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// How many hypotheses, from the first on, are rejected when they are tested in order and each is more likely to be
/// true than the one before: the largest k for which the mean of -log(1 - p(i)) over the first k is at most `level`; 0
/// when there is none. Keeps the expected share of true ones among the rejected below `level` (ForwardStop, G'Sell,
/// Wager, Chouldechova and Tibshirani 2016, J. R. Statist. Soc. B 78, 423-444, section 2.1). p in [0, 1], level in (0,
/// 1).
[[nodiscard]] inline std::size_t forward_stop(std::span<const double> p_values, double level) noexcept {
  std::size_t rejected = 0;
  double sum = 0;
  for (std::size_t k = 1; k <= p_values.size(); ++k) {
    sum -= std::log1p(-p_values[k - 1]);
    if (sum <= level * static_cast<double>(k)) rejected = k;
  }
  return rejected;
}

}  // namespace plimsoll::stats
