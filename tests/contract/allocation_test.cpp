// SPDX-License-Identifier: Apache-2.0
// Out of memory at every single allocation: whatever throws, the estimator is as it was. And deciding allocates
// nothing.
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/decide/false_alarm_curve.hpp"
#include "plimsoll/decide/normalisation.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/mebin.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"

namespace {

using namespace plimsoll;
using test::allocations;
using test::fails_at;

/// Runs the change with its first, second, ... allocation failing, until none is left to fail. What is kept is that of
/// the snapshot, bit for bit.
template <typename Estimator, typename Change>
void survive(const Estimator& before, const Change& change) {
  const std::vector<std::byte> expected = before.snapshot();
  for (std::size_t failing = 1;; ++failing) {
    Estimator threshold = before;
    allocations = 0;
    fails_at = failing;
    bool failed = false;
    try {
      change(threshold);
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    fails_at = 0;
    if (!failed) break;
    CHECK(threshold.snapshot() == expected);
  }
}

TEST_CASE("an estimator that runs out of memory is as it was") {
  const std::vector<float> floats{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> doubles{2.5, 9.5, 3.5, 1.25};
  const std::vector<std::uint8_t> labels{0, 1, 0, 1};
  for (const Method& method : methods()) {
    INFO(method.info().name);
    const bool labelled = method.info().needs_labels;
    const ParameterMap parameters = labelled ? ParameterMap{{"place", std::string("middle")}} : ParameterMap{};
    AnyThreshold before = method.make(parameters);
    before.update(floats);
    if (labelled) before.update(std::vector<float>{9, 10}, Label::anomalous);
    survive(before, [&](AnyThreshold& threshold) { threshold.update(doubles); });
    survive(before, [&](AnyThreshold& threshold) { threshold.update(floats); });
    survive(before, [&](AnyThreshold& threshold) { threshold.update(ScoreMap(floats.data(), 2, 3, 4)); });
    if (labelled) {
      survive(before, [&](AnyThreshold& threshold) { threshold.update(doubles, labels); });
      survive(before, [&](AnyThreshold& threshold) { threshold.update(doubles, Label::anomalous); });
      survive(before, [&](AnyThreshold& threshold) {
        threshold.update(ScoreMap(floats.data(), 2, 2), Mask(labels.data(), 2, 2));
      });
    }
    AnyThreshold other = method.make(parameters);
    other.update(doubles);
    survive(before, [&](AnyThreshold& threshold) { threshold.merge(other); });
    survive(before, [&](AnyThreshold& threshold) { threshold.merge(threshold); });
  }
}

TEST_CASE("scores that are trimmed, and pixels, run out of memory as well") {
  const std::vector<float> floats{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> doubles{2.5, 9.5, 3.5, 1.25};
  const std::vector<std::uint8_t> mask{0, 1, 0, 1, 1, 0, 0, 0};
  for (const ParameterMap& parameters :
       {ParameterMap{{"trim", 0.25}}, ParameterMap{{"trim", 0.25}, {"map_reduction", std::string("every_pixel")}}}) {
    AnyThreshold before = make_threshold("maximum", parameters);
    before.update(floats);
    AnyThreshold other = before;
    survive(before, [&](AnyThreshold& threshold) { threshold.update(doubles); });
    survive(before, [&](AnyThreshold& threshold) { threshold.update(ScoreMap(floats.data(), 2, 4)); });
    survive(before, [&](AnyThreshold& threshold) { threshold.merge(other); });
  }
  for (const char* method : {"synthetic", "f1", "pixel"}) {
    INFO(method);
    const ParameterMap parameters{{"map_reduction", std::string("every_pixel")}};
    AnyThreshold before = make_threshold(method, parameters);
    before.update(ScoreMap(floats.data(), 2, 4));
    AnyThreshold other = before;
    survive(before, [&](AnyThreshold& threshold) { threshold.update(ScoreMap(doubles.data(), 2, 2)); });
    if (before.info().needs_labels) {
      survive(before, [&](AnyThreshold& threshold) {
        threshold.update(ScoreMap(floats.data(), 2, 4), Mask(mask.data(), 2, 4));
      });
    }
    survive(before, [&](AnyThreshold& threshold) { threshold.merge(other); });
  }
}

TEST_CASE("a batch, and weaker anomalies, run out of memory as well") {
  const std::vector<float> floats{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> doubles{2.5, 9.5, 3.5, 1.25};
  BatchThreshold batch;
  batch.update(floats);
  batch.update_batch(floats);
  BatchThreshold more;
  more.update(doubles);
  more.update_batch(doubles);
  survive(batch, [&](BatchThreshold& threshold) { threshold.update_batch(doubles); });
  survive(batch, [&](BatchThreshold& threshold) { threshold.merge(more); });
  survive(batch, [](BatchThreshold& threshold) { threshold.merge(threshold); });
  SyntheticThreshold synthetic;
  synthetic.update(floats);
  synthetic.update(doubles, Label::anomalous);
  synthetic.update_severity(0.5, doubles);
  SyntheticThreshold others = synthetic;
  others.update_severity(0.25, floats);
  survive(synthetic, [&](SyntheticThreshold& threshold) { threshold.update_severity(0.5, floats); });
  survive(synthetic, [&](SyntheticThreshold& threshold) { threshold.update_severity(0.75, floats); });
  survive(synthetic, [&](SyntheticThreshold& threshold) { threshold.merge(others); });
}

TEST_CASE("labelled scores that run out of memory on their way into buckets are as they were") {
  const std::vector<float> floats{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<double> doubles{2.5, 9.5, 1e-3, -1.25};
  const std::vector<std::uint8_t> labels{0, 1, 0, 1};
  // The first batch, or the second, or the merged one, is the one that passes the limit.
  for (const double limit : {0.0, 11.0, 13.0, 15.0}) {
    const ParameterMap parameters{{"exact_limit", limit}, {"place", std::string("middle")}};
    AnyThreshold before = make_threshold("f1", parameters);
    before.update(floats);
    before.update(std::vector<float>{9, 10}, Label::anomalous);
    survive(before, [&](AnyThreshold& threshold) { threshold.update(doubles, labels); });
    survive(before, [&](AnyThreshold& threshold) { threshold.update(doubles, Label::anomalous); });
    AnyThreshold other = make_threshold("f1", parameters);
    other.update(doubles, labels);
    survive(before, [&](AnyThreshold& threshold) { threshold.merge(other); });
  }
}

TEST_CASE("binarising a map of a known size allocates nothing") {
  std::vector<float> map(30 * 40);
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<float>((i * 7919) % 101) + (i % 40 < 20 ? 200 : 0);
  const ScoreMap view(map.data(), 30, 40);
  MebinRange range;
  const std::vector<float> ends{50, 250};
  range.update(ScoreMap(ends.data(), 1, 1));
  range.update(ScoreMap(ends.data(), 1, 2));
  for (const std::size_t erosion : {1U, 6U}) {
    Mebin mebin(range, {.erosion = erosion});
    const bool first = mebin.binarise(view).ok();
    allocations = 0;
    const bool second = mebin.binarise(view).ok();
    const std::size_t counted = allocations;
    CHECK(first);
    CHECK(second);
    CHECK(counted == 0);
  }
}

TEST_CASE("deciding allocates nothing") {
  const std::vector<float> scores(1000, 1.0F);
  std::vector<Label> decided(scores.size());
  const Cutoff cutoff{0.5};
  allocations = 0;
  decide(cutoff, scores, decided);
  const bool one = cutoff(scores[0]);
  const std::size_t counted = allocations;
  CHECK(one);
  CHECK(counted == 0);
}

TEST_CASE("deciding a map allocates nothing") {
  std::vector<float> scores(60 * 50);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>((i * 7919) % 1000);
  Calibration calibration{.cutoff = Cutoff{100}, .map_reduction = MapReduction::top_mean, .top_share = 0.1};
  calibration.mask = MaskRule{
      .high = Cutoff{900}, .low = Cutoff{500}, .erosion = 1, .dilation = 1, .fill_holes = true, .minimum_area = 2};
  MapWorkspace workspace(60, 50);
  std::size_t regions = 0;
  allocations = 0;
  for (const ScoreDirection direction : {ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous}) {
    calibration.direction = direction;
    regions += calibration.decide(ScoreMap(scores.data(), 60, 48, 50), workspace).regions.size();
    calibration.mask->erosion = calibration.mask->dilation = 0;
  }
  const std::size_t counted = allocations;
  CHECK(counted == 0);
  CHECK(regions > 0);
}

TEST_CASE("normalising, other rates, p-values and discoveries allocate nothing") {
  std::vector<float> scores(1000);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(i % 97);
  const Cutoff cutoff{90};
  const FalseAlarmCurve curve{.knots = {{{0.5, 40.0}, {0.05, 90.0}, {0.01, 95.0}}}, .count = 3};
  const NormalScoreTable table = normal_score_table(scores);
  const NormalScores normals = table.view();
  std::vector<float> results(scores.size());
  std::vector<double> p_values(scores.size());
  std::vector<double> scratch(scores.size());
  allocations = 0;
  for (const auto kind : {NormalisationKind::min_max, NormalisationKind::z_score, NormalisationKind::tail}) {
    const Normalisation normalise{.kind = kind, .maximum = 97};
    normalise(scores, cutoff, results, curve);
    results[0] = normalise(scores[0], cutoff, curve);
  }
  const bool known = curve.cutoff_at(0.1).has_value();
  p_values[0] = curve.rate_of(scores[1]);
  normals.p_values(scores, p_values);
  const std::size_t found =
      benjamini_hochberg(p_values, 1, scratch).count + storey_benjamini_hochberg(p_values, 1, scratch).count;
  const std::size_t counted = allocations;
  CHECK(known);
  CHECK(found > 0);
  CHECK(counted == 0);
}

}  // namespace
