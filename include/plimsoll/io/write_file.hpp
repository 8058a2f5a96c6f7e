// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace plimsoll::io {

/// Writes the whole content to a new file beside `path`, then renames it to `path`: whatever happens, `path` is
/// either the old file or the whole new one. A path that is not a regular file (a pipe, /dev/stdout) is written
/// to directly; `-` and /dev/stdout are standard output. A file that is replaced keeps its permissions. Throws
/// FileError.
void write_file(const std::string& path, std::string_view content);

}  // namespace plimsoll::io
