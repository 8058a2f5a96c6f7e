// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/order_statistics.hpp"

/// \file
/// Bounds for the shares of a distribution above all order statistics x(1) <= ... <= x(n) of n independent scores at
/// once. The share above x(i) is the i-th largest of n uniform numbers when the distribution is continuous, and
/// stochastically smaller, jointly, when it is not.

namespace plimsoll::stats {

namespace detail {

using QuietPolicy =
    boost::math::policies::policy<boost::math::policies::domain_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::pole_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

/// P(N = count) for N Poisson with this mean >= 0.
[[nodiscard]] inline double poisson_probability(std::size_t count, double mean) {
  return boost::math::gamma_p_derivative(static_cast<double>(count) + 1, mean, QuietPolicy());
}

/// The Poisson probabilities that are not negligible: values[j] = P(N = first + j).
struct PoissonWindow {
  std::size_t first = 0;
  std::vector<double> values;

  void assign(double mean) {
    constexpr double negligible = 1e-22;
    const auto mode = static_cast<std::size_t>(mean);
    const double peak = poisson_probability(mode, mean);
    values.assign(1, peak);
    first = mode;
    for (double p = peak; first > 0; --first) {
      p *= static_cast<double>(first) / mean;
      if (p < negligible) break;
      values.push_back(p);
    }
    std::ranges::reverse(values);
    double p = peak;
    for (std::size_t count = mode + 1;; ++count) {
      p *= mean / static_cast<double>(count);
      if (p < negligible) break;
      values.push_back(p);
    }
  }

  [[nodiscard]] std::size_t last() const noexcept { return first + values.size() - 1; }
};

/// The probabilities of counts 0 .. n, those outside of [low, high] being zero or dropped.
class CountProbabilities {
 public:
  /// All at count 0.
  explicit CountProbabilities(std::size_t n) : at_(n + 1 + 2 * lanes) { at_[lanes] = 1; }

  [[nodiscard]] std::size_t low() const noexcept { return low_; }
  [[nodiscard]] std::size_t high() const noexcept { return high_; }

  /// Adds an independent increment to the count, and goes on with counts in [low, high] only; neither falls, high <= n.
  void move(const PoissonWindow& increment, std::size_t low, std::size_t high) {
    // Downwards, in place: a block reads nothing above itself.
    for (std::size_t end = high + 1; end > low;) {
      const std::size_t size = std::min(lanes, end - low);
      const std::size_t begin = end - size;
      std::array<double, lanes> sum{};
      const std::size_t from = std::max(increment.first, begin > high_ ? begin - high_ : 0);
      const std::size_t to = std::min(increment.last(), end - 1 - low_);
      for (std::size_t m = from; m <= to; ++m) {
        const double weight = increment.values[m - increment.first];
        const double* source = at_.data() + lanes + begin - m;
        for (std::size_t lane = 0; lane < lanes; ++lane) sum[lane] += weight * source[lane];
      }
      std::copy_n(sum.begin(), size, at_.begin() + static_cast<std::ptrdiff_t>(lanes + begin));
      end = begin;
    }
    for (std::size_t count = low_; count < std::min(low, high_ + 1); ++count) at_[lanes + count] = 0;
    low_ = low;
    high_ = high;
  }

  /// The probability of the lowest count, which it then has no more.
  [[nodiscard]] double take_lowest() noexcept { return std::exchange(at_[lanes + low_++], 0.0); }

 private:
  static constexpr std::size_t lanes = 8;

