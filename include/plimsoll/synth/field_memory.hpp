// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace plimsoll::synth::detail {

/// rows * columns * channels, of which a vector can have as many; throws std::bad_array_new_length where there is none.
[[nodiscard]] inline std::size_t element_count(std::size_t rows, std::size_t columns, std::size_t channels = 1) {
  constexpr std::size_t most = static_cast<std::size_t>(-1) / 2 / sizeof(double);
  if (rows == 0 || columns == 0) return 0;
  if (rows > most / columns || rows * columns > most / channels) throw std::bad_array_new_length();
  return rows * columns * channels;
}

/// Blocks of memory that are kept for the next who asks for the same size. The system clears fresh memory page by page,
/// which took half the time of a synthetic anomaly.
class SpareMemory {
 public:
  /// Smaller ones are no burden, larger ones would be to keep: from 64 KiB to 4 MiB.
  [[nodiscard]] static constexpr bool takes(std::size_t bytes) noexcept {
    return bytes >= std::size_t{1} << 16 && bytes <= std::size_t{1} << 22;
  }

  SpareMemory() = default;
  SpareMemory(const SpareMemory&) = delete;
  SpareMemory& operator=(const SpareMemory&) = delete;
  ~SpareMemory() {
    gone() = true;
    for (const Block& block : blocks_) ::operator delete(block.memory);
  }

  /// That of this thread; null when the thread ends.
  [[nodiscard]] static SpareMemory* of_thread() {
    if (gone()) return nullptr;
    static thread_local SpareMemory memory;
    return &memory;
  }

  /// A block of this size, or null.
  [[nodiscard]] void* take(std::size_t bytes) noexcept {
    for (Block& block : blocks_) {
      if (block.bytes == bytes) {
        block.bytes = 0;
        return std::exchange(block.memory, nullptr);
      }
    }
    return nullptr;
  }

  /// Keeps the block in an empty place, or in that of one kept before.
  void keep(void* memory, std::size_t bytes) noexcept {
    for (Block& block : blocks_) {
      if (block.memory == nullptr) {
        block = {memory, bytes};
        return;
      }
    }
    Block& block = blocks_[next_++ % blocks_.size()];
    ::operator delete(block.memory);
    block = {memory, bytes};
  }

 private:
  struct Block {
    void* memory = nullptr;
    std::size_t bytes = 0;
  };

  [[nodiscard]] static bool& gone() noexcept {
    static thread_local bool value = false;
    return value;
  }

  std::array<Block, 16> blocks_{};
  std::size_t next_ = 0;
};

/// The allocator of fields: std::allocator, but memory of medium size is used again by the same thread, and a vector of
/// a size without a value is left as the memory was, for its owner to fill: vectors fill and copy by way of an
/// allocator of one's own one number after the other.
template <typename T>
struct FieldAllocator {
  using value_type = T;

  FieldAllocator() = default;
  template <typename U>
  FieldAllocator(const FieldAllocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    const std::size_t bytes = count * sizeof(T);
    SpareMemory* const spare = SpareMemory::takes(bytes) ? SpareMemory::of_thread() : nullptr;
    void* const memory = spare == nullptr ? nullptr : spare->take(bytes);
    return static_cast<T*>(memory == nullptr ? ::operator new(bytes) : memory);
  }

  void deallocate(T* memory, std::size_t count) noexcept {
    const std::size_t bytes = count * sizeof(T);
    SpareMemory* const spare = SpareMemory::takes(bytes) ? SpareMemory::of_thread() : nullptr;
    if (spare == nullptr) {
      ::operator delete(memory);
    } else {
      spare->keep(memory, bytes);
    }
  }

  template <typename U>
  void construct(U*) noexcept {}
  template <typename U, typename... Values>
  void construct(U* place, Values&&... values) {
    std::construct_at(place, std::forward<Values>(values)...);
  }

  friend bool operator==(FieldAllocator, FieldAllocator) noexcept { return true; }
};

}  // namespace plimsoll::synth::detail
