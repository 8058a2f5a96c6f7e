// SPDX-License-Identifier: Apache-2.0
// Cutoffs at other false-alarm rates, from a table.
#include "plimsoll/decide/false_alarm_curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/thresholds/false_alarm_curve_of.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "random.hpp"

namespace {

using plimsoll::Cutoff;
using plimsoll::FalseAlarmCurve;
using plimsoll::ParameterMap;
using plimsoll::test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Of the exponential distribution with this location and scale, whose cutoffs are linear in the rate's logarithm.
FalseAlarmCurve exponential_curve(double location, double scale, std::size_t count) {
  FalseAlarmCurve curve;
  for (double rate = 0.5; curve.count < count; rate *= 0.61803) {
    curve.knots[curve.count++] = {rate, location - scale * std::log(rate)};
  }
  return curve;
}

TEST_CASE("a false-alarm curve gives its knots back to the bit") {
  Random random(1);
  for (std::size_t count = 1; count <= FalseAlarmCurve::capacity; ++count) {
    FalseAlarmCurve curve;
    double rate = 1;
    double cutoff = -1;
    for (; curve.count < count; ++curve.count) {
      rate *= 1 - random.uniform() / 2;
      cutoff += random.below(3) == 0 ? 0 : random.exponential();
      curve.knots[curve.count] = {rate, cutoff};
    }
    REQUIRE(curve.valid());
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(curve.cutoff_at(curve.knots[i].rate) == Cutoff{curve.knots[i].cutoff});
      // Of tied cutoffs the least rate.
      const bool last_of_ties = i + 1 == count || curve.knots[i + 1].cutoff > curve.knots[i].cutoff;
      if (last_of_ties) CHECK(curve.rate_of(curve.knots[i].cutoff) == curve.knots[i].rate);
    }
  }
}

TEST_CASE("between its knots a false-alarm curve is right about exponential tails") {
  Random random(2);
  const FalseAlarmCurve curve = exponential_curve(3, 0.7, 20);
  for (int i = 0; i < 10000; ++i) {
    const double rate = curve.knots[19].rate * std::pow(0.5 / curve.knots[19].rate, random.uniform());
    const double cutoff = 3 - 0.7 * std::log(rate);
    // Some roundings of logarithms of up to 10, times .7.
    CHECK(curve.cutoff_at(rate)->value() == Approx(cutoff).epsilon(0).margin(1e-14));
    CHECK(curve.rate_of(cutoff) == Approx(rate).epsilon(1e-13));
  }
}

TEST_CASE("a false-alarm curve neither falls nor leaves the range between its neighbours") {
  Random random(3);
  for (int repetition = 0; repetition < 50; ++repetition) {
    FalseAlarmCurve curve;
    const double unit = std::exp2(random.normal() * 300);
    double rate = 1;
    double cutoff = random.normal() * unit;
    for (; curve.count < 30; ++curve.count) {
      rate *= 1 - random.uniform() * random.uniform();
      if (random.below(4) != 0) cutoff += random.exponential() * unit * std::exp2(-40 * random.uniform());
      curve.knots[curve.count] = {rate, cutoff};
    }
    REQUIRE(curve.valid());
    std::vector<double> rates;
    std::vector<double> scores;
    for (int i = 0; i < 400; ++i) {
      rates.push_back(rate + (curve.knots[0].rate - rate) * random.uniform());
      const auto& knot = curve.knots[random.below(30)];
      scores.push_back(std::nextafter(knot.cutoff, random.below(2) == 0 ? -infinity : infinity));
      scores.push_back(curve.knots[0].cutoff + (cutoff - curve.knots[0].cutoff) * (2 * random.uniform() - 0.5));
      rates.push_back(std::nextafter(rates.back(), 0));
    }
    std::ranges::sort(rates);
    std::ranges::sort(scores);
    double last_cutoff = infinity;
    for (const double r : rates) {
      if (r < rate) continue;
      const double c = curve.cutoff_at(r)->value();
      if (!(c <= last_cutoff && c >= curve.knots[0].cutoff && c <= cutoff)) FAIL(r << " gives " << c);
      last_cutoff = c;
    }
    double last_rate = 1;
    for (const double s : scores) {
      const double r = curve.rate_of(s);
      // Up to the last digit of std::exp.
      if (!(r <= last_rate * (1 + 1e-15) && r >= rate && r <= curve.knots[0].rate)) FAIL(s << " has " << r);
      last_rate = r;
    }
  }
}

