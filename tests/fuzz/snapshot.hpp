// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "input.hpp"
#include "plimsoll/core/error.hpp"
#include "signed_bytes.hpp"

namespace plimsoll::fuzz {

/// Calls `read` with the bytes, and with the bytes with a checksum that is right, which no fuzzer finds.
template <typename Read>
void as_it_is_and_signed(const std::uint8_t* data, std::size_t size, const Read& read) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  const std::vector<std::byte> bytes(first, first + size);
  read(bytes);
  if (size >= 8) read(test::signed_again(bytes));
}

}  // namespace plimsoll::fuzz
