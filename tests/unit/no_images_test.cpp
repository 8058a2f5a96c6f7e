// SPDX-License-Identifier: Apache-2.0
// The functions for image files as they are in a library that was configured without OpenCV; compiled with
// no_images.cpp and without plimsoll::io.
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "files.hpp"
#include "image.hpp"
#include "plimsoll/io/image_file.hpp"

namespace io = plimsoll::io;
using plimsoll::test::message_of;

TEST_CASE("without OpenCV image files are refused, and it is said what to do") {
  CHECK_FALSE(io::has_image_codecs());
  const std::string why = ": this plimsoll was built without OpenCV (configure it with PLIMSOLL_WITH_OPENCV=ON)";
  const std::vector<std::uint8_t> pixels(4);
  const plimsoll::Mask mask(pixels.data(), 2, 2);
  CHECK(message_of([] { static_cast<void>(io::read_image("a.png")); }) == "a.png: cannot read the image" + why);
  CHECK(message_of([&] {
          io::write_image("a.png", plimsoll::synth::ImageView::interleaved(pixels.data(), 2, 2, 1));
        }) == "a.png: cannot write the image" + why);
  CHECK(message_of([&] { io::write_mask("a.png", mask); }) == "a.png: cannot write the mask" + why);
  CHECK(message_of([&] { io::write_overlay("a.png", "b.png", mask); }) == "a.png: cannot draw the overlay" + why);
  std::vector<plimsoll::Label> labels;
  std::size_t rows = 0;
  std::size_t columns = 0;
  CHECK(message_of([&] { io::read_mask_image("a.png", labels, rows, columns); }) ==
        "a.png: cannot read the mask" + why);
  io::TiffImages images("a.tif", std::vector<io::TiffPage>(1));
  CHECK(message_of([&] { images.read_mask(0, labels, rows, columns); }) == "a.tif: cannot read the mask" + why);
  io::ScoreBlock block;
  CHECK(message_of([&] { images.read_map(0, block); }) == "a.tif: cannot read the score map" + why);
}
