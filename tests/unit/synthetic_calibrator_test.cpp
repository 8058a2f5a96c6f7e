// SPDX-License-Identifier: Apache-2.0
// Both lines of maps by synthetic anomalies against the thresholds fitted by hand, and the loop from images to a line
// against the same calls written out.
#include "plimsoll/thresholds/synthetic_calibrator.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/combined_threshold.hpp"
#include "plimsoll/thresholds/synthetic_loop.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

struct Picture {
  static constexpr std::size_t rows = 9;
  static constexpr std::size_t columns = 7;
  std::vector<float> pixels;
  [[nodiscard]] ScoreMap view() const { return {pixels.data(), rows, columns}; }
};

struct Truth {
  std::vector<std::uint8_t> bytes;
  operator Mask() const { return {bytes.data(), Picture::rows, Picture::columns}; }
};

struct Item {
  Picture image;
  Truth mask;
};

std::vector<Picture> draw_normals(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<Picture> pictures(count);
  for (Picture& picture : pictures) {
    for (std::size_t i = 0; i < 63; ++i) picture.pixels.push_back(static_cast<float>(random.exponential()));
  }
  return pictures;
}

/// A bright block, of a place and height that belong to the index; every eighth image is left alone.
Item generate(ScoreMap image, std::size_t index, double severity = 1) {
  Item item{{std::vector<float>(63)}, {std::vector<std::uint8_t>(63)}};
  image.visit([&](const auto* data) {
    std::transform(data, data + 63, item.image.pixels.begin(), [](auto x) { return static_cast<float>(x); });
  });
  if (index % 8 == 7) return item;
  Random random(index);
  const std::size_t first = random.below(50);
  const double height = 8 * random.uniform() * severity;
  for (std::size_t i = first; i < first + 10; ++i) {
    item.image.pixels[i] += static_cast<float>(height);
    item.mask.bytes[i] = 1;
  }
  return item;
}

struct Collected {
  SyntheticCalibrator both;
  SyntheticThreshold image{};
  SyntheticThreshold pixel{{.input = {.map_reduction = MapReduction::every_pixel}}};
  MapCalibrator maps;
};

Collected collect(const SyntheticCalibratorParameters& parameters = {}, float sign = 1) {
  Collected all{.both = SyntheticCalibrator(parameters),
                .maps = MapCalibrator({.image_parameters = {{"map_reduction", std::string("maximum")}}})};
  const auto normals = draw_normals(1, 70);
  const auto signed_map = [sign](Picture picture) {
    for (float& pixel : picture.pixels) pixel *= sign;
    return picture;
  };
  for (const Picture& normal : normals) {
    all.both.update(signed_map(normal).view());
    all.image.update(normal.view());
    all.pixel.update(normal.view());
    all.maps.update(normal.view());
  }
  for (std::size_t i = 0; i < 80; ++i) {
    const Item item = generate(normals[i % 70].view(), i);
    const Mask mask = item.mask;
    if (!mask.any()) continue;
    all.both.update(signed_map(item.image).view(), mask);
    all.image.update(item.image.view(), Label::anomalous);
    all.pixel.update(item.image.view(), mask);
    const Item weak = generate(normals[i % 70].view(), i, 0.25);
    all.both.update_severity(0.25, signed_map(weak.image).view(), mask);
    all.image.update_severity(0.25, weak.image.view(), mask);
    all.pixel.update_severity(0.25, weak.image.view(), mask);
  }
  return all;
}

TEST_CASE("synthetic calibrator: image cutoff and mask level are those of the thresholds, the rest MapCalibrator's") {
  const Collected all = collect();
  const MapCalibration result = all.both.compute();
  REQUIRE(result.ok());
  const Fit image = all.image.compute();
  const Fit pixel = all.pixel.compute();
  CHECK(result.image.cutoff == image.cutoff);
  CHECK(result.image.estimates == image.estimates);
  CHECK(image.estimates.contains("recall_severity_0.25"));
  CHECK(pixel.estimates.contains("recall_severity_0.25"));
  CHECK(result.high.cutoff == pixel.cutoff);
  CHECK(result.high.estimates == pixel.estimates);
  const Calibration& line = result.calibration;
  CHECK(line.cutoff == image.cutoff);
  CHECK(line.map_reduction == MapReduction::maximum);
  CHECK(line.mask->high == pixel.cutoff);
  CHECK(line.mask->low == pixel.cutoff);
  const MapCalibration maps = all.maps.compute();
  CHECK(line.normalisation == maps.calibration.normalisation);
  CHECK(line.rates.count == maps.calibration.rates.count);
  CHECK(line.rates.knots == maps.calibration.rates.knots);
  CHECK(line.mask_rates.knots == maps.calibration.mask_rates.knots);
  CHECK(all.both.image_scores() == all.maps.image_scores());
}

