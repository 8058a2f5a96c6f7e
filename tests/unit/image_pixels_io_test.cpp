// SPDX-License-Identifier: Apache-2.0
// Images read and written. PNG, BMP and TIFF files that are read are made here byte by byte from their specifications,
// JPEG by libjpeg (OpenCV's); what is written is read back by OpenCV.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "files.hpp"
#include "plimsoll/io/image_file.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/synth/image.hpp"
#include "random.hpp"

namespace {

namespace fs = std::filesystem;
namespace io = plimsoll::io;
using plimsoll::synth::Image;
using plimsoll::synth::ImageView;
using plimsoll::synth::PixelType;
using plimsoll::test::content_of;
using plimsoll::test::Folder;
using plimsoll::test::message_of;
using plimsoll::test::Random;

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string big_endian(std::uint32_t value, int width) {
  std::string bytes;
  for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

std::string little_endian(std::uint32_t value, int width) {
  const std::string bytes = big_endian(value, width);
  return {bytes.rbegin(), bytes.rend()};
}

/// PNG (ISO/IEC 15948), section 5.3; the check by its annex D, bit by bit.
std::string png_chunk(const std::string& kind, const std::string& data) {
  std::uint32_t check = 0xFFFFFFFF;
  for (const char c : kind + data) {
    check ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) check = check >> 1 ^ ((check & 1) != 0 ? 0xEDB88320 : 0);
  }
  return big_endian(static_cast<std::uint32_t>(data.size()), 4) + kind + data + big_endian(check ^ 0xFFFFFFFF, 4);
}

/// Bytes in the format of zlib (RFC 1950), one stored block (RFC 1951).
std::string stored(const std::string& data) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto size = static_cast<std::uint32_t>(data.size());
  return "\x78\x01\x01" + little_endian(size, 2) + little_endian(size ^ 0xFFFF, 2) + data + big_endian(b << 16 | a, 4);
}

/// A PNG file whose rows are given as their bytes. Colour types: 0 grey, 2 colours, 3 palette, 4 grey and transparency,
/// 6 colours and transparency. `more` are chunks before the pixels.
std::string png(std::uint32_t columns, int bits, int colour_type, const std::vector<std::string>& rows,
                const std::string& more = "") {
  std::string pixels;
  for (const std::string& row : rows) pixels += '\0' + row;
  const std::string header = big_endian(columns, 4) + big_endian(static_cast<std::uint32_t>(rows.size()), 4) +
                             static_cast<char>(bits) + static_cast<char>(colour_type) + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + more + png_chunk("IDAT", stored(pixels)) +
         png_chunk("IEND", "");
}

std::string bytes_of(const std::vector<int>& values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

/// A TIFF file (TIFF 6.0), little-endian, of one strip an image.
std::string tiff(std::uint32_t rows, std::uint32_t columns, std::uint32_t bits, std::uint32_t channels,
                 const std::string& pixels, std::uint32_t photometric, std::uint32_t format = 1,
                 std::uint32_t orientation = 1, std::uint32_t images = 1) {
  std::string file = "II" + little_endian(42, 2) + little_endian(8, 4);
  for (std::uint32_t image = 0; image < images; ++image) {
    const bool extra = channels == 2 || (channels == 4 && photometric == 2);
    const std::uint32_t entries = extra ? 12 : 11;
    const auto start = static_cast<std::uint32_t>(file.size()) + 2 + entries * 12 + 4;
    const auto size = static_cast<std::uint32_t>(pixels.size());
    const std::uint32_t list = start + size;  // of the bits of each channel
    const auto entry = [](std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
      return little_endian(tag, 2) + little_endian(type, 2) + little_endian(count, 4) + little_endian(value, 4);
    };
    file += little_endian(entries, 2);
    file += entry(256, 4, 1, columns) + entry(257, 4, 1, rows);
    file += channels > 2 ? entry(258, 3, channels, list) : entry(258, 3, channels, bits << 16 | bits);
    file += entry(259, 3, 1, 1) + entry(262, 3, 1, photometric) + entry(273, 4, 1, start);
    file += entry(274, 3, 1, orientation) + entry(277, 3, 1, channels) + entry(278, 4, 1, rows);
    file += entry(279, 4, 1, size);
    if (extra) file += entry(338, 3, 1, 2);  // transparency that the colours are not multiplied by
    file += entry(339, 3, 1, format);
    const std::uint32_t lists = channels > 2 ? 2 * channels : 0;
    file += little_endian(image + 1 < images ? list + lists : 0, 4) + pixels;
    for (std::uint32_t i = 0; i < lists / 2; ++i) file += little_endian(bits, 2);
  }
  return file;
}

/// The image that a file of these bytes holds.
Image image_of(const std::string& name, const std::string& bytes) {
  const Folder folder;
  write_bytes(folder.file(name), bytes);
  return io::read_image(folder.file(name));
}

std::string refusal(const std::string& name, const std::string& bytes) {
  const Folder folder;
  const std::string path = folder.file(name);
  write_bytes(path, bytes);
  std::string message = message_of([&] { static_cast<void>(io::read_image(path)); });
  CHECK(message.starts_with(path + ": "));
  message.erase(0, path.size() + 2);
  return message;
}

template <typename T>
Image image(std::size_t rows, std::size_t columns, std::size_t channels, const std::vector<T>& values) {
  return Image(ImageView::interleaved(values.data(), rows, columns, channels));
}

using Bytes = std::vector<std::uint8_t>;
using Words = std::vector<std::uint16_t>;

}  // namespace

