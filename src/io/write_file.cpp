// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/write_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const char* what, int error) {
  throw FileError(path + ": cannot " + what + ": " + std::strerror(error));
}

/// Writes and flushes all, to the disk itself where the system can.
void write_all(std::FILE* file, const std::string& path, std::string_view content) {
  errno = 0;
  bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size() && std::fflush(file) == 0;
#if defined(__unix__) || defined(__APPLE__)
  // Pipes and terminals cannot be synchronised, which is no failure to write.
  if (written && ::fsync(::fileno(file)) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) written = false;
#endif
  if (!written) fail(path, "write", errno);
}

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

/// `shown` is what errors call the file.
void write_directly(const std::string& path, const std::string& shown, std::string_view content) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "wb"));
  if (!file) fail(shown, "open for writing", errno);
  write_all(file.get(), shown, content);
}

/// The file that a link stands for, also when there is none yet.
fs::path follow_links(fs::path path) {
  constexpr int most_links = 40;  // as many as Linux follows
  std::error_code error;
  for (int links = 0; links < most_links && fs::is_symlink(path, error); ++links) {
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  return path;
}

}  // namespace

void write_file(const std::string& path, std::string_view content) {
  if (path == "-" || path == "/dev/stdout") {
    write_all(stdout, "standard output", content);
    return;
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) throw FileError(path + ": is a directory");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    write_directly(path, path, content);
    return;
  }
  const fs::path target = follow_links(path);
#if defined(__unix__) || defined(__APPLE__)
  const std::string suffix = std::to_string(::getpid());
#else
  const std::string suffix = "new";
#endif
  const std::string temporary = target.string() + "." + suffix + ".tmp";
  try {
    write_directly(temporary, path, content);
    if (fs::exists(status)) fs::permissions(temporary, status.permissions());
    fs::rename(temporary, target);
  } catch (const fs::filesystem_error& failure) {
    fs::remove(temporary, error);
    throw FileError(path + ": cannot replace: " + failure.code().message());
  } catch (const FileError&) {
    fs::remove(temporary, error);
    throw;
  }
}

}  // namespace plimsoll::io
