// SPDX-License-Identifier: Apache-2.0
// Histogram cuts against scikit-image 0.19.3 and NumPy 1.24.2, on scores as doubles, and against models by brute force.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "bundled.hpp"
#include "catch.hpp"
#include "plimsoll/thresholds/histogram_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::Fit;
using plimsoll::FitStatus;
using plimsoll::HistogramRule;
using plimsoll::HistogramThreshold;
using plimsoll::test::Random;

const std::vector<HistogramRule> rules{HistogramRule::otsu,     HistogramRule::yen,     HistogramRule::li,
                                       HistogramRule::triangle, HistogramRule::isodata, HistogramRule::minimum};

Fit fit(HistogramRule rule, std::size_t bins, plimsoll::Scores scores) {
  HistogramThreshold threshold{{.rule = rule, .bins = bins}};
  threshold.update(scores);
  return threshold.compute();
}

/// What lies above it is flagged.
double level(HistogramRule rule, std::size_t bins, const std::vector<double>& scores) {
  const Fit result = fit(rule, bins, scores);
  CHECK(result.ok());
  return std::nextafter(result.cutoff.value(), -std::numeric_limits<double>::infinity());
}

/// The scores of a bundled test set, as doubles.
std::vector<double> bundled(const std::string& set) {
  const std::vector<float> scores = plimsoll::test::bundled(set + "/test.npy");
  return {scores.begin(), scores.end()};
}

std::vector<double> formula() {
  std::vector<double> scores;
  for (int i = 0; i < 500; ++i) scores.push_back(i * i % 1009 * 7919 % 1009 / 16.0 + (i % 10 == 0 ? 100 : 0));
  return scores;
}

// Some roundings: the edges of bins are rounded in the sample's unit here, and in the scores' there.
auto close(double expected) {
  return Approx(expected).epsilon(4e-15);
}

TEST_CASE("histogram: real scores are cut where scikit-image cuts them") {
  const std::vector<double> bottle = bundled("bottle-knn");
  REQUIRE(bottle.size() == 121);
  CHECK(level(HistogramRule::otsu, 256, bottle) == close(306.1886080931872));
  CHECK(level(HistogramRule::otsu, 32, bottle) == close(307.95979841053486));
  CHECK(level(HistogramRule::yen, 256, bottle) == close(125.52719572372735));
  CHECK(level(HistogramRule::yen, 32, bottle) == close(166.2645730227232));
  CHECK(level(HistogramRule::li, 256, bottle) == close(118.01862355951988));
  CHECK(level(HistogramRule::li, 32, bottle) == close(118.01862355951988));
  CHECK(level(HistogramRule::triangle, 256, bottle) == close(29.882918586954474));
  CHECK(level(HistogramRule::triangle, 32, bottle) == close(81.2474377900362));
  CHECK(level(HistogramRule::isodata, 256, bottle) == close(320.3581306319684));
  CHECK(level(HistogramRule::isodata, 32, bottle) == close(307.95979841053486));
  CHECK(level(HistogramRule::minimum, 256, bottle) == close(338.07003380544484));
  CHECK(level(HistogramRule::minimum, 32, bottle) == close(591.3502491861582));
  CHECK(fit(HistogramRule::yen, 256, bottle).estimates.at("flagged") == 36.0 / 121);

  const std::vector<double> mammography = bundled("mammography-knn");
  REQUIRE(mammography.size() == 2674);
  CHECK(level(HistogramRule::otsu, 256, mammography) == close(5.53154456242919));
  CHECK(level(HistogramRule::yen, 256, mammography) == close(1.3968546874821186));
  CHECK(level(HistogramRule::yen, 32, mammography) == close(4.9169284999370575));
  CHECK(level(HistogramRule::li, 256, mammography) == close(1.615706002857587));
  CHECK(level(HistogramRule::triangle, 256, mammography) == close(1.2851063124835491));
  CHECK(level(HistogramRule::isodata, 32, mammography) == close(4.022941499948502));
  CHECK(level(HistogramRule::minimum, 256, mammography) == close(11.454208437353373));
  CHECK(level(HistogramRule::minimum, 32, mammography) == close(11.174837499856949));
}

