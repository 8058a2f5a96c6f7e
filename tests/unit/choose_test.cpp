// SPDX-License-Identifier: Apache-2.0
// The methods that choose: auto, batch, and the rank of quantile.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/auto_threshold.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

std::vector<double> first_numbers(std::size_t count) {
  std::vector<double> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(i + 1);
  return numbers;
}

template <typename Rule>
Fit fit_of(Rule rule, const std::vector<double>& normals, const std::vector<double>& anomalies = {}) {
  rule.update(normals);
  if (!anomalies.empty()) rule.update(anomalies, Label::anomalous);
  return rule.compute();
}

TEST_CASE("quantile: the nearest rank flags the share nearest to the rate, and promises what it keeps") {
  for (std::size_t n = 1; n <= 60; ++n) {
    const std::vector<double> scores = first_numbers(n);
    for (const double rate : {0.001, 0.01, 0.05, 0.07, 0.1, 0.25, 0.33, 0.5, 0.71, 0.97}) {
      const Fit fit = fit_of(QuantileThreshold{{.false_alarm_rate = rate, .rank = QuantileRank::nearest}}, scores);
      REQUIRE(fit.ok());
      const auto flagged = static_cast<std::size_t>(std::ranges::count_if(scores, fit.cutoff));
      // No other number of flagged scores, of those that some rank has, is nearer.
      for (std::size_t other = 0; other < n; ++other) {
        const auto distance = [&](std::size_t count) {
          return std::abs(static_cast<double>(count) - rate * static_cast<double>(n));
        };
        CHECK(distance(flagged) <= distance(other) + 1e-12);
      }
      CHECK(fit.promise.false_alarm_rate == static_cast<double>(flagged + 1) / static_cast<double>(n + 1));
      CHECK(fit.promise.guarantee == Guarantee::distribution_free);
    }
  }
  CHECK_THROWS_AS((QuantileThreshold{{.confidence = 0.95, .rank = QuantileRank::nearest}}), ParameterError);
  const Fit none = fit_of(QuantileThreshold{{.rank = QuantileRank::nearest}}, {});
  CHECK(none.status == FitStatus::too_few_scores);
}

TEST_CASE("quantile: the nearest rank's mean rate is at most its promise, and near the rate") {
  // The rate of a uniform sample's cutoff x(r) is 1 - x(r), Beta(n - r + 1, r): mean (n - r + 1) / (n + 1).
  Random random(5);
  constexpr std::size_t n = 50;
  constexpr int samples = 4000;
  double sum = 0;
  double promise = 0;
  for (int i = 0; i < samples; ++i) {
    std::vector<double> scores(n);
    for (double& score : scores) score = random.uniform();
    const Fit fit = fit_of(QuantileThreshold{{.false_alarm_rate = 0.05, .rank = QuantileRank::nearest}}, scores);
    sum += 1 - fit.cutoff.value();
    promise = fit.promise.false_alarm_rate;
  }
  CHECK(promise == 4.0 / 51);  // 2.5 rounds up to 3
  // The standard deviation of Beta(4, 47) is .0373; five of the mean's.
  CHECK(std::abs(sum / samples - promise) < 5 * 0.0373 / std::sqrt(samples));
}

TEST_CASE("auto: few normals are fitted by tail, more are counted by quantile") {
  Random random(6);
  std::vector<double> scores(301);
  for (double& score : scores) score = random.exponential();
  const std::vector<double> few(scores.begin(), scores.begin() + 300);
  const Fit by_tail = fit_of(AutoThreshold{}, few);
  CHECK(by_tail.cutoff == fit_of(TailThreshold{}, few).cutoff);
  CHECK(by_tail.method == "auto");
  CHECK(by_tail.note.starts_with(
      "chose tail, at a rate of 5 %: 300 normal scores are no more than 300, and a smooth fit keeps the rate best"));
  CHECK(by_tail.promise.guarantee == Guarantee::model_based);
  const Fit by_quantile = fit_of(AutoThreshold{}, scores);
  CHECK(by_quantile.cutoff == fit_of(QuantileThreshold{{.rank = QuantileRank::nearest}}, scores).cutoff);
  CHECK(by_quantile.note.starts_with("chose quantile, at a rate of 5 %: 301 normal scores are more than 300"));
  CHECK(by_quantile.promise.false_alarm_rate == 16.0 / 302);
  const Fit trimmed = fit_of(AutoThreshold{{.trim = 0.1}}, few);
  CHECK(trimmed.cutoff == fit_of(TailThreshold{{.trim = 0.1}}, few).cutoff);
  CHECK(trimmed.trimmed_count == 30);
  CHECK(trimmed.promise.guarantee == Guarantee::none);
}

