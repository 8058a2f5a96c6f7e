// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::io {

/// What a TIFF file says of one of its images (TIFF 6.0, section 8, and BigTIFF).
struct TiffPage {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t bits = 1;  ///< a channel
  std::uint64_t channels = 1;
  std::uint64_t format = 1;       ///< 1 unsigned, 2 signed, 3 floating point
  std::uint64_t colours = 1;      ///< 0 and 1 grey, 2 red, green and blue, 3 a palette, 5 CMYK
  std::uint64_t extra = 0;        ///< of the first channel beyond the colours: 2 is transparency kept apart from them
  std::uint64_t orientation = 1;  ///< 1: row 0 is at the top, column 0 on the left
};

/// Whether these are the first bytes of TIFF or BigTIFF, of either order of bytes.
[[nodiscard]] inline bool begins_tiff(std::string_view bytes) {
  using namespace std::string_view_literals;
  return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv) || bytes.starts_with("II+\0"sv) ||
         bytes.starts_with("MM\0+"sv);
}

/// The images of a TIFF file, at least one. Throws FileError for what is not TIFF, or whose directories or pixels lie
/// beyond its end. Takes memory for the directories only.
[[nodiscard]] std::vector<TiffPage> read_tiff_pages(const std::string& path);

/// Throws FileError unless the image is a score map: one channel of float32 or float64, not turned.
void expect_map(const TiffPage& page, const std::string& path);

}  // namespace plimsoll::io
