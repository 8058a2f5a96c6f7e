// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/decide/map_workspace.hpp"
#include "plimsoll/decide/mask_of.hpp"
#include "plimsoll/decide/mask_rule.hpp"
#include "plimsoll/decide/region.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/mask_draw.hpp"
#include "plimsoll/synth/mask_kind.hpp"
#include "plimsoll/synth/mask_parameters.hpp"
#include "plimsoll/synth/mask_shapes.hpp"
#include "plimsoll/synth/perlin_noise.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/rotation.hpp"
#include "plimsoll/synth/soft_edge.hpp"

namespace plimsoll::synth {

/// Draws the masks of synthetic anomalies. Perlin masks with the default parameters are those of DRAEM (Zavrtanik,
/// Kristan and Skocaj 2021, DRAEM - A Discriminatively Trained Reconstruction Embedding for Surface Anomaly Detection,
/// ICCV, sec. 3.3) as anomalib makes them: noise of 1 to 32 cells along each axis, stretched to [-1, 1] when nothing in
/// it is above the level, turned by up to 90 degrees either way, and anomalous where it is above the level.
class MaskGenerator {
 public:
  /// Throws ParameterError.
  explicit MaskGenerator(const MaskParameters& parameters = {}) : parameters_{parameters} { check(); }

  /// As given to the constructor.
  [[nodiscard]] const MaskParameters& parameters() const noexcept { return parameters_; }

  /// A mask of this size. With a foreground, of the same size, the anomaly keeps to the pixels set in it: blobs and
  /// scratches have their middles there, and what lies beyond is cut off. A foreground without a pixel allows none: the
  /// mask is empty after no attempt. Throws DataError for a foreground of another size, and for a mask of no pixels or
  /// of 2^32 or more.
  ///
  /// O(pixels) for each attempt.
  [[nodiscard]] MaskDraw operator()(std::size_t rows, std::size_t columns, RandomStream& random,
                                    const Mask& foreground = {}) const {
    const auto size_of = [](std::size_t r, std::size_t c) { return std::to_string(r) + " x " + std::to_string(c); };
    if (rows == 0 || columns == 0 || columns > std::numeric_limits<std::uint32_t>::max() / rows) {
      throw DataError("MaskGenerator: cannot make a mask of " + size_of(rows, columns) + " pixels");
    }
    const bool anywhere = foreground.size() == 0;
    if (!anywhere && (foreground.rows() != rows || foreground.columns() != columns)) {
      throw DataError("MaskGenerator: the foreground is " + size_of(foreground.rows(), foreground.columns()) +
                      " pixels, the mask " + size_of(rows, columns));
    }
    const std::size_t room = anywhere ? rows * columns : set_pixels(foreground);
    MaskDraw draw{Field(rows, columns), Field(rows, columns)};
    if (room == 0) return draw;
    const auto total = static_cast<double>(room);
    while (!draw.met_limits && draw.attempts < parameters_.attempts) {
      ++draw.attempts;
      std::ranges::fill(draw.alpha.values(), 0.0F);
      add_mask(draw, random, foreground, room);
      if (random.chance(parameters_.second_mask)) {
        MaskDraw second{std::move(draw.alpha), {}};
        add_mask(second, random, foreground, room);
        draw.alpha = std::move(second.alpha);
      }
      if (!anywhere) cut(draw.alpha, foreground);
      measure(draw);
      const auto area = static_cast<double>(draw.area);
      draw.met_limits = draw.area > 0 && area >= parameters_.least_area * total &&
                        area <= parameters_.most_area * total && draw.components >= parameters_.least_components &&
                        draw.components <= parameters_.most_components;
    }
    if (parameters_.kind != MaskKind::perlin) draw.noise = noise(rows, columns, random);
    if (parameters_.softness > 1) {
      draw.alpha = softened(draw.alpha, parameters_.softness);
      if (!anywhere) cut(draw.alpha, foreground);
    }
    return draw;
  }

