// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plimsoll/decide/calibration.hpp"

namespace plimsoll::cli {

/// A score map and its mask, side by side and small, with what was decided of it.
struct Thumbnail {
  std::string name;     ///< the map's
  std::string caption;  ///< "anomalous, score 3.2, 2 regions of 140 pixels"
  std::string element;  ///< SVG
};

/// The `count` maps of the file or folder with the strangest image scores, strangest first, ties in their order. Cells
/// of at most 48 a side, each the strangest of its pixels, in eight shades between the least and the largest cell
/// shown; a cell of the mask is one with any pixel of it. One map at a time in memory.
[[nodiscard]] std::vector<Thumbnail> thumbnails_of(const Calibration& calibration, const std::string& path,
                                                   std::size_t count);

}  // namespace plimsoll::cli
