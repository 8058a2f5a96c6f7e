// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/core/snapshot_archive.hpp"
#include "plimsoll/monitor/alarm_policy.hpp"
#include "plimsoll/monitor/alarm_state.hpp"
#include "plimsoll/monitor/bag.hpp"

namespace plimsoll {

namespace detail {
template <typename Parameters>
[[nodiscard]] ParameterRow alarm_rate_row() {
  return number<Parameters>(
      "alarm_rate", [](auto& p) -> auto& { return p.alarm_rate; }, Range::open(0, 1),
      "the largest probability of a false alarm, ever");
}
template <typename Parameters>
[[nodiscard]] ParameterRow policy_row() {
  return choice<Parameters>(
      "policy", [](auto& p) -> auto& { return p.policy; },
      {{AlarmPolicy::latch, "latch"}, {AlarmPolicy::once, "once"}, {AlarmPolicy::rearm, "rearm"}},
      "after an alarm: it stands, it was all, or the next one is waited for");
}
template <typename Parameters>
[[nodiscard]] ParameterRow bag_row() {
  return choice<Parameters>(
      "bag", [](auto& p) -> auto& { return p.bag; }, {{Bag::growing, "growing"}, {Bag::fixed, "fixed"}},
      "what scores are compared with: the normal ones and the stream so far, which the promise needs, or the former");
}
template <typename Parameters>
[[nodiscard]] ParameterRow seed_row() {
  return number<Parameters>(
      "seed", [](auto& p) -> auto& { return p.seed; }, Range::closed(0, 0x1p53 - 1), "of the random numbers for ties");
}
}  // namespace detail

/// What the monitors of a stream share: is it still the calibrated one? A plain value whose memory is fixed when it is
/// made; a step takes none and throws nothing.
///
/// A monitor has a `statistic`, evidence against "the stream's scores are exchangeable with the normal ones", and
/// raises an alarm by the first score with which it is at least `threshold`. NaN scores are counted and change nothing
/// else; infinite ones are the strangest on their side.
///
/// Derived has `table()`, `method`, an eight-byte `magic`, `void feed(double) noexcept`, `double value() const
/// noexcept`, `double limit() const noexcept`, `void restart() noexcept` (evidence anew), `void forget() noexcept` (as
/// made), `exchange(self, archive)` and `bool restored()`.
template <typename Derived, typename ParametersOf>
class Monitor {
 public:
  /// The aggregate of the monitor's parameters.
  using Parameters = ParametersOf;

  /// Takes the score in and says whether it raised the alarm.
  AlarmState step(double score) noexcept {
    if (score != score) {
      ++numbers_.nan_count;
      return resting();
    }
    ++numbers_.count;
    self().feed(score);
    if (numbers_.standing) return resting();
    if (!(self().value() >= self().limit())) return AlarmState::quiet;
    ++numbers_.alarm_count;
    numbers_.alarm_at = numbers_.count;
    numbers_.alarm_statistic = self().value();
    if (parameters_.policy == AlarmPolicy::rearm) {
      self().restart();
    } else {
      numbers_.standing = 1;
    }
    return AlarmState::raised;
  }

  /// The evidence as it stands: the logarithm of what docs/monitor.md calls evidence, but for the cumulative sum.
  [[nodiscard]] double statistic() const noexcept { return self().value(); }
  /// From which statistic on there is an alarm, likewise.
  [[nodiscard]] double threshold() const noexcept { return self().limit(); }

  /// Scores taken in.
  [[nodiscard]] std::uint64_t count() const noexcept { return numbers_.count; }
  /// NaN scores, which were not taken in.
  [[nodiscard]] std::uint64_t nan_count() const noexcept { return numbers_.nan_count; }
  /// Alarms that were raised so far.
  [[nodiscard]] std::uint64_t alarm_count() const noexcept { return numbers_.alarm_count; }
  /// Which of the scores taken in raised the last alarm, from 1; 0 before the first.
  [[nodiscard]] std::uint64_t alarm_at() const noexcept { return numbers_.alarm_at; }
  /// The statistic that raised the last alarm; 0 before the first.
  [[nodiscard]] double alarm_statistic() const noexcept { return numbers_.alarm_statistic; }

