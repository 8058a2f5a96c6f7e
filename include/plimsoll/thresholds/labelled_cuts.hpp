// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "plimsoll/thresholds/bounded_labelled_sample.hpp"

namespace plimsoll {

/// All distinct cuts of a labelled sample in order, and what they do: what a search over them has to tell. Sorted once,
/// O(n log n), 8 bytes a score; then each question is a pass. Of a sample that no longer keeps its scores the cuts are
/// the lower edges of its buckets.
class LabelledCuts {
 public:
  /// So many normal and anomalous scores are flagged.
  struct Counts {
    std::size_t false_alarms = 0;  ///< normal scores that are flagged
    std::size_t caught = 0;        ///< anomalous scores that are flagged
  };

  /// Sorts the scores, or takes over the buckets. Throws std::bad_alloc.
  explicit LabelledCuts(const BoundedLabelledSample& sample)
      : normal_count_{sample.normal_count()}, anomalous_count_{sample.anomalous_count()} {
    if (!sample.exact()) {
      sample.histogram().for_each_cut([this](double cut, std::size_t normals, std::size_t anomalies) {
        steps_.push_back({cut, normals, anomalies});
      });
      return;
    }
    const auto sorted = [](auto scores) {
      std::vector<double> all;
      all.reserve(scores.size());
      for (const auto score : scores) all.push_back(static_cast<double>(stats::one_zero(score)));
      std::ranges::sort(all);
      return all;
    };
    sample.visit([&](auto normals, auto anomalies) {
      normals_ = sorted(normals);
      anomalies_ = sorted(anomalies);
    });
  }

  /// Normal scores of the sample.
  [[nodiscard]] std::size_t normal_count() const noexcept { return normal_count_; }
  /// Anomalous scores of the sample.
  [[nodiscard]] std::size_t anomalous_count() const noexcept { return anomalous_count_; }

  /// All scores with a label, ascending; empty when they are not kept.
  [[nodiscard]] const std::vector<double>& normals() const noexcept { return normals_; }
  /// All anomalous scores, likewise.
  [[nodiscard]] const std::vector<double>& anomalies() const noexcept { return anomalies_; }

  /// Calls `take(cut, normals, anomalies)` for every distinct score, from the highest down, with how many scores equal
  /// it.
  template <typename Take>
  void for_each(const Take& take) const {
    for (const Step& step : steps_) take(step.cut, step.normals, step.anomalies);
    std::size_t n = normals_.size();
    std::size_t a = anomalies_.size();
    while (n + a > 0) {
      const double cut = n == 0   ? anomalies_[a - 1]
                         : a == 0 ? normals_[n - 1]
                                  : std::max(normals_[n - 1], anomalies_[a - 1]);
      const std::size_t n_above = n;
      const std::size_t a_above = a;
      while (n > 0 && normals_[n - 1] == cut) --n;
      while (a > 0 && anomalies_[a - 1] == cut) --a;
      take(cut, n_above - n, a_above - a);
    }
  }

  /// What a cutoff flags.
  [[nodiscard]] Counts flagged(Cutoff cutoff) const {
    Counts counts;
    for_each([&](double cut, std::size_t normals, std::size_t anomalies) {
      if (!cutoff(cut)) return;
      counts.false_alarms += normals;
      counts.caught += anomalies;
    });
    return counts;
  }

  /// The largest score; there is one.
  [[nodiscard]] double largest() const {
    double most = -std::numeric_limits<double>::infinity();
    for_each([&most](double cut, std::size_t, std::size_t) { most = std::max(most, cut); });
    return most;
  }

  /// As stats::auroc.
  [[nodiscard]] double auroc() const {
    std::size_t twice_wins = 0;
    std::size_t normals_below = normal_count_;
    for_each([&](double, std::size_t normals, std::size_t anomalies) {
      normals_below -= normals;
      twice_wins += anomalies * (2 * normals_below + normals);
    });
    return static_cast<double>(twice_wins) /
           (2.0 * static_cast<double>(normal_count_) * static_cast<double>(anomalous_count_));
  }

