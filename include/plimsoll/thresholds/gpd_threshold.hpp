// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/forward_stop.hpp"
#include "plimsoll/stats/goodness_of_fit.hpp"
#include "plimsoll/stats/gpd_bound.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/gpd_interval.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/exceedances.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Where the tail starts.
enum class TailStart : std::uint8_t {
  fixed,      ///< at the quantile with tail_share above it
  automatic,  ///< at the lowest of some quantiles above which the tail looks like a generalised Pareto distribution
};

/// How the tail's distribution is estimated.
enum class TailEstimator : std::uint8_t {
  maximum_likelihood,            ///< stats::gpd_mle; the only one with a bound
  probability_weighted_moments,  ///< stats::gpd_pwm
  moments,                       ///< stats::gpd_moments
  zhang_stephens,                ///< stats::gpd_zhang_stephens
};

/// What bounds the cutoff from above, when a confidence is asked for.
enum class TailBound : std::uint8_t {
  profile,  ///< the profile likelihood, which knows that large levels are less certain than small ones
  delta,    ///< estimate + standard errors: faster, and too low for rates far below 1 / n
};

/// Parameters of GpdThreshold.
struct GpdParameters {
  double false_alarm_rate = 0.01;  ///< the share of normal scores to flag; in (0, 1)
  std::optional<double>
      confidence{};  ///< the cutoff is the bound with this confidence; unset: the estimate. In (0.5, 1)
  TailBound bound = TailBound::profile;  ///< which bound
  TailStart start = TailStart::fixed;    ///< where the tail starts
  double tail_share = 0.25;              ///< the share of the scores in the tail, when it is fixed; in (0, 1)
  TailEstimator estimator = TailEstimator::maximum_likelihood;  ///< how sigma and xi are estimated
  double least_p_value = 0.01;   ///< the fit is rejected when its p-value is below this; 0: it is not tested. In [0, 1)
  std::size_t replicates = 199;  ///< of the bootstraps for the p-value and for the bound; at least 19
  std::size_t seed = 1;          ///< of those bootstraps
  double trim = 0;               ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const GpdParameters&, const GpdParameters&) = default;
};

/// Peaks over threshold: the upper quantile of a generalised Pareto distribution fitted to what exceeds a high score
/// (Pickands 1975; Coles 2001, An Introduction to Statistical Modeling of Extreme Values, chapter 4). Reaches rates far
/// below 1 / n, and says how uncertain that is: the cutoff is the estimate, or with a confidence its upper bound.
///
/// Cutoff: start + Gpd upper quantile of rate / (share of scores above the start). A rate that is not below that share
/// needs no tail: the cutoff is then the empirical quantile (with a confidence its order statistic), and the note says
/// so. Where the likelihood has no maximum the estimate is that of Zhang and Stephens, and the note says so. The
/// fit is tested against a parametric bootstrap (Anderson-Darling) and rejected when the tail does not look like it.
///
/// start = automatic tests the tails of 50 to 5 % of the scores and drops from the widest on as many as ForwardStop
/// rejects at 5 % (Bader, Yan and Zhang 2018, Annals of Applied Statistics 12, 310-329).
///
/// Interval by the profile likelihood, for estimator = mle. Keeps every score; compute sorts, and takes some ten
/// milliseconds for the bootstraps (some seconds with an automatic start).
/// Status too_few_scores under 10 scores in the tail, no_spread when those are all equal, fit_rejected,
/// not_converged when a bound is asked for that the scores cannot give.
class GpdThreshold : public Estimator<GpdThreshold, GpdParameters, Sample> {
 public:
  /// Fewer exceedances are not fitted: the standard error of xi, (1 + xi) / sqrt(exceedances), would be above 0.3.
  static constexpr std::size_t fewest_exceedances = 10;

