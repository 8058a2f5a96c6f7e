// SPDX-License-Identifier: Apache-2.0
// Decisions: the label of every score is !(score < cutoff), in whatever type and layout it comes, and masks are what
// their rules say, found pixel by pixel.
#include "plimsoll/decide/decide.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "input.hpp"
#include "plimsoll/core/config.hpp"
#include "plimsoll/decide/mask_of.hpp"

namespace {

using namespace plimsoll;
using fuzz::Input;
using fuzz::require;

struct Grid {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<int> pixels;

  [[nodiscard]] bool inside(std::ptrdiff_t row, std::ptrdiff_t column) const {
    return row >= 0 && column >= 0 && row < static_cast<std::ptrdiff_t>(rows) &&
           column < static_cast<std::ptrdiff_t>(columns);
  }
  [[nodiscard]] int& at(std::ptrdiff_t row, std::ptrdiff_t column) {
    return pixels[static_cast<std::size_t>(row) * columns + static_cast<std::size_t>(column)];
  }
};

/// The connected pixels of this value, each part as the places of its pixels.
std::vector<std::vector<std::size_t>> parts(Grid grid, int value, bool eight) {
  std::vector<std::vector<std::size_t>> found;
  for (std::size_t start = 0; start < grid.pixels.size(); ++start) {
    if (grid.pixels[start] != value) continue;
    std::vector<std::size_t> part{start};
    grid.pixels[start] = -1;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto row = static_cast<std::ptrdiff_t>(part[i] / grid.columns);
      const auto column = static_cast<std::ptrdiff_t>(part[i] % grid.columns);
      for (std::ptrdiff_t dr = -1; dr <= 1; ++dr) {
        for (std::ptrdiff_t dc = -1; dc <= 1; ++dc) {
          if ((!eight && dr != 0 && dc != 0) || !grid.inside(row + dr, column + dc)) continue;
          if (grid.at(row + dr, column + dc) != value) continue;
          grid.at(row + dr, column + dc) = -1;
          part.push_back(static_cast<std::size_t>(row + dr) * grid.columns + static_cast<std::size_t>(column + dc));
        }
      }
    }
    found.push_back(std::move(part));
  }
  return found;
}

/// Each pixel of this value that has another one in its square becomes that; outside counts as of this value.
Grid eroded(Grid grid, std::uint32_t by, int value) {
  Grid result = grid;
  const auto reach = static_cast<std::ptrdiff_t>(by);
  for (std::ptrdiff_t row = 0; row < static_cast<std::ptrdiff_t>(grid.rows); ++row) {
    for (std::ptrdiff_t column = 0; column < static_cast<std::ptrdiff_t>(grid.columns); ++column) {
      for (std::ptrdiff_t dr = -reach; dr <= reach; ++dr) {
        for (std::ptrdiff_t dc = -reach; dc <= reach; ++dc) {
          if (grid.inside(row + dr, column + dc) && grid.at(row + dr, column + dc) != value) {
            result.at(row, column) = 1 - value;
          }
        }
      }
    }
  }
  return result;
}

/// The mask of the map by the rule, step by step.
Grid mask_by_rule(const std::vector<double>& scores, std::size_t rows, std::size_t columns, const MaskRule& rule) {
  const bool eight = rule.connectivity == Connectivity::eight;
  const double high = rule.high.value();
  const double low = rule.low.value() <= high ? rule.low.value() : high;
  Grid grid{rows, columns, {}};
  for (const double score : scores) grid.pixels.push_back(!(score < low) ? 1 : 0);
  for (const auto& part : parts(grid, 1, eight)) {
    bool hot = false;
    for (const std::size_t place : part) hot = hot || !(scores[place] < high);
    for (const std::size_t place : part) grid.pixels[place] = hot ? 1 : 0;
  }
  grid = eroded(eroded(grid, rule.erosion, 1), rule.dilation, 0);
  if (rule.fill_holes) {
    for (const auto& part : parts(grid, 0, !eight)) {
      bool border = false;
      for (const std::size_t place : part) {
        const std::size_t row = place / columns;
        const std::size_t column = place % columns;
        border = border || row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
      }
      for (const std::size_t place : part) grid.pixels[place] = border ? 0 : 1;
    }
  }
  for (const auto& part : parts(grid, 1, eight)) {
    if (part.size() >= rule.minimum_area) continue;
    for (const std::size_t place : part) grid.pixels[place] = 0;
  }
  return grid;
}

