// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/log_product.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/sample_status.hpp"

/// \file
/// Estimators of the generalised Pareto distribution from the exceedances y over the start of a tail: `sorted` is
/// ascending, finite, and not below 0. Nothing allocates.

namespace plimsoll::stats {

namespace detail {

/// What forbids to estimate a generalised Pareto distribution, or else ok.
[[nodiscard]] inline EstimateStatus gpd_sample_status(std::span<const double> sorted) noexcept {
  if (!sorted.empty() && sorted.front() < 0) return EstimateStatus::out_of_support;
  return sample_status(sorted);
}

/// Gives an estimate its status, and the log-likelihood -inf if it ends below the greatest number.
inline void judge_gpd(Estimate<Gpd>& estimate, double most) noexcept {
  estimate.status = scale_status(estimate.family.sigma);
  if (estimate.ok() && estimate.family.log_pdf(most) == -std::numeric_limits<double>::infinity()) {
    estimate.log_likelihood = -std::numeric_limits<double>::infinity();
  }
}

/// The stops of the search for the highest maximum of the profile likelihood: how far from 0 in log(1 + tau).
template <bool right>
inline constexpr auto gpd_stops = [] {
  std::array<double, 40> stops{};
  double at = 0;
  double step = 0.22;
  for (double& stop : stops) {
    stop = at += step;
    step = std::min(1.3 * step, right && at > 12 ? 3.0 : 1.0);
  }
  return stops;
}();

/// log(1 + tau) at a stop.
template <bool right>
[[nodiscard]] constexpr double gpd_stop(std::size_t stop) noexcept {
  return right ? gpd_stops<true>[stop] : -gpd_stops<false>[stop];
}

/// The exceedances w = y / max y, which is above 0.
class GpdUnit {
 public:
  explicit GpdUnit(double most) noexcept : raise_{most < 0x1p-900 ? 0x1p100 : 1}, unit_{1 / (most * raise_)} {}
  [[nodiscard]] double share(double y) const noexcept { return y * raise_ * unit_; }

 private:
  double raise_;  ///< so that 1 over the greatest is finite
  double unit_;
};

/// The likelihood of a generalised Pareto distribution along theta = xi / sigma: the likeliest xi for a theta is the
/// mean of log(1 + theta y), which leaves one parameter (Grimshaw 1993, Technometrics 35(2), 185-191). In the unit of
/// the greatest exceedance: w = y / max y, tau = theta max y > -1.
///
/// The slope of the likelihood is 0 / 0 at tau = 0 in its usual forms. So for |tau| <= 1/16 it and all else are
/// series in tau, whose coefficients are the sample's moments.
class GpdProfile {
 public:
  struct Point {
    double log_stretch;  ///< log(1 + tau)
    double tau;
    double xi;
    double sigma;  ///< in units of the greatest exceedance
    double slope;  ///< of the mean log-likelihood in tau
    double bend;   ///< the slope of the slope

    /// The mean log-likelihood of the w.
    [[nodiscard]] double value() const noexcept { return -std::log(sigma) - xi - 1; }
  };

  static constexpr double most_log_stretch = 80;
  static constexpr std::size_t terms = 13;  ///< of the series: 16^-13 is 2^-52
  using Moments = std::array<double, terms>;

  /// One pass; the greatest exceedance is above 0.
  explicit GpdProfile(std::span<const double> sorted) noexcept : GpdProfile{sorted, {}} {
    std::array<std::array<double, lanes>, terms> sums{};
    for (std::size_t i = 0; i < sorted.size(); i += lanes) {
      const std::array<double, lanes> w = block(i);
      std::array<double, lanes> power = w;
      for (std::array<double, lanes>& sum : sums) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          sum[lane] += power[lane];
          power[lane] *= w[lane];
        }
      }
    }
    for (std::size_t i = 0; i < terms; ++i) {
      for (const double sum : sums[i]) moments_[i] += sum;
      moments_[i] /= static_cast<double>(sorted.size());
    }
  }

  /// Without a pass, by the means of w^1, w^2, ...
  GpdProfile(std::span<const double> sorted, const Moments& moments) noexcept
      : sorted_{sorted}, unit_{sorted.back()}, moments_{moments} {}

