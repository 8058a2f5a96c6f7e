// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/special_functions/beta.hpp>
#include <cstddef>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/interval.hpp"

namespace plimsoll::stats {

/// The exact confidence interval of a probability from `hits` in `trials` (Clopper and Pearson 1934, Biometrika
/// 26(4), 404-413), by quantiles of the beta distribution. confidence in (0, 1); [0, 1] for no trials.
[[nodiscard]] inline Interval proportion_interval(std::size_t hits, std::size_t trials, double confidence) {
  const double tail = (1 - confidence) / 2;
  const auto k = static_cast<double>(hits);
  const auto n = static_cast<double>(trials);
  return {hits == 0 ? 0.0 : boost::math::ibeta_inv(k, n - k + 1, tail),
          hits == trials ? 1.0 : boost::math::ibetac_inv(k + 1, n - k, tail)};
}

}  // namespace plimsoll::stats
