// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/monitor/monitor.hpp"
#include "plimsoll/stats/two_sample.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll {

/// Parameters of AndersonDarlingMonitor.
struct AndersonDarlingParameters {
  double alarm_rate = 0.01;  ///< the largest probability of a false alarm over the whole stream; in (0, 1)
  std::size_t window = 100;  ///< the latest scores that are compared; 10 .. 10^6
  std::size_t every = 50;    ///< from one look to the next; 1 .. 10^6 scores
  AlarmPolicy policy = AlarmPolicy::latch;  ///< what follows the first alarm
  std::size_t seed = 1;                     ///< of the random numbers for ties; below 2^53
  friend bool operator==(const AndersonDarlingParameters&, const AndersonDarlingParameters&) = default;
};

namespace detail {
/// A score with a random number behind its last digit, which orders ties.
struct UntiedScore {
  double score = 0;
  double digit = 0;
  friend bool operator==(const UntiedScore&, const UntiedScore&) = default;
  friend bool operator<(const UntiedScore& a, const UntiedScore& b) noexcept {
    return a.score < b.score || (a.score == b.score && a.digit < b.digit);
  }
};
}  // namespace detail

/// The latest `window` scores against all normal scores, every so many scores, by the two-sample Anderson-Darling test
/// (Scholz and Stephens 1987): any difference of the distributions, also one that moves no mean.
///
/// The statistic A^2 is standardised by its exact variance, and its p-value that of the limit for large samples,
/// stats::anderson_darling_tail. Ties are broken by random numbers: at mid-ranks, that distribution has too short a
/// tail for heavily tied scores. Look j, from 1 on, may raise an alarm at the level alarm_rate / (j (j + 1)); these
/// levels sum to alarm_rate, which bounds the probability of a false alarm over the whole stream whatever looks have to
/// do with each other (Bonferroni), overlapping windows and the shared normal scores included. `statistic` is
/// -log(j (j + 1) p) of the last look, 0 before the first.
class AndersonDarlingMonitor : public Monitor<AndersonDarlingMonitor, AndersonDarlingParameters> {
 public:
  static constexpr std::string_view method = "anderson_darling";  ///< in messages, and as the program's `--method`
  static constexpr std::string_view magic = "plimadks";           ///< the first eight bytes of a snapshot
  static constexpr std::size_t least_normals = 10;                ///< fewer normal scores are refused
  static constexpr std::size_t most_of_a_table = 1 << 22;         ///< more normal scores of a table are refused

  /// Keeps all normal scores, 10 at least. Throws ParameterError, DataError for too few or one that is not finite.
  explicit AndersonDarlingMonitor(Scores normals, const Parameters& parameters = {})
      : Monitor(parameters), normals_(sorted(normals)) {
    if (normals_.size() < least_normals) {
      throw DataError("anderson_darling: " + std::to_string(normals_.size()) + " normal scores are fewer than " +
                      std::to_string(least_normals));
    }
    prepare();
  }
  /// The same of a table in which all scores are knots; throws DataError for one that was thinned, and for one of more
  /// than 2^22 scores, as a few bytes can say that there are so many equal ones, which take 32 bytes each.
  explicit AndersonDarlingMonitor(NormalScores normals, const Parameters& parameters = {})
      : AndersonDarlingMonitor(Scores(all_of(normals)), parameters) {}

  static const ParameterTable<Parameters>& table() {
    static const ParameterTable<Parameters> rows(
        method, {detail::alarm_rate_row<Parameters>(),
                 number<Parameters>(
                     "window", [](auto& p) -> auto& { return p.window; }, Range::closed(10, 1e6),
                     "the latest scores that are compared"),
                 number<Parameters>(
                     "every", [](auto& p) -> auto& { return p.every; }, Range::closed(1, 1e6),
                     "scores from one look to the next"),
                 detail::policy_row<Parameters>(), detail::seed_row<Parameters>()});
    return rows;
  }

  /// Looks so far.
  [[nodiscard]] std::uint64_t looks() const noexcept { return looks_; }
  /// The p-value of the last look, not corrected for there having been others; 1 before the first.
  [[nodiscard]] double p_value() const noexcept { return p_value_; }

 private:
  friend Monitor;

  AndersonDarlingMonitor() = default;

  [[nodiscard]] static std::vector<double> sorted(Scores normals) {
    return normals.visit([](auto scores) {
      if (const std::size_t i = first_non_finite(scores); i < scores.size()) {
        throw DataError("anderson_darling: scores[" + std::to_string(i) + "] is not finite");
      }
      std::vector<double> copy(scores.begin(), scores.end());
      std::ranges::sort(copy);
      return copy;
    });
  }