  /// Throws ParameterError for a parameter out of its range, and for a confidence with an estimator that has no bound.
  explicit GpdThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    if (this->parameters().confidence && this->parameters().estimator != TailEstimator::maximum_likelihood) {
      throw ParameterError("gpd: estimator = " + to_string(parameter_values().at("estimator")) +
                           " gives no bound; with a confidence it must be mle");
    }
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "gpd", {number<Parameters>(
                    "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                    "the share of normal scores to flag, by the fitted tail"),
                number<Parameters>(
                    "confidence", [](auto& p) -> auto& { return p.confidence; }, Range::open(0.5, 1),
                    "probability that the rate is kept if the tail is of this kind; unset: the estimate"),
                choice<Parameters>(
                    "bound", [](auto& p) -> auto& { return p.bound; },
                    {{TailBound::profile, "profile"}, {TailBound::delta, "delta"}},
                    "with a confidence: the bound by the profile likelihood, or by standard errors"),
                choice<Parameters>(
                    "start", [](auto& p) -> auto& { return p.start; },
                    {{TailStart::fixed, "fixed"}, {TailStart::automatic, "automatic"}},
                    "where the tail starts: at tail_share, or where it begins to look like one"),
                number<Parameters>(
                    "tail_share", [](auto& p) -> auto& { return p.tail_share; }, Range::open(0, 1),
                    "the share of the normal scores, the largest, that the tail is fitted to"),
                choice<Parameters>(
                    "estimator", [](auto& p) -> auto& { return p.estimator; },
                    {{TailEstimator::maximum_likelihood, "mle"},
                     {TailEstimator::probability_weighted_moments, "pwm"},
                     {TailEstimator::moments, "moments"},
                     {TailEstimator::zhang_stephens, "zhang_stephens"}},
                    "how the tail is fitted"),
                number<Parameters>(
                    "least_p_value", [](auto& p) -> auto& { return p.least_p_value; }, Range{0, 1, true, false},
                    "a fit with a p-value below this is rejected; 0 does not test"),
                number<Parameters>(
                    "replicates", [](auto& p) -> auto& { return p.replicates; }, Range::closed(19, 100000),
                    "bootstrap samples for the p-value, and for the bound"),
                number<Parameters>(
                    "seed", [](auto& p) -> auto& { return p.seed; }, Range::from(0), "seed of the bootstraps")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"gpd",
                                   "a generalised Pareto tail, extrapolated to a false-alarm rate or its upper bound",
                                   "independent normal scores with a smooth tail, which is tested",
                                   false,
                                   Invariance::affine,
                                   Guarantee::model_based,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  /// The tails that an automatic start chooses among.
  static constexpr std::array shares{0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.075, 0.05};
  /// Of the rejected tails, the expected share that is good.
  static constexpr double start_level = 0.05;

  /// Where the likelihood has no maximum, by Zhang and Stephens, which always has an estimate; so in the bootstrap too.
  [[nodiscard]] stats::Estimate<stats::Gpd> estimate(std::span<const double> exceedances) const {
    switch (parameters().estimator) {
      case TailEstimator::probability_weighted_moments: return stats::gpd_pwm(exceedances);
      case TailEstimator::moments: return stats::gpd_moments(exceedances);
      case TailEstimator::zhang_stephens: return stats::gpd_zhang_stephens(exceedances);
      default: break;
    }
    const stats::Estimate<stats::Gpd> mle = stats::gpd_mle(exceedances);
    return mle.status == stats::EstimateStatus::unbounded ? stats::gpd_zhang_stephens(exceedances) : mle;
  }

  [[nodiscard]] GoodnessOfFit test(std::span<const double> exceedances, const stats::Gpd& gpd) const {
    const auto goodness = stats::bootstrap_goodness(
        exceedances, gpd, [this](std::span<const double> sample) { return estimate(sample); },
        stats::GoodnessStatistic::anderson_darling, parameters().replicates, parameters().seed);
    return {"anderson_darling", goodness.statistic, goodness.p_value};
  }

  /// The widest of the tails that ForwardStop does not reject; nothing when it rejects all of them.
  [[nodiscard]] std::optional<double> automatic_share(std::span<const double> sorted) const {
    std::vector<double> tested;
    std::vector<double> p_values;
    for (const double share : shares) {
      const Exceedances tail = exceedances_above_share(sorted, share);
      if (tail.values.size() < fewest_exceedances) break;
      const auto gpd = estimate(tail.values);
      tested.push_back(share);
      p_values.push_back(gpd.ok() ? test(tail.values, gpd.family).p_value : 0.0);
    }
    if (tested.empty()) return shares.front();  // too few scores whatever the share
    const std::size_t rejected = stats::forward_stop(p_values, start_level);
    if (rejected == tested.size()) return std::nullopt;
    return tested[rejected];
  }

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    const std::size_t n = sorted.size();
    Fit fit = begin_fit(n);
    double share = parameters().tail_share;
    if (parameters().start == TailStart::automatic && n > 0) {
      const auto chosen = automatic_share(sorted);
      if (!chosen) {
        return failed(std::move(fit), FitStatus::fit_rejected,
                      "no tail of 50 to 5 % of the scores looks like a generalised Pareto distribution");
      }
      share = *chosen;
      add_note(fit, "the tail has " + detail::percent(share, true) + " % of the scores");
    }
    // Beyond integers where the share is tiny.
    const double needed = std::ceil(static_cast<double>(fewest_exceedances) / share);
    if (static_cast<double>(n) < needed) {
      return failed(std::move(fit), FitStatus::too_few_scores,
                    "a tail of " + detail::percent(share, true) + " % needs " +
                        (needed < 0x1p62 ? std::to_string(static_cast<std::size_t>(needed)) : std::string("more")) +
                        " normal scores, there are " + std::to_string(n));
    }
    const Exceedances tail = exceedances_above_share(sorted, share);
    const double rate = parameters().false_alarm_rate;
    if (!(rate < tail.share)) return by_quantile(std::move(fit), sorted, tail);
    if (tail.values.size() < fewest_exceedances) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "ties leave " + std::to_string(tail.values.size()) + " scores above the tail's start, under " +
                        std::to_string(fewest_exceedances));
    }
    const stats::Estimate<stats::Gpd> gpd = estimate(tail.values);
    if (!gpd.ok()) return not_estimated(std::move(fit), "generalised Pareto tail", gpd.status, 2);
    if (parameters().estimator == TailEstimator::maximum_likelihood && !is_finite(gpd.log_likelihood)) {
      if (parameters().confidence) {
        return failed(std::move(fit), FitStatus::not_converged,
                      "the tail's likelihood has no maximum, so that there is no bound");
      }
      add_note(fit, "the tail's likelihood has no maximum, so it was fitted by the method of Zhang and Stephens");
    }
    if (gpd.log_likelihood == -std::numeric_limits<double>::infinity()) {
      add_note(fit, "the fitted tail ends below the largest score");
    }
    describe_tail(fit, tail, gpd.family);
    if (parameters().least_p_value > 0) {
      fit.goodness = test(tail.values, gpd.family);
      if (fit.goodness->p_value < parameters().least_p_value) {
        const std::string p_value = detail::shortest(fit.goodness->p_value);
        return failed(std::move(fit), FitStatus::fit_rejected,
                      "the tail does not look like a generalised Pareto distribution: p = " + p_value +
                          " is below least_p_value = " + detail::shortest(parameters().least_p_value));
      }
    }
    return by_tail(std::move(fit), sorted, tail, gpd);
  }

  [[nodiscard]] Fit by_quantile(Fit fit, std::span<const double> sorted, const Exceedances& tail) const {
    const double rate = parameters().false_alarm_rate;
    add_note(fit, "false_alarm_rate is not below the share of scores in the tail, " + detail::shortest(tail.share) +
                      ", so this is the empirical quantile");
    if (parameters().confidence) {
      const auto rank = stats::coverage_rank(sorted.size(), rate, *parameters().confidence);
      if (!rank) {
        return failed(std::move(fit), FitStatus::too_few_scores,
                      "no score is high enough to promise the rate with this confidence");
      }
      fit.promise.normals = sorted.size();
      fit = promised(with_cutoff_above(std::move(fit), sorted[*rank - 1]), rate, parameters().confidence);
    } else {
      fit = with_cutoff_above(std::move(fit), stats::quantile(sorted, 1 - rate));  // scores that are tied there pass
    }
    return with_interval(std::move(fit), stats::quantile_interval(sorted, rate, interval_confidence),
                         "order statistics");
  }

  [[nodiscard]] Fit by_tail(Fit fit, std::span<const double> sorted, const Exceedances& tail,
                            const stats::Estimate<stats::Gpd>& gpd) const {
    const double rate = parameters().false_alarm_rate;
    const stats::GpdTail fitted{tail.values, gpd, sorted.size()};
    double level = gpd.family.upper_quantile(rate / tail.share);
    if (const auto confidence = parameters().confidence) {
      fit.estimates["estimate"] = tail.start + level;
      if (parameters().bound == TailBound::profile) {
        level = stats::gpd_return_level_bound(fitted, rate, *confidence, parameters().replicates, parameters().seed);
      } else {
        const auto errors = stats::gpd_errors(tail.values, gpd.family);
        const double share_error = std::sqrt((1 - tail.share) / static_cast<double>(tail.values.size()));
        level =
            errors
                ? stats::gpd_level_delta(gpd.family, *errors, rate / tail.share, 2 * *confidence - 1, share_error).upper
                : std::numeric_limits<double>::infinity();
      }
      if (!is_finite(level)) {
        return failed(std::move(fit), FitStatus::not_converged,
                      "so few scores in the tail do not bound the level with this confidence");
      }
    }
    // The bound by standard errors holds less often than it says (78 % for 95 % at 50 exceedances), so it promises
    // none.
    const bool kept = parameters().bound == TailBound::profile;
    if (parameters().confidence && !kept) {
      add_note(fit,
               "the bound by standard errors is too low far out in the tail, so that its confidence is not promised");
    }
    fit = by_model(std::move(fit), tail.start + level, rate, kept ? parameters().confidence : std::nullopt);
    if (parameters().estimator != TailEstimator::maximum_likelihood || !is_finite(gpd.log_likelihood)) return fit;
    const stats::Interval interval = stats::gpd_return_level_interval(fitted, rate, interval_confidence);
    return with_interval(std::move(fit), {tail.start + interval.lower, tail.start + interval.upper},
                         "profile likelihood");
  }
};

static_assert(Threshold<GpdThreshold>);

}  // namespace plimsoll
