// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/centre_threshold.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/histogram_threshold.hpp"
#include "plimsoll/thresholds/mixture_threshold.hpp"
#include "plimsoll/thresholds/outlier_threshold.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/unlabelled.hpp"

namespace plimsoll {

/// How VoteThreshold makes one cutoff of several.
enum class VoteRule : std::uint8_t {
  median,    ///< the median of the cutoffs that there are
  majority,  ///< anomalous is what more than half of the members flag; a member without a cutoff flags nothing
};

/// Parameters of VoteThreshold.
struct VoteParameters {
  VoteRule rule = VoteRule::median;  ///< how the cutoffs are combined
  std::size_t least_answers = 3;     ///< fewer cutoffs than that are no answer; in [1, 5]
  InputPolicy input{};
  friend bool operator==(const VoteParameters&, const VoteParameters&) = default;
};

/// One cutoff of unlabelled scores from five: histogram by li and by triangle, mixture, outlier by generalised_esd and
/// centre by karcher, each with its defaults otherwise. As each member flags what is not below its cutoff, the
/// majority's vote is a cutoff too: the third smallest, members without an answer counting as +inf. Where all answer
/// that is the median. Promises nothing. Keeps every score; the cost is that of its members. Status too_few_scores and
/// no_spread where no member has an answer for such a reason, not_applicable with fewer than `least_answers`, or where
/// the majority has none.
class VoteThreshold : public UnlabelledEstimator<VoteThreshold, VoteParameters> {
 public:
  explicit VoteThreshold(Parameters parameters = {}) : UnlabelledEstimator(std::move(parameters)) {}

  static constexpr std::size_t member_count = 5;  ///< so many methods vote

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "vote", {choice<Parameters>(
                     "rule", [](auto& p) -> auto& { return p.rule; },
                     {{VoteRule::median, "median"}, {VoteRule::majority, "majority"}},
                     "the median of the cutoffs, or what more than half of the members flag"),
                 number<Parameters>(
                     "least_answers", [](auto& p) -> auto& { return p.least_answers; }, Range::closed(1, member_count),
                     "how many of the members must have a cutoff")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"vote",
                                   "the median, or the majority, of five cutoffs of unlabelled scores",
                                   "that the members do not err alike, which they may; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos(),
                                   true};
    return method;
  }

 private:
  friend Estimator<VoteThreshold, VoteParameters, Sample>;

  struct Member {
    std::string_view name;
    Fit fit;
  };

  template <typename MemberThreshold>
  [[nodiscard]] static Fit fit_of(typename MemberThreshold::Parameters parameters, const Sample& state) {
    MemberThreshold member{std::move(parameters)};
    state.visit([&member](auto scores) { member.update(scores); });
    return member.compute();
  }

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    Fit fit = begin_fit(sorted.size());
    if (lacks(fit, sorted, 2, "a vote")) return fit;
    const std::array<Member, member_count> members{
        {{"li", fit_of<HistogramThreshold>({.rule = HistogramRule::li}, state)},
         {"triangle", fit_of<HistogramThreshold>({.rule = HistogramRule::triangle}, state)},
         {"mixture", fit_of<MixtureThreshold>({}, state)},
         {"generalised_esd", fit_of<OutlierThreshold>({}, state)},
         {"karcher", fit_of<CentreThreshold>({}, state)}}};
    std::vector<double> cutoffs;
    std::string without;
    for (const Member& member : members) {
      if (member.fit.ok()) {
        cutoffs.push_back(member.fit.cutoff.value());
        fit.estimates[std::string(member.name)] = cutoffs.back();
      } else {
        without += (without.empty() ? "" : ", ") + std::string(member.name) + " (" +
                   std::string(to_string(member.fit.status)) + ")";
      }
    }
    const std::size_t answers = cutoffs.size();
    fit.estimates["answers"] = static_cast<double>(answers);
    if (!without.empty()) add_note(fit, "without an answer: " + without);
    if (answers < parameters().least_answers) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    std::to_string(answers) + " of " + std::to_string(member_count) +
                        " members have a cutoff, least_answers = " + std::to_string(parameters().least_answers));
    }
    std::ranges::sort(cutoffs);
    if (parameters().rule == VoteRule::median) {
      return flagging_from(std::move(fit), stats::quantile(std::span<const double>(cutoffs), 0.5), sorted);
    }
    if (answers <= member_count / 2) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "most of the members have no cutoff, so the majority flags nothing");
    }
    return flagging_from(std::move(fit), cutoffs[member_count / 2], sorted);
  }
};

static_assert(Threshold<VoteThreshold>);

}  // namespace plimsoll
