// SPDX-License-Identifier: Apache-2.0
// Trimming, the contamination report, and the intervals of cutoffs.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/stats/random.hpp"
#include "plimsoll/thresholds/bootstrap_interval.hpp"
#include "plimsoll/thresholds/contamination.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

std::vector<double> exponential_scores(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> scores(n);
  for (double& score : scores) score = random.exponential();
  return scores;
}

bool has_trim(const Method& method) {
  const auto& infos = method.info().parameters;
  return std::ranges::any_of(infos, [](const ParameterInfo& info) { return info.name == "trim"; });
}

TEST_CASE("trim drops the largest k scores with k / n <= trim") {
  // Hand-made: 0.29 * 100 is below 29 in double, 0.07 * 100 above 7.
  CHECK(stats::share_count(100, 0.29) == 29);
  CHECK(stats::share_count(100, 0.07) == 7);
  CHECK(stats::share_count(300, 0.05) == 15);
  CHECK(stats::share_count(19, 0.05) == 0);
  CHECK(stats::share_count(20, 0.05) == 1);
  CHECK(stats::share_count(0, 0.1) == 0);
  CHECK(stats::share_count(1, 0.4999) == 0);
  CHECK(stats::share_count(3, 1.0 / 3) == 1);
}

TEST_CASE("a trimmed fit is the fit to the other scores") {
  const std::vector<double> scores = exponential_scores(300, 1);
  std::vector<double> sorted = scores;
  std::ranges::sort(sorted);
  sorted.resize(285);
  std::size_t trimming = 0;
  for (const Method& method : methods()) {
    INFO(method.info().name);
    CHECK(has_trim(method) == (!method.info().needs_labels && !method.info().unlabelled &&
                               method.info().name != "manual" && method.info().name != "pixel"));
    if (!has_trim(method)) continue;
    ++trimming;
    AnyThreshold trimmed = method.make({{"trim", 0.05}});
    AnyThreshold shard = trimmed;
    trimmed.update(std::span(scores).first(100));
    shard.update(std::span(scores).subspan(100));
    trimmed.merge(shard);
    AnyThreshold plain = method.make({});
    plain.update(sorted);
    const Fit fit = trimmed.compute();
    const Fit expected = plain.compute();
    CHECK(fit.status == expected.status);
    CHECK(fit.cutoff == expected.cutoff);
    CHECK(fit.normal_count == 285);
    CHECK(fit.trimmed_count == 15);
    CHECK(fit.promise.guarantee == Guarantee::none);
    CHECK_THAT(fit.note, Catch::Matchers::Contains("trim dropped the 15 largest of 300"));
    trimmed.reset();
    CHECK(trimmed.compute().status == FitStatus::too_few_scores);
    CHECK_THROWS_AS(method.make({{"trim", 0.5}}), ParameterError);
    CHECK_THROWS_AS(method.make({{"trim", -0.01}}), ParameterError);
  }
  CHECK(trimming > 5);
}