TEST_CASE("histogram: tied, few, negative and multimodal scores are cut where scikit-image cuts them") {
  struct Known {
    std::vector<double> scores;
    std::size_t bins;
    std::vector<double> cuts;  ///< in the order of `rules`; NaN where scikit-image raises an error
  };
  std::vector<double> negated = formula();
  for (double& score : negated) score = -score;
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Known> all{
      {formula(),
       256,
       {62.2200927734375, 61.5889892578125, 42.26812945981146, 62.8511962890625, 83.0465087890625, 23.0916748046875}},
      {formula(), 20, {61.2734375, 61.2734375, 42.26812945981146, 69.3515625, 77.4296875, 20.8828125}},
      {negated,
       256,
       {-100.0863037109375, -62.2200927734375, -96.82811842587381, -62.8511962890625, -83.6776123046875,
        -86.2020263671875}},
      {{0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 7, 8, 8, 9}, 10, {3.15, 2.25, 3.6872399891977925, 4.05, 4.05, none}},
      {{1, 5}, 256, {1.0078125, 1.0078125, 1, 1.0234375, 2.9921875, none}},
      {{1, 5}, 2, {2, 2, 1, 4, 2, none}},
      {{1, 5}, 3, {5.0 / 3, 5.0 / 3, 1, 3, 3, none}}};
  for (const Known& known : all) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      INFO(i << ", " << known.bins << " bins, " << known.scores.size() << " scores");
      if (std::isnan(known.cuts[i])) {
        const Fit result = fit(rules[i], known.bins, known.scores);
        CHECK(result.status == FitStatus::not_applicable);
        CHECK(result.note == "the smoothed histogram has not two peaks to take the minimum between");
      } else {
        CHECK(level(rules[i], known.bins, known.scores) == close(known.cuts[i]));
      }
    }
  }
}

TEST_CASE("histogram: what minimum smooths to be flat is no peak") {
  // Counts of 1 2 0 2 0 1: their sums of three are 4 3 4 2 3 2, and 11 11 9 9 7 7 of those, which fall. Means of three,
  // rounded, had a second peak.
  const Fit result = fit(HistogramRule::minimum, 6, std::vector<double>{0, 1, 1, 3, 3, 6});
  CHECK(result.status == FitStatus::not_applicable);
}

TEST_CASE("histogram: bins hold their lower edge, the last one both") {
  const plimsoll::stats::UniformBins bins(-1, 1, 4);
  const std::vector<double> sorted{-1, -0.75, std::nextafter(-0.5, -1.0), -0.5, -0.25, 0, 0.5, 0.75, 1, 1};
  CHECK(bins.counts(sorted) == std::vector<std::size_t>{3, 2, 1, 4});  // numpy.histogram
  CHECK(bins.centre(0) == -0.75);
  CHECK(bins.edge(4) == 1);
  // A range beyond the largest double, and one whose 256th part is below the least.
  const plimsoll::stats::UniformBins huge(-1.5e308, 1.5e308, 3);
  CHECK(huge.edge(1) == Approx(-0.5e308).epsilon(1e-15));
  CHECK(huge.centre(2) == Approx(1e308).epsilon(1e-15));
  const double least = std::numeric_limits<double>::denorm_min();
  const plimsoll::stats::UniformBins tiny(0, 3 * least, 256);
  const auto counts = tiny.counts(std::vector<double>{0, least, 3 * least});
  CHECK(counts.front() == 1);
  CHECK(counts.back() == 1);
}

TEST_CASE("histogram: of cuts that are equally good by Otsu the first is taken") {
  // Both have 4^2 / (1 3), which rounding of means told apart.
  CHECK(plimsoll::stats::otsu_bin(std::vector<std::size_t>{1, 2, 1}) == 0);
}

TEST_CASE("histogram: Otsu, Yen and isodata against their definitions by brute force") {
  Random random(31);
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::vector<std::size_t> counts(2 + random.below(12));
    for (std::size_t& count : counts) count = random.below(4);
    counts.front() += 1;
    counts.back() += 1;
    double best_variance = -1;
    double best_correlation = -std::numeric_limits<double>::infinity();
    std::map<std::size_t, double> variance;
    std::map<std::size_t, double> correlation;
    std::size_t isodata = counts.size();
    for (std::size_t cut = 0; cut + 1 < counts.size(); ++cut) {
      double n[2] = {0, 0};
      double mean[2] = {0, 0};
      double squares[2] = {0, 0};
      for (std::size_t i = 0; i < counts.size(); ++i) {
        const std::size_t part = i > cut ? 1 : 0;
        const auto count = static_cast<double>(counts[i]);
        n[part] += count;
        mean[part] += count * static_cast<double>(i);
        squares[part] += count * count;
      }
      for (const std::size_t part : {0U, 1U}) mean[part] /= n[part];
      const double all = n[0] + n[1];
      const double grand = (n[0] * mean[0] + n[1] * mean[1]) / all;
      variance[cut] = (n[0] * std::pow(mean[0] - grand, 2) + n[1] * std::pow(mean[1] - grand, 2)) / all;
      correlation[cut] = -std::log(squares[0] / (n[0] * n[0])) - std::log(squares[1] / (n[1] * n[1]));
      best_variance = std::max(best_variance, variance[cut]);
      best_correlation = std::max(best_correlation, correlation[cut]);
      const double above = (mean[0] + mean[1]) / 2 - static_cast<double>(cut);
      if (isodata == counts.size() && above >= 0 && above < 1) isodata = cut;
    }
    CHECK(variance.at(plimsoll::stats::otsu_bin(counts)) == Approx(best_variance).epsilon(1e-12));
    CHECK(correlation.at(plimsoll::stats::yen_bin(counts)) == Approx(best_correlation).margin(1e-12));
    CHECK(plimsoll::stats::isodata_bin(counts) == isodata);
  }
}

