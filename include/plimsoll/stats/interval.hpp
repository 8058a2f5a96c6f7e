// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace plimsoll::stats {

/// A closed interval; its ends may be infinite.
struct Interval {
  double lower;
  double upper;
};

}  // namespace plimsoll::stats
