// SPDX-License-Identifier: Apache-2.0
#include "maps.hpp"

#include <fmt/format.h>

#include "options.hpp"

namespace plimsoll::cli {

std::unique_ptr<io::ScoreReader> open_maps(const std::string& path, const io::CsvColumn& column) {
  auto reader = io::open_scores(path, column);
  if (reader->map_count()) return reader;
  throw UsageError(
      fmt::format("{}: holds plain scores, and maps have 2 dimensions (one map) or 3 (maps)", shown_path(path)));
}

void read_maps(const std::string& path, const std::function<void(const io::ScoreBlock&)>& take,
               ScoreDirection direction) {
  read_maps(*open_maps(path), path, take, direction);
}

void read_maps(io::ScoreReader& reader, const std::string& path, const std::function<void(const io::ScoreBlock&)>& take,
               ScoreDirection direction) {
  read_scores(reader, path, direction, [&](const io::ScoreBlock& block, const BlockPlace&) { take(block); });
}

TrueMasks::TrueMasks(const std::string& path, const std::vector<std::string>& map_names, const std::string& maps_path)
    : path_{path}, reader_{io::open_masks(path, map_names)} {
  if (reader_->count() == map_names.size()) return;
  throw UsageError(fmt::format("{}: has {} masks for the {} maps of {}", path, reader_->count(), map_names.size(),
                               shown_path(maps_path)));
}

Mask TrueMasks::next(const io::ScoreBlock& map) {
  if (!reader_->next(block_)) throw UsageError(path_ + ": ends before the maps do");
  if (block_.rows != map.rows || block_.columns != map.columns) {
    throw UsageError(fmt::format("{}: mask {} is {} x {}, its map {} is {} x {}", path_, block_.name, block_.rows,
                                 block_.columns, map.name, map.rows, map.columns));
  }
  return block_.mask();
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
