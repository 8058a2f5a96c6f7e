// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/metrics/map_scores.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "plimsoll/thresholds/bounded_labelled_sample.hpp"

namespace plimsoll::metrics {

/// The best that one cutoff could have done.
struct OracleCut {
  double f1 = std::numeric_limits<double>::quiet_NaN();  ///< NaN without an anomalous pixel
  Cutoff cutoff;      ///< the lowest of the best ones that is a pixel's score; +inf where only NaN and +inf are flagged
  bool exact = true;  ///< false: the best of those that are a bucket's lower edge, as there were too many pixels
};

/// The best pixel F1, pooled over all images, that a single cutoff reaches: the exact maximum over all distinct
/// cutoffs (stats::best_cut). What the F1 of any cutoff is to be compared with. NaN is the highest score. Keeps every
/// score, 4 bytes a pixel (8 from the first map of doubles on), up to `exact_limit` of them; of more it keeps a
/// stats::ScoreHistogram, some megabytes whatever their number, and tries the cutoffs between buckets, 2^-14 of
/// themselves apart. compute is O(n).
class OracleSegF1 {
 public:
  /// `exact_limit` pixels are kept at most.
  explicit OracleSegF1(std::size_t exact_limit = BoundedLabelledSample::default_limit) noexcept
      : pixels_{exact_limit} {}

  /// One image. Throws DataError when the shapes differ.
  void update(ScoreMap map, Mask truth) {
    detail::check_shapes("OracleSegF1", map, truth);
    std::vector<std::uint8_t> labels;
    labels.reserve(truth.size());
    for (const Label label : truth.labels()) labels.push_back(label == Label::anomalous ? 1 : 0);
    detail::visit_scores(map, [&](auto scores) { pixels_.append(scores, std::span<const std::uint8_t>(labels)); });
  }

  /// Throws ParameterError when the limits differ.
  void merge(const OracleSegF1& other) {
    if (other.pixels_.exact_limit() != pixels_.exact_limit()) {
      throw ParameterError("OracleSegF1: cannot merge with another exact_limit");
    }
    const BoundedLabelledSample copy = other.pixels_;  // `other` may be this one
    pixels_.merge(copy);
  }

  /// The best cut of all pixels so far.
  [[nodiscard]] OracleCut compute() const {
    OracleCut oracle;
    oracle.exact = pixels_.exact();
    if (pixels_.anomalous_count() == 0) return oracle;
    const stats::ObjectiveMerit merit({}, pixels_.normal_count(), pixels_.anomalous_count());
    pixels_.visit_best_cut(merit, [&](const auto& best) {
      oracle.f1 = best.merit.value;  // flagging nothing has an F1 of 0 and is never best
      oracle.cutoff = Cutoff{static_cast<double>(best.cut)};
    });
    return oracle;
  }

 private:
  BoundedLabelledSample pixels_;
};

}  // namespace plimsoll::metrics
