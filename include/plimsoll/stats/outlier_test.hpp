// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/stats/sample_unit.hpp"

/// \file
/// Tests of the largest numbers of a sample for being outliers. `sorted` is ascending, finite and not all equal.

namespace plimsoll::stats {

/// What a sample's largest standardised deviation, (max - mean) / deviation with divisor n - 1, exceeds with
/// probability `upper` at most when it is one given number of n independent normal ones, n >= 3, upper in (0, 0.5):
///   t (n - 1) / sqrt(n (n - 2 + t^2)),   t the upper quantile of Student's distribution with n - 2 degrees of freedom
/// (Thompson 1935, Ann. Math. Stat. 6; Rosner 1983, Technometrics 25, equation 2.5). As t^2 / (n - 2 + t^2) has a beta
/// distribution, it comes without t.
[[nodiscard]] inline double critical_deviation(std::size_t n, double upper) {
  const auto size = static_cast<double>(n);
  double share = 0;
  boost::math::ibeta_inv((size - 2) / 2, 0.5, 2 * upper, &share, MathPolicy());
  return (size - 1) * std::sqrt(share / size);
}

/// The standardised deviations of the maxima of sorted[0, n), sorted[0, n - 1), ...: `count` of them, each of three
/// numbers or more. 0 where all numbers left are equal. O(n), by the updates of Welford (1962, Technometrics 4), which
/// do not cancel, from the least number on.
[[nodiscard]] inline std::vector<double> maximum_deviations(std::span<const double> sorted, std::size_t count) {
  const SampleUnit unit(sorted);
  std::vector<double> deviations(count);
  double mean = 0;
  double squares = 0;
  for (std::size_t n = 1; n <= sorted.size(); ++n) {
    const double z = unit(sorted[n - 1]);
    const double step = z - mean;
    mean += step / static_cast<double>(n);
    squares += step * (z - mean);
    const std::size_t removed = sorted.size() - n;
    if (removed < count && squares > 0) {
      deviations[removed] = (z - mean) / std::sqrt(squares / static_cast<double>(n - 1));
    }
  }
  return deviations;
}

/// How many of the largest numbers are outliers by the generalised extreme studentized deviate test (Rosner 1983,
/// Technometrics 25), upper tail only: the largest i <= `most` for which the i-th maximum deviates by more than
/// critical_deviation(m, significance / m), m = n - i + 1 the numbers it is the maximum of. Numbers in front of it are
/// outliers too, whether or not their own deviation is large, so that they cannot mask each other. most <= n - 2.
[[nodiscard]] inline std::size_t generalised_esd(std::span<const double> sorted, double significance,
                                                 std::size_t most) {
  const std::vector<double> deviations = maximum_deviations(sorted, most);
  // The critical value grows with m: what does not exceed that of the fewest numbers exceeds none.
  const auto critical = [&](std::size_t i) {
    const std::size_t m = sorted.size() - i + 1;
    return critical_deviation(m, significance / static_cast<double>(m));
  };
  if (most == 0) return 0;
  const double least = critical(most);
  for (std::size_t i = most; i > 0; --i) {
    if (deviations[i - 1] > least * (1 - 1e-9) && deviations[i - 1] > critical(i)) return i;
  }
  return 0;
}

/// How many of the largest numbers are outliers by the modified Thompson tau test, upper tail only: the maximum is
/// taken away while it deviates by more than critical_deviation(m, significance), m the numbers that are left, and at
/// most `most` times. most <= n - 2.
[[nodiscard]] inline std::size_t thompson_tau(std::span<const double> sorted, double significance, std::size_t most) {
  const std::vector<double> deviations = maximum_deviations(sorted, most);
  std::size_t count = 0;
  while (count < most && deviations[count] > critical_deviation(sorted.size() - count, significance)) ++count;
  return count;
}

}  // namespace plimsoll::stats
