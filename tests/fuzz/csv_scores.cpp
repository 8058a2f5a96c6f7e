// SPDX-License-Identifier: Apache-2.0
// Scores in CSV files, by the usual column and by one that is asked for.
#include "read_all.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static plimsoll::fuzz::InputFile file("scores.csv");
  const std::string& path = file.holding(data, size);
  plimsoll::fuzz::read_all(path);
  plimsoll::fuzz::read_all(path, {"2"});
  plimsoll::fuzz::read_all(path, {"s"});
  return 0;
}
