// SPDX-License-Identifier: Apache-2.0
// The cutoff's rule, score types, and deciding in bulk.
#include <Eigen/Core>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/score_direction.hpp"
#include "plimsoll/decide/decide.hpp"
#include "random.hpp"

namespace {

using plimsoll::Cutoff;
using plimsoll::Label;
using plimsoll::ScoreDirection;
using plimsoll::ScoreType;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The rule, at compile time.
static_assert(Cutoff{2.0}(2.0));
static_assert(Cutoff{2.0}(2.0F));
static_assert(Cutoff{2.0}(3.0));
static_assert(!Cutoff{2.0}(1.0));
static_assert(Cutoff{2.0}(nan));
static_assert(Cutoff{2.0}(std::numeric_limits<float>::quiet_NaN()));
static_assert(Cutoff{2.0}(infinity));
static_assert(!Cutoff{2.0}(-infinity));
static_assert(Cutoff{}(infinity) && Cutoff{}(nan) && !Cutoff{}(std::numeric_limits<double>::max()));
static_assert(Cutoff{nan}(0.0));
static_assert(Cutoff{0.0}(-0.0) && Cutoff{-0.0}(0.0));
static_assert(Cutoff{2.0}.label(2.0) == Label::anomalous && Cutoff{2.0}.label(1.0) == Label::normal);
static_assert(noexcept(Cutoff{2.0}(1.0F)));

static_assert(to_string(ScoreDirection::higher_is_anomalous) == "higher_is_anomalous");
static_assert(to_string(ScoreDirection::lower_is_anomalous) == "lower_is_anomalous");
static_assert(directed(2.0F, ScoreDirection::higher_is_anomalous) == 2.0F);
static_assert(directed(2.0F, ScoreDirection::lower_is_anomalous) == -2.0F);

/// All finite halves in ascending order, -0 left out, by Eigen's conversion, which knows nothing of plimsoll.
std::vector<double> all_halves() {
  std::vector<double> halves;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = Eigen::numext::bit_cast<Eigen::half>(static_cast<std::uint16_t>(bits));
    const double value = static_cast<double>(static_cast<float>(half));
    if (std::isfinite(value) && bits != 0x8000) halves.push_back(value);
  }
  std::sort(halves.begin(), halves.end());
  return halves;
}

TEST_CASE("next_above gives the next number of each type") {
  SECTION("every half") {
    const std::vector<double> halves = all_halves();
    REQUIRE(halves.size() == 63487);  // 2 * 31 * 1024 finite bit patterns less one zero
    for (std::size_t i = 0; i + 1 < halves.size(); ++i) {
      if (plimsoll::next_above(halves[i], ScoreType::float16) != halves[i + 1]) FAIL("after the half " << halves[i]);
    }
    CHECK(plimsoll::next_above(65504.0, ScoreType::float16) == infinity);
    CHECK(plimsoll::next_above(-infinity, ScoreType::float16) == -65504.0);
    CHECK(plimsoll::next_above(-0.0, ScoreType::float16) == 0x1p-24);
  }
  SECTION("floats and doubles, by their bits") {
    plimsoll::test::Random random(1);
    for (int i = 0; i < 100000; ++i) {
      // The successor of a positive IEEE number has the next bit pattern.
      const auto bits = static_cast<std::uint32_t>(random.below(0x7f7fffff));
      const auto x = static_cast<double>(std::bit_cast<float>(bits));
      const auto next = static_cast<double>(std::bit_cast<float>(bits + 1));
      if (plimsoll::next_above(x, ScoreType::float32) != next) FAIL("after the float " << x);
      if (plimsoll::next_above(-next, ScoreType::float32) != -x) FAIL("after the float " << -next);
    }
    CHECK(plimsoll::next_above(1.0, ScoreType::float64) == 1.0 + 0x1p-52);
    CHECK(plimsoll::next_above(-1.0, ScoreType::float64) == -1.0 + 0x1p-53);
    CHECK(plimsoll::next_above(static_cast<double>(std::numeric_limits<float>::max()), ScoreType::float32) == infinity);
    for (const ScoreType type : {ScoreType::float16, ScoreType::float32, ScoreType::float64}) {
      CHECK(plimsoll::next_above(infinity, type) == infinity);
    }
    CHECK(plimsoll::next_above(-infinity, ScoreType::float64) == std::numeric_limits<double>::lowest());
  }
}

#if PLIMSOLL_HAS_HALF
TEST_CASE("a half is decided as the double of the same value, for every half") {
  for (const double line : {0.1, 1.0, 0x1p-24, 65504.0, -3.0, 70000.0, 0.0}) {
    const Cutoff cutoff{line};
    const auto half_line = cutoff.as<plimsoll::Half>();
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
      const auto half = std::bit_cast<plimsoll::Half>(static_cast<std::uint16_t>(bits));
      const bool expected = !(static_cast<double>(half) < line);
      if (cutoff(half) != expected || !(half < half_line) != expected) FAIL("bits " << bits << ", line " << line);
    }
  }
}
#endif

