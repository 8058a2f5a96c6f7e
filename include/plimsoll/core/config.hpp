// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// What plimsoll demands of the compiler, checked once. Flags that break NaN without saying so to the preprocessor,
/// such as clang's -fno-honor-nans, cannot be refused here and are not supported.

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error \
    "plimsoll: NaN scores must be anomalous, and -ffast-math / -ffinite-math-only lets the compiler \
assume that there are none. Compile with -fno-finite-math-only."
#endif

#if defined(__FLT16_MANT_DIG__)
/// 1 where the compiler has a 16-bit float (g++ 12 and clang 15 on x86-64, both on arm64), else 0.
#define PLIMSOLL_HAS_HALF 1
#else
/// 0 where the compiler has no 16-bit `_Float16`.
#define PLIMSOLL_HAS_HALF 0
#endif

namespace plimsoll {

#if PLIMSOLL_HAS_HALF
/// IEEE 754 binary16, where the compiler has it (see PLIMSOLL_HAS_HALF). g++ before 13 has no _Float16 in C++ on arm64.
#if defined(__aarch64__) && !defined(__clang__) && __GNUC__ < 13
using Half = __fp16;
#else
using Half = _Float16;
#endif
#endif

}  // namespace plimsoll
