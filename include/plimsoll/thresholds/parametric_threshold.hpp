// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/goodness_of_fit.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/log_normal.hpp"
#include "plimsoll/stats/logistic.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/quantile_deviation.hpp"
#include "plimsoll/stats/weibull.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Which distribution ParametricThreshold fits.
enum class Family : std::uint8_t {
  best,        ///< of those below, the one with the least AIC
  normal,      ///< stats::Normal
  log_normal,  ///< stats::LogNormal, from `location` on
  gamma,       ///< stats::Gamma, from `location` on
  weibull,     ///< stats::Weibull, from `location` on
  logistic,    ///< stats::Logistic
  gumbel,      ///< stats::Gumbel
};

/// Parameters of ParametricThreshold.
struct ParametricParameters {
  double false_alarm_rate = 0.05;  ///< the share of normal scores to flag; in (0, 1)
  Family family = Family::best;    ///< the distribution of normal scores
  double location = 0;             ///< where log-normal, gamma and Weibull distributions begin; finite
  /// The fit is rejected when its p-value is below this; in [0, 1). 0: the fit is not tested.
  double least_p_value = 0.01;
  stats::GoodnessStatistic test = stats::GoodnessStatistic::anderson_darling;  ///< what is compared with its bootstrap
  std::size_t replicates = 199;  ///< of the bootstrap that gives the p-value; at least 19
  std::size_t seed = 1;          ///< of that bootstrap
  double trim = 0;               ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const ParametricParameters&, const ParametricParameters&) = default;
};

namespace detail {
[[nodiscard]] inline Estimates estimates_of(const stats::Normal& f) {
  return {{"mean", f.mean}, {"deviation", f.deviation}};
}
[[nodiscard]] inline Estimates estimates_of(const stats::LogNormal& f) {
  return {{"log_mean", f.log_mean}, {"log_deviation", f.log_deviation}, {"location", f.location}};
}
[[nodiscard]] inline Estimates estimates_of(const stats::Gamma& f) {
  return {{"shape", f.shape}, {"scale", f.scale}, {"location", f.location}};
}
[[nodiscard]] inline Estimates estimates_of(const stats::Weibull& f) {
  return {{"shape", f.shape}, {"scale", f.scale}, {"location", f.location}};
}
[[nodiscard]] inline Estimates estimates_of(const stats::Logistic& f) {
  return {{"location", f.location}, {"scale", f.scale}};
}
[[nodiscard]] inline Estimates estimates_of(const stats::Gumbel& f) {
  return {{"mu", f.mu}, {"sigma", f.sigma}};
}
}  // namespace detail

