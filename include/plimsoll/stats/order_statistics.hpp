// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/ordered_bits.hpp"

/// \file
/// Order statistics of a sample x(1) <= ... <= x(n), and what they say about the distribution that it came from.

namespace plimsoll::stats {

/// Least and largest of a sample.
template <std::floating_point T>
struct Extent {
  T least;  ///< the minimum
  T most;   ///< the maximum
};

namespace detail {
/// Folds a sample into one value with `keep(kept, x)`, which must not mind the order, on lanes that compilers
/// turn into vector registers: a single one would wait for itself at every step.
template <std::floating_point T, typename Keep>
[[nodiscard]] constexpr T fold(std::span<const T> sample, T first, const Keep& keep) noexcept {
  constexpr std::size_t lanes = 64;  // more than compilers unroll before they vectorise
  std::array<T, lanes> kept;
  kept.fill(first);
  const std::size_t whole = sample.size() - sample.size() % lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) kept[lane] = keep(kept[lane], sample[i + lane]);
  }
  for (std::size_t i = whole; i < sample.size(); ++i) kept[0] = keep(kept[0], sample[i]);
  for (std::size_t lane = 1; lane < lanes; ++lane) kept[0] = keep(kept[0], kept[lane]);
  return one_zero(kept[0]);  // whatever the order of -0 and +0
}

/// The number at this share in [0, 1) of the way from a to b >= a.
[[nodiscard]] inline double interpolate(double a, double b, double share) noexcept {
  // From the nearer end, so that the ends are met exactly and the result never decreases in the share.
  if (a == b) return a;  // infinities too
  if (!(b - a <= std::numeric_limits<double>::max())) return a * (1.0 - share) + b * share;
  return share < 0.5 ? a + (b - a) * share : b - (b - a) * (1.0 - share);
}
}  // namespace detail

namespace detail {
/// The extent so far, on as many lanes as fill the vector registers: compilers leave it to one of them otherwise.
template <std::floating_point T>
class ExtentLanes {
 public:
  /// So many numbers are taken at once.
  static constexpr std::size_t lanes = 128 / sizeof(T);

  constexpr ExtentLanes(T least, T most) noexcept {
    least_.fill(least);
    most_.fill(most);
  }

  /// Begins anew with the largest.
  constexpr void restart_most(T most) noexcept { most_.fill(most); }

  /// Takes a multiple of `lanes` numbers.
  constexpr void add(std::span<const T> sample) noexcept {
    for (std::size_t i = 0; i < sample.size(); i += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const T x = sample[i + lane];
        least_[lane] = x < least_[lane] ? x : least_[lane];
        most_[lane] = x > most_[lane] ? x : most_[lane];
      }
    }
  }

  /// The least so far.
  [[nodiscard]] constexpr T least() const noexcept {
    return folded(least_, [](T a, T b) { return std::min(a, b); });
  }
  /// The largest so far, or since it began anew.
  [[nodiscard]] constexpr T most() const noexcept {
    return folded(most_, [](T a, T b) { return std::max(a, b); });
  }

 private:
  /// By halves: lane by lane would take as long as a short sample.
  template <typename Keep>
  [[nodiscard]] static constexpr T folded(std::array<T, lanes> kept, const Keep& keep) noexcept {
    for (std::size_t half = lanes / 2; half > 0; half /= 2) {
      for (std::size_t lane = 0; lane < half; ++lane) kept[lane] = keep(kept[lane], kept[lane + half]);
    }
    return one_zero(kept[0]);
  }

  std::array<T, lanes> least_;
  std::array<T, lanes> most_;
};
}  // namespace detail

/// The extent of a sample that is not empty and has no NaN; O(n).
template <std::floating_point T>
[[nodiscard]] constexpr Extent<T> extent(std::span<const T> sample) noexcept {
  detail::ExtentLanes<T> lanes(sample[0], sample[0]);
  const std::size_t whole = sample.size() - sample.size() % lanes.lanes;
  lanes.add(sample.first(whole));
  Extent<T> range{lanes.least(), lanes.most()};
  for (const T x : sample.subspan(whole)) range = {std::min(range.least, x), std::max(range.most, x)};
  return {one_zero(range.least), one_zero(range.most)};
}

