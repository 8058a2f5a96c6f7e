// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/version.hpp"

namespace plimsoll::io {

/// Which end of the scores is strange. Where it is the lower one the program negates scores as they are read, and
/// the cutoff is one for negated scores.
enum class ScoreDirection : std::uint8_t { higher_is_anomalous, lower_is_anomalous };

/// "higher_is_anomalous" or "lower_is_anomalous".
[[nodiscard]] constexpr std::string_view to_string(ScoreDirection direction) noexcept {
  return direction == ScoreDirection::higher_is_anomalous ? "higher_is_anomalous" : "lower_is_anomalous";
}

/// A Fit and what must be known to use it later; what a threshold file holds. See docs/formats.md.
struct ThresholdFile {
  Fit fit;
  ScoreDirection direction = ScoreDirection::higher_is_anomalous;
  std::string library_version = PLIMSOLL_VERSION;  ///< of the library that wrote the file
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
