// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plimsoll/core/mask.hpp"
#include "plimsoll/synth/image.hpp"
#include "plimsoll/synth/image_view.hpp"

/// \file
/// Images, and masks as pictures. All functions throw FileError, and write as write_file does. Those that decode or
/// encode pixels need OpenCV; built without it they throw a FileError that says so.

namespace plimsoll::io {

/// Whether this library was built with OpenCV: PLIMSOLL_WITH_OPENCV when it was configured.
[[nodiscard]] bool has_image_codecs() noexcept;

/// Reads an image of 8 or 16 bits, grey (one channel) or in colour (three: blue, green, red): PNG, JPEG, BMP or
/// TIFF of one image, known by its bytes. Palettes become colours; fewer than 8 bits become
/// 8; an image is turned as its orientation tag says. Transparency is cut off: the colours stay what the file holds,
/// whatever shines through. Refused are floats and signed numbers, several images in a file, CMYK in TIFF, colours
/// with transparency in TIFF of 8 bits (libtiff would multiply them by it), more than 2^30 pixels or 2^20 in a
/// direction (libpng takes a million), and what is damaged or ends too early.
[[nodiscard]] synth::Image read_image(const std::string& path);

/// Writes an image of 8 or 16 bits without loss, as PNG or TIFF by the path's extension (.png, .tif, .tiff). One
/// channel is grey, three are blue, green and red; others are refused, and floats too.
void write_image(const std::string& path, const synth::ImageView& image);

/// The images that a path stands for: itself, or the files directly in the folder that find_images looks at, in the
/// byte order of their names; `recursive`: those in its folders too, in the byte order of their paths. Links to folders
/// are not followed. Throws FileError when there are none.
[[nodiscard]] std::vector<std::string> image_files(const std::string& path, bool recursive = false);

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
