// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/log1p.hpp>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/incomplete_gamma.hpp"
#include "plimsoll/stats/log_ratio.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/sample_status.hpp"
#include "plimsoll/stats/sample_unit.hpp"

namespace plimsoll::stats {

namespace detail {

/// log(k^k e^-k / Gamma(k)), k > 0: from 16 on by Stirling's series (NIST DLMF 5.11.1), whose first omitted term is
/// below 2^-60 there.
[[nodiscard]] inline double log_stirling_ratio(double k) noexcept {
  if (k < 16) return k * std::log(k) - k + std::log(k) - boost::math::lgamma(k + 1, MathPolicy());
  const double r = 1 / k;
  const double q = r * r;
  const double remainder =
      r * (1.0 / 12 - q * (1.0 / 360 - q * (1.0 / 1260 - q * (1.0 / 1680 - q * (1.0 / 1188 - q * (691.0 / 360360))))));
  return std::log(k / (2 * std::numbers::pi)) / 2 - remainder;
}

/// log(k) - digamma(k) and its slope, k > 0. Above 0 and falling. From 16 on by its asymptotic series (DLMF 5.11.2),
/// whose first omitted term is below 2^-57 of it there; below by digamma(k) = digamma(k + 1) - 1 / k, so that all
/// terms are above 0 and none cancels.
[[nodiscard]] inline Tangent log_minus_digamma(double k) noexcept {
  Tangent sum{0, 0};
  while (k < 16) {
    sum.value -= boost::math::log1pmx(1 / k, MathPolicy());
    sum.slope -= 1 / (k * k * (k + 1));
    k += 1;
  }
  const double r = 1 / k;
  const double q = r * r;
  sum.value +=
      r / 2 +
      q * (1.0 / 12 - q * (1.0 / 120 - q * (1.0 / 252 - q * (1.0 / 240 - q * (1.0 / 132 - q * (691.0 / 32760))))));
  sum.slope -=
      q / 2 +
      q * r * (1.0 / 6 - q * (1.0 / 30 - q * (1.0 / 42 - q * (1.0 / 30 - q * (5.0 / 66 - q * (691.0 / 2730))))));
  return sum;
}

}  // namespace detail

/// The gamma distribution, density y^(shape - 1) exp(-y / scale) / (scale^shape Gamma(shape)) at location + y, with
/// shape > 0 and scale > 0. Its support is from `location` on, which is known.
struct Gamma {
  double shape = 1;     ///< above 0
  double scale = 1;     ///< above 0, in the unit of the data
  double location = 0;  ///< where the support begins

  static constexpr std::size_t parameter_count = 2;  ///< those that are fitted: location is not
  static constexpr std::string_view name = "gamma";  ///< as in estimates and files

  /// At `location` the limit, which is infinite for shape < 1.
  [[nodiscard]] double pdf(double x) const noexcept { return std::exp(log_pdf(x)); }

  /// log(pdf(x)), also where the density is below all doubles; -inf below `location`.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double w = standard(x);
    if (x < location || w == infinity) return -infinity;
    if (w == 0) return shape < 1 ? infinity : shape == 1 ? -std::log(scale) : -infinity;
    // With u = w / shape - 1: w^shape e^-w / Gamma(shape) = (shape^shape e^-shape / Gamma(shape)) ((1 + u) e^-u)^shape.
    const double u = (w - shape) / shape;
    const double logarithm =
        std::abs(u) < 0.5 ? boost::math::log1pmx(u, MathPolicy()) : log_ratio(w, shape, w - shape) - u;
    return shape * logarithm + detail::log_stirling_ratio(shape) - std::log(w) - std::log(scale);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept {
    const double w = standard(x);
    return w <= 0 ? 0 : lower_gamma(shape, w);
  }

  /// 1 - cdf(x), without its cancellation.
  [[nodiscard]] double upper_tail(double x) const noexcept {
    const double w = standard(x);
    return w <= 0 ? 1 : upper_gamma(shape, w);
  }

  /// x with cdf(x) = p, p in [0, 1]; `location` at 0, infinite at 1.
  [[nodiscard]] double lower_quantile(double p) const noexcept {
    return location + scale * lower_gamma_quantile(shape, p);
  }

  /// x with upper_tail(x) = p, p in [0, 1]; infinite at 0, `location` at 1.
  [[nodiscard]] double upper_quantile(double p) const noexcept {
    return location + scale * upper_gamma_quantile(shape, p);
  }

 private:
  [[nodiscard]] double standard(double x) const noexcept { return (x - location) / scale; }
};

/// The gamma distribution of this location that makes the sample likeliest. `sorted` is ascending and finite. O(n).
///
/// With y = x - location, scale = mean y / shape, and the shape is the root of
///   log(shape) - digamma(shape) = s,   s = log(mean y) - mean log y > 0
/// (Choi and Wette 1969, Technometrics 11, 683-690). The left side falls from infinity to 0, so there is one root,
/// and lies between 1 / (2 shape) and 1 / shape (Alzer 1997, Math. Comp. 66, 373-389).
[[nodiscard]] inline Estimate<Gamma> gamma_mle(std::span<const double> sorted, double location = 0) noexcept {
  Estimate<Gamma> estimate{.status = sample_status(sorted, location)};
  if (!estimate.ok()) return estimate;
  estimate.status = EstimateStatus::not_converged;
  const SampleUnit unit(sorted);
  const auto n = static_cast<double>(sorted.size());
  CompensatedSum sum;
  for (const double x : sorted) sum += unit(x);
  const double mean = unit.number(sum.value() / n);
  const double mean_y = mean - location;
  // With u = y / mean y - 1: s is the mean of u - log(1 + u), which is nowhere below 0. The mean is rounded, so that
  // of u is not 0 but e, for which e - log(1 + e) is taken back.
  CompensatedSum excess;
  CompensatedSum residual;
  for (const double x : sorted) {
    const double u = (x - mean) / mean_y;
    excess +=
        std::abs(u) < 0.5 ? -boost::math::log1pmx(u, MathPolicy()) : u - log_ratio(x - location, mean_y, x - mean);
    residual += u;
  }
  const double s = excess.value() / n + boost::math::log1pmx(residual.value() / n, MathPolicy());
  const auto equation = [s](double shape) -> Tangent {
    const Tangent at = detail::log_minus_digamma(shape);
    return {s - at.value, -at.slope};
  };
  // Greenwood and Durand 1960, Technometrics 2, 55-65, gave closed forms; this one is within 2 %.
  const double start = (3 - s + std::sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
  const auto shape = newton(equation, 0.5 / s, 1 / s, std::min(std::max(start, 0.5 / s), 1 / s));
  if (!shape) return estimate;
  estimate.family = {*shape, mean_y / *shape, location};
  estimate.status = scale_status(estimate.family.scale);
  // (shape - 1) mean log y - shape - shape log(scale) - log Gamma(shape), by s.
  estimate.log_likelihood = n * (detail::log_stirling_ratio(*shape) - (*shape - 1) * s - std::log(mean_y));
  return estimate;
}

}  // namespace plimsoll::stats
