// SPDX-License-Identifier: Apache-2.0
#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace plimsoll::test {
std::size_t allocations = 0;
std::size_t fails_at = 0;
}  // namespace plimsoll::test

// Not inlined, or g++ sees free() take what operator new gave, and warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (++plimsoll::test::allocations == plimsoll::test::fails_at) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
