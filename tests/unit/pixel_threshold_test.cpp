// SPDX-License-Identifier: Apache-2.0
// Pixel rates against counting all pixels of all maps, and the bootstrap of whole images.
#include "plimsoll/thresholds/pixel_threshold.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

using Maps = std::vector<std::vector<double>>;

constexpr double infinity = std::numeric_limits<double>::infinity();

void update(PixelThreshold& threshold, const std::vector<double>& map) {
  threshold.update(ScoreMap(map.data(), 1, map.size()));
}

Fit fit(const Maps& maps, const PixelParameters& parameters) {
  PixelThreshold threshold(parameters);
  for (const auto& map : maps) update(threshold, map);
  return threshold.compute();
}

/// Maps of 20 to 60 pixels, or of 40; scores rounded to `step`, so that there are ties.
Maps random_maps(Random& random, std::size_t count, bool alike, double step) {
  Maps maps(count);
  for (auto& map : maps) {
    map.resize(alike ? 40 : 20 + random.below(41));
    const double effect = random.exponential();
    for (double& pixel : map) pixel = std::floor((effect + random.normal()) / step) * step;
  }
  return maps;
}

double rate_above(const std::vector<double>& map, double level) {
  const auto above = std::ranges::count_if(map, [level](double pixel) { return pixel > level; });
  return static_cast<double>(above) / static_cast<double>(map.size());
}

/// The least of all pixels above which no more than the rate lie, by trying every one of them. `keeps(level)` says so.
template <typename Keeps>
double least_level(const Maps& maps, const Keeps& keeps) {
  double least = infinity;
  for (const auto& map : maps) {
    for (const double pixel : map) {
      if (pixel < least && keeps(pixel)) least = pixel;
    }
  }
  return least;
}

double mean_rate(const Maps& maps, double level) {
  double sum = 0;
  for (const auto& map : maps) sum += rate_above(map, level);
  return sum / static_cast<double>(maps.size());
}

TEST_CASE("pixel: the mean rate is kept as by counting all pixels") {
  Random random(1);
  for (const bool alike : {true, false}) {
    for (const double step : {1e-9, 0.25, 2.0}) {
      const Maps maps = random_maps(random, 23, alike, step);
      for (const double rate : {0.0004, 0.01, 0.0317, 0.1, 0.5, 0.97}) {
        INFO("rate " << rate << ", step " << step << (alike ? ", alike" : ", unlike"));
        const Fit result = fit(maps, {.false_alarm_rate = rate});
        REQUIRE(result.ok());
        const double level = least_level(maps, [&](double pixel) { return mean_rate(maps, pixel) <= rate; });
        CHECK(result.cutoff.value() == std::nextafter(level, infinity));
        CHECK(result.estimates.at("image_rate_mean") == Approx(mean_rate(maps, level)).epsilon(1e-12));
        double most = 0;
        for (const auto& map : maps) most = std::max(most, rate_above(map, level));
        CHECK(result.estimates.at("image_rate_maximum") == most);
        CHECK(result.estimates.at("images") == 23);
        CHECK(result.promise.guarantee == Guarantee::none);
        CHECK_THAT(result.note, Catch::Matchers::Contains("not exchangeable"));
      }
    }
  }
}

TEST_CASE("pixel: a rate that is a whole number of pixels is met to the pixel") {
  // 30 maps of 100 distinct pixels, 3000 .. 1: at a rate of k / 3000 just k pixels are set, though k / 3000 is rounded.
  Maps maps(30, std::vector<double>(100));
  for (std::size_t i = 0; i < 3000; ++i) maps[i % 30][i / 30] = static_cast<double>(i + 1);
  for (std::size_t k = 1; k < 3000; k += 7) {
    const Fit result = fit(maps, {.false_alarm_rate = static_cast<double>(k) / 3000, .replicates = 19});
    CHECK(result.cutoff.value() == std::nextafter(static_cast<double>(3000 - k), infinity));
  }
}

TEST_CASE("pixel: what too few kept pixels cannot answer is refused, and what would do does") {
  Random random(2);
  int refused = 0;
  int answered = 0;
  for (const double step : {1e-9, 0.5}) {
    const Maps maps = random_maps(random, 30, false, step);
    for (const double rate : {0.01, 0.05, 0.2}) {
      const Fit whole = fit(maps, {.false_alarm_rate = rate});
      std::size_t widest = 0;
      for (const auto& map : maps) widest = std::max(widest, map.size());
      const auto would_do = static_cast<std::size_t>(rate * 30 * static_cast<double>(widest));
      for (const std::size_t kept : {1U, 3U, 10U, 50U, 200U}) {
        const Fit result = fit(maps, {.false_alarm_rate = rate, .kept = kept});
        INFO("rate " << rate << ", kept " << kept);
        if (result.ok()) {
          ++answered;
          CHECK(result.cutoff == whole.cutoff);
          continue;
        }
        ++refused;
        CHECK(kept < would_do);
        CHECK(result.status == FitStatus::not_applicable);
        CHECK_THAT(result.note, Catch::Matchers::Contains("kept = " + std::to_string(would_do) + " would do"));
      }
      CHECK(fit(maps, {.false_alarm_rate = rate, .kept = would_do}).cutoff == whole.cutoff);
    }
  }
  CHECK(refused > 5);
  CHECK(answered > 5);
}

