// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/ordered_bits.hpp"

namespace plimsoll::stats {

/// What a cut earns: compared first by value, then by tie_breaker. A value of -inf marks a cut that is not allowed.
struct Merit {
  /// What is maximised; -inf: not allowed.
  double value = -std::numeric_limits<double>::infinity();
  double tie_breaker = 0;  ///< the larger wins among equal values
  /// By value, then by tie_breaker.
  friend constexpr auto operator<=>(const Merit&, const Merit&) = default;
};

/// Rates a cut from the counts of anomalous scores at or above it (`caught`) and of normal ones (`false_alarms`).
/// `slack()` is the relative error of its values: cuts whose values differ by no more are equally good. 0 where equal
/// merits come out equal.
/// It must not fall when `caught` grows and must not rise when `false_alarms` grows (where it falls below the
/// merit of flagging everything or nothing it may do as it likes).
template <typename F>
concept CutObjective = std::regular_invocable<const F&, std::size_t, std::size_t> &&
    std::same_as<std::invoke_result_t<const F&, std::size_t, std::size_t>, Merit> && requires(const F& objective) {
  { objective.slack() } -> std::same_as<double>;
};

/// The best cut `score >= cut`.
template <std::floating_point T>
struct BestCut {
  Merit merit;  ///< what the cut earns
  /// No score: the best is to flag nothing (any cut above every score).
  bool flags_nothing = false;
  /// The lowest score that is flagged, when one is. Of several equally good cuts the lowest.
  T cut = 0;
  /// The highest score that is not flagged; every cut in (below, cut] decides alike. -inf when all are flagged.
  T below = -std::numeric_limits<T>::infinity();
};

namespace detail {

template <std::floating_point T, CutObjective Objective>
class BestCutSearch {
 public:
  explicit BestCutSearch(const Objective& objective) : objective_{objective} {
    best_.merit = objective_(0, 0);
    best_.flags_nothing = true;
  }

  /// Tries every cut at a score of the two samples, given how many scores of each lie above all of them. Calls go
  /// from high scores to low, so that of equally good cuts the lowest is kept.
  void search(std::span<const T> normal, std::span<const T> anomalous, std::size_t caught_above,
              std::size_t false_alarms_above) {
    const std::size_t size = normal.size() + anomalous.size();
    if (size <= small) {
      sort_and_sweep(normal, anomalous, caught_above, false_alarms_above);
      return;
    }
    Extent<T> range = extent(normal.empty() ? anomalous : normal);
    if (!normal.empty() && !anomalous.empty()) {
      const Extent<T> other = extent(anomalous);
      range = {std::min(range.least, other.least), std::max(range.most, other.most)};
    }
    const Buckets<T> buckets(range.least, range.most, size > large ? 14 : 10);
    // Apart, so that the table that a pass adds to is small.
    std::vector<std::uint64_t> normals(buckets.count());
    std::vector<std::uint64_t> anomalies(buckets.count());
    for (const T x : normal) ++normals[buckets(x)];
    for (const T x : anomalous) ++anomalies[buckets(x)];

    // First the cuts between buckets, whose merit is known. They bound what an undecided bucket must beat.
    Merit reached = best_.merit;
    std::size_t caught = caught_above;
    std::size_t false_alarms = false_alarms_above;
    for (std::size_t bucket = buckets.count(); bucket-- > 0;) {
      if (normals[bucket] + anomalies[bucket] == 0) continue;
      caught += anomalies[bucket];
      false_alarms += normals[bucket];
      const Merit merit = objective_(caught, false_alarms);
      if (buckets.exact() && as_good(merit, best_.merit)) keep(merit, buckets.least(bucket));
      reached = std::max(reached, merit);
    }
    if (buckets.exact()) return;

    // Then the runs of neighbouring buckets that hold a cut as good as the best so far, or may hold a better one.
    std::vector<Run> runs;
    std::vector<std::uint32_t> run_of(buckets.count(), no_run);
    caught = caught_above;
    false_alarms = false_alarms_above;
    bool joined = false;
    std::size_t lowest = 0;
    std::size_t highest = 0;
    for (std::size_t bucket = buckets.count(); bucket-- > 0;) {
      if (normals[bucket] + anomalies[bucket] == 0) continue;
      // Of the cuts in the bucket none catches more than all its anomalous scores; each flags one score at least.
      const Merit bound = objective_(caught + anomalies[bucket], false_alarms + (anomalies[bucket] == 0 ? 1 : 0));
      if (as_good(bound, reached)) {
        if (runs.empty()) highest = bucket;
        lowest = bucket;
        if (!joined) runs.push_back({caught, false_alarms, 0, 0});
        run_of[bucket] = static_cast<std::uint32_t>(runs.size() - 1);
        runs.back().normal += normals[bucket];
        runs.back().anomalous += anomalies[bucket];
        joined = true;
      } else {
        joined = false;
      }
      caught += anomalies[bucket];
      false_alarms += normals[bucket];
    }
    std::vector<std::vector<T>> normal_of(runs.size());
    std::vector<std::vector<T>> anomalous_of(runs.size());
    for (std::size_t run = 0; run < runs.size(); ++run) {
      if (runs[run].normal + runs[run].anomalous == size) {  // nothing was excluded: finer buckets would not help
        sort_and_sweep(normal, anomalous, caught_above, false_alarms_above);
        return;
      }
      normal_of[run].reserve(runs[run].normal);
      anomalous_of[run].reserve(runs[run].anomalous);
    }
    const auto gather = [&](std::span<const T> scores, std::vector<std::vector<T>>& scores_of) {
      for_each_between(scores, buckets.least(lowest), buckets.most(highest), [&](T x) {
        if (const std::uint32_t run = run_of[buckets(x)]; run != no_run) scores_of[run].push_back(x);
      });
    };
    gather(normal, normal_of);
    gather(anomalous, anomalous_of);
    for (std::size_t run = 0; run < runs.size(); ++run) {
      search(normal_of[run], anomalous_of[run], runs[run].caught_above, runs[run].false_alarms_above);
    }
  }

