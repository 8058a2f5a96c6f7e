// SPDX-License-Identifier: Apache-2.0
// For pkg-config: headers, the compiled readers and writers, and a method by its name.
#include <plimsoll/io/threshold_file.hpp>
#include <plimsoll/thresholds/registry.hpp>

#include <vector>

int main() {
  std::vector<float> scores;
  for (int i = 0; i < 100; ++i) scores.push_back(static_cast<float>(i));
  plimsoll::AnyThreshold threshold = plimsoll::make_threshold("quantile");
  threshold.update(scores);
  const plimsoll::Fit fit = threshold.compute();
  const auto back = plimsoll::io::from_json(plimsoll::io::to_json({.fit = fit}), "memory");
  return fit.ok() && back.fit.cutoff == fit.cutoff ? 0 : 1;
}
