// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll::synth {

/// What a mask looks like: noise above a level, a rounded spot, or a thin curve.
enum class MaskKind : std::uint8_t {
  perlin,   ///< Perlin noise above a level
  blob,     ///< a rounded spot
  scratch,  ///< a thin curve
};

}  // namespace plimsoll::synth
