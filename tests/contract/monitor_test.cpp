// SPDX-License-Identifier: Apache-2.0
// Do monitors of a stream promise no more than they keep? By simulation, with exact binomial acceptance limits.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

#include "catch.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using test::Random;

// Each interval below misses a true rate once in 10^4 seeds.
constexpr double sure = 0.9999;

enum class Kind { continuous, tied };

/// Exponential scores, or whole numbers of which most are tied.
double draw(Random& random, Kind kind) {
  const double score = random.exponential();
  return kind == Kind::tied ? std::floor(4 * score) : score;
}

std::vector<double> draw(Random& random, Kind kind, std::size_t n) {
  std::vector<double> scores(n);
  for (double& score : scores) score = draw(random, kind);
  return scores;
}

/// The interval of the share of null streams in which the monitor that `make(normals, seed)` gives raises an alarm.
template <typename Make>
stats::Interval false_alarms(const Make& make, std::size_t streams, std::size_t length, Kind kind = Kind::continuous,
                             std::size_t n = 100) {
  std::size_t alarms = 0;
  for (std::size_t stream = 0; stream < streams; ++stream) {
    Random random(1000 + stream);
    auto monitor = make(draw(random, kind, n), stream);
    for (std::size_t i = 0; i < length && monitor.alarm_count() == 0; ++i) monitor.step(draw(random, kind));
    alarms += static_cast<std::size_t>(monitor.alarm_count() > 0);
  }
  return stats::proportion_interval(alarms, streams, sure);
}

auto martingale(Bet bet, Bag bag = Bag::growing) {
  return [=](const std::vector<double>& normals, std::size_t seed) {
    return MartingaleMonitor(normals, {.alarm_rate = 0.1, .bet = bet, .bag = bag, .seed = seed});
  };
}

TEST_CASE("p-values are uniform and independent with a growing bag, and not with a fixed one") {
  // The sum of k normal scores, squared, over k is chi-squared if they are independent and standard normal, and its sum
  // over streams then too. With a fixed bag of n the sums of a stream share its mean: about 1 + k / n times as large.
  const auto p_of = [](Kind kind, Bag bag, std::size_t n, std::size_t most_knots) {
    constexpr std::size_t streams = 4000;
    constexpr std::size_t k = 50;
    double sum = 0;
    for (std::size_t stream = 0; stream < streams; ++stream) {
      Random random(stream + 1);
      const auto table = normal_score_table(draw(random, kind, n), most_knots);
      StreamRanks ranks("test", table.view(), bag, stream);
      double mean = 0;
      for (std::size_t i = 0; i < k; ++i) mean += ranks.next(draw(random, kind)).normal_score();
      sum += mean * mean / static_cast<double>(k);
    }
    const boost::math::chi_squared law(static_cast<double>(streams));
    return cdf(complement(law, sum));
  };
  for (const Kind kind : {Kind::continuous, Kind::tied}) {
    for (const std::size_t n : {std::size_t{1}, std::size_t{5}, std::size_t{100}}) {
      for (const std::size_t most_knots : {std::size_t{4}, std::size_t{4096}}) {
        INFO(n << " normals in " << most_knots << " knots");
        const double p = p_of(kind, Bag::growing, n, most_knots);
        CHECK(p > 5e-5);
        CHECK(p < 1 - 5e-5);
      }
      CHECK(p_of(kind, Bag::fixed, n, 4096) < 1e-10);
    }
  }
}

TEST_CASE("a martingale has false alarms in at most the share of streams that was asked for") {
  // Ville's inequality, at 10 % so that 1000 streams tell; it is nearly sharp where the evidence jumps little.
  for (const Bet bet : {Bet::shift, Bet::power, Bet::mixture, Bet::jumper}) {
    INFO("bet " << static_cast<int>(bet));
    const auto rate = false_alarms(martingale(bet), 1000, bet == Bet::power ? 4000 : 1000);
    CHECK(rate.lower <= 0.1);
    CHECK(rate.upper > 0.01);  // it does raise alarms
  }
  CHECK(false_alarms(martingale(Bet::shift), 1000, 500, Kind::tied).lower <= 0.1);
  CHECK(false_alarms(martingale(Bet::jumper), 1000, 1000, Kind::tied).lower <= 0.1);
  CHECK(false_alarms(martingale(Bet::shift), 1000, 300, Kind::continuous, 3).lower <= 0.1);
}