/// x(rank), 1 <= rank <= n, of a sample without NaN. O(n) time: a histogram over the numbers' bits, then the one
/// bucket that holds the rank. Memory: that bucket, and 128 kB.
template <std::floating_point T>
[[nodiscard]] T order_statistic(std::span<const T> sample, std::size_t rank) {
  constexpr std::size_t small = 4096;
  constexpr int bucket_bits = 14;
  std::vector<T> kept;
  while (sample.size() > small) {
    const Extent<T> range = extent(sample);
    const Buckets<T> buckets(range.least, range.most, bucket_bits);
    std::vector<std::size_t> counts(buckets.count());
    for (const T x : sample) ++counts[buckets(x)];
    std::size_t bucket = 0;
    while (rank > counts[bucket]) rank -= counts[bucket++];
    if (buckets.exact()) return buckets.least(bucket);
    std::vector<T> inside;
    inside.reserve(counts[bucket]);
    for_each_between(sample, buckets.least(bucket), buckets.most(bucket), [&](T x) { inside.push_back(x); });
    kept = std::move(inside);
    sample = kept;
  }
  std::vector<T> copy(sample.begin(), sample.end());
  const auto place = copy.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::ranges::nth_element(copy, place);
  return one_zero(*place);  // whatever the order of -0 and +0
}

/// Sample quantile by linear interpolation between order statistics, Hyndman and Fan (1996) definition 7, the
/// default of NumPy and R: with h = (n - 1) p, x(floor(h) + 1) + (h - floor(h)) (x(floor(h) + 2) - x(floor(h) + 1)).
/// p in [0, 1], n >= 1. O(n).
template <std::floating_point T>
[[nodiscard]] double quantile(std::span<const T> sample, double p) {
  const double position = static_cast<double>(sample.size() - 1) * p;
  const auto below = static_cast<std::size_t>(position);
  const double share = position - static_cast<double>(below);
  const T lower = order_statistic(sample, below + 1);
  if (share == 0.0) return static_cast<double>(lower);
  // The next one is the same when more are tied than rank below + 1 takes, or else the least of those above it.
  std::size_t not_above = 0;
  for (const T x : sample) not_above += x <= lower ? 1U : 0U;
  const T infinity = std::numeric_limits<T>::infinity();
  const T upper = not_above > below + 1 ? lower : detail::fold(sample, infinity, [lower](T kept, T x) {
    return x > lower && x < kept ? x : kept;
  });
  return detail::interpolate(static_cast<double>(lower), static_cast<double>(upper), share);
}

/// The probability, over samples of n independent scores, that at most the share `rate` of the distribution lies
/// above x(rank): I_rate(n - rank + 1, rank), the regularised incomplete beta function, since the share above
/// x(rank) is Beta(n - rank + 1, rank) when the distribution is continuous, and stochastically smaller when it is
/// not (David and Nagaraja, Order Statistics, 3rd ed., section 2.3 and 7.2). 1 <= rank <= n, rate in (0, 1).
[[nodiscard]] inline double coverage_confidence(std::size_t n, std::size_t rank, double rate) {
  return boost::math::ibeta(static_cast<double>(n - rank + 1), static_cast<double>(rank), rate);
}

/// The smallest rank whose order statistic has at most the share `rate` above it with at least this confidence;
/// nothing when not even the maximum has. O(log n).
[[nodiscard]] inline std::optional<std::size_t> coverage_rank(std::size_t n, double rate, double confidence) {
  if (n == 0 || coverage_confidence(n, n, rate) < confidence) return std::nullopt;
  std::size_t fails = 0;  // rank 0, below every score, never suffices
  std::size_t suffices = n;
  while (suffices - fails > 1) {
    const std::size_t middle = fails + (suffices - fails) / 2;
    (coverage_confidence(n, middle, rate) < confidence ? fails : suffices) = middle;
  }
  return suffices;
}

