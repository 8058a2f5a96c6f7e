// SPDX-License-Identifier: Apache-2.0
// Score maps, as a convolutional model gives them: one line for images, from the mean of each map's top pixels.
#include <fmt/format.h>

#include <Eigen/Core>
#include <cmath>
#include <exception>
#include <plimsoll/adapt/eigen.hpp>
#include <plimsoll/adapt/fmt.hpp>
#include <plimsoll/thresholds/quantile_threshold.hpp>
#include <random>

namespace {

/// Stands in for the model: smooth noise, and a bright blob where there is a defect.
Eigen::MatrixXf score_map(std::mt19937& random, bool defect) {
  std::normal_distribution<float> noise;
  Eigen::MatrixXf map(64, 64);
  for (float& score : map.reshaped()) score = std::abs(noise(random));
  if (defect) map.block(20, 30, 6, 6).array() += 4.0F;
  return map;
}

int run() {
  // A map counts for one score, the mean of its largest 0.5 % pixels. Images are exchangeable, their pixels are
  // not, so this is what a promise can be made about.
  const plimsoll::InputPolicy by_image{.map_reduction = plimsoll::MapReduction::top_mean, .top_share = 0.005};
  plimsoll::QuantileThreshold threshold{{.false_alarm_rate = 0.05, .confidence = 0.9, .input = by_image}};
  std::mt19937 random(7);
  for (int image = 0; image < 100; ++image) {
    threshold.update(plimsoll::as_score_map(score_map(random, false)));
  }
  const plimsoll::Fit fit = threshold.compute();
  fmt::print("images from {:.3f} on are anomalous: {}\n", fit.cutoff.value(), fit.promise);

  int caught = 0;
  for (int image = 0; image < 50; ++image) {
    const Eigen::MatrixXf map = score_map(random, true);
    const double score = plimsoll::score_of(plimsoll::as_score_map(map), by_image.map_reduction, by_image.top_share);
    caught += fit.cutoff(score) ? 1 : 0;
  }
  fmt::print("{} of 50 images with a defect are caught\n", caught);
  return fit.ok() && caught == 50 ? 0 : 1;
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
