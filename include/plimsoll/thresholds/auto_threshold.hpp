// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/labelled_sample.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"
#include "plimsoll/thresholds/tail_threshold.hpp"

namespace plimsoll {

/// What the anomalous scores are of.
enum class AnomalyKind : std::uint8_t {
  labelled,   ///< real anomalies like those to come
  synthetic,  ///< made ones, which the detector may or may not see
};

/// The false-alarm rate to aim at when the share of anomalies to come is known: a quarter of it, in [.01, .1]. On 594
/// real score sets this lowered the regret from .123 to .100.
[[nodiscard]] inline double rate_of_prevalence(double prevalence) noexcept {
  return std::clamp(prevalence / 4, 0.01, 0.1);
}

/// Parameters of AutoThreshold.
struct AutoParameters {
  static constexpr bool passes_trim_on = true;  ///< `trim` is handed to the method chosen, and not done before.

  /// Of normal scores; in (0, 1). Unset: rate_of_prevalence where that is told, else 0.05.
  std::optional<double> false_alarm_rate{};
  std::optional<double> expected_prevalence{};    ///< the share of anomalies among later scores; in (0, 1)
  AnomalyKind anomalies = AnomalyKind::labelled;  ///< what the anomalous scores are of
  double false_alarm_cap = 0.5;              ///< with synthetic anomalies, the most of the normals to flag; in [0, 1]
  std::optional<double> miss_cost{};         ///< of an anomaly that passes; unset: 1 where the other is set
  std::optional<double> false_alarm_cost{};  ///< of a normal score that is flagged; likewise
  std::size_t few_normals = 300;             ///< up to so many are fitted, more are counted
  double trim = 0;                           ///< the share of the normal scores, the largest, dropped first; [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const AutoParameters&, const AutoParameters&) = default;
};

/// The method for what there is, chosen by a stated rule; the fit's note names it, and why.
///
///   normal scores alone, up to few_normals   tail at the rate: a smooth fit keeps it better than few scores do
///   more                                     quantile, rank = nearest: it keeps it best, and whatever the distribution
///   labelled anomalies                       f1: F1 at the expected prevalence (unset: as in the scores)
///   synthetic ones                           synthetic: balanced F1, or F1 at the expected prevalence, under a cap
///   either, and a cost                       the same with objective = cost
///
/// A cost without anomalous scores has no answer (missing_class): how many anomalies a line misses is not known.
/// Keeps every score. Promise, statuses and cost are those of the method chosen.
class AutoThreshold : public Estimator<AutoThreshold, AutoParameters, LabelledSample> {
 public:
  /// Throws ParameterError for a parameter out of its range, and where both false_alarm_rate and expected_prevalence
  /// are set.
  explicit AutoThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    if (this->parameters().false_alarm_rate && this->parameters().expected_prevalence) {
      throw ParameterError(
          "auto: expected_prevalence says which false_alarm_rate to aim at, so that only one of the two may be set");
    }
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "auto",
        {number<Parameters>(
             "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
             "the share of normal scores to flag; unset: by expected_prevalence, else 0.05"),
         number<Parameters>(
             "expected_prevalence", [](auto& p) -> auto& { return p.expected_prevalence; }, Range::open(0, 1),
             "the share of anomalies among later scores, where it is known: normals alone are cut at a quarter of it, "
             "in [0.01, 0.1]"),
         choice<Parameters>(
             "anomalies", [](auto& p) -> auto& { return p.anomalies; },
             {{AnomalyKind::labelled, "labelled"}, {AnomalyKind::synthetic, "synthetic"}},
             "what the anomalous scores are of: real anomalies, or synthetic ones"),
         number<Parameters>(
             "false_alarm_cap", [](auto& p) -> auto& { return p.false_alarm_cap; }, Range::closed(0, 1),
             "with synthetic anomalies, the largest share of normal scores that the line may flag"),
         number<Parameters>(
             "miss_cost", [](auto& p) -> auto& { return p.miss_cost; }, Range::closed(0, 1e12),
             "of an anomaly that passes; with either cost the line is the cheapest one"),
         number<Parameters>(
             "false_alarm_cost", [](auto& p) -> auto& { return p.false_alarm_cost; }, Range::closed(0, 1e12),
             "of a normal score that is flagged; likewise"),
         number<Parameters>(
             "few_normals", [](auto& p) -> auto& { return p.few_normals; }, Range::from(0),
             "up to so many normal scores are fitted by tail, more are counted by quantile")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"auto",
                                   "the method for what there is: tail, quantile, f1 or synthetic, by a stated rule",
                                   "what the method that it chooses does",
                                   false,
                                   Invariance::affine,
                                   Guarantee::model_based,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const LabelledSample& state) const {
    const Parameters& p = parameters();
    const bool costs = p.miss_cost || p.false_alarm_cost;
    if (state.anomalous_count() > 0) return fit_anomalies(state, costs);
    if (costs) {
      return failed(begin_fit(state.normal_count()), FitStatus::missing_class,
                    "a cost of misses needs anomalous scores, labelled or synthetic, to know how many a line misses");
    }
    const double rate = p.false_alarm_rate      ? *p.false_alarm_rate
                        : p.expected_prevalence ? rate_of_prevalence(*p.expected_prevalence)
                                                : 0.05;
    std::string reason = "at a rate of " + detail::percent(rate, true) + " %";
    if (p.expected_prevalence) {
      reason += ", for anomalies are expected to be " + detail::percent(*p.expected_prevalence, false) + " %";
    }
    const std::string count = std::to_string(state.normal_count()) + " normal scores are ";
    const std::string limit = std::to_string(p.few_normals);
    if (state.normal_count() <= p.few_normals) {
      return fit_by(TailThreshold{{.false_alarm_rate = rate, .trim = p.trim}}, state,
                    reason + ": " + count + "no more than " + limit + ", and a smooth fit keeps the rate best");
    }
    return fit_by(QuantileThreshold{{.false_alarm_rate = rate, .rank = QuantileRank::nearest, .trim = p.trim}}, state,
                  reason + ": " + count + "more than " + limit + ", so that counting keeps the rate best");
  }

