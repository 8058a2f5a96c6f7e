// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// A sample's own origin and unit: x = reference + z 2^exponent, where the reference is a number from the sample's
/// middle and every |z| <= 1. So an estimator that works on z neither overflows nor cancels, and follows a factor
/// of a power of two bit for bit.
class SampleUnit {
 public:
  /// `sorted` is ascending, not empty, finite.
  explicit SampleUnit(std::span<const double> sorted) noexcept : reference_{sorted[sorted.size() / 2]} {
    const auto widest = [&] {
      return std::max(sorted.back() * halved_ - reference_ * halved_, reference_ * halved_ - sorted.front() * halved_);
    };
    if (widest() > std::numeric_limits<double>::max()) halved_ = 0.5;
    // 2^-exponent must be finite, so a spread below 2^-1022 has z that are smaller than they could be.
    if (widest() > 0) exponent_ = std::max(std::ilogb(widest()) + 1, -1022);
    factor_ = std::ldexp(1.0, -exponent_);
  }

  /// The number's z; exact up to the rounding of x - reference.
  [[nodiscard]] double operator()(double x) const noexcept { return (x * halved_ - reference_ * halved_) * factor_; }

  /// The number of a z.
  [[nodiscard]] double number(double z) const noexcept { return reference_ + length(z); }

  /// A length on the axis of z, on the sample's axis.
  [[nodiscard]] double length(double z) const noexcept { return std::ldexp(z / halved_, exponent_); }

 private:
  double reference_;
  double halved_ = 1;  ///< 1/2 where a difference would overflow
  double factor_ = 1;
  int exponent_ = 0;
};

}  // namespace plimsoll::stats
