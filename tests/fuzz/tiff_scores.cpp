// SPDX-License-Identifier: Apache-2.0
// Score maps in TIFF files.
#include "read_all.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static plimsoll::fuzz::InputFile file("map.tiff");
  plimsoll::fuzz::read_all(file.holding(data, size));
  return 0;
}
