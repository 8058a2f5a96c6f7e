// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>

#include "plimsoll/core/config.hpp"

namespace plimsoll {

/// The floating-point type that scores were computed in, narrow to wide.
enum class ScoreType : std::uint8_t { float16, float32, float64 };

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

/// The smallest number of the given type above `value`, which must be a number of that type: +inf above the
/// largest finite one, the lowest finite one above -inf. This is the cutoff that lets `value` itself pass: `score >=
/// next_above(v)` is `score > v`.
[[nodiscard]] inline double next_above(double value, ScoreType type) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (type) {
    case ScoreType::float64: return std::nextafter(value, infinity);
    case ScoreType::float32:
      return static_cast<double>(std::nextafter(static_cast<float>(value), static_cast<float>(infinity)));
    default: break;
  }
  // binary16: 10 bits after the point, smallest normal 2^-14, largest 65504 (IEEE 754-2019, table 3.5).
  constexpr double largest = 65504.0;
  if (value >= largest) return infinity;
  if (value < -largest) return -largest;
  constexpr int least_exponent = -14;
  int exponent = least_exponent;
  if (value != 0.0) {
    int above = 0;  // |value| = fraction * 2^above, fraction in [1/2, 1)
    const double fraction = std::frexp(value, &above);
    // From a negative power of two the next number up lies in the finer binade below it.
    exponent = std::max(least_exponent, fraction == -0.5 ? above - 2 : above - 1);
  }
  return value + std::ldexp(1.0, exponent - 10);
}

}  // namespace plimsoll
