// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"

namespace plimsoll::stats {

/// The power transformation of Yeo and Johnson (2000, Biometrika 87, equation 2.1) of a number y >= 0, where it is
/// ((1 + y)^lambda - 1) / lambda, and log(1 + y) for lambda = 0. Without cancellation near that.
[[nodiscard]] inline double yeo_johnson(double y, double lambda) noexcept {
  const double u = std::log1p(y);
  return lambda == 0 ? u : std::expm1(lambda * u) / lambda;
}

/// The lambda that makes the transformed numbers, y >= 0, likeliest to be normally distributed (Yeo and Johnson 2000,
/// section 3): the root of the profile likelihood's slope, sum log(1 + y) - n cov(t, dt / dlambda) / var(t), t the
/// transformed numbers. The numbers are finite and not all equal. Nothing where the root lies beyond 2^20 either way.
/// Some hundred passes.
[[nodiscard]] inline std::optional<double> yeo_johnson_lambda(std::span<const double> numbers) {
  const auto n = static_cast<double>(numbers.size());
  const auto slope = [&](double lambda) {
    CompensatedSum logarithms;
    CompensatedSum sum;
    for (const double y : numbers) {
      logarithms += std::log1p(y);
      sum += yeo_johnson(y, lambda);
    }
    const double mean = sum.value() / n;
    CompensatedSum squares;
    CompensatedSum products;
    for (const double y : numbers) {
      const double u = std::log1p(y);
      const double v = lambda * u;
      // u^2 (v e^v - e^v + 1) / v^2, by its series where that cancels; the first term left out is v^5 / 840.
      const double derivative = u * u *
                                (std::abs(v) < 1e-3 ? 1.0 / 2 + v * (1.0 / 3 + v * (1.0 / 8 + v * (1.0 / 30 + v / 144)))
                                                    : (v * std::exp(v) - std::expm1(v)) / (v * v));
      const double t = yeo_johnson(y, lambda) - mean;
      squares += t * t;
      products += t * derivative;
    }
    return logarithms.value() - n * products.value() / squares.value();
  };
  double lower = -2;
  double upper = 2;
  constexpr double widest = 0x1p20;
  while (!(slope(lower) > 0)) {
    if (lower < -widest) return std::nullopt;
    upper = lower;
    lower *= 2;
  }
  while (!(slope(upper) < 0)) {
    if (upper > widest) return std::nullopt;
    lower = upper;
    upper *= 2;
  }
  while (true) {
    const double middle = lower + (upper - lower) / 2;
    if (!(middle > lower && middle < upper)) return middle;
    (slope(middle) > 0 ? lower : upper) = middle;
  }
}

}  // namespace plimsoll::stats
