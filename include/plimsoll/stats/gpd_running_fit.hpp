// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/gpd_fit.hpp"

namespace plimsoll::stats {

/// gpd_mle of exceedances that come and go, at a fraction of its cost. Most of its passes show that no other maximum
/// of the likelihood is higher, and need sums over the exceedances at places that are always the same, as shares of
/// the greatest. Here those are kept: O(1) for an exceedance that enters or leaves. What remains are some three passes
/// close to the maximum.
///
/// The sums are of whole numbers, 2^-42 of the largest possible term, so that what leaves is taken away exactly: no
/// error grows, and the estimate does not depend on what was there before. When the greatest exceedance changes they
/// are made anew, unless it changes again at once.
///
/// 6 kB; nothing allocates. For at most 2^20 exceedances, all above 0.
class GpdRunningFit {
 public:
  /// One that enters.
  void add(double y) noexcept {
    if (y > most_) most_ = 0;
    change(y, 1);
  }

  /// One that was added and leaves.
  void remove(double y) noexcept { change(y, -1); }

  /// gpd_mle(sorted) of those that are there, ascending. The same bits, unless a rounding of the sums decides from
  /// which 4096th of an interval the maximum is looked for; then the same but for roundings.
  [[nodiscard]] Estimate<Gpd> estimate(std::span<const double> sorted) noexcept {
    const EstimateStatus status = detail::gpd_sample_status(sorted);
    if (status != EstimateStatus::ok) return {.status = status};
    const double most = sorted.back();
    if (most != most_) {
      const bool lasts = most == latest_most_;
      *this = GpdRunningFit{};
      latest_most_ = most;
      if (!lasts) return gpd_mle(sorted);
      most_ = most;
      for (const double y : sorted) change(y, 1);
    }
    Profile profile(*this, sorted);
    return detail::gpd_of_maximum(sorted, detail::GpdProfileSearch(profile).best());
  }

 private:
  static constexpr double unit = 0x1p42;      // the sum of 2^20 terms is below 2^63
  static constexpr double log_unit = 0x1p32;  // logarithms of doubles are below 2^11

  [[nodiscard]] static std::int64_t whole(double share) noexcept {
    return static_cast<std::int64_t>(share * unit + 0.5);
  }
  [[nodiscard]] static double mean(std::int64_t sum, std::size_t n) noexcept {
    return static_cast<double>(sum) / unit / static_cast<double>(n);
  }

  /// A stop of the search and the sums there: of log(1 + tau w) / log(1 + tau), of (1 + tau) w / (1 + tau w) and of
  /// its square. No term is below 0 or above 1.
  struct Stop {
    detail::GpdProfile::Point place{};  ///< log_stretch and tau
    std::int64_t logs = 0;
    std::int64_t ratios = 0;
    std::int64_t squares = 0;

    void change(double w, std::int64_t sign) noexcept {
      const double stretch = 1 + place.tau * w;
      const double ratio = (1 + place.tau) * w / stretch;
      logs += sign * whole(std::log(stretch) / place.log_stretch);
      ratios += sign * whole(ratio);
      squares += sign * whole(ratio * ratio);
    }
  };

  /// The stops on one side of tau = 0; those that were looked at are up to date, the first `seen`.
  struct Side {
    std::array<Stop, detail::gpd_stops<true>.size()> stops{};
    std::size_t seen = 0;
  };

  /// The profile likelihood: the sums at the stops, passes elsewhere.
  class Profile {
   public:
    Profile(GpdRunningFit& sums, std::span<const double> sorted) noexcept
        : sums_{sums}, passes_{sorted, sums.moments(sorted.size())} {}

    [[nodiscard]] std::span<const double> sorted() const noexcept { return passes_.sorted(); }
    [[nodiscard]] detail::GpdProfile::Point at(double log_stretch) noexcept {
      if (!detail::GpdProfile::in_reach(detail::GpdProfile::at_place(log_stretch))) return passes_.at(log_stretch);
      if (!series_) series_.emplace(sorted());
      return series_->at(log_stretch);
    }
    [[nodiscard]] detail::GpdProfile::Point at_origin() const noexcept { return passes_.at(0); }
    [[nodiscard]] double mean_log() const noexcept {
      return static_cast<double>(sums_.logs_) / log_unit / static_cast<double>(sorted().size());
    }

    template <bool right>
    [[nodiscard]] detail::GpdProfile::Point at_stop(std::size_t stop) const noexcept {
      const Stop& sums = sums_.at<right>(stop, sorted());
      detail::GpdProfile::Point point = sums.place;
      const double r = mean(sums.ratios, sorted().size()) / (1 + point.tau);
      const double q = mean(sums.squares, sorted().size()) / (1 + point.tau) / (1 + point.tau);
      detail::GpdProfile::finish_far(point, point.log_stretch * mean(sums.logs, sorted().size()), r, q);
      return point;
    }

   private:
    GpdRunningFit& sums_;
    detail::GpdProfile passes_;                 ///< its series, of the sums, are for tau = 0 alone
    std::optional<detail::GpdProfile> series_;  ///< not before it is asked for, as it takes a pass
  };

  /// Adds an exceedance to all sums, or takes it away.
  void change(double y, std::int64_t sign) noexcept {
    if (most_ == 0) return;
    const double w = detail::GpdUnit(most_).share(y);
    double power = w;
    for (std::int64_t& sum : powers_) {
      sum += sign * whole(power);
      power *= w;
    }
    if (w > 0) logs_ += sign * std::llround(std::log(w) * log_unit);
    for (Side* side : {&left_, &right_}) {
      for (std::size_t i = 0; i < side->seen; ++i) side->stops[i].change(w, sign);
    }
  }

  [[nodiscard]] detail::GpdProfile::Moments moments(std::size_t n) const noexcept {
    detail::GpdProfile::Moments means;
    for (std::size_t i = 0; i < means.size(); ++i) means[i] = mean(powers_[i], n);
    return means;
  }

  /// The stop with its sums, which take a pass when it was not looked at before.
  template <bool right>
  [[nodiscard]] const Stop& at(std::size_t stop, std::span<const double> sorted) noexcept {
    Side& side = right ? right_ : left_;
    const detail::GpdUnit greatest(most_);
    for (; side.seen <= stop; ++side.seen) {
      Stop& next = side.stops[side.seen];
      next.place = detail::GpdProfile::at_place(detail::gpd_stop<right>(side.seen));
      for (const double y : sorted) next.change(greatest.share(y), 1);
    }
    return side.stops[stop];
  }

  double most_ = 0;         ///< what the sums are shares of; 0 while there are none
  double latest_most_ = 0;  ///< the greatest exceedance at the latest estimate
  std::int64_t logs_ = 0;   ///< of log w
  std::array<std::int64_t, detail::GpdProfile::terms> powers_{};
  Side left_;
  Side right_;
};

}  // namespace plimsoll::stats
