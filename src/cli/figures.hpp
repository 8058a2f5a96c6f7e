// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/label.hpp"
#include "svg.hpp"

namespace plimsoll::cli {

/// A figure of the report, or why there is none.
struct Figure {
  std::string id;       ///< "histogram"; the name of its file too
  std::string title;    ///< "Normal scores"
  std::string caption;  ///< how it is read
  std::optional<io::svg::Chart> chart;
  std::string left_out{};  ///< why there is no chart
};

/// What is drawn: a fit, the normal scores that it was made of, and labelled scores or none.
struct Drawn {
  const Fit& fit;
  std::span<const double> normals;  ///< ascending, finite, not empty
  std::span<const double> test;     ///< without NaN
  std::span<const Label> truth;     ///< of `test`
  std::string unit;                 ///< what scores are called: "score", "negated score"
};

/// All figures, in the order of the report: histogram, false-alarm curve, QQ, return level, mean residual life, shape
/// and scale against tail start, and where there is something to search, the objective and F1 against the cutoff.
[[nodiscard]] std::vector<Figure> figures_of(const Drawn& drawn);

}  // namespace plimsoll::cli
