// SPDX-License-Identifier: Apache-2.0
// What every method must do, run over the whole registry: a method that is added is tested with no line more here.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fit_text.hpp"
#include "plimsoll/thresholds/all_methods.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;
using plimsoll::test::text_of;

/// Scores with labels; for a method that learns from normal scores all are normal.
struct Data {
  std::string name;
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
};

/// Samples of every shape. All scores are floats, so that both types can be asked.
std::vector<Data> samples(bool labelled) {
  Random random(20);
  std::vector<Data> all;
  const auto add = [&](const std::string& name, std::size_t n, const auto& draw) {
    Data data{name, {}, {}};
    for (std::size_t i = 0; i < n; ++i) {
      const bool anomalous = labelled && random.below(3) == 0;
      data.scores.push_back(static_cast<double>(static_cast<float>(draw(anomalous))));
      data.labels.push_back(anomalous ? 1 : 0);
    }
    all.push_back(std::move(data));
  };
  const auto normal = [&](bool anomalous) { return random.normal() + (anomalous ? 2 : 0); };
  for (const std::size_t n : {0U, 1U, 2U, 3U, 20U, 101U, 6000U}) add("normal, n = " + std::to_string(n), n, normal);
  add("exponential", 200, [&](bool anomalous) { return random.exponential() * (anomalous ? 3 : 1); });
  add("ties", 300, [&](bool anomalous) { return std::floor(3 * normal(anomalous)); });
  add("all equal", 50, [](bool) { return 2.5; });
  add("all zero", 50, [&](bool) { return random.below(2) == 0 ? 0.0 : -0.0; });
  add("denormal", 60, [&](bool) { return std::ldexp(static_cast<double>(random.below(99)), -149); });
  add("huge", 60, [&](bool) { return 3e38 * (random.uniform() - 0.5); });
  add("one outlier", 60, [&](bool anomalous) { return random.below(40) == 0 ? 1e30 : normal(anomalous); });
  return all;
}

template <typename T, Threshold Estimator>
Fit fit(Estimator threshold, const std::vector<double>& scores, const std::vector<std::uint8_t>& labels) {
  const std::vector<T> typed(scores.begin(), scores.end());
  threshold.update(typed, labels);
  return threshold.compute();
}

template <typename Function>
void for_each_method_and_sample(const Function& function) {
  for (const Method& method : methods()) {
    for (const Data& data : samples(method.info().needs_labels)) {
      INFO(method.info().name << " on " << data.name);
      function(method, data);
    }
  }
}

TEST_CASE("a fit is a usable cutoff or a status that says why not") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    const Fit result = fit<double>(method.make({}), data.scores, data.labels);
    CHECK(result.method == method.info().name);
    CHECK(result.normal_count + result.anomalous_count == data.scores.size());
    if (result.ok()) {
      CHECK_FALSE(std::isnan(result.cutoff.value()));
    } else {
      CHECK(result.cutoff.value() == std::numeric_limits<double>::infinity());
      CHECK_FALSE(result.note.empty());
      CHECK(result.promise.guarantee == Guarantee::none);
    }
    if (result.promise.guarantee != Guarantee::none) {
      // A method that rests on a model may have an order statistic to rest on instead.
      CHECK((result.promise.guarantee == method.info().guarantee ||
             (result.promise.guarantee == Guarantee::distribution_free &&
              method.info().guarantee == Guarantee::model_based)));
      CHECK(result.promise.false_alarm_rate > 0);
      CHECK(result.promise.false_alarm_rate < 1);
    }
  });
}

