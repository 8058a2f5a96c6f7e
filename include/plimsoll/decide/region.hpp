// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// A connected part of a mask. Rows count from the top, columns from the left, both from 0.
struct Region {
  std::uint32_t area;          ///< pixels
  std::uint32_t row_begin;     ///< the bounding box: rows row_begin ... row_end - 1
  std::uint32_t row_end;       ///< one past its last row
  std::uint32_t column_begin;  ///< columns column_begin ... column_end - 1
  std::uint32_t column_end;    ///< one past its last column
  double peak;                 ///< the strangest score in it; NaN when one of its pixels is
  double centroid_row;         ///< the mean of its pixels' rows
  double centroid_column;      ///< the mean of its pixels' columns
};

}  // namespace plimsoll
