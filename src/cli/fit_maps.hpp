// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "options.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"

namespace plimsoll::cli {

/// `plimsoll fit --maps`: options beyond those of other fits.
struct MapFitOptions {
  std::string maps;  ///< a file or folder; empty: this is not a fit to maps
  std::string mask = "plain";
  std::string high_share;  ///< empty: that of the kind of mask
  std::string low_share;
  std::string area_share;
  std::string review_rate;
  std::string agreement = "review";
  std::string normalisation = "min_max";
  std::string connectivity = "8";
  std::uint64_t minimum_area = 1;
  std::uint64_t erosion = 0;
  std::uint64_t dilation = 0;
  bool fill_holes = false;
  std::string pipeline;
  std::string pipeline_hash;

  [[nodiscard]] bool given() const { return !maps.empty(); }
  void add_to(CLI::App& command);
  /// Throws when one of the options but --maps itself was given, and this is not a fit that gives a calibration.
  void check_has_use(bool calibrates) const;

 private:
  std::vector<const CLI::Option*> dependent_;
};

/// The options' calibrator, but for what gives the image cutoff; throws UsageError.
[[nodiscard]] MapCalibratorParameters calibrator_parameters(const MapFitOptions& options, ScoreDirection direction);

/// What was calibrated, and how.
struct FittedMaps {
  const MapCalibration& fitted;
  const MapCalibratorParameters& parameters;
  std::vector<double> image_scores;      ///< of the normal maps
  std::vector<std::string> normal_maps;  ///< the files, for the areas
  bool synthetic = false;                ///< the lines are those of synthetic anomalies
};

/// Writes the calibration file and says what is in it, or on standard error why there is none. The program's status.
int report_calibration(const MapFitOptions& options, const FittedMaps& maps, Format format, const std::string& output);

/// Refuses what a calibration is not printed as.
void check_calibration_format(Format format);

/// Fits an image cutoff, by `method`, and mask levels to maps of normal images, and writes a calibration file.
int fit_maps(const MapFitOptions& options, const std::string& method, const ParameterOptions& parameters,
             ScoreDirection direction, Format format, const std::string& output);

}  // namespace plimsoll::cli
