// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"

/// \file
/// Are two samples from one distribution? By Anderson and Darling's statistic of Scholz and Stephens (1987, J. Am.
/// Statist. Assoc. 82, 918-924), for two samples.

namespace plimsoll::stats {

/// Their statistic with ties at mid-ranks, A^2_akN of (7), whose mean is 1 when the distributions are the same. Both
/// samples, numbers or others with an order, are ascending and not empty, and not all of them are equal, else 0. O(n).
template <typename T>
[[nodiscard]] double two_sample_anderson_darling(std::span<const T> first, std::span<const T> second) noexcept {
  const std::array<std::span<const T>, 2> samples{first, second};
  const std::array<double, 2> sizes{static_cast<double>(first.size()), static_cast<double>(second.size())};
  const double n = sizes[0] + sizes[1];
  std::array<std::size_t, 2> next{};
  std::array<double, 2> below{};
  CompensatedSum sum;
  while (next[0] < first.size() || next[1] < second.size()) {
    const bool from_first = next[1] == second.size() || (next[0] < first.size() && !(second[next[1]] < first[next[0]]));
    const T value = from_first ? first[next[0]] : second[next[1]];
    std::array<double, 2> tied{};
    for (std::size_t s = 0; s < 2; ++s) {
      while (next[s] < samples[s].size() && samples[s][next[s]] == value) {
        ++next[s];
        ++tied[s];
      }
    }
    const double ties = tied[0] + tied[1];
    const double middle = below[0] + below[1] + ties / 2;  // B_aj
    const double scale = middle * (n - middle) - n * ties / 4;
    for (std::size_t s = 0; s < 2; ++s) {
      const double distance = n * (below[s] + tied[s] / 2) - sizes[s] * middle;
      if (scale > 0) sum += ties / n * distance * distance / scale / sizes[s];
      below[s] += tied[s];
    }
  }
  return (n - 1) / n * sum.value();
}

/// The variance of their statistic without mid-ranks, (6), when the distributions are the same and nothing is tied
/// (their (4)), by which they standardise (7) too: that one's differs by a tenth or so in samples of ten. At least
/// four numbers in all. O(n).
[[nodiscard]] inline double two_sample_anderson_darling_variance(std::size_t first, std::size_t second) noexcept {
  const std::size_t all = first + second;
  const auto n = static_cast<double>(all);
  double h = 0;
  for (std::size_t i = 1; i < all; ++i) h += 1 / static_cast<double>(i);
  double g = 0;
  double tail = 0;  // of 1 / j, j from i + 1 to n - 1
  for (std::size_t i = all - 2; i >= 1; --i) {
    tail += 1 / static_cast<double>(i + 1);
    g += tail / static_cast<double>(all - i);
  }
  const double sizes = 1 / static_cast<double>(first) + 1 / static_cast<double>(second);
  constexpr double k = 2;  // samples
  const double a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * sizes;
  const double b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * sizes - 8 * h + 4 * g - 6;
  const double c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * sizes + 4 * h;
  const double d = (2 * h + 6) * k * k - 4 * h * k;
  return (((a * n + b) * n + c) * n + d) / ((n - 1) * (n - 2) * (n - 3));
}

/// P(A^2 > x) in the limit of large samples, where A^2 is the sum of independent chi-squared numbers over j (j + 1)
/// (Anderson and Darling 1952, Ann. Math. Statist. 23, 193-212), to twelve digits in the far tail too: by Smirnov's
/// formula (1937),
///   (1 / pi) sum over odd j of (-1)^((j - 1) / 2) integral from j (j + 1) to (j + 1) (j + 2) of
///   exp(-x u / 2) / (u sqrt(-D(u))) du,   D(u) = -cos(pi sqrt(1 + 4 u) / 2) / (pi u).
/// About sqrt(3) erfc(sqrt(x)). Below x = 0.1, where it is above 0.99999, 1.
[[nodiscard]] inline double anderson_darling_tail(double x) noexcept {
  if (!(x >= 0.1)) return 1;
  constexpr int nodes = 64;
  double sum = 0;
  double sign = 1;
  for (int j = 1; j < 200; j += 2) {
    // With r = sqrt(1 + 4 u) between the roots 2 j + 1 and 2 j + 3 of the cosine, and r = 2 j + 2 + sin(theta), the
    // integrand has no ends: the trapezium rule over a period is exact but for rounding.
    double part = 0;
    for (int i = 0; i < nodes; ++i) {
      const double theta = std::numbers::pi * ((i + 0.5) / nodes - 0.5);
      const double r = 2 * j + 2 + std::sin(theta);
      const double u = (r * r - 1) / 4;
      // |cos(pi r / 2)| = |cos(pi sin(theta) / 2)|, as sin(pi (1 -+ sin(theta)) / 2)
      const double from_end = 2 * std::pow(std::sin(std::numbers::pi / 4 - std::abs(theta) / 2), 2);  // 1 - |sin|
      const double cosine = std::sin(std::numbers::pi / 2 * from_end);
      part += std::exp(-x * u / 2) / (u * std::sqrt(cosine / (std::numbers::pi * u))) * (r / 2) * std::cos(theta);
    }
    part *= std::numbers::pi / nodes;
    sum += sign * part;
    sign = -sign;
    if (part < sum * 1e-17 || part == 0) break;
  }
  return std::fmin(1.0, sum / std::numbers::pi);
}

/// The p-value of the statistic, standardised by its deviation, the square root of its variance, as if the samples were
/// large: the limit has mean 1 and variance 2 (pi^2 - 9) / 3.
[[nodiscard]] inline double two_sample_anderson_darling_p_value(double statistic, double deviation) noexcept {
  const double limit_deviation = std::sqrt(2 * (std::numbers::pi * std::numbers::pi - 9) / 3);
  return anderson_darling_tail(1 + (statistic - 1) / deviation * limit_deviation);
}

}  // namespace plimsoll::stats
