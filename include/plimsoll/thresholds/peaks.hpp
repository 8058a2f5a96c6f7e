// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/order_statistics.hpp"

/// \file
/// Peaks over threshold: the scores above a high one, the tail's start, and what a generalised Pareto distribution
/// fitted to how far they exceed it says about scores that are rarer still. What SPOT and DSPOT share.

namespace plimsoll::detail {

/// Fewer peaks than this are not fitted. Of 20 from an exponential tail 4 % have no likeliest distribution, of 10 31 %;
/// the standard error of xi is 0.3 and 0.4.
inline constexpr std::size_t least_peaks = 20;

/// The rank of the tail's start among n >= 1 scores: the smallest r with r / n >= level, level in (0, 1).
[[nodiscard]] inline std::size_t start_rank(std::size_t n, double level) noexcept {
  const auto count = static_cast<double>(n);
  double rank = std::ceil(count * level);
  if ((rank - 1) / count >= level) --rank;
  if (rank / count < level) ++rank;
  return static_cast<std::size_t>(std::clamp(rank, 1.0, count));
}

/// The least n of which, without ties, enough scores lie above the tail's start; 0 when none is known, as the level is
/// too high.
[[nodiscard]] inline std::size_t start_count(double level) noexcept {
  const double estimate = static_cast<double>(least_peaks) / (1 - level);
  if (!(estimate < 0x1p50)) return 0;
  auto n = static_cast<std::size_t>(estimate);
  n = n > 2 ? n - 2 : 1;
  while (n - start_rank(n, level) < least_peaks) ++n;
  return n;
}

/// Throws ParameterError unless the rate is below the share of scores that the level leaves to the tail.
inline void check_rate_in_tail(std::string_view method, double false_alarm_rate, double level) {
  if (false_alarm_rate + level < 1) return;
  throw ParameterError(std::string(method) + ": false_alarm_rate = " + shortest(false_alarm_rate) +
                       " is not below 1 - level = " + shortest(1 - level) + ", the share of scores in the tail");
}

/// How far the cutoff lies above the tail's start: the exceedance with survival probability rate * count / peaks, as
/// peaks of count scores were above the start. 0 where less than the rate is above the start.
[[nodiscard]] inline double peak_cutoff(const stats::Gpd& tail, double rate, double count, double peaks) noexcept {
  return tail.upper_quantile(std::min(1.0, rate * (count / peaks)));
}

/// A fit of the tail.
struct PeakFit {
  FitStatus status = FitStatus::ok;
  std::string note{};          ///< why there is no fit
  double start = 0;            ///< the tail's start, one of the scores
  std::size_t peak_count = 0;  ///< scores above it
  stats::Gpd tail{};           ///< of score - start
  double cutoff = 0;
};

/// Fits the tail to finite scores, whatever their order: the start is x(start_rank), the peaks are the scores above it.
template <std::floating_point T>
[[nodiscard]] PeakFit fit_peaks(std::span<const T> scores, double rate, double level) {
  PeakFit fit;
  const auto fail = [&fit](FitStatus status, std::string note) {
    fit.status = status;
    fit.note = std::move(note);
    return fit;
  };
  const std::size_t n = scores.size();
  const std::size_t needed = start_count(level);
  if (needed == 0 || n < needed) {
    return fail(FitStatus::too_few_scores, std::to_string(least_peaks) + " scores above the level " + shortest(level) +
                                               " take " + (needed == 0 ? "more" : std::to_string(needed)) +
                                               " normal scores, there are " + std::to_string(n));
  }
  fit.start = static_cast<double>(stats::order_statistic(scores, start_rank(n, level)));
  std::vector<double> excesses;
  for (const T score : scores) {
    const double excess = static_cast<double>(score) - fit.start;
    if (excess > 0) excesses.push_back(excess);
  }
  fit.peak_count = excesses.size();
  if (excesses.size() < least_peaks) {
    const stats::Extent<T> range = stats::extent(scores);
    if (range.least == range.most) return fail(FitStatus::no_spread, "the normal scores are all equal");
    return fail(FitStatus::too_few_scores, "as scores are tied, only " + std::to_string(excesses.size()) +
                                               " lie above the tail's start, and the fit needs " +
                                               std::to_string(least_peaks));
  }
  std::ranges::sort(excesses);
  if (!is_finite(excesses.back())) {
    return fail(FitStatus::not_applicable, "the spread of the tail is beyond the largest double");
  }
  const stats::Estimate<stats::Gpd> estimate = stats::gpd_mle(excesses);
  if (!estimate.ok()) {
    const FitStatus status = estimate.status == stats::EstimateStatus::too_few     ? FitStatus::too_few_scores
                             : estimate.status == stats::EstimateStatus::no_spread ? FitStatus::no_spread
                                                                                   : FitStatus::not_applicable;
    return fail(status, "the tail cannot be fitted: " + std::string(to_string(estimate.status)));
  }
  fit.tail = estimate.family;
  const auto count = static_cast<double>(n);
  const auto peaks = static_cast<double>(excesses.size());
  if (!(rate * (count / peaks) < 1)) {
    return fail(FitStatus::not_applicable,
                "as scores are tied, no more than the false-alarm rate lies above the "
                "tail's start, so that the cutoff is not in the tail; lower the level");
  }
  fit.cutoff = fit.start + peak_cutoff(fit.tail, rate, count, peaks);
  if (!is_finite(fit.cutoff)) return fail(FitStatus::not_applicable, "the cutoff is beyond the largest double");
  return fit;
}

/// An excess over the tail's start, and the bound that it had to be below to be taken in; +inf for none.
struct Peak {
  double excess = 0;
  double bound = std::numeric_limits<double>::infinity();
  friend auto operator<=>(const Peak&, const Peak&) = default;
};

/// The latest peaks, as many as there is room for; in the order of arrival and ascending (equal ones by their bounds,
/// so that the order is one of the peaks and not of their history). A push takes no memory. Empty, without room, when
/// moved from.
class PeakRing {
 public:
  explicit PeakRing(std::size_t capacity) : arrival_(capacity), ascending_(capacity), bounds_(capacity) {}
  PeakRing(const PeakRing&) = default;
  PeakRing& operator=(const PeakRing&) = default;
  PeakRing(PeakRing&& other) noexcept
      : arrival_{std::exchange(other.arrival_, {})},
        ascending_{std::exchange(other.ascending_, {})},
        bounds_{std::exchange(other.bounds_, {})},
        oldest_{std::exchange(other.oldest_, 0)},
        size_{std::exchange(other.size_, 0)} {}
  PeakRing& operator=(PeakRing&& other) noexcept {
    arrival_ = std::exchange(other.arrival_, {});
    ascending_ = std::exchange(other.ascending_, {});
    bounds_ = std::exchange(other.bounds_, {});
    oldest_ = std::exchange(other.oldest_, 0);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~PeakRing() = default;

  [[nodiscard]] std::size_t capacity() const noexcept { return arrival_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const double> ascending() const noexcept { return {ascending_.data(), size_}; }
  /// The bounds of ascending(), at the same places.
  [[nodiscard]] std::span<const double> bounds() const noexcept { return {bounds_.data(), size_}; }

  /// The peak that came as the (age + 1)-th of those kept; age < size().
  [[nodiscard]] const Peak& arrived(std::size_t age) const noexcept {
    const std::size_t place = oldest_ + age;
    return arrival_[place < capacity() ? place : place - capacity()];
  }

  /// Adds one; the oldest leaves when there is no room, and is returned. capacity() > 0. O(capacity).
  std::optional<Peak> push(const Peak& peak) noexcept {
    std::size_t end = size_;
    std::optional<Peak> oldest;
    if (size_ == capacity()) {
      oldest = arrival_[oldest_];
      const std::size_t leaves = place(arrival_[oldest_], end--);
      std::copy(at(ascending_, leaves + 1), ascending_.end(), at(ascending_, leaves));
      std::copy(at(bounds_, leaves + 1), bounds_.end(), at(bounds_, leaves));
      arrival_[oldest_] = peak;
      oldest_ = oldest_ + 1 == capacity() ? 0 : oldest_ + 1;
    } else {
      arrival_[size_++] = peak;  // oldest_ is 0 until there is no room
    }
    const std::size_t enters = place(peak, end);
    std::copy_backward(at(ascending_, enters), at(ascending_, end), at(ascending_, end + 1));
    std::copy_backward(at(bounds_, enters), at(bounds_, end), at(bounds_, end + 1));
    ascending_[enters] = peak.excess;
    bounds_[enters] = peak.bound;
    return oldest;
  }

  /// Forgets all, then keeps the latest of these. Throws std::bad_alloc, and then keeps what it had. O(n log n).
  void assign(std::span<const Peak> peaks) {
    if (peaks.size() > capacity()) peaks = peaks.last(capacity());
    std::vector<Peak> sorted(peaks.begin(), peaks.end());
    std::ranges::sort(sorted);
    std::ranges::copy(peaks, arrival_.begin());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      ascending_[i] = sorted[i].excess;
      bounds_[i] = sorted[i].bound;
    }
    oldest_ = 0;
    size_ = peaks.size();
  }

 private:
  [[nodiscard]] static std::vector<double>::iterator at(std::vector<double>& numbers, std::size_t i) noexcept {
    return numbers.begin() + static_cast<std::ptrdiff_t>(i);
  }

  /// The first place of the first `count` where no lesser peak is.
  [[nodiscard]] std::size_t place(const Peak& peak, std::size_t count) const noexcept {
    const std::span<const double> excesses{ascending_.data(), count};
    const auto [first, last] = std::equal_range(excesses.begin(), excesses.end(), peak.excess);
    const auto begin = static_cast<std::size_t>(first - excesses.begin());
    const std::span<const double> equal{bounds_.data() + begin, static_cast<std::size_t>(last - first)};
    return begin + static_cast<std::size_t>(std::ranges::lower_bound(equal, peak.bound) - equal.begin());
  }

  std::vector<Peak> arrival_;  ///< a ring
  std::vector<double> ascending_;
  std::vector<double> bounds_;
  std::size_t oldest_ = 0;
  std::size_t size_ = 0;
};

/// The mean of the latest numbers, always the same count of them. Nothing is carried from one mean to the next, so no
/// error grows. No memory is taken after construction. The mean is 0 with room for none. When moved from, only to be
/// assigned to.
class MeanWindow {
 public:
  explicit MeanWindow(std::size_t depth) : twice_(2 * depth) {}

