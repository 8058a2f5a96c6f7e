// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// What a promise rests on.
enum class Guarantee : std::uint8_t {
  none,               ///< nothing is promised: a rule of thumb, or a cutoff searched on labels
  distribution_free,  ///< holds for any distribution: on average if scores are exchangeable, with a confidence if
                      ///< independent
  model_based,        ///< holds if the fitted family is the true one
};

/// "none", "distribution-free" or "model-based".
[[nodiscard]] constexpr std::string_view to_string(Guarantee guarantee) noexcept {
  switch (guarantee) {
    case Guarantee::distribution_free: return "distribution-free";
    case Guarantee::model_based: return "model-based";
    default: return "none";
  }
}

/// What a cutoff promises about normal scores that were not seen. Rates and confidences are in (0, 1); NaN where
/// a figure does not apply. A model-based promise without a confidence is an estimate, "about", not a bound.
struct Promise {
  /// What a figure is that does not apply: NaN.
  static constexpr double unset = std::numeric_limits<double>::quiet_NaN();

  Guarantee guarantee = Guarantee::none;  ///< what the promise rests on; none: there is no promise
  /// At most this share of normal scores is flagged; about this share by a fitted model without a confidence.
  double false_alarm_rate = unset;
  /// The probability, over calibration samples, that the rate is kept. NaN: it is kept on average over them, or is what
  /// the fitted model says.
  double confidence = unset;
  /// The number of normal scores that the promise rests on.
  std::size_t normals = 0;
  /// The smallest number of normal scores with which the rate asked for can be promised; 0 where that is unknown.
  std::size_t normals_needed = 0;
  /// The smallest rate that could have been promised from `normals` scores.
  double best_rate = unset;
};

namespace detail {
/// A share in per cent, as people write it: "1", "1.45", "99.96". One that takes many digits is cut to three, up or
/// down as told, so that what is said is no more than what is true.
inline std::string percent(double share, bool up) {
  constexpr std::size_t few = 7;
  char text[32];
  const auto print = [&text](double value, std::chars_format format, int digits) {
    return std::string(text, std::to_chars(text, text + sizeof text, value, format, digits).ptr);
  };
  const double value = 100 * share;
  std::string exact = print(value, std::chars_format::general, 12);  // 100 * 0.07 is 7.000000000000001
  if (exact.size() <= few) return exact;
  const std::string digits = print(value, std::chars_format::scientific, 2);
  double rounded = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), rounded);
  // The unit of the third digit is that of the value, which may round to a power of ten above it.
  const std::string all_digits = print(value, std::chars_format::scientific, 16);
  const std::string unit_text = "1" + all_digits.substr(all_digits.find('e'));
  double unit = 0;
  std::from_chars(unit_text.data(), unit_text.data() + unit_text.size(), unit);
  if (up && rounded < value) rounded += unit / 100;
  if (!up && rounded > value) rounded -= unit / 100;
  return print(rounded, std::chars_format::general, 3);
}

/// "<= 1 % with 95 % confidence", "<= 5 % on average" or, by a model alone, "about 5 %".
inline std::string promised_rate(const Promise& promise) {
  const std::string rate = percent(promise.false_alarm_rate, true) + " %";
  if (promise.confidence == promise.confidence) {
    return "<= " + rate + " with " + percent(promise.confidence, false) + " % confidence";
  }
  return promise.guarantee == Guarantee::model_based ? "about " + rate : "<= " + rate + " on average";
}
}  // namespace detail

/// One line: "false alarms <= 1 % with 95 % confidence, distribution-free, 412 normals"; "none" without one.
[[nodiscard]] inline std::string to_string(const Promise& promise) {
  if (promise.guarantee == Guarantee::none) return "none";
  const std::string text = "false alarms " + detail::promised_rate(promise);
  return text + ", " + std::string(to_string(promise.guarantee)) + ", " + std::to_string(promise.normals) +
         (promise.normals == 1 ? " normal" : " normals");
}

/// Writes the one line of to_string(promise).
inline std::ostream& operator<<(std::ostream& stream, const Promise& promise) {
  return stream << to_string(promise);
}

