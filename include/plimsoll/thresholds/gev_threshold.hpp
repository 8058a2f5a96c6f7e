// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/gev_fit.hpp"
#include "plimsoll/stats/gev_interval.hpp"
#include "plimsoll/thresholds/block_estimator.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Parameters of GevThreshold.
struct GevParameters {
  double false_alarm_rate = 0.05;  ///< the share of normal images (or other blocks) to flag; in (0, 1)
  BlockEstimator estimator = BlockEstimator::l_moments;  ///< how location, scale and shape are estimated
  double trim = 0;  ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  /// Maps count for their maximum: the image is the block.
  InputPolicy input{.map_reduction = MapReduction::maximum};
  friend bool operator==(const GevParameters&, const GevParameters&) = default;
};

/// The upper quantile of a generalised extreme value distribution fitted to block maxima. For score maps the block is
/// the image: the cutoff is the level that a share false_alarm_rate of normal images reaches anywhere. Scores that are
/// not maps count as maxima already (stats::block_maxima makes them of a series).
///
/// With L-moments it is usable from 10 images on and was the steadiest rule for masks on four real sets (at a rate of
/// 0.3 there, much more than an image decision wants). Interval by the profile likelihood with estimator
/// maximum_likelihood; none with L-moments: bootstrap_interval. Keeps every score; compute sorts. Status too_few_scores
/// with n < 3, no_spread when all are equal, not_converged when the likelihood has no maximum.
class GevThreshold : public Estimator<GevThreshold, GevParameters, Sample> {
 public:
  explicit GevThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "gev", {number<Parameters>(
                    "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                    "the share of normal images (or other blocks) to flag, by the fitted distribution"),
                detail::block_estimator_row<Parameters>()});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"gev",
                                   "the upper quantile of an extreme value distribution fitted to maxima of images",
                                   "scores that are maxima of many, such as those of score maps",
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
    const stats::Estimate<stats::Gev> estimate = by_moments ? stats::gev_l_moments(sorted) : stats::gev_mle(sorted);
    if (by_moments && estimate.status == stats::EstimateStatus::out_of_support) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "no extreme value distribution is as skewed as these scores, nearly all of which are equal");
    }
    if (!estimate.ok()) return not_estimated(std::move(fit), "extreme value distribution", estimate.status, 3);
    const stats::Gev& gev = estimate.family;
    fit.estimates = {{"mu", gev.mu}, {"sigma", gev.sigma}, {"xi", gev.xi}};
    const double rate = parameters().false_alarm_rate;
    fit = by_model(std::move(fit), gev.upper_quantile(rate), rate);
    if (by_moments) return fit;
    const stats::ProfileInterval interval = stats::gev_level_profile(sorted, estimate, rate, interval_confidence);
    return interval.ok() ? with_interval(std::move(fit), interval.interval, "profile likelihood") : fit;
  }
};

static_assert(Threshold<GevThreshold>);

}  // namespace plimsoll
