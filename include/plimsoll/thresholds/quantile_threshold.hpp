// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Which order statistic stands for a rate that lies between those that two of them promise.
enum class QuantileRank : std::uint8_t {
  kept,     ///< the one that keeps the rate
  nearest,  ///< the one that flags the share of the calibration scores nearest to the rate; it promises a little more
};

/// Parameters of QuantileThreshold.
struct QuantileParameters {
  double false_alarm_rate = 0.05;      ///< at most this share of normal scores is flagged; in (0, 1)
  std::optional<double> confidence{};  ///< with this probability over calibration samples; unset: on average. In (0, 1)
  QuantileRank rank = QuantileRank::kept;  ///< `nearest` has no confidence
  double trim = 0;  ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const QuantileParameters&, const QuantileParameters&) = default;
};

/// The order statistic of the normal scores that promises a false-alarm rate, whatever their distribution.
///
/// With a confidence 1 - d: the smallest rank r with P(FPR <= rate) >= 1 - d (stats::coverage_rank). Without: the
/// split-conformal rank ceil((n + 1)(1 - rate)), which keeps the rate on average (stats::conformal_rank). The
/// cutoff is the next number above x(r) in the scores' own type, so that the promise survives ties.
/// With `nearest` r = n - floor(n rate + 1/2), at least 1, and the promise is what this rank keeps on average,
/// (n + 1 - r) / (n + 1), which may be more than the rate.
/// Keeps every score (4 bytes a float); compute is O(n). Status too_few_scores when no rank promises the rate.
class QuantileThreshold : public Estimator<QuantileThreshold, QuantileParameters, Sample> {
 public:
  /// Throws ParameterError for a parameter out of its range, and for a confidence with QuantileRank::nearest.
  explicit QuantileThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    if (this->parameters().confidence && this->parameters().rank == QuantileRank::nearest) {
      throw ParameterError("quantile: rank = nearest keeps no confidence; unset one of them");
    }
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "quantile", {number<Parameters>(
                         "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                         "the largest share of normal scores that may be flagged"),
                     number<Parameters>(
                         "confidence", [](auto& p) -> auto& { return p.confidence; }, Range::open(0, 1),
                         "probability, over calibration samples, that the rate is kept; unset: kept on average"),
                     choice<Parameters>(
                         "rank", [](auto& p) -> auto& { return p.rank; },
                         {{QuantileRank::kept, "kept"}, {QuantileRank::nearest, "nearest"}},
                         "between two order statistics: the one that keeps the rate, or the one nearest to it")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"quantile",
                                   "the order statistic of the normal scores that promises a false-alarm rate",
                                   "normal scores exchangeable with later ones; nothing about their distribution",
                                   false,
                                   Invariance::rank,
                                   Guarantee::distribution_free,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::size_t n = state.size();
    const double rate = parameters().false_alarm_rate;
    const std::optional<double> confidence = parameters().confidence;
    Fit fit = begin_fit(n);
    const std::size_t needed = confidence ? stats::coverage_count(rate, *confidence) : stats::conformal_count(rate);
    double best_rate = Promise::unset;
    if (n > 0) {
      best_rate = confidence ? stats::coverage_best_rate(n, *confidence) : 1.0 / (static_cast<double>(n) + 1.0);
    }
    describe_promise(fit, n, needed, best_rate);
    if (parameters().rank == QuantileRank::nearest && n > 0) {
      const std::size_t rank = stats::nearest_rank(n, rate);
      const double kept = static_cast<double>(n + 1 - rank) / (static_cast<double>(n) + 1);
      return above_rank(std::move(fit), state, rank, kept, {});
    }
    const auto rank = confidence ? stats::coverage_rank(n, rate, *confidence) : stats::conformal_rank(n, rate);
    if (!rank) {
      std::string note =
          detail::percent(rate, true) + " % " +
          (confidence ? "with " + detail::percent(*confidence, false) + " % confidence" : std::string("on average")) +
          " needs " + (needed == 0 ? "more" : std::to_string(needed)) +
          (needed == 1 ? " normal score" : " normal scores") + ", there are " + std::to_string(n);
      if (fit.promise.best_rate == best_rate) {
        note += "; these can promise " + detail::percent(best_rate, true) + " %";
      }
      return failed(std::move(fit), FitStatus::too_few_scores, note);
    }
    return above_rank(std::move(fit), state, *rank, rate, confidence);
  }
};

static_assert(Threshold<QuantileThreshold>);

}  // namespace plimsoll
