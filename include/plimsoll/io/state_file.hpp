// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plimsoll/core/score_direction.hpp"

namespace plimsoll::io {

/// What an estimator collected of a shard of the scores, to go on with elsewhere; what a state file holds. See
/// docs/formats.md.
struct StateFile {
  std::vector<std::byte> snapshot;  ///< of Estimator::snapshot(), which restore_threshold() reads
  /// Of the scores that were collected; they are negated where low ones are strange.
  ScoreDirection direction = ScoreDirection::higher_is_anomalous;
};

/// Writes the file as write_file does.
void write_state_file(const std::string& path, const StateFile& file);

/// Throws FileError for what is not a state file, was cut short or changed. What the snapshot says is for
/// restore_threshold() to judge.
[[nodiscard]] StateFile read_state_file(const std::string& path);

}  // namespace plimsoll::io
