// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace plimsoll::io {

/// The text without control characters, which a terminal obeys: those of ASCII, and U+0080 to U+009F in UTF-8. Each of
/// their bytes becomes a question mark.
[[nodiscard]] inline std::string without_controls(std::string_view text) {
  std::string clean(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const auto next = static_cast<unsigned char>(i + 1 < clean.size() ? clean[i + 1] : 0);
    if (byte < ' ' || byte == 0x7f) clean[i] = '?';
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) clean[i] = clean[i + 1] = '?';
  }
  return clean;
}

/// Text out of a file, fit for a message of one line: in quotes, control characters replaced, at most 40 characters.
[[nodiscard]] inline std::string shown(std::string_view text, std::string_view quote = "'") {
  constexpr std::size_t most = 40;
  return std::string(quote) + without_controls(text.substr(0, most)) + (text.size() > most ? "..." : "") +
         std::string(quote);
}

}  // namespace plimsoll::io
