// SPDX-License-Identifier: Apache-2.0
// Writes normal maps for `plimsoll fit --maps` to standard output, as .npy.
#include <cstdio>
#include <string>

#include "device.hpp"
#include "inputs.hpp"

int main() {
  constexpr std::size_t count = 60;
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(count) + ", " +
                       std::to_string(device::rows) + ", " + std::to_string(device::columns) + "), }";
  header.resize(117, ' ');  // 10 bytes before it, a line feed after it: 128
  std::fwrite("\x93NUMPY\x01\0\x76\0", 1, 10, stdout);
  std::fwrite((header + '\n').data(), 1, header.size() + 1, stdout);
  for (std::size_t i = 0; i < count; ++i) {
    const auto map = device::noise_map(i, 0);
    std::fwrite(map.data(), sizeof(float), map.size(), stdout);  // little-endian, as this machine is
  }
}
