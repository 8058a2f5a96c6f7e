// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "fit_maps.hpp"
#include "options.hpp"

namespace plimsoll::cli {

/// `plimsoll fit --synthetic`: what it reads beside the normal scores.
struct SyntheticFitOptions {
  std::vector<std::string> synthetic;   ///< scores or maps of synthetic anomalies; empty: this is not such a fit
  std::vector<std::string> masks;       ///< their masks, a file for each
  std::vector<std::string> severities;  ///< "0.3=FILE": scores of weaker ones

  [[nodiscard]] bool given() const { return !synthetic.empty(); }
  void add_to(CLI::App& command);
  /// Throws when masks or severities come without synthetic scores.
  void check_complete() const;
};

/// Fits a line, or for maps with masks a calibration, to normal scores and those of synthetic anomalies, and writes it.
int fit_synthetic(const SyntheticFitOptions& options, const MapFitOptions& maps,
                  const std::vector<std::string>& normals, const std::string& method,
                  const ParameterOptions& parameters, const InputOptions& input, Format format,
                  const std::string& output);

}  // namespace plimsoll::cli
