// SPDX-License-Identifier: Apache-2.0
// What the docs call safe from several threads, for ThreadSanitizer to watch (preset tsan), and for its results.
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "fit_text.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/synth/synthetic_anomalies.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "random.hpp"
#include "synth.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;
using plimsoll::test::text_of;

constexpr std::size_t thread_count = 4;

/// Calls work(0), work(1), ... at once.
template <typename Work>
void at_once(const Work& work) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < thread_count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

struct Shard {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
};

std::vector<Shard> shards(bool labelled) {
  Random random(61);
  std::vector<Shard> all(thread_count);
  for (Shard& shard : all) {
    for (std::size_t i = 0; i < 80; ++i) {
      const bool anomalous = labelled && random.below(4) == 0;
      shard.scores.push_back(random.normal() + (anomalous ? 2 : 0));
      shard.labels.push_back(anomalous ? 1 : 0);
    }
  }
  return all;
}

TEST_CASE("threads that collect a shard each and merge give the fit of one, and compute may be asked by all") {
  for (const Method& method : methods()) {
    INFO(method.info().name);
    const bool labelled = method.info().needs_labels || method.info().name == "auto";
    const std::vector<Shard> all = shards(labelled);
    AnyThreshold whole = method.make({});
    for (const Shard& shard : all) whole.update(shard.scores, shard.labels);
    std::vector<AnyThreshold> parts;
    for (std::size_t i = 0; i < thread_count; ++i) parts.push_back(method.make({}));
    at_once([&](std::size_t i) { parts[i].update(all[i].scores, all[i].labels); });
    at_once([&](std::size_t i) {
      if (i % 2 == 0) parts[i].merge(parts[i + 1]);
    });
    parts[0].merge(parts[2]);
    std::vector<std::string> fits(thread_count);
    const AnyThreshold& merged = parts[0];
    at_once([&](std::size_t i) { fits[i] = text_of(merged.compute()); });
    for (const std::string& fit : fits) CHECK(fit == text_of(whole.compute()));
  }
}

TEST_CASE("one calibration decides for several threads, each with its own workspace") {
  Random random(62);
  constexpr std::size_t rows = 40;
  constexpr std::size_t columns = 50;
  std::vector<std::vector<float>> maps(30, std::vector<float>(rows * columns));
  for (auto& map : maps) {
    for (float& pixel : map) pixel = static_cast<float>(random.normal());
  }
  MapCalibrator calibrator;
  for (const auto& map : maps) calibrator.update(ScoreMap(map.data(), rows, columns));
  const MapCalibration fitted = calibrator.compute();
  REQUIRE(fitted.ok());
  const Calibration& line = fitted.calibration;
  std::vector<std::vector<double>> decided(thread_count);
  at_once([&](std::size_t thread) {
    MapWorkspace workspace(rows, columns);
    for (const auto& map : maps) {
      const Decision decision = line.decide(ScoreMap(map.data(), rows, columns), workspace);
      double area = 0;
      for (const Region& region : decision.regions) area += region.area;
      decided[thread].insert(decided[thread].end(), {decision.score, area, line.normalised(decision.score)});
    }
  });
  for (const auto& one : decided) CHECK(one == decided[0]);
  CHECK(decided[0].size() == 3 * maps.size());
}

TEST_CASE("one generator of synthetic anomalies serves several threads") {
  using namespace plimsoll::synth;
  const Image image = test::random_image(PixelType::uint8, 48, 56, 3, 7);
  for (const SourceKind source : {SourceKind::textures, SourceKind::noise, SourceKind::quilt, SourceKind::cut_paste}) {
    const SyntheticAnomalies anomalies({.seed = 11, .source = source}, ImageList(std::vector<Image>{image, image}));
    std::vector<std::uint64_t> hashes(thread_count);
    at_once([&](std::size_t thread) {
      for (std::size_t i = 0; i < 3; ++i) {
        hashes[thread] = test::hash_of(anomalies(image.view(), i).image, hashes[thread]);
      }
    });
    for (const std::uint64_t hash : hashes) CHECK(hash == hashes[0]);
  }
}

}  // namespace
