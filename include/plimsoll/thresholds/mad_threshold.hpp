// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Parameters of MadThreshold.
struct MadParameters {
  double k = 3;     ///< robust standard deviations above the median; finite
  double trim = 0;  ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const MadParameters&, const MadParameters&) = default;
};

/// median + k MAD / 0.6745 of the normal scores, MAD the median absolute deviation from the median, divided by
/// the normal distribution's 0.75 quantile so that it estimates a standard deviation (Hampel 1974, JASA 69).
/// Up to half of the scores may be bad. Promises nothing. Keeps every score; compute is O(n).
/// Status too_few_scores with n < 2, no_spread when more than half of the scores are equal.
class MadThreshold : public Estimator<MadThreshold, MadParameters, Sample> {
 public:
  explicit MadThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  /// The 0.75 quantile of the standard normal distribution.
  static constexpr double normal_quartile = 0.67448975019608174;

  static const ParameterTable<Parameters>& table() {
    static const auto rows =
        parameter_table<Parameters>("mad", {number<Parameters>(
                                               "k", [](auto& p) -> auto& { return p.k; }, Range::finite(),
                                               "robust standard deviations (MAD / 0.6745) above the median")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"mad",
                                   "median + k robust standard deviations of the normal scores",
                                   "more than half of the scores normal and roughly symmetric; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::size_t n = state.size();
    Fit fit = begin_fit(n);
    if (n < 2) return failed(std::move(fit), FitStatus::too_few_scores, "a spread needs 2 normal scores");
    const double median = state.visit([](auto scores) { return stats::quantile(scores, 0.5); });
    const double deviation = state.visit([&](auto scores) {
      std::vector<double> deviations;
      deviations.reserve(scores.size());
      for (const auto score : scores) deviations.push_back(std::abs(static_cast<double>(score) - median));
      return stats::quantile(std::span<const double>(deviations), 0.5);
    });
    if (!(deviation > 0)) {
      return failed(std::move(fit), FitStatus::no_spread, "more than half of the normal scores equal their median");
    }
    return with_cutoff(std::move(fit), median + parameters().k * (deviation / normal_quartile));
  }
};

static_assert(Threshold<MadThreshold>);

}  // namespace plimsoll
