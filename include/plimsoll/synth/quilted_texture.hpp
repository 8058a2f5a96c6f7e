// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/texture_sample.hpp"

namespace plimsoll::synth {

/// Parameters of quilted_texture.
struct QuiltedTextureParameters {
  std::size_t patch = 32;       ///< the side of the patches in pixels; at least 1; a smaller sample's side if less
  std::size_t overlap = 8;      ///< by how many pixels neighbours overlap; in [0, patch / 2], halved with the patch
  std::size_t candidates = 64;  ///< how many random places of the sample are compared for each patch; at least 1
  double tolerance = 0.1;       ///< one is drawn of those whose error is at most 1 + this times the least; at least 0
};

namespace detail {

/// The path of the least sum of errors from the first row to the last that moves by at most one column a row: its
/// column in each row. Of equal ones the one to the left. By dynamic programming, O(pixels).
[[nodiscard]] inline std::vector<std::size_t> minimum_error_path(const Field& error) {
  const std::size_t rows = error.rows();
  const std::size_t columns = error.columns();
  std::vector<std::size_t> path(rows, 0);
  if (columns == 0 || rows == 0) return path;
  // sum[row][column] is the least sum of a path that ends here.
  std::vector<double> sum(rows * columns);
  const auto best_above = [&](std::size_t row, std::size_t column) {
    const double* const above = sum.data() + (row - 1) * columns;
    std::size_t best = column == 0 ? 0 : column - 1;
    for (std::size_t next = best + 1; next <= std::min(column + 1, columns - 1); ++next) {
      if (above[next] < above[best]) best = next;
    }
    return best;
  };
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const auto here = static_cast<double>(error.at(row, column));
      sum[row * columns + column] = row == 0 ? here : here + sum[(row - 1) * columns + best_above(row, column)];
    }
  }
  const double* const last = sum.data() + (rows - 1) * columns;
  path[rows - 1] = static_cast<std::size_t>(std::min_element(last, last + columns) - last);
  for (std::size_t row = rows - 1; row > 0; --row) path[row - 1] = best_above(row, path[row]);
  return path;
}

/// One patch at a time laid over what is there already.
class Quilt {
 public:
  Quilt(const Planes& sample, Planes& result, std::size_t patch, std::size_t overlap)
      : sample_{sample}, result_{result}, patch_{patch}, overlap_{overlap} {}

  struct Place {
    std::size_t row;
    std::size_t column;
  };

  /// The sum of squared differences where the patch from `from` would overlap what lies at `to`.
  [[nodiscard]] double error(Place from, Place to) const {
    const std::size_t height = std::min(patch_, result_[0].rows() - to.row);
    const std::size_t width = std::min(patch_, result_[0].columns() - to.column);
    double sum = 0;
    for (std::size_t channel = 0; channel < sample_.size(); ++channel) {
      for (std::size_t row = 0; row < height; ++row) {
        const std::size_t overlapped = to.row > 0 && row < overlap_ ? width : to.column > 0 ? overlap_ : 0;
        const float* const a = sample_[channel].row(from.row + row).data() + from.column;
        const float* const b = result_[channel].row(to.row + row).data() + to.column;
        float of_row = 0;
        for (std::size_t column = 0; column < std::min(overlapped, width); ++column) {
          of_row += (a[column] - b[column]) * (a[column] - b[column]);
        }
        sum += static_cast<double>(of_row);
      }
    }
    return sum;
  }

  /// Lays the patch from `from` at `to`, up to where it differs least.
  void lay(Place from, Place to) {
    const std::size_t height = std::min(patch_, result_[0].rows() - to.row);
    const std::size_t width = std::min(patch_, result_[0].columns() - to.column);
    std::vector<std::size_t> left(height, 0);  // the first column of the patch that is used, of each row
    std::vector<std::size_t> top(width, 0);    // and the first row, of each column
    if (to.column > 0 && overlap_ > 0) {
      Field differences(height, std::min(overlap_, width));
      for (std::size_t row = 0; row < height; ++row) {
        for (std::size_t column = 0; column < differences.columns(); ++column) {
          differences.row(row)[column] = difference(from, to, row, column);
        }
      }
      left = minimum_error_path(differences);
    }
    if (to.row > 0 && overlap_ > 0) {
      Field differences(width, std::min(overlap_, height));
      for (std::size_t column = 0; column < width; ++column) {
        for (std::size_t row = 0; row < differences.columns(); ++row) {
          differences.row(column)[row] = difference(from, to, row, column);
        }
      }
      top = minimum_error_path(differences);
    }
    for (std::size_t channel = 0; channel < sample_.size(); ++channel) {
      for (std::size_t row = 0; row < height; ++row) {
        const auto source = sample_[channel].row(from.row + row).subspan(from.column);
        const auto target = result_[channel].row(to.row + row).subspan(to.column);
        for (std::size_t column = left[row]; column < width; ++column) {
          if (row >= top[column]) target[column] = source[column];
        }
      }
    }
  }

