// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/core/mask.hpp"

#ifdef PLIMSOLL_FAIL
using Pixel = float;
#else
using Pixel = unsigned char;
#endif
plimsoll::Mask mask(const Pixel* pixels) {
  return plimsoll::Mask(pixels, 2, 3);
}