TEST_CASE("pixel: more ties at the top than are kept") {
  Maps maps(20, std::vector<double>(50, 1.0));
  maps[0][0] = 0;
  const Fit result = fit(maps, {.false_alarm_rate = 0.01, .kept = 10});
  CHECK(result.cutoff.value() == std::nextafter(1.0, 2.0));
  CHECK_THAT(result.note, Catch::Matchers::Contains("just above the largest"));
}

TEST_CASE("pixel: nothing depends on the images' order or on the shards") {
  Random random(3);
  for (const double step : {1e-9, 0.25, 1.0}) {
    for (const std::size_t kept : {60U, 400U, 100000U}) {
      for (const OverImages over : {OverImages::mean, OverImages::quantile}) {
        Maps maps = random_maps(random, 40, step == 1.0, step);
        const PixelParameters parameters{.false_alarm_rate = 0.02, .over_images = over, .kept = kept};
        const Fit expected = fit(maps, parameters);
        REQUIRE(expected.ok());
        REQUIRE(expected.interval);
        for (int round = 0; round < 5; ++round) {
          random.shuffle(maps);
          std::vector<PixelThreshold> shards(4, PixelThreshold(parameters));
          for (const auto& map : maps) update(shards[random.below(4)], map);
          PixelThreshold merged(parameters);
          for (const PixelThreshold& shard : shards) merged.merge(shard);
          const Fit result = merged.compute();
          INFO("step " << step << ", kept " << kept);
          CHECK(result.cutoff == expected.cutoff);
          CHECK(result.estimates == expected.estimates);
          CHECK(result.interval->lower == expected.interval->lower);
          CHECK(result.interval->upper == expected.interval->upper);
          CHECK(result.note == expected.note);
        }
      }
    }
  }
}

TEST_CASE("pixel: in the worst image, or in all but a share, as by counting") {
  Random random(4);
  for (const bool alike : {true, false}) {
    for (const double step : {1e-9, 0.5}) {
      const Maps maps = random_maps(random, 40, alike, step);
      for (const double rate : {0.001, 0.03, 0.1, 0.4}) {
        const auto keep = [&](double level) {
          return std::ranges::count_if(maps, [&](const auto& map) { return rate_above(map, level) <= rate; });
        };
        const Fit worst = fit(maps, {.false_alarm_rate = rate, .over_images = OverImages::maximum});
        CHECK(worst.cutoff.value() ==
              std::nextafter(least_level(maps, [&](double level) { return keep(level) == 40; }), infinity));
        CHECK(worst.estimates.at("image_rate_maximum") <= rate);
        CHECK_FALSE(worst.interval);
        // .9 and .95 of 40 are whole, .51 is not.
        for (const auto& [share, count] : {std::pair(0.9, 36), std::pair(0.95, 38), std::pair(0.51, 21)}) {
          const Fit most =
              fit(maps, {.false_alarm_rate = rate, .over_images = OverImages::quantile, .image_quantile = share});
          const int needed = count;
          CHECK(most.cutoff.value() ==
                std::nextafter(least_level(maps, [&](double level) { return keep(level) >= needed; }), infinity));
        }
      }
    }
  }
}

TEST_CASE("pixel: the bootstrap of images of one pixel is the binomial distribution") {
  // Scores 1 .. 200 and a rate of .1: a sample's level is at most k when no more than 20 of its 200 draws are above k,
  // which has the binomial probability P(X <= 20), X of 200 trials of (200 - k) / 200. By scipy.stats.binom that is
  // .0162 for k = 169, .0255 for 170, .0391 for 171; .9582 for 186, .9790 for 187. With 20,000 replicates the standard
  // error at .025 is .0011.
  std::vector<double> scores(200);
  std::iota(scores.begin(), scores.end(), 1.0);
  PixelThreshold threshold({.false_alarm_rate = 0.1, .replicates = 20000});
  threshold.update(scores);
  const Fit result = threshold.compute();
  CHECK(result.cutoff.value() == std::nextafter(180.0, infinity));
  REQUIRE(result.interval);
  CHECK(result.interval->method == "image bootstrap");
  CHECK((result.interval->lower == 170 || result.interval->lower == 171));
  CHECK(result.interval->upper == 187);
  CHECK_THAT(result.note, Catch::Matchers::Contains("every score counts as an image of one pixel"));
}

