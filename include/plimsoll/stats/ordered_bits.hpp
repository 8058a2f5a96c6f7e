// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// The unsigned integer as wide as T.
template <std::floating_point T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// The bit that only -0 has.
template <std::floating_point T>
inline constexpr BitsOf<T> sign_bit = BitsOf<T>{1} << (sizeof(T) * 8 - 1);

/// The number, with +0 for -0. By bits, as a compiler told that signed zeros do not matter may drop `x + 0`.
template <std::floating_point T>
[[nodiscard]] constexpr T one_zero(T x) noexcept {
  return std::bit_cast<BitsOf<T>>(x) == sign_bit<T> ? T{0} : x;
}

/// Maps numbers to integers so that x < y exactly when ordered_bits(x) < ordered_bits(y); -0 maps as +0. Not for
/// NaN. The integers of neighbouring numbers are neighbours.
template <std::floating_point T>
[[nodiscard]] constexpr BitsOf<T> ordered_bits(T x) noexcept {
  using Bits = BitsOf<T>;
  constexpr int sign_shift = static_cast<int>(sizeof(T)) * 8 - 1;
  const Bits bits = std::bit_cast<Bits>(one_zero(x));
  const Bits flip = static_cast<Bits>(Bits{0} - (bits >> sign_shift)) | sign_bit<T>;
  return bits ^ flip;
}

/// The inverse of ordered_bits.
template <std::floating_point T>
[[nodiscard]] constexpr T from_ordered_bits(BitsOf<T> ordered) noexcept {
  using Bits = BitsOf<T>;
  return std::bit_cast<T>((ordered & sign_bit<T>) != 0 ? static_cast<Bits>(ordered ^ sign_bit<T>)
                                                       : static_cast<Bits>(~ordered));
}

/// Cuts a range of numbers into at most 2^bits buckets of equally many representable numbers each.
template <std::floating_point T>
class Buckets {
 public:
  /// Buckets over [least, most], least <= most, neither NaN.
  constexpr Buckets(T least, T most, int bits) noexcept
      : first_{ordered_bits(least)},
        last_{most},
        shift_{std::max(0, static_cast<int>(std::bit_width(ordered_bits(most) - first_)) - bits)},
        count_{static_cast<std::size_t>((ordered_bits(most) - first_) >> shift_) + 1} {}

  /// How many buckets there are.
  [[nodiscard]] constexpr std::size_t count() const noexcept { return count_; }

  /// The bucket of a number of the range.
  [[nodiscard]] constexpr std::size_t operator()(T x) const noexcept {
    return static_cast<std::size_t>((ordered_bits(x) - first_) >> shift_);
  }

  /// The least and the largest number that can be in the bucket.
  [[nodiscard]] constexpr T least(std::size_t bucket) const noexcept {
    return from_ordered_bits<T>(static_cast<BitsOf<T>>(first_ + (static_cast<BitsOf<T>>(bucket) << shift_)));
  }
  /// The largest number that can be in the bucket.
  [[nodiscard]] constexpr T most(std::size_t bucket) const noexcept {
    const auto width = static_cast<BitsOf<T>>((BitsOf<T>{1} << shift_) - 1);
    const auto top = static_cast<BitsOf<T>>(first_ + (static_cast<BitsOf<T>>(bucket) << shift_));
    const auto last = ordered_bits(last_);
    return from_ordered_bits<T>(last - top < width ? last : static_cast<BitsOf<T>>(top + width));
  }

  /// Whether each bucket holds a single number.
  [[nodiscard]] constexpr bool exact() const noexcept { return shift_ == 0; }

 private:
  BitsOf<T> first_;
  T last_;
  int shift_;
  std::size_t count_;
};

/// Calls `take(x)` for the numbers of the sample in [least, most], in order. Made for few of them: all are compared in
/// vector code, eight without any are passed over at once, and of the others only those inside are looked at.
template <std::floating_point T, typename Take>
constexpr void for_each_between(std::span<const T> sample, T least, T most, const Take& take) {
  constexpr std::size_t block = 64;
  const auto inside = [=](T x) { return static_cast<std::uint8_t>((x >= least) & (x <= most)); };
  const std::size_t whole = sample.size() - sample.size() % block;
  for (std::size_t begin = 0; begin < whole; begin += block) {
    std::array<std::uint8_t, block> flags;
    for (std::size_t i = 0; i < block; ++i) flags[i] = inside(sample[begin + i]);
    for (std::size_t eight = 0; eight < block; eight += 8) {
      std::uint64_t marks = 0;  // a byte each, the first lowest
      for (std::size_t i = 0; i < 8; ++i) marks |= std::uint64_t{flags[eight + i]} << (8 * i);
      for (; marks != 0; marks &= marks - 1) {
        take(sample[begin + eight + static_cast<std::size_t>(std::countr_zero(marks)) / 8]);
      }
    }
  }
  for (const T x : sample.subspan(whole)) {
    if (inside(x) != 0) take(x);
  }
}

}  // namespace plimsoll::stats
