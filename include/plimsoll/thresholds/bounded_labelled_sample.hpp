// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "plimsoll/core/label.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/score_histogram.hpp"
#include "plimsoll/thresholds/labelled_sample.hpp"

namespace plimsoll {

/// Labelled scores in bounded memory: every score while there are no more than a limit, and from then on a
/// stats::ScoreHistogram of all of them. Which of the two it is depends on the number of scores alone, and the
/// histogram not on how they came, so order and shards make no difference. Whatever throws leaves it as it was.
class BoundedLabelledSample {
 public:
  /// So many scores, 200 MB of floats, are kept by default.
  static constexpr std::size_t default_limit = 50'000'000;

  /// Keeps so many scores at most.
  explicit BoundedLabelledSample(std::size_t exact_limit = default_limit) noexcept : exact_limit_{exact_limit} {}

  /// `labels` is one Label for all, or a byte for each, 0 or 1. No score is NaN.
  template <std::floating_point T, typename LabelOrBytes>
  void append(std::span<const T> scores, const LabelOrBytes& labels) {
    if (exact() && scores.size() <= exact_limit_ && size() <= exact_limit_ - scores.size()) {
      exact_.append(scores, labels);
      return;
    }
    if (!exact()) {
      add(histogram_, scores, labels);
      return;
    }
    stats::ScoreHistogram all = to_histogram();
    add(all, scores, labels);
    become(std::move(all));
  }

  /// The other has the same limit.
  void merge(const BoundedLabelledSample& other) {
    if (exact() && other.exact() && size() <= exact_limit_ && other.size() <= exact_limit_ - size()) {
      exact_.merge(other.exact_);
      return;
    }
    stats::ScoreHistogram all = to_histogram();
    all.merge(other.to_histogram());
    become(std::move(all));
  }

  /// Normal scores that were added.
  [[nodiscard]] std::size_t normal_count() const noexcept { return exact_.normal_count() + histogram_.normal_count(); }
  /// Anomalous scores that were added.
  [[nodiscard]] std::size_t anomalous_count() const noexcept {
    return exact_.anomalous_count() + histogram_.anomalous_count();
  }
  /// Scores that were added.
  [[nodiscard]] std::size_t size() const noexcept { return normal_count() + anomalous_count(); }
  /// As given to the constructor.
  [[nodiscard]] std::size_t exact_limit() const noexcept { return exact_limit_; }

  /// Whether every score is kept.
  [[nodiscard]] bool exact() const noexcept { return histogram_.normal_count() + histogram_.anomalous_count() == 0; }

  /// Calls `function` once with the best cut, a stats::BestCut of float or double: of all cuts while `exact()`, else of
  /// those between buckets.
  template <stats::CutObjective Objective, typename Function>
  void visit_best_cut(const Objective& objective, Function&& function) const {
    if (exact()) {
      exact_.visit([&](auto normal, auto anomalous) { function(stats::best_cut(normal, anomalous, objective)); });
    } else {
      function(histogram_.best_cut(objective));
    }
  }

  /// Calls `function(normal, anomalous)` as LabelledSample::visit does, while `exact()`.
  template <typename Function>
  decltype(auto) visit(Function&& function) const {
    return exact_.visit(std::forward<Function>(function));
  }

  /// All scores in buckets, unless `exact()`.
  [[nodiscard]] const stats::ScoreHistogram& histogram() const noexcept { return histogram_; }

  /// The least and the largest score with this label, of which there is one.
  [[nodiscard]] stats::Extent<double> extent(Label label) const {
    const bool anomalous = label == Label::anomalous;
    if (!exact()) return anomalous ? histogram_.anomalous_extent() : histogram_.normal_extent();
    return exact_.visit([&](auto normals, auto anomalies) {
      const auto range = stats::extent(anomalous ? anomalies : normals);
      return stats::Extent<double>{static_cast<double>(range.least), static_cast<double>(range.most)};
    });
  }

  /// For snapshots. What is read keeps its own limit.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.exact_);
    archive(self.histogram_);
  }
  /// Whether what exchange() read may be such a sample.
  [[nodiscard]] bool restored() const noexcept {
    const std::size_t kept = exact_.normal_count() + exact_.anomalous_count();
    if (exact()) return kept <= exact_limit_;
    const auto is_bounded = [](std::size_t count, const stats::Extent<double>& range) {
      return count == 0 || (is_finite(range.least) && is_finite(range.most));
    };
    return kept == 0 && is_bounded(histogram_.normal_count(), histogram_.normal_extent()) &&
           is_bounded(histogram_.anomalous_count(), histogram_.anomalous_extent());
  }

 private:
  template <typename T>
  static void add(stats::ScoreHistogram& histogram, std::span<const T> scores, Label label) {
    histogram.add(scores, label == Label::anomalous);
  }
  template <typename T>
  static void add(stats::ScoreHistogram& histogram, std::span<const T> scores, std::span<const std::uint8_t> labels) {
    histogram.add(scores, labels);
  }

  [[nodiscard]] stats::ScoreHistogram to_histogram() const {
    if (!exact()) return histogram_;
    stats::ScoreHistogram histogram;
    exact_.visit([&](auto normal, auto anomalous) {
      histogram.add(normal, false);
      histogram.add(anomalous, true);
    });
    return histogram;
  }

  void become(stats::ScoreHistogram&& histogram) {
    histogram_ = std::move(histogram);
    exact_ = LabelledSample{};
  }

  std::size_t exact_limit_;
  LabelledSample exact_;
  stats::ScoreHistogram histogram_;  ///< of all scores, or of none: one of the two is empty
};

}  // namespace plimsoll
