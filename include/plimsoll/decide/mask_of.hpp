// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_direction.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/score_type.hpp"
#include "plimsoll/decide/map_workspace.hpp"
#include "plimsoll/decide/mask_rule.hpp"

namespace plimsoll {

namespace detail {

/// Makes a mask by a MaskRule from the rows of a map, top to bottom, in the memory it is given. Connected pixels are
/// found by runs and union-find in two passes: over the rows as they come, and over the runs.
class MaskBuilder {
 public:
  /// For a map that fits into the memory.
  MaskBuilder(const MapMemory& memory, const MaskRule& rule, std::size_t rows, std::size_t columns) noexcept
      : memory_{memory},
        rule_{rule},
        rows_{static_cast<std::uint32_t>(rows)},
        columns_{static_cast<std::uint32_t>(columns)} {
    if (!(rule.low.value() <= rule.high.value())) rule_.low = rule.high;
  }

  /// Takes the next row.
  template <ScoreValue T>
  void take(std::span<const T> scores) noexcept {
    const T low = rule_.low.as<T>();
    const T high = rule_.high.as<T>();
    std::uint8_t* out = bytes(next_row_);
    const std::size_t columns = columns_;  // a copy, as a byte that is written might be one of the members
    for (std::size_t column = 0; column < columns; ++column) {
      out[column] = static_cast<std::uint8_t>(!(scores[column] < low));
    }
    const bool plain = !(low < high);
    add_row(out, 1, rule_.connectivity, [&](std::uint32_t begin, std::uint32_t end) {
      const auto run = scores.subspan(begin, end - begin);
      return plain || std::ranges::any_of(run, [high](T score) { return !(score < high); });
    });
  }

  /// Finishes the mask when all rows were taken, and gives its regions. `score(row, column)` is the map's, higher is
  /// stranger.
  template <typename Score>
  std::span<Region> finish(const Score& score) noexcept {
    if (rule_.erosion > 0 || rule_.dilation > 0 || rule_.fill_holes) {
      drop_cold();
      erode(rule_.erosion, 1);
      erode(rule_.dilation, 0);  // growing is shrinking what is not set
      if (rule_.fill_holes) fill_holes();
      add_rows(1, rule_.connectivity, [](std::uint32_t, std::uint32_t, std::uint32_t) { return true; });
    }
    return measure(score);
  }

 private:
  [[nodiscard]] std::uint8_t* bytes(std::uint32_t row) const noexcept {
    return memory_.mask + static_cast<std::size_t>(row) * columns_;
  }

  /// Calls `function(begin, end)` for each run of this value, 0 or 1.
  template <typename Function>
  void for_each_run(const std::uint8_t* row, std::uint8_t value, const Function& function) const noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101;
    const auto skip = [&](std::uint32_t from, std::uint8_t what) {
      const std::uint64_t eight = ones * what;
      std::uint64_t word = 0;
      for (; columns_ - from >= 8; from += 8) {
        std::memcpy(&word, row + from, 8);
        if (word != eight) break;
      }
      while (from < columns_ && row[from] == what) ++from;
      return from;
    };
    const auto other = static_cast<std::uint8_t>(1 - value);
    for (std::uint32_t begin = skip(0, other); begin < columns_;) {
      const std::uint32_t end = skip(begin, value);
      function(begin, end);
      begin = skip(end, other);
    }
  }

  [[nodiscard]] std::uint32_t root_of(std::uint32_t run) noexcept {
    Run* runs = memory_.runs;
    while (runs[run].parent != run) {
      runs[run].parent = runs[runs[run].parent].parent;
      run = runs[run].parent;
    }
    return run;
  }

  void unite(std::uint32_t one, std::uint32_t two) noexcept {
    const std::uint32_t a = root_of(one);
    const std::uint32_t b = root_of(two);
    if (a == b) return;
    Run& first = memory_.runs[std::min(a, b)];
    Run& second = memory_.runs[std::max(a, b)];
    second.parent = first.parent;
    first.area += second.area;
    first.hot = first.hot || second.hot;
  }

