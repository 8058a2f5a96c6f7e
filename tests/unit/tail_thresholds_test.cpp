// SPDX-License-Identifier: Apache-2.0
// The thresholds that fit tails: their cutoffs against figures from elsewhere, and what they step down to.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "extreme_data.hpp"
#include "plimsoll/stats/block_maxima.hpp"
#include "plimsoll/stats/forward_stop.hpp"
#include "plimsoll/stats/gpd_bound.hpp"
#include "plimsoll/thresholds/certified_threshold.hpp"
#include "plimsoll/thresholds/gev_threshold.hpp"
#include "plimsoll/thresholds/gpd_threshold.hpp"
#include "plimsoll/thresholds/gumbel_threshold.hpp"
#include "plimsoll/thresholds/parametric_threshold.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/tail_threshold.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();

template <typename Estimator>
Fit fit(Estimator threshold, const std::vector<double>& scores) {
  threshold.update(scores);
  return threshold.compute();
}

/// i^1.5 for i = 1 .. n.
std::vector<double> powers(std::size_t n) {
  std::vector<double> scores;
  for (std::size_t i = 1; i <= n; ++i) scores.push_back(std::pow(static_cast<double>(i), 1.5));
  return scores;
}

std::vector<double> exponential_scores(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> scores(n);
  for (double& score : scores) score = random.exponential();
  return scores;
}

TEST_CASE("tail, Gumbel and extreme value cutoffs are those of NumPy and SciPy") {
  // NumPy 1.24 for sums and the 0.75 quantile, SciPy 1.10's brentq for the shape of the L-moments; 1e-12 as both sides
  // round some dozen times.
  const std::vector<double> scores = powers(40);
  CHECK(fit(TailThreshold{}, scores).cutoff.value() == Approx(250.44413321969975).epsilon(1e-12));
  CHECK(fit(GumbelThreshold{}, scores).cutoff.value() == Approx(260.05910498007484).epsilon(1e-12));
  CHECK(fit(GevThreshold{}, scores).cutoff.value() == Approx(252.61354091473407).epsilon(1e-10));
  const Fit pwm =
      fit(GpdThreshold{{.false_alarm_rate = 0.05, .estimator = TailEstimator::probability_weighted_moments}}, scores);
  CHECK(pwm.cutoff.value() == Approx(240.82916145932467).epsilon(1e-12));
  CHECK(pwm.estimates.at("tail_start") == Approx(166.38774925059505).epsilon(1e-14));
  CHECK(pwm.estimates.at("exceedances") == 10);
}

TEST_CASE("a tail without a maximum of the likelihood is fitted otherwise, and says so") {
  // SciPy's search of the same likelihood ends at xi = -1.22, beyond xi = -1.
  const std::vector<double> scores = powers(40);
  const Fit result = fit(GpdThreshold{{.false_alarm_rate = 0.05}}, scores);
  CHECK(result.ok());
  CHECK_THAT(result.note, Catch::Matchers::Contains("no maximum"));
  CHECK_FALSE(result.interval);
  // Zhang and Stephens' tail never ends below a score.
  const double end = result.estimates.at("tail_start") - result.estimates.at("sigma") / result.estimates.at("xi");
  CHECK(end > scores.back());
  CHECK(fit(GpdThreshold{{.false_alarm_rate = 0.05, .confidence = 0.9}}, scores).status == FitStatus::not_converged);
}

TEST_CASE("the tail threshold says what it steps down to") {
  CHECK_THAT(fit(TailThreshold{}, powers(19)).note, Catch::Matchers::Contains("Gumbel distribution's quantile alone"));
  CHECK(fit(TailThreshold{}, powers(20)).note.empty());
  CHECK(fit(TailThreshold{{.false_alarm_rate = 0.25}}, powers(20)).estimates.contains("xi"));  // 5 of 20 exceed
  // Half of these are tied at the top, so nothing exceeds the 0.75 quantile, and the Pareto half is the 0.95 quantile.
  std::vector<double> tied = powers(40);
  for (std::size_t i = 20; i < 40; ++i) tied[i] = 100;
  const double gumbel = fit(GumbelThreshold{}, tied).cutoff.value();
  CHECK(fit(TailThreshold{}, tied).cutoff.value() == Approx((gumbel + 100) / 2).epsilon(1e-14));
}

