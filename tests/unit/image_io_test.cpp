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
  bool big = false;   ///< BigTIFF
  bool wide = false;  ///< with numbers of 8 bytes (LONG8)
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
    if (big) append(file, 8, 2);
    if (big) append(file, 0, 2);
    std::size_t link = file.size();  // where the place of the next directory is written
    append(file, 0, word);
    for (const Image& image : images_) {
      std::string place;
      append(place, file.size(), word);
      file.replace(link, word, place);
      const std::uint64_t rows = claimed_rows.value_or(image.rows);
      std::vector<std::pair<std::uint64_t, std::uint64_t>> entries{
          {256, image.columns},         {257, rows},  {258, 8 * image.width}, {259, 1},
          {262, channels == 3 ? 2 : 1}, {273, 0},     {277, channels},        {278, rows},
          {279, image.pixels.size()},   {339, format}};
      if (orientation) entries.emplace_back(274, *orientation);
      std::ranges::sort(entries);
      const std::size_t pixels = file.size() + (big ? 8 : 2) + entries.size() * (big ? 20 : 12) + word;
      std::string lists;
      append(file, entries.size(), big ? 8 : 2);
      for (const auto& [tag, value] : entries) {
        const bool list = (tag == 258 || tag == 339) && channels > 1;  // one short for each channel
        append(file, tag, 2);
        const std::size_t width = wide && !list ? 8 : 4;
        append(file, list ? 3U : wide ? 16U : 4U, 2);  // SHORT, LONG8, LONG
        append(file, list ? channels : 1, word);
        append(file, list ? pixels + image.pixels.size() + lists.size() : tag == 273 ? pixels : value, width);
        file.append(word - width, '\0');
        for (std::uint64_t i = 0; list && i < channels; ++i) append(lists, value, 2);
      }
      link = file.size();
      append(file, 0, word);
      file += image.pixels + lists;
    }
    return file;
  }

 private:
  struct Image {
    std::uint64_t rows;
    std::uint64_t columns;
    std::size_t width;
    std::string pixels;
  };

  void append(std::string& to, std::uint64_t value, std::size_t width) const {
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t place = big_endian ? width - 1 - i : i;
      to += static_cast<char>(value >> (8 * place) & 0xff);
    }
  }

  std::vector<Image> images_;
};

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A `.npy` file of doubles.
void write_npy(const std::string& path, const std::string& shape, const std::vector<double>& values,
               const char* fortran_order = "False") {
  std::string header = "{'descr': '<f8', 'fortran_order': " + std::string(fortran_order) + ", 'shape': " + shape + "}";
  header.resize(117, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
  for (const double value : values) {
    std::array<char, sizeof value> stored{};
    std::memcpy(stored.data(), &value, sizeof value);
    bytes.append(stored.data(), stored.size());
  }
  write_bytes(path, bytes);
}

struct Map {
  std::string name;
  std::size_t rows;
  std::size_t columns;
  ScoreType type;
  std::vector<double> values;
};

std::vector<Map> read_maps(const std::string& path) {
  const auto reader = io::open_scores(path);
  std::vector<Map> maps;
  io::ScoreBlock block;
  while (reader->next(block)) {
    REQUIRE(block.is_map);
    Map map{block.name, block.rows, block.columns, block.type, {}};
    std::visit([&](const auto& values) { map.values.assign(values.begin(), values.end()); }, block.values);
    maps.push_back(std::move(map));
    CHECK(reader->progress() == static_cast<double>(maps.size()) / static_cast<double>(*reader->map_count()));
  }
  CHECK(reader->map_count() == maps.size());
  CHECK_FALSE(reader->next(block));
  return maps;
}

/// Alike to the bit.
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(
      a, b, [](double x, double y) { return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y); });
}

std::string refusal(const Folder& folder, const TiffBytes& tiff) {
  const std::string path = folder.file("a.tif");
  write_bytes(path, tiff.bytes());
  std::string message = message_of([&] { static_cast<void>(read_maps(path)); });
  if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
  return message;
}

/// While there is one, std::cerr says nothing: OpenCV 4.6 writes there about damaged images, whatever its log level.
class Hushed {
 public:
  Hushed() : kept_{std::cerr.rdbuf(nullptr)} {}
  Hushed(const Hushed&) = delete;
  Hushed& operator=(const Hushed&) = delete;
  ~Hushed() {
    std::cerr.rdbuf(kept_);
    std::cerr.clear();
  }

 private:
  std::streambuf* kept_;
};

cv::Mat picture(int rows, int columns, int type, std::uint64_t seed) {
  Random random(seed);
  cv::Mat image(rows, columns, type);
  for (int row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < image.elemSize() * static_cast<std::size_t>(columns); ++i) {
      image.ptr(row)[i] = static_cast<std::uint8_t>(random.below(256));
    }
  }
  return image;
}

std::vector<Label> labels_of(const std::string& text) {
  std::vector<Label> labels;
  for (const char c : text) labels.push_back(c == '1' ? Label::anomalous : Label::normal);
  return labels;
}

TEST_CASE("a TIFF file of floats is a map, to the bit") {
  const Folder folder;
  const std::string path = folder.file("bolt.tif");
  const std::vector<double> values{-2, 0.1F, 1e-40F, infinity, -0.0, 3.5};
  for (const bool big_endian : {false, true}) {
    for (const bool big : {false, true}) {
      TiffBytes tiff;
      tiff.big_endian = big_endian;
      tiff.big = big;
      tiff.add(2, 3, std::vector<float>{-2, 0.1F, 1e-40F, static_cast<float>(infinity), -0.0F, 3.5F});
      write_bytes(path, tiff.bytes());
      const std::vector<Map> maps = read_maps(path);
      REQUIRE(maps.size() == 1);
      CHECK(maps[0].name == "bolt");
      CHECK(maps[0].rows == 2);
      CHECK(maps[0].columns == 3);
      CHECK(maps[0].type == ScoreType::float32);
      CHECK(same(maps[0].values, values));
      CHECK(io::open_scores(path)->shape() == Shape{2, 3});

      TiffBytes wide;
      wide.big_endian = big_endian;
      wide.big = big;
      wide.add(1, 4, std::vector<double>{0.1, 5e-324, -infinity, -1e300});
      write_bytes(path, wide.bytes());
      const std::vector<Map> doubles = read_maps(path);
      REQUIRE(doubles.size() == 1);
      CHECK(doubles[0].type == ScoreType::float64);
      CHECK(same(doubles[0].values, {0.1, 5e-324, -infinity, -1e300}));
    }
  }
  TiffBytes with_nan;
  with_nan.add(1, 2, std::vector<float>{static_cast<float>(nan), 1});
  write_bytes(path, with_nan.bytes());
  const std::vector<Map> maps = read_maps(path);
  CHECK(std::isnan(maps[0].values[0]));
  CHECK(maps[0].values[1] == 1);
}

TEST_CASE("a BigTIFF file may have numbers of eight bytes") {
  const Folder folder;
  for (const bool big_endian : {false, true}) {
    TiffBytes tiff;
    tiff.big_endian = big_endian;
    tiff.big = tiff.wide = true;
    tiff.add(2, 3, std::vector<float>{1, 2, 3, 4, 5, 6});
    tiff.add(1, 2, std::vector<float>{7, 8});
    write_bytes(folder.file("a.tif"), tiff.bytes());
    const std::vector<Map> maps = read_maps(folder.file("a.tif"));
    REQUIRE(maps.size() == 2);
    CHECK(maps[0].rows == 2);
    CHECK(maps[0].values == std::vector<double>{1, 2, 3, 4, 5, 6});
    CHECK(maps[1].values == std::vector<double>{7, 8});
  }
}

