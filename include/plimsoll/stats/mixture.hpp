// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/order_statistics.hpp"

/// \file
/// Mixtures of two normal or two gamma distributions, and where the upper one takes over.

namespace plimsoll::stats {

/// A component of a mixture in a form that has both families: log density a log x + b x - ((x - m) / s)^2 / 2 + d.
struct LogDensity {
  double log_slope = 0;  ///< a
  double slope = 0;      ///< b
  double mean = 0;       ///< m
  double inverse = 0;    ///< 1 / s
  double level = 0;      ///< d

  /// The log density at x, of which the logarithm is at hand.
  [[nodiscard]] double operator()(double x, double log_x) const noexcept {
    const double z = (x - mean) * inverse;
    return log_slope * log_x + slope * x - z * z / 2 + level;
  }
};

/// How the normal distribution is estimated in a mixture.
struct NormalComponent {
  double mean = 0;       ///< of the component
  double deviation = 1;  ///< standard deviation, above 0

  /// Of numbers with these weights; the deviation is at least `floor`.
  [[nodiscard]] static NormalComponent of(std::span<const double> numbers, std::span<const double>, double floor,
                                          const auto& weight) noexcept {
    double total = 0;
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double w = weight(i);
      total += w;
      sum += w * numbers[i];
    }
    const double mean = sum / total;
    for (std::size_t i = 0; i < numbers.size(); ++i) squares += weight(i) * (numbers[i] - mean) * (numbers[i] - mean);
    return {mean, std::max(std::sqrt(squares / total), floor)};
  }

  /// For many evaluations.
  [[nodiscard]] LogDensity log_density() const noexcept {
    constexpr double half_log_2_pi = 0.91893853320467274178;
    return {0, 0, mean, 1 / deviation, -std::log(deviation) - half_log_2_pi};
  }

  /// Where the logarithm of this density over that of `other` has its extremum; NaN where it has none.
  [[nodiscard]] double turning_point(const NormalComponent& other) const noexcept {
    const double ratio = (deviation / other.deviation) * (deviation / other.deviation);
    return (mean - other.mean * ratio) / (1 - ratio);
  }
};

/// How the gamma distribution is estimated in a mixture, of numbers above 0.
struct GammaComponent {
  double mean = 1;       ///< of the component, above 0
  double deviation = 1;  ///< standard deviation, above 0
  double shape = 1;      ///< (mean / deviation)^2

  /// Of numbers with these weights and logarithms, as gamma_mle; the deviation is at least `floor`.
  [[nodiscard]] static GammaComponent of(std::span<const double> numbers, std::span<const double> logarithms,
                                         double floor, const auto& weight) noexcept {
    double total = 0;
    double sum = 0;
    double log_sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double w = weight(i);
      total += w;
      sum += w * numbers[i];
      log_sum += w * logarithms[i];
    }
    const double mean = sum / total;
    const double largest = (mean / floor) * (mean / floor);
    const double s = std::log(mean) - log_sum / total;
    double shape = largest;
    // log(shape) - digamma(shape) is above 1 / (2 shape).
    if (s > 0.5 / largest) {
      const auto equation = [s](double k) -> Tangent {
        const Tangent at = detail::log_minus_digamma(k);
        return {s - at.value, -at.slope};
      };
      const double start = (3 - s + std::sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
      shape = newton(equation, 0.5 / s, 1 / s, std::min(std::max(start, 0.5 / s), 1 / s)).value_or(largest);
      shape = std::min(shape, largest);
    }
    return {mean, mean / std::sqrt(shape), shape};
  }

  /// For many evaluations.
  [[nodiscard]] LogDensity log_density() const noexcept {
    const double scale = mean / shape;
    return {shape - 1, -1 / scale, 0, 0, detail::log_stirling_ratio(shape) + shape - shape * std::log(mean)};
  }

  /// Where the logarithm of this density over that of `other` has its extremum; NaN or not above 0 where it has none.
  [[nodiscard]] double turning_point(const GammaComponent& other) const noexcept {
    return (shape - other.shape) / (shape / mean - other.shape / other.mean);
  }
};

/// A mixture of two distributions of one family, `upper` the one with the larger mean.
template <typename Component>
struct Mixture {
  Component lower;                   ///< the one with the smaller mean
  Component upper;                   ///< the one with the larger mean
  double weight = 0.5;               ///< of the upper one
  double log_likelihood = 0;         ///< of the sample
  double log_likelihood_of_one = 0;  ///< of the sample by one distribution of the family
  std::size_t steps = 0;             ///< of the EM algorithm
  bool converged = false;            ///< the last step gained at most 1e-10 in log-likelihood

  /// The log odds of the upper component, below 0 where the lower one is likelier.
  [[nodiscard]] double log_odds(double x) const noexcept {
    const double log_x = x > 0 ? std::log(x) : 0;
    return std::log(weight) - std::log1p(-weight) + upper.log_density()(x, log_x) - lower.log_density()(x, log_x);
  }

  /// Where, above the lower component's mean, the upper one becomes the likelier; nothing where it never does, or is so
  /// at the mean already. Of two points of equal odds of a narrow upper component it is the first.
  [[nodiscard]] std::optional<double> takes_over() const noexcept {
    double below = lower.mean;
    if (!(log_odds(below) < 0)) return std::nullopt;
    // The odds turn at most once. Where they rise to a maximum it is the end of the search, and else they are above 1
    // somewhere, if far out.
    const double turn = upper.turning_point(lower);
    double above = upper.mean;
    if (turn > below && log_odds(turn) > log_odds(below)) {
      above = turn;
      if (!(log_odds(above) > 0)) return std::nullopt;
    }
    for (int i = 0; !(log_odds(above) > 0); ++i) {
      if (i == 1100) return std::nullopt;
      above += above - lower.mean;
    }
    for (int i = 0; i < 200; ++i) {
      const double middle = below + (above - below) / 2;
      if (!(middle > below && middle < above)) break;
      (log_odds(middle) < 0 ? below : above) = middle;
    }
    return above;
  }
};

