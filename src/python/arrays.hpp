// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/numpy.h>

#include <cstddef>
#include <span>

#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/scores.hpp"

namespace plimsoll::python {

/// The numbers of an array of doubles or floats, of whatever shape. Halves come as floats; `half` says so.
inline Scores scores_of(const pybind11::array& array, bool half) {
  const auto size = static_cast<std::size_t>(array.size());
  const ScoreType type = half ? ScoreType::float16 : ScoreType::float64;
  if (array.itemsize() == sizeof(float)) return {std::span(static_cast<const float*>(array.data()), size), type};
  return {std::span(static_cast<const double*>(array.data()), size), type};
}

/// The maps of an array of three dimensions.
struct Maps {
  Maps(const pybind11::array& array, bool half)
      : scores{scores_of(array, half)},
        count{static_cast<std::size_t>(array.shape(0))},
        rows{static_cast<std::size_t>(array.shape(1))},
        columns{static_cast<std::size_t>(array.shape(2))} {}

  ScoreMap operator[](std::size_t index) const {
    return scores.visit([&]<typename T>(std::span<const T> pixels) {
      return ScoreMap(pixels.data() + index * rows * columns, rows, columns).computed_in(scores.type());
    });
  }

  Scores scores;
  std::size_t count;
  std::size_t rows;
  std::size_t columns;
};

}  // namespace plimsoll::python
