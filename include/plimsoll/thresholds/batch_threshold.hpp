// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/two_sample.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Which false-alarm levels a batch may choose among.
enum class BatchLevels : std::uint8_t {
  both,   ///< from 1 % to the cap
  lower,  ///< from 1 % to 5 %: never more alarms than the usual budget
};

/// Parameters of BatchThreshold.
struct BatchParameters {
  std::optional<double> expected_prevalence{};  ///< told, which is better than estimated; in (0, 1)
  double level_cap = 0.1;                       ///< the highest level that is tried; in [0.01, 0.5]
  BatchLevels levels = BatchLevels::both;       ///< which levels are tried
  std::size_t least_batch = 100;                ///< fewer batch scores say nothing about a prevalence; >= 1
  double drift_p_value = 0.01;  ///< the lower half's test refuses below this; 0: it never does; in [0, 1)
  double trim = 0;              ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const BatchParameters&, const BatchParameters&) = default;
};

/// The false-alarm level is fitted to an unlabelled batch of production scores, of which a few may be anomalous. With
/// conformal p-values p of the batch against n normal scores,
///   prevalence pi = max(0, 1 - (#{p > 1/2} + 1) / (m / 2)), m the batch's size (Storey 2002, JRSS B 64, eq. 6);
///   level         = the one, of 24 evenly spaced by their logarithm, with the largest plug-in F1,
///                   2 clip(R(a) - (1 - pi) a, 0, pi) / (pi + R(a)), R(a) the share of the batch from the cutoff of a
///                   on; the lowest of equal ones;
///   cutoff        = the next number above the order statistic nearest to the level (QuantileRank::nearest).
///
/// A batch whose normals have drifted upwards looks like one with more anomalies. So first the halves below the
/// normals' median, where anomalies are few, are compared by the two-sample test of Anderson and Darling (Scholz and
/// Stephens 1987); a small p-value refuses with the status `drifted`. A drift of a tenth of a standard deviation passes
/// it and costs false alarms: this is for those who know that their detector stands still.
///
/// Promises nothing: the level was chosen by looking. `estimates`: level, prevalence, plug_in_f1, batch, batch_flagged,
/// drift_p_value. Keeps every score; compute sorts. Status too_few_scores with fewer than 20 normals or than
/// least_batch batch scores.
class BatchThreshold : public Estimator<BatchThreshold, BatchParameters, Sample> {
 public:
  static constexpr std::size_t fewest_normals = 20;  ///< fewer normal scores are too few
  static constexpr std::size_t level_count = 24;     ///< so many levels are tried
  static constexpr double least_level = 0.01;        ///< the lowest of them
  static constexpr double usual_level = 0.05;        ///< the highest with BatchLevels::lower

  explicit BatchThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  /// Adds production scores, normal and anomalous ones; NaN and infinities as `non_finite` says, but that what is
  /// skipped of a batch is not counted: Fit::skipped_count is of the normal scores.
  void update_batch(Scores scores) {
    scores.visit([&]<typename T>(std::span<const T> span) {
      if (detail::check_finite(info().name, span, {}, parameters().input.non_finite)) {
        keep(span);
      } else {
        keep(std::span<const T>(detail::FiniteScores<T>(span, {}).kept));
      }
    });
  }

  /// Forgets what was collected, the batch too.
  void reset() {
    Estimator::reset();
    batch_ = {};
  }

  /// Adds what the other collected. Throws ParameterError when its parameters differ.
  void merge(const BatchThreshold& other) {
    Sample batch = batch_;  // whatever throws, nothing has changed
    batch.merge(other.batch_);
    Estimator::merge(other);
    batch_ = std::move(batch);
  }