  /// As given to the constructor, or restored.
  [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }

  /// Ends a standing alarm: evidence is gathered anew. What was learned of normal scores, and the counts, stay.
  void rearm() noexcept {
    numbers_.standing = 0;
    self().restart();
  }

  /// As made.
  void reset() noexcept {
    numbers_ = Numbers{};
    self().forget();
  }

  /// All of the monitor as bytes, the same on every machine; what is restored from them goes on bit for bit where the
  /// arithmetic is the same. Everything is eight bytes (detail::SnapshotWriter): the magic, the version, the five
  /// counts and the statistic of the last alarm, the parameters, the state, a checksum. Of 24 bytes a normal score, or
  /// 32 with a growing bag.
  [[nodiscard]] std::vector<std::byte> snapshot() const {
    detail::SnapshotWriter writer(Derived::magic, version);
    exchange(*this, writer);
    return std::move(writer).finish();
  }

  /// Throws DataError, saying what is wrong, for bytes that are not of such a monitor: of another kind or version, cut
  /// short or longer, changed, or with numbers that make no sense.
  [[nodiscard]] static Derived restore(std::span<const std::byte> bytes) {
    detail::SnapshotReader reader(Derived::method, Derived::magic, version, bytes);
    Derived monitor;
    Monitor& base = monitor;
    exchange(base, reader);
    reader.finish();
    const Numbers& numbers = base.numbers_;
    if (numbers.standing > 1 || numbers.alarm_at > numbers.count || numbers.alarm_count > numbers.count ||
        numbers.count > detail::most_count || numbers.nan_count > detail::most_count) {
      reader.nonsense();
    }
    try {
      Derived::table().check(base.parameters_);
    } catch (const ParameterError&) {
      reader.nonsense();
    }
    if (!monitor.restored()) reader.nonsense();
    return monitor;
  }

 protected:
  Monitor() = default;  ///< to be filled by restore()
  /// Throws ParameterError for a parameter out of its range.
  explicit Monitor(const Parameters& parameters) : parameters_{parameters} { Derived::table().check(parameters_); }

 private:
  static constexpr std::uint64_t version = 2;

  struct Numbers {
    std::uint64_t count = 0;
    std::uint64_t nan_count = 0;
    std::uint64_t alarm_count = 0;
    std::uint64_t alarm_at = 0;
    std::uint64_t standing = 0;
    double alarm_statistic = 0;
  };

  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.numbers_.count);
    archive(self.numbers_.nan_count);
    archive(self.numbers_.alarm_count);
    archive(self.numbers_.alarm_at);
    archive(self.numbers_.standing);
    archive(self.numbers_.alarm_statistic);
    Derived::exchange_parameters(self.parameters_, archive);
    Derived::exchange(self.self(), archive);
  }

  [[nodiscard]] AlarmState resting() const noexcept {
    return numbers_.standing != 0 && parameters_.policy == AlarmPolicy::latch ? AlarmState::standing
                                                                              : AlarmState::quiet;
  }

  [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }
  [[nodiscard]] const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }

  Parameters parameters_;
  Numbers numbers_;
};

/// A monitor of a stream of scores.
template <typename T>
concept DriftMonitor = std::copyable<T> && requires(T monitor, const T& constant, std::span<const std::byte> bytes) {
  { monitor.step(0.0) }
  noexcept->std::same_as<AlarmState>;
  { monitor.reset() }
  noexcept;
  { monitor.rearm() }
  noexcept;
  { constant.statistic() }
  noexcept->std::same_as<double>;
  { constant.threshold() }
  noexcept->std::same_as<double>;
  { constant.alarm_count() }
  noexcept->std::same_as<std::uint64_t>;
  { constant.nan_count() }
  noexcept->std::same_as<std::uint64_t>;
  { constant.snapshot() } -> std::same_as<std::vector<std::byte>>;
  { T::restore(bytes) } -> std::same_as<T>;
};

}  // namespace plimsoll
