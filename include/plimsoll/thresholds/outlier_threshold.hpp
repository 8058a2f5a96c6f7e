// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/moments.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/outlier_test.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/unlabelled.hpp"

namespace plimsoll {

/// By which test OutlierThreshold finds outliers.
enum class OutlierRule : std::uint8_t {
  generalised_esd,  ///< Rosner's generalised extreme studentized deviate
  chauvenet,        ///< fewer than `expected` scores as large as that are expected
  thompson,         ///< the modified Thompson tau, again and again
};

/// Parameters of OutlierThreshold.
struct OutlierParameters {
  OutlierRule rule = OutlierRule::generalised_esd;  ///< the test
  double significance = 0.05;  ///< of generalised_esd and thompson, of the upper tail alone; in (0, 0.5)
  double expected = 0.5;       ///< of chauvenet: outliers are where fewer scores are expected; in (0, 1]
  double most = 0.5;           ///< of generalised_esd and thompson: the largest share of outliers; in (0, 0.5]
  InputPolicy input{};
  friend bool operator==(const OutlierParameters&, const OutlierParameters&) = default;
};

/// The outliers of unlabelled scores, which are taken for a normal sample with some too large scores in it
/// (stats/outlier_test.hpp). The cutoff is the least outlier, and just above the largest score where there is none. Of
/// chauvenet it is mean + z deviation, z the normal quantile with n upper_tail(z) = expected (Chauvenet 1863, A Manual
/// of Spherical and Practical Astronomy II, appendix). Only the upper tail is tested. Promises nothing. Keeps every
/// score; compute sorts. Status too_few_scores with n < 3, no_spread when all are equal.
class OutlierThreshold : public UnlabelledEstimator<OutlierThreshold, OutlierParameters> {
 public:
  explicit OutlierThreshold(Parameters parameters = {}) : UnlabelledEstimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "outlier", {choice<Parameters>(
                        "rule", [](auto& p) -> auto& { return p.rule; },
                        {{OutlierRule::generalised_esd, "generalised_esd"},
                         {OutlierRule::chauvenet, "chauvenet"},
                         {OutlierRule::thompson, "thompson"}},
                        "the test that finds outliers"),
                    number<Parameters>(
                        "significance", [](auto& p) -> auto& { return p.significance; }, Range::open(0, 0.5),
                        "generalised_esd, thompson: of the upper tail alone, so half of a two-sided test's"),
                    number<Parameters>(
                        "expected", [](auto& p) -> auto& { return p.expected; }, Range{0, 1, false, true},
                        "chauvenet: outliers are where fewer scores than that are expected"),
                    number<Parameters>(
                        "most", [](auto& p) -> auto& { return p.most; }, Range{0, 0.5, false, true},
                        "generalised_esd, thompson: the largest share of the scores that may be outliers")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"outlier",
                                   "the least outlier among unlabelled scores (generalised ESD, Chauvenet, Thompson)",
                                   "normal scores that are normally distributed, and few anomalous ones; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos(),
                                   true};
    return method;
  }

 private:
  friend Estimator<OutlierThreshold, OutlierParameters, Sample>;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    const std::size_t n = sorted.size();
    Fit fit = begin_fit(n);
    if (lacks(fit, sorted, 3, "a test for outliers")) return fit;
    if (parameters().rule == OutlierRule::chauvenet) {
      stats::Moments moments;
      state.visit([&](auto scores) { moments.append(scores); });
      const double z = stats::Normal{}.upper_quantile(parameters().expected / static_cast<double>(n));
      fit.estimates["z"] = z;
      return flagging_above(std::move(fit), moments.mean() + z * moments.standard_deviation(), sorted);
    }
    const std::size_t most = std::min(n - 2, stats::share_count(n, parameters().most));
    const std::size_t outliers = parameters().rule == OutlierRule::thompson
                                     ? stats::thompson_tau(sorted, parameters().significance, most)
                                     : stats::generalised_esd(sorted, parameters().significance, most);
    fit.estimates["outliers"] = static_cast<double>(outliers);
    if (outliers > 0) return flagging_from(std::move(fit), sorted[n - outliers], sorted);
    add_note(fit, "there is no outlier, so the cutoff lies just above the largest score");
    return flagging_above(std::move(fit), sorted.back(), sorted);
  }
};

static_assert(Threshold<OutlierThreshold>);

}  // namespace plimsoll
