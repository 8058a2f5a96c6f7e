// SPDX-License-Identifier: Apache-2.0
// PyThresh's rules of thumb against SciPy 1.10.1 and NumPy 1.24.2, and the vote of methods against a model.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "bundled.hpp"
#include "catch.hpp"
#include "plimsoll/thresholds/centre_threshold.hpp"
#include "plimsoll/thresholds/vote_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::CentreRule;
using plimsoll::CentreThreshold;
using plimsoll::Fit;
using plimsoll::FitStatus;
using plimsoll::VoteRule;
using plimsoll::VoteThreshold;
using plimsoll::test::Random;

template <typename Threshold>
Fit fit(const typename Threshold::Parameters& parameters, plimsoll::Scores scores) {
  Threshold threshold{parameters};
  threshold.update(scores);
  return threshold.compute();
}

Fit centre(CentreRule rule, plimsoll::Scores scores) {
  return fit<CentreThreshold>({.rule = rule}, scores);
}

/// The scores of a bundled test set, as doubles.
std::vector<double> bundled(const std::string& set) {
  const std::vector<float> scores = plimsoll::test::bundled(set + "/test.npy");
  return {scores.begin(), scores.end()};
}

TEST_CASE("centre: real scores, by SciPy") {
  // gaussian_kde.integrate_box_1d; the minimum of -yeojohnson_llf, to half of the digits as at any minimum, which moves
  // the cutoff by far less; savgol_filter of the sorted scores without half a window at either end.
  const std::vector<double> bottle = bundled("bottle-knn");
  Fit karcher = centre(CentreRule::karcher, bottle);
  CHECK(karcher.estimates.at("density_inside") == Approx(0.7037671481207549).epsilon(1e-12));
  CHECK(karcher.cutoff.value() == Approx(274.5908183722698).epsilon(1e-13));
  Fit yeo_johnson = centre(CentreRule::yeo_johnson, bottle);
  CHECK(yeo_johnson.estimates.at("lambda") == Approx(-7.500136636991649).epsilon(1e-7));
  CHECK(yeo_johnson.cutoff.value() == Approx(130.6429990324071).epsilon(1e-7));
  Fit filter = centre(CentreRule::filter, bottle);
  CHECK(filter.estimates.at("window") == 13);
  CHECK(filter.cutoff.value() == Approx(581.4911522498498).epsilon(1e-12));

  const std::vector<double> mammography = bundled("mammography-knn");
  karcher = centre(CentreRule::karcher, mammography);
  CHECK(karcher.estimates.at("density_inside") == Approx(0.7808248614621517).epsilon(1e-12));
  CHECK(karcher.cutoff.value() == Approx(1.4253469926128617).epsilon(1e-13));
  yeo_johnson = centre(CentreRule::yeo_johnson, mammography);
  CHECK(yeo_johnson.estimates.at("lambda") == Approx(-41.96576476098849).epsilon(1e-7));
  CHECK(yeo_johnson.cutoff.value() == Approx(0.6816886136249048).epsilon(1e-7));
  filter = centre(CentreRule::filter, mammography);
  CHECK(filter.estimates.at("window") == 51);
  CHECK(filter.cutoff.value() == Approx(6.349042635337978).epsilon(1e-12));
}

TEST_CASE("centre: the likeliest power, by a search of the likelihood") {
  Random random(36);
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<double> scores(30);
    for (double& score : scores) score = std::exp((1 + repeat % 4) * random.normal());
    if (repeat % 5 == 0) {
      for (double& score : scores) score = -std::sqrt(score);  // skewed downwards
    }
    std::ranges::sort(scores);
    const auto log_likelihood = [&](double lambda) {
      double mean = 0;
      double variance = 0;
      double logarithms = 0;
      std::vector<double> transformed;
      for (const double score : scores) {
        const double y = (score - scores.front()) / (scores.back() - scores.front());
        logarithms += std::log1p(y);
        transformed.push_back(lambda == 0 ? std::log(1 + y) : (std::pow(1 + y, lambda) - 1) / lambda);
        mean += transformed.back() / 30;
      }
      for (const double t : transformed) variance += (t - mean) * (t - mean) / 30;
      return -15 * std::log(variance) + (lambda - 1) * logarithms;
    };
    const Fit result = centre(CentreRule::yeo_johnson, scores);
    REQUIRE(result.ok());
    const double lambda = result.estimates.at("lambda");
    const double best = log_likelihood(lambda);
    for (const double step : {0.01, 0.1, 1.0, 10.0}) {
      CHECK(log_likelihood(lambda - step) < best);
      CHECK(log_likelihood(lambda + step) < best);
    }
  }
}

