// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"

namespace plimsoll::test {

/// The float32 scores of a file in examples/data, "bottle-knn/normal.npy", say, all of which have 128-byte headers.
inline std::vector<float> bundled(const std::string& name) {
  std::ifstream file(std::string(PLIMSOLL_EXAMPLE_DATA) + "/" + name, std::ios::binary);
  REQUIRE(file);
  file.seekg(0, std::ios::end);
  std::vector<float> scores((static_cast<std::size_t>(file.tellg()) - 128) / sizeof(float));
  file.seekg(128);
  file.read(reinterpret_cast<char*>(scores.data()), static_cast<std::streamsize>(scores.size() * sizeof(float)));
  REQUIRE(file);
  return scores;
}

}  // namespace plimsoll::test
