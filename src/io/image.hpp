// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plimsoll/core/label.hpp"
#include "plimsoll/io/score_file.hpp"
#include "tiff.hpp"

/// \file
/// All that plimsoll does with OpenCV is behind this header and image_file.hpp, in image.cpp; without OpenCV
/// no_images.cpp is compiled in its place.

namespace plimsoll::io {

/// Reads the score map at `index` of a TIFF file, which is as `page` says.
void read_tiff_map(const std::string& path, std::size_t index, const TiffPage& page, ScoreBlock& block);

/// Reads the image at `index` of a file (0 but for TIFF) as a mask: anomalous where any channel is not zero. Throws
/// FileError unless it has 8 bits and 1 or 3 channels.
void read_mask_image(const std::string& path, std::size_t index, std::vector<Label>& labels, std::size_t& rows,
                     std::size_t& columns);

}  // namespace plimsoll::io
