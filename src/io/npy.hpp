// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "byte_source.hpp"

namespace plimsoll::io {

/// What the header of a `.npy` file says (NumPy Enhancement Proposal 1 and its versions 2 and 3).
struct NpyHeader {
  char kind = 'f';            ///< 'f' float, 'i' and 'u' integer, 'b' boolean
  std::size_t item_size = 0;  ///< bytes
  bool swapped = false;       ///< the other byte order than this machine's
  bool fortran_order = false;
  std::vector<std::size_t> shape;
  std::size_t count = 0;  ///< the product of the shape
};

/// Reads the header, whose magic is still to come, and checks that the file is long enough for what it claims.
[[nodiscard]] NpyHeader read_npy_header(ByteSource& source);

/// Appends the next `count` values as T, float or double. Takes memory only as the bytes arrive.
template <typename T>
void read_npy_values(ByteSource& source, const NpyHeader& header, std::size_t count, std::vector<T>& values);

/// Throws unless all bytes were taken.
void expect_end(ByteSource& source);

}  // namespace plimsoll::io
