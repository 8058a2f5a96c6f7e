// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "plimsoll/core/config.hpp"

/// \file
/// The transform that extreme-value distributions share, smooth through xi = 0, where it is d / sigma.

namespace plimsoll::stats::detail {

/// y = log(1 + xi d / sigma) / xi, sigma > 0. +inf at and beyond the upper end -sigma / xi (xi < 0), -inf at and below
/// the lower end (xi > 0).
[[nodiscard]] inline double reduced_variate(double d, double sigma, double xi) noexcept {
  const double z = d / sigma;
  if (xi == 0) return z;
  const double t = xi * z;
  if (t == 0) return z;
  if (t <= -0.5) {  // near the end: 1 + t with a single rounding
    const double left = std::fma(xi, d, sigma) / sigma;
    if (left <= 0) return std::copysign(std::numeric_limits<double>::infinity(), -xi);
    return std::log(left) / xi;
  }
  if (t > 1e300) {  // d / sigma may have overflowed
    const double log_t = std::log(std::abs(xi)) + std::log(std::abs(d)) - std::log(sigma);
    return (log_t > 40 ? log_t : std::log1p(std::exp(log_t))) / xi;
  }
  return z * (std::log1p(t) / t);
}

/// The inverse: sigma (exp(xi y) - 1) / xi; the ends of the support for y = +-inf.
[[nodiscard]] inline double from_reduced_variate(double y, double sigma, double xi) noexcept {
  if (std::isinf(y)) return (y > 0) == (xi < 0) && xi != 0 ? -sigma / xi : y;
  const double s = xi * y;
  if (s == 0) return sigma * y;
  if (s > 700)
    return sigma * std::exp(s / 2) / xi * std::exp(s / 2);  // exp(s) may overflow where sigma exp(s) does not
  return sigma * (y * (std::expm1(s) / s));
}

/// Of (log(1 + t) - t / (1 + t)) / t^2, t > -1: the slope of the reduced variate in xi is -z^2 times this at t = xi z.
class ShapeSlope {
 public:
  double value;
  double slope;

  /// `log` is log(1 + t).
  ShapeSlope(double t, double log) noexcept {
    if (std::abs(t) > 0.05) {
      value = (log - t / (1 + t)) / (t * t);
      slope = (1 / ((1 + t) * (1 + t)) - 2 * value) / t;
      return;
    }
    // Of (-t)^(k - 2) (k - 1) / k from k = 2 on, 0.05^12 being below 2^-51, and its slope.
    double sum = series[12].value;
    double bend = series[13].slope;
    for (std::size_t i = 12; i > 0; --i) {
      sum = series[i - 1].value - t * sum;
      bend = series[i].slope - t * bend;
    }
    value = sum;
    slope = -bend;
  }

 private:
  struct Term {
    double value;
    double slope;
  };
  static constexpr std::array<Term, 14> series = [] {
    std::array<Term, 14> terms{};
    for (int k = 2; k < 16; ++k) terms[static_cast<std::size_t>(k - 2)] = {(k - 1.0) / k, (k - 2.0) * (k - 1.0) / k};
    return terms;
  }();
};

/// The reduced variate y of z = (x - mu) / sigma with its derivatives in mu (in units of sigma), log sigma and xi.
/// 1 + xi z > 0.
struct ReducedDerivatives {
  double y;
  double mu, log_sigma, xi;
  double mu_mu, mu_log_sigma, mu_xi, log_sigma_log_sigma, log_sigma_xi, xi_xi;

  ReducedDerivatives(double z, double shape) noexcept {
    const double t = shape * z;
    const double u = 1 + t;
    const double v = z / u;
    const double log = std::log1p(t);
    const ShapeSlope by_shape(t, log);
    y = t == 0 ? z : z * (log / t);
    mu = -1 / u;
    log_sigma = -v;
    xi = -z * z * by_shape.value;
    mu_mu = -shape / (u * u);
    mu_log_sigma = 1 / (u * u);
    mu_xi = v / u;
    log_sigma_log_sigma = v / u;
    log_sigma_xi = v * v;
    xi_xi = -z * z * z * by_shape.slope;
  }
};

/// (exp(x) - 1) / x with its first two derivatives.
struct ExponentialRatio {
  double value = 1;
  double slope = 0.5;
  double bend = 1.0 / 3;

  explicit ExponentialRatio(double x) noexcept {
    if (std::abs(x) > 0.5) {
      value = std::expm1(x) / x;
      slope = (std::exp(x) - value) / x;
      bend = (std::exp(x) - 2 * slope) / x;
      return;
    }
    value = slope = bend = 0;
    double factorial = 355687428096000;  // 17!; the series of value is x^k / (k + 1)!
    for (int k = 16; k >= 0; --k) {
      value = value * x + 1 / factorial;
      if (k >= 1) slope = slope * x + k / factorial;
      if (k >= 2) bend = bend * x + k * (k - 1.0) / factorial;
      factorial /= k + 1;
    }
  }
};

}  // namespace plimsoll::stats::detail
