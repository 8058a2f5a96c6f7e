// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/label.hpp"
#include "plimsoll/core/score_direction.hpp"
#include "plimsoll/stats/confusion.hpp"

namespace plimsoll::cli {

/// The decisions of a cutoff against the truth, one label a score.
[[nodiscard]] stats::Confusion confusion_of(Cutoff cutoff, std::span<const double> scores,
                                            std::span<const Label> truth);

/// Scores in the same order, with the ends of the doubles for infinities, and NaN with the largest, so that a search
/// for a cutoff sees all. Its cutoff decides the scores alike once an end is an infinity again.
[[nodiscard]] std::vector<double> finite(std::vector<double> scores);

/// The exact 95 % interval of the realised false-alarm rate.
struct RateInterval {
  double lower;
  double upper;
};
[[nodiscard]] RateInterval rate_interval(const stats::Confusion& confusion);

/// "0.034 [0.004, 0.117]", the realised false-alarm rate and its interval; "-" without normal scores.
[[nodiscard]] std::string rate_with_interval(const stats::Confusion& confusion);

/// What there is to say about a fit, a line each, indented: skipped and trimmed scores, cutoff, promise, interval,
/// estimates, goodness, optimum, note.
[[nodiscard]] std::string fit_lines(const Fit& fit, ScoreDirection direction);

/// Adds the metrics of a decided and labelled test set.
void add_metrics(nlohmann::ordered_json& json, const stats::Confusion& confusion);

}  // namespace plimsoll::cli
