// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/best_cut.hpp"

namespace plimsoll::stats {

/// What a searched cutoff is best at.
enum class Objective : std::uint8_t {
  f_beta,  ///< (1 + beta^2) precision recall / (beta^2 precision + recall)
  youden,  ///< J = recall - FPR (Youden 1950, Cancer 3(1))
  mcc,     ///< Matthews' correlation coefficient (Matthews 1975, BBA 405(2)); 0 when nothing or everything is flagged
  cost,    ///< least expected cost a score
  precision,  ///< best precision at a recall floor; of equally precise cuts the one with the most recall
  recall,     ///< best recall at a false-alarm cap; of equal recalls the fewest false alarms
};

/// An objective and its settings.
struct SearchObjective {
  Objective objective = Objective::f_beta;  ///< what is maximised, or for `cost` minimised
  double beta = 1;                          ///< f_beta: recall weighs beta times as much as precision; [1e-3, 1e3]
  std::optional<double> prevalence{};  ///< f_beta, cost: the share of anomalies to reckon with; unset: as in the scores
  double miss_cost = 1;                ///< cost: of an anomaly that passes; in [0, 1e12]
  double false_alarm_cost = 1;         ///< cost: of a normal score that is flagged; in [0, 1e12]
  double recall_floor = 0.95;          ///< precision: the least recall; in [0, 1]
  double false_alarm_cap = 0.05;       ///< recall: the largest FPR; in [0, 1]
  friend bool operator==(const SearchObjective&, const SearchObjective&) = default;
};

/// The objective as a function of counts, for best_cut. Both classes are present.
class ObjectiveMerit {
 public:
  /// The objective for so many normal and anomalous scores, at least 1 of each.
  ObjectiveMerit(const SearchObjective& search, std::size_t normals, std::size_t anomalies) noexcept
      : search_{search}, normals_{static_cast<double>(normals)}, anomalies_{static_cast<double>(anomalies)} {}

  /// Some units in the last place; 0 where all but one division is of whole numbers below 2^53.
  [[nodiscard]] double slack() const noexcept {
    const double beta2 = search_.beta * search_.beta;
    const bool exact = [&] {
      switch (search_.objective) {
        case Objective::precision:
        case Objective::recall: return true;
        case Objective::youden: return normals_ * anomalies_ < 0x1p53;
        case Objective::f_beta:
          return !search_.prevalence && beta2 == std::floor(beta2) && (1 + beta2) * (normals_ + anomalies_) < 0x1p53;
        default: return false;
      }
    }();
    return exact ? 0 : 4e-15;
  }

  /// What a cut earns that flags so many anomalous and normal scores.
  [[nodiscard]] Merit operator()(std::size_t caught_count, std::size_t false_alarm_count) const noexcept {
    const auto caught = static_cast<double>(caught_count);
    const auto false_alarms = static_cast<double>(false_alarm_count);
    const double recall = caught / anomalies_;
    const double rate = false_alarms / normals_;
    switch (search_.objective) {
      // Whole numbers up to the one division, so that equal values compare as equal; F1 below too.
      case Objective::youden: return {(caught * normals_ - false_alarms * anomalies_) / (anomalies_ * normals_)};
      case Objective::mcc: {
        // caught * passed - false_alarms * missed, and 0 / 0 as 0.
        const double flagged = caught + false_alarms;
        const double passed = normals_ + anomalies_ - flagged;
        if (flagged == 0 || passed == 0) return {0};
        return {(caught * normals_ - false_alarms * anomalies_) /
                (std::sqrt(flagged * passed) * std::sqrt(normals_ * anomalies_))};
      }
      case Objective::cost: return {-cost(caught, false_alarms, recall, rate)};
      case Objective::precision:
        if (caught_count == 0 || recall < search_.recall_floor) return {};
        return {caught / (caught + false_alarms), caught};
      case Objective::recall:
        if (rate > search_.false_alarm_cap) return {};
        return {recall, -false_alarms};
      default: break;
    }
    const double beta2 = search_.beta * search_.beta;
    if (!search_.prevalence) return {(1 + beta2) * caught / (beta2 * anomalies_ + caught + false_alarms)};
    const double share = *search_.prevalence;
    return {(1 + beta2) * share * recall / (beta2 * share + share * recall + (1 - share) * rate)};
  }

 private:
  [[nodiscard]] double cost(double caught, double false_alarms, double recall, double rate) const noexcept {
    if (!search_.prevalence) {
      return (search_.miss_cost * (anomalies_ - caught) + search_.false_alarm_cost * false_alarms) /
             (anomalies_ + normals_);
    }
    const double share = *search_.prevalence;
    return search_.miss_cost * share * (1 - recall) + search_.false_alarm_cost * (1 - share) * rate;
  }

  SearchObjective search_;
  double normals_;
  double anomalies_;
};

}  // namespace plimsoll::stats
