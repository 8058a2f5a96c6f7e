// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/quantile_deviation.hpp"
#include "plimsoll/thresholds/block_estimator.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Parameters of GumbelThreshold.
struct GumbelParameters {
  double false_alarm_rate = 0.05;                        ///< the share of normal scores to flag; in (0, 1)
  BlockEstimator estimator = BlockEstimator::l_moments;  ///< how location and scale are estimated
  double trim = 0;  ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const GumbelParameters&, const GumbelParameters&) = default;
};

/// The upper quantile of a Gumbel distribution fitted to the normal scores. Two parameters for all scores: steady from
/// a handful of normals on, and wrong where the scores' tail is not exponential. Cutoff mu - sigma log(-log(1 - rate)).
/// Interval by the delta method. Keeps every score; compute sorts. Status too_few_scores with n < 2, no_spread when
/// all are equal.
class GumbelThreshold : public Estimator<GumbelThreshold, GumbelParameters, Sample> {
 public:
  explicit GumbelThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "gumbel", {number<Parameters>(
                       "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                       "the share of normal scores to flag, by the fitted distribution"),
                   detail::block_estimator_row<Parameters>()});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"gumbel",
                                   "the upper quantile of a Gumbel distribution fitted to the normal scores",
                                   "scores that look like maxima: skewed, with an exponential tail",
                                   false,
                                   Invariance::affine,
                                   Guarantee::model_based,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    Fit fit = begin_fit(sorted.size());
    const bool by_moments = parameters().estimator == BlockEstimator::l_moments;
    const stats::Estimate<stats::Gumbel> estimate =
        by_moments ? stats::gumbel_l_moments(sorted) : stats::gumbel_mle(sorted);
    if (!estimate.ok()) return not_estimated(std::move(fit), "Gumbel distribution", estimate.status, 2);
    const stats::Gumbel& gumbel = estimate.family;
    fit.estimates = {{"mu", gumbel.mu}, {"sigma", gumbel.sigma}};
    const double rate = parameters().false_alarm_rate;
    const double cutoff = gumbel.upper_quantile(rate);
    const double deviation = by_moments ? stats::quantile_deviation_by_l_moments(gumbel, rate, sorted.size())
                                        : stats::quantile_deviation(gumbel, rate, sorted.size());
    return with_interval(by_model(std::move(fit), cutoff, rate),
                         stats::normal_interval(cutoff, deviation, interval_confidence), "delta method");
  }
};

static_assert(Threshold<GumbelThreshold>);

}  // namespace plimsoll
