// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plimsoll/core/mask.hpp"
#include "plimsoll/synth/image.hpp"
#include "plimsoll/synth/provenance.hpp"

namespace plimsoll::synth {

/// The true mask of a synthetic anomaly, one byte a pixel: 0 normal, 1 anomalous. Converts to the view that thresholds
/// take.
struct TrueMask {
  std::size_t rows = 0;               ///< pixels from top to bottom
  std::size_t columns = 0;            ///< pixels from left to right
  std::vector<std::uint8_t> bytes{};  ///< row by row

  /// Valid while this lives and is not changed.
  [[nodiscard]] Mask view() const noexcept { return {bytes.data(), rows, columns}; }
  /// As view().
  operator Mask() const noexcept { return view(); }
  friend bool operator==(const TrueMask&, const TrueMask&) = default;
};

/// A synthetic anomaly: the image with it, the truth, and where it comes from.
struct SyntheticItem {
  Image image;            ///< of the size and type of the normal one
  TrueMask mask;          ///< where it differs; empty of anomalies when there is none
  Provenance provenance;  ///< what it takes to make it again
};

}  // namespace plimsoll::synth
