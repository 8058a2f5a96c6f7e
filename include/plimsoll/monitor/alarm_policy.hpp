// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// What follows a monitor's first alarm.
enum class AlarmPolicy : std::uint8_t {
  latch,  ///< the alarm stands until rearm() or reset()
  once,   ///< it is raised by one step, and all later steps are quiet until rearm() or reset()
  rearm,  ///< it is raised by one step, and evidence is gathered anew from the next score on
};

}  // namespace plimsoll
