// SPDX-License-Identifier: Apache-2.0
#include "thumbnails.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "maps.hpp"
#include "options.hpp"
#include "svg.hpp"

namespace plimsoll::cli {
namespace {

constexpr std::size_t most_cells = 48;
constexpr std::size_t shades = 8;

struct Cells {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> strangeness;
  std::vector<std::uint8_t> mask;
};

struct Shown {
  double strangeness = 0;  ///< of the image
  std::string name;
  std::string caption;
  Cells cells;
};

/// How many pixels a cell has a side.
std::size_t cell_side(std::size_t rows, std::size_t columns) {
  const std::size_t longest = std::max(rows, columns);
  return (longest + most_cells - 1) / most_cells;
}

Cells cells_of(const io::ScoreBlock& block, const Mask& mask, ScoreDirection direction) {
  const std::size_t side = cell_side(block.rows, block.columns);
  Cells cells{(block.rows + side - 1) / side, (block.columns + side - 1) / side, {}, {}};
  cells.strangeness.assign(cells.rows * cells.columns, -std::numeric_limits<double>::infinity());
  cells.mask.assign(cells.rows * cells.columns, 0);
  const double sign = direction == ScoreDirection::lower_is_anomalous ? -1 : 1;
  std::visit(
      [&](const auto& pixels) {
        for (std::size_t row = 0; row < block.rows; ++row) {
          for (std::size_t column = 0; column < block.columns; ++column) {
            const double pixel = sign * static_cast<double>(pixels[row * block.columns + column]);
            double& cell = cells.strangeness[row / side * cells.columns + column / side];
            cell = std::isnan(pixel) ? std::numeric_limits<double>::infinity() : std::max(cell, pixel);
          }
        }
      },
      block.values);
  for (std::size_t row = 0; row < mask.rows(); ++row) {
    const auto bytes = mask.row(row);
    for (std::size_t column = 0; column < bytes.size(); ++column) {
      if (bytes[column] != 0) cells.mask[row / side * cells.columns + column / side] = 1;
    }
  }
  return cells;
}

std::string describe(const Decision& decision) {
  const char* verdict = decision.verdict == Verdict::normal   ? "normal"
                        : decision.verdict == Verdict::review ? "for review"
                                                              : "anomalous";
  std::size_t area = 0;
  for (const Region& region : decision.regions) area += region.area;
  const std::string regions = decision.regions.empty()
                                  ? std::string("no region")
                                  : fmt::format("{} region{} of {} pixel{}", decision.regions.size(),
                                                decision.regions.size() == 1 ? "" : "s", area, area == 1 ? "" : "s");
  return fmt::format("{}, score {}, {}", verdict, std::isnan(decision.score) ? "NaN" : six_digits(decision.score),
                     regions);
}

/// The cells of a row that `chosen` picks, as rectangles of a path, runs joined.
template <typename Chosen>
std::string path_of(const Cells& cells, std::size_t left, const Chosen& chosen) {
  std::string path;
  for (std::size_t row = 0; row < cells.rows; ++row) {
    for (std::size_t column = 0; column < cells.columns;) {
      std::size_t end = column;
      while (end < cells.columns && chosen(row * cells.columns + end)) ++end;
      if (end > column) path += fmt::format("M{} {}h{}v1h-{}z", left + column, row, end - column, end - column);
      column = std::max(end, column + 1);
    }
  }
  return path;
}

std::string element_of(const Shown& shown, double least, double most) {
  const Cells& cells = shown.cells;
  const std::size_t gap = 2;
  const std::size_t width = 2 * cells.columns + gap;
  std::string svg = fmt::format(
      "<svg class=\"map\" viewBox=\"0 0 {} {}\" role=\"img\" shape-rendering=\"crispEdges\">\n"
      "<title>{}</title>\n<desc>Left the score map, the stranger the stronger; right its mask. {}.</desc>\n",
      width, cells.rows, io::svg::escaped(shown.name), io::svg::escaped(shown.caption));
  const auto shade_of = [&](double strangeness) {
    if (!(most > least)) return strangeness > most ? shades - 1 : std::size_t{0};
    // Halves, whose differences are doubles.
    const double share = std::clamp((strangeness / 2 - least / 2) / (most / 2 - least / 2), 0.0, 1.0);
    return std::min(shades - 1, static_cast<std::size_t>(share * static_cast<double>(shades)));
  };
  for (std::size_t shade = 1; shade < shades; ++shade) {
    const std::string path = path_of(cells, 0, [&](std::size_t i) { return shade_of(cells.strangeness[i]) == shade; });
    if (path.empty()) continue;
    svg += fmt::format("<path d=\"{}\" fill-opacity=\"{}\"/>\n", path,
                       io::svg::coordinate(static_cast<double>(shade) / static_cast<double>(shades - 1)));
  }
  const std::string mask = path_of(cells, cells.columns + gap, [&](std::size_t i) { return cells.mask[i] != 0; });
  if (!mask.empty()) svg += fmt::format("<path class=\"mask\" d=\"{}\"/>\n", mask);
  for (const std::size_t left : {std::size_t{0}, cells.columns + gap}) {
    svg += fmt::format("<rect x=\"{}\" y=\"0\" width=\"{}\" height=\"{}\"/>\n", left, cells.columns, cells.rows);
  }
  return svg + "</svg>\n";
}

}  // namespace

std::vector<Thumbnail> thumbnails_of(const Calibration& calibration, const std::string& path, std::size_t count) {
  std::vector<Shown> shown;
  GrowingWorkspace workspace;
  read_maps(path, [&](const io::ScoreBlock& block) {
    const Decision decision = calibration.decide(block.map(), workspace.of(block));
    const double sign = calibration.direction == ScoreDirection::lower_is_anomalous ? -1 : 1;
    const double strangeness =
        std::isnan(decision.score) ? std::numeric_limits<double>::infinity() : sign * decision.score;
    if (shown.size() == count && !(strangeness > shown.back().strangeness)) return;
    const auto place = std::ranges::find_if(shown, [&](const Shown& other) { return other.strangeness < strangeness; });
    shown.insert(place,
                 {strangeness, block.name, describe(decision), cells_of(block, decision.mask, calibration.direction)});
    if (shown.size() > count) shown.pop_back();
  });
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const Shown& map : shown) {
    for (const double cell : map.cells.strangeness) {
      if (!std::isfinite(cell)) continue;
      least = std::min(least, cell);
      most = std::max(most, cell);
    }
  }
  std::vector<Thumbnail> thumbnails;
  for (const Shown& map : shown) thumbnails.push_back({map.name, map.caption, element_of(map, least, most)});
  return thumbnails;
}

}  // namespace plimsoll::cli