  /// Tries a cut below all that were tried before; whether it is the best so far.
  bool try_cut(T cut, std::size_t caught, std::size_t false_alarms) {
    const Merit merit = objective_(caught, false_alarms);
    if (!as_good(merit, best_.merit)) return false;
    keep(merit, cut);
    return true;
  }

  /// The best of what was tried. Its `below` is -inf where it was not seen.
  [[nodiscard]] const BestCut<T>& best() const noexcept { return best_; }

 private:
  static constexpr std::size_t small = 512;
  static constexpr std::size_t large = std::size_t{1} << 18;
  static constexpr std::uint32_t no_run = std::numeric_limits<std::uint32_t>::max();

  struct Run {
    std::size_t caught_above;
    std::size_t false_alarms_above;
    std::size_t normal;
    std::size_t anomalous;
  };

  [[nodiscard]] bool as_good(Merit merit, Merit than) const noexcept {
    const double slack = objective_.slack();
    return slack > 0 ? merit.value >= than.value - slack * std::abs(than.value) : merit >= than;
  }

  void keep(Merit merit, T cut) noexcept {
    best_.merit = std::max(best_.merit, merit);  // so that slack does not add up
    best_.flags_nothing = false;
    best_.cut = one_zero(cut);  // whatever the order of -0 and +0
    best_.below = -std::numeric_limits<T>::infinity();
  }

  void sort_and_sweep(std::span<const T> normal, std::span<const T> anomalous, std::size_t caught,
                      std::size_t false_alarms) {
    std::vector<T> normals(normal.begin(), normal.end());
    std::vector<T> anomalies(anomalous.begin(), anomalous.end());
    std::ranges::sort(normals, std::greater<>());
    std::ranges::sort(anomalies, std::greater<>());
    auto n = normals.begin();
    auto a = anomalies.begin();
    const auto highest_left = [&] { return n == normals.end() ? *a : a == anomalies.end() ? *n : std::max(*n, *a); };
    bool left = !normals.empty() || !anomalies.empty();
    while (left) {
      const T cut = highest_left();
      while (n != normals.end() && *n == cut) ++n, ++false_alarms;
      while (a != anomalies.end() && *a == cut) ++a, ++caught;
      left = n != normals.end() || a != anomalies.end();
      if (try_cut(cut, caught, false_alarms) && left) best_.below = one_zero(highest_left());
    }
  }

  const Objective& objective_;
  BestCut<T> best_;
};

}  // namespace detail

/// The cut that maximises an objective over every distinct cut, flagging nothing included, without sorting the
/// samples. No score is NaN; infinite ones are the highest and the lowest. O(n) time on continuous scores: a histogram
/// over the numbers' bits gives the merit of the cuts between buckets and a bound on those inside each; only buckets
/// that can still win are looked into. Memory: the scores in those buckets, and 0.3 MB.
template <std::floating_point T, CutObjective Objective>
[[nodiscard]] BestCut<T> best_cut(std::span<const T> normal, std::span<const T> anomalous, const Objective& objective) {
  detail::BestCutSearch<T, Objective> search(objective);
  search.search(normal, anomalous, 0, 0);
  BestCut<T> best = search.best();
  if (best.below > -std::numeric_limits<T>::infinity()) return best;
  const T limit = best.flags_nothing ? std::numeric_limits<T>::infinity() : best.cut;
  for (const auto& sample : {normal, anomalous}) {
    best.below = detail::fold(sample, best.below, [limit](T kept, T x) {
      const T under = x < limit ? x : kept;
      return under > kept ? under : kept;
    });
  }
  return best;
}

}  // namespace plimsoll::stats
