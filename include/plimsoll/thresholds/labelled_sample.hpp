// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "plimsoll/core/label.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

/// Normal and anomalous scores apart, both in the same type. Splitting them as they come makes every later pass
/// free of labels. Whatever throws leaves the sample as it was.
class LabelledSample {
 public:
  /// Adds scores that all have this label; finite ones.
  template <std::floating_point T>
  void append(std::span<const T> scores, Label label) {
    const bool anomalous = label == Label::anomalous;
    make_room(sizeof(T) == 8, anomalous ? 0 : scores.size(), anomalous ? scores.size() : 0);
    (anomalous ? anomalous_ : normal_).append(scores);
  }

  /// labels[i] is 0 or 1.
  template <std::floating_point T>
  void append(std::span<const T> scores, std::span<const std::uint8_t> labels) {
    // Split block by block without branches: every score is written to both, and one of the ends moves on.
    constexpr std::size_t block = 4096;
    T normals[block];
    T anomalies[block];
    std::size_t anomalous_total = 0;
    for (const std::uint8_t label : labels) anomalous_total += label;
    make_room(sizeof(T) == 8, scores.size() - anomalous_total, anomalous_total);
    for (std::size_t begin = 0; begin < scores.size(); begin += block) {
      const std::size_t end = scores.size() - begin < block ? scores.size() : begin + block;
      std::size_t normal_count = 0;
      std::size_t anomalous_count = 0;
      for (std::size_t i = begin; i < end; ++i) {
        normals[normal_count] = scores[i];
        anomalies[anomalous_count] = scores[i];
        anomalous_count += labels[i];
        normal_count += 1U - labels[i];
      }
      normal_.append(std::span<const T>(normals, normal_count));
      anomalous_.append(std::span<const T>(anomalies, anomalous_count));
    }
  }

  /// Adds the other's scores.
  void merge(const LabelledSample& other) {
    make_room(other.normal_.wide(), other.normal_count(), other.anomalous_count());
    normal_.merge(other.normal_);
    anomalous_.merge(other.anomalous_);
  }

  /// Normal scores that were added.
  [[nodiscard]] std::size_t normal_count() const noexcept { return normal_.size(); }
  /// Anomalous scores that were added.
  [[nodiscard]] std::size_t anomalous_count() const noexcept { return anomalous_.size(); }

  /// Calls `function(normal, anomalous)` once with two std::span<const float>, or two of double.
  template <typename Function>
  decltype(auto) visit(Function&& function) const {
    return normal_.wide() ? std::forward<Function>(function)(normal_.as<double>(), anomalous_.as<double>())
                          : std::forward<Function>(function)(normal_.as<float>(), anomalous_.as<float>());
  }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.normal_);
    archive(self.anomalous_);
  }
  /// Whether what exchange() read may be such a sample.
  [[nodiscard]] bool restored() const noexcept { return normal_.wide() == anomalous_.wide(); }

 private:
  /// Takes all the memory at once, so that what follows cannot fail half-way. Both become wide or neither does.
  void make_room(bool wide, std::size_t normals, std::size_t anomalies) {
    if (wide && !normal_.wide()) {
      Sample normal = normal_;
      normal.make_room(true, normals);
      anomalous_.make_room(true, anomalies);
      normal_ = std::move(normal);
    } else {
      normal_.make_room(false, normals);
      anomalous_.make_room(false, anomalies);
    }
  }

  Sample normal_;
  Sample anomalous_;
};

}  // namespace plimsoll
