// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/gpd_running_fit.hpp"
#include "plimsoll/stats/gpd_truncated.hpp"
#include "plimsoll/thresholds/flagged_scores.hpp"
#include "plimsoll/thresholds/peaks.hpp"
#include "plimsoll/thresholds/spot_decision.hpp"
#include "plimsoll/thresholds/tail.hpp"

namespace plimsoll {

namespace detail {
/// The rows of a stream's parameter table that are the same for SPOT and DSPOT.
template <typename Parameters>
[[nodiscard]] std::vector<ParameterRow> stream_rows() {
  return {
      number<Parameters>(
          "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
          "the share of normal scores that the cutoff is to flag; below 1 - level"),
      number<Parameters>(
          "level", [](auto& p) -> auto& { return p.level; }, Range::open(0, 1),
          "the level of the calibration scores at which the tail starts"),
      number<Parameters>(
          "max_excess", [](auto& p) -> auto& { return p.max_excess; },
          Range::closed(static_cast<double>(least_peaks), 1e6), "the tail is fitted to so many latest peaks at most"),
      choice<Parameters>(
          "tail", [](auto& p) -> auto& { return p.tail; }, {{Tail::upper, "upper"}, {Tail::lower, "lower"}},
          "the end of the scores at which the anomalies lie"),
      choice<Parameters>(
          "flagged", [](auto& p) -> auto& { return p.flagged; },
          {{FlaggedScores::excluded, "excluded"},
           {FlaggedScores::kept, "kept"},
           {FlaggedScores::truncated, "truncated"}},
          "what is learned from flagged scores")};
}
}  // namespace detail

/// Streaming peaks over threshold, a plain value: what SpotStream and DspotThreshold share. Its memory is fixed at
/// construction; a step takes none and throws nothing.
///
/// `calibrate` puts the tail's start at a level of the calibration scores and fits a generalised Pareto distribution
/// to the peaks above it. Each further peak refits it to the latest max_excess peaks, and moves the cutoff to
///   start + upper_quantile(false_alarm_rate * n / N),
/// n the scores and N the peaks taken in since calibration began, those that the memory has dropped included: the share
/// N / n of scores above the start is known the better the more of them were seen, and needs no memory. The start
/// stays. Between peaks the cutoff stays too, but for DSPOT's mean.
///
/// Flagged scores are taken in only with FlaggedScores::kept. With `truncated` the fit allows for that: by the
/// likelihood of peaks that were seen only below the line of their time (stats::gpd_truncated_mle, xi within
/// 0 +- xi_deviation beforehand, as such peaks say little about it), and by counting, for each share of 1 -
/// false_alarm_rate taken in, one of false_alarm_rate that was not and is above the start. docs/methods/spot.md has
/// what each does to the rate.
///
/// The rule is that of Cutoff, from the tail's side: a score is anomalous unless it is on the normal side of the
/// cutoff, so one equal to it is anomalous, and so is NaN. Whether a flagged score is kept does not change whether it
/// is reported. A score is a peak when it is beyond the start, not when it is equal, at calibration as later.
/// Non-finite scores are decided and change nothing. Until `calibrate` has succeeded the cutoff is infinite.
///
/// The lower tail is the upper tail of the negated scores, bit for bit.
///
/// Derived has `static const ParameterTable<Parameters>& table()`, `static constexpr std::string_view method`, an
/// eight-byte `magic`, `static constexpr bool has_window`, whether there is a moving mean, `static std::size_t
/// window(const Parameters&)`, the scores that it is of or else 0, and `static void set_window(Parameters&,
/// std::size_t)`.
template <typename Derived, typename ParametersOf>
class PeakStream {
 public:
  /// The aggregate of the stream's parameters.
  using Parameters = ParametersOf;