  [[nodiscard]] static std::vector<double> all_of(NormalScores normals) {
    if (!normals.valid()) throw DataError("anderson_darling: the table of normal scores is not valid");
    if (normals.count > most_of_a_table) {
      throw DataError("anderson_darling: the table holds " + std::to_string(normals.count) +
                      " normal scores, and at most " + std::to_string(most_of_a_table) +
                      " are taken out of one: take a sample of them");
    }
    std::vector<double> scores;
    for (const NormalScores::Knot& knot : normals.knots)
      scores.insert(scores.end(), knot.at_least - knot.above, knot.score);
    if (scores.size() != normals.count) {
      throw DataError("anderson_darling: the table holds " + std::to_string(scores.size()) + " of its " +
                      std::to_string(normals.count) + " normal scores, and all are needed");
    }
    return scores;
  }

  void prepare() {
    synth::RandomStream random(~std::uint64_t{parameters().seed});
    untied_.clear();
    for (const double score : normals_) untied_.push_back({score, random.uniform()});
    std::ranges::sort(untied_, std::less<>());
    ring_.assign(parameters().window, 0);
    digits_.assign(parameters().window, 0);
    scratch_.assign(parameters().window, {});
    deviation_ = std::sqrt(stats::two_sample_anderson_darling_variance(normals_.size(), parameters().window));
  }

  void feed(double score) noexcept {
    const auto place = static_cast<std::size_t>(filled_ % ring_.size());
    ring_[place] = score;
    digits_[place] = synth::RandomStream(parameters().seed, count()).uniform();
    ++filled_;
    if (filled_ < ring_.size() || (filled_ - ring_.size()) % parameters().every != 0) return;
    ++looks_;
    for (std::size_t i = 0; i < ring_.size(); ++i) scratch_[i] = {ring_[i], digits_[i]};
    std::ranges::sort(scratch_, std::less<>());
    const double distance = stats::two_sample_anderson_darling(std::span<const detail::UntiedScore>(untied_),
                                                               std::span<const detail::UntiedScore>(scratch_));
    p_value_ = stats::two_sample_anderson_darling_p_value(distance, deviation_);
    const auto j = static_cast<double>(looks_);
    statistic_ = -std::log(std::max(p_value_, std::numeric_limits<double>::min())) - std::log(j) - std::log1p(j);
  }
  [[nodiscard]] double value() const noexcept { return statistic_; }
  [[nodiscard]] double limit() const noexcept { return -std::log(parameters().alarm_rate); }

  void restart() noexcept {
    filled_ = 0;
    statistic_ = 0;
    p_value_ = 1;
  }
  void forget() noexcept {
    restart();
    looks_ = 0;
    std::ranges::fill(ring_, 0);
    std::ranges::fill(digits_, 0);
  }

  template <typename P, typename Archive>
  static void exchange_parameters(P& parameters, Archive& archive) {
    archive(parameters.alarm_rate);
    archive(parameters.window);
    archive(parameters.every);
    archive(parameters.policy);
    archive(parameters.seed);
  }
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.filled_);
    archive(self.looks_);
    archive(self.p_value_);
    archive(self.statistic_);
    archive(self.normals_);
    archive(self.ring_);
    archive(self.digits_);
  }
  [[nodiscard]] bool restored() {
    const bool sensible =
        filled_ <= count() && looks_ <= count() && p_value_ >= 0 && p_value_ <= 1 && is_finite(statistic_) &&
        ring_.size() == parameters().window && digits_.size() == ring_.size() && normals_.size() >= least_normals &&
        first_non_finite(std::span<const double>(normals_)) == normals_.size() && std::ranges::is_sorted(normals_) &&
        std::ranges::none_of(ring_, [](double score) { return score != score; }) &&
        std::ranges::all_of(digits_, [](double digit) { return digit >= 0 && digit < 1; });
    if (!sensible) return false;
    const std::vector<double> ring = ring_;
    const std::vector<double> digits = digits_;
    prepare();
    ring_ = ring;
    digits_ = digits;
    return true;
  }

  std::vector<double> normals_;              ///< ascending
  std::vector<detail::UntiedScore> untied_;  ///< these
  std::vector<double> ring_;                 ///< the window
  std::vector<double> digits_;               ///< behind the last ones of the window
  std::vector<detail::UntiedScore> scratch_;
  double deviation_ = 1;      ///< of A^2
  std::uint64_t filled_ = 0;  ///< scores since the window was empty
  std::uint64_t looks_ = 0;
  double p_value_ = 1;
  double statistic_ = 0;
};

static_assert(DriftMonitor<AndersonDarlingMonitor>);

}  // namespace plimsoll
