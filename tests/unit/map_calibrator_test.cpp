// SPDX-License-Identifier: Apache-2.0
// Calibrating from normal maps: both lines against the estimators fitted by hand, what must not matter, what is
// refused, the smallest regions by brute force, and that what is shown decides as what is computed.
#include "plimsoll/thresholds/map_calibrator.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/minimum_area.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

template <typename T>
struct Map {
  std::vector<T> pixels;
  std::size_t rows = 0;
  std::size_t columns = 0;
  [[nodiscard]] ScoreMap view() const { return {pixels.data(), rows, columns}; }
};

/// Noise below 1, in two maps of three with a smooth bump on it, of a height that is exponential.
template <typename T>
Map<T> draw_map(Random& random, std::size_t rows, std::size_t columns) {
  Map<T> map{{}, rows, columns};
  const double height = random.below(3) == 0 ? 0 : 2 * random.exponential();
  const double row = random.uniform() * static_cast<double>(rows);
  const double column = random.uniform() * static_cast<double>(columns);
  for (std::size_t i = 0; i < rows * columns; ++i) {
    const double down = static_cast<double>(i / columns) - row;
    const double across = static_cast<double>(i % columns) - column;
    const double bump = height * std::exp(-(down * down + across * across) / 8);
    map.pixels.push_back(static_cast<T>(random.uniform() + bump));
  }
  return map;
}

template <typename T>
std::vector<Map<T>> draw_maps(std::size_t count, std::uint64_t seed, std::size_t rows = 12, std::size_t columns = 10) {
  Random random(seed);
  std::vector<Map<T>> maps;
  while (maps.size() < count) maps.push_back(draw_map<T>(random, rows, columns));
  return maps;
}

template <typename T>
MapCalibrator collect(const std::vector<Map<T>>& maps, const MapCalibratorParameters& parameters = {}) {
  MapCalibrator calibrator(parameters);
  for (const Map<T>& map : maps) calibrator.update(map.view());
  return calibrator;
}

template <typename T>
Calibration calibrate(const std::vector<Map<T>>& maps, const MapCalibratorParameters& parameters = {}) {
  const MapCalibration result = collect(maps, parameters).compute();
  REQUIRE(result.ok());
  return result.calibration;
}

template <typename T>
std::vector<double> maxima_of(const std::vector<Map<T>>& maps) {
  std::vector<double> maxima;
  for (const Map<T>& map : maps) maxima.push_back(static_cast<double>(*std::ranges::max_element(map.pixels)));
  return maxima;
}

/// The mean of the ceil(share * pixels) largest, by a sort.
template <typename T>
std::vector<double> top_means_of(const std::vector<Map<T>>& maps, double share) {
  std::vector<double> means;
  for (const Map<T>& map : maps) {
    std::vector<double> sorted(map.pixels.begin(), map.pixels.end());
    std::ranges::sort(sorted, std::greater<>());
    const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += sorted[i];
    means.push_back(sum / static_cast<double>(count));
  }
  return means;
}

template <typename Threshold, typename Parameters>
Fit fitted(const Parameters& parameters, const std::vector<double>& scores, ScoreType type = ScoreType::float64) {
  Threshold threshold(parameters);
  threshold.update(Scores(scores, type));
  return threshold.compute();
}

Fit fit_by_name(const std::string& method, const ParameterMap& parameters, const std::vector<double>& scores,
                ScoreType type = ScoreType::float64) {
  AnyThreshold threshold = make_threshold(method, parameters);
  threshold.update(Scores(scores, type));
  return threshold.compute();
}

std::uint64_t bits(double value) {
  return std::bit_cast<std::uint64_t>(value);
}
std::uint64_t bits(Cutoff cutoff) {
  return bits(cutoff.value());
}

/// Equal to the last bit in all that decides and all that is shown.
bool same(const Calibration& a, const Calibration& b) {
  const auto same_unit = [](const Normalisation& x, const Normalisation& y) {
    return x.kind == y.kind && bits(x.minimum) == bits(y.minimum) && bits(x.maximum) == bits(y.maximum) &&
           bits(x.deviation) == bits(y.deviation);
  };
  return a.direction == b.direction && bits(a.cutoff) == bits(b.cutoff) &&
         bits(a.review_cutoff) == bits(b.review_cutoff) && a.map_reduction == b.map_reduction &&
         a.top_share == b.top_share && a.mask == b.mask && a.agreement == b.agreement &&
         same_unit(a.normalisation, b.normalisation) && same_unit(a.pixel_normalisation, b.pixel_normalisation) &&
         a.rates == b.rates && a.mask_rates == b.mask_rates;
}

