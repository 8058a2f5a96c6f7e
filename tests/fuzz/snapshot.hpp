// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <span>
#include <string>
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

/// All bytes of a file.
inline std::vector<std::byte> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace plimsoll::fuzz
