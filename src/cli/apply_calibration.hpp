// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "options.hpp"
#include "plimsoll/io/calibration_file.hpp"

namespace plimsoll::cli {

/// What `plimsoll apply` takes on top for calibration files.
struct CalibrationOptions {
  std::string overlay;
  std::string regions;
  std::string false_alarm_rate;
  std::string high_share;
  std::string low_share;
  std::string discoveries;  ///< the level of false discoveries
  std::string expected_pipeline;

  void add_to(CLI::App& command);
  /// The name of an option that was given and has no meaning for a threshold file; empty when there is none.
  [[nodiscard]] std::string first_given() const;
};

/// What is asked of an application.
struct Application {
  std::string calibration;  ///< the file's path
  std::string scores;       ///< scores or maps
  std::string output;       ///< labels or masks; empty: none
  TrueLabels labels;
  io::CsvColumn column;
  Format format;
};

/// Decides scores or maps by a calibration file.
int apply_calibration(const Application& application, const CalibrationOptions& options, io::CalibrationFile file);

}  // namespace plimsoll::cli