TEST_CASE("the order of the scores does not change a bit") {
  Random random(21);
  for_each_method_and_sample([&](const Method& method, const Data& data) {
    std::vector<std::size_t> order(data.scores.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    random.shuffle(order);
    Data shuffled = data;
    for (std::size_t i = 0; i < order.size(); ++i) {
      shuffled.scores[i] = data.scores[order[i]];
      shuffled.labels[i] = data.labels[order[i]];
    }
    CHECK(text_of(fit<double>(method.make({}), data.scores, data.labels)) ==
          text_of(fit<double>(method.make({}), shuffled.scores, shuffled.labels)));
  });
}

TEST_CASE("merged shards give, bit for bit, the fit of the whole") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    for (const std::size_t shards : {2U, 7U}) {
      AnyThreshold whole = method.make({});
      std::vector<AnyThreshold> parts(shards, method.make({}));
      for (std::size_t i = 0; i < data.scores.size(); ++i) {
        // Some scores as floats, some as doubles, one by one and by label.
        const Label label = data.labels[i] == 1 ? Label::anomalous : Label::normal;
        const std::vector<float> narrow{static_cast<float>(data.scores[i])};
        const std::vector<double> wide{data.scores[i]};
        const Scores one = i % 5 == 3 ? Scores(wide) : Scores(narrow);
        whole.update(one, label);
        parts[(i * i) % shards].update(one, label);
      }
      AnyThreshold merged = method.make({});
      for (const AnyThreshold& part : parts) merged.merge(part);
      CHECK(text_of(merged.compute()) == text_of(whole.compute()));
    }
  });
}

TEST_CASE("merging with itself counts everything twice") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    AnyThreshold once = method.make({});
    once.update(data.scores, data.labels);
    AnyThreshold twice = once;
    twice.merge(once);
    AnyThreshold self = once;
    self.merge(self);
    AnyThreshold fed = once;
    fed.update(data.scores, data.labels);
    CHECK(text_of(twice.compute()) == text_of(fed.compute()));
    CHECK(text_of(self.compute()) == text_of(fed.compute()));
    CHECK(once.compute().normal_count + once.compute().anomalous_count == data.scores.size());
  });
}

TEST_CASE("float and double scores of the same value are decided alike") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    const Fit narrow = fit<float>(method.make({}), data.scores, data.labels);
    const Fit wide = fit<double>(method.make({}), data.scores, data.labels);
    CHECK(narrow.status == wide.status);
    for (const double score : data.scores) {
      if (narrow.cutoff(score) != wide.cutoff(score)) FAIL("score " << score);
    }
    // But for the next number above an order statistic, which differs by the type, the cutoffs are the same.
    const float as_float = narrow.cutoff.as<float>();
    CHECK(as_float == wide.cutoff.as<float>());
  });
}

TEST_CASE("mapped scores are decided as the method declares") {
  struct Map {
    const char* name;
    double factor;
    double offset;
    bool exact;  ///< powers of two: nothing is rounded
  };
  for (const Map& map :
       {Map{"times 8", 8, 0, true}, Map{"times 1000", 1000, 0, false}, Map{"8 s - 1000", 8, -1000, false}}) {
    for_each_method_and_sample([&](const Method& method, const Data& data) {
      INFO(map.name);
      const Invariance invariance = method.info().invariance;
      if (invariance == Invariance::none || (invariance == Invariance::scale && map.offset != 0)) return;
      if (data.name == "denormal" || data.name == "huge" || data.name == "one outlier") return;  // rounding dominates
      std::vector<double> mapped = data.scores;
      for (double& score : mapped) score = map.factor * score + map.offset;
      const Fit before = fit<double>(method.make({}), data.scores, data.labels);
      const Fit after = fit<double>(method.make({}), mapped, data.labels);
      CHECK(before.status == after.status);
      if (!before.ok()) return;
      if (invariance == Invariance::rank) {
        for (std::size_t i = 0; i < mapped.size(); ++i) {
          if (before.cutoff(data.scores[i]) != after.cutoff(mapped[i])) FAIL("score " << data.scores[i]);
        }
      } else {
        const double expected = map.factor * before.cutoff.value() + map.offset;
        // The sums are exact and each step is rounded once: some units in the last place of the largest term.
        const double tolerance = map.exact ? 0 : 1e-14 * (std::abs(expected) + std::abs(map.offset));
        // The next number above 0 is the same in every unit.
        constexpr double smallest = std::numeric_limits<double>::denorm_min();
        CHECK(std::abs(after.cutoff.value() - expected) <= tolerance + 1000 * smallest);
      }
    });
  }
}

