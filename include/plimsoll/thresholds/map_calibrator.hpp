// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/stats/moments.hpp"
#include "plimsoll/thresholds/false_alarm_curve_of.hpp"
#include "plimsoll/thresholds/input_policy.hpp"
#include "plimsoll/thresholds/map_threshold.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace plimsoll {

/// Parameters of MapCalibrator.
struct MapCalibratorParameters {
  std::string image_method = "tail";  ///< of the registry, that gives the image cutoff; learns from normal scores only
  /// Its parameters. map_reduction is top_mean unless named, and never every_pixel; non_finite is never skip.
  ParameterMap image_parameters{};
  std::optional<double> review_rate{};  ///< the share of normal images to look at or reject; above false_alarm_rate
  double high_share = 0.3;  ///< the share of normal images with a region: the high level of MapThreshold; in (0, 1)
  double low_share = 0.3;   ///< that of the low level, not below high_share; equal: a plain mask
  ParameterMap level_parameters{};          ///< of MapThreshold for both levels: confidence, trim, quantile_from, ...
  MaskRule rule{};                          ///< all but the levels
  Agreement agreement = Agreement::review;  ///< of label and mask
  NormalisationKind normalisation = NormalisationKind::min_max;  ///< of images and of pixels
  /// Of the maps' scores; they are negated where low ones are strange.
  ScoreDirection direction = ScoreDirection::higher_is_anomalous;
  friend bool operator==(const MapCalibratorParameters&, const MapCalibratorParameters&) = default;

  /// The shares of hysteresis that did best on real maps: half the images touched for the same masks.
  static constexpr double hysteresis_high = 0.2;
  static constexpr double hysteresis_low = 0.4;  ///< of the low level; the other is of the high one
};

/// What MapCalibrator gives: the run-time object, and what is to be said about each of its lines.
struct MapCalibration {
  Calibration calibration{};    ///< complete only when ok()
  Fit image{};                  ///< of the image cutoff
  std::optional<Fit> review{};  ///< of the review cutoff
  Fit high{};                   ///< of the mask's high level
  Fit low{};                    ///< of its low level; the same fit when the shares are

  /// The fit that has no answer; null when all have.
  [[nodiscard]] const Fit* failed() const noexcept {
    for (const Fit* fit : {&image, &high, &low}) {
      if (!fit->ok()) return fit;
    }
    return review && !review->ok() ? &*review : nullptr;
  }
  /// Whether all fits have an answer.
  [[nodiscard]] bool ok() const noexcept { return failed() == nullptr; }
};

/// Image cutoff and mask levels together, from normal score maps. Keeps two numbers an image: its score, and its
/// largest pixel. One pass over each map; maps need not be of one size.
///
/// The levels are MapThreshold's at two shares of normal images. min_max normalisation has the range of the image
/// scores, and that of the pixels; z_score the standard deviations of the image scores and of the maxima.
class MapCalibrator {
 public:
  /// Throws ParameterError.
  explicit MapCalibrator(MapCalibratorParameters parameters = {}) : parameters_{std::move(parameters)} {
    const auto fail = [](const std::string& what) { throw ParameterError("MapCalibrator: " + what); };
    parameters_.image_parameters.try_emplace("map_reduction", std::string("top_mean"));
    const AnyThreshold image = image_method().make(parameters_.image_parameters);
    if (image.info().needs_labels) {
      fail("image_method = " + parameters_.image_method + " learns from labelled scores, and maps have none here");
    }
    const ParameterMap values = image.parameter_values();
    policy_ = input_policy(values);
    if (policy_.map_reduction == MapReduction::every_pixel) {
      fail("map_reduction = every_pixel: an image cutoff is for one score an image, maximum or top_mean");
    }
    if (policy_.non_finite == NonFinite::skip) {
      fail("non_finite = skip: a map with a pixel that is not finite has no score, so that it is refused");
    }
    if (!(parameters_.high_share > 0 && parameters_.high_share <= parameters_.low_share && parameters_.low_share < 1)) {
      fail("high_share = " + detail::shortest(parameters_.high_share) + ", low_share = " +
           detail::shortest(parameters_.low_share) + ": there must be 0 < high_share <= low_share < 1");
    }
    for (const char* name : {"false_alarm_rate", "map_reduction", "top_share", "non_finite"}) {
      if (!parameters_.level_parameters.contains(name)) continue;
      fail("level_parameters: " + std::string(name) + " has no effect: levels are of high_share and low_share, and " +
           "of maps' largest pixels, all finite");
    }
    static_cast<void>(level_threshold(parameters_.high_share));
    if (!parameters_.review_rate) return;
    const auto rate = values.find("false_alarm_rate");
    if (rate == values.end()) {
      fail("review_rate: " + parameters_.image_method + " has no false_alarm_rate to compare it with");
    }
    if (!(*parameters_.review_rate > std::get<double>(rate->second) && *parameters_.review_rate < 1)) {
      fail("review_rate = " + detail::shortest(*parameters_.review_rate) + ": it must be above the false_alarm_rate, " +
           to_string(rate->second) + ", and below 1");
    }
    static_cast<void>(review_threshold());
  }

