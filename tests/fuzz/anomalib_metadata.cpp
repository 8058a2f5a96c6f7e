// SPDX-License-Identifier: Apache-2.0
// anomalib's metadata, and the calibration that is made of it, which must be one that is read again, and can be written
// for anomalib.
#include <string>

#include "input_file.hpp"
#include "plimsoll/io/anomalib_calibration.hpp"
#include "plimsoll/io/anomalib_constants.hpp"
#include "plimsoll/io/anomalib_metadata.hpp"

namespace {

/// What is written for anomalib is read again, and then written the same; only a line that is no float is refused.
void write_for_anomalib(const plimsoll::io::CalibrationFile& calibration) {
  using namespace plimsoll;
  try {
    const std::string written = io::to_json(io::anomalib_metadata_of(calibration, "name"));
    const io::CalibrationFile again = io::calibration_of(io::parse_anomalib_metadata(written, "again"), "again");
    fuzz::require(io::to_json(io::anomalib_metadata_of(again, "again")) == written, "the metadata changed");
    static_cast<void>(io::anomalib_constants_of(calibration, "name"));
  } catch (const ParameterError&) {
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::may_refuse("name", [&] {
    const auto metadata = io::parse_anomalib_metadata({reinterpret_cast<const char*>(data), size}, "name");
    for (const bool moved : {false, true}) {
      io::AnomalibSensitivity sensitivity;
      if (moved) sensitivity.image = sensitivity.pixel = 0.25;
      io::CalibrationFile calibration;
      try {
        calibration = io::calibration_of(metadata, "name", sensitivity);
      } catch (const ParameterError&) {
        fuzz::require(moved, "only a sensitivity is refused as a parameter");
        continue;
      }
      write_for_anomalib(calibration);
      fuzz::must_read_again(io::to_json(calibration),
                            [](const std::string& again) { return io::calibration_from_json(again, "again"); });
    }
  });
  return 0;
}