TEST_CASE("rank methods decide the same after any increasing map") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    if (method.info().invariance != Invariance::rank) return;
    if (data.name == "denormal" || data.name == "huge" || data.name == "one outlier") return;
    std::vector<double> mapped = data.scores;
    for (double& score : mapped) score = std::atan(score / 4) + std::cbrt(score);
    const Fit before = fit<double>(method.make({}), data.scores, data.labels);
    const Fit after = fit<double>(method.make({}), mapped, data.labels);
    CHECK(before.status == after.status);
    for (std::size_t i = 0; i < mapped.size(); ++i) {
      if (before.cutoff(data.scores[i]) != after.cutoff(mapped[i])) FAIL("score " << data.scores[i]);
    }
  });
}

/// Whether the method takes maps reduced so; one that does not must say so when it is made.
bool takes(const Method& method, const std::string& reduction) {
  try {
    static_cast<void>(method.make({{"map_reduction", reduction}}));
    return true;
  } catch (const ParameterError& error) {
    CHECK_THAT(error.what(), Catch::Matchers::Contains("map_reduction = " + reduction));
    return false;
  }
}

TEST_CASE("a padded map counts as the contiguous one") {
  Random random(22);
  for (const Method& method : methods()) {
    for (const MapReduction reduction : {MapReduction::every_pixel, MapReduction::maximum, MapReduction::top_mean}) {
      const std::string word = reduction == MapReduction::every_pixel ? "every_pixel"
                               : reduction == MapReduction::maximum   ? "maximum"
                                                                      : "top_mean";
      INFO(method.info().name << ", " << word);
      if (!takes(method, word)) continue;
      AnyThreshold padded = method.make({{"map_reduction", word}});
      AnyThreshold contiguous = padded;
      for (int map = 0; map < 30; ++map) {
        constexpr std::size_t rows = 7, columns = 11, stride = 16;
        std::vector<float> memory(rows * stride, std::numeric_limits<float>::quiet_NaN());
        std::vector<std::uint8_t> mask(rows * stride, 7);
        std::vector<float> pixels;
        std::vector<std::uint8_t> truth;
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            const bool anomalous = method.info().needs_labels && map % 3 == 0 && i > 3;
            pixels.push_back(memory[i * stride + j] = static_cast<float>(random.exponential() + (anomalous ? 2 : 0)));
            truth.push_back(mask[i * stride + j] = anomalous ? 1 : 0);
          }
        }
        padded.update(ScoreMap(memory.data(), rows, columns, stride), Mask(mask.data(), rows, columns, stride));
        contiguous.update(ScoreMap(pixels.data(), rows, columns), Mask(truth.data(), rows, columns));
      }
      CHECK(text_of(padded.compute()) == text_of(contiguous.compute()));
      CHECK(padded.compute().normal_count + padded.compute().anomalous_count ==
            (reduction == MapReduction::every_pixel ? 30 * 77 : 30));
    }
  }
}

TEST_CASE("NaN and infinities are refused whole, or skipped as if they had not come") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
      Data dirty = data;
      const auto place = static_cast<std::ptrdiff_t>(data.scores.size() / 2);
      dirty.scores.insert(dirty.scores.begin() + place, bad);
      dirty.labels.insert(dirty.labels.begin() + place, 0);
      AnyThreshold strict = method.make({});
      strict.update(data.scores, data.labels);
      const std::string before = text_of(strict.compute());
      CHECK_THROWS_AS(strict.update(dirty.scores, dirty.labels), DataError);
      CHECK(text_of(strict.compute()) == before);
      if (data.name == "all equal" && method.info().needs_labels) continue;
      const Fit skipped = fit<double>(method.make({{"non_finite", std::string("skip")}}), dirty.scores, dirty.labels);
      const Fit clean = fit<double>(method.make({}), data.scores, data.labels);
      CHECK(skipped.skipped_count == 1);
      CHECK(skipped.cutoff == clean.cutoff);
      CHECK(skipped.status == clean.status);
      CHECK(skipped.normal_count == clean.normal_count);
    }
  });
}

TEST_CASE("reset forgets the scores and keeps the parameters") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    AnyThreshold threshold = method.make({{"top_share", 0.5}, {"non_finite", std::string("skip")}});
    const std::string fresh = text_of(threshold.compute());
    Data dirty = data;
    dirty.scores.push_back(std::numeric_limits<double>::quiet_NaN());
    dirty.labels.push_back(0);
    threshold.update(dirty.scores, dirty.labels);
    threshold.reset();
    CHECK(text_of(threshold.compute()) == fresh);
    CHECK(threshold.compute().skipped_count == 0);
  });
}

