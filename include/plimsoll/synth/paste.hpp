// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/planes.hpp"

namespace plimsoll::synth {

/// Something to lay over an image, in the image's size.
struct Paste {
  Planes source;  ///< what is laid over, channel by channel
  Field alpha;    ///< 0 where the image stays to 1 where the source covers it
};

}  // namespace plimsoll::synth