TEST_CASE("synthetic calibrator: shards, and low scores that are strange") {
  const Collected all = collect();
  SyntheticCalibrator merged = all.both;
  merged.reset();
  CHECK_FALSE(merged.compute().ok());
  merged.merge(all.both);
  CHECK(merged.compute().image.cutoff == all.both.compute().image.cutoff);
  SyntheticCalibratorParameters lower;
  lower.maps.direction = ScoreDirection::lower_is_anomalous;
  const Collected negated = collect(lower, -1);
  CHECK(negated.both.compute().image.cutoff == all.both.compute().image.cutoff);
  CHECK(negated.both.compute().high.cutoff == all.both.compute().high.cutoff);
  CHECK_THROWS_AS(merged.merge(negated.both), ParameterError);
}

TEST_CASE("synthetic calibrator: what is refused leaves it as it was") {
  const Collected all = collect();
  const Item item = generate(draw_normals(5, 1)[0].view(), 3);
  const auto expect_unchanged = [&](const SyntheticCalibrator& calibrator) {
    const MapCalibration before = all.both.compute();
    const MapCalibration after = calibrator.compute();
    CHECK(after.image.estimates == before.image.estimates);
    CHECK(after.high.estimates == before.high.estimates);
    CHECK(after.image.normal_count == before.image.normal_count);
    CHECK(calibrator.image_scores() == all.both.image_scores());
  };
  // Other parameters of the last of its parts.
  SyntheticCalibratorParameters others;
  others.pixel.replicates = 19;
  SyntheticCalibrator other{others};
  other.update(draw_normals(6, 1)[0].view());
  SyntheticCalibrator merged = all.both;
  CHECK_THROWS_AS(merged.merge(other), ParameterError);
  expect_unchanged(merged);
  // A pixel outside the mask that is not finite.
  Picture broken = item.image;
  const std::size_t outside = item.mask.bytes[0] == 0 ? 0 : 62;
  broken.pixels[outside] = std::numeric_limits<float>::quiet_NaN();
  const Mask mask = item.mask;
  CHECK_THROWS_AS(merged.update_severity(0.5, broken.view(), mask), DataError);
  expect_unchanged(merged);
  CHECK_THROWS_AS(merged.update(broken.view(), mask), DataError);
  expect_unchanged(merged);
  CHECK_THROWS_AS(merged.update(broken.view()), DataError);
  expect_unchanged(merged);
}

TEST_CASE("synthetic calibrator: what the detector does not see gives no calibration") {
  SyntheticCalibrator calibrator;
  const auto normals = draw_normals(3, 60);
  const auto others = draw_normals(4, 60);
  const std::vector<std::uint8_t> mask(63, 1);
  for (const Picture& picture : normals) calibrator.update(picture.view());
  for (const Picture& picture : others) calibrator.update(picture.view(), Mask(mask.data(), 9, 7));
  const MapCalibration result = calibrator.compute();
  REQUIRE(result.failed() != nullptr);
  CHECK(result.failed()->status == FitStatus::undetectable);
  CHECK(result.image.status == FitStatus::undetectable);
  CHECK(result.high.status == FitStatus::undetectable);
}

TEST_CASE("synthetic calibrator: senseless input is refused") {
  const std::vector<std::uint8_t> none(63, 0);
  const std::vector<std::uint8_t> all(63, 1);
  SyntheticCalibrator calibrator;
  Picture picture = draw_normals(5, 1).front();
  CHECK_THROWS_AS(calibrator.update(picture.view(), Mask(none.data(), 9, 7)), DataError);
  CHECK_THROWS_AS(calibrator.update(picture.view(), Mask(all.data(), 7, 9)), DataError);
  CHECK_THROWS_AS(calibrator.update(ScoreMap{}), DataError);
  CHECK_THROWS_AS(calibrator.update(ScoreMap{}, Mask(all.data(), 9, 7)), DataError);
  picture.pixels[40] = std::nanf("");
  CHECK_THROWS_AS(calibrator.update(picture.view()), DataError);
  CHECK_THROWS_AS(calibrator.update(picture.view(), Mask(all.data(), 9, 7)), DataError);
  CHECK(calibrator.image_scores().empty());
  const auto refused = [](const SyntheticCalibratorParameters& parameters) {
    CHECK_THROWS_AS(SyntheticCalibrator(parameters), ParameterError);
  };
  refused({.image = {.input = {.map_reduction = MapReduction::every_pixel}}});
  refused({.pixel = {.input = {.map_reduction = MapReduction::maximum}}});
  refused({.image = {.input = {.non_finite = NonFinite::skip, .map_reduction = MapReduction::maximum}}});
  refused({.maps = {.high_share = 0.2, .low_share = 0.4}});
}