TEST_CASE("PNG files are images of their depth and colours, blue first") {
  CHECK(io::has_image_codecs());
  CHECK(image_of("a.png", png(3, 8, 0, {bytes_of({0, 7, 255}), bytes_of({1, 2, 3})})) ==
        image<std::uint8_t>(2, 3, 1, {0, 7, 255, 1, 2, 3}));
  CHECK(image_of("a.png", png(2, 16, 0, {bytes_of({0x12, 0x34, 0xFF, 0xFE})})) ==
        image<std::uint16_t>(1, 2, 1, {0x1234, 0xFFFE}));
  CHECK(image_of("a.png", png(2, 8, 2, {bytes_of({10, 20, 30, 40, 50, 60})})) ==
        image<std::uint8_t>(1, 2, 3, {30, 20, 10, 60, 50, 40}));
  CHECK(image_of("a.png", png(1, 16, 2, {bytes_of({1, 2, 3, 4, 5, 6})})) ==
        image<std::uint16_t>(1, 1, 3, {0x0506, 0x0304, 0x0102}));
  // The name does not matter, and fewer bits become 8: 4 bits are multiplied by 17.
  CHECK(image_of("a.jpg", png(2, 4, 0, {bytes_of({0x3F})})) == image<std::uint8_t>(1, 2, 1, {51, 255}));
  // A palette becomes colours, with transparent entries or without.
  const std::string palette = png_chunk("PLTE", bytes_of({1, 2, 3, 200, 100, 50}));
  const Image two = image<std::uint8_t>(1, 2, 3, {50, 100, 200, 3, 2, 1});
  CHECK(image_of("a.png", png(2, 8, 3, {bytes_of({1, 0})}, palette)) == two);
  CHECK(image_of("a.png", png(2, 8, 3, {bytes_of({1, 0})}, palette + png_chunk("tRNS", bytes_of({0})))) == two);
}

TEST_CASE("transparency is cut off, and the colours stay") {
  CHECK(image_of("a.png", png(2, 8, 6, {bytes_of({10, 20, 30, 0, 40, 50, 60, 128})})) ==
        image<std::uint8_t>(1, 2, 3, {30, 20, 10, 60, 50, 40}));
  CHECK(image_of("a.png", png(1, 16, 6, {bytes_of({1, 2, 3, 4, 5, 6, 0, 0})})) ==
        image<std::uint16_t>(1, 1, 3, {0x0506, 0x0304, 0x0102}));
  // Grey stays grey.
  CHECK(image_of("a.png", png(2, 8, 4, {bytes_of({77, 0, 99, 255})})) == image<std::uint8_t>(1, 2, 1, {77, 99}));
  CHECK(image_of("a.png", png(1, 16, 4, {bytes_of({1, 2, 0, 9})})) == image<std::uint16_t>(1, 1, 1, {0x0102}));
  CHECK(image_of("a.tif", tiff(1, 2, 8, 2, bytes_of({77, 1, 99, 255}), 1)) == image<std::uint8_t>(1, 2, 1, {77, 99}));
  const std::string wide = bytes_of({1, 2, 3, 4, 5, 6, 0, 0});
  CHECK(image_of("a.tif", tiff(1, 1, 16, 4, wide, 2)) == image<std::uint16_t>(1, 1, 3, {0x0605, 0x0403, 0x0201}));
  CHECK(refusal("a.tif", tiff(1, 1, 8, 4, bytes_of({10, 20, 30, 0}), 2)) ==
        "holds transparency, which cannot be cut off a TIFF file of 8 bits; save it without");
}

