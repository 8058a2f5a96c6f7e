// SPDX-License-Identifier: Apache-2.0
#include "image.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "byte_source.hpp"
#include "folder.hpp"
#include "image_header.hpp"
#include "plimsoll/io/file_error.hpp"
#include "plimsoll/io/image_file.hpp"
#include "plimsoll/io/write_file.hpp"
#include "shown.hpp"

namespace plimsoll::io {
namespace {

/// While there is any, OpenCV logs nothing: what goes wrong is said by a FileError.
class Quiet {
 public:
  Quiet() {
    const std::scoped_lock lock(mutex_);
    if (users_++ == 0) level_ = cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    const std::scoped_lock lock(mutex_);
    if (--users_ == 0) cv::utils::logging::setLogLevel(level_);
  }

 private:
  static inline std::mutex mutex_;
  static inline int users_ = 0;
  static inline cv::utils::logging::LogLevel level_{};
};

/// What `function` returns; its exceptions of OpenCV as FileErrors.
template <typename Function>
auto guarded(const std::string& path, const char* what, Function&& function) {
  const Quiet quiet;
  try {
    return function();
  } catch (const cv::Exception& error) {
    constexpr std::string_view no_quotes;
    throw FileError(path + ": cannot " + what + ": " + shown(error.err, no_quotes));
  }
}

constexpr const char* decoding = "decode the image";
constexpr const char* undecodable = ": cannot decode the image: it is damaged, or of no known kind";

/// The image of a file, its first one, decoded as `flags` say.
cv::Mat decode(const std::string& path, int flags) {
  const ByteSource openable(path);  // says what is wrong better than OpenCV does, which gives an empty image
  cv::Mat image = guarded(path, decoding, [&] { return cv::imread(path, flags); });
  if (image.empty()) throw FileError(path + undecodable);
  return image;
}

/// The images of a TIFF file from `first` on; fewer than `count` when one cannot be decoded.
std::vector<cv::Mat> decode_pages(const std::string& path, std::size_t first, std::size_t count) {
  std::vector<cv::Mat> images;
  guarded(path, decoding, [&] {
    return cv::imreadmulti(path, images, static_cast<int>(first), static_cast<int>(count), cv::IMREAD_UNCHANGED);
  });
  images.erase(std::ranges::find_if(images, &cv::Mat::empty), images.end());
  return images;
}

/// `extension` is that of the format: ".png".
void encode(const std::string& path, const char* extension, const cv::Mat& image) {
  std::vector<unsigned char> bytes;
  const bool encoded = guarded(path, "encode the image", [&] { return cv::imencode(extension, image, bytes); });
  if (!encoded) throw FileError(path + ": cannot encode the image");
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Throws unless OpenCV will read what is written.
void expect_writable(const std::string& path, const char* what, std::size_t rows, std::size_t columns) {
  constexpr std::size_t longest = std::size_t{1} << 20;  // OpenCV's limits
  constexpr std::size_t most = std::size_t{1} << 30;
  if (rows == 0 || columns == 0 || rows > longest || columns > longest || rows * columns > most) {
    throw FileError(path + ": cannot write " + what + " of " + std::to_string(rows) + " x " + std::to_string(columns) +
                    " pixels as an image");
  }
}

/// The mask as an image, 0 and 255.
cv::Mat as_image(const Mask& mask, const std::string& path) {
  expect_writable(path, "a mask", mask.rows(), mask.columns());
  cv::Mat image;
  guarded(path, "take the memory of a mask",
          [&] { image.create(static_cast<int>(mask.rows()), static_cast<int>(mask.columns()), CV_8UC1); });
  for (int row = 0; row < image.rows; ++row) {
    std::ranges::transform(mask.row(static_cast<std::size_t>(row)), image.ptr(row),
                           [](std::uint8_t byte) { return static_cast<std::uint8_t>(byte == 0 ? 0 : 255); });
  }
  return image;
}

/// Tints the parts of a colour image where the mask, of its size, is 255, and draws a double line around them, light
/// within and dark without, of which one is seen on any ground.
void draw(cv::Mat& image, const cv::Mat& mask) {
  const cv::Scalar tint(30, 40, 240);  // blue, green, red
  const cv::Scalar light(120, 235, 255);
  const cv::Scalar dark(30, 20, 60);
  constexpr double tint_share = 0.28;
  constexpr double line_share = 1.0 / 500;  // of the image's shorter side

  cv::Mat tinted;
  cv::addWeighted(image, 1 - tint_share, cv::Mat(image.size(), image.type(), tint), tint_share, 0, tinted);
  tinted.copyTo(image, mask);

  const int width = std::max(1, static_cast<int>(std::lround(line_share * std::min(image.rows, image.cols))));
  const cv::Mat disc = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * width + 1, 2 * width + 1});
  cv::Mat grown;
  cv::Mat shrunk;
  cv::dilate(mask, grown, disc);
  // Beyond the image's edge nothing is anomalous, so that the line is closed there.
  cv::erode(mask, shrunk, disc, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  image.setTo(dark, grown - mask);
  image.setTo(light, mask - shrunk);
}

/// The image as labels: anomalous where any channel is not zero.
void take_mask(const cv::Mat& image, const std::string& path, std::vector<Label>& labels, std::size_t& rows,
               std::size_t& columns) {
  const int channels = image.channels();
  if (image.depth() != CV_8U || (channels != 1 && channels != 3)) {
    throw FileError(path + ": has " + std::to_string(channels) + (channels == 1 ? " channel of " : " channels of ") +
                    std::to_string(8 * image.elemSize1()) + " bits, and a mask has 1 or 3 of 8");
  }
  rows = static_cast<std::size_t>(image.rows);
  columns = static_cast<std::size_t>(image.cols);
  labels.clear();
  labels.reserve(rows * columns);
  for (int row = 0; row < image.rows; ++row) {
    const std::uint8_t* pixel = image.ptr(row);
    for (int column = 0; column < image.cols; ++column, pixel += channels) {
      const bool normal = std::all_of(pixel, pixel + channels, [](std::uint8_t value) { return value == 0; });
      labels.push_back(normal ? Label::normal : Label::anomalous);
    }
  }
}

}  // namespace

/// The images that were decoded last.
struct TiffImages::Decoded {
  std::size_t first = 0;
  std::vector<cv::Mat> images;

