// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/state_file.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "byte_source.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/snapshot_archive.hpp"
#include "plimsoll/io/file_error.hpp"
#include "plimsoll/io/write_file.hpp"

namespace plimsoll::io {
namespace {

constexpr std::string_view state_file_magic = "plimcoll";
constexpr std::uint64_t state_file_version = 1;

std::vector<std::byte> read_all(const std::string& path) {
  ByteSource source(path);
  std::vector<std::byte> bytes;
  constexpr std::size_t block = std::size_t{1} << 20;
  std::size_t got = block;
  while (got == block) {
    const std::size_t before = bytes.size();
    bytes.resize(before + block);
    got = source.read(reinterpret_cast<char*>(bytes.data() + before), block);
    bytes.resize(before + got);
  }
  return bytes;
}

}  // namespace

void write_state_file(const std::string& path, const StateFile& file) {
  detail::SnapshotWriter writer(state_file_magic, state_file_version);
  writer(file.direction);
  writer(file.snapshot);
  const std::vector<std::byte> bytes = std::move(writer).finish();
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

StateFile read_state_file(const std::string& path) {
  const std::vector<std::byte> bytes = read_all(path);
  try {
    detail::SnapshotReader reader("state file", state_file_magic, state_file_version, bytes);
    StateFile file;
    reader(file.direction);
    if (file.direction > ScoreDirection::lower_is_anomalous) reader.nonsense();
    reader(file.snapshot);
    reader.finish();
    return file;
  } catch (const DataError& error) {
    throw FileError((path == "-" ? "standard input" : path) + ": " + error.what());
  }
}

}  // namespace plimsoll::io
