// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "plimsoll/core/error.hpp"
#include "plimsoll/decide/region.hpp"

namespace plimsoll {

namespace detail {

/// Set pixels side by side in a row.
struct Run {
  std::uint32_t row;
  std::uint32_t begin;  ///< columns begin ... end - 1
  std::uint32_t end;
  std::uint32_t parent;  ///< of a tree of touching runs: an earlier run, or itself; later the number of its region
  std::uint32_t area;    ///< of the root: the pixels of its tree
  bool hot;              ///< of the root: whether one of them is from the high level on
};

/// The memory that deciding a map takes, all of it.
struct MapMemory {
  std::size_t rows = 0;  ///< of the largest map
  std::size_t columns = 0;
  std::uint8_t* mask = nullptr;       ///< rows * columns
  Run* runs = nullptr;                ///< most_runs(rows, columns)
  Region* regions = nullptr;          ///< likewise
  double* scores = nullptr;           ///< rows * columns
  double* row = nullptr;              ///< columns
  float* float_row = nullptr;         ///< columns
  std::uint32_t* counters = nullptr;  ///< columns
};

/// How many runs there can be, and regions.
[[nodiscard]] constexpr std::size_t most_runs(std::size_t rows, std::size_t columns) noexcept {
  return rows * (columns / 2 + columns % 2);
}

}  // namespace detail

/// The memory that deciding maps takes, made once: nothing else is allocated. Holds the mask and the regions of the
/// last decision; one thread at a time uses it. `MapWorkspace<640, 640>` lies wherever it is put, without a heap.
///
/// About 45 bytes a pixel for the worst of masks, of which an ordinary one touches less than two.
template <std::size_t Rows = 0, std::size_t Columns = 0>
class MapWorkspace {
  static_assert(Rows > 0 && Columns > 0, "both sizes are at least 1");
  static_assert(Rows <= std::numeric_limits<std::uint32_t>::max() / Columns, "fewer than 2^32 pixels");

 public:
  MapWorkspace() noexcept = default;
  MapWorkspace(const MapWorkspace&) = delete;
  MapWorkspace& operator=(const MapWorkspace&) = delete;

  /// What Calibration::decide and mask_of work in. Valid while the workspace lives.
  [[nodiscard]] detail::MapMemory memory() noexcept {
    return {Rows, Columns, mask_, runs_, regions_, scores_, row_, float_row_, counters_};
  }

 private:
  std::uint8_t mask_[Rows * Columns];
  detail::Run runs_[detail::most_runs(Rows, Columns)];
  Region regions_[detail::most_runs(Rows, Columns)];
  double scores_[Rows * Columns];
  double row_[Columns];
  float float_row_[Columns];
  std::uint32_t counters_[Columns];
};

/// The same for sizes known at run time, on the heap: `MapWorkspace workspace(480, 640)`.
template <>
class MapWorkspace<0, 0> {
 public:
  /// For maps of up to so many rows and columns. Throws DataError for 2^32 pixels or more.
  MapWorkspace(std::size_t rows, std::size_t columns) {
    if (rows != 0 && columns > std::numeric_limits<std::uint32_t>::max() / rows) {
      detail::fail<DataError>([&] {
        return "MapWorkspace: " + std::to_string(rows) + " x " + std::to_string(columns) +
               " pixels are too many; there may be 2^32 - 1";
      });
    }
    const std::size_t runs = detail::most_runs(rows, columns);
    mask_ = std::make_unique_for_overwrite<std::uint8_t[]>(rows * columns);
    runs_ = std::make_unique_for_overwrite<detail::Run[]>(runs);
    regions_ = std::make_unique_for_overwrite<Region[]>(runs);
    scores_ = std::make_unique_for_overwrite<double[]>(rows * columns);
    row_ = std::make_unique_for_overwrite<double[]>(columns);
    float_row_ = std::make_unique_for_overwrite<float[]>(columns);
    counters_ = std::make_unique_for_overwrite<std::uint32_t[]>(columns);
    memory_ = {rows,          columns,    mask_.get(),      runs_.get(),    regions_.get(),
               scores_.get(), row_.get(), float_row_.get(), counters_.get()};
  }

  /// What Calibration::decide and mask_of work in. Valid while the workspace lives.
  [[nodiscard]] detail::MapMemory memory() noexcept { return memory_; }

 private:
  std::unique_ptr<std::uint8_t[]> mask_;
  std::unique_ptr<detail::Run[]> runs_;
  std::unique_ptr<Region[]> regions_;
  std::unique_ptr<double[]> scores_;
  std::unique_ptr<double[]> row_;
  std::unique_ptr<float[]> float_row_;
  std::unique_ptr<std::uint32_t[]> counters_;
  detail::MapMemory memory_;
};

MapWorkspace(std::size_t, std::size_t)->MapWorkspace<0, 0>;  ///< sizes given to the constructor are known at run time

}  // namespace plimsoll
