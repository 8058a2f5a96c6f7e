// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/thresholds/registry.hpp"
#include "property.hpp"

/// \file
/// What the models of methods share: fits of a case, quantiles and ranks by their definitions, and how fits differ.

namespace plimsoll::model {

/// P(at least n - r + 1 of n uniform numbers are below rate) = I_rate(n - r + 1, r), as a sum of binomial terms.
[[nodiscard]] inline long double binomial_confidence(std::size_t n, std::size_t rank, double rate) {
  long double sum = 0;
  for (std::size_t k = n - rank + 1; k <= n; ++k) {
    const auto size = static_cast<long double>(n);
    const auto count = static_cast<long double>(k);
    sum += std::exp(std::lgamma(size + 1) - std::lgamma(count + 1) - std::lgamma(size - count + 1) +
                    count * std::log(static_cast<long double>(rate)) +
                    (size - count) * std::log1p(-static_cast<long double>(rate)));
  }
  return sum;
}

/// Definition 7 with h as doubles have it, and how far three roundings, one of them of a difference, may lead away.
struct Quantile {
  long double value;
  long double bound;
};
[[nodiscard]] inline Quantile quantile_7(const std::vector<double>& sorted, double p) {
  const double h = static_cast<double>(sorted.size() - 1) * p;
  const auto below = static_cast<std::size_t>(std::floor(h));
  const long double a = sorted[below];
  const long double b = sorted[std::min(below + 1, sorted.size() - 1)];
  const long double value = a + (static_cast<long double>(h) - std::floor(h)) * (b - a);
  if (h == std::floor(h) || a == b) return {a, 0};
  return {value, 0x1p-51L * (std::abs(a) + std::abs(b)) + 0x1p-1074L};
}

template <typename T>
Fit fit_of(const std::string& method, const ParameterMap& parameters, const Case<T>& made) {
  AnyThreshold threshold = make_threshold(method, parameters);
  threshold.update(made.scores);
  return threshold.compute();
}

[[nodiscard]] inline std::string status_differs(const Fit& fit, FitStatus model) {
  return fit.status == model
             ? ""
             : "status is " + std::string(to_string(fit.status)) + ", by the model " + std::string(to_string(model));
}

/// Status, and cutoff: within the bound of the model's where the model has one, to the bit for a bound of 0.
[[nodiscard]] inline std::string fit_differs(const Fit& fit, FitStatus status, long double cutoff = 0,
                                             long double bound = 0) {
  if (std::string wrong = status_differs(fit, status); !wrong.empty()) return wrong;
  if (!fit.ok()) return differs("cutoff", fit.cutoff.value(), std::numeric_limits<double>::infinity());
  if (bound == 0) return differs("cutoff", fit.cutoff.value(), static_cast<double>(cutoff));
  return beyond("cutoff", fit.cutoff.value(), cutoff, bound);
}

/// What is wrong, with the name of what it is wrong about.
[[nodiscard]] inline std::string named(const std::string& name, const std::string& wrong) {
  return wrong.empty() ? wrong : name + ": " + wrong;
}

/// A rate, a plain one half of the time, so that ranks fall on whole numbers.
[[nodiscard]] inline double draw_rate(Random& random) {
  constexpr double plain[] = {0.5, 0.25, 0.2, 0.1, 0.05, 0.01, 0.3, 0.75, 1.0 / 3, 0.9};
  return random.below(2) == 0 ? plain[random.below(10)] : random.uniform();
}

/// The numbers that a seed stands for: the upper 52 bits of what the standard's engine gives, in the middle of their
/// cell.
class Drawn {
 public:
  explicit Drawn(std::uint64_t seed) : engine_{seed} {}
  long double uniform() { return (static_cast<long double>(engine_() / 4096) + 0.5L) / 4503599627370496.0L; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(uniform() * static_cast<long double>(n)); }

 private:
  std::mt19937_64 engine_;
};

/// xi of the L-skewness t3 = 2 (3^xi - 1) / (2^xi - 1) - 3, which rises in xi < 1, by halving.
[[nodiscard]] inline long double gev_shape(long double t3) {
  const auto skewness = [](long double xi) {
    return xi == 0 ? 2 * std::log(3.0L) / std::log(2.0L) - 3
                   : 2 * std::expm1(xi * std::log(3.0L)) / std::expm1(xi * std::log(2.0L)) - 3;
  };
  long double low = -1e4L;
  long double high = 1;
  for (int i = 0; i < 200; ++i) {
    const long double middle = (low + high) / 2;
    (skewness(middle) < t3 ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// The level of a generalised extreme value distribution with the sample's first three L-moments.
[[nodiscard]] inline std::optional<long double> gev_level(const std::vector<double>& sorted, double rate,
                                                          long double& unit) {
  const auto n = static_cast<long double>(sorted.size());
  long double b0 = 0;
  long double b1 = 0;
  long double b2 = 0;
  const long double middle = sorted[sorted.size() / 2];  // so that less is cancelled
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto j = static_cast<long double>(i);
    const long double x = sorted[i] - middle;
    b0 += x / n;
    b1 += j / (n - 1) * x / n;
    b2 += j * (j - 1) / ((n - 1) * (n - 2)) * x / n;
  }
  const long double l1 = b0;
  const long double l2 = 2 * b1 - b0;
  const long double l3 = 6 * b2 - 6 * b1 + b0;
  unit = l2;
  if (!(std::abs(l3 / l2) < 1 - 1e-12L)) return std::nullopt;
  const long double xi = gev_shape(l3 / l2);
  const long double y = -std::log1p(-static_cast<long double>(rate));
  if (std::abs(xi) < 1e-7L) return std::nullopt;  // where these formulas cancel
  // Hosking, Wallis and Wood with k = -xi: l2 = sigma Gamma(1 - xi) (1 - 2^xi) / -xi, l1 = mu + sigma (Gamma(1 - xi) -
  // 1) / xi.
  const long double gamma = std::tgamma(1 - xi);
  const long double sigma = l2 * xi / (gamma * std::expm1(xi * std::log(2.0L)));
  const long double mu = l1 - sigma * (gamma - 1) / xi;
  if (!(std::isfinite(gamma) && std::abs(xi) < 50)) return std::nullopt;
  return middle + mu + sigma * std::expm1(-xi * std::log(y)) / xi;
}

/// The case's normal and anomalous scores.
template <typename T>
[[nodiscard]] std::pair<std::vector<T>, std::vector<T>> split(const Case<T>& made) {
  std::pair<std::vector<T>, std::vector<T>> classes;
  for (std::size_t i = 0; i < made.scores.size(); ++i) {
    (made.labels[i] == 1 ? classes.second : classes.first).push_back(made.scores[i]);
  }
  return classes;
}

}  // namespace plimsoll::model