TEST_CASE("histogram: a cut that is a score lets it pass, in the scores' type") {
  // Li ends at the least score where only that lies below.
  const Fit narrow = fit(HistogramRule::li, 256, std::vector<float>{1, 5});
  CHECK(narrow.cutoff.value() == static_cast<double>(std::nextafter(1.0F, 2.0F)));
  CHECK_FALSE(narrow.cutoff(1.0F));
  CHECK(narrow.cutoff(5.0F));
  CHECK(fit(HistogramRule::li, 256, std::vector<double>{1, 5}).cutoff.value() == std::nextafter(1.0, 2.0));
  // The centre of the lower of two bins, 2, is a score.
  const Fit centre = fit(HistogramRule::otsu, 2, std::vector<double>{1, 2, 5, 5});
  CHECK_FALSE(centre.cutoff(2.0));
  CHECK(centre.cutoff(std::nextafter(2.0, 3.0)));
  // A cut between two neighbouring floats flags the upper one.
  const float low = 1;
  const float high = std::nextafter(low, 2.0F);
  const Fit between = fit(HistogramRule::otsu, 2, std::vector<float>{low, low, low, high});
  CHECK_FALSE(between.cutoff(low));
  CHECK(between.cutoff(high));
  CHECK(between.cutoff.as<float>() == high);
}

TEST_CASE("histogram: statuses, huge scores, refusals") {
  for (const HistogramRule rule : rules) {
    INFO(static_cast<int>(rule));
    CHECK(fit(rule, 256, std::vector<double>{}).status == FitStatus::too_few_scores);
    CHECK(fit(rule, 256, std::vector<double>{3}).status == FitStatus::too_few_scores);
    CHECK(fit(rule, 256, std::vector<double>(9, 3)).status == FitStatus::no_spread);
    CHECK(fit(rule, 256, std::vector<double>{0.0, -0.0}).status == FitStatus::no_spread);
    const Fit huge = fit(rule, 16, std::vector<double>{-1.7e308, -1.6e308, -1.5e308, 1.6e308, 1.6e308, 1.7e308});
    if (huge.ok()) {
      CHECK_FALSE(huge.cutoff(-1.7e308));
      CHECK(huge.cutoff(1.7e308));
    }
    CHECK_THROWS_AS(fit(rule, 256, std::vector<double>{1, std::numeric_limits<double>::infinity()}),
                    plimsoll::DataError);
    CHECK_THROWS_AS(fit(rule, 1, std::vector<double>{1, 2}), plimsoll::ParameterError);
    CHECK(fit(rule, 256, std::vector<double>{1, 2, 7}).promise.guarantee == plimsoll::Guarantee::none);
  }
  CHECK(fit(HistogramRule::otsu, 256, std::vector<double>{3}).note ==
        "a histogram that is cut in two needs 2 scores, there are 1");
}

TEST_CASE("unlabelled: whether a level can be a score of its type") {
  // All halves from 0 up: 1024 steps of 2^-24, then 1024 to each of 30 powers of two, each step twice the last.
  std::vector<double> halves;
  for (int i = 0; i < 1024; ++i) halves.push_back(std::ldexp(i, -24));
  for (int power = 1; power <= 30; ++power) {
    for (int i = 1024; i < 2048; ++i) halves.push_back(std::ldexp(i, power - 25));
  }
  using plimsoll::ScoreType;
  using plimsoll::detail::holds;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const double half = halves[i];
    for (const double value : {half, -half}) {
      wrong += holds(ScoreType::float16, value) && holds(ScoreType::float32, value) ? 0U : 1U;
    }
    const double between = i + 1 < halves.size() ? (half + halves[i + 1]) / 2 : half + 16;
    wrong += holds(ScoreType::float16, between) || !holds(ScoreType::float32, between) ? 1U : 0U;
  }
  CHECK(wrong == 0);
  CHECK_FALSE(holds(ScoreType::float16, 65536));  // as if there were another power
  CHECK_FALSE(holds(ScoreType::float32, 0.1));
  CHECK(holds(ScoreType::float64, 0.1));
}

}  // namespace