  std::vector<double> at_;  ///< of count j at lanes + j; zero outside of [low, high]
  std::size_t low_ = 0;
  std::size_t high_ = 0;
};

}  // namespace detail

/// The probability that the share of a continuous distribution above x(i) is larger than bounds[i - 1] for some i, n =
/// bounds.size() >= 1, over samples of n independent scores. The bounds lie in [0, 1] and do not increase.
///
/// The shares are n uniform numbers; N(t) counts those <= t, and c(k) = bounds[n - k] bounds the k-th smallest, so that
/// nothing crosses when N(c(k)) >= k for k = 1 .. n. A first crossing at c(k) has N(c(k)) = k - 1 exactly, and what
/// comes after does not matter, so the probability is a sum over k. N is a Poisson process with rate n given N(1) = n;
/// the process is followed from c(k - 1) to c(k) by its Poisson increment (as Moscovich, Nadler and Spiegelman 2016,
/// Electronic Journal of Statistics 10, section 3, do), what stands at k - 1 is taken out, and weighed with the
/// probability that the process goes on to n, over that of N(1) = n. All terms are positive and nothing is subtracted.
///
/// Given N(1) = n, N(t) is binomial; counts outside of what Bernstein's inequality allows with probability exp(-44)
/// are dropped. That leaves a window of O(sqrt n) counts: O(n^1.5) time, O(n) memory. The absolute error is below
/// about n * 1e-19; the relative one, against kolmogorov_probability, was below 1e-12 up to n = 10^5.
[[nodiscard]] inline double crossing_probability(std::span<const double> bounds) {
  constexpr double exponent = 44;
  const std::size_t n = bounds.size();
  const auto rate = static_cast<double>(n);
  const double arrival = detail::poisson_probability(n, rate);

  detail::CountProbabilities counts(n);
  double time = 0;
  double crossing = 0;
  detail::PoissonWindow increment;
  for (std::size_t k = 1; k <= n; ++k) {
    const double next = bounds[n - k];
    const double mean = rate * (next - time);
    if (mean > 0) {
      time = next;
      increment.assign(mean);
      const double expected = rate * time;
      const double spread = exponent / 3 + std::sqrt(exponent * exponent / 9 + 2 * exponent * expected * (1 - time));
      const auto ceiling = static_cast<std::size_t>(std::min(rate, expected + spread));
      const auto floor = static_cast<std::size_t>(std::max(0.0, expected - spread));
      const std::size_t new_low = std::max(floor, counts.low() + increment.first);
      const std::size_t new_high = std::max(counts.high(), std::min(ceiling, counts.high() + increment.last()));
      counts.move(increment, new_low, new_high);
    }
    if (counts.low() >= k) continue;
    // Only k - 1 is left below k.
    crossing += counts.take_lowest() * detail::poisson_probability(n - k + 1, rate * (1 - time)) / arrival;
    if (counts.low() > counts.high()) break;  // every path has crossed
  }
  return std::min(1.0, crossing);
}

/// One-sided lower confidence band for a distribution from n independent scores of it, with equal local levels: with
/// the given confidence, for all i at once, at most the share rate_bound(i) of the distribution lies above x(i). So it
/// certifies the false-alarm rate of every threshold, whichever way it is chosen, also by looking at these scores: if
/// i of the scores are <= t, the rate of scores > t is at most rate_bound(i).
///
/// rate_bound(i) is the upper quantile of Beta(n - i + 1, i), the distribution of the share above x(i), at a local
/// level that is the same for all i, and such that the confidence is exact for continuous distributions, whatever n.
/// With ties the confidence is larger. (Berk and Jones 1979, Zeitschrift fuer Wahrscheinlichkeitstheorie 47, 47-59;
/// Gontscharuk, Landwehr and Finner 2016, Bernoulli 22, 1331-1363.)
///
/// Cost of construction: four or five times crossing_probability and the beta quantiles, O(n^1.5) up to 8192 scores,
/// 0.3 s; from there on fewer ranks have a bound of their own, and the confidence stays exact. Memory O(n).
class SimultaneousBand {
 public:
  /// n >= 1, confidence in (0, 1).
  SimultaneousBand(std::size_t n, double confidence) : confidence_{confidence} {
    const double risk = 1 - confidence;
    if (n == 1) {  // one uniform number
      level_ = risk;
      bounds_.assign(1, confidence);
      return;
    }
    // log P(crossing) / risk against log level / risk: nearly a line of slope 1, between Bonferroni's -log n and 0.
    double most = 0;
    const double log_n = std::log(static_cast<double>(n));
    double least = -log_n;
    // Where the root lies for confidence 0.95, to 10 %, by a fit to n = 2 .. 10^5.
    double x = std::max(least, -std::log1p(log_n * (0.9 + 0.65 * log_n)));
    double last_x = 0;
    double last_excess = 0;
    for (int iteration = 0;; ++iteration) {
      level_ = risk * std::exp(x);
      bounds_ = local_bounds(n, level_);
      const double excess = std::log(crossing_probability(bounds_) / risk);
      if (std::abs(excess) < tolerance || iteration == most_iterations) return;
      (excess > 0 ? most : least) = x;
      const double slope = iteration == 0 ? 1 : (excess - last_excess) / (x - last_x);
      last_x = x;
      last_excess = excess;
      x -= excess / slope;
      if (!(x > least && x < most)) x = least + (most - least) / 2;
    }
  }

