// SPDX-License-Identifier: Apache-2.0
// The search of labelled scores in bounded memory: exact up to a limit, in buckets above it.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/metrics/oracle_seg_f1.hpp"
#include "plimsoll/stats/score_histogram.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::CutoffPlace;
using plimsoll::F1Parameters;
using plimsoll::F1Threshold;
using plimsoll::Fit;
using plimsoll::Label;
using plimsoll::MissingClass;
using plimsoll::stats::Objective;
using plimsoll::test::Random;

struct Data {
  std::vector<double> scores;  ///< all of them floats
  std::vector<std::uint8_t> labels;
};

/// Scores of many kinds: two signs, zeros, denormals, ties, many powers of two, one power of two.
Data draw(Random& random, std::size_t shape, std::size_t size) {
  Data data;
  for (std::size_t i = 0; i < size; ++i) {
    const bool anomalous = random.below(3) == 0;
    const double x = random.normal() + (anomalous ? 1.5 : 0);
    const double score = shape == 0   ? x
                         : shape == 1 ? std::exp(12 * x)
                         : shape == 2 ? 1000 + 0.1 * x
                         : shape == 3 ? std::floor(3 * x)
                         : shape == 4 ? std::ldexp(x, -140)
                                      : -std::exp(-x);
    const std::size_t odd = random.below(50);
    data.scores.push_back(static_cast<double>(static_cast<float>(odd == 0 ? 0.0 : odd == 1 ? -0.0 : score)));
    data.labels.push_back(anomalous ? 1 : 0);
  }
  return data;
}

template <typename T>
Fit fit(const F1Parameters& parameters, const Data& data) {
  F1Threshold threshold{parameters};
  threshold.update(std::vector<T>(data.scores.begin(), data.scores.end()), data.labels);
  return threshold.compute();
}

F1Parameters with_limit(F1Parameters parameters, std::size_t limit) {
  parameters.exact_limit = limit;
  return parameters;
}

/// What a fit decides, to the bit, but for the parameter in question.
std::string print(const Fit& fit) {
  const auto bits = [](double value) { return std::to_string(std::bit_cast<std::uint64_t>(value)) + " "; };
  std::string text = std::string(to_string(fit.status)) + " " + bits(fit.cutoff.value()) +
                     std::to_string(fit.normal_count) + " " + std::to_string(fit.anomalous_count) + " " + fit.note;
  if (fit.optimum) text += bits(fit.optimum->value) + bits(fit.optimum->above) + bits(fit.optimum->up_to);
  return text;
}

/// 2 tp / (flagged + anomalous).
double f1_of(const Data& data, const auto& flags) {
  double caught = 0;
  double flagged = 0;
  double anomalous = 0;
  for (std::size_t i = 0; i < data.scores.size(); ++i) {
    const bool flag = flags(data.scores[i]);
    flagged += flag ? 1 : 0;
    anomalous += data.labels[i];
    caught += flag && data.labels[i] == 1 ? 1 : 0;
  }
  return 2 * caught / (flagged + anomalous);
}

/// A number that orders as the buckets of relative width 2^-14 do, by arithmetic: 14 binary places after the first one
/// of the magnitude, cut off. Towards 0 for both signs, so that only numbers of one bucket share it.
double bucket(double x) {
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);  // magnitude in [1/2, 1)
  return std::ldexp(std::trunc(std::ldexp(mantissa, 15)), exponent - 15);
}

TEST_CASE("up to the limit a fit is as it was, above it buckets take over") {
  Random random(71);
  for (std::size_t shape = 0; shape < 6; ++shape) {
    const Data data = draw(random, shape, 700);
    INFO("shape " << shape);
    for (const F1Parameters& parameters : {F1Parameters{}, F1Parameters{.place = CutoffPlace::middle}}) {
      CHECK(print(fit<float>(with_limit(parameters, 700), data)) == print(fit<float>(parameters, data)));
      CHECK(print(fit<double>(with_limit(parameters, 700), data)) == print(fit<double>(parameters, data)));
    }
    CHECK(fit<float>({}, data).note.find("buckets") == std::string::npos);
    CHECK(fit<float>(with_limit({}, 699), data).note.find("buckets of relative width 2^-14") != std::string::npos);
  }
}

