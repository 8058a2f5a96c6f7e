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

/// What the reduced variate and its derivatives are made of, at t = xi z > -1. The variate is z log(1 + t) / t, and its
/// slope in xi is -z^2 (log(1 + t) - t / (1 + t)) / t^2. One logarithm and two divisions for |t| > 1/20; else series.
struct ShapeTerms {
  double by_stretch;   ///< 1 / (1 + t)
  double log_share;    ///< log(1 + t) / t
  double slope_share;  ///< (log(1 + t) - t / (1 + t)) / t^2
  double bend_share;   ///< its slope

  explicit ShapeTerms(double t) noexcept : by_stretch{1 / (1 + t)} {
    if (std::abs(t) > 0.05) {
      const double by_t = 1 / t;
      log_share = std::log(1 + t) * by_t;  // to 2^-48, as 1 + t is rounded
      slope_share = (log_share - by_stretch) * by_t;
      bend_share = (by_stretch * by_stretch - 2 * slope_share) * by_t;
      return;
    }
    // Of (-t)^(k - 2) (k - 1) / k from k = 2 on, 0.05^12 being below 2^-51, and its slope.
    double sum = series[12].value;
    double bend = series[13].slope;
    for (std::size_t i = 12; i > 0; --i) {
      sum = series[i - 1].value - t * sum;
      bend = series[i].slope - t * bend;
    }
    slope_share = sum;
    bend_share = -bend;
    log_share = by_stretch + t * slope_share;
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
    const ShapeTerms terms(shape * z);
    const double v = z * terms.by_stretch;
    y = z * terms.log_share;
    mu = -terms.by_stretch;
    log_sigma = -v;
    xi = -z * z * terms.slope_share;
    mu_mu = -shape * terms.by_stretch * terms.by_stretch;
    mu_log_sigma = terms.by_stretch * terms.by_stretch;
    mu_xi = v * terms.by_stretch;
    log_sigma_log_sigma = v * terms.by_stretch;
    log_sigma_xi = v * v;
    xi_xi = -z * z * z * terms.bend_share;
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
