// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <system_error>

#include "input.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::fuzz {

/// A file that holds the input, for readers that take a path; in memory where the system has such a folder, and gone
/// when the program ends.
class InputFile {
 public:
  /// `name` has the extension by which readers tell formats.
  explicit InputFile(const std::string& name) {
    std::error_code ignored;
    const std::filesystem::path memory = "/dev/shm";
    const auto base = std::filesystem::is_directory(memory, ignored) ? memory : std::filesystem::temp_directory_path();
    std::string folder = (base / "plimsoll-fuzz-XXXXXX").string();
    require(::mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
    folder_ = folder;
    path_ = (folder_ / name).string();
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// The path of the file, which now holds the bytes.
  const std::string& holding(const std::uint8_t* data, std::size_t size) {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    file.close();
    require(!file.fail(), "the temporary file can be written");
    return path_;
  }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

/// Calls `read`, which may refuse the file by a FileError of one line that begins with the file's name; all else
/// that it throws ends the program.
template <typename Read>
void may_refuse(const std::string& name, const Read& read) {
  try {
    read();
  } catch (const io::FileError& error) {
    const std::string message = error.what();
    require(message.starts_with(name), "an error begins with the file's name");
    require(message.find('\n') == std::string::npos, "an error is one line");
  }
}

}  // namespace plimsoll::fuzz
