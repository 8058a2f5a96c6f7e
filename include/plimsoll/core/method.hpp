// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "plimsoll/core/any_threshold.hpp"
#include "plimsoll/core/method_info.hpp"
#include "plimsoll/core/parameter.hpp"

namespace plimsoll {

/// A method by name: what is known about it, and how to make its estimator.
struct Method {
  const MethodInfo& (*info)();
  AnyThreshold (*make)(const ParameterMap& parameters);          ///< throws ParameterError
  AnyThreshold (*restore)(std::span<const std::byte> snapshot);  ///< throws DataError
};

}  // namespace plimsoll
