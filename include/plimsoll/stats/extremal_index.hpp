// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"

/// \file
/// Exceedances of a level that come in clusters, as those of dependent series do. A series here is in the order of
/// time, NOT sorted: the order is what is looked at. An exceedance is a number > level; the numbers are no NaN.

namespace plimsoll::stats {

/// The extremal index of a stationary series: the share of exceedances of a high level that begin a cluster, in (0, 1];
/// 1 for independent numbers. Its inverse is the mean size of a cluster.
struct ExtremalIndex {
  double value = 1;             ///< the estimate; in (0, 1]
  std::size_t exceedances = 0;  ///< numbers above the level
  std::size_t clusters = 0;     ///< those that run_length makes
  std::size_t run_length = 0;   ///< exceedances with at least so many others between them belong to different clusters
  EstimateStatus status = EstimateStatus::too_few;  ///< `ok`, or why there is no estimate

  /// Whether `value` is an answer.
  [[nodiscard]] bool ok() const noexcept { return status == EstimateStatus::ok; }
};

/// Exceedances of which one follows the other with less than the run length of other numbers between them.
struct Cluster {
  std::size_t first = 0;  ///< index of the first exceedance
  std::size_t last = 0;   ///< index of the last
  std::size_t size = 0;   ///< number of exceedances
  double maximum = 0;     ///< the largest of them
};

namespace detail {
/// The indices of the exceedances.
[[nodiscard]] inline std::vector<std::size_t> exceedance_times(std::span<const double> series, double level) {
  std::vector<std::size_t> times;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i] > level) times.push_back(i);
  }
  return times;
}

[[nodiscard]] inline std::size_t count_clusters(std::span<const std::size_t> times, std::size_t run_length) {
  std::size_t clusters = times.empty() ? 0 : 1;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] - times[i - 1] > run_length) ++clusters;
  }
  return clusters;
}
}  // namespace detail

/// The clusters of exceedances in a series in the order of time, earliest first: a cluster ends when `run_length`
/// numbers in a row are not above the level (runs declustering: Coles 2001, An Introduction to Statistical Modeling of
/// Extreme Values, section 5.3.2). With 0, every exceedance is a cluster of its own. O(n).
[[nodiscard]] inline std::vector<Cluster> clusters_above(std::span<const double> series, double level,
                                                         std::size_t run_length) {
  std::vector<Cluster> clusters;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double x = series[i];
    if (!(x > level)) continue;
    if (clusters.empty() || i - clusters.back().last > run_length) {
      clusters.push_back({.first = i, .last = i, .size = 1, .maximum = x});
    } else {
      Cluster& cluster = clusters.back();
      cluster.last = i;
      ++cluster.size;
      cluster.maximum = std::max(cluster.maximum, x);
    }
  }
  return clusters;
}

/// The runs estimator: the number of clusters that `run_length` makes, by the number of exceedances (Smith and Weissman
/// 1994, JRSS B 56, 515-528). The series is in the order of time. too_few without an exceedance. O(n).
[[nodiscard]] inline ExtremalIndex runs_extremal_index(std::span<const double> series, double level,
                                                       std::size_t run_length) {
  const std::vector<std::size_t> times = detail::exceedance_times(series, level);
  if (times.empty()) return {.run_length = run_length};
  const std::size_t clusters = detail::count_clusters(times, run_length);
  return {.value = static_cast<double>(clusters) / static_cast<double>(times.size()),
          .exceedances = times.size(),
          .clusters = clusters,
          .run_length = run_length,
          .status = EstimateStatus::ok};
}

/// The intervals estimator of Ferro and Segers (2003, JRSS B 65, 545-556, section 3), which needs no run length: from
/// the N - 1 times T between exceedances, 2 (sum T)^2 / ((N - 1) sum T^2) when none is above 2, else
/// 2 (sum (T - 1))^2 / ((N - 1) sum (T - 1) (T - 2)), and 1 when that is above 1. (So a single solid run, all T = 1,
/// gives 1.) The run length is the one that section 4 takes from it: with C = floor(value N) + 1, the C-th largest
/// time, so that the C - 1 largest, less by ties, are those between clusters; 0 when all of them are. The series is in
/// the order of time. too_few with less than two exceedances. O(n).
[[nodiscard]] inline ExtremalIndex intervals_extremal_index(std::span<const double> series, double level) {
  const std::vector<std::size_t> times = detail::exceedance_times(series, level);
  if (times.size() < 2) return {.exceedances = times.size(), .clusters = times.size()};
  std::vector<std::size_t> gaps;
  gaps.reserve(times.size() - 1);
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);

  const double less = std::ranges::max(gaps) <= 2 ? 0 : 1;
  double sum = 0;
  double products = 0;
  for (const std::size_t gap : gaps) {
    const auto t = static_cast<double>(gap);
    sum += t - less;
    products += (t - less) * (t - 2 * less);
  }
  const double value = std::min(1.0, 2 * sum * sum / (static_cast<double>(gaps.size()) * products));

  const auto between = static_cast<std::size_t>(value * static_cast<double>(times.size()));  // C - 1
  std::size_t run_length = 0;
  if (between < gaps.size()) {
    const auto place = gaps.begin() + static_cast<std::ptrdiff_t>(between);
    std::ranges::nth_element(gaps, place, std::greater<>{});
    run_length = *place;
  }
  return {.value = value,
          .exceedances = times.size(),
          .clusters = detail::count_clusters(times, run_length),
          .run_length = run_length,
          .status = EstimateStatus::ok};
}

}  // namespace plimsoll::stats
