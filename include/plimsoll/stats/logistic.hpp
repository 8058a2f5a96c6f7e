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
#include "plimsoll/stats/log_likelihood.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/sample_status.hpp"
#include "plimsoll/stats/sample_unit.hpp"

namespace plimsoll::stats {

/// The logistic distribution, P(X <= x) = 1 / (1 + exp(-(x - location) / scale)), scale > 0.
struct Logistic {
  double location = 0;  ///< mean and median
  double scale = 1;     ///< above 0, in the unit of the data

  static constexpr std::size_t parameter_count = 2;     ///< those that are fitted
  static constexpr std::string_view name = "logistic";  ///< as in estimates and files

  /// The density at x.
  [[nodiscard]] double pdf(double x) const noexcept {
    const double e = std::exp(-std::abs((x - location) / scale));
    return e / ((1 + e) * (1 + e)) / scale;
  }

  /// log(pdf(x)), also where the density is below all doubles.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    const double distance = std::abs((x - location) / scale);
    return -distance - 2 * std::log1p(std::exp(-distance)) - std::log(scale);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept { return sigmoid((x - location) / scale); }

  /// 1 - cdf(x), without its cancellation.
  [[nodiscard]] double upper_tail(double x) const noexcept { return sigmoid((location - x) / scale); }

  /// x with cdf(x) = p, p in [0, 1]; infinite at 0 and 1.
  [[nodiscard]] double lower_quantile(double p) const noexcept { return location + scale * logit(p); }

  /// x with upper_tail(x) = p, p in [0, 1]; infinite at 0 and 1.
  [[nodiscard]] double upper_quantile(double p) const noexcept { return location - scale * logit(p); }

 private:
  [[nodiscard]] static double sigmoid(double z) noexcept {
    const double e = std::exp(-std::abs(z));
    return (z < 0 ? e : 1) / (1 + e);
  }

  [[nodiscard]] static double logit(double p) noexcept {
    return p > 0.25 && p < 0.75 ? std::log1p((2 * p - 1) / (1 - p)) : std::log(p / (1 - p));
  }
};

/// The logistic distribution that makes the sample likeliest. `sorted` is ascending and finite. O(n), some twenty
/// passes.
///
/// The log-likelihood is strictly concave in 1 / scale and location / scale when the numbers are not all equal, as
/// -z - 2 log(1 + e^-z) is in z, which is linear in the two, and log(1 / scale) is too. So for each scale one
/// location is best, the root of sum tanh(z / 2), which falls with the location; and along these the likelihood has
/// one maximum, where n - sum z tanh(z / 2), its derivative by the scale but for a factor above 0, changes its sign.
[[nodiscard]] inline Estimate<Logistic> logistic_mle(std::span<const double> sorted) noexcept {
  Estimate<Logistic> estimate{.status = sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  estimate.status = EstimateStatus::not_converged;
  const SampleUnit unit(sorted);
  const auto n = static_cast<double>(sorted.size());
  const double least = unit(sorted.front());
  const double most = unit(sorted.back());

  double location = 0;  // the sample's middle at first, then the best one of the last scale
  const auto best_location = [&](double scale) {
    const auto equation = [&](double at) -> Tangent {
      CompensatedSum sum;
      CompensatedSum slope;
      for (const double x : sorted) {
        const double tanh = std::tanh((at - unit(x)) / scale / 2);
        sum += tanh;
        slope += (1 - tanh) * (1 + tanh);
      }
      return {sum.value(), slope.value() / (2 * scale)};
    };
    return newton(equation, least, most, location, scale * std::numeric_limits<double>::epsilon());
  };
  const auto equation = [&](double scale) -> Tangent {
    location = best_location(scale).value_or(std::numeric_limits<double>::quiet_NaN());
    CompensatedSum excess;  // sum of z tanh(z / 2) - 1
    double s0 = 0;          // sums of 1 - tanh^2, times 1, z, z^2
    double s1 = 0;
    double s2 = 0;
    for (const double x : sorted) {
      const double z = (unit(x) - location) / scale;
      const double tanh = std::tanh(z / 2);
      const double s = (1 - tanh) * (1 + tanh);
      excess += z * tanh - 1;
      s0 += s;
      s1 += s * z;
      s2 += s * z * z;
    }
    // The location moves by -s1 / s0 times the change of the scale.
    return {-excess.value(), (excess.value() + n + (s2 - s1 * s1 / s0) / 2) / scale};
  };
  // |z| - 0.56 < z tanh(z / 2) <= z^2 / 2. So the sum exceeds n when the mean distance from the middle, which is
  // the least there is, is twice the scale, and is at most n / 2 when no distance exceeds the scale.
  CompensatedSum distances;
  for (const double x : sorted) distances += std::abs(unit(x));
  const double distance = distances.value() / n;
  // The distribution's mean distance is 2 log 2 scales.
  const auto scale = newton(equation, distance / 2, most - least, distance / 1.386);
  if (!scale) return estimate;
  estimate.family = {unit.number(location), unit.length(*scale)};
  estimate.status = scale_status(estimate.family.scale);
  estimate.log_likelihood = log_likelihood(sorted, estimate.family);
  return estimate;
}

}  // namespace plimsoll::stats
