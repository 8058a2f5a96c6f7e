// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {

/// The bytes of a file, or of standard input for "-", front to back. Every error is a FileError; an error in the
/// middle is not taken for the end.
class ByteSource {
 public:
  explicit ByteSource(const std::string& path) : name_{path == "-" ? "standard input" : path} {
    if (path == "-") {
      file_ = stdin;
      return;
    }
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) throw FileError(path + ": is a directory");
    owned_.reset(std::fopen(path.c_str(), "rb"));
    file_ = owned_.get();
    if (file_ == nullptr) {
      throw FileError(path + ": " +
                      (errno == ENOENT ? "no such file" : std::string("cannot open: ") + std::strerror(errno)));
    }
    if (std::filesystem::is_regular_file(status)) {
      const std::uintmax_t size = std::filesystem::file_size(path, error);
      if (!error) size_ = size;
    }
  }

  /// What errors call it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// The next byte without taking it; -1 at the end.
  [[nodiscard]] int peek() {
    const int byte = std::getc(file_);
    check();
    if (byte == EOF) return -1;
    std::ungetc(byte, file_);
    return byte;
  }

  /// Takes up to `count` bytes; fewer at the end only.
  std::size_t read(char* to, std::size_t count) {
    const std::size_t got = std::fread(to, 1, count, file_);
    if (got < count) check();
    position_ += got;
    return got;
  }

  /// The bytes left, where the length is known.
  [[nodiscard]] std::optional<std::uintmax_t> left() const noexcept {
    if (!size_) return std::nullopt;
    return *size_ - std::min(*size_, position_);
  }

  [[nodiscard]] std::optional<double> progress() const noexcept {
    if (!size_ || *size_ == 0) return std::nullopt;
    return static_cast<double>(position_) / static_cast<double>(*size_);
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  void check() const {
    if (std::ferror(file_) != 0) throw FileError(name_ + ": cannot read: " + std::strerror(errno));
  }

  std::string name_;
  std::unique_ptr<std::FILE, Close> owned_;
  std::FILE* file_ = nullptr;
  std::optional<std::uintmax_t> size_;
  std::uintmax_t position_ = 0;
};

/// All that is left.
[[nodiscard]] inline std::string read_text(ByteSource& source) {
  std::string text;
  std::array<char, 1 << 16> block;
  while (const std::size_t got = source.read(block.data(), block.size())) text.append(block.data(), got);
  return text;
}

/// A megabyte: more than any file has that read_small_text is for.
constexpr std::size_t most_small_text = std::size_t{1} << 20;

/// All that is left of a source of at most a megabyte.
[[nodiscard]] inline std::string read_small_text(ByteSource& source, std::string_view kind) {
  std::string text(most_small_text + 1, '\0');
  text.resize(source.read(text.data(), text.size()));
  if (text.size() > most_small_text)
    throw FileError(source.name() + ": is over a megabyte, which no " + std::string(kind) + " is");
  return text;
}

}  // namespace plimsoll::io