TEST_CASE("a TIFF file may have its pixels in tiles") {
  const Folder folder;
  const auto little_endian = [](std::uint64_t value, std::size_t width) {
    std::string bytes;
    for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
    return bytes;
  };
  // 3 x 20 pixels in two tiles of 16 x 16, filled up with -1. Where they are, and their lengths, come as two lists.
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> entries{
      {256, 20}, {257, 3}, {258, 32}, {259, 1}, {262, 1}, {277, 1}, {322, 16}, {323, 16}, {324, 0}, {325, 0}, {339, 3}};
  const std::uint64_t lists = 8 + 2 + 12 * entries.size() + 4;
  const std::uint64_t tiles = lists + 16;
  std::string file = "II" + little_endian(42, 2) + little_endian(8, 4) + little_endian(entries.size(), 2);
  for (const auto& [tag, value] : entries) {
    const bool list = tag == 324 || tag == 325;
    file += little_endian(tag, 2) + little_endian(4, 2) + little_endian(list ? 2 : 1, 4) +
            little_endian(tag == 324   ? lists
                          : tag == 325 ? lists + 8
                                       : value,
                          4);
  }
  file += little_endian(0, 4);
  file += little_endian(tiles, 4) + little_endian(tiles + 1024, 4) + little_endian(1024, 4) + little_endian(1024, 4);
  for (int tile = 0; tile < 2; ++tile) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      const int row = pixel / 16;
      const int column = 16 * tile + pixel % 16;
      const float value = row < 3 && column < 20 ? static_cast<float>(100 * row + column) : -1.0F;
      file += little_endian(std::bit_cast<std::uint32_t>(value), 4);
    }
  }
  write_bytes(folder.file("tiled.tif"), file);
  const std::vector<Map> maps = read_maps(folder.file("tiled.tif"));
  REQUIRE(maps.size() == 1);
  CHECK(maps[0].rows == 3);
  CHECK(maps[0].columns == 20);
  std::vector<double> expected;
  for (int i = 0; i < 60; ++i) expected.push_back(100 * (i / 20) + i % 20);
  CHECK(maps[0].values == expected);
  // Cut off within its last tile.
  write_bytes(folder.file("tiled.tif"), file.substr(0, file.size() - 1));
  CHECK(message_of([&] { static_cast<void>(io::open_scores(folder.file("tiled.tif"))); }) ==
        folder.file("tiled.tif") + ": not a TIFF file that is read here: it ends within its pixels");
}

TEST_CASE("a TIFF file is known by its first bytes, and by its name") {
  const Folder folder;
  TiffBytes tiff;
  tiff.add(1, 2, std::vector<float>{3, 4});
  write_bytes(folder.file("scores"), tiff.bytes());
  CHECK(read_maps(folder.file("scores")).size() == 1);
  write_bytes(folder.file("no.TIF"), "score\n1\n");
  CHECK(message_of([&] { static_cast<void>(io::open_scores(folder.file("no.TIF"))); }) ==
        folder.file("no.TIF") + ": not a TIFF file that is read here: its magic number is wrong");
  // What only begins alike is text.
  write_bytes(folder.file("index.csv"), "II,MM\n1,2\n");
  io::ScoreBlock block;
  CHECK(io::open_scores(folder.file("index.csv"), {"MM"})->next(block));
  CHECK(block.scores().size() == 1);
  CHECK(message_of([&] { static_cast<void>(io::open_scores(folder.file("scores"), {"x"})); }) ==
        folder.file("scores") + ": is a TIFF file, and only CSV has columns such as 'x'");
}

TEST_CASE("each image of a TIFF file is a map") {
  const Folder folder;
  const std::string path = folder.file("many.tiff");
  TiffBytes tiff;
  for (int i = 0; i < 11; ++i) tiff.add(1, 2, std::vector<float>{static_cast<float>(i), -1});
  write_bytes(path, tiff.bytes());
  const std::vector<Map> maps = read_maps(path);
  REQUIRE(maps.size() == 11);
  for (std::size_t i = 0; i < maps.size(); ++i) CHECK(maps[i].values[0] == static_cast<double>(i));
  CHECK(maps[0].name == "many_00");
  CHECK(maps[10].name == "many_10");
  CHECK(io::open_scores(path)->shape() == Shape{11, 1, 2});
  tiff.add(2, 1, std::vector<double>{7, 8});
  write_bytes(path, tiff.bytes());
  CHECK(read_maps(path).back().rows == 2);
  CHECK(read_maps(path).back().type == ScoreType::float64);
  CHECK(io::open_scores(path)->shape().empty());
  // One extent that differs is enough.
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 3}, {2, 2}}) {
    TiffBytes uneven;
    uneven.add(1, 2, std::vector<float>(2, 1));
    uneven.add(rows, columns, std::vector<float>(rows * columns, 1));
    write_bytes(path, uneven.bytes());
    CHECK(io::open_scores(path)->shape().empty());
    CHECK(read_maps(path).size() == 2);
  }
}

TEST_CASE("compressed TIFF files are read") {
  const Folder folder;
  cv::Mat map(37, 53, CV_32FC1);
  Random random(5);
  for (int i = 0; i < 37 * 53; ++i) map.at<float>(i / 53, i % 53) = static_cast<float>(random.normal());
  for (const int compression : {1, 5, 8, 32946}) {  // none, LZW, two kinds of deflate
    cv::Mat wide;
    map.convertTo(wide, CV_64F);
    REQUIRE(cv::imwrite(folder.file("m.tif"), wide, {cv::IMWRITE_TIFF_COMPRESSION, compression}));
    const std::vector<Map> maps = read_maps(folder.file("m.tif"));
    REQUIRE(maps.size() == 1);
    CHECK(std::ranges::equal(maps[0].values, cv::Mat_<double>(wide)));
  }
}

TEST_CASE("maps of a file are numbered with as many digits as the last one has") {
  const Folder folder;
  const auto names = [&](std::size_t count) {
    write_npy(folder.file("m.npy"), "(" + std::to_string(count) + ", 1, 1)", std::vector<double>(count));
    return io::open_scores(folder.file("m.npy"))->map_names();
  };
  CHECK(names(1) == std::vector<std::string>{"m"});
  CHECK(names(10).front() == "m_0");
  CHECK(names(10).back() == "m_9");
  CHECK(names(11).front() == "m_00");
  CHECK(names(11).back() == "m_10");
  CHECK(names(100).back() == "m_99");
  CHECK(names(101).front() == "m_000");
}

TEST_CASE("how far a file is read is the share of its bytes") {
  const Folder folder;
  write_npy(folder.file("m.npy"), "(2, 2, 2)", std::vector<double>(8));
  const auto reader = io::open_scores(folder.file("m.npy"));
  io::ScoreBlock block;
  CHECK(reader->progress() == Approx(128.0 / 192).epsilon(1e-12));  // the header
  REQUIRE(reader->next(block));
  CHECK(reader->progress() == Approx(160.0 / 192).epsilon(1e-12));
  REQUIRE(reader->next(block));
  CHECK(reader->progress() == 1.0);
  CHECK_FALSE(reader->next(block));
}

