// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <utility>

namespace plimsoll::cli {

/// Says something on standard error. Where that cannot be written, nobody listens, and the work goes on.
template <typename... Values>
void notice(fmt::format_string<Values...> format, Values&&... values) {
  fmt::memory_buffer text;  // on the stack where it is short: also when there is no memory left
  fmt::format_to(std::back_inserter(text), format, std::forward<Values>(values)...);
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
  static_cast<void>(std::fflush(stderr));
}

}  // namespace plimsoll::cli
