// SPDX-License-Identifier: Apache-2.0
// Scores, maps, masks and labels as views, and how an estimator takes them in.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/adapt/eigen.hpp"
#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"
#include "random.hpp"

namespace {

using plimsoll::DataError;
using plimsoll::Label;
using plimsoll::MapReduction;
using plimsoll::Mask;
using plimsoll::MaximumThreshold;
using plimsoll::NonFinite;
using plimsoll::ScoreMap;
using plimsoll::Scores;
using plimsoll::ScoreType;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

template <typename Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("Scores view any contiguous range of scores") {
  const std::vector<float> floats{1, 2, 3};
  const std::array<double, 2> doubles{4, 5};
  CHECK(Scores(floats).size() == 3);
  CHECK(Scores(floats).type() == ScoreType::float32);
  CHECK(Scores(std::span(doubles)).type() == ScoreType::float64);
  CHECK(Scores(floats, ScoreType::float16).type() == ScoreType::float16);
  CHECK(Scores(floats, ScoreType::float64).type() == ScoreType::float32);  // no wider than it is held
  CHECK(Scores().empty());
  Scores(floats).visit([&](auto span) { CHECK(static_cast<const void*>(span.data()) == floats.data()); });
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::vector<int>, Scores>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Eigen::MatrixXd, Scores>);
}

