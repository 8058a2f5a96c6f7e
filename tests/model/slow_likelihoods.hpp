// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "slow_fits.hpp"

/// \file
/// Likelihoods in long double, and a search for their maxima.

namespace plimsoll::model {

inline constexpr long double never = -std::numeric_limits<long double>::infinity();

/// A maximum that the simplex of Nelder and Mead finds from a start, restarted where it ended until that gains nothing.
template <std::size_t D>
struct Summit {
  std::array<long double, D> at;
  long double value;
};
template <std::size_t D, typename Function>
[[nodiscard]] Summit<D> climb(const Function& function, const std::array<long double, D>& start) {
  Summit<D> best{start, function(start)};
  for (int restart = 0; restart < 6; ++restart) {
    std::array<Summit<D>, D + 1> simplex;
    simplex[0] = best;
    for (std::size_t i = 0; i < D; ++i) {
      auto at = best.at;
      at[i] += restart % 2 == 0 ? 0.1L : -0.05L;
      simplex[i + 1] = {at, function(at)};
    }
    const auto higher = [](const Summit<D>& a, const Summit<D>& b) { return a.value > b.value; };
    for (int step = 0; step < 400; ++step) {
      std::ranges::sort(simplex, higher);
      if (simplex[0].value - simplex[D].value < 1e-16L * (1 + std::abs(simplex[0].value))) break;
      std::array<long double, D> centre{};
      for (std::size_t j = 0; j < D; ++j) {
        for (std::size_t i = 0; i < D; ++i) centre[j] += simplex[i].at[j] / static_cast<long double>(D);
      }
      const auto along = [&](long double t) {
        std::array<long double, D> at;
        for (std::size_t j = 0; j < D; ++j) at[j] = centre[j] + t * (simplex[D].at[j] - centre[j]);
        return Summit<D>{at, function(at)};
      };
      const Summit<D> mirrored = along(-1);
      if (mirrored.value > simplex[0].value) {
        const Summit<D> further = along(-2);
        simplex[D] = further.value > mirrored.value ? further : mirrored;
      } else if (mirrored.value > simplex[D - 1].value) {
        simplex[D] = mirrored;
      } else if (const Summit<D> inner = along(0.5L); inner.value > simplex[D].value) {
        simplex[D] = inner;
      } else {
        for (std::size_t i = 1; i <= D; ++i) {
          for (std::size_t j = 0; j < D; ++j) simplex[i].at[j] = (simplex[i].at[j] + simplex[0].at[j]) / 2;
          simplex[i].value = function(simplex[i].at);
        }
      }
    }
    std::ranges::sort(simplex, higher);
    const bool settled = restart > 0 && !(simplex[0].value > best.value + 1e-15L * (1 + std::abs(best.value)));
    if (simplex[0].value > best.value) best = simplex[0];
    if (settled) break;
  }
  return best;
}

/// Where a likelihood is higher near a place than at it; empty where nowhere, beyond the slack.
template <std::size_t D, typename Function>
[[nodiscard]] std::string higher_nearby(const Function& function, const std::array<long double, D>& at,
                                        long double slack, Random& random) {
  const long double here = function(at);
  for (int i = 0; i < 60; ++i) {
    auto other = at;
    const long double radius = std::pow(10.0L, -1 - static_cast<long double>(i % 5));
    for (auto& x : other) x += radius * static_cast<long double>(random.normal());
    // Far steps may lead to another maximum, which is compared elsewhere.
    if (i % 5 == 0 && D > 2) continue;
    const long double there = function(other);
    if (there > here + slack) {
      return "the likelihood is higher nearby, by " + std::to_string(static_cast<double>(there - here));
    }
  }
  return "";
}

/// A maximum of n log-densities of order 1: parameters that are right to 2^-26 of their unit cost n 2^-52, as the
/// likelihood is a parabola there; and some bits for its curvature and for sums in double.
[[nodiscard]] inline long double slack_of(std::size_t n) {
  return static_cast<long double>(n) * 0x1p-40L;
}

/// log(1 + x t) / x, with t its limit.
[[nodiscard]] inline long double log_ratio(long double x, long double t) {
  return std::abs(x * t) < 1e-12L ? t - x * t * t / 2 : std::log1p(x * t) / x;
}

/// The distance of the level of this rate from the start of a generalised Pareto tail.
[[nodiscard]] inline long double gpd_level(long double sigma, long double xi, long double rate) {
  const long double y = -std::log(rate);
  return sigma * (std::abs(xi * y) < 1e-12L ? y + xi * y * y / 2 : std::expm1(xi * y) / xi);
}

/// The log-likelihood in log sigma and xi, -1 < xi <= 10.
struct GpdLikelihood {
  const std::vector<double>& y;

  long double operator()(const std::array<long double, 2>& at) const {
    const auto [log_sigma, xi] = at;
    if (!(xi > -1 && xi <= 10)) return never;
    const long double sigma = std::exp(log_sigma);
    if (!(1 + xi * y.back() / sigma > 0)) return never;
    long double sum = 0;
    for (const double x : y) sum -= (1 + xi) * log_ratio(xi, x / sigma) + log_sigma;
    return sum;
  }