TEST_CASE("a folder of maps of which a file is changed while it is read is refused") {
  struct Npy {
    const char* shape;
    std::vector<double> values;
  };
  const Npy two_maps{"(2, 2, 2)", {1, 2, 3, 4, 5, 6, 7, 8}};
  const auto write = [](const std::string& path, const Npy& npy) { write_npy(path, npy.shape, npy.values); };
  // What the file is replaced by: plain scores, fewer maps, more of them, and of another size.
  for (const Npy& changed :
       {Npy{"(2,)", {1, 2}}, Npy{"(1, 2, 2)", {1, 2, 3, 4}}, Npy{"(3, 2, 2)", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
        Npy{"(2, 2, 1)", {1, 2, 3, 4}}, Npy{"(2, 1, 2)", {1, 2, 3, 4}}}) {
    INFO(changed.shape);
    const Folder folder;
    write(folder.file("a.npy"), two_maps);
    write(folder.file("b.npy"), two_maps);
    const auto reader = io::open_scores(folder.path().string());
    io::ScoreBlock block;
    CHECK(reader->next(block));
    CHECK(reader->next(block));
    write(folder.file("b.npy"), changed);
    CHECK(message_of([&] { reader->next(block); }) == folder.file("b.npy") + ": was changed while the folder was read");
  }
  // Where the maps need not be of one size, they may change it.
  const Folder folder;
  write(folder.file("a.npy"), two_maps);
  write(folder.file("b.npy"), {"(1, 3, 2)", {1, 2, 3, 4, 5, 6}});
  const auto reader = io::open_scores(folder.path().string());
  CHECK(reader->shape().empty());
  write(folder.file("b.npy"), {"(1, 1, 4)", {1, 2, 3, 4}});
  io::ScoreBlock block;
  for (int map = 0; map < 3; ++map) CHECK(reader->next(block));
  CHECK(block.map().columns() == 4);
  CHECK_FALSE(reader->next(block));
}

TEST_CASE("pictures that are no score maps are refused by what they hold") {
  const Folder folder;
  const auto of = [](auto values, std::uint64_t format) {
    TiffBytes tiff;
    tiff.format = format;
    tiff.add(1, 2, values);
    return tiff;
  };
  const std::string instead = ", and scores in a TIFF file are float32 or float64";
  CHECK(refusal(folder, of(std::vector<std::uint8_t>{1, 2}, 1)) == "holds integers of 8 bits" + instead);
  CHECK(refusal(folder, of(std::vector<std::uint16_t>{1, 2}, 1)) == "holds integers of 16 bits" + instead);
  CHECK(refusal(folder, of(std::vector<std::int32_t>{1, 2}, 2)) == "holds integers of 32 bits" + instead);
  CHECK(refusal(folder, of(std::vector<std::uint32_t>{1, 2}, 1)) == "holds integers of 32 bits" + instead);
  CHECK(refusal(folder, of(std::vector<std::int64_t>{1, 2}, 2)) == "holds integers of 64 bits" + instead);
  CHECK(refusal(folder, of(std::vector<std::uint16_t>{1, 2}, 3)) == "holds floats of 16 bits" + instead);
  TiffBytes colour;
  colour.channels = 3;
  colour.add(1, 1, std::vector<float>{1, 2, 3});
  CHECK(refusal(folder, colour) == "has 3 channels, and a score map has one");
  TiffBytes turned;
  turned.orientation = 3;
  turned.add(1, 2, std::vector<float>{1, 2});
  CHECK(refusal(folder, turned) == "is turned by its orientation tag, and a score map is not");
  for (const char* name : {"p.png", "p.jpg"}) {
    REQUIRE(cv::imwrite(folder.file(name), picture(4, 4, CV_8UC1, 1)));
    fs::rename(folder.file(name), folder.file("p.dat"));
    CHECK(message_of([&] { static_cast<void>(io::open_scores(folder.file("p.dat"))); }) ==
          folder.file("p.dat") + ": is a picture of integers, and score maps are .npy, or TIFF of float32 or float64");
  }
}

TEST_CASE("TIFF files that claim more pixels than are in them are refused, and nothing is decoded") {
  const Folder folder;
  TiffBytes tiff;
  tiff.claimed_rows = 30000;
  tiff.add(1, 30000, sizeof(float), std::string(16, '\0'));
  CHECK(refusal(folder, tiff).starts_with("claims 30000 x 30000 pixels, more than its "));
  TiffBytes wide;  // rows come first
  wide.claimed_rows = 20000;
  wide.add(1, 30000, sizeof(float), std::string(16, '\0'));
  CHECK(refusal(folder, wide) ==
        "claims 20000 x 30000 pixels, more than its " + std::to_string(wide.bytes().size()) + " bytes can hold");
  // So few that packed they might be: but they are not packed.
  TiffBytes few;
  few.claimed_rows = 2;
  few.add(1, 100, std::vector<float>(100, 1));
  CHECK(refusal(folder, few) == "not a TIFF file that is read here: it ends within its pixels");
}

TEST_CASE("a TIFF file of many images gives each in its place, though several are decoded at a time") {
  const Folder folder;
  const std::string path = folder.file("m.tif");
  TiffBytes tiff;
  // 2^22 pixels are decoded together, at most.
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> sizes{
      {2049, 2048}, {3, 1}, {1, 3}, {2, 2}, {5, 1}, {1, 5}, {1024, 2048}, {2048, 1024}, {1, 1}, {3000, 1500}, {1, 2}};
  std::vector<std::vector<std::uint8_t>> pixels;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    pixels.emplace_back(sizes[i].first * sizes[i].second);
    for (std::size_t j = 0; j < pixels[i].size(); ++j) pixels[i][j] = (j + i) % (i + 2) == 0 ? 255 : 0;
    tiff.add(sizes[i].first, sizes[i].second, pixels[i]);
  }
  tiff.format = 1;
  write_bytes(path, tiff.bytes());
  const auto reader = io::open_masks(path);
  io::MaskBlock block;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    REQUIRE(reader->next(block));
    CHECK(block.name == (i < 10 ? "m_0" : "m_") + std::to_string(i));
    CHECK(block.rows == sizes[i].first);
    REQUIRE(block.values.size() == pixels[i].size());
    CHECK(std::ranges::equal(block.values, pixels[i], [](Label label, std::uint8_t pixel) {
      return label == (pixel == 0 ? Label::normal : Label::anomalous);
    }));
  }
  CHECK_FALSE(reader->next(block));

  // Of very small ones so many that a walk from the first for each would take minutes.
  TiffBytes small;
  constexpr std::size_t count = 8000;
  for (std::size_t i = 0; i < count; ++i) small.add(1, 1, std::vector<float>{static_cast<float>(i)});
  write_bytes(path, small.bytes());
  const std::vector<Map> maps = read_maps(path);
  REQUIRE(maps.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    if (maps[i].values != std::vector{static_cast<double>(i)}) FAIL("map " << i);
  }
}

