// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/l_moments.hpp"
#include "plimsoll/stats/local_maximum.hpp"
#include "plimsoll/stats/math_policy.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/reduced_variate.hpp"
#include "plimsoll/stats/sample_status.hpp"
#include "plimsoll/stats/sample_unit.hpp"

/// \file
/// Estimators of the generalised extreme value distribution, from maxima of blocks: `sorted` is ascending and finite.
/// Nothing allocates.

namespace plimsoll::stats {

namespace detail {

/// What forbids to estimate a generalised extreme value distribution, or else ok: three parameters need three numbers.
[[nodiscard]] inline EstimateStatus gev_sample_status(std::span<const double> sorted) noexcept {
  return sorted.size() < 3 ? EstimateStatus::too_few : sample_status(sorted);
}

/// The xi < 1 whose distribution has the L-skewness t3 in (-1, 1); nullopt where rounding leaves none. The equation
/// (Hosking, Wallis and Wood 1985, Technometrics 27(3), 251-261, eq. 14)
///   t3 = 2 (3^xi - 1) / (2^xi - 1) - 3
/// rises in xi. As 1 < (3^xi - 1) / (2^xi - 1) < 1 + 2^xi for xi < 0, xi is above log2((1 + t3) / 2).
[[nodiscard]] inline std::optional<double> gev_shape_of_skewness(double t3) noexcept {
  constexpr double log_2 = std::numbers::ln2;
  const double log_3 = std::log(3.0);
  const double log_ratio = std::log(1.5);
  if (!(t3 > -1 && t3 < 1)) return std::nullopt;
  // (1 + t3) / 2 = (3^xi - 2^xi) / (2^xi - 1)
  const auto equation = [&](double xi) -> Tangent {
    const double excess =
        xi == 0 ? log_ratio / log_2 : std::exp2(xi) * std::expm1(xi * log_ratio) / std::expm1(xi * log_2);
    const double slope =
        std::abs(xi) < 1e-4 ? log_ratio / 2 : log_2 / std::expm1(-xi * log_2) - log_3 / std::expm1(-xi * log_3);
    return {excess - (1 + t3) / 2, (1 + excess) * slope};
  };
  const double least = std::log2((1 + t3) / 2);
  // Hosking, Wallis and Wood, eq. 15, right to 0.0009 for |t3| <= 1/2.
  const double c = 2 / (3 + t3) - log_2 / log_3;
  return newton(equation, least, 1.0, std::clamp(-c * (7.8590 + 2.9554 * c), least, 1.0), 1e-17);
}

/// The mean log-likelihood of the sample's z in (mu, log sigma, xi), which are in its unit. -1 < xi <= 1000.
[[nodiscard]] inline Curvature<3> gev_curvature(std::span<const double> sorted, const SampleUnit& unit,
                                                const Vector<3>& place) noexcept {
  Curvature<3> sum;
  sum.value = -std::numeric_limits<double>::infinity();
  const auto [mu, log_sigma, xi] = place;
  const double sigma = std::exp(log_sigma);
  const double end = (xi < 0 ? unit(sorted.back()) : unit(sorted.front())) - mu;
  if (!(xi > -1 && xi <= 1e3 && sigma > 0 && 1 + xi * (end / sigma) > 0)) return sum;
  sum.value = 0;
  for (const double x : sorted) {
    const ReducedDerivatives d((unit(x) - mu) / sigma, xi);
    const double rate = std::exp(-d.y);
    const double by_y = rate - (1 + xi);
    const Vector<3> y{d.mu, d.log_sigma, d.xi};  // by mu in units of sigma until the end
    sum.value -= (1 + xi) * d.y + rate;
    for (std::size_t i = 0; i < 3; ++i) {
      sum.gradient[i] += by_y * y[i];
      for (std::size_t j = 0; j <= i; ++j) sum.hessian[i][j] -= rate * y[i] * y[j];
    }
    sum.gradient[2] -= d.y;
    sum.hessian[0][0] += by_y * d.mu_mu;
    sum.hessian[1][0] += by_y * d.mu_log_sigma;
    sum.hessian[1][1] += by_y * d.log_sigma_log_sigma;
    sum.hessian[2][0] += by_y * d.mu_xi - d.mu;
    sum.hessian[2][1] += by_y * d.log_sigma_xi - d.log_sigma;
    sum.hessian[2][2] += by_y * d.xi_xi - 2 * d.xi;
  }
  const auto n = static_cast<double>(sorted.size());
  const Vector<3> scale{1 / sigma, 1, 1};
  sum.value = sum.value / n - log_sigma;
  for (std::size_t i = 0; i < 3; ++i) {
    sum.gradient[i] *= scale[i] / n;
    for (std::size_t j = 0; j <= i; ++j) sum.hessian[i][j] *= scale[i] * scale[j] / n;
  }
  sum.gradient[1] -= 1;
  return sum;
}

/// Looks for the highest local maximum of the likelihood. For a known end of the support, mean - 1 / theta, the numbers
///   w = log(1 + theta (x - mean)) / theta,   x - mean for theta = 0,
/// have a Gumbel distribution, of scale s = xi / theta, whose likeliest parameters are unique. That leaves the one
/// parameter theta to step through, and to climb from where its slope turns from up to down. In the sample's unit.
class GevSearch {
 public:
  GevSearch(std::span<const double> sorted, const SampleUnit& unit) noexcept : sorted_{sorted}, unit_{unit} {
    CompensatedSum sum;
    for (const double x : sorted) sum += unit(x);
    mean_ = sum.value() / static_cast<double>(sorted.size());
  }

