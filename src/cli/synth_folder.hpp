// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll::cli {

/// An item that is to be written, as far as it is known beforehand.
struct SynthItem {
  std::size_t image = 0;  ///< which original
  std::size_t index = 0;  ///< of the generator's item
  double severity = 1;
  std::string name;       ///< of its files, without extension
  std::string file;       ///< below the folder: images/NAME.png
  std::string mask;       ///< masks/NAME.png
  std::string beginning;  ///< of its line in the manifest, with the last comma; no other item's begins so
  std::string line{};     ///< the whole line without its end; empty while the item is not there
};

/// The folder that synth writes: images, masks, manifest.csv and parameters.json. While items are written their lines
/// are kept in manifest.csv.part, each after its files, so that a run that was interrupted can go on.
class SynthFolder {
 public:
  /// Makes the folder, or opens that of an earlier run and gives the items that are there their lines. `force` removes
  /// what an earlier run wrote. Throws UsageError for a folder with other parameters, with images that are not of
  /// synth, or in which another run is writing, and FileError.
  SynthFolder(std::string path, const nlohmann::ordered_json& parameters, std::string_view headings,
              std::vector<SynthItem>& items, bool force);
  SynthFolder(const SynthFolder&) = delete;
  SynthFolder& operator=(const SynthFolder&) = delete;
  ~SynthFolder();

  /// Where a file below the folder is.
  [[nodiscard]] std::string path_of(std::string_view below) const;

  /// Notes that the files of the item, which has its line, are there. May be called from several threads.
  void add(const SynthItem& item);

  /// Writes the manifest: the lines of all items in their order.
  void finish(const std::vector<SynthItem>& items);

 private:
  void lock();
  /// What parameters.json holds; null when it is not there, or is not ours.
  [[nodiscard]] nlohmann::ordered_json parameters_there() const;
  [[nodiscard]] bool has_earlier_run() const;
  void check_parameters(const nlohmann::ordered_json& parameters) const;
  /// The names of the originals of all items that the manifest or the record names.
  [[nodiscard]] std::set<std::string, std::less<>> originals_there() const;
  void remove_outputs(const std::vector<SynthItem>& items) const;
  void remove_unfinished() const;
  [[nodiscard]] std::size_t take_lines(const std::string& file, std::vector<SynthItem>& items) const;
  void start_record(const std::vector<SynthItem>& items);

  std::string path_;
  std::string headings_;
  int lock_ = -1;
  int record_ = -1;
  std::mutex mutex_;
};

}  // namespace plimsoll::cli
