// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// Bins of equal width from the least to the largest number of a sample, as numpy.histogram has them: bin i holds
/// edge(i) <= x < edge(i + 1), the last one its upper edge too. Computed in the sample's own unit, a power of two, so
/// that nothing overflows and 8 times the numbers have 8 times the edges.
class UniformBins {
 public:
  /// least < most, finite; count >= 1.
  UniformBins(double least, double most, std::size_t count) noexcept : count_{count} {
    const double range = most - least;
    exponent_ = range <= std::numeric_limits<double>::max() ? std::ilogb(range) : std::ilogb(most / 2 - least / 2) + 1;
    first_ = std::ldexp(least, -exponent_);
    last_ = std::ldexp(most, -exponent_);
    step_ = (last_ - first_) / static_cast<double>(count);
  }

  /// How many bins there are.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// The lower edge of bin i; of i = count() the upper edge of the last.
  [[nodiscard]] double edge(std::size_t i) const noexcept { return std::ldexp(scaled_edge(i), exponent_); }

  /// The middle of bin i.
  [[nodiscard]] double centre(std::size_t i) const noexcept {
    return std::ldexp((scaled_edge(i) + scaled_edge(i + 1)) / 2, exponent_);
  }

  /// How many numbers of the sample lie in each bin. `sorted` is ascending, from least to most. O(count log n).
  [[nodiscard]] std::vector<std::size_t> counts(std::span<const double> sorted) const {
    std::vector<std::size_t> counts(count_);
    // Where neighbouring edges round to the same number, the first bin still holds the least one.
    const auto after_least = std::upper_bound(sorted.begin(), sorted.end(), sorted.front());
    auto begin = sorted.begin();
    for (std::size_t i = 0; i < count_; ++i) {
      const auto end =
          i + 1 == count_ ? sorted.end() : std::max(after_least, std::lower_bound(begin, sorted.end(), edge(i + 1)));
      counts[i] = static_cast<std::size_t>(end - begin);
      begin = end;
    }
    return counts;
  }

 private:
  [[nodiscard]] double scaled_edge(std::size_t i) const noexcept {
    return i == count_ ? last_ : first_ + static_cast<double>(i) * step_;
  }

  std::size_t count_;
  int exponent_ = 0;
  double first_ = 0;
  double last_ = 0;
  double step_ = 0;
};

}  // namespace plimsoll::stats
