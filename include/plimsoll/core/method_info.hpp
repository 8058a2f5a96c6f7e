// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/parameter.hpp"

namespace plimsoll {

/// What a method's cutoff does, by default, when every score is mapped by the same increasing function. A parameter
/// that averages scores (top_mean, the middle place) weakens `rank` to `affine`.
enum class Invariance : std::uint8_t {
  rank,    ///< any increasing map: the decisions stay
  affine,  ///< a s + b with a > 0: the cutoff becomes a c + b, the decisions stay
  scale,   ///< a s with a > 0: the cutoff becomes a c
  none,    ///< none of these
};

/// "rank", "affine", "scale" or "none".
[[nodiscard]] constexpr std::string_view to_string(Invariance invariance) noexcept {
  switch (invariance) {
    case Invariance::rank: return "rank";
    case Invariance::affine: return "affine";
    case Invariance::scale: return "scale";
    default: return "none";
  }
}

/// What is known about a method without running it: a row of the registry.
struct MethodInfo {
  std::string_view name;                     ///< as in `make_threshold(name)` and `--method name`
  std::string_view summary;                  ///< what the cutoff is, in one line
  std::string_view assumes;                  ///< when to trust it, in one line
  bool needs_labels = false;                 ///< whether it must see anomalous scores too
  Invariance invariance = Invariance::none;  ///< what the cutoff does when all scores are mapped alike
  Guarantee guarantee = Guarantee::none;     ///< the best promise that it can make
  std::vector<ParameterInfo> parameters;     ///< all parameters, in the order of the table
  bool unlabelled = false;  ///< whether it learns from scores of which some are anomalous, nobody knows which
};

/// What a method learns from: "normal scores", "unlabelled scores" or "labelled scores".
[[nodiscard]] constexpr std::string_view learns_from(const MethodInfo& method) noexcept {
  return method.needs_labels ? "labelled scores" : method.unlabelled ? "unlabelled scores" : "normal scores";
}

}  // namespace plimsoll
