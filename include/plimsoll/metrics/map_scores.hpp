// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/sample.hpp"

/// \file
/// What the metrics of score maps share.

namespace plimsoll::metrics::detail {

/// Throws DataError, naming the metric, when the two views differ in shape.
template <typename View, typename Other>
void check_shapes(std::string_view metric, const View& view, const Other& truth) {
  if (view.rows() == truth.rows() && view.columns() == truth.columns()) return;
  const auto shape = [](const auto& v) { return std::to_string(v.rows()) + " x " + std::to_string(v.columns()); };
  throw DataError(std::string(metric) + ": a map of " + shape(view) + " with a mask of " + shape(truth));
}

/// Calls `function` once with the pixels, row by row, as a std::span of const float (also for halves) or of const
/// double. NaN comes as +inf: it is the strangest score.
template <typename Function>
void visit_scores(ScoreMap map, const Function& function) {
  map.visit_pixels([&]<typename T>(std::span<const T> pixels) {
    using Kept = std::conditional_t<sizeof(T) == 8, double, float>;
    std::vector<Kept> scores;
    scores.reserve(pixels.size());
    for (const T pixel : pixels) {
      scores.push_back(pixel != pixel ? std::numeric_limits<Kept>::infinity() : static_cast<Kept>(pixel));
    }
    function(std::span<const Kept>(scores));
  });
}

/// The `count` largest scores and all that equal the least of them, descending; 1 <= count <= size. O(n + k log k) for
/// k of them.
[[nodiscard]] inline std::vector<double> largest(const Sample& sample, std::size_t count) {
  return sample.visit([&](auto scores) {
    const auto least = stats::order_statistic(scores, scores.size() + 1 - count);
    std::vector<double> top;
    for (const auto score : scores) {
      if (score >= least) top.push_back(static_cast<double>(score));
    }
    std::ranges::sort(top, std::greater<>());
    return top;
  });
}

}  // namespace plimsoll::metrics::detail
