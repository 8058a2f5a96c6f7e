// SPDX-License-Identifier: Apache-2.0
#include "synth_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "byte_source.hpp"
#include "csv.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/io/file_error.hpp"
#include "plimsoll/io/write_file.hpp"

namespace plimsoll::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* folders[] = {"images", "masks"};
constexpr const char* manifest_name = "manifest.csv";
constexpr const char* record_name = "manifest.csv.part";
constexpr const char* parameters_name = "parameters.json";

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw io::FileError(fmt::format("{}: cannot {}: {}", path, what, std::strerror(errno)));
}

/// The text of a file; nothing when there is none.
std::optional<std::string> text_of(const std::string& path) {
  if (!fs::exists(path)) return std::nullopt;
  io::ByteSource source(path);
  return io::read_text(source);
}

/// Takes the end off the text; false when it ends otherwise.
bool take_back(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

/// Takes the digits at the end off the text; false when there are none.
bool take_digits(std::string_view& text) {
  const std::size_t last = text.find_last_not_of("0123456789");
  const std::size_t left = last == std::string_view::npos ? 0 : last + 1;
  const bool found = left < text.size();
  text = text.substr(0, left);
  return found;
}

/// The original's name in that of an item: NAME of NAME_000, NAME_000_s1. Nothing of other names.
std::optional<std::string_view> original_of(std::string_view item) {
  if (!take_digits(item)) return std::nullopt;
  if (take_back(item, "_s") && !take_digits(item)) return std::nullopt;
  return take_back(item, "_") ? std::optional(item) : std::nullopt;
}

/// The same in the name of an item's file.
std::optional<std::string_view> original_of_file(std::string_view name) {
  return take_back(name, ".png") || take_back(name, ".tiff") ? original_of(name) : std::nullopt;
}

/// The file of which write_file leaves this one when the program is killed: NAME of NAME.PROCESS.NUMBER.tmp.
std::optional<std::string_view> unfinished_of(std::string_view name) {
  const bool found =
      take_back(name, ".tmp") && take_digits(name) && take_back(name, ".") && take_digits(name) && take_back(name, ".");
  return found ? std::optional(name) : std::nullopt;
}

/// Removes the files directly in the folder of whose names `which` is true.
template <typename Which>
void remove_files(const std::string& folder, Which&& which) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (which(entry->path().filename().string())) found.push_back(entry->path());
  }
  for (const fs::path& file : found) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) fail(file.string(), "remove");
  }
}

bool has_content(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return !error && size > 0;
}

}  // namespace

SynthFolder::SynthFolder(std::string path, const ordered_json& parameters, std::string_view headings,
                         std::vector<SynthItem>& items, bool force)
    : path_{std::move(path)}, headings_{std::string(headings) + "\n"} {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!fs::is_directory(path_)) throw UsageError(fmt::format("-o {}: cannot make this folder", path_));
  lock();
  std::size_t lines = 0;
  if (has_earlier_run()) {
    remove_unfinished();
    if (force) {
      remove_outputs(items);
    } else {
      check_parameters(parameters);
      lines = take_lines(manifest_name, items) + take_lines(record_name, items);
    }
  }
  for (const char* folder : folders) {
    fs::create_directory(path_of(folder), error);
    if (!fs::is_directory(path_of(folder))) {
      throw UsageError(fmt::format("-o {}: cannot make the folder {}", path_, folder));
    }
  }
  if (lines == 0) io::write_file(path_of(parameters_name), parameters.dump(2) + "\n");
  start_record(items);
}

SynthFolder::~SynthFolder() {
  if (record_ >= 0) ::close(record_);
  if (lock_ >= 0) ::close(lock_);
}

std::string SynthFolder::path_of(std::string_view below) const {
  return (fs::path(path_) / below).string();
}

void SynthFolder::lock() {
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) fail(path_, "open");
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  // Some file systems have no locks; then two runs are the user's to avoid.
  if (errno == EWOULDBLOCK) {
    ::close(std::exchange(lock_, -1));
    throw UsageError(fmt::format("-o {}: another plimsoll synth is writing there", path_));
  }
}

ordered_json SynthFolder::parameters_there() const {
  const std::string path = path_of(parameters_name);
  try {
    constexpr std::size_t most = 1 << 16;  // ours are of a few kilobytes
    const std::string text = text_of(path).value_or("");
    return text.size() > most ? ordered_json() : io::parse_json<ordered_json>(text, path);
  } catch (const io::FileError&) {
    return {};
  }
}

bool SynthFolder::has_earlier_run() const {
  if (fs::exists(path_of(parameters_name))) {
    const ordered_json there = parameters_there();
    if (there.is_object() && there.value("format", ordered_json()) == "plimsoll-synth") return true;
    throw UsageError(
        fmt::format("-o {}: {} there is not of plimsoll synth; use another folder", path_, parameters_name));
  }
  for (const char* name : {folders[0], folders[1], manifest_name}) {
    std::error_code error;
    if (!fs::exists(path_of(name), error) || fs::is_empty(path_of(name), error)) continue;
    throw UsageError(fmt::format("-o {}: {} there is not of plimsoll synth; use another folder", path_, name));
  }
  return false;
}

