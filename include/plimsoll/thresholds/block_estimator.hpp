// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "plimsoll/core/parameter_table.hpp"

namespace plimsoll {

/// How the parameters of an extreme-value distribution are estimated.
enum class BlockEstimator : std::uint8_t {
  l_moments,           ///< steadier in small samples, and the default
  maximum_likelihood,  ///< a little more precise in large ones
};

namespace detail {
/// The row of a parameter table for the member `estimator`.
template <typename Parameters>
[[nodiscard]] ParameterRow block_estimator_row() {
  return choice<Parameters>(
      "estimator", [](auto& p) -> auto& { return p.estimator; },
      {{BlockEstimator::l_moments, "l_moments"}, {BlockEstimator::maximum_likelihood, "mle"}},
      "how the distribution is fitted");
}
}  // namespace detail

}  // namespace plimsoll
