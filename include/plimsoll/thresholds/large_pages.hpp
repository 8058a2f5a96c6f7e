// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace plimsoll::detail {

/// Asks for the vector's memory in large pages where it is some megabytes and nothing was written there yet. A hint:
/// Linux clears 2 MB at once instead of interrupting the program for every 4 kB, which takes longer than to copy the
/// scores there. Nothing happens elsewhere, nor where the system is told not to.
template <typename T>
void prefer_large_pages(std::vector<T>& empty) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t page = std::uintptr_t{1} << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(empty.data());
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + empty.capacity() * sizeof(T)) / page * page;
  if (first < last) (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)empty;
#endif
}

}  // namespace plimsoll::detail
