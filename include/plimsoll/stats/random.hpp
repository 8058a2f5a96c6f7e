// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "plimsoll/core/config.hpp"

namespace plimsoll::stats {

/// Seeded numbers that are the same with every standard library: the engine is specified, the distributions of
/// `<random>` are not.
class Random {
 public:
  /// Any seed.
  explicit Random(std::uint64_t seed) : engine_{seed} {}

  /// In (0, 1), a multiple of 2^-53.
  [[nodiscard]] double uniform() { return (static_cast<double>(engine_() >> 12) + 0.5) * 0x1p-52; }

  /// In 0 .. bound - 1; bound >= 1 and well below 2^52.
  [[nodiscard]] std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(uniform() * static_cast<double>(bound));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace plimsoll::stats
