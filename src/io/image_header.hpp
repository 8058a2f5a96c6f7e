// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace plimsoll::io {

/// What an image file says of itself beyond what OpenCV tells.
struct ImageHeader {
  bool grey = false;  ///< grey with transparency, of which OpenCV makes colours
};

/// Reads the headers of PNG, JPEG and TIFF files, which are known by their first bytes; of others it says nothing.
/// Throws FileError for what is not an image of 8 or 16 bits, claims more pixels than its bytes can hold, or ends
/// before its pixels do where OpenCV would not tell.
[[nodiscard]] ImageHeader read_image_header(const std::string& path);

/// An image of a byte has at most so many pixels: DEFLATE and LZW make 1 byte of some 1400, and a byte holds 8 pixels
/// of one bit.
inline constexpr std::uint64_t most_pixels_of_a_byte = std::uint64_t{1} << 14;

/// Throws FileError when a PNG, JPEG, BMP or TIFF file claims more pixels than its bytes can hold, before anything is
/// decoded; read_image_header does so too. TIFF pages that were read by read_tiff_pages have been asked already.
void expect_plausible_size(const std::string& path);

/// The same of the numbers.
void expect_plausible_size(const std::string& path, std::uint64_t rows, std::uint64_t columns, std::uint64_t bytes);

}  // namespace plimsoll::io