  /// The sample's size n.
  [[nodiscard]] std::size_t size() const noexcept { return bounds_.size(); }
  /// With which all bounds hold at once.
  [[nodiscard]] double confidence() const noexcept { return confidence_; }

  /// The probability that the bound of any one given rank fails.
  [[nodiscard]] double local_level() const noexcept { return level_; }

  /// The bounds for x(1), ..., x(n); they do not increase.
  [[nodiscard]] std::span<const double> rate_bounds() const noexcept { return bounds_; }

  /// The largest share of the distribution above x(rank); 1 for rank 0, below all scores. rank <= n.
  [[nodiscard]] double rate_bound(std::size_t rank) const noexcept { return rank == 0 ? 1.0 : bounds_[rank - 1]; }

  /// The smallest rate that the band certifies: that above the maximum.
  [[nodiscard]] double smallest_rate() const noexcept { return bounds_.back(); }

  /// The smallest rank whose bound is at most `rate`; nothing when not even that of the maximum is. O(log n).
  [[nodiscard]] std::optional<std::size_t> rank_for(double rate) const noexcept {
    const auto found = std::ranges::partition_point(bounds_, [rate](double bound) { return !(bound <= rate); });
    if (found == bounds_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - bounds_.begin()) + 1;
  }

  /// Up to so many scores every rank has a bound of its own.
  static constexpr std::size_t most_bounded_each = 8192;

  /// The bounds that each hold with probability 1 - level in (0, 1), for x(1), ..., x(n). For n > most_bounded_each
  /// only the 1024 highest ranks and further ones at distances that grow by 1 % have one of their own; the others take
  /// that of the next lower of those, which holds for them too, and x(1) .. have none (1) below the lowest.
  [[nodiscard]] static std::vector<double> local_bounds(std::size_t n, double level) {
    constexpr std::size_t dense = 1024;
    std::vector<double> bounds(n);
    const auto size = static_cast<double>(n);
    double above = 0;  // keeps the order where the rounding does not
    std::size_t done = n + 1;
    for (std::size_t i = n; i >= 1;) {
      const auto rank = static_cast<double>(i);
      const double quantile = i == n ? -std::expm1(std::log(level) / size)
                                     : boost::math::ibetac_inv(size - rank + 1, rank, level, detail::QuietPolicy());
      above = std::max(above, quantile);
      for (; done > i; --done) bounds[done - 2] = above;
      const std::size_t from_top = n - i;
      const std::size_t step = n <= most_bounded_each || from_top < dense ? 1 : from_top / 100;
      i = i > step ? i - step : 0;
    }
    for (; done > 1; --done) bounds[done - 2] = 1;
    return bounds;
  }

 private:
  static constexpr double tolerance = 1e-9;
  static constexpr int most_iterations = 60;