/// How a fit ended. Only `ok` carries a usable cutoff; every other status leaves it at +inf.
enum class FitStatus : std::uint8_t {
  ok,              ///< `cutoff` is an answer
  too_few_scores,  ///< fewer normal scores than the method or the promise needs
  missing_class,   ///< a labelled method saw normal or anomalous scores only
  no_spread,       ///< the scores' spread is estimated as zero, so "k spreads above" has no meaning
  not_applicable,  ///< the scores break the method's assumption
  not_converged,   ///< the parameters of a model could not be estimated
  fit_rejected,    ///< the scores do not look like the fitted model: its p-value is below the one asked for
  undetectable,    ///< the detector does not tell the synthetic anomalies from the normal scores
  drifted,         ///< later scores are not distributed as the normal ones are
};

/// The status as one word with underscores, as in threshold files: "ok", "too_few_scores", ...
[[nodiscard]] constexpr std::string_view to_string(FitStatus status) noexcept {
  switch (status) {
    case FitStatus::ok: return "ok";
    case FitStatus::too_few_scores: return "too_few_scores";
    case FitStatus::missing_class: return "missing_class";
    case FitStatus::no_spread: return "no_spread";
    case FitStatus::not_converged: return "not_converged";
    case FitStatus::fit_rejected: return "fit_rejected";
    case FitStatus::undetectable: return "undetectable";
    case FitStatus::drifted: return "drifted";
    default: return "not_applicable";
  }
}

/// Writes the word of to_string(status).
inline std::ostream& operator<<(std::ostream& stream, FitStatus status) {
  return stream << to_string(status);
}

/// The optimum of a searched cutoff. Every cutoff in (above, up_to] decides the calibration scores alike.
struct Optimum {
  std::string objective;  ///< what was maximised: "f_beta", "youden", ...
  double value = 0;       ///< what was reached, on the calibration scores; for "cost" the cost, which is minimised
  double above = 0;       ///< the next lower calibration score, -inf when there is none
  double up_to = 0;       ///< the lowest calibration score that is flagged; +inf when none is
};

/// Where the line would lie if it were fitted to infinitely many scores: in [lower, upper] with this confidence. About
/// the cutoff as an estimate, not about the promise.
struct CutoffInterval {
  double lower = 0;       ///< in the scores' unit
  double upper = 0;       ///< may be +inf
  double confidence = 0;  ///< in (0, 1)
  std::string method;     ///< "order statistics", "profile likelihood", "parametric bootstrap", ...
};

/// How well a fitted model describes the scores that it was fitted to.
struct GoodnessOfFit {
  std::string test;      ///< "anderson_darling" or "cramer_von_mises"
  double statistic = 0;  ///< grows with the distance between scores and model
  double p_value = 0;    ///< the probability of so large a statistic if the model were true
};

/// One cutoff of a searched objective's curve, and what it would do on the calibration scores.
struct CurvePoint {
  double cutoff = 0;            ///< the lowest score that is flagged
  double objective = 0;         ///< as Optimum::value; NaN where the objective does not allow the cutoff
  double false_alarm_rate = 0;  ///< the share of the normal scores that is flagged
  double recall = 0;            ///< the share of the anomalous scores that is flagged
};

/// The numbers that a method estimated on its way, by name.
using Estimates = std::map<std::string, double, std::less<>>;

/// What `compute` gives: the line, and all that must be said about it.
struct Fit {
  Cutoff cutoff;                              ///< the line; +inf unless `ok()`
  FitStatus status = FitStatus::ok;           ///< how the fit ended
  std::string method;                         ///< the registry name of the method
  ParameterMap parameters;                    ///< every parameter of the method, as used
  Promise promise;                            ///< what is known about normal scores not seen
  ScoreType score_type = ScoreType::float64;  ///< the widest type among the scores seen
  std::size_t normal_count = 0;               ///< normal scores used
  std::size_t anomalous_count = 0;            ///< anomalous scores used
  std::size_t skipped_count = 0;              ///< non-finite scores skipped on request
  std::size_t trimmed_count = 0;              ///< the largest normal scores, dropped on request
  std::optional<Optimum> optimum;             ///< for methods that search on labels
  std::vector<CurvePoint> curve;              ///< for methods that show what they searched: by falling cutoff
  std::optional<CutoffInterval> interval;     ///< for methods that can tell how uncertain the cutoff is
  std::optional<GoodnessOfFit> goodness;      ///< for methods that test the model they fit
  Estimates estimates;                        ///< what was estimated, by name: "xi", "sigma", "tail_start", ...
  std::string note;  ///< what a reader should know: why there is no cutoff, what was stepped down to

  /// Whether `cutoff` is an answer.
  [[nodiscard]] bool ok() const noexcept { return status == FitStatus::ok; }
};

}  // namespace plimsoll
