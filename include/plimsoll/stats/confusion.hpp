// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// Counts of decisions against the truth, and the rates made of them. A rate whose denominator is 0 is NaN.
struct Confusion {
  std::size_t caught = 0;        ///< anomalous, flagged
  std::size_t missed = 0;        ///< anomalous, passed
  std::size_t false_alarms = 0;  ///< normal, flagged
  std::size_t passed = 0;        ///< normal, passed

  /// Adds one decision.
  constexpr void add(bool anomalous, bool flagged) noexcept {
    ++(anomalous ? (flagged ? caught : missed) : (flagged ? false_alarms : passed));
  }

  /// Adds the counts of other decisions.
  constexpr Confusion& operator+=(const Confusion& other) noexcept {
    caught += other.caught;
    missed += other.missed;
    false_alarms += other.false_alarms;
    passed += other.passed;
    return *this;
  }

  friend constexpr bool operator==(const Confusion&, const Confusion&) = default;

  /// Anomalous scores in all.
  [[nodiscard]] constexpr std::size_t anomalous() const noexcept { return caught + missed; }
  /// Normal scores in all.
  [[nodiscard]] constexpr std::size_t normal() const noexcept { return false_alarms + passed; }
  /// Flagged scores in all.
  [[nodiscard]] constexpr std::size_t flagged() const noexcept { return caught + false_alarms; }

  /// FPR, the share of normal scores that is flagged.
  [[nodiscard]] constexpr double false_alarm_rate() const noexcept { return ratio(false_alarms, normal()); }
  /// The share of anomalous scores that is flagged.
  [[nodiscard]] constexpr double recall() const noexcept { return ratio(caught, anomalous()); }
  /// The share of flagged scores that is anomalous.
  [[nodiscard]] constexpr double precision() const noexcept { return ratio(caught, flagged()); }
  /// 2 caught / (2 caught + false alarms + missed).
  [[nodiscard]] constexpr double f1() const noexcept { return ratio(2 * caught, 2 * caught + false_alarms + missed); }
  /// The mean of recall and 1 - FPR.
  [[nodiscard]] constexpr double balanced_accuracy() const noexcept { return (recall() + ratio(passed, normal())) / 2; }

 private:
  static constexpr double ratio(std::size_t part, std::size_t whole) noexcept {
    return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(part) / static_cast<double>(whole);
  }
};

/// F1 if this share of the scores were anomalous, of a cutoff with that recall and FPR: 2 p r / (p + p r + (1 - p) q).
/// All three in [0, 1], and not all 0.
[[nodiscard]] constexpr double f1_at(double prevalence, double recall, double false_alarm_rate) noexcept {
  return 2 * prevalence * recall / (prevalence + prevalence * recall + (1 - prevalence) * false_alarm_rate);
}

}  // namespace plimsoll::stats