TEST_CASE("a false-alarm curve does not extrapolate") {
  const FalseAlarmCurve curve = exponential_curve(0, 1, 5);
  const double least = curve.knots[4].rate;
  for (const double rate :
       {0.5000001, 1.0, 2.0, std::nextafter(0.5, 1), std::nextafter(least, 0), 0.0, -0.1, nan, infinity, -infinity}) {
    CHECK_FALSE(curve.cutoff_at(rate).has_value());
  }
  CHECK(curve.cutoff_at(0.5).has_value());
  CHECK(curve.cutoff_at(least).has_value());
  CHECK(curve.rate_of(-1e300) == 0.5);
  CHECK(curve.rate_of(-infinity) == 0.5);
  CHECK(curve.rate_of(1e300) == least);
  CHECK(curve.rate_of(infinity) == least);
  CHECK(std::isnan(curve.rate_of(nan)));

  CHECK(plimsoll::no_curve.valid());
  CHECK_FALSE(plimsoll::no_curve.cutoff_at(0.05).has_value());
  CHECK(std::isnan(plimsoll::no_curve.rate_of(1.0)));
  constexpr FalseAlarmCurve single{.knots = {{{0.05, 2.0}}}, .count = 1};
  CHECK(single.cutoff_at(0.05) == Cutoff{2});
  CHECK_FALSE(single.cutoff_at(0.0500001).has_value());
  CHECK(single.rate_of(1.0F) == 0.05);
  CHECK(single.rate_of(3.0F) == 0.05);
}

TEST_CASE("a false-alarm curve takes the ends of the doubles") {
  const double largest = std::numeric_limits<double>::max();
  const FalseAlarmCurve wide{.knots = {{{0.5, -largest}, {0.005, largest}}}, .count = 2};
  CHECK(wide.cutoff_at(0.05)->value() == Approx(0).margin(largest * 1e-15));
  CHECK(wide.rate_of(0.0) == Approx(0.05).epsilon(1e-14));
  const FalseAlarmCurve tiny{.knots = {{{0.5, 0.0}, {5e-324, 5e-324}}}, .count = 2};
  REQUIRE(tiny.valid());
  CHECK(tiny.cutoff_at(1e-300)->value() == 5e-324);  // 93 % of the way
  CHECK(tiny.rate_of(0.0) == 0.5);
}

TEST_CASE("a false-alarm curve from outside is checked") {
  const auto with = [](std::vector<FalseAlarmCurve::Knot> knots) {
    FalseAlarmCurve curve;
    std::ranges::copy(knots, curve.knots.begin());
    curve.count = knots.size();
    return curve;
  };
  CHECK(with({{0.5, 1}, {0.1, 1}, {0.01, 2}}).valid());
  CHECK_FALSE(with({{0.5, 1}, {0.5, 2}}).valid());
  CHECK_FALSE(with({{0.1, 1}, {0.5, 2}}).valid());
  CHECK_FALSE(with({{0.5, 2}, {0.1, 1}}).valid());
  CHECK_FALSE(with({{1.0, 2}}).valid());
  CHECK_FALSE(with({{0.0, 2}}).valid());
  CHECK_FALSE(with({{nan, 2}}).valid());
  CHECK_FALSE(with({{0.5, nan}}).valid());
  CHECK_FALSE(with({{0.5, infinity}}).valid());
  CHECK_FALSE(with({{0.5, -infinity}}).valid());
  CHECK(with({{0.5, std::numeric_limits<double>::lowest()}, {0.1, std::numeric_limits<double>::max()}}).valid());
  FalseAlarmCurve crowded = exponential_curve(0, 1, 64);
  CHECK(crowded.valid());
  crowded.count = 65;
  CHECK_FALSE(crowded.valid());
}

std::vector<float> gamma_scores(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> scores(count);
  std::ranges::generate(scores, [&] { return static_cast<float>(random.exponential() + random.exponential()); });
  return scores;
}