TEST_CASE("a rate that is not below the tail's share gives the empirical quantile") {
  std::vector<double> scores;
  for (int i = 1; i <= 100; ++i) scores.push_back(i);
  const Fit estimate = fit(GpdThreshold{{.false_alarm_rate = 0.3}}, scores);
  CHECK(estimate.cutoff.value() == Approx(70.3).epsilon(1e-14));  // 1 + 99 * 0.7, and the next number
  CHECK(estimate.promise.guarantee == Guarantee::none);
  const Fit bound = fit(GpdThreshold{{.false_alarm_rate = 0.3, .confidence = 0.95}}, scores);
  CHECK(bound.promise.guarantee == Guarantee::distribution_free);
  QuantileThreshold quantile{{.false_alarm_rate = 0.3, .confidence = 0.95}};
  quantile.update(scores);
  CHECK(bound.cutoff == quantile.compute().cutoff);
}

TEST_CASE("bounds of a Pareto tail") {
  const std::vector<double> scores = exponential_scores(1000, 1);
  const Fit estimate = fit(GpdThreshold{{.false_alarm_rate = 0.001}}, scores);
  const Fit profile = fit(GpdThreshold{{.false_alarm_rate = 0.001, .confidence = 0.95}}, scores);
  const Fit delta =
      fit(GpdThreshold{{.false_alarm_rate = 0.001, .confidence = 0.95, .bound = TailBound::delta}}, scores);
  CHECK(profile.estimates.at("estimate") == estimate.cutoff.value());
  CHECK(profile.cutoff.value() > estimate.cutoff.value());
  CHECK(profile.promise.confidence == 0.95);
  CHECK(delta.cutoff.value() > estimate.cutoff.value());
  CHECK(std::isnan(delta.promise.confidence));
  CHECK_THAT(delta.note, Catch::Matchers::Contains("not promised"));
  double last = estimate.cutoff.value();
  for (const double confidence : {0.7, 0.8, 0.9, 0.99}) {
    const double next = fit(GpdThreshold{{.false_alarm_rate = 0.001, .confidence = confidence}}, scores).cutoff.value();
    CHECK(next > last);
    last = next;
  }
  CHECK_THROWS_AS((GpdThreshold{{.confidence = 0.9, .estimator = TailEstimator::moments}}), ParameterError);
}

