// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace plimsoll::cli {

/// What is asked of `plimsoll evaluate`.
struct EvaluateOptions {
  std::string normal;
  std::string test;
  bool maps = false;  ///< masks are judged, by true masks
  TrueLabels labels;
  std::vector<std::string> methods;
  InputOptions input;
  ParameterOptions parameters;
  FormatOption format;
};

/// The mask rules that are judged when no method is named: the levels by the maxima of images, and pixel levels that
/// people know, all in memory that does not grow with the pixels.
[[nodiscard]] const std::vector<std::string>& default_mask_rules();

/// Fits mask rules to the maps of normal images, in one pass, and judges their masks against true ones.
int evaluate_maps(const EvaluateOptions& options);

}  // namespace plimsoll::cli
