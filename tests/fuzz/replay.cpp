// SPDX-License-Identifier: Apache-2.0
// In libFuzzer's place: gives a target the files of the folders that are named, each once, in the order of their names.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <vector>

#include "input.hpp"

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (const auto& path : files) {
    std::fprintf(stderr, "%s\n", path.c_str());  // the last one is to blame
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  return files.empty() ? 1 : 0;  // seeds that were moved away would pass unseen
}
