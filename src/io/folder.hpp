// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::io {

[[nodiscard]] bool is_folder(const std::string& path);

/// Whether what is there can be read but once: standard input, a pipe, a device.
[[nodiscard]] bool is_read_once(const std::string& path);

/// The absolute path without links and dots, also of what is not there yet: two are equal where they are one file.
[[nodiscard]] std::filesystem::path real_path(const std::string& path);

/// Whether the name ends in one of the extensions, which are given in lower case with their dot; the case of the name
/// does not matter.
[[nodiscard]] bool has_extension(const std::string& path, std::initializer_list<std::string_view> extensions);

/// The file's name without folder and extension.
[[nodiscard]] std::string stem_of(const std::string& path);

/// The paths of the files directly in the folder that have one of the extensions, in the byte order of their names.
/// Throws FileError, saying what was looked for, when there are none.
[[nodiscard]] std::vector<std::string> files_in(const std::string& folder,
                                                std::initializer_list<std::string_view> extensions);

/// The same of the folder and those in it, in the byte order of the paths. Links to folders are not followed.
[[nodiscard]] std::vector<std::string> files_below(const std::string& folder,
                                                   std::initializer_list<std::string_view> extensions);

/// Which file belongs to each name: the one whose stem is the name, or the name and `suffix`; when no stem is, and
/// there are as many files as names, the one at the name's place. Throws FileError that says what is missing.
[[nodiscard]] std::vector<std::string> files_for(const std::string& folder, const std::vector<std::string>& files,
                                                 const std::vector<std::string>& names, std::string_view suffix);

/// What the map or mask at `index` of a file that holds `count` of them is called: the file's stem, and where there
/// are several the index, with as many digits for all.
[[nodiscard]] std::string item_name(const std::string& path, std::size_t index, std::size_t count);

/// All names of the file's items.
[[nodiscard]] std::vector<std::string> item_names(const std::string& path, std::size_t count);

}  // namespace plimsoll::io
