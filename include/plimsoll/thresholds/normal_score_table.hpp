// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/decide/conformal.hpp"

namespace plimsoll {

/// Owns the knots of NormalScores.
struct NormalScoreTable {
  std::vector<NormalScores::Knot> knots;  ///< as NormalScores has them
  std::uint32_t count = 0;                ///< of all normal scores, those that are no knots too

  /// A view that ends with the table, or when its knots change.
  [[nodiscard]] NormalScores view() const noexcept { return {knots, count}; }

  friend bool operator==(const NormalScoreTable&, const NormalScoreTable&) noexcept = default;
};

/// The table of these normal scores, in any order. With at most `most_knots` different scores all of them are knots and
/// p-values are exact. With more, the upper half of the knots are the largest scores, so that small p-values are exact,
/// and the others lie evenly in rank below them; a p-value between two of those is too large by less than
/// m / (k (n + 1)), m the number of scores below the upper half and k that of the knots there. O(n log n).
/// Throws ParameterError when most_knots < 2, DataError for a non-finite score or 2^32 scores and more.
[[nodiscard]] inline NormalScoreTable normal_score_table(Scores normals, std::size_t most_knots = 4096) {
  if (most_knots < 2) {
    throw ParameterError("normal_score_table: most_knots = " + std::to_string(most_knots) + " is below 2");
  }
  if (normals.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw DataError("normal_score_table: " + std::to_string(normals.size()) + " scores are over 2^32 - 1");
  }
  const std::vector<double> sorted = normals.visit([](auto scores) {
    if (const std::size_t i = first_non_finite(scores); i < scores.size()) {
      throw DataError("normal_score_table: scores[" + std::to_string(i) + "] is not finite");
    }
    std::vector<double> copy(scores.begin(), scores.end());
    std::ranges::sort(copy);
    return copy;
  });
  const std::size_t n = sorted.size();
  NormalScoreTable table{.knots = {}, .count = static_cast<std::uint32_t>(n)};
  // Steps over ties, all of which go from `first` to `last`.
  const auto add = [&](std::size_t first, std::size_t last) {
    table.knots.push_back(
        {sorted[first], static_cast<std::uint32_t>(n - first), static_cast<std::uint32_t>(n - last - 1)});
  };
  const auto first_of = [&](std::size_t i) {
    return static_cast<std::size_t>(std::ranges::lower_bound(sorted, sorted[i]) - sorted.begin());
  };
  const auto last_of = [&](std::size_t i) {
    return static_cast<std::size_t>(std::ranges::upper_bound(sorted, sorted[i]) - sorted.begin()) - 1;
  };

  std::size_t below = n;  // the scores that no knot is for yet
  while (below > 0 && table.knots.size() < most_knots) {
    const std::size_t first = first_of(below - 1);
    add(first, below - 1);
    below = first;
  }
  if (below > 0) {
    const std::size_t upper = most_knots / 2;
    table.knots.resize(upper);
    below = n - table.knots.back().at_least;
    const std::size_t lower = most_knots - upper;
    std::size_t taken = below;  // first of the scores of the last knot
    for (std::size_t k = lower; k-- > 0;) {
      const std::size_t i = k * below / lower;
      if (i >= taken) continue;
      taken = first_of(i);
      add(taken, last_of(i));
    }
  }
  std::ranges::reverse(table.knots);
  return table;
}

}  // namespace plimsoll
