// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

namespace detail {

/// The lower weighted median: the least value such that the weights of it and of all lower ones reach half the
/// total. O(m) expected. Reorders its argument.
inline double weighted_median(std::vector<std::pair<double, std::size_t>>& weighted) {
  auto first = weighted.begin();
  auto last = weighted.end();
  std::size_t total = 0;
  for (const auto& item : weighted) total += item.second;
  std::size_t below = 0;  // weight known to lie under [first, last)
  while (last - first > 1) {
    const auto middle = first + (last - first) / 2;
    std::nth_element(first, middle, last, [](const auto& a, const auto& b) { return a.first < b.first; });
    std::size_t left = 0;
    for (auto item = first; item != middle; ++item) left += item->second;
    if (2 * (below + left) >= total) {
      last = middle;
    } else {
      below += left;
      first = middle;
    }
  }
  return first->first;
}

}  // namespace detail

/// Medcouple, a robust measure of skewness in [-1, 1]: the median of
///   h(a, b) = ((a - m) - (m - b)) / (a - b)   over all a >= m >= b of the sample, m its median,
/// where a = b = m counts by the rank rule of Brys, Hubert and Struyf (2004), J. Comput. Graph. Stat. 13(4),
/// equation 2.2 (the p-th of the p scores equal to m against the q-th: sign(p - 1 - i - j)). The median of an
/// even number of kernels is the mean of the middle two. 0 for a sample whose scores are all equal.
///
/// `sorted` is ascending, not empty, finite. O(n log n) time: the kernels form a matrix that falls along its rows
/// and columns, in which Johnson and Mizoguchi (1978), SIAM J. Comput. 7(2), select without computing it all.
template <std::floating_point T>
[[nodiscard]] double medcouple(const std::vector<T>& sorted) {
  const std::size_t n = sorted.size();
  const double median = n % 2 == 1
                            ? static_cast<double>(sorted[n / 2])
                            : std::midpoint(static_cast<double>(sorted[n / 2 - 1]), static_cast<double>(sorted[n / 2]));
  if (sorted.front() == sorted.back()) return 0;
  // Deviations from the median, halved where they could overflow: upper falls from the largest to 0, lower from 0.
  const double widest =
      std::max(std::abs(static_cast<double>(sorted.front())), std::abs(static_cast<double>(sorted.back())));
  const double factor = widest > std::numeric_limits<double>::max() / 2 ? 0.5 : 1.0;
  std::vector<double> upper;
  std::vector<double> lower;
  for (std::size_t i = n; i-- > 0;) {
    const double x = static_cast<double>(sorted[i]);
    const double deviation = x * factor - median * factor;
    if (x >= median) upper.push_back(deviation);
    if (x <= median) lower.push_back(deviation);
  }
  const std::size_t rows = upper.size();
  const std::size_t columns = lower.size();
  const auto tied = std::ranges::count(lower, 0.0);
  const auto first_tied_row = static_cast<std::ptrdiff_t>(rows) - std::ranges::count(upper, 0.0);

  // Row i falls with the column j, column j falls with the row i.
  const auto kernel = [&](std::size_t i, std::size_t j) -> double {
    const double a = upper[i];
    const double b = lower[j];
    if (a == 0 && b == 0) {
      const auto sum = static_cast<std::ptrdiff_t>(i) - first_tied_row + static_cast<std::ptrdiff_t>(j);
      return sum < tied - 1 ? 1.0 : sum > tied - 1 ? -1.0 : 0.0;
    }
    // (a + b) / (a - b) by the ratio of the smaller to the larger: monotone in a and b after rounding too.
    if (a >= -b) {
      const double r = -b / a;
      return (1 - r) / (1 + r);
    }
    const double r = a / -b;
    return -((1 - r) / (1 + r));
  };

  // The k-th largest kernel, k from 0. left and right bound the undecided columns [left, right) of each row.
  const auto select = [&](std::size_t k) -> double {
    std::vector<std::size_t> left(rows, 0);
    std::vector<std::size_t> right(rows, columns);
    std::size_t decided_larger = 0;
    std::size_t undecided = rows * columns;
    std::vector<std::pair<double, std::size_t>> weighted;
    while (undecided > rows) {
      weighted.clear();
      for (std::size_t i = 0; i < rows; ++i) {
        if (left[i] < right[i]) weighted.emplace_back(kernel(i, (left[i] + right[i] - 1) / 2), right[i] - left[i]);
      }
      const double pivot = detail::weighted_median(weighted);
      // For each row: how many kernels are above the pivot, and how many are at least it. Both counts fall with
      // the row, so one walk along the border does for all rows.
      std::vector<std::size_t> above(rows);
      std::vector<std::size_t> at_least(rows);
      std::size_t total_above = 0;
      std::size_t total_at_least = 0;
      std::size_t a = columns;
      std::size_t b = columns;
      for (std::size_t i = 0; i < rows; ++i) {
        while (a > 0 && !(kernel(i, a - 1) > pivot)) --a;
        while (b > 0 && !(kernel(i, b - 1) >= pivot)) --b;
        above[i] = a;
        at_least[i] = b;
        total_above += a;
        total_at_least += b;
      }
      if (k < total_above) {
        for (std::size_t i = 0; i < rows; ++i) right[i] = std::min(right[i], above[i]);
      } else if (k >= total_at_least) {
        for (std::size_t i = 0; i < rows; ++i) left[i] = std::max(left[i], at_least[i]);
      } else {
        return pivot;
      }
      decided_larger = 0;
      undecided = 0;
      for (std::size_t i = 0; i < rows; ++i) {
        right[i] = std::max(right[i], left[i]);
        decided_larger += left[i];
        undecided += right[i] - left[i];
      }
    }
    std::vector<double> rest;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = left[i]; j < right[i]; ++j) rest.push_back(kernel(i, j));
    }
    const auto place = rest.begin() + static_cast<std::ptrdiff_t>(k - decided_larger);
    std::ranges::nth_element(rest, place, std::greater<>());
    return *place;
  };

  const std::size_t kernels = rows * columns;
  if (kernels % 2 == 1) return select(kernels / 2);
  return std::midpoint(select(kernels / 2 - 1), select(kernels / 2));
}

}  // namespace plimsoll::stats