std::string refusal(const MapCalibratorParameters& parameters) {
  try {
    MapCalibrator calibrator(parameters);
  } catch (const ParameterError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("map calibrator: the levels are those of the map method fitted to the maxima") {
  // 49 and 50 are on both sides of where the method changes its rule.
  for (const std::size_t n : {10U, 20U, 49U, 50U, 120U}) {
    CAPTURE(n);
    const auto maps = draw_maps<double>(n, 3);
    const std::vector<double> maxima = maxima_of(maps);
    const MapCalibratorParameters shares{.high_share = 0.2, .low_share = 0.4};
    const Calibration line = calibrate(maps, shares);
    REQUIRE(line.mask);
    CHECK(line.mask->high == fitted<MapThreshold>(MapParameters{.false_alarm_rate = 0.2}, maxima).cutoff);
    CHECK(line.mask->low == fitted<MapThreshold>(MapParameters{.false_alarm_rate = 0.4}, maxima).cutoff);
    CHECK(line.mask->low.value() < line.mask->high.value());

    const Calibration plain = calibrate(maps);
    CHECK(plain.mask->high == fitted<MapThreshold>(MapParameters{.false_alarm_rate = 0.3}, maxima).cutoff);
    CHECK(plain.mask->low == plain.mask->high);
    // Its other parameters reach the levels.
    MapCalibratorParameters trimmed;
    trimmed.level_parameters["trim"] = 0.1;
    CHECK(calibrate(maps, trimmed).mask->high ==
          fitted<MapThreshold>(MapParameters{.false_alarm_rate = 0.3, .trim = 0.1}, maxima).cutoff);
  }
}

TEST_CASE("map calibrator: from 50 images on a level is Hazen's quantile") {
  // Position n (1 - share) + 1/2: 80.5 of 100 at .2, 60.5 at .4, so halfway between two maxima.
  const auto maps = draw_maps<double>(100, 4);
  std::vector<double> maxima = maxima_of(maps);
  std::ranges::sort(maxima);
  const Calibration line = calibrate(maps, {.high_share = 0.2, .low_share = 0.4});
  // Some roundings of two numbers of one size.
  CHECK(line.mask->high.value() == Approx((maxima[79] + maxima[80]) / 2).epsilon(1e-14));
  CHECK(line.mask->low.value() == Approx((maxima[59] + maxima[60]) / 2).epsilon(1e-14));
}

TEST_CASE("map calibrator: the image cutoff is that of the named method on the images' scores") {
  const auto maps = draw_maps<double>(60, 5);
  const auto floats = draw_maps<float>(60, 5);
  for (const std::string method : {"tail", "quantile", "gumbel", "mad", "gev", "maximum", "map"}) {
    CAPTURE(method);
    const Calibration mean = calibrate(maps, {.image_method = method, .image_parameters = {{"top_share", 0.1}}});
    CHECK(mean.map_reduction == MapReduction::top_mean);
    CHECK(mean.top_share == 0.1);
    CHECK(mean.cutoff == fit_by_name(method, {}, top_means_of(maps, 0.1)).cutoff);
    // The maximum of floats is a float, so that what lies between two of them does not matter.
    const Calibration maximum =
        calibrate(floats, {.image_method = method, .image_parameters = {{"map_reduction", std::string("maximum")}}});
    CHECK(maximum.map_reduction == MapReduction::maximum);
    CHECK(maximum.cutoff == fit_by_name(method, {}, maxima_of(floats), ScoreType::float32).cutoff);
  }
  // Unless told otherwise: tail, of the largest .2 % of 120 pixels, which is one.
  CHECK(calibrate(maps).cutoff == fit_by_name("tail", {}, maxima_of(maps)).cutoff);
  const MapCalibrator calibrator = collect(maps, {.image_parameters = {{"top_share", 0.1}}});
  CHECK(calibrator.image_scores() == top_means_of(maps, 0.1));
}

TEST_CASE("map calibrator: the review cutoff is the method's at the review rate, and below the other") {
  const auto maps = draw_maps<double>(60, 6);
  for (const std::string method : {"tail", "quantile", "gumbel"}) {
    const Calibration line = calibrate(
        maps, {.image_method = method, .image_parameters = {{"false_alarm_rate", 0.02}}, .review_rate = 0.25});
    CHECK(line.review_cutoff == fit_by_name(method, {{"false_alarm_rate", 0.25}}, maxima_of(maps)).cutoff);
    CHECK(line.cutoff == fit_by_name(method, {{"false_alarm_rate", 0.02}}, maxima_of(maps)).cutoff);
    CHECK(line.review_cutoff.value() < line.cutoff.value());
  }
}

TEST_CASE("map calibrator: the low level is never above the high one") {
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    const std::size_t n = 10 + random.below(60);
    std::vector<Map<float>> maps;
    // Few different maxima, so that quantiles tie.
    while (maps.size() < n) maps.push_back({{0, static_cast<float>(random.below(4))}, 1, 2});
    const double high = 0.05 + 0.4 * random.uniform();
    const MapCalibration result =
        collect(maps, {.image_method = "maximum", .high_share = high, .low_share = high + 1e-9 * random.uniform()})
            .compute();
    if (!result.high.ok() || !result.low.ok()) continue;
    CHECK(result.calibration.mask->low.value() <= result.calibration.mask->high.value());
  }
}

TEST_CASE("map calibrator: where low scores are strange all is as of negated maps") {
  const auto maps = draw_maps<float>(40, 8);
  auto negated = maps;
  for (auto& map : negated) {
    for (float& pixel : map.pixels) pixel = -pixel;
  }
  for (const NormalisationKind kind :
       {NormalisationKind::min_max, NormalisationKind::z_score, NormalisationKind::tail}) {
    const MapCalibratorParameters parameters{.review_rate = 0.2, .low_share = 0.5, .normalisation = kind};
    MapCalibratorParameters lower = parameters;
    lower.direction = ScoreDirection::lower_is_anomalous;
    const Calibration up = calibrate(maps, parameters);
    Calibration down = calibrate(negated, lower);
    CHECK(down.direction == ScoreDirection::lower_is_anomalous);
    MapWorkspace one(12, 10);
    MapWorkspace two(12, 10);
    std::size_t regions = 0;
    for (const auto& map : draw_maps<float>(60, 9)) {
      Map<float> mirrored = map;
      for (float& pixel : mirrored.pixels) pixel = -pixel;
      const Decision a = up.decide(map.view(), one);
      const Decision b = down.decide(mirrored.view(), two);
      CHECK(a.label == b.label);
      CHECK(a.verdict == b.verdict);
      CHECK(a.score == -b.score);
      CHECK(up.normalised(a.score) == down.normalised(b.score));
      CHECK(a.mask.labels() == b.mask.labels());
      REQUIRE(a.regions.size() == b.regions.size());
      regions += a.regions.size();
    }
    CHECK(regions > 0);
    down.direction = ScoreDirection::higher_is_anomalous;
    CHECK(same(up, down));
  }
}

TEST_CASE("map calibrator: neither the order of the maps nor how they are merged matters") {
  auto maps = draw_maps<double>(70, 10);
  for (const std::string method : {"tail", "quantile", "gumbel", "mad"}) {
    const MapCalibratorParameters parameters{
        .image_method = method, .low_share = 0.4, .normalisation = NormalisationKind::z_score};
    const Calibration line = calibrate(maps, parameters);
    Random random(11);
    for (int round = 0; round < 5; ++round) {
      random.shuffle(maps);
      const auto middle = maps.begin() + static_cast<std::ptrdiff_t>(random.below(maps.size()));
      MapCalibrator first = collect(std::vector(maps.begin(), middle), parameters);
      first.merge(collect(std::vector(middle, maps.end()), parameters));
      CHECK(same(calibrate(maps, parameters), line));
      CHECK(same(first.compute().calibration, line));
    }
  }
  // With itself: every image twice.
  MapCalibrator twice = collect(maps);
  twice.merge(twice);
  auto doubled = maps;
  doubled.insert(doubled.end(), maps.begin(), maps.end());
  CHECK(same(twice.compute().calibration, calibrate(doubled)));
  // And of another type: the wider one counts.
  const auto floats = draw_maps<float>(60, 12);
  MapCalibrator mixed = collect(floats);
  mixed.merge(collect(draw_maps<double>(10, 13)));
  CHECK(mixed.compute().high.score_type == ScoreType::float64);
  CHECK(collect(floats).compute().high.score_type == ScoreType::float32);
}

TEST_CASE("map calibrator: maps may differ in size, and rows may be apart in memory") {
  Random random(14);
  std::vector<Map<double>> maps;
  for (int i = 0; i < 55; ++i) maps.push_back(draw_map<double>(random, 1 + random.below(20), 1 + random.below(20)));
  const Calibration line = calibrate(maps, {.image_parameters = {{"top_share", 0.05}}});
  CHECK(line.mask->high == fitted<MapThreshold>(MapParameters{}, maxima_of(maps)).cutoff);
  CHECK(line.cutoff == fit_by_name("tail", {}, top_means_of(maps, 0.05)).cutoff);
  MapCalibrator padded({.image_parameters = {{"top_share", 0.05}}});
  for (const auto& map : maps) {
    const std::size_t stride = map.columns + 3;
    std::vector<double> memory(map.rows * stride, 1e300);
    for (std::size_t i = 0; i < map.pixels.size(); ++i) {
      memory[i / map.columns * stride + i % map.columns] = map.pixels[i];
    }
    padded.update(ScoreMap(memory.data(), map.rows, map.columns, stride));
  }
  CHECK(same(padded.compute().calibration, line));
}

TEST_CASE("map calibrator: showing each pixel larger changes nothing") {
  const auto maps = draw_maps<float>(60, 15, 7, 5);
  const MapCalibratorParameters parameters{
      .image_parameters = {{"map_reduction", std::string("maximum")}}, .review_rate = 0.2, .low_share = 0.4};
  const Calibration line = calibrate(maps, parameters);
  for (const std::size_t times : {2U, 3U, 8U}) {
    std::vector<Map<float>> larger;
    for (const auto& map : maps) {
      Map<float> scaled{{}, map.rows * times, map.columns * times};
      for (std::size_t i = 0; i < scaled.rows * scaled.columns; ++i) {
        scaled.pixels.push_back(map.pixels[i / scaled.columns / times * map.columns + i % scaled.columns / times]);
      }
      larger.push_back(scaled);
    }
    CHECK(same(calibrate(larger, parameters), line));
  }
}

TEST_CASE("map calibrator: parameters that do not go together are refused") {
  CHECK(refusal({}) == "none");
  CHECK(refusal({.image_parameters = {{"map_reduction", std::string("every_pixel")}}})
            .find("map_reduction = every_pixel") != std::string::npos);
  CHECK(refusal({.image_method = "f1"}).find("image_method = f1") != std::string::npos);
  CHECK(refusal({.image_method = "pixel"}) != "none");
  CHECK(refusal({.image_method = "tial"}).find("tial") != std::string::npos);
  CHECK(refusal({.image_parameters = {{"rate", 0.1}}}).find("rate") != std::string::npos);
  CHECK(refusal({.level_parameters = {{"rate", 0.1}}}).find("rate") != std::string::npos);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [high, low] : {std::pair{0.0, 0.3}, {0.3, 0.2}, {0.3, 1.0}, {-0.1, 0.3}, {nan, 0.3}, {0.3, nan}}) {
    CHECK(refusal({.high_share = high, .low_share = low}).find("high_share = ") != std::string::npos);
  }
  CHECK(refusal({.high_share = 0.3, .low_share = 0.3}) == "none");
  const ParameterMap rate{{"false_alarm_rate", 0.1}};
  for (const double review : {0.1, 0.05, 0.0, 1.0, 1.5, nan}) {
    CAPTURE(review);
    CHECK(refusal({.image_parameters = rate, .review_rate = review}).find("review_rate = ") != std::string::npos);
  }
  CHECK(refusal({.image_parameters = rate, .review_rate = 0.11}) == "none");
  CHECK(refusal({.image_method = "mad", .review_rate = 0.2}).find("mad has no false_alarm_rate") != std::string::npos);
  // What the method refuses of the review rate is refused at once, and not when the maps are read.
  CHECK(refusal({.image_method = "spot", .image_parameters = {{"false_alarm_rate", 0.001}}, .review_rate = 0.3}) !=
        "none");
  // Maps with a pixel that is not finite are refused, whatever is asked for, so asking is.
  CHECK(refusal({.image_parameters = {{"non_finite", std::string("skip")}}}).find("non_finite = skip") !=
        std::string::npos);

  MapCalibrator calibrator;
  CHECK_THROWS_AS(calibrator.merge(MapCalibrator({.high_share = 0.2})), ParameterError);
}

