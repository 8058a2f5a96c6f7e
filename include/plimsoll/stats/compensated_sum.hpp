// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// A sum whose error does not grow with the number of addends (Neumaier 1974, ZAMM 54, 39-51, the improved
/// Kahan-Babuska algorithm): some 2^-53 of itself and n 2^-106 of the sum of magnitudes. Depends on the order of
/// the addends, if at all, in that error. Finite addends whose partial sums do not overflow.
class CompensatedSum {
 public:
  /// Adds a finite number.
  CompensatedSum& operator+=(double x) noexcept {
    const double sum = sum_ + x;
    lost_ += std::abs(sum_) >= std::abs(x) ? (sum_ - sum) + x : (x - sum) + sum_;
    sum_ = sum;
    return *this;
  }

  /// The sum so far.
  [[nodiscard]] double value() const noexcept { return sum_ + lost_; }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.sum_);
    archive(self.lost_);
  }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace plimsoll::stats
