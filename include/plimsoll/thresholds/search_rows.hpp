// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/stats/search_objective.hpp"

namespace plimsoll {

/// The rows of a parameter table for `Parameters::search`, a stats::SearchObjective. Two of them mean different things
/// to different methods, which say what.
template <typename Parameters>
[[nodiscard]] std::vector<ParameterRow> search_rows(std::string_view prevalence_help, std::string_view cap_help) {
  using stats::Objective;
  return {
      choice<Parameters>(
          "objective", [](auto& p) -> auto& { return p.search.objective; },
          {{Objective::f_beta, "f_beta"},
           {Objective::youden, "youden"},
           {Objective::mcc, "mcc"},
           {Objective::cost, "cost"},
           {Objective::precision, "precision"},
           {Objective::recall, "recall"}},
          "what the cutoff is best at: F-beta, Youden's J, Matthews' correlation, expected cost, precision at "
          "recall_floor, recall at false_alarm_cap"),
      number<Parameters>(
          "beta", [](auto& p) -> auto& { return p.search.beta; }, Range::closed(1e-3, 1e3),
          "f_beta: how many times as much recall weighs as precision"),
      number<Parameters>(
          "prevalence", [](auto& p) -> auto& { return p.search.prevalence; }, Range::open(0, 1), prevalence_help),
      number<Parameters>(
          "miss_cost", [](auto& p) -> auto& { return p.search.miss_cost; }, Range::closed(0, 1e12),
          "cost: of an anomaly that passes"),
      number<Parameters>(
          "false_alarm_cost", [](auto& p) -> auto& { return p.search.false_alarm_cost; }, Range::closed(0, 1e12),
          "cost: of a normal score that is flagged"),
      number<Parameters>(
          "recall_floor", [](auto& p) -> auto& { return p.search.recall_floor; }, Range::closed(0, 1),
          "precision: the least recall that will do"),
      number<Parameters>(
          "false_alarm_cap", [](auto& p) -> auto& { return p.search.false_alarm_cap; }, Range::closed(0, 1), cap_help)};
}

}  // namespace plimsoll