  [[nodiscard]] std::size_t depth() const noexcept { return twice_.size() / 2; }

  /// Oldest first.
  [[nodiscard]] std::span<const double> numbers() const noexcept {
    return std::span<const double>(twice_).subspan(oldest_, depth());
  }

  [[nodiscard]] double mean() const noexcept { return mean_; }

  /// Takes the place of the oldest. O(depth).
  void push(double number) noexcept {
    if (depth() == 0) return;
    // Each number is kept twice, depth apart, so that any depth of them in a row are the window.
    twice_[oldest_] = twice_[oldest_ + depth()] = number;
    oldest_ = oldest_ + 1 == depth() ? 0 : oldest_ + 1;
    average();
  }

  /// Exactly depth() numbers, oldest first.
  void assign(std::span<const double> numbers) noexcept {
    std::ranges::copy(numbers, twice_.begin());
    std::ranges::copy(numbers, twice_.begin() + static_cast<std::ptrdiff_t>(depth()));
    oldest_ = 0;
    if (depth() > 0) average();
  }

 private:
  /// From differences to one of them, so that equal numbers have just that mean and a large offset costs nothing.
  void average() noexcept {
    const std::span<const double> window = numbers();
    double sum = 0;
    for (const double number : window) sum += number - window[0];
    mean_ = window[0] + sum / static_cast<double>(window.size());
  }

  std::vector<double> twice_;
  std::size_t oldest_ = 0;
  double mean_ = 0;
};

}  // namespace plimsoll::detail