TEST_CASE("a padded map reads its pixels only") {
  const float pad = nan;
  const std::vector<float> memory{1, 2, 3, pad, 4, 5, 6, pad};
  const ScoreMap map(memory.data(), 2, 3, 4);
  std::vector<float> seen;
  map.visit_pixels([&](auto pixels) { seen.assign(pixels.begin(), pixels.end()); });
  CHECK(seen == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(ScoreMap(memory.data(), 2, 4, 3), DataError);
  CHECK_THROWS_AS(Mask("        ", 2, 4, 3), DataError);
}

TEST_CASE("masks count anything but zero as anomalous") {
  const std::vector<std::uint8_t> bytes{0, 255, 9, 0, 0, 9};
  const Mask mask(bytes.data(), 2, 2, 3);
  CHECK(mask.any());
  CHECK(mask.labels() == std::vector{Label::normal, Label::anomalous, Label::normal, Label::normal});
  CHECK_FALSE(Mask(bytes.data() + 3, 1, 2).any());
}

TEST_CASE("the score of a map") {
  const auto score_of = [](const auto& pixels, MapReduction reduction, double share) {
    return plimsoll::score_of(ScoreMap(pixels.data(), 1, pixels.size()), reduction, share);
  };
  std::vector<double> pixels(1000);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>((i * 7919) % 1000);
  CHECK(score_of(pixels, MapReduction::maximum, 0.002) == 999);
  CHECK(score_of(pixels, MapReduction::top_mean, 0.002) == 998.5);  // (999 + 998) / 2
  CHECK(score_of(pixels, MapReduction::top_mean, 1.0) == 499.5);
  CHECK(score_of(pixels, MapReduction::top_mean, 1e-9) == 999);
  CHECK(plimsoll::top_count(1000, 0.002) == 2);
  CHECK(plimsoll::top_count(100, 0.07) == 7);  // though 100 * 0.07 is rounded up to 7.000000000000001
  CHECK(plimsoll::top_count(1001, 0.002) == 3);
  CHECK(plimsoll::top_count(1, 0.002) == 1);
  CHECK(score_of(std::vector<double>(4, 1.5e308), MapReduction::top_mean, 1.0) == Approx(1.5e308));
  // The mean of finite pixels is finite, and no larger than the largest, though sums and rounding go beyond.
  for (const double most : {std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()}) {
    for (std::size_t size = 1; size < 100; ++size) {
      CAPTURE(size, most);
      const double mean = score_of(std::vector<double>(size, most), MapReduction::top_mean, 1.0);
      CHECK(std::isfinite(mean));
      CHECK(mean == Approx(most));
    }
  }
  const std::vector<float> bad{1, nan, 2};
  CHECK(std::isnan(score_of(bad, MapReduction::maximum, 0.002)));
  CHECK(std::isnan(score_of(bad, MapReduction::top_mean, 1)));
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> low{-infinity, 1, -infinity};
  CHECK(score_of(low, MapReduction::maximum, 0.002) == 1);
  CHECK(score_of(low, MapReduction::top_mean, 1) == -infinity);
  CHECK(score_of(std::vector<float>{infinity, 1, 2}, MapReduction::top_mean, 1) == infinity);
  CHECK(std::isnan(score_of(std::vector<float>{infinity, 1, -infinity}, MapReduction::top_mean, 1)));
  CHECK(score_of(std::vector<float>{}, MapReduction::maximum, 0.002) == -infinity);
}

TEST_CASE("the score of a map is the mean of its sorted top") {
  plimsoll::test::Random random(3);
  for (std::size_t size = 1; size < 20'000; size = size * 3 + 1) {
    for (const double share : {0.0005, 0.01, 0.3, 1.0}) {
      for (const int order : {0, 1, 2}) {  // as they come, ascending, descending
        std::vector<float> pixels(size);
        for (float& pixel : pixels) pixel = static_cast<float>(std::floor(1000 * random.uniform()));
        if (order > 0) std::ranges::sort(pixels);
        if (order == 2) std::ranges::reverse(pixels);
        std::vector<double> sorted(pixels.begin(), pixels.end());
        std::ranges::sort(sorted, std::greater<>());
        const std::size_t count = plimsoll::top_count(size, share);
        double sum = 0;  // of whole numbers, so exact
        for (std::size_t i = 0; i < count; ++i) sum += sorted[i];
        const ScoreMap map(pixels.data(), 1, size);
        CHECK(plimsoll::score_of(map, MapReduction::top_mean, share) == sum / static_cast<double>(count));
        CHECK(plimsoll::score_of(map, MapReduction::maximum, share) == sorted.front());
      }
    }
  }
}

TEST_CASE("estimators reduce maps as told") {
  const std::vector<float> memory{1, 2, 3, nan, 4, 5, 6, nan};
  const ScoreMap map(memory.data(), 2, 3, 4);
  const auto count_and_maximum = [&](MapReduction reduction, double share) {
    MaximumThreshold threshold{{.input = {.map_reduction = reduction, .top_share = share}}};
    threshold.update(map);
    const plimsoll::Fit fit = threshold.compute();
    return std::pair(fit.normal_count, fit.cutoff.value());
  };
  CHECK(count_and_maximum(MapReduction::every_pixel, 0.002) ==
        std::pair(std::size_t{6}, static_cast<double>(std::nextafter(6.0F, 7.0F))));
  CHECK(count_and_maximum(MapReduction::maximum, 0.002) ==
        std::pair(std::size_t{1}, static_cast<double>(std::nextafter(6.0F, 7.0F))));
  CHECK(count_and_maximum(MapReduction::top_mean, 0.5) == std::pair(std::size_t{1}, std::nextafter(5.0, 6.0)));
  MaximumThreshold threshold{{.input = {.map_reduction = MapReduction::maximum}}};
  CHECK(message_of([&] { threshold.update(ScoreMap(memory.data(), 0, 3)); }) == "maximum: an empty map has no score");
}

TEST_CASE("pixels carry no promise, images do") {
  const std::vector<float> memory{1, 2, 3, 4, 5, 6};
  const ScoreMap map(memory.data(), 2, 3);
  MaximumThreshold pixels;
  pixels.update(map);
  CHECK(pixels.compute().promise.guarantee == plimsoll::Guarantee::none);
  CHECK(pixels.compute().note.find("not exchangeable") != std::string::npos);
  CHECK(std::isnan(pixels.compute().promise.best_rate));
  plimsoll::QuantileThreshold few_pixels{{.false_alarm_rate = 0.01, .confidence = 0.95}};
  few_pixels.update(map);
  CHECK(few_pixels.compute().note.find("can promise") == std::string::npos);
  MaximumThreshold images{{.input = {.map_reduction = MapReduction::maximum}}};
  images.update(map);
  CHECK(images.compute().promise.guarantee == plimsoll::Guarantee::distribution_free);
  pixels.reset();
  pixels.update(std::vector<float>{1, 2});
  CHECK(pixels.compute().promise.guarantee == plimsoll::Guarantee::distribution_free);
}

TEST_CASE("masks label pixels, or the map where it is reduced") {
  const std::vector<float> memory{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> truth{0, 0, 0, 0, 1, 1};
  const ScoreMap map(memory.data(), 2, 3);
  plimsoll::F1Threshold pixels;
  pixels.update(map, Mask(truth.data(), 2, 3));
  CHECK(pixels.compute().cutoff.value() == 5);
  CHECK(pixels.compute().normal_count == 4);
  plimsoll::F1Threshold images{{.input = {.map_reduction = MapReduction::maximum}}};
  images.update(map, Mask(truth.data(), 2, 3));
  images.update(ScoreMap(memory.data(), 1, 3), Label::normal);
  CHECK(images.compute().normal_count == 1);
  CHECK(images.compute().anomalous_count == 1);
  CHECK(images.compute().cutoff.value() == 6);
  CHECK(message_of([&] { pixels.update(map, Mask(truth.data(), 3, 2)); }) == "f1: a map of 2 x 3 with a mask of 3 x 2");
}

TEST_CASE("errors name what and where, and change nothing") {
  MaximumThreshold threshold;
  threshold.update(std::vector<float>{1, 2});
  const std::vector<float> bad{1, 9, nan, 3};
  CHECK(message_of([&] { threshold.update(bad); }) ==
        "maximum: scores[2] is NaN; non-finite scores are refused unless non_finite = skip");
  CHECK(message_of([&] { threshold.update(ScoreMap(bad.data(), 2, 2)); }) ==
        "maximum: map[1, 0] is NaN; non-finite scores are refused unless non_finite = skip");
  const std::vector<double> infinite{1, -std::numeric_limits<double>::infinity()};
  CHECK(message_of([&] { threshold.update(infinite); }).find("scores[1] is -inf") != std::string::npos);
  const std::vector<float> scores{7, 8};
  CHECK(message_of([&] { threshold.update(scores, Label::anomalous); }) ==
        "maximum: the scores are labelled anomalous, and this method learns from normal scores only");
  CHECK(message_of([&] {
          threshold.update(scores, std::vector<std::uint8_t>{0, 1});
        }) == "maximum: labels[1] is anomalous, and this method learns from normal scores only");
  CHECK(message_of([&] { threshold.update(scores, std::vector<std::uint8_t>{0}); }) ==
        "maximum: 2 scores, but 1 labels");
  const std::vector<std::uint8_t> truth{0, 1};
  CHECK(message_of([&] { threshold.update(ScoreMap(scores.data(), 1, 2), Mask(truth.data(), 1, 2)); }) ==
        "maximum: the mask has anomalous pixels, and this method learns from normal scores only");
  plimsoll::F1Threshold labelled;
  CHECK(message_of([&] {
          labelled.update(scores, std::vector<std::uint8_t>{0, 2});
        }) == "f1: labels[1] = 2 is neither 0 (normal) nor 1 (anomalous)");
  CHECK(threshold.compute().normal_count == 2);
  CHECK(threshold.compute().cutoff.value() == static_cast<double>(std::nextafter(2.0F, 3.0F)));
}

TEST_CASE("non-finite scores are skipped and counted on request") {
  const std::vector<float> bad{
      1, 9, nan, 3, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  MaximumThreshold threshold{{.input = {.non_finite = NonFinite::skip}}};
  threshold.update(bad);
  plimsoll::Fit fit = threshold.compute();
  CHECK(fit.normal_count == 3);
  CHECK(fit.skipped_count == 3);
  CHECK(fit.note == "3 non-finite scores were skipped; a promise is about finite ones");
  plimsoll::F1Threshold labelled{{.input = {.non_finite = NonFinite::skip}}};
  labelled.update(bad, std::vector<std::uint8_t>{0, 1, 1, 0, 1, 0});
  fit = labelled.compute();
  CHECK(fit.normal_count == 2);
  CHECK(fit.anomalous_count == 1);
  CHECK(fit.skipped_count == 3);
  // What is skipped whole leaves no trace but the count: a double that was not kept does not change the type.
  const double before = threshold.compute().cutoff.value();
  threshold.update(std::vector<double>{std::numeric_limits<double>::quiet_NaN()});
  CHECK(threshold.compute().cutoff.value() == before);
  MaximumThreshold images{{.input = {.non_finite = NonFinite::skip, .map_reduction = MapReduction::maximum}}};
  images.update(ScoreMap(bad.data(), 2, 3));
  const std::vector<float> nothing{nan, nan};
  images.update(ScoreMap(nothing.data(), 1, 2));
  CHECK(images.compute().normal_count == 1);
  CHECK(images.compute().skipped_count == 5);
  CHECK(images.compute().cutoff.value() == static_cast<double>(std::nextafter(9.0F, 10.0F)));
}

TEST_CASE("the scores' own type is what the cutoff is next above in") {
  MaximumThreshold threshold;
  CHECK(threshold.compute().score_type == ScoreType::float64);
  const std::vector<float> scores{0.5F, 1.0F};
  threshold.update(Scores(scores, ScoreType::float16));
  CHECK(threshold.compute().cutoff.value() == 1.0 + 0x1p-10);
  threshold.update(scores);
  CHECK(threshold.compute().cutoff.value() == 1.0 + 0x1p-23);
  threshold.update(std::vector<double>{0.25});
  CHECK(threshold.compute().cutoff.value() == 1.0 + 0x1p-52);
#if PLIMSOLL_HAS_HALF
  MaximumThreshold halves;
  halves.update(std::vector<plimsoll::Half>{plimsoll::Half(0.5F), plimsoll::Half(1.0F)});
  CHECK(halves.compute().cutoff.value() == 1.0 + 0x1p-10);
  CHECK(halves.compute().score_type == ScoreType::float16);
#endif
}

TEST_CASE("Eigen expressions come in without thought of their layout") {
  Eigen::MatrixXd columns(2, 3);
  columns << 1, 2, 3, 4, 5, 6;
  const auto pixels_of = [](const auto& adaptor) {
    std::vector<double> seen;
    const ScoreMap map = adaptor;
    map.visit_pixels([&](auto pixels) { seen.assign(pixels.begin(), pixels.end()); });
    return seen;
  };
  CHECK(pixels_of(plimsoll::as_score_map(columns)) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(pixels_of(plimsoll::as_score_map(columns.transpose())) == std::vector<double>{1, 4, 2, 5, 3, 6});
  CHECK(pixels_of(plimsoll::as_score_map(2 * columns.block(0, 1, 2, 2))) == std::vector<double>{4, 6, 10, 12});
  using RowMajor = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const RowMajor rows = columns.cast<float>();
  const auto view = plimsoll::as_score_map(rows.block(0, 1, 2, 2));
  const ScoreMap map = view;
  CHECK(map.row_stride() == 3);
  CHECK(pixels_of(view) == std::vector<double>{2, 3, 5, 6});
  const auto truth = plimsoll::as_mask((columns.array() > 4.5).cast<std::uint8_t>());
  CHECK(static_cast<Mask>(truth).labels() == plimsoll::as_mask((columns.array() > 4.5)).operator Mask().labels());
  CHECK(static_cast<Mask>(truth).labels()[4] == Label::anomalous);

  plimsoll::SigmaThreshold threshold;
  const Eigen::VectorXd vector = Eigen::VectorXd::LinSpaced(5, 1, 5);
  threshold.update(plimsoll::as_scores(vector));
  threshold.update(plimsoll::as_scores(vector.head(4) * 2));
  threshold.update(plimsoll::as_scores(vector.array() + 1));
  const Eigen::RowVectorXf row = Eigen::RowVectorXf::LinSpaced(3, 1, 3);
  threshold.update(plimsoll::as_scores(row));
  threshold.update(plimsoll::as_scores(columns.row(1)));
  threshold.update(plimsoll::as_score_map(rows), Label::normal);
  CHECK(threshold.compute().normal_count == 26);
}

}  // namespace
