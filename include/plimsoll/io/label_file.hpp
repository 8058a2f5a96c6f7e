// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "plimsoll/core/label.hpp"

namespace plimsoll::io {

/// Labels as a `.npy` file's bytes: uint8, C order, of the given shape, whose product is labels.size().
[[nodiscard]] std::string labels_as_npy(std::span<const Label> labels, const std::vector<std::size_t>& shape);

/// Writes labels as `.npy` when the path ends so, else as text with one 0 or 1 a line. As write_file does.
void write_labels(const std::string& path, std::span<const Label> labels, const std::vector<std::size_t>& shape);

}  // namespace plimsoll::io
