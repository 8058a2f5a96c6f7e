// SPDX-License-Identifier: Apache-2.0
// anomalib's metadata, and the calibration that is made of it, which must be one that is read again.
#include <string>

#include "input_file.hpp"
#include "plimsoll/io/anomalib_calibration.hpp"
#include "plimsoll/io/anomalib_metadata.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::may_refuse("name", [&] {
    const auto metadata = io::parse_anomalib_metadata({reinterpret_cast<const char*>(data), size}, "name");
    for (const bool moved : {false, true}) {
      io::AnomalibSensitivity sensitivity;
      if (moved) sensitivity.image = sensitivity.pixel = 0.25;
      std::string text;
      try {
        text = io::to_json(io::calibration_of(metadata, "name", sensitivity));
      } catch (const ParameterError&) {
        fuzz::require(moved, "only a sensitivity is refused as a parameter");
        continue;
      }
      fuzz::must_read_again(text, [](const std::string& again) { return io::calibration_from_json(again, "again"); });
    }
  });
  return 0;
}
