// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll::synth {

/// What a mask looks like: noise above a level, a rounded spot, or a thin curve.
enum class MaskKind : std::uint8_t { perlin, blob, scratch };

}  // namespace plimsoll::synth
