// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/random_stream.hpp"

namespace plimsoll::synth::detail {

[[noreturn]] inline void refuse_noise(const char* function, const char* name, const std::string& what) {
  throw ParameterError(std::string(function) + ": " + name + " " + what);
}

/// Throws ParameterError unless the number of cells is in (0, 65536].
inline void check_noise_cells(const char* function, const char* name, double cells) {
  if (!(cells > 0 && cells <= 65536)) {
    refuse_noise(function, name, "= " + std::to_string(cells) + " is not in (0, 65536]");
  }
}

/// Throws ParameterError unless the cells and octaves of these parameters of noise make sense.
template <typename Parameters>
void check_noise_octaves(const char* function, const Parameters& parameters) {
  check_noise_cells(function, "row_cells", parameters.row_cells);
  check_noise_cells(function, "column_cells", parameters.column_cells);
  const auto check = [&](const char* name, double value) {
    if (!(value > 0 && value < 1e9)) {
      refuse_noise(function, name, "= " + std::to_string(value) + " is not above 0, or too large");
    }
  };
  check("lacunarity", parameters.lacunarity);
  check("persistence", parameters.persistence);
  if (parameters.octaves == 0 || parameters.octaves > 32) {
    refuse_noise(function, "octaves", "= " + std::to_string(parameters.octaves) + " is not in [1, 32]");
  }
  double finest = std::max(parameters.row_cells, parameters.column_cells);
  for (std::size_t octave = 1; octave < parameters.octaves; ++octave) finest *= std::max(parameters.lacunarity, 1.0);
  if (!(finest <= 65536)) {
    refuse_noise(function, "octaves", "make cells too small: " + std::to_string(finest) + " of them, more than 65536");
  }
}

/// Calls `add(row_cells, column_cells, amplitude, seed)` for each octave.
template <typename Parameters, typename Add>
void for_each_octave(const Parameters& parameters, std::uint64_t seed, const Add& add) {
  double row_cells = parameters.row_cells;
  double column_cells = parameters.column_cells;
  double amplitude = 1;
  for (std::size_t octave = 0; octave < parameters.octaves; ++octave) {
    add(row_cells, column_cells, amplitude, mix(seed, octave));
    row_cells *= parameters.lacunarity;
    column_cells *= parameters.lacunarity;
    amplitude *= parameters.persistence;
  }
}

}  // namespace plimsoll::synth::detail