  [[nodiscard]] std::span<const double> sorted() const noexcept { return sorted_; }

  /// The mean of log w; -inf with a w of 0.
  [[nodiscard]] double mean_log() const noexcept {
    double logs = 0;
    LogProduct product;
    std::size_t i = 0;
    for (; i < sorted_.size() && w_of(i) < 0x1p-100; ++i) logs += std::log(w_of(i));
    for (; i + lanes <= sorted_.size(); i += lanes) product.multiply(product_of(block(i)));
    for (; i < sorted_.size(); ++i) product.multiply(w_of(i));
    return (logs + product.log()) / static_cast<double>(sorted_.size());
  }

  /// One pass, none where in_reach(). -30 <= log_stretch <= most_log_stretch.
  [[nodiscard]] Point at(double log_stretch) const noexcept {
    Point point = at_place(log_stretch);
    if (in_reach(point)) {
      near(point);
    } else {
      far(point);
    }
    return point;
  }

  /// The points at tau = 0 and at a stop of the search.
  [[nodiscard]] Point at_origin() const noexcept { return at(0); }
  template <bool right>
  [[nodiscard]] Point at_stop(std::size_t stop) const noexcept {
    return at(gpd_stop<right>(stop));
  }

  /// What is known of a point without the sample.
  [[nodiscard]] static Point at_place(double log_stretch) noexcept {
    Point point{};
    point.log_stretch = log_stretch;
    point.tau = std::expm1(log_stretch);
    return point;
  }

  /// Whether the series do there.
  [[nodiscard]] static bool in_reach(const Point& point) noexcept { return std::abs(point.tau) <= 0x1p-4; }

  /// Fills in a point out of their reach by the means of log(1 + t), w / (1 + t) and its square, t = tau w.
  static void finish_far(Point& point, double xi, double r, double q) noexcept {
    point.xi = xi;
    point.sigma = xi / point.tau;
    const double a = (point.sigma - r) / point.tau;
    finish(point, a, (q - 2 * a) / point.tau, r, q);
  }

 private:
  static constexpr std::size_t lanes = 8;  // (1 + tau)^8 neither overflows nor vanishes

  // With means over the sample, t = tau w:
  //   sigma = mean of log(1 + t) / tau              xi = tau sigma
  //   r = mean of w / (1 + t)                       q = mean of (w / (1 + t))^2
  //   a = (sigma - r) / tau, so that sigma' = -a    a' = (q - 2 a) / tau, r' = -q
  // the log-likelihood -log(sigma) - xi - 1 has the slope a / sigma - r.
  static void finish(Point& point, double a, double a_slope, double r, double q) noexcept {
    point.slope = a / point.sigma - r;
    point.bend = a_slope / point.sigma + a / point.sigma * (a / point.sigma) + q;
  }

  void near(Point& point) const noexcept {
    double sigma = 0;
    double a = 0;
    double a_slope = 0;
    double r = 0;
    double q = 0;
    for (std::size_t i = terms; i-- > 0;) {  // moments_[i] is the moment of order i + 1
      const auto k = static_cast<double>(i + 1);
      const double moment = moments_[i];
      sigma = moment / k - point.tau * sigma;
      r = moment - point.tau * r;
      if (i >= 1) {
        a = moment * (1 - 1 / k) - point.tau * a;
        q = moment * (k - 1) - point.tau * q;
      }
      if (i >= 2) a_slope = moment * (k - 2) * (1 - 1 / k) - point.tau * a_slope;
    }
    point.sigma = sigma;
    point.xi = point.tau * sigma;
    finish(point, a, -a_slope, r, q);
  }

  [[nodiscard]] double w_of(std::size_t i) const noexcept { return unit_.share(sorted_[i]); }

  /// The w from the i-th on; those that are not there are 0, which adds nothing.
  [[nodiscard]] std::array<double, lanes> block(std::size_t i) const noexcept {
    std::array<double, lanes> w{};
    if (i + lanes <= sorted_.size()) {
      for (std::size_t lane = 0; lane < lanes; ++lane) w[lane] = w_of(i + lane);
    } else {
      for (std::size_t lane = 0; i + lane < sorted_.size(); ++lane) w[lane] = w_of(i + lane);
    }
    return w;
  }

