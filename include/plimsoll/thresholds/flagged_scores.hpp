// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// What a stream learns from a score that it flagged. Nobody has said whether it was a false alarm or an anomaly.
enum class FlaggedScores : std::uint8_t {
  excluded,   ///< nothing, as if it had not come (the paper's rule): anomalies cannot raise the line, but the tail is
              ///< fitted to scores below it only, so that it sinks, and false alarms grow beyond the rate
  kept,       ///< as much as from any other: right while all are normal, but anomalies raise the line
  truncated,  ///< nothing, but the fit knows of each peak that it was seen only because it was below the line
};

}  // namespace plimsoll
