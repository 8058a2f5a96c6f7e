// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/anomalib_constants.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "json_object.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/decide/anomalib_cutoff.hpp"

namespace plimsoll::io {
namespace {

/// Whether an image is decided by its mask, so that the pixels' line is its line too.
bool by_mask(const CalibrationFile& file) {
  const Calibration& line = file.calibration;
  return line.mask && (!file.image || (line.agreement == Agreement::mask_wins && line.cutoff == line.mask->high));
}

/// What of the calibration anomalib cannot do; null when it can do all.
const char* inexpressible(const CalibrationFile& file) {
  const Calibration& line = file.calibration;
  if (line.direction == ScoreDirection::lower_is_anomalous) return "low scores are anomalous";
  if (file.image && line.map_reduction == MapReduction::top_mean) return "an image's score is the mean of a top share";
  if (!line.mask) return nullptr;
  if (line.mask->low.value() < line.mask->high.value()) return "the mask has hysteresis";
  if (line.mask->erosion > 0 || line.mask->dilation > 0) return "the mask is eroded or dilated";
  if (line.mask->fill_holes) return "the mask's holes are filled";
  if (line.mask->minimum_area > 1) return "the mask's small regions are dropped";
  if (!by_mask(file) && line.agreement != Agreement::review) return "label and mask are reconciled";
  return nullptr;
}

void check(const CalibrationFile& file, const std::string& name) {
  if (const char* what = inexpressible(file)) {
    throw ParameterError(name + ": " + what + ", which anomalib has no constants for");
  }
  if (!file.image && !file.calibration.mask) throw ParameterError(name + ": decides nothing");
}

/// The range of the calibration scores, where there is one. A threshold file knows none, and has the default.
std::optional<AnomalibMetadata::Range> range_of(const Normalisation& normalisation) {
  const bool given = normalisation.kind == NormalisationKind::min_max && normalisation != Normalisation{} &&
                     std::isfinite(normalisation.minimum) && std::isfinite(normalisation.maximum) &&
                     normalisation.minimum < normalisation.maximum;
  if (!given) return std::nullopt;
  return AnomalibMetadata::Range{normalisation.minimum, normalisation.maximum};
}

AnomalibConstants::Line line_of(Cutoff cutoff, const Normalisation& normalisation, const std::string& which) {
  const auto size = std::abs(cutoff.as<float>());
  AnomalibConstants::Line line{.minimum = cutoff.as<float>() - size, .maximum = cutoff.as<float>() + size};
  const auto range = range_of(normalisation);
  const auto minimum = static_cast<float>(range ? range->minimum : 0);
  const auto maximum = static_cast<float>(range ? range->maximum : 0);
  if (minimum < maximum) {
    line.minimum = minimum;
    line.maximum = maximum;
  }
  const auto threshold = anomalib_threshold(cutoff, line.minimum, line.maximum);
  if (!threshold) {
    throw ParameterError(which + ": no float is a threshold with which anomalib 2 flags from " +
                         detail::shortest(cutoff.value()) + " on, when scores are from " +
                         detail::shortest(static_cast<double>(line.minimum)) + " to " +
                         detail::shortest(static_cast<double>(line.maximum)));
  }
  line.threshold = *threshold;
  return line;
}

/// What decides images, and how they are shown: their own line, or the pixels'.
std::pair<Cutoff, Normalisation> image_line(const CalibrationFile& file) {
  const Calibration& line = file.calibration;
  if (by_mask(file)) return {line.mask->high, line.pixel_normalisation};
  return {line.cutoff, line.normalisation};
}

/// The least float that is anomalous.
double least(Cutoff cutoff, const std::string& which) {
  const auto from = static_cast<double>(cutoff.as<float>());
  if (!std::isfinite(from)) {
    throw ParameterError(which + ": the cutoff " + detail::shortest(cutoff.value()) + " is no finite float");
  }
  return from;
}

}  // namespace

AnomalibConstants anomalib_constants_of(const CalibrationFile& file, const std::string& name) {
  check(file, name);
  const auto [cutoff, normalisation] = image_line(file);
  AnomalibConstants constants{.image = line_of(cutoff, normalisation, name + ": image"), .pixel = {}};
  const Calibration& line = file.calibration;
  if (line.mask) constants.pixel = line_of(line.mask->high, line.pixel_normalisation, name + ": pixel");
  return constants;
}

AnomalibMetadata anomalib_metadata_of(const CalibrationFile& file, const std::string& name) {
  check(file, name);
  const auto [cutoff, normalisation] = image_line(file);
  AnomalibMetadata metadata;
  metadata.image_threshold = least(cutoff, name + ": image");
  metadata.image_range = range_of(normalisation);
  const Calibration& line = file.calibration;
  if (line.mask) {
    metadata.pixel_threshold = least(line.mask->high, name + ": pixel");
    metadata.pixel_range = range_of(line.pixel_normalisation);
  }
  return metadata;
}

std::string to_json(const AnomalibConstants& constants) {
  Json json = Json::object();
  const auto add = [&json](const std::string& which, const std::optional<AnomalibConstants::Line>& line) {
    if (!line) return;
    json[which] = {{"_" + which + "_threshold", static_cast<double>(line->threshold)},  // all digits of the float
                   {which + "_min", static_cast<double>(line->minimum)},
                   {which + "_max", static_cast<double>(line->maximum)}};
  };
  add("image", constants.image);
  add("pixel", constants.pixel);
  return json.dump(2) + "\n";
}

std::string to_json(const AnomalibMetadata& metadata) {
  Json json = Json::object();
  if (metadata.image_threshold) json["image_threshold"] = *metadata.image_threshold;
  if (metadata.pixel_threshold) json["pixel_threshold"] = *metadata.pixel_threshold;
  const auto add = [&json](const std::string& which, const std::optional<AnomalibMetadata::Range>& range) {
    if (!range) return;
    json[which + ".min"] = range->minimum;
    json[which + ".max"] = range->maximum;
  };
  add("pred_scores", metadata.image_range);
  add("anomaly_maps", metadata.pixel_range);
  return json.dump(2) + "\n";
}

}  // namespace plimsoll::io
