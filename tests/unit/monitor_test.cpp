// SPDX-License-Identifier: Apache-2.0
// The monitors of a stream: p-values, martingales, cumulative sums, the windowed test, alarms, snapshots.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/monitor/recalibration_count.hpp"
#include "random.hpp"
#include "signed_bytes.hpp"

namespace {

using namespace plimsoll;
using test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> normals(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> scores(n);
  for (double& score : scores) score = random.normal();
  return scores;
}

double anderson_darling(const std::vector<double>& a, const std::vector<double>& b) {
  return stats::two_sample_anderson_darling(std::span<const double>(a), std::span<const double>(b));
}

/// The next p-value lies in (above / all, (above + within) / all), and its complement is exact.
void check_within(StreamRanks& ranks, double score, int above, int within, int all) {
  const PValue p = ranks.next(score);
  INFO("score " << score);
  CHECK(p.upper * all > above);
  CHECK(p.upper * all < above + within);
  CHECK(p.upper + p.lower == Approx(1).epsilon(1e-15));
}

// p-values.

TEST_CASE("p-values against normal scores alone are the formula's") {
  // (#{normal > s} + U (#{normal = s} + 1)) / (n + 1), n = 4.
  const std::vector<double> scores{3, 2, 1, 2};
  const auto table = normal_score_table(scores);
  StreamRanks ranks("test", table.view(), Bag::fixed, 7);
  for (int repetition = 0; repetition < 50; ++repetition) {
    check_within(ranks, infinity, 0, 1, 5);
    check_within(ranks, 4, 0, 1, 5);
    check_within(ranks, 3, 0, 2, 5);
    check_within(ranks, 2.5, 1, 1, 5);
    check_within(ranks, 2, 1, 3, 5);
    check_within(ranks, 1.5, 3, 1, 5);
    check_within(ranks, 1, 3, 2, 5);
    check_within(ranks, -infinity, 4, 1, 5);
  }
  CHECK(ranks.count() == 400);
  CHECK(ranks.normal_count() == 4);
}

TEST_CASE("p-values against a growing bag are those of Polya's urn") {
  // Three normal scores, four cells of one gap each; each score adds one to its cell.
  const auto table = normal_score_table(std::vector<double>{1, 2, 3});
  StreamRanks ranks("test", table.view(), Bag::growing, 7);
  for (int repetition = 0; repetition < 20; ++repetition) {
    check_within(ranks, 0.5, 3, 1, 4);
    check_within(ranks, 0.25, 3, 2, 5);
    check_within(ranks, 2.5, 1, 1, 6);
    check_within(ranks, 2.25, 1, 2, 7);
    check_within(ranks, 1.5, 4, 1, 8);
    check_within(ranks, infinity, 0, 1, 9);
    check_within(ranks, 9, 0, 2, 10);
    check_within(ranks, -infinity, 8, 3, 11);
    ranks.reset();
  }
}

TEST_CASE("many cells are summed as a plain loop sums them") {
  const std::vector<double> sorted = [] {
    std::vector<double> scores = normals(77, 1);
    std::ranges::sort(scores);
    return scores;
  }();
  StreamRanks ranks("test", normal_score_table(sorted).view(), Bag::growing, 3);
  std::vector<int> weights(78, 1);
  for (const double score : normals(2000, 2)) {
    const auto cell = static_cast<std::size_t>(std::ranges::upper_bound(sorted, score) - sorted.begin());
    int above = 0, all = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      all += weights[i];
      if (i > cell) above += weights[i];
    }
    check_within(ranks, score, above, weights[cell], all);
    ++weights[cell];
  }
}

