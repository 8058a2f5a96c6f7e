// SPDX-License-Identifier: Apache-2.0
// On scores from its own model, does each method keep the false-alarm rate, and do the intervals of its cutoff hold the
// true quantile as often as they say? By simulation, with exact binomial acceptance limits.
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
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

/// The mean rate is the nominal one but for what estimation adds, rate * bias at most; that falls as 1 / n.
void check_rate(const Outcome& outcome, double rate, double bias) {
  INFO("mean rate " << outcome.mean_rate << " +- " << outcome.deviation);
  CHECK(outcome.mean_rate >= rate - 4 * outcome.deviation);
  CHECK(outcome.mean_rate <= rate * (1 + bias) + 4 * outcome.deviation);
}

/// The share of intervals that hold the true quantile is 0.95 but for `shortfall`, which falls as 1 / sqrt(n).
void check_coverage(const Outcome& outcome, double shortfall) {
  const stats::Interval covered = stats::proportion_interval(outcome.covered, outcome.fits, sure);
  INFO("covered " << outcome.covered << " of " << outcome.fits);
  CHECK(covered.lower <= 0.95);
  CHECK(covered.upper >= 0.95 - shortfall);
}

constexpr std::size_t many = 1000;
constexpr std::size_t repetitions = 1000;

TEST_CASE("parametric fits keep the rate on their own model, and their intervals cover") {
  // To second order in the quantile's error the mean rate is above the nominal one by half its variance times the slope
  // of the density there. With 1000 scores that is below 1 % of a rate of 0.05 for all of these, and below 10 % of one
  // of 0.001. The interval of the gamma distribution with a small shape is the most skewed: 0.945 for 0.95.
  const auto check = [](const auto& family) {
    for (const double rate : {0.05, 0.001}) {
      INFO(family.name << ", rate " << rate);
      const Outcome outcome =
          simulate(family, "parametric",
                   {{"family", std::string(family.name)}, {"least_p_value", 0.0}, {"false_alarm_rate", rate}}, many,
                   repetitions, 7);
      CHECK(outcome.fits == repetitions);
      check_rate(outcome, rate, rate < 0.01 ? 0.1 : 0.01);
      check_coverage(outcome, 0.005);
    }
  };
  check(stats::Normal{-3, 2});
  check(stats::LogNormal{1, 0.5});
  check(stats::Gamma{0.7, 3});
  check(stats::Weibull{1.5, 3});
  check(stats::Logistic{5, 2});
  check(stats::Gumbel{5, 2});
}

TEST_CASE("the normal fit's mean rate is the one that the t distribution gives") {
  // For n normal scores with mean m and deviation s (divisor n) the next score exceeds m + z s when a t variable with
  // n - 1 degrees of freedom exceeds z sqrt((n - 1) / (n + 1)): 0.0670937623 for n = 20 and rate 0.05 (SciPy 1.10,
  // stats.t.sf).
  const Outcome outcome = simulate(stats::Normal{}, "parametric",
                                   {{"family", std::string("normal")}, {"least_p_value", 0.0}}, 20, 20000, 8);
  CHECK(std::abs(outcome.mean_rate - 0.0670937623) <= 4 * outcome.deviation);
}

TEST_CASE("scores of another family are refused, those of their own are not") {
  // 1000 exponential scores are not normal: p = 1 / 200, the least there is.
  const Outcome wrong = simulate(stats::Gamma{1, 1}, "parametric", {{"family", std::string("normal")}}, many, 20, 9);
  CHECK(wrong.fits == 0);
  // A test at 1 % refuses 1 %.
  const Outcome own = simulate(stats::Gumbel{}, "parametric", {{"family", std::string("gumbel")}}, 100, 1000, 10);
  const stats::Interval refused = stats::proportion_interval(1000 - own.fits, 1000, sure);
  CHECK(refused.lower <= 0.01);
  CHECK(refused.upper >= 0.01);
}

