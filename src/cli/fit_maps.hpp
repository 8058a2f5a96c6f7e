// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "options.hpp"

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
  /// Adds the options; those but --maps itself need it.
  void add_to(CLI::App& command);
};

/// Fits an image cutoff, by `method`, and mask levels to maps of normal images, and writes a calibration file.
int fit_maps(const MapFitOptions& options, const std::string& method, const ParameterOptions& parameters,
             ScoreDirection direction, Format format, const std::string& output);

}  // namespace plimsoll::cli
