// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll::synth {

/// A number made of another by SplitMix64's finaliser (Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number
/// Generators, OOPSLA, figure 16): one to one, and every bit of the result depends on every bit of `x`.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

/// A number that belongs to `index` under this seed, whatever was asked before.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t index) noexcept {
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio, odd
  return mix(mix(seed + golden) + golden * (index + 1));
}

/// Random numbers that are the same bits with every compiler and library: the generator SplitMix64, and conversions of
/// its integers that use exact arithmetic only. The standard library's distributions differ between libraries.
class RandomStream {
 public:
  /// The stream that begins with this state; any number.
  explicit constexpr RandomStream(std::uint64_t seed) noexcept : state_{seed} {}

  /// The stream that belongs to `index` under this seed: item 17 is the same in any order, thread or process.
  constexpr RandomStream(std::uint64_t seed, std::uint64_t index) noexcept : state_{mix(seed, index)} {}

  /// Any number of 64 bits.
  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15;
    return mix(state_);
  }

  /// In [0, 1), a multiple of 2^-53.
  [[nodiscard]] constexpr double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// In [least, most), rounded.
  [[nodiscard]] constexpr double uniform(double least, double most) noexcept {
    return least + (most - least) * uniform();
  }

  /// One of 0 ... bound - 1, each with the same probability but for 2^-32 of it; bound >= 1 (Lemire 2019, Fast Random
  /// Integer Generation in an Interval, ACM TOMACS 29, without the rejection).
  [[nodiscard]] constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// True with this probability.
  [[nodiscard]] constexpr bool chance(double probability) noexcept { return uniform() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace plimsoll::synth
