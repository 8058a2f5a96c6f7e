// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// What normal maps of aligned images have at each location: a mean and a spread, as views over memory that the caller
/// keeps alive, row by row. Standardised maps, (score - mean) / spread, have one scale everywhere, so that one cutoff
/// fits all of a map. Made by LocationModel; needs the standard library only.
class LocationScale {
 public:
  /// The mean is finite, and the spread finite and above 0. Throws DataError when there are not rows x columns of both.
  LocationScale(std::span<const double> mean, std::span<const double> spread, std::size_t rows, std::size_t columns)
      : mean_{mean}, spread_{spread}, rows_{rows}, columns_{columns} {
    const bool countable = columns == 0 || rows <= std::numeric_limits<std::size_t>::max() / columns;
    if (!countable || mean.size() != rows * columns || spread.size() != rows * columns) {
      detail::fail<DataError>([&] {
        return "location scale: " + std::to_string(mean.size()) + " means and " + std::to_string(spread.size()) +
               " spreads for " + std::to_string(rows) + " x " + std::to_string(columns) + " locations";
      });
    }
  }

  /// Of the maps that can be standardised.
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  /// Of the maps that can be standardised.
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  /// Locations in all, rows() * columns().
  [[nodiscard]] std::size_t size() const noexcept { return mean_.size(); }
  /// The mean at each location, row by row.
  [[nodiscard]] std::span<const double> mean() const noexcept { return mean_; }
  /// The spread at each location, row by row; above 0.
  [[nodiscard]] std::span<const double> spread() const noexcept { return spread_; }

  /// The type of standardised scores of T: double for double, else float.
  template <ScoreValue T>
  using Standardised = std::conditional_t<std::same_as<T, double>, double, float>;

  /// The standardised score at a location, computed in double. It does not fall as the score rises; NaN stays NaN.
  template <ScoreValue T>
  [[nodiscard]] Standardised<T> standardised(T score, std::size_t location) const noexcept {
    return static_cast<Standardised<T>>((static_cast<double>(score) - mean_[location]) / spread_[location]);
  }

  /// The standardised map. `pixels` are size() scores, row by row; `out` has as many places, and may be the same
  /// memory.
  template <ScoreValue T>
  void standardise(std::span<const T> pixels, std::span<Standardised<T>> out) const noexcept {
    for (std::size_t i = 0; i < mean_.size(); ++i) out[i] = standardised(pixels[i], i);
  }

  /// The same of a map, which may be padded; out of the map's type or wider. Throws DataError, naming both sizes, when
  /// the map or `out` is of another size.
  template <std::floating_point Out>
  void standardise(ScoreMap map, std::span<Out> out) const {
    const auto shape = [](std::size_t rows, std::size_t columns) {
      return std::to_string(rows) + " x " + std::to_string(columns);
    };
    if (map.rows() != rows_ || map.columns() != columns_) {
      detail::fail<DataError>([&] {
        return "location scale: a map of " + shape(map.rows(), map.columns()) + " at locations of " +
               shape(rows_, columns_);
      });
    }
    if (out.size() != size()) {
      detail::fail<DataError>([&] {
        return "location scale: " + std::to_string(out.size()) + " places for a map of " + shape(rows_, columns_);
      });
    }
    map.visit([&](const auto* data) {
      for (std::size_t row = 0; row < rows_; ++row) {
        for (std::size_t column = 0; column < columns_; ++column) {
          const std::size_t location = row * columns_ + column;
          out[location] = static_cast<Out>(standardised(data[row * map.row_stride() + column], location));
        }
      }
    });
  }

  /// Each location's own cutoff: the least T whose standardised score is anomalous by `level`, so that a score is
  /// anomalous by its location's cutoff just when its standardised score is by the level. That is mean + level spread
  /// but for rounding. `out` has size() places. Halves are decided by the cutoffs of floats.
  template <std::floating_point T>
  void cutoffs(Cutoff level, std::span<T> out) const noexcept {
    for (std::size_t i = 0; i < mean_.size(); ++i) out[i] = least_anomalous<T>(level, i);
  }

 private:
  /// By bisection over all numbers, in their order.
  template <std::floating_point T>
  [[nodiscard]] T least_anomalous(Cutoff level, std::size_t location) const noexcept {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
    const auto number = [](Bits place) {  // rises with the place
      return std::bit_cast<T>(static_cast<Bits>((place & sign) == 0 ? ~place : place ^ sign));
    };
    const auto place = [](T x) {
      const auto bits = std::bit_cast<Bits>(x);
      return static_cast<Bits>((bits & sign) == 0 ? bits ^ sign : ~bits);
    };
    constexpr T infinity = std::numeric_limits<T>::infinity();
    if (level(standardised(-infinity, location))) return -infinity;
    Bits normal = place(-infinity);
    Bits anomalous = place(infinity);
    while (anomalous - normal > 1) {
      const auto middle = static_cast<Bits>(normal + (anomalous - normal) / 2);
      (level(standardised(number(middle), location)) ? anomalous : normal) = middle;
    }
    return number(anomalous);
  }

  std::span<const double> mean_;
  std::span<const double> spread_;
  std::size_t rows_;
  std::size_t columns_;
};

}  // namespace plimsoll