 private:
  void check() const {
    const auto refuse = [](const char* name, const std::string& value, const std::string& range) {
      throw ParameterError("MaskGenerator: " + std::string(name) + " = " + value + " is not " + range);
    };
    const auto within = [&](const char* name, double value, double least, double most) {
      if (!(value >= least && value <= most)) {
        refuse(name, std::to_string(value), "in [" + std::to_string(least) + ", " + std::to_string(most) + "]");
      }
    };
    const auto share = [&](const char* name, double value) {
      if (!(value > 0 && value <= 2)) refuse(name, std::to_string(value), "in (0, 2]");
    };
    const auto ordered = [&](const char* name, auto most, const char* other, auto least) {
      if (!(least <= most))
        refuse(name, std::to_string(most), "at least " + std::string(other) + " = " + std::to_string(least));
    };
    const MaskParameters& p = parameters_;
    if (p.kind != MaskKind::perlin && p.kind != MaskKind::blob && p.kind != MaskKind::scratch) {
      refuse("kind", std::to_string(static_cast<unsigned>(p.kind)), "perlin, blob or scratch");
    }
    if (p.most_scale > 20) refuse("most_scale", std::to_string(p.most_scale), "at most 20");
    ordered("most_scale", p.most_scale, "least_scale", p.least_scale);
    within("rotation", p.rotation, 0, 180);
    if (!(p.level >= -1 && p.level < 1)) refuse("level", std::to_string(p.level), "in [-1, 1)");
    if (p.least_count == 0) refuse("least_count", "0", "at least 1");
    ordered("most_count", p.most_count, "least_count", p.least_count);
    share("least_size", p.least_size);
    share("most_size", p.most_size);
    ordered("most_size", p.most_size, "least_size", p.least_size);
    if (!(p.irregularity >= 0 && p.irregularity < 1))
      refuse("irregularity", std::to_string(p.irregularity), "in [0, 1)");
    share("least_length", p.least_length);
    share("most_length", p.most_length);
    ordered("most_length", p.most_length, "least_length", p.least_length);
    share("least_width", p.least_width);
    share("most_width", p.most_width);
    ordered("most_width", p.most_width, "least_width", p.least_width);
    within("curvature", p.curvature, 0, 100);
    within("second_mask", p.second_mask, 0, 1);
    within("softness", p.softness, 0, 1000);
    within("least_area", p.least_area, 0, 1);
    within("most_area", p.most_area, 0, 1);
    ordered("most_area", p.most_area, "least_area", p.least_area);
    ordered("most_components", p.most_components, "least_components", p.least_components);
    if (p.attempts == 0) refuse("attempts", "0", "at least 1");
  }

