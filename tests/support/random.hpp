// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "plimsoll/stats/random.hpp"

namespace plimsoll::test {

/// The library's seeded numbers, and what tests draw besides.
class Random : public stats::Random {
 public:
  using stats::Random::Random;

  double exponential() { return -std::log(uniform()); }

  double normal() { return std::sqrt(2 * exponential()) * std::cos(6.283185307179586 * uniform()); }

  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }
};

}  // namespace plimsoll::test
