// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/thresholds/f1_threshold.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace {

using plimsoll::CutoffPlace;
using plimsoll::F1Threshold;
using plimsoll::Fit;
using plimsoll::FitStatus;
using plimsoll::Label;
using plimsoll::MissingClass;
using plimsoll::stats::Objective;

const std::vector<float> scores{2.3F, 1.6F, 2.6F, 7.9F, 3.3F};
const std::vector<std::uint8_t> labels{0, 0, 0, 1, 1};

Fit fit(const plimsoll::F1Parameters& parameters, const std::vector<float>& x, const std::vector<std::uint8_t>& y) {
  F1Threshold threshold{parameters};
  threshold.update(x, y);
  return threshold.compute();
}

TEST_CASE("anomalib's example: the searched threshold is the applied one") {
  // anomalib documents 3.3 for its F1AdaptiveThreshold on these scores (2026-08), and then applies `>`, by which
  // the F1 of 1 that it searched becomes 0.667. Here the score 3.3 is flagged.
  const Fit result = fit({}, scores, labels);
  CHECK(result.ok());
  CHECK(result.cutoff.value() == static_cast<double>(3.3F));
  CHECK(result.optimum->value == 1.0);
  CHECK(result.optimum->above == static_cast<double>(2.6F));
  CHECK(result.optimum->up_to == static_cast<double>(3.3F));
  CHECK(result.optimum->objective == "f_beta");
  for (std::size_t i = 0; i < scores.size(); ++i) CHECK(result.cutoff(scores[i]) == (labels[i] == 1));
  CHECK(result.promise.guarantee == plimsoll::Guarantee::none);
}

TEST_CASE("the middle of the best interval on request") {
  const double middle = fit({.place = CutoffPlace::middle}, scores, labels).cutoff.value();
  CHECK(middle > static_cast<double>(2.6F));
  CHECK(middle < static_cast<double>(3.3F));
  CHECK(middle == Approx(2.95));
  // No number lies between these two, and nothing below the lowest score.
  const float next = std::nextafter(1.0F, 2.0F);
  CHECK(fit({.place = CutoffPlace::middle}, {1.0F, next}, {0, 1}).cutoff.value() == static_cast<double>(next));
  const Fit everything = fit({.place = CutoffPlace::middle}, {1.0F, 2.0F}, {1, 1 - 1});
  CHECK(everything.cutoff.value() == 1.0);
  CHECK(everything.note == "the best is to flag everything");
}

TEST_CASE("flagging nothing can be best, and is said") {
  // The only anomaly lies lowest: any flag costs more than it saves.
  const Fit result =
      fit({.search = {.objective = Objective::cost, .false_alarm_cost = 10}}, {1.0F, 2.0F, 3.0F}, {1, 0, 0});
  CHECK(result.ok());
  CHECK(result.cutoff.value() == static_cast<double>(std::nextafter(3.0F, 4.0F)));
  CHECK(result.optimum->above == 3.0);
  CHECK(result.optimum->up_to == std::numeric_limits<double>::infinity());
  CHECK(result.optimum->value == Approx(1.0 / 3.0));  // one miss among three
  CHECK(result.note == "the best is to flag nothing");
}

TEST_CASE("a missing class is a status, or anomalib's fallback on request") {
  const std::vector<float> three{1, 3, 2};
  CHECK(fit({}, {}, {}).status == FitStatus::too_few_scores);
  Fit result = fit({}, three, {0, 0, 0});
  CHECK(result.status == FitStatus::missing_class);
  CHECK(result.note == "there is no anomalous score");
  CHECK(result.cutoff.value() == std::numeric_limits<double>::infinity());
  CHECK(fit({}, three, {1, 1, 1}).note == "there is no normal score");
  // anomalib takes the maximum of the normals and flags what is above; or the minimum of the anomalies.
  result = fit({.missing_class = MissingClass::anomalib}, three, {0, 0, 0});
  CHECK(result.ok());
  CHECK_FALSE(result.cutoff(3.0F));
  CHECK(result.cutoff(std::nextafter(3.0F, 4.0F)));
  CHECK(result.note.find("stepped down") != std::string::npos);
  result = fit({.missing_class = MissingClass::anomalib}, three, {1, 1, 1});
  CHECK(result.cutoff.value() == 1.0);
}

TEST_CASE("floats and doubles, together and apart") {
  F1Threshold mixed;
  mixed.update(std::vector<float>{1, 2}, Label::normal);
  mixed.update(std::vector<double>{3, 4}, Label::anomalous);
  mixed.update(std::vector<float>{2.5F}, Label::anomalous);
  const Fit result = mixed.compute();
  CHECK(result.cutoff.value() == 2.5);
  CHECK(result.normal_count == 2);
  CHECK(result.anomalous_count == 3);
  CHECK(result.score_type == plimsoll::ScoreType::float64);
}

}  // namespace
