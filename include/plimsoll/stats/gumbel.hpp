// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <string_view>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/l_moments.hpp"
#include "plimsoll/stats/log_likelihood.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/sample_status.hpp"
#include "plimsoll/stats/sample_unit.hpp"

namespace plimsoll::stats {

/// The Gumbel distribution of maxima, P(X <= x) = exp(-exp(-(x - mu) / sigma)), sigma > 0.
struct Gumbel {
  double mu = 0;     ///< location: the mode
  double sigma = 1;  ///< scale, above 0, in the unit of the data

  static constexpr std::size_t parameter_count = 2;   ///< those that are fitted
  static constexpr std::string_view name = "gumbel";  ///< as in estimates and files

  /// The density at x.
  [[nodiscard]] double pdf(double x) const noexcept {
    const double t = rate(x);
    return t == infinity ? 0 : t * std::exp(-t) / sigma;
  }

  /// log(pdf(x)), also where the density is below all doubles.
  [[nodiscard]] double log_pdf(double x) const noexcept {
    const double t = rate(x);
    return t == infinity ? -infinity : -((x - mu) / sigma) - t - std::log(sigma);
  }

  /// P(X <= x).
  [[nodiscard]] double cdf(double x) const noexcept { return std::exp(-rate(x)); }

  /// 1 - cdf(x), without its cancellation.
  [[nodiscard]] double upper_tail(double x) const noexcept { return -std::expm1(-rate(x)); }

  /// x with cdf(x) = p, p in [0, 1]; infinite at 0 and 1.
  [[nodiscard]] double lower_quantile(double p) const noexcept { return mu - sigma * std::log(-std::log(p)); }

  /// x with upper_tail(x) = p, p in [0, 1]; infinite at 0 and 1.
  [[nodiscard]] double upper_quantile(double p) const noexcept { return mu - sigma * std::log(-std::log1p(-p)); }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  [[nodiscard]] double rate(double x) const noexcept { return std::exp(-((x - mu) / sigma)); }
};

namespace detail {

/// The Gumbel distribution that makes numbers z(0) .. z(n - 1) likeliest, n >= 2, not all equal, the least of them
/// `least`; z(i) is a function of i, called some ten times a number. Best where they lie about 0. nullopt where the
/// iteration fails.
///
/// The likelihood's derivatives vanish where (Johnson, Kotz and Balakrishnan 1995, "Continuous Univariate
/// Distributions" 2, section 22.9.2)
///   g(sigma) = sigma - mean + sum z w / sum w = 0,   w(i) = exp(-z(i) / sigma).
/// g' = 1 + (variance of z under the weights w) / sigma^2 >= 1, so there is one root. g tends to least - mean < 0 as
/// sigma falls to 0, and at sigma = mean - least it is the weighted mean less the least number, above 0.
template <typename Numbers>
[[nodiscard]] std::optional<Gumbel> gumbel_mle_of(const Numbers& z, std::size_t n, double least) {
  const auto count = static_cast<double>(n);
  CompensatedSum sum;
  for (std::size_t i = 0; i < n; ++i) sum += z(i);
  const double mean = sum.value() / count;
  CompensatedSum squares;
  for (std::size_t i = 0; i < n; ++i) squares += (z(i) - mean) * (z(i) - mean);
  const double by_moments = std::sqrt(6 * squares.value() / count) / std::numbers::pi;

  double weight = 0;  // sum of w, relative to the largest one
  const auto equation = [&](double sigma) -> Tangent {
    CompensatedSum weights;
    CompensatedSum first;  // moments about the mean
    CompensatedSum second;
    for (std::size_t i = 0; i < n; ++i) {
      const double w = std::exp(-((z(i) - least) / sigma));
      const double d = z(i) - mean;
      weights += w;
      first += w * d;
      second += w * d * d;
    }
    weight = weights.value();
    const double shift = first.value() / weight;
    const double variance = second.value() / weight - shift * shift;
    return {sigma + shift, 1 + variance / (sigma * sigma)};
  };
  const double widest = mean - least;
  const auto sigma = newton(equation, 0.0, widest, by_moments < widest ? by_moments : widest);
  if (!sigma) return std::nullopt;
  (void)equation(*sigma);
  return Gumbel{least - *sigma * std::log(weight / count), *sigma};
}

}  // namespace detail

/// The Gumbel distribution that makes the sample likeliest. `sorted` is ascending and finite. O(n), some ten passes.
/// A sample of two or more numbers that are not all equal always has one; see detail::gumbel_mle_of.
[[nodiscard]] inline Estimate<Gumbel> gumbel_mle(std::span<const double> sorted) noexcept {
  Estimate<Gumbel> estimate{.status = sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  estimate.status = EstimateStatus::not_converged;
  const SampleUnit unit(sorted);
  const auto z = [&](std::size_t i) { return unit(sorted[i]); };
  const auto fitted = detail::gumbel_mle_of(z, sorted.size(), z(0));
  if (!fitted) return estimate;
  estimate.family = {unit.number(fitted->mu), unit.length(fitted->sigma)};
  estimate.status = scale_status(estimate.family.sigma);
  estimate.log_likelihood = log_likelihood(sorted, estimate.family);
  return estimate;
}

/// The Gumbel distribution with the sample's first two L-moments (Hosking 1990, table 1: sigma = l2 / log 2,
/// mu = l1 - 0.5772.. sigma). `sorted` is ascending and finite. O(n).
[[nodiscard]] inline Estimate<Gumbel> gumbel_l_moments(std::span<const double> sorted) noexcept {
  Estimate<Gumbel> estimate{.status = sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const LMoments moments = l_moments(sorted);
  const double sigma = moments.l2 / std::numbers::ln2;
  estimate.family = {moments.l1 - std::numbers::egamma * sigma, sigma};
  estimate.status = scale_status(sigma);
  return estimate;
}

}  // namespace plimsoll::stats
