// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// Which pixels touch: those that share a side, or a corner as well.
enum class Connectivity : std::uint8_t {
  four = 4,   ///< a side
  eight = 8,  ///< a side or a corner
};

}  // namespace plimsoll
