// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>

#include "plimsoll/core/cutoff.hpp"

namespace plimsoll {

/// Cutoffs at a table of false-alarm rates, so that the rate can be changed where the normal scores no longer are. A
/// plain value of fixed size, which a generated header may hold as a constant. Made by false_alarm_curve() in
/// plimsoll/thresholds.
struct FalseAlarmCurve {
  /// A rate and the cutoff that has it.
  struct Knot {
    double rate = 0;    ///< in (0, 1)
    double cutoff = 0;  ///< finite, in the scores' unit
    friend constexpr bool operator==(const Knot&, const Knot&) noexcept = default;
  };

  static constexpr std::size_t capacity = 64;  ///< how many knots there may be

  std::array<Knot, capacity> knots{};  ///< the first `count`: rates fall strictly, cutoffs do not fall
  std::size_t count = 0;               ///< at most capacity

  /// Whether there is no knot, so that no rate has a cutoff.
  [[nodiscard]] constexpr bool empty() const noexcept { return count == 0; }

  /// Whether the knots are as they must be, for a table that comes from outside. The others are not looked at.
  [[nodiscard]] constexpr bool valid() const noexcept {
    if (count > capacity) return false;
    constexpr double largest = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < count; ++i) {
      const Knot& knot = knots[i];
      if (!(knot.rate > 0 && knot.rate < 1)) return false;
      if (!(knot.cutoff >= -largest && knot.cutoff <= largest)) return false;
      if (i > 0 && !(knot.rate < knots[i - 1].rate && knot.cutoff >= knots[i - 1].cutoff)) return false;
    }
    return true;
  }

  /// The cutoff at a rate: at a knot's rate that knot's, to the bit; between knots linear in the logarithm of the rate,
  /// which is exact for exponential tails, and never beyond its neighbours. Nothing outside of
  /// [least rate, largest rate], for NaN, and for the empty curve: a table does not extrapolate. O(log count).
  [[nodiscard]] std::optional<Cutoff> cutoff_at(double rate) const noexcept {
    if (empty() || !(rate <= knots[0].rate && rate >= knots[count - 1].rate)) return std::nullopt;
    const Knot* after = std::partition_point(begin(), end(), [=](const Knot& knot) { return knot.rate > rate; });
    if (after->rate == rate) return Cutoff{after->cutoff};
    const Knot& above = after[-1];
    const double top = std::log(above.rate);
    const double share = (top - std::log(rate)) / (top - std::log(after->rate));
    return Cutoff{std::lerp(above.cutoff, after->cutoff, std::clamp(share, 0.0, 1.0))};
  }

  /// The inverse: the false-alarm rate of a score as the cutoff. Of tied knots the least rate. A score below the first
  /// knot has at least that knot's rate, one beyond the last knot at most that one's, which is what is returned. Does
  /// not rise with the score. NaN for NaN and for the empty curve. O(log count).
  template <ScoreValue T>
  [[nodiscard]] double rate_of(T score) const noexcept {
    const auto s = static_cast<double>(score);
    if (empty() || s != s) return std::numeric_limits<double>::quiet_NaN();
    const Knot* after = std::partition_point(begin(), end(), [=](const Knot& knot) { return knot.cutoff <= s; });
    if (after == begin()) return knots[0].rate;
    const Knot& before = after[-1];
    if (after == end() || before.cutoff == s) return before.rate;
    // Halves, so that no difference overflows.
    const double share = (s / 2 - before.cutoff / 2) / (after->cutoff / 2 - before.cutoff / 2);
    const double rate = std::exp(std::lerp(std::log(before.rate), std::log(after->rate), share));
    return std::clamp(rate, after->rate, before.rate);
  }

  /// The same knots; what lies beyond `count` is not looked at.
  friend constexpr bool operator==(const FalseAlarmCurve& a, const FalseAlarmCurve& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  [[nodiscard]] constexpr const Knot* begin() const noexcept { return knots.data(); }
  [[nodiscard]] constexpr const Knot* end() const noexcept { return knots.data() + count; }
};

/// The curve without a knot.
inline constexpr FalseAlarmCurve no_curve{};

static_assert(std::is_trivially_copyable_v<FalseAlarmCurve> && std::is_aggregate_v<FalseAlarmCurve>);

}  // namespace plimsoll
