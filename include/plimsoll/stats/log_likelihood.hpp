// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>

#include "plimsoll/core/config.hpp"
#include "plimsoll/stats/compensated_sum.hpp"

namespace plimsoll::stats {

/// The log-likelihood of a sample; -inf where one of its numbers has no density.
template <typename Family>
[[nodiscard]] double log_likelihood(std::span<const double> sample, const Family& family) noexcept {
  CompensatedSum sum;
  for (const double x : sample) {
    const double log_pdf = family.log_pdf(x);
    if (log_pdf == -std::numeric_limits<double>::infinity()) return log_pdf;
    sum += log_pdf;
  }
  return sum.value();
}

}  // namespace plimsoll::stats
