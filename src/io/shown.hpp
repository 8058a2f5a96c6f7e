// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace plimsoll::io {

/// Text out of a file, fit for a message of one line: in quotes, control characters replaced, at most 40 characters.
[[nodiscard]] inline std::string shown(std::string_view text, std::string_view quote = "'") {
  constexpr std::size_t most = 40;
  std::string line(text.substr(0, most));
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return std::string(quote) + line + (text.size() > most ? "..." : "") + std::string(quote);
}

}  // namespace plimsoll::io