TEST_CASE("computing twice, between updates, changes nothing") {
  for_each_method_and_sample([](const Method& method, const Data& data) {
    AnyThreshold watched = method.make({});
    AnyThreshold plain = method.make({});
    const std::size_t half = data.scores.size() / 2;
    for (const auto& [begin, size] : {std::pair(std::size_t{0}, half), std::pair(half, data.scores.size() - half)}) {
      const Scores scores(std::span(data.scores).subspan(begin, size));
      const Labels labels(std::span(data.labels).subspan(begin, size));
      watched.update(scores, labels);
      CHECK(text_of(watched.compute()) == text_of(watched.compute()));
      plain.update(scores, labels);
    }
    CHECK(text_of(watched.compute()) == text_of(plain.compute()));
  });
}

TEST_CASE("merging different methods or parameters is refused") {
  for (const Method& method : methods()) {
    AnyThreshold threshold = method.make({});
    CHECK_THROWS_AS(threshold.merge(method.make({{"top_share", 0.25}})), ParameterError);
    for (const Method& other : methods()) {
      if (other.info().name != method.info().name) CHECK_THROWS_AS(threshold.merge(other.make({})), ParameterError);
    }
  }
}

TEST_CASE("normal-only methods refuse anomalies, and say who they are") {
  const std::vector<double> scores{1, 2};
  for (const Method& method : methods()) {
    AnyThreshold threshold = method.make({});
    if (method.info().needs_labels || method.info().name == "manual" || method.info().name == "auto") {
      CHECK_NOTHROW(threshold.update(scores, Label::anomalous));
      continue;
    }
    CHECK_THROWS_WITH(threshold.update(scores, Label::anomalous),
                      Catch::Matchers::StartsWith(std::string(method.info().name) + ": "));
    CHECK(threshold.compute().normal_count == 0);
  }
}

template <typename Estimator>
void static_equals_erased() {
  for (const Data& data : samples(Estimator::info().needs_labels)) {
    INFO(Estimator::info().name << " on " << data.name);
    CHECK(text_of(fit<float>(Estimator{}, data.scores, data.labels)) ==
          text_of(fit<float>(make_threshold(Estimator::info().name), data.scores, data.labels)));
  }
}

TEST_CASE("static and erased estimators give the same bits") {
  static_equals_erased<AutoThreshold>();
  static_equals_erased<TailThreshold>();
  static_equals_erased<QuantileThreshold>();
  static_equals_erased<CertifiedThreshold>();
  static_equals_erased<GpdThreshold>();
  static_equals_erased<GevThreshold>();
  static_equals_erased<MapThreshold>();
  static_equals_erased<PixelThreshold>();
  static_equals_erased<GumbelThreshold>();
  static_equals_erased<ParametricThreshold>();
  static_equals_erased<SpotThreshold>();
  static_equals_erased<SigmaThreshold>();
  static_equals_erased<MadThreshold>();
  static_equals_erased<IqrThreshold>();
  static_equals_erased<MaximumThreshold>();
  static_equals_erased<ScaledQuantileThreshold>();
  static_equals_erased<HistogramThreshold>();
  static_equals_erased<MixtureThreshold>();
  static_equals_erased<OutlierThreshold>();
  static_equals_erased<CentreThreshold>();
  static_equals_erased<VoteThreshold>();
  static_equals_erased<ManualThreshold>();
  static_equals_erased<F1Threshold>();
  static_equals_erased<SyntheticThreshold>();
  static_equals_erased<CombinedThreshold>();
}

TEST_CASE("a copy is a value of its own") {
  for (const Method& method : methods()) {
    AnyThreshold original = method.make({});
    AnyThreshold copy = original;
    copy.update(std::vector<float>{1, 2, 3});
    CHECK(original.compute().normal_count == 0);
    original = copy;
    copy.reset();
    CHECK(original.compute().normal_count == 3);
  }
}

}  // namespace
