// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/anomalib_calibration.hpp"

#include <cmath>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/decide/anomalib_cutoff.hpp"

namespace plimsoll::io {
namespace {

/// The line of images or of pixels.
Fit manual_fit(double threshold, const std::optional<AnomalibMetadata::Range>& range, std::optional<double> sensitivity,
               const std::string& which, const std::string& name, MapReduction reduction) {
  double value = threshold;
  std::string note = "the " + which + " threshold of " + name + ", a file of anomalib's, which promises nothing";
  if (sensitivity) {
    const std::string said = name + ": " + which + " sensitivity " + detail::shortest(*sensitivity);
    if (!(*sensitivity >= 0 && *sensitivity <= 1)) throw ParameterError(said + " is not in [0, 1]");
    if (!range) throw ParameterError(said + " is a share of the scores' range, which this file does not hold");
    value = anomalib_cutoff(static_cast<float>(threshold), static_cast<float>(range->minimum),
                            static_cast<float>(range->maximum), *sensitivity)
                .value();
    if (!std::isfinite(value)) throw ParameterError(said + " leaves no finite cutoff");
    note += ", moved to sensitivity " + detail::shortest(*sensitivity);
  }
  Fit fit;
  fit.method = "manual";
  fit.parameters = {{"map_reduction", std::string(to_string(reduction))},
                    {"non_finite", std::string("reject")},
                    {"top_share", 0.002},
                    {"value", value}};
  fit.cutoff = Cutoff{value};
  fit.score_type = ScoreType::float32;
  fit.note = note;
  return fit;
}

Normalisation normalisation_of(const std::optional<AnomalibMetadata::Range>& range) {
  if (!range) return {.kind = NormalisationKind::min_max, .minimum = 0, .maximum = 0};  // a step
  return {.kind = NormalisationKind::min_max, .minimum = range->minimum, .maximum = range->maximum};
}

}  // namespace

CalibrationFile calibration_of(const AnomalibMetadata& metadata, const std::string& name,
                               const AnomalibSensitivity& sensitivity) {
  CalibrationFile file;
  Calibration& line = file.calibration;
  line.map_reduction = MapReduction::maximum;
  line.normalisation = normalisation_of(metadata.image_range);
  line.pixel_normalisation = normalisation_of(metadata.pixel_range);
  if (metadata.image_threshold) {
    file.image = manual_fit(*metadata.image_threshold, metadata.image_range, sensitivity.image, "image", name,
                            MapReduction::maximum);
    line.cutoff = file.image->cutoff;
  } else if (sensitivity.image) {
    throw ParameterError(name + ": holds no image threshold for a sensitivity to move");
  }
  if (metadata.pixel_threshold) {
    file.high = manual_fit(*metadata.pixel_threshold, metadata.pixel_range, sensitivity.pixel, "pixel", name,
                           MapReduction::every_pixel);
    line.mask = MaskRule{.high = file.high->cutoff};
    if (!file.image) line.agreement = Agreement::mask_wins;
  } else if (sensitivity.pixel) {
    throw ParameterError(name + ": holds no pixel threshold for a sensitivity to move");
  }
  return file;
}

}  // namespace plimsoll::io
