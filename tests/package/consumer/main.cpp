// SPDX-License-Identifier: Apache-2.0
#include <plimsoll/adapt/eigen.hpp>
#include <plimsoll/io/threshold_file.hpp>
#include <plimsoll/plimsoll.hpp>

#include <cstdio>
#include <vector>

plimsoll::Fit fit_elsewhere(const std::vector<float>& scores);

int main() {
  std::vector<float> scores;
  for (int i = 0; i < 100; ++i) scores.push_back(static_cast<float>(i));
  plimsoll::QuantileThreshold threshold{{.false_alarm_rate = 0.05}};
  threshold.update(scores);
  const plimsoll::Fit fit = threshold.compute();
  const auto back = plimsoll::io::from_json(plimsoll::io::to_json({.fit = fit}), "memory");
  std::printf("%s\n", to_string(back.fit.promise).c_str());
  return fit_elsewhere(scores).cutoff == fit.cutoff && back.fit.cutoff == fit.cutoff ? 0 : 1;
}