  /// Climbs from a place to the maximum that it leads to.
  Maximum<3> climb(const Vector<3>& start) noexcept {
    const auto function = [this](const Vector<3>& place) { return gev_curvature(sorted_, unit_, place); };
    const Maximum<3> found = local_maximum<3>(function, start);
    if (found.converged && found.place[2] <= most_xi && (!best_ || found.curvature.value > best_->curvature.value)) {
      best_ = found;
    }
    return found;
  }

  /// Climbs wherever the likelihood along theta turns.
  void all() noexcept {
    const auto origin = at(0);
    if (!origin) return;
    walk(*origin, -1 / (unit_(sorted_.back()) - mean_));
    walk(*origin, 1 / (mean_ - unit_(sorted_.front())));
  }

  [[nodiscard]] const std::optional<Maximum<3>>& best() const noexcept { return best_; }
  [[nodiscard]] double mean() const noexcept { return mean_; }

 private:
  static constexpr double most_xi = 10;

  struct Point {
    double theta;
    Gumbel gumbel;
    double slope;  ///< of the mean log-likelihood in theta

    [[nodiscard]] double xi() const noexcept { return theta * gumbel.sigma; }
    /// mu, log sigma and xi of the extreme value distribution.
    [[nodiscard]] Vector<3> place(double mean) const noexcept {
      const double growth = theta * gumbel.mu;
      return {mean + from_reduced_variate(gumbel.mu, 1, theta), std::log(gumbel.sigma) + growth, xi()};
    }
  };

  [[nodiscard]] std::optional<Point> at(double theta) const noexcept {
    const auto w = [&](std::size_t i) { return reduced_variate(unit_(sorted_[i]) - mean_, 1, theta); };
    const auto gumbel = gumbel_mle_of(w, sorted_.size(), w(0));
    if (!gumbel) return std::nullopt;
    double slope = 0;
    for (const double x : sorted_) {
      const double d = unit_(x) - mean_;
      const double y = (reduced_variate(d, 1, theta) - gumbel->mu) / gumbel->sigma;
      slope += d * d * ShapeTerms(theta * d).slope_share / gumbel->sigma * -std::expm1(-y) -
               d / (1 + theta * d);
    }
    return Point{theta, *gumbel, slope / static_cast<double>(sorted_.size())};
  }

  /// From theta = 0 towards an end of its range, where the support's end meets the sample's.
  void walk(Point from, double end) noexcept {
    const double furthest = std::log(static_cast<double>(sorted_.size())) + 5;
    double step = 0.2;
    for (double way = step; way < (end < 0 ? furthest : 60); way += step *= 1.12) {
      const auto to = at(-std::expm1(-way) * end);
      if (!to) return;
      const Point& low = end > 0 ? from : *to;
      const Point& high = end > 0 ? *to : from;
      if (low.slope > 0 && high.slope <= 0) refine(low, high);
      if (to->xi() < -0.995 || to->xi() > most_xi) return;
      from = *to;
    }
  }

