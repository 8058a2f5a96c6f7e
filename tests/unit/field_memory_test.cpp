// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/field_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "plimsoll/synth/field.hpp"

using plimsoll::synth::Field;
using plimsoll::synth::detail::FieldAllocator;
using plimsoll::synth::detail::SpareMemory;

namespace {

constexpr std::size_t places = 16;
constexpr std::size_t smallest = 65536;

void* block(std::size_t bytes) {
  return ::operator new(bytes);
}

/// Runs in a thread, with spare memory of its own that is empty at first.
template <typename Body>
void in_a_thread(Body body) {
  std::thread(body).join();
}

/// The kept block of each size, or null.
std::vector<void*> taken(const std::vector<std::size_t>& sizes) {
  std::vector<void*> blocks;
  for (const std::size_t bytes : sizes) blocks.push_back(SpareMemory::of_thread()->take(bytes));
  return blocks;
}

/// What a thread has kept of its own when its spare memory is gone: made before, so destroyed after.
std::optional<Field>& longest_lived() {
  static thread_local std::optional<Field> field;
  return field;
}

}  // namespace

TEST_CASE("spare memory: blocks from 64 KiB to 4 MiB are kept") {
  CHECK_FALSE(SpareMemory::takes(65535));
  CHECK(SpareMemory::takes(65536));
  CHECK(SpareMemory::takes(4194304));
  CHECK_FALSE(SpareMemory::takes(4194305));
}

TEST_CASE("spare memory: a block is handed out once, to who asks for its size") {
  void* const small = block(smallest);
  void* const large = block(2 * smallest);
  std::vector<void*> found;
  in_a_thread([&] {
    SpareMemory::of_thread()->keep(small, smallest);
    SpareMemory::of_thread()->keep(large, 2 * smallest);
    found = taken({smallest + 1, 2 * smallest, 2 * smallest, smallest, smallest});
  });
  CHECK(found == std::vector<void*>{nullptr, large, nullptr, small, nullptr});
  ::operator delete(small);
  ::operator delete(large);
}

TEST_CASE("spare memory: with all places taken the oldest blocks make room, one after the other") {
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < places + 3; ++i) sizes.push_back(smallest + i);
  std::vector<void*> found;
  std::vector<void*> found_later;
  in_a_thread([&] {
    for (const std::size_t bytes : sizes) SpareMemory::of_thread()->keep(block(bytes), bytes);
    found = taken(sizes);
    // A place that was emptied is taken before a block has to go.
    for (const std::size_t bytes : {sizes[0], sizes[1]}) SpareMemory::of_thread()->keep(block(bytes), bytes);
    found_later = taken({sizes[0], sizes[1]});
  });
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    CAPTURE(i);
    CHECK((found[i] == nullptr) == (i < 3));
    ::operator delete(found[i]);
  }
  for (void* const memory : found_later) {
    CHECK(memory != nullptr);
    ::operator delete(memory);
  }
}

TEST_CASE("spare memory: a field's memory is the next field's of that size") {
  bool same_for_another_size = true;
  bool same_again = false;
  bool cleared = false;
  in_a_thread([&] {
    const float* before = nullptr;
    {
      const Field field(128, 128, 1.0F);
      before = field.values().data();
    }
    const Field smaller(128, 127);
    same_for_another_size = smaller.values().data() == before;
    const Field again(128, 128);
    same_again = again.values().data() == before;
    cleared = std::ranges::all_of(again.values(), [](float value) { return value == 0; });
  });
  CHECK_FALSE(same_for_another_size);
  CHECK(same_again);
  CHECK(cleared);
}

TEST_CASE("spare memory: a field may outlive that of its thread") {
  // AddressSanitizer, or the allocator, ends the test where a block is freed twice: those of the spare memory, which
  // has every place taken, when it ends and when the field wants a place.
  bool alive = false;
  in_a_thread([&] {
    longest_lived();
    {
      std::vector<Field> fields;
      for (std::size_t i = 0; i < places; ++i) fields.emplace_back(128, 128 + i);
    }
    longest_lived().emplace(256, 256, 1.0F);
    alive = longest_lived()->at(255, 255) == 1;
  });
  CHECK(alive);
}

TEST_CASE("spare memory: more numbers than can be counted in bytes are refused") {
  FieldAllocator<float> allocator;
  CHECK_THROWS_AS(allocator.allocate(std::numeric_limits<std::size_t>::max() / 4 + 1), std::bad_array_new_length);
}
