// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/stats/component_counts.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "plimsoll/thresholds/mebin_range.hpp"

namespace plimsoll {

/// Parameters of Mebin; the defaults are the published ones.
struct MebinParameters {
  std::size_t step = 4;          ///< the levels 255, 255 - step, ... above 0 are searched; 1 to 255
  std::size_t shortest_run = 4;  ///< so many levels in a row must count alike; from 1
  std::size_t erosion = 6;       ///< the side of the square that components are eroded by; 1 erodes nothing
  Connectivity connectivity = Connectivity::eight;  ///< of components
};

/// How a map's binarisation ended.
enum class MebinStatus : std::uint8_t {
  ok,             ///< there is a cutoff
  no_stable_run,  ///< no run of levels is long enough: there is no anomaly, as the method has it
  no_range,       ///< the maxima of the calibration maps do not differ, or there is none
};

/// "ok", "no_stable_run" or "no_range".
[[nodiscard]] constexpr std::string_view to_string(MebinStatus status) noexcept {
  switch (status) {
    case MebinStatus::ok: return "ok";
    case MebinStatus::no_stable_run: return "no_stable_run";
    default: return "no_range";
  }
}

/// The line that one map got.
struct MebinResult {
  MebinStatus status = MebinStatus::no_range;  ///< how it ended
  Cutoff cutoff;                               ///< in the map's unit; +inf unless ok
  std::size_t components = 0;                  ///< how many there are at each level of the run; 0 unless ok
  std::size_t run = 0;                         ///< how many levels the run has; 0 unless ok
  /// Whether `cutoff` is an answer.
  [[nodiscard]] bool ok() const noexcept { return status == MebinStatus::ok; }
};

/// Main element binarisation (Huang et al. 2025, AnomalyNCD: Towards Novel Anomaly Class Discovery in Industrial
/// Scenarios, CVPR): every map gets a cutoff of its own, at the low end of the longest run of levels at which the
/// number of eroded connected components, at least one, stays the same.
///
/// A score's level is ceil(255 (score - low) / (high - low)), clamped to 0 ... 255; NaN has 255. At level t the pixels
/// whose level is above t are eroded by a square (OpenCV's: with side n the window reaches n/2, rounded down, up and to
/// the left; what lies outside the map takes no part) and their components counted. Of equally long runs that count
/// wins whose first long enough run is highest, and of its runs the lowest one.
///
/// Erosion commutes with thresholding, so the map is eroded once, as a grey image, and all counts are taken from one
/// stats::ComponentCounter: O(pixels) instead of a labelling a level. Allocates nothing once it has seen a contiguous
/// map of that size, but for the saddles of busier ones.
class Mebin {
 public:
  /// Throws ParameterError for a parameter outside its range.
  explicit Mebin(const MebinRange& range, MebinParameters parameters = {})
      : parameters_{parameters}, counter_{parameters.connectivity}, low_{range.low()} {
    check("step", parameters.step, 1, 255);
    check("shortest_run", parameters.shortest_run, 1, 255);
    check("erosion", parameters.erosion, 1, 1U << 20);
    const double spread = range.high() - range.low();
    scale_ = 255 / spread;
    constexpr double largest = std::numeric_limits<double>::max();
    has_range_ = range.maps() > 0 && spread > 0 && spread <= largest && scale_ <= largest;
    if (!has_range_) return;
    for (std::size_t level = 0; level < cutoffs_.size(); ++level) cutoffs_[level] = first_above(level, range.high());
  }

  /// The map's cutoff; its mask is in mask() then. The map has fewer than 2^32 - 2 (rows + columns + 2) pixels.
  MebinResult binarise(ScoreMap map) {
    mask_.assign(map.size(), 0);
    MebinResult result;
    if (!has_range_) return result;
    result.status = MebinStatus::no_stable_run;
    if (map.empty()) return result;
    levels_.resize(map.size());
    map.visit_pixels([&](auto pixels) { quantise(pixels); });
    erode(map.rows(), map.columns());
    const auto counts = counter_.count(levels_, map.rows(), map.columns());
    const Run best = longest_run(counts);
    if (best.length < parameters_.shortest_run) return result;
    result = {MebinStatus::ok, Cutoff{cutoffs_[best.level]}, best.components, best.length};
    const auto line = static_cast<std::uint8_t>(best.level);
    const std::uint8_t* const levels = levels_.data();
    std::uint8_t* const mask = mask_.data();
    for (std::size_t i = 0, count = mask_.size(); i < count; ++i) mask[i] = levels[i] > line ? 1 : 0;
    return result;
  }

  /// The mask of the map that was binarised last, row by row, 1 anomalous: what the cutoff flags, eroded as the
  /// components were. All 0 unless that was ok.
  [[nodiscard]] std::span<const std::uint8_t> mask() const noexcept { return mask_; }

