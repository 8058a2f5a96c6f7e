// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats::detail {

/// The logarithm of a product of many numbers by one std::log: the exponents are added up as whole numbers. The product
/// of n numbers has the relative error n 2^-53 at most, so their mean logarithm is off by 2^-53.
class LogProduct {
 public:
  /// A normal number above 0.
  void multiply(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(mantissa_ * x);
    exponent_ += static_cast<std::int64_t>(bits >> 52) - 1023;
    mantissa_ = std::bit_cast<double>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  }

  [[nodiscard]] double log() const noexcept {
    return std::log(mantissa_) + static_cast<double>(exponent_) * std::numbers::ln2;
  }

 private:
  double mantissa_ = 1;  ///< in [1, 2)
  std::int64_t exponent_ = 0;
};

}  // namespace plimsoll::stats::detail
