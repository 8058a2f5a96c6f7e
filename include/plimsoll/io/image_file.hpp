// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plimsoll/core/mask.hpp"

/// \file
/// Masks as pictures. All functions throw FileError, and write as write_file does.

namespace plimsoll::io {

/// Writes the mask as a PNG file of 8 bits, 0 normal and 255 anomalous, whatever the path's extension.
void write_mask(const std::string& path, const Mask& mask);

/// Writes the image, in colour, with the mask's anomalous parts tinted and outlined, as a PNG file. The mask is brought
/// to the image's size, each pixel taking the nearest of the mask. The image is any that OpenCV reads, grey or colour,
/// turned as its orientation tag says; more than 8 bits are cut down to 8.
void write_overlay(const std::string& path, const std::string& image_path, const Mask& mask);

/// The image of each map: the files directly in the folder that end in .png, .jpg, .jpeg, .bmp, .tif or .tiff. When any
/// file is called like a map (ScoreBlock::name, without its extension) all maps must have one; when none is, there
/// must be as many files as maps, which are matched in the byte order of the files' names. Else the error says what is
/// missing.
[[nodiscard]] std::vector<std::string> find_images(const std::string& folder,
                                                   const std::vector<std::string>& map_names);

}  // namespace plimsoll::io
