// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/gev_bootstrap.hpp"
#include "plimsoll/stats/gev_fit.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Parameters of MapThreshold.
struct MapParameters {
  double false_alarm_rate = 0.3;       ///< the share of normal images in which any pixel is set; in (0, 1)
  std::optional<double> confidence{};  ///< the cutoff is the bound with this confidence; unset: the estimate. In (0, 1)
  std::size_t quantile_from = 50;  ///< the number of images from which on the empirical quantile is used; at least 1
  std::size_t replicates = 400;    ///< of the bootstrap with fewer images; at least 19
  std::size_t seed = 1;            ///< of that bootstrap
  double trim = 0;                 ///< the share of the images, the largest, that is dropped first; in [0, 0.5)
  /// Maps count for their maximum, or for top_mean. Pixels one by one are refused.
  InputPolicy input{.map_reduction = MapReduction::maximum};
  friend bool operator==(const MapParameters&, const MapParameters&) = default;
};

/// The cutoff of masks: the level that a share of normal images reaches anywhere, from the largest pixel of each.
/// One number an image, so it depends neither on the maps' resolution nor on their sizes being alike.
///
/// With fewer than `quantile_from` images it is the upper quantile of the generalised extreme value distribution that
/// has the maxima's L-moments. From there on it is Hazen's empirical quantile (Hyndman and Fan 1996, definition 5): at
/// position n (1 - rate) + 1/2 of the ordered maxima, linear between; where that is one of the maxima, the next number
/// above it, so that ties pass. With a confidence it is an upper bound of the level: by a parametric bootstrap
/// (stats::GevLevelBootstrap), or the order statistic that promises the rate whatever the distribution.
///
/// Keeps one number an image; compute sorts, and costs a millisecond or so for the bootstrap. Status too_few_scores
/// with n < 3 or when no image's maximum promises the rate, no_spread when all maxima are equal, not_applicable when
/// all but one are, not_converged when the replicates are too few for the confidence.
class MapThreshold : public Estimator<MapThreshold, MapParameters, Sample> {
 public:
  /// Below this rate the bootstrap's bound holds less often than it says, so its confidence is not promised.
  static constexpr double least_bounded_rate = 0.2;

