// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace plimsoll::test {

/// Seeded numbers that are the same with every standard library: the engine is specified, the distributions of
/// <random> are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_{seed} {}

  /// In (0, 1).
  double uniform() { return (static_cast<double>(engine_() >> 12) + 0.5) * 0x1p-52; }

  /// In 0 .. bound - 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(uniform() * static_cast<double>(bound)); }

  double exponential() { return -std::log(uniform()); }

  double normal() { return std::sqrt(2 * exponential()) * std::cos(6.283185307179586 * uniform()); }

  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace plimsoll::test
