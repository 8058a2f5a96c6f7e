// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace plimsoll {

/// What a score was, or is decided to be. The numbers are those of label files: 0 and 1.
enum class Label : std::uint8_t {
  normal = 0,     ///< 0 in label files
  anomalous = 1,  ///< 1 in label files
};

/// "normal" or "anomalous".
[[nodiscard]] constexpr std::string_view to_string(Label label) noexcept {
  return label == Label::normal ? "normal" : "anomalous";
}

}  // namespace plimsoll