  /// Takes the map of a normal image. Throws DataError for an empty map, or one with a pixel that is not finite; the
  /// calibrator is then as it was.
  void update(ScoreMap map) {
    if (map.empty()) throw DataError("MapCalibrator: an empty map has no score");
    map.visit_pixels([&]<typename T>(std::span<const T> pixels) {
      if (const std::size_t i = first_non_finite(pixels); i < pixels.size()) {
        throw DataError("MapCalibrator: map[" + std::to_string(i / map.columns()) + ", " +
                        std::to_string(i % map.columns()) + "] is not finite");
      }
      std::vector<T> negated;
      if (parameters_.direction == ScoreDirection::lower_is_anomalous) {
        negated.resize(pixels.size());
        std::ranges::transform(pixels, negated.begin(), [](T pixel) { return static_cast<T>(-pixel); });
        pixels = negated;
      }
      const ScoreMap directed_map(pixels.data(), 1, pixels.size());
      images_.push_back({score_of(directed_map, policy_.map_reduction, policy_.top_share),
                         score_of(directed_map, MapReduction::maximum, policy_.top_share)});
      least_pixel_ = std::min(least_pixel_, static_cast<double>(*std::ranges::min_element(pixels)));
    });
    type_ = std::max(type_, map.type());
  }

  /// Adds what the other collected. Throws ParameterError when its parameters differ.
  void merge(const MapCalibrator& other) {
    if (!(other.parameters_ == parameters_)) {
      throw ParameterError("MapCalibrator: cannot merge calibrators with different parameters");
    }
    const std::vector<Image> images = other.images_;  // which may be these
    images_.insert(images_.end(), images.begin(), images.end());
    least_pixel_ = std::min(least_pixel_, other.least_pixel_);
    type_ = std::max(type_, other.type_);
  }

  /// Forgets what was collected, keeps the parameters.
  void reset() { *this = MapCalibrator(parameters_); }

  /// As given to the constructor, with the map_reduction that is used.
  [[nodiscard]] const MapCalibratorParameters& parameters() const noexcept { return parameters_; }

  /// The image scores so far, in the order in which they came; negated where low scores are strange.
  [[nodiscard]] std::vector<double> image_scores() const { return numbers(&Image::score); }

  /// Fits both lines. Whatever failed() says, the Fits tell why.
  [[nodiscard]] MapCalibration compute() const {
    MapCalibration result;
    const std::vector<double> image_scores = numbers(&Image::score);
    const std::vector<double> image_maxima = numbers(&Image::maximum);
    const bool by_maximum = policy_.map_reduction == MapReduction::maximum;
    const Scores scores(image_scores, by_maximum ? type_ : ScoreType::float64);
    const Scores maxima(image_maxima, type_);
    result.image = fit(image_method().make(parameters_.image_parameters), scores);
    if (parameters_.review_rate) result.review = fit(review_threshold(), scores);
    result.high = fit(level_threshold(parameters_.high_share), maxima);
    result.low = parameters_.low_share == parameters_.high_share ? result.high
                                                                 : fit(level_threshold(parameters_.low_share), maxima);

    Calibration& line = result.calibration;
    line.direction = parameters_.direction;
    line.cutoff = result.image.cutoff;
    if (result.review) line.review_cutoff = result.review->cutoff;
    line.map_reduction = policy_.map_reduction;
    line.top_share = policy_.top_share;
    line.mask = parameters_.rule;
    line.mask->high = result.high.cutoff;
    // A fitted quantile falls with the rate, but for the last digits.
    line.mask->low = Cutoff{std::min(result.low.cutoff.value(), result.high.cutoff.value())};
    line.agreement = parameters_.agreement;
    if (!result.ok()) return result;
    line.rates = false_alarm_curve(image_method(), parameters_.image_parameters, scores);
    line.mask_rates = false_alarm_curve(find_method("map"), level_parameters(parameters_.high_share), maxima);
    line.normalisation = normalisation(image_scores);
    line.pixel_normalisation = normalisation(image_maxima);
    line.pixel_normalisation.minimum = least_pixel_;
    return result;
  }

 private:
  struct Image {
    double score;
    double maximum;  ///< of its pixels
  };

  [[nodiscard]] const Method& image_method() const { return find_method(parameters_.image_method); }

  [[nodiscard]] AnyThreshold review_threshold() const {
    ParameterMap values = parameters_.image_parameters;
    values.insert_or_assign("false_alarm_rate", *parameters_.review_rate);
    return image_method().make(values);
  }

  [[nodiscard]] ParameterMap level_parameters(double share) const {
    ParameterMap values = parameters_.level_parameters;
    values.insert_or_assign("false_alarm_rate", share);
    return values;
  }
  [[nodiscard]] AnyThreshold level_threshold(double share) const {
    return find_method("map").make(level_parameters(share));
  }

  [[nodiscard]] static Fit fit(AnyThreshold threshold, Scores scores) {
    threshold.update(scores);
    return threshold.compute();
  }

  [[nodiscard]] std::vector<double> numbers(double Image::*which) const {
    std::vector<double> all;
    all.reserve(images_.size());
    for (const Image& image : images_) all.push_back(image.*which);
    return all;
  }

  [[nodiscard]] Normalisation normalisation(const std::vector<double>& scores) const {
    stats::Moments moments;
    moments.append(std::span(scores));
    const auto [least, most] = std::ranges::minmax_element(scores);
    return {.kind = parameters_.normalisation,
            .minimum = *least,
            .maximum = *most,
            .deviation = moments.standard_deviation()};
  }

  MapCalibratorParameters parameters_;
  InputPolicy policy_;
  std::vector<Image> images_;
  double least_pixel_ = std::numeric_limits<double>::infinity();
  ScoreType type_ = ScoreType::float16;
};

}  // namespace plimsoll
