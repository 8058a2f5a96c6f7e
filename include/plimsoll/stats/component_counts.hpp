// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plimsoll/core/config.hpp"
#include "plimsoll/core/connectivity.hpp"

namespace plimsoll::stats {

/// How many connected components a grey image has above every level, from one pass and a union-find, instead of a
/// labelling a level. Keeps its memory from one image to the next: 6 bytes a pixel, and 12 a saddle.
///
/// Pixels are put in order, high ones first and equal ones row by row. A pixel whose earlier neighbours fall into no
/// group, seen within its 3 x 3 surroundings, begins a component; one whose earlier neighbours are a single group
/// continues theirs; and only where there are several can components meet. Components begun less components joined,
/// above a level, is their number. (The joins are those of the image's component tree: Najman and Couprie 2006,
/// Building the Component Tree in Quasi-Linear Time, IEEE Transactions on Image Processing 15.)
class ComponentCounter {
 public:
  /// A number for each of the levels 0 to 255.
  using Counts = std::array<std::size_t, 256>;

  /// Counts components by this connectivity.
  explicit ComponentCounter(Connectivity connectivity = Connectivity::eight) : groups_{group_table(connectivity)} {}

  /// counts[t] is the number of components of the pixels whose level is above t; 0 for t = 255. `levels` are
  /// rows x columns pixels, row by row; fewer than 2^32 - 2 (rows + columns + 2) of them. Quasi-linear.
  [[nodiscard]] Counts count(std::span<const std::uint8_t> levels, std::size_t rows, std::size_t columns) {
    const std::size_t width = columns + 2;  // a frame of level 0, which joins nothing
    padded_.assign((rows + 2) * width, 0);
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(levels.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                  padded_.begin() + static_cast<std::ptrdiff_t>((row + 1) * width + 1));
    }
    parent_.resize(padded_.size());
    earlier_.resize(columns);
    saddles_.clear();
    // The neighbours, clockwise from the upper left.
    const auto down = static_cast<std::ptrdiff_t>(width);
    const std::array<std::ptrdiff_t, 8> offsets{-down - 1, -down, -down + 1, 1, down + 1, down, down - 1, -1};
    // By set of earlier neighbours: where a pixel's parent is (itself where it begins a component), and whether it may
    // change the number of components.
    std::array<std::uint32_t, 256> link{};
    std::array<bool, 256> counts_here{};
    for (std::size_t set = 0; set < groups_.size(); ++set) {
      if (groups_[set].count > 0) link[set] = neighbour(0, offsets[groups_[set].members[0]]);  // modulo 2^32
      counts_here[set] = groups_[set].count != 1;
    }
    std::array<std::size_t, 256> begun{};
    std::array<std::size_t, 256> saddles_at{};
    for (std::size_t row = 1; row <= rows; ++row) {
      const std::size_t first = row * width + 1;
      find_earlier(first, columns, width);
      for (std::size_t column = 0; column < columns; ++column) {
        const auto pixel = static_cast<std::uint32_t>(first + column);
        const std::uint8_t earlier = earlier_[column];
        parent_[pixel] = pixel + link[earlier];
        if (!counts_here[earlier]) continue;
        const std::uint8_t level = padded_[pixel];
        if (level == 0) continue;  // below every level, and where the frame seems to come earlier
        if (groups_[earlier].count == 0) {
          ++begun[level];
        } else {
          ++saddles_at[level];
          saddles_.push_back({pixel, earlier, level});
        }
      }
    }
    sort_saddles(saddles_at);
    std::array<std::size_t, 256> joined{};
    for (const Saddle& saddle : sorted_) {
      const Groups& groups = groups_[saddle.earlier];
      std::uint32_t root = root_of(neighbour(saddle.pixel, offsets[groups.members[0]]));
      for (std::size_t i = 1; i < groups.count; ++i) {
        const std::uint32_t other = root_of(neighbour(saddle.pixel, offsets[groups.members[i]]));
        if (other == root) continue;
        parent_[other] = root;
        ++joined[saddle.level];
      }
    }
    Counts counts{};
    for (std::size_t level = 255; level-- > 0;) {
      counts[level] = counts[level + 1] + begun[level + 1] - joined[level + 1];
    }
    return counts;
  }

