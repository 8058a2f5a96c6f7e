// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// \file
/// For programs with allocations.cpp, whose operator new counts, and fails where it is told to.

namespace plimsoll::test {

extern std::size_t allocations;
extern std::size_t fails_at;  ///< the number of the allocation that fails; 0 for none

}  // namespace plimsoll::test
