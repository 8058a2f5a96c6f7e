// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "plimsoll/core/label.hpp"
#include "plimsoll/core/mask.hpp"

/// \file
/// True masks of score maps, one at a time. The formats are described in docs/formats.md. All functions throw
/// FileError.

namespace plimsoll::io {

/// One mask.
struct MaskBlock {
  std::vector<Label> values;  ///< row by row
  std::size_t rows = 0;       ///< pixels from top to bottom
  std::size_t columns = 0;    ///< pixels from left to right
  std::string name;           ///< as ScoreBlock::name: of the mask's own file

  /// The mask as a view, valid while the block is not changed.
  [[nodiscard]] Mask mask() const { return {values.data(), rows, columns}; }
};

/// Masks, read one by one, so that they need not fit into memory (but for a `.npy` file in Fortran order, which does).
class MaskReader {
 public:
  virtual ~MaskReader() = default;
  /// The next mask into `block`, whose memory is used again; false at the end.
  virtual bool next(MaskBlock& block) = 0;
  /// How many masks there are.
  [[nodiscard]] virtual std::size_t count() const = 0;
  /// The share of the masks that was read, from 0 to 1.
  [[nodiscard]] virtual double progress() const = 0;
};

/// Whether a path that holds labels or masks holds masks: a folder, a picture, or a `.npy` file of more than one
/// dimension. False for standard input and other pipes, of which nothing is taken.
[[nodiscard]] bool holds_masks(const std::string& path);

/// Opens masks: a `.npy` file of one mask (rows, columns) or several (masks, rows, columns), with values as labels have
/// them; a picture, .png, .bmp, .tif or .tiff, of 8 bits and 1 or 3 channels, normal where all are zero; or a folder of
/// such pictures. A TIFF file has as many masks as images.
///
/// `map_names` are the names of the maps to which the masks belong (ScoreBlock::name). With them the pictures of a
/// folder, one mask each, come in the order of the maps: those that are called like a map, with or without `_mask`;
/// when none is, and there are as many pictures as maps, in the order of the files' names. Without them a folder's
/// masks come in the byte order of the files' names.
[[nodiscard]] std::unique_ptr<MaskReader> open_masks(const std::string& path,
                                                     const std::vector<std::string>& map_names = {});

/// The picture of each map, or image, as open_masks finds it in a folder.
[[nodiscard]] std::vector<std::string> find_masks(const std::string& folder, const std::vector<std::string>& map_names);

}  // namespace plimsoll::io
