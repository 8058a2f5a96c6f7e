// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "notice.hpp"

namespace plimsoll::cli {

/// Says on standard error how far work has come, once it has taken a second: on a terminal one line that is kept
/// up to date and wiped at the end, elsewhere a line every five seconds.
class Progress {
 public:
  explicit Progress(std::string what) : what_{std::move(what)} {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (shown_ && terminal_) notice("\r\033[K");
  }

  /// `share` from 0 to 1, nothing when it is not known; `count` what was done.
  void at(std::optional<double> share, std::size_t count) {
    using std::chrono::milliseconds;
    const auto now = Clock::now();
    if (now - begin_ < milliseconds(1000) || now - last_ < milliseconds(terminal_ ? 100 : 5000)) return;
    last_ = now;
    shown_ = true;
    const std::string done = share ? fmt::format("{:.0f} %", 100 * *share) : fmt::format("{}", count);
    notice("{}{}: {}{}", terminal_ ? "\r\033[K" : "", what_, done, terminal_ ? "" : "\n");
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_{};
  bool terminal_ = ::isatty(2) == 1;
  bool shown_ = false;
};

}  // namespace plimsoll::cli