namespace detail {

/// The log-likelihood of a mixture, and each number's probability of belonging to the upper component.
template <typename Component>
[[nodiscard]] double expectation(const Mixture<Component>& mixture, std::span<const double> numbers,
                                 std::span<const double> logarithms, std::vector<double>& upper) {
  LogDensity low = mixture.lower.log_density();
  LogDensity high = mixture.upper.log_density();
  low.level += std::log1p(-mixture.weight);
  high.level += std::log(mixture.weight);
  CompensatedSum sum;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double log_x = logarithms.empty() ? 0 : logarithms[i];
    const double a = low(numbers[i], log_x);
    const double b = high(numbers[i], log_x);
    const double ratio = std::exp(-std::abs(a - b));
    sum += std::max(a, b) + std::log1p(ratio);
    upper[i] = (b > a ? 1 : ratio) / (1 + ratio);
  }
  return sum.value();
}

}  // namespace detail

/// The mixture of two that makes the sample likeliest, by the EM algorithm (Dempster, Laird and Rubin 1977, J. R. Stat.
/// Soc. B 39). `sorted` is ascending, finite and not all equal, `logarithms` those of its numbers where the family
/// needs them and else empty; n >= 5. The likelihood of a component on one number has no bound, so no deviation becomes
/// less than `floor`, above 0 (Hathaway 1985, Ann. Stat. 13, has such bounds). The start is the best after 20 steps
/// from the sample cut at its top 50, 25, 10, 5, 2 and 1 per cent and at the least variance within both parts. At most
/// 2000 steps of O(n); it ends before, not converged, where steps that all gain what the last one did would not bring
/// it to a log-likelihood `worthwhile` above that of one distribution. Nothing where a component is left with less than
/// one number.
template <typename Component>
[[nodiscard]] std::optional<Mixture<Component>> fit_mixture(std::span<const double> sorted,
                                                            std::span<const double> logarithms, double floor,
                                                            double worthwhile) {
  constexpr std::size_t first_steps = 20;
  constexpr std::size_t most_steps = 2000;
  const std::size_t n = sorted.size();
  const auto size = static_cast<double>(n);
  std::vector<double> upper(n);
  const auto step = [&](Mixture<Component>& mixture) {
    const auto high = [&upper](std::size_t i) { return upper[i]; };
    const auto low = [&upper](std::size_t i) { return 1 - upper[i]; };
    double weight = 0;
    for (const double share : upper) weight += share;
    if (!(weight >= 1 && weight <= size - 1)) return false;
    mixture.weight = weight / size;
    mixture.lower = Component::of(sorted, logarithms, floor, low);
    mixture.upper = Component::of(sorted, logarithms, floor, high);
    mixture.log_likelihood = detail::expectation(mixture, sorted, logarithms, upper);
    ++mixture.steps;
    return mixture.log_likelihood == mixture.log_likelihood;
  };

  std::vector<std::size_t> cuts;  // how many numbers are in the upper part
  for (const double share : {0.5, 0.25, 0.1, 0.05, 0.02, 0.01}) cuts.push_back(share_count(n, share));
  double total = 0;
  for (const double x : sorted) total += x;
  double below = 0;
  double most = -1;
  cuts.push_back(0);
  for (std::size_t i = 1; i < n; ++i) {
    below += sorted[i - 1];
    const auto low = static_cast<double>(i);
    const double distance = (total - below) / (size - low) - below / low;
    if (const double between = low * (size - low) * distance * distance; between > most) {
      most = between;
      cuts.back() = n - i;
    }
  }

  std::optional<Mixture<Component>> best;
  std::vector<double> best_upper;
  for (const std::size_t cut : cuts) {
    if (cut < 2 || n - cut < 2) continue;
    for (std::size_t i = 0; i < n; ++i) upper[i] = i < n - cut ? 0 : 1;
    Mixture<Component> mixture{};
    bool ok = true;
    while (ok && mixture.steps < first_steps) ok = step(mixture);
    if (!ok || (best && best->log_likelihood >= mixture.log_likelihood)) continue;
    best = mixture;
    best_upper = upper;
  }
  if (!best) return std::nullopt;
  const Component one = Component::of(sorted, logarithms, floor, [](std::size_t) { return 1.0; });
  const LogDensity density = one.log_density();
  CompensatedSum sum;
  for (std::size_t i = 0; i < n; ++i) sum += density(sorted[i], logarithms.empty() ? 0 : logarithms[i]);
  best->log_likelihood_of_one = sum.value();
  upper = best_upper;
  while (!best->converged && best->steps < most_steps) {
    const double before = best->log_likelihood;
    if (!step(*best)) return std::nullopt;
    const double gain = best->log_likelihood - before;
    best->converged = !(gain > 1e-10);
    if (best->log_likelihood + gain * static_cast<double>(most_steps - best->steps) < sum.value() + worthwhile) break;
  }
  if (best->lower.mean > best->upper.mean) {
    std::swap(best->lower, best->upper);
    best->weight = 1 - best->weight;
  }
  return best;
}

}  // namespace plimsoll::stats
