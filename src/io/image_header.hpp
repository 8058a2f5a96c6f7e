// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace plimsoll::io {

/// What an image file says of itself beyond what OpenCV tells.
struct ImageHeader {
  bool grey = false;  ///< grey with transparency, of which OpenCV makes colours
};

/// Reads the headers of PNG, JPEG and TIFF files, which are known by their first bytes; of others it says nothing.
/// Throws FileError for what is not an image of 8 or 16 bits, or ends before its pixels do where OpenCV would not tell.
[[nodiscard]] ImageHeader read_image_header(const std::string& path);

}  // namespace plimsoll::io
