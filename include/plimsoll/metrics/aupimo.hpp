// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/metrics/map_scores.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll::metrics {

/// The rates between which AUPIMO is taken.
struct AupimoBounds {
  double lower = 1e-5;  ///< of the shared false-alarm rate; above 0
  double upper = 1e-4;  ///< above `lower`, at most 1
};

/// AUPIMO of every anomalous image.
struct AupimoResult {
  std::vector<double> per_image;  ///< in [0, 1], in the order in which the anomalous images came
  double mean = std::numeric_limits<double>::quiet_NaN();  ///< of per_image; NaN without one
  /// The distinct shared FPRs strictly between the bounds. With few of them (0 with fewer than 1 / upper normal pixels)
  /// the figures say little.
  std::size_t rates = 0;
};

/// The area under the per-image overlap curve (Bertoldo, Ameln, Vaidya and Akcay 2024, AUPIMO: Redefining Visual
/// Anomaly Detection Benchmarks with High Speed and Low Tolerance, BMVC). An image whose mask has no anomalous pixel is
/// normal. For a cutoff, the shared FPR is the mean over the normal images of the share of the image's pixels that is
/// flagged; the overlap of an anomalous image is the share of its mask that is flagged. AUPIMO of the image is the mean
/// of the overlap over the logarithm of the shared FPR between the bounds.
///
/// Exact, nothing is sampled: the overlap at a rate f is that of the lowest cutoff whose shared FPR is at most f, that
/// is the share of the mask that lies above the highest normal score which f does not allow. A step function of f, as
/// an attainable rate is; nothing is interpolated between rates. Equal scores are flagged together.
///
/// NaN is the highest score. Keeps every pixel of normal images and of the masks of anomalous ones: 4 bytes each (8
/// from the first map of doubles on). O(n + k log k), k the pixels of the masks.
class Aupimo {
 public:
  /// One image. Throws DataError when the shapes differ.
  void update(ScoreMap map, Mask truth) {
    detail::check_shapes("Aupimo", map, truth);
    if (map.empty()) return;
    const bool anomalous = truth.any();
    const std::vector<Label> labels = truth.labels();
    detail::visit_scores(map, [&]<typename T>(std::span<const T> scores) {
      if (!anomalous) {
        NormalImages& normals = normal_[scores.size()];
        normals.scores.append(scores);
        ++normals.count;
        return;
      }
      std::vector<T> inside;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        if (labels[i] == Label::anomalous) inside.push_back(scores[i]);
      }
      Sample image;
      image.append(std::span<const T>(inside));
      anomalous_.push_back(std::move(image));
    });
  }

  /// The other's anomalous images come after this one's.
  void merge(const Aupimo& other) {
    Aupimo merged = *this;
    for (const auto& [pixels, normals] : other.normal_) {
      NormalImages& kept = merged.normal_[pixels];
      kept.scores.merge(normals.scores);
      kept.count += normals.count;
    }
    merged.anomalous_.insert(merged.anomalous_.end(), other.anomalous_.begin(), other.anomalous_.end());
    *this = std::move(merged);
  }

  /// Every figure is NaN without a normal image. Throws ParameterError unless 0 < lower < upper <= 1.
  [[nodiscard]] AupimoResult compute(AupimoBounds bounds = {}) const {
    const auto [lower, upper] = bounds;
    if (!(lower > 0 && lower < upper && upper <= 1)) {
      throw ParameterError("Aupimo: bounds = (" + to_string(ParameterValue(lower)) + ", " +
                           to_string(ParameterValue(upper)) + ") are not 0 < lower < upper <= 1");
    }
    AupimoResult result;
    const std::vector<Step> steps = shared_rates(upper);
    for (const Step& step : steps) result.rates += step.rate > lower && step.rate < upper ? 1U : 0U;
    for (const Sample& image : anomalous_) {
      result.per_image.push_back(steps.empty() ? std::numeric_limits<double>::quiet_NaN()
                                               : area(image, steps, lower, upper) / std::log(upper / lower));
    }
    if (!result.per_image.empty()) {
      std::vector<double> sorted = result.per_image;  // so that the mean does not depend on their order
      std::ranges::sort(sorted);
      stats::CompensatedSum sum;
      for (const double value : sorted) sum += value;
      result.mean = sum.value() / static_cast<double>(sorted.size());
    }
    return result;
  }

 private:
  /// Normal images with the same number of pixels.
  struct NormalImages {
    Sample scores;
    std::size_t count = 0;
  };
  /// A normal score, and the shared FPR of the cutoff that equals it.
  struct Step {
    double score;
    double rate;
  };

  /// The distinct normal scores, descending, down to the first whose rate reaches `upper`.
  [[nodiscard]] std::vector<Step> shared_rates(double upper) const {
    std::size_t images = 0;
    for (const auto& [pixels, normals] : normal_) images += normals.count;
    std::vector<std::pair<double, std::size_t>> top;  // scores and the pixels of their images
    for (const auto& [pixels, normals] : normal_) {
      if (normals.count == 0) continue;  // memory ran out before they were kept
      // So many pixels of these images pass the upper rate by themselves; one more for the rounding of the product.
      const auto all = static_cast<double>(normals.scores.size());
      const double needed =
          std::min(all, std::floor(upper * static_cast<double>(pixels) * static_cast<double>(images)) + 2);
      for (const double score : detail::largest(normals.scores, static_cast<std::size_t>(needed))) {
        top.emplace_back(score, pixels);
      }
    }
    std::ranges::sort(top, std::greater<>());
    std::vector<Step> steps;
    stats::CompensatedSum shares;
    for (std::size_t i = 0; i < top.size();) {
      const double score = top[i].first;
      for (; i < top.size() && top[i].first == score; ++i) shares += 1 / static_cast<double>(top[i].second);
      steps.push_back({score, shares.value() / static_cast<double>(images)});
      if (steps.back().rate >= upper) break;
    }
    return steps;
  }

  /// The integral of the image's overlap over the natural logarithm of the rate.
  [[nodiscard]] static double area(const Sample& image, const std::vector<Step>& steps, double lower, double upper) {
    const std::vector<double> scores = image.sorted();
    stats::CompensatedSum sum;
    double rate = lower;
    for (const Step& step : steps) {
      const double next_rate = std::min(upper, step.rate);
      if (!(next_rate > rate)) continue;
      // Rates in [rate, next_rate) do not allow this score.
      const auto above = scores.end() - std::ranges::upper_bound(scores, step.score);
      sum += static_cast<double>(above) / static_cast<double>(scores.size()) * std::log(next_rate / rate);
      rate = next_rate;
    }
    return sum.value();
  }

  std::map<std::size_t, NormalImages> normal_;  ///< by pixels an image
  std::vector<Sample> anomalous_;               ///< the scores inside each mask
};

}  // namespace plimsoll::metrics
