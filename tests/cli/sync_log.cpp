// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library by fault_test: writes to the file SYNC_LOG what is synchronised and renamed, in order.
#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

void log(const std::string& line) {
  const char* path = std::getenv("SYNC_LOG");
  std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "a");
  if (file == nullptr) return;
  std::fputs((line + "\n").c_str(), file);
  std::fclose(file);
}

}  // namespace

extern "C" int fsync(int descriptor) {
  char name[PATH_MAX + 1] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  if (::readlink(link.c_str(), name, PATH_MAX) < 0) name[0] = '\0';
  log(std::string("fsync ") + name);
  return reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  log(std::string("rename ") + from + " " + to);
  return reinterpret_cast<int (*)(const char*, const char*)>(::dlsym(RTLD_NEXT, "rename"))(from, to);
}
