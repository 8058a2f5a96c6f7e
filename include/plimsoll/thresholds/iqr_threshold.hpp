// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/medcouple.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Which upper fence of the box plot.
enum class Fence : std::uint8_t {
  tukey,     ///< Q3 + k IQR
  adjusted,  ///< Q3 + k e^(3 MC) IQR when the medcouple MC >= 0, Q3 + k e^(4 MC) IQR when it is below
};

/// Parameters of IqrThreshold.
struct IqrParameters {
  double k = 1.5;              ///< interquartile ranges above the upper quartile; finite
  Fence fence = Fence::tukey;  ///< whether to adjust for skewness
  double trim = 0;             ///< the share of the normal scores, the largest, that is dropped first; in [0, 0.5)
  InputPolicy input{};
  friend bool operator==(const IqrParameters&, const IqrParameters&) = default;
};

/// The upper fence of the box plot of the normal scores: Q3 + k (Q3 - Q1) (Tukey 1977, Exploratory Data Analysis,
/// section 2C), or the fence adjusted for skewness by the medcouple (Hubert and Vandervieren 2008, Comput. Stat.
/// Data Anal. 52, equation 5). Quartiles by stats::quantile. Promises nothing. Keeps every score; compute is O(n),
/// O(n log n) when adjusted. Status too_few_scores with n < 2, no_spread when the quartiles are equal.
class IqrThreshold : public Estimator<IqrThreshold, IqrParameters, Sample> {
 public:
  explicit IqrThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows =
        parameter_table<Parameters>("iqr", {number<Parameters>(
                                                "k", [](auto& p) -> auto& { return p.k; }, Range::finite(),
                                                "interquartile ranges above the upper quartile"),
                                            choice<Parameters>(
                                                "fence", [](auto& p) -> auto& { return p.fence; },
                                                {{Fence::tukey, "tukey"}, {Fence::adjusted, "adjusted"}},
                                                "Tukey's fence, or the one adjusted for skewness by the medcouple")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"iqr",
                                   "the upper fence of the box plot of the normal scores",
                                   "at most a quarter of the scores bad; adjusted for skew on request; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::size_t n = state.size();
    Fit fit = begin_fit(n);
    if (n < 2) return failed(std::move(fit), FitStatus::too_few_scores, "quartiles that differ need 2 normal scores");
    const auto quartile = [&](double p) {
      return state.visit([&](auto scores) { return stats::quantile(scores, p); });
    };
    const double upper = quartile(0.75);
    const double range = upper - quartile(0.25);
    if (!(range > 0)) {
      return failed(std::move(fit), FitStatus::no_spread, "the quartiles of the normal scores are equal");
    }
    double stretch = 1;
    if (parameters().fence == Fence::adjusted) {
      const double skew = state.visit([]<typename T>(std::span<const T> scores) {
        std::vector<T> sorted(scores.begin(), scores.end());
        std::ranges::sort(sorted);
        return stats::medcouple(sorted);
      });
      stretch = std::exp((skew >= 0 ? 3 : 4) * skew);
      add_note(fit, "medcouple " + detail::shortest(skew));
    }
    return with_cutoff(std::move(fit), upper + parameters().k * stretch * range);
  }
};

static_assert(Threshold<IqrThreshold>);

}  // namespace plimsoll