TEST_CASE("those before an image that cannot be decoded are read") {
  const Folder folder;
  const Hushed hushed;
  const std::string path = folder.file("m.tif");
  TiffBytes tiff;
  for (const float pixel : {1.0F, 2.0F, 3.0F}) tiff.add(1, 2, std::vector<float>{pixel, pixel});
  std::string bytes = tiff.bytes();
  // The last directory says of its strip that it is compressed as nothing is: 259, SHORT or LONG, one.
  const std::size_t entry = bytes.rfind(std::string("\x03\x01\x04\0\x01\0\0\0\x01\0\0\0", 12));
  REQUIRE(entry != std::string::npos);
  bytes[entry + 8] = 5;  // LZW
  write_bytes(path, bytes);
  const auto reader = io::open_scores(path);
  io::ScoreBlock block;
  for (const float pixel : {1.0F, 2.0F}) {
    REQUIRE(reader->next(block));
    CHECK(std::get<std::vector<float>>(block.values) == std::vector<float>{pixel, pixel});
  }
  CHECK(message_of([&] { reader->next(block); }).starts_with(path + ": cannot decode the image"));
}

TEST_CASE("damaged TIFF files are refused") {
  const Folder folder;
  const std::string path = folder.file("a.tif");
  TiffBytes tiff;
  tiff.add(2, 2, std::vector<float>{1, 2, 3, 4});
  tiff.add(1, 2, std::vector<float>{5, 6});
  const std::string whole = tiff.bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_bytes(path, whole.substr(0, length));
    const std::string message = message_of([&] { static_cast<void>(read_maps(path)); });
    if (!message.starts_with(path + ": ") || message.find('\n') != std::string::npos) {
      FAIL("cut after " << length << " bytes: " << message);
    }
  }
  const std::string refused = "not a TIFF file that is read here: ";
  write_bytes(path, whole.substr(0, whole.size() - 1));
  CHECK(message_of([&] { static_cast<void>(io::open_scores(path)); }) ==
        path + ": " + refused + "it ends within its pixels");
  // The second directory's link leads back to the first.
  std::string ring = whole;
  const std::size_t link = ring.size() - 2 * 4 - 4;
  REQUIRE(ring.substr(link, 4) == std::string(4, '\0'));
  ring[link] = 8;
  write_bytes(path, ring);
  CHECK(message_of([&] { static_cast<void>(io::open_scores(path)); }) ==
        path + ": " + refused + "its directories form a ring");
  // Lists of 900 numbers each for where the strip is and for how long it is, both in the pixels: longer than the file.
  TiffBytes shared;
  shared.add(1, 1000, std::vector<float>(1000, 0));
  std::string overlapping = shared.bytes();
  for (std::size_t entry = 10; entry < 10 + 12 * 10; entry += 12) {
    const int tag = static_cast<unsigned char>(overlapping[entry]) + 256 * overlapping[entry + 1];
    if (tag == 273 || tag == 279) overlapping.replace(entry + 4, 8, std::string("\x84\x03\0\0\x90\0\0\0", 8));
  }
  write_bytes(path, overlapping);
  CHECK(message_of([&] { static_cast<void>(io::open_scores(path)); }) ==
        path + ": " + refused + "its directories overlap");
  // Without the tag of where the pixels are (273), or of how many rows there are (257): each becomes a tag unknown
  // here.
  for (const auto& [tag, message] : {std::pair(273, "an image lacks its pixels"), {257, "an image has no pixels"}}) {
    std::string lacking = whole;
    const std::size_t at =
        lacking.find(std::string{static_cast<char>(tag - 256), '\1', '\4', '\0', '\1', '\0', '\0', '\0'});
    REQUIRE(at != std::string::npos);
    lacking[at + 1] = '\x7f';
    write_bytes(path, lacking);
    CHECK(message_of([&] { static_cast<void>(io::open_scores(path)); }) == path + ": " + refused + message);
  }
  // A hundred bytes that claim 2^40 pixels: OpenCV's limit is 2^30.
  const Hushed hushed;
  TiffBytes huge;
  huge.claimed_rows = std::uint64_t{1} << 20;
  huge.add(1, std::uint64_t{1} << 20, sizeof(float), "abcd");
  CHECK(refusal(folder, huge).starts_with("claims 1048576 x 1048576 pixels, "));
  CHECK(refusal(folder, huge).find('\n') == std::string::npos);
}

TEST_CASE("whatever bytes change in a TIFF file, it is read or refused") {
  const Folder folder;
  const Hushed hushed;
  const std::string path = folder.file("a.tif");
  Random random(31);
  for (const bool big : {false, true}) {
    TiffBytes tiff;
    tiff.big = big;
    tiff.add(4, 5, std::vector<float>(20, 1.5F));
    tiff.add(3, 2, std::vector<double>(6, 2.5));
    const std::string whole = tiff.bytes();
    std::size_t refused = 0;
    for (int i = 0; i < 1500; ++i) {
      std::string bytes = whole;
      for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
        bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
      }
      write_bytes(path, bytes);
      const std::string message = message_of([&] { static_cast<void>(read_maps(path)); });
      if (message == "no error") continue;
      ++refused;
      if (!message.starts_with(path + ": ") || message.find('\n') != std::string::npos) FAIL(message);
    }
    CHECK(refused > 100);
  }
}

TEST_CASE("OpenCV's log level is as it was") {
  const Folder folder;
  const Hushed hushed;
  using cv::utils::logging::getLogLevel;
  const auto level = getLogLevel();
  REQUIRE(level != cv::utils::logging::LOG_LEVEL_SILENT);
  write_bytes(folder.file("a.png"), "\x89PNG");
  CHECK_THROWS_AS(io::open_masks(folder.file("a.png"))->next(*std::make_unique<io::MaskBlock>()), io::FileError);
  CHECK(getLogLevel() == level);
}

TEST_CASE("a folder gives its files' maps in the order of their names") {
  const Folder folder;
  TiffBytes tiff;
  tiff.add(2, 1, std::vector<float>{5, 6});
  write_bytes(folder.file("b.tif"), tiff.bytes());
  write_npy(folder.file("a10.npy"), "(2, 2)", {1, 2, 3, 4});
  write_npy(folder.file("a9.npy"), "(2, 1, 2)", {7, 8, 9, 10});
  write_bytes(folder.file("C.TIFF"), tiff.bytes());
  write_bytes(folder.file("notes.txt"), "not a map");
  write_bytes(folder.file("a.png"), "not a map either");
  fs::create_directory(folder.file("d.npy"));
  const std::vector<Map> maps = read_maps(folder.file(""));
  REQUIRE(maps.size() == 5);
  std::vector<std::string> names;
  for (const Map& map : maps) names.push_back(map.name);
  CHECK(names == std::vector<std::string>{"C", "a10", "a9_0", "a9_1", "b"});
  CHECK(maps[1].values == std::vector<double>{1, 2, 3, 4});
  CHECK(maps[1].type == ScoreType::float64);
  CHECK(maps[3].values == std::vector<double>{9, 10});
  CHECK(maps[3].rows == 1);
  CHECK(maps[4].rows == 2);
  CHECK(maps[4].type == ScoreType::float32);
  CHECK(io::open_scores(folder.file(""))->shape().empty());
  for (const char* name : {"a10.npy", "a9.npy"}) fs::remove(folder.file(name));
  CHECK(io::open_scores(folder.file(""))->shape() == Shape{2, 2, 1});
}

