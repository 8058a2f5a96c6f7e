// SPDX-License-Identifier: Apache-2.0
// Compiled with -ffinite-math-only, NaN would pass as normal.
#include "plimsoll/core/cutoff.hpp"

static_assert(plimsoll::Cutoff{1.0}(2.0));
