// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/write_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const char* what, int error) {
  throw FileError(path + ": cannot " + what + ": " + std::strerror(error));
}

/// Writes and flushes all, to the disk itself where the file has one. `shown` is what errors call it.
void write_all(std::FILE* file, const std::string& shown, std::string_view content) {
  errno = 0;
  bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size() && std::fflush(file) == 0;
  // Pipes and terminals cannot be synchronised, which is no failure to write.
  if (written && ::fsync(::fileno(file)) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) written = false;
  if (!written) fail(shown, "write", errno);
}

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

/// The file that a link stands for, also when there is none yet.
fs::path follow_links(fs::path path) {
  constexpr int most_links = 40;  // as many as Linux follows
  std::error_code error;
  for (int links = 0; links < most_links && fs::is_symlink(path, error); ++links) {
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  return path;
}

/// A new file beside the target, which nobody else has, gone again unless it was renamed.
class Temporary {
 public:
  Temporary(const fs::path& target, const std::string& shown) {
    const std::string stem = target.string() + "." + std::to_string(::getpid()) + ".";
    constexpr int most_tries = 1000;
    int descriptor = -1;
    for (int number = 0; descriptor < 0 && number < most_tries; ++number) {
      path_ = stem + std::to_string(number) + ".tmp";
      constexpr mode_t as_asked_by_umask = 0666;
      descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, as_asked_by_umask);
      if (descriptor < 0 && errno != EEXIST) break;
    }
    if (descriptor < 0) fail(shown, "write", errno);
    file_.reset(::fdopen(descriptor, "wb"));
    if (!file_) {
      const int error = errno;
      ::close(descriptor);
      ::unlink(path_.c_str());
      fail(shown, "write", error);
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  [[nodiscard]] std::FILE* file() const noexcept { return file_.get(); }

  void rename_to(const fs::path& target, const std::string& shown) {
    file_.reset();
    if (std::rename(path_.c_str(), target.c_str()) != 0) fail(shown, "replace", errno);
    renamed_ = true;
  }

 private:
  std::string path_;
  File file_;
  bool renamed_ = false;
};

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
    const File file(std::fopen(path.c_str(), "wb"));
    if (!file) fail(path, "open for writing", errno);
    write_all(file.get(), path, content);
    return;
  }
  const fs::path target = follow_links(path);
  Temporary temporary(target, path);
  if (fs::exists(status)) {
    const auto permissions = static_cast<mode_t>(status.permissions() & fs::perms::mask);
    if (::fchmod(::fileno(temporary.file()), permissions) != 0) fail(path, "write", errno);
  }
  write_all(temporary.file(), path, content);
  temporary.rename_to(target, path);
}

}  // namespace plimsoll::io
