// SPDX-License-Identifier: Apache-2.0
// Scores in [0, 1]: on which side of 1/2 they fall must be the decision, for every number.
#include "plimsoll/decide/normalisation.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "random.hpp"

namespace {

using plimsoll::Cutoff;
using plimsoll::FalseAlarmCurve;
using plimsoll::Normalisation;
using plimsoll::NormalisationKind;
using plimsoll::stats::from_ordered_bits;
using plimsoll::stats::ordered_bits;
using plimsoll::test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// What a generated header holds.
constexpr FalseAlarmCurve exponential{.knots = {{{0.5, 0.25}, {0.05, 2.5}, {0.05 / 4, 4.0}, {0.001, 7.0}}}, .count = 4};
constexpr Normalisation min_max{.kind = NormalisationKind::min_max, .minimum = -0.75, .maximum = 8.5};
constexpr Normalisation z_score{.kind = NormalisationKind::z_score, .deviation = 1.375};
constexpr Normalisation tail{.kind = NormalisationKind::tail};
constexpr Normalisation narrow{.kind = NormalisationKind::min_max, .minimum = 1, .maximum = 1 + 1e-9};
constexpr Normalisation wide{.kind = NormalisationKind::z_score, .deviation = 1e30};
constexpr Normalisation no_range{.kind = NormalisationKind::min_max, .minimum = 2, .maximum = 2};
constexpr Normalisation all[]{min_max, z_score, tail, narrow, wide, no_range};
static_assert(std::is_trivially_copyable_v<Normalisation>);

/// Whether the result says what the cutoff says, and is in [0, 1], or NaN where it must be.
template <typename Result, typename T>
bool agrees(Result result, T score, Cutoff cutoff) {
  const auto value = static_cast<double>(result);
  if (score != score || cutoff.value() != cutoff.value()) return value != value && cutoff(score);
  return value >= 0 && value <= 1 && !(value < 0.5) == cutoff(score);
}

#if PLIMSOLL_HAS_HALF
using HalfOrFloat = plimsoll::Half;
#else
using HalfOrFloat = float;
#endif

/// Of the 16 bits of an IEEE 754 binary16.
float half_value(unsigned bits) {
  const unsigned exponent = bits >> 10 & 31;
  const auto fraction = static_cast<float>(bits & 1023);
  const float size = exponent == 31  ? ((bits & 1023) != 0 ? std::numeric_limits<float>::quiet_NaN() : HUGE_VALF)
                     : exponent == 0 ? std::ldexp(fraction, -24)
                                     : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

TEST_CASE("every half is decided alike before and after normalising") {
  std::vector<HalfOrFloat> halves;
  for (unsigned bits = 0; bits < 65536; ++bits) halves.push_back(static_cast<HalfOrFloat>(half_value(bits)));
  for (const double line : {2.5, 0.0, -0.0, 0.333, 2.5 + 1e-9, 2.5 - 1e-9, 65504.0, 65519.0, 1e10, -1e10, 0x1p-24, 3e-8,
                            5e-324, -3.75, 1024.5, infinity, -infinity, nan}) {
    const Cutoff cutoff{line};
    for (const Normalisation& normalise : all) {
      std::size_t wrong = 0;
      for (const HalfOrFloat score : halves) wrong += !agrees(normalise(score, cutoff, exponential), score, cutoff);
      INFO("cutoff " << line << ", " << to_string(normalise.kind));
      CHECK(wrong == 0);
    }
  }
}

/// All floats within so many places of the line, and how many of them go wrong or fall.
void check_around(const Normalisation& normalise, double line, std::uint32_t places) {
  const Cutoff cutoff{line};
  const auto middle = ordered_bits(static_cast<float>(line));
  std::size_t wrong = 0;
  std::size_t falls = 0;
  float last = 0;
  for (std::uint32_t bits = middle - places; bits != middle + places; ++bits) {
    const auto score = from_ordered_bits<float>(bits);
    const float result = normalise(score, cutoff, exponential);
    wrong += !agrees(result, score, cutoff);
    falls += result < last;
    last = result;
  }
  INFO("cutoff " << line << ", " << to_string(normalise.kind));
  CHECK(wrong == 0);
  CHECK(falls == 0);
}

TEST_CASE("floats around the cutoff are decided alike, and do not fall") {
  for (const Normalisation& normalise : {min_max, z_score, tail}) check_around(normalise, 2.3, 1U << 20);
  for (const Normalisation& normalise : all) {
    for (const double line : {2.5, 2.5 + 1e-12, 2.5 - 1e-12, -4.1, 3.9999, 0.0, 1e-40, 1e30, 1e-3}) {
      check_around(normalise, line, 1U << 14);
    }
  }
}

template <typename T>
void check_random(std::uint64_t seed) {
  Random random(seed);
  const auto any = [&] {
    using Bits = plimsoll::stats::BitsOf<T>;
    const auto low = static_cast<Bits>(random.uniform() * 0x1p32);
    if constexpr (sizeof(T) == 4) return std::bit_cast<T>(low);
    return std::bit_cast<T>(static_cast<Bits>(static_cast<Bits>(random.uniform() * 0x1p32) << (sizeof(T) * 4) | low));
  };
  std::size_t wrong = 0;
  for (int i = 0; i < 40000; ++i) {
    const T score = any();
    // Its own cutoff, one beside it, and one anywhere.
    const auto own = static_cast<double>(score);
    for (const double line : {own, std::nextafter(own, infinity), std::nextafter(own, -infinity),
                              static_cast<double>(any()), random.normal()}) {
      Normalisation normalise{static_cast<NormalisationKind>(random.below(3)), static_cast<double>(any()),
                              static_cast<double>(any()), std::abs(static_cast<double>(any()))};
      if (i % 2 == 0) normalise = all[random.below(6)];
      wrong += !agrees(normalise(score, Cutoff{line}, exponential), score, Cutoff{line});
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("any bits as score, cutoff and units are decided alike") {
  check_random<float>(3);
  check_random<double>(4);
}

TEST_CASE("doubles beside the cutoff are decided alike, also as floats") {
  std::vector<double> scores;
  const double line = 2.3;
  for (double below = line, above = line; scores.size() < 4000;) {
    scores.push_back(below = std::nextafter(below, -infinity));
    scores.push_back(above);
    above = std::nextafter(above, infinity);
  }
  std::ranges::sort(scores);
  const Cutoff cutoff{line};
  std::vector<float> results(scores.size());
  for (const Normalisation& normalise : all) {
    normalise(scores, cutoff, results, exponential);
    std::size_t wrong = 0;
    double last = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double result = normalise(scores[i], cutoff, exponential);
      // Two units in the last place, for std::erfc and std::exp.
      wrong += !agrees(result, scores[i], cutoff) || !agrees(results[i], scores[i], cutoff) || result < last - 0x1p-52;
      last = result;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("results do not fall from one end of the floats to the other") {
  for (const Normalisation& normalise : all) {
    for (const double line : {2.5, -1e-3, 1e20}) {
      float last = -1;
      std::size_t falls = 0;
      for (std::uint64_t bits = ordered_bits(-HUGE_VALF); bits <= ordered_bits(HUGE_VALF); bits += 40009) {
        const float result =
            normalise(from_ordered_bits<float>(static_cast<std::uint32_t>(bits)), Cutoff{line}, exponential);
        falls += !(result >= last);
        last = result;
      }
      CHECK(falls == 0);
    }
  }
}

TEST_CASE("min_max is anomalib's formula") {
  Random random(5);
  const auto formula = [](long double s, long double line, long double minimum, long double maximum) {
    return std::clamp((s - line) / (maximum - minimum) + 0.5L, 0.0L, 1.0L);
  };
  for (int i = 0; i < 200000; ++i) {
    const double minimum = random.normal();
    const double maximum = minimum + random.exponential();
    const double line = minimum + (maximum - minimum) * random.uniform();
    const Normalisation normalise{.minimum = minimum, .maximum = maximum};
    const auto score = static_cast<float>(line + random.normal());
    const double as_double = normalise(static_cast<double>(score), Cutoff{line});
    const float as_float = normalise(score, Cutoff{line});
    const long double exact = formula(score, line, minimum, maximum);
    // Three roundings of numbers up to 2 where the clamp does not act: each at most 2^-53.
    if (std::abs(as_double - exact) > 3 * 0x1p-53L) FAIL(score << " " << line << " " << minimum << " " << maximum);
    const auto ulp = static_cast<long double>(std::nextafter(as_float, 2.0F) - as_float);
    if (std::abs(as_float - exact) > ulp + 3 * 0x1p-53L) FAIL(score << " " << line << " as a float");
  }
  // By hand: the cutoff is 1/2, and half of the range away are the ends.
  const Normalisation tenth{.minimum = 10, .maximum = 20};
  CHECK(tenth(15.0, Cutoff{12}) == 0.8);
  CHECK(tenth(12.0, Cutoff{12}) == 0.5);
  CHECK(tenth(7.0, Cutoff{12}) == 0);
  CHECK(tenth(6.0, Cutoff{12}) == 0);
  CHECK(tenth(17.0F, Cutoff{12}) == 1);
  CHECK(tenth(18.0F, Cutoff{12}) == 1);
}

TEST_CASE("z_score is the normal distribution function") {
  // scipy.stats.norm.cdf
  const Normalisation standard{.kind = NormalisationKind::z_score, .deviation = 1};
  const struct {
    double z;
    double probability;
  } table[]{
      {-37.0, 5.7255712225239266e-300}, {-8.0, 6.22096057427174e-16}, {-5.0, 2.866515718791933e-07},
      {-2.5, 0.006209665325776132},     {-1.0, 0.15865525393145707},  {-0.125, 0.4502617751698871},
      {-1e-09, 0.49999999960105773},    {1e-09, 0.5000000003989423},  {0.5, 0.6914624612740131},
      {1.0, 0.8413447460685429},        {1.959963984540054, 0.975},   {3.0, 0.9986501019683699},
      {6.0, 0.9999999990134123},        {8.0, 0.9999999999999993},    {9.0, 1.0},
  };
  for (const auto& [z, probability] : table) {
    // Both sides have errors of some units in the last place, and the lower tail magnifies that of z by z^2.
    CHECK(standard(z, Cutoff{0}) == Approx(probability).epsilon(1e-15 * (4 + z * z)).margin(0));
    CHECK(standard(static_cast<float>(z), Cutoff{0}) == Approx(probability).epsilon(1e-6 * (1 + z * z)).margin(1e-45));
  }
  CHECK(Normalisation{.kind = NormalisationKind::z_score, .deviation = 0.3}(3.25, Cutoff{2.5}) ==
        Approx(0.9937903346742238).epsilon(1e-14));  // norm.cdf(3.25, 2.5, 0.3)
  CHECK(Normalisation{.kind = NormalisationKind::z_score, .deviation = 4.0}(-7.5, Cutoff{10.0}) ==
        Approx(6.071623911330599e-06).epsilon(1e-14));  // norm.cdf(-7.5, 10, 4.0)
  CHECK(Normalisation{.kind = NormalisationKind::z_score, .deviation = 1e+299}(1e+300, Cutoff{5e+299}) ==
        Approx(0.9999997133484281).epsilon(1e-14));  // norm.cdf(1e+300, 5e+299, 1e+299)
  CHECK(Normalisation{.kind = NormalisationKind::z_score, .deviation = 8}(101.0, Cutoff{100.0}) ==
        Approx(0.5497382248301129).epsilon(1e-14));  // norm.cdf(101, 100, 8)
}

TEST_CASE("tail compares false-alarm rates") {
  // By the table's knots: the rate at the cutoff 2.5 is .05.
  const Cutoff cutoff{2.5};
  CHECK(tail(2.5, cutoff, exponential) == 0.5);
  CHECK(tail(4.0, cutoff, exponential) == Approx(0.8).epsilon(1e-15));           // .05 / (.05 + .0125)
  CHECK(tail(0.25, cutoff, exponential) == Approx(0.05 / 0.55).epsilon(1e-15));  // .05 / (.05 + .5)
  CHECK(tail(7.0, cutoff, exponential) == Approx(0.05 / 0.051).epsilon(1e-15));
  CHECK(tail(3.25, cutoff, exponential) == Approx(2.0 / 3).epsilon(1e-15));   // the geometric mean: rate .025
  CHECK(tail(100.0, cutoff, exponential) == tail(7.0, cutoff, exponential));  // the table ends
  CHECK(tail(-100.0, cutoff, exponential) == tail(0.25, cutoff, exponential));
  CHECK(tail(infinity, cutoff, exponential) == 1);
  CHECK(tail(-infinity, cutoff, exponential) == 0);
}

TEST_CASE("without a unit to measure by, normalising is a step") {
  const auto check_step = [](const Normalisation& normalise, double line) {
    INFO(to_string(normalise.kind) << ", cutoff " << line);
    CHECK(normalise(line, Cutoff{line}) == 0.5);
    CHECK(normalise(std::nextafter(line, -infinity), Cutoff{line}) == (line == -infinity ? 0.5 : 0.0));
    CHECK(normalise(std::nextafter(line, infinity), Cutoff{line}) == (line == infinity ? 0.5 : 1.0));
  };
  const double largest = std::numeric_limits<double>::max();
  for (const double line : {0.0, 3.0, -1e300, largest, infinity, -infinity}) {
    check_step(no_range, line);
    check_step({.minimum = 3, .maximum = 2}, line);
    check_step({.minimum = nan, .maximum = 2}, line);
    check_step({.minimum = -infinity, .maximum = 2}, line);
    check_step({.minimum = 2, .maximum = infinity}, line);
    check_step({.minimum = -largest, .maximum = largest}, line);
    check_step({.kind = NormalisationKind::tail}, line);
    for (const double deviation : {0.0, -1.0, nan, infinity}) {
      check_step({.kind = NormalisationKind::z_score, .deviation = deviation}, line);
    }
  }
  for (const Normalisation& normalise : all) {
    check_step(normalise, infinity);
    check_step(normalise, -infinity);
    for (const double score : {1.0, infinity, -infinity, nan}) {
      CHECK(std::isnan(normalise(score, Cutoff{nan}, exponential)));
    }
    CHECK(std::isnan(normalise(std::numeric_limits<float>::quiet_NaN(), Cutoff{1}, exponential)));
  }
  // A cutoff of +inf is what a fit without an answer has: all finite scores are normal.
  CHECK(min_max(1e300, Cutoff{}) == 0);
  // The least number as the unit.
  CHECK(Normalisation{.minimum = 0, .maximum = 5e-324}(1.0, Cutoff{0.5}) == 1);
  CHECK(Normalisation{.minimum = 0, .maximum = 1e-323}(5e-324, Cutoff{0}) == 1);  // 1/2 of the range above it
}

TEST_CASE("a batch is normalised as its scores are") {
  Random random(6);
  std::vector<float> floats(1001);
  std::ranges::generate(floats, [&] { return static_cast<float>(3 * random.normal()); });
  floats[17] = std::numeric_limits<float>::quiet_NaN();
  floats[18] = HUGE_VALF;
  const std::vector<double> doubles(floats.begin(), floats.end());
  std::vector<float> results(floats.size() + 1, -1.0F);
  for (const Normalisation& normalise : all) {
    normalise(floats, Cutoff{2.25}, results, exponential);
    const auto same = [](float a, float b) { return a == b || (a != a && b != b); };
    for (std::size_t i = 0; i < floats.size(); ++i) {
      if (!same(results[i], normalise(floats[i], Cutoff{2.25}, exponential))) FAIL(i);
    }
    CHECK(results.back() == -1);
    std::vector<float> from_doubles(doubles.size());
    normalise(doubles, Cutoff{2.25}, from_doubles, exponential);
    CHECK(std::equal(from_doubles.begin(), from_doubles.end(), results.begin(), same));
    // Where the scores are, and decided by what they were.
    std::vector<float> in_place = floats;
    std::vector<plimsoll::Label> labels(floats.size());
    normalise(in_place, Cutoff{2.25}, in_place, labels, exponential);
    CHECK(std::equal(in_place.begin(), in_place.end(), results.begin(), same));
    for (std::size_t i = 0; i < floats.size(); ++i) {
      if (labels[i] != Cutoff{2.25}.label(floats[i])) FAIL(i);
    }
  }
}

TEST_CASE("a float far from 0 is normalised as exactly as one near it") {
  // The line is no float: 2^23 + 0.25 lies between two, which are 1 apart.
  const Cutoff line{0x1p23 + 0.25};
  const Normalisation normalise{.minimum = 0x1p23 - 8, .maximum = 0x1p23 + 8};
  for (int i = -7; i < 8; ++i) {
    CHECK(normalise(0x1p23F + static_cast<float>(i), line) == (static_cast<float>(i) - 0.25F) / 16 + 0.5F);  // exact
  }
}

}  // namespace
