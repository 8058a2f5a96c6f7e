// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "input_file.hpp"
#include "plimsoll/io/score_file.hpp"

namespace plimsoll::fuzz {

/// Reads all scores of the file, whose blocks must be as the reader says.
inline void read_all(const std::string& path, const io::CsvColumn& column = {}) {
  may_refuse(path, [&] {
    const auto reader = io::open_scores(path, column);
    const std::vector<std::string> names = reader->map_names();
    const std::optional<std::size_t> maps = reader->map_count();
    require(names.size() == maps.value_or(0), "each map has a name");
    io::ScoreBlock block;
    std::size_t seen = 0;
    std::size_t values = 0;
    while (reader->next(block)) {
      const std::size_t held = std::visit([](const auto& all) { return all.size(); }, block.values);
      require(block.is_map == maps.has_value(), "a map is called one");
      if (block.is_map) {
        require(held == block.rows * block.columns, "a map has rows x columns values");
        require(seen < names.size() && block.name == names[seen], "maps come in the order of their names");
      }
      ++seen;
      values += held;
      const auto share = reader->progress();
      require(!share || (*share >= 0 && *share <= 1), "progress is a share");
    }
    if (maps) require(seen == *maps, "there are as many maps as were announced");
    if (const auto shape = reader->shape(); !shape.empty()) {
      std::size_t product = 1;
      for (const std::size_t extent : shape) product *= extent;
      require(product == values, "there are as many values as the shape says");
    }
  });
}

}  // namespace plimsoll::fuzz
