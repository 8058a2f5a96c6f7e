// SPDX-License-Identifier: Apache-2.0
// On scores from its own model, does each method keep the false-alarm rate, and do the intervals of its cutoff hold the
// true quantile as often as they say? By simulation, with exact binomial acceptance limits.
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

// Each interval below misses a true rate once in 10^4 seeds.
constexpr double sure = 0.9999;

template <typename Family>
std::vector<double> draw(const Family& family, std::size_t n, Random& random) {
  std::vector<double> scores(n);
  for (double& score : scores) score = family.upper_quantile(random.uniform());
  return scores;
}

struct Outcome {
  std::size_t fits = 0;
  std::size_t covered = 0;  ///< the interval holds the true quantile
  std::size_t broken = 0;   ///< the true rate is above the one asked for
  double mean_rate = 0;
  double deviation = 0;  ///< of mean_rate
};

template <typename Family>
Outcome simulate(const Family& family, const std::string& method, const ParameterMap& parameters, std::size_t n,
                 std::size_t repetitions, std::uint64_t seed) {
  Random random(seed);
  Outcome outcome;
  double squares = 0;
  for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
    AnyThreshold threshold = make_threshold(method, parameters);
    threshold.update(draw(family, n, random));
    const Fit fit = threshold.compute();
    if (!fit.ok()) continue;
    const double rate = std::get<double>(fit.parameters.at("false_alarm_rate"));
    const double truth = family.upper_quantile(rate);
    const double flagged = family.upper_tail(fit.cutoff.value());
    ++outcome.fits;
    outcome.broken += flagged > rate ? 1 : 0;
    outcome.mean_rate += flagged;
    squares += flagged * flagged;
    if (fit.interval) {
      outcome.covered += fit.interval->lower <= truth && truth <= fit.interval->upper ? 1 : 0;
    }
  }
  const auto fits = static_cast<double>(outcome.fits);
  outcome.mean_rate /= fits;
  outcome.deviation = std::sqrt((squares / fits - outcome.mean_rate * outcome.mean_rate) / fits);
  return outcome;
}

/// The rate is kept on average and the interval covers. What is left at these n of the bias that falls as 1 / n was
/// worked out by the expansion of the rate to second order, a few parts in n; `bias` and `shortfall` bound it.
template <typename Family>
void check_model(const Family& family, const std::string& method, ParameterMap parameters, double rate, double bias,
                 double shortfall) {
  constexpr std::size_t n = 1000;
  constexpr std::size_t repetitions = 1000;
  parameters["false_alarm_rate"] = rate;
  INFO(method << ", " << Family::name << ", rate " << rate);
  const Outcome outcome = simulate(family, method, parameters, n, repetitions, 7);
  CHECK(outcome.fits == repetitions);
  CHECK(std::abs(outcome.mean_rate - rate) <= 4 * outcome.deviation + bias * rate);
  const stats::Interval covered = stats::proportion_interval(outcome.covered, repetitions, sure);
  CHECK(covered.lower <= 0.95);
  CHECK(covered.upper >= 0.95 - shortfall);
}

TEST_CASE("parametric fits keep the rate on their own model") {
  const auto check = [](const auto& family, const std::string& name) {
    for (const double rate : {0.05, 0.001}) {
      // The mean rate is above the nominal one by about rate * (variance of the quantile) * (density's slope) / 2.
      check_model(family, "parametric", {{"family", name}, {"least_p_value", 0.0}}, rate, rate < 0.01 ? 0.08 : 0.01,
                  0.005);
    }
  };
  check(stats::Normal{-3, 2}, "normal");
  check(stats::LogNormal{1, 0.5}, "log_normal");
  check(stats::Gamma{0.7, 3}, "gamma");
  check(stats::Weibull{1.5, 3}, "weibull");
  check(stats::Logistic{5, 2}, "logistic");
  check(stats::Gumbel{5, 2}, "gumbel");
}

TEST_CASE("the normal fit's mean rate is the one that the t distribution gives") {
  // For n normal scores with mean m and deviation s (divisor n) the next score exceeds m + z s when a t variable with
  // n - 1 degrees of freedom exceeds z sqrt((n - 1) / (n + 1)): 0.0670937623 for n = 20 and rate 0.05 (SciPy 1.10, stats.t.sf).
  const Outcome outcome = simulate(stats::Normal{}, "parametric", {{"family", std::string("normal")},
                                                                 {"least_p_value", 0.0}}, 20, 20000, 8);
  CHECK(std::abs(outcome.mean_rate - 0.0670937623) <= 4 * outcome.deviation);
}

}  // namespace
