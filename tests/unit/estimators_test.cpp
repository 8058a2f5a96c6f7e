// SPDX-License-Identifier: Apache-2.0
// Each normals-only estimator against figures from elsewhere, and its statuses.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "bundled.hpp"
#include "catch.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace {

using plimsoll::Fit;
using plimsoll::FitStatus;

Fit fit(const std::string& method, const plimsoll::ParameterMap& parameters, plimsoll::Scores scores) {
  auto threshold = plimsoll::make_threshold(method, parameters);
  threshold.update(scores);
  return threshold.compute();
}

double cutoff(const std::string& method, const plimsoll::ParameterMap& parameters, plimsoll::Scores scores) {
  const Fit result = fit(method, parameters, scores);
  CHECK(result.ok());
  return result.cutoff.value();
}

TEST_CASE("cutoffs on real scores are those of NumPy, SciPy and statsmodels") {
  // NumPy 1.24.2, SciPy 1.10.1, statsmodels 0.13.5 on the scores as doubles; deviations by mpmath 1.2.1 at 50 digits.
  // 4e-16: a few roundings after the last exact value.
  const auto close = [](double expected) { return Approx(expected).epsilon(4e-16); };
  const std::vector<float> bottle = plimsoll::test::bundled("bottle-knn/normal.npy");
  REQUIRE(bottle.size() == 57);
  CHECK(cutoff("sigma", {}, bottle) == close(17.139441590560109992 + 3 * 7.3739655924091408747));
  CHECK(cutoff("sigma", {{"ddof", 0.0}}, bottle) == close(17.139441590560109992 + 3 * 7.3089954661145070476));
  CHECK(cutoff("mad", {}, bottle) == close(23.343371471442733));
  CHECK(cutoff("iqr", {}, bottle) == close(23.55403470993042));
  // The medcouple's own rounding is multiplied by 3.
  CHECK(cutoff("iqr", {{"fence", std::string("adjusted")}}, bottle) == Approx(31.594700186700848).epsilon(4e-15));
  CHECK(cutoff("scaled_quantile", {}, bottle) == close(42.049952032470685));
  CHECK(cutoff("quantile", {}, bottle) == 37.33168029785156);  // numpy.nextafter of the 56th of 57, in float32
  CHECK(cutoff("maximum", {}, bottle) == static_cast<double>(std::nextafter(55.74414825439453F, 100.0F)));

  const std::vector<float> mammography = plimsoll::test::bundled("mammography-knn/normal.npy");
  REQUIRE(mammography.size() == 2442);
  CHECK(cutoff("sigma", {}, mammography) == close(0.27220030980112975392 + 3 * 0.32844145721176674454));
  CHECK(cutoff("mad", {}, mammography) == close(1.2095679819659326));
  CHECK(cutoff("iqr", {}, mammography) == close(1.0519632324576378));
  CHECK(cutoff("iqr", {{"fence", std::string("adjusted")}}, mammography) == Approx(1.186197758904937).epsilon(4e-15));
  CHECK(cutoff("scaled_quantile", {}, mammography) == close(1.1601436582595095));
  CHECK(cutoff("quantile", {}, mammography) == 0.8174529075622559);
}

TEST_CASE("quantile: what is promised, and what is needed") {
  std::vector<float> scores(299);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(scores.size() - i);
  Fit result = fit("quantile", {{"false_alarm_rate", 0.01}, {"confidence", 0.95}}, scores);
  CHECK(result.ok());
  CHECK(result.cutoff.value() == static_cast<double>(std::nextafter(299.0F, 300.0F)));
  CHECK(to_string(result.promise) == "false alarms <= 1 % with 95 % confidence, distribution-free, 299 normals");
  CHECK(result.promise.normals_needed == 299);

  scores.pop_back();
  result = fit("quantile", {{"false_alarm_rate", 0.01}, {"confidence", 0.95}}, scores);
  CHECK(result.status == FitStatus::too_few_scores);
  CHECK(result.cutoff.value() == std::numeric_limits<double>::infinity());
  CHECK(result.promise.guarantee == plimsoll::Guarantee::none);
  CHECK(result.promise.normals_needed == 299);
  CHECK(result.promise.best_rate == Approx(1 - std::pow(0.05, 1.0 / 298)).epsilon(1e-12));
  CHECK(result.note == "1 % with 95 % confidence needs 299 normal scores, there are 298; these can promise 1.01 %");

  result = fit("quantile", {{"false_alarm_rate", 0.05}}, std::vector<float>(18, 1.0F));
  CHECK(result.status == FitStatus::too_few_scores);
  CHECK(result.promise.normals_needed == 19);
  CHECK(result.promise.best_rate == 1.0 / 19.0);
  CHECK(fit("quantile", {}, std::vector<float>{}).note == "5 % on average needs 19 normal scores, there are 0");
}

TEST_CASE("quantile: ties pass below the cutoff") {
  // 90 zeros and 10 ones: the promise of 20 % must not flag the zeros.
  std::vector<float> scores(90, 0.0F);
  scores.resize(100, 1.0F);
  Fit result = fit("quantile", {{"false_alarm_rate", 0.2}}, scores);
  CHECK(result.ok());
  CHECK_FALSE(result.cutoff(0.0F));
  CHECK(result.cutoff(1.0F));
  // A constant sample is a sample.
  result = fit("quantile", {}, std::vector<double>(50, -7.0));
  CHECK(result.ok());
  CHECK(result.cutoff.value() == std::nextafter(-7.0, 0.0));
}

TEST_CASE("statuses of the rules of thumb") {
  const std::vector<float> none;
  const std::vector<float> one{3};
  const std::vector<float> equal(10, 3);
  for (const std::string method : {"sigma", "mad", "iqr"}) {
    INFO(method);
    CHECK(fit(method, {}, none).status == FitStatus::too_few_scores);
    CHECK(fit(method, {}, one).status == FitStatus::too_few_scores);
    CHECK(fit(method, {}, equal).status == FitStatus::no_spread);
    CHECK(fit(method, {}, equal).cutoff.value() == std::numeric_limits<double>::infinity());
  }
  CHECK(fit("maximum", {}, none).status == FitStatus::too_few_scores);
  CHECK(fit("maximum", {}, one).ok());
  CHECK(fit("maximum", {}, one).promise.false_alarm_rate == 0.5);
  CHECK(fit("scaled_quantile", {}, none).status == FitStatus::too_few_scores);
  CHECK(fit("scaled_quantile", {}, one).cutoff.value() == Approx(1.421 * 3).epsilon(1e-15));
  CHECK(fit("scaled_quantile", {}, std::vector<float>{-1, 2}).status == FitStatus::not_applicable);
  CHECK(fit("scaled_quantile", {}, std::vector<float>(5, 0.0F)).status == FitStatus::not_applicable);
  CHECK(fit("manual", {{"value", -2.5}}, none).cutoff.value() == -2.5);
  // Half of the scores tied is not more than half.
  CHECK(fit("mad", {}, std::vector<float>{1, 1, 2, 3}).ok());
  CHECK(fit("mad", {}, std::vector<float>{1, 1, 1, 3}).status == FitStatus::no_spread);
}

TEST_CASE("cutoffs beyond the largest double are a status") {
  const std::vector<double> huge{-1.7e308, 1.7e308, 0, 1.6e308, -1.6e308};
  for (const std::string method : {"sigma", "mad", "iqr", "scaled_quantile"}) {
    INFO(method);
    CHECK(fit(method, {}, huge).status == FitStatus::not_applicable);
  }
}

}  // namespace
