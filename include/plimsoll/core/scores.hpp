// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#include "plimsoll/core/score_type.hpp"

namespace plimsoll {

/// View of n anomaly scores, higher is stranger, any unit and range, over memory that the caller keeps alive:
/// contiguous float or double, or half where the compiler has it. Costs two words and two bytes; never copies.
class Scores {
 public:
  constexpr Scores() noexcept = default;

  /// Any contiguous range: std::span, std::vector, std::array. For Eigen see adapt/eigen.hpp.
  template <typename Range>
  requires std::ranges::contiguous_range<const Range> && std::ranges::sized_range<const Range> &&
      ScoreValue<std::remove_cv_t<std::ranges::range_value_t<const Range>>> &&
      (!std::same_as<std::remove_cvref_t<Range>, Scores>)constexpr Scores(const Range& scores) noexcept
      : data_{std::ranges::data(scores)},
        size_{std::ranges::size(scores)},
        storage_{score_type_of<std::remove_cv_t<std::ranges::range_value_t<const Range>>>},
        type_{storage_} {}

  /// Scores of a narrower type that are held in a wider one, as when a half-precision file was read into
  /// floats. `type` is what they were computed in, and what a cutoff must be representable in.
  template <typename Range>
  requires std::constructible_from<Scores, const Range&>
  constexpr Scores(const Range& scores, ScoreType type) noexcept : Scores(scores) {
    type_ = type < storage_ ? type : storage_;
  }

  /// How many scores there are.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  /// Whether there is none.
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

  /// What the scores were computed in.
  [[nodiscard]] constexpr ScoreType type() const noexcept { return type_; }

  /// Calls `function` once with a `std::span<const T>`, T the type in memory, and returns what it returns.
  template <typename Function>
  decltype(auto) visit(Function&& function) const {
    switch (storage_) {
      case ScoreType::float32: return std::forward<Function>(function)(span_of<float>());
#if PLIMSOLL_HAS_HALF
      case ScoreType::float16: return std::forward<Function>(function)(span_of<Half>());
#endif
      default: return std::forward<Function>(function)(span_of<double>());
    }
  }

 private:
  template <typename T>
  [[nodiscard]] std::span<const T> span_of() const noexcept {
    return {static_cast<const T*>(data_), size_};
  }

  const void* data_ = nullptr;
  std::size_t size_ = 0;
  ScoreType storage_ = ScoreType::float64;
  ScoreType type_ = ScoreType::float64;
};

}  // namespace plimsoll