void SynthFolder::check_parameters(const ordered_json& parameters) const {
  const ordered_json there = parameters_there();
  if (there == parameters) return;
  const ordered_json old_values = there.flatten();
  const ordered_json new_values = parameters.flatten();
  std::string differences;
  for (const auto& [key, value] : new_values.items()) {
    if (old_values.contains(key) && old_values[key] == value) continue;
    std::string name = key.substr(1);
    for (char& c : name) c = c == '/' ? '.' : c;
    constexpr std::size_t most = 150;
    if (differences.size() > most) {
      differences += ", ...";
      break;
    }
    differences += fmt::format("{}{} is {} there and {} now", differences.empty() ? "" : ", ", name,
                               old_values.contains(key) ? old_values[key].dump() : "absent", value.dump());
  }
  throw UsageError(fmt::format("-o {}: holds anomalies of other parameters ({}); --force replaces them", path_,
                               differences.empty() ? "some are not known" : differences));
}

std::set<std::string, std::less<>> SynthFolder::originals_there() const {
  std::set<std::string, std::less<>> names;
  for (const char* file : {manifest_name, record_name}) {
    if (!fs::exists(path_of(file))) continue;
    static_cast<void>(text_of(path_of(file)));  // throws where it cannot be read, which is no end of the record
    io::ByteSource source(path_of(file));
    try {
      io::CsvReader lines(source, {"file"}, "file", [](const std::string&) { return false; });
      for (std::string path; lines.next(path);) {
        const std::string name = fs::path(path).filename().string();
        if (const auto original = original_of_file(name)) names.emplace(*original);
      }
    } catch (const io::FileError&) {  // cut off within a line
    }
  }
  return names;
}

void SynthFolder::remove_outputs(const std::vector<SynthItem>& items) const {
  // Also what a run that was killed had not yet noted, so by the names of the originals.
  std::set<std::string, std::less<>> originals = originals_there();
  for (const SynthItem& item : items) originals.emplace(original_of(item.name).value_or(""));
  const auto is_ours = [&](std::string_view name) {
    const auto original = original_of_file(name);
    return original && originals.contains(*original);
  };
  for (const char* folder : folders) remove_files(path_of(folder), is_ours);
  // The parameters go last: without them the folder would not be known as ours.
  for (const char* name : {manifest_name, record_name, parameters_name}) {
    if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT) fail(path_of(name), "remove");
  }
}

void SynthFolder::remove_unfinished() const {
  remove_files(path_, [](std::string_view name) {
    const auto file = unfinished_of(name);
    return file && (*file == manifest_name || *file == record_name || *file == parameters_name);
  });
  for (const char* folder : folders) {
    remove_files(path_of(folder), [](std::string_view name) {
      constexpr std::size_t most_kept = 200;  // of a long name
      const auto file = unfinished_of(name);
      return file && (original_of_file(*file) || file->size() == most_kept);
    });
  }
}

std::size_t SynthFolder::take_lines(const std::string& file, std::vector<SynthItem>& items) const {
  const std::optional<std::string> text = text_of(path_of(file));
  if (!text) return 0;
  // The greatest beginning that is not above a line is the line's, if any is: none is the beginning of another.
  std::map<std::string_view, SynthItem*> by_beginning;
  for (SynthItem& item : items) by_beginning.emplace(item.beginning, &item);
  std::string_view rest = *text;
  if (!rest.starts_with(headings_)) return 0;
  rest.remove_prefix(headings_.size());
  std::size_t count = 0;
  // What follows the last line's end was cut off when it was written.
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    auto place = by_beginning.upper_bound(line);
    if (place == by_beginning.begin()) continue;
    --place;
    SynthItem& item = *place->second;
    if (!line.starts_with(item.beginning)) continue;
    if (!has_content(path_of(item.file)) || !has_content(path_of(item.mask))) continue;
    item.line = line;
    ++count;
  }
  return count;
}

void SynthFolder::start_record(const std::vector<SynthItem>& items) {
  std::string text = headings_;
  for (const SynthItem& item : items) {
    if (!item.line.empty()) text += item.line + "\n";
  }
  io::write_file(path_of(record_name), text);
  if (::unlink(path_of(manifest_name).c_str()) != 0 && errno != ENOENT) fail(path_of(manifest_name), "remove");
  record_ = ::open(path_of(record_name).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (record_ < 0) fail(path_of(record_name), "open");
}

void SynthFolder::add(const SynthItem& item) {
  const std::string line = item.line + "\n";
  const std::scoped_lock guard(mutex_);
  std::string_view left = line;
  while (!left.empty()) {
    const ::ssize_t written = ::write(record_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_of(record_name), "write");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

void SynthFolder::finish(const std::vector<SynthItem>& items) {
  std::string text = headings_;
  for (const SynthItem& item : items) text += item.line + "\n";
  io::write_file(path_of(manifest_name), text);
  if (::unlink(path_of(record_name).c_str()) != 0) fail(path_of(record_name), "remove");
}

}  // namespace plimsoll::cli