TEST_CASE("TIFF files are images of their depth and colours, turned as they say") {
  CHECK(image_of("a.tif", tiff(1, 3, 8, 1, bytes_of({1, 2, 255}), 1)) == image<std::uint8_t>(1, 3, 1, {1, 2, 255}));
  CHECK(image_of("a.tif", tiff(1, 2, 8, 1, bytes_of({0, 255}), 0)) == image<std::uint8_t>(1, 2, 1, {255, 0}));
  CHECK(image_of("a.tif", tiff(1, 2, 16, 1, bytes_of({0x34, 0x12, 0xFE, 0xFF}), 1)) ==
        image<std::uint16_t>(1, 2, 1, {0x1234, 0xFFFE}));
  CHECK(image_of("a.tif", tiff(1, 1, 8, 3, bytes_of({10, 20, 30}), 2)) == image<std::uint8_t>(1, 1, 3, {30, 20, 10}));
  CHECK(image_of("a.tif", tiff(1, 1, 16, 3, bytes_of({1, 2, 3, 4, 5, 6}), 2)) ==
        image<std::uint16_t>(1, 1, 3, {0x0605, 0x0403, 0x0201}));
  constexpr std::uint32_t upside_down = 3;  // row 0 at the bottom, column 0 on the right
  CHECK(image_of("a.tif", tiff(1, 3, 8, 1, bytes_of({1, 2, 255}), 1, 1, upside_down)) ==
        image<std::uint8_t>(1, 3, 1, {255, 2, 1}));
}

TEST_CASE("BMP files are images") {
  // The file's header, a BITMAPINFOHEADER of 24 bits, two rows from the bottom up, filled to 4 bytes.
  const std::string pixels = bytes_of({30, 20, 10, 0, 60, 50, 40, 0});
  const std::string bmp = "BM" + little_endian(62, 4) + little_endian(0, 4) + little_endian(54, 4) +
                          little_endian(40, 4) + little_endian(1, 4) + little_endian(2, 4) + little_endian(1, 2) +
                          little_endian(24, 2) + std::string(24, '\0') + pixels;
  CHECK(image_of("a.bmp", bmp) == image<std::uint8_t>(2, 1, 3, {60, 50, 40, 30, 20, 10}));
  // A BITMAPCOREHEADER, of OS/2: columns and rows of 16 bits, which OpenCV 4.6 decodes as grey whatever is there.
  const std::string old = "BM" + little_endian(34, 4) + little_endian(0, 4) + little_endian(26, 4) +
                          little_endian(12, 4) + little_endian(1, 2) + little_endian(2, 2) + little_endian(1, 2) +
                          little_endian(24, 2) + pixels;
  CHECK(refusal("a.bmp", old).starts_with("is a bitmap of OS/2"));
}

