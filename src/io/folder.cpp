// SPDX-License-Identifier: Apache-2.0
#include "folder.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <unordered_map>

#include "plimsoll/io/file_error.hpp"
#include "shown.hpp"

namespace plimsoll::io {
namespace {

namespace fs = std::filesystem;

std::string joined(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

/// The files that the iterator finds.
template <typename Iterator>
std::vector<std::string> files_of(const std::string& folder, std::initializer_list<std::string_view> extensions) {
  std::vector<std::string> files;
  std::error_code error;
  Iterator entry(folder, error);
  for (; !error && entry != Iterator(); entry.increment(error)) {
    std::error_code unreadable;  // a link to nowhere is no file
    if (has_extension(entry->path().string(), extensions) && entry->is_regular_file(unreadable)) {
      files.push_back(entry->path().string());
    }
  }
  if (error) throw FileError(folder + ": cannot read the folder: " + error.message());
  if (files.empty()) throw FileError(folder + ": there is no file in this folder that ends in " + joined(extensions));
  std::ranges::sort(files);
  return files;
}

}  // namespace

bool is_folder(const std::string& path) {
  std::error_code error;
  return path != "-" && fs::is_directory(path, error);
}

bool is_read_once(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return path == "-" || (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status));
}

fs::path real_path(const std::string& path) {
  std::error_code error;
  return fs::weakly_canonical(fs::absolute(path, error), error);
}

bool has_extension(const std::string& path, std::initializer_list<std::string_view> extensions) {
  std::string extension = fs::path(path).extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::find(extensions, extension) != extensions.end();
}

std::string stem_of(const std::string& path) {
  return fs::path(path).stem().string();
}

std::vector<std::string> files_in(const std::string& folder, std::initializer_list<std::string_view> extensions) {
  return files_of<fs::directory_iterator>(folder, extensions);
}

std::vector<std::string> files_below(const std::string& folder, std::initializer_list<std::string_view> extensions) {
  return files_of<fs::recursive_directory_iterator>(folder, extensions);
}

std::vector<std::string> files_for(const std::string& folder, const std::vector<std::string>& files,
                                   const std::vector<std::string>& names, std::string_view suffix) {
  std::unordered_map<std::string, const std::string*> by_stem;
  for (const std::string& file : files) {
    const auto [place, added] = by_stem.try_emplace(stem_of(file), &file);
    if (!added) throw FileError(folder + ": two files have the name " + shown(place->first));
  }
  std::vector<std::string> found;
  const std::string* missing = nullptr;
  for (const std::string& name : names) {
    auto place = by_stem.find(name);
    if (place == by_stem.end()) place = by_stem.find(name + std::string(suffix));
    if (place != by_stem.end()) {
      found.push_back(*place->second);
    } else if (missing == nullptr) {
      missing = &name;
    }
  }
  if (missing == nullptr) return found;
  if (found.empty() && files.size() == names.size()) return files;
  const std::string count = std::to_string(files.size()) + (files.size() == 1 ? " file" : " files");
  if (!found.empty()) {
    throw FileError(folder + ": none of the " + count + " is called " + shown(*missing) + ", though " +
                    std::to_string(found.size()) + " of " + std::to_string(names.size()) + " names are found");
  }
  throw FileError(folder + ": none of the " + count + " is called " + shown(*missing) +
                  ", and they cannot be taken in order for " + std::to_string(names.size()) + " maps");
}

std::string item_name(const std::string& path, std::size_t index, std::size_t count) {
  const std::string stem = path == "-" ? "standard_input" : stem_of(path);
  if (count <= 1) return stem;
  std::string number = std::to_string(index);
  number.insert(0, std::to_string(count - 1).size() - number.size(), '0');
  return stem + "_" + number;
}

std::vector<std::string> item_names(const std::string& path, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < count; ++index) names.push_back(item_name(path, index, count));
  return names;
}

}  // namespace plimsoll::io
