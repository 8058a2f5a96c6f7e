// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/gev_threshold.hpp"
#include "plimsoll/thresholds/gpd_threshold.hpp"
#include "plimsoll/thresholds/gumbel_threshold.hpp"
#include "plimsoll/thresholds/labelled_sample.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"
#include "plimsoll/thresholds/tail_threshold.hpp"

namespace plimsoll {

/// The methods that learn from normal scores alone and take a false-alarm rate, by their names in the registry.
enum class NormalsRule : std::uint8_t {
  tail,      ///< TailThreshold
  quantile,  ///< QuantileThreshold
  gpd,       ///< GpdThreshold
  gev,       ///< GevThreshold
  gumbel,    ///< GumbelThreshold
};

/// Which line stands when the normals-only one and the synthetic one disagree.
enum class Disagreement : std::uint8_t {
  synthetic,  ///< the synthetic one, under its cap
  normals,    ///< that of the normal scores
  lower,      ///< the one that flags more
  higher,     ///< the one that flags less
  refuse,     ///< none: status not_applicable
};

/// Parameters of CombinedThreshold.
struct CombinedParameters {
  NormalsRule normals = NormalsRule::tail;  ///< what draws the normals-only line
  double false_alarm_rate = 0.05;           ///< of the normals-only line; in (0, 1)
  double false_alarm_cap = 0.2;  ///< the largest share of the normal scores that the synthetic line may flag; [0, 1]
  double tolerance = 0.05;       ///< lines whose false-alarm rates differ by no more agree; in [0, 1]
  Disagreement disagreement = Disagreement::synthetic;      ///< which line stands when they do not agree
  SyntheticPlace place = SyntheticPlace::bootstrap_median;  ///< of the synthetic line
  double undetectable_below = 0.65;                         ///< of the synthetic line
  std::size_t replicates = 200;                             ///< of the bootstrap of the synthetic line
  std::size_t seed = 1;                                     ///< of that bootstrap
  InputPolicy input{.map_reduction = MapReduction::maximum};
  friend bool operator==(const CombinedParameters&, const CombinedParameters&) = default;
};

/// Two lines side by side: one by the normal scores alone, one by synthetic anomalies (SyntheticThreshold, balanced
/// F1). They are compared by what they do to the normal scores: their distance is that of their false-alarm rates, of
/// the synthetic line before its cap. Where they agree, and by default where not, the line is the synthetic one,
/// capped; `disagreement` is the rule for the other case. Where the detector does not see the synthetic anomalies, or
/// one of the lines has no answer, the other one stands, and the note says so. One score an image; Promises nothing.
///
/// `estimates`: normals_cutoff, normals_false_alarm_rate, synthetic_cutoff (capped), synthetic_false_alarm_rate (not
/// capped), distance, agree (1 or 0), auroc, false_alarm_rate of the line with its exact 95 % interval
/// false_alarm_lower, false_alarm_upper, and recall of the synthetic anomalies.
///
/// Keeps every score, 4 bytes a float. Status missing_class without normal or without synthetic scores, not_applicable
/// where the lines disagree and `disagreement` is refuse; the synthetic line's where neither has an answer.
class CombinedThreshold : public Estimator<CombinedThreshold, CombinedParameters, LabelledSample> {
 public:
  /// Throws ParameterError for a parameter out of its range, and for MapReduction::every_pixel.
  explicit CombinedThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    if (this->parameters().input.map_reduction == MapReduction::every_pixel) {
      throw ParameterError(
          "combined: map_reduction = every_pixel gives many scores an image, and the lines are compared by images: "
          "maximum or top_mean");
    }
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "combined",
        {choice<Parameters>(
             "normals", [](auto& p) -> auto& { return p.normals; },
             {{NormalsRule::tail, "tail"},
              {NormalsRule::quantile, "quantile"},
              {NormalsRule::gpd, "gpd"},
              {NormalsRule::gev, "gev"},
              {NormalsRule::gumbel, "gumbel"}},
             "the method of the line by normal scores alone"),
         number<Parameters>(
             "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
             "the false-alarm rate of the line by normal scores alone"),
         number<Parameters>(
             "false_alarm_cap", [](auto& p) -> auto& { return p.false_alarm_cap; }, Range::closed(0, 1),
             "the largest share of normal scores that the synthetic line may flag"),
         number<Parameters>(
             "tolerance", [](auto& p) -> auto& { return p.tolerance; }, Range::closed(0, 1),
             "lines whose false-alarm rates differ by no more than this agree"),
         choice<Parameters>(
             "disagreement", [](auto& p) -> auto& { return p.disagreement; },
             {{Disagreement::synthetic, "synthetic"},
              {Disagreement::normals, "normals"},
              {Disagreement::lower, "lower"},
              {Disagreement::higher, "higher"},
              {Disagreement::refuse, "refuse"}},
             "which line stands when they do not: the synthetic one, the normals', the lower, the higher, or none"),
         choice<Parameters>(
             "place", [](auto& p) -> auto& { return p.place; },
             {{SyntheticPlace::bootstrap_median, "bootstrap_median"},
              {SyntheticPlace::observed, "observed"},
              {SyntheticPlace::middle, "middle"}},
             "the median of the best cuts of samples drawn again, the best cut, or half-way to the next lower score"),
         number<Parameters>(
             "undetectable_below", [](auto& p) -> auto& { return p.undetectable_below; }, Range::closed(0, 1),
             "the least AUROC of the synthetic anomalies for which there is an answer"),
         number<Parameters>(
             "replicates", [](auto& p) -> auto& { return p.replicates; }, Range::closed(19, 100000),
             "bootstrap samples for the cutoff and its spread"),
         number<Parameters>(
             "seed", [](auto& p) -> auto& { return p.seed; }, Range::from(0), "seed of the bootstrap")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"combined",
                                   "a line by normal scores alone and one by synthetic anomalies, compared",
                                   "what either line assumes; how far they lie apart shows on the normal scores",
                                   true,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const LabelledSample& state) const {
    Fit fit = begin_fit(state.normal_count(), state.anomalous_count());
    if (fit.normal_count + fit.anomalous_count == 0) {
      return failed(std::move(fit), FitStatus::too_few_scores, "there is no score");
    }
    if (fit.normal_count == 0 || fit.anomalous_count == 0) {
      const char* missing = fit.normal_count == 0 ? "normal" : "anomalous";
      return failed(std::move(fit), FitStatus::missing_class, std::string("there is no ") + missing + " score");
    }
    const Fit normals = fit_normals(state);
    const Fit capped = fit_synthetic(state, parameters().false_alarm_cap);
    const Fit free = fit_synthetic(state, 1);
    fit.estimates["auroc"] = capped.estimates.at("auroc");
    fit.optimum = capped.optimum;
    fit.curve = capped.curve;
    if (normals.ok()) {
      fit.estimates["normals_cutoff"] = normals.cutoff.value();
      fit.estimates["normals_false_alarm_rate"] = false_alarm_rate(state, normals.cutoff);
    }
    if (free.ok()) {
      fit.estimates["synthetic_cutoff"] = capped.cutoff.value();
      fit.estimates["synthetic_false_alarm_rate"] = free.estimates.at("false_alarm_rate");
    }
    const std::string rule = to_string(table().values(parameters()).at("normals"));
    if (!normals.ok() && !free.ok()) {
      return failed(std::move(fit), free.status,
                    "neither line has an answer: " + free.note + "; " + rule + ": " + normals.note);
    }
    if (!free.ok()) {
      add_note(fit, std::string(free.status == FitStatus::undetectable ? "UNDETECTABLE, the normals' line stands: "
                                                                       : "the normals' line stands: ") +
                        free.note);
      return judged(with_line(std::move(fit), normals), state);
    }
    if (!normals.ok()) {
      add_note(fit, "the synthetic line stands alone, as " + rule + " has none: " + normals.note);
      return judged(with_line(std::move(fit), capped), state);
    }
    const double distance =
        std::abs(fit.estimates.at("synthetic_false_alarm_rate") - fit.estimates.at("normals_false_alarm_rate"));
    const bool agree = distance <= parameters().tolerance;
    fit.estimates["distance"] = distance;
    fit.estimates["agree"] = agree ? 1 : 0;
    const std::string apart = "the two lines' false-alarm rates, " +
                              detail::percent(fit.estimates.at("normals_false_alarm_rate"), false) + " % by " + rule +
                              " and " + detail::percent(fit.estimates.at("synthetic_false_alarm_rate"), false) +
                              " % by the synthetic anomalies, ";
    if (!agree && parameters().disagreement == Disagreement::refuse) {
      return failed(std::move(fit), FitStatus::not_applicable, apart + "differ by more than the tolerance");
    }
    const Fit& line = agree ? capped : chosen(normals, capped);
    add_note(fit,
             apart + (agree ? "agree; the line is the synthetic one"
                            : std::string("disagree; the line is ") +
                                  (&line == &normals ? "that of " + rule : "the synthetic one") +
                                  ", by disagreement = " + to_string(table().values(parameters()).at("disagreement"))));
    return judged(with_line(std::move(fit), line), state);
  }

