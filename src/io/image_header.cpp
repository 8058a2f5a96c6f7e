// SPDX-License-Identifier: Apache-2.0
#include "image_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
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
      const int length = word();
      if (length < 0 || !skip(length - 2)) return false;
    }
  }

  /// Reads up to the header of the frame, which says how large it is; false when there is none.
  [[nodiscard]] bool find_size(std::uint64_t& rows, std::uint64_t& columns) {
    for (;;) {
      const int marker = next_marker();
      if (marker < 0) return false;
      if (!has_segment(marker)) continue;
      const int length = word();
      // SOF0 to SOF15, between which are the tables DHT, JPG and DAC.
      const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
      if (!frame) {
        if (length < 0 || !skip(length - 2)) return false;
        continue;
      }
      static_cast<void>(next());  // the samples' precision
      const int high = word();
      const int wide = word();
      rows = static_cast<std::uint64_t>(high);
      columns = static_cast<std::uint64_t>(wide);
      return high >= 0 && wide >= 0;
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

  /// Two bytes; -1 at the end of the file.
  [[nodiscard]] int word() {
    const int high = next();
    const int low = next();
    return low < 0 ? -1 : 256 * high + low;
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

/// The first bytes of a file, up to the colour type of PNG. What is read here OpenCV reads once more, which a pipe
/// cannot give.
class Head {
 public:
  explicit Head(const std::string& path) : source_{path} {
    if (!source_.left()) throw FileError(path + ": is no regular file, and images are read from those alone");
    size_ = *source_.left();
    count_ = source_.read(bytes_.data(), bytes_.size());
  }

  [[nodiscard]] std::string_view text() const { return {bytes_.data(), count_}; }
  [[nodiscard]] bool is_png() const { return text().starts_with("\x89PNG\r\n\x1a\n"); }
  [[nodiscard]] bool is_jpeg() const { return text().starts_with("\xFF\xD8"); }
  [[nodiscard]] bool is_bmp() const { return text().starts_with("BM"); }
  [[nodiscard]] bool is_tiff() const { return begins_tiff(text()); }
  [[nodiscard]] bool complete() const { return count_ == bytes_.size(); }
  /// Of the whole file.
  [[nodiscard]] std::uintmax_t size() const { return size_; }
  [[nodiscard]] char last() const { return bytes_.back(); }
  /// Four bytes as a number.
  [[nodiscard]] std::uint32_t number(std::size_t place, bool big_endian) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[big_endian ? place + i : place + 3 - i]);
    }
    return value;
  }

 private:
  ByteSource source_;
  std::uintmax_t size_ = 0;
  std::array<char, 26> bytes_{};
  std::size_t count_ = 0;
};

/// Of all but TIFF, whose pages are asked for one by one where they are read. OpenCV knows other kinds by their bytes,
/// whatever the file is called; nothing is known here of their sizes, so they are refused.
void expect_plausible_head(const Head& head, const std::string& path) {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  if (head.is_png() && head.complete()) {
    columns = head.number(16, true);
    rows = head.number(20, true);
  } else if (head.is_bmp() && head.complete()) {
    constexpr std::uint32_t header_of_os2 = 12;
    if (head.number(14, false) == header_of_os2) {
      throw FileError(path + ": is a bitmap of OS/2, whose colours OpenCV leaves out; save it as PNG");
    }
    columns = head.number(18, false);
    rows = head.number(22, false);
    if (rows > UINT32_MAX / 2) rows = (UINT32_MAX - rows) + 1;  // negative: from the top down
  } else if (head.is_jpeg()) {
    if (!JpegMarkers(path).find_size(rows, columns)) return;  // OpenCV says what is wrong
  } else if (!head.is_png() && !head.is_bmp()) {
    throw FileError(path + ": cannot decode the image: it is damaged, or of no known kind");
  }
  expect_plausible_size(path, rows, columns, head.size());
}

}  // namespace

void expect_plausible_size(const std::string& path) {
  const Head head(path);
  if (head.is_tiff()) {
    static_cast<void>(read_tiff_pages(path));
  } else {
    expect_plausible_head(head, path);
  }
}

void expect_plausible_size(const std::string& path, std::uint64_t rows, std::uint64_t columns, std::uint64_t bytes) {
  const bool plausible = columns == 0 || rows == 0 ||
                         (rows <= UINT64_MAX / columns && (rows * columns - 1) / most_pixels_of_a_byte < bytes);
  if (plausible) return;
  throw FileError(path + ": claims " + std::to_string(rows) + " x " + std::to_string(columns) +
                  " pixels, more than its " + std::to_string(bytes) + " bytes can hold");
}

ImageHeader read_image_header(const std::string& path) {
  const Head head(path);
  ImageHeader header;
  if (head.is_png()) {
    constexpr char grey_with_transparency = 4;
    header.grey = head.complete() && head.last() == grey_with_transparency;
  } else if (head.is_jpeg()) {
    if (!JpegMarkers(path).complete()) throw FileError(path + ": cannot decode the image: it ends within its pixels");
  } else if (head.is_tiff()) {
    expect_tiff_image(path);
  }
  if (!head.is_tiff()) expect_plausible_head(head, path);
  return header;
}

}  // namespace plimsoll::io