TEST_CASE("centre: statuses, few, tied and huge scores, refusals") {
  for (const CentreRule rule : {CentreRule::karcher, CentreRule::yeo_johnson, CentreRule::filter}) {
    INFO(static_cast<int>(rule));
    CHECK(centre(rule, std::vector<double>{}).status == FitStatus::too_few_scores);
    CHECK(centre(rule, std::vector<double>{1, 2}).note == "this rule needs 3 scores, there are 2");
    CHECK(centre(rule, std::vector<double>(8, 1)).status == FitStatus::no_spread);
    CHECK(centre(rule, std::vector<double>{1, 2, 4}).ok());
    const std::vector<double> huge{-1.7e308, -1.6e308, -1.5e308, -1.4e308, 1.7e308};
    const std::vector<double> small{-1.7, -1.6, -1.5, -1.4, 1.7};
    CHECK(centre(rule, huge).cutoff.value() / 1e308 == Approx(centre(rule, small).cutoff.value()).epsilon(1e-12));
    // Affine: the same rule in other units, even far from 0.
    std::vector<double> moved = small;
    for (double& score : moved) score = 3 * score + 1000;
    CHECK(centre(rule, moved).cutoff.value() == Approx(3 * centre(rule, small).cutoff.value() + 1000).epsilon(1e-14));
    CHECK_THROWS_AS(centre(rule, std::vector<double>{1, std::numeric_limits<double>::infinity()}), plimsoll::DataError);
  }
  // Three scores: the filter takes all of them.
  CHECK(centre(CentreRule::filter, std::vector<double>{1, 2, 6}).cutoff.value() == Approx(3).epsilon(1e-15));
}

TEST_CASE("vote: the median of the cutoffs, or the majority of the members") {
  Random random(37);
  for (int repeat = 0; repeat < 30; ++repeat) {
    std::vector<double> scores;
    for (int i = 0; i < 120; ++i) scores.push_back(random.normal() + (i % 10 < repeat % 4 ? 8 + random.normal() : 0));
    const Fit median = fit<VoteThreshold>({}, scores);
    const Fit majority = fit<VoteThreshold>({.rule = VoteRule::majority}, scores);
    std::vector<double> cutoffs;
    for (const char* name : {"li", "triangle", "mixture", "generalised_esd", "karcher"}) {
      if (median.estimates.contains(name)) cutoffs.push_back(median.estimates.at(name));
    }
    INFO(median.note);
    REQUIRE(cutoffs.size() >= 3);
    CHECK(median.estimates.at("answers") == static_cast<double>(cutoffs.size()));
    std::ranges::sort(cutoffs);
    const std::size_t middle = cutoffs.size() / 2;
    const double lower = cutoffs[(cutoffs.size() - 1) / 2];
    CHECK(median.cutoff.value() == Approx((lower + cutoffs[middle]) / 2).epsilon(1e-15));
    // Score by score.
    for (const double score : scores) {
      const auto votes = std::ranges::count_if(cutoffs, [&](double cutoff) { return !(score < cutoff); });
      CHECK(majority.cutoff(score) == (votes >= 3));
    }
    CHECK(median.estimates.at("li") ==
          fit<plimsoll::HistogramThreshold>({.rule = plimsoll::HistogramRule::li}, scores).cutoff.value());
  }
}

TEST_CASE("vote: members without an answer are named, and too few of them are no answer") {
  CHECK(fit<VoteThreshold>({}, std::vector<double>{}).status == FitStatus::too_few_scores);
  CHECK(fit<VoteThreshold>({}, std::vector<double>(9, 1)).status == FitStatus::no_spread);
  const std::vector<double> two{1, 5};
  const Fit few = fit<VoteThreshold>({}, two);
  CHECK(few.status == FitStatus::not_applicable);
  CHECK(few.estimates.at("answers") == 2);
  CHECK(few.note ==
        "without an answer: mixture (too_few_scores), generalised_esd (too_few_scores), karcher (too_few_scores); 2 of "
        "5 members have a cutoff, least_answers = 3");
  CHECK(fit<VoteThreshold>({.least_answers = 2}, two).ok());
  CHECK(fit<VoteThreshold>({.rule = VoteRule::majority, .least_answers = 2}, two).status == FitStatus::not_applicable);
  CHECK_THROWS_AS(VoteThreshold({.least_answers = 0}), plimsoll::ParameterError);
  CHECK_THROWS_AS(fit<VoteThreshold>({}, std::vector<double>{1, std::numeric_limits<double>::quiet_NaN()}),
                  plimsoll::DataError);
}

}  // namespace
