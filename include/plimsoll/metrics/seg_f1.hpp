// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/metrics/map_scores.hpp"
#include "plimsoll/stats/confusion.hpp"

namespace plimsoll::metrics {

/// The pixels of decided masks against the true ones, pooled over all images: compute().f1() is the pixel F1,
/// 2 c / (2 c + f + m), and recall, precision and FPR are there too. Keeps four counts; O(pixels).
class SegF1 {
 public:
  /// One image: what was decided and what is true. Throws DataError when the shapes differ.
  void update(Mask decided, Mask truth) {
    detail::check_shapes("SegF1", decided, truth);
    for (std::size_t row = 0; row < truth.rows(); ++row) {
      const std::span<const std::uint8_t> flagged = decided.row(row);
      const std::span<const std::uint8_t> anomalous = truth.row(row);
      for (std::size_t i = 0; i < truth.columns(); ++i) counts_.add(anomalous[i] != 0, flagged[i] != 0);
    }
  }

  /// One image, decided by the cutoff: a pixel is flagged when !(score < cutoff). Throws DataError when the shapes
  /// differ.
  void update(ScoreMap map, Cutoff cutoff, Mask truth) {
    detail::check_shapes("SegF1", map, truth);
    map.visit_pixels([&](auto pixels) {
      for (std::size_t row = 0; row < truth.rows(); ++row) {
        const std::span<const std::uint8_t> anomalous = truth.row(row);
        const auto scores = pixels.subspan(row * truth.columns(), truth.columns());
        for (std::size_t i = 0; i < truth.columns(); ++i) counts_.add(anomalous[i] != 0, cutoff(scores[i]));
      }
    });
  }

  /// Adds the images of the other.
  void merge(const SegF1& other) noexcept { counts_ += other.counts_; }

  /// The counts over all images; its rates without a denominator are NaN.
  [[nodiscard]] stats::Confusion compute() const noexcept { return counts_; }

 private:
  stats::Confusion counts_;
};

}  // namespace plimsoll::metrics
