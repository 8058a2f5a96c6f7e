// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/gpd_interval.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/exceedances.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Parameters of TailThreshold.
struct TailParameters {
  double false_alarm_rate = 0.05;  ///< the share of normal scores to flag; in (0, 1)
  double tail_share = 0.25;        ///< the share of the scores that the tail is fitted to; in (0, 1)
  double trim = 0;                 ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const TailParameters&, const TailParameters&) = default;
};

/// The mean of two estimates of the same upper quantile: one by a generalised Pareto tail (probability-weighted
/// moments, over the largest quarter of the scores), which follows the tail but is unsteady; one by a Gumbel
/// distribution (L-moments, over all scores), which is steady but stiff. The default for one score an image: on 594
/// real score sets no rule on normal scores alone had less regret.
///
/// Gumbel alone with fewer than 20 scores, or when the tail has no spread; the note says so. Where false_alarm_rate is
/// above the share of scores in the tail the Pareto part is the empirical quantile. Keeps every score; compute sorts.
/// Status too_few_scores with n < 2, no_spread when all scores are equal. No interval of its own: bootstrap_interval.
class TailThreshold : public Estimator<TailThreshold, TailParameters, Sample> {
 public:
  /// Below this the tail is not fitted: a quarter of fewer scores has under 5.
  static constexpr std::size_t fewest_for_tail = 20;

  explicit TailThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "tail", {number<Parameters>(
                     "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                     "the share of normal scores to flag, by the fitted distributions"),
                 number<Parameters>(
                     "tail_share", [](auto& p) -> auto& { return p.tail_share; }, Range::open(0, 1),
                     "the share of the normal scores, the largest, that the tail is fitted to")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"tail",
                                   "mean of a generalised Pareto tail's quantile and a Gumbel distribution's",
                                   "one score an image, normals from a skewed, smooth distribution",
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
    const std::size_t n = sorted.size();
    const double rate = parameters().false_alarm_rate;
    Fit fit = begin_fit(n);
    const stats::Estimate<stats::Gumbel> body = stats::gumbel_l_moments(sorted);
    if (!body.ok()) return not_estimated(std::move(fit), "Gumbel distribution", body.status, 2);
    fit.estimates = {{"gumbel_mu", body.family.mu}, {"gumbel_sigma", body.family.sigma}};
    double cutoff = body.family.upper_quantile(rate);
    if (n < fewest_for_tail) {
      add_note(fit, "the tail is fitted from " + std::to_string(fewest_for_tail) +
                        " normal scores on, so this is the Gumbel distribution's quantile alone");
      return by_model(std::move(fit), cutoff, rate);
    }
    const Exceedances tail = exceedances_above_share(sorted, parameters().tail_share);
    if (rate > tail.share) {
      cutoff = cutoff / 2 + stats::quantile(std::span<const double>(sorted), 1 - rate) / 2;
      return by_model(std::move(fit), cutoff, rate);
    }
    const stats::Estimate<stats::Gpd> gpd = stats::gpd_pwm(tail.values);
    if (!gpd.ok()) {
      add_note(fit, "the tail above the " + detail::shortest(1 - parameters().tail_share) +
                        " quantile has no estimate (" + std::string(to_string(gpd.status)) +
                        "), so this is the Gumbel distribution's quantile alone");
      return by_model(std::move(fit), cutoff, rate);
    }
    describe_tail(fit, tail, gpd.family);
    cutoff = cutoff / 2 + stats::gpd_upper_quantile(tail.start, gpd.family, tail.share, rate) / 2;
    return by_model(std::move(fit), cutoff, rate);
  }
};

static_assert(Threshold<TailThreshold>);

}  // namespace plimsoll