  [[nodiscard]] const Fit& chosen(const Fit& normals, const Fit& synthetic) const {
    const bool normals_higher = normals.cutoff.value() > synthetic.cutoff.value();
    switch (parameters().disagreement) {
      case Disagreement::normals: return normals;
      case Disagreement::lower: return normals_higher ? synthetic : normals;
      case Disagreement::higher: return normals_higher ? normals : synthetic;
      default: return synthetic;
    }
  }

  /// The fit with another's line, and what is said of it.
  static Fit with_line(Fit fit, const Fit& line) {
    fit.cutoff = line.cutoff;
    fit.interval = line.interval;
    if (!line.note.empty()) add_note(fit, line.note);
    return fit;
  }

  [[nodiscard]] Fit fit_normals(const LabelledSample& state) const {
    const double rate = parameters().false_alarm_rate;
    switch (parameters().normals) {
      case NormalsRule::quantile: return fit_by(QuantileThreshold{{.false_alarm_rate = rate}}, state);
      case NormalsRule::gpd: return fit_by(GpdThreshold{{.false_alarm_rate = rate}}, state);
      case NormalsRule::gev: return fit_by(GevThreshold{{.false_alarm_rate = rate}}, state);
      case NormalsRule::gumbel: return fit_by(GumbelThreshold{{.false_alarm_rate = rate}}, state);
      default: return fit_by(TailThreshold{{.false_alarm_rate = rate}}, state);
    }
  }

