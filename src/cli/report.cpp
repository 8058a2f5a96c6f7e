// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

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
