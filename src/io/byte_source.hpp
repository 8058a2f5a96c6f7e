// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <streambuf>
#include <string>

#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {

/// The bytes of a file, or of standard input for "-", front to back.
class ByteSource {
 public:
  explicit ByteSource(const std::string& path) : name_{path == "-" ? "standard input" : path} {
    if (path == "-") {
      buffer_ = std::cin.rdbuf();
      return;
    }
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) throw FileError(path + ": no such file");
    if (std::filesystem::is_directory(status)) throw FileError(path + ": is a directory");
    file_.open(path, std::ios::binary);
    if (!file_) throw FileError(path + ": cannot open for reading");
    buffer_ = file_.rdbuf();
    if (std::filesystem::is_regular_file(status)) {
      const std::uintmax_t size = std::filesystem::file_size(path, error);
      if (!error) size_ = size;
    }
  }

  /// What errors call it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// The next byte without taking it; -1 at the end.
  [[nodiscard]] int peek() {
    const auto byte = buffer_->sgetc();
    return byte == std::char_traits<char>::eof() ? -1 : static_cast<unsigned char>(byte);
  }

  /// Takes up to `count` bytes; fewer at the end only.
  std::size_t read(char* to, std::size_t count) {
    const auto got = static_cast<std::size_t>(buffer_->sgetn(to, static_cast<std::streamsize>(count)));
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
  std::string name_;
  std::ifstream file_;
  std::streambuf* buffer_ = nullptr;
  std::optional<std::uintmax_t> size_;
  std::uintmax_t position_ = 0;
};

}  // namespace plimsoll::io