#if PLIMSOLL_HAS_HALF
TEST_CASE("every half is widened to the float of its value, as the compiler converts it") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = std::bit_cast<plimsoll::Half>(static_cast<std::uint16_t>(bits));
    const float expected = static_cast<float>(half);
    const float wide = plimsoll::detail::widened(half);
    const bool same = std::isnan(expected)
                          ? std::isnan(wide) && std::signbit(wide) == std::signbit(expected)
                          : std::bit_cast<std::uint32_t>(wide) == std::bit_cast<std::uint32_t>(expected);
    if (!same) FAIL("bits " << bits);
  }
}
#endif

TEST_CASE("a cutoff in float decides every float near it as the double does") {
  plimsoll::test::Random random(2);
  for (int i = 0; i < 20000; ++i) {
    const double line = (random.uniform() - 0.5) * std::exp(40 * (random.uniform() - 0.5));
    const Cutoff cutoff{line};
    const float as_float = cutoff.as<float>();
    float score = static_cast<float>(line);
    for (int step = 0; step < 3; ++step) score = std::nextafter(score, -std::numeric_limits<float>::infinity());
    for (int step = 0; step < 7; ++step, score = std::nextafter(score, std::numeric_limits<float>::infinity())) {
      const bool expected = !(static_cast<double>(score) < line);
      if (cutoff(score) != expected || !(score < as_float) != expected) FAIL("score " << score << ", line " << line);
    }
  }
  CHECK(Cutoff{1e300}.as<float>() == std::numeric_limits<float>::infinity());
  CHECK(Cutoff{-1e300}.as<float>() == std::numeric_limits<float>::lowest());
  CHECK(std::isnan(Cutoff{nan}.as<float>()));
  CHECK(Cutoff{}.as<float>() == std::numeric_limits<float>::infinity());
}

TEST_CASE("decide labels in bulk as the cutoff does one by one") {
  std::vector<float> scores{1.0F,
                            2.0F,
                            3.0F,
                            std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()};
  std::vector<Label> labels(scores.size());
  const Cutoff cutoff{2.0};
  plimsoll::decide(cutoff, scores, labels);
  using enum Label;
  CHECK(labels == std::vector{normal, anomalous, anomalous, anomalous, anomalous, normal});
  const std::vector<double> doubles(scores.begin(), scores.end());
  std::vector<Label> from_doubles(scores.size());
  plimsoll::decide(cutoff, doubles, from_doubles);
  CHECK(from_doubles == labels);
  // The first score counts as the others do, and no place beyond the scores is written.
  const std::vector<float> two{3.0F, 3.0F};
  std::vector<Label> three(3, normal);
  plimsoll::decide(cutoff, two, three);
  CHECK(three == std::vector{anomalous, anomalous, normal});
}

TEST_CASE("first_non_finite finds the first, wherever it is") {
  for (const std::size_t size : {1U, 5U, 1023U, 1024U, 1025U, 3000U}) {
    std::vector<float> scores(size, 1.0F);
    CHECK(plimsoll::first_non_finite(std::span<const float>(scores)) == size);
    for (const std::size_t place : {std::size_t{0}, size / 2, size - 1}) {
      for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
        std::vector<float> copy = scores;
        copy[place] = bad;
        copy[size - 1] = bad;
        CHECK(plimsoll::first_non_finite(std::span<const float>(copy)) == place);
      }
    }
  }
  CHECK(plimsoll::first_non_finite(std::span<const double>()) == 0);
}

TEST_CASE("what is said is no more than what is true") {
  using plimsoll::detail::percent;
  CHECK(percent(0.01, true) == "1");
  CHECK(percent(0.07, true) == "7");  // though 100 * 0.07 is 7.000000000000001
  CHECK(percent(0.014549, true) == "1.4549");
  CHECK(percent(0.9996, false) == "99.96");
  CHECK(percent(0.999999999, false) == "99.9");  // not 100
  CHECK(percent(1.0 / 58, true) == "1.73");      // 1.724...
  CHECK(percent(1.0 / 58, false) == "1.72");
  CHECK(percent(1.0 / 60, true) == "1.67");  // 1.666..., which rounds up by itself
  CHECK(percent(1.0 / 60, false) == "1.66");
  CHECK(percent(1.0 / 3, true) == "33.4");
  CHECK(percent(0.0999999999, true) == "10");
  CHECK(percent(1e-7, true) == "1e-05");
  CHECK(percent(0.123456, true) == "12.3456");   // seven characters are few enough to be exact
  CHECK(percent(1.23e-10, true) == "1.23e-08");  // eight are not, but three digits are
  CHECK(percent(1.23e-10, false) == "1.23e-08");
}

TEST_CASE("a promise reads as a sentence") {
  plimsoll::Promise promise;
  CHECK(to_string(promise) == "none");
  CHECK(promise.normals == 0);
  CHECK(promise.normals_needed == 0);
  promise = {plimsoll::Guarantee::distribution_free, 0.01, 0.95, 412};
  CHECK(to_string(promise) == "false alarms <= 1 % with 95 % confidence, distribution-free, 412 normals");
  promise.confidence = plimsoll::Promise::unset;
  promise.normals = 1;
  CHECK(fmt::format("{}", promise) == "false alarms <= 1 % on average, distribution-free, 1 normal");
  CHECK(fmt::format("{:>16}", plimsoll::FitStatus::too_few_scores) == "  too_few_scores");
}

}  // namespace
