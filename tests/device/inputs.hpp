// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "device.hpp"

namespace device {

/// Numbers that every machine makes alike: a linear congruential generator (Knuth, MMIX), of which the upper half is
/// used.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_{seed} {}
  /// In [0, 1), 24 bits.
  float next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<float>(state_ >> 40) * 0x1p-24F;
  }

 private:
  std::uint64_t state_;
};

/// A map of noise below 1, denser towards 0, and a square that is brighter by so much.
inline std::vector<float> noise_map(std::uint64_t seed, float bright) {
  Noise noise(seed);
  std::vector<float> map(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const float x = noise.next();
      const bool inside = row / 8 == 2 && column / 8 == 3;
      map[row * columns + column] = inside ? x + bright : x * x;  // no product in a sum, which may be contracted
    }
  }
  return map;
}

}  // namespace device
