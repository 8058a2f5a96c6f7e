// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plimsoll/core/mask.hpp"

namespace plimsoll::metrics {

/// The connected regions of a mask.
struct Regions {
  std::vector<std::size_t>
      region_of;                   ///< one a pixel, row by row: 0 where it is normal, else 1, 2, ... up to the count
  std::vector<std::size_t> sizes;  ///< sizes[i]: the pixels of region i + 1
  /// How many regions there are.
  [[nodiscard]] std::size_t count() const noexcept { return sizes.size(); }
};

/// The 8-connected regions of anomalous pixels, numbered as a scan row by row meets them. O(pixels) but for the
/// inverse Ackermann function; 8 bytes a pixel.
[[nodiscard]] inline Regions label_regions(Mask mask) {
  const std::size_t columns = mask.columns();
  Regions regions;
  regions.region_of.resize(mask.size());
  std::vector<std::size_t>& region_of = regions.region_of;
  std::vector<std::size_t> parent{0};  // a forest over provisional regions; a root is its tree's least
  const auto root = [&parent](std::size_t region) {
    while (parent[region] != region) region = parent[region] = parent[parent[region]];
    return region;
  };
  for (std::size_t row = 0; row < mask.rows(); ++row) {
    const std::span<const std::uint8_t> bytes = mask.row(row);
    for (std::size_t column = 0; column < columns; ++column) {
      if (bytes[column] == 0) continue;
      const std::size_t pixel = row * columns + column;
      std::size_t region = 0;
      const auto join = [&](std::size_t neighbour) {
        if (region_of[neighbour] == 0) return;
        const std::size_t other = root(region_of[neighbour]);
        if (region == 0) region = other;
        if (other < region) {
          parent[region] = other;
          region = other;
        } else {
          parent[other] = region;
        }
      };
      if (column > 0) join(pixel - 1);
      if (row > 0) {
        join(pixel - columns);
        if (column > 0) join(pixel - columns - 1);
        if (column + 1 < columns) join(pixel - columns + 1);
      }
      if (region == 0) {
        region = parent.size();
        parent.push_back(region);
      }
      region_of[pixel] = region;
    }
  }
  // Every root comes before the rest of its tree, so one pass gives all of them their final numbers.
  std::vector<std::size_t> number(parent.size());
  for (std::size_t region = 1; region < parent.size(); ++region) {
    if (parent[region] == region) {
      regions.sizes.push_back(0);
      number[region] = regions.sizes.size();
    } else {
      number[region] = number[parent[region]];
    }
  }
  for (std::size_t& region : region_of) {
    region = number[region];
    if (region > 0) ++regions.sizes[region - 1];
  }
  return regions;
}

}  // namespace plimsoll::metrics
