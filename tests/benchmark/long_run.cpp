// SPDX-License-Identifier: Apache-2.0
// Does anything drift, grow or overflow in a long stream? plimsoll_long_run N [M]: N scores through what is summed and
// counted, M (default N / 10) through the monitors and streams, whose steps cost more. Beside each runs a model in
// wider arithmetic. One line a part; status 1 when one is further from its model than its bound, or memory grew.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>
#include <vector>

#include "peak_memory.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/stats/tail_summary.hpp"
#include "plimsoll/thresholds/dspot_threshold.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;
__extension__ using Wide = unsigned __int128;

bool sound = true;

/// One line: how far from the model, and what of that is allowed.
void report(const char* name, std::uint64_t n, double off, double allowed) {
  const bool kept = off <= allowed;
  sound = sound && kept;
  std::printf("%-34s %12llu scores   off by %.2e of %.2e allowed%s\n", name, static_cast<unsigned long long>(n), off,
              allowed, kept ? "" : "   BROKEN");
  std::fflush(stdout);
}

/// Memory after a tenth, and whether more was taken by the end.
class Growth {
 public:
  void at(std::uint64_t i, std::uint64_t n) {
    if (i == n / 10) early_ = peak_megabytes();
  }
  void end(const char* name) const {
    const double grown = peak_megabytes() - early_;
    sound = sound && grown < 1;
    std::printf("%-34s memory grew by %.1f MB after the first tenth%s\n", name, grown, grown < 1 ? "" : "   BROKEN");
  }

 private:
  double early_ = 0;
};

double relative(double value, long double model) {
  return static_cast<double>(std::abs(value - model) / std::abs(model));
}

/// Scores that are multiples of 2^-19 in [16, 17): their sums and those of their squares are whole numbers.
void sums(std::uint64_t n) {
  constexpr std::size_t block_size = 1U << 14;
  Random random(1);
  SigmaThreshold sigma({.k = 0});
  MaximumThreshold maximum;
  F1Threshold f1({.exact_limit = 0});
  stats::TailSummary<float> tail(1000, true);
  std::vector<float> scores(block_size);
  std::vector<std::uint8_t> labels(block_size);
  Wide sum = 0;
  Wide squares = 0;
  std::uint64_t anomalous = 0;
  float largest = 0;
  Growth growth;
  const std::uint64_t blocks = n / block_size;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    growth.at(block, blocks);
    for (std::size_t i = 0; i < block_size; ++i) {
      // A float in [16, 17) has 19 bits after the point.
      const std::uint64_t units = (std::uint64_t{16} << 19) + random.below(std::size_t{1} << 19);
      scores[i] = static_cast<float>(units) * 0x1p-19F;
      labels[i] = random.below(16) == 0 ? 1 : 0;
      sum += units;
      squares += Wide{units} * units;
      anomalous += labels[i];
      largest = std::max(largest, scores[i]);
    }
    sigma.update(scores);
    maximum.update(scores);
    f1.update(scores, labels);
    tail.append(std::span<const float>(scores));
  }
  const std::uint64_t count = blocks * block_size;
  growth.end("sigma, maximum, f1, tail summary");
  const long double mean = static_cast<long double>(sum) / static_cast<long double>(count) * 0x1p-19L;
  // count * squares - sum^2 is below 2^(30 + 76 + 1): exact in 128 bits.
  const Wide spread = Wide{count} * squares - sum * sum;
  const long double deviation = std::sqrt(static_cast<long double>(spread)) / static_cast<long double>(count) *
                                std::sqrt(static_cast<long double>(count) / static_cast<long double>(count - 1)) *
                                0x1p-19L;
  constexpr double rounding = std::numeric_limits<double>::epsilon();
  report("sigma, mean", count, relative(sigma.compute().cutoff.value(), mean), rounding);
  report("tail summary, mean", count, relative(tail.moments()->mean(), mean), rounding);
  report("tail summary, standard deviation", count, relative(tail.moments()->standard_deviation(), deviation),
         4 * rounding);
  report("maximum, last score below it", count,
         std::abs(static_cast<double>(std::nextafter(largest, 99.0F)) - maximum.compute().cutoff.value()), 0);
  const Fit fit = f1.compute();
  report("f1, anomalous scores", count, std::abs(static_cast<double>(fit.anomalous_count) - double(anomalous)), 0);
  report("f1, all scores", count, std::abs(static_cast<double>(fit.anomalous_count + fit.normal_count) - double(count)),
         0);
  report("tail summary, scores", count, std::abs(double(tail.count()) - double(count)), 0);
}

