// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "plimsoll/io/anomalib_metadata.hpp"
#include "plimsoll/io/calibration_file.hpp"

namespace plimsoll::io {

/// What a PostProcessor of anomalib 2 decides by, and what its exported models hold: floats, as its buffers are. They
/// are for its default sensitivities, .5. See anomalib_threshold.
struct AnomalibConstants {
  /// A threshold and the range that scores are shown in; all in the unit of the raw scores.
  struct Line {
    float threshold = 0;  ///< a score that is normalised to 1/2; what comes out above that is anomalous
    float minimum = 0;    ///< of the normal scores
    float maximum = 0;    ///< of the normal scores, above minimum
    friend constexpr bool operator==(const Line&, const Line&) noexcept = default;
  };

  std::optional<Line> image;  ///< for image scores; unset where the calibration has no line for them
  std::optional<Line> pixel;  ///< for maps; unset where it has none for them

  friend constexpr bool operator==(const AnomalibConstants&, const AnomalibConstants&) noexcept = default;
};

/// The constants by which anomalib 2 decides as the calibration does, for every score that is a float and not NaN:
/// labels, and masks pixel by pixel. Images that are decided by their masks, as by a threshold file for pixels, have
/// the pixels' constants.
///
/// The ranges are those of the calibration's min_max normalisation. Where it has another, or no range, they are the
/// line's size to either side of it, which puts a score of 0 at 0 or 1. A range from 0 to 1 counts as none, as that is
/// what a threshold file has.
///
/// Throws ParameterError, in whose message `name` is the calibration's file, for what anomalib has no constants for:
/// low scores that are strange, the mean of a top share as an image's score, hysteresis, morphology, filled holes and
/// least areas, label and mask that are reconciled, and a line for which anomalib_threshold has nothing. A review
/// cutoff, the rates and the normal scores are left out.
[[nodiscard]] AnomalibConstants anomalib_constants_of(const CalibrationFile& file, const std::string& name);

/// The same for anomalib before 2.0, whose thresholds are the least anomalous floats.
[[nodiscard]] AnomalibMetadata anomalib_metadata_of(const CalibrationFile& file, const std::string& name);

/// JSON, ended by a newline: the lines as objects `image` and `pixel`, their numbers by the names that they have in a
/// PostProcessor (`_image_threshold`, `image_min`, `image_max`).
[[nodiscard]] std::string to_json(const AnomalibConstants& constants);

/// What parse_anomalib_metadata reads, ended by a newline; what is unset is left out.
[[nodiscard]] std::string to_json(const AnomalibMetadata& metadata);

}  // namespace plimsoll::io