  /// Starts anew from normal scores, in order of time. `ok`, or why there is no cutoff, as in Fit: too_few_scores,
  /// no_spread or not_applicable; the stream is then not calibrated. Throws DataError for a score that is not finite,
  /// and std::bad_alloc; the stream is then as it was.
  [[nodiscard]] FitStatus calibrate(std::span<const double> scores) {
    if (const std::size_t i = first_non_finite(scores); i != scores.size()) {
      throw DataError(where() + "scores[" + std::to_string(i) + "] is " +
                      (scores[i] != scores[i] ? "NaN"
                       : scores[i] > 0        ? "+inf"
                                              : "-inf"));
    }
    const std::size_t depth = Derived::window(parameters_);
    detail::MeanWindow window(depth);
    detail::PeakRing peaks(parameters_.max_excess);
    std::vector<double> relative;
    std::vector<detail::Peak> excesses;
    detail::PeakFit fit;
    if (!std::ranges::all_of(scores, [](double score) { return usable(score); })) {
      fit.status = FitStatus::not_applicable;
    } else if (scores.size() <= depth) {
      fit.status = FitStatus::too_few_scores;
    } else {
      relative.reserve(scores.size());
      for (const double score : scores) relative.push_back(oriented(score));
      window.assign(std::span(relative).first(depth));
      for (std::size_t i = depth; i < relative.size(); ++i) {
        const double score = relative[i];
        relative[i - depth] = score - window.mean();
        window.push(score);
      }
      relative.resize(relative.size() - depth);
      fit = detail::fit_peaks(std::span<const double>(relative), parameters_.false_alarm_rate, parameters_.level);
    }
    if (fit.status == FitStatus::ok) {
      excesses.reserve(fit.peak_count);
      for (const double score : relative) {
        if (const double excess = score - fit.start; excess > 0) excesses.push_back({excess});
      }
      peaks.assign(excesses);
    }
    numbers_ = fit.status == FitStatus::ok
                   ? Numbers{relative.size(), fit.peak_count, 0, relative.size(), fit.start, fit.tail, fit.cutoff}
                   : Numbers{};
    window_ = std::move(window);
    peaks_ = std::move(peaks);
    fit_ = {};
    return fit.status;
  }

  /// Decides the score by cutoff(), and then learns from it. O(1) for most scores (DSPOT: O(depth)), a fit to
  /// max_excess peaks for a peak.
  SpotDecision step(double score) noexcept {
    const double oriented_score = oriented(score);
    SpotDecision decision{anomalous(score) ? SpotDecision::Kind::anomalous : SpotDecision::Kind::normal, cutoff()};
    if (!calibrated() || !usable(score)) return decision;
    if (decision.anomalous() && parameters_.flagged != FlaggedScores::kept) return decision;
    const double excess = oriented_score - window_.mean() - numbers_.start;
    if (!is_finite(excess)) return decision;
    ++numbers_.count;
    if (!decision.anomalous()) window_.push(oriented_score);
    if (excess > 0) {
      if (!decision.anomalous()) decision.kind = SpotDecision::Kind::excess;
      ++numbers_.peak_count;
      detail::Peak peak{excess};
      // Not below the excess, though DSPOT's mean is rounded into both.
      if (truncated()) peak.bound = std::max(numbers_.line - numbers_.start, excess);
      if (const std::optional<detail::Peak> oldest = peaks_.push(peak)) fit_.remove(oldest->excess);
      fit_.add(excess);
      refit();
    }
    return decision;
  }

  /// The line that the next score is decided by, in the scores' unit; an infinity while not calibrated. It is a number,
  /// and not a Cutoff, because that decides for the upper tail only. For the upper tail, Cutoff{cutoff()} is the line
  /// as it stands.
  [[nodiscard]] double cutoff() const noexcept { return oriented(line()); }

  /// Whether step() would flag the score. Changes nothing.
  [[nodiscard]] bool anomalous(double score) const noexcept { return !(oriented(score) < line()); }

  /// Whether there is a line: calibrate() succeeded, or a calibrated stream was restored.
  [[nodiscard]] bool calibrated() const noexcept { return peaks_.size() > 0; }
  /// As given to the constructor, or restored.
  [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }

  /// Scores taken in, those of the calibration included (DSPOT: but for the first `depth`).
  [[nodiscard]] std::uint64_t count() const noexcept { return numbers_.count; }
  /// How many of them were beyond the tail's start.
  [[nodiscard]] std::uint64_t peak_count() const noexcept { return numbers_.peak_count; }
  /// How often a tail could not be refitted, so that the one before was kept.
  [[nodiscard]] std::uint64_t failed_refits() const noexcept { return numbers_.failed_refits; }
  /// How far the latest peaks exceed the tail's start, ascending.
  [[nodiscard]] std::span<const double> excesses() const noexcept { return peaks_.ascending(); }
  /// The distribution fitted to them.
  [[nodiscard]] const stats::Gpd& tail() const noexcept { return numbers_.tail; }

  /// All of the stream as bytes, the same on every machine. A stream restored from them goes on bit for bit where the
  /// arithmetic is the same.
  ///
  /// Layout, version 2; integers and IEEE 754 doubles are little-endian:
  ///     0  8 bytes  "plimspot" or "plimdspt"
  ///     8  u32      version
  ///    12  u8       tail: 0 upper, 1 lower
  ///    13  u8       flagged: 0 excluded, 1 kept, 2 truncated
  ///    14  u16      0
  ///    16  double   false_alarm_rate
  ///    24  double   level
  ///    32  u64      max_excess
  ///    40  u64      depth; 0 for SPOT
  ///    48  u64      count
  ///    56  u64      peak_count
  ///    64  u64      failed_refits
  ///    72  u64      how many of count are from the calibration
  ///    80  double   the tail's start    These four are of the score, negated for the lower tail, less DSPOT's mean;
  ///    88  double   sigma               0 when not calibrated.
  ///    96  double   xi
  ///   104  double   the cutoff
  ///   112  u64      k, the peaks kept: the lesser of peak_count and max_excess; 0 when not calibrated
  ///   120  u64      d, the scores in the window: depth; 0 when not calibrated
  ///   128  k doubles  the excesses, oldest first
  ///        k doubles  the bounds that they had to be below, +inf for none, in the same order;
  ///                   all +inf unless truncated
  ///        d doubles  the scores, negated for the lower tail, oldest first
  ///        u64        checksum of all before
  [[nodiscard]] std::vector<std::byte> snapshot() const {
    const std::size_t depth = calibrated() ? window_.depth() : 0;
    std::vector<std::byte> bytes;
    bytes.reserve(header_size + 8 * (2 * peaks_.size() + depth + 1));
    for (const char c : Derived::magic) bytes.push_back(static_cast<std::byte>(c));
    detail::put(bytes, version);
    detail::put(bytes, static_cast<std::uint8_t>(parameters_.tail));
    detail::put(bytes, static_cast<std::uint8_t>(parameters_.flagged));
    detail::put(bytes, std::uint16_t{0});
    detail::put(bytes, parameters_.false_alarm_rate);
    detail::put(bytes, parameters_.level);
    detail::put(bytes, std::uint64_t{parameters_.max_excess});
    detail::put(bytes, std::uint64_t{Derived::window(parameters_)});
    const Numbers now = calibrated() ? numbers_ : Numbers{};
    for (const std::uint64_t number : {now.count, now.peak_count, now.failed_refits, now.calibration_count})
      detail::put(bytes, number);
    for (const double number : {now.start, now.tail.sigma, now.tail.xi, now.line}) detail::put(bytes, number);
    detail::put(bytes, std::uint64_t{peaks_.size()});
    detail::put(bytes, std::uint64_t{depth});
    for (std::size_t age = 0; age < peaks_.size(); ++age) detail::put(bytes, peaks_.arrived(age).excess);
    for (std::size_t age = 0; age < peaks_.size(); ++age) detail::put(bytes, peaks_.arrived(age).bound);
    if (depth > 0) {
      for (const double score : window_.numbers()) detail::put(bytes, score);
    }
    detail::put(bytes, detail::checksum(bytes));
    return bytes;
  }

