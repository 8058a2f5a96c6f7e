// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace plimsoll::test {

/// A snapshot that was changed on purpose, with the checksum at its end made anew: FNV-1a.
inline std::vector<std::byte> signed_again(std::vector<std::byte> bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    hash ^= std::to_integer<std::uint64_t>(bytes[i]);
    hash *= 1099511628211U;
  }
  for (std::size_t i = 0; i < 8; ++i) bytes[bytes.size() - 8 + i] = static_cast<std::byte>(hash >> (8 * i));
  return bytes;
}

/// The same with the eight bytes at `place` made those of `number`.
inline std::vector<std::byte> with_word(std::vector<std::byte> bytes, std::size_t place, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i) bytes[place + i] = static_cast<std::byte>(number >> (8 * i));
  return signed_again(std::move(bytes));
}

}  // namespace plimsoll::test
