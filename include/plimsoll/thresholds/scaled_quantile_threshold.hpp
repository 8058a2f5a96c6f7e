// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Parameters of ScaledQuantileThreshold.
struct ScaledQuantileParameters {
  double level = 0.95;    ///< the quantile's level; in [0, 1]
  double factor = 1.421;  ///< what it is multiplied by; above 0
  double trim = 0;        ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const ScaledQuantileParameters&, const ScaledQuantileParameters&) = default;
};

/// A quantile of the normal scores times a factor: 1.421 times the 0.95 quantile is SuperADD's rule. Only for
/// scores that are distances, so that zero means "no different": it moves when scores are shifted, squared or
/// logarithmed. Quantile by stats::quantile. Promises nothing. Keeps every score; compute is O(n).
/// Status too_few_scores with n = 0, not_applicable when a score is negative or the scaled quantile is 0.
class ScaledQuantileThreshold : public Estimator<ScaledQuantileThreshold, ScaledQuantileParameters, Sample> {
 public:
  explicit ScaledQuantileThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "scaled_quantile", {number<Parameters>(
                                "level", [](auto& p) -> auto& { return p.level; }, Range::closed(0, 1),
                                "the level of the quantile that is scaled"),
                            number<Parameters>(
                                "factor", [](auto& p) -> auto& { return p.factor; }, Range::above(0),
                                "what the quantile is multiplied by")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"scaled_quantile",
                                   "a quantile of the normal scores times a factor (SuperADD: 1.421 x q.95)",
                                   "scores are distances, zero meaning no difference; no promise",
                                   false,
                                   Invariance::scale,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::size_t n = state.size();
    Fit fit = begin_fit(n);
    if (n == 0) return failed(std::move(fit), FitStatus::too_few_scores, "there is no normal score");
    const double least = state.visit([](auto scores) { return static_cast<double>(stats::extent(scores).least); });
    if (least < 0) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "a normal score is negative, and the rule is for distances, which are not");
    }
    const double quantile = state.visit([&](auto scores) { return stats::quantile(scores, parameters().level); });
    const double cutoff = parameters().factor * quantile;
    if (!(cutoff > 0)) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "the scaled quantile is 0, by which every score is anomalous");
    }
    return with_cutoff(std::move(fit), cutoff);
  }
};

static_assert(Threshold<ScaledQuantileThreshold>);

}  // namespace plimsoll
