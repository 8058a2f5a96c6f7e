// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>
#include <variant>

#include "plimsoll/core/any_threshold.hpp"
#include "plimsoll/core/parameter.hpp"

namespace plimsoll::fuzz {

/// Whether a fit takes seconds to minutes by its parameters, as is documented: a large bootstrap, or the exact band of
/// a small rate, or of a confidence near 1.
inline bool costly(const AnyThreshold& threshold) {
  const ParameterMap parameters = threshold.parameter_values();
  const auto number = [&parameters](std::string_view name, double without) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) return without;
    const double* value = std::get_if<double>(&found->second);
    return value == nullptr ? without : *value;
  };
  if (number("replicates", 0) > 200) return true;
  return threshold.info().name == "certified" &&
         (number("false_alarm_rate", 1) < 0.05 || number("confidence", 0) > 0.99);
}

}  // namespace plimsoll::fuzz
