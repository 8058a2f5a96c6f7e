// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/label.hpp"
#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_direction.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/decide/false_alarm_curve.hpp"
#include "plimsoll/decide/map_workspace.hpp"
#include "plimsoll/decide/mask_of.hpp"
#include "plimsoll/decide/mask_rule.hpp"
#include "plimsoll/decide/normalisation.hpp"
#include "plimsoll/decide/region.hpp"

namespace plimsoll {

/// A decision in three: what is neither clearly normal nor anomalous is for somebody to look at.
enum class Verdict : std::uint8_t {
  normal,     ///< by its label, and not for review
  review,     ///< for somebody to look at
  anomalous,  ///< by its label, and not for review
};

/// "normal", "review" or "anomalous".
[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::normal: return "normal";
    case Verdict::review: return "review";
    default: return "anomalous";
  }
}

/// Who is right when the label of an image and its mask disagree.
enum class Agreement : std::uint8_t {
  review,      ///< both stay as they are, and a normal image with a region is for review
  label_wins,  ///< the mask of a normal image is emptied; an anomalous image may have an empty mask
  mask_wins,   ///< an image is anomalous when its mask has a region; its score decides on review only
  either,      ///< an image is anomalous by its score or by its mask; the mask stays as it is
};

/// "review", "label_wins", "mask_wins" or "either".
[[nodiscard]] constexpr std::string_view to_string(Agreement agreement) noexcept {
  switch (agreement) {
    case Agreement::label_wins: return "label_wins";
    case Agreement::mask_wins: return "mask_wins";
    case Agreement::either: return "either";
    default: return "review";
  }
}

/// What is decided of a map. Mask and regions are views of the workspace, until it is used again.
struct Decision {
  Label label = Label::anomalous;        ///< of the image, reconciled with the mask as Agreement says
  Verdict verdict = Verdict::anomalous;  ///< the label in three, with what is for review
  double score = std::numeric_limits<double>::quiet_NaN();  ///< of the image, in the unit of its pixels
  Mask mask{};                        ///< one byte a pixel, 1 where it is anomalous; of no rows without a mask rule
  std::span<const Region> regions{};  ///< the mask's connected parts, in the order of their first pixels, row by row
};

/// All that decides at run time: the line for images, the rule for masks, and what reconciles the two. A plain value,
/// the standard library's alone, which `plimsoll export --cpp` writes as a constant. Deciding is noexcept, allocates
/// nothing, and is safe from several threads, each with a workspace of its own.
///
/// Image cutoffs are for image scores and mask levels for pixels; neither is used in place of the other.
struct Calibration {
  ScoreDirection direction = ScoreDirection::higher_is_anomalous;  ///< cutoffs and levels are of directed() scores
  Cutoff cutoff{};                                                 ///< of image scores: anomalous from here on
  Cutoff review_cutoff{};  ///< of image scores: to be looked at from here on, if not anomalous; +inf: none is
  MapReduction map_reduction = MapReduction::maximum;  ///< how a map gives its image score; not every_pixel
  double top_share = 0.002;                            ///< for top_mean: the share of pixels averaged, in (0, 1]
  std::optional<MaskRule> mask{};                      ///< how a map gives its mask; unset: no masks
  Agreement agreement = Agreement::review;             ///< of label and mask
  Normalisation normalisation{};                       ///< of image scores
  Normalisation pixel_normalisation{};                 ///< of pixels; 1/2 is at the mask's high level
  FalseAlarmCurve rates{};       ///< of image cutoffs: the share of normal images that each flags; may be empty
  FalseAlarmCurve mask_rates{};  ///< of mask levels: the share of normal images that reach each anywhere; likewise

  /// Whether an image of this score is anomalous. (A map may be by its mask, too: see `agreement`.)
  template <ScoreValue T>
  [[nodiscard]] constexpr Label label(T score) const noexcept {
    return cutoff.label(directed(static_cast<double>(score), direction));
  }

  /// The decision on an image score in three.
  template <ScoreValue T>
  [[nodiscard]] constexpr Verdict decide(T score) const noexcept {
    return verdict(label(score), directed(static_cast<double>(score), direction));
  }

  /// The image score in [0, 1], below 1/2 exactly when it is normal by `cutoff`. Where low scores are strange it grows
  /// with strangeness all the same.
  template <ScoreValue T>
  [[nodiscard]] T normalised(T score) const noexcept {
    return normalisation(directed(score, direction), cutoff, rates);
  }

  /// The score of a pixel in [0, 1], below 1/2 exactly when it is below the mask's high level. NaN without a mask rule.
  template <ScoreValue T>
  [[nodiscard]] T normalised_pixel(T score) const noexcept {
    if (!mask) return static_cast<T>(std::numeric_limits<double>::quiet_NaN());
    return pixel_normalisation(directed(score, direction), mask->high, mask_rates);
  }

