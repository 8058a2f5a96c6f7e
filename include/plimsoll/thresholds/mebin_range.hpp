// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/score_map.hpp"

namespace plimsoll {

/// The range of levels that Mebin searches: from the least to the largest of the maxima of the calibration maps, which
/// are normal ones. (The published method takes them over the batch that it binarises.) O(pixels); keeps three numbers.
class MebinRange {
 public:
  /// One normal map. Throws DataError for an empty one, and for a NaN or infinite pixel.
  void update(ScoreMap map) {
    if (map.empty()) throw DataError("MebinRange: an empty map has no maximum");
    map.visit_pixels([&](auto pixels) {
      const std::size_t bad = first_non_finite(pixels);
      if (bad < pixels.size()) {
        throw DataError("MebinRange: map[" + std::to_string(bad / map.columns()) + ", " +
                        std::to_string(bad % map.columns()) + "] is NaN or infinite");
      }
      auto most = pixels[0];
      for (const auto pixel : pixels) most = pixel > most ? pixel : most;
      const auto maximum = static_cast<double>(most);
      low_ = std::min(low_, maximum);
      high_ = std::max(high_, maximum);
    });
    ++maps_;
  }

  /// Adds the maps of the other.
  void merge(const MebinRange& other) noexcept {
    low_ = std::min(low_, other.low_);
    high_ = std::max(high_, other.high_);
    maps_ += other.maps_;
  }

  [[nodiscard]] double low() const noexcept { return low_; }    ///< +inf without a map
  [[nodiscard]] double high() const noexcept { return high_; }  ///< -inf without a map
  /// How many there were.
  [[nodiscard]] std::size_t maps() const noexcept { return maps_; }

 private:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  std::size_t maps_ = 0;
};

}  // namespace plimsoll
