// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/monitor/monitor.hpp"
#include "plimsoll/monitor/stream_ranks.hpp"
#include "plimsoll/stats/cusum.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"

namespace plimsoll {

/// To which side a drift is looked for.
enum class DriftSide : std::uint8_t {
  both,   ///< to both
  upper,  ///< to higher scores
  lower,  ///< to lower scores
};

/// Parameters of CusumMonitor.
struct CusumParameters {
  double run_length = 10'000;               ///< scores between false alarms, on average; in [10, 10^9]
  double shift = 1;                         ///< the drift that is found fastest, in standard deviations; in [0.2, 10]
  DriftSide side = DriftSide::both;         ///< to which side a drift is looked for
  AlarmPolicy policy = AlarmPolicy::rearm;  ///< what follows the first alarm
  Bag bag = Bag::growing;                   ///< what scores are compared with
  std::size_t seed = 1;                     ///< of the random numbers for ties; below 2^53
  friend bool operator==(const CusumParameters&, const CusumParameters&) = default;
};

/// Page's cumulative sums (1954, Biometrika 41, 100-115) of the p-values' normal scores z = Phi^-1(1 - p), which are
/// standard normal whatever the distribution of the scores:
///   high = max(0, high + z - shift / 2),   low = max(0, low - z - shift / 2)
/// `statistic` is the larger one, and `threshold` the interval with which the run length, the mean number of scores
/// until a false alarm, is the one asked for: on both sides 1 / run_length is the sum of those of each (Lucas and
/// Crosier 1982, Technometrics 24, 199-205). That takes Bag::growing. False alarms come sooner or later, at this rate,
/// in every stream: it is faster than a martingale because it promises less.
class CusumMonitor : public Monitor<CusumMonitor, CusumParameters> {
 public:
  static constexpr std::string_view method = "cusum";    ///< in messages, and as the program's `--method`
  static constexpr std::string_view magic = "plimcusm";  ///< the first eight bytes of a snapshot

  /// Throws ParameterError, and DataError for an empty table or one that is not valid. Finds the interval, which takes
  /// milliseconds, and seconds for the smallest shift and the longest run length.
  explicit CusumMonitor(NormalScores normals, const Parameters& parameters = {})
      : Monitor(parameters),
        ranks_{method, normals, parameters.bag, parameters.seed},
        interval_{interval(parameters)} {}
  /// The same of the scores themselves, finite ones: all of them are kept.
  explicit CusumMonitor(Scores normals, const Parameters& parameters = {})
      : CusumMonitor(normal_score_table(normals, std::max<std::size_t>(2, normals.size())).view(), parameters) {}

  static const ParameterTable<Parameters>& table() {
    static const ParameterTable<Parameters> rows(
        method, {number<Parameters>(
                     "run_length", [](auto& p) -> auto& { return p.run_length; }, Range::closed(10, 1e9),
                     "scores between false alarms, on average"),
                 number<Parameters>(
                     "shift", [](auto& p) -> auto& { return p.shift; }, Range::closed(0.2, 10),
                     "the drift that is found fastest, in standard deviations"),
                 choice<Parameters>(
                     "side", [](auto& p) -> auto& { return p.side; },
                     {{DriftSide::both, "both"}, {DriftSide::upper, "upper"}, {DriftSide::lower, "lower"}},
                     "to which side a drift is looked for"),
                 detail::policy_row<Parameters>(), detail::bag_row<Parameters>(), detail::seed_row<Parameters>()});
    return rows;
  }

  /// The upper sum, from 0 on; grows when scores rise.
  [[nodiscard]] double high() const noexcept { return high_; }
  /// The lower sum, from 0 on; grows when scores fall.
  [[nodiscard]] double low() const noexcept { return low_; }

 private:
  friend Monitor;

  CusumMonitor() = default;

  static double interval(const Parameters& parameters) {
    const double sides = parameters.side == DriftSide::both ? 2 : 1;
    return stats::cusum_interval(parameters.shift / 2, sides * parameters.run_length);
  }

  void feed(double score) noexcept {
    const double z = ranks_.next(score).normal_score();
    const double reference = parameters().shift / 2;
    if (parameters().side != DriftSide::lower) high_ = std::max(0.0, high_ + z - reference);
    if (parameters().side != DriftSide::upper) low_ = std::max(0.0, low_ - z - reference);
  }
  [[nodiscard]] double value() const noexcept { return std::max(high_, low_); }
  [[nodiscard]] double limit() const noexcept { return interval_; }

  void restart() noexcept { high_ = low_ = 0; }
  void forget() noexcept {
    ranks_.reset();
    restart();
  }

  template <typename P, typename Archive>
  static void exchange_parameters(P& parameters, Archive& archive) {
    archive(parameters.run_length);
    archive(parameters.shift);
    archive(parameters.side);
    archive(parameters.policy);
    archive(parameters.bag);
    archive(parameters.seed);
  }
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.high_);
    archive(self.low_);
    archive(self.interval_);
    StreamRanks::exchange(self.ranks_, archive);
  }
  [[nodiscard]] bool restored() {
    return is_finite(high_) && high_ >= 0 && is_finite(low_) && low_ >= 0 && is_finite(interval_) && interval_ >= 0 &&
           ranks_.restored() && ranks_.bag() == parameters().bag && ranks_.seed() == parameters().seed &&
           ranks_.count() == count();
  }

  StreamRanks ranks_;
  double high_ = 0;
  double low_ = 0;
  double interval_ = 0;
};

static_assert(DriftMonitor<CusumMonitor>);

}  // namespace plimsoll
