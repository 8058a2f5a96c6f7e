// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/log_ratio.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/sample_status.hpp"

namespace plimsoll::stats {

/// The log-normal distribution: log(X - location) is normal, log_deviation > 0. Its support is above `location`,
/// which is known.
struct LogNormal {
  double log_mean = 0;       ///< mean of log(X - location)
  double log_deviation = 1;  ///< its standard deviation, above 0
  double location = 0;       ///< where the support begins

  static constexpr std::size_t parameter_count = 2;       ///< those that are fitted: location is not
  static constexpr std::string_view name = "log_normal";  ///< as in estimates and files

  /// The density at x, 0 up to `location`.
  [[nodiscard]] double pdf(double x) const noexcept { return std::exp(log_pdf(x)); }

  /// log(pdf(x)), also where the density is below all doubles; -inf up to `location`.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    const double y = x - location;
    return y <= 0 ? -std::numeric_limits<double>::infinity() : logarithm().log_pdf(std::log(y)) - std::log(y);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept {
    const double y = x - location;
    return y <= 0 ? 0 : logarithm().cdf(std::log(y));
  }

  /// 1 - cdf(x), without its cancellation.
  [[nodiscard]] double upper_tail(double x) const noexcept {
    const double y = x - location;
    return y <= 0 ? 1 : logarithm().upper_tail(std::log(y));
  }

  /// x with cdf(x) = p, p in [0, 1]; `location` at 0, infinite at 1.
  [[nodiscard]] double lower_quantile(double p) const noexcept {
    return location + std::exp(logarithm().lower_quantile(p));
  }

  /// x with upper_tail(x) = p, p in [0, 1]; infinite at 0, `location` at 1.
  [[nodiscard]] double upper_quantile(double p) const noexcept {
    return location + std::exp(logarithm().upper_quantile(p));
  }

 private:
  [[nodiscard]] Normal logarithm() const noexcept { return {log_mean, log_deviation}; }
};

/// The log-normal distribution of this location that makes the sample likeliest. `sorted` is ascending and finite.
/// O(n).
[[nodiscard]] inline Estimate<LogNormal> log_normal_mle(std::span<const double> sorted, double location = 0) noexcept {
  Estimate<LogNormal> estimate{.status = sample_status(sorted, location)};
  if (!estimate.ok()) return estimate;
  const auto n = static_cast<double>(sorted.size());
  const double reference = sorted[sorted.size() / 2];
  const auto logarithm = [&](double x) { return log_ratio(x - location, reference - location, x - reference); };
  CompensatedSum sum;
  for (const double x : sorted) sum += logarithm(x);
  const double mean = sum.value() / n;
  CompensatedSum squares;
  for (const double x : sorted) squares += (logarithm(x) - mean) * (logarithm(x) - mean);
  const double log_mean = std::log(reference - location) + mean;
  const Normal logarithms{log_mean, std::sqrt(squares.value() / n)};
  estimate.family = {log_mean, logarithms.deviation, location};
  estimate.status = scale_status(logarithms.deviation);
  estimate.log_likelihood = n * (logarithms.log_pdf(log_mean) - 0.5 - log_mean);
  return estimate;
}

}  // namespace plimsoll::stats
