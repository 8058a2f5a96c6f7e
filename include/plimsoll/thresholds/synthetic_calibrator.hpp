// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"

namespace plimsoll {

/// Parameters of SyntheticCalibrator.
struct SyntheticCalibratorParameters {
  SyntheticParameters image{};  ///< of the image cutoff: balanced F1 of the maps' largest pixels
  /// Of the mask's level: pooled F1 of the pixels. Its map_reduction is every_pixel.
  SyntheticParameters pixel{.input = {.map_reduction = MapReduction::every_pixel}};
  /// Everything else: the mask rule but its levels, agreement, direction, normalisation, the review rate, and the
  /// methods of the tables of other rates. How a map gives its image score is that of `image`.
  MapCalibratorParameters maps{};
  friend bool operator==(const SyntheticCalibratorParameters&, const SyntheticCalibratorParameters&) = default;
};

/// Image cutoff and mask level together from normal maps, and maps of synthetic anomalies with their masks: as
/// MapCalibrator, but both lines are SyntheticThreshold's. The fits of the two, with the synthetic AUROC of images and
/// of pixels among their estimates, are the MapCalibration's `image` and `high`. The tables of other rates are those of
/// the normal maps alone, so at_false_alarm_rate() leaves the synthetic line for one of these.
///
/// Keeps every pixel, 4 bytes a float, up to the exact_limit of `pixel`.
class SyntheticCalibrator {
 public:
  /// Throws ParameterError.
  explicit SyntheticCalibrator(SyntheticCalibratorParameters parameters = {})
      : parameters_{completed(std::move(parameters))},
        maps_{parameters_.maps},
        image_{parameters_.image},
        pixel_{parameters_.pixel} {}

  /// Takes the map of a normal image. Throws DataError as MapCalibrator does.
  void update(ScoreMap map) {
    maps_.update(map);
    with_directed(map, [&](ScoreMap directed) {
      image_.update(directed);
      pixel_.update(directed);
    });
  }

  /// Takes the map of a synthetic anomaly with its mask. Throws DataError for an empty map, one with a pixel that is
  /// not finite, a mask of another shape, or one of which nothing is set.
  void update(ScoreMap map, Mask mask) {
    if (map.empty()) throw DataError("SyntheticCalibrator: an empty map has no score");
    if (!mask.any()) throw DataError("SyntheticCalibrator: the mask of a synthetic anomaly has no anomalous pixel");
    with_directed(map, [&](ScoreMap directed) {
      pixel_.update(directed, mask);
      image_.update(directed, Label::anomalous);
    });
  }

  /// Takes the map of a weaker synthetic anomaly, as SyntheticThreshold::update_severity does.
  void update_severity(double severity, ScoreMap map, Mask mask) {
    with_directed(map, [&](ScoreMap directed) {
      image_.update_severity(severity, directed, mask);  // refuses a pixel anywhere that is not finite, before it keeps
      pixel_.update_severity(severity, directed, mask);
    });
  }

  /// Adds what the other collected. Throws ParameterError when its parameters differ.
  void merge(const SyntheticCalibrator& other) {
    if (!(other.parameters_ == parameters_)) {
      throw ParameterError("SyntheticCalibrator: cannot merge calibrators with different parameters");
    }
    maps_.merge(other.maps_);
    image_.merge(other.image_);
    pixel_.merge(other.pixel_);
  }

  /// Forgets what was collected, keeps the parameters.
  void reset() { *this = SyntheticCalibrator(parameters_); }

  /// As given to the constructor.
  [[nodiscard]] const SyntheticCalibratorParameters& parameters() const noexcept { return parameters_; }

  /// As MapCalibrator::image_scores, of the normal maps.
  [[nodiscard]] std::vector<double> image_scores() const { return maps_.image_scores(); }

  /// Fits both lines. Whatever failed() says, the Fits tell why. When the normal maps are too few for the tables, the
  /// fit that says so is in the place of the line.
  [[nodiscard]] MapCalibration compute() const {
    MapCalibration result = maps_.compute();
    if (!result.ok()) return result;
    result.image = image_.compute();
    result.high = pixel_.compute();
    result.low = result.high;
    result.calibration.cutoff = result.image.cutoff;
    result.calibration.mask->high = result.high.cutoff;
    result.calibration.mask->low = result.high.cutoff;
    return result;
  }

 private:
  [[nodiscard]] static SyntheticCalibratorParameters completed(SyntheticCalibratorParameters parameters) {
    const auto fail = [](const std::string& what) { throw ParameterError("SyntheticCalibrator: " + what); };
    const InputPolicy& image = parameters.image.input;
    if (image.map_reduction == MapReduction::every_pixel ||
        parameters.pixel.input.map_reduction != MapReduction::every_pixel) {
      fail(
          "map_reduction: an image cutoff is for one score an image, maximum or top_mean, and a mask level for "
          "every_pixel");
    }
    if (image.non_finite == NonFinite::skip || parameters.pixel.input.non_finite == NonFinite::skip) {
      fail("non_finite = skip: a map with a pixel that is not finite has no score, so that it is refused");
    }
    if (parameters.maps.low_share != parameters.maps.high_share) {
      fail("high_share and low_share: the synthetic anomalies give one level, a plain mask");
    }
    parameters.maps.image_parameters.insert_or_assign("map_reduction", std::string(to_string(image.map_reduction)));
    parameters.maps.image_parameters.insert_or_assign("top_share", image.top_share);
    return parameters;
  }

  /// Calls `use` with the map in which high scores are strange.
  template <typename Use>
  void with_directed(ScoreMap map, const Use& use) const {
    if (parameters_.maps.direction == ScoreDirection::higher_is_anomalous) return use(map);
    map.visit_pixels([&]<typename T>(std::span<const T> pixels) {
      std::vector<T> negated(pixels.size());
      std::ranges::transform(pixels, negated.begin(), [](T pixel) { return static_cast<T>(-pixel); });
      use(ScoreMap(negated.data(), map.rows(), map.columns()).computed_in(map.type()));
    });
  }

  SyntheticCalibratorParameters parameters_;
  MapCalibrator maps_;
  SyntheticThreshold image_;
  SyntheticThreshold pixel_;
};

}  // namespace plimsoll
