// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>

#include "plimsoll/core/cutoff.hpp"

namespace plimsoll {

/// The threshold that anomalib (2.0 and later, PostProcessor) compares normalised scores with, 1 - sensitivity, in
/// float as there. Its default sensitivity is .5; 1 flags nearly all, 0 nothing.
[[nodiscard]] constexpr float anomalib_normalised_threshold(double sensitivity) noexcept {
  return 1 - static_cast<float>(sensitivity);
}

/// A score as anomalib normalises it by its min-max rule, clamp((score - threshold) / (maximum - minimum) + 1/2, 0, 1),
/// in float as there.
[[nodiscard]] constexpr float anomalib_normalised(float score, float threshold, float minimum, float maximum) noexcept {
  const float normalised = (score - threshold) / (maximum - minimum) + 0.5F;
  return normalised < 0 ? 0.0F : normalised > 1 ? 1.0F : normalised;
}

namespace detail {

/// The least float for which the predicate holds, which it does for all floats above one for which it does; +inf when
/// it holds for no finite one.
template <typename Predicate>
[[nodiscard]] constexpr float least_float(const Predicate& holds) noexcept {
  // Floats in their order, by number: 0 is 0, 1 the least above it, -1 the largest below it.
  const auto number = [](std::int32_t place) {
    return place < 0 ? -std::bit_cast<float>(-place) : std::bit_cast<float>(place);
  };
  constexpr auto infinity = std::bit_cast<std::int32_t>(std::numeric_limits<float>::infinity());
  std::int32_t below = -infinity;
  std::int32_t above = infinity;
  while (static_cast<std::int64_t>(above) - below > 1) {
    const auto middle = static_cast<std::int32_t>((static_cast<std::int64_t>(above) + below) / 2);
    (holds(number(middle)) ? above : below) = middle;
  }
  return number(above);
}

}  // namespace detail

/// The cutoff on raw scores that decides every finite float as anomalib does with this threshold, range and
/// sensitivity, all finite, minimum <= maximum: the least float whose normalised score is above
/// anomalib_normalised_threshold(sensitivity) ("above": anomalib 2 does not flag a tie); +inf when none is. Only NaN is
/// decided otherwise: anomalous here, normal there. anomalib's exported models may fold the sensitivity into the
/// threshold first, and can then differ in the last digits.
///
/// For the metadata.json of anomalib before 2.0 this is not needed: it compares raw scores with >=, as a Cutoff does.
[[nodiscard]] constexpr Cutoff anomalib_cutoff(float threshold, float minimum, float maximum,
                                               double sensitivity = 0.5) noexcept {
  const float line = anomalib_normalised_threshold(sensitivity);
  // Each operation of the formula is rounded to nearest, which does not change an order.
  return Cutoff{static_cast<double>(detail::least_float(
      [=](float score) { return anomalib_normalised(score, threshold, minimum, maximum) > line; }))};
}

/// The inverse: the threshold with which anomalib 2, at its default sensitivity of .5 and with this range, minimum <
/// maximum, decides every finite float as the cutoff does. It lies below the cutoff, as a tie is not flagged, by at
/// least a float and by about 2^-25 of the range. Nothing when there is none: for a cutoff or a range that is not a
/// finite float, and where the floats at the cutoff are closer than anomalib's arithmetic tells apart, as at 0.
[[nodiscard]] constexpr std::optional<float> anomalib_threshold(Cutoff cutoff, float minimum, float maximum) noexcept {
  const auto line = static_cast<double>(cutoff.as<float>());
  const auto flags_from = [=](float threshold) { return anomalib_cutoff(threshold, minimum, maximum).value(); };
  const float threshold = detail::least_float([&](float candidate) { return flags_from(candidate) >= line; });
  constexpr float largest = std::numeric_limits<float>::max();
  const bool finite = threshold <= largest && line <= static_cast<double>(largest) && minimum < maximum;
  if (!finite || flags_from(threshold) != line) return std::nullopt;
  return threshold;
}

}  // namespace plimsoll
