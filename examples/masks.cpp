// SPDX-License-Identifier: Apache-2.0
// From normal score maps to decisions: one line for images, levels for masks, and the object that ships to the device.
#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <plimsoll/adapt/fmt.hpp>
#include <plimsoll/decide/calibration.hpp>
#include <plimsoll/thresholds/map_calibrator.hpp>
#include <random>
#include <vector>

namespace {

constexpr std::size_t rows = 48;
constexpr std::size_t columns = 64;

/// Stands in for the model: noise that is alike in neighbouring pixels, and a scratch where there is a defect.
std::vector<float> score_map(std::mt19937& random, bool defect) {
  std::normal_distribution<float> noise;
  std::vector<float> map(rows * columns);
  float last = 0;
  for (float& score : map) {
    last = 0.8F * last + noise(random);
    score = std::abs(last);
  }
  for (std::size_t i = 0; defect && i < 20; ++i) map[(10 + i) * columns + 20 + i] += 8.0F;
  return map;
}

int run() {
  // Hysteresis: a region's pixels reach the level of 40 % of normal images, one of them at least that of 20 %.
  plimsoll::MapCalibrator calibrator{{.high_share = 0.2, .low_share = 0.4}};
  std::mt19937 random(3);
  for (int image = 0; image < 40; ++image) {
    calibrator.update(plimsoll::ScoreMap(score_map(random, false).data(), rows, columns));
  }
  const plimsoll::MapCalibration fitted = calibrator.compute();
  if (!fitted.ok()) return 1;
  fmt::print("images from {:.3f} on are anomalous: {}\n", fitted.image.cutoff.value(), fitted.image.promise);
  fmt::print("masks from {:.3f} to {:.3f}\n", fitted.low.cutoff.value(), fitted.high.cutoff.value());

  // From here on nothing is allocated, and nothing thrown.
  const plimsoll::Calibration line = fitted.calibration;
  static plimsoll::MapWorkspace<rows, columns> workspace;
  int caught = 0;
  for (int image = 0; image < 20; ++image) {
    const std::vector<float> map = score_map(random, true);
    const plimsoll::Decision decision = line.decide(plimsoll::ScoreMap(map.data(), rows, columns), workspace);
    caught += decision.label == plimsoll::Label::anomalous ? 1 : 0;
    if (image > 0) continue;
    fmt::print("the first part is {}, {:.2f} on a scale from 0 to 1:\n", to_string(decision.verdict),
               line.normalised(decision.score));
    for (const plimsoll::Region& region : decision.regions) {
      fmt::print("  {} pixels about row {:.0f}, column {:.0f}, up to {:.1f}\n", region.area, region.centroid_row,
                 region.centroid_column, region.peak);
    }
  }
  fmt::print("{} of 20 parts with a scratch are caught\n", caught);

  // A stricter line, without the normal maps.
  const auto strict = line.at_false_alarm_rate(0.01);
  if (strict) fmt::print("at 1 % false alarms the line is {:.3f}\n", strict->cutoff.value());
  return strict && caught == 20 ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