TEST_CASE("long streams have no more false alarms") {
  CHECK(false_alarms(martingale(Bet::shift), 100, 20'000).lower <= 0.1);
  CHECK(false_alarms(martingale(Bet::jumper), 100, 50'000).lower <= 0.1);
}

TEST_CASE("with a fixed bag the promise is broken, which these limits see") {
  for (const Bet bet : {Bet::shift, Bet::mixture, Bet::jumper}) {
    CHECK(false_alarms(martingale(bet, Bag::fixed), 200, 2000).lower > 0.1);
  }
}

TEST_CASE("after false alarms a rearmed martingale has few more") {
  std::uint64_t alarms = 0;
  constexpr std::size_t streams = 400;
  for (std::size_t stream = 0; stream < streams; ++stream) {
    Random random(5000 + stream);
    MartingaleMonitor monitor(draw(random, Kind::continuous, 50),
                              {.alarm_rate = 0.2, .bet = Bet::jumper, .policy = AlarmPolicy::rearm, .seed = stream});
    for (std::size_t i = 0; i < 5000; ++i) monitor.step(draw(random, Kind::continuous));
    alarms += monitor.alarm_count();
  }
  // At most .25 a stream; a geometric number of that mean has variance .31, so 4 deviations are 45 in all.
  CHECK(alarms <= streams / 4 + 45);
  CHECK(alarms > 10);
}

TEST_CASE("the windowed test has false alarms in at most the share of streams that was asked for") {
  const auto windowed = [](std::size_t window, std::size_t every) {
    return [=](const std::vector<double>& normals, std::size_t) {
      return AndersonDarlingMonitor(normals, {.alarm_rate = 0.1, .window = window, .every = every});
    };
  };
  const auto rate = false_alarms(windowed(50, 25), 1000, 1000);
  CHECK(rate.lower <= 0.1);
  CHECK(rate.upper > 0.01);
  CHECK(false_alarms(windowed(20, 1), 1000, 100).lower <= 0.1);
  CHECK(false_alarms(windowed(50, 25), 1000, 1000, Kind::tied).lower <= 0.1);
  CHECK(false_alarms(windowed(200, 100), 500, 2000, Kind::continuous, 20).lower <= 0.1);
}

TEST_CASE("cumulative sums have the run length that was asked for, whatever the scores") {
  // Between alarms the sums begin anew, so the alarms are a renewal process; run lengths vary about as much as
  // exponential ones, and 4 deviations of the count are 4 sqrt(count).
  for (const Kind kind : {Kind::continuous, Kind::tied}) {
    for (const double shift : {0.5, 2.0}) {
      Random random(77);
      CusumMonitor monitor(draw(random, kind, 30), {.run_length = 200, .shift = shift});
      for (std::size_t i = 0; i < 200'000; ++i) monitor.step(draw(random, kind));
      INFO("shift " << shift);
      CHECK(std::abs(static_cast<double>(monitor.alarm_count()) - 1000) < 4 * std::sqrt(1000.0));
    }
  }
}

/// How many scores after a shift of normal scores the alarm comes, in the median of streams.
template <typename Make>
std::size_t median_delay(const Make& make, double shift, std::size_t n, std::size_t before) {
  constexpr std::size_t streams = 101;
  std::vector<std::size_t> delays;
  for (std::size_t stream = 0; stream < streams; ++stream) {
    Random random(9000 + stream);
    std::vector<double> past(n);
    for (double& score : past) score = random.normal();
    auto monitor = make(past, stream);
    for (std::size_t i = 0; i < before; ++i) monitor.step(random.normal());
    std::size_t delay = 0;
    const std::uint64_t early = monitor.alarm_count();
    while (monitor.alarm_count() == early && delay < 3000) {
      monitor.step(random.normal() + shift);
      ++delay;
    }
    delays.push_back(delay);
  }
  std::ranges::nth_element(delays, delays.begin() + streams / 2);
  return delays[streams / 2];
}

TEST_CASE("delays are those of docs/monitor.md") {
  // 1000 normals, and as many scores before the shift. Half as much again is allowed for: so many streams know a median
  // to about a tenth.
  const auto shift = [](const auto& past, std::size_t seed) { return MartingaleMonitor(past, {.seed = seed}); };
  CHECK(median_delay(shift, 0.25, 1000, 1000) < 720);
  CHECK(median_delay(shift, 0.5, 1000, 1000) < 185);
  CHECK(median_delay(shift, 1, 1000, 1000) < 51);
  CHECK(median_delay(shift, -1, 1000, 1000) < 51);
  const auto sums = [](const auto& past, std::size_t seed) {
    return CusumMonitor(past, {.policy = AlarmPolicy::rearm, .seed = seed});
  };
  CHECK(median_delay(sums, 1, 1000, 1000) < 30);
}

}  // namespace
