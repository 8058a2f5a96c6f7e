// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plimsoll/core/error.hpp"

/// \file
/// Numbers as little-endian bytes, whatever the machine.

namespace plimsoll::detail {

/// No count in a snapshot is larger, so that none overflows later on: a score a nanosecond comes to it in 104 days.
inline constexpr std::uint64_t most_count = std::uint64_t{1} << 53;

/// The count of two shards together. Throws DataError above most_count, which honest counts do not come to; those of
/// snapshots that were made up could wrap.
[[nodiscard]] inline std::uint64_t sum_of_counts(std::uint64_t count, std::uint64_t other) {
  if (count > most_count || other > most_count - count) throw DataError("merge: the counts add up to more than 2^53");
  return count + other;
}

/// FNV-1a of 64 bits (draft-eastlake-fnv). Any change of one byte changes it. No guard against intent.
[[nodiscard]] inline std::uint64_t checksum(std::span<const std::byte> bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  return hash;
}

template <std::unsigned_integral T>
void put(std::vector<std::byte>& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
}
inline void put(std::vector<std::byte>& bytes, double value) {
  put(bytes, std::bit_cast<std::uint64_t>(value));
}

/// Takes numbers off the front of bytes, which must be there.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) noexcept : bytes_{bytes} {}

  template <std::unsigned_integral T>
  [[nodiscard]] T take() noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::to_integer<std::uint64_t>(bytes_[i]) << (8 * i);
    bytes_ = bytes_.subspan(sizeof(T));
    return static_cast<T>(value);
  }
  [[nodiscard]] double number() noexcept { return std::bit_cast<double>(take<std::uint64_t>()); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace plimsoll::detail
