// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "npy_file.hpp"
#include "random.hpp"
#include "workspace.hpp"

namespace plimsoll::cli_test {

/// Normally distributed scores about `shift`.
[[nodiscard]] inline std::vector<double> draw(std::uint64_t seed, std::size_t count, double shift) {
  test::Random random(seed);
  std::vector<double> scores;
  while (scores.size() < count) scores.push_back(random.normal() + shift);
  return scores;
}

inline void write_scores(const Workspace& workspace, const std::string& name, const std::vector<double>& scores) {
  workspace.write(name, npy(scores, {.type = "<f8", .shape = {scores.size()}}));
}

}  // namespace plimsoll::cli_test
