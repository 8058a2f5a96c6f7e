// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "plimsoll/io/calibration_file.hpp"

namespace plimsoll::io {

/// A C++20 header that holds the calibration as a constant, exact to the bit, and needs nothing but plimsoll's headers
/// and the standard library's; see docs/formats.md. Its constants are at global scope: `NAME`, a Calibration,
/// `NAME_pipeline_text` and `NAME_pipeline_hash`, and, when the file has normal scores, `NAME_normal_knots` and
/// `NAME_normals`, NormalScores.
///
/// Throws ParameterError when `name` is not an identifier, is a keyword, or is a name that C++ keeps for itself.
/// `source` is what the header's comment says it was made from. No text of the file can be more than a comment or a
/// string in the header.
[[nodiscard]] std::string to_cpp_header(const CalibrationFile& file, std::string_view name,
                                        std::string_view source = {});

}  // namespace plimsoll::io
