// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// How the estimation of a distribution's parameters ended.
enum class EstimateStatus : std::uint8_t {
  ok,              ///< the parameters are an answer
  too_few,         ///< fewer numbers than the estimator needs
  no_spread,       ///< the numbers are all equal, so that no scale can be estimated
  out_of_support,  ///< a number lies where the family has no probability, or a moment that is needed is not finite
  unbounded,       ///< the likelihood grows without bound, so that there is no maximum
  not_converged,   ///< the iteration came to no answer
};

/// The status in words, for messages.
[[nodiscard]] constexpr std::string_view to_string(EstimateStatus status) noexcept {
  switch (status) {
    case EstimateStatus::ok: return "ok";
    case EstimateStatus::too_few: return "too few numbers";
    case EstimateStatus::no_spread: return "the numbers are all equal";
    case EstimateStatus::out_of_support: return "a number lies outside the family's support";
    case EstimateStatus::unbounded: return "the likelihood has no maximum";
    default: return "the iteration did not converge";
  }
}

/// A distribution with estimated parameters.
template <typename FamilyOf>
struct Estimate {
  /// The distribution's type.
  using Family = FamilyOf;

  Family family{};                                        ///< meaningful when `ok()`, unless the estimator says more
  EstimateStatus status = EstimateStatus::not_converged;  ///< how the estimation ended
  /// The log-likelihood of the sample; NaN for estimators that do not maximise it. -inf is possible for those that
  /// do not: the estimated family may exclude a number of the sample.
  double log_likelihood = std::numeric_limits<double>::quiet_NaN();

  /// Whether `family` is an answer.
  [[nodiscard]] bool ok() const noexcept { return status == EstimateStatus::ok; }
};

}  // namespace plimsoll::stats
