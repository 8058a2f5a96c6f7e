// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_direction.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/io/score_file.hpp"

namespace plimsoll::cli {

/// Opens score maps; refuses plain scores.
[[nodiscard]] std::unique_ptr<io::ScoreReader> open_maps(const std::string& path, const io::CsvColumn& column = {});

/// Reads score maps one by one, with progress, as read_scores does.
void read_maps(const std::string& path, const std::function<void(const io::ScoreBlock&)>& take,
               ScoreDirection direction = ScoreDirection::higher_is_anomalous);
/// The same of an open file of maps.
void read_maps(io::ScoreReader& reader, const std::string& path, const std::function<void(const io::ScoreBlock&)>& take,
               ScoreDirection direction = ScoreDirection::higher_is_anomalous);

/// The true masks of maps, read beside them.
class TrueMasks {
 public:
  /// Masks at `path` for maps of these names at `maps_path`. Throws when there are not as many.
  TrueMasks(const std::string& path, const std::vector<std::string>& map_names, const std::string& maps_path);
  /// The mask of the next map, until the next call. Throws when it is of another size.
  [[nodiscard]] Mask next(const io::ScoreBlock& map);

 private:
  std::string path_;
  std::unique_ptr<io::MaskReader> reader_;
  io::MaskBlock block_;
};

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
