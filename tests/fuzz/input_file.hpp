// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>

#include "folder.hpp"
#include "input.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::fuzz {

/// A file that holds the input, for readers that take a path; in memory where the system has such a folder, and gone
/// when the program ends.
class InputFile {
 public:
  /// `name` has the extension by which readers tell formats.
  explicit InputFile(const std::string& name)
      : folder_(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()),
        path_{folder_.file(name)} {}

  /// The path of the file, which now holds the bytes.
  const std::string& holding(const std::uint8_t* data, std::size_t size) {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    file.close();
    require(!file.fail(), "the temporary file can be written");
    return path_;
  }

 private:
  test::Folder folder_;
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

/// A file that was read, written as text: that must be read again, by `parse`, and written the same.
template <typename Parse>
void must_read_again(const std::string& text, const Parse& parse) {
  try {
    require(to_json(parse(text)) == text, "a file that was written is written the same again");
  } catch (const io::FileError& error) {
    require(false, error.what());
  }
}

}  // namespace plimsoll::fuzz
