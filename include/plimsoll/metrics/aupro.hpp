// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/metrics/map_scores.hpp"
#include "plimsoll/metrics/regions.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll::metrics {

/// The area under the per-region overlap curve (Bergmann, Batzner, Fauser, Sattlegger and Steger 2021, The MVTec
/// Anomaly Detection Dataset, IJCV 129, section 5.2). For a cutoff, PRO is the mean, over the 8-connected regions of
/// all true masks, of the share of the region that is flagged; FPR is the share of the normal pixels of all images that
/// is flagged. The curve is of PRO against FPR, over all distinct cutoffs from the highest down: exact, nothing is
/// binned. Equal scores are one step, neighbouring points are joined by straight lines, and the last piece is cut at
/// the limit, so the area is that of trapezoids. Divided by the limit: 1 is perfect, limit / 2 what random scores get.
///
/// NaN is the highest score. The same bits in whatever order the maps come. Keeps every pixel: 4 bytes a normal one (8
/// from the first map of doubles on), 16 an anomalous one. O(n log n).
class Aupro {
 public:
  /// One image. Throws DataError when the shapes differ.
  void update(ScoreMap map, Mask truth) {
    detail::check_shapes("Aupro", map, truth);
    const Regions regions = label_regions(truth);
    detail::visit_scores(map, [&]<typename T>(std::span<const T> scores) {
      std::vector<T> normals;
      std::vector<Pixel> anomalies;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::size_t region = regions.region_of[i];
        if (region == 0) {
          normals.push_back(scores[i]);
        } else {
          anomalies.push_back({static_cast<double>(scores[i]), regions.sizes[region - 1]});
        }
      }
      // Both take their memory before either changes.
      const std::size_t needed = anomalous_.size() + anomalies.size();
      if (needed > anomalous_.capacity()) anomalous_.reserve(std::max(needed, 2 * anomalous_.capacity()));
      normal_.append(std::span<const T>(normals));
      anomalous_.insert(anomalous_.end(), anomalies.begin(), anomalies.end());
    });
    region_count_ += regions.count();
  }

  /// Adds the images of the other. The result does not depend on the order. When it throws this is as it was.
  void merge(const Aupro& other) {
    std::vector<Pixel> anomalies = anomalous_;
    anomalies.insert(anomalies.end(), other.anomalous_.begin(), other.anomalous_.end());
    const Sample normals = other.normal_;  // `other` may be this one
    normal_.merge(normals);
    anomalous_.swap(anomalies);
    region_count_ += other.region_count_;
  }

  /// The area from FPR 0 to the limit, over the limit. NaN without a region or without a normal pixel. Throws
  /// ParameterError unless the limit is in (0, 1].
  [[nodiscard]] double compute(double limit = 0.3) const {
    if (!(limit > 0 && limit <= 1)) {
      throw ParameterError("Aupro: limit = " + to_string(ParameterValue(limit)) + " is not a number in (0, 1]");
    }
    if (region_count_ == 0 || normal_.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto normal_count = static_cast<double>(normal_.size());
    // One more than is below the limit, and another for the rounding of the product.
    const double needed = std::min(normal_count, std::floor(limit * normal_count) + 2);
    const std::vector<double> normals = detail::largest(normal_, static_cast<std::size_t>(needed));
    std::vector<Pixel> anomalies = anomalous_;
    std::ranges::sort(anomalies, [](const Pixel& a, const Pixel& b) {
      return a.score > b.score || (a.score == b.score && a.region_size < b.region_size);
    });

    stats::CompensatedSum covered;  // the sum of the regions' shares
    stats::CompensatedSum area;
    double rate = 0;
    double overlap = 0;
    auto anomaly = anomalies.begin();
    for (std::size_t flagged = 0; flagged < normals.size();) {
      const double score = anomaly == anomalies.end() ? normals[flagged] : std::max(anomaly->score, normals[flagged]);
      while (flagged < normals.size() && normals[flagged] == score) ++flagged;
      for (; anomaly != anomalies.end() && anomaly->score == score; ++anomaly) {
        covered += 1 / static_cast<double>(anomaly->region_size);
      }
      const double next_rate = static_cast<double>(flagged) / normal_count;
      const double next_overlap = covered.value() / static_cast<double>(region_count_);
      if (next_rate >= limit) {
        const double at_limit = overlap + (next_overlap - overlap) * ((limit - rate) / (next_rate - rate));
        area += (limit - rate) * (overlap + at_limit) / 2;
        break;
      }
      area += (next_rate - rate) * (overlap + next_overlap) / 2;
      rate = next_rate;
      overlap = next_overlap;
    }
    return area.value() / limit;
  }

 private:
  struct Pixel {
    double score;
    std::size_t region_size;
  };

  Sample normal_;
  std::vector<Pixel> anomalous_;
  std::size_t region_count_ = 0;
};

}  // namespace plimsoll::metrics
