// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/gev_fit.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/l_moments.hpp"
#include "plimsoll/stats/random.hpp"

namespace plimsoll::stats {

/// How far the level of a generalised extreme value distribution fitted by L-moments may be from the true one: a
/// parametric bootstrap of the distance in units of the sample's L-scale,
///   t = (fitted level - true level) / l2,
/// whose distribution would not depend on location and scale, and is simulated for the fitted shape (the studentised
/// bootstrap of Davison and Hinkley 1997, "Bootstrap Methods and their Application", equations 2.10 and 5.6). The level
/// less l2 times a quantile of t is then a bound of the true one. By simulation, with 95 % asked for, 10 to 40 numbers
/// and a shape of -.2 to .2: the upper bound holds in 94 to 96 % of samples at a rate of .3, 92 to 95 % at .2, 90 to
/// 94 % at .1 and 82 to 91 % at .05. Percentiles of the simulated levels themselves: 88 to 94 % at .3.
class GevLevelBootstrap {
 public:
  /// `sorted` is ascending, and `fitted` is gev_l_moments of it; the level is that with the share `rate` above it. The
  /// same seed gives the same bounds. Costs `replicates` samples and fits: some 0.1 us a number.
  GevLevelBootstrap(std::span<const double> sorted, const Gev& fitted, double rate, std::size_t replicates,
                    std::uint64_t seed)
      : level_{fitted.upper_quantile(rate)}, scale_{l_moments(sorted).l2} {
    const Gev shape{0, 1, fitted.xi};
    const double level = shape.upper_quantile(rate);
    Random random(seed);
    std::vector<double> sample(sorted.size());
    distances_.reserve(replicates);
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
      for (double& x : sample) x = shape.upper_quantile(random.uniform());
      std::ranges::sort(sample);
      const Estimate<Gev> estimate = gev_l_moments(sample);
      const double distance = (estimate.family.upper_quantile(rate) - level) / l_moments(sample).l2;
      if (estimate.ok() && std::isfinite(distance)) distances_.push_back(distance);
    }
    std::ranges::sort(distances_);
  }

  /// The true level lies below this with the confidence in (0, 1); +inf when there are too few replicates to say, under
  /// 1 / (1 - confidence) - 1.
  [[nodiscard]] double upper(double confidence) const noexcept {
    const std::size_t rank = outer(1 - confidence);
    return rank == 0 ? std::numeric_limits<double>::infinity() : level_ - scale_ * distances_[rank - 1];
  }

  /// The true level lies above this with the confidence; -inf when there are too few replicates to say.
  [[nodiscard]] double lower(double confidence) const noexcept {
    const std::size_t rank = outer(1 - confidence);
    return rank == 0 ? -std::numeric_limits<double>::infinity()
                     : level_ - scale_ * distances_[distances_.size() - rank];
  }

  /// Both, with half of the doubt at each end.
  [[nodiscard]] Interval interval(double confidence) const noexcept {
    return {lower((1 + confidence) / 2), upper((1 + confidence) / 2)};
  }

 private:
  /// The largest k with k / (replicates + 1) <= share: the k-th distance from either end has at most that beyond it.
  [[nodiscard]] std::size_t outer(double share) const noexcept {
    constexpr double rounding = 1e-9;  // 1 - .95 is above .05 in double, and 1 - .975 below .025
    return static_cast<std::size_t>(static_cast<double>(distances_.size() + 1) * (share + rounding));
  }

  double level_;
  double scale_;
  std::vector<double> distances_;  ///< ascending
};

}  // namespace plimsoll::stats