TEST_CASE("with many exceedances the bound is the profile likelihood's, and the share's in squares") {
  // Daily rain above 10 mm (Coles 2001): 2003 of 17531 days. Figures of the two parts from the functions that are
  // tested against published values; the sum of squares by hand.
  const std::vector<double> exceedances = test::rain_above(10);
  const stats::GpdTail tail{exceedances, stats::gpd_mle(exceedances), 17531};
  const double rate = 1.0 / 3650;
  const double level = tail.mle.family.upper_quantile(rate / tail.share());
  const double bound = stats::gpd_level_upper_bound(exceedances, tail.mle, rate / tail.share(), 0.95);
  const double share = stats::proportion_interval(2003, 17531, 0.9).upper;
  const double by_share = tail.mle.family.upper_quantile(rate / share);
  const double expected = level + std::sqrt(std::pow(bound - level, 2) + std::pow(by_share - level, 2));
  CHECK(stats::gpd_return_level_bound(tail, rate, 0.95, 19, 1) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("with few exceedances the bound's root is above the normal quantile") {
  // The root's distribution is skewed towards long tails; the simulated coverage is in contract/model_test.cpp.
  const stats::Gpd gpd{1, 0.1};
  const double few = stats::gpd_level_root(gpd, 50, 0.04, 0.95, 999, 1);
  CHECK(few > 1.75);
  CHECK(few < 2.5);
  CHECK(stats::gpd_level_root(gpd, 50, 0.04, 0.95, 999, 1) == few);
  CHECK(stats::gpd_level_root(gpd, 1000, 0.04, 0.95, 999, 1) == Approx(1.6448536269514722).epsilon(1e-14));
}

TEST_CASE("an automatic start leaves out the scores that are no tail") {
  // A uniform body up to 1 and an exponential tail of the highest 10 % above it.
  Random random(3);
  std::vector<double> scores(3000);
  for (double& score : scores) score = random.below(10) == 0 ? 1 + 5 * random.exponential() : random.uniform();
  const Fit fixed = fit(GpdThreshold{{.false_alarm_rate = 0.001}}, scores);
  CHECK(fixed.status == FitStatus::fit_rejected);
  const Fit automatic = fit(GpdThreshold{{.false_alarm_rate = 0.001, .start = TailStart::automatic}}, scores);
  REQUIRE(automatic.ok());
  CHECK(automatic.estimates.at("exceedances") <= 330);
  // The true level: 1 + 5 log(0.1 / 0.001).
  CHECK(automatic.interval->lower < 24.03);
  CHECK(automatic.interval->upper > 24.03);
}

TEST_CASE("a tail too thin for any number of scores is too few scores") {
  // 10 exceedances of a share of 1e-300 take more scores than an integer counts, and of 1e-10 1e11.
  const std::vector<double> scores = exponential_scores(100, 3);
  const Fit none = fit(GpdThreshold{{.tail_share = 1e-300}}, scores);
  CHECK(none.status == FitStatus::too_few_scores);
  CHECK_THAT(none.note, Catch::Matchers::Contains("needs more normal scores, there are 100"));
  const Fit few = fit(GpdThreshold{{.tail_share = 1e-10}}, scores);
  CHECK(few.status == FitStatus::too_few_scores);
  CHECK_THAT(few.note, Catch::Matchers::Contains("000 normal scores, there are 100"));
}

TEST_CASE("a tail by moments is the formula's, and may end below the largest score") {
  // Hosking and Wallis (1987), Technometrics 29(3), section 4: of the excesses' mean m and variance v,
  // xi = (1 - m^2 / v) / 2 and sigma = m (1 + m^2 / v) / 2. Here of the ten largest of 40, above the 0.75 quantile.
  const std::vector<double> scores = powers(40);
  const double start = scores[29] + 0.25 * (scores[30] - scores[29]);
  double mean = 0;
  for (std::size_t i = 30; i < 40; ++i) mean += (scores[i] - start) / 10;
  double variance = 0;
  for (std::size_t i = 30; i < 40; ++i) variance += std::pow(scores[i] - start - mean, 2) / 9;
  const double ratio = mean * mean / variance;
  const double xi = (1 - ratio) / 2;
  const double sigma = mean * (1 + ratio) / 2;
  const GpdParameters by_moments{.false_alarm_rate = 0.05, .estimator = TailEstimator::moments, .least_p_value = 0};
  const Fit moments = fit(GpdThreshold{by_moments}, scores);
  CHECK(moments.estimates.at("xi") == Approx(xi).epsilon(1e-12));
  CHECK(moments.estimates.at("sigma") == Approx(sigma).epsilon(1e-12));
  CHECK(moments.cutoff.value() == Approx(start + sigma / xi * (std::pow(0.05 / 0.25, -xi) - 1)).epsilon(1e-12));
  // Nine excesses of about 1 and one of 1.5 or so: m = 1.05 and v = .025 put the end near 1.1.
  std::vector<double> narrow(30, 0);
  for (int i = 0; i < 9; ++i) narrow.push_back(1 + i * 1e-3);
  narrow.push_back(1.5);
  const Fit ended = fit(GpdThreshold{by_moments}, narrow);
  CHECK(ended.ok());
  CHECK_THAT(ended.note, Catch::Matchers::Contains("ends below the largest score"));
  const double end = ended.estimates.at("tail_start") - ended.estimates.at("sigma") / ended.estimates.at("xi");
  CHECK(end < 1.5);
  // Zhang and Stephens' never does.
  const Fit zhang = fit(
      GpdThreshold{{.false_alarm_rate = 0.05, .estimator = TailEstimator::zhang_stephens, .least_p_value = 0}}, narrow);
  CHECK(zhang.estimates.at("tail_start") - zhang.estimates.at("sigma") / zhang.estimates.at("xi") > 1.5);
}

TEST_CASE("a tail that cannot be had, or not with this confidence, says why") {
  // Of 200 scores 35 are tied where a tail of 15 % begins, which leaves the five above them.
  std::vector<double> tied = powers(160);
  tied.resize(195, 2100);
  for (int i = 0; i < 5; ++i) tied.push_back(3000 + i);
  const Fit left = fit(GpdThreshold{{.false_alarm_rate = 1e-3, .tail_share = 0.15}}, tied);
  CHECK(left.status == FitStatus::not_applicable);
  CHECK_THAT(left.note, Catch::Matchers::Contains("ties leave 5 scores above the tail's start, under 10"));
  // 40 scores keep 30 % with a probability of 1 - .7^40 = 1 - 6.4e-7 at most.
  const auto with = [](double confidence) {
    return fit(GpdThreshold{{.false_alarm_rate = 0.3, .confidence = confidence}}, powers(40));
  };
  CHECK(with(1 - 7e-7).ok());
  CHECK(with(1 - 6e-7).status == FitStatus::too_few_scores);
  CHECK_THAT(with(1 - 6e-7).note, Catch::Matchers::Contains("no score is high enough"));
  // Whole numbers of 100 scores each: no tail of them is smooth.
  std::vector<double> steps;
  for (int i = 0; i < 4000; ++i) steps.push_back(i / 100);
  const Fit rejected = fit(GpdThreshold{{.start = TailStart::automatic}}, steps);
  CHECK(rejected.status == FitStatus::fit_rejected);
  CHECK_THAT(rejected.note, Catch::Matchers::Contains("no tail of 50 to 5 %"));
}

TEST_CASE("one family by name is its fit; an extreme value distribution by likelihood has an interval") {
  // SciPy 1.10: brentq on the likelihood's equation in sigma, to the last digits, then gumbel_r.isf(0.05).
  const Fit gumbel = fit(ParametricThreshold{{.family = Family::gumbel, .least_p_value = 0}}, powers(40));
  CHECK(gumbel.cutoff.value() == Approx(254.4930132341438).epsilon(1e-10));
  const Fit gev = fit(GevThreshold{{.estimator = BlockEstimator::maximum_likelihood}}, exponential_scores(200, 5));
  REQUIRE(gev.interval);
  CHECK(gev.interval->method == "profile likelihood");
  CHECK(gev.interval->lower < gev.cutoff.value());
  CHECK(gev.cutoff.value() < gev.interval->upper);
}

TEST_CASE("a note says how many scores an extreme value distribution needs") {
  // It has three parameters; the same words by both estimators, of two scores and none.
  for (const BlockEstimator estimator : {BlockEstimator::l_moments, BlockEstimator::maximum_likelihood}) {
    const Fit few = fit(GevThreshold{{.estimator = estimator}}, {1, 2});
    CHECK(few.status == FitStatus::too_few_scores);
    CHECK_THAT(few.note, Catch::Matchers::Contains("needs 3 normal scores, there are 2"));
  }
}

TEST_CASE("ForwardStop rejects from the front") {
  // By hand: -log(1 - p) is 0.0101, 0.0513, 0.6931, 0.0101; means 0.0101, 0.0307, 0.2515, 0.1912.
  CHECK(stats::forward_stop(std::vector<double>{0.01, 0.05, 0.5, 0.01}, 0.05) == 2);
  CHECK(stats::forward_stop(std::vector<double>{0.01, 0.05, 0.5, 0.01}, 0.2) == 4);
  CHECK(stats::forward_stop(std::vector<double>{0.5, 0.5}, 0.05) == 0);
  CHECK(stats::forward_stop(std::vector<double>{1, 0.001}, 0.05) == 0);
  CHECK(stats::forward_stop(std::vector<double>{}, 0.05) == 0);
}

TEST_CASE("block maxima leave out the rest") {
  CHECK(stats::block_maxima(std::vector<double>{1, 5, 2, 4, 3, 9, 7}, 3) == std::vector<double>{5, 9});
  CHECK(stats::block_maxima(std::vector<double>{1, 5}, 3).empty());
  CHECK(stats::block_maxima(std::vector<double>{1, 5}, 1) == std::vector<double>{1, 5});
}

TEST_CASE("a certificate's cutoffs and bounds agree") {
  const std::vector<double> scores = exponential_scores(200, 4);
  CertifiedThreshold threshold;
  threshold.update(scores);
  const Certificate certificate = threshold.certificate();
  CHECK(certificate.normal_count() == 200);
  CHECK(certificate.threshold_for(0.05) == threshold.compute().cutoff);
  double last = infinity;
  for (const double rate : {0.001, 0.02, 0.031, 0.05, 0.1, 0.5, 0.9}) {
    const Cutoff cutoff = certificate.threshold_for(rate);
    CHECK(cutoff.value() <= last);
    last = cutoff.value();
    if (rate < certificate.smallest_rate()) {
      CHECK(cutoff.value() == infinity);
    } else {
      CHECK(certificate.rate_bound(cutoff) <= rate);
      // The cutoff just below flags one more score, and its bound is above the rate.
      CHECK(certificate.rate_bound(Cutoff{std::nextafter(cutoff.value(), -infinity)}) > rate);
    }
  }
  CHECK(certificate.rate_bound(Cutoff{-1}) == 1);
  CHECK(certificate.rate_bound(Cutoff{}) == certificate.smallest_rate());
  // Of n scores the maximum alone bounds 1 - 0.05^(1/n); all cutoffs at once take more.
  CHECK(certificate.smallest_rate() > 1 - std::pow(0.05, 1.0 / 200));
  CHECK_THROWS_AS(CertifiedThreshold{}.certificate(), DataError);
  CertifiedThreshold pixels;
  const std::vector<float> map(100, 1);
  pixels.update(ScoreMap(map.data(), 10, 10));
  CHECK_THROWS_AS(pixels.certificate(), DataError);
}

TEST_CASE("extreme value fits take the maximum of a map") {
  GevThreshold threshold;
  for (int i = 0; i < 12; ++i) {
    std::vector<float> map(20, 0.0F);
    map[static_cast<std::size_t>(i)] = static_cast<float>(i * i);
    threshold.update(ScoreMap(map.data(), 4, 5));
  }
  CHECK(threshold.compute().normal_count == 12);
  CHECK(threshold.compute().promise.guarantee == Guarantee::model_based);
}

TEST_CASE("parametric fits say which family, and what they leave out") {
  const Fit mixed = fit(ParametricThreshold{{.least_p_value = 0}}, {-1, 0, 1, 2, 3, 5});
  CHECK_THAT(mixed.note, Catch::Matchers::Contains("log_normal, gamma, weibull were left out"));
  CHECK_THAT(fit(ParametricThreshold{}, {1, 2, 4}).note, Catch::Matchers::Contains("not tested"));
  const Fit shifted =
      fit(ParametricThreshold{{.family = Family::gamma, .location = -5, .least_p_value = 0}}, {-1, 0, 1, 2, 3, 5});
  CHECK(shifted.ok());
  CHECK(fit(ParametricThreshold{{.family = Family::gamma}}, {-1, 0, 1}).status == FitStatus::not_applicable);
  // The interval of digits that ran out is none.
  std::vector<double> far;
  for (int i = 0; i < 20; ++i) far.push_back(1e12 + i);
  const Fit gamma = fit(ParametricThreshold{{.family = Family::gamma, .least_p_value = 0}}, far);
  if (gamma.interval) CHECK(gamma.interval->lower <= gamma.interval->upper);
}

}  // namespace