  /// Adds the runs of the next row to the forest. `hot(begin, end)` says whether a run is.
  template <typename Hot>
  void add_row(const std::uint8_t* row, std::uint8_t value, Connectivity connectivity, const Hot& hot) noexcept {
    const std::uint32_t reach = connectivity == Connectivity::eight ? 1 : 0;
    const std::uint32_t row_begin = count_;
    Run* runs = memory_.runs;
    for_each_run(row, value, [&](std::uint32_t begin, std::uint32_t end) {
      const std::uint32_t run = count_++;
      runs[run] = {next_row_, begin, end, run, end - begin, hot(begin, end)};
      while (above_ < row_begin && runs[above_].end + reach <= begin) ++above_;
      for (std::uint32_t above = above_; above < row_begin && runs[above].begin < end + reach; ++above) {
        unite(above, run);
      }
    });
    above_ = row_begin;
    ++next_row_;
  }

  /// Makes the forest anew, of the mask as it is. `hot(row, begin, end)`.
  template <typename Hot>
  void add_rows(std::uint8_t value, Connectivity connectivity, const Hot& hot) noexcept {
    count_ = above_ = next_row_ = 0;
    while (next_row_ < rows_) {
      const std::uint32_t row = next_row_;
      add_row(bytes(row), value, connectivity,
              [&](std::uint32_t begin, std::uint32_t end) { return hot(row, begin, end); });
    }
  }

  /// Calls `function(run, root)` for each run, the roots before the others of their trees.
  template <typename Function>
  void for_each_with_root(const Function& function) noexcept {
    Run* runs = memory_.runs;
    for (std::uint32_t i = 0; i < count_; ++i) {
      runs[i].parent = runs[runs[i].parent].parent;  // a parent is earlier, so it has its root already
      function(runs[i], runs[runs[i].parent]);
    }
  }

  void set(const Run& run, std::uint8_t value) noexcept {
    std::memset(bytes(run.row) + run.begin, value, run.end - run.begin);
  }

  void drop_cold() noexcept {
    for_each_with_root([&](const Run& run, const Run& root) {
      if (!root.hot) set(run, 0);
    });
  }

  void fill_holes() noexcept {
    const Connectivity other = rule_.connectivity == Connectivity::eight ? Connectivity::four : Connectivity::eight;
    add_rows(0, other, [&](std::uint32_t row, std::uint32_t begin, std::uint32_t end) {  // hot: touches the border
      return row == 0 || row + 1 == rows_ || begin == 0 || end == columns_;
    });
    for_each_with_root([&](const Run& run, const Run& root) {
      if (!root.hot) set(run, 1);
    });
  }

  /// Shrinks what has this value by so many pixels on all sides; outside counts as of this value.
  void erode(std::uint32_t pixels, std::uint8_t value) noexcept {
    if (pixels == 0) return;
    const auto other = static_cast<std::uint8_t>(1 - value);
    for (std::uint32_t row = 0; row < rows_; ++row) {
      std::uint8_t* line = bytes(row);
      for_each_run(line, value, [&](std::uint32_t begin, std::uint32_t end) {
        const std::uint32_t from = begin == 0 ? 0 : begin + std::min(pixels, end - begin);
        const std::uint32_t to = end == columns_ ? end : end - std::min(pixels, end - begin);
        if (from >= to) {
          std::memset(line + begin, other, end - begin);
        } else {
          std::memset(line + begin, other, from - begin);
          std::memset(line + to, other, end - to);
        }
      });
    }
    // Down the rows and up again: each column counts how long its value has lasted.
    const auto pass = [&](bool down) {
      std::uint32_t* lasted = memory_.counters;
      std::fill_n(lasted, columns_, pixels);
      for (std::uint32_t i = 0; i < rows_; ++i) {
        std::uint8_t* line = bytes(down ? i : rows_ - 1 - i);
        for (std::uint32_t column = 0; column < columns_; ++column) {
          const bool same = line[column] == value;
          const std::uint32_t before = lasted[column];
          line[column] = same && before >= pixels ? value : other;
          lasted[column] = same ? before + (before < pixels ? 1U : 0U) : 0U;
        }
      }
    };
    pass(true);
    pass(false);
  }