TEST_CASE("tied and thinned normal scores share larger cells") {
  // 3 is tied twice and cuts once, at the larger of two random numbers: 3 falls above it with probability 1 / 3.
  int beyond = 0;
  constexpr int repetitions = 3000;
  for (int i = 0; i < repetitions; ++i) {
    StreamRanks ranks("test", normal_score_table(std::vector<double>{1, 3, 3}).view(), Bag::growing,
                      static_cast<std::uint64_t>(i));
    const double p = ranks.next(3).upper * 4;
    CHECK(p < 3);
    beyond += p < 1 ? 1 : 0;
  }
  CHECK(std::abs(beyond - repetitions / 3) < 4 * 26);  // a deviation is sqrt(3000 * 2 / 9)
  std::vector<double> hundred(100);
  for (std::size_t i = 0; i < 100; ++i) hundred[i] = static_cast<double>(i);
  StreamRanks thinned("test", normal_score_table(hundred, 10).view(), Bag::growing, 1);
  check_within(thinned, 98.5, 1, 1, 101);  // the five largest are knots, and then every nineteenth
  check_within(thinned, 80, 6, 19, 102);
  check_within(thinned, 80, 6, 20, 103);
}

TEST_CASE("a p-value's normal score is finite and exact at both ends") {
  CHECK(plimsoll::PValue{}.upper == 1);  // no evidence
  CHECK(plimsoll::PValue{}.lower == 1);
  // scipy.stats.norm.isf
  CHECK(PValue{0.5, 0.5}.normal_score() == 0);
  CHECK(PValue{0.025, 0.975}.normal_score() == Approx(1.9599639845400545).epsilon(1e-14));
  CHECK(PValue{0.975, 0.025}.normal_score() == Approx(-1.9599639845400545).epsilon(1e-14));
  CHECK(PValue{1e-20, 1}.normal_score() == Approx(9.262340089798408).epsilon(1e-14));
  CHECK(PValue{1, 1e-20}.normal_score() == Approx(-9.262340089798408).epsilon(1e-14));
}

// Martingales.

/// p = 1/4, 3/4, 1/8, 1/1024, 63/64.
constexpr std::array<PValue, 5> p_values{
    {{0.25, 0.75}, {0.75, 0.25}, {0.125, 0.875}, {0x1p-10, 1 - 0x1p-10}, {63.0 / 64, 1.0 / 64}}};

void check_evidence(const MartingaleParameters& parameters, const std::array<double, 5>& expected) {
  MartingaleMonitor monitor(std::vector<double>{1, 2}, parameters);
  CHECK(monitor.statistic() == 0);
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    monitor.bet(p_values[i]);
    INFO("p-value " << i);
    CHECK(monitor.statistic() == Approx(expected[i]).epsilon(1e-13).margin(1e-15));
  }
}

TEST_CASE("the martingales have the values of exact arithmetic") {
  // power by hand: epsilon = 1/2 multiplies by p^(-1/2) / 2. jumper in fractions; shift, its densities and W written
  // out, and mixture, its integral, by mpmath with 40 digits.
  const double log2 = std::log(2.0);
  check_evidence({.bet = Bet::power},
                 {0, std::log(std::sqrt(4.0 / 3) / 2), std::log(std::sqrt(4.0 / 3) / 2) + log2 / 2,
                  std::log(std::sqrt(4.0 / 3) / 2) + 4.5 * log2,
                  std::log(std::sqrt(4.0 / 3) / 2) + 4.5 * log2 + std::log(std::sqrt(64.0 / 63) / 2)});
  check_evidence({.bet = Bet::jumper},
                 {0, -0.04212492630067111, -0.042770506220126089, 0.070652101444092051, -0.20696541335295605});
  check_evidence({.bet = Bet::shift}, {-0.095556533273624598, -0.20689682364783584, -0.25951087801449008,
                                       1.0230094997622646, 0.48165393913655921});
  check_evidence({.bet = Bet::mixture}, {-0.1747353466180534, -0.62272999899906101, -0.40532074925275705,
                                         1.9999568527072779, 1.2204706130513245});
}

