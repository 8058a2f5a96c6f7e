// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/random.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "plimsoll/thresholds/image_profile.hpp"

namespace plimsoll::detail {

/// The best cuts of samples that are drawn again, normal units and synthetic ones apart, so that there are as many of
/// each in every sample. A unit is a score, or a whole image with all its pixels, as those of one image are alike.
class CutBootstrap {
 public:
  /// Units of one score each; ascending.
  CutBootstrap(const std::vector<double>& normals, const std::vector<double>& anomalies)
      : normal_units_{normals.size()} {
    units_.reserve(normals.size() + anomalies.size());
    for (const double score : normals) add(score, 1, 0);
    for (const double score : anomalies) add(score, 0, 1);
    sort();
  }

  /// Units that are images, the normal ones first.
  explicit CutBootstrap(const std::vector<ImageProfile>& images) {
    for (const ImageProfile& image : images) {
      if (!image.synthetic()) ++normal_units_;
      for (const ImageProfile::Point& point : image.points) {
        points_.push_back({point.score, static_cast<std::uint32_t>(units_.size()), point.normals, point.anomalies});
      }
      units_.push_back({image.normals, image.anomalies});
    }
    sort();
  }

  /// The lowest of the best cuts of each sample, ascending; +inf where it is to flag nothing. There is a synthetic
  /// unit, and a normal score. O(replicates * points).
  [[nodiscard]] std::vector<double> best_cuts(const stats::SearchObjective& search, std::size_t replicates,
                                              std::uint64_t seed) const {
    stats::Random random(seed);
    std::vector<double> cuts;
    cuts.reserve(replicates);
    std::vector<std::size_t> times(units_.size());
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
      std::ranges::fill(times, std::size_t{0});
      const std::size_t synthetic_units = units_.size() - normal_units_;
      for (std::size_t i = 0; i < normal_units_; ++i) ++times[random.below(normal_units_)];
      for (std::size_t i = 0; i < synthetic_units; ++i) ++times[normal_units_ + random.below(synthetic_units)];
      cuts.push_back(best_cut(search, times));
    }
    std::ranges::sort(cuts);
    return cuts;
  }

 private:
  struct Point {
    double score;
    std::uint32_t unit;
    std::size_t normals;
    std::size_t anomalies;
  };
  struct Unit {
    std::size_t normals;
    std::size_t anomalies;
  };

  void add(double score, std::size_t normals, std::size_t anomalies) {
    points_.push_back({score, static_cast<std::uint32_t>(units_.size()), normals, anomalies});
    units_.push_back({normals, anomalies});
  }

  void sort() {
    std::ranges::sort(points_, [](const Point& one, const Point& other) { return one.score > other.score; });
  }

  [[nodiscard]] double best_cut(const stats::SearchObjective& search, std::span<const std::size_t> times) const {
    std::size_t normals = 0;
    std::size_t anomalies = 0;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      normals += times[i] * units_[i].normals;
      anomalies += times[i] * units_[i].anomalies;
    }
    const stats::ObjectiveMerit merit(search, normals, anomalies);
    stats::detail::BestCutSearch<double, stats::ObjectiveMerit> best(merit);
    std::size_t false_alarms = 0;
    std::size_t caught = 0;
    for (std::size_t i = 0; i < points_.size();) {
      const double score = points_[i].score;
      std::size_t drawn = 0;
      for (; i < points_.size() && points_[i].score == score; ++i) {
        const std::size_t count = times[points_[i].unit];
        drawn += count;
        false_alarms += count * points_[i].normals;
        caught += count * points_[i].anomalies;
      }
      if (drawn > 0) best.try_cut(score, caught, false_alarms);
    }
    return best.best().flags_nothing ? std::numeric_limits<double>::infinity() : best.best().cut;
  }

  std::size_t normal_units_ = 0;
  std::vector<Unit> units_;
  std::vector<Point> points_;  ///< by falling score
};

}  // namespace plimsoll::detail