  /// For snapshots, after what every estimator collects.
  template <typename Self, typename Archive>
  static void exchange_more(Self& self, Archive& archive) {
    archive(self.batch_);
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "batch", {number<Parameters>(
                      "expected_prevalence", [](auto& p) -> auto& { return p.expected_prevalence; }, Range::open(0, 1),
                      "the share of anomalies in the batch, where it is known; unset: estimated"),
                  number<Parameters>(
                      "level_cap", [](auto& p) -> auto& { return p.level_cap; }, Range::closed(least_level, 0.5),
                      "the highest false-alarm level that is tried"),
                  choice<Parameters>(
                      "levels", [](auto& p) -> auto& { return p.levels; },
                      {{BatchLevels::both, "both"}, {BatchLevels::lower, "lower"}},
                      "try levels up to the cap, or never above 5 %"),
                  number<Parameters>(
                      "least_batch", [](auto& p) -> auto& { return p.least_batch; }, Range::from(1),
                      "the fewest batch scores for which there is an answer"),
                  number<Parameters>(
                      "drift_p_value", [](auto& p) -> auto& { return p.drift_p_value; }, Range{0, 1, true, false},
                      "the batch is refused as drifted when its lower half has a p-value below this")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"batch",
                                   "the false-alarm level that an unlabelled batch of production scores asks for",
                                   "normals that have not drifted, 100 or more batch scores; no promise",
                                   false,
                                   Invariance::rank,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  template <typename T>
  void keep(std::span<const T> scores) {
    if constexpr (sizeof(T) == 2) {
      const std::vector<float> floats(scores.begin(), scores.end());
      batch_.append(std::span<const float>(floats));
    } else {
      batch_.append(scores);
    }
  }

  /// How many of the ascending scores are at least x.
  static std::size_t at_least(const std::vector<double>& sorted, double x) {
    return static_cast<std::size_t>(sorted.end() - std::ranges::lower_bound(sorted, x));
  }

  /// The p-value of the two samples' parts below x(k), k the middle rank of the normals.
  static double drift_p_value(const std::vector<double>& normals, const std::vector<double>& batch) {
    const double median = normals[normals.size() / 2];
    const auto below = [&](const std::vector<double>& sorted) {
      return std::span(sorted).first(sorted.size() - at_least(sorted, median));
    };
    const auto first = below(normals);
    const auto second = below(batch);
    if (first.empty() || second.empty() || first.size() + second.size() < 8) return 1;
    const double statistic = stats::two_sample_anderson_darling(first, second);
    const double variance = stats::two_sample_anderson_darling_variance(first.size(), second.size());
    return stats::two_sample_anderson_darling_p_value(statistic, std::sqrt(variance));
  }

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const Parameters& p = parameters();
    const std::vector<double> normals = state.sorted();
    const std::vector<double> batch = batch_.sorted();
    Fit fit = begin_fit(normals.size());
    fit.promise.normals = normals.size();
    if (normals.size() < fewest_normals) {
      return failed(std::move(fit), FitStatus::too_few_scores,
                    "a level needs " + std::to_string(fewest_normals) + " normal scores, there are " +
                        std::to_string(normals.size()));
    }
    if (batch.empty() || batch.size() < p.least_batch) {
      return failed(std::move(fit), FitStatus::too_few_scores,
                    "a prevalence needs " + std::to_string(p.least_batch) + " batch scores (update_batch), there are " +
                        std::to_string(batch.size()));
    }
    const double drift = drift_p_value(normals, batch);
    fit.estimates["batch"] = static_cast<double>(batch.size());
    fit.estimates["drift_p_value"] = drift;
    if (drift < p.drift_p_value) {
      return failed(std::move(fit), FitStatus::drifted,
                    "below the median, where anomalies are few, the batch is not distributed as the normal scores are "
                    "(p = " +
                        detail::shortest(drift) + "): calibrate anew, or use a method that looks at normals alone");
    }
    const double prevalence = p.expected_prevalence ? *p.expected_prevalence : storey(normals, batch);
    fit.estimates["prevalence"] = prevalence;
    return with_level(std::move(fit), normals, batch, prevalence);
  }

  static double storey(const std::vector<double>& normals, const std::vector<double>& batch) {
    const double places = static_cast<double>(normals.size()) + 1;
    std::size_t large = 0;
    for (const double score : batch) {
      if ((1 + static_cast<double>(at_least(normals, score))) / places > 0.5) ++large;
    }
    return std::max(0.0, 1 - static_cast<double>(large + 1) / (0.5 * static_cast<double>(batch.size())));
  }

  [[nodiscard]] Fit with_level(Fit fit, const std::vector<double>& normals, const std::vector<double>& batch,
                               double prevalence) const {
    const double cap = parameters().levels == BatchLevels::lower ? std::min(usual_level, parameters().level_cap)
                                                                 : parameters().level_cap;
    double best_value = -1;
    double best_level = least_level;
    double best_score = normals.back();
    for (std::size_t i = 0; i < level_count; ++i) {
      const double share = static_cast<double>(i) / static_cast<double>(level_count - 1);
      const double level = least_level * std::pow(cap / least_level, share);
      const double score = normals[stats::nearest_rank(normals.size(), level) - 1];
      const auto above = static_cast<double>(batch.end() - std::ranges::upper_bound(batch, score));
      const double rate = above / static_cast<double>(batch.size());
      const double caught = std::clamp(rate - (1 - prevalence) * level, 0.0, prevalence);
      const double value = prevalence + rate > 0 ? 2 * caught / (prevalence + rate) : 0;
      if (value > best_value) {
        best_value = value;
        best_level = level;
        best_score = score;
      }
    }
    fit = with_cutoff_above(std::move(fit), best_score);
    if (!fit.ok()) return fit;
    fit.estimates["level"] = best_level;
    fit.estimates["plug_in_f1"] = best_value;
    fit.estimates["batch_flagged"] = static_cast<double>(std::ranges::count_if(batch, fit.cutoff));
    add_note(fit, "the level was chosen by looking at the batch, so that nothing is promised" +
                      std::string(prevalence > 0 ? "" : "; it shows no anomalies, so the level is the lowest"));
    return fit;
  }

  Sample batch_;
};

static_assert(Threshold<BatchThreshold>);

}  // namespace plimsoll