  /// The same with the image cutoff of another false-alarm rate: sensitivity in a unit that means something. Nothing
  /// when the rate is outside of those in `rates`. `review_cutoff` stays.
  [[nodiscard]] std::optional<Calibration> at_false_alarm_rate(double rate) const noexcept {
    const std::optional<Cutoff> line = rates.cutoff_at(rate);
    if (!line) return std::nullopt;
    Calibration changed = *this;
    changed.cutoff = *line;
    return changed;
  }

  /// The same with the mask's levels at other shares of normal images, high_share <= low_share. Nothing without a mask
  /// rule, or when a share is outside of those in `mask_rates`.
  [[nodiscard]] std::optional<Calibration> at_mask_shares(double high_share, double low_share) const noexcept {
    const std::optional<Cutoff> high = mask_rates.cutoff_at(high_share);
    const std::optional<Cutoff> low = mask_rates.cutoff_at(low_share);
    if (!mask || !high || !low || high_share > low_share) return std::nullopt;
    Calibration changed = *this;
    changed.mask->high = *high;
    changed.mask->low = *low;
    return changed;
  }

  /// Decides a map: its score and label, its mask and regions. One pass over the map. A map without pixels, or larger
  /// than the workspace in either direction, is a broken precondition: anomalous, with a score of NaN and no mask.
  template <std::size_t Rows, std::size_t Columns>
  [[nodiscard]] Decision decide(ScoreMap map, MapWorkspace<Rows, Columns>& workspace) const noexcept {
    const detail::MapMemory memory = workspace.memory();
    if (map.empty() || map.rows() > memory.rows || map.columns() > memory.columns) return {};
    return map.visit([&](const auto* data) { return decide_rows(data, map, memory); });
  }

 private:
  [[nodiscard]] constexpr Verdict verdict(Label label, double directed_score) const noexcept {
    if (label == Label::anomalous) return Verdict::anomalous;
    return review_cutoff(directed_score) ? Verdict::review : Verdict::normal;
  }

  template <ScoreValue T>
  [[nodiscard]] Decision decide_rows(const T* data, ScoreMap map, const detail::MapMemory& memory) const noexcept {
    const std::size_t columns = map.columns();
    // With room for more, more would be kept: the bar below which pixels are passed over would rise later, or never.
    const std::size_t scratch = MapScorer::scratch_size(map_reduction, top_share, map.size());
    MapScorer scorer(map_reduction, top_share, map.size(), std::span(memory.scores, scratch));
    std::optional<detail::MaskBuilder> builder;
    if (mask) builder.emplace(memory, *mask, map.rows(), columns);
    const auto take = [&](auto row) {
      scorer.take(row);
      if (builder) builder->take(row);
    };
    for (std::size_t row = 0; row < map.rows(); ++row) {
      const std::span<const T> scores(data + row * map.row_stride(), columns);
      detail::take_directed(scores, direction, memory, take);
    }
    const double score = scorer.score();
    Decision decision{.label = cutoff.label(score), .score = directed(score, direction)};
    if (builder) {
      const std::span<Region> regions = builder->finish([&](std::size_t row, std::size_t column) {
        return directed(static_cast<double>(detail::widened(data[row * map.row_stride() + column])), direction);
      });
      for (Region& region : regions) region.peak = directed(region.peak, direction);
      reconcile(decision, regions, memory, columns);
      decision.mask = Mask(memory.mask, map.rows(), columns);
    }
    decision.verdict = verdict(decision.label, score);
    const bool disagree = decision.label == Label::normal && !decision.regions.empty();
    if (disagree) decision.verdict = Verdict::review;  // only Agreement::review lets them
    return decision;
  }

  void reconcile(Decision& decision, std::span<const Region> regions, const detail::MapMemory& memory,
                 std::size_t columns) const noexcept {
    if (agreement == Agreement::label_wins && decision.label == Label::normal) {
      for (const Region& region : regions) {
        for (std::size_t row = region.row_begin; row < region.row_end; ++row) {
          std::memset(memory.mask + row * columns + region.column_begin, 0, region.column_end - region.column_begin);
        }
      }
      return;
    }
    decision.regions = regions;
    const bool is_nan = decision.score != decision.score;  // a pixel is, which the mask may have dropped as too small
    const bool by_mask = !regions.empty() || is_nan;
    if (agreement == Agreement::mask_wins) decision.label = by_mask ? Label::anomalous : Label::normal;
    if (agreement == Agreement::either && by_mask) decision.label = Label::anomalous;
  }
};

}  // namespace plimsoll
