// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>

/// \file
/// What a fuzzer's bytes are made into. A target defines LLVMFuzzerTestOneInput; libFuzzer calls it, or replay.cpp.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace plimsoll::fuzz {

/// Ends the program, which is what a fuzzer takes for a find, unless the condition holds.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: does not hold: %s\n", what);
  std::abort();
}

/// Choices and numbers off the front of the bytes; zeros when none are left.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_{data, size} {}

  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  /// From 0 up to below `bound`, which is at most 256.
  std::size_t below(std::size_t bound) { return byte() % bound; }

  bool flag() { return byte() % 2 == 1; }

  std::uint64_t word(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | byte();
    return value;
  }

  /// Any number that a float holds: often a small one, so that there are ties, at times any bits.
  float narrow() {
    const std::uint8_t kind = byte();
    if (kind < 0xE0) return static_cast<float>(kind) / 16 - 4;
    if (kind < 0xF0) return std::bit_cast<float>(static_cast<std::uint32_t>(word(4)));
    if (kind < 0xF8) return static_cast<float>(byte()) * 0x1p-149F;
    return special<float>(kind);
  }

  /// Any double, likewise.
  double number() {
    const std::uint8_t kind = byte();
    if (kind < 0xC0) return static_cast<double>(kind) / 16 - 4;
    if (kind < 0xE0) return static_cast<double>(static_cast<std::int8_t>(byte())) / 100;
    if (kind < 0xF0) return std::bit_cast<double>(word(8));
    if (kind < 0xF8) return static_cast<double>(byte()) * 0x1p-1074;
    return special<double>(kind);
  }

 private:
  template <typename T>
  static T special(std::uint8_t kind) {
    using Limits = std::numeric_limits<T>;
    switch (kind % 8) {
      case 0: return Limits::infinity();
      case 1: return -Limits::infinity();
      case 2: return Limits::quiet_NaN();
      case 3: return Limits::max();
      case 4: return Limits::lowest();
      case 5: return Limits::min();
      case 6: return -T{0};
      default: return T{1} + Limits::epsilon();
    }
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace plimsoll::fuzz