TEST_CASE("JPEG files are images as OpenCV decodes them, and whole") {
  cv::Mat picture(40, 56, CV_8UC3);
  for (int row = 0; row < picture.rows; ++row) {
    for (int i = 0; i < 3 * picture.cols; ++i) picture.ptr(row)[i] = static_cast<std::uint8_t>(4 * row + i % 3 * 30);
  }
  std::vector<unsigned char> encoded;
  for (const int progressive : {0, 1}) {
    INFO(progressive);
    // A restart a row of blocks: markers among the pixels.
    cv::imencode(".jpg", picture, encoded,
                 {cv::IMWRITE_JPEG_PROGRESSIVE, progressive, cv::IMWRITE_JPEG_RST_INTERVAL, 4});
    const std::string bytes(encoded.begin(), encoded.end());
    const Image read = image_of("a.jpg", bytes);
    const cv::Mat expected = cv::imdecode(encoded, cv::IMREAD_COLOR);
    REQUIRE(expected.isContinuous());
    CHECK(read == Image(ImageView::interleaved(expected.ptr(), 40, 56, 3)));
    CHECK(image_of("a.jpg", bytes + "something after the end") == read);
    // OpenCV decodes the beginning without a word.
    for (const std::size_t size : {bytes.size() - 1, bytes.size() - 2, bytes.size() / 2, std::size_t{300}}) {
      INFO(size);
      CHECK(refusal("a.jpg", bytes.substr(0, size)) == "cannot decode the image: it ends within its pixels");
    }
  }
  cv::imencode(".jpg", picture.reshape(1), encoded);
  CHECK(image_of("a.jpg", {encoded.begin(), encoded.end()}).channels() == 1);
}

TEST_CASE("what is no image of 8 or 16 bits is refused by what it holds") {
  CHECK(refusal("a.tif", tiff(1, 1, 32, 1, bytes_of({0, 0, 0, 0}), 1, 3)) ==
        "holds floats of 32 bits, and an image has 8 or 16 without sign");
  CHECK(refusal("a.tif", tiff(1, 1, 16, 1, bytes_of({0, 0}), 1, 2)) ==
        "holds signed numbers of 16 bits, and an image has 8 or 16 without sign");
  CHECK(refusal("a.tif", tiff(1, 1, 32, 1, bytes_of({0, 0, 0, 0}), 1)) ==
        "holds integers of 32 bits, and an image has 8 or 16 without sign");
  CHECK(refusal("a.tif", tiff(1, 1, 8, 4, bytes_of({0, 0, 0, 0}), 5)) ==
        "holds CMYK colours, and an image is grey or red, green, blue");
  CHECK(refusal("a.tif", tiff(1, 1, 8, 1, "a", 1, 1, 1, 3)) == "holds 3 images, and one is wanted");
  const std::string whole = tiff(2, 2, 8, 1, "abcd", 1);
  CHECK(refusal("a.tif", whole.substr(0, whole.size() - 1)).ends_with("it ends within its pixels"));
  const std::string unknown = "cannot decode the image: it is damaged, or of no known kind";
  CHECK(refusal("a.png", "") == unknown);
  CHECK(refusal("a.png", "words") == unknown);
  // Kinds that OpenCV decodes and plimsoll does not, as it knows nothing of their sizes beforehand.
  const std::string pgm = "P5 2 1 255\nab";
  CHECK(refusal("a.png", pgm) == unknown);
  const Folder folder;
  CHECK(message_of([&] { static_cast<void>(io::read_image(folder.file("none.png"))); }) ==
        folder.file("none.png") + ": no such file");
  CHECK(message_of([&] { static_cast<void>(io::read_image(folder.file(""))); }) ==
        folder.file("") + ": is a directory");
}

TEST_CASE("damaged and giant images are refused") {
  const std::string whole = png(40, 8, 0, std::vector<std::string>(30, std::string(40, 'x')));
  static_cast<void>(image_of("a.png", whole));
  // Without its last chunk the pixels are all there.
  for (const std::size_t size : {whole.size() / 2, whole.size() / 3, std::size_t{20}, std::size_t{40}}) {
    INFO(size);
    CHECK(refusal("a.png", whole.substr(0, size)).starts_with("cannot decode the image"));
  }
  std::string changed = whole;
  changed[whole.size() / 2] = 'y';  // the chunk's check does not fit
  CHECK(refusal("a.png", changed).starts_with("cannot decode the image"));
  // 2^20 + 1 columns, and 2^20 squared: over OpenCV's limits, and no memory is taken.
  CHECK(refusal("a.png", png((1U << 20) + 1, 8, 0, {"x"})).starts_with("cannot decode the image"));
  const std::string giant = big_endian(1U << 20, 4) + big_endian(1U << 20, 4) + bytes_of({8, 0, 0, 0, 0});
  CHECK(refusal("a.png",
                "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", giant) + png_chunk("IDAT", stored("x")) + png_chunk("IEND", ""))
            .starts_with("claims 1048576 x 1048576 pixels"));
}

