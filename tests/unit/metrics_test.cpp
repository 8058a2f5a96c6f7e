// SPDX-License-Identifier: Apache-2.0
// Rates, their intervals, AUROC.
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/auroc.hpp"
#include "plimsoll/stats/confusion.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "random.hpp"

namespace {

namespace stats = plimsoll::stats;

TEST_CASE("rates of a confusion table") {
  stats::Confusion confusion;
  for (const auto& [anomalous, flagged, times] : {std::tuple(true, true, 6), std::tuple(true, false, 2),
                                                  std::tuple(false, true, 3), std::tuple(false, false, 9)}) {
    for (int i = 0; i < times; ++i) confusion.add(anomalous, flagged);
  }
  // By hand: 6 caught, 2 missed, 3 false alarms, 9 passed.
  CHECK(confusion.false_alarm_rate() == 0.25);
  CHECK(confusion.recall() == 0.75);
  CHECK(confusion.precision() == 6.0 / 9.0);
  CHECK(confusion.f1() == 12.0 / 17.0);
  CHECK(confusion.balanced_accuracy() == 0.75);
  CHECK(confusion.flagged() == 9);
}

TEST_CASE("rates without a denominator are NaN") {
  const stats::Confusion nothing;
  CHECK(std::isnan(nothing.false_alarm_rate()));
  CHECK(std::isnan(nothing.recall()));
  CHECK(std::isnan(nothing.precision()));
  CHECK(std::isnan(nothing.f1()));
  CHECK(std::isnan(nothing.balanced_accuracy()));
}

TEST_CASE("the exact interval of a proportion") {
  // scipy.stats.binomtest(k, n).proportion_ci(0.95, "exact"), SciPy 1.10.1; the lower limit of 37 in 1000 by mpmath,
  // as SciPy has it right to 1e-11 only.
  struct Case {
    std::size_t hits, trials;
    double lower, upper;
  };
  for (const Case& c :
       {Case{0, 10, 0.0, 0.30849710781876294}, Case{3, 58, 0.010796478084294743, 0.1438046272753452},
        Case{10, 10, 0.6915028921812371, 1.0}, Case{37, 1000, 0.02618270884373734, 0.0506411230599609}}) {
    const stats::Interval interval = stats::proportion_interval(c.hits, c.trials, 0.95);
    CHECK(interval.lower == Approx(c.lower).epsilon(1e-12));
    CHECK(interval.upper == Approx(c.upper).epsilon(1e-12));
  }
  CHECK(stats::proportion_interval(0, 0, 0.95).lower == 0.0);
  CHECK(stats::proportion_interval(0, 0, 0.95).upper == 1.0);
}

TEST_CASE("AUROC counts pairs, a tie as half of one") {
  plimsoll::test::Random random(9);
  for (int repetition = 0; repetition < 100; ++repetition) {
    std::vector<float> normal(1 + random.below(30));
    std::vector<float> anomalous(1 + random.below(30));
    for (float& x : normal) x = static_cast<float>(random.below(12));
    for (float& x : anomalous) x = static_cast<float>(random.below(12) + 2);
    double wins = 0;
    for (const float n : normal) {
      for (const float a : anomalous) wins += a > n ? 1.0 : a == n ? 0.5 : 0.0;
    }
    const double expected = wins / static_cast<double>(normal.size() * anomalous.size());
    CHECK(stats::auroc(std::span<const float>(normal), std::span<const float>(anomalous)) ==
          Approx(expected).epsilon(1e-15));
  }
  CHECK(std::isnan(stats::auroc(std::span<const float>(), std::span<const float>())));
  // NaN is as strange as infinity. Of 4 x 3 pairs, by hand: each of NaN and infinity wins over three, and ties with
  // NaN; 0 wins over none. So it is wherever the NaN stands, and whichever class is smaller.
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> normal{3, nan, 1, 2};
  for (const std::vector<float>& anomalous :
       {std::vector<float>{nan, 0, std::numeric_limits<float>::infinity()}, {0, nan, nan}, {nan, nan, 0}}) {
    CHECK(stats::auroc(std::span(normal), std::span(anomalous)) == Approx(7.0 / 12).epsilon(1e-15));
    CHECK(stats::auroc(std::span(anomalous), std::span(normal)) == Approx(5.0 / 12).epsilon(1e-15));
  }
}

}  // namespace
