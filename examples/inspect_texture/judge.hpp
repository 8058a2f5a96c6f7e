// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <plimsoll/core/cutoff.hpp>
#include <plimsoll/core/map_reduction.hpp>
#include <plimsoll/core/mask.hpp>
#include <plimsoll/core/score_map.hpp>
#include <plimsoll/decide/map_workspace.hpp>
#include <plimsoll/decide/mask_of.hpp>
#include <plimsoll/decide/mask_rule.hpp>
#include <plimsoll/metrics/oracle_seg_f1.hpp>
#include <plimsoll/metrics/seg_f1.hpp>
#include <plimsoll/stats/auroc.hpp>
#include <plimsoll/stats/confusion.hpp>
#include <plimsoll/thresholds/f1_threshold.hpp>
#include <plimsoll/thresholds/input_policy.hpp>
#include <span>
#include <string>
#include <vector>

#include "detector.hpp"
#include "parts.hpp"

/// \file
/// How good lines are, by the truth that none of them was drawn with.

namespace inspect_texture {

[[nodiscard]] inline plimsoll::ScoreMap view_of(const Field& map) {
  return {map.values().data(), map.rows(), map.columns()};
}

/// What an image counts for when it is decided as a whole: the mean of its most anomalous pixels, 0.2 % of them.
inline constexpr plimsoll::InputPolicy image_scores{.map_reduction = plimsoll::MapReduction::top_mean};

/// F1 as if half of the images were anomalous, whatever share of the test images is.
[[nodiscard]] inline double balanced_f1(const plimsoll::stats::Confusion& counts) {
  return 2 * counts.recall() / (1 + counts.recall() + counts.false_alarm_rate());
}

class Judge {
 public:
  Judge(const std::vector<Part>& test, const Detector& detector) {
    for (const Part& part : test) {
      const Field& map = maps_.emplace_back(detector(plimsoll::synth::to_planes(part.image.view())));
      const bool anomalous = part.truth.view().any();
      truths_.push_back(part.truth.view());
      scores_.push_back(plimsoll::score_of(view_of(map), image_scores.map_reduction, image_scores.top_share));
      anomalous_.push_back(anomalous ? 1 : 0);
      kinds_.push_back(part.kind);
      (anomalous ? anomalous_scores_ : normal_scores_).push_back(scores_.back());
    }
  }

  [[nodiscard]] const Field& map(std::size_t index) const { return maps_[index]; }

  /// Of the detector: how well scores tell good from bad, of images and of pixels.
  [[nodiscard]] double image_auroc() const { return auroc<double>(normal_scores_, anomalous_scores_); }
  [[nodiscard]] double pixel_auroc() const {
    std::vector<float> normal;
    std::vector<float> anomalous;
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      const auto labels = truths_[i].labels();
      for (std::size_t pixel = 0; pixel < labels.size(); ++pixel) {
        (labels[pixel] == plimsoll::Label::anomalous ? anomalous : normal).push_back(maps_[i].values()[pixel]);
      }
    }
    return auroc<float>(normal, anomalous);
  }

  /// Of a line for images.
  [[nodiscard]] plimsoll::stats::Confusion images(plimsoll::Cutoff cutoff) const {
    plimsoll::stats::Confusion counts;
    for (std::size_t i = 0; i < scores_.size(); ++i) counts.add(anomalous_[i] != 0, cutoff(scores_[i]));
    return counts;
  }

  /// By kind of part, good ones too, the share that the line flags.
  [[nodiscard]] std::map<std::string, double> flagged_by_kind(plimsoll::Cutoff cutoff) const {
    std::map<std::string, plimsoll::stats::Confusion> counts;
    for (std::size_t i = 0; i < scores_.size(); ++i) counts[kinds_[i]].add(true, cutoff(scores_[i]));
    std::map<std::string, double> shares;
    for (const auto& [kind, of_kind] : counts) shares[kind] = of_kind.recall();
    return shares;
  }

  /// The line with the best balanced F1 there is, found with the truth.
  [[nodiscard]] plimsoll::Cutoff best_image_cutoff() const {
    plimsoll::F1Threshold best{{.search = {.prevalence = 0.5}}};
    best.update(normal_scores_, plimsoll::Label::normal);
    best.update(anomalous_scores_, plimsoll::Label::anomalous);
    return best.compute().cutoff;
  }

  struct Masks {
    plimsoll::stats::Confusion pixels;
    double touched = 0;  ///< the share of good images with any anomalous pixel
  };

  /// Of a rule for masks.
  [[nodiscard]] Masks masks(const plimsoll::MaskRule& rule) const {
    plimsoll::metrics::SegF1 pixels;
    std::size_t touched = 0;
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      plimsoll::MapWorkspace<> workspace(maps_[i].rows(), maps_[i].columns());
      const plimsoll::Mask decided = plimsoll::mask_of(view_of(maps_[i]), rule, workspace).mask;
      pixels.update(decided, truths_[i]);
      if (anomalous_[i] == 0 && decided.any()) ++touched;
    }
    return {pixels.compute(), static_cast<double>(touched) / static_cast<double>(normal_scores_.size())};
  }

  /// The one level with the best pixel F1 there is, found with the truth.
  [[nodiscard]] plimsoll::Cutoff best_level() const {
    plimsoll::metrics::OracleSegF1 best;
    for (std::size_t i = 0; i < maps_.size(); ++i) best.update(view_of(maps_[i]), truths_[i]);
    return best.compute().cutoff;
  }

 private:
  template <typename T>
  [[nodiscard]] static double auroc(const std::vector<T>& normal, const std::vector<T>& anomalous) {
    return plimsoll::stats::auroc(std::span<const T>(normal), std::span<const T>(anomalous));
  }

  std::vector<Field> maps_;
  std::vector<plimsoll::Mask> truths_;  ///< views of the parts'
  std::vector<std::string> kinds_;
  std::vector<double> scores_;
  std::vector<std::uint8_t> anomalous_;
  std::vector<double> normal_scores_;
  std::vector<double> anomalous_scores_;
};

}  // namespace inspect_texture
