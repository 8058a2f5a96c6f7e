// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"

/// \file
/// What an object keeps as bytes and back, by one function `exchange(self, archive)` for both ways, a static template
/// of its class. Everything comes in eight bytes, little-endian: integers and enumerations u64, numbers IEEE 754
/// doubles; a vector or a map is its length and its elements, floats two to eight bytes, text and bytes eight, filled
/// up with zeros; an optional is 0, or 1 and its value; a variant is which it is, and its value. A class with `bool
/// restored() const` says whether what was read is what such an object may hold.

namespace plimsoll::detail {

/// What the snapshot of an estimator begins with, of whatever method.
inline constexpr std::string_view state_magic = "plimstat";
inline constexpr std::uint64_t state_version = 1;

template <typename T>
concept SnapshotWord = std::unsigned_integral<T> || std::is_enum_v<T>;

class SnapshotWriter {
 public:
  static constexpr bool reads = false;

  explicit SnapshotWriter(std::string_view magic, std::uint64_t version) {
    for (const char c : magic) bytes_.push_back(static_cast<std::byte>(c));
    put(bytes_, version);
  }

  template <SnapshotWord T>
  void operator()(const T& value) {
    put(bytes_, static_cast<std::uint64_t>(value));
  }
  void operator()(const std::int64_t& value) { put(bytes_, static_cast<std::uint64_t>(value)); }
  void operator()(const double& value) { put(bytes_, value); }
  void operator()(const std::monostate&) {}
  void operator()(const std::string& text) {
    (*this)(std::uint64_t{text.size()});
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    fill();
  }
  void operator()(const std::vector<std::byte>& values) {
    (*this)(std::uint64_t{values.size()});
    bytes_.insert(bytes_.end(), values.begin(), values.end());
    fill();
  }
  void operator()(const std::vector<float>& values) {
    (*this)(std::uint64_t{values.size()});
    bytes_.reserve(bytes_.size() + 4 * values.size() + 16);
    for (const float value : values) put(bytes_, std::bit_cast<std::uint32_t>(value));
    fill();
  }
  template <typename T>
  void operator()(const std::vector<T>& values) {
    (*this)(std::uint64_t{values.size()});
    for (const T& value : values) (*this)(value);
  }
  template <typename T, std::size_t N>
  void operator()(const std::array<T, N>& values) {
    for (const T& value : values) (*this)(value);
  }
  template <typename T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }
  template <typename... Ts>
  void operator()(const std::variant<Ts...>& value) {
    (*this)(std::uint64_t{value.index()});
    std::visit(*this, value);
  }
  template <typename Key, typename Value, typename Less>
  void operator()(const std::map<Key, Value, Less>& values) {
    (*this)(std::uint64_t{values.size()});
    for (const auto& [key, value] : values) {
      (*this)(key);
      (*this)(value);
    }
  }
  template <typename T>
  requires requires(const T& value, SnapshotWriter& archive) { T::exchange(value, archive); }
  void operator()(const T& value) { T::exchange(value, *this); }

  [[nodiscard]] std::vector<std::byte> finish() && {
    put(bytes_, checksum(bytes_));
    return std::move(bytes_);
  }

 private:
  void fill() { bytes_.resize((bytes_.size() + 7) / 8 * 8); }

  std::vector<std::byte> bytes_;
};

/// Throws DataError, which begins with `who`, for bytes that are cut short, longer, foreign or changed. Takes memory in
/// proportion to the bytes, whatever lengths they claim.
class SnapshotReader {
 public:
  static constexpr bool reads = true;

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
  void operator()(std::int64_t& value) { value = static_cast<std::int64_t>(take()); }
  void operator()(double& value) { value = std::bit_cast<double>(take()); }
  void operator()(std::monostate&) {}
  void operator()(std::string& text) { take_packed(text); }
  void operator()(std::vector<std::byte>& bytes) { take_packed(bytes); }
  void operator()(std::vector<float>& values) {
    const std::size_t size = take_size(2);
    values.resize(size);
    for (std::size_t i = 0; i < size; i += 2) {
      const std::uint64_t word = take();
      values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(word));
      const auto second = static_cast<std::uint32_t>(word >> 32);
      if (i + 1 < size) {
        values[i + 1] = std::bit_cast<float>(second);
      } else if (second != 0) {
        nonsense();
      }
    }
  }
  template <typename T>
  void operator()(std::vector<T>& values) {
    values.resize(take_size(1));
    for (T& value : values) (*this)(value);
  }
  template <typename T, std::size_t N>
  void operator()(std::array<T, N>& values) {
    for (T& value : values) (*this)(value);
  }
  template <typename T>
  void operator()(std::optional<T>& value) {
    bool there = false;
    (*this)(there);
    if (!there) return value.reset();
    (*this)(value.emplace());
  }
  template <typename... Ts>
  void operator()(std::variant<Ts...>& value) {
    const std::uint64_t index = take();
    std::uint64_t i = 0;
    const bool known = ((i++ == index ? ((*this)(value.template emplace<Ts>()), true) : false) || ...);
    if (!known) nonsense();
  }
  template <typename Key, typename Value, typename Less>
  void operator()(std::map<Key, Value, Less>& values) {
    const std::size_t size = take_size(1);
    values.clear();
    for (std::size_t i = 0; i < size; ++i) {
      Key key{};
      (*this)(key);
      if (!values.empty() && !(values.rbegin()->first < key)) nonsense();  // they come in order
      (*this)(values[std::move(key)]);
    }
  }
  template <typename T>
  requires requires(T& value, SnapshotReader& archive) { T::exchange(value, archive); }
  void operator()(T& value) {
    T::exchange(value, *this);
    if constexpr (requires { value.restored(); }) {
      if (!value.restored()) nonsense();
    }
  }

  void finish() const {
    if (left_ != 0) fail("is longer than it should be");
  }
  [[noreturn]] void nonsense() const { fail("holds numbers that make no sense"); }
  [[noreturn]] void fail(const std::string& what) const { throw DataError(who_ + ": the snapshot " + what); }

 private:
  /// Eight elements of one byte at a time.
  template <typename Bytes>
  void take_packed(Bytes& bytes) {
    const std::size_t size = take_size(8);
    bytes.resize(size);
    for (std::size_t i = 0; i < size; i += 8) {
      std::uint64_t word = take();
      for (std::size_t j = i; j < i + 8; ++j, word >>= 8) {
        if (j < size) {
          bytes[j] = static_cast<typename Bytes::value_type>(word & 0xff);
        } else if ((word & 0xff) != 0) {
          nonsense();
        }
      }
    }
  }

  /// A length, of which so many elements take eight bytes at least, before it is believed.
  std::size_t take_size(std::uint64_t per_word) {
    const std::uint64_t size = take();
    if (size / per_word > left_) nonsense();
    return static_cast<std::size_t>(size);
  }

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
