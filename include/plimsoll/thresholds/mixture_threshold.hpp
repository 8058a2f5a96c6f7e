// SPDX-License-Identifier: Apache-2.0
#pragma once

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
#include "plimsoll/stats/mixture.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/sample_unit.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/unlabelled.hpp"

namespace plimsoll {

/// The family of both components of MixtureThreshold.
enum class MixtureFamily : std::uint8_t {
  normal,      ///< of any scores
  log_normal,  ///< of scores above 0: two normal distributions of their logarithms
  gamma,       ///< of scores above 0
};

/// Parameters of MixtureThreshold.
struct MixtureParameters {
  MixtureFamily family = MixtureFamily::normal;  ///< of both components
  InputPolicy input{};
  friend bool operator==(const MixtureParameters&, const MixtureParameters&) = default;
};

/// Where the upper of two distributions becomes the likelier one: two components fitted to unlabelled scores by the EM
/// algorithm (stats/mixture.hpp), the lower taken for the normal scores and the upper for the anomalous ones; a score
/// of equal posterior probabilities is anomalous. Two components must describe the scores better than one by the
/// Bayesian information criterion, -2 log L + p log n with p = 5 against 2 (Schwarz 1978, Ann. Stat. 6). No deviation
/// becomes less than 1 % of the sample's interquartile range / 1.349, or of its deviation where that range is 0.
/// Promises nothing. Keeps every score; compute sorts, then takes O(n) a step of some hundred. Status too_few_scores
/// with n < 5, no_spread when all are equal, fit_rejected where one component is enough, not_converged, not_applicable
/// where the upper component is nowhere the likelier, or a score that the family cannot have.
class MixtureThreshold : public UnlabelledEstimator<MixtureThreshold, MixtureParameters> {
 public:
  explicit MixtureThreshold(Parameters parameters = {}) : UnlabelledEstimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows =
        parameter_table<Parameters>("mixture", {choice<Parameters>(
                                                   "family", [](auto& p) -> auto& { return p.family; },
                                                   {{MixtureFamily::normal, "normal"},
                                                    {MixtureFamily::log_normal, "log_normal"},
                                                    {MixtureFamily::gamma, "gamma"}},
                                                   "of both components; log_normal and gamma take scores above 0")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"mixture",
                                   "where the upper of two distributions fitted to unlabelled scores takes over",
                                   "normal and anomalous scores of one family each, enough of either; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos(),
                                   true};
    return method;
  }

 private:
  friend Estimator<MixtureThreshold, MixtureParameters, Sample>;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    Fit fit = begin_fit(sorted.size());
    if (lacks(fit, sorted, 5, "a mixture of two components")) return fit;
    if (parameters().family == MixtureFamily::normal) {
      const stats::SampleUnit unit(sorted);
      std::vector<double> z;
      z.reserve(sorted.size());
      for (const double score : sorted) z.push_back(unit(score));
      const auto number = [&unit](double x) { return unit.number(x); };
      return by_mixture<stats::NormalComponent>(std::move(fit), sorted, z, {}, number,
                                                [&unit](double x) { return unit.length(x); });
    }
    if (!(sorted.front() > 0)) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "there are scores of 0 and below, which the family cannot have");
    }
    // In units of the sample's median, by a power of two.
    const int exponent = std::ilogb(sorted[sorted.size() / 2]);
    std::vector<double> scaled;
    std::vector<double> logarithms;
    for (const double score : sorted) {
      const double x = std::ldexp(score, -exponent);
      if (!is_finite(x) || !(x > 0)) {
        return failed(std::move(fit), FitStatus::not_applicable, "the scores span more than the range of a double");
      }
      scaled.push_back(x);
      logarithms.push_back(std::log(x));
    }
    if (parameters().family == MixtureFamily::gamma) {
      const auto number = [exponent](double x) { return std::ldexp(x, exponent); };
      return by_mixture<stats::GammaComponent>(std::move(fit), sorted, scaled, logarithms, number, number);
    }
    return by_mixture<stats::NormalComponent>(
        std::move(fit), sorted, logarithms, {}, [exponent](double x) { return std::ldexp(std::exp(x), exponent); },
        [](double x) { return x; });
  }

  /// `numbers` are the scores as the components take them, `number` turns such a one into a score, and `length` a
  /// deviation.
  template <typename Component, typename Number, typename Length>
  [[nodiscard]] Fit by_mixture(Fit fit, std::span<const double> sorted, std::span<const double> numbers,
                               std::span<const double> logarithms, const Number& number, const Length& length) const {
    double spread = (stats::quantile(numbers, 0.75) - stats::quantile(numbers, 0.25)) / 1.349;
    if (!(spread > 0)) {
      spread = stats::NormalComponent::of(numbers, {}, 0, [](std::size_t) { return 1.0; }).deviation;
    }
    if (!(spread > 0)) return failed(std::move(fit), FitStatus::no_spread, "the scores' deviation rounds to 0");
    const double penalty = 3 * std::log(static_cast<double>(sorted.size()));
    const auto mixture = stats::fit_mixture<Component>(numbers, logarithms, spread / 100, penalty / 2);
    if (!mixture) {
      return failed(std::move(fit), FitStatus::not_converged, "the EM algorithm came to no two components");
    }
    const double gain = 2 * (mixture->log_likelihood - mixture->log_likelihood_of_one) - penalty;
    fit.estimates = {{"bic_gain", gain},
                     {"weight", mixture->weight},
                     {"lower_mean", number(mixture->lower.mean)},
                     {"upper_mean", number(mixture->upper.mean)},
                     {"lower_deviation", length(mixture->lower.deviation)},
                     {"upper_deviation", length(mixture->upper.deviation)},
                     {"steps", static_cast<double>(mixture->steps)}};
    if (!(gain > 0)) {
      return failed(std::move(fit), FitStatus::fit_rejected,
                    "one component describes the scores as well as two, by the Bayesian information criterion");
    }
    if (!mixture->converged) {
      return failed(std::move(fit), FitStatus::not_converged, "the EM algorithm was not done after 2000 steps");
    }
    const std::optional<double> cut = mixture->takes_over();
    if (!cut) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "the upper component does not become the likelier one above the mean of the lower one");
    }
    if (mixture->weight > 0.5) {
      add_note(fit, "the upper component is the larger one, so it may not be that of the anomalous scores");
    }
    return flagging_from(std::move(fit), number(*cut), sorted);
  }
};

static_assert(Threshold<MixtureThreshold>);

}  // namespace plimsoll
