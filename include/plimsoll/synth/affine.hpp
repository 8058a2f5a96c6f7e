// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/planes.hpp"

namespace plimsoll::synth {

/// Where the pixels of a warped grid come from: row r, column c is taken from
///   row    row[0] r + row[1] c + row[2],
///   column column[0] r + column[1] c + column[2]
/// of the grid that is warped, counted in pixels between the centres of pixels. Finite, the factors within +-1000.
struct Affine {
  std::array<double, 3> row{1, 0, 0};     ///< factors of r and c, and what is added, for the row
  std::array<double, 3> column{0, 1, 0};  ///< the same for the column

  /// The one with these factors that leaves the centre of the grid, ((rows - 1) / 2, (columns - 1) / 2), in its place.
  [[nodiscard]] static Affine about_centre(const Field& grid, std::array<double, 2> row,
                                           std::array<double, 2> column) noexcept {
    const double y = (static_cast<double>(grid.rows()) - 1) / 2;
    const double x = (static_cast<double>(grid.columns()) - 1) / 2;
    return {{row[0], row[1], y - row[0] * y - row[1] * x}, {column[0], column[1], x - column[0] * y - column[1] * x}};
  }
};

namespace detail {

/// A coordinate in pixels as a whole number of 2^-32: sums of it along a row are exact.
[[nodiscard]] inline std::int64_t to_fixed(double pixels) noexcept {
  return static_cast<std::int64_t>(std::floor(pixels * 0x1p32 + 0.5));
}

/// What is left of a coordinate above its whole pixels, in [0, 1), cut to 24 bits.
[[nodiscard]] inline float fraction_of(std::uint64_t fixed) noexcept {
  return static_cast<float>(static_cast<std::int32_t>((fixed & 0xFFFFFFFF) >> 8)) * 0x1p-24F;
}

/// The columns c of [begin, end) that have low <= start + c step < high; begin == end when there are none.
struct ColumnRange {
  std::int64_t begin;
  std::int64_t end;

  void keep(std::int64_t start, std::int64_t step, std::int64_t low, std::int64_t high) noexcept {
    const auto divided_up = [](std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); };  // b > 0
    std::int64_t first = begin;
    std::int64_t last = end;
    if (step > 0) {
      first = divided_up(low - start, step);
      last = divided_up(high - start, step);
    } else if (step < 0) {
      first = divided_up(start - high + 1, -step);
      last = divided_up(start - low + 1, -step);
    } else if (start < low || start >= high) {
      last = begin;
    }
    end = std::clamp(last, begin, end);
    begin = std::clamp(first, begin, end);
  }
};

/// The grid's value between four pixels, those outside being 0.
[[nodiscard]] inline float sample_with_border(const Field& grid, std::int64_t row, std::int64_t column) noexcept {
  const auto at = [&grid](std::int64_t y, std::int64_t x) {
    const bool inside =
        y >= 0 && x >= 0 && y < static_cast<std::int64_t>(grid.rows()) && x < static_cast<std::int64_t>(grid.columns());
    return inside ? grid.at(static_cast<std::size_t>(y), static_cast<std::size_t>(x)) : 0.0F;
  };
  const std::int64_t y = row >> 32;
  const std::int64_t x = column >> 32;
  const float down = fraction_of(static_cast<std::uint64_t>(row));
  const float right = fraction_of(static_cast<std::uint64_t>(column));
  const float upper = at(y, x) + right * (at(y, x + 1) - at(y, x));
  const float lower = at(y + 1, x) + right * (at(y + 1, x + 1) - at(y + 1, x));
  return upper + down * (lower - upper);
}

}  // namespace detail

namespace detail {
/// Warps N grids of one size at once, into as many of that size that are 0.
template <std::size_t N>
void warp(const std::array<const Field*, N>& grids, const std::array<Field*, N>& results, const Affine& affine) {
  constexpr std::int64_t one = std::int64_t{1} << 32;
  const std::size_t stride = grids[0]->columns();
  const auto rows = static_cast<std::int64_t>(grids[0]->rows());
  const auto columns = static_cast<std::int64_t>(stride);
  const std::int64_t row_step = to_fixed(affine.row[1]);
  const std::int64_t column_step = to_fixed(affine.column[1]);
  std::array<const float*, N> from;
  std::array<float*, N> out;
  for (std::size_t n = 0; n < N; ++n) from[n] = grids[n]->values().data();
  for (std::size_t row = 0; row < grids[0]->rows(); ++row) {
    const std::int64_t y0 = to_fixed(affine.row[0] * static_cast<double>(row) + affine.row[2]);
    const std::int64_t x0 = to_fixed(affine.column[0] * static_cast<double>(row) + affine.column[2]);
    ColumnRange touched{0, columns};
    touched.keep(y0, row_step, 1 - one, rows * one);
    touched.keep(x0, column_step, 1 - one, columns * one);
    ColumnRange inside = touched;
    inside.keep(y0, row_step, 0, (rows - 1) * one);
    inside.keep(x0, column_step, 0, (columns - 1) * one);
    for (std::size_t n = 0; n < N; ++n) out[n] = results[n]->row(row).data();
    const auto border = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t c = begin; c < end; ++c) {
        for (std::size_t n = 0; n < N; ++n) {
          out[n][c] = sample_with_border(*grids[n], y0 + c * row_step, x0 + c * column_step);
        }
      }
    };
    border(touched.begin, inside.begin);
    auto y = static_cast<std::uint64_t>(y0 + inside.begin * row_step);
    auto x = static_cast<std::uint64_t>(x0 + inside.begin * column_step);
    for (std::int64_t c = inside.begin; c < inside.end; ++c) {
      const std::size_t place = (y >> 32) * stride + (x >> 32);
      const float down = fraction_of(y);
      const float right = fraction_of(x);
      for (std::size_t n = 0; n < N; ++n) {
        const float* corner = from[n] + place;
        const float upper = corner[0] + right * (corner[1] - corner[0]);
        const float lower = corner[stride] + right * (corner[stride + 1] - corner[stride]);
        out[n][c] = upper + down * (lower - upper);
      }
      y += static_cast<std::uint64_t>(row_step);
      x += static_cast<std::uint64_t>(column_step);
    }
    border(inside.end, touched.end);
  }
}
}  // namespace detail

/// The grid as seen through `affine`, in its own size, bilinear between pixels and 0 outside (a pixel half outside is
/// darkened by its share). O(pixels).
[[nodiscard]] inline Field warped(const Field& grid, const Affine& affine) {
  Field result(grid.rows(), grid.columns());
  detail::warp<1>({&grid}, {&result}, affine);
  return result;
}

/// Each plane so.
[[nodiscard]] inline Planes warped(const Planes& planes, const Affine& affine) {
  detail::check_planes(planes, "warped");
  Planes result(planes.size(), Field(planes[0].rows(), planes[0].columns()));
  if (planes.size() == 3) {
    detail::warp<3>({&planes[0], &planes[1], &planes[2]}, {&result[0], &result[1], &result[2]}, affine);
  } else {
    for (std::size_t i = 0; i < planes.size(); ++i) detail::warp<1>({&planes[i]}, {&result[i]}, affine);
  }
  return result;
}

}  // namespace plimsoll::synth
