// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/label_file.hpp"

#include "npy_label_header.hpp"
#include "plimsoll/io/write_file.hpp"

namespace plimsoll::io {

std::string labels_as_npy(std::span<const Label> labels, const std::vector<std::size_t>& shape) {
  std::string bytes = npy_label_header(shape);
  bytes.reserve(bytes.size() + labels.size());
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
