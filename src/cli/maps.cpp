// SPDX-License-Identifier: Apache-2.0
#include "maps.hpp"

#include <fmt/format.h>

#include "options.hpp"

namespace plimsoll::cli {

void read_maps(const std::string& path, const std::function<void(const io::ScoreBlock&)>& take) {
  read_maps(*io::open_scores(path), path, take);
}

void read_maps(io::ScoreReader& reader, const std::string& path,
               const std::function<void(const io::ScoreBlock&)>& take) {
  read_scores(reader, path, ScoreDirection::higher_is_anomalous, [&](const io::ScoreBlock& block, const BlockPlace&) {
    if (!block.is_map) {
      throw UsageError(
          fmt::format("{}: holds plain scores, and maps have 2 dimensions (one map) or 3 (maps)", shown_path(path)));
    }
    take(block);
  });
}

std::string describe_agreement(Agreement agreement) {
  switch (agreement) {
    case Agreement::label_wins: return "the label wins: a normal image has no mask";
    case Agreement::mask_wins: return "the mask wins: an image is anomalous when its mask has a region";
    case Agreement::either: return "either makes the image anomalous";
    default: return "both stay, and a normal image with a region is for review";
  }
}

}  // namespace plimsoll::cli
