// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plimsoll/core/any_threshold.hpp"
#include "plimsoll/core/method_info.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/snapshot_archive.hpp"

namespace plimsoll {

/// A method by name: what is known about it, and how to make its estimator.
struct Method {
  /// Its row of the registry, which lives as long as the program.
  const MethodInfo& (*info)();
  AnyThreshold (*make)(const ParameterMap& parameters);       ///< throws ParameterError
  AnyThreshold (*restore)(detail::SnapshotReader& snapshot);  ///< from after the method's name on; throws DataError
};

}  // namespace plimsoll