  /// The stream of a snapshot. Throws DataError, saying what is wrong, for bytes that are not one: of another kind or
  /// version, cut short or longer, changed, or with numbers that no stream has.
  [[nodiscard]] static Derived restore(std::span<const std::byte> bytes) {
    const auto fail = [](const std::string& what) { throw DataError(where() + "the snapshot " + what); };
    const auto has_magic = [&bytes](std::string_view magic) {
      return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
    };
    if (!has_magic(Derived::magic)) {
      fail(bytes.size() < Derived::magic.size() ? "is cut short" : "is not one of " + std::string(Derived::method));
    }
    if (bytes.size() < header_size + 8) fail("is cut short");
    detail::ByteReader reader(bytes.subspan(Derived::magic.size()));
    if (const auto found = reader.take<std::uint32_t>(); found != version) {
      fail("has version " + std::to_string(found) + ", and this library reads version " + std::to_string(version));
    }
    const auto tail = reader.take<std::uint8_t>();
    const auto flagged = reader.take<std::uint8_t>();
    const auto zero = reader.take<std::uint16_t>();
    const double rate = reader.number();
    const double level = reader.number();
    const auto max_excess = reader.take<std::uint64_t>();
    const auto depth = reader.take<std::uint64_t>();
    const auto count = reader.take<std::uint64_t>();
    const auto peak_count = reader.take<std::uint64_t>();
    const auto failed_refits = reader.take<std::uint64_t>();
    const auto calibration_count = reader.take<std::uint64_t>();
    const double start = reader.number();
    const double sigma = reader.number();
    const double xi = reader.number();
    const double line = reader.number();
    const auto peaks = reader.take<std::uint64_t>();
    const auto window = reader.take<std::uint64_t>();
    // Neither is believed before the length agrees.
    const std::uint64_t numbers = (bytes.size() - header_size - 8) / 8;
    if ((bytes.size() - header_size) % 8 != 0 || peaks > numbers / 2 || numbers - 2 * peaks != window) {
      fail("is cut short, or its counts are not those of its " + std::to_string(bytes.size()) + " bytes");
    }
    if (detail::ByteReader(bytes.last(8)).take<std::uint64_t>() != detail::checksum(bytes.first(bytes.size() - 8))) {
      fail("was changed: its checksum is another");
    }

    if (tail > 1 || flagged > 2 || zero != 0) fail("has an unknown tail or an unknown word for flagged scores");
    Parameters parameters;
    parameters.false_alarm_rate = rate;
    parameters.level = level;
    parameters.max_excess = static_cast<std::size_t>(max_excess);
    parameters.tail = static_cast<Tail>(tail);
    parameters.flagged = static_cast<FlaggedScores>(flagged);
    Derived::set_window(parameters, static_cast<std::size_t>(depth));
    if (max_excess != parameters.max_excess || depth != Derived::window(parameters))
      fail("has sizes beyond this machine");
    try {
      check(parameters);
    } catch (const ParameterError& error) {
      fail(std::string("has a parameter out of range: ") + error.what());
    }

    Derived stream{parameters};
    PeakStream& base = stream;
    if (peaks == 0) {
      const bool blank = window == 0 && count == 0 && peak_count == 0 && failed_refits == 0 && calibration_count == 0 &&
                         start == 0 && sigma == 0 && xi == 0 && line == 0;
      if (!blank) fail("has no peaks, and yet a state");
      return stream;
    }
    if (count > detail::most_count || peaks < detail::least_peaks || peaks != std::min(peak_count, max_excess) ||
        peak_count > count || failed_refits > peak_count || calibration_count > count ||
        calibration_count < detail::least_peaks || window != depth) {
      fail("has counts that contradict each other");
    }
    if (!is_finite(start) || !is_finite(sigma) || !(sigma > 0) || !is_finite(xi) || !is_finite(line) ||
        !(line >= start)) {
      fail("has a tail that is none");
    }
    std::vector<detail::Peak> kept(static_cast<std::size_t>(peaks));
    std::vector<double> scores(static_cast<std::size_t>(window));
    for (detail::Peak& peak : kept) {
      peak.excess = reader.number();
      if (!is_finite(peak.excess) || !(peak.excess > 0)) fail("has an excess that is not a positive number");
    }
    for (detail::Peak& peak : kept) {
      peak.bound = reader.number();
      if (!(peak.bound >= peak.excess)) fail("has an excess above its bound");
      if (is_finite(peak.bound) && !base.truncated()) fail("has a bound, and yet its tail is not truncated");
    }
    for (double& score : scores) {
      score = reader.number();
      if (!usable(score)) fail("has a score in its window that is not finite, or too large");
    }
    base.numbers_ = Numbers{count, peak_count, failed_refits, calibration_count, start, stats::Gpd{sigma, xi}, line};
    base.peaks_.assign(kept);
    base.window_.assign(scores);
    return stream;
  }