  /// Throws ParameterError for a parameter out of its range, and for MapReduction::every_pixel.
  explicit MapThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    if (this->parameters().input.map_reduction == MapReduction::every_pixel) {
      throw ParameterError(
          "map: map_reduction = every_pixel gives many numbers an image, and this method takes one: maximum or "
          "top_mean");
    }
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "map", {number<Parameters>(
                    "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
                    "the share of normal images in which any pixel is set"),
                number<Parameters>(
                    "confidence", [](auto& p) -> auto& { return p.confidence; }, Range::open(0, 1),
                    "probability, over calibration images, that the rate is kept; unset: the estimate"),
                number<Parameters>(
                    "quantile_from", [](auto& p) -> auto& { return p.quantile_from; }, Range::from(1),
                    "the number of images from which on the empirical quantile is used"),
                number<Parameters>(
                    "replicates", [](auto& p) -> auto& { return p.replicates; }, Range::closed(19, 100000),
                    "bootstrap samples for the interval and the bound, with fewer images"),
                number<Parameters>(
                    "seed", [](auto& p) -> auto& { return p.seed; }, Range::from(0), "seed of the bootstrap")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"map",
                                   "for masks: the level that a share of normal images reaches anywhere",
                                   "normal score maps exchangeable with later ones, 10 or more",
                                   false,
                                   Invariance::affine,
                                   Guarantee::model_based,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    const std::size_t n = sorted.size();
    const std::size_t from = parameters().quantile_from;
    Fit fit = begin_fit(n);
    if (n >= from && sorted.front() == sorted.back()) {
      return failed(std::move(fit), FitStatus::no_spread, "all images have the same maximum");
    }
    if (n >= from) {
      add_note(fit, std::to_string(n) + (n == 1 ? " image" : " images") + ": the empirical quantile, as from " +
                        std::to_string(from) + " on");
      return parameters().confidence ? by_rank(std::move(fit), state) : by_quantile(std::move(fit), sorted);
    }
    const stats::Estimate<stats::Gev> estimate = stats::gev_l_moments(sorted);
    if (estimate.status == stats::EstimateStatus::out_of_support) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "no extreme value distribution is as skewed as these maxima, nearly all of which are equal");
    }
    if (!estimate.ok()) return not_estimated(std::move(fit), "extreme value distribution", estimate.status, 3);
    add_note(fit, std::to_string(n) + " images: extreme value distribution by L-moments; from " + std::to_string(from) +
                      " on the empirical quantile");
    return by_distribution(std::move(fit), sorted, estimate.family);
  }

  [[nodiscard]] Fit by_distribution(Fit fit, std::span<const double> sorted, const stats::Gev& gev) const {
    const double rate = parameters().false_alarm_rate;
    const std::optional<double> confidence = parameters().confidence;
    const stats::GevLevelBootstrap bootstrap(sorted, gev, rate, parameters().replicates, parameters().seed);
    fit.estimates = {{"mu", gev.mu}, {"sigma", gev.sigma}, {"xi", gev.xi}};
    const double level = gev.upper_quantile(rate);
    if (!confidence) {
      fit = by_model(std::move(fit), level, rate);
    } else {
      fit.estimates["estimate"] = level;
      const double bound = bootstrap.upper(*confidence);
      if (is_finite(level) && !is_finite(bound)) {
        return failed(std::move(fit), FitStatus::not_converged,
                      std::to_string(parameters().replicates) + " replicates are too few for " +
                          detail::percent(*confidence, false) + " % confidence");
      }
      const bool kept = rate >= least_bounded_rate;
      if (!kept) {
        add_note(fit, "below a rate of " + detail::shortest(least_bounded_rate) +
                          " so few images do not keep the bound's confidence, so that it is not promised");
      }
      fit = by_model(std::move(fit), bound, rate, kept ? confidence : std::nullopt);
    }
    return with_interval(std::move(fit), bootstrap.interval(interval_confidence), "parametric bootstrap");
  }

  /// Promises what the order statistic below the quantile does, which is a little more than the rate: a further image
  /// is above x(k) with probability (n + 1 - k) / (n + 1) at most.
  [[nodiscard]] Fit by_quantile(Fit fit, std::span<const double> sorted) const {
    const std::size_t n = sorted.size();
    const auto size = static_cast<double>(n);
    const double rate = parameters().false_alarm_rate;
    const std::size_t needed = stats::conformal_count(rate);
    describe_promise(fit, n, needed, 1 / (size + 1));
    if (!stats::conformal_rank(n, rate)) {
      return failed(std::move(fit), FitStatus::too_few_scores,
                    detail::percent(rate, true) + " % needs " + (needed == 0 ? "more" : std::to_string(needed)) +
                        " normal images, there are " + std::to_string(n) +
                        "; a larger quantile_from takes the extreme value distribution");
    }
    double position = std::clamp(size * (1 - rate) + 0.5, 1.0, size);
    // Equal to a whole number but for rounding is equal: 85 (1 - 0.3) + 0.5 is 60, whose ties are not touched.
    if (std::abs(position - std::round(position)) <= size * 0x1p-51) position = std::round(position);
    const auto rank = static_cast<std::size_t>(position);
    const double below = sorted[rank - 1];
    const double above = sorted[std::min(rank, n - 1)];
    const double level = stats::detail::interpolate(below, above, position - static_cast<double>(rank));
    fit = level > below ? with_cutoff(std::move(fit), level) : with_cutoff_above(std::move(fit), below);
    fit = promised(std::move(fit), static_cast<double>(n + 1 - rank) / (size + 1), std::nullopt);
    return with_interval(std::move(fit), stats::quantile_interval(sorted, rate, interval_confidence),
                         "order statistics");
  }

  [[nodiscard]] Fit by_rank(Fit fit, const Sample& state) const {
    const std::size_t n = state.size();
    const double rate = parameters().false_alarm_rate;
    const double confidence = *parameters().confidence;
    const std::size_t needed = stats::coverage_count(rate, confidence);
    describe_promise(fit, n, needed, stats::coverage_best_rate(n, confidence));
    const auto rank = stats::coverage_rank(n, rate, confidence);
    if (!rank) {
      return failed(std::move(fit), FitStatus::too_few_scores,
                    detail::percent(rate, true) + " % with " + detail::percent(confidence, false) +
                        " % confidence needs " + (needed == 0 ? "more" : std::to_string(needed)) +
                        " normal images, there are " + std::to_string(n));
    }
    return above_rank(std::move(fit), state, *rank, rate, confidence);
  }
};

static_assert(Threshold<MapThreshold>);

}  // namespace plimsoll
