// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "shown.hpp"

namespace plimsoll::cli {

stats::Confusion confusion_of(Cutoff cutoff, std::span<const double> scores, std::span<const Label> truth) {
  stats::Confusion confusion;
  for (std::size_t i = 0; i < scores.size(); ++i) confusion.add(truth[i] == Label::anomalous, cutoff(scores[i]));
  return confusion;
}

std::vector<double> finite(std::vector<double> scores) {
  constexpr double most = std::numeric_limits<double>::max();
  for (double& score : scores) score = std::isnan(score) ? most : std::clamp(score, -most, most);
  return scores;
}

RateInterval rate_interval(const stats::Confusion& confusion) {
  constexpr double confidence = 0.95;
  const stats::Interval interval = stats::proportion_interval(confusion.false_alarms, confusion.normal(), confidence);
  return {interval.lower, interval.upper};
}

std::string rate_with_interval(const stats::Confusion& confusion) {
  if (confusion.normal() == 0) return "-";
  const RateInterval interval = rate_interval(confusion);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", confusion.false_alarm_rate(), interval.lower, interval.upper);
}

std::string fit_lines(const Fit& fit, ScoreDirection direction) {
  std::string text;
  if (fit.skipped_count > 0) text += fmt::format("  skipped   {} non-finite\n", fit.skipped_count);
  if (fit.trimmed_count > 0) text += fmt::format("  trimmed   {} more, the largest\n", fit.trimmed_count);
  text += fmt::format("  cutoff    {}\n", detail::shortest(fit.cutoff.value()));
  if (direction == ScoreDirection::lower_is_anomalous) {
    text += fmt::format("            of negated scores: those of {} and lower are anomalous\n",
                        detail::shortest(-fit.cutoff.value()));
  }
  text += fmt::format("  promise   {}\n", fit.promise);
  if (fit.interval) {
    text += fmt::format("  interval  [{}, {}] with {} % confidence, by {}\n", six_digits(fit.interval->lower),
                        six_digits(fit.interval->upper), detail::percent(fit.interval->confidence, false),
                        io::without_controls(fit.interval->method));
  }
  if (!fit.estimates.empty()) {
    std::string estimates;
    for (const auto& [name, value] : fit.estimates) {
      estimates +=
          fmt::format("{}{} = {}", estimates.empty() ? "" : ", ", io::without_controls(name), six_digits(value));
    }
    text += fmt::format("  estimates {}\n", estimates);
  }
  if (fit.goodness) {
    text += fmt::format("  goodness  {} = {}, p = {}\n", io::without_controls(fit.goodness->test),
                        six_digits(fit.goodness->statistic), six_digits(fit.goodness->p_value));
  }
  if (fit.optimum) {
    text +=
        fmt::format("  reached   {} = {}, by every cutoff in ({}, {}]\n", io::without_controls(fit.optimum->objective),
                    six_digits(fit.optimum->value), six_digits(fit.optimum->above), six_digits(fit.optimum->up_to));
  }
  if (!fit.note.empty()) text += fmt::format("  note      {}\n", io::without_controls(fit.note));
  return text;
}

void add_metrics(nlohmann::ordered_json& json, const stats::Confusion& confusion) {
  const RateInterval interval = rate_interval(confusion);
  json["false_alarm_rate"] = io::number_to_json(confusion.false_alarm_rate());
  json["false_alarm_interval"] = {interval.lower, interval.upper};
  json["recall"] = io::number_to_json(confusion.recall());
  json["precision"] = io::number_to_json(confusion.precision());
  json["f1"] = io::number_to_json(confusion.f1());
  json["balanced_accuracy"] = io::number_to_json(confusion.balanced_accuracy());
  json["counts"] = {{"caught", confusion.caught},
                    {"missed", confusion.missed},
                    {"false_alarms", confusion.false_alarms},
                    {"passed", confusion.passed}};
}

}  // namespace plimsoll::cli
