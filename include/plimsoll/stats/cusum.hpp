// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "plimsoll/stats/normal.hpp"

/// \file
/// The run length of cumulative sums of normal numbers.

namespace plimsoll::stats {

/// The mean number of steps until S = max(0, S + z - reference), from S = 0 on, is above `interval`, z independent
/// normal numbers with this mean and deviation 1 (Page 1954, Biometrika 41, 100-115). Of the integral equation (his
/// (7))
///   L(u) = 1 + L(0) Phi(reference - mean - u) + integral over (0, interval) of L(x) phi(x - u + reference - mean)
/// by Gauss and Legendre's rule on parts at most 1 long, to some nine digits for means of up to 10^9. interval >= 0,
/// O(interval^3).
[[nodiscard]] inline double cusum_run_length(double reference, double interval, double mean = 0) {
  using Rule = boost::math::quadrature::gauss<double, 10>;
  constexpr Normal standard{0, 1};
  const double drop = reference - mean;
  const auto parts = static_cast<std::size_t>(std::ceil(interval));
  std::vector<double> x{0};  // u = 0, which has no weight in the integral
  std::vector<double> weight{0};
  const double half = parts == 0 ? 0 : interval / static_cast<double>(parts) / 2;
  for (std::size_t part = 0; part < parts; ++part) {
    const double middle = half * static_cast<double>(2 * part + 1);
    for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
      for (const double side : {-1.0, 1.0}) {
        x.push_back(middle + side * half * Rule::abscissa()[i]);
        weight.push_back(half * Rule::weights()[i]);
      }
    }
  }
  // (I - K) L = 1, by elimination with pivots. The rows' sums, which nearly vanish where L is large, come from tails.
  const std::size_t n = x.size();
  const std::size_t width = n + 1;
  std::vector<double> a(n * width);
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = &a[i * width];
    for (std::size_t j = 0; j < n; ++j) row[j] = -weight[j] * standard.pdf(x[j] - x[i] + drop);
    row[0] -= standard.cdf(drop - x[i]);
    row[i] += 1;
    row[n] = 1;
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t pivot = i;
    for (std::size_t k = i + 1; k < n; ++k) {
      if (std::abs(a[k * width + i]) > std::abs(a[pivot * width + i])) pivot = k;
    }
    if (pivot != i) std::swap_ranges(&a[i * width], &a[i * width] + width, &a[pivot * width]);
    for (std::size_t k = i + 1; k < n; ++k) {
      const double factor = a[k * width + i] / a[i * width + i];
      if (factor == 0) continue;
      for (std::size_t j = i; j < width; ++j) a[k * width + j] -= factor * a[i * width + j];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) a[i * width + n] -= a[i * width + j] * a[j * width + n];
    a[i * width + n] /= a[i * width + i];
  }
  return a[n];
}

/// The decision interval with this run length for numbers of mean 0. reference in [0.1, 5], run_length in [2, 10^9].
[[nodiscard]] inline double cusum_interval(double reference, double run_length) {
  // The logarithm of the run length is nearly linear in the interval: regula falsi, after the bracket is found.
  const auto error = [&](double interval) { return std::log(cusum_run_length(reference, interval) / run_length); };
  double low = 0;
  double at_low = error(low);
  if (at_low >= 0) return 0;
  double high = 1;
  double at_high = error(high);
  while (at_high < 0) {
    low = std::exchange(high, high + std::max(0.5, 1.05 * -at_high / (2 * reference)));
    at_low = std::exchange(at_high, error(high));
  }
  for (int i = 0; i < 100 && high - low > 1e-10 * high; ++i) {
    double middle = low + (high - low) * (-at_low / (at_high - at_low));
    const double margin = 1e-3 * (high - low);
    middle = std::clamp(middle, low + margin, high - margin);
    const double at_middle = error(middle);
    if (std::abs(at_middle) < 1e-10) return middle;
    (at_middle < 0 ? low : high) = middle;
    (at_middle < 0 ? at_low : at_high) = at_middle;
  }
  return (low + high) / 2;
}

}  // namespace plimsoll::stats
