// SPDX-License-Identifier: Apache-2.0
// Threshold files: what is read is written, and read and written again the same.
#include <string>
#include <string_view>

#include "input_file.hpp"
#include "plimsoll/io/threshold_file.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::may_refuse("name", [&] {
    const auto read = io::from_json({reinterpret_cast<const char*>(data), size}, "name");
    const std::string text = io::to_json(read);
    std::string again;
    try {
      again = io::to_json(io::from_json(text, "name"));
    } catch (const io::FileError& error) {
      fuzz::require(false, error.what());
    }
    fuzz::require(again == text, "a threshold file that was written is written the same again");
  });
  return 0;
}
