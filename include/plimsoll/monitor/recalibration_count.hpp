// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/stats/order_statistics.hpp"

namespace plimsoll {

/// How many new normal scores a line needs that is to promise this false-alarm rate again, whatever their distribution:
/// with the confidence by `quantile`'s bound, 299 for 1 % at 95 %, or on average, 99 for 1 %. 0 where none is known:
/// the rate or the confidence is not in (0, 1), or the rate is too small.
[[nodiscard]] inline std::size_t recalibration_count(double false_alarm_rate, std::optional<double> confidence) {
  const auto share = [](double x) { return x > 0 && x < 1; };
  if (!share(false_alarm_rate)) return 0;
  if (!confidence) return stats::conformal_count(false_alarm_rate);
  return share(*confidence) ? stats::coverage_count(false_alarm_rate, *confidence) : 0;
}

/// The same for the promise of a line that drifted: of its rate and confidence. A model-based promise is repeated by as
/// many scores as it rests on: how many a model needs is not known beforehand. 0 for a promise of nothing.
[[nodiscard]] inline std::size_t recalibration_count(const Promise& promise) {
  if (promise.guarantee == Guarantee::none) return 0;
  if (promise.guarantee == Guarantee::model_based) return promise.normals;
  const bool confident = promise.confidence == promise.confidence;
  return recalibration_count(promise.false_alarm_rate,
                             confident ? std::optional<double>(promise.confidence) : std::nullopt);
}

}  // namespace plimsoll
