// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/moments.hpp"
#include "plimsoll/thresholds/estimator.hpp"

namespace plimsoll {

/// Parameters of SigmaThreshold.
struct SigmaParameters {
  double k = 3;          ///< standard deviations above the mean; finite
  std::size_t ddof = 1;  ///< the deviation's divisor is n - ddof: 1 unbiased variance, 0 NumPy's default
  double trim = 0;       ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const SigmaParameters&, const SigmaParameters&) = default;
};

/// mean + k standard deviations of the normal scores; k = 3 is the rule of the MVTec AD 2 benchmark. Promises
/// nothing. Keeps exact sums only (stats::Moments), not the scores: fixed memory, one pass.
/// Status too_few_scores with n < 2, no_spread when all scores are equal.
class SigmaThreshold : public Estimator<SigmaThreshold, SigmaParameters, stats::Moments> {
 public:
  explicit SigmaThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "sigma", {number<Parameters>(
                      "k", [](auto& p) -> auto& { return p.k; }, Range::finite(), "standard deviations above the mean"),
                  number<Parameters>(
                      "ddof", [](auto& p) -> auto& { return p.ddof; }, Range::closed(0, 1),
                      "the standard deviation divides by n - ddof: 1 unbiased variance, 0 as NumPy does unasked")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"sigma",
                                   "mean + k standard deviations of the normal scores",
                                   "normal scores with a symmetric, light tail; a rule of thumb without a promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const stats::Moments& state) const {
    const std::size_t n = state.count();
    Fit fit = begin_fit(n);
    if (n < 2) return failed(std::move(fit), FitStatus::too_few_scores, "a standard deviation needs 2 normal scores");
    const double deviation = state.standard_deviation(parameters().ddof);
    if (!(deviation > 0))
      return failed(std::move(fit), FitStatus::no_spread, "the standard deviation of the normal scores is 0");
    return with_cutoff(std::move(fit), state.mean() + parameters().k * deviation);
  }
};

static_assert(Threshold<SigmaThreshold>);

}  // namespace plimsoll