TEST_CASE("pixel: whole images are drawn") {
  // 30 images of 100 equal pixels, image i at level i: a pixel bootstrap would hardly move, while that of images is
  // that of 30 numbers: P(X <= 3) for 30 trials of (30 - k) / 30 is .0093 for k = 21, .0241 for 22, .0569
  // for 23; .8635 for 28, .9831 for 29 (scipy.stats.binom).
  Maps maps;
  for (int i = 1; i <= 30; ++i) maps.emplace_back(100, static_cast<double>(i));
  const Fit result = fit(maps, {.false_alarm_rate = 0.1, .replicates = 20000});
  CHECK(result.cutoff.value() == std::nextafter(27.0, infinity));
  CHECK((result.interval->lower == 22 || result.interval->lower == 23));
  CHECK(result.interval->upper == 29);
}

TEST_CASE("pixel: a percentile below what was kept is unknown") {
  Maps maps;
  for (int i = 1; i <= 30; ++i) maps.emplace_back(100, static_cast<double>(i));
  // 300 pixels may be set, and those of three images are kept, so that samples without those images know nothing.
  const Fit result = fit(maps, {.false_alarm_rate = 0.1, .kept = 300});
  CHECK(result.cutoff.value() == std::nextafter(27.0, infinity));
  CHECK(result.interval->lower == -infinity);
  CHECK(result.interval->upper > 27);
}

TEST_CASE("pixel: scores are images of one pixel, and flattened maps of one size give the same mean") {
  Random random(6);
  const Maps maps = random_maps(random, 25, true, 0.25);
  std::vector<double> flat;
  for (const auto& map : maps) flat.insert(flat.end(), map.begin(), map.end());
  PixelThreshold threshold({.false_alarm_rate = 0.05, .replicates = 19});
  threshold.update(flat);
  CHECK(threshold.compute().cutoff == fit(maps, {.false_alarm_rate = 0.05, .replicates = 19}).cutoff);
}

TEST_CASE("pixel: skipped pixels are none of the image's") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // 4 of 8 pixels are finite, so one of them is a quarter of the image.
  const Maps holes(10, {1, 2, 3, 4, nan, nan, infinity, -infinity});
  const Maps whole(10, {1, 2, 3, 4});
  const auto skipping = [](double rate) {
    return PixelParameters{.false_alarm_rate = rate, .input = {.non_finite = NonFinite::skip}};
  };
  for (const double rate : {0.2, 0.25, 0.5}) {
    const Fit result = fit(holes, skipping(rate));
    CHECK(result.cutoff == fit(whole, skipping(rate)).cutoff);
    CHECK(result.skipped_count == 40);
    CHECK(result.normal_count == 40);
  }
  // A map without a finite pixel is no image.
  CHECK(fit({{1, 2}, {nan, nan}}, skipping(0.5)).estimates.at("images") == 1);
  CHECK_THROWS_AS(fit(holes, {}), DataError);
}

TEST_CASE("pixel: statuses and parameters") {
  CHECK(fit({}, {}).status == FitStatus::too_few_scores);
  CHECK(fit({{5.0}}, {}).cutoff.value() == std::nextafter(5.0, infinity));
  CHECK_THROWS_WITH(PixelThreshold({.input = {.map_reduction = MapReduction::maximum}}),
                    Catch::Matchers::StartsWith("pixel: map_reduction = maximum "));
  CHECK_THROWS_AS(PixelThreshold({.kept = 0}), ParameterError);
  CHECK_THROWS_AS(PixelThreshold({.image_quantile = 1}), ParameterError);
  CHECK_THROWS_AS(PixelThreshold({.over_images = static_cast<OverImages>(9)}), ParameterError);
  PixelThreshold threshold({.false_alarm_rate = 0.5, .kept = 2});
  update(threshold, {1, 2, 3, 4, 5, 6, 7, 8});
  threshold.reset();
  update(threshold, {1, 2, 3, 4});  // two may be set, and two are kept still
  CHECK(threshold.compute().cutoff.value() == std::nextafter(2.0, 3.0));
  threshold.reset();
  update(threshold, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(threshold.compute().status == FitStatus::not_applicable);
  // Floats get the next float.
  const std::vector<float> floats{1, 2, 3};
  PixelThreshold narrow({.false_alarm_rate = 0.4});
  narrow.update(ScoreMap(floats.data(), 1, 3));
  CHECK(narrow.compute().cutoff.value() == static_cast<double>(std::nextafter(2.0F, 3.0F)));
}

}  // namespace
