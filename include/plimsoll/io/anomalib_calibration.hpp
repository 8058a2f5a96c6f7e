// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "plimsoll/io/anomalib_metadata.hpp"
#include "plimsoll/io/calibration_file.hpp"

namespace plimsoll::io {

/// anomalib 2's sensitivities, from 0 (nothing is anomalous) to 1 (nearly all is), by which it moves the line as a
/// share of the scores' range; unset: the thresholds as they are. See anomalib_cutoff.
struct AnomalibSensitivity {
  std::optional<double> image{};  ///< of the image threshold; in [0, 1]
  std::optional<double> pixel{};  ///< of the pixel threshold; in [0, 1]
};

/// The calibration that decides as anomalib does by this metadata: images by their largest pixel, a plain mask, label
/// and mask each on its own (Agreement::review), min-max normalisation. It promises nothing. Throws ParameterError for
/// a sensitivity outside of [0, 1], or for one without the threshold and range that it moves, or where it leaves no
/// finite cutoff. `name` is what the metadata's file is called, for messages and notes.
[[nodiscard]] CalibrationFile calibration_of(const AnomalibMetadata& metadata, const std::string& name,
                                             const AnomalibSensitivity& sensitivity = {});

}  // namespace plimsoll::io