template <typename T>
std::string update_refusal(MapCalibrator& calibrator, const Map<T>& map) {
  try {
    calibrator.update(map.view());
  } catch (const DataError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("map calibrator: a refused map leaves it as it was") {
  const auto maps = draw_maps<float>(30, 16);
  for (const ScoreDirection direction : {ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous}) {
    const MapCalibratorParameters parameters{.direction = direction};
    MapCalibrator calibrator = collect(maps, parameters);
    const Calibration before = calibrator.compute().calibration;
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity}) {
      Map<double> map{std::vector<double>(12, -1e9), 3, 4};
      map.pixels[6] = bad;
      CHECK(update_refusal(calibrator, map) == "MapCalibrator: map[1, 2] is not finite");
    }
    CHECK(update_refusal(calibrator, Map<double>{{}, 0, 4}).find("empty map") != std::string::npos);
    CHECK(update_refusal(calibrator, Map<double>{{}, 4, 0}).find("empty map") != std::string::npos);
    CHECK_THROWS_AS(calibrator.merge(MapCalibrator({.agreement = Agreement::either})), ParameterError);
    CHECK(calibrator.image_scores().size() == 30);
    CHECK(same(calibrator.compute().calibration, before));
    CHECK(calibrator.compute().high.score_type == ScoreType::float32);
    calibrator.reset();
    CHECK(calibrator.image_scores().empty());
    CHECK(calibrator.parameters() == MapCalibrator(parameters).parameters());
    for (const auto& map : maps) calibrator.update(map.view());
    CHECK(same(calibrator.compute().calibration, before));
  }
}