  /// As stats::best_cut.
  template <stats::CutObjective Objective>
  [[nodiscard]] stats::BestCut<double> best(const Objective& objective) const {
    stats::detail::BestCutSearch<double, Objective> search(objective);
    Counts counts;
    for_each([&](double cut, std::size_t normals, std::size_t anomalies) {
      search.try_cut(cut, counts.caught += anomalies, counts.false_alarms += normals);
    });
    stats::BestCut<double> best = search.best();
    const double limit = best.flags_nothing ? std::numeric_limits<double>::infinity() : best.cut;
    for_each([&best, limit](double cut, std::size_t, std::size_t) {
      if (cut < limit) best.below = std::max(best.below, cut);
    });
    return best;
  }

  /// The lowest and the highest of the neighbouring cuts around `best` that lose no more than the share `loss` of its
  /// value; the highest is +inf when flagging nothing is one of them.
  template <stats::CutObjective Objective>
  [[nodiscard]] stats::Interval near_optimal(const Objective& objective, const stats::BestCut<double>& best,
                                             double loss) const {
    const double bar = best.merit.value - loss * std::abs(best.merit.value);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double place = best.flags_nothing ? infinity : best.cut;
    stats::Interval run{infinity, infinity};
    bool inside = objective(0, 0).value >= bar;
    bool done = false;
    Counts counts;
    for_each([&](double cut, std::size_t normals, std::size_t anomalies) {
      counts.caught += anomalies;
      counts.false_alarms += normals;
      if (done) return;
      if (cut != best.cut && !(objective(counts.caught, counts.false_alarms).value >= bar)) {
        done = inside && run.lower <= place && place <= run.upper;
        inside = false;
        return;
      }
      if (!inside) run.upper = cut;
      run.lower = cut;
      inside = true;
    });
    return run;
  }

  /// The lowest cut that flags at most this share of the normal scores; nothing when each flags more.
  [[nodiscard]] std::optional<double> lowest_within(double false_alarm_rate) const {
    std::optional<double> lowest;
    std::size_t false_alarms = 0;
    for_each([&](double cut, std::size_t normals, std::size_t) {
      false_alarms += normals;
      if (static_cast<double>(false_alarms) / static_cast<double>(normal_count_) <= false_alarm_rate) lowest = cut;
    });
    return lowest;
  }

  /// The normal score that has `above` others above it or equal to it; the lowest where there are not as many.
  [[nodiscard]] double normal_below(std::size_t above) const {
    std::size_t seen = 0;
    double score = std::numeric_limits<double>::infinity();
    for_each([&](double cut, std::size_t normals, std::size_t) {
      if (normals > 0 && seen <= above) score = cut;
      seen += normals;
    });
    return score;
  }

  /// About a hundred cuts, spread evenly over the mean of recall and false-alarm rate, and `best` among them.
  template <stats::CutObjective Objective>
  [[nodiscard]] std::vector<CurvePoint> curve(const Objective& objective, const stats::BestCut<double>& best,
                                              double sign) const {
    constexpr double points = 100;
    std::vector<CurvePoint> curve;
    Counts counts;
    double next = 0;
    for_each([&](double cut, std::size_t normals, std::size_t anomalies) {
      counts.caught += anomalies;
      counts.false_alarms += normals;
      const double rate = static_cast<double>(counts.false_alarms) / static_cast<double>(normal_count_);
      const double recall = static_cast<double>(counts.caught) / static_cast<double>(anomalous_count_);
      const double progress = points * (rate + recall) / 2;
      const bool is_best = !best.flags_nothing && cut == best.cut;
      if (progress < next && !is_best) return;
      const double value = objective(counts.caught, counts.false_alarms).value;
      const bool allowed = std::isfinite(value);
      curve.push_back({cut, allowed ? sign * value : std::numeric_limits<double>::quiet_NaN(), rate, recall});
      next = std::max(next, std::floor(progress) + 1);
    });
    return curve;
  }

 private:
  struct Step {
    double cut;
    std::size_t normals;
    std::size_t anomalies;
  };

  std::size_t normal_count_;
  std::size_t anomalous_count_;
  std::vector<double> normals_;    ///< ascending
  std::vector<double> anomalies_;  ///< ascending
  std::vector<Step> steps_;        ///< descending, instead of the two
};

}  // namespace plimsoll
