// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <limits>
#include <type_traits>

#include "plimsoll/core/label.hpp"
#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// The line: a score is anomalous unless it is below the cutoff, `!(score < value)`. So a score equal to the
/// cutoff is anomalous, and so is NaN. The comparison is made in double, which holds every float and half
/// exactly: the decision on a number is the same in whatever type it comes. Eight bytes, no allocation, noexcept.
class Cutoff {
 public:
  /// +inf: no finite score is anomalous. What a Fit without an answer carries.
  constexpr Cutoff() noexcept = default;

  /// In the scores' own unit. NaN makes every score anomalous.
  constexpr explicit Cutoff(double value) noexcept : value_{value} {}

  /// In the scores' own unit; +inf, NaN and -inf are possible.
  [[nodiscard]] constexpr double value() const noexcept { return value_; }

  /// Whether the score is anomalous.
  template <ScoreValue T>
  [[nodiscard]] constexpr bool operator()(T score) const noexcept {
    return !(static_cast<double>(score) < value_);
  }

  /// The same decision as a Label.
  template <ScoreValue T>
  [[nodiscard]] constexpr Label label(T score) const noexcept {
    return (*this)(score) ? Label::anomalous : Label::normal;
  }

  /// The same line for scores of type T: the smallest T not below value(), so that `!(score < as<T>())` decides
  /// as the cutoff does for every T. For loops that stay in float. +inf when value() is above every finite T.
  template <ScoreValue T>
  requires(!std::same_as<T, double>) [[nodiscard]] constexpr T as() const noexcept {
    const T nearest = static_cast<T>(value_);  // to nearest; overflows to +-inf
    if (!(static_cast<double>(nearest) < value_)) return nearest;
    // Rounded down, to -inf when value_ is below every finite T.
    return static_cast<T>(next_above(static_cast<double>(nearest), score_type_of<T>));
  }
  /// The same as value(): for loops that are written for any type.
  template <std::same_as<double> T>
  [[nodiscard]] constexpr double as() const noexcept {
    return value_;
  }

  friend constexpr bool operator==(Cutoff, Cutoff) noexcept = default;

 private:
  double value_ = std::numeric_limits<double>::infinity();
};

static_assert(sizeof(Cutoff) == 8 && std::is_trivially_copyable_v<Cutoff>);

}  // namespace plimsoll