TEST_CASE("the loop: each normal image once, and each synthetic one from its own normal image") {
  const auto normals = draw_normals(7, 12);
  const auto score = [](ScoreMap map) { return static_cast<float>(score_of(map, MapReduction::maximum, 1)); };
  SyntheticThreshold line;
  std::vector<std::pair<std::size_t, std::size_t>> steps;
  std::size_t scored = 0;
  const SyntheticLoopReport report = synthetic_loop(
      normals, [](ScoreMap image, std::size_t index, double severity = 1) { return generate(image, index, severity); },
      [&](ScoreMap map) {
        ++scored;
        return score(map);
      },
      line, {.count = 80, .severities = {0.5}, .progress = [&](std::size_t done, std::size_t total) {
               steps.emplace_back(done, total);
             }});
  CHECK(report.normals == 12);
  CHECK(report.synthetics == 70);
  CHECK(report.empty == 10);
  CHECK(scored == 12 + 70 + 70);
  CHECK(steps.front() == std::pair<std::size_t, std::size_t>(1, 172));
  CHECK(steps.back() == std::pair<std::size_t, std::size_t>(172, 172));

  SyntheticThreshold by_hand;
  for (const Picture& normal : normals) by_hand.update(std::vector<float>{score(normal.view())});
  for (std::size_t i = 0; i < 80; ++i) {
    if (i % 8 == 7) continue;
    by_hand.update(std::vector<float>{score(generate(normals[i % 12].view(), i).image.view())}, Label::anomalous);
    by_hand.update_severity(0.5, std::vector<float>{score(generate(normals[i % 12].view(), i, 0.5).image.view())});
  }
  CHECK(line.compute().estimates == by_hand.compute().estimates);
  CHECK(line.compute().cutoff == by_hand.compute().cutoff);
  CHECK(line.compute().estimates.at("auroc_severity_0.5") < line.compute().estimates.at("auroc"));
}

TEST_CASE("the loop: maps with masks to every kind of line, from images that are loaded one by one") {
  struct List {
    std::size_t count;
    std::vector<Picture> pictures;
    [[nodiscard]] Picture load(std::size_t index) const { return pictures[index]; }
  };
  const List list{65, draw_normals(9, 65)};
  const auto make = [](ScoreMap image, std::size_t index) { return generate(image, index); };
  const auto score = [](ScoreMap map) { return map; };
  SyntheticCalibrator both;
  const SyntheticLoopReport report = synthetic_loop(list, make, score, both);
  CHECK(report.normals == 65);
  CHECK(report.synthetics + report.empty == 65);
  CHECK(both.compute().ok());
  SyntheticThreshold pixel{{.input = {.map_reduction = MapReduction::every_pixel}}};
  synthetic_loop(list.pictures, make, score, pixel);
  CHECK(pixel.compute().cutoff == both.compute().high.cutoff);
  CombinedThreshold combined;
  synthetic_loop(list, make, score, combined);
  CHECK(combined.compute().ok());
  // A result that owns its map.
  SyntheticThreshold image;
  synthetic_loop(
      list, make, [](ScoreMap map) { return generate(map, 7).image; }, image);
  CHECK(image.compute().cutoff == both.compute().image.cutoff);
  // At least 60 of few images.
  SyntheticThreshold few;
  CHECK(synthetic_loop(draw_normals(9, 3), make, score, few).synthetics + 7 == 60);
  CHECK_THROWS_AS(synthetic_loop(std::vector<Picture>{}, make, score, few), DataError);
  CHECK_THROWS_AS(synthetic_loop(list, make, score, few, {.severities = {0.5}}), ParameterError);
  CHECK_THROWS_AS(synthetic_loop(list, make, score, combined, {.severities = {0.5}}), ParameterError);
}

}  // namespace
