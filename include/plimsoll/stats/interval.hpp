// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// A closed interval.
struct Interval {
  double lower;  ///< may be -inf
  double upper;  ///< may be +inf
};

}  // namespace plimsoll::stats
