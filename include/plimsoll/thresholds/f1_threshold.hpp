// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "plimsoll/thresholds/bounded_labelled_sample.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/search_rows.hpp"

namespace plimsoll {

/// Which of the equally good cutoffs in (next lower score, observed score] is taken.
enum class CutoffPlace : std::uint8_t {
  observed,  ///< the lowest score that is flagged
  middle,    ///< half-way between it and the next lower score
};

/// What to do when the scores are all normal or all anomalous.
enum class MissingClass : std::uint8_t {
  refuse,    ///< status missing_class
  anomalib,  ///< as anomalib does: let the largest normal score pass, or flag the lowest anomalous one
};

/// Parameters of F1Threshold.
struct F1Parameters {
  stats::SearchObjective search{};                    ///< the objective, by default F1
  CutoffPlace place = CutoffPlace::observed;          ///< which of the equally good cutoffs
  MissingClass missing_class = MissingClass::refuse;  ///< what to do when the scores have one label only
  /// How many scores are kept at most; more are counted in buckets. Any number from 0.
  std::size_t exact_limit = BoundedLabelledSample::default_limit;
  InputPolicy input{};
  friend bool operator==(const F1Parameters&, const F1Parameters&) = default;
};

namespace detail {
struct F1State : BoundedLabelledSample {
  explicit F1State(const F1Parameters& parameters) : BoundedLabelledSample(parameters.exact_limit) {}
};
}  // namespace detail

/// The cutoff that is best on labelled scores: the exact maximiser of F-beta, or of another objective, over all
/// distinct cutoffs, found without sorting (stats::best_cut). The Fit's `optimum` tells what was reached and the
/// whole interval of cutoffs that reach it; of several such intervals the lowest is taken. Promises nothing.
/// Keeps every score (4 bytes a float) up to `exact_limit` of them; compute is O(n). Of more it keeps a
/// stats::ScoreHistogram, some megabytes whatever their number, and the cutoff is the best of those between its
/// buckets, 2^-14 of themselves apart; what `optimum` says of it is exact, and the note says so. Status too_few_scores
/// with no score at all, missing_class when one label is missing.
class F1Threshold : public Estimator<F1Threshold, F1Parameters, detail::F1State> {
 public:
  explicit F1Threshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = [] {
      auto all = search_rows<Parameters>(
          "f_beta, cost: the share of anomalies to reckon with (0.5: balanced); unset: as "
          "in the scores",
          "recall: the largest share of normal scores that may be flagged");
      all.push_back(choice<Parameters>(
          "place", [](auto& p) -> auto& { return p.place; },
          {{CutoffPlace::observed, "observed"}, {CutoffPlace::middle, "middle"}},
          "of the equally good cutoffs: the lowest flagged score, or half-way to the next lower one"));
      all.push_back(choice<Parameters>(
          "missing_class", [](auto& p) -> auto& { return p.missing_class; },
          {{MissingClass::refuse, "refuse"}, {MissingClass::anomalib, "anomalib"}},
          "all scores normal or all anomalous: give no cutoff, or fall back as anomalib does"));
      all.push_back(number<Parameters>(
          "exact_limit", [](auto& p) -> auto& { return p.exact_limit; }, Range::from(0),
          "how many scores are kept at most; more are counted in buckets of relative width 2^-14"));
      return parameter_table<Parameters>("f1", std::move(all));
    }();
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"f1",
                                   "the cutoff that is best on labelled scores (F-beta, MCC, cost, ...)",
                                   "labelled anomalies like those to come; the oracle that others are judged by",
                                   true,
                                   Invariance::rank,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const BoundedLabelledSample& state) const {
    Fit fit = begin_fit(state.normal_count(), state.anomalous_count());
    if (fit.normal_count + fit.anomalous_count == 0) {
      return failed(std::move(fit), FitStatus::too_few_scores, "there is no score");
    }
    if (fit.normal_count == 0 || fit.anomalous_count == 0) return missing_class(std::move(fit), state);
    if (!state.exact()) {
      add_note(fit,
               "more than exact_limit scores: they were counted in buckets of relative width 2^-14, and the cutoff "
               "is the best of those between buckets");
    }
    const stats::ObjectiveMerit merit(parameters().search, state.normal_count(), state.anomalous_count());
    state.visit_best_cut(merit, [&](const auto& best) {
      const auto below = static_cast<double>(best.below);
      Optimum optimum;
      optimum.objective = to_string(table().values(parameters()).at("objective"));
      optimum.value = parameters().search.objective == stats::Objective::cost ? -best.merit.value : best.merit.value;
      optimum.above = below;
      if (best.flags_nothing) {
        optimum.up_to = std::numeric_limits<double>::infinity();
        fit = with_cutoff_above(std::move(fit), below);
        add_note(fit, "the best is to flag nothing");
      } else {
        optimum.up_to = static_cast<double>(best.cut);
        fit.cutoff = Cutoff{parameters().place == CutoffPlace::middle ? middle(best) : optimum.up_to};
        if (std::isinf(below)) add_note(fit, "the best is to flag everything");
      }
      fit.optimum = std::move(optimum);
    });
    return fit;
  }

  /// Half-way, in the type that the scores are kept in; the upper end where that is no higher than the lower one, or
  /// there is none.
  template <typename T>
  static double middle(const stats::BestCut<T>& best) {
    const T half_way = std::midpoint(best.below, best.cut);
    return static_cast<double>(best.below < half_way && half_way < best.cut ? half_way : best.cut);
  }

  [[nodiscard]] Fit missing_class(Fit fit, const BoundedLabelledSample& state) const {
    const std::string missing = fit.anomalous_count == 0 ? "anomalous" : "normal";
    if (parameters().missing_class == MissingClass::refuse) {
      return failed(std::move(fit), FitStatus::missing_class, "there is no " + missing + " score");
    }
    if (fit.anomalous_count == 0) {
      fit = with_cutoff_above(std::move(fit), state.extent(Label::normal).most);
    } else {
      fit.cutoff = Cutoff{state.extent(Label::anomalous).least};
    }
    add_note(fit, "there is no " + missing + " score: stepped down to " +
                      (missing == "anomalous" ? "just above the largest normal score" : "the lowest anomalous score"));
    return fit;
  }
};

static_assert(Threshold<F1Threshold>);

}  // namespace plimsoll