TEST_CASE("a folder that does not hold maps alone is refused at once") {
  const Folder folder;
  const auto message = [&] { return message_of([&] { static_cast<void>(io::open_scores(folder.file(""))); }); };
  write_bytes(folder.file("notes.txt"), "1\n");
  CHECK(message() == folder.file("") + ": there is no file in this folder that ends in .npy, .tif, .tiff");
  write_npy(folder.file("a.npy"), "(2, 2)", {1, 2, 3, 4});
  write_npy(folder.file("z.npy"), "(2,)", {1, 2});
  CHECK(message() == folder.file("z.npy") + ": holds plain scores, and the files of a folder hold score maps");
  TiffBytes tiff;
  tiff.add(1, 1, std::vector<float>{5});
  fs::remove(folder.file("z.npy"));
  write_bytes(folder.file("a.tif"), tiff.bytes());
  CHECK(message() == folder.file("a.tif") + ": has a map of the name 'a', as " + folder.file("a.npy") + " has");
  fs::remove(folder.file("a.tif"));
  // Also where one file's only map is called as another's map of some number: a_00 to a_11.
  std::vector<double> twelve(12);
  write_npy(folder.file("a.npy"), "(12, 1, 1)", twelve);
  for (const char* name : {"a_12", "a_5", "a_005", "a_", "a05", "b_05"}) {
    write_npy(folder.file(name + std::string(".npy")), "(1, 1)", {1});
  }
  CHECK(message() == "no error");
  for (const std::string name : {"a_00", "a_05", "a_11"}) {
    write_npy(folder.file(name + ".npy"), "(1, 1)", {1});
    CHECK(message() ==
          folder.file(name + ".npy") + ": has a map of the name '" + name + "', as " + folder.file("a.npy") + " has");
    fs::remove(folder.file(name + ".npy"));
  }
  // Another width of the numbers is another name, the same is the same.
  tiff.add(1, 1, std::vector<float>{6});
  write_bytes(folder.file("a.tif"), tiff.bytes());
  CHECK(message() == "no error");
  for (int i = 2; i < 11; ++i) tiff.add(1, 1, std::vector<float>{6});
  write_bytes(folder.file("a.tif"), tiff.bytes());
  CHECK(message() == folder.file("a.tif") + ": has a map of the name 'a_00', as " + folder.file("a.npy") + " has");
  for (const char* name : {"a_12", "a_5", "a_005", "a_", "a05", "b_05"}) {
    fs::remove(folder.file(name + std::string(".npy")));
  }
  fs::remove(folder.file("a.tif"));
  write_bytes(folder.file("z.tif"), "II*");
  CHECK(message() == folder.file("z.tif") + ": not a TIFF file that is read here: it ends within its magic number");
  fs::remove(folder.file("z.tif"));
  write_npy(folder.file("a.npy"), "(0, 2, 2)", {});
  CHECK(message() == folder.file("") + ": there is no map in the files of this folder");
  CHECK(message_of([&] { static_cast<void>(io::open_scores(folder.file(""), {"x"})); }) ==
        folder.file("") + ": is a folder, and only CSV has columns such as 'x'");
}

std::vector<io::MaskBlock> read_masks(const std::string& path, const std::vector<std::string>& names = {}) {
  const auto reader = io::open_masks(path, names);
  std::vector<io::MaskBlock> masks;
  io::MaskBlock block;
  while (reader->next(block)) {
    masks.push_back(block);
    CHECK(reader->progress() == static_cast<double>(masks.size()) / static_cast<double>(reader->count()));
  }
  CHECK(reader->count() == masks.size());
  return masks;
}

TEST_CASE("a picture is a mask, anomalous where it is not black") {
  const Folder folder;
  const cv::Mat grey = (cv::Mat_<std::uint8_t>(2, 3) << 0, 255, 1, 0, 0, 128);
  const std::vector<Label> truth = labels_of("011001");
  cv::Mat colour(2, 3, CV_8UC3, cv::Scalar(0, 0, 0));
  colour.at<cv::Vec3b>(0, 1) = {0, 0, 7};
  colour.at<cv::Vec3b>(0, 2) = {255, 255, 255};
  colour.at<cv::Vec3b>(1, 2) = {1, 0, 0};
  for (const char* name : {"m.png", "m.bmp", "m.tif"}) {
    for (const cv::Mat& image : {grey, colour}) {
      REQUIRE(cv::imwrite(folder.file(name), image));
      const auto masks = read_masks(folder.file(name));
      REQUIRE(masks.size() == 1);
      CHECK(masks[0].values == truth);
      CHECK(masks[0].rows == 2);
      CHECK(masks[0].columns == 3);
      CHECK(masks[0].name == "m");
      CHECK(masks[0].mask().any());
      const io::LabelArray labels = io::read_labels(folder.file(name));
      CHECK(labels.values == truth);
      CHECK(labels.shape == Shape{2, 3});
    }
  }
  cv::Mat deep;
  grey.convertTo(deep, CV_16U);
  const std::string path = folder.file("m.png");
  const auto message = [&] { return message_of([&] { static_cast<void>(read_masks(path)); }); };
  REQUIRE(cv::imwrite(path, deep));
  CHECK(message() == path + ": has 1 channel of 16 bits, and a mask has 1 or 3 of 8");
  REQUIRE(cv::imwrite(path, cv::Mat(2, 2, CV_8UC4, cv::Scalar(0, 0, 0, 255))));
  CHECK(message() == path + ": has 4 channels of 8 bits, and a mask has 1 or 3 of 8");
  const Hushed hushed;
  write_bytes(path, "");
  CHECK(message() == path + ": cannot decode the image: it is damaged, or of no known kind");
  write_bytes(path, "mask");
  CHECK(message() == path + ": cannot decode the image: it is damaged, or of no known kind");
  fs::remove(path);
  CHECK(message() == path + ": no such file");
}

/// A picture of one pixel for each of the text's digits, in a row.
void write_row(const std::string& path, const std::string& digits) {
  cv::Mat image(1, static_cast<int>(digits.size()), CV_8UC1);
  for (std::size_t i = 0; i < digits.size(); ++i)
    image.at<std::uint8_t>(static_cast<int>(i)) = digits[i] == '1' ? 255 : 0;
  REQUIRE(cv::imwrite(path, image));
}

TEST_CASE("a folder of masks comes in the order of its maps") {
  const Folder folder;
  const auto values = [&](const std::vector<std::string>& names) {
    std::vector<std::vector<Label>> all;
    for (const auto& mask : read_masks(folder.file(""), names)) all.push_back(mask.values);
    return all;
  };
  using All = std::vector<std::vector<Label>>;
  write_row(folder.file("a_mask.png"), "01");
  write_row(folder.file("a_1_mask.png"), "10");
  write_row(folder.file("b.bmp"), "11");
  write_bytes(folder.file("readme.md"), "no mask");
  // '1' comes before 'm': in the order of their names the masks would belong to other maps.
  CHECK(values({}) == All{labels_of("10"), labels_of("01"), labels_of("11")});
  CHECK(values({"a", "a_1", "b"}) == All{labels_of("01"), labels_of("10"), labels_of("11")});
  CHECK(values({"b"}) == All{labels_of("11")});
  CHECK(values({"x", "y", "z"}) == All{labels_of("10"), labels_of("01"), labels_of("11")});
  const auto message = [&](const std::vector<std::string>& names) {
    return message_of([&] { static_cast<void>(io::open_masks(folder.file(""), names)); });
  };
  CHECK(message({"a", "x", "b"}) ==
        folder.file("") + ": none of the 3 files is called 'x', though 2 of 3 names are found");
  CHECK(message({"x", "y"}) ==
        folder.file("") + ": none of the 3 files is called 'x', and they cannot be taken in order for 2 maps");
  const io::LabelArray labels = io::read_labels(folder.file(""));
  CHECK(labels.shape == Shape{3, 1, 2});
  CHECK(labels.values == labels_of("100111"));
  write_row(folder.file("c.png"), "110");
  CHECK(read_masks(folder.file("")).back().columns == 3);
  CHECK(message_of([&] { static_cast<void>(io::read_labels(folder.file(""))); }) ==
        folder.file("") + ": mask 'c' has 1 x 3 pixels, those before it 1 x 2");
  write_row(folder.file("b.png"), "00");
  CHECK(message({"a", "b"}) == folder.file("") + ": two files have the name 'b'");
}

