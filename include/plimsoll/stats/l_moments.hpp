// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/sample_unit.hpp"

namespace plimsoll::stats {

/// The first L-moments and L-moment ratios (Hosking 1990, J. R. Statist. Soc. B 52, 105-124).
struct LMoments {
  double l1;  ///< mean
  double l2;  ///< L-scale, half the mean distance of two numbers
  double t3;  ///< L-skewness l3 / l2, in (-1, 1)
  double t4;  ///< L-kurtosis l4 / l2, in [-1/4, 1)
};

/// The unbiased L-moments of a sample (Hosking and Wallis 1997, "Regional Frequency Analysis", equations 2.59 and
/// 2.62), and their ratios. `sorted` is ascending, not empty, finite. O(n). l2 is NaN for n < 2, t3 for n < 3, t4
/// for n < 4, and both ratios are where the numbers are all equal.
///
/// In place of differences of probability-weighted moments, x(i) are summed with the weights that those come to (the
/// discrete Legendre polynomials in i), each at most 1 in magnitude, and as distances from the sample's middle. So
/// nothing cancels: the error is some 1e-15 of l2, however far from zero the sample lies.
[[nodiscard]] inline LMoments l_moments(std::span<const double> sorted) noexcept {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const SampleUnit unit(sorted);
  const auto n = static_cast<double>(sorted.size());
  CompensatedSum first;
  CompensatedSum second;
  CompensatedSum third;
  CompensatedSum fourth;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double z = unit(sorted[i]);
    const auto j = static_cast<double>(i);
    // C(j, r) / C(n - 1, r) for r = 1, 2, 3: the weights of the probability-weighted moments b1, b2, b3.
    const double b1 = j / (n - 1);
    const double b2 = b1 * ((j - 1) / (n - 2));
    const double b3 = b2 * ((j - 2) / (n - 3));
    first += z;
    second += (2 * b1 - 1) * z;
    third += (6 * (b2 - b1) + 1) * z;
    fourth += (20 * b3 - 30 * b2 + 12 * b1 - 1) * z;
  }
  const double l2 = second.value() / n;
  const bool spread = sorted.front() < sorted.back();
  return {unit.number(first.value() / n), sorted.size() < 2 ? nan : unit.length(l2),
          sorted.size() < 3 || !spread ? nan : third.value() / n / l2,
          sorted.size() < 4 || !spread ? nan : fourth.value() / n / l2};
}

}  // namespace plimsoll::stats
