// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/thresholds/estimator.hpp"

namespace plimsoll {

/// Parameters of MaximumThreshold.
struct MaximumParameters {
  double trim = 0;  ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const MaximumParameters&, const MaximumParameters&) = default;
};

namespace detail {
/// How many scores there were, and the largest.
class RunningMaximum {
 public:
  template <typename T>
  void append(std::span<const T> scores) {
    if (scores.empty()) return;
    T most = scores[0];
    for (const T score : scores) most = score > most ? score : most;
    maximum_ = std::max(maximum_, static_cast<double>(most));
    count_ += scores.size();
  }
  void merge(const RunningMaximum& other) {
    count_ = sum_of_counts(count_, other.count_);
    maximum_ = std::max(maximum_, other.maximum_);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] double maximum() const noexcept { return maximum_; }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.count_);
    archive(self.maximum_);
  }
  [[nodiscard]] bool restored() const noexcept {
    if (count_ > most_count) return false;
    return count_ == 0 ? maximum_ == -std::numeric_limits<double>::infinity() : is_finite(maximum_);
  }

 private:
  std::size_t count_ = 0;
  double maximum_ = -std::numeric_limits<double>::infinity();
};
}  // namespace detail

/// The next number above the largest normal score, so that no calibration score is flagged: what anomalib decides
/// by when it was given no anomalies (it takes the maximum and flags what is above). There to compare with: it
/// grows with the number of scores, and one bad score sets it. The rate 1 / (n + 1) holds on average.
/// Fixed memory, one pass. Status too_few_scores with n = 0.
class MaximumThreshold : public Estimator<MaximumThreshold, MaximumParameters, detail::RunningMaximum> {
 public:
  explicit MaximumThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>("maximum", {});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"maximum",
                                   "just above the largest normal score, as anomalib without anomalies",
                                   "not one bad score among the normals; there to compare with",
                                   false,
                                   Invariance::rank,
                                   Guarantee::distribution_free,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const detail::RunningMaximum& state) const {
    const std::size_t n = state.count();
    Fit fit = begin_fit(n);
    const double rate = 1.0 / (static_cast<double>(n) + 1.0);
    describe_promise(fit, n, 1, n > 0 ? rate : Promise::unset);
    if (n == 0) return failed(std::move(fit), FitStatus::too_few_scores, "there is no normal score");
    return promised(with_cutoff_above(std::move(fit), state.maximum()), rate, std::nullopt);
  }
};

static_assert(Threshold<MaximumThreshold>);

}  // namespace plimsoll