TEST_CASE("the curve of a method has the cutoffs of its fits") {
  const std::vector<float> normals = gamma_scores(400, 4);
  for (const char* name : {"tail", "quantile", "gumbel", "gev"}) {
    const plimsoll::Method& method = plimsoll::find_method(name);
    const double own = 0.037;
    const FalseAlarmCurve curve = false_alarm_curve(method, {{"false_alarm_rate", own}}, normals);
    INFO(name);
    REQUIRE(curve.valid());
    REQUIRE(curve.count >= 20);
    CHECK(curve.knots[0].rate == 0.5);
    std::size_t raised = 0;
    for (std::size_t i = 0; i < curve.count; ++i) {
      auto threshold = method.make({{"false_alarm_rate", curve.knots[i].rate}});
      threshold.update(normals);
      const plimsoll::Fit fit = threshold.compute();
      REQUIRE(fit.ok());
      raised += fit.cutoff != Cutoff{curve.knots[i].cutoff};
    }
    CHECK(raised == 0);  // these methods' cutoffs do not fall as the rate does
    auto threshold = method.make({{"false_alarm_rate", own}});
    threshold.update(normals);
    CHECK(curve.cutoff_at(own) == threshold.compute().cutoff);
  }
}

TEST_CASE("the curve of a method ends where the method does") {
  const std::vector<float> normals = gamma_scores(100, 5);
  // The conformal rank of 100 scores promises 1/101, not less.
  const FalseAlarmCurve curve = false_alarm_curve(plimsoll::find_method("quantile"), {}, normals);
  REQUIRE(curve.count > 0);
  CHECK(curve.knots[curve.count - 1].rate >= 1.0 / 101);
  CHECK(curve.knots[curve.count - 1].rate < 1.0 / 101 * std::pow(10, 1.0 / 12));
  CHECK(curve.knots[curve.count - 1].cutoff > *std::ranges::max_element(normals));
  // The rates of spot are those below the share of scores in its tail, .02.
  const FalseAlarmCurve spot = false_alarm_curve(plimsoll::find_method("spot"), {}, gamma_scores(2000, 9));
  REQUIRE(spot.valid());
  REQUIRE(spot.count > 0);
  CHECK(spot.knots[0].rate < 0.02);
  CHECK(spot.cutoff_at(0.001).has_value());
  // Rates beyond the grid come with it when they are the method's own.
  const FalseAlarmCurve far = false_alarm_curve(plimsoll::find_method("gumbel"), {{"false_alarm_rate", 1e-9}}, normals);
  REQUIRE(far.valid());
  CHECK(far.count > 50);
  CHECK(far.knots[far.count - 1].rate == 1e-9);
  const FalseAlarmCurve near = false_alarm_curve(plimsoll::find_method("gumbel"), {{"false_alarm_rate", 0.9}}, normals);
  REQUIRE(near.valid());
  CHECK(near.knots[0].rate == 0.9);
  // Its own rate has no grid rate beside it that is the same but for rounding.
  const FalseAlarmCurve same =
      false_alarm_curve(plimsoll::find_method("gumbel"), {{"false_alarm_rate", 0.05}}, normals);
  CHECK(std::ranges::count_if(same.knots, [](const auto& knot) { return std::abs(knot.rate - 0.05) < 1e-6; }) == 1);
  CHECK(same.cutoff_at(0.05).has_value());
}

TEST_CASE("a method without a rate, or scores without a fit, have the empty curve") {
  const std::vector<float> normals = gamma_scores(100, 6);
  for (const char* name : {"maximum", "sigma", "mad", "manual"}) {
    const ParameterMap parameters = std::string(name) == "manual" ? ParameterMap{{"value", 1.0}} : ParameterMap{};
    CHECK(false_alarm_curve(plimsoll::find_method(name), parameters, normals).empty());
  }
  CHECK(false_alarm_curve(plimsoll::find_method("tail"), {}, std::vector<float>{1}).empty());
  CHECK(false_alarm_curve(plimsoll::find_method("tail"), {}, std::vector<float>(100, 1.0F)).empty());
  CHECK_THROWS_AS(false_alarm_curve(plimsoll::find_method("tail"), {{"false_alarm_rate", 2.0}}, normals),
                  plimsoll::ParameterError);
  CHECK_THROWS_AS(false_alarm_curve(plimsoll::find_method("tail"), {}, std::vector<float>{1, HUGE_VALF}),
                  plimsoll::DataError);
}

TEST_CASE("the curve of a method does not depend on the order of the scores") {
  std::vector<float> normals = gamma_scores(200, 7);
  const auto curve = [&] { return false_alarm_curve(plimsoll::find_method("tail"), {}, normals); };
  const FalseAlarmCurve first = curve();
  Random(8).shuffle(normals);
  CHECK(curve() == first);
}

}  // namespace
