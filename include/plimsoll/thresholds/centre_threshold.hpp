// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/yeo_johnson.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/unlabelled.hpp"

namespace plimsoll {

/// What CentreThreshold makes of the scores, stretched to [0, 1].
enum class CentreRule : std::uint8_t {
  karcher,      ///< m mean + deviation, m the share within [0, 1] of the scores' kernel density
  yeo_johnson,  ///< the largest score after the transformation of Yeo and Johnson
  filter,       ///< the largest moving average of the sorted scores
};

/// Parameters of CentreThreshold.
struct CentreParameters {
  CentreRule rule = CentreRule::karcher;  ///< what the cutoff is
  InputPolicy input{};
  friend bool operator==(const CentreParameters&, const CentreParameters&) = default;
};

/// Rules of thumb of PyThresh (Kulik, version 1) on unlabelled scores stretched to s = (score - least) / (largest -
/// least), with the mean and the deviation (divisor n) of s:
///   karcher      m mean + deviation, the rule KARCH: on a line the Karcher mean is the mean, and m is the mean of the
///                kernel density over [0, 1], normal kernels of bandwidth n^(-1/5) times the deviation with divisor n -
///                1 (Scott's rule);
///   yeo_johnson  the transformed 1, ((1 + 1)^lambda - 1) / lambda, with the likeliest lambda of s, as the rule YJ is
///                described;
///   filter       the mean of the w largest s, w the odd number at n deviation / 2, 3 at least: the largest value, away
///                from the ends, of the Savitzky-Golay filter of order 1 of the sorted scores, the rule FILTER but for
///                the sorting, without which the cutoff would depend on the order of the scores.
/// A score equal to the cutoff is anomalous. Promises nothing. Keeps every score; compute sorts. Status too_few_scores
/// with n < 3, no_spread when all are equal, not_converged where lambda has no estimate.
class CentreThreshold : public UnlabelledEstimator<CentreThreshold, CentreParameters> {
 public:
  explicit CentreThreshold(Parameters parameters = {}) : UnlabelledEstimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows =
        parameter_table<Parameters>("centre", {choice<Parameters>(
                                                  "rule", [](auto& p) -> auto& { return p.rule; },
                                                  {{CentreRule::karcher, "karcher"},
                                                   {CentreRule::yeo_johnson, "yeo_johnson"},
                                                   {CentreRule::filter, "filter"}},
                                                  "mean + deviation, the largest transformed score, or the largest "
                                                  "moving average, of scores stretched to [0, 1]")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"centre",
                                   "a rule of thumb of PyThresh on unlabelled scores (Karcher, Yeo-Johnson, filter)",
                                   "nothing that could be stated; the largest score sets the unit; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos(),
                                   true};
    return method;
  }

 private:
  friend Estimator<CentreThreshold, CentreParameters, Sample>;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    Fit fit = begin_fit(sorted.size());
    if (lacks(fit, sorted, 3, "this rule")) return fit;
    // Halved where the range would overflow.
    const double half = sorted.back() - sorted.front() <= std::numeric_limits<double>::max() ? 1 : 0.5;
    const double range = sorted.back() * half - sorted.front() * half;
    std::vector<double> stretched;
    stretched.reserve(sorted.size());
    for (const double score : sorted) stretched.push_back((score * half - sorted.front() * half) / range);
    const std::optional<double> level = stretched_level(fit, stretched);
    if (!level) {
      return failed(std::move(fit), FitStatus::not_converged,
                    "the power of the Yeo-Johnson transformation has no estimate");
    }
    const double cutoff = (sorted.front() * half + *level * range) / half;
    return flagging_from(std::move(fit), cutoff, sorted);
  }

  /// The cutoff on the axis of the stretched scores.
  [[nodiscard]] std::optional<double> stretched_level(Fit& fit, std::span<const double> stretched) const {
    if (parameters().rule == CentreRule::yeo_johnson) {
      const std::optional<double> lambda = stats::yeo_johnson_lambda(stretched);
      if (!lambda) return std::nullopt;
      fit.estimates["lambda"] = *lambda;
      return stats::yeo_johnson(1, *lambda);
    }
    const auto n = static_cast<double>(stretched.size());
    const double mean = mean_of(stretched);
    stats::CompensatedSum squares;
    for (const double s : stretched) squares += (s - mean) * (s - mean);
    const double deviation = std::sqrt(squares.value() / n);
    if (parameters().rule == CentreRule::filter) {
      auto window = static_cast<std::size_t>(std::nearbyint(n * deviation / 2));
      window = std::max<std::size_t>(3, window + (window % 2 == 0 ? 1 : 0));
      fit.estimates["window"] = static_cast<double>(window);
      return mean_of(stretched.last(window));
    }
    const double bandwidth = std::pow(n, -0.2) * std::sqrt(squares.value() / (n - 1));
    stats::CompensatedSum inside;
    for (const double s : stretched) {
      const stats::Normal kernel{s, bandwidth};
      inside += kernel.cdf(1) - kernel.cdf(0);
    }
    fit.estimates["density_inside"] = inside.value() / n;
    return inside.value() / n * mean + deviation;
  }

  [[nodiscard]] static double mean_of(std::span<const double> numbers) noexcept {
    stats::CompensatedSum sum;
    for (const double x : numbers) sum += x;
    return sum.value() / static_cast<double>(numbers.size());
  }
};

static_assert(Threshold<CentreThreshold>);

}  // namespace plimsoll