TEST_CASE("in buckets the best of the cutoffs between buckets is found, and what it reaches is exact") {
  Random random(72);
  for (int repetition = 0; repetition < 60; ++repetition) {
    const std::size_t shape = random.below(6);
    const Data data = draw(random, shape, 50 + random.below(1500));
    INFO("repetition " << repetition << ", shape " << shape);
    const Fit result = fit<float>(with_limit({}, 10), data);
    REQUIRE(result.ok());
    std::map<double, int, std::greater<>> buckets;
    for (const double score : data.scores) ++buckets[bucket(score)];
    double best = -1;
    double lowest = 0;
    for (const auto& [cut, count] : buckets) {
      const double f1 = f1_of(data, [cut = cut](double x) { return bucket(x) >= cut; });
      if (f1 >= best) {
        best = f1;
        lowest = cut;
      }
    }
    CHECK(result.optimum->value == best);
    CHECK(f1_of(data, result.cutoff) == best);
    for (const double score : data.scores) REQUIRE(result.cutoff(score) == (bucket(score) >= lowest));
    // Every cutoff in (above, up_to] decides alike: no score lies between, and some lie just beyond.
    const double above = result.optimum->above;
    const double up_to = result.optimum->up_to;
    CHECK(up_to == result.cutoff.value());
    double highest_passed = -std::numeric_limits<double>::infinity();
    double least_flagged = std::numeric_limits<double>::infinity();
    for (const double score : data.scores) {
      if (result.cutoff(score)) least_flagged = std::min(least_flagged, score);
      if (!result.cutoff(score)) highest_passed = std::max(highest_passed, score);
    }
    CHECK(highest_passed <= above);
    CHECK(above < up_to);
    CHECK(up_to <= least_flagged);
    CHECK(least_flagged - up_to <= std::abs(least_flagged) * 0x1p-14);
    if (std::isfinite(highest_passed)) CHECK(above - highest_passed <= std::abs(above) * 0x1p-14 + 1e-300);
    // The middle place decides the same scores alike.
    const Fit middle = fit<float>(with_limit({.place = CutoffPlace::middle}, 10), data);
    CHECK(f1_of(data, middle.cutoff) == best);
    CHECK((middle.cutoff == result.cutoff || middle.cutoff.value() < up_to));
  }
}

TEST_CASE("halves have a bucket each, so nothing is lost on them") {
  // 10 binary places: numbers k / 64 up to 16 and their negatives.
  Random random(73);
  for (int repetition = 0; repetition < 20; ++repetition) {
    Data data = draw(random, 0, 2000);
    for (double& score : data.scores) score = std::floor(std::clamp(score, -4.0, 4.0) * 128) / 128;
    const Fit exact = fit<float>({}, data);
    const Fit counted = fit<float>(with_limit({}, 0), data);
    CHECK(counted.optimum->value == exact.optimum->value);
    for (const double score : data.scores) REQUIRE(counted.cutoff(score) == exact.cutoff(score));
    if (exact.cutoff.value() >= 0) CHECK(counted.cutoff == exact.cutoff);
  }
}

