// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/label.hpp"
#include "plimsoll/core/labels.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/method_info.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/scores.hpp"

namespace plimsoll {

/// An estimator of the line, a plain value: it collects scores and score maps, and computes a Fit from them.
///
/// - `update(scores)`, `update(map)`: normal ones. With a Label: all of them are that. With Labels or a Mask:
///   each of them is that.
/// - `compute()`: the Fit of everything collected; const, any number of times, in any order with `update`.
/// - `reset()`: forgets what was collected, keeps the parameters.
/// - `merge(other)`: adds what `other` collected. An estimator merged from shards gives, bit for bit, the Fit of
///   one that saw everything, in whatever order. Throws ParameterError when the parameters differ.
///
/// `update` throws DataError for a non-finite score (unless it was told to skip those), unequal lengths, or an
/// anomalous label where the method takes normal scores only. Whatever `update` or `merge` throw, std::bad_alloc
/// included, the estimator is then as it was.
template <typename T>
concept Threshold = std::copyable<T> &&
    requires(T threshold, const T& constant, Scores scores, ScoreMap map, Label label, Labels labels, Mask mask) {
  threshold.update(scores);
  threshold.update(scores, label);
  threshold.update(scores, labels);
  threshold.update(map);
  threshold.update(map, label);
  threshold.update(map, mask);
  { constant.compute() } -> std::same_as<Fit>;
  threshold.reset();
  threshold.merge(constant);
  { constant.info() } -> std::same_as<const MethodInfo&>;
  { constant.parameter_values() } -> std::same_as<ParameterMap>;
};

}  // namespace plimsoll