TEST_CASE("a folder of TIFF masks gives each file's own") {
  const Folder folder;
  for (const std::string name : {"a", "b", "c"}) {
    TiffBytes tiff;
    tiff.format = 1;
    tiff.add(1, 3,
             std::vector<std::uint8_t>{static_cast<std::uint8_t>(name == "a" ? 255 : 0),
                                       static_cast<std::uint8_t>(name == "b" ? 255 : 0),
                                       static_cast<std::uint8_t>(name == "c" ? 255 : 0)});
    write_bytes(folder.file(name + ".tif"), tiff.bytes());
  }
  const auto masks = read_masks(folder.file(""));
  REQUIRE(masks.size() == 3);
  CHECK(masks[0].values == labels_of("100"));
  CHECK(masks[1].values == labels_of("010"));
  CHECK(masks[2].values == labels_of("001"));
}

TEST_CASE("each image of a TIFF file is a mask") {
  const Folder folder;
  TiffBytes tiff;
  tiff.format = 1;
  tiff.add(1, 2, std::vector<std::uint8_t>{0, 255});
  tiff.add(1, 2, std::vector<std::uint8_t>{1, 0});
  write_bytes(folder.file("m.tif"), tiff.bytes());
  const auto masks = read_masks(folder.file("m.tif"));
  REQUIRE(masks.size() == 2);
  CHECK(masks[0].values == labels_of("01"));
  CHECK(masks[1].values == labels_of("10"));
  CHECK(masks[1].name == "m_1");
  CHECK(io::read_labels(folder.file("m.tif")).shape == Shape{2, 1, 2});
}

TEST_CASE("masks come one by one from an array") {
  const Folder folder;
  const std::string path = folder.file("m.npy");
  write_npy(path, "(2, 1, 3)", {0, 1, 1, 0, 0, 1});
  auto masks = read_masks(path);
  REQUIRE(masks.size() == 2);
  CHECK(masks[0].values == labels_of("011"));
  CHECK(masks[1].values == labels_of("001"));
  CHECK(masks[1].name == "m_1");
  // In Fortran order the first index runs fastest.
  write_npy(path, "(2, 1, 3)", {0, 255, 255, 0, 0, 255}, "True");
  masks = read_masks(path);
  REQUIRE(masks.size() == 2);
  CHECK(masks[0].values == labels_of("010"));
  CHECK(masks[1].values == labels_of("101"));
  write_npy(path, "(1, 2)", {1, 0});
  CHECK(read_masks(path).at(0).values == labels_of("10"));
  const auto message = [&] { return message_of([&] { static_cast<void>(read_masks(path)); }); };
  write_npy(path, "(2, 1, 2)", {1, 0, 255, 0});
  CHECK(message() == path + ": label 2 is 255, neither 0 (normal) nor 1 (anomalous)");
  write_npy(path, "(2, 1, 2)", {255, 0, 1, 0});
  CHECK(message() == path + ": label 2 is 1, neither 0 (normal) nor 255 (anomalous)");
  write_npy(path, "(1, 2)", {0, nan});
  CHECK(message() == path + ": label 1 is nan, neither 0 (normal) nor 1 (anomalous)");
  write_npy(path, "(2,)", {1, 0});
  CHECK(message() == path + ": has 1 dimensions, and masks have 2 (a mask) or 3 (masks)");
}

TEST_CASE("a mask is written as black and white") {
  const Folder folder;
  const std::vector<std::uint8_t> bytes{0, 1, 9, 255, 0, 9, 0, 0, 9};  // each row padded by one that is never read
  const std::string path = folder.file("m.png");
  io::write_mask(path, Mask(bytes.data(), 3, 2, 3));
  CHECK(content_of(path).starts_with("\x89PNG\r\n\x1a\n"));
  const cv::Mat back = cv::imread(path, cv::IMREAD_UNCHANGED);
  REQUIRE(back.type() == CV_8UC1);
  CHECK(std::ranges::equal(cv::Mat_<std::uint8_t>(back), std::vector<int>{0, 255, 255, 0, 0, 0}));
  CHECK(folder.count() == 1);
  CHECK(message_of([&] { io::write_mask(path, Mask(bytes.data(), 0, 3)); }) ==
        path + ": cannot write a mask of 0 x 3 pixels as an image");
  CHECK_THROWS_AS(io::write_mask(folder.file("no/m.png"), Mask(bytes.data(), 3, 3)), io::FileError);
}