TEST_CASE("neither order, nor type, nor shards change a bit on either side of the limit") {
  Random random(74);
  for (std::size_t shape = 0; shape < 6; ++shape) {
    const Data data = draw(random, shape, 600);
    for (const std::size_t limit : {0U, 1U, 200U, 450U, 599U, 600U}) {
      INFO("shape " << shape << ", limit " << limit);
      const std::string expected = print(fit<float>(with_limit({}, limit), data));
      CHECK(print(fit<double>(with_limit({}, limit), data)) == expected);
      // Four shards of random sizes, in random order, one score or a batch at a time, merged in random order.
      for (int repetition = 0; repetition < 5; ++repetition) {
        std::vector<F1Threshold> shards(4, F1Threshold{with_limit({}, limit)});
        std::vector<Data> parts(4);
        for (std::size_t i = 0; i < data.scores.size(); ++i) {
          Data& part = parts[random.below(2) * random.below(2) + 2 * random.below(2)];
          part.scores.push_back(data.scores[i]);
          part.labels.push_back(data.labels[i]);
        }
        for (std::size_t k = 0; k < 4; ++k) {
          if (k % 2 == 0) {
            shards[k].update(std::vector<float>(parts[k].scores.begin(), parts[k].scores.end()), parts[k].labels);
          } else {
            for (std::size_t i = 0; i < parts[k].scores.size(); ++i) {
              shards[k].update(std::vector<float>{static_cast<float>(parts[k].scores[i])},
                               parts[k].labels[i] == 1 ? Label::anomalous : Label::normal);
            }
          }
        }
        random.shuffle(shards);
        shards[0].merge(shards[1]);
        shards[2].merge(shards[3]);
        shards[0].merge(shards[2]);
        CHECK(print(shards[0].compute()) == expected);
      }
    }
  }
}

TEST_CASE("reset begins anew, and limits must agree to merge") {
  F1Threshold threshold{with_limit({}, 2)};
  threshold.update(std::vector<float>{1, 2, 3}, std::vector<std::uint8_t>{0, 1, 1});
  CHECK(threshold.compute().note.find("buckets") != std::string::npos);
  threshold.reset();
  threshold.update(std::vector<float>{1, 2}, std::vector<std::uint8_t>{0, 1});
  CHECK(threshold.compute().note.empty());
  threshold.update(std::vector<float>{3}, Label::anomalous);
  CHECK(threshold.compute().note.find("buckets") != std::string::npos);
  CHECK_THROWS_AS(threshold.merge(F1Threshold{}), plimsoll::ParameterError);
  CHECK(std::get<double>(threshold.parameter_values().at("exact_limit")) == 2);
}

TEST_CASE("above the limit the ends are exact: flagging nothing, flagging everything, a missing class") {
  const std::vector<float> three{1.00001F, 3.00001F, 2.00001F};
  const auto compute = [&](const F1Parameters& parameters, const std::vector<std::uint8_t>& labels) {
    F1Threshold threshold{with_limit(parameters, 0)};
    threshold.update(three, labels);
    return threshold.compute();
  };
  const double above_largest = static_cast<double>(std::nextafter(3.00001F, 4.0F));
  Fit result = compute({.search = {.objective = Objective::cost, .false_alarm_cost = 10}}, {1, 0, 0});
  CHECK(result.cutoff.value() == above_largest);
  CHECK(result.optimum->above == static_cast<double>(3.00001F));
  CHECK(result.optimum->up_to == std::numeric_limits<double>::infinity());
  CHECK(result.note.ends_with("; the best is to flag nothing"));
  result = compute({.place = CutoffPlace::middle}, {1, 1, 0});
  CHECK(result.cutoff.value() == 1);  // the lower edge of the bucket of 1.00001, as 1.00001 < 1 + 2^-14
  CHECK(result.note.ends_with("; the best is to flag everything"));
  result = compute({.missing_class = MissingClass::anomalib}, {0, 0, 0});
  CHECK(result.cutoff.value() == above_largest);
  result = compute({.missing_class = MissingClass::anomalib}, {1, 1, 1});
  CHECK(result.cutoff.value() == static_cast<double>(1.00001F));
  CHECK(compute({}, {1, 1, 1}).status == plimsoll::FitStatus::missing_class);
}

