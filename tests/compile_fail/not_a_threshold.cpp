// SPDX-License-Identifier: Apache-2.0
// What cannot be merged is no Threshold.
#include "plimsoll/core/any_threshold.hpp"

struct Estimator {
  void update(plimsoll::Scores) {}
  void update(plimsoll::Scores, plimsoll::Label) {}
  void update(plimsoll::Scores, plimsoll::Labels) {}
  void update(plimsoll::ScoreMap) {}
  void update(plimsoll::ScoreMap, plimsoll::Label) {}
  void update(plimsoll::ScoreMap, plimsoll::Mask) {}
  plimsoll::Fit compute() const { return {}; }
  void reset() {}
#ifndef PLIMSOLL_FAIL
  void merge(const Estimator&) {}
#endif
  const plimsoll::MethodInfo& info() const;
  plimsoll::ParameterMap parameter_values() const {
    return {};
  }
};

plimsoll::AnyThreshold erase(const Estimator& estimator) {
  return estimator;
}