/// The upper quantile of a distribution fitted to all normal scores by maximum likelihood: a chosen family, or the one
/// with the least AIC (Akaike 1974, IEEE Transactions on Automatic Control 19, 716-723). The fit is tested against a
/// parametric bootstrap and rejected (status fit_rejected) when the scores do not look like it.
///
/// Interval by the delta method. Log-normal, gamma and Weibull distributions begin at `location` and are out of
/// question when a score is not above it: then `best` chooses among the others, and says so.
/// Keeps every score; compute sorts, and tests on at most stats::most_replicate_size scores a replicate. Status
/// too_few_scores with n < 2 (under 5 nothing can be told of the fit, which then is not tested), no_spread when all are
/// equal, not_applicable when a score is outside the chosen family.
class ParametricThreshold : public Estimator<ParametricThreshold, ParametricParameters, Sample> {
 public:
  explicit ParametricThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    using stats::GoodnessStatistic;
    static const auto rows = parameter_table<Parameters>(
        "parametric", {number<Parameters>(
                           "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                           "the share of normal scores to flag, by the fitted distribution"),
                       choice<Parameters>(
                           "family", [](auto& p) -> auto& { return p.family; },
                           {{Family::best, "best"},
                            {Family::normal, "normal"},
                            {Family::log_normal, "log_normal"},
                            {Family::gamma, "gamma"},
                            {Family::weibull, "weibull"},
                            {Family::logistic, "logistic"},
                            {Family::gumbel, "gumbel"}},
                           "the distribution; best takes the one with the least AIC"),
                       number<Parameters>(
                           "location", [](auto& p) -> auto& { return p.location; }, Range::finite(),
                           "where log-normal, gamma and Weibull distributions begin, below all scores"),
                       number<Parameters>(
                           "least_p_value", [](auto& p) -> auto& { return p.least_p_value; }, Range{0, 1, true, false},
                           "a fit with a p-value below this is rejected; 0 does not test"),
                       choice<Parameters>(
                           "test", [](auto& p) -> auto& { return p.test; },
                           {{GoodnessStatistic::anderson_darling, "anderson_darling"},
                            {GoodnessStatistic::cramer_von_mises, "cramer_von_mises"}},
                           "the test of the fit"),
                       number<Parameters>(
                           "replicates", [](auto& p) -> auto& { return p.replicates; }, Range::closed(19, 100000),
                           "bootstrap samples for the p-value"),
                       number<Parameters>(
                           "seed", [](auto& p) -> auto& { return p.seed; }, Range::from(0), "seed of the bootstrap")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"parametric",
                                   "the upper quantile of a distribution fitted to the normal scores",
                                   "the scores follow the family, which is tested",
                                   false,
                                   Invariance::scale,
                                   Guarantee::model_based,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  /// Fewer scores fit every two-parameter family.
  static constexpr std::size_t fewest_to_test = 5;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    const double location = parameters().location;
    Fit fit = begin_fit(sorted.size());
    const auto log_normal = [location](std::span<const double> x) { return stats::log_normal_mle(x, location); };
    const auto gamma = [location](std::span<const double> x) { return stats::gamma_mle(x, location); };
    const auto weibull = [location](std::span<const double> x) { return stats::weibull_mle(x, location); };
    switch (parameters().family) {
      case Family::normal: return by_family(std::move(fit), sorted, stats::normal_mle);
      case Family::log_normal: return by_family(std::move(fit), sorted, log_normal);
      case Family::gamma: return by_family(std::move(fit), sorted, gamma);
      case Family::weibull: return by_family(std::move(fit), sorted, weibull);
      case Family::logistic: return by_family(std::move(fit), sorted, stats::logistic_mle);
      case Family::gumbel: return by_family(std::move(fit), sorted, stats::gumbel_mle);
      default:
        return by_best(std::move(fit), sorted, stats::normal_mle, log_normal, gamma, weibull, stats::logistic_mle,
                       stats::gumbel_mle);
    }
  }

  /// The fit by the family, of all that have an estimate, with the least AIC; the first of equal ones.
  template <typename... Fitters>
  [[nodiscard]] Fit by_best(Fit fit, std::span<const double> sorted, const Fitters&... fitters) const {
    double least = std::numeric_limits<double>::infinity();
    std::size_t best = 0;
    std::size_t index = 0;
    std::string left_out;
    const auto consider = [&](const auto& estimate) {
      using F = typename std::remove_cvref_t<decltype(estimate)>::Family;
      const double aic = estimate.ok() ? stats::akaike(estimate.log_likelihood, F::parameter_count)
                                       : std::numeric_limits<double>::infinity();
      if (estimate.status == stats::EstimateStatus::out_of_support) {
        left_out += (left_out.empty() ? "" : ", ") + std::string(F::name);
      }
      if (aic < least) {
        least = aic;
        best = index;
      }
      ++index;
    };
    (consider(fitters(sorted)), ...);
    if (!left_out.empty()) {
      add_note(fit, left_out + (left_out.find(',') == std::string::npos ? " was" : " were") +
                        " left out, as a score is not above location = " + detail::shortest(parameters().location));
    }
    Fit result;
    index = 0;
    const auto take = [&](const auto& fitter) {
      if (index++ == best) result = by_family(std::move(fit), sorted, fitter);
    };
    (take(fitters), ...);
    return result;
  }

  template <typename Fitter>
  [[nodiscard]] Fit by_family(Fit fit, std::span<const double> sorted, const Fitter& fitter) const {
    const auto estimate = fitter(sorted);
    const auto& family = estimate.family;
    const std::string name(family.name);
    if (!estimate.ok()) {
      fit = not_estimated(std::move(fit), name + " distribution", estimate.status, 2);
      if (estimate.status == stats::EstimateStatus::out_of_support) {
        add_note(fit, "it needs scores above location = " + detail::shortest(parameters().location));
      }
      return fit;
    }
    fit.estimates = detail::estimates_of(family);
    fit.estimates["aic"] = stats::akaike(estimate.log_likelihood, family.parameter_count);
    if (parameters().family == Family::best) add_note(fit, "the family with the least AIC is " + name);
    const double rate = parameters().false_alarm_rate;
    const double least_p_value = parameters().least_p_value;
    if (least_p_value > 0 && sorted.size() >= fewest_to_test) {
      const stats::GoodnessOfFit goodness = stats::bootstrap_goodness(sorted, family, fitter, parameters().test,
                                                                      parameters().replicates, parameters().seed);
      fit.goodness =
          GoodnessOfFit{std::get<std::string>(fit.parameters.at("test")), goodness.statistic, goodness.p_value};
      if (goodness.p_value < least_p_value) {
        return failed(std::move(fit), FitStatus::fit_rejected,
                      "the scores do not look " + name + ": p = " + detail::shortest(goodness.p_value) +
                          " is below least_p_value = " + detail::shortest(least_p_value));
      }
    }
    if (least_p_value > 0 && !fit.goodness) {
      add_note(fit, "so few scores cannot tell whether they look " + name + ", so the fit is not tested");
    }
    const double cutoff = family.upper_quantile(rate);
    const double deviation = stats::quantile_deviation(family, rate, sorted.size());
    return with_interval(by_model(std::move(fit), cutoff, rate),
                         stats::normal_interval(cutoff, deviation, interval_confidence), "delta method");
  }
};

static_assert(Threshold<ParametricThreshold>);

}  // namespace plimsoll
