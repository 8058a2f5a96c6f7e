// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "plimsoll/thresholds/large_pages.hpp"

namespace plimsoll {

/// A growing set of finite scores: floats are kept as floats, all of them as doubles from the first double on. 4 or 8
/// bytes a score. Whatever throws leaves the sample as it was.
class Sample {
 public:
  /// Adds finite scores.
  template <std::floating_point T>
  void append(std::span<const T> scores) {
    make_room(sizeof(T) == 8, scores.size());
    const auto add = [&](auto& kept) { kept.insert(kept.end(), scores.begin(), scores.end()); };
    wide_ ? add(doubles_) : add(floats_);
  }

  /// Adds the other's scores.
  void merge(const Sample& other) {
    make_room(other.wide_, other.size());
    const auto add = [&](auto& kept) {  // one of the two is empty
      kept.insert(kept.end(), other.floats_.begin(), other.floats_.end());
      kept.insert(kept.end(), other.doubles_.begin(), other.doubles_.end());
    };
    wide_ ? add(doubles_) : add(floats_);
  }

  /// Takes the memory for so many more scores, growing at least by half so that many small batches stay cheap; keeps
  /// doubles from now on when `wide`. What is appended then cannot fail.
  void make_room(bool wide, std::size_t more) {
    const auto move = [](const auto& from, auto& to, std::size_t room) {  // which may be the same
      std::remove_reference_t<decltype(to)> larger;
      larger.reserve(room);
      detail::prefer_large_pages(larger);
      larger.insert(larger.end(), from.begin(), from.end());
      to.swap(larger);
    };
    if (wide && !wide_) {
      move(floats_, doubles_, floats_.size() + more);
      floats_ = std::vector<float>();
      wide_ = true;
      return;
    }
    const auto grow = [&](auto& kept) {
      const std::size_t needed = kept.size() + more;
      if (needed > kept.capacity()) move(kept, kept, std::max(needed, kept.capacity() + kept.capacity() / 2));
    };
    wide_ ? grow(doubles_) : grow(floats_);
  }

  /// How many scores there are.
  [[nodiscard]] std::size_t size() const noexcept { return wide_ ? doubles_.size() : floats_.size(); }
  /// Whether there is none.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Whether they are kept as doubles.
  [[nodiscard]] bool wide() const noexcept { return wide_; }

  /// The scores in the type that they are kept in: double when wide(), else float. Empty for the other type.
  template <std::floating_point T>
  [[nodiscard]] std::span<const T> as() const noexcept {
    if constexpr (std::same_as<T, float>) {
      return floats_;
    } else {
      return doubles_;
    }
  }

  /// The sample but for its `count` largest scores, count <= size(); in another order. O(n).
  [[nodiscard]] Sample without_largest(std::size_t count) const {
    Sample kept = *this;
    const auto drop = [count](auto& scores) {
      const auto end = scores.end() - static_cast<std::ptrdiff_t>(count);
      std::ranges::nth_element(scores, end);
      scores.erase(end, scores.end());
    };
    wide_ ? drop(kept.doubles_) : drop(kept.floats_);
    return kept;
  }

  /// Calls `function` once with a std::span<const float> or a std::span<const double>.
  template <typename Function>
  decltype(auto) visit(Function&& function) const {
    return wide_ ? std::forward<Function>(function)(as<double>()) : std::forward<Function>(function)(as<float>());
  }

  /// All scores as doubles, ascending. O(n log n).
  [[nodiscard]] std::vector<double> sorted() const {
    std::vector<double> scores = visit([](auto kept) { return std::vector<double>(kept.begin(), kept.end()); });
    for (double& score : scores) score = stats::one_zero(score);
    std::ranges::sort(scores);
    return scores;
  }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.wide_);
    archive(self.floats_);
    archive(self.doubles_);
  }
  /// Whether what exchange() read may be such a sample.
  [[nodiscard]] bool restored() const noexcept {
    return (wide_ ? floats_.empty() : doubles_.empty()) &&
           visit([](auto scores) { return first_non_finite(scores) == scores.size(); });
  }

 private:
  std::vector<float> floats_;
  std::vector<double> doubles_;
  bool wide_ = false;
};

}  // namespace plimsoll
