// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::io {

/// What anomalib before 2.0 wrote beside an exported model, in `metadata.json` (the oldest: `meta_data.json`): the raw
/// thresholds, by which a score is anomalous when score >= threshold, just as Cutoff{threshold} decides; and the ranges
/// of the calibration scores, for Normalisation's min_max. anomalib left out what it did not know.
struct AnomalibMetadata {
  /// The least and the largest score of the calibration.
  struct Range {
    double minimum = 0;  ///< finite
    double maximum = 0;  ///< not below minimum
    friend constexpr bool operator==(const Range&, const Range&) noexcept = default;
  };

  std::optional<double> image_threshold;  ///< of image scores, finite
  std::optional<double> pixel_threshold;  ///< of pixels, finite
  std::optional<Range> image_range;       ///< pred_scores.min and .max; in old files min and max, of both
  std::optional<Range> pixel_range;       ///< anomaly_maps.min and .max; likewise

  friend constexpr bool operator==(const AnomalibMetadata&, const AnomalibMetadata&) noexcept = default;
};

/// The metadata that the text is; `name` begins the message of the FileError that is thrown for a text without a
/// threshold, with a number that is not finite, half a range, or a minimum above its maximum. Other fields are passed
/// over.
[[nodiscard]] AnomalibMetadata parse_anomalib_metadata(std::string_view text, const std::string& name);

/// Reads such a file, `-` for standard input. Throws FileError.
[[nodiscard]] AnomalibMetadata read_anomalib_metadata(const std::string& path);

}  // namespace plimsoll::io