 protected:
  /// Takes all memory. Throws ParameterError for a parameter out of its range, and unless
  /// false_alarm_rate < 1 - level.
  explicit PeakStream(Parameters parameters)
      : parameters_{(check(parameters), std::move(parameters))},
        peaks_{parameters_.max_excess},
        window_{Derived::window(parameters_)} {}

 private:
  static constexpr std::uint32_t version = 2;
  static constexpr std::size_t header_size = 128;

  /// What is known of xi beforehand when the tail is truncated, its standard deviation around 0.
  static constexpr double xi_deviation = 0.2;

  /// All zero while not calibrated.
  struct Numbers {
    std::uint64_t count = 0;
    std::uint64_t peak_count = 0;
    std::uint64_t failed_refits = 0;
    std::uint64_t calibration_count = 0;
    double start = 0;       // of scores, as of the upper tail, less the window's mean
    stats::Gpd tail{0, 0};  // of excesses over it
    double line = 0;        // on the scale of the start
  };

  [[nodiscard]] static std::string where() { return std::string(Derived::method) + ": "; }

  static void check(const Parameters& parameters) {
    Derived::table().check(parameters);
    detail::check_rate_in_tail(Derived::method, parameters.false_alarm_rate, parameters.level);
  }

  /// The sums of a window, 2^20 scores at most, do not overflow below 2^1000. Without a window any finite score will
  /// do. Never for NaN.
  [[nodiscard]] static bool usable(double score) noexcept {
    return std::abs(score) <= (Derived::has_window ? 0x1p1000 : std::numeric_limits<double>::max());
  }

  /// The score as one of the upper tail, and back.
  [[nodiscard]] double oriented(double score) const noexcept {
    return parameters_.tail == Tail::lower ? -score : score;
  }

  [[nodiscard]] double line() const noexcept {
    return calibrated() ? window_.mean() + numbers_.line : std::numeric_limits<double>::infinity();
  }

  [[nodiscard]] bool truncated() const noexcept { return parameters_.flagged == FlaggedScores::truncated; }

  void refit() noexcept {
    const stats::Estimate<stats::Gpd> estimate =
        truncated() ? stats::gpd_truncated_mle(peaks_.ascending(), peaks_.bounds(), numbers_.tail, xi_deviation)
                    : fit_.estimate(peaks_.ascending());
    const stats::Gpd tail = estimate.ok() ? estimate.family : numbers_.tail;
    const double rate = parameters_.false_alarm_rate;
    auto count = static_cast<double>(numbers_.count);
    auto peaks = static_cast<double>(numbers_.peak_count);
    if (truncated()) {  // the false alarms that were not taken in
      const double flagged = static_cast<double>(numbers_.count - numbers_.calibration_count) * (rate / (1 - rate));
      count += flagged;
      peaks += flagged;
    }
    const double line = numbers_.start + detail::peak_cutoff(tail, rate, count, peaks);
    if (!estimate.ok() || !is_finite(line)) ++numbers_.failed_refits;
    if (!is_finite(line)) return;
    numbers_.tail = tail;
    numbers_.line = line;
  }

  Parameters parameters_;
  detail::PeakRing peaks_;
  stats::GpdRunningFit fit_;   ///< to them, unless truncated
  detail::MeanWindow window_;  ///< of scores, as of the upper tail
  Numbers numbers_;
};

}  // namespace plimsoll
