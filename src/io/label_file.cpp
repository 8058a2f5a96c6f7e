// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/label_file.hpp"

#include "plimsoll/io/write_file.hpp"

namespace plimsoll::io {

std::string labels_as_npy(std::span<const Label> labels, const std::vector<std::size_t>& shape) {
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
  bytes += header;
  for (const Label label : labels) bytes += static_cast<char>(label);
  return bytes;
}

void write_labels(const std::string& path, std::span<const Label> labels, const std::vector<std::size_t>& shape) {
  if (path.ends_with(".npy")) {
    write_file(path, labels_as_npy(labels, shape));
    return;
  }
  std::string text;
  text.reserve(2 * labels.size());
  for (const Label label : labels) text += label == Label::anomalous ? "1\n" : "0\n";
  write_file(path, text);
}

}  // namespace plimsoll::io
