// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "plimsoll/decide/calibration.hpp"

namespace device {

inline constexpr std::size_t rows = 48;
inline constexpr std::size_t columns = 64;

bool reject(float score);
plimsoll::Decision decide(const float* map);  ///< rows x columns, row by row
float shown(float score);                     ///< in [0, 1]

}  // namespace device
