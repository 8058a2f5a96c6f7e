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
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/log_ratio.hpp"
#include "plimsoll/stats/sample_status.hpp"

namespace plimsoll::stats {

/// The Weibull distribution, P(X > x) = exp(-((x - location) / scale)^shape), shape > 0, scale > 0. Its support is
/// from `location` on, which is known.
struct Weibull {
  double shape = 1;     ///< above 0; 1: exponential
  double scale = 1;     ///< above 0, in the unit of the data
  double location = 0;  ///< where the support begins

  static constexpr std::size_t parameter_count = 2;    ///< those that are fitted: location is not
  static constexpr std::string_view name = "weibull";  ///< as in estimates and files

  /// At `location` the limit, which is infinite for shape < 1.
  [[nodiscard]] double pdf(double x) const noexcept {
    const double z = standard(x);
    const double t = std::pow(z, shape);
    return x < location || t == infinity ? 0 : std::pow(z, shape - 1) * std::exp(-t) * shape / scale;
  }

  /// log(pdf(x)), also where the density is below all doubles; -inf below `location`.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    const double z = standard(x);
    const double t = std::pow(z, shape);
    if (x < location || t == infinity) return -infinity;
    const double power = shape == 1 ? 0 : (shape - 1) * std::log(z);
    return power - t + std::log(shape) - std::log(scale);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept {
    const double z = standard(x);
    return z <= 0 ? 0 : -std::expm1(-std::pow(z, shape));
  }

  /// 1 - cdf(x), without its cancellation.
  [[nodiscard]] double upper_tail(double x) const noexcept {
    const double z = standard(x);
    return z <= 0 ? 1 : std::exp(-std::pow(z, shape));
  }

  /// x with cdf(x) = p, p in [0, 1]; `location` at 0, infinite at 1.
  [[nodiscard]] double lower_quantile(double p) const noexcept {
    return location + scale * std::pow(-std::log1p(-p), 1 / shape);
  }

  /// x with upper_tail(x) = p, p in [0, 1]; infinite at 0, `location` at 1.
  [[nodiscard]] double upper_quantile(double p) const noexcept {
    return location + scale * std::pow(-std::log(p), 1 / shape);
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  [[nodiscard]] double standard(double x) const noexcept { return (x - location) / scale; }
};

/// The Weibull distribution of this location that makes the sample likeliest. `sorted` is ascending and finite.
/// O(n), some ten passes. The negated logarithms of the sample have a Gumbel distribution of scale 1 / shape, whose
/// likelihood has one maximum; see detail::gumbel_mle_of.
[[nodiscard]] inline Estimate<Weibull> weibull_mle(std::span<const double> sorted, double location = 0) noexcept {
  Estimate<Weibull> estimate{.status = sample_status(sorted, location)};
  if (!estimate.ok()) return estimate;
  estimate.status = EstimateStatus::not_converged;
  const double reference = sorted[sorted.size() / 2];
  const auto negated = [&](std::size_t i) {
    return -log_ratio(sorted[i] - location, reference - location, sorted[i] - reference);
  };
  const auto fitted = detail::gumbel_mle_of(negated, sorted.size(), negated(sorted.size() - 1));
  if (!fitted) return estimate;
  estimate.family = {1 / fitted->sigma, (reference - location) * std::exp(-fitted->mu), location};
  estimate.status = scale_status(estimate.family.scale);
  CompensatedSum sum;  // by the density of the negated logarithm t of y / reference, times dt / dy = -1 / y
  for (std::size_t i = 0; i < sorted.size(); ++i) sum += fitted->log_pdf(negated(i)) + negated(i);
  estimate.log_likelihood = sum.value() - static_cast<double>(sorted.size()) * std::log(reference - location);
  return estimate;
}

}  // namespace plimsoll::stats
