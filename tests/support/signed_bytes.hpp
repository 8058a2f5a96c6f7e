// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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

}  // namespace plimsoll::test
