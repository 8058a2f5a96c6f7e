// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "plimsoll/core/scores.hpp"

namespace plimsoll {

/// The normal scores that p-values compare with: a view of knots that the caller keeps alive, or that a header holds as
/// a constant. Exact when every score is a knot; with fewer knots never smaller than exact. Made by
/// normal_score_table() in plimsoll/thresholds.
struct NormalScores {
  /// A normal score that was kept, and how many lie at and above it.
  struct Knot {
    double score = 0;            ///< not NaN
    std::uint32_t at_least = 0;  ///< how many normal scores are at least this one
    std::uint32_t above = 0;     ///< how many are above it
    friend constexpr bool operator==(const Knot&, const Knot&) noexcept = default;

    /// For snapshots.
    template <typename Self, typename Archive>
    static void exchange(Self& self, Archive& archive) {
      archive(self.score);
      archive(self.at_least);
      archive(self.above);
    }
  };

  std::span<const Knot> knots;  ///< scores rise strictly, counts fall
  std::uint32_t count = 0;      ///< of all normal scores

  /// Whether the knots are as they must be, for a table that comes from outside.
  [[nodiscard]] constexpr bool valid() const noexcept {
    std::uint32_t left = count;
    for (std::size_t i = 0; i < knots.size(); ++i) {
      const Knot& knot = knots[i];
      if (knot.score != knot.score || (i > 0 && !(knot.score > knots[i - 1].score))) return false;
      if (knot.at_least > left || knot.above >= knot.at_least) return false;
      left = knot.above;
    }
    return true;
  }

  /// The conformal p-value (1 + #{normal >= score}) / (n + 1): a normal score has one of at most any u with probability
  /// at most u, if it is exchangeable with the table's (Vovk, Gammerman and Shafer 2005, Algorithmic Learning in a
  /// Random World; Bates et al. 2023, Testing for outliers with conformal p-values, Annals of Statistics 51). In [1 /
  /// (n + 1), 1]; does not rise with the score; NaN gives 1 / (n + 1). With thinned knots at a knot exact, between two
  /// knots as if the scores between them were all at least this one. O(log knots).
  template <ScoreValue T>
  [[nodiscard]] constexpr double p_value(T score) const noexcept {
    const auto wide = static_cast<double>(score);
    const auto after =
        std::partition_point(knots.begin(), knots.end(), [=](const Knot& knot) { return knot.score <= wide; });
    return p_value_of(at_least(wide, static_cast<std::size_t>(after - knots.begin())));
  }

  /// The p-values of all scores; `p_values` has at least scores.size() places. Allocates nothing.
  void p_values(Scores scores, std::span<double> p_values) const noexcept {
    scores.visit([&](auto values) {
      // Many searches at once, as each waits for memory at every step.
      constexpr std::size_t lanes = 16;
      std::size_t begin = 0;
      for (; begin + lanes <= values.size(); begin += lanes) {
        std::array<double, lanes> block;
        std::array<std::size_t, lanes> after{};
        for (std::size_t i = 0; i < lanes; ++i) block[i] = static_cast<double>(values[begin + i]);
        for (std::size_t left = knots.size(); left > 0;) {
          const std::size_t half = (left + 1) / 2;
          for (std::size_t i = 0; i < lanes; ++i) {
            after[i] += knots[after[i] + half - 1].score <= block[i] ? half : 0;
          }
          left -= half;
        }
        for (std::size_t i = 0; i < lanes; ++i) p_values[begin + i] = p_value_of(at_least(block[i], after[i]));
      }
      for (; begin < values.size(); ++begin) p_values[begin] = p_value(values[begin]);
    });
  }

 private:
  /// How many normal scores count as at least this one, which so many knots are not above.
  [[nodiscard]] constexpr std::uint32_t at_least(double score, std::size_t not_above) const noexcept {
    if (score != score) return 0;
    if (not_above == 0) return count;
    const Knot& before = knots[not_above - 1];
    return before.score == score ? before.at_least : before.above;
  }

  [[nodiscard]] constexpr double p_value_of(std::uint32_t at_least) const noexcept {
    return (1.0 + static_cast<double>(at_least)) / (1.0 + static_cast<double>(count));
  }
};

/// The p-values of a batch that are taken for discoveries: those that are at most `threshold`.
struct Discoveries {
  std::size_t count = 0;  ///< how many discoveries there are
  double threshold = -1;  ///< the largest p-value among them; -1 when there is none

  /// Whether this p-value of the batch is a discovery.
  [[nodiscard]] constexpr bool operator()(double p_value) const noexcept { return p_value <= threshold; }
};

namespace detail {

/// Benjamini and Hochberg's step-up procedure at any level from 0 on.
[[nodiscard]] inline Discoveries step_up(std::span<const double> p_values, double level,
                                         std::span<double> scratch) noexcept {
  const std::span<double> sorted = scratch.first(p_values.size());
  constexpr double never = std::numeric_limits<double>::infinity();
  std::ranges::transform(p_values, sorted.begin(), [](double p) { return p == p ? p : never; });
  std::ranges::sort(sorted);
  const auto m = static_cast<double>(sorted.size());
  // Conformal p-values are fractions, and tie with the line exactly: equal but for rounding is equal.
  constexpr double rounding = 1 + 0x1p-50;
  for (std::size_t k = sorted.size(); k > 0; --k) {
    const double p = sorted[k - 1];
    if (p * m <= level * static_cast<double>(k) * rounding) return {k, p};
  }
  return {};
}

}  // namespace detail

/// Which p-values of a batch to take for discoveries so that at most a share `level` of them, in expectation, is false:
/// the k least, k the largest with p(k) <= level k / m (Benjamini and Hochberg 1995). Tied p-values are treated alike.
/// The promise holds for independent p-values and for conformal ones from one table (Bates et al. 2023); the
/// expectation is over tables and batches. `level` is in [0, 1]; NaN, as level or as a p-value, discovers nothing.
/// `scratch` has at least p_values.size() places, and may be where the p-values are. O(m log m), allocates nothing.
[[nodiscard]] inline Discoveries benjamini_hochberg(std::span<const double> p_values, double level,
                                                    std::span<double> scratch) noexcept {
  return detail::step_up(p_values, level, scratch);
}

/// Storey's estimate of the share of normal ones in a batch, (1 + #{p > lambda}) / (m (1 - lambda)), lambda in [0, 1)
/// (Storey, Taylor and Siegmund 2004). Above 1 by chance, which the promise of storey_benjamini_hochberg needs, so it
/// is not cut there; infinite for the empty batch. NaN counts as a p-value above lambda.
[[nodiscard]] inline double storey_normal_share(std::span<const double> p_values, double lambda = 0.5) noexcept {
  const auto above = std::ranges::count_if(p_values, [=](double p) { return !(p <= lambda); });
  return (1 + static_cast<double>(above)) / (static_cast<double>(p_values.size()) * (1 - lambda));
}

/// As benjamini_hochberg at level / storey_normal_share, with the same promise: more discoveries where many of the
/// batch are anomalous, some fewer where hardly any is. O(m log m), allocates nothing.
[[nodiscard]] inline Discoveries storey_benjamini_hochberg(std::span<const double> p_values, double level,
                                                           std::span<double> scratch, double lambda = 0.5) noexcept {
  if (p_values.empty()) return {};
  return detail::step_up(p_values, level / storey_normal_share(p_values, lambda), scratch);
}

}  // namespace plimsoll