  /// The level of a score.
  template <ScoreValue T>
  [[nodiscard]] std::uint8_t level(T score) const noexcept {
    return level(static_cast<double>(score), low_, scale_);
  }

 private:
  static std::uint8_t level(double score, double low, double scale) noexcept {
    const double below = 255 - (score - low) * scale;  // rounding up as 255 less rounding down
    const double capped = below > 0 ? below : 0;       // NaN too
    return static_cast<std::uint8_t>(255 - static_cast<int>(capped < 255 ? capped : 255));
  }

  struct Run {
    std::size_t length = 0;
    std::size_t level = 0;  ///< the lowest
    std::size_t components = 0;
  };

  static void check(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
    if (value >= least && value <= most) return;
    throw ParameterError("Mebin: " + std::string(name) + " = " + std::to_string(value) + " is not in [" +
                         std::to_string(least) + ", " + std::to_string(most) + "]");
  }

  /// The least number whose level is above this one, up to 254: levels rise with the score, so `score >= cutoff` and
  /// `level(score) > t` are the same. By bisection over the numbers' bits; `high` has level 254 at least.
  [[nodiscard]] double first_above(std::size_t level, double high) const noexcept {
    std::uint64_t below = stats::ordered_bits(low_);  // has level 0
    std::uint64_t above = stats::ordered_bits(high);
    while (this->level(stats::from_ordered_bits<double>(above)) <= level) ++above;
    while (above - below > 1) {
      const std::uint64_t middle = below + (above - below) / 2;
      (this->level(stats::from_ordered_bits<double>(middle)) > level ? above : below) = middle;
    }
    return stats::from_ordered_bits<double>(above);
  }

  template <typename T>
  void quantise(std::span<const T> pixels) noexcept {
    // Copies, as a byte that is written might be one of the members.
    const double low = low_;
    const double scale = scale_;
    std::uint8_t* const levels = levels_.data();
    for (std::size_t i = 0; i < pixels.size(); ++i) levels[i] = level(static_cast<double>(pixels[i]), low, scale);
  }

  /// The minimum over the square around each pixel, rows first.
  void erode(std::size_t rows, std::size_t columns) {
    const std::size_t side = parameters_.erosion;
    if (side == 1) return;
    const std::size_t before = side / 2;
    const std::size_t after = side - 1 - before;
    row_.assign(columns + side - 1, 255);
    for (std::size_t row = 0; row < rows; ++row) {
      std::uint8_t* const line = levels_.data() + row * columns;
      std::copy_n(line, columns, row_.data() + before);
      for (std::size_t k = 0; k < side; ++k) least_of(line, row_.data() + k, columns);
    }
    eroded_ = levels_;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t first = row < before ? 0 : row - before;
      const std::size_t last = std::min(rows - 1, row + after);
      for (std::size_t other = first; other <= last; ++other) {
        if (other != row) least_of(eroded_.data() + row * columns, levels_.data() + other * columns, columns);
      }
    }
    levels_.swap(eroded_);
  }

  static void least_of(std::uint8_t* line, const std::uint8_t* other, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) line[i] = std::min(line[i], other[i]);
  }

  [[nodiscard]] Run longest_run(const stats::ComponentCounter::Counts& counts) const {
    // The longest run of every count that has a long enough one, in the order in which those were met.
    std::array<Run, 255> longest;
    std::size_t known = 0;
    Run run;
    const auto finish = [&] {
      if (run.components == 0 || run.length < parameters_.shortest_run) return;
      const auto end = longest.begin() + static_cast<std::ptrdiff_t>(known);
      const auto same =
          std::find_if(longest.begin(), end, [&](const Run& r) { return r.components == run.components; });
      if (same == end) {
        longest[known++] = run;
      } else if (run.length >= same->length) {
        *same = run;
      }
    };
    for (std::size_t level = 255;; level -= parameters_.step) {
      if (run.length == 0 || counts[level] != run.components) {
        finish();
        run = {0, level, counts[level]};
      }
      ++run.length;
      run.level = level;
      if (level <= parameters_.step) break;
    }
    finish();
    Run best;
    for (std::size_t i = 0; i < known; ++i) {
      if (longest[i].length > best.length) best = longest[i];
    }
    return best;
  }

  MebinParameters parameters_;
  stats::ComponentCounter counter_;
  double low_;
  double scale_ = 0;
  bool has_range_ = false;
  std::array<double, 255> cutoffs_{};  ///< by level
  std::vector<std::uint8_t> levels_;
  std::vector<std::uint8_t> eroded_;
  std::vector<std::uint8_t> row_;
  std::vector<std::uint8_t> mask_;
};

}  // namespace plimsoll
