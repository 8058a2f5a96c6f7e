// SPDX-License-Identifier: Apache-2.0
// anomalib's decisions by a cutoff on raw scores.
#include "plimsoll/decide/anomalib_cutoff.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>

#include "catch.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "random.hpp"

namespace {

using plimsoll::anomalib_cutoff;
using plimsoll::Cutoff;
using plimsoll::stats::from_ordered_bits;
using plimsoll::stats::ordered_bits;
using plimsoll::test::Random;

/// What anomalib 2 does with tensors of floats.
bool anomalib_flags(float score, float threshold, float minimum, float maximum, double sensitivity) {
  const float difference = score - threshold;
  const float quotient = difference / (maximum - minimum);
  const float shifted = quotient + 0.5F;
  const float clamped = std::fmin(std::fmax(shifted, 0.0F), 1.0F);
  return !std::isnan(shifted) && clamped > 1.0F - static_cast<float>(sensitivity);
}

TEST_CASE("the cutoff decides as anomalib, float by float") {
  Random random(1);
  std::size_t inside = 0;
  for (int repetition = 0; repetition < 400; ++repetition) {
    const double unit = std::exp2(std::floor(random.normal() * 20));
    const auto minimum = static_cast<float>(random.normal() * unit);
    const auto maximum = static_cast<float>(minimum + (repetition % 10 == 0 ? 0 : random.exponential() * unit));
    const auto threshold = static_cast<float>(random.normal() * unit);
    const double sensitivity = repetition % 3 == 0 ? 0.5 : repetition % 7 == 0 ? 1 : random.uniform();
    const Cutoff cutoff = anomalib_cutoff(threshold, minimum, maximum, sensitivity);
    const auto agrees = [&](float score) {
      return cutoff(score) == anomalib_flags(score, threshold, minimum, maximum, sensitivity);
    };
    std::size_t wrong = 0;
    const auto middle = ordered_bits(static_cast<float>(cutoff.value()));
    for (std::uint32_t bits = middle - 2000; bits != middle + 2000; ++bits) {
      const auto score = from_ordered_bits<float>(bits);
      if (std::isfinite(score)) wrong += !agrees(score);
    }
    for (int i = 0; i < 500; ++i) wrong += !agrees(static_cast<float>(random.normal() * unit));
    CHECK(wrong == 0);
    inside += std::isfinite(cutoff.value());
  }
  CHECK(inside > 300);
}

TEST_CASE("the threshold is the cutoff's inverse, and where there is none, none does") {
  Random random(2);
  int found = 0;
  int missing = 0;
  for (int repetition = 0; repetition < 300; ++repetition) {
    const double unit = std::exp2(std::floor(random.normal() * 10));
    const Cutoff cutoff{random.normal() * unit * (repetition % 10 == 0 ? 1e-9 : 1)};
    const auto minimum = static_cast<float>(random.normal() * unit);
    const auto maximum = static_cast<float>(minimum + (0.1 + random.exponential()) * unit);
    const auto line = cutoff.as<float>();
    const auto threshold = plimsoll::anomalib_threshold(cutoff, minimum, maximum);
    const auto draws_it = [&](float candidate) {
      return anomalib_flags(line, candidate, minimum, maximum, 0.5) &&
             !anomalib_flags(std::nextafter(line, -1e38F), candidate, minimum, maximum, 0.5);
    };
    if (threshold) {
      ++found;
      CHECK(draws_it(*threshold));
      continue;
    }
    ++missing;
    // All thresholds near the only place where one could be; those below it flag more, those above it less.
    const auto middle = ordered_bits(static_cast<float>(static_cast<double>(line) - (maximum - minimum) * 0x1p-25));
    bool any = false;
    for (std::uint32_t bits = middle - 3000; bits != middle + 3000; ++bits) {
      any = any || draws_it(from_ordered_bits<float>(bits));
    }
    CHECK(anomalib_flags(std::nextafter(line, -1e38F), from_ordered_bits<float>(middle - 3000), minimum, maximum, 0.5));
    CHECK_FALSE(anomalib_flags(line, from_ordered_bits<float>(middle + 3000), minimum, maximum, 0.5));
    CHECK_FALSE(any);
  }
  CHECK(found > 200);
  CHECK(missing > 20);

  constexpr float largest = std::numeric_limits<float>::max();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{infinity}, 0, 1));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{-infinity}, 0, 1));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{std::nan("")}, 0, 1));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{1}, 1, 1));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{1}, 2, 1));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{1}, std::nanf(""), 1));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{1}, -largest, largest));
  CHECK_FALSE(plimsoll::anomalib_threshold(Cutoff{0}, 0, 1));
  // The floats below 4 are 2^-22 apart, which is 2^-25 of the range: a tie, that is not flagged. So two of them.
  CHECK(plimsoll::anomalib_threshold(Cutoff{4}, 0, 8) == 4 - 0x1p-21F);
}

TEST_CASE("the cutoff by hand") {
  // Scores 0 to 10, threshold 4: at the default the first float whose tenth survives the addition of 1/2, half a unit
  // in its last place, 2^-25: 4 + 10 * 2^-25 rounds to 4, so the next float, 4 + 2^-21.
  CHECK(anomalib_cutoff(4, 0, 10).value() == 4 + 0x1p-21);
  // Sensitivity .75 flags above .25: 4 - 2.5 as the tie is exact, so the next float.
  CHECK(anomalib_cutoff(4, 0, 10, 0.75).value() == Approx(1.5).epsilon(1e-6));
  CHECK(anomalib_cutoff(4, 0, 10, 0.75).value() > 1.5);
  CHECK(anomalib_cutoff(4, 0, 10, 0.25).value() == Approx(6.5).epsilon(1e-6));
  // Nothing is above 1. Above 0 is what is less than half of the range below the threshold.
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(anomalib_cutoff(4, 0, 10, 0).value() == infinity);
  CHECK(anomalib_cutoff(4, 0, 10, 1).value() == Approx(-1).epsilon(1e-6));
  CHECK(anomalib_cutoff(4, 0, 10, 2).value() == -static_cast<double>(std::numeric_limits<float>::max()));
  // Without a range what is above the threshold is 1, and what is at it is no number.
  CHECK(anomalib_cutoff(4, 3, 3).value() == static_cast<double>(std::nextafter(4.0F, 5.0F)));
  CHECK(anomalib_cutoff(std::numeric_limits<float>::quiet_NaN(), 0, 10).value() == infinity);
  static_assert(anomalib_cutoff(4, 0, 10)(4.5F));
  static_assert(!anomalib_cutoff(4, 0, 10)(4.0F));
  static_assert(plimsoll::anomalib_normalised_threshold(0.5) == 0.5F);
  static_assert(plimsoll::anomalib_normalised(6.5F, 4, 0, 10) == 0.75F);
}

}  // namespace
