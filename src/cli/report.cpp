// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <string>

#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/stats/proportion.hpp"

namespace plimsoll::cli {

stats::Confusion confusion_of(Cutoff cutoff, std::span<const double> scores, std::span<const Label> truth) {
  stats::Confusion confusion;
  for (std::size_t i = 0; i < scores.size(); ++i) confusion.add(truth[i] == Label::anomalous, cutoff(scores[i]));
  return confusion;
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
                        fit.interval->method);
  }
  if (!fit.estimates.empty()) {
    std::string estimates;
    for (const auto& [name, value] : fit.estimates) {
      estimates += fmt::format("{}{} = {}", estimates.empty() ? "" : ", ", name, six_digits(value));
    }
    text += fmt::format("  estimates {}\n", estimates);
  }
  if (fit.goodness) {
    text += fmt::format("  goodness  {} = {}, p = {}\n", fit.goodness->test, six_digits(fit.goodness->statistic),
                        six_digits(fit.goodness->p_value));
  }
  if (fit.optimum) {
    text += fmt::format("  reached   {} = {}, by every cutoff in ({}, {}]\n", fit.optimum->objective,
                        six_digits(fit.optimum->value), six_digits(fit.optimum->above), six_digits(fit.optimum->up_to));
  }
  if (!fit.note.empty()) text += fmt::format("  note      {}\n", fit.note);
  return text;
}

nlohmann::ordered_json json_number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

void add_metrics(nlohmann::ordered_json& json, const stats::Confusion& confusion) {
  const RateInterval interval = rate_interval(confusion);
  json["false_alarm_rate"] = json_number(confusion.false_alarm_rate());
  json["false_alarm_interval"] = {interval.lower, interval.upper};
  json["recall"] = json_number(confusion.recall());
  json["precision"] = json_number(confusion.precision());
  json["f1"] = json_number(confusion.f1());
  json["balanced_accuracy"] = json_number(confusion.balanced_accuracy());
  json["counts"] = {{"caught", confusion.caught},
                    {"missed", confusion.missed},
                    {"false_alarms", confusion.false_alarms},
                    {"passed", confusion.passed}};
}

}  // namespace plimsoll::cli
