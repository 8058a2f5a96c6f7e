// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// The end of the scores at which the anomalies lie.
enum class Tail : std::uint8_t {
  upper,  ///< higher is stranger, as everywhere in plimsoll: a score is anomalous unless it is below the cutoff
  lower,  ///< lower is stranger: a score is anomalous unless it is above the cutoff
};

}  // namespace plimsoll