TEST_CASE("auto: an expected prevalence moves the rate to a quarter of it, within bounds") {
  CHECK(rate_of_prevalence(0.2) == 0.05);
  CHECK(rate_of_prevalence(0.001) == 0.01);
  CHECK(rate_of_prevalence(0.9) == 0.1);
  Random random(7);
  std::vector<double> scores(80);
  for (double& score : scores) score = random.exponential();
  const Fit fit = fit_of(AutoThreshold{{.expected_prevalence = 0.08}}, scores);
  CHECK(fit.cutoff == fit_of(TailThreshold{{.false_alarm_rate = 0.02}}, scores).cutoff);
  CHECK(fit.note.starts_with("chose tail, at a rate of 2 %, for anomalies are expected to be 8 %: 80 normal scores"));
  CHECK_THROWS_AS((AutoThreshold{{.false_alarm_rate = 0.1, .expected_prevalence = 0.1}}), ParameterError);
}

TEST_CASE("auto: anomalous scores are searched, for F1, balanced F1 or the least cost") {
  const std::vector<double> normals{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> anomalies{4, 8, 9};
  const Fit labelled = fit_of(AutoThreshold{}, normals, anomalies);
  CHECK(labelled.cutoff.value() == 8);  // caught 2 of 3, one false alarm: F1 = 4 / 6; at 9: 2 / 4, at 4: 6 / 11
  CHECK(labelled.note.starts_with("chose f1, the best F1 on labelled scores"));

  // By hand: every cut's cost with 10 % anomalies, a miss 9 times as dear: .1 * 9 * missed / 3 + .9 * alarms / 8.
  const Fit cheapest = fit_of(AutoThreshold{{.expected_prevalence = 0.1, .miss_cost = 9}}, normals, anomalies);
  double least = std::numeric_limits<double>::infinity();
  double best = 0;
  for (const double cut : {1., 2., 3., 4., 5., 6., 7., 8., 9., 10.}) {
    const auto missed = static_cast<double>(std::ranges::count_if(anomalies, [=](double s) { return s < cut; }));
    const auto alarms = static_cast<double>(std::ranges::count_if(normals, [=](double s) { return s >= cut; }));
    const double cost = 0.9 * missed / 3 + 0.9 * alarms / 8;
    if (cost < least - 1e-12) {
      least = cost;
      best = cut;
    }
  }
  CHECK(cheapest.cutoff.value() == best);
  CHECK(cheapest.optimum->objective == "cost");
  CHECK(cheapest.optimum->value == Approx(least).epsilon(1e-14));

  const Fit no_anomalies = fit_of(AutoThreshold{{.miss_cost = 9}}, normals);
  CHECK(no_anomalies.status == FitStatus::missing_class);
  CHECK(fit_of(AutoThreshold{{.trim = 0.1}}, normals, anomalies).status == FitStatus::not_applicable);
}

TEST_CASE("auto: a synthetic line is that of synthetic under a cap, and is refused when the detector sees nothing") {
  Random random(8);
  std::vector<double> normals(200);
  std::vector<double> anomalies(80);
  for (double& score : normals) score = random.normal();
  for (double& score : anomalies) score = random.normal() + 1;
  const AutoParameters parameters{.anomalies = AnomalyKind::synthetic};
  const Fit fit = fit_of(AutoThreshold{parameters}, normals, anomalies);
  CHECK(fit.cutoff == fit_of(SyntheticThreshold{{.search = {.false_alarm_cap = 0.5}}}, normals, anomalies).cutoff);
  CHECK(fit.estimates.at("false_alarm_rate") <= 0.5);
  CHECK(fit.note.starts_with("chose synthetic, the best balanced F1 on synthetic anomalies, flagging at most 50 %"));
  for (double& score : anomalies) score = random.normal();
  CHECK(fit_of(AutoThreshold{parameters}, normals, anomalies).status == FitStatus::undetectable);
}

TEST_CASE("auto: pixels promise nothing") {
  const std::vector<double> pixels = first_numbers(400);
  AutoThreshold threshold;
  threshold.update(ScoreMap(pixels.data(), 20, 20));
  const Fit fit = threshold.compute();
  CHECK(fit.ok());
  CHECK(fit.promise.guarantee == Guarantee::none);
  CHECK_FALSE(fit.interval);
}

/// Normals and a batch of known numbers; the expectations below are a model's in NumPy, written from the formula.
struct Batch {
  std::vector<double> normals;
  std::vector<double> scores;
};

Batch known_batch() {
  Batch batch;
  for (int i = 1; i <= 400; ++i) batch.normals.push_back((i * 7919 % 1009) / 10.0);
  for (int i = 1; i <= 300; ++i) batch.scores.push_back((i * 6007 % 1009) / 10.0);
  for (int i = 0; i < 60; ++i) batch.scores.push_back(88 + i * 31 % 29);
  return batch;
}

Fit fit_batch(const Batch& batch, const BatchParameters& parameters = {}) {
  BatchThreshold threshold{parameters};
  threshold.update(batch.normals);
  threshold.update_batch(batch.scores);
  return threshold.compute();
}

TEST_CASE("batch: prevalence and level are those of the formula") {
  const Batch batch = known_batch();
  const auto check = [&](const BatchParameters& parameters, double prevalence, double f1, double level, double score,
                         double flagged) {
    const Fit fit = fit_batch(batch, parameters);
    REQUIRE(fit.ok());
    CHECK(fit.estimates.at("prevalence") == Approx(prevalence).epsilon(1e-14));
    CHECK(fit.estimates.at("plug_in_f1") == Approx(f1).epsilon(1e-14));
    CHECK(fit.estimates.at("level") == Approx(level).epsilon(1e-14));
    CHECK(fit.cutoff.value() == std::nextafter(score, 1e9));
    CHECK(fit.estimates.at("batch_flagged") == flagged);
    CHECK(fit.promise.guarantee == Guarantee::none);
  };
  check({}, 0.15000000000000002, 0.7657961063123081, 0.027213387683753077, 97.7, 47);
  check({.expected_prevalence = 0.05}, 0.05, 0.6545454545454545, 0.01, 99.8, 37);
  check({.level_cap = 0.2}, 0.15000000000000002, 0.758917174008553, 0.028348636315581967, 97.7, 47);
  check({.levels = BatchLevels::lower}, 0.15000000000000002, 0.7692980786701095, 0.026635447801174758, 97.7, 47);
  check({.expected_prevalence = 0.4, .level_cap = 0.3}, 0.4, 0.5795918367346939, 0.3, 70.4, 150);
}

TEST_CASE("batch: without anomalies the level is the lowest") {
  Batch batch = known_batch();
  batch.scores.resize(300);
  const Fit fit = fit_batch(batch);
  CHECK(fit.estimates.at("prevalence") == 0);
  CHECK(fit.estimates.at("level") == 0.01);
}

TEST_CASE("batch: lower halves of eight scores are tested for a drift, and of seven not") {
  Batch batch;
  batch.normals.assign(16, 1);  // the middle rank, and what is above it
  for (const double low : {-1.0, -2.0, -3.0, -4.0}) batch.normals.push_back(low);
  batch.scores = {2, 3, 4, -5, -6, -7};
  CHECK(fit_batch(batch, {.least_batch = 1, .drift_p_value = 0}).estimates.at("drift_p_value") == 1);
  batch.scores.push_back(-8);  // four below, each below all of four
  CHECK(fit_batch(batch, {.least_batch = 1, .drift_p_value = 0}).estimates.at("drift_p_value") < 0.05);
}

TEST_CASE("batch: too little of either, and non-finite scores") {
  Batch batch = known_batch();
  batch.scores.resize(99);
  CHECK(fit_batch(batch).status == FitStatus::too_few_scores);
  CHECK(fit_batch(batch, {.least_batch = 99}).ok());
  batch = known_batch();
  batch.normals.resize(19);
  CHECK(fit_batch(batch).status == FitStatus::too_few_scores);
  BatchThreshold threshold;
  const std::vector<double> scores{1, std::numeric_limits<double>::quiet_NaN()};
  CHECK_THROWS_AS(threshold.update_batch(scores), DataError);
  BatchThreshold skipping{{.input = {.non_finite = NonFinite::skip}}};
  skipping.update_batch(scores);
}

#if PLIMSOLL_HAS_HALF
TEST_CASE("batch: halves count as the doubles that they are") {
  Batch batch = known_batch();
  const std::vector<plimsoll::Half> halves(batch.scores.begin(), batch.scores.end());
  batch.scores.assign(halves.begin(), halves.end());
  const Fit of_doubles = fit_batch(batch);
  BatchThreshold threshold;
  threshold.update(batch.normals);
  threshold.update_batch(halves);
  const Fit fit = threshold.compute();
  CHECK(fit.cutoff == of_doubles.cutoff);
  CHECK(fit.estimates == of_doubles.estimates);
}
#endif

TEST_CASE("batch: shards add up, and reset forgets the batch") {
  const Batch batch = known_batch();
  const Fit whole = fit_batch(batch);
  BatchThreshold left;
  BatchThreshold right;
  left.update(std::span(batch.normals).first(150));
  right.update(std::span(batch.normals).subspan(150));
  left.update_batch(std::span(batch.scores).first(200));
  right.update_batch(std::span(batch.scores).subspan(200));
  left.merge(right);
  CHECK(left.compute().cutoff == whole.cutoff);
  CHECK(left.compute().estimates == whole.estimates);
  left.merge(left);
  CHECK(left.compute().estimates.at("batch") == 720);
  left.reset();
  CHECK(left.compute().status == FitStatus::too_few_scores);
  left.update(batch.normals);
  CHECK(left.compute().status == FitStatus::too_few_scores);  // of the batch
  left.update_batch(batch.scores);
  CHECK(left.compute().estimates == whole.estimates);
}

TEST_CASE("batch: a drifted batch is refused, and one that is not is refused as seldom as the level says") {
  Random random(9);
  const auto draw = [&](std::size_t count, double shift, double scale) {
    std::vector<double> scores(count);
    for (double& score : scores) score = scale * random.normal() + shift;
    return scores;
  };
  // Half a standard deviation, and a spread of half as much again.
  CHECK(fit_batch({draw(1000, 0, 1), draw(1000, 0.5, 1)}).status == FitStatus::drifted);
  CHECK(fit_batch({draw(1000, 0, 1), draw(1000, 0, 1.5)}).status == FitStatus::drifted);
  CHECK(fit_batch({draw(1000, 0, 1), draw(1000, 0.5, 1)}, {.drift_p_value = 0}).ok());
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    Batch batch{draw(100, 0, 1), draw(180, 0, 1)};
    const std::vector<double> anomalies = draw(20, 4, 1);  // hardly any below the median
    batch.scores.insert(batch.scores.end(), anomalies.begin(), anomalies.end());
    refused += fit_batch(batch).status == FitStatus::drifted;
  }
  // Of 1000 at .01: at most 21 with probability .9993 (binomial).
  CHECK(refused <= 21);
  CHECK(refused >= 1);
}

}  // namespace
