// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/random.hpp"

namespace plimsoll {

/// How to bootstrap.
struct BootstrapOptions {
  std::size_t replicates = 400;  ///< at least 20
  double confidence = 0.95;      ///< in (0, 1)
  std::uint64_t seed = 1;        ///< the same seed gives the same interval
};

/// The percentile bootstrap interval of a cutoff (Efron and Tibshirani 1993, An Introduction to the Bootstrap, section
/// 13.3): the method is fitted to samples drawn with replacement from the normal scores. For any method; for those that
/// give an interval of their own, that one is to be preferred, as the bootstrap knows nothing beyond the largest score.
/// Replicates without a cutoff count as +inf. Costs `replicates` fits. What `threshold` has collected is not used.
/// Throws ParameterError for options out of range, DataError when there is no score.
template <Threshold T>
[[nodiscard]] CutoffInterval bootstrap_interval(T threshold, Scores normals, const BootstrapOptions& options = {}) {
  if (options.replicates < 20) {
    throw ParameterError("bootstrap: replicates = " + std::to_string(options.replicates) + " is below 20");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    throw ParameterError("bootstrap: confidence = " + detail::shortest(options.confidence) + " is not in (0, 1)");
  }
  if (normals.size() == 0) throw DataError("bootstrap: there is no score to draw from");
  stats::Random random(options.seed);
  std::vector<double> cutoffs;
  cutoffs.reserve(options.replicates);
  normals.visit([&]<typename Score>(std::span<const Score> scores) {
    std::vector<Score> drawn(scores.size());
    for (std::size_t replicate = 0; replicate < options.replicates; ++replicate) {
      for (Score& score : drawn) score = scores[random.below(scores.size())];
      threshold.reset();
      threshold.update(Scores(drawn, normals.type()));
      cutoffs.push_back(threshold.compute().cutoff.value());
    }
  });
  std::ranges::sort(cutoffs);
  // The k-th of B cutoffs from either end, k = (B + 1) (1 - confidence) / 2 rounded down, so not less than asked.
  const double tail = (1 - options.confidence) / 2;
  const auto rank = std::max<std::size_t>(
      1, static_cast<std::size_t>(std::floor(static_cast<double>(options.replicates + 1) * tail)));
  return {cutoffs[rank - 1], cutoffs[options.replicates - rank], options.confidence, "bootstrap"};
}

}  // namespace plimsoll
