// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <type_traits>

#include "plimsoll/core/label.hpp"

namespace plimsoll {

/// A type in which a label of one byte may come: Label, bool or an 8-bit integer, 0 normal and 1 anomalous.
template <typename T>
concept LabelValue =
    std::same_as<T, Label> || std::same_as<T, bool> || std::same_as<T, std::uint8_t> || std::same_as<T, char>;

/// View of one label a score, 0 normal and 1 anomalous, over memory that the caller keeps alive. Other values
/// are refused by `update`, with their position. (std::vector<bool> is not contiguous: use bytes.)
class Labels {
 public:
  constexpr Labels() noexcept = default;

  /// Any contiguous range of Label, bool or 8-bit integers.
  template <typename Range>
  requires std::ranges::contiguous_range<const Range> && std::ranges::sized_range<const Range> &&
      LabelValue<std::remove_cv_t<std::ranges::range_value_t<const Range>>> &&
      (!std::same_as<std::remove_cvref_t<Range>, Labels>)Labels(const Range& labels) noexcept
      : bytes_{reinterpret_cast<const std::uint8_t*>(std::ranges::data(labels)), std::ranges::size(labels)} {}

  /// How many labels there are.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return bytes_.size(); }
  /// Whether there is none.
  [[nodiscard]] constexpr bool empty() const noexcept { return bytes_.empty(); }

  /// The labels as bytes, 0 or 1 where they are valid.
  [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace plimsoll
