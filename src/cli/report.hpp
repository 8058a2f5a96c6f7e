// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "options.hpp"
#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/stats/confusion.hpp"
#include "plimsoll/stats/proportion.hpp"

namespace plimsoll::cli {

/// The confidence of the intervals around realised rates.
inline constexpr double interval_confidence = 0.95;

/// NaN becomes null; JSON has neither NaN nor infinities.
[[nodiscard]] inline nlohmann::ordered_json json_number(double value) {
  if (value != value) return nullptr;
  if (value - value != 0) return value > 0 ? "inf" : "-inf";
  return value;
}

[[nodiscard]] inline stats::Confusion confusion_of(Cutoff cutoff, std::span<const double> scores,
                                                   std::span<const Label> truth) {
  stats::Confusion confusion;
  for (std::size_t i = 0; i < scores.size(); ++i) confusion.add(truth[i] == Label::anomalous, cutoff(scores[i]));
  return confusion;
}

[[nodiscard]] inline stats::Interval rate_interval(const stats::Confusion& confusion) {
  return stats::proportion_interval(confusion.false_alarms, confusion.normal(), interval_confidence);
}

/// "0.034 [0.004, 0.117]", the exact interval of the realised false-alarm rate; "-" without normal scores.
[[nodiscard]] inline std::string rate_with_interval(const stats::Confusion& confusion) {
  if (confusion.normal() == 0) return "-";
  const stats::Interval interval = rate_interval(confusion);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", confusion.false_alarm_rate(), interval.lower, interval.upper);
}

/// The metrics of a decided and labelled test set.
inline void add_metrics(nlohmann::ordered_json& json, const stats::Confusion& confusion) {
  const stats::Interval interval = rate_interval(confusion);
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
