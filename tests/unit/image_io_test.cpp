// SPDX-License-Identifier: Apache-2.0
// Images and folders. TIFF files that are read are made here byte by byte from TIFF 6.0 and the BigTIFF design, so that
// nothing is judged by the library that reads it; what is written is read back by OpenCV.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "files.hpp"
#include "plimsoll/io/image_file.hpp"
#include "plimsoll/io/label_file.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/io/npy_mask_writer.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/io/write_file.hpp"
#include "random.hpp"

namespace {

namespace fs = std::filesystem;
namespace io = plimsoll::io;
using plimsoll::Label;
using plimsoll::Mask;
using plimsoll::ScoreType;
using plimsoll::test::content_of;
using plimsoll::test::Folder;
using plimsoll::test::message_of;
using plimsoll::test::Random;

using Shape = std::vector<std::size_t>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// An uncompressed TIFF file of one strip an image.
class TiffBytes {
 public:
  bool big_endian = false;
  bool big = false;  ///< BigTIFF
  std::uint64_t format = 3;
  std::uint64_t channels = 1;
  std::optional<std::uint64_t> orientation;
  std::optional<std::uint64_t> claimed_rows;

  TiffBytes() = default;

  /// Appends an image of `bytes`, `width` bytes a value.
  void add(std::uint64_t rows, std::uint64_t columns, std::size_t width, const std::string& pixels) {
    images_.push_back({rows, columns, width, pixels});
  }

  template <typename T>
  void add(std::uint64_t rows, std::uint64_t columns, const std::vector<T>& values) {
    std::string pixels;
    for (const T value : values) {
      std::array<char, sizeof(T)> bytes{};
      std::memcpy(bytes.data(), &value, sizeof(T));
      if (big_endian) std::ranges::reverse(bytes);  // this machine is little-endian
      pixels.append(bytes.data(), bytes.size());
    }
    add(rows, columns, sizeof(T), pixels);
  }

  [[nodiscard]] std::string bytes() const {
    const std::size_t word = big ? 8 : 4;
    std::string file = big_endian ? "MM" : "II";
    append(file, big ? 43 : 42, 2);
    if (big) {
      append(file, 8, 2);
      append(file, 0, 2);
    }
    for (const Image& image : images_) {
      append(file, file.size() + word, word);  // the directory follows
      std::vector<std::pair<std::uint64_t, std::uint64_t>> entries{
          {256, image.columns},      {257, claimed_rows.value_or(image.rows)},
          {258, 8 * image.width},    {259, 1},
          {262, channels == 3 ? 2 : 1}, {273, 0},
          {277, channels},           {278, claimed_rows.value_or(image.rows)},
          {279, image.pixels.size()}, {339, format}};
      if (orientation) entries.emplace_back(274, *orientation);
      std::ranges::sort(entries);
      const std::size_t end = file.size() + (big ? 8 : 2) + entries.size() * (big ? 20 : 12) + word;
      const std::size_t pixels = image.before_directory ? 0 : end;
      append(file, entries.size(), big ? 8 : 2);
      for (const auto& [tag, value] : entries) {
        const bool many = (tag == 258 || tag == 339) && channels > 1;  // one for each channel
        append(file, tag, 2);
        append(file, many ? 3 : 4, 2);  // SHORT, LONG
        append(file, many ? channels : 1, word);
        if (many && channels * 2 > word) {
          append(file, end + image.pixels.size(), word);
        } else {
          append(file, tag == 273 ? pixels : value, 4);
          file.append(word - 4, '\0');
        }
      }
      // Where the next directory is: after the pixels and, for more than one channel, after two lists of shorts.
      std::string rest = image.pixels;
      if (channels > 1) {
        for (std::uint64_t i = 0; i < channels; ++i) append(rest, 8 * image.width, 2);
      }
      if (&image == &images_.back()) {
        append(file, 0, word);
        file += rest;
      } else {
        append(file, end + rest.size() + word, word);
        file += rest;
      }
    }
    return file;
  }

 private:
  struct Image {
    std::uint64_t rows;
    std::uint64_t columns;
    std::size_t width;
    std::string pixels;
    bool before_directory = false;
  };

  void append(std::string& to, std::uint64_t value, std::size_t width) const {
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t place = big_endian ? width - 1 - i : i;
      to += static_cast<char>(value >> (8 * place) & 0xff);
    }
  }

  std::vector<Image> images_;
};

}  // namespace
