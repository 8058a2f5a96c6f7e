// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "plimsoll/core/fit.hpp"

namespace plimsoll::test {

/// Everything in a Fit, with doubles by their bits: two fits are the same when their texts are.
inline std::string text_of(const Fit& fit) {
  std::string text = fit.method + " " + std::string(to_string(fit.status)) + " " +
                     std::string(to_string(fit.score_type)) + " " + to_string(fit.promise) + " " + fit.note;
  const auto number = [&text](double value) { text += " " + std::to_string(std::bit_cast<std::uint64_t>(value)); };
  number(fit.cutoff.value());
  number(fit.promise.false_alarm_rate);
  number(fit.promise.best_rate);
  for (const std::size_t count :
       {fit.promise.normals_needed, fit.normal_count, fit.anomalous_count, fit.skipped_count, fit.trimmed_count}) {
    text += " " + std::to_string(count);
  }
  for (const auto& [name, value] : fit.parameters) text += " " + name + "=" + to_string(value);
  if (fit.optimum) {
    text += " " + fit.optimum->objective;
    for (const double value : {fit.optimum->value, fit.optimum->above, fit.optimum->up_to}) number(value);
  }
  if (fit.interval) {
    text += " " + fit.interval->method;
    for (const double value : {fit.interval->lower, fit.interval->upper, fit.interval->confidence}) number(value);
  }
  if (fit.goodness) {
    text += " " + fit.goodness->test;
    for (const double value : {fit.goodness->statistic, fit.goodness->p_value}) number(value);
  }
  for (const auto& [name, value] : fit.estimates) {
    text += " " + name;
    number(value);
  }
  for (const CurvePoint& point : fit.curve) {
    for (const double value : {point.cutoff, point.objective, point.false_alarm_rate, point.recall}) number(value);
  }
  return text;
}

}  // namespace plimsoll::test