 private:
  /// The groups of a set of neighbours that are connected among themselves and touch the pixel: one member of each.
  struct Groups {
    std::uint8_t count = 0;
    std::array<std::uint8_t, 4> members{};
  };
  struct Saddle {
    std::uint32_t pixel;
    std::uint8_t earlier;
    std::uint8_t level;
  };

  /// Of every set of the 8 neighbours, bit i the i-th clockwise from the upper left: even ones are corners.
  static std::array<Groups, 256> group_table(Connectivity connectivity) {
    const bool eight = connectivity == Connectivity::eight;
    std::array<Groups, 256> table{};
    for (std::size_t set = 0; set < table.size(); ++set) {
      const auto holds = [set](std::size_t i) { return ((set >> (i % 8)) & 1U) != 0; };
      std::array<std::size_t, 8> group{0, 1, 2, 3, 4, 5, 6, 7};
      const auto join = [&](std::size_t i, std::size_t j) {
        if (!holds(i) || !holds(j)) return;
        const std::size_t from = group[j % 8];
        std::ranges::replace(group, from, group[i % 8]);
      };
      for (std::size_t i = 0; i < 8; ++i) {
        join(i, i + 1);                           // they share a side
        if (eight && i % 2 == 1) join(i, i + 2);  // two sides' neighbours share a corner
      }
      std::array<bool, 8> seen{};
      for (std::size_t i = 0; i < 8; ++i) {
        const bool touches = eight || i % 2 == 1;
        if (!touches || !holds(i) || seen[group[i]]) continue;
        seen[group[i]] = true;
        table[set].members[table[set].count++] = static_cast<std::uint8_t>(i);
      }
    }
    return table;
  }

  static std::uint32_t neighbour(std::size_t pixel, std::ptrdiff_t offset) noexcept {
    return static_cast<std::uint32_t>(static_cast<std::ptrdiff_t>(pixel) + offset);
  }

  /// Which neighbours of each pixel of a row come before it. Free of branches, for vector code.
  void find_earlier(std::size_t first, std::size_t columns, std::size_t width) noexcept {
    const std::uint8_t* const here = padded_.data() + first;
    const std::uint8_t* const above = here - width;
    const std::uint8_t* const below = here + width;
    std::uint8_t* const earlier = earlier_.data();
    for (std::size_t i = 0; i < columns; ++i) {
      const std::uint8_t level = here[i];
      unsigned set = 0;
      set |= above[i - 1] >= level ? 1U : 0U;
      set |= above[i] >= level ? 2U : 0U;
      set |= above[i + 1] >= level ? 4U : 0U;
      set |= here[i + 1] > level ? 8U : 0U;
      set |= below[i + 1] > level ? 16U : 0U;
      set |= below[i] > level ? 32U : 0U;
      set |= below[i - 1] > level ? 64U : 0U;
      set |= here[i - 1] >= level ? 128U : 0U;
      earlier[i] = static_cast<std::uint8_t>(set);
    }
  }

  /// From the highest level down, and row by row within one.
  void sort_saddles(const std::array<std::size_t, 256>& saddles_at) {
    sorted_.resize(saddles_.size());
    std::array<std::size_t, 256> next{};
    for (std::size_t level = 255; level-- > 0;) next[level] = next[level + 1] + saddles_at[level + 1];
    for (const Saddle& saddle : saddles_) sorted_[next[saddle.level]++] = saddle;
  }

  std::uint32_t root_of(std::uint32_t pixel) noexcept {
    while (parent_[pixel] != pixel) pixel = parent_[pixel] = parent_[parent_[pixel]];
    return pixel;
  }

  std::array<Groups, 256> groups_;
  std::vector<std::uint8_t> padded_;
  std::vector<std::uint8_t> earlier_;
  std::vector<std::uint32_t> parent_;  ///< an earlier pixel of the same component; itself where one begins
  std::vector<Saddle> saddles_;
  std::vector<Saddle> sorted_;
};

/// counts[t], t = 0 ... 255: the number of components of the pixels whose level is above t, by a ComponentCounter.
[[nodiscard]] inline ComponentCounter::Counts component_counts(std::span<const std::uint8_t> levels, std::size_t rows,
                                                               std::size_t columns,
                                                               Connectivity connectivity = Connectivity::eight) {
  return ComponentCounter(connectivity).count(levels, rows, columns);
}

}  // namespace plimsoll::stats
