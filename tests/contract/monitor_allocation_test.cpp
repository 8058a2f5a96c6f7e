// SPDX-License-Identifier: Apache-2.0
// A monitor's memory is fixed when it is made: no step allocates.
#include <cstddef>
#include <limits>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using test::allocations;

std::vector<double> scores(std::size_t n, std::uint64_t seed) {
  test::Random random(seed);
  std::vector<double> drawn(n);
  for (double& score : drawn) score = random.normal();
  return drawn;
}

template <typename M>
void check(M monitor) {
  std::vector<double> future = scores(3000, 2);
  for (std::size_t i = 300; i < future.size(); ++i) future[i] += 2;  // so that alarms are raised
  future.push_back(std::numeric_limits<double>::quiet_NaN());
  future.push_back(std::numeric_limits<double>::infinity());
  allocations = 0;
  for (const double score : future) monitor.step(score);
  monitor.rearm();
  monitor.reset();
  for (const double score : future) monitor.step(score);
  const std::size_t counted = allocations;
  CHECK(counted == 0);
  CHECK(monitor.alarm_count() > 0);
  static_assert(noexcept(monitor.step(0.0))&& noexcept(monitor.reset())&& noexcept(monitor.rearm()));
}

TEST_CASE("a step of a monitor allocates nothing") {
  const std::vector<double> past = scores(300, 1);
  for (const AlarmPolicy policy : {AlarmPolicy::latch, AlarmPolicy::rearm}) {
    for (const Bag bag : {Bag::growing, Bag::fixed}) {
      for (const Bet bet : {Bet::shift, Bet::power, Bet::mixture, Bet::jumper}) {
        check(MartingaleMonitor(past, {.alarm_rate = 0.1, .bet = bet, .policy = policy, .bag = bag}));
      }
      check(CusumMonitor(past, {.policy = policy, .bag = bag}));
    }
    check(AndersonDarlingMonitor(past, {.policy = policy}));
  }
}

}  // namespace