  /// Drops what is not hot or too small, and measures the rest.
  template <typename Score>
  std::span<Region> measure(const Score& score) noexcept {
    Region* regions = memory_.regions;
    std::uint32_t found = 0;
    for_each_with_root([&](Run& run, Run& root) {
      if (&run == &root) {
        root.hot = root.hot && root.area >= rule_.minimum_area;
        if (root.hot) {
          regions[found] = {
              root.area, root.row, root.row, root.begin, root.end, -std::numeric_limits<double>::infinity(), 0, 0};
          root.area = found++;
        }
      }
      if (!root.hot) {
        set(run, 0);
        return;
      }
      Region& region = regions[root.area];
      region.row_end = run.row + 1;
      region.column_begin = std::min(region.column_begin, run.begin);
      region.column_end = std::max(region.column_end, run.end);
      const double length = run.end - run.begin;
      region.centroid_row += length * run.row;
      region.centroid_column += length * (static_cast<double>(run.begin) + run.end - 1) / 2;
      for (std::uint32_t column = run.begin; column < run.end; ++column) {
        const double pixel = score(run.row, column);
        if (pixel > region.peak || pixel != pixel) region.peak = pixel;
        if (region.peak != region.peak) break;
      }
    });
    for (std::uint32_t i = 0; i < found; ++i) {
      regions[i].centroid_row /= regions[i].area;
      regions[i].centroid_column /= regions[i].area;
    }
    return {regions, found};
  }

  MapMemory memory_;
  MaskRule rule_;
  std::uint32_t rows_;
  std::uint32_t columns_;
  std::uint32_t next_row_ = 0;
  std::uint32_t count_ = 0;  ///< runs so far
  std::uint32_t above_ = 0;  ///< the first run of the row before that may touch the next one
};

/// Calls `take` with the scores of a row so that higher is stranger, halves as floats: with those in memory, or with a
/// copy in the workspace.
template <ScoreValue T, typename Take>
void take_directed(std::span<const T> scores, ScoreDirection direction, const MapMemory& memory,
                   const Take& take) noexcept {
  using Wide = decltype(widened(T{}));
  Wide* copy = nullptr;
  if constexpr (std::same_as<Wide, float>) {
    copy = memory.float_row;
  } else {
    copy = memory.row;
  }
  const bool higher = direction == ScoreDirection::higher_is_anomalous;
  if constexpr (std::same_as<Wide, T>) {
    if (higher) return take(scores);
    for (std::size_t i = 0; i < scores.size(); ++i) copy[i] = -scores[i];
  } else if (higher) {
    for (std::size_t i = 0; i < scores.size(); ++i) copy[i] = widened(scores[i]);
  } else {
    for (std::size_t i = 0; i < scores.size(); ++i) copy[i] = -widened(scores[i]);
  }
  take(std::span<const Wide>(copy, scores.size()));
}

}  // namespace detail

/// A decided map. Both are views of the workspace, until it is used again.
struct MapMask {
  Mask mask;                        ///< one byte a pixel, 1 where the map is anomalous
  std::span<const Region> regions;  ///< its connected parts, in the order of their first pixels, row by row
};

/// The mask of a map of normal and anomalous pixels, and its regions. Allocates nothing. A map larger than the
/// workspace in either direction is a broken precondition, for which the mask is empty, of no rows and no columns.
///
/// One pass over the map, and one over the runs of pixels from the low level on; erosion, dilation and holes take
/// passes over the mask of their own.
template <std::size_t Rows, std::size_t Columns>
MapMask mask_of(ScoreMap map, const MaskRule& rule, MapWorkspace<Rows, Columns>& workspace) noexcept {
  const detail::MapMemory memory = workspace.memory();
  if (map.rows() > memory.rows || map.columns() > memory.columns) return {};
  detail::MaskBuilder builder(memory, rule, map.rows(), map.columns());
  return map.visit([&]<typename T>(const T* data) {
    for (std::size_t row = 0; row < map.rows(); ++row) {
      const std::span<const T> scores(data + row * map.row_stride(), map.columns());
      detail::take_directed(scores, ScoreDirection::higher_is_anomalous, memory,
                            [&](auto pixels) { builder.take(pixels); });
    }
    const auto regions = builder.finish([&](std::size_t row, std::size_t column) {
      return static_cast<double>(detail::widened(data[row * map.row_stride() + column]));
    });
    return MapMask{Mask(memory.mask, map.rows(), map.columns()), regions};
  });
}

}  // namespace plimsoll