  void refine(Point low, Point high) noexcept {
    for (int i = 0; i < 30; ++i) {
      const double share = std::clamp(low.slope / (low.slope - high.slope), 0.1, 0.9);
      const auto between = at(low.theta + share * (high.theta - low.theta));
      if (!between) return;
      const Maximum<3> found = climb(between->place(mean_));
      const double theta = found.place[2] / (std::exp(found.place[1]) + found.place[2] * (mean_ - found.place[0]));
      if (found.converged && theta >= low.theta && theta <= high.theta) return;
      (between->slope > 0 ? low : high) = *between;
    }
  }

  std::span<const double> sorted_;
  SampleUnit unit_;
  double mean_ = 0;
  std::optional<Maximum<3>> best_;
};

}  // namespace detail

/// The generalised extreme value distribution with the sample's first three L-moments (Hosking, Wallis and Wood 1985),
/// xi < 1; n >= 3, useful from 10. O(n).
///
/// It may end or begin within the sample. It stays as it is, and its log-likelihood is -inf, else NaN.
/// `out_of_support` when the L-skewness is -1 or 1 (all but one number equal): no such distribution has that.
[[nodiscard]] inline Estimate<Gev> gev_l_moments(std::span<const double> sorted) noexcept {
  Estimate<Gev> estimate{.status = detail::gev_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const LMoments moments = l_moments(sorted);
  const auto shape = detail::gev_shape_of_skewness(moments.t3);
  if (!shape) {
    estimate.status = EstimateStatus::out_of_support;
    return estimate;
  }
  const double xi = *shape;
  // l2 = sigma gamma(1 - xi) (2^xi - 1) / xi, l1 = mu + sigma (gamma(1 - xi) - 1) / xi.
  const double gamma_less_1 = boost::math::tgamma1pm1(-xi, MathPolicy());
  const double l2 = (1 + gamma_less_1) * detail::from_reduced_variate(std::numbers::ln2, 1, xi);
  const double sigma = moments.l2 / l2;
  const double mean = xi == 0 ? std::numbers::egamma : gamma_less_1 / xi;
  estimate.family = {moments.l1 - sigma * mean, sigma, xi};
  estimate.status = sigma > 0 ? scale_status(sigma) : EstimateStatus::out_of_support;
  const double density_at_ends = estimate.family.log_pdf(sorted.front()) + estimate.family.log_pdf(sorted.back());
  if (density_at_ends == -std::numeric_limits<double>::infinity()) {
    estimate.log_likelihood = -std::numeric_limits<double>::infinity();
  }
  return estimate;
}

/// The generalised extreme value distribution that makes the maxima likeliest: a local maximum of the likelihood with
/// -1 < xi <= 10; n >= 3. Small samples can have several, so up to 50 numbers all are looked for and the highest is
/// taken; two whose ends of the support differ by less than a fifth of their distance from the sample may be
/// overlooked. Above 50 it is the one that the L-moments lead to, if any. O(n), some 10 passes then, else a few
/// hundred.
///
/// `unbounded` when there is none. As with gpd_mle, the likelihood has no bound below xi = -1, and what `family` then
/// holds is the likeliest distribution with xi = -1, which ends at the greatest number.
[[nodiscard]] inline Estimate<Gev> gev_mle(std::span<const double> sorted) noexcept {
  constexpr std::size_t small = 50;
  Estimate<Gev> estimate{.status = detail::gev_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const SampleUnit unit(sorted);
  detail::GevSearch search(sorted, unit);
  if (const Estimate<Gev> start = gev_l_moments(sorted); start.ok()) {
    search.climb(
        {unit(start.family.mu), std::log(start.family.sigma / unit.length(1)), std::max(start.family.xi, -0.9)});
  }
  if (sorted.size() <= small || !search.best()) search.all();

  const auto n = static_cast<double>(sorted.size());
  const double log_unit = std::log(unit.length(1));
  if (search.best()) {
    const auto [mu, log_sigma, xi] = search.best()->place;
    estimate.family = {unit.number(mu), unit.length(std::exp(log_sigma)), xi};
    estimate.log_likelihood = n * (search.best()->curvature.value - log_unit);
    estimate.status = scale_status(estimate.family.sigma);
  } else {
    const double sigma = unit(sorted.back()) - search.mean();
    estimate.family = {unit.number(search.mean()), unit.length(sigma), -1};
    estimate.log_likelihood = -n * (std::log(sigma) + 1 + log_unit);
    estimate.status = EstimateStatus::unbounded;
  }
  return estimate;
}

}  // namespace plimsoll::stats
