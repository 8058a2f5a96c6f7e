// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/threshold.hpp"

namespace plimsoll {

/// A Threshold of any type, chosen at run time; itself a Threshold. Copies deeply; after
/// it was moved from it may only be assigned to or destroyed. Only collecting and fitting
/// go through it: the decision is always the plain Cutoff in the Fit.
class AnyThreshold {
 public:
  /// Holds the threshold, by value. Throws std::bad_alloc.
  template <typename T>
  requires(!std::same_as<T, AnyThreshold>) && Threshold<T> AnyThreshold(T threshold)
      : held_{std::make_unique<Held<T>>(std::move(threshold))} {}

  /// A deep copy. Throws std::bad_alloc.
  AnyThreshold(const AnyThreshold& other) : held_{other.held_ ? other.held_->clone() : nullptr} {}
  /// Takes the held threshold over; the other may then only be assigned to or destroyed.
  AnyThreshold(AnyThreshold&&) noexcept = default;
  /// A deep copy; when it throws, this is as it was.
  AnyThreshold& operator=(const AnyThreshold& other) {
    if (this != &other) held_ = other.held_ ? other.held_->clone() : nullptr;
    return *this;
  }
  /// As the move constructor.
  AnyThreshold& operator=(AnyThreshold&&) noexcept = default;
  ~AnyThreshold() = default;

  /// Adds normal scores, as the concept Threshold says. Throws DataError.
  void update(Scores scores) { held_->update(scores, Label::normal); }
  /// Adds scores that all have this label.
  void update(Scores scores, Label label) { held_->update(scores, label); }
  /// Adds scores with a label each.
  void update(Scores scores, Labels labels) { held_->update(scores, labels); }
  /// Adds a map without anomalies.
  void update(ScoreMap map) { held_->update(map, Label::normal); }
  /// Adds a map that is normal or anomalous as a whole.
  void update(ScoreMap map, Label label) { held_->update(map, label); }
  /// Adds a map with its true mask, of the same size.
  void update(ScoreMap map, Mask mask) { held_->update(map, mask); }
  /// The Fit of everything collected.
  [[nodiscard]] Fit compute() const { return held_->compute(); }
  /// Forgets what was collected, keeps the parameters.
  void reset() { held_->reset(); }

  /// Throws ParameterError when the other is of another method or has other parameters.
  void merge(const AnyThreshold& other) { held_->merge(*other.held_); }

  /// What is known about the held method.
  [[nodiscard]] const MethodInfo& info() const { return held_->info(); }
  /// The held threshold's parameters by name.
  [[nodiscard]] ParameterMap parameter_values() const { return held_->parameter_values(); }

  /// As Estimator::snapshot(). restore_threshold() of the registry reads it. Throws ParameterError for a threshold that
  /// has no snapshot, as those made outside of this library may.
  [[nodiscard]] std::vector<std::byte> snapshot() const { return held_->snapshot(); }

 private:
  struct Base {
    Base() = default;
    Base(const Base&) = default;
    Base& operator=(const Base&) = delete;
    virtual ~Base() = default;
    virtual std::unique_ptr<Base> clone() const = 0;
    virtual void update(Scores, Label) = 0;
    virtual void update(Scores, Labels) = 0;
    virtual void update(ScoreMap, Label) = 0;
    virtual void update(ScoreMap, Mask) = 0;
    virtual Fit compute() const = 0;
    virtual void reset() = 0;
    virtual void merge(const Base&) = 0;
    virtual const MethodInfo& info() const = 0;
    virtual ParameterMap parameter_values() const = 0;
    virtual std::vector<std::byte> snapshot() const = 0;
  };

  template <Threshold T>
  struct Held final : Base {
    explicit Held(T threshold) : value{std::move(threshold)} {}
    std::unique_ptr<Base> clone() const override { return std::make_unique<Held>(*this); }
    void update(Scores scores, Label label) override { value.update(scores, label); }
    void update(Scores scores, Labels labels) override { value.update(scores, labels); }
    void update(ScoreMap map, Label label) override { value.update(map, label); }
    void update(ScoreMap map, Mask mask) override { value.update(map, mask); }
    Fit compute() const override { return value.compute(); }
    void reset() override { value.reset(); }
    void merge(const Base& other) override {
      const auto* same = dynamic_cast<const Held*>(&other);
      if (same == nullptr) {
        throw ParameterError(std::string(info().name) + ": cannot merge with " + std::string(other.info().name));
      }
      value.merge(same->value);
    }
    const MethodInfo& info() const override { return value.info(); }
    ParameterMap parameter_values() const override { return value.parameter_values(); }
    std::vector<std::byte> snapshot() const override {
      if constexpr (requires(const T& threshold) { threshold.snapshot(); }) {
        return value.snapshot();
      } else {
        throw ParameterError(std::string(info().name) + ": has no snapshot");
      }
    }
    T value;
  };

  std::unique_ptr<Base> held_;
};

static_assert(Threshold<AnyThreshold>);

}  // namespace plimsoll
