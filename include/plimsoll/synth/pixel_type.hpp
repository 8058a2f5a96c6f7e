// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace plimsoll::synth {

/// What the pixels of an image are in memory.
enum class PixelType : std::uint8_t {
  uint8,    ///< 0 black to 255 white
  uint16,   ///< 0 black to 65535 white
  float32,  ///< 0 black to 1 white
};

/// One of the types of PixelType.
template <typename T>
concept PixelValue = std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> || std::same_as<T, float>;

/// The PixelType of T.
template <PixelValue T>
inline constexpr PixelType pixel_type_of = std::same_as<T, std::uint8_t>    ? PixelType::uint8
                                           : std::same_as<T, std::uint16_t> ? PixelType::uint16
                                                                            : PixelType::float32;

/// Bytes of a pixel of one channel.
[[nodiscard]] constexpr std::size_t size_of(PixelType type) noexcept {
  return type == PixelType::uint8 ? 1 : type == PixelType::uint16 ? 2 : 4;
}

/// The value that is white unless the user says otherwise: 255, 65535 or 1.
[[nodiscard]] constexpr double white_of(PixelType type) noexcept {
  return type == PixelType::uint8 ? 255 : type == PixelType::uint16 ? 65535 : 1;
}

}  // namespace plimsoll::synth
