// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "plimsoll/core/connectivity.hpp"
#include "plimsoll/synth/mask_kind.hpp"

namespace plimsoll::synth {

/// Parameters of a MaskGenerator. What has a least and a most is drawn evenly between them. Sizes, lengths and widths
/// are shares of the image's shorter side.
struct MaskParameters {
  MaskKind kind = MaskKind::perlin;  ///< what the mask looks like

  // The noise, of which perlin masks are made, and which every mask brings.
  std::uint32_t least_scale = 0;  ///< rows and columns, each for itself, have 2^least_scale ... 2^most_scale cells to
  std::uint32_t most_scale = 5;   ///< the next power of two of pixels; at most 20, and cells are 2 pixels at least
  double rotation = 90;           ///< turned by up to so many degrees, either way; in [0, 180]
  double level = 0.5;             ///< the mask is where the noise is above; in [-1, 1)

  // Blobs and scratches.
  std::uint32_t least_count = 1;  ///< how many there are in a mask; at least 1
  std::uint32_t most_count = 1;   ///< not below least_count
  double least_size = 0.04;       ///< of a blob: the diameter of a circle of its area; above 0, at most 2
  double most_size = 0.25;        ///< likewise
  double irregularity = 0.5;      ///< in [0, 1): how far a blob's outline strays from an ellipse
  double least_length = 0.15;     ///< of a scratch; above 0, at most 2
  double most_length = 0.8;       ///< likewise
  double least_width = 0.004;  ///< of a scratch, above 0, at most 2; raised to 1.42 pixels, so that it hangs together
  double most_width = 0.016;   ///< likewise
  double curvature = 2;        ///< a scratch bends by up to so many radians over its length; in [0, 100]

  // Every mask.
  double second_mask = 0;  ///< the probability that a second one of the same kind is united with the first
  double softness = 0;     ///< over how many pixels the edge goes from 0 to 1; in [0, 1000], hard up to 1

  // Limits; a mask that does not keep them, or is empty, is drawn anew.
  double least_area = 0;             ///< shares of the pixels, or of those of the foreground; in [0, 1]
  double most_area = 1;              ///< likewise
  std::size_t least_components = 0;  ///< how many connected parts the mask has
  std::size_t most_components = std::numeric_limits<std::size_t>::max();  ///< likewise
  Connectivity connectivity = Connectivity::eight;                        ///< by which they are counted
  std::size_t attempts = 11;                                              ///< draws at most; at least 1
};

}  // namespace plimsoll::synth
