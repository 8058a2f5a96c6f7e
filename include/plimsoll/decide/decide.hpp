// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/label.hpp"
#include "plimsoll/core/scores.hpp"

namespace plimsoll {

/// Decides every score: labels[i] = cutoff.label(scores[i]). One pass in the scores' own type, without branches.
/// `labels` has at least scores.size() places. Allocates nothing.
inline void decide(Cutoff cutoff, Scores scores, std::span<Label> labels) noexcept {
  scores.visit([&]<typename T>(std::span<const T> values) {
    const auto least = cutoff.as<decltype(detail::widened(T{}))>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      labels[i] = static_cast<Label>(!(detail::widened(values[i]) < least));
    }
  });
}

}  // namespace plimsoll