TEST_CASE("the mixture is exact from few p-values to a million") {
  // mpmath with 40 digits. Terms as large as t log t cancel where the incomplete gamma function is used.
  const auto check = [](std::uint64_t t, double s, double expected) {
    INFO(t << " p-values, sum " << s);
    const double size = static_cast<double>(t) * std::log(s + 1) + s;
    CHECK(std::abs(detail::log_mixture(t, s) - expected) < 1e-13 + 1e-15 * size);
  };
  check(1, 0.5, -0.51938703024048072);
  check(3, 2.5, -0.79047102723030664);
  check(10, 40, 14.526738561620263);
  check(100, 80, -3.1752152629413677);
  check(1000, 100, -6.8036282661791127);
  check(1000, 2000, 303.62481648653891);
  check(100'000, 101'000, 0.11862344448142653);
  check(1'000'000, 995'000, -8.5538270138664141);
  check(20'000, 1000, -9.8522496579691311);
  check(5, 10'000, 9949.5254495109249);
}

TEST_CASE("evidence neither overflows nor becomes NaN") {
  for (const Bet bet : {Bet::shift, Bet::power, Bet::mixture, Bet::jumper}) {
    for (const PValue& p : {PValue{0x1p-100, 1}, PValue{1, 0x1p-100}, PValue{0.5, 0.5}}) {
      MartingaleMonitor monitor(std::vector<double>{1, 2}, {.bet = bet});
      for (int i = 0; i < 3000; ++i) monitor.bet(p);
      INFO("bet " << static_cast<int>(bet) << ", p " << p.upper << ": " << monitor.statistic());
      CHECK(is_finite(monitor.statistic()));
      if (p.upper < 0.1) CHECK(monitor.statistic() > 1000);
      // To `shift` numbers without a spread are evidence, and to `jumper` 1/2 is nothing.
      if (p.upper == 0.5 && (bet == Bet::power || bet == Bet::mixture)) CHECK(monitor.statistic() < -6);
    }
  }
}

TEST_CASE("a drift raises the alarm, at the evidence that was asked for") {
  for (const Bet bet : {Bet::shift, Bet::power, Bet::mixture, Bet::jumper}) {
    MartingaleMonitor monitor(normals(500, 3), {.alarm_rate = 0.001, .bet = bet});
    CHECK(monitor.threshold() == Approx(std::log(1000)).epsilon(1e-15));
    AlarmState last = AlarmState::quiet;
    for (double score : normals(300, 4)) {
      const bool below = monitor.statistic() < monitor.threshold();
      last = monitor.step(score + 1.5);
      if (last == AlarmState::quiet) continue;
      CHECK((last == AlarmState::raised) == below);
      if (last == AlarmState::raised) break;
    }
    REQUIRE(last == AlarmState::raised);
    CHECK(monitor.alarm_count() == 1);
    CHECK(monitor.alarm_at() == monitor.count());
    CHECK(monitor.alarm_statistic() >= monitor.threshold());
    CHECK(monitor.step(0) == AlarmState::standing);
  }
}

// Cumulative sums.

TEST_CASE("run lengths are those of the published tables") {
  // k = 1/2, both sides, after shifts of 0 to 3 standard deviations: Lucas and Crosier 1982, as in Montgomery,
  // Introduction to Statistical Quality Control, table 9.3; three digits.
  const auto both = [](double interval, double shift) {
    return 1 / (1 / stats::cusum_run_length(0.5, interval, shift) + 1 / stats::cusum_run_length(0.5, interval, -shift));
  };
  const std::array<std::array<double, 3>, 9> table{{{0, 168, 465},
                                                    {0.25, 74.2, 139},
                                                    {0.5, 26.6, 38.0},
                                                    {0.75, 13.3, 17.0},
                                                    {1, 8.38, 10.4},
                                                    {1.5, 4.75, 5.75},
                                                    {2, 3.34, 4.01},
                                                    {2.5, 2.62, 3.11},
                                                    {3, 2.19, 2.57}}};
  for (const auto& [shift, four, five] : table) {
    INFO("shift " << shift);
    CHECK(both(4, shift) == Approx(four).epsilon(5e-3));
    CHECK(both(5, shift) == Approx(five).epsilon(5e-3));
  }
  // The intervals with which both sides together have a run length of 370: Hawkins 1993, Quality Engineering 5,
  // 463-477, as in Montgomery, table 9.4; two decimals, and the last of them as it was rounded there.
  const std::array<std::array<double, 2>, 6> intervals{
      {{0.25, 8.01}, {0.5, 4.77}, {0.75, 3.34}, {1, 2.52}, {1.25, 1.99}, {1.5, 1.61}}};
  for (const auto& [reference, interval] : intervals) {
    CHECK(std::abs(stats::cusum_interval(reference, 740) - interval) < 0.0105);
  }
  CHECK(stats::cusum_run_length(0.5, 0) == Approx(1 / 0.308537538725987).epsilon(1e-12));  // P(z > 1/2), each time
}

TEST_CASE("an interval has the run length that it was asked for") {
  for (const double reference : {0.1, 0.25, 0.5, 2.0, 5.0}) {
    for (const double run_length : {20.0, 1e4, 1e7}) {
      INFO(reference << ", " << run_length);
      const double interval = stats::cusum_interval(reference, run_length);
      // At 0 there is no interval that is short enough.
      if (interval > 0) CHECK(stats::cusum_run_length(reference, interval) == Approx(run_length).epsilon(1e-8));
      if (interval == 0) CHECK(stats::cusum_run_length(reference, 0) >= run_length);
    }
  }
}

TEST_CASE("the sums are Page's") {
  const std::vector<double> past = normals(50, 5);
  CusumMonitor monitor(past, {.run_length = 100, .shift = 0.8});
  StreamRanks ranks("test", normal_score_table(past).view(), Bag::growing, 1);
  double high = 0, low = 0;
  int alarms = 0;
  for (const double score : normals(2000, 6)) {
    const double z = ranks.next(score).normal_score();
    high = std::max(0.0, high + z - 0.4);
    low = std::max(0.0, low - z - 0.4);
    const bool alarm = std::max(high, low) >= monitor.threshold();
    CHECK((monitor.step(score) == AlarmState::raised) == alarm);
    if (alarm) high = low = 0;
    CHECK(monitor.high() == high);
    CHECK(monitor.low() == low);
    alarms += alarm ? 1 : 0;
  }
  CHECK(alarms > 5);
  CHECK(monitor.alarm_count() == static_cast<std::uint64_t>(alarms));
  CusumMonitor upper(past, {.run_length = 100, .side = DriftSide::upper});
  for (int i = 0; i < 50; ++i) CHECK(upper.step(-9) == AlarmState::quiet);
  CHECK(upper.statistic() == 0);
  CHECK(upper.threshold() < CusumMonitor(past, {.run_length = 100}).threshold());
  // Downwards is upwards of what is negated, and each is its half of both.
  std::vector<double> negated(past);
  for (double& score : negated) score = -score;
  CusumMonitor lower(past, {.run_length = 100, .side = DriftSide::lower});
  CusumMonitor mirrored(negated, {.run_length = 100, .side = DriftSide::upper});
  CusumMonitor both(past, {.run_length = 1e6});
  CHECK(lower.threshold() == upper.threshold());
  CHECK(both.threshold() > lower.threshold());
  bool raised = false;
  for (const double score : normals(300, 7)) {
    const double fallen = score - 2;
    const AlarmState state = lower.step(fallen);
    if (both.step(fallen) == AlarmState::quiet && !raised)
      CHECK(lower.low() == (state == AlarmState::quiet ? both.low() : 0));
    raised = raised || state == AlarmState::raised;
    CHECK(lower.high() == 0);
    mirrored.step(-fallen);
  }
  CHECK(raised);
  CHECK(mirrored.alarm_count() > 0);
}

// The two-sample test.

TEST_CASE("Anderson and Darling's statistic of two samples is SciPy's") {
  // scipy.stats.anderson_ksamp; its statistic times sigma, plus 1. The first: Scholz and Stephens 1987, example 1.
  const std::vector<double> a{38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0};
  const std::vector<double> b{39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8};
  CHECK(anderson_darling(a, b) == Approx(2.170571194868163).epsilon(1e-13));
  CHECK(anderson_darling(b, a) == Approx(2.170571194868163).epsilon(1e-13));
  CHECK(stats::two_sample_anderson_darling_variance(8, 8) == Approx(0.4640799388723253).epsilon(1e-12));
  const std::vector<double> c{1, 1, 2, 2, 2, 3, 4, 4, 5, 9};
  const std::vector<double> d{0, 1, 2, 3, 3, 3, 5, 6, 7, 7, 7, 8};
  CHECK(anderson_darling(c, d) == Approx(0.8853092680908893).epsilon(1e-13));
  CHECK(stats::two_sample_anderson_darling_variance(10, 12) == Approx(0.4924634620622181).epsilon(1e-12));
  CHECK(stats::two_sample_anderson_darling_variance(200, 50) == Approx(0.5718924221365642).epsilon(1e-11));
  CHECK(stats::two_sample_anderson_darling_variance(1000, 100) == Approx(0.5785977603046953).epsilon(1e-11));
  CHECK(anderson_darling(std::vector<double>(3, 1.0), std::vector<double>(4, 1.0)) == 0);
}

TEST_CASE("the limit of Anderson and Darling's statistic has the right tail") {
  // By the inversion of its characteristic function (Imhof) with 4000 terms, good to 1e-10, ...
  CHECK(stats::anderson_darling_tail(0.5) == Approx(0.7468143735254).margin(1e-9));
  CHECK(stats::anderson_darling_tail(1) == Approx(0.3572666732096).margin(1e-9));
  CHECK(stats::anderson_darling_tail(2.492) == Approx(0.0500221863728).margin(1e-9));
  CHECK(stats::anderson_darling_tail(6) == Approx(0.0009674519351).margin(1e-9));
  // ... and far out by Zolotarev's sqrt(3) erfc(sqrt(x)), which is off by about 1 / (3.4 x).
  for (const double x : {50.0, 300.0}) {
    CHECK(stats::anderson_darling_tail(x) == Approx(std::sqrt(3.0) * std::erfc(std::sqrt(x))).epsilon(0.4 / x));
  }
  CHECK(stats::anderson_darling_tail(0) == 1);
  CHECK(stats::anderson_darling_tail(-1) == 1);
}

TEST_CASE("the window is looked at every so many scores, at levels that sum to the rate") {
  const std::vector<double> past = normals(60, 7);
  std::vector<double> sorted = past;
  std::ranges::sort(sorted);
  AndersonDarlingMonitor monitor(past, {.window = 20, .every = 7});
  const std::vector<double> stream = normals(90, 8);
  std::uint64_t looks = 0;
  for (std::size_t i = 1; i <= stream.size(); ++i) {
    monitor.step(stream[i - 1]);
    if (i >= 20 && (i - 20) % 7 == 0) {
      ++looks;
      std::vector<double> window(stream.begin() + static_cast<std::ptrdiff_t>(i) - 20,
                                 stream.begin() + static_cast<std::ptrdiff_t>(i));
      std::ranges::sort(window);
      const double deviation = std::sqrt(stats::two_sample_anderson_darling_variance(60, 20));
      const double t = (anderson_darling(sorted, window) - 1) / deviation;
      CHECK(monitor.p_value() == Approx(stats::anderson_darling_tail(1 + t * 0.76144)).epsilon(1e-4));
      const auto j = static_cast<double>(looks);
      CHECK(monitor.statistic() == Approx(-std::log(monitor.p_value() * j * (j + 1))).epsilon(1e-12));
    }
    CHECK(monitor.looks() == looks);
  }
  CHECK(looks == 11);
  AlarmState last = AlarmState::quiet;
  for (int i = 0; i < 40 && last == AlarmState::quiet; ++i) last = monitor.step(2 + 0.001 * i);
  CHECK(last == AlarmState::raised);
}

// What all of them share.

template <typename Check>
void for_all_monitors(const Check& check) {
  const std::vector<double> past = normals(40, 9);
  const auto with = [&](AlarmPolicy policy) {
    for (const Bag bag : {Bag::growing, Bag::fixed}) {
      for (const Bet bet : {Bet::shift, Bet::power, Bet::mixture, Bet::jumper}) {
        check(MartingaleMonitor(past, {.alarm_rate = 0.2, .bet = bet, .policy = policy, .bag = bag, .seed = 5}));
      }
      check(CusumMonitor(past, {.run_length = 30, .policy = policy, .bag = bag}));
    }
    check(AndersonDarlingMonitor(past, {.alarm_rate = 0.2, .window = 10, .every = 3, .policy = policy}));
  };
  for (const AlarmPolicy policy : {AlarmPolicy::latch, AlarmPolicy::once, AlarmPolicy::rearm}) with(policy);
}

TEST_CASE("an alarm stands, is raised once, or is raised again, as the policy says") {
  const std::vector<double> stream = [] {
    std::vector<double> scores = normals(300, 10);
    for (double& score : scores) score = score / 4 + 2;
    return scores;
  }();
  for_all_monitors([&](auto monitor) {
    std::size_t raised = 0, standing = 0;
    for (const double score : stream) {
      const AlarmState state = monitor.step(score);
      raised += state == AlarmState::raised ? 1 : 0;
      standing += state == AlarmState::standing ? 1 : 0;
      if (standing > 0) CHECK(state == AlarmState::standing);
    }
    INFO(monitor.method << ", policy " << static_cast<int>(monitor.parameters().policy));
    CHECK(monitor.alarm_count() == raised);
    CHECK(monitor.count() == stream.size());
    switch (monitor.parameters().policy) {
      case AlarmPolicy::latch:
        CHECK(raised == 1);
        CHECK(standing == stream.size() - monitor.alarm_at());
        CHECK(monitor.step(nan) == AlarmState::standing);
        monitor.rearm();
        CHECK(monitor.step(0) == AlarmState::quiet);
        break;
      case AlarmPolicy::once:
        CHECK(raised == 1);
        CHECK(standing == 0);
        break;
      case AlarmPolicy::rearm:
        CHECK(raised > 1);
        CHECK(standing == 0);
        break;
    }
  });
}

TEST_CASE("NaN is counted and changes nothing else; infinities are scores") {
  for_all_monitors([](auto monitor) {
    auto other = monitor;
    for (const double score : normals(30, 11)) {
      other.step(nan);
      CHECK(monitor.step(score) == other.step(score));
      other.step(-nan);
    }
    CHECK(other.nan_count() == 60);
    CHECK(other.count() == 30);
    CHECK(other.statistic() == monitor.statistic());
    for (int i = 0; i < 50; ++i) {
      monitor.step(infinity);
      monitor.step(-infinity);
    }
    CHECK(is_finite(monitor.statistic()));
  });
}

TEST_CASE("reset brings back what was made") {
  for_all_monitors([](auto monitor) {
    const auto before = monitor.snapshot();
    for (const double score : normals(100, 12)) monitor.step(score + 1);
    CHECK((monitor.snapshot() != before));
    monitor.reset();
    CHECK((monitor.snapshot() == before));
  });
}

TEST_CASE("a restored monitor goes on bit for bit, from any point") {
  const std::vector<double> stream = normals(60, 13);
  for_all_monitors([&](auto monitor) {
    using M = decltype(monitor);
    M restored = monitor;
    for (const double score : stream) {
      restored = M::restore(restored.snapshot());
      if (monitor.step(score + 0.3) != restored.step(score + 0.3)) FAIL("another state");
      restored.step(nan);
      monitor.step(nan);
    }
    CHECK((restored.snapshot() == monitor.snapshot()));
    CHECK(restored.statistic() == monitor.statistic());
    CHECK(restored.parameters() == monitor.parameters());
  });
}

template <typename M>
void check_hostile(M monitor) {
  for (const double score : normals(25, 14)) monitor.step(score);
  const std::vector<std::byte> bytes = monitor.snapshot();
  CHECK(test::signed_again(bytes) == bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(M::restore(std::span(bytes).first(size)), DataError);
    if (size < 8) continue;  // with a checksum that fits
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_THROWS_AS(M::restore(test::signed_again(cut)), DataError);
  }
  std::vector<std::byte> longer = bytes;
  longer.resize(bytes.size() + 8);
  CHECK_THROWS_AS(M::restore(longer), DataError);
  CHECK_THROWS_AS(M::restore(test::signed_again(longer)), DataError);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> changed = bytes;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      if (bit == 0) CHECK_THROWS_AS(M::restore(changed), DataError);
      // With a checksum that fits it is refused, or a monitor all the same: it steps, and can be saved.
      try {
        M other = M::restore(test::signed_again(changed));
        for (const double score : {0.5, 2.0, -5.0, 1e9, infinity, nan}) other.step(score);
        CHECK_FALSE(std::isnan(other.statistic()));
        static_cast<void>(M::restore(other.snapshot()));
      } catch (const DataError&) {
      }
    }
  }
}

TEST_CASE("monitors: a snapshot that is cut short, longer, foreign or changed is refused") {
  const std::vector<double> past = normals(12, 15);
  check_hostile(MartingaleMonitor(past));
  check_hostile(MartingaleMonitor(past, {.bet = Bet::jumper}));
  check_hostile(MartingaleMonitor(past, {.bet = Bet::mixture, .bag = Bag::fixed}));
  check_hostile(CusumMonitor(past, {.run_length = 50}));
  check_hostile(AndersonDarlingMonitor(past, {.window = 11, .every = 2}));
  CHECK_THROWS_WITH(CusumMonitor::restore(MartingaleMonitor(past).snapshot()),
                    "cusum: the snapshot is not one of cusum");
  std::vector<std::byte> newer = MartingaleMonitor(past).snapshot();
  newer[8] = std::byte{3};
  CHECK_THROWS_WITH(MartingaleMonitor::restore(newer),
                    "martingale: the snapshot has version 3, and this library reads version 2");
}

TEST_CASE("monitors: a snapshot with counts that the next scores would overflow is refused") {
  const std::vector<double> past = normals(12, 15);
  using plimsoll::test::with_word;
  constexpr std::uint64_t large = std::uint64_t{1} << 53;
  // Magic and version take 16 bytes; then come the scores, and the NaN among them.
  CusumMonitor cusum(past, {.run_length = 50});
  cusum.step(past[0]);
  CHECK_NOTHROW(CusumMonitor::restore(with_word(cusum.snapshot(), 24, large)));
  CHECK_THROWS_AS(CusumMonitor::restore(with_word(cusum.snapshot(), 24, large + 1)), plimsoll::DataError);
  AndersonDarlingMonitor looks(past, {.window = 11, .every = 2});
  for (const double score : past) looks.step(score);
  CHECK_NOTHROW(AndersonDarlingMonitor::restore(with_word(looks.snapshot(), 16, large)));
  CHECK_THROWS_AS(AndersonDarlingMonitor::restore(with_word(looks.snapshot(), 16, ~std::uint64_t{0})),
                  plimsoll::DataError);
  // The p-values of a martingale may be had elsewhere, so that there may be more of them than scores, but not 2^64.
  MartingaleMonitor martingale(past, {.bet = Bet::mixture});
  martingale.bet({0.25, 0.75});
  const std::vector<std::byte> bytes = martingale.snapshot();
  constexpr std::size_t time = 16 + 6 * 8 + 7 * 8;  // after the counts and the parameters
  REQUIRE(bytes[time] == std::byte{1});
  CHECK_NOTHROW(MartingaleMonitor::restore(with_word(bytes, time, large)));
  CHECK_THROWS_AS(MartingaleMonitor::restore(with_word(bytes, time, large + 1)), plimsoll::DataError);
}

TEST_CASE("what a monitor cannot be made of is refused by name and value") {
  const std::vector<double> past{1, 2, 3};
  CHECK_THROWS_WITH(MartingaleMonitor(past, {.alarm_rate = 0}), "martingale: alarm_rate = 0 is not a number in (0, 1)");
  CHECK_THROWS_WITH(MartingaleMonitor(past, {.epsilon = 1}), "martingale: epsilon = 1 is not a number in (0, 1)");
  CHECK_THROWS_AS(MartingaleMonitor(past, {.jump = nan}), ParameterError);
  CHECK_THROWS_AS(MartingaleMonitor(past, {.bet = static_cast<Bet>(4)}), ParameterError);
  CHECK_THROWS_AS(MartingaleMonitor(past, {.bag = static_cast<Bag>(2)}), ParameterError);
  CHECK_THROWS_AS(CusumMonitor(past, {.run_length = 9}), ParameterError);
  CHECK_THROWS_AS(CusumMonitor(past, {.shift = 0.1}), ParameterError);
  CHECK_THROWS_AS(CusumMonitor(past, {.policy = static_cast<AlarmPolicy>(3)}), ParameterError);
  CHECK_THROWS_AS(AndersonDarlingMonitor(normals(20, 1), {.window = 9}), ParameterError);
  CHECK_THROWS_AS(AndersonDarlingMonitor(normals(20, 1), {.every = 0}), ParameterError);
  CHECK_THROWS_WITH(AndersonDarlingMonitor(past), "anderson_darling: 3 normal scores are fewer than 10");
  CHECK_THROWS_WITH(AndersonDarlingMonitor(std::vector<double>{1, nan}), "anderson_darling: scores[1] is not finite");
  CHECK_THROWS_WITH(MartingaleMonitor(std::vector<double>{}), "martingale: there are no normal scores");
  CHECK_THROWS_AS(MartingaleMonitor(std::vector<double>{1, infinity}), DataError);
  const std::vector<NormalScores::Knot> knots{{1, 3, 3}};
  CHECK_THROWS_WITH(CusumMonitor(NormalScores{knots, 3}), "cusum: the table of normal scores is not valid");
  const auto thinned = normal_score_table(normals(100, 1), 20);
  CHECK_THROWS_WITH(AndersonDarlingMonitor(thinned.view()),
                    "anderson_darling: the table holds 20 of its 100 normal scores, and all are needed");
  // A few bytes may claim any number of ties.
  const std::array<NormalScores::Knot, 1> tied{{{0.0, (1U << 22) + 1, 0}}};
  CHECK_THROWS_WITH(AndersonDarlingMonitor(NormalScores{tied, (1U << 22) + 1}),
                    "anderson_darling: the table holds 4194305 normal scores, and at most 4194304 are taken out of "
                    "one: take a sample of them");
  const std::array<NormalScores::Knot, 1> most{{{0.0, 1U << 22, 0}}};
  CHECK_NOTHROW(AndersonDarlingMonitor(NormalScores{most, 1U << 22}));
}

TEST_CASE("floats are watched as the doubles that they are") {
  const std::vector<double> past = normals(30, 16);
  std::vector<float> floats(past.begin(), past.end());
  const std::vector<double> rounded(floats.begin(), floats.end());
  CHECK((MartingaleMonitor(floats).snapshot() == MartingaleMonitor(rounded).snapshot()));
  CHECK((AndersonDarlingMonitor(floats).snapshot() == AndersonDarlingMonitor(rounded).snapshot()));
  CHECK((AndersonDarlingMonitor(normal_score_table(rounded).view()).snapshot() ==
         AndersonDarlingMonitor(rounded).snapshot()));
}

TEST_CASE("a new line needs as many scores as its promise") {
  // 0.95 <= 1 - 0.99^n from n = 299 on, 1 - 0.95^n from 59 on; 1 / (n + 1) <= rate on average.
  CHECK(recalibration_count(0.01, 0.95) == 299);
  CHECK(recalibration_count(0.05, 0.95) == 59);
  CHECK(recalibration_count(0.01, std::nullopt) == 99);
  CHECK(recalibration_count(0.05, std::nullopt) == 19);
  for (const double bad : {0.0, 1.0, -1.0, nan, infinity}) {
    CHECK(recalibration_count(bad, std::nullopt) == 0);
    CHECK(recalibration_count(0.01, bad) == 0);
  }
  Promise promise;
  CHECK(recalibration_count(promise) == 0);
  promise = {.guarantee = Guarantee::distribution_free, .false_alarm_rate = 0.01, .confidence = 0.95, .normals = 412};
  CHECK(recalibration_count(promise) == 299);
  promise.confidence = Promise::unset;
  CHECK(recalibration_count(promise) == 99);
  promise.guarantee = Guarantee::model_based;
  CHECK(recalibration_count(promise) == 412);
}

}  // namespace