TEST_CASE("map calibrator: too few maps, or none, have a status") {
  MapCalibrator calibrator;
  const MapCalibration none = calibrator.compute();
  CHECK_FALSE(none.ok());
  REQUIRE(none.failed() == &none.image);
  CHECK(none.image.status == FitStatus::too_few_scores);
  CHECK(none.high.status == FitStatus::too_few_scores);
  CHECK(std::isinf(none.calibration.cutoff.value()));
  const auto maps = draw_maps<double>(60, 17);
  // Two numbers have no L-skewness, three do. The image line is there from one map on.
  MapCalibrator two({.image_method = "maximum"});
  two.update(maps[0].view());
  two.update(maps[1].view());
  const MapCalibration result = two.compute();
  CHECK(result.image.ok());
  CHECK(result.failed() == &result.high);
  CHECK(result.high.status == FitStatus::too_few_scores);
  two.update(maps[2].view());
  CHECK(two.compute().ok());
  // 5 % takes 19 normals (1 / .05 - 1) by quantile.
  for (const std::size_t n : {18U, 19U}) {
    const std::vector some(maps.begin(), maps.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK(
        collect(some, {.image_method = "quantile", .image_parameters = {{"false_alarm_rate", 0.05}}}).compute().ok() ==
        (n == 19));
  }
  // A review line may be missing alone.
  MapCalibrator equal({.image_method = "gumbel"});
  for (int i = 0; i < 60; ++i) equal.update(ScoreMap(maps[0].pixels.data(), 12, 10));
  CHECK(equal.compute().image.status == FitStatus::no_spread);
  CHECK(equal.compute().high.status == FitStatus::no_spread);
}

/// Decisions by the raw score and by the shown one, on `steps` numbers of T on each side of the cutoff.
template <typename T, typename Show>
void check_shown(Cutoff cutoff, ScoreDirection direction, int steps, const Show& show) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const auto at = std::bit_cast<Bits>(static_cast<T>(cutoff.value()));
  std::size_t wrong = 0;
  std::size_t falls = 0;
  std::size_t flagged = 0;
  T last = 0;
  for (int step = -steps; step <= steps; ++step) {
    const T strange = std::bit_cast<T>(static_cast<Bits>(at + static_cast<Bits>(step)));
    const T shown = show(directed(strange, direction));
    const bool anomalous = !(static_cast<double>(strange) < cutoff.value());
    wrong += (shown < T{0.5}) == anomalous;
    wrong += !(shown >= 0 && shown <= 1);
    falls += shown < last;
    flagged += anomalous;
    last = shown;
  }
  CHECK(wrong == 0);
  CHECK(flagged > static_cast<std::size_t>(steps - 2));
  CHECK(flagged < static_cast<std::size_t>(steps + 2));
  // Of doubles, up to the last digits of the mathematics library.
  if (sizeof(T) == 4) CHECK(falls == 0);
}