  /// The highest of the maxima that are found within the range.
  [[nodiscard]] std::optional<Summit<2>> highest() const {
    long double mean = 0;
    for (const double x : y) mean += x / static_cast<long double>(y.size());
    std::optional<Summit<2>> best;
    for (const long double xi : {-0.8L, -0.5L, -0.2L, 0.0L, 0.2L, 0.5L, 1.0L, 3.0L}) {
      for (const long double factor : {1.0L, 0.3L}) {
        const long double sigma = std::max(mean * factor, xi < 0 ? -1.05L * xi * y.back() : 0);
        const auto found = climb<2>(*this, {std::log(sigma), xi});
        // Not at the ends of the range, where it may grow further.
        if (found.at[1] < -0.97L || found.at[1] > 9.7L) continue;
        if (!best || found.value > best->value) best = found;
      }
    }
    return best;
  }
};

/// The scores above a start, less it; nothing where rounding decides which they are.
struct TailOf {
  long double start;
  std::vector<double> values;
  bool sure = true;

  TailOf(const std::vector<double>& sorted, double share) {
    const Quantile u = quantile_7(sorted, 1 - share);
    start = u.value;
    for (const double x : sorted) {
      if (u.bound > 0 && std::abs(x - u.value) <= u.bound) sure = false;
      if (x > u.value) values.push_back(static_cast<double>(x - u.value));
    }
  }
};

/// The log-likelihood of maxima in mu, log sigma and xi.
struct GevLikelihood {
  const std::vector<double>& x;
  long double unit;
  long double middle;

  long double operator()(const std::array<long double, 3>& at) const {
    const auto [mu, log_sigma, xi] = at;
    if (!(xi > -1 && xi <= 10)) return never;
    const long double sigma = std::exp(log_sigma);
    long double sum = 0;
    for (const double score : x) {
      const long double z = ((score - middle) / unit - mu) / sigma;
      if (!(1 + xi * z > 0)) return never;
      const long double w = log_ratio(xi, z);
      sum -= (1 + xi) * w + std::exp(-w) + log_sigma;
    }
    return sum;
  }
};

/// A family of parametric: its likelihood in unconstrained parameters, and its upper quantile.
struct FamilyModel {
  std::string name;
  std::vector<long double> x;

  [[nodiscard]] std::array<long double, 2> at(const Estimates& e) const {
    if (name == "normal") return {e.at("mean"), std::log(static_cast<long double>(e.at("deviation")))};
    if (name == "log_normal") return {e.at("log_mean"), std::log(static_cast<long double>(e.at("log_deviation")))};
    if (name == "gumbel") return {e.at("mu"), std::log(static_cast<long double>(e.at("sigma")))};
    if (name == "logistic") return {e.at("location"), std::log(static_cast<long double>(e.at("scale")))};
    return {std::log(static_cast<long double>(e.at("shape"))), std::log(static_cast<long double>(e.at("scale")))};
  }

  long double operator()(const std::array<long double, 2>& place) const {
    const auto [a, b] = place;
    const long double scale = std::exp(b);
    const long double log_root = 0.5L * std::log(2 * 3.14159265358979323846264338328L);
    long double sum = 0;
    for (const long double s : x) {
      const long double z = (s - a) / scale;
      const long double log_z = (std::log(s) - a) / scale;
      if (name == "normal") sum -= z * z / 2 + b + log_root;
      if (name == "log_normal") sum -= log_z * log_z / 2 + b + log_root + std::log(s);
      if (name == "gumbel") sum -= z + std::exp(-z) + b;
      if (name == "logistic") sum -= std::abs(z) + 2 * std::log1p(std::exp(-std::abs(z))) + b;
      const long double shape = std::exp(a);
      if (name == "gamma") sum += (shape - 1) * std::log(s) - s / scale - std::lgamma(shape) - shape * b;
      if (name == "weibull") {
        sum += a - b + (shape - 1) * (std::log(s) - b) - std::exp(shape * (std::log(s) - b));
      }
    }
    return sum;
  }

  [[nodiscard]] long double upper_quantile(const Estimates& e, long double rate) const {
    const auto [a, b] = at(e);
    const boost::math::normal_distribution<long double> normal;
    if (name == "normal") return a + e.at("deviation") * quantile(complement(normal, rate));
    if (name == "log_normal") return std::exp(a + e.at("log_deviation") * quantile(complement(normal, rate)));
    if (name == "gumbel") return a - e.at("sigma") * std::log(-std::log1p(-rate));
    if (name == "logistic") return a + e.at("scale") * (std::log1p(-rate) - std::log(rate));
    if (name == "weibull")
      return e.at("scale") * std::pow(-std::log(rate), 1 / static_cast<long double>(e.at("shape")));
    return quantile(complement(boost::math::gamma_distribution<long double>(e.at("shape"), e.at("scale")), rate));
  }

  /// The shares below x and above it.
  [[nodiscard]] std::pair<long double, long double> shares(const Estimates& e, long double s) const {
    const auto [a, b] = at(e);
    const long double scale = std::exp(b);
    const long double z = ((name == "log_normal" ? std::log(s) : s) - a) / scale;
    if (name == "normal" || name == "log_normal") {
      return {std::erfc(-z / std::sqrt(2.0L)) / 2, std::erfc(z / std::sqrt(2.0L)) / 2};
    }
    if (name == "gumbel") return {std::exp(-std::exp(-z)), -std::expm1(-std::exp(-z))};
    if (name == "logistic") return {1 / (1 + std::exp(-z)), 1 / (1 + std::exp(z))};
    const long double shape = std::exp(a);
    const long double power = name == "weibull" ? std::pow(s / scale, shape) : 0;
    if (name == "weibull") return {-std::expm1(-power), std::exp(-power)};
    const boost::math::gamma_distribution<long double> gamma(shape, scale);
    return {cdf(gamma, s), cdf(complement(gamma, s))};
  }
};

}  // namespace plimsoll::model