  [[nodiscard]] static std::size_t set_pixels(std::span<const std::uint8_t> bytes) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(bytes, [](std::uint8_t byte) { return byte != 0; }));
  }

  [[nodiscard]] static std::size_t set_pixels(const Mask& mask) noexcept {
    std::size_t count = 0;
    for (std::size_t row = 0; row < mask.rows(); ++row) count += set_pixels(mask.row(row));
    return count;
  }

  static void cut(Field& alpha, const Mask& foreground) noexcept {
    for (std::size_t row = 0; row < alpha.rows(); ++row) {
      const std::uint8_t* kept = foreground.row(row).data();
      const std::span<float> out = alpha.row(row);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = kept[i] != 0 ? out[i] : 0;
    }
  }

  /// Finds the anomalous pixels' connected parts, as mask_of does, but in memory for the runs of pixels that there are:
  /// that of a workspace for the worst of masks takes longer to get than to use.
  void measure(MaskDraw& draw) const {
    const Field& alpha = draw.alpha;
    std::size_t most = 0;
    for (std::size_t row = 0; row < alpha.rows(); ++row) {
      const std::span<const float> values = alpha.row(row);
      most += values[0] >= anomalous_alpha ? 1U : 0U;
      for (std::size_t i = 1; i < values.size(); ++i)
        most += (values[i] >= anomalous_alpha) > (values[i - 1] >= anomalous_alpha) ? 1U : 0U;
    }
    std::vector<std::uint8_t> mask(alpha.values().size());
    std::vector<plimsoll::detail::Run> runs(most);
    std::vector<Region> regions(most);
    plimsoll::detail::MapMemory memory;
    memory.rows = alpha.rows();
    memory.columns = alpha.columns();
    memory.mask = mask.data();
    memory.runs = runs.data();
    memory.regions = regions.data();
    const MaskRule rule{.high = Cutoff(static_cast<double>(anomalous_alpha)), .connectivity = parameters_.connectivity};
    plimsoll::detail::MaskBuilder builder(memory, rule, alpha.rows(), alpha.columns());
    for (std::size_t row = 0; row < alpha.rows(); ++row) builder.take(alpha.row(row));
    const std::span<const Region> found = builder.finish([](std::size_t, std::size_t) { return 1.0; });
    draw.components = found.size();
    draw.area = 0;
    for (const Region& region : found) draw.area += region.area;
  }

  /// One of the `room` pixels of the foreground, or of all, each with the same probability.
  [[nodiscard]] static detail::Point place(const Field& alpha, RandomStream& random, const Mask& foreground,
                                           std::size_t room) noexcept {
    std::size_t index = random.below(static_cast<std::uint32_t>(room));
    if (foreground.size() == 0) {
      return {static_cast<double>(index / alpha.columns()), static_cast<double>(index % alpha.columns())};
    }
    std::size_t row = 0;
    for (std::size_t here = 0; (here = set_pixels(foreground.row(row))) <= index; ++row) index -= here;
    std::size_t column = 0;
    for (const std::span<const std::uint8_t> bytes = foreground.row(row); bytes[column] == 0 || index-- > 0;) ++column;
    return {static_cast<double>(row), static_cast<double>(column)};
  }

  /// 2 to the power of a random scale, over the next power of two of pixels, for this many. At least 2 pixels a cell:
  /// at the corners of the lattice the noise is 0.
  [[nodiscard]] double cells(std::size_t pixels, RandomStream& random) const {
    const std::uint64_t scale = std::uint64_t{1}
                                << (parameters_.least_scale +
                                    random.below(parameters_.most_scale - parameters_.least_scale + 1));
    const std::uint64_t whole = std::bit_ceil(std::uint64_t{pixels});
    const std::uint64_t count = std::min(scale, std::max(whole / 2, std::uint64_t{1}));
    return static_cast<double>(count) * static_cast<double>(pixels) / static_cast<double>(whole);
  }

  [[nodiscard]] Field noise(std::size_t rows, std::size_t columns, RandomStream& random) const {
    PerlinNoiseParameters lattice;
    lattice.row_cells = cells(rows, random);
    lattice.column_cells = cells(columns, random);
    Field field = perlin_noise(rows, columns, lattice, random.next());
    const auto level = static_cast<float>(parameters_.level);
    if (std::ranges::none_of(field.values(), [level](float value) { return value > level; })) {
      const auto [least, most] = std::ranges::minmax(field.values());
      if (least < most) {  // not so for a single pixel
        const float stretch = 2 / (most - least);
        for (float& value : field.values()) value = (value - least) * stretch - 1;
      }
    }
    if (parameters_.rotation == 0) return field;
    return rotated(field, rotation(random.uniform(-parameters_.rotation, parameters_.rotation)));
  }

  /// Unites a mask, and sets the noise if it is made of it.
  void add_mask(MaskDraw& draw, RandomStream& random, const Mask& foreground, std::size_t room) const {
    if (parameters_.kind == MaskKind::perlin) {
      draw.noise = noise(draw.alpha.rows(), draw.alpha.columns(), random);
      const auto level = static_cast<float>(parameters_.level);
      const std::span<const float> from = draw.noise.values();
      const std::span<float> to = draw.alpha.values();
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = std::max(to[i], from[i] > level ? 1.0F : 0.0F);
      return;
    }
    const std::uint32_t count =
        parameters_.least_count + random.below(parameters_.most_count - parameters_.least_count + 1);
    for (std::uint32_t i = 0; i < count; ++i) {
      const detail::Point middle = place(draw.alpha, random, foreground, room);
      if (parameters_.kind == MaskKind::blob) {
        detail::draw_blob(draw.alpha, middle, parameters_, random);
      } else {
        detail::draw_scratch(draw.alpha, middle, parameters_, random);
      }
    }
  }

  MaskParameters parameters_;
};

}  // namespace plimsoll::synth