  [[nodiscard]] static double product_of(const std::array<double, lanes>& numbers) noexcept {
    double product = 1;
    for (const double number : numbers) product *= number;
    return product;
  }

  void far(Point& point) const noexcept {
    LogProduct product;
    std::array<double, lanes> r_sums{};
    std::array<double, lanes> q_sums{};
    for (std::size_t i = 0; i < sorted_.size(); i += lanes) {
      std::array<double, lanes> w = block(i);
      std::array<double, lanes> stretch;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        stretch[lane] = 1 + point.tau * w[lane];
        w[lane] /= stretch[lane];
        r_sums[lane] += w[lane];
        q_sums[lane] += w[lane] * w[lane];
      }
      product.multiply(product_of(stretch));
    }
    const auto n = static_cast<double>(sorted_.size());
    double r = 0;
    double q = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      r += r_sums[lane];
      q += q_sums[lane];
    }
    finish_far(point, product.log() / n, r / n, q / n);
  }

  std::span<const double> sorted_;
  GpdUnit unit_;
  Moments moments_;
};

/// Looks for the highest maximum of the profile likelihood. Left and right of tau = 0 it goes from stop to stop and
/// refines where the slope turns from up to down, until no maximum further out can be higher than the best one.
/// `Profile` is GpdProfile, or what knows the points at the stops without a pass.
template <typename Profile>
class GpdProfileSearch {
 public:
  explicit GpdProfileSearch(Profile& profile) noexcept
      : profile_{profile},
        origin_{profile.at_origin()},
        furthest_left_{-std::log(static_cast<double>(profile.sorted().size())) - 5} {
    ceiling_ = -profile_.mean_log() - 1;
    // First to the side on which the likelihood rises: that has a maximum more often.
    if (origin_.slope > 0) {
      walk<true>();
      walk<false>();
    } else {
      walk<false>();
      walk<true>();
    }
  }

  [[nodiscard]] const std::optional<GpdProfile::Point>& best() const noexcept { return best_; }

 private:
  static constexpr double most_xi = 10;

  template <bool right>
  void walk() noexcept {
    GpdProfile::Point from = origin_;
    for (std::size_t stop = 0;; ++stop) {
      const GpdProfile::Point to = profile_.template at_stop<right>(stop);
      look_between(right ? from : to, right ? to : from);
      if (right ? no_better_right(to) : no_better_left(to)) return;
      from = to;
    }
  }

  /// A slope of the same sign at both ends can hide a maximum and a minimum between them. It then has an extreme in
  /// there beyond 0, and so do its tangents at the ends where they meet: that is the place to look at next.
  void look_between(GpdProfile::Point low, GpdProfile::Point high) noexcept {
    for (int i = 0; i < 8; ++i) {
      if (low.slope > 0 && high.slope <= 0) return refine(low, high);
      if (!(low.slope * high.slope > 0)) return;
      const double sign = std::copysign(1.0, low.slope);
      const double fall = -sign * low.bend * (1 + low.tau);  // of the slope's distance from 0, by log_stretch
      const double rise = sign * high.bend * (1 + high.tau);
      if (!(fall > 0 && rise > 0)) return;
      const double width = high.log_stretch - low.log_stretch;
      const double meet = (sign * (low.slope - high.slope) + rise * width) / (fall + rise);
      if (!(sign * low.slope < fall * meet && meet < width)) return;
      const GpdProfile::Point middle = profile_.at(low.log_stretch + width * rounded(meet / width));
      if (sign * middle.slope <= 0) return sign > 0 ? refine(low, middle) : refine(middle, high);
      (sign * middle.bend < 0 ? low : high) = middle;
    }
  }

  void refine(const GpdProfile::Point& low, const GpdProfile::Point& high) noexcept {
    const auto downhill = [this](double log_stretch) -> Tangent {
      const GpdProfile::Point point = profile_.at(log_stretch);
      return {-point.slope, -point.bend * (1 + point.tau)};
    };
    const double width = high.log_stretch - low.log_stretch;
    const double start = low.log_stretch + width * root_share(low, high, width);
    const auto root = newton(downhill, low.log_stretch, high.log_stretch, start, 0x1p-20);
    if (!root) return;
    const GpdProfile::Point found = profile_.at(*root);
    if (found.xi > -1 && found.xi <= most_xi && (!best_ || found.value() > best_->value())) best_ = found;
  }

