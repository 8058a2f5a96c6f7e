// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/moments.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/ordered_bits.hpp"

namespace plimsoll::stats {

/// What a stream of n finite scores is known by when all of it is too much to keep: its length, its smallest score, its
/// m largest, and, when asked for, its moments. All of that is exact. What would take a score that was not kept is
/// refused. Nothing that can be asked depends on the order of the scores or on how they were sharded and merged.
///
/// Memory: 2 m + 128 scores at most, less while the stream is shorter than that. Time: O(1) a score, on average over m
/// of them whatever their order; most scores of a long stream cost one comparison with the m-th largest. Each question
/// takes O(m) time, and memory for m scores, unless stated.
template <std::floating_point T = double>
class TailSummary {
 public:
  /// Keeps the m = `most` largest scores, 1 <= most < 2^60, and the moments if they are worth the time: a score takes
  /// about as long as copying it without them, and 10 (float) to 25 ns (double) with them.
  explicit TailSummary(std::size_t most, bool with_moments = false) : most_{most} {
    if (with_moments) moments_.emplace();
  }

  /// Adds finite scores. Throws std::bad_alloc.
  void append(std::span<const T> scores) {
    count_ += scores.size();
    if (moments_) moments_->append(scores);
    detail::ExtentLanes<T> range(least_, bar_);
    for (; scores.size() >= block_size; scores = scores.subspan(block_size)) {
      range.restart_most(bar_);
      range.add(scores.first(block_size));
      if (range.most() > bar_) keep(scores.first(block_size));
    }
    least_ = range.least();
    if (scores.empty()) return;
    const Extent<T> rest = extent(scores);
    least_ = std::min(least_, rest.least);
    if (rest.most > bar_) keep(scores);
  }

  /// The summary of both streams; where they keep different m, for the smaller one. Moments remain if both have them.
  void merge(const TailSummary& other) {
    const std::vector<T> theirs(other.kept_.begin(), other.kept_.begin() + static_cast<std::ptrdiff_t>(other.used_));
    count_ += other.count_;
    most_ = std::min(most_, other.most_);
    least_ = std::min(least_, other.least_);
    if (moments_ && other.moments_) {
      moments_->merge(*other.moments_);
    } else {
      moments_.reset();
    }
    for (std::size_t i = 0; i < theirs.size(); i += block_size) {
      keep(std::span(theirs).subspan(i, std::min(block_size, theirs.size() - i)));
    }
  }

  /// n.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// m.
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

  /// How many of the largest scores are known: m, or n when that is less.
  [[nodiscard]] std::size_t known() const noexcept { return std::min(count_, most_); }

  /// The smallest score; count() >= 1. O(1).
  [[nodiscard]] T minimum() const noexcept { return least_; }

  /// The largest score; count() >= 1.
  [[nodiscard]] T maximum() const noexcept { return extent(kept()).most; }

  /// The moments of all scores, if the summary was told to keep them.
  [[nodiscard]] const std::optional<Moments>& moments() const noexcept { return moments_; }

  /// The score from which on all are known, the smallest of known(); count() >= 1.
  [[nodiscard]] T exact_from() const { return select(known()); }

  /// x(rank) of x(1) <= ... <= x(n); nothing when it is not among the known, rank <= n - m, nor for a rank of 0 or > n.
  [[nodiscard]] std::optional<T> order_statistic(std::size_t rank) const {
    if (rank == 0 || rank > count_ || count_ - rank >= most_) return std::nullopt;
    return select(count_ - rank + 1);
  }

  /// What stats::quantile would say of all scores, bit for bit: definition 7, p in [0, 1]. Nothing when one of the
  /// order statistics it lies between is not known, which begins at (n - 1) (1 - p) > m - 1, nor without a score.
  [[nodiscard]] std::optional<double> quantile(double p) const {
    if (count_ == 0) return std::nullopt;
    const double position = static_cast<double>(count_ - 1) * p;
    const auto below = static_cast<std::size_t>(position);
    const double share = position - static_cast<double>(below);
    const std::optional<T> lower = order_statistic(below + 1);
    if (!lower || share == 0.0) return lower;
    return detail::interpolate(static_cast<double>(*lower), static_cast<double>(*order_statistic(below + 2)), share);
  }

  /// The number of scores > level; nothing when scores that are not known may be, level < exact_from() and n > m.
  [[nodiscard]] std::optional<std::size_t> exceedance_count(double level) const {
    if (!knows_above(level)) return std::nullopt;
    return static_cast<std::size_t>(
        std::ranges::count_if(kept(), [level](T x) { return static_cast<double>(x) > level; }));
  }

  /// The scores > level in ascending order; nothing when exceedance_count says nothing. O(m log m).
  [[nodiscard]] std::optional<std::vector<T>> exceedances(double level) const {
    if (!knows_above(level)) return std::nullopt;
    std::vector<T> above;
    for (const T x : kept()) {
      if (static_cast<double>(x) > level) above.push_back(one_zero(x));
    }
    std::ranges::sort(above);
    return above;
  }

  /// The known() largest scores in ascending order. O(m log m).
  [[nodiscard]] std::vector<T> largest() const {
    std::vector<T> scores(kept().begin(), kept().end());
    const auto end = scores.begin() + static_cast<std::ptrdiff_t>(known());
    if (end != scores.end()) std::ranges::nth_element(scores, end, std::greater<>{});
    scores.erase(end, scores.end());
    for (T& x : scores) x = one_zero(x);
    std::ranges::sort(scores);
    return scores;
  }

 private:
  static constexpr std::size_t block_size = 128;

  /// The m largest scores or all, and others.
  [[nodiscard]] std::span<const T> kept() const noexcept { return std::span(kept_).first(used_); }

  /// The place-th largest score, 1 <= place <= known().
  [[nodiscard]] T select(std::size_t place) const { return stats::order_statistic(kept(), used_ - place + 1); }

  [[nodiscard]] bool knows_above(double level) const {
    return count_ <= most_ || level >= static_cast<double>(exact_from());
  }

  /// Takes what is above the bar; at most block_size scores.
  void keep(std::span<const T> scores) {
    if (kept_.size() - used_ < scores.size()) make_room();
    T* out = kept_.data() + used_;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    for_each_between(scores, std::nextafter(bar_, infinity), infinity, [&out](T x) { *out++ = x; });
    used_ = static_cast<std::size_t>(out - kept_.data());
  }

  /// Room for a block, by growing up to 2 m + block_size, then by dropping all but the m largest.
  void make_room() {
    const std::size_t limit = 2 * most_ + block_size;
    if (used_ + block_size <= limit) {
      const std::size_t size = std::min(limit, 2 * used_ + block_size);
      kept_.reserve(size);  // resize alone might take more
      kept_.resize(size);
      return;
    }
    const auto place = kept_.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
    std::nth_element(kept_.begin(), place, kept_.begin() + static_cast<std::ptrdiff_t>(used_), std::greater<>{});
    bar_ = *place;
    used_ = most_;
    if (kept_.size() != limit) kept_.resize(limit);  // after a merge with a smaller m
  }

  std::size_t count_ = 0;
  std::size_t most_;
  T least_ = std::numeric_limits<T>::infinity();
  T bar_ = -std::numeric_limits<T>::infinity();  ///< scores not above it are no longer kept
  std::vector<T> kept_;                          ///< its first used_
  std::size_t used_ = 0;
  std::optional<Moments> moments_;
};

}  // namespace plimsoll::stats