TEST_CASE("map calibrator: what is shown is on the side of one half that the score is on of the cutoff") {
  const auto maps = draw_maps<float>(60, 18);
  for (const ScoreDirection direction : {ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous}) {
    for (const NormalisationKind kind :
         {NormalisationKind::min_max, NormalisationKind::z_score, NormalisationKind::tail}) {
      CAPTURE(to_string(direction), to_string(kind));
      // Negated noise is mostly negative: lift it, as the walk below is over numbers of one sign.
      auto lifted = maps;
      for (auto& map : lifted) {
        for (float& pixel : map.pixels) pixel = direction == ScoreDirection::lower_is_anomalous ? -5 - pixel : pixel;
      }
      const Calibration line = calibrate(lifted, {.normalisation = kind, .direction = direction});
      CHECK(line.normalised(directed(line.cutoff.value(), direction)) == 0.5);
      CHECK(line.normalised_pixel(directed(line.mask->high.value(), direction)) == 0.5);
      const auto image = [&](auto score) { return line.normalised(score); };
      const auto pixel = [&](auto score) { return line.normalised_pixel(score); };
      check_shown<float>(line.cutoff, direction, 200000, image);
      check_shown<float>(line.mask->high, direction, 200000, pixel);
      check_shown<double>(line.cutoff, direction, 20000, image);
      check_shown<double>(line.mask->high, direction, 20000, pixel);
      CHECK(std::isnan(line.normalised(std::numeric_limits<double>::quiet_NaN())));
    }
  }
}