  template <typename Rule>
  [[nodiscard]] Fit fit_by(Rule rule, const LabelledSample& state) const {
    state.visit([&](auto normals, auto) { rule.update(Scores(normals, score_type())); });
    return rule.compute();
  }

  [[nodiscard]] Fit fit_synthetic(const LabelledSample& state, double cap) const {
    SyntheticThreshold synthetic{{.search = {.false_alarm_cap = cap},
                                  .place = parameters().place,
                                  .undetectable_below = parameters().undetectable_below,
                                  .replicates = parameters().replicates,
                                  .seed = parameters().seed}};
    state.visit([&](auto normals, auto anomalies) {
      synthetic.update(Scores(normals, score_type()));
      synthetic.update(Scores(anomalies, score_type()), Label::anomalous);
    });
    return synthetic.compute();
  }

  template <typename T>
  static std::size_t count_flagged(std::span<const T> scores, Cutoff cutoff) {
    return static_cast<std::size_t>(std::ranges::count_if(scores, [cutoff](T score) { return cutoff(score); }));
  }

  static double false_alarm_rate(const LabelledSample& state, Cutoff cutoff) {
    return state.visit([&](auto normals, auto) {
      return static_cast<double>(count_flagged(normals, cutoff)) / static_cast<double>(normals.size());
    });
  }

  /// The fit with what its line does on the scores.
  static Fit judged(Fit fit, const LabelledSample& state) {
    state.visit([&](auto normals, auto anomalies) {
      const std::size_t alarms = count_flagged(normals, fit.cutoff);
      const stats::Interval rate = stats::proportion_interval(alarms, normals.size(), interval_confidence);
      fit.estimates["false_alarm_rate"] = static_cast<double>(alarms) / static_cast<double>(normals.size());
      fit.estimates["false_alarm_lower"] = rate.lower;
      fit.estimates["false_alarm_upper"] = rate.upper;
      fit.estimates["recall"] =
          static_cast<double>(count_flagged(anomalies, fit.cutoff)) / static_cast<double>(anomalies.size());
    });
    return fit;
  }
};

static_assert(Threshold<CombinedThreshold>);

}  // namespace plimsoll
