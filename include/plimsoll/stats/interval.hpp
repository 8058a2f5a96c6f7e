// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// A closed interval.
struct Interval {
  double lower;
  double upper;
};

}  // namespace plimsoll::stats