TEST_CASE("map calibrator: the shown range is that of the images and of the pixels") {
  const auto maps = draw_maps<double>(30, 19);
  const std::vector<double> scores = top_means_of(maps, 0.1);
  const std::vector<double> maxima = maxima_of(maps);
  const Calibration line = calibrate(maps, {.image_parameters = {{"top_share", 0.1}}});
  CHECK(line.normalisation.minimum == *std::ranges::min_element(scores));
  CHECK(line.normalisation.maximum == *std::ranges::max_element(scores));
  double least = 2;
  for (const auto& map : maps) least = std::min(least, *std::ranges::min_element(map.pixels));
  CHECK(line.pixel_normalisation.minimum == least);
  CHECK(line.pixel_normalisation.maximum == *std::ranges::max_element(maxima));
  const auto deviation = [](const std::vector<double>& x) {
    const auto n = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double squares = 0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / (n - 1));
  };
  // Thirty roundings.
  CHECK(line.normalisation.deviation == Approx(deviation(scores)).epsilon(1e-13));
  CHECK(line.pixel_normalisation.deviation == Approx(deviation(maxima)).epsilon(1e-13));
}

TEST_CASE("map calibrator: another false-alarm rate is that of a new fit at knots, and near it between them") {
  const auto maps = draw_maps<double>(150, 20);
  const Calibration line = calibrate(maps, {.image_method = "gumbel"});
  const std::vector<double> scores = maxima_of(maps);
  const auto refit = [&](double rate) { return fit_by_name("gumbel", {{"false_alarm_rate", rate}}, scores).cutoff; };
  REQUIRE(line.rates.count > 40);
  // A Gumbel quantile is mu - beta log(-log(1 - p)), so two of them give beta.
  const double beta =
      (refit(0.01).value() - refit(0.1).value()) / (std::log(-std::log1p(-0.1)) - std::log(-std::log1p(-0.01)));
  // In u = log p its second derivative is largest at p = 1/2, where it is .804 beta. Linear over steps of
  // h = log(10) / 12 it is missed by h^2 / 8 of that at most.
  const double bound = 0.804 * beta * std::pow(std::log(10) / 12, 2) / 8;
  for (std::size_t i = 0; i < line.rates.count; ++i) {
    const double rate = line.rates.knots[i].rate;
    REQUIRE(line.at_false_alarm_rate(rate));
    CHECK(line.at_false_alarm_rate(rate)->cutoff == refit(rate));
    if (i == 0) continue;
    const double between = std::sqrt(rate * line.rates.knots[i - 1].rate);
    const double cutoff = line.at_false_alarm_rate(between)->cutoff.value();
    CHECK(std::abs(cutoff - refit(between).value()) <= bound);
  }
  // The rest of the calibration stays.
  Calibration changed = *line.at_false_alarm_rate(0.07);
  CHECK(changed.cutoff.value() != line.cutoff.value());
  changed.cutoff = line.cutoff;
  CHECK(same(changed, line));
  for (const double rate : {0.51, 0.9e-4, 0.0, 1.0, -1.0, std::nan("")}) CHECK_FALSE(line.at_false_alarm_rate(rate));
  // A method without rates has no others.
  CHECK_FALSE(calibrate(maps, {.image_method = "mad"}).at_false_alarm_rate(0.05));
}

