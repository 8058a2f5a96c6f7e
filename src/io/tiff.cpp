// SPDX-License-Identifier: Apache-2.0
// The pixels are decoded by OpenCV, which says neither what a file holds before it decodes it nor why it refuses one;
// so what the directories say is read here.
#include "tiff.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <system_error>

#include "image_header.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {
namespace {

enum Tag : std::uint64_t {
  image_width = 256,
  image_length = 257,
  bits_per_sample = 258,
  compression = 259,
  photometric_interpretation = 262,
  strip_offsets = 273,
  orientation = 274,
  samples_per_pixel = 277,
  strip_byte_counts = 279,
  tile_offsets = 324,
  tile_byte_counts = 325,
  extra_samples = 338,
  sample_format = 339
};

class TiffReader {
 public:
  explicit TiffReader(const std::string& path) : path_{path} {
    std::error_code error;
    size_ = std::filesystem::file_size(path, error);
    if (error) throw FileError(path + ": cannot open: " + error.message());
    file_.open(path, std::ios::binary);
    if (!file_) throw FileError(path + ": cannot open: " + std::strerror(errno));
  }

  std::vector<TiffPage> pages() {
    std::array<unsigned char, 4> magic{};
    read(0, magic, "its magic number");
    const bool little = magic[0] == 'I' && magic[1] == 'I';
    big_endian_ = magic[0] == 'M' && magic[1] == 'M';
    if (!little && !big_endian_) fail("its magic number is wrong");
    const std::uint64_t version = number(std::span(magic).subspan(2));
    if (version != 42 && version != 43) fail("its magic number is wrong");
    big_ = version == 43;
    std::vector<TiffPage> found;
    std::set<std::uint64_t> seen;
    std::uint64_t directory = big_ ? number_at(8, 8) : number_at(4, 4);
    while (directory != 0) {
      if (!seen.insert(directory).second) fail("its directories form a ring");
      if (seen.size() > most_pages) fail("it has more than " + std::to_string(most_pages) + " images");
      directory = read_page(directory, found.emplace_back());
    }
    if (found.empty()) fail("there is no image in it");
    return found;
  }

 private:
  static constexpr std::size_t most_pages = 65535;  // of libtiff

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(path_ + ": not a TIFF file that is read here: " + what);
  }

  void read(std::uint64_t from, std::span<unsigned char> to, const char* what) {
    if (from > size_ || to.size() > size_ - from) fail(std::string("it ends within ") + what);
    file_.seekg(static_cast<std::streamoff>(from));
    file_.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
    if (!file_) throw FileError(path_ + ": cannot read");
  }

  [[nodiscard]] std::uint64_t number(std::span<const unsigned char> bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value = value << 8 | bytes[big_endian_ ? i : bytes.size() - 1 - i];
    }
    return value;
  }

  std::uint64_t number_at(std::uint64_t place, std::size_t width) {
    std::array<unsigned char, 8> bytes{};
    read(place, std::span(bytes).first(width), "a directory");
    return number(std::span(bytes).first(width));
  }

  /// Directories do not share bytes in files that are meant well: what is read of them is no more than the file.
  void spend(std::uint64_t bytes) {
    spent_ += bytes;
    if (spent_ > size_) fail("its directories overlap");
  }

  /// The values of a directory's entry, `most` of them: BYTE, SHORT, LONG or LONG8.
  std::vector<std::uint64_t> values(std::span<const unsigned char> entry, std::uint64_t place, std::uint64_t most) {
    const std::size_t word = big_ ? 8 : 4;
    const std::uint64_t type = number(entry.subspan(2, 2));
    const std::size_t width = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : type == 16 ? 8 : 0;
    if (width == 0) fail("a directory has numbers of the unknown type " + std::to_string(type));
    const std::uint64_t count = number(entry.subspan(4, word));
    if (count == 0 || count > size_ / width) fail("a directory claims more numbers than the file has bytes");
    const bool inside = count * width <= word;
    std::vector<unsigned char> bytes(static_cast<std::size_t>(std::min(count, most)) * width);
    if (!inside) spend(bytes.size());
    read(inside ? place + 4 + word : number(entry.subspan(4 + word, word)), bytes, "a directory");
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < bytes.size(); i += width) numbers.push_back(number(std::span(bytes).subspan(i, width)));
    return numbers;
  }

  /// Returns where the next directory is; 0 for none.
  std::uint64_t read_page(std::uint64_t place, TiffPage& page) {
    const std::size_t count_width = big_ ? 8 : 2;
    const std::size_t entry_width = big_ ? 20 : 12;
    const std::uint64_t count = number_at(place, count_width);
    if (count > size_ / entry_width) fail("it ends within a directory");
    spend(count * entry_width);
    place += count_width;
    const auto value = [&](std::span<const unsigned char> entry) { return values(entry, place, 1).front(); };
    const auto all = [&](std::span<const unsigned char> entry) { return values(entry, place, size_); };
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> lengths;
    constexpr std::uint64_t as_they_are = 1;
    std::uint64_t packed = as_they_are;
    std::array<unsigned char, 20> bytes{};
    const std::span<unsigned char> entry = std::span(bytes).first(entry_width);
    for (std::uint64_t i = 0; i < count; ++i, place += entry_width) {
      read(place, entry, "a directory");
      switch (number(entry.first(2))) {
        case image_width: page.columns = value(entry); break;
        case image_length: page.rows = value(entry); break;
        case bits_per_sample: page.bits = value(entry); break;
        case compression: packed = value(entry); break;
        case photometric_interpretation: page.colours = value(entry); break;
        case extra_samples: page.extra = value(entry); break;
        case orientation: page.orientation = value(entry); break;
        case samples_per_pixel: page.channels = value(entry); break;
        case sample_format: page.format = value(entry); break;
        case strip_offsets:
        case tile_offsets: offsets = all(entry); break;
        case strip_byte_counts:
        case tile_byte_counts: lengths = all(entry); break;
        default: break;
      }
    }
    if (page.rows == 0 || page.columns == 0) fail("an image has no pixels");
    if (offsets.empty()) fail("an image lacks its pixels");
    expect_plausible_size(path_, page.rows, page.columns, size_);
    // Of a channel at least, as colours may be kept for every other pixel.
    const std::uint64_t bits = std::max<std::uint64_t>(page.bits, 1);
    if (packed == as_they_are && page.rows * page.columns > 8 * size_ / bits) fail("it ends within its pixels");
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const std::uint64_t length = i < lengths.size() ? lengths[i] : 0;
      if (offsets[i] > size_ || length > size_ - offsets[i]) fail("it ends within its pixels");
    }
    return number_at(place, big_ ? 8 : 4);
  }

  const std::string& path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::uint64_t spent_ = 0;
  bool big_endian_ = false;
  bool big_ = false;  ///< BigTIFF, with numbers of 8 bytes
};

}  // namespace

void expect_map(const TiffPage& page, const std::string& path) {
  if (page.channels != 1) {
    throw FileError(path + ": has " + std::to_string(page.channels) + " channels, and a score map has one");
  }
  constexpr std::uint64_t floating = 3;
  if (page.format != floating || (page.bits != 32 && page.bits != 64)) {
    throw FileError(path + ": holds " + (page.format == floating ? "floats" : "integers") + " of " +
                    std::to_string(page.bits) + " bits, and scores in a TIFF file are float32 or float64");
  }
  if (page.orientation != 1) throw FileError(path + ": is turned by its orientation tag, and a score map is not");
}

std::vector<TiffPage> read_tiff_pages(const std::string& path) {
  return TiffReader(path).pages();
}

}  // namespace plimsoll::io
