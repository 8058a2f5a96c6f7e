// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/io/score_file.hpp"

namespace plimsoll::cli {

/// Reads score maps one by one, with progress, as read_scores does, but never negated. Refuses plain scores.
void read_maps(const std::string& path, const std::function<void(const io::ScoreBlock&)>& take);
/// The same of an open file.
void read_maps(io::ScoreReader& reader, const std::string& path, const std::function<void(const io::ScoreBlock&)>& take);

/// A workspace for maps whose sizes come one by one.
class GrowingWorkspace {
 public:
  [[nodiscard]] MapWorkspace<>& of(const io::ScoreBlock& map) {
    if (map.rows > rows_ || map.columns > columns_ || !workspace_) {
      rows_ = std::max(rows_, map.rows);
      columns_ = std::max(columns_, map.columns);
      workspace_.emplace(rows_, columns_);
    }
    return *workspace_;
  }

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::optional<MapWorkspace<>> workspace_;
};

/// "the image is for review", ...
[[nodiscard]] std::string describe_agreement(Agreement agreement);

}  // namespace plimsoll::cli