 private:
  [[nodiscard]] float difference(Place from, Place to, std::size_t row, std::size_t column) const {
    float sum = 0;
    for (std::size_t channel = 0; channel < sample_.size(); ++channel) {
      const float d = sample_[channel].at(from.row + row, from.column + column) -
                      result_[channel].at(to.row + row, to.column + column);
      sum += d * d;
    }
    return sum;
  }

  const Planes& sample_;
  Planes& result_;
  std::size_t patch_;
  std::size_t overlap_;
};

}  // namespace detail

/// More of the sample's texture, by image quilting (Efros and Freeman 2001, Image Quilting for Texture Synthesis and
/// Transfer, SIGGRAPH): square patches of the sample, row by row, each one that agrees with its neighbours above and to
/// the left where they overlap, cut along the path of least difference. Every pixel is one of the sample's. For
/// textures and other images that look alike everywhere; of others it makes a jumble of parts.
///
/// O(candidates x rows x columns x channels x overlap / patch): 256 x 256 x 3 pixels in about 7 ms. Throws
/// ParameterError, and DataError for a sample without pixels, or whose channels differ in size.
[[nodiscard]] inline Planes quilted_texture(const Planes& sample, std::size_t rows, std::size_t columns,
                                            const QuiltedTextureParameters& parameters, RandomStream& random) {
  const auto refuse = [](const std::string& what) { throw ParameterError("quilted_texture: " + what); };
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  if (parameters.patch == 0) refuse("patch = 0: there must be a pixel at least");
  if (parameters.overlap > parameters.patch / 2) {
    refuse("overlap = " + std::to_string(parameters.overlap) +
           " is more than half of patch = " + std::to_string(parameters.patch));
  }
  if (parameters.candidates == 0 || parameters.candidates > most) {
    refuse("candidates = " + std::to_string(parameters.candidates) + " is not in [1, 2^32)");
  }
  if (!(parameters.tolerance >= 0)) {
    refuse("tolerance = " + std::to_string(parameters.tolerance) + " is not at least 0");
  }
  detail::check_texture_sample("quilted_texture", sample);
  const std::size_t patch = std::min({parameters.patch, sample[0].rows(), sample[0].columns()});
  const std::size_t overlap = std::min(parameters.overlap, patch / 2);
  Planes result(sample.size(), Field(rows, columns));
  detail::Quilt quilt(sample, result, patch, overlap);
  const auto places_down = static_cast<std::uint32_t>(std::min(sample[0].rows() - patch + 1, most));
  const auto places_across = static_cast<std::uint32_t>(std::min(sample[0].columns() - patch + 1, most));
  std::vector<detail::Quilt::Place> places(parameters.candidates);
  std::vector<double> errors(parameters.candidates);
  // The first one needs no comparing. The last of a row or column may reach beyond the border.
  for (std::size_t row = 0; row < rows && (row == 0 || row + overlap < rows); row += patch - overlap) {
    for (std::size_t column = 0; column < columns && (column == 0 || column + overlap < columns);
         column += patch - overlap) {
      const bool first = row == 0 && column == 0;
      const std::size_t count = first || overlap == 0 ? 1 : parameters.candidates;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < count; ++i) {
        places[i].row = random.below(places_down);
        places[i].column = random.below(places_across);
        errors[i] = count == 1 ? 0 : quilt.error(places[i], {row, column});
        least = std::min(least, errors[i]);
      }
      std::size_t good = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (errors[i] <= (1 + parameters.tolerance) * least) places[good++] = places[i];
      }
      // A sample with NaN has no least error.
      const std::size_t chosen = good == 0 ? 0 : random.below(static_cast<std::uint32_t>(good));
      quilt.lay(places[chosen], {row, column});
    }
  }
  return result;
}

}  // namespace plimsoll::synth
