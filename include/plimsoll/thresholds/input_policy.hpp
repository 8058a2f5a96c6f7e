// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/core/parameter_table.hpp"

namespace plimsoll {

/// What `update` does with NaN and infinities.
enum class NonFinite : std::uint8_t {
  reject,  ///< throws DataError that names the position
  skip,    ///< leaves them out and counts them in Fit::skipped_count
};

/// How an estimator takes its input in; the `input` of every method's parameters.
struct InputPolicy {
  NonFinite non_finite = NonFinite::reject;                ///< what is done with NaN and infinities
  MapReduction map_reduction = MapReduction::every_pixel;  ///< what a score map counts for
  double top_share = 0.002;  ///< for MapReduction::top_mean: the share of a map's pixels that is averaged
  friend bool operator==(const InputPolicy&, const InputPolicy&) = default;
};

/// A method's parameter table: its own rows, then `trim` where the parameters have it, as those of nearly all methods
/// that learn from normal scores only do, then the rows of the InputPolicy that every method has as `input`.
template <typename Parameters>
[[nodiscard]] ParameterTable<Parameters> parameter_table(std::string_view method, std::vector<ParameterRow> rows) {
  if constexpr (requires(Parameters p) { p.trim; }) {
    rows.push_back(number<Parameters>(
        "trim", [](auto& p) -> auto& { return p.trim; }, Range{0, 0.5, true, false},
        "the share of the normal scores, the largest, that is dropped as bad before the fit"));
  }
  rows.push_back(choice<Parameters>(
      "non_finite", [](auto& p) -> auto& { return p.input.non_finite; },
      {{NonFinite::reject, "reject"}, {NonFinite::skip, "skip"}},
      "NaN and infinite scores: refuse the input, or leave them out and count them"));
  rows.push_back(choice<Parameters>(
      "map_reduction", [](auto& p) -> auto& { return p.input.map_reduction; },
      {{MapReduction::every_pixel, "every_pixel"},
       {MapReduction::maximum, "maximum"},
       {MapReduction::top_mean, "top_mean"}},
      "what a score map counts for: all its pixels, its largest, or the mean of its top share"));
  rows.push_back(number<Parameters>(
      "top_share", [](auto& p) -> auto& { return p.input.top_share; }, Range{0, 1, false, true},
      "the share of a map's pixels that top_mean averages"));
  return {method, std::move(rows)};
}

/// The InputPolicy among the named parameters of a method, as in a Fit. Throws ParameterError.
[[nodiscard]] inline InputPolicy input_policy(const ParameterMap& parameters) {
  struct Shared {
    InputPolicy input{};
  };
  static const ParameterTable<Shared> table = parameter_table<Shared>("input", {});
  ParameterMap shared;
  for (const ParameterInfo& info : table.infos()) {
    if (const auto found = parameters.find(info.name); found != parameters.end()) shared.insert(*found);
  }
  return table.make(shared).input;
}

}  // namespace plimsoll
