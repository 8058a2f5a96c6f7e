// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "plimsoll/synth/source_kind.hpp"

namespace plimsoll::synth {

/// Where a synthetic anomaly comes from: with the parameters of the generator, what it takes to make it again.
struct Provenance {
  std::uint64_t seed = 0;                    ///< of the generator
  std::size_t index = 0;                     ///< of the item
  double severity = 1;                       ///< what the blend factor was multiplied by
  bool applied = false;                      ///< whether there is an anomaly: by chance, and when the mask is not empty
  SourceKind source = SourceKind::textures;  ///< what the mask was filled with
  std::string material{};       ///< which one: the texture's, image's or patch's name; empty where there is none
  std::string augmentations{};  ///< what was done to the source, in order, with spaces between
  double blend = 0;             ///< the source's share in the mask, severity included
  std::size_t area = 0;         ///< anomalous pixels of the mask
  std::size_t components = 0;   ///< its connected parts, by the mask's connectivity; 0 when they were not counted
  std::size_t attempts = 0;     ///< masks that were made
  bool met_limits = true;       ///< whether the mask keeps the limits of the parameters, which an empty one never does
};

}  // namespace plimsoll::synth