  [[nodiscard]] Fit fit_anomalies(const LabelledSample& state, bool costs) const {
    const Parameters& p = parameters();
    if (p.trim > 0) {
      return failed(begin_fit(state.normal_count(), state.anomalous_count()), FitStatus::not_applicable,
                    "trim is for normal scores alone, and there are anomalous ones");
    }
    const bool synthetic = p.anomalies == AnomalyKind::synthetic;
    stats::SearchObjective search{.prevalence = p.expected_prevalence};
    if (costs) {
      search.objective = stats::Objective::cost;
      search.miss_cost = p.miss_cost.value_or(1);
      search.false_alarm_cost = p.false_alarm_cost.value_or(1);
    }
    const std::string objective = costs       ? "the least expected cost"
                                  : synthetic ? "the best balanced F1"
                                              : "the best F1";
    const std::string reckoned =
        p.expected_prevalence ? " at " + detail::percent(*p.expected_prevalence, false) + " % anomalies" : "";
    if (!synthetic) return fit_by(F1Threshold{{.search = search}}, state, objective + reckoned + " on labelled scores");
    search.false_alarm_cap = p.false_alarm_cap;
    return fit_by(SyntheticThreshold{{.search = search}}, state,
                  (p.expected_prevalence && !costs ? "the best F1" : objective) + reckoned +
                      " on synthetic anomalies, flagging at most " + detail::percent(p.false_alarm_cap, false) +
                      " % of the normal scores");
  }

  /// The other method's fit under this one's name, with what was chosen and why.
  template <typename Rule>
  [[nodiscard]] Fit fit_by(Rule rule, const LabelledSample& state, const std::string& reason) const {
    state.visit([&](auto normals, auto anomalies) {
      rule.update(Scores(normals, score_type()));
      if constexpr (requires { rule.update(Scores(anomalies), Label::anomalous); }) {
        if (!anomalies.empty()) rule.update(Scores(anomalies, score_type()), Label::anomalous);
      }
    });
    Fit fit = rule.compute();
    Fit own = begin_fit(fit.normal_count, fit.anomalous_count);
    add_note(own, "chose " + fit.method + ", " + reason);
    if (!fit.note.empty()) add_note(own, fit.note);
    if (saw_pixels()) {  // the other method saw scores
      if (fit.promise.guarantee != Guarantee::none) add_note(own, pixels_promise_nothing);
      fit.promise = Promise{.normals = fit.promise.normals};
      fit.interval.reset();
    }
    fit.method = own.method;
    fit.parameters = std::move(own.parameters);
    fit.score_type = own.score_type;
    fit.skipped_count = own.skipped_count;
    fit.note = std::move(own.note);
    return fit;
  }
};

static_assert(Threshold<AutoThreshold>);

}  // namespace plimsoll