  /// About where between two points the slope is 0: of the inverse function, by its values and slopes at both ends, or
  /// by its values alone.
  static double root_share(const GpdProfile::Point& low, const GpdProfile::Point& high, double width) noexcept {
    const double fall = high.slope - low.slope;
    const double t = -low.slope / fall;
    const double at_low = fall / (low.bend * (1 + low.tau) * width);
    const double at_high = fall / (high.bend * (1 + high.tau) * width);
    double share = t;
    if (at_low > 0 && at_low < 3 && at_high > 0 && at_high < 3) {
      share = t * ((1 - t) * ((1 - t) * at_low - t * at_high) + t * (3 - 2 * t));
    }
    return rounded(share);
  }

  /// A share of an interval to 2^-12, so that roundings of the points at its ends do not change what is done next.
  static double rounded(double share) noexcept { return std::round(share * 0x1p12) * 0x1p-12; }

  /// xi rises with tau, and for tau < 0 the value is log |tau| - log |xi| + |xi| - 1, which falls in |xi| < 1.
  [[nodiscard]] bool no_better_left(const GpdProfile::Point& at) const noexcept {
    if (at.xi < -0.99 || at.log_stretch < furthest_left_) return true;
    return best_ && -std::log(-at.xi) - at.xi - 1 <= best_->value();
  }

  /// As log(1 + tau w) >= log(tau w), the value is at most -log(xi) - 1 less the mean of log w.
  [[nodiscard]] bool no_better_right(const GpdProfile::Point& at) const noexcept {
    if (at.xi > most_xi || at.log_stretch > GpdProfile::most_log_stretch - 1) return true;
    return best_ && ceiling_ - std::log(at.xi) <= best_->value();
  }

  Profile& profile_;
  GpdProfile::Point origin_;
  double furthest_left_;
  double ceiling_;
  std::optional<GpdProfile::Point> best_;
};

/// What gpd_mle says of exceedances that allow an estimate and the highest maximum of their profile likelihood.
[[nodiscard]] inline Estimate<Gpd> gpd_of_maximum(std::span<const double> sorted,
                                                  const std::optional<GpdProfile::Point>& maximum) noexcept {
  Estimate<Gpd> estimate;
  const double most = sorted.back();
  const auto n = static_cast<double>(sorted.size());
  if (maximum) {
    estimate.family = {most * maximum->sigma, maximum->xi};
    estimate.log_likelihood = n * (maximum->value() - std::log(most));
    estimate.status = scale_status(estimate.family.sigma);
  } else {
    estimate.family = {most, -1};
    estimate.log_likelihood = -n * std::log(most);
    estimate.status = EstimateStatus::unbounded;
  }
  return estimate;
}

}  // namespace detail

