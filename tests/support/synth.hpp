// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "plimsoll/synth/field.hpp"
#include "plimsoll/synth/image.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/random_stream.hpp"

/// \file
/// Images for the tests of synth, and hashes of them.

namespace plimsoll::test {

inline synth::Field random_field(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  synth::RandomStream random(seed);
  synth::Field field(rows, columns);
  for (float& value : field.values()) value = static_cast<float>(random.uniform());
  return field;
}

inline synth::Planes random_planes(std::size_t channels, std::size_t rows, std::size_t columns, std::uint64_t seed) {
  synth::Planes planes;
  for (std::size_t i = 0; i < channels; ++i) planes.push_back(random_field(rows, columns, synth::mix(seed, i)));
  return planes;
}

/// Every value of the type as likely as another; floats in [0, 1).
inline synth::Image random_image(synth::PixelType type, std::size_t rows, std::size_t columns, std::size_t channels,
                                 std::uint64_t seed) {
  synth::RandomStream random(seed);
  synth::Image image(type, rows, columns, channels);
  image.visit([&]<typename T>(T* pixels) {
    for (std::size_t i = 0; i < rows * columns * channels; ++i) {
      pixels[i] = static_cast<T>(random.uniform() * (synth::size_of(type) == 4 ? 1 : synth::white_of(type) + 1));
    }
  });
  return image;
}

/// 24 x 32 pixels of three channels, which the references for tests were made of too.
inline synth::Planes pattern() {
  synth::Planes planes(3, synth::Field(24, 32));
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t r = 0; r < 24; ++r) {
      for (std::size_t c = 0; c < 32; ++c) {
        const std::size_t level = (37 * r * r + 11 * c + 5 * r * c + 53 * channel) % 200 + 20;
        planes[channel].row(r)[c] = static_cast<float>(level) / 255;
      }
    }
  }
  return planes;
}

inline std::uint64_t hash_of(const synth::Field& field, std::uint64_t hash = 0) {
  for (const float value : field.values()) hash = synth::mix(hash, std::bit_cast<std::uint32_t>(value));
  return hash;
}

inline std::uint64_t hash_of(const synth::Planes& planes, std::uint64_t hash = 0) {
  for (const synth::Field& plane : planes) hash = hash_of(plane, hash);
  return hash;
}

inline std::uint64_t hash_of(const synth::Image& image, std::uint64_t hash = 0) {
  image.view().visit([&]<typename T>(const T* pixels) {
    for (std::size_t i = 0; i < image.rows() * image.columns() * image.channels(); ++i) {
      if constexpr (sizeof(T) == 4) {
        hash = synth::mix(hash, std::bit_cast<std::uint32_t>(pixels[i]));
      } else {
        hash = synth::mix(hash, pixels[i]);
      }
    }
  });
  return hash;
}

}  // namespace plimsoll::test