TEST_CASE("an image is read from a regular file alone, as its bytes are read twice") {
  const Folder folder;
  const std::string pipe = folder.file("a.png");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // A writer that stays: the bytes are there before they are asked for, and whoever reads on would wait for more.
  const int writer = ::open(pipe.c_str(), O_RDWR);
  REQUIRE(writer >= 0);
  const std::string whole = png(4, 8, 0, std::vector<std::string>(3, std::string(4, 'x')));
  REQUIRE(::write(writer, whole.data(), whole.size()) == static_cast<::ssize_t>(whole.size()));
  CHECK(message_of([&] { static_cast<void>(io::read_image(pipe)); }) ==
        pipe + ": is no regular file, and images are read from those alone");
  ::close(writer);
}

TEST_CASE("images that claim more pixels than their bytes can hold are refused before they are decoded") {
  const auto png_of = [](std::uint32_t rows, std::uint32_t columns, const std::string& padding) {
    const std::string header = big_endian(columns, 4) + big_endian(rows, 4) + bytes_of({1, 0, 0, 0, 0});
    return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("tEXt", padding) +
           png_chunk("IDAT", stored("x")) + png_chunk("IEND", "");
  };
  const std::string small = png_of(30000, 20000, "");
  CHECK(refusal("a.png", small) ==
        "claims 30000 x 20000 pixels, more than its " + std::to_string(small.size()) + " bytes can hold");
  // 2^14 pixels a byte may be, and one more may not: OpenCV says that the rest is missing.
  const auto size = static_cast<std::uint32_t>(small.size() + 1);
  CHECK(refusal("a.png", png_of(size, 1U << 14, "x")).starts_with("cannot decode the image"));
  CHECK(refusal("a.png", png_of(size + 1, 1U << 14, "x")).starts_with("claims"));
  // ITU-T T.81, annex B: an application's segment, then the frame's header, 65500 lines of 65500.
  const std::string frame = bytes_of({0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8}) +
                            big_endian(65500, 2) + big_endian(65500, 2) + bytes_of({1, 1, 0x11, 0, 0xFF, 0xD9});
  CHECK(refusal("a.jpg", frame).starts_with("claims 65500 x 65500 pixels"));
  // A BMP file from the top down, of a bit a pixel.
  const std::string bmp = "BM" + little_endian(62, 4) + little_endian(0, 4) + little_endian(62, 4) +
                          little_endian(40, 4) + little_endian(40000, 4) + little_endian(0U - 30000U, 4) +
                          little_endian(1, 2) + little_endian(1, 2) + std::string(32, '\0');
  CHECK(refusal("a.bmp", bmp).starts_with("claims 30000 x 40000 pixels"));
  // Masks are images too.
  const Folder folder;
  write_bytes(folder.file("a.png"), small);
  const auto masks = io::open_masks(folder.file("a.png"));
  io::MaskBlock block;
  CHECK(message_of([&] {
          static_cast<void>(masks->next(block));
        }).starts_with(folder.file("a.png") + ": claims 30000 x 20000 pixels"));
}

