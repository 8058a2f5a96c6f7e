// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/planes.hpp"

namespace plimsoll::synth::detail {

/// Throws DataError unless the sample has a channel and a pixel, and all its channels are of one size.
inline void check_texture_sample(const char* function, const Planes& sample) {
  const auto refuse = [&](const std::string& what) { throw DataError(std::string(function) + ": sample " + what); };
  if (sample.empty()) refuse("has no channel");
  const std::size_t rows = sample[0].rows();
  const std::size_t columns = sample[0].columns();
  if (rows == 0 || columns == 0) refuse("has no pixel");
  for (std::size_t channel = 1; channel < sample.size(); ++channel) {
    if (sample[channel].rows() != rows || sample[channel].columns() != columns) {
      refuse("[" + std::to_string(channel) + "] is not of the size of sample[0]");
    }
  }
}

}  // namespace plimsoll::synth::detail