TEST_CASE("map calibrator: the mask's other shares are those of a new calibration") {
  for (const std::size_t n : {30U, 200U}) {
    const auto maps = draw_maps<double>(n, 21);
    const Calibration line = calibrate(maps);
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < line.mask_rates.count; i += 5) {
      for (std::size_t j = 0; j <= i; j += 5) {
        const double high = line.mask_rates.knots[i].rate;
        const double low = line.mask_rates.knots[j].rate;
        const auto changed = line.at_mask_shares(high, low);
        REQUIRE(changed);
        const auto level = [&](double share) {
          return fitted<MapThreshold>(MapParameters{.false_alarm_rate = share}, maxima_of(maps)).cutoff;
        };
        CHECK(changed->mask->high == level(high));
        CHECK(changed->mask->low == level(low));
        CHECK(changed->cutoff == line.cutoff);
        ++pairs;
      }
    }
    CHECK(pairs > 10);
    CHECK_FALSE(line.at_mask_shares(0.4, 0.3));
    CHECK_FALSE(line.at_mask_shares(0.3, 0.9));
    CHECK_FALSE(line.at_mask_shares(1e-9, 0.3));
    CHECK_FALSE(line.at_mask_shares(std::nan(""), 0.3));
    Calibration bare = line;
    bare.mask.reset();
    CHECK_FALSE(bare.at_mask_shares(0.3, 0.3));
  }
}

TEST_CASE("minimum area: the least with which at most the share of the images keeps a region, by brute force") {
  Random random(22);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t n = random.below(25);
    std::vector<std::uint32_t> areas;
    while (areas.size() < n) areas.push_back(static_cast<std::uint32_t>(random.below(12)));
    // Shares that are fractions of n, too, which must be met exactly.
    const double share = n > 0 && random.below(2) == 0 ? static_cast<double>(random.below(n)) / static_cast<double>(n)
                                                       : random.uniform();
    std::uint32_t least = 1;
    const auto keep = [&](std::uint32_t area) {
      return static_cast<double>(std::ranges::count_if(areas, [=](std::uint32_t own) { return own >= area; }));
    };
    while (n > 0 && keep(least) / static_cast<double>(n) > share) ++least;
    CAPTURE(areas, share);
    CHECK(minimum_area(areas, share) == least);
  }
  // No area is above 2^32 - 1, and 2^32 is no number of pixels.
  const std::vector<std::uint32_t> largest{0xFFFFFFFF};
  CHECK(minimum_area(largest, 0) == 0xFFFFFFFF);
}

TEST_CASE("minimum area: no more than the share of the normal images keep a region") {
  const auto maps = draw_maps<float>(80, 23);
  Calibration line = calibrate(maps, {.high_share = 0.5, .low_share = 0.6});
  MapWorkspace workspace(12, 10);
  const auto with_region = [&](std::uint32_t area) {
    line.mask->minimum_area = area;
    return std::ranges::count_if(maps,
                                 [&](const auto& map) { return !line.decide(map.view(), workspace).regions.empty(); });
  };
  std::vector<std::uint32_t> areas;
  for (const auto& map : maps) areas.push_back(largest_area(line.decide(map.view(), workspace).regions));
  CHECK(with_region(1) > 30);
  for (const double share : {0.0, 0.05, 0.1, 0.25, 0.4}) {
    const std::uint32_t area = minimum_area(areas, share);
    CHECK(static_cast<double>(with_region(area)) <= 80 * share);
    CHECK(static_cast<double>(with_region(area - 1)) > 80 * share);
  }
}

}  // namespace
