// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace plimsoll::io {

/// A file that is written piece by piece as write_file writes one: under a temporary name, which is gone again unless
/// finish() is reached.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view bytes);

  /// Brings everything to the disk and gives the file its name. Nothing may be written afterwards.
  void finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  void create_beside_target(mode_t permissions);

  std::string shown_;      ///< what errors call it
  std::string target_;     ///< what the temporary file becomes
  std::string temporary_;  ///< empty where it is written to directly
  std::unique_ptr<std::FILE, Close> owned_;
  std::FILE* file_ = nullptr;
};

}  // namespace plimsoll::io
