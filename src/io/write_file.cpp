// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/write_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "atomic_file.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const char* what, int error) {
  throw FileError(path + ": cannot " + what + ": " + std::strerror(error));
}

/// The file that a link stands for, also when there is none yet.
fs::path follow_links(fs::path path) {
  constexpr int most_links = 40;  // as many as Linux follows
  std::error_code error;
  const std::string first = path.string();
  for (int links = 0; fs::is_symlink(path, error); ++links) {
    if (links == most_links) fail(first, "write", ELOOP);
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  return path;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : shown_{path} {
  if (path == "-" || path == "/dev/stdout") {
    shown_ = "standard output";
    file_ = stdout;
    return;
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) throw FileError(path + ": is a directory");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    owned_.reset(std::fopen(path.c_str(), "wb"));
    file_ = owned_.get();
    if (file_ == nullptr) fail(path, "open for writing", errno);
    return;
  }
  target_ = follow_links(path).string();
  constexpr mode_t as_asked_by_umask = 0666;
  const auto permissions = static_cast<mode_t>(status.permissions() & fs::perms::mask);
  // Nobody may open it who may not open the file that it replaces.
  create_beside_target(fs::exists(status) ? permissions & as_asked_by_umask : as_asked_by_umask);
  if (fs::exists(status)) {
    if (::fchmod(::fileno(file_), permissions) != 0) {
      const int reason = errno;
      ::unlink(temporary_.c_str());
      fail(path, "write", reason);
    }
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

/// A new file which nobody else has. Of a long name it has the beginning alone, as a name has 255 bytes at most.
void AtomicFile::create_beside_target(mode_t permissions) {
  constexpr std::size_t most_kept = 200;
  const fs::path target(target_);
  const std::string name = target.filename().string().substr(0, most_kept);
  const std::string stem = (target.parent_path() / name).string() + "." + std::to_string(::getpid()) + ".";
  constexpr int most_tries = 1000;
  int descriptor = -1;
  for (int number = 0; descriptor < 0 && number < most_tries; ++number) {
    temporary_ = stem + std::to_string(number) + ".tmp";
    descriptor = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
    if (descriptor < 0 && errno != EEXIST) break;
  }
  if (descriptor < 0) fail(shown_, "write", errno);
  owned_.reset(::fdopen(descriptor, "wb"));
  file_ = owned_.get();
  if (file_ == nullptr) {
    const int reason = errno;
    ::close(descriptor);
    ::unlink(temporary_.c_str());
    fail(shown_, "write", reason);
  }
}

void AtomicFile::write(std::string_view bytes) {
  errno = 0;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail(shown_, "write", errno);
}

void AtomicFile::finish() {
  errno = 0;
  bool written = std::fflush(file_) == 0;
  // Pipes and terminals cannot be synchronised, which is no failure to write.
  if (written && ::fsync(::fileno(file_)) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) {
    written = false;
  }
  if (!written) fail(shown_, "write", errno);
  if (temporary_.empty()) return;
  owned_.reset();
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail(shown_, "replace", errno);
  temporary_.clear();
}

void write_file(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.finish();
}

}  // namespace plimsoll::io