/// The rate that the maximum of n scores certifies with this confidence: 1 - (1 - confidence)^(1/n). n >= 1.
[[nodiscard]] inline double coverage_best_rate(std::size_t n, double confidence) {
  return -std::expm1(std::log1p(-confidence) / static_cast<double>(n));
}

/// The least n whose maximum certifies the rate with this confidence: 1 - (1 - rate)^n >= confidence. 299 for
/// 1 % at 95 %, 59 for 5 %. 0 when none is known, as the rate is
/// too small.
[[nodiscard]] inline std::size_t coverage_count(double rate, double confidence) {
  const double n = std::log1p(-confidence) / std::log1p(-rate);
  if (!(n < 0x1p62)) return 0;
  // One step either way settles the rounding of the logarithms by the test that decides elsewhere.
  auto count = std::max<std::size_t>(1, static_cast<std::size_t>(n));
  while (coverage_confidence(count, count, rate) < confidence) ++count;
  while (count > 1 && !(coverage_confidence(count - 1, count - 1, rate) < confidence)) --count;
  return count;
}

/// The largest k with k / n <= share, which does not depend on how n share is rounded. share in [0, 1).
[[nodiscard]] inline std::size_t share_count(std::size_t n, double share) noexcept {
  const auto size = static_cast<double>(n);
  double k = std::floor(size * share);
  if ((k + 1) / size <= share) ++k;
  if (k / size > share) --k;
  return static_cast<std::size_t>(k);
}

/// The rank above which a further exchangeable score falls with probability at most `rate`, on average over
/// samples: ceil((n + 1) (1 - rate)), as n + 1 less the largest k with k / (n + 1) <= rate, which does not depend
/// on how 1 - rate is rounded. Nothing when that is above n, which takes n < 1 / rate - 1. (Vovk, Gammerman and
/// Shafer 2005, Algorithmic Learning in a Random World, section 2.2; Lei et al. 2018, JASA 113, section 2.)
[[nodiscard]] inline std::optional<std::size_t> conformal_rank(std::size_t n, double rate) {
  const std::size_t k = share_count(n + 1, rate);
  if (k < 1) return std::nullopt;
  return n + 1 - k;
}

/// The rank above which the share of the sample is nearest to `rate`: n - floor(n rate + 1/2), at least 1. n >= 1, rate
/// in (0, 1).
[[nodiscard]] inline std::size_t nearest_rank(std::size_t n, double rate) noexcept {
  const auto above = static_cast<std::size_t>(std::floor(static_cast<double>(n) * rate + 0.5));
  return n - std::min(n - 1, above);
}

/// The least n for which conformal_rank gives a rank: 19 for 5 %, 99 for 1 %. 0 when none is known, as the rate is too
/// small.
[[nodiscard]] inline std::size_t conformal_count(double rate) {
  if (!(1.0 / rate < 0x1p62)) return 0;
  auto count = static_cast<std::size_t>(1.0 / rate);
  count = count > 2 ? count - 2 : 0;
  while (!conformal_rank(count, rate)) ++count;
  return count;
}

/// A confidence interval of the distribution's quantile with the share `rate` above it: two order statistics, the
/// lower one not above and the upper one not below the quantile with probability (1 + confidence) / 2 each, whatever
/// the distribution (David and Nagaraja, section 7.1). Infinite at an end that the sample is too small for. O(n).
template <std::floating_point T>
[[nodiscard]] Interval quantile_interval(std::span<const T> sample, double rate, double confidence) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::size_t n = sample.size();
  const double one_sided = (1 + confidence) / 2;
  const auto upper = coverage_rank(n, rate, one_sided);
  const auto lower = coverage_rank(n, 1 - rate, one_sided);  // the same of the negated scores
  return {lower ? static_cast<double>(order_statistic(sample, n + 1 - *lower)) : -infinity,
          upper ? static_cast<double>(order_statistic(sample, *upper)) : infinity};
}

}  // namespace plimsoll::stats
