// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/order_statistics.hpp"

namespace plimsoll {

/// The scores above a tail start, less it.
struct Exceedances {
  double start = 0;            ///< the tail start, in the scores' unit
  std::vector<double> values;  ///< ascending, above 0
  double share = 0;            ///< of all scores
};

/// The scores above the sample quantile (stats::quantile) that has the share `tail_share` above it; fewer when scores
/// are tied there. `sorted` ascends and is not empty.
[[nodiscard]] inline Exceedances exceedances_above_share(std::span<const double> sorted, double tail_share) {
  const double start = stats::quantile(sorted, 1 - tail_share);
  Exceedances tail{start, std::vector<double>(std::ranges::upper_bound(sorted, start), sorted.end()), 0};
  for (double& score : tail.values) score -= start;
  tail.share = static_cast<double>(tail.values.size()) / static_cast<double>(sorted.size());
  return tail;
}

/// What was fitted above the tail start, among the fit's estimates.
inline void describe_tail(Fit& fit, const Exceedances& tail, const stats::Gpd& gpd) {
  fit.estimates["tail_start"] = tail.start;
  fit.estimates["exceedances"] = static_cast<double>(tail.values.size());
  fit.estimates["sigma"] = gpd.sigma;
  fit.estimates["xi"] = gpd.xi;
}

}  // namespace plimsoll
