// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plimsoll/core/label.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/scores.hpp"

/// \file
/// Scores and labels from `.npy`, CSV and TIFF files and from folders; `-` is standard input. The formats are described
/// in docs/formats.md. All functions throw FileError.

namespace plimsoll::io {

/// Where the numbers are in a CSV file. A `.npy` file has none.
struct CsvColumn {
  /// A header's name, or a number from 1. Empty: the only column, or one called `score`
  /// (for labels `label`).
  std::string name;
};

/// A part of a score file: one score map, or a run of plain scores.
struct ScoreBlock {
  /// Row by row for a map; floats for files of float16 and float32.
  std::variant<std::vector<float>, std::vector<double>> values;
  ScoreType type = ScoreType::float64;  ///< what the file holds; halves come as floats
  bool is_map = false;                  ///< whether this is one map, or a run of plain scores
  std::size_t rows = 0;                 ///< of a map
  std::size_t columns = 0;              ///< of a map
  /// What a map is called, fit for the name of a file, and unlike every other of the reader's: its file's name without
  /// the extension, and where the file holds several maps an underscore and the map's index in it, from 0, padded with
  /// zeros. Empty for plain scores.
  std::string name;

  /// All values; of a map row by row.
  [[nodiscard]] Scores scores() const {
    return std::visit([&](const auto& held) { return Scores(held, type); }, values);
  }
  /// The map; is_map only.
  [[nodiscard]] ScoreMap map() const {
    return std::visit([&](const auto& held) { return ScoreMap(held.data(), rows, columns).computed_in(type); }, values);
  }
};

/// A score file or a folder of them, read block by block, so that it need not fit into memory (but for a file in
/// Fortran order, which does).
class ScoreReader {
 public:
  virtual ~ScoreReader() = default;
  /// The next block into `block`, whose memory is used again; false at the end.
  virtual bool next(ScoreBlock& block) = 0;
  /// The shape of the file's array; of a folder (maps, rows, columns). Empty for CSV, whose length is not known
  /// beforehand, and for maps of different sizes.
  [[nodiscard]] virtual std::vector<std::size_t> shape() const = 0;
  /// How many maps there are; nothing for plain scores.
  [[nodiscard]] virtual std::optional<std::size_t> map_count() const = 0;
  /// What the maps are called, ScoreBlock::name of each; none for plain scores.
  [[nodiscard]] virtual std::vector<std::string> map_names() const = 0;
  /// The share of the file, or of the maps, that was read, from 0 to 1; nothing when its length is unknown.
  [[nodiscard]] virtual std::optional<double> progress() = 0;
};

/// Opens scores: a `.npy` file of float16, float32 or float64, either byte order, with one dimension (scores), two
/// (one map) or three (maps by rows by columns); a column of a CSV file; a TIFF file of one channel of float32 or
/// float64, each image a map; or a folder, whose files directly in it that end in .npy, .tif or .tiff hold maps, of any
/// sizes, which come in the byte order of the files' names. The headers of a folder's files are all read at once.
[[nodiscard]] std::unique_ptr<ScoreReader> open_scores(const std::string& path, const CsvColumn& column = {});

/// Labels or masks with the shape of their array.
struct LabelArray {
  std::vector<Label> values;       ///< in C order: the last index of the shape runs fastest
  std::vector<std::size_t> shape;  ///< of the array; (n) for plain labels
};

/// Reads labels whole: a `.npy` file of booleans, integers or floats that are all 0 or 1 (or all 0 or 255), a column of
/// a CSV file with 0 and 1, false and true, or normal and anomalous; or masks as open_masks reads them, all of one
/// size: a picture, or a folder of pictures, whose shape is (masks, rows, columns).
[[nodiscard]] LabelArray read_labels(const std::string& path, const CsvColumn& column = {});

}  // namespace plimsoll::io