TEST_CASE("an overlay tints the mask, outlines it, and leaves the rest alone") {
  const Folder folder;
  const std::string image_path = folder.file("i.png");
  const std::string path = folder.file("o.png");
  // The mask is a third of the image's size in each direction: pixel (r, c) takes (r / 3, c / 3).
  constexpr int scale = 3;
  std::vector<std::uint8_t> bytes(20 * 30, 0);
  const auto at = [&](int row, int column) -> std::uint8_t& {
    return bytes[static_cast<std::size_t>(row * 30 + column)];
  };
  for (int row = 4; row < 12; ++row) {
    for (int column = 6; column < 20; ++column) at(row, column) = 1;
  }
  at(19, 29) = 255;  // in the corner, where the line is closed
  for (const int type : {CV_8UC3, CV_8UC1}) {
    const cv::Mat image = picture(20 * scale, 30 * scale, type, 77);
    REQUIRE(cv::imwrite(image_path, image));
    io::write_overlay(path, image_path, Mask(bytes.data(), 20, 30));
    const cv::Mat_<cv::Vec3b> overlay = cv::imread(path, cv::IMREAD_UNCHANGED);
    REQUIRE(overlay.size() == image.size());
    const auto marked = [&](int row, int column) {
      return row >= 0 && column >= 0 && row < image.rows && column < image.cols && at(row / scale, column / scale) != 0;
    };
    std::array<std::size_t, 4> counts{};
    double darkest_light = 255;
    double lightest_dark = 0;
    for (int row = 0; row < image.rows; ++row) {
      for (int column = 0; column < image.cols; ++column) {
        int near = 0;  // of the pixel and its four neighbours, those that are marked
        for (const auto& [y, x] : {std::pair{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
          near += marked(row + y, column + x) ? 1 : 0;
        }
        const cv::Vec3b original =
            type == CV_8UC3 ? image.at<cv::Vec3b>(row, column) : cv::Vec3b::all(image.at<std::uint8_t>(row, column));
        const cv::Vec3b drawn = overlay(row, column);
        const double brightness = (drawn[0] + drawn[1] + drawn[2]) / 3.0;
        if (near == 0) {
          ++counts[0];
          if (drawn != original) FAIL("changed far from the mask: " << row << ", " << column);
        } else if (near == 5) {
          ++counts[1];
          // 28 % of (30, 40, 240), rounded: off by one half at most, and by one where that is rounded the other way.
          const std::array<double, 3> tint{30, 40, 240};
          for (int i = 0; i < 3; ++i) {
            const double expected = 0.72 * original[i] + 0.28 * tint[static_cast<std::size_t>(i)];
            if (std::abs(drawn[i] - expected) > 0.51) FAIL(drawn[i] << " is not " << expected);
          }
        } else if (marked(row, column)) {
          ++counts[2];
          darkest_light = std::min(darkest_light, brightness);
        } else {
          ++counts[3];
          lightest_dark = std::max(lightest_dark, brightness);
        }
      }
    }
    // The regions' sizes by arithmetic: 24 x 42 and 3 x 3 pixels, their inner and outer borders.
    CHECK(counts[1] == 22 * 40 + 1);
    CHECK(counts[2] == 2 * 24 + 2 * 40 + 8);
    CHECK(counts[3] == 2 * 24 + 2 * 42 + 2 * 3);
    CHECK(counts[0] == 60 * 90 - counts[1] - counts[2] - counts[3]);
    CHECK(darkest_light > 190);
    CHECK(lightest_dark < 60);
  }
  // An image of one pixel over a mask of nine takes the middle one, which is nearest.
  const std::vector<std::uint8_t> middle{0, 0, 0, 0, 1, 0, 0, 0, 0};
  REQUIRE(cv::imwrite(image_path, cv::Mat(1, 1, CV_8UC3, cv::Scalar(0, 0, 0))));
  io::write_overlay(path, image_path, Mask(middle.data(), 3, 3));
  CHECK(cv::imread(path).at<cv::Vec3b>(0, 0) != cv::Vec3b(0, 0, 0));
  const std::vector<std::uint8_t> nothing(6, 0);
  const cv::Mat image = picture(7, 5, CV_8UC3, 78);
  REQUIRE(cv::imwrite(image_path, image));
  io::write_overlay(path, image_path, Mask(nothing.data(), 2, 3));
  CHECK(cv::norm(cv::imread(path), image, cv::NORM_INF) == 0);
  CHECK(message_of([&] { io::write_overlay(path, folder.file("no.png"), Mask(nothing.data(), 2, 3)); }) ==
        folder.file("no.png") + ": no such file");
  write_bytes(image_path, "no image");
  CHECK(message_of([&] { io::write_overlay(path, image_path, Mask(nothing.data(), 2, 3)); }) ==
        image_path + ": cannot decode the image: it is damaged, or of no known kind");
}

TEST_CASE("an overlay's lines are a five hundredth of the image's shorter side") {
  const Folder folder;
  const std::string image_path = folder.file("i.png");
  const std::string path = folder.file("o.png");
  REQUIRE(cv::imwrite(image_path, cv::Mat(1000, 1600, CV_8UC3, cv::Scalar(0, 0, 0))));
  std::vector<std::uint8_t> right(1000 * 1600);  // from column 800 on
  for (std::size_t i = 0; i < right.size(); ++i) right[i] = i % 1600 < 800 ? 0 : 1;
  io::write_overlay(path, image_path, Mask(right.data(), 1000, 1600));
  const cv::Mat_<cv::Vec3b> overlay = cv::imread(path, cv::IMREAD_COLOR);
  REQUIRE(overlay.rows == 1000);
  REQUIRE(overlay.cols == 1600);
  // Of two pixels: dark ones without, light ones within and at the image's edge.
  const cv::Vec3b black(0, 0, 0);
  const cv::Vec3b dark = overlay(500, 798);
  const cv::Vec3b light = overlay(500, 800);
  const cv::Vec3b tint = overlay(500, 1000);
  CHECK(dark[0] + dark[1] + dark[2] < 180);
  CHECK(light[0] + light[1] + light[2] > 570);
  CHECK(dark != black);
  CHECK(tint != light);
  std::vector<int> wrong;
  for (int column = 0; column < 1600; ++column) {
    const cv::Vec3b& expected = column < 798                     ? black
                                : column < 800                   ? dark
                                : column < 802 || column >= 1598 ? light
                                                                 : tint;
    if (overlay(500, column) != expected) wrong.push_back(column);
  }
  CHECK(wrong == std::vector<int>{});
  for (const int row : {0, 1, 998, 999}) CHECK(overlay(row, 1200) == light);
  for (const int row : {2, 997}) CHECK(overlay(row, 1200) == tint);
}

TEST_CASE("images are found by name or by order, or it is said what is missing") {
  const Folder folder;
  for (const char* name : {"b.jpg", "a.png", "c.BMP", "notes.txt"}) write_bytes(folder.file(name), "x");
  const auto files = [&](const std::vector<std::string>& names) {
    std::vector<std::string> found;
    for (const std::string& path : io::find_images(folder.file(""), names)) found.push_back(fs::path(path).filename());
    return found;
  };
  CHECK(files({"c", "a"}) == std::vector<std::string>{"c.BMP", "a.png"});
  CHECK(files({"map_0", "map_1", "map_2"}) == std::vector<std::string>{"a.png", "b.jpg", "c.BMP"});
  CHECK(message_of([&] {
          files({"a", "d", "c"});
        }) == folder.file("") + ": none of the 3 files is called 'd', though 2 of 3 names are found");
  CHECK(message_of([&] {
          files({"d", "e"});
        }) == folder.file("") + ": none of the 3 files is called 'd', and they cannot be taken in order for 2 maps");
  const Folder empty;
  CHECK(message_of([&] { static_cast<void>(io::find_images(empty.file(""), {"a"})); }) ==
        empty.file("") + ": there is no file in this folder that ends in .png, .jpg, .jpeg, .bmp, .tif, .tiff");
}

TEST_CASE("masks are written one by one into an array") {
  const Folder folder;
  const std::string path = folder.file("m.npy");
  const std::vector<std::uint8_t> first{0, 1, 9, 255, 0, 9};  // each row padded by one that is never read
  const std::vector<std::uint8_t> second{1, 1, 0, 0};
  io::write_file(path, "old");
  {
    io::NpyMaskWriter writer(path, 2, 2, 2);
    writer.add(Mask(first.data(), 2, 2, 3));
    CHECK(message_of([&] { writer.add(Mask(first.data(), 1, 4)); }) ==
          path + ": mask 1 has 1 x 4 pixels, and those of this file have 2 x 2");
    CHECK(message_of([&] { writer.add(Mask(first.data(), 2, 1)); }) ==
          path + ": mask 1 has 2 x 1 pixels, and those of this file have 2 x 2");
    CHECK(message_of([&] { writer.add(Mask(first.data(), 1, 2)); }) ==
          path + ": mask 1 has 1 x 2 pixels, and those of this file have 2 x 2");
    CHECK(message_of([&] { writer.finish(); }) == path + ": 1 of the 2 masks announced were added");
    CHECK(folder.count() == 2);
  }
  CHECK(folder.count() == 1);
  CHECK(content_of(path) == "old");
  io::NpyMaskWriter writer(path, 2, 2, 2);
  writer.add(Mask(first.data(), 2, 2, 3));
  writer.add(Mask(second.data(), 2, 2));
  CHECK(message_of([&] { writer.add(Mask(second.data(), 2, 2)); }) ==
        path + ": there are more than the 2 masks announced");
  CHECK(content_of(path) == "old");
  writer.finish();
  CHECK(folder.count() == 1);
  const io::LabelArray back = io::read_labels(path);
  CHECK(back.shape == Shape{2, 2, 2});
  CHECK(back.values == labels_of("01101100"));
  CHECK(content_of(path).substr(128) == std::string("\0\1\1\0\1\1\0\0", 8));  // after the header, uint8 in C order
  CHECK_THROWS_AS(io::NpyMaskWriter(folder.file("no/m.npy"), 1, 1, 1), io::FileError);
  if (fs::exists("/dev/full")) {
    io::NpyMaskWriter full("/dev/full", 1, 2, 2);
    CHECK_THROWS_AS((full.add(Mask(second.data(), 2, 2)), full.finish()), io::FileError);
  }
}

TEST_CASE("a mask that is called as its map comes before one with _mask, and messages count files") {
  const Folder folder;
  write_row(folder.file("a.png"), "01");
  write_row(folder.file("a_mask.png"), "10");
  CHECK(read_masks(folder.file(""), {"a"}).at(0).values == labels_of("01"));
  CHECK(read_masks(folder.file(""), {"a_mask"}).at(0).values == labels_of("10"));
  fs::remove(folder.file("a.png"));
  CHECK(read_masks(folder.file(""), {"a"}).at(0).values == labels_of("10"));
  CHECK(message_of([&] {
          static_cast<void>(io::open_masks(folder.file(""), {"x", "y"}));
        }) == folder.file("") + ": none of the 1 file is called 'x', and they cannot be taken in order for 2 maps");
  CHECK(message_of([&] {
          static_cast<void>(io::open_masks(folder.file(""), {"x", "a", "y"}));
        }) == folder.file("") + ": none of the 1 file is called 'x', though 1 of 3 names are found");
}

TEST_CASE("labels of a folder of one mask are those of one map of several, and have no columns") {
  const Folder folder;
  write_row(folder.file("a.png"), "01");
  CHECK(io::read_labels(folder.file("")).shape == Shape{1, 1, 2});
  CHECK(io::read_labels(folder.file("a.png")).shape == Shape{1, 2});
  CHECK(message_of([&] { static_cast<void>(io::read_labels(folder.file(""), {"x"})); }) ==
        folder.file("") + ": is a folder, and only CSV has columns such as 'x'");
  CHECK(message_of([&] { static_cast<void>(io::read_labels(folder.file("a.png"), {"x"})); }) ==
        folder.file("a.png") + ": is a picture, and only CSV has columns such as 'x'");
  write_npy(folder.file("a.npy"), "(2,)", {0, 1});
  CHECK(message_of([&] { static_cast<void>(io::read_labels(folder.file("a.npy"), {"x"})); }) ==
        folder.file("a.npy") + ": is .npy, and only CSV has columns such as 'x'");
}

TEST_CASE("an array of no masks is read to its end at once") {
  const Folder folder;
  write_npy(folder.file("m.npy"), "(0, 2, 2)", {});
  const auto reader = io::open_masks(folder.file("m.npy"));
  io::MaskBlock block;
  CHECK(reader->count() == 0);
  CHECK(reader->progress() == 1);
  CHECK_FALSE(reader->next(block));
}

TEST_CASE("a file without maps does not count in a folder, whatever size its maps would have") {
  const Folder folder;
  write_npy(folder.file("b.npy"), "(1, 2, 2)", {1, 2, 3, 4});
  for (const char* name : {"a.npy", "c.npy"}) write_npy(folder.file(name), "(0, 9, 8)", {});
  write_npy(folder.file("d.npy"), "(2, 2)", {5, 6, 7, 8});
  CHECK(io::open_scores(folder.file(""))->shape() == Shape{2, 2, 2});
  CHECK(io::open_scores(folder.file(""))->map_names() == std::vector<std::string>{"b", "d"});
  const std::vector<Map> maps = read_maps(folder.file(""));
  REQUIRE(maps.size() == 2);
  CHECK(maps[0].values == std::vector<double>{1, 2, 3, 4});
  CHECK(maps[1].values == std::vector<double>{5, 6, 7, 8});
}

TEST_CASE("directories of TIFF files whose numbers cannot be are refused") {
  const Folder folder;
  const std::string path = folder.file("a.tif");
  TiffBytes tiff;
  tiff.add(2, 2, std::vector<float>{1, 2, 3, 4});
  const std::string whole = tiff.bytes();
  // The first entry, of the width, begins behind the header's 8 bytes and the count's 2: its tag, type and count.
  REQUIRE(whole.substr(10, 8) == std::string("\0\1\4\0\1\0\0\0", 8));
  const auto changed = [&](std::size_t place, char byte) {
    std::string bytes = whole;
    bytes[place] = byte;
    write_bytes(path, bytes);
    std::string message = message_of([&] { static_cast<void>(io::open_scores(path)); });
    const std::string begin = path + ": not a TIFF file that is read here: ";
    CHECK(message.starts_with(begin));
    return message.substr(std::min(begin.size(), message.size()));
  };
  // Numbers may have one byte or two (BYTE, SHORT).
  for (const char type : {'\1', '\3'}) {
    std::string bytes = whole;
    bytes[12] = type;
    write_bytes(path, bytes);
    CHECK(io::open_scores(path)->shape() == Shape{2, 2});
  }
  CHECK(changed(12, '\2') == "a directory has numbers of the unknown type 2");  // letters
  CHECK(changed(12, '\5') == "a directory has numbers of the unknown type 5");  // fractions
  CHECK(changed(14, '\0') == "a directory claims more numbers than the file has bytes");
  CHECK(changed(15, '\1') == "a directory claims more numbers than the file has bytes");  // 257 of 4 bytes
  CHECK(changed(11, '\x7f') == "an image has no pixels");                                 // without its width
  CHECK(changed(4, '\0') == "there is no image in it");                                   // the first directory is at 0
  CHECK(changed(7, '\x7f') == "it ends within a directory");                              // far beyond the end
  REQUIRE(whole.substr(70, 8) == std::string("\x11\1\4\0\1\0\0\0", 8));  // the sixth entry says where the pixels are
  CHECK(changed(81, '\x7f') == "it ends within its pixels");
  CHECK(changed(0, 'M') == "its magic number is wrong");      // MI
  CHECK(changed(2, '\51') == "its magic number is wrong");    // 41
  CHECK(changed(9, '\x7f') == "it ends within a directory");  // of 32522 entries
}

TEST_CASE("a TIFF file has 65535 images at most") {
  const Folder folder;
  const std::string path = folder.file("a.tif");
  // Each directory has the five entries that are asked for, and a link to the next: 66 bytes. All have one pixel.
  const auto number = [](std::size_t value, std::size_t width) {
    std::string bytes;
    for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
    return bytes;
  };
  for (const std::size_t count : {std::size_t{65535}, std::size_t{65536}}) {
    std::string file = "II" + number(42, 2) + number(12, 4) + std::string(4, '\0');  // the pixel is at 8
    for (std::size_t image = 0; image < count; ++image) {
      file += number(5, 2);
      for (const auto& [tag, value] : {std::pair{256, 1}, {257, 1}, {258, 32}, {273, 8}, {339, 3}}) {
        file += number(static_cast<std::size_t>(tag), 2) + number(4, 2) + number(1, 4);
        file += number(static_cast<std::size_t>(value), 4);
      }
      file += number(image + 1 < count ? file.size() + 4 : 0, 4);
    }
    write_bytes(path, file);
    if (count == 65535) CHECK(io::open_scores(path)->map_count() == count);
    if (count == 65536) {
      CHECK(message_of([&] { static_cast<void>(io::open_scores(path)); }) ==
            path + ": not a TIFF file that is read here: it has more than 65535 images");
    }
  }
}

}  // namespace