TEST_CASE("extreme value fits keep the rate on their own model, and their intervals cover") {
  for (const double rate : {0.05, 0.005}) {
    for (const std::string estimator : {"l_moments", "mle"}) {
      INFO(estimator << ", rate " << rate);
      const ParameterMap parameters{{"estimator", estimator}, {"false_alarm_rate", rate}};
      const Outcome gumbel = simulate(stats::Gumbel{5, 2}, "gumbel", parameters, many, repetitions, 11);
      CHECK(gumbel.fits == repetitions);
      check_rate(gumbel, rate, 0.03);
      check_coverage(gumbel, 0.005);
      for (const double xi : {-0.2, 0.0, 0.2}) {
        INFO("xi " << xi);
        const Outcome gev = simulate(stats::Gev{5, 2, xi}, "gev", parameters, many, repetitions / 4, 12);
        CHECK(gev.fits == repetitions / 4);
        check_rate(gev, rate, 0.06);
        if (estimator == "mle") check_coverage(gev, 0.01);
      }
    }
  }
}

TEST_CASE("Pareto tails keep the rate on their own model, and their intervals cover") {
  for (const std::string estimator : {"mle", "pwm", "moments", "zhang_stephens"}) {
    for (const double xi : {-0.2, 0.0, 0.2}) {
      for (const double rate : {0.1, 0.01}) {
        INFO(estimator << ", xi " << xi << ", rate " << rate);
        const Outcome outcome = simulate(stats::Gpd{2, xi}, "gpd",
                                         {{"estimator", estimator}, {"false_alarm_rate", rate}, {"least_p_value", 0.0}},
                                         many, repetitions, 13);
        CHECK(outcome.fits == repetitions);
        check_rate(outcome, rate, 0.06);
        if (estimator == "mle") check_coverage(outcome, 0.01);
      }
    }
  }
}

TEST_CASE("the bound of a Pareto tail keeps the rate with its confidence") {
  // With 50 scores in the tail. The bootstrap's own error leaves the coverage within .03 of the confidence (a plain
  // chi-squared quantile gives .90 and .70).
  for (const double xi : {-0.3, 0.0, 0.3}) {
    for (const double confidence : {0.95, 0.8}) {
      INFO("xi " << xi << ", confidence " << confidence);
      const ParameterMap parameters{{"confidence", confidence}, {"least_p_value", 0.0}, {"replicates", 99.0}};
      const Outcome outcome = simulate(stats::Gpd{2, xi}, "gpd", parameters, 200, repetitions, 14);
      CHECK(outcome.fits >= repetitions * 97 / 100);
      const stats::Interval broken = stats::proportion_interval(outcome.broken, outcome.fits, sure);
      CHECK(broken.lower <= 1 - confidence);
      CHECK(broken.upper >= 1 - confidence - 0.03);
    }
  }
}

TEST_CASE("the tail and SPOT thresholds keep the rate") {
  // A Gumbel distribution's own tail is close to a Pareto tail (their rates at 0.05 differ by less than 1 %), so both
  // halves of the mean are nearly right.
  const Outcome tail = simulate(stats::Gumbel{5, 2}, "tail", {}, many, repetitions, 15);
  check_rate(tail, 0.05, 0.02);
  // Under 20 scores it is the Gumbel distribution's quantile alone.
  const Outcome few = simulate(stats::Gumbel{5, 2}, "tail", {}, 15, repetitions, 16);
  const Outcome gumbel = simulate(stats::Gumbel{5, 2}, "gumbel", {}, 15, repetitions, 16);
  CHECK(few.mean_rate == gumbel.mean_rate);
  // 20 peaks of 1000 scores: the mean rate is half as much again, since the quantile's error is large.
  const Outcome spot =
      simulate(stats::Gpd{2, 0.1}, "spot", {{"false_alarm_rate", 0.005}, {"level", 0.9}}, many, repetitions, 17);
  check_rate(spot, 0.005, 0.15);
}

}  // namespace
