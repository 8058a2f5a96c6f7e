// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/version.hpp"

namespace plimsoll::io {

/// What made the scores: the model, its weights, its pre-processing. A line is of one pipeline; another one's scores
/// mean something else. Both texts are the user's own.
struct Pipeline {
  std::string text;  ///< for people: "PatchCore, ResNet18 layer2, 256 x 256"
  std::string hash;  ///< of the weights and settings, say; compared when it is asked for
  friend bool operator==(const Pipeline&, const Pipeline&) = default;
};

/// A Calibration and what must be known to use it later; what a calibration file holds. See docs/formats.md.
struct CalibrationFile {
  static constexpr int format_version = 1;  ///< of the format that is written, and read

  Calibration calibration;    ///< its cutoffs and levels are those of the fits
  std::optional<Fit> image;   ///< of the image cutoff; unset: images are decided by their masks alone
  std::optional<Fit> review;  ///< of the review cutoff
  std::optional<Fit> high;    ///< of the mask's high level, when there is a mask rule
  std::optional<Fit> low;     ///< of its low level, unset: the same as the high one
  Pipeline pipeline;          ///< what made the scores; both texts may be empty
  std::vector<NormalScores::Knot> normal_scores;   ///< for p-values; may be empty
  std::uint32_t normal_count = 0;                  ///< of all normal image scores
  std::string library_version = PLIMSOLL_VERSION;  ///< of the library that wrote the file

  /// For p-values of image scores, negated where low scores are strange. A view of this.
  [[nodiscard]] NormalScores normals() const noexcept { return {normal_scores, normal_count}; }
};

/// The file's text, JSON, ended by a newline.
[[nodiscard]] std::string to_json(const CalibrationFile& file);

/// The inverse of to_json. A threshold file is read too: as a calibration without masks, or, when it was fitted to
/// pixels, with a plain mask that decides the image as well. `name` begins the message of the FileError that is thrown
/// for a text that is neither, has an unknown version, or a field that is missing or senseless.
[[nodiscard]] CalibrationFile calibration_from_json(std::string_view text, const std::string& name);

/// Writes the file as write_file does.
void write_calibration_file(const std::string& path, const CalibrationFile& file);

/// Throws FileError.
[[nodiscard]] CalibrationFile read_calibration_file(const std::string& path);

/// Throws FileError when the file is of another pipeline, or of one without a hash. `path` is what the message calls
/// it.
void expect_pipeline(const CalibrationFile& file, const std::string& path, std::string_view hash);

/// Either file, for those who treat them differently.
using AnyFile = std::variant<ThresholdFile, CalibrationFile>;

/// Throws FileError.
[[nodiscard]] AnyFile read_any_file(const std::string& path);

}  // namespace plimsoll::io
