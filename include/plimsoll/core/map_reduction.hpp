// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// How many scores a score map counts for.
enum class MapReduction : std::uint8_t {
  every_pixel,  ///< as many scores as it has pixels, each with the label of its pixel
  maximum,      ///< one, its largest
  top_mean,     ///< one, the mean of its largest pixels; steadier than the maximum
};

/// "every_pixel", "maximum" or "top_mean".
[[nodiscard]] constexpr std::string_view to_string(MapReduction reduction) noexcept {
  switch (reduction) {
    case MapReduction::maximum: return "maximum";
    case MapReduction::top_mean: return "top_mean";
    default: return "every_pixel";
  }
}

/// How many pixels the top share of a map is: the least count whose share of the pixels is not below `share`,
/// which is in (0, 1]; pixels >= 1.
[[nodiscard]] inline std::size_t top_count(std::size_t pixels, double share) noexcept {
  const auto all = static_cast<double>(pixels);
  double count = std::max(1.0, std::ceil(share * all));
  if (count > 1 && (count - 1) / all >= share) --count;  // the product was rounded up past a whole number
  return std::min(pixels, static_cast<std::size_t>(count));
}

/// The one score that the pixels of a map count for by `maximum` or `top_mean`, collected row by row in one pass: most
/// pixels of a map cost one comparison. NaN when a pixel is, or when both infinities are averaged, so that such a map
/// is anomalous. The top is summed from the largest pixel down, so that the score does not depend on the order of the
/// pixels. Allocates nothing.
class MapScorer {
 public:
  /// For a map of that many pixels, at least 1. `scratch` has scratch_size() places; with more it is right, but slower.
  MapScorer(MapReduction reduction, double top_share, std::size_t pixels, std::span<double> scratch) noexcept
      : count_{reduction == MapReduction::top_mean ? top_count(pixels, top_share) : 1}, scratch_{scratch} {}

  /// How much scratch a map of that many pixels takes.
  [[nodiscard]] static std::size_t scratch_size(MapReduction reduction, double top_share, std::size_t pixels) noexcept {
    const std::size_t count = reduction == MapReduction::top_mean ? top_count(pixels, top_share) : 1;
    if (count == 1) return 0;
    return std::min(pixels, count + std::max(count, 2 * block_size));
  }

  /// Takes the next pixels.
  template <ScoreValue T>
  void take(std::span<const T> pixels) noexcept {
    while (!pixels.empty()) {
      const std::span<const T> block = pixels.first(std::min(block_size, pixels.size()));
      pixels = pixels.subspan(block.size());
      const auto bar = detail::widened(static_cast<T>(bar_));  // exact: bar_ is -inf or one of the pixels
      std::size_t above = 0;                                   // or NaN
      for (const T pixel : block) above += !(detail::widened(pixel) <= bar);
      if (above > 0) keep(block, bar);
    }
  }

  /// The score, when all pixels were taken.
  [[nodiscard]] double score() noexcept {
    if (has_nan_) return std::numeric_limits<double>::quiet_NaN();
    if (count_ == 1) return bar_;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (used_ < count_) {  // no pixel of -inf was kept
      const bool both = std::ranges::any_of(scratch_.first(used_), [](double pixel) { return pixel == infinity; });
      return both ? std::numeric_limits<double>::quiet_NaN() : -infinity;
    }
    select();
    std::sort(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(count_), std::greater<>());
    const std::span<const double> top = scratch_.first(count_);
    const auto divisor = static_cast<double>(count_);
    double sum = 0;
    for (const double pixel : top) sum += pixel;
    if (sum - sum == 0) return sum / divisor;
    sum = 0;  // the sum overflowed, which the mean of finite pixels cannot
    for (const double pixel : top) sum += pixel / divisor;
    return std::clamp(sum, top.back(), top.front());  // rounding leads beyond the largest double; NaN stays
  }

 private:
  static constexpr std::size_t block_size = 256;

  template <ScoreValue T, std::floating_point Wide>
  void keep(std::span<const T> block, Wide bar) noexcept {
    for (const T narrow : block) {
      const Wide pixel = detail::widened(narrow);
      if (pixel <= bar) continue;
      const auto score = static_cast<double>(pixel);
      if (score != score) {
        has_nan_ = true;
      } else if (count_ == 1) {
        bar_ = std::max(bar_, score);
      } else {
        if (used_ == scratch_.size()) select();
        scratch_[used_++] = score;
      }
    }
  }

  /// Brings the largest to the front and forgets the others.
  void select() noexcept {
    const auto last = scratch_.begin() + static_cast<std::ptrdiff_t>(count_ - 1);
    std::nth_element(scratch_.begin(), last, scratch_.begin() + static_cast<std::ptrdiff_t>(used_), std::greater<>());
    bar_ = *last;
    used_ = count_;
  }

  std::size_t count_;
  std::span<double> scratch_;  ///< the largest pixels and others, its first used_; unused for the maximum
  std::size_t used_ = 0;
  double bar_ = -std::numeric_limits<double>::infinity();  ///< pixels not above it cannot change the score
  bool has_nan_ = false;
};

/// The one score that a map counts for by `maximum` or `top_mean`; NaN when one of its pixels is, -inf when it has
/// none.
[[nodiscard]] inline double score_of(ScoreMap map, MapReduction reduction, double top_share) {
  if (map.empty()) return -std::numeric_limits<double>::infinity();
  std::vector<double> scratch(MapScorer::scratch_size(reduction, top_share, map.size()));
  MapScorer scorer(reduction, top_share, map.size(), scratch);
  map.visit([&]<typename T>(const T* data) {
    for (std::size_t row = 0; row < map.rows(); ++row) {
      scorer.take(std::span<const T>{data + row * map.row_stride(), map.columns()});
    }
  });
  return scorer.score();
}

}  // namespace plimsoll
