// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "plimsoll/core/mask.hpp"

namespace plimsoll::io {

/// Writes masks of one size one by one into a `.npy` file of uint8, 0 normal and 1 anomalous, C order, shape (count,
/// rows, columns). The file gets its name when it is finished, as write_file does it, and is gone if it is not. Holds
/// no mask. All functions throw FileError.
class NpyMaskWriter {
 public:
  /// `count` masks of rows x columns will be added.
  NpyMaskWriter(const std::string& path, std::size_t count, std::size_t rows, std::size_t columns);
  /// The other may then only be assigned to or destroyed.
  NpyMaskWriter(NpyMaskWriter&&) noexcept;
  /// What this one had begun and not finished is gone.
  NpyMaskWriter& operator=(NpyMaskWriter&&) noexcept;
  ~NpyMaskWriter();

  /// Refuses a mask of another size, and one more than `count`.
  void add(const Mask& mask);

  /// Refuses to finish before there are `count` masks. Nothing may be added afterwards.
  void finish();

 private:
  struct Open;
  std::unique_ptr<Open> open_;
};

}  // namespace plimsoll::io
