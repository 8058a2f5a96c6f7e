// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace plimsoll::io {

/// What comes before the bytes of a `.npy` file of uint8 in C order, of the given shape.
[[nodiscard]] inline std::string npy_label_header(const std::vector<std::size_t>& shape) {
  // NEP 1, format version 1.0: magic, version, header length (little-endian, 2 bytes), header padded with spaces
  // and ended by a newline so that the data begin at a multiple of 64.
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (";
  for (const std::size_t extent : shape) header += std::to_string(extent) + ",";
  header += "), }";
  constexpr std::size_t preamble = 10;
  constexpr std::size_t alignment = 64;
  const std::size_t unpadded = preamble + header.size() + 1;
  header.append((alignment - unpadded % alignment) % alignment, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\x00';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header;
}

}  // namespace plimsoll::io
