// SPDX-License-Identifier: Apache-2.0
#include "image_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "byte_source.hpp"
#include "plimsoll/io/file_error.hpp"
#include "tiff.hpp"

namespace plimsoll::io {
namespace {

/// Whether a JPEG file has all of its scans, by its markers (ITU-T T.81, annex B). OpenCV shows the rows that are
/// missing as grey, or as the last one that is there.
class JpegMarkers {
 public:
  explicit JpegMarkers(const std::string& path) : source_{path} {}

  [[nodiscard]] bool complete() {
    constexpr int end_of_image = 0xD9;
    for (;;) {
      const int marker = next_marker();
      if (marker < 0) return false;
      if (marker == end_of_image) return true;
      if (!has_segment(marker)) continue;
      const int high = next();
      const int low = next();
      if (low < 0) return false;
      if (!skip(256 * high + low - 2)) return false;
    }
  }

 private:
  /// The next marker, over the coded pixels on the way; -1 at the end of the file.
  [[nodiscard]] int next_marker() {
    constexpr int escape = 0xFF;
    for (;;) {
      int byte = next();
      while (byte >= 0 && byte != escape) byte = next();
      while (byte == escape) byte = next();
      if (byte != 0) return byte;  // 0: an escaped 0xFF among the pixels
    }
  }

  /// Not restarts, the start of the image and the reserved one of arithmetic coding.
  [[nodiscard]] static bool has_segment(int marker) { return marker != 0x01 && (marker < 0xD0 || marker > 0xD8); }

  [[nodiscard]] bool skip(int count) {
    for (; count > 0; --count) {
      if (next() < 0) return false;
    }
    return true;
  }

  [[nodiscard]] int next() {
    if (place_ == size_) {
      size_ = source_.read(buffer_.data(), buffer_.size());
      place_ = 0;
      if (size_ == 0) return -1;
    }
    return static_cast<unsigned char>(buffer_[place_++]);
  }

  ByteSource source_;
  std::array<char, 65536> buffer_{};
  std::size_t place_ = 0;
  std::size_t size_ = 0;
};

void expect_tiff_image(const std::string& path) {
  const auto pages = read_tiff_pages(path);
  if (pages.size() > 1) {
    throw FileError(path + ": holds " + std::to_string(pages.size()) + " images, and one is wanted");
  }
  const TiffPage& page = pages.front();
  constexpr std::uint64_t unsigned_integers = 1;
  if (page.format != unsigned_integers || page.bits > 16) {
    constexpr std::uint64_t floats = 3;
    const std::string numbers = page.format == floats              ? "floats"
                                : page.format == unsigned_integers ? "integers"
                                                                   : "signed numbers";
    throw FileError(path + ": holds " + numbers + " of " + std::to_string(page.bits) +
                    " bits, and an image has 8 or 16 without sign");
  }
  constexpr std::uint64_t separated = 5;
  if (page.colours == separated) {
    throw FileError(path + ": holds CMYK colours, and an image is grey or red, green, blue");
  }
  // Colours of 8 bits are decoded by libtiff, which multiplies them by it.
  constexpr std::uint64_t transparency = 2;
  if (page.extra == transparency && page.bits == 8 && page.channels > 2) {
    throw FileError(path + ": holds transparency, which cannot be cut off a TIFF file of 8 bits; save it without");
  }
}

}  // namespace

ImageHeader read_image_header(const std::string& path) {
  using namespace std::string_view_literals;
  std::array<char, 26> bytes{};  // up to the colour type of a PNG file
  const std::size_t count = ByteSource(path).read(bytes.data(), bytes.size());
  const std::string_view head(bytes.data(), count);
  ImageHeader header;
  if (head.starts_with("\x89PNG\r\n\x1a\n"sv)) {
    constexpr char grey_with_transparency = 4;
    header.grey = count == bytes.size() && bytes.back() == grey_with_transparency;
  } else if (head.starts_with("\xFF\xD8"sv)) {
    if (!JpegMarkers(path).complete()) throw FileError(path + ": cannot decode the image: it ends within its pixels");
  } else if (head.starts_with("II*\0"sv) || head.starts_with("MM\0*"sv) || head.starts_with("II+\0"sv) ||
             head.starts_with("MM\0+"sv)) {
    expect_tiff_image(path);
  }
  return header;
}

}  // namespace plimsoll::io