TEST_CASE("all objectives agree with the exact search where every score has its own bucket") {
  Random random(75);
  for (int repetition = 0; repetition < 10; ++repetition) {
    Data data = draw(random, 0, 900);
    for (double& score : data.scores) score = std::floor(8 * score);
    for (const Objective objective : {Objective::f_beta, Objective::youden, Objective::mcc, Objective::cost,
                                      Objective::precision, Objective::recall}) {
      const F1Parameters parameters{.search = {.objective = objective, .recall_floor = 0.3}};
      const Fit exact = fit<double>(parameters, data);
      const Fit counted = fit<double>(with_limit(parameters, 5), data);
      CHECK(counted.optimum->value == exact.optimum->value);
      for (const double score : data.scores) REQUIRE(counted.cutoff(score) == exact.cutoff(score));
    }
  }
}

TEST_CASE("many scores with infinite ones: the oracle finds what a sorted sweep finds") {
  Random random(76);
  const std::size_t rows = 100;
  const std::size_t columns = 50;
  for (const std::size_t limit : {std::size_t{0}, plimsoll::BoundedLabelledSample::default_limit}) {
    for (int repetition = 0; repetition < 5; ++repetition) {
      std::vector<float> scores(rows * columns);
      std::vector<std::uint8_t> truth(scores.size());
      std::vector<std::pair<float, bool>> all;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        truth[i] = random.below(4) == 0 ? 1 : 0;
        // On a grid of 1/8, so that each score has a bucket of its own.
        scores[i] = static_cast<float>(std::floor(8 * (random.normal() + truth[i])) / 8);
        const std::size_t odd = random.below(30);
        if (odd == 0) scores[i] = std::numeric_limits<float>::infinity();
        if (odd == 1) scores[i] = -std::numeric_limits<float>::infinity();
        if (odd == 2) scores[i] = std::numeric_limits<float>::quiet_NaN();
        all.emplace_back(std::isnan(scores[i]) ? std::numeric_limits<float>::infinity() : scores[i], truth[i] == 1);
      }
      std::sort(all.begin(), all.end(), std::greater<>());
      const auto anomalies = static_cast<double>(std::count(truth.begin(), truth.end(), 1));
      double tp = 0;
      double best = -1;
      for (std::size_t i = 0; i < all.size(); ++i) {
        tp += all[i].second ? 1 : 0;
        if (i + 1 < all.size() && all[i + 1].first == all[i].first) continue;
        best = std::max(best, 2 * tp / (static_cast<double>(i + 1) + anomalies));
      }
      plimsoll::metrics::OracleSegF1 oracle(limit);
      oracle.update({scores.data(), rows, columns}, {truth.data(), rows, columns});
      const auto result = oracle.compute();
      CHECK(result.f1 == best);
      CHECK(result.exact == (limit > 0));
      double caught = 0;
      double flagged = 0;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        flagged += result.cutoff(scores[i]) ? 1 : 0;
        caught += result.cutoff(scores[i]) && truth[i] == 1 ? 1 : 0;
      }
      CHECK(2 * caught / (flagged + anomalies) == best);
    }
  }
  plimsoll::metrics::OracleSegF1 exact;
  CHECK_THROWS_AS(exact.merge(plimsoll::metrics::OracleSegF1(3)), plimsoll::ParameterError);
}

TEST_CASE("the outermost buckets end at infinity") {
  const std::vector<double> normal{-std::numeric_limits<double>::infinity(), 0};
  const std::vector<double> anomalous{std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity()};
  plimsoll::stats::ScoreHistogram histogram;
  histogram.add(std::span<const double>(normal), false);
  histogram.add(std::span<const double>(anomalous), true);
  const auto best = histogram.best_cut(plimsoll::stats::ObjectiveMerit({}, 2, 2));
  CHECK(best.merit.value == 1);
  CHECK(best.cut <= std::numeric_limits<double>::max());
  CHECK(best.cut > 1e308);
  plimsoll::stats::ScoreHistogram other;
  other.add(std::span<const double>(anomalous), false);
  other.add(std::span<const double>(normal), true);
  CHECK(other.best_cut(plimsoll::stats::ObjectiveMerit({}, 2, 2)).cut == normal[0]);
  CHECK(other.normal_extent().least == std::numeric_limits<double>::max());
  CHECK(other.anomalous_extent().most == 0);
}

}  // namespace