/// Martingales are sums of logarithms: against the same in long double, of the same p-values. Allowed are four
/// roundings of the sum, and two of each factor, as if all went the same way.
void martingales(std::uint64_t all) {
  const std::vector<double> normals{1, 2, 3};
  for (const Bet bet : {Bet::power, Bet::mixture, Bet::jumper}) {
    const std::uint64_t n = bet == Bet::mixture ? all / 100 : all;  // which takes microseconds a score
    MartingaleMonitor monitor(normals, {.bet = bet});
    Random random(2);
    long double log_sum = 0;
    long double capital = 0;
    std::vector<long double> shares(3, 1 / 3.0L);
    Growth growth;
    for (std::uint64_t i = 0; i < n; ++i) {
      growth.at(i, n);
      const double p = random.uniform();
      monitor.bet({p, 1 - p});
      const long double epsilon = monitor.parameters().epsilon;
      if (bet == Bet::power) capital += std::log(epsilon) + (epsilon - 1) * std::log(static_cast<long double>(p));
      if (bet == Bet::mixture) log_sum -= std::log(static_cast<long double>(p));
      if (bet == Bet::jumper) {
        const long double jump = monitor.parameters().jump;
        long double sum = 0;
        for (std::size_t k = 0; k < 3; ++k) {
          shares[k] = ((1 - jump) * shares[k] + jump / 3) * (1 + (static_cast<long double>(k) - 1) * (p - 0.5L));
          sum += shares[k];
        }
        for (long double& share : shares) share /= sum;
        capital += std::log(sum);
      }
    }
    if (bet == Bet::mixture) capital = detail::log_mixture(n, static_cast<double>(log_sum));
    const char* name = bet == Bet::power     ? "martingale, power"
                       : bet == Bet::mixture ? "martingale, mixture"
                                             : "martingale, jumper";
    growth.end(name);
    report(name, n, static_cast<double>(std::abs(monitor.statistic() - capital)),
           0x1p-53 * (4 * static_cast<double>(std::abs(capital)) + 2 * static_cast<double>(n)));
  }
}

/// Counts add up, and memory stays.
template <typename M>
void monitored(const char* name, M monitor, std::uint64_t n) {
  Random random(3);
  Growth growth;
  std::uint64_t alarms = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    growth.at(i, n);
    alarms += monitor.step(random.normal()) == AlarmState::raised ? 1U : 0U;
  }
  growth.end(name);
  report(name, n,
         std::abs(double(monitor.count()) - double(n)) + std::abs(double(monitor.alarm_count()) - double(alarms)), 0);
  std::printf("%-34s %llu alarms\n", name, static_cast<unsigned long long>(alarms));
}

template <typename Stream>
void streamed(const char* name, Stream stream, std::uint64_t n) {
  Random random(4);
  std::vector<double> past(5000);
  for (double& score : past) score = random.normal();
  if (stream.calibrate(past) != FitStatus::ok) std::exit(2);
  Growth growth;
  std::uint64_t flagged = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    growth.at(i, n);
    flagged += stream.step(random.normal()).anomalous() ? 1U : 0U;
  }
  growth.end(name);
  std::printf("%-34s %llu scores, %.2e of them flagged, asked for %.0e\n", name, static_cast<unsigned long long>(n),
              static_cast<double>(flagged) / static_cast<double>(n), stream.parameters().false_alarm_rate);
}

}  // namespace

int main(int argc, char** argv) {
  const auto n = static_cast<std::uint64_t>(argc > 1 ? std::atof(argv[1]) : 1e7);
  const auto m = static_cast<std::uint64_t>(argc > 2 ? std::atof(argv[2]) : static_cast<double>(n) / 10);
  sums(n);
  martingales(m);
  std::vector<double> past(1000);
  Random random(5);
  for (double& score : past) score = random.normal();
  monitored("martingale, shift", MartingaleMonitor(past, {.policy = AlarmPolicy::rearm}), m);
  monitored("cusum", CusumMonitor(past, {.policy = AlarmPolicy::rearm}), m);
  monitored("Anderson-Darling", AndersonDarlingMonitor(past, {.policy = AlarmPolicy::rearm}), m / 10);
  streamed("SPOT", SpotStream{}, m);
  streamed("SPOT, as its authors fit", SpotStream{{.flagged = FlaggedScores::excluded}}, m);
  streamed("DSPOT", DspotThreshold{}, m);
  return sound ? 0 : 1;
}
