// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/adjustments.hpp"
#include "plimsoll/synth/affine.hpp"
#include "plimsoll/synth/planes.hpp"
#include "plimsoll/synth/random_stream.hpp"
#include "plimsoll/synth/rotation.hpp"

namespace plimsoll::synth {

/// Random changes of an image: those that anomalib's generator makes to the source of an anomaly, with its ranges.
enum class Augmentation : std::uint8_t {
  contrast,      ///< adjust_contrast, factor in [0.5, 2)
  brightness,    ///< adjust_brightness, factor in [0.8, 1.2)
  sharpness,     ///< adjust_sharpness, factor 2
  hue,           ///< turn_hue by up to 50 degrees either way, then adjust_saturation, factor in [0.5, 1.5)
  solarise,      ///< threshold in [32/255, 128/255)
  posterise,     ///< to 4 bits
  invert,        ///< always
  auto_augment,  ///< one of AutoAugment's 25 pairs of operations for ImageNet, see docs/sources.md
  equalise,      ///< always
  rotation,      ///< by up to 45 degrees either way, 0 outside
};

/// All of them, in the order of their numbers.
inline constexpr std::array<Augmentation, 10> augmentations{
    Augmentation::contrast, Augmentation::brightness, Augmentation::sharpness, Augmentation::hue,
    Augmentation::solarise, Augmentation::posterise,  Augmentation::invert,    Augmentation::auto_augment,
    Augmentation::equalise, Augmentation::rotation,
};

/// The name of the enumerator.
[[nodiscard]] constexpr std::string_view to_string(Augmentation augmentation) noexcept {
  switch (augmentation) {
    case Augmentation::contrast: return "contrast";
    case Augmentation::brightness: return "brightness";
    case Augmentation::sharpness: return "sharpness";
    case Augmentation::hue: return "hue";
    case Augmentation::solarise: return "solarise";
    case Augmentation::posterise: return "posterise";
    case Augmentation::invert: return "invert";
    case Augmentation::auto_augment: return "auto_augment";
    case Augmentation::equalise: return "equalise";
    default: return "rotation";
  }
}

namespace detail {

enum class PolicyOperation : std::uint8_t {
  posterise,
  solarise,
  equalise,
  rotate,
  auto_contrast,
  colour,
  sharpness,
  invert,
  contrast,
  shear,
};

/// An operation, its probability in tenths, and its magnitude of 0 to 9.
struct PolicyStep {
  PolicyOperation operation;
  std::uint8_t tenths;
  std::uint8_t magnitude;
};

/// Cubuk, Zoph, Mane, Vasudevan and Le 2019, AutoAugment: Learning Augmentation Strategies from Data, CVPR, table 9.
/// Operations without a magnitude have 0.
inline constexpr auto imagenet_policy = [] {
  using enum PolicyOperation;
  return std::to_array<std::array<PolicyStep, 2>>({
      {{{posterise, 4, 8}, {rotate, 6, 9}}},  {{{solarise, 6, 5}, {auto_contrast, 6, 0}}},
      {{{equalise, 8, 0}, {equalise, 6, 0}}}, {{{posterise, 6, 7}, {posterise, 6, 6}}},
      {{{equalise, 4, 0}, {solarise, 2, 4}}}, {{{equalise, 4, 0}, {rotate, 8, 8}}},
      {{{solarise, 6, 3}, {equalise, 6, 0}}}, {{{posterise, 8, 5}, {equalise, 10, 0}}},
      {{{rotate, 2, 3}, {solarise, 6, 8}}},   {{{equalise, 6, 0}, {posterise, 4, 6}}},
      {{{rotate, 8, 8}, {colour, 4, 0}}},     {{{rotate, 4, 9}, {equalise, 6, 0}}},
      {{{equalise, 0, 0}, {equalise, 8, 0}}}, {{{invert, 6, 0}, {equalise, 10, 0}}},
      {{{colour, 6, 4}, {contrast, 10, 8}}},  {{{rotate, 8, 8}, {colour, 10, 2}}},
      {{{colour, 8, 8}, {solarise, 8, 7}}},   {{{sharpness, 4, 7}, {invert, 6, 0}}},
      {{{shear, 6, 5}, {equalise, 10, 0}}},   {{{colour, 4, 0}, {equalise, 6, 0}}},
      {{{equalise, 4, 0}, {solarise, 2, 4}}}, {{{solarise, 6, 5}, {auto_contrast, 6, 0}}},
      {{{invert, 6, 0}, {equalise, 10, 0}}},  {{{colour, 6, 4}, {contrast, 10, 8}}},
      {{{equalise, 8, 0}, {equalise, 6, 0}}},
  });
}();

inline void rotate(Planes& planes, double degrees) {
  const Rotation turn = rotation(degrees);
  planes = warped(planes, Affine::about_centre(planes[0], {turn.cosine, turn.sine}, {0 - turn.sine, turn.cosine}));
}

/// One operation. Magnitudes mean what they do in torchvision: 0 is nothing, and 9 is a shear of 0.3, a rotation of 30
/// degrees or a change of 0.9 in a factor, each either way; 4 of 8 bits, and 0 as the threshold of solarise.
inline void apply(PolicyOperation operation, int magnitude, bool negative, Planes& planes) {
  const double signed_ninths = (negative ? -magnitude : magnitude) / 9.0;
  const double factor = 1 + 0.9 * signed_ninths;
  switch (operation) {
    case PolicyOperation::posterise: return posterise(planes, 8 - (4 * magnitude + 4) / 9);
    case PolicyOperation::solarise: return solarise(planes, 1 - magnitude / 9.0);
    case PolicyOperation::equalise: return equalise(planes);
    case PolicyOperation::rotate: return rotate(planes, 30 * signed_ninths);
    case PolicyOperation::auto_contrast: return auto_contrast(planes);
    case PolicyOperation::colour: return adjust_saturation(planes, factor);
    case PolicyOperation::sharpness: return adjust_sharpness(planes, factor);
    case PolicyOperation::invert: return invert(planes);
    case PolicyOperation::contrast: return adjust_contrast(planes, factor);
    case PolicyOperation::shear: planes = warped(planes, {{1, 0, 0}, {0.3 * signed_ninths, 1, 0}}); return;
  }
}

inline void auto_augment(Planes& planes, RandomStream& random) {
  const auto& steps = imagenet_policy[random.below(static_cast<std::uint32_t>(imagenet_policy.size()))];
  for (const PolicyStep& step : steps) {
    const bool done = random.below(10) < step.tenths;
    const bool negative = random.chance(0.5);
    if (done) apply(step.operation, step.magnitude, negative, planes);
  }
}

}  // namespace detail

/// Makes this change to the planes, 0 to 1, which stay so. Every other part of it that is not fixed is drawn from
/// `random`. Throws DataError for planes of unequal size.
inline void apply(Augmentation augmentation, Planes& planes, RandomStream& random) {
  detail::check_planes(planes, "apply");
  switch (augmentation) {
    case Augmentation::contrast: return adjust_contrast(planes, random.uniform(0.5, 2));
    case Augmentation::brightness: return adjust_brightness(planes, random.uniform(0.8, 1.2));
    case Augmentation::sharpness: return adjust_sharpness(planes, 2);
    case Augmentation::hue: {
      const double turns = random.uniform(-50.0 / 360, 50.0 / 360);
      const double saturation = random.uniform(0.5, 1.5);
      turn_hue(planes, turns);
      return adjust_saturation(planes, saturation);
    }
    case Augmentation::solarise: return solarise(planes, random.uniform(32.0 / 255, 128.0 / 255));
    case Augmentation::posterise: return posterise(planes, 4);
    case Augmentation::invert: return invert(planes);
    case Augmentation::auto_augment: return detail::auto_augment(planes, random);
    case Augmentation::equalise: return equalise(planes);
    case Augmentation::rotation: return detail::rotate(planes, random.uniform(-45, 45));
  }
}

/// Makes `count` different changes drawn at random, one after the other in random order, and tells which. anomalib
/// makes 3. O(count pixels).  Throws ParameterError for more than there are.
inline std::vector<Augmentation> augment(Planes& planes, std::size_t count, RandomStream& random) {
  if (count > augmentations.size()) {
    throw ParameterError("augment: count = " + std::to_string(count) + " is not in [0, " +
                         std::to_string(augmentations.size()) + "]");
  }
  std::array<Augmentation, augmentations.size()> order = augmentations;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t other = i + random.below(static_cast<std::uint32_t>(order.size() - i));
    std::swap(order[i], order[other]);
    apply(order[i], planes, random);
  }
  return {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace plimsoll::synth
