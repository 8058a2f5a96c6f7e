// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "plimsoll/core/connectivity.hpp"
#include "plimsoll/core/cutoff.hpp"

namespace plimsoll {

/// How a mask is made of a score map. The steps come in the order of the members, each on the mask that the one before
/// it left; a step at its default does nothing.
///
/// With low = high the mask is plain: every pixel from the cutoff on. With low below high it has hysteresis (Canny
/// 1986, sec. VI): the connected pixels from `low` on, where one of them at least is from `high` on, so that a faint
/// border is kept and a faint spot alone is not. A pixel of NaN is from every level on.
struct MaskRule {
  Cutoff high{};     ///< a region has a pixel from here on
  Cutoff low{high};  ///< and all of its pixels are from here on; one that is not at most `high` counts as `high`
  Connectivity connectivity = Connectivity::eight;  ///< which pixels touch: for hysteresis, holes and regions
  std::uint32_t erosion = 0;   ///< shrinks by so many pixels, by a square of 2 erosion + 1; outside counts as set
  std::uint32_t dilation = 0;  ///< grows by so many pixels, likewise
  bool fill_holes = false;  ///< sets what is enclosed: unset pixels that do not touch the border, by the connectivity
                            ///< of the other kind (4 for 8, 8 for 4)
  std::uint32_t minimum_area = 1;  ///< regions of fewer pixels are dropped

  friend constexpr bool operator==(const MaskRule&, const MaskRule&) noexcept = default;
};

}  // namespace plimsoll
