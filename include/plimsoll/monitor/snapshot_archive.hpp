// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/thresholds/snapshot_bytes.hpp"

/// \file
/// A monitor as bytes and back, by one function `exchange(self, archive)` for both ways. Everything is eight bytes,
/// little-endian: integers and enumerations u64, numbers IEEE 754 doubles; a vector is its length and its elements.

namespace plimsoll::detail {

template <typename T>
concept SnapshotWord = std::unsigned_integral<T> || std::is_enum_v<T>;

class SnapshotWriter {
 public:
  explicit SnapshotWriter(std::string_view magic, std::uint64_t version) {
    for (const char c : magic) bytes_.push_back(static_cast<std::byte>(c));
    put(bytes_, version);
  }

  template <SnapshotWord T>
  void operator()(const T& value) {
    put(bytes_, static_cast<std::uint64_t>(value));
  }
  void operator()(const double& value) { put(bytes_, value); }
  void operator()(const NormalScores::Knot& knot) {
    (*this)(knot.score);
    (*this)(knot.at_least);
    (*this)(knot.above);
  }
  template <typename T>
  void operator()(const std::vector<T>& values) {
    (*this)(std::uint64_t{values.size()});
    for (const T& value : values) (*this)(value);
  }

  [[nodiscard]] std::vector<std::byte> finish() && {
    put(bytes_, checksum(bytes_));
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
};

/// Throws DataError, which begins with `who`, for bytes that are cut short, longer, foreign or changed.
class SnapshotReader {
 public:
  SnapshotReader(std::string_view who, std::string_view magic, std::uint64_t version, std::span<const std::byte> bytes)
      : who_{who}, left_{bytes.size() / 8}, reader_{bytes} {
    const std::size_t known = std::min(magic.size(), bytes.size());
    if (known > 0 && std::memcmp(bytes.data(), magic.data(), known) != 0) fail("is not one of " + who_);
    if (left_ < 3 || bytes.size() % 8 != 0) fail("is cut short");
    static_cast<void>(take());
    if (const std::uint64_t found = take(); found != version) {
      fail("has version " + std::to_string(found) + ", and this library reads version " + std::to_string(version));
    }
    --left_;
    if (ByteReader(bytes.last(8)).take<std::uint64_t>() != checksum(bytes.first(bytes.size() - 8))) {
      fail("is cut short or was changed: its checksum is another");
    }
  }

  template <SnapshotWord T>
  void operator()(T& value) {
    const std::uint64_t number = take();
    using Integer =
        typename std::conditional_t<std::is_enum_v<T>, std::underlying_type<T>, std::type_identity<T>>::type;
    if (number > std::numeric_limits<Integer>::max()) nonsense();
    value = static_cast<T>(number);
  }
  void operator()(double& value) { value = std::bit_cast<double>(take()); }
  void operator()(NormalScores::Knot& knot) {
    (*this)(knot.score);
    (*this)(knot.at_least);
    (*this)(knot.above);
  }
  template <typename T>
  void operator()(std::vector<T>& values) {
    const std::uint64_t size = take();
    if (size > left_ / (sizeof(T) > 8 ? 3 : 1)) nonsense();  // before it is believed
    values.resize(static_cast<std::size_t>(size));
    for (T& value : values) (*this)(value);
  }

  void finish() const {
    if (left_ != 0) fail("is longer than it should be");
  }
  [[noreturn]] void nonsense() const { fail("holds numbers that no monitor has"); }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw DataError(who_ + ": the snapshot " + what); }

  std::uint64_t take() {
    if (left_ == 0) fail("is cut short");
    --left_;
    return reader_.take<std::uint64_t>();
  }

  std::string who_;
  std::size_t left_;  ///< numbers
  ByteReader reader_;
};

}  // namespace plimsoll::detail
