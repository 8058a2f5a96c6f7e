// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/perlin_noise.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/texture_sample.hpp"

namespace plimsoll::synth {

/// Parameters of random_phase_texture.
struct RandomPhaseTextureParameters {
  std::size_t spots = 64;  ///< how many copies of the sample are added; at least 1
  double border = 0.1;     ///< the share of each side over which the sample fades out at its borders; in [0, 0.5]
};

namespace detail {

/// The weights of a sample's rows, or columns: 1 in the middle, fading to 0 at both ends.
[[nodiscard]] inline std::vector<float> fading_weights(std::size_t size, double border) {
  std::vector<float> weights(size, 1);
  for (std::size_t i = 0; i < size; ++i) {
    const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(size);
    const double from_end = std::min(place, 1 - place);
    if (from_end < border) weights[i] = static_cast<float>(fade(from_end / border));
  }
  return weights;
}

}  // namespace detail

/// A texture with the mean and the autocovariance of the sample, in all channels together, and nothing else of it:
/// discrete spot noise, which tends to a Gaussian field as spots are added (Galerne, Gousseau and Morel 2011, Random
/// Phase Textures: Theory and Synthesis, IEEE TIP 20). With h the sample, w its weights, m = sum w h / sum w and T the
/// pixels of the result,
///
///   result(x) = m + sum_k w(x - x_k) (h(x - x_k) - m) sqrt(T / (spots sum w^2)),   k = 1 ... spots,
///
/// x_k anywhere, and what leaves on one side comes in on the other. So the mean over all pixels is m, and each pixel's
/// variance is sum w^2 (h - m)^2 / sum w^2, whatever the number of spots. The weights fade to 0 at the sample's
/// borders, which would otherwise show as crosses in its spectrum. No Fourier transform is taken, so that the bits are
/// the same everywhere. A result smaller than the sample is cut from one of its size. Values are cut off at 0 and 1.
///
/// For micro-textures (cloth, sand, skin, noise); edges and objects of the sample are lost. O(spots x pixels of the
/// sample x channels): 64 spots of 256 x 256 x 3 in about 10 ms. Throws ParameterError, and DataError for a sample
/// without pixels, or whose channels differ in size.
[[nodiscard]] inline Planes random_phase_texture(const Planes& sample, std::size_t rows, std::size_t columns,
                                                 const RandomPhaseTextureParameters& parameters, RandomStream& random) {
  const auto refuse = [](const std::string& what) { throw ParameterError("random_phase_texture: " + what); };
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  if (parameters.spots == 0) refuse("spots = 0: there must be one at least");
  if (!(parameters.border >= 0 && parameters.border <= 0.5)) {
    refuse("border = " + std::to_string(parameters.border) + " is not in [0, 0.5]");
  }
  if (rows > most || columns > most) refuse("rows and columns must be below 2^32");
  detail::check_texture_sample("random_phase_texture", sample);
  const std::size_t sample_rows = sample[0].rows();
  const std::size_t sample_columns = sample[0].columns();
  const std::size_t height = std::max(rows, sample_rows);
  const std::size_t width = std::max(columns, sample_columns);
  const std::vector<float> down = detail::fading_weights(sample_rows, parameters.border);
  const std::vector<float> across = detail::fading_weights(sample_columns, parameters.border);
  double weights = 0;
  double squares = 0;
  for (const float a : down) {
    for (const float b : across) {
      const auto weight = static_cast<double>(a * b);
      weights += weight;
      squares += weight * weight;
    }
  }
  const double scale = std::sqrt(static_cast<double>(height) * static_cast<double>(width) /
                                 (static_cast<double>(parameters.spots) * squares));
  Planes spot;
  Planes whole;
  for (const Field& channel : sample) {
    double sum = 0;
    for (std::size_t row = 0; row < sample_rows; ++row) {
      for (std::size_t column = 0; column < sample_columns; ++column) {
        sum += static_cast<double>(down[row] * across[column]) * static_cast<double>(channel.at(row, column));
      }
    }
    const double mean = sum / weights;
    Field& made = spot.emplace_back(sample_rows, sample_columns);
    for (std::size_t row = 0; row < sample_rows; ++row) {
      for (std::size_t column = 0; column < sample_columns; ++column) {
        const double weight = scale * static_cast<double>(down[row] * across[column]);
        made.row(row)[column] = static_cast<float>(weight * (static_cast<double>(channel.at(row, column)) - mean));
      }
    }
    whole.emplace_back(height, width, static_cast<float>(mean));
  }
  for (std::size_t k = 0; k < parameters.spots; ++k) {
    const std::size_t top = random.below(static_cast<std::uint32_t>(height));
    const std::size_t left = random.below(static_cast<std::uint32_t>(width));
    const std::size_t before = std::min(sample_columns, width - left);  // columns before it comes in again at the left
    for (std::size_t channel = 0; channel < sample.size(); ++channel) {
      for (std::size_t row = 0; row < sample_rows; ++row) {
        const float* const from = spot[channel].row(row).data();
        float* const to = whole[channel].row((top + row) % height).data();
        for (std::size_t column = 0; column < before; ++column) to[left + column] += from[column];
        for (std::size_t column = before; column < sample_columns; ++column) to[column - before] += from[column];
      }
    }
  }
  Planes result;
  for (const Field& channel : whole) {
    Field& made = result.emplace_back(rows, columns);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        made.row(row)[column] = std::clamp(channel.at(row, column), 0.0F, 1.0F);
      }
    }
  }
  return result;
}

}  // namespace plimsoll::synth
