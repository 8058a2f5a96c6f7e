// SPDX-License-Identifier: Apache-2.0
// What image.cpp does, of a library that was configured with PLIMSOLL_WITH_OPENCV=OFF: it says so.
#include "image.hpp"

#include <utility>

#include "plimsoll/io/file_error.hpp"
#include "plimsoll/io/image_file.hpp"

namespace plimsoll::io {
namespace {

[[noreturn]] void refuse(const std::string& path, const char* what) {
  throw FileError(path + ": cannot " + what +
                  ": this plimsoll was built without OpenCV (configure it with PLIMSOLL_WITH_OPENCV=ON)");
}

}  // namespace

bool has_image_codecs() noexcept {
  return false;
}

struct TiffImages::Decoded {};

TiffImages::TiffImages(std::string path, std::vector<TiffPage> pages)
    : path_{std::move(path)}, pages_{std::move(pages)} {}

TiffImages::~TiffImages() = default;

void TiffImages::read_map(std::size_t, ScoreBlock&) {
  refuse(path_, "read the score map");
}

void TiffImages::read_mask(std::size_t, std::vector<Label>&, std::size_t&, std::size_t&) {
  refuse(path_, "read the mask");
}

void read_mask_image(const std::string& path, std::vector<Label>&, std::size_t&, std::size_t&) {
  refuse(path, "read the mask");
}

synth::Image read_image(const std::string& path) {
  refuse(path, "read the image");
}

void write_image(const std::string& path, const synth::ImageView&) {
  refuse(path, "write the image");
}

void write_mask(const std::string& path, const Mask&) {
  refuse(path, "write the mask");
}

void write_overlay(const std::string& path, const std::string&, const Mask&) {
  refuse(path, "draw the overlay");
}

}  // namespace plimsoll::io
