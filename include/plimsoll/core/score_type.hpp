// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "plimsoll/core/config.hpp"

namespace plimsoll {

/// The floating-point type that scores were computed in, narrow to wide.
enum class ScoreType : std::uint8_t {
  float16,  ///< IEEE 754 binary16: 11 bits of precision
  float32,  ///< binary32: 24 bits
  float64,  ///< binary64: 53 bits
};

/// A type that a score may have: float, double, and half where the compiler has it.
template <typename T>
concept ScoreValue = std::same_as<T, float> || std::same_as<T, double>
#if PLIMSOLL_HAS_HALF
    || std::same_as<T, Half>
#endif
    ;

/// The ScoreType of T.
template <ScoreValue T>
inline constexpr ScoreType score_type_of = std::same_as<T, double>  ? ScoreType::float64
                                           : std::same_as<T, float> ? ScoreType::float32
                                                                    : ScoreType::float16;

/// "float16", "float32" or "float64".
[[nodiscard]] constexpr std::string_view to_string(ScoreType type) noexcept {
  switch (type) {
    case ScoreType::float16: return "float16";
    case ScoreType::float32: return "float32";
    default: return "float64";
  }
}

namespace detail {
/// The next number up, by the bits: std::nextafter goes through arithmetic that may be set to flush denormals.
template <std::floating_point T>
[[nodiscard]] constexpr T next_up(T value) noexcept {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits sign = Bits{1} << (sizeof(T) * 8 - 1);
  const auto bits = std::bit_cast<Bits>(value);
  if ((bits & ~sign) == 0) return std::bit_cast<T>(Bits{1});  // either zero
  if (bits == std::bit_cast<Bits>(std::numeric_limits<T>::infinity())) return value;
  return std::bit_cast<T>(static_cast<Bits>((bits & sign) == 0 ? bits + 1 : bits - 1));
}

/// The score as it is compared in loops: itself.
template <std::floating_point T>
[[nodiscard]] constexpr T widened(T score) noexcept {
  return score;
}
#if PLIMSOLL_HAS_HALF
/// A half as the float of the same value, by its bits: x86-64 by itself has no instruction for halves, so that a
/// compiler calls a function for each, which takes ten times as long. Without branches, so that loops are vectorised.
[[nodiscard]] constexpr float widened(Half score) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint16_t>(score);
  const std::uint32_t magnitude = bits & 0x7fff;
  // The exponent's bias is 15 there and 127 here; that of NaN and the infinities is all ones in both.
  const std::uint32_t not_finite = (0x7bffU - magnitude) >> 31;
  const std::uint32_t normal = (magnitude << 13) + (112U << 23) + not_finite * (112U << 23);
  // Below 2^-14 a half is a multiple of 2^-24, and what is computed with here is never denormal.
  const float small = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24F;
  const std::uint32_t is_normal = 0U - ((0x3ffU - magnitude) >> 31);
  const std::uint32_t value = (normal & is_normal) | (std::bit_cast<std::uint32_t>(small) & ~is_normal);
  return std::bit_cast<float>(value | (bits & 0x8000) << 16);
}
#endif
}  // namespace detail

/// The smallest number of the given type above `value`, which must be a number of that type: +inf above the
/// largest finite one, the lowest finite one above -inf. This is the cutoff that lets `value` itself pass:
/// `score >= next_above(v)` is `score > v`.
[[nodiscard]] constexpr double next_above(double value, ScoreType type) noexcept {
  if (type == ScoreType::float64) return detail::next_up(value);
  if (type == ScoreType::float32) return static_cast<double>(detail::next_up(static_cast<float>(value)));
  // binary16: 10 bits after the point, smallest normal 2^-14, largest 65504 (IEEE 754-2019, table 3.5).
  constexpr double largest = 65504.0;
  constexpr double least_normal = 0x1p-14;
  if (value >= largest) return std::numeric_limits<double>::infinity();
  if (value < -largest) return -largest;
  if (value >= -least_normal && value < least_normal) return value + 0x1p-24;
  // One unit in the last of 10 places, which is place 42 of a double's 52; carries move the exponent.
  constexpr std::uint64_t unit = std::uint64_t{1} << 42;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return std::bit_cast<double>(value > 0 ? bits + unit : bits - unit);
}

}  // namespace plimsoll