/// The generalised Pareto distribution that makes the exceedances likeliest: the highest local maximum of the
/// likelihood with -1 < xi <= 10. O(n): some 20 passes with one logarithm for eight numbers, 30 where many are at or
/// near 0, at most some 60 where nearly all are.
///
/// `unbounded` when there is none. Below xi = -1 the likelihood has no bound (the density is infinite at its end), and
/// towards xi = -1, sigma = max it rises to max^-n, which in small samples is often higher than any maximum; but as an
/// estimate it says that nothing lies above the greatest number, so it is never preferred to a maximum (Smith 1985,
/// Biometrika 72(1), 67-90, section 3). It is what `family` then holds, the uniform distribution up to the maximum.
/// Exceedances of 0 make the likelihood grow without bound towards xi = infinity too; hence the 10.
[[nodiscard]] inline Estimate<Gpd> gpd_mle(std::span<const double> sorted) noexcept {
  Estimate<Gpd> estimate{.status = detail::gpd_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const detail::GpdProfile profile(sorted);
  return detail::gpd_of_maximum(sorted, detail::GpdProfileSearch(profile).best());
}

/// The generalised Pareto distribution with the sample's first two L-moments, or what is the same, unbiased
/// probability-weighted moments (Hosking and Wallis 1987, Technometrics 29(3), 339-349): xi = 2 - l1 / l2, below 1,
/// sigma = l1 (l1 / l2 - 1). O(n), one pass.
///
/// An estimate with xi < 0 may end below the greatest number. It stays as it is, and its log-likelihood is -inf, else
/// NaN. `out_of_support` when only the greatest number is not 0, which leaves no sigma.
[[nodiscard]] inline Estimate<Gpd> gpd_pwm(std::span<const double> sorted) noexcept {
  Estimate<Gpd> estimate{.status = detail::gpd_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const std::size_t n = sorted.size();
  const double most = sorted.back();
  double first = 0;
  double second = 0;
  for (std::size_t i = 0; i < n; ++i) first += sorted[i] / most;
  for (std::size_t i = 0; i < n / 2; ++i) {  // positive terms, so nothing cancels
    second += static_cast<double>(n - 1 - 2 * i) * (sorted[n - 1 - i] / most - sorted[i] / most);
  }
  const double ratio = first / (second / static_cast<double>(n - 1));
  estimate.family = {most * (first / static_cast<double>(n)) * (ratio - 1), 2 - ratio};
  detail::judge_gpd(estimate, most);
  if (!(ratio > 1)) estimate.status = EstimateStatus::out_of_support;
  return estimate;
}

/// The generalised Pareto distribution with the sample's mean m and variance v (divisor n - 1): xi = (1 - m^2 / v) / 2,
/// below 1/2, sigma = m (m^2 / v + 1) / 2 (Hosking and Wallis 1987, section 3). O(n), two passes. An estimate that ends
/// below the greatest number is treated as by gpd_pwm.
[[nodiscard]] inline Estimate<Gpd> gpd_moments(std::span<const double> sorted) noexcept {
  Estimate<Gpd> estimate{.status = detail::gpd_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const double most = sorted.back();
  const auto n = static_cast<double>(sorted.size());
  double sum = 0;
  for (const double y : sorted) sum += y / most;
  const double mean = sum / n;
  double squares = 0;
  for (const double y : sorted) squares += (y / most - mean) * (y / most - mean);
  const double ratio = mean * mean / (squares / (n - 1));
  estimate.family = {most * (mean * (ratio + 1) / 2), (1 - ratio) / 2};
  detail::judge_gpd(estimate, most);
  return estimate;
}

/// The estimate of Zhang and Stephens (2009, Technometrics 51(3), 316-325): the likelihood's mean of theta = xi / sigma
/// under their prior, which depends on the data, on a grid of 20 + floor(sqrt(n)) points; then xi is the mean of
/// log(1 + theta y). Their quartile is the least number above 0 where it is 0 itself. Never ends below the greatest
/// number. O(n^1.5).
[[nodiscard]] inline Estimate<Gpd> gpd_zhang_stephens(std::span<const double> sorted) noexcept {
  Estimate<Gpd> estimate{.status = detail::gpd_sample_status(sorted)};
  if (!estimate.ok()) return estimate;
  const detail::GpdProfile profile(sorted);
  const double most = sorted.back();
  const auto n = static_cast<double>(sorted.size());
  double quartile = sorted[static_cast<std::size_t>(n / 4 + 0.5) - 1];
  if (quartile == 0) quartile = *std::ranges::upper_bound(sorted, 0.0);
  const double points = 20 + std::floor(std::sqrt(n));
  double highest = -std::numeric_limits<double>::infinity();
  double weights = 0;  // relative to the one of the highest likelihood so far
  double sum = 0;
  for (double j = 1; j <= points; ++j) {
    const double tau = (std::sqrt(points / (j - 0.5)) - 1) / (3 * (quartile / most)) - 1;
    const detail::GpdProfile::Point point = profile.at(std::min(std::log1p(tau), detail::GpdProfile::most_log_stretch));
    const double value = n * point.value();
    if (value > highest) {
      const double fall = std::exp(highest - value);
      weights *= fall;
      sum *= fall;
      highest = value;
    }
    const double weight = std::exp(value - highest);
    weights += weight;
    sum += weight * point.tau;
  }
  const detail::GpdProfile::Point mean = profile.at(std::log1p(sum / weights));
  estimate.family = {most * mean.sigma, mean.xi};
  detail::judge_gpd(estimate, most);
  return estimate;
}

}  // namespace plimsoll::stats
