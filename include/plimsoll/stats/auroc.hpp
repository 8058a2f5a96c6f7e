// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// Area under the ROC curve: the probability that an anomalous score is above a normal one, ties counting one
/// half (Mann and Whitney 1947). A score of NaN is as strange as infinity, as decisions have it. NaN when a class is
/// empty. Exact counts; O((m + n) log min(m, n)) for classes of m and n scores.
template <std::floating_point T>
[[nodiscard]] double auroc(std::span<const T> normal, std::span<const T> anomalous) {
  if (normal.empty() || anomalous.empty()) return std::numeric_limits<double>::quiet_NaN();
  const bool fewer_normal = normal.size() <= anomalous.size();
  const std::span<const T> fewer = fewer_normal ? normal : anomalous;
  const std::span<const T> more = fewer_normal ? anomalous : normal;
  const auto ordered = [](T score) { return std::isnan(score) ? std::numeric_limits<T>::infinity() : score; };
  std::vector<T> sorted(fewer.size());
  std::ranges::transform(fewer, sorted.begin(), ordered);
  std::ranges::sort(sorted);
  // Twice the number of pairs in which the one of `more` is above, a tie counting half a pair.
  std::size_t twice_wins = 0;
  for (const T x : more) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), ordered(x));
    twice_wins += static_cast<std::size_t>((first - sorted.begin()) + (last - sorted.begin()));
  }
  const double pairs = 2.0 * static_cast<double>(normal.size()) * static_cast<double>(anomalous.size());
  const double share = static_cast<double>(twice_wins) / pairs;
  return fewer_normal ? share : 1.0 - share;
}

}  // namespace plimsoll::stats
