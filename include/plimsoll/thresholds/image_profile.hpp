// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/label.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/stats/ordered_bits.hpp"

namespace plimsoll::detail {

/// Labelled pixels of one image, thinned so that whole images can be drawn again and again: of each class the pixels of
/// ranks 1 to 33 from the top, and below them of ranks that grow by 3 % each. A kept pixel stands for itself and for
/// those between it and the next higher one of its class. So the number of pixels of a class at or above a kept one is
/// exact, and elsewhere less than 3 % too low; it depends on the order of the pixels alone, not on their unit. Some 300
/// pixels a class of 65,536.
struct ImageProfile {
  struct Point {
    double score;
    std::size_t normals;
    std::size_t anomalies;
    friend auto operator<=>(const Point&, const Point&) = default;

    template <typename Self, typename Archive>
    static void exchange(Self& self, Archive& archive) {
      archive(self.score);
      archive(self.normals);
      archive(self.anomalies);
    }
  };

  std::size_t normals = 0;
  std::size_t anomalies = 0;
  std::vector<Point> points;  ///< by falling score

  ImageProfile() = default;  ///< to be read from a snapshot

  /// `labels` is one Label for all pixels, or a byte for each, 0 or 1. No pixel is NaN, and there is one. O(n log n).
  template <std::floating_point T, typename LabelOrBytes>
  ImageProfile(std::span<const T> pixels, const LabelOrBytes& labels) {
    std::vector<double> of_class[2];
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      std::size_t anomalous = 0;
      if constexpr (std::same_as<LabelOrBytes, Label>) {
        anomalous = labels == Label::anomalous ? 1 : 0;
      } else {
        anomalous = labels[i];
      }
      of_class[anomalous].push_back(static_cast<double>(stats::one_zero(pixels[i])));
    }
    normals = of_class[0].size();
    anomalies = of_class[1].size();
    for (std::size_t anomalous : {0U, 1U}) {
      std::vector<double>& scores = of_class[anomalous];
      std::ranges::sort(scores, std::greater<>());
      std::size_t before = 0;
      while (before < scores.size()) {
        const std::size_t rank = std::min(scores.size(), before + 1 + before / 33);
        points.push_back({scores[rank - 1], anomalous == 0 ? rank - before : 0, anomalous == 1 ? rank - before : 0});
        before = rank;
      }
    }
    std::ranges::sort(points, std::greater<>());
  }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.normals);
    archive(self.anomalies);
    archive(self.points);
  }
  [[nodiscard]] bool restored() const noexcept {
    std::size_t left[2] = {normals, anomalies};
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Point& point = points[i];
      if (!is_finite(point.score) || (i > 0 && point > points[i - 1])) return false;
      if (point.normals > left[0] || point.anomalies > left[1]) return false;
      left[0] -= point.normals;
      left[1] -= point.anomalies;
    }
    return !points.empty() && left[0] == 0 && left[1] == 0;
  }

  [[nodiscard]] bool synthetic() const noexcept { return anomalies > 0; }
  /// The largest pixel.
  [[nodiscard]] double maximum() const noexcept { return points.front().score; }

  /// Synthetic images last, and else by what is known of them, so that an order of images does not depend on how they
  /// came; images alike in all of it may have either place.
  friend bool operator<(const ImageProfile& one, const ImageProfile& other) {
    if (one.synthetic() != other.synthetic()) return other.synthetic();
    if (one.normals != other.normals) return one.normals < other.normals;
    if (one.anomalies != other.anomalies) return one.anomalies < other.anomalies;
    return std::ranges::lexicographical_compare(one.points, other.points, std::less<>());
  }
};

}  // namespace plimsoll::detail
