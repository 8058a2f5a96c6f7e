// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/thresholds/estimator.hpp"

namespace plimsoll {

/// Parameters of ManualThreshold.
struct ManualParameters {
  double value = 0.5;  ///< the cutoff, in the scores' own unit; finite
  InputPolicy input{};
  friend bool operator==(const ManualParameters&, const ManualParameters&) = default;
};

namespace detail {
/// How many scores of each label there were.
class LabelCounts {
 public:
  template <typename T>
  void append(std::span<const T> scores, Label label) noexcept {
    (label == Label::anomalous ? anomalous_ : normal_) += scores.size();
  }
  template <typename T>
  void append(std::span<const T> scores, std::span<const std::uint8_t> labels) noexcept {
    std::size_t anomalous = 0;
    for (const std::uint8_t label : labels) anomalous += label;
    anomalous_ += anomalous;
    normal_ += scores.size() - anomalous;
  }
  void merge(const LabelCounts& other) {
    const std::size_t normal = sum_of_counts(normal_, other.normal_);
    anomalous_ = sum_of_counts(anomalous_, other.anomalous_);
    normal_ = normal;
  }
  [[nodiscard]] std::size_t normal() const noexcept { return normal_; }
  [[nodiscard]] std::size_t anomalous() const noexcept { return anomalous_; }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.normal_);
    archive(self.anomalous_);
  }
  [[nodiscard]] bool restored() const noexcept { return normal_ <= most_count && anomalous_ <= most_count; }

 private:
  std::size_t normal_ = 0;
  std::size_t anomalous_ = 0;
};
}  // namespace detail

/// The cutoff that the user says. Takes any finite scores and labels, and counts them.
class ManualThreshold : public Estimator<ManualThreshold, ManualParameters, detail::LabelCounts> {
 public:
  explicit ManualThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows =
        parameter_table<Parameters>("manual", {number<Parameters>(
                                                  "value", [](auto& p) -> auto& { return p.value; }, Range::finite(),
                                                  "the cutoff, in the scores' own unit")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{
        "manual",       "the cutoff that you say", "you know the line; finite scores are counted, no more",
        false,          Invariance::none,          Guarantee::none,
        table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const detail::LabelCounts& state) const {
    Fit fit = begin_fit(state.normal(), state.anomalous());
    fit.cutoff = Cutoff{parameters().value};
    return fit;
  }
};

static_assert(Threshold<ManualThreshold>);

}  // namespace plimsoll
