// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/blend.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/image.hpp"
#include "plimsoll/synth/planes.hpp"

namespace plimsoll::synth {

/// Parameters of poisson_blend.
struct PoissonBlendParameters {
  bool mixed = false;               ///< of the source's and the image's gradient the greater is taken, pixel by pixel
  double tolerance = 1e-7;          ///< what the equations may be off, white being 1; in [1e-12, 0.1]
  std::size_t iterations = 10'000;  ///< how many are made at most; at least 1
};

/// How the equations were solved.
struct PoissonOutcome {
  bool converged = true;       ///< whether the tolerance was reached, for every channel
  std::size_t iterations = 0;  ///< of the channel that took the most
  double residual = 0;         ///< by how much the worst equation is off
};

namespace detail {

/// The pixels of a mask as unknowns of Poisson's equation, one for each, numbered from 1 row by row. A neighbour is the
/// number of an unknown, or 0: there is none.
class PoissonSystem {
 public:
  explicit PoissonSystem(const Field& alpha) : rows_{alpha.rows()}, columns_{alpha.columns()} {
    std::vector<std::uint32_t> numbers((rows_ + 2) * (columns_ + 2));
    const auto number = [&](std::size_t row, std::size_t column) -> std::uint32_t& {
      return numbers[(row + 1) * (columns_ + 2) + column + 1];
    };
    pixels_.push_back(0);
    for (std::size_t row = 0; row < rows_; ++row) {
      for (std::size_t column = 0; column < columns_; ++column) {
        if (!(alpha.at(row, column) > 0)) continue;
        number(row, column) = static_cast<std::uint32_t>(pixels_.size());
        pixels_.push_back(row * columns_ + column);
      }
    }
    links_.resize(pixels_.size());
    diagonal_.resize(pixels_.size(), 1);
    pivots_.resize(pixels_.size(), 0);
    for (std::size_t i = 1; i < pixels_.size(); ++i) {
      const std::size_t row = pixels_[i] / columns_;
      const std::size_t column = pixels_[i] % columns_;
      links_[i] = {number(row - 1, column), number(row, column - 1), number(row, column + 1), number(row + 1, column)};
      diagonal_[i] = (row > 0) + (column > 0) + (column + 1 < columns_) + (row + 1 < rows_);
    }
    // Incomplete Cholesky factors, what fills in being taken off the diagonal but for a thirtieth (Gustafsson 1978, A
    // Class of First Order Factorization Methods, BIT 18): the iterations grow as the root of the mask's diameter.
    constexpr double kept = 0.97;
    for (std::size_t i = 1; i < pixels_.size(); ++i) {
      const auto [up, left, right, below] = links_[i];
      const double pivot = diagonal_[i] - pivots_[up] * (1 + kept * (links_[up][2] > 0)) -
                           pivots_[left] * (1 + kept * (links_[left][3] > 0));
      pivots_[i] = 1 / (pivot > 0.25 * diagonal_[i] ? pivot : diagonal_[i]);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return pixels_.size() - 1; }
  /// All pixels of the image: nothing tells their mean.
  [[nodiscard]] bool is_everything() const noexcept { return size() == rows_ * columns_; }

  /// Solves for one channel: `values` are the image's, and those of the mask are replaced. Conjugate gradients.
  [[nodiscard]] PoissonOutcome solve(Field& values, const Field& source, const PoissonBlendParameters& wanted) const {
    const std::size_t count = pixels_.size();
    std::vector<double> x(count);
    std::vector<double> residual(count);
    double mean = 0;
    for (std::size_t i = 1; i < count; ++i) {
      x[i] = static_cast<double>(values.values()[pixels_[i]]);
      mean += x[i];
    }
    for (std::size_t i = 1; i < count; ++i) residual[i] = guidance(i, values, source, wanted.mixed);
    // The image is the first guess. Of its neighbours outside the mask the equation holds the values themselves.
    for (std::size_t i = 1; i < count; ++i) {
      for (std::size_t side = 0; side < 4; ++side) {
        if (has(i, side)) residual[i] += static_cast<double>(values.values()[neighbour(i, side)]) - x[i];
      }
    }
    std::vector<double> z(count);
    std::vector<double> direction(count);
    std::vector<double> image_of_direction(count);
    PoissonOutcome outcome{false, 0, greatest(residual)};
    double product = 0;
    while (!(outcome.residual <= wanted.tolerance) && outcome.iterations < wanted.iterations) {
      precondition(residual, z);
      const double before = std::exchange(product, dot(residual, z));
      const double back = outcome.iterations == 0 ? 0 : product / before;
      for (std::size_t i = 1; i < count; ++i) direction[i] = z[i] + back * direction[i];
      for (std::size_t i = 1; i < count; ++i) {
        const auto& link = links_[i];
        image_of_direction[i] = diagonal_[i] * direction[i] - direction[link[0]] - direction[link[1]] -
                                direction[link[2]] - direction[link[3]];
      }
      const double step = product / dot(direction, image_of_direction);
      for (std::size_t i = 1; i < count; ++i) x[i] += step * direction[i];
      for (std::size_t i = 1; i < count; ++i) residual[i] -= step * image_of_direction[i];
      outcome.residual = greatest(residual);
      ++outcome.iterations;
    }
    outcome.converged = outcome.residual <= wanted.tolerance;
    double shift = 0;
    if (is_everything()) {
      double sum = 0;
      for (std::size_t i = 1; i < count; ++i) sum += x[i];
      shift = (mean - sum) / static_cast<double>(size());
    }
    for (std::size_t i = 1; i < count; ++i) values.values()[pixels_[i]] = static_cast<float>(x[i] + shift);
    return outcome;
  }

 private:
  /// Whether the image has a neighbour on this side: 0 above, 1 left, 2 right, 3 below.
  [[nodiscard]] bool has(std::size_t i, std::size_t side) const noexcept {
    const std::size_t row = pixels_[i] / columns_;
    const std::size_t column = pixels_[i] % columns_;
    return side == 0 ? row > 0 : side == 1 ? column > 0 : side == 2 ? column + 1 < columns_ : row + 1 < rows_;
  }
  [[nodiscard]] std::size_t neighbour(std::size_t i, std::size_t side) const noexcept {
    const std::size_t pixel = pixels_[i];
    return side == 0 ? pixel - columns_ : side == 1 ? pixel - 1 : side == 2 ? pixel + 1 : pixel + columns_;
  }

  /// The sum of the gradients from the neighbours that a pixel shall have.
  [[nodiscard]] double guidance(std::size_t i, const Field& image, const Field& source, bool mixed) const noexcept {
    const auto gradient = [i, this](const Field& field, std::size_t other) {
      return static_cast<double>(field.values()[pixels_[i]]) - static_cast<double>(field.values()[other]);
    };
    double sum = 0;
    for (std::size_t side = 0; side < 4; ++side) {
      if (!has(i, side)) continue;
      const double of_source = gradient(source, neighbour(i, side));
      const double of_image = gradient(image, neighbour(i, side));
      sum += mixed && std::abs(of_image) > std::abs(of_source) ? of_image : of_source;
    }
    return sum;
  }

  void precondition(const std::vector<double>& from, std::vector<double>& to) const noexcept {
    for (std::size_t i = 1; i < from.size(); ++i) {
      to[i] = (from[i] + to[links_[i][0]] + to[links_[i][1]]) * pivots_[i];
    }
    for (std::size_t i = from.size(); --i > 0;) to[i] += (to[links_[i][2]] + to[links_[i][3]]) * pivots_[i];
  }

  [[nodiscard]] static double dot(const std::vector<double>& a, const std::vector<double>& b) noexcept {
    double sum = 0;
    for (std::size_t i = 1; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  }

  [[nodiscard]] static double greatest(const std::vector<double>& values) noexcept {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
  }

  std::size_t rows_;
  std::size_t columns_;
  std::vector<std::size_t> pixels_;                  ///< where each unknown lies; 0 is none
  std::vector<std::array<std::uint32_t, 4>> links_;  ///< above, left, right, below
  std::vector<double> diagonal_;                     ///< how many neighbours the image has there
  std::vector<double> pivots_;                       ///< of the factors, inverted; 0 of none
};

}  // namespace detail

/// Seamless cloning (Perez, Gangnet and Blake 2003, Poisson Image Editing, SIGGRAPH, equation 7; with `mixed` 12 and
/// 13), as Natural Synthetic Anomalies use it (Schlueter, Tan, Hou and Kainz 2022, ECCV): where alpha is above 0 the
/// image gets the source's differences between neighbours, up to a membrane that takes it to the image's own values
/// around the mask. So the source's level does not matter, and there is no edge. `factor` of that, and 1 - factor of
/// the image, becomes the pixel, by the rules of blend; other pixels keep their bits. Pixels beyond the image's border
/// are left out of the equations. A mask that is the whole image keeps the image's mean.
///
/// Conjugate gradients with incomplete factors, O(pixels of the mask x the root of its diameter). Channels and errors
/// as for blend, and ParameterError for the parameters. An image whose equations were not solved within the tolerance
/// stays as it was: ask the outcome.
inline PoissonOutcome poisson_blend(Image& onto, const Planes& source, const Field& alpha, double factor,
                                    const PoissonBlendParameters& parameters = {}, double white = 0) {
  detail::check_blend("poisson_blend", onto, source, alpha, factor, white);
  if (!(parameters.tolerance >= 1e-12 && parameters.tolerance <= 0.1)) {
    throw ParameterError("poisson_blend: tolerance = " + std::to_string(parameters.tolerance) +
                         " is not in [1e-12, 0.1]");
  }
  if (parameters.iterations == 0) throw ParameterError("poisson_blend: iterations = 0: there must be one at least");
  if (alpha.values().size() > 0xFFFFFFF0) throw DataError("poisson_blend: more than 2^32 - 16 pixels");
  PoissonOutcome outcome;
  if (alpha.values().empty()) return outcome;
  const detail::PoissonSystem system(alpha);
  if (system.size() == 0) return outcome;
  Planes result = to_planes(onto.view(), white);
  Field mask(alpha.rows(), alpha.columns());
  for (std::size_t i = 0; i < mask.values().size(); ++i) mask.values()[i] = alpha.values()[i] > 0 ? 1.0F : 0.0F;
  Field grey;
  if (result.size() == 1 && source.size() > 1) grey = grey_of(source);
  for (std::size_t channel = 0; channel < result.size(); ++channel) {
    const Field& from = source.size() == 1 ? source[0] : result.size() == 1 ? grey : source[channel];
    const PoissonOutcome solved = system.solve(result[channel], from, parameters);
    outcome.converged = outcome.converged && solved.converged;
    outcome.iterations = std::max(outcome.iterations, solved.iterations);
    outcome.residual = std::max(outcome.residual, solved.residual);
  }
  if (outcome.converged) blend(onto, result, mask, factor, white);
  return outcome;
}

}  // namespace plimsoll::synth