TEST_CASE("images are written without loss, and read back by OpenCV and by us") {
  const Folder folder;
  Random random(3);
  for (const std::string extension : {".png", ".tif", ".tiff", ".PNG"}) {
    for (const std::size_t channels : {1U, 3U}) {
      INFO(extension << " " << channels);
      Bytes bytes(17 * 23 * channels);
      for (std::uint8_t& value : bytes) value = static_cast<std::uint8_t>(random.below(256));
      Words words(bytes.size());
      for (std::uint16_t& value : words) value = static_cast<std::uint16_t>(random.below(65536));
      const std::string path = folder.file("a" + extension);
      const Image narrow = image<std::uint8_t>(17, 23, channels, bytes);
      io::write_image(path, narrow.view());
      CHECK(io::read_image(path) == narrow);
      const cv::Mat read = cv::imread(path, cv::IMREAD_UNCHANGED);
      REQUIRE(read.type() == CV_MAKETYPE(CV_8U, static_cast<int>(channels)));
      REQUIRE(read.isContinuous());
      CHECK(Bytes(read.ptr(), read.ptr() + bytes.size()) == bytes);
      const Image wide = image<std::uint16_t>(17, 23, channels, words);
      io::write_image(path, wide.view());
      CHECK(io::read_image(path) == wide);
      const cv::Mat deep = cv::imread(path, cv::IMREAD_UNCHANGED);
      REQUIRE(deep.type() == CV_MAKETYPE(CV_16U, static_cast<int>(channels)));
      REQUIRE(deep.isContinuous());
      CHECK(Words(deep.ptr<std::uint16_t>(), deep.ptr<std::uint16_t>() + words.size()) == words);
    }
  }
  CHECK(folder.count() == 4);  // nothing is left over
  // Planes and padding are written as they show.
  const Bytes planes{1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0};
  io::write_image(folder.file("b.png"), ImageView::planar(planes.data(), 1, 2, 3, 4));
  CHECK(io::read_image(folder.file("b.png")) == image<std::uint8_t>(1, 2, 3, {1, 3, 5, 2, 4, 6}));
}

TEST_CASE("images that cannot be written exactly are refused, and no file is made") {
  const Folder folder;
  const Bytes bytes(100);
  const std::vector<float> floats(100);
  const auto refused = [&](const std::string& name, const ImageView& view) {
    const std::string message = message_of([&] { io::write_image(folder.file(name), view); });
    CHECK(message.starts_with(folder.file(name) + ": "));
    CHECK(folder.count() == 0);
    return message.substr(folder.file(name).size() + 2);
  };
  const std::string wanted = ": there must be 1 or 3 of 8 or 16 bits";
  CHECK(refused("a.jpg", ImageView::interleaved(bytes.data(), 2, 2, 1)) == "images are written as .png, .tif or .tiff");
  CHECK(refused("a", ImageView::interleaved(bytes.data(), 2, 2, 1)) == "images are written as .png, .tif or .tiff");
  CHECK(refused("a.png", ImageView::interleaved(bytes.data(), 2, 2, 2)) ==
        "cannot write an image of 2 channels" + wanted);
  CHECK(refused("a.png", ImageView::interleaved(bytes.data(), 2, 2, 4)) ==
        "cannot write an image of 4 channels" + wanted);
  CHECK(refused("a.tif", ImageView::interleaved(floats.data(), 2, 2, 1)) ==
        "cannot write an image of 1 channels of floats" + wanted);
  CHECK(refused("a.png", ImageView::interleaved(bytes.data(), 0, 5, 1)) ==
        "cannot write an image of 0 x 5 pixels as an image");
}