TEST_CASE("trim that drops nothing keeps the promise") {
  QuantileThreshold threshold{{.false_alarm_rate = 0.2, .trim = 0.05}};
  threshold.update(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const Fit fit = threshold.compute();
  CHECK(fit.trimmed_count == 0);
  CHECK(fit.promise.guarantee == Guarantee::distribution_free);
}

TEST_CASE("the contamination report fits without the largest scores") {
  std::vector<double> scores(100);
  for (std::size_t i = 0; i < 100; ++i) scores[i] = static_cast<double>(i + 1);
  const auto rows = contamination(find_method("maximum"), {}, scores);
  REQUIRE(rows.size() == 3);
  // The maximum moves from 100 to 99, 98 and 95, and its cutoff flags what was dropped.
  for (const auto& [row, dropped] : {std::pair(rows[0], 1.0), std::pair(rows[1], 2.0), std::pair(rows[2], 5.0)}) {
    CHECK(row.share == dropped / 100);
    CHECK(row.moved == Approx(-dropped).epsilon(1e-12));  // but for the step to the next number
    CHECK(static_cast<double>(row.flagged) == dropped);
    CHECK(static_cast<double>(row.fit.trimmed_count) == dropped);
  }
  const auto more = contamination(find_method("maximum"), {{"trim", 0.1}}, scores);
  CHECK(more[2].fit.trimmed_count == 15);
  CHECK(more[2].moved == Approx(-5).epsilon(1e-12));
  CHECK_THROWS_AS(contamination(find_method("f1"), {}, scores), ParameterError);
  CHECK_THROWS_AS(contamination(find_method("manual"), {{"value", 1.0}}, scores), ParameterError);
}

TEST_CASE("the bootstrap interval is seeded and brackets what it should") {
  const std::vector<double> scores = exponential_scores(200, 2);
  const SigmaThreshold threshold;
  const CutoffInterval first = bootstrap_interval(threshold, scores);
  const CutoffInterval again = bootstrap_interval(threshold, scores);
  CHECK(first.lower == again.lower);
  CHECK(first.upper == again.upper);
  CHECK(first.method == "bootstrap");
  CHECK(first.confidence == 0.95);
  const CutoffInterval other = bootstrap_interval(threshold, scores, {.seed = 2});
  CHECK(first.lower != other.lower);
  const CutoffInterval narrow = bootstrap_interval(threshold, scores, {.confidence = 0.5});
  CHECK(first.lower < narrow.lower);
  CHECK(narrow.upper < first.upper);
  CHECK_THROWS_AS(bootstrap_interval(threshold, scores, {.replicates = 19}), ParameterError);
  CHECK_THROWS_AS(bootstrap_interval(threshold, scores, {.confidence = 1}), ParameterError);
  CHECK_THROWS_AS(bootstrap_interval(threshold, std::vector<double>{}), DataError);
  // Constant scores have no spread in any replicate, so no cutoff.
  const CutoffInterval none = bootstrap_interval(threshold, std::vector<double>(30, 1.0));
  CHECK(none.lower == std::numeric_limits<double>::infinity());
}

TEST_CASE("the bootstrap draws as many scores as there are, with replacement") {
  // The chance that a sample with replacement misses the largest of n scores is (1 - 1 / n)^n.
  std::vector<double> scores(50, 0.0);
  scores[17] = 1;
  const MaximumThreshold threshold;
  const std::size_t replicates = 4000;
  const double missed = std::pow(1 - 1.0 / 50, 50);  // 0.364
  // So the interval's lower end is the smaller number when it leaves out less than that at its lower end, else not.
  const double slack = 4 * std::sqrt(missed * (1 - missed) / replicates);
  const auto lower = [&](double below) {
    return bootstrap_interval(threshold, scores, {.replicates = replicates, .confidence = 1 - 2 * below}).lower;
  };
  CHECK(lower(missed - slack) < 0.5);
  CHECK(lower(missed + slack) > 0.5);
}

TEST_CASE("the bootstrap's interval ends as many cutoffs from the top as from the bottom") {
  struct Case {
    std::size_t replicates;
    double confidence;
    std::size_t rank;  ///< (replicates + 1) (1 - confidence) / 2 rounded down, at least 1
  };
  const std::vector<double> scores = exponential_scores(40, 3);
  for (const Case& c : {Case{20, 0.5, 5}, Case{39, 0.75, 5}, Case{99, 0.5, 25}, Case{20, 0.99, 1}}) {
    stats::Random random(7);
    std::vector<double> cutoffs;
    while (cutoffs.size() < c.replicates) {
      std::vector<double> drawn;
      while (drawn.size() < scores.size()) drawn.push_back(scores[random.below(scores.size())]);
      SigmaThreshold threshold;
      threshold.update(drawn);
      cutoffs.push_back(threshold.compute().cutoff.value());
    }
    std::ranges::sort(cutoffs);
    INFO(c.replicates << " replicates, " << c.confidence);
    const CutoffInterval interval = bootstrap_interval(
        SigmaThreshold(), scores, {.replicates = c.replicates, .confidence = c.confidence, .seed = 7});
    CHECK(interval.lower == cutoffs[c.rank - 1]);
    CHECK(interval.upper == cutoffs[c.replicates - c.rank]);
  }
}

TEST_CASE("the quantile's interval is a pair of order statistics") {
  // n = 100, median: R's and the textbooks' ranks are 40 and 61 for 95 % (binomial(100, 1/2): P(X <= 39) = 0.0176,
  // P(X <= 40) = 0.0284).
  std::vector<double> scores(100);
  for (std::size_t i = 0; i < 100; ++i) scores[i] = static_cast<double>(100 - i);
  const stats::Interval interval = stats::quantile_interval(std::span<const double>(scores), 0.5, 0.95);
  CHECK(interval.lower == 40);
  CHECK(interval.upper == 61);
  // 20 scores cannot bound their 0.95 quantile from above: 0.95^20 = 0.358 is the chance that all lie below it.
  const std::vector<double> few(scores.begin(), scores.begin() + 20);
  CHECK(stats::quantile_interval(std::span<const double>(few), 0.05, 0.95).upper ==
        std::numeric_limits<double>::infinity());
}

}  // namespace