  const cv::Mat& at(std::size_t index, const std::string& path, const std::vector<TiffPage>& pages) {
    if (index >= first && index - first < images.size()) return images[index - first];
    constexpr std::uint64_t most_pixels = std::uint64_t{1} << 22;
    std::size_t count = 1;
    std::uint64_t pixels = pages[index].rows * pages[index].columns;
    while (index + count < pages.size()) {
      pixels += pages[index + count].rows * pages[index + count].columns;
      if (pixels > most_pixels) break;
      ++count;
    }
    images.clear();  // before as many are taken again
    first = index;
    images = decode_pages(path, index, count);
    if (images.empty()) throw FileError(path + undecodable);
    return images.front();
  }
};

TiffImages::TiffImages(std::string path, std::vector<TiffPage> pages)
    : path_{std::move(path)}, pages_{std::move(pages)}, decoded_{std::make_unique<Decoded>()} {}

TiffImages::~TiffImages() = default;

void TiffImages::read_map(std::size_t index, ScoreBlock& block) {
  const cv::Mat& image = decoded_->at(index, path_, pages_);
  const TiffPage& page = pages_[index];
  const bool wide = page.bits == 64;
  if (image.type() != (wide ? CV_64FC1 : CV_32FC1) || static_cast<std::uint64_t>(image.rows) != page.rows ||
      static_cast<std::uint64_t>(image.cols) != page.columns) {
    throw FileError(path_ + ": cannot decode the image: it is not what its header says");
  }
  block.is_map = true;
  block.rows = static_cast<std::size_t>(image.rows);
  block.columns = static_cast<std::size_t>(image.cols);
  const auto copy = [&]<typename T>(T) {
    if (!std::holds_alternative<std::vector<T>>(block.values)) block.values.emplace<std::vector<T>>();
    auto& values = std::get<std::vector<T>>(block.values);
    values.clear();
    values.reserve(block.rows * block.columns);
    for (int row = 0; row < image.rows; ++row) {
      const T* first = image.ptr<T>(row);
      values.insert(values.end(), first, first + image.cols);
    }
  };
  block.type = wide ? ScoreType::float64 : ScoreType::float32;
  wide ? copy(double{}) : copy(float{});
}

void read_mask_image(const std::string& path, std::vector<Label>& labels, std::size_t& rows, std::size_t& columns) {
  expect_plausible_size(path);
  take_mask(decode(path, cv::IMREAD_UNCHANGED), path, labels, rows, columns);
}

void TiffImages::read_mask(std::size_t index, std::vector<Label>& labels, std::size_t& rows, std::size_t& columns) {
  take_mask(decoded_->at(index, path_, pages_), path_, labels, rows, columns);
}

bool has_image_codecs() noexcept {
  return true;
}

synth::Image read_image(const std::string& path) {
  const ImageHeader header = read_image_header(path);
  const cv::Mat pixels = decode(path, cv::IMREAD_ANYCOLOR | cv::IMREAD_ANYDEPTH);
  const bool wide = pixels.depth() == CV_16U;
  const int channels = pixels.channels();
  if ((!wide && pixels.depth() != CV_8U) || (channels != 1 && channels != 3)) {
    throw FileError(path + ": has " + std::to_string(channels) + (channels == 1 ? " channel" : " channels") +
                    (wide || pixels.depth() == CV_8U ? "" : " of numbers that are not 8 or 16 bits without sign") +
                    ", and an image has 1 or 3 of 8 or 16 bits");
  }
  const int kept = header.grey ? 1 : channels;  // OpenCV makes colours of grey with transparency
  synth::Image image(wide ? synth::PixelType::uint16 : synth::PixelType::uint8, static_cast<std::size_t>(pixels.rows),
                     static_cast<std::size_t>(pixels.cols), static_cast<std::size_t>(kept));
  image.visit([&]<typename T>(T* to) {
    for (int row = 0; row < pixels.rows; ++row) {
      const T* from = pixels.ptr<T>(row);
      for (int column = 0; column < pixels.cols; ++column, from += channels) to = std::copy_n(from, kept, to);
    }
  });
  return image;
}

void write_image(const std::string& path, const synth::ImageView& image) {
  const bool tiff = has_extension(path, {".tif", ".tiff"});
  if (!tiff && !has_extension(path, {".png"})) {
    throw FileError(path + ": images are written as .png, .tif or .tiff");
  }
  if (image.type() == synth::PixelType::float32 || (image.channels() != 1 && image.channels() != 3)) {
    throw FileError(path + ": cannot write an image of " + std::to_string(image.channels()) +
                    (image.type() == synth::PixelType::float32 ? " channels of floats" : " channels") +
                    ": there must be 1 or 3 of 8 or 16 bits");
  }
  expect_writable(path, "an image", image.rows(), image.columns());
  synth::Image copy(image);
  const bool wide = image.type() == synth::PixelType::uint16;
  copy.visit([&](auto* pixels) {
    encode(path, tiff ? ".tiff" : ".png",
           cv::Mat(static_cast<int>(image.rows()), static_cast<int>(image.columns()),
                   CV_MAKETYPE(wide ? CV_16U : CV_8U, static_cast<int>(image.channels())), pixels));
  });
}

void write_mask(const std::string& path, const Mask& mask) {
  encode(path, ".png", as_image(mask, path));
}

void write_overlay(const std::string& path, const std::string& image_path, const Mask& mask) {
  expect_plausible_size(image_path);
  cv::Mat image = decode(image_path, cv::IMREAD_COLOR);
  const cv::Mat small = as_image(mask, path);
  guarded(path, "draw the overlay", [&] {
    cv::Mat fitting;
    cv::resize(small, fitting, image.size(), 0, 0, cv::INTER_NEAREST_EXACT);
    draw(image, fitting);
  });
  encode(path, ".png", image);
}

}  // namespace plimsoll::io