TEST_CASE("images are written up to 2^20 pixels in a direction") {
  const Folder folder;
  constexpr std::size_t most = std::size_t{1} << 20;
  Bytes bytes(most + 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  const std::string path = folder.file("a.tif");
  for (const bool tall : {false, true}) {
    const auto view = [&](std::size_t length) {
      return tall ? ImageView::interleaved(bytes.data(), length, 1, 1)
                  : ImageView::interleaved(bytes.data(), 1, length, 1);
    };
    CHECK(message_of([&] { io::write_image(path, view(most + 1)); }) ==
          path + ": cannot write an image of " + (tall ? "1048577 x 1" : "1 x 1048577") + " pixels as an image");
    CHECK(folder.count() == 0);
    io::write_image(path, view(most));
    CHECK((io::read_image(path) == Image(view(most))));
    fs::remove(path);
  }
  const plimsoll::Mask mask(bytes.data(), most + 1, 1);
  CHECK(message_of([&] { io::write_mask(folder.file("m.png"), mask); }) ==
        folder.file("m.png") + ": cannot write a mask of 1048577 x 1 pixels as an image");
}

TEST_CASE("a path stands for its image, its folder's images, or those below") {
  const Folder folder;
  fs::create_directories(folder.file("b/c"));
  for (const std::string name : {"b.PNG", "a.jpeg", "z.txt", "b/a.tif", "b/c/x.bmp", "b10.jpg", "b9.tiff"}) {
    write_bytes(folder.file(name), "x");
  }
  const auto below = [&](const std::vector<std::string>& names) {
    std::vector<std::string> paths;
    for (const std::string& name : names) paths.push_back(folder.file(name));
    return paths;
  };
  const std::string root = fs::path(folder.file("x")).parent_path().string();
  CHECK(io::image_files(root) == below({"a.jpeg", "b.PNG", "b10.jpg", "b9.tiff"}));
  CHECK(io::image_files(root, true) == below({"a.jpeg", "b.PNG", "b/a.tif", "b/c/x.bmp", "b10.jpg", "b9.tiff"}));
  CHECK(io::image_files(folder.file("z.txt")) == below({"z.txt"}));  // it was named
  // A link to a file is that file, one to nowhere none; links to folders are not followed.
  fs::create_symlink("a.jpeg", folder.file("link.png"));
  fs::create_symlink("nowhere", folder.file("gone.png"));
  fs::create_directory_symlink("b", folder.file("d"));
  CHECK(io::image_files(root, true) ==
        below({"a.jpeg", "b.PNG", "b/a.tif", "b/c/x.bmp", "b10.jpg", "b9.tiff", "link.png"}));
  CHECK(message_of([&] { static_cast<void>(io::image_files(folder.file("no"))); }).ends_with(": no such file"));
  fs::create_directory(folder.file("empty"));
  CHECK(message_of([&] { static_cast<void>(io::image_files(folder.file("empty"), true)); }).find("there is no file") !=
        std::string::npos);
}

TEST_CASE("the size of a JPEG file is in its frame's header, of whatever kind, behind tables and fill bytes") {
  // ITU-T T.81, table B.1 and B.1.1.2: SOF0 to SOF15 but DHT (C4), JPG (C8) and DAC (CC).
  const auto file = [](int frame, const std::string& before) {
    return bytes_of({0xFF, 0xD8}) + before + bytes_of({0xFF, frame, 0, 11, 8}) + big_endian(65500, 2) +
           big_endian(65000, 2) + bytes_of({1, 1, 0x11, 0, 0xFF, 0xD9});
  };
  const std::string claim = "claims 65500 x 65000 pixels, more than its ";  // lines, then samples a line
  for (int frame = 0xC0; frame <= 0xCF; ++frame) {
    if (frame == 0xC4 || frame == 0xC8 || frame == 0xCC) continue;
    INFO(frame);
    CHECK(refusal("a.jpg", file(frame, "")).starts_with(claim));
  }
  for (const int table : {0xC4, 0xC8, 0xCC, 0xDB, 0xBF}) {
    INFO(table);
    CHECK(refusal("a.jpg", file(0xC0, bytes_of({0xFF, table, 0, 9, 0, 0, 0, 0, 0, 0, 0}))).starts_with(claim));
  }
  CHECK(refusal("a.jpg", file(0xC0, bytes_of({0xFF, 0xFF, 0xFF}))).starts_with(claim));
}

TEST_CASE("images are written as their names say") {
  const Folder folder;
  const Bytes bytes{1, 2, 3, 4};
  for (const std::string name : {"a.png", "a.PNG", "a.tif", "a.tiff", "a.TIF"}) {
    io::write_image(folder.file(name), ImageView::interleaved(bytes.data(), 2, 2, 1));
    const std::string written = content_of(folder.file(name));
    const bool tiff = written.starts_with(std::string("II*\0", 4)) || written.starts_with(std::string("MM\0*", 4));
    CHECK(tiff == (name != "a.png" && name != "a.PNG"));
    CHECK(written.starts_with("\x89PNG\r\n\x1a\n") != tiff);
  }
}

TEST_CASE("a mask of more than 2^30 pixels is refused before they are looked at") {
  const Folder folder;
  const Bytes none(1);
  CHECK(message_of([&] { io::write_mask(folder.file("m.png"), plimsoll::Mask(none.data(), 1U << 20, 1025)); }) ==
        folder.file("m.png") + ": cannot write a mask of 1048576 x 1025 pixels as an image");
  CHECK(folder.count() == 0);
}
