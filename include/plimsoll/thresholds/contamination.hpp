// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/method.hpp"
#include "plimsoll/core/scores.hpp"

namespace plimsoll {

/// What becomes of the line when a share of the normal scores, the largest, is taken for bad.
struct Contamination {
  double share = 0;         ///< of the normal scores, taken for bad besides those that the method trims anyway
  Fit fit{};                ///< to the others
  double moved = 0;         ///< its cutoff less that of the fit to all; NaN unless both have one
  std::size_t flagged = 0;  ///< how many of all the normal scores its cutoff flags
};

/// The shares that contamination() takes for bad unless told.
inline constexpr std::array contamination_shares{0.01, 0.02, 0.05};

/// How far the cutoff moves if these shares of the normal scores were bad. A line that hardly moves may be trusted with
/// normals that nobody checked. Each row is a fit with `trim` raised by the share (below 0.5 in all).
/// Throws ParameterError for a method without a parameter trim, as it learns from labels, or not from scores at all.
[[nodiscard]] inline std::vector<Contamination> contamination(const Method& method, const ParameterMap& parameters,
                                                              Scores normals,
                                                              std::span<const double> shares = contamination_shares) {
  const auto fit_with = [&](const ParameterMap& values) {
    AnyThreshold threshold = method.make(values);
    threshold.update(normals);
    return threshold.compute();
  };
  const Fit all = fit_with(parameters);
  const auto trim = all.parameters.find("trim");
  if (trim == all.parameters.end()) {
    throw ParameterError(std::string(method.info().name) + ": has no parameter trim, so that there is no saying what " +
                         "bad scores among the normals do to it");
  }
  std::vector<Contamination> rows;
  for (const double share : shares) {
    ParameterMap trimmed = parameters;
    trimmed.insert_or_assign("trim", std::get<double>(trim->second) + share);
    Contamination row{share, fit_with(trimmed)};
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    row.moved = row.fit.ok() && all.ok() ? row.fit.cutoff.value() - all.cutoff.value() : none;
    normals.visit(
        [&row](auto scores) { row.flagged = static_cast<std::size_t>(std::ranges::count_if(scores, row.fit.cutoff)); });
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace plimsoll
