// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/metrics/map_scores.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "plimsoll/thresholds/labelled_sample.hpp"

namespace plimsoll::metrics {

/// The best that one cutoff could have done.
struct OracleCut {
  double f1 = std::numeric_limits<double>::quiet_NaN();  ///< NaN without an anomalous pixel
  Cutoff cutoff;  ///< the lowest of the best ones that is a pixel's score; +inf where only NaN and +inf are flagged
};

/// The best pixel F1, pooled over all images, that a single cutoff reaches: the exact maximum over all distinct
/// cutoffs (stats::best_cut). What the F1 of any cutoff is to be compared with. NaN is the highest score. Keeps every
/// score, 4 bytes a pixel (8 from the first map of doubles on); compute is O(n).
class OracleSegF1 {
 public:
  /// One image. Throws DataError when the shapes differ.
  void update(ScoreMap map, Mask truth) {
    detail::check_shapes("OracleSegF1", map, truth);
    std::vector<std::uint8_t> labels;
    labels.reserve(truth.size());
    for (const Label label : truth.labels()) labels.push_back(label == Label::anomalous ? 1 : 0);
    detail::visit_scores(map, [&](auto scores) { pixels_.append(scores, std::span<const std::uint8_t>(labels)); });
  }

  void merge(const OracleSegF1& other) {
    const LabelledSample copy = other.pixels_;  // `other` may be this one
    pixels_.merge(copy);
  }

  [[nodiscard]] OracleCut compute() const {
    OracleCut oracle;
    if (pixels_.anomalous_count() == 0) return oracle;
    pixels_.visit([&](auto normal, auto anomalous) {
      const stats::ObjectiveMerit merit({}, normal.size(), anomalous.size());
      const auto best = stats::best_cut(normal, anomalous, merit);
      oracle.f1 = best.merit.value;  // flagging nothing has an F1 of 0 and is never best
      oracle.cutoff = Cutoff{static_cast<double>(best.cut)};
    });
    return oracle;
  }

 private:
  LabelledSample pixels_;
};

}  // namespace plimsoll::metrics
