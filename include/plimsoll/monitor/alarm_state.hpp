// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// What a step of a monitor gives.
enum class AlarmState : std::uint8_t {
  quiet,
  raised,    ///< by this score
  standing,  ///< raised by an earlier one, with AlarmPolicy::latch
};

}  // namespace plimsoll
