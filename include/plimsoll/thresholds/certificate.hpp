// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/score_type.hpp"
#include "plimsoll/stats/simultaneous_band.hpp"

namespace plimsoll {

/// What n independent normal scores certify about the false-alarm rates of all cutoffs at once: with the stated
/// confidence every bound below holds, for every cutoff, also for one that was chosen by looking at these scores or at
/// these bounds. Distribution-free. By stats::SimultaneousBand.
class Certificate {
 public:
  /// `sorted` ascends and is not empty; `type` is the widest type of the scores; confidence in (0, 1).
  Certificate(std::vector<double> sorted, ScoreType type, double confidence)
      : sorted_{std::move(sorted)}, type_{type}, band_{sorted_.size(), confidence} {}

  /// The lowest cutoff whose false-alarm rate is certified to be at most `rate`, in (0, 1): just above an order
  /// statistic. +inf, which flags nothing, when not even the rate above the largest score can be certified so low.
  [[nodiscard]] Cutoff threshold_for(double rate) const noexcept {
    const auto rank = band_.rank_for(rate);
    return rank ? Cutoff{next_above(sorted_[*rank - 1], type_)} : Cutoff{};
  }

  /// At most this share of normal scores is flagged by the cutoff; 1 when nothing is certified. O(log n).
  [[nodiscard]] double rate_bound(Cutoff cutoff) const noexcept {
    const auto passes = [cutoff](double score) { return !cutoff(score); };
    const auto rank = static_cast<std::size_t>(std::ranges::partition_point(sorted_, passes) - sorted_.begin());
    return band_.rate_bound(rank);
  }

  /// The smallest rate that these scores can certify: above about 5 / n at 95 % confidence.
  [[nodiscard]] double smallest_rate() const noexcept { return band_.smallest_rate(); }

  /// With which all bounds hold at once.
  [[nodiscard]] double confidence() const noexcept { return band_.confidence(); }
  /// The scores that certify.
  [[nodiscard]] std::size_t normal_count() const noexcept { return sorted_.size(); }

 private:
  std::vector<double> sorted_;
  ScoreType type_;
  stats::SimultaneousBand band_;
};

}  // namespace plimsoll
