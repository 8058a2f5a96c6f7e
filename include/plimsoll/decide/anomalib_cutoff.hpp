// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

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
  // Floats in their order, by number: 0 is 0, 1 the least above it, -1 the largest below it.
  const auto number = [](std::int32_t place) {
    return place < 0 ? -std::bit_cast<float>(-place) : std::bit_cast<float>(place);
  };
  constexpr auto infinity = std::bit_cast<std::int32_t>(std::numeric_limits<float>::infinity());
  // Each operation of the formula is rounded to nearest, which does not change an order, so a search by halves finds
  // the first float above the line.
  std::int32_t below = -infinity;
  std::int32_t above = infinity;
  while (static_cast<std::int64_t>(above) - below > 1) {
    const auto middle = static_cast<std::int32_t>((static_cast<std::int64_t>(above) + below) / 2);
    (anomalib_normalised(number(middle), threshold, minimum, maximum) > line ? above : below) = middle;
  }
  return Cutoff{static_cast<double>(number(above))};
}

}  // namespace plimsoll
