// SPDX-License-Identifier: Apache-2.0
// A cutoff decides floating-point scores; an integer is a mistake, such as a label.
#include "plimsoll/core/cutoff.hpp"

#ifdef PLIMSOLL_FAIL
constexpr bool decision = plimsoll::Cutoff{1.0}(2);
#else
constexpr bool decision = plimsoll::Cutoff{1.0}(2.0);
#endif
static_assert(decision);