  double confidence_;
  double level_ = 0;
  std::vector<double> bounds_;
};

/// The least number of independent scores for which the smallest rate of their SimultaneousBand is at most `rate`; 0
/// when that is more than about 2^17, where computing it takes minutes. rate and confidence in (0, 1). 55 for 10 %, 119
/// for 5 % and 658 for 1 % at 95 %; 0.1 % takes 7115 and half a second.
[[nodiscard]] inline std::size_t normals_needed(double rate, double confidence) {
  constexpr std::size_t most = std::size_t{1} << 17;
  if (rate >= confidence) return 1;
  const double risk = 1 - confidence;
  // The maximum's bound is `rate` when the local level is (1 - rate)^n, and below it when that is crossed too rarely.
  const auto excess = [&](std::size_t n) {
    const double level = std::exp(static_cast<double>(n) * std::log1p(-rate));
    return std::log(crossing_probability(SimultaneousBand::local_bounds(n, level)) / risk);
  };
  // log P(crossing) falls by about `rate` a score.
  std::size_t fails = 0;
  std::size_t suffices = 0;
  std::size_t n = coverage_count(rate, confidence);
  while (suffices == 0 || suffices - fails > 1) {
    if (n == 0 || n > most) return 0;
    const double e = excess(n);
    (e > 0 ? fails : suffices) = n;
    const double step = e / -std::log1p(-rate);
    if (e > 0) {
      n += std::max<std::size_t>(1, static_cast<std::size_t>(step));
    } else {
      const auto back = static_cast<std::size_t>(-step);
      n -= std::clamp<std::size_t>(back, 1, n);
    }
    if (suffices != 0 && !(n > fails && n < suffices)) n = fails + (suffices - fails) / 2;
  }
  return suffices;
}

/// Half of a uniform band: with this confidence in [1/2, 1), the empirical distribution function of n independent
/// scores is nowhere more than sqrt(log(1 / (1 - confidence)) / (2 n)) above the true one (Massart 1990, Annals of
/// Probability 18, 1269-1283), so that the share above x(i) is at most (n - i) / n plus that. n >= 1.
[[nodiscard]] inline double dkw_bound(std::size_t n, double confidence) noexcept {
  return std::sqrt(-std::log1p(-confidence) / (2 * static_cast<double>(n)));
}

/// The probability that the empirical distribution function of n >= 1 independent scores is somewhere more than
/// `distance` in [0, 1] above the continuous true one: with s = distance + j / n, the sum over j <= n (1 - distance) of
/// binomial(n, j) s^j (1 - s)^(n - j) distance / s (Birnbaum and Tingey 1951, Annals of Mathematical Statistics 22,
/// equation 3.0). All terms are positive. O(n).
[[nodiscard]] inline double kolmogorov_probability(std::size_t n, double distance) {
  if (!(distance > 0)) return 1;
  const auto size = static_cast<double>(n);
  double sum = 0;
  for (std::size_t j = 0; j <= n; ++j) {
    const auto count = static_cast<double>(j);
    const double s = distance + count / size;
    if (!(s < 1)) break;
    sum += boost::math::ibeta_derivative(count + 1, size - count + 1, s, detail::QuietPolicy()) / (size + 1) *
           (distance / s);
  }
  return std::min(1.0, sum);
}

/// What dkw_bound bounds, exactly: the distance that is exceeded with probability 1 - confidence in (0, 1). n >= 1.
[[nodiscard]] inline double kolmogorov_bound(std::size_t n, double confidence) {
  const double risk = 1 - confidence;
  const auto excess = [&](double distance) { return kolmogorov_probability(n, distance) - risk; };
  std::uintmax_t iterations = 100;  // far more than it takes
  const auto [least, most] = boost::math::tools::toms748_solve(
      excess, 0.0, 1.0, 1 - risk, -risk, boost::math::tools::eps_tolerance<double>(50), iterations);
  return most;
}

}  // namespace plimsoll::stats
