// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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
