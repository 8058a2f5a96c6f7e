// SPDX-License-Identifier: Apache-2.0
// Calibration files: what is read is written, and read and written again the same; as a header too.
#include <string>

#include "input_file.hpp"
#include "plimsoll/io/calibration_file.hpp"
#include "plimsoll/io/cpp_header.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::may_refuse("name", [&] {
    const auto read = io::calibration_from_json({reinterpret_cast<const char*>(data), size}, "name");
    fuzz::must_read_again(io::to_json(read),
                          [](const std::string& text) { return io::calibration_from_json(text, "name"); });
    fuzz::require(!io::to_cpp_header(read, "line").empty(), "a calibration is a header");
  });
  return 0;
}
