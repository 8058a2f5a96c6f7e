// SPDX-License-Identifier: Apache-2.0
// Decisions: the label of every score is !(score < cutoff), in whatever type and layout it comes, and masks are what
// their rules say, found pixel by pixel.
#include "plimsoll/decide/decide.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "input.hpp"
#include "pixel_mask.hpp"
#include "plimsoll/core/config.hpp"
#include "plimsoll/decide/mask_of.hpp"

namespace {

using namespace plimsoll;
using fuzz::Input;
using fuzz::require;
using test::PixelMask;

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
  std::vector<T> pixels;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) pixels.push_back(memory[row * stride + column]);
  }
  const MapMask made = mask_of(ScoreMap(memory.data(), rows, columns, stride), rule, workspace);
  const PixelMask expected = PixelMask::of(pixels, rows, columns, rule);
  require(made.mask.rows() == rows && made.mask.columns() == columns, "a mask is as large as its map");
  std::size_t set = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      require(made.mask.row(row)[column] == expected.values[row * columns + column], "a mask is what its rule says");
      set += made.mask.row(row)[column];
    }
  }
  std::size_t area = 0;
  for (const Region& region : made.regions) area += region.area;
  require(area == set, "the regions are the pixels that are set");
  require(made.regions.size() == expected.parts(1, rule.connectivity).size(),
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
