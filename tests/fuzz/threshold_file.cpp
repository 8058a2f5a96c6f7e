// SPDX-License-Identifier: Apache-2.0
// Threshold files: what is read is written, and read and written again the same.
#include <string>

#include "input_file.hpp"
#include "plimsoll/io/threshold_file.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::may_refuse("name", [&] {
    const auto read = io::from_json({reinterpret_cast<const char*>(data), size}, "name");
    fuzz::must_read_again(io::to_json(read), [](const std::string& text) { return io::from_json(text, "name"); });
  });
  return 0;
}
