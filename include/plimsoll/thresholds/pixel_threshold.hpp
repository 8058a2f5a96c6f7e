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

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/image_pixels.hpp"

namespace plimsoll {

/// Of what over the normal images a pixel rate is asked.
enum class OverImages : std::uint8_t {
  mean,      ///< the mean of the images' rates, an image counting alike whatever its size: the shared FPR
  maximum,   ///< the largest of the images' rates
  quantile,  ///< the rate that the share image_quantile of the images keeps
};

/// Parameters of PixelThreshold.
struct PixelParameters {
  double false_alarm_rate = 1e-4;             ///< the share of an image's pixels that is set; in (0, 1)
  OverImages over_images = OverImages::mean;  ///< of what over the normal images
  double image_quantile = 0.95;               ///< for quantile: the share of the images that keep the rate; in (0, 1)
  std::size_t kept = 1'000'000;               ///< how many of the largest pixels are kept; at least 1
  std::size_t replicates = 400;               ///< of the bootstrap over images; at least 19
  std::size_t seed = 1;                       ///< of that bootstrap
  InputPolicy input{};                        ///< pixel by pixel: a map that is reduced is refused
  friend bool operator==(const PixelParameters&, const PixelParameters&) = default;
};

namespace detail {
/// Every image's number: the pixel above which no more than the rate of its pixels lie.
class PixelState : public ImagePixels {
 public:
  explicit PixelState(const PixelParameters& parameters) : ImagePixels(parameters.kept, parameters.false_alarm_rate) {}
};
}  // namespace detail

/// The cutoff with a stated rate of false alarms among pixels: the lowest at which no more than that share of the
/// pixels of normal images is set, as their mean over images (the shared false-positive rate of AUPIMO: Bertoldo,
/// Ameln, Vaidya and Akcay 2024, BMVC), in the worst of them, or in all but a share of them.
///
/// Exact for the calibration maps, in one pass and bounded memory: the `kept` largest pixels (16 to 32 bytes each) and
/// 16 bytes an image. A rate that takes more pixels than are kept is not answered. The cutoff is the next number above
/// a pixel, so that the rate is kept under ties. Scores that are not maps count as images of one pixel each.
///
/// Interval of the mean by a bootstrap of whole images, as the pixels of one are alike; of the quantile by order
/// statistics; none of the maximum. Nothing is promised. Costs O(1) a pixel on average; compute sorts the kept pixels,
/// and goes through those above the cutoff `replicates` times. Status too_few_scores without a pixel, not_applicable
/// when too few pixels are kept.
class PixelThreshold : public Estimator<PixelThreshold, PixelParameters, detail::PixelState> {
 public:
  /// Throws ParameterError for a parameter out of its range, and unless map_reduction is every_pixel.
  explicit PixelThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {
    if (this->parameters().input.map_reduction != MapReduction::every_pixel) {
      throw ParameterError("pixel: map_reduction = " + to_string(parameter_values().at("map_reduction")) +
                           " gives one number an image, and this method counts its pixels: every_pixel");
    }
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "pixel",
        {number<Parameters>(
             "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
             "the share of the pixels of normal images that is set"),
         choice<Parameters>(
             "over_images", [](auto& p) -> auto& { return p.over_images; },
             {{OverImages::mean, "mean"}, {OverImages::maximum, "maximum"}, {OverImages::quantile, "quantile"}},
             "whose rate: the mean of all images', the worst image's, or that of all but a share of them"),
         number<Parameters>(
             "image_quantile", [](auto& p) -> auto& { return p.image_quantile; }, Range::open(0, 1),
             "with over_images = quantile: the share of the images that keep the rate"),
         number<Parameters>(
             "kept", [](auto& p) -> auto& { return p.kept; }, Range::closed(1, 1e9),
             "how many of the largest pixels are kept, 16 to 32 bytes each"),
         number<Parameters>(
             "replicates", [](auto& p) -> auto& { return p.replicates; }, Range::closed(19, 100000),
             "bootstrap samples of images for the interval of the mean"),
         number<Parameters>(
             "seed", [](auto& p) -> auto& { return p.seed; }, Range::from(0), "seed of the bootstrap")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"pixel",
                                   "a stated rate of false alarms among the pixels of normal images",
                                   "normal score maps like later ones; nothing about the pixels' distribution",
                                   false,
                                   Invariance::rank,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  [[nodiscard]] Fit fit_to(const detail::PixelState& state) const {
    Fit fit = begin_fit(state.pixel_count());
    const std::size_t images = state.images().size();
    if (images == 0) return failed(std::move(fit), FitStatus::too_few_scores, "there is no normal map");
    fit.estimates["images"] = static_cast<double>(images);
    if (!saw_pixels()) add_note(fit, "no map came in, so every score counts as an image of one pixel");
    add_note(fit, "pixels are not exchangeable, so nothing is promised");
    const detail::TopPixels top = state.top();
    fit = parameters().over_images == OverImages::mean ? by_mean(std::move(fit), top) : by_image(std::move(fit), state);
    if (fit.ok() && fit.cutoff.value() > top.complete_above) {
      const auto rates = top.image_rates(fit.cutoff);
      fit.estimates["image_rate_mean"] = rates.mean;
      fit.estimates["image_rate_maximum"] = rates.maximum;
    }
    return fit;
  }

  [[nodiscard]] Fit by_mean(Fit fit, const detail::TopPixels& top) const {
    const double rate = parameters().false_alarm_rate;
    const std::optional<double> level = top.level(rate);
    if (!level) {
      const std::size_t needed = stats::share_count(top.sizes.size() * top.widest, rate);
      return failed(std::move(fit), FitStatus::not_applicable,
                    "kept = " + std::to_string(parameters().kept) + " pixels are too few for a rate of " +
                        detail::shortest(rate) + "; kept = " + std::to_string(needed) + " would do");
    }
    if (top.pixels.empty() || *level == top.pixels.front().score) {
      add_note(fit, "the rate leaves none of these pixels, so the cutoff is just above the largest");
    }
    fit = with_cutoff_above(std::move(fit), *level);
    if (!fit.ok()) return fit;
    std::vector<double> levels = top.bootstrap_levels(rate, parameters().replicates, parameters().seed);
    std::ranges::sort(levels);
    const double tail = (1 - interval_confidence) / 2;
    const auto outer =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::floor(static_cast<double>(levels.size() + 1) * tail)));
    fit.interval =
        CutoffInterval{levels[outer - 1], levels[levels.size() - outer], interval_confidence, "image bootstrap"};
    return fit;
  }

  [[nodiscard]] Fit by_image(Fit fit, const detail::PixelState& state) const {
    std::vector<double> numbers;
    numbers.reserve(state.images().size());
    for (const auto& image : state.images()) numbers.push_back(image.number);
    const std::span<const double> all(numbers);
    if (parameters().over_images == OverImages::maximum) {
      return with_cutoff_above(std::move(fit), stats::order_statistic(all, all.size()));
    }
    const double share = parameters().image_quantile;
    const auto size = static_cast<double>(all.size());
    std::size_t rank = stats::share_count(all.size(), share);
    if (static_cast<double>(rank) / size < share) ++rank;
    fit = with_cutoff_above(std::move(fit), stats::order_statistic(all, rank));
    if (fit.ok()) {
      const stats::Interval interval = stats::quantile_interval(all, 1 - share, interval_confidence);
      fit.interval = CutoffInterval{interval.lower, interval.upper, interval_confidence, "order statistics"};
    }
    return fit;
  }
};

static_assert(Threshold<PixelThreshold>);

}  // namespace plimsoll
