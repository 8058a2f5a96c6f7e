// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/affine.hpp"
#include "plimsoll/synth/field.hpp"

namespace plimsoll::synth {

/// The unit vector of an angle.
struct Rotation {
  double cosine = 1;  ///< of the angle
  double sine = 0;    ///< of the angle
};

/// That of an angle in degrees, in [-1e9, 1e9], to within 1e-13, exact at the multiples of 90; the same bits
/// everywhere, which std::cos does not give. Taylor's series within an eighth of a turn. Throws ParameterError.
[[nodiscard]] inline Rotation rotation(double degrees) {
  if (!(std::abs(degrees) <= 1e9)) {
    throw ParameterError("rotation: degrees = " + std::to_string(degrees) + " is not in [-1e9, 1e9]");
  }
  const double quarters = std::floor(degrees / 90 + 0.5);
  const double angle = (degrees - 90 * quarters) * 0.017453292519943295;  // within +-pi/4
  const double square = angle * angle;
  // The first terms left out, angle^15 / 15! and angle^16 / 16!, are below 3e-14.
  double sine = 1;
  for (const double product : {156.0, 110.0, 72.0, 42.0, 20.0, 6.0}) sine = 1 - square / product * sine;
  sine *= angle;
  double cosine = 1;
  for (const double product : {182.0, 132.0, 90.0, 56.0, 30.0, 12.0, 2.0}) cosine = 1 - square / product * cosine;
  const double turns = quarters - 4 * std::floor(quarters / 4);
  if (turns == 1) return {0 - sine, cosine};
  if (turns == 2) return {0 - cosine, 0 - sine};
  if (turns == 3) return {sine, 0 - cosine};
  return {cosine, sine};
}

/// The grid turned about its centre, ((rows - 1) / 2, (columns - 1) / 2), anticlockwise as it is seen with row 0 at the
/// top, in its own size; bilinear between pixels, 0 outside (torchvision's `affine` and `rotate` with fill 0, but for
/// the outermost pixel's width, where those darken twice). O(pixels).
[[nodiscard]] inline Field rotated(const Field& grid, const Rotation& by) {
  return warped(grid, Affine::about_centre(grid, {by.cosine, by.sine}, {0 - by.sine, by.cosine}));
}

}  // namespace plimsoll::synth
