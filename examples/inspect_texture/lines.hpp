// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <plimsoll/core/error.hpp>
#include <plimsoll/core/fit.hpp>
#include <plimsoll/decide/mask_rule.hpp>
#include <plimsoll/synth/synthetic_anomalies.hpp>
#include <plimsoll/thresholds/combined_threshold.hpp>
#include <plimsoll/thresholds/gev_threshold.hpp>
#include <plimsoll/thresholds/map_threshold.hpp>
#include <plimsoll/thresholds/synthetic_threshold.hpp>
#include <plimsoll/thresholds/tail_threshold.hpp>
#include <string>
#include <utility>
#include <vector>

#include "detector.hpp"
#include "judge.hpp"
#include "parts.hpp"

/// \file
/// Where to draw the line: from normal images alone, and from those with synthetic anomalies beside them.

namespace inspect_texture {

/// A line for images. Without an answer the fit's cutoff is +inf: nothing is anomalous.
struct ImageLine {
  std::string name;
  plimsoll::Fit fit;
};

/// A rule for masks, with the levels' fits.
struct MaskLine {
  std::string name;
  plimsoll::Fit high;
  plimsoll::Fit low = high;

  [[nodiscard]] plimsoll::MaskRule rule() const {
    return {.high = high.cutoff, .low = plimsoll::Cutoff{std::min(low.cutoff.value(), high.cutoff.value())}};
  }
};

struct Lines {
  std::vector<ImageLine> images;
  std::vector<MaskLine> masks;
};

/// Where a share of normal images lies above: 5 % by the default method, 10 % by an extreme value distribution. For
/// masks the level that 30 % of normal images reach anywhere, and hysteresis between those of 20 % and 40 %.
[[nodiscard]] inline Lines lines_from_normals(const std::vector<Field>& normal_maps) {
  plimsoll::TailThreshold tail{{.input = image_scores}};
  plimsoll::GevThreshold gev{{.false_alarm_rate = 0.1, .input = image_scores}};
  std::vector<plimsoll::MapThreshold> levels;
  for (const double share : {0.2, 0.3, 0.4}) levels.emplace_back(plimsoll::MapParameters{.false_alarm_rate = share});
  for (const Field& map : normal_maps) {
    tail.update(view_of(map));
    gev.update(view_of(map));
    for (plimsoll::MapThreshold& level : levels) level.update(view_of(map));
  }
  return {.images = {{"normals: tail, 5 %", tail.compute()}, {"normals: gev, 10 %", gev.compute()}},
          .masks = {{"normals: map, 30 %", levels[1].compute()},
                    {"normals: map, 20 and 40 %", levels[0].compute(), levels[2].compute()}}};
}

/// What synthetic anomalies are asked for by: the name of a source, and after a colon that of a form other than
/// Perlin's: "textures", "noise", "cut_paste", "textures:blob". Throws ParameterError.
[[nodiscard]] inline plimsoll::synth::SyntheticAnomaliesParameters parameters_of(const std::string& wanted) {
  using plimsoll::synth::MaskKind;
  using plimsoll::synth::SourceKind;
  const std::string source = wanted.substr(0, wanted.find(':'));
  const std::string form = source == wanted ? "perlin" : wanted.substr(source.size() + 1);
  plimsoll::synth::SyntheticAnomaliesParameters parameters;
  bool known = false;
  for (const SourceKind kind : {SourceKind::textures, SourceKind::other_normal, SourceKind::noise, SourceKind::colour,
                                SourceKind::cut_paste, SourceKind::scar, SourceKind::quilt, SourceKind::random_phase}) {
    if (to_string(kind) != source) continue;
    parameters.source = kind;
    known = true;
  }
  if (form == "blob") parameters.mask.kind = MaskKind::blob;
  if (form == "scratch") parameters.mask.kind = MaskKind::scratch;
  if (!known || (parameters.mask.kind == MaskKind::perlin && form != "perlin")) {
    throw plimsoll::ParameterError("there are no synthetic anomalies called " + wanted);
  }
  return parameters;
}

/// Normal images with anomalies put into them, and what the detector makes of those.
struct Synthetics {
  std::vector<plimsoll::synth::SyntheticItem> items;
  std::vector<Field> maps;
};

/// `count` of them, of the normal images in turn.
[[nodiscard]] inline Synthetics make_synthetics(const std::string& wanted, std::size_t count, std::uint64_t seed,
                                                const std::vector<Image>& normal, const Detector& detector) {
  plimsoll::synth::SyntheticAnomaliesParameters parameters = parameters_of(wanted);
  parameters.seed = seed;
  const plimsoll::synth::SyntheticAnomalies generator(parameters, normal);
  Synthetics made;
  for (std::size_t i = 0; made.items.size() < count && i < 2 * count; ++i) {
    plimsoll::synth::SyntheticItem item = generator(normal[i % normal.size()].view(), i);
    if (!item.provenance.applied) continue;  // no mask could be made
    made.maps.push_back(detector(plimsoll::synth::to_planes(item.image.view())));
    made.items.push_back(std::move(item));
  }
  return made;
}

/// The lines that part them best from the normal images: by balanced F1 of images, and by F1 of pixels. And one for
/// images that is held against the line of 5 % by normal images alone, and flags no more than 20 % of those.
[[nodiscard]] inline Lines lines_by_synthetics(const std::string& name, const std::vector<Field>& normal_maps,
                                               const Synthetics& made) {
  plimsoll::SyntheticThreshold image{{.input = image_scores}};
  plimsoll::CombinedThreshold combined{{.input = image_scores}};
  plimsoll::SyntheticThreshold pixel{{.input = {.map_reduction = plimsoll::MapReduction::every_pixel}}};
  for (const Field& map : normal_maps) {
    image.update(view_of(map));
    combined.update(view_of(map));
    pixel.update(view_of(map));
  }
  for (std::size_t i = 0; i < made.maps.size(); ++i) {
    image.update(view_of(made.maps[i]), made.items[i].mask);
    combined.update(view_of(made.maps[i]), made.items[i].mask);
    pixel.update(view_of(made.maps[i]), made.items[i].mask);
  }
  return {.images = {{"synthetic: " + name, image.compute()}, {"combined: " + name, combined.compute()}},
          .masks = {{"synthetic: " + name, pixel.compute()}}};
}

}  // namespace inspect_texture
