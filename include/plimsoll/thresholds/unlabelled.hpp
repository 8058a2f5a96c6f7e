// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/score_type.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

namespace detail {

/// Whether a score of this type can be `value`.
[[nodiscard]] inline bool holds(ScoreType type, double value) noexcept {
  if (type == ScoreType::float64) return true;
  if (type == ScoreType::float32) return static_cast<double>(static_cast<float>(value)) == value;
  // binary16: 11 bits, the last of them 2^-24 or more.
  int exponent = 0;
  std::frexp(value, &exponent);
  const double units = std::ldexp(value, std::min(11 - exponent, 24));
  return std::abs(value) <= 65504 && units == std::floor(units);
}

}  // namespace detail

/// What the methods share that learn from scores without labels, of which some are anomalous and nobody knows which.
/// They promise nothing, keep every score and have no `trim`: a large score is what they look for. The estimate
/// `flagged` is the share of the scores at hand that the cutoff calls anomalous.
template <typename Derived, typename Parameters>
class UnlabelledEstimator : public Estimator<Derived, Parameters, Sample> {
  using Base = Estimator<Derived, Parameters, Sample>;

 protected:
  using Base::Base;

  /// Whether there are fewer scores than that, or all are equal; then the fit has failed. `what` needs them.
  static bool lacks(Fit& fit, std::span<const double> sorted, std::size_t fewest, const std::string& what) {
    if (sorted.size() < fewest) {
      fit = Base::failed(
          std::move(fit), FitStatus::too_few_scores,
          what + " needs " + std::to_string(fewest) + " scores, there are " + std::to_string(sorted.size()));
      return true;
    }
    if (sorted.front() < sorted.back()) return false;
    fit = Base::failed(std::move(fit), FitStatus::no_spread, "the scores are all equal");
    return true;
  }

  /// The fit whose cutoff flags what lies above `level`, which need not be a number of the scores' type.
  [[nodiscard]] static Fit flagging_above(Fit fit, double level, std::span<const double> sorted) {
    const bool is_score = detail::holds(fit.score_type, level);
    return flagging(
        is_score ? Base::with_cutoff_above(std::move(fit), level) : Base::with_cutoff(std::move(fit), level), sorted);
  }

  /// The fit whose cutoff flags `level` and what lies above.
  [[nodiscard]] static Fit flagging_from(Fit fit, double level, std::span<const double> sorted) {
    return flagging(Base::with_cutoff(std::move(fit), level), sorted);
  }

 private:
  [[nodiscard]] static Fit flagging(Fit fit, std::span<const double> sorted) {
    if (!fit.ok()) return fit;
    const auto first = std::ranges::partition_point(sorted, [&](double score) { return !fit.cutoff(score); });
    fit.estimates["flagged"] =
        static_cast<double>(std::ranges::distance(first, sorted.end())) / static_cast<double>(sorted.size());
    return fit;
  }
};

}  // namespace plimsoll
