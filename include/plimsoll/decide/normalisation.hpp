// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>
#include <type_traits>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/decide/false_alarm_curve.hpp"

namespace plimsoll {

/// How a score is mapped to [0, 1].
enum class NormalisationKind : std::uint8_t {
  min_max,  ///< clamp((s - cutoff) / (maximum - minimum) + 1/2, 0, 1), as anomalib does
  z_score,  ///< Phi((s - cutoff) / deviation), Phi the standard normal distribution function
  tail,     ///< r(cutoff) / (r(cutoff) + r(s)), r the false-alarm rate by the FalseAlarmCurve
};

/// "min_max", "z_score" or "tail".
[[nodiscard]] constexpr std::string_view to_string(NormalisationKind kind) noexcept {
  switch (kind) {
    case NormalisationKind::min_max: return "min_max";
    case NormalisationKind::z_score: return "z_score";
    default: return "tail";
  }
}

/// Maps scores to [0, 1] for people and for displays, the cutoff to 1/2, so that the decision can be read off: the
/// result is below 1/2 exactly when the score is below the cutoff. That holds for every score of every type, as a
/// result on the wrong side, where digits ran out, becomes 1/2 or the next number below it.
///
/// Does not fall as the score rises; for doubles up to the last digit of std::erfc and std::exp. NaN, as a score or as
/// the cutoff, gives NaN. An infinite score gives 0 or 1, and 1/2 when it is the cutoff. What has no unit to measure
/// by (minimum = maximum, deviation = 0, either not finite or NaN, a range, or 1 over it, beyond the largest double, no
/// curve) is a step: 0 below the cutoff, 1/2 at it, 1 above it.
struct Normalisation {
  NormalisationKind kind = NormalisationKind::min_max;  ///< which of the three maps
  double minimum = 0;                                   ///< min_max: of the calibration scores
  double maximum = 1;                                   ///< min_max: of the calibration scores
  double deviation = 1;                                 ///< z_score: how far above the cutoff Phi(1) = .84 is

  /// The score in [0, 1]. The curve is only used by `tail`.
  template <ScoreValue T>
  [[nodiscard]] T operator()(T score, Cutoff cutoff, const FalseAlarmCurve& curve = no_curve) const noexcept {
    T result{};
    with_map(cutoff, curve, [&](const auto& map) {
      result = on_its_side(static_cast<T>(map(static_cast<double>(score))), cutoff(score));
    });
    return result;
  }

  /// All scores in [0, 1], results[i] that of scores[i], in one pass; doubles are decided as doubles although the
  /// result is a float. `results` has at least scores.size() places, and may be where the scores are, if those are
  /// floats. Allocates nothing.
  void operator()(Scores scores, Cutoff cutoff, std::span<float> results,
                  const FalseAlarmCurve& curve = no_curve) const noexcept {
    for_each_block(scores, cutoff, curve, results, [](std::size_t, auto) {});
  }

  /// The same, and every score decided: labels[i] = cutoff.label(scores[i]). One pass instead of one here and one in
  /// decide(). `labels` has at least scores.size() places.
  void operator()(Scores scores, Cutoff cutoff, std::span<float> results, std::span<Label> labels,
                  const FalseAlarmCurve& curve = no_curve) const noexcept {
    for_each_block(scores, cutoff, curve, results,
                   [&](std::size_t begin, auto block) { decide(cutoff, block, labels.subspan(begin)); });
  }

  friend constexpr bool operator==(const Normalisation&, const Normalisation&) noexcept = default;

 private:
  /// The largest T below 1/2: 1/2 has one bit, the number below it as many as T's significand has, with its leading
  /// one.
  template <ScoreValue T>
  static constexpr T below_half = static_cast<T>(0.5 - (std::is_same_v<T, double>  ? 0x1p-54
                                                        : std::is_same_v<T, float> ? 0x1p-25
                                                                                   : 0x1p-12));

  /// In [0, 1], on the cutoff's side; a NaN passes. The larger and the smaller of two, which compilers make vector code
  /// of.
  template <ScoreValue T>
  [[nodiscard]] static T on_its_side(T result, bool anomalous) noexcept {
    const auto lowest = static_cast<T>(anomalous ? 0.5 : 0.0);
    const T highest = anomalous ? static_cast<T>(1) : below_half<T>;
    const T raised = result < lowest ? lowest : result;
    return raised > highest ? highest : raised;
  }

  /// Normalises the scores in turn, a thousand at a time, and calls `before(begin, values)` with each block's first.
  template <typename Before>
  void for_each_block(Scores scores, Cutoff cutoff, const FalseAlarmCurve& curve, std::span<float> results,
                      const Before& before) const noexcept {
    with_map(cutoff, curve, [&](const auto& map) {
      scores.visit([&]<typename T>(std::span<const T> all) {
        constexpr std::size_t size = 1024;
        const auto least = cutoff.as<decltype(detail::widened(T{}))>();
        for (std::size_t begin = 0; begin < all.size(); begin += size) {
          const std::span<const T> values = all.subspan(begin, all.size() - begin < size ? all.size() - begin : size);
          before(begin, values);
          float* const out = results.data() + begin;
          for (std::size_t i = 0; i < values.size(); ++i) {
            const bool anomalous = !(detail::widened(values[i]) < least);
            out[i] = on_its_side(static_cast<float>(map(static_cast<double>(values[i]))), anomalous);
          }
        }
      });
    });
  }

  /// Calls `use` with the map from a double to a double, NaN or what on_its_side brings to [0, 1].
  template <typename Use>
  void with_map(Cutoff cutoff, const FalseAlarmCurve& curve, const Use& use) const noexcept {
    const double line = cutoff.value();
    const auto step = [line](double s) { return s < line ? 0.0 : s > line ? 1.0 : s == line ? 0.5 : s + line; };
    const auto has_unit = [](double unit) { return unit > 0 && unit <= std::numeric_limits<double>::max(); };
    const bool finite_line = line - line == 0;
    const double range = maximum - minimum;
    if (finite_line && kind == NormalisationKind::min_max && has_unit(range) && has_unit(1 / range)) {
      use([=, scale = 1 / range](double s) { return (s - line) * scale + 0.5; });
    } else if (finite_line && kind == NormalisationKind::z_score && has_unit(deviation)) {
      use([=, unit = deviation](double s) { return std::erfc((line - s) / unit / std::numbers::sqrt2) / 2; });
    } else if (finite_line && kind == NormalisationKind::tail && !curve.empty()) {
      const double line_rate = curve.rate_of(line);
      use([=, &curve](double s) {
        const bool infinite = s - s != 0 && s == s;
        return infinite ? step(s) : line_rate / (line_rate + curve.rate_of(s));
      });
    } else {
      use(step);
    }
  }
};

static_assert(std::is_trivially_copyable_v<Normalisation> && std::is_aggregate_v<Normalisation>);

}  // namespace plimsoll
