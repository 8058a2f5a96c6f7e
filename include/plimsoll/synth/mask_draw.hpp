// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "plimsoll/synth/field.hpp"

namespace plimsoll::synth {

/// The least alpha of an anomalous pixel, one of the true mask; a soft edge reaches beyond those.
inline constexpr float anomalous_alpha = 0.5F;

/// A mask that a MaskGenerator drew. Its anomalous pixels are those with an alpha of at least anomalous_alpha.
struct MaskDraw {
  Field alpha;                 ///< how much of the anomaly a pixel shows, 0 to 1; 0 off the foreground
  Field noise;                 ///< in [-1, 1]: of a perlin mask the noise that made it, of others one like it
  std::size_t area = 0;        ///< anomalous pixels; 0: the mask is empty, and there is no anomaly
  std::size_t components = 0;  ///< their connected parts
  std::size_t attempts = 0;    ///< how many masks were drawn; this is the last
  bool met_limits = false;     ///< not empty, and within the limits of area and components
};

}  // namespace plimsoll::synth
