// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// What a step of a monitor gives.
enum class AlarmState : std::uint8_t {
  quiet,     ///< no alarm, or one that was raised by an earlier step, with AlarmPolicy::once
  raised,    ///< by this score
  standing,  ///< raised by an earlier one, with AlarmPolicy::latch
};

}  // namespace plimsoll
