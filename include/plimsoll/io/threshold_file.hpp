// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/score_direction.hpp"
#include "plimsoll/version.hpp"

namespace plimsoll::io {

/// A Fit and what must be known to use it later; what a threshold file holds. See docs/formats.md.
struct ThresholdFile {
  static constexpr int format_version = 1;  ///< of the format that is written, and read

  Fit fit;  ///< the line, of negated scores where low ones are strange
  ScoreDirection direction = ScoreDirection::higher_is_anomalous;  ///< which end of the scores is strange
  std::string library_version = PLIMSOLL_VERSION;                  ///< of the library that wrote the file
};

/// The file's text, JSON, ended by a newline.
[[nodiscard]] std::string to_json(const ThresholdFile& file);

/// The inverse of to_json. `name` begins the message of the FileError that is thrown for a text that is not a
/// threshold file, has an unknown version, lacks a field, or whose cutoff does not match its bits.
[[nodiscard]] ThresholdFile from_json(std::string_view text, const std::string& name);

/// Writes the file as write_file does.
void write_threshold_file(const std::string& path, const ThresholdFile& file);

/// Throws FileError.
[[nodiscard]] ThresholdFile read_threshold_file(const std::string& path);

}  // namespace plimsoll::io