/// Checks one type of scores. `memory` has rows of `stride` scores, of which `columns` are the map's.
template <typename T>
void check(const std::vector<T>& memory, Cutoff cutoff, const MaskRule& rule, std::size_t rows, std::size_t columns,
           std::size_t stride) {
  std::vector<Label> labels(memory.size(), Label::normal);
  decide(cutoff, memory, labels);
  const T least = cutoff.as<T>();
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const auto score = static_cast<double>(memory[i]);
    const bool anomalous = !(score < cutoff.value());
    require((labels[i] == Label::anomalous) == anomalous, "decide labels by !(score < cutoff)");
    require(cutoff(memory[i]) == anomalous, "a cutoff decides by !(score < cutoff)");
    require(cutoff.label(memory[i]) == labels[i], "a cutoff's label is its decision");
    require(!(memory[i] < least) == anomalous, "a cutoff in the scores' type decides alike");
    if (std::isfinite(score)) {
      const double next = next_above(score, score_type_of<T>);
      require(next > score, "the next number above is above");
      require(!Cutoff(next)(memory[i]), "a cutoff just above a score lets it pass");
    }
  }

  static MapWorkspace<> workspace(12, 12);
  std::vector<double> pixels;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      pixels.push_back(static_cast<double>(memory[row * stride + column]));
    }
  }
  const MapMask made = mask_of(ScoreMap(memory.data(), rows, columns, stride), rule, workspace);
  const Grid expected = mask_by_rule(pixels, rows, columns, rule);
  require(made.mask.rows() == rows && made.mask.columns() == columns, "a mask is as large as its map");
  std::size_t set = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      require(made.mask.row(row)[column] == expected.pixels[row * columns + column], "a mask is what its rule says");
      set += made.mask.row(row)[column];
    }
  }
  std::size_t area = 0;
  for (const Region& region : made.regions) area += region.area;
  require(area == set, "the regions are the pixels that are set");
  require(made.regions.size() == parts(expected, 1, rule.connectivity == Connectivity::eight).size(),
          "there are as many regions as connected parts");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Cutoff cutoff(input.flag() ? input.number() : static_cast<double>(input.narrow()));
  MaskRule rule;
  rule.high = cutoff;
  rule.low = input.flag() ? Cutoff(input.number()) : cutoff;
  const std::uint8_t kind = input.byte();
  rule.connectivity = kind % 2 == 0 ? Connectivity::eight : Connectivity::four;
  rule.fill_holes = kind / 2 % 2 == 1;
  rule.erosion = kind / 4 % 4;
  rule.dilation = kind / 16 % 4;
  rule.minimum_area = 1 + kind / 64 * 2U;
  const std::size_t rows = input.below(13);
  const std::size_t columns = input.below(13);
  const std::size_t stride = columns + input.below(4);
  std::vector<float> floats;
  std::vector<double> doubles;
  for (std::size_t i = 0; i < rows * stride; ++i) {
    floats.push_back(input.narrow());
    doubles.push_back(static_cast<double>(floats.back()));
    // The neighbours of the cutoff, at which rounding would tell.
    if (i % 7 == 3) doubles.back() = std::nextafter(cutoff.value(), i % 2 == 0 ? -1e308 : 1e308);
  }
  check(floats, cutoff, rule, rows, columns, stride);
  check(doubles, cutoff, rule, rows, columns, stride);
#if PLIMSOLL_HAS_HALF
  std::vector<Half> halves;
  for (const float score : floats) halves.push_back(static_cast<Half>(score));
  check(halves, cutoff, rule, rows, columns, stride);
#endif
  return 0;
}
