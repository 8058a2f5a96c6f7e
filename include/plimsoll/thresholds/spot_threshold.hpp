// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/peaks.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"

namespace plimsoll {

/// Parameters of SpotThreshold.
struct SpotParameters {
  double false_alarm_rate = 1e-3;  ///< the share of normal scores to flag; in (0, 1 - level)
  double level = 0.98;             ///< of the normal scores, where the tail starts; in (0, 1)
  double trim = 0;                 ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const SpotParameters&, const SpotParameters&) = default;
};

/// The line that SPOT starts from (Siffer, Fouque, Termier and Largouet 2017, KDD, algorithm 1): a generalised Pareto
/// distribution, fitted by maximum likelihood to the normal scores above a high one, extrapolates to a false-alarm rate
/// that is too small to be counted. `stream()` is the streaming detector that starts there.
///
/// Promises the rate if the scores above the tail's start follow that distribution, but for the error of its
/// fit, which docs/methods/spot.md gives in figures. Keeps every score; compute is O(n). Status too_few_scores with
/// fewer than 20 scores above the start, no_spread when all scores are equal, or all of those; not_applicable when ties
/// leave no more than the rate above the start, or no tail can be fitted.
class SpotThreshold : public Estimator<SpotThreshold, SpotParameters, Sample> {
 public:
  /// Throws ParameterError for a parameter out of its range, and for a rate that is not below 1 - level.
  explicit SpotThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    detail::check_rate_in_tail(info().name, this->parameters().false_alarm_rate, this->parameters().level);
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "spot", {number<Parameters>(
                     "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                     "the share of normal scores that the cutoff is to flag; below 1 - level"),
                 number<Parameters>(
                     "level", [](auto& p) -> auto& { return p.level; }, Range::open(0, 1),
                     "the level of the normal scores at which the tail starts")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"spot",
                                   "a generalised Pareto tail above a high score, extrapolated to a false-alarm rate",
                                   "normal scores exchangeable with later ones, with a generalised Pareto tail",
                                   false,
                                   Invariance::affine,
                                   Guarantee::model_based,
                                   table().infos()};
    return method;
  }

  /// A stream calibrated on the scores collected, in the order in which they came. For the upper tail its cutoff is
  /// that of compute() without trim. Not calibrated when there is no such answer.
  [[nodiscard]] SpotStream stream(Tail tail = Tail::upper, FlaggedScores flagged = FlaggedScores::truncated,
                                  std::size_t max_excess = SpotStreamParameters{}.max_excess) const {
    SpotStream stream{{.false_alarm_rate = parameters().false_alarm_rate,
                       .level = parameters().level,
                       .max_excess = max_excess,
                       .tail = tail,
                       .flagged = flagged}};
    sample().visit([&stream](auto scores) {
      const std::vector<double> doubles(scores.begin(), scores.end());
      static_cast<void>(stream.calibrate(doubles));  // stream.calibrated() tells
    });
    return stream;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const double rate = parameters().false_alarm_rate;
    Fit fit = begin_fit(state.size());
    describe_promise(fit, state.size(), detail::start_count(parameters().level), Promise::unset);
    const detail::PeakFit peaks =
        state.visit([&](auto scores) { return detail::fit_peaks(scores, rate, parameters().level); });
    if (peaks.status != FitStatus::ok) return failed(std::move(fit), peaks.status, peaks.note);
    fit.estimates["exceedances"] = static_cast<double>(peaks.peak_count);
    return by_model(std::move(fit), peaks.cutoff, rate);
  }
};

static_assert(Threshold<SpotThreshold>);

}  // namespace plimsoll
