// SPDX-License-Identifier: Apache-2.0
// What image files say of themselves: PNG, JPEG and TIFF, before anything is decoded.
#include "image_header.hpp"

#include "input_file.hpp"
#include "tiff.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  static fuzz::InputFile file("image.png");
  const std::string& path = file.holding(data, size);
  fuzz::may_refuse(path, [&] { static_cast<void>(io::read_image_header(path)); });
  fuzz::may_refuse(path, [&] {
    const auto pages = io::read_tiff_pages(path);
    fuzz::require(!pages.empty(), "a TIFF file has an image");
    io::expect_map(pages.front(), path);
  });
  return 0;
}
