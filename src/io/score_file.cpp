// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/score_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "byte_source.hpp"
#include "csv.hpp"
#include "folder.hpp"
#include "image.hpp"
#include "npy.hpp"
#include "npy_array.hpp"
#include "npy_labels.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "shown.hpp"
#include "tiff.hpp"

namespace plimsoll::io {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 18;
constexpr int npy_first_byte = 0x93;

/// How many maps there are in an array of maps.
std::size_t map_count_of(const NpyHeader& header) {
  if (header.count == 0) return 0;
  return header.shape.size() == 3 ? header.shape.front() : 1;
}

class NpyScores final : public ScoreReader {
 public:
  NpyScores(std::unique_ptr<ByteSource> source, std::string path)
      : source_{std::move(source)}, path_{std::move(path)}, header_{read_npy_header(*source_)} {
    if (header_.kind != 'f') {
      throw FileError(source_->name() + ": holds integers or booleans, and scores are float16, float32 or float64");
    }
    if (header_.shape.empty() || header_.shape.size() > 3) {
      throw FileError(source_->name() + ": has " + std::to_string(header_.shape.size()) +
                      " dimensions, and scores have 1 (scores), 2 (a map) or 3 (maps)");
    }
    left_ = header_.count;
  }

  bool next(ScoreBlock& block) override {
    if (left_ == 0) {
      expect_end(*source_);
      return false;
    }
    const auto& shape = header_.shape;
    block.is_map = shape.size() > 1;
    block.type = header_.item_size == 2   ? ScoreType::float16
                 : header_.item_size == 4 ? ScoreType::float32
                                          : ScoreType::float64;
    block.name.clear();
    if (block.is_map) {
      block.rows = shape[shape.size() - 2];
      block.columns = shape[shape.size() - 1];
      block.name = item_name(path_, index_++, map_count_of(header_));
    }
    const std::size_t size = block.is_map ? block.rows * block.columns : std::min(left_, block_size);
    header_.item_size == 8 ? read(doubles_, block, size) : read(floats_, block, size);
    left_ -= size;
    return true;
  }

  std::vector<std::size_t> shape() const override { return header_.shape; }

  std::optional<std::size_t> map_count() const override {
    return header_.shape.size() > 1 ? std::optional(map_count_of(header_)) : std::nullopt;
  }

  std::vector<std::string> map_names() const override {
    const std::size_t count = map_count().value_or(0);
    // Of a file the size says that they are there.
    constexpr std::size_t most_of_a_pipe = std::size_t{1} << 17;
    if (count > most_of_a_pipe && !source_->left()) {
      throw FileError(source_->name() + ": claims " + std::to_string(count) + " maps, and from a pipe at most " +
                      std::to_string(most_of_a_pipe) + " are taken with a name each; give the file itself");
    }
    return item_names(path_, count);
  }

  std::optional<double> progress() override { return source_->progress(); }

 private:
  template <typename T>
  static void read(NpyArray<T>& array, ScoreBlock& block, std::size_t size) {
    if (!std::holds_alternative<std::vector<T>>(block.values)) block.values.emplace<std::vector<T>>();
    array.read(size, std::get<std::vector<T>>(block.values));
  }

  std::unique_ptr<ByteSource> source_;
  std::string path_;
  NpyHeader header_;
  NpyArray<float> floats_{*source_, header_};
  NpyArray<double> doubles_{*source_, header_};
  std::size_t left_ = 0;
  std::size_t index_ = 0;
};

class TiffScores final : public ScoreReader {
 public:
  explicit TiffScores(std::string path) : path_{std::move(path)}, images_{path_, read_tiff_pages(path_)} {
    for (const TiffPage& page : images_.pages()) expect_map(page, path_);
  }

  bool next(ScoreBlock& block) override {
    const std::size_t count = images_.pages().size();
    if (index_ == count) return false;
    images_.read_map(index_, block);
    block.name = item_name(path_, index_, count);
    ++index_;
    return true;
  }

  std::vector<std::size_t> shape() const override {
    const std::vector<TiffPage>& pages = images_.pages();
    const TiffPage& first = pages.front();
    if (!std::ranges::all_of(
            pages, [&](const TiffPage& page) { return page.rows == first.rows && page.columns == first.columns; })) {
      return {};
    }
    std::vector<std::size_t> extents{first.rows, first.columns};
    if (pages.size() > 1) extents.insert(extents.begin(), pages.size());
    return extents;
  }

  std::optional<std::size_t> map_count() const override { return images_.pages().size(); }

  std::vector<std::string> map_names() const override { return item_names(path_, images_.pages().size()); }

  std::optional<double> progress() override {
    return static_cast<double>(index_) / static_cast<double>(images_.pages().size());
  }

 private:
  std::string path_;
  TiffImages images_;
  std::size_t index_ = 0;
};

std::unique_ptr<ScoreReader> open_file(const std::string& path, const CsvColumn& column);

/// All headers are read beforehand, so that nothing is refused halfway for what it says of itself.
class FolderScores final : public ScoreReader {
 public:
  explicit FolderScores(const std::string& folder) : files_{files_in(folder, {".npy", ".tif", ".tiff"})} {
    bool one_size = true;
    for (const std::string& file : files_) {
      const auto reader = open_file(file, {});
      const std::optional<std::size_t> maps = reader->map_count();
      if (!maps) throw FileError(file + ": holds plain scores, and the files of a folder hold score maps");
      maps_.push_back(*maps);
      if (*maps == 0) continue;
      const std::vector<std::size_t> size = map_size(*reader);
      if (count_ == 0) size_ = size;
      one_size = one_size && size == size_;
      count_ += *maps;
    }
    if (!one_size) size_.clear();
    if (count_ == 0) throw FileError(folder + ": there is no map in the files of this folder");
    expect_names_apart();
  }

  bool next(ScoreBlock& block) override {
    for (; file_ < files_.size(); ++file_, reader_.reset()) {
      if (!reader_) reader_ = open_again();
      if (reader_->next(block)) {
        ++index_;
        return true;
      }
    }
    return false;
  }

  std::vector<std::size_t> shape() const override {
    return size_.empty() ? size_ : std::vector{count_, size_[0], size_[1]};
  }

  std::optional<std::size_t> map_count() const override { return count_; }

  std::vector<std::string> map_names() const override {
    std::vector<std::string> names;
    names.reserve(count_);
    for (std::size_t file = 0; file < files_.size(); ++file) {
      for (std::size_t index = 0; index < maps_[file]; ++index) {
        names.push_back(item_name(files_[file], index, maps_[file]));
      }
    }
    return names;
  }

  std::optional<double> progress() override { return static_cast<double>(index_) / static_cast<double>(count_); }

 private:
  /// Rows and columns of all maps of a file; empty when they differ.
  [[nodiscard]] static std::vector<std::size_t> map_size(const ScoreReader& reader) {
    const std::vector<std::size_t> extents = reader.shape();
    return {extents.end() - std::min<std::ptrdiff_t>(2, std::ssize(extents)), extents.end()};
  }

  /// The next file, which may be another by now: callers trust what was said of it.
  [[nodiscard]] std::unique_ptr<ScoreReader> open_again() const {
    auto reader = open_file(files_[file_], {});
    const bool other_size = maps_[file_] > 0 && !size_.empty() && map_size(*reader) != size_;
    if (reader->map_count() != maps_[file_] || other_size) {
      throw FileError(files_[file_] + ": was changed while the folder was read");
    }
    return reader;
  }

  /// Throws when two maps have one name, without making the names, of which there may be millions: maps of two files do
  /// when the stems are the same, and the digits of their numbers as many, or when one has a single map that is called
  /// as the other's map of some number.
  void expect_names_apart() const {
    const auto name_of = [this](std::size_t file, std::size_t index) {
      return item_name(files_[file], index, maps_[file]);
    };
    const auto refuse = [this](std::size_t one, std::size_t other, const std::string& name) {
      throw FileError(files_[std::max(one, other)] + ": has a map of the name " + shown(name) + ", as " +
                      files_[std::min(one, other)] + " has");
    };
    // By the name of the first map, the number's digits replaced by what is in no file's name.
    std::unordered_map<std::string, std::size_t> named;
    for (std::size_t file = 0; file < files_.size(); ++file) {
      if (maps_[file] == 0) continue;
      std::string name = name_of(file, 0);
      std::fill(name.begin() + std::ssize(stem_of(files_[file])), name.end(), '\0');
      const auto [place, added] = named.try_emplace(std::move(name), file);
      if (!added) refuse(file, place->second, name_of(file, 0));
    }
    for (std::size_t file = 0; file < files_.size(); ++file) {
      if (maps_[file] != 1) continue;
      const std::string name = name_of(file, 0);
      const std::size_t line = name.find_last_not_of("0123456789");
      if (line == std::string::npos || line + 1 == name.size() || name[line] != '_') continue;
      const auto place = named.find(name.substr(0, line) + std::string(name.size() - line, '\0'));
      if (place == named.end() || maps_[place->second] == 1) continue;
      std::size_t index = 0;
      std::from_chars(name.data() + line + 1, name.data() + name.size(), index);
      if (index < maps_[place->second]) refuse(file, place->second, name);
    }
  }

  std::vector<std::string> files_;
  std::vector<std::size_t> maps_;  ///< how many each file has
  std::vector<std::size_t> size_;  ///< rows and columns of all maps; empty when they differ
  std::size_t count_ = 0;          ///< of maps
  std::size_t file_ = 0;
  std::size_t index_ = 0;
  std::unique_ptr<ScoreReader> reader_;
};

/// An empty cell is a missing score, as pandas writes it; a number that is too large is refused, but no header.
bool is_score(const std::string& cell) {
  double number = 0;
  return cell.empty() || parse_number(cell, number) || std::isinf(number);
}

std::optional<Label> parse_label(const std::string& cell) {
  double number = 0;
  const bool numeric = parse_number(cell, number);
  if (cell == "true" || cell == "True" || cell == "anomalous" || (numeric && number == 1)) return Label::anomalous;
  if (cell == "false" || cell == "False" || cell == "normal" || (numeric && number == 0)) return Label::normal;
  return std::nullopt;
}

/// Numbers that are no labels are data too, to be refused as such.
bool is_label(const std::string& cell) {
  return is_score(cell) || parse_label(cell).has_value();
}

class CsvScores final : public ScoreReader {
 public:
  CsvScores(std::unique_ptr<ByteSource> source, const CsvColumn& column)
      : source_{std::move(source)}, reader_{*source_, column, "score", is_score} {}

  bool next(ScoreBlock& block) override {
    if (!std::holds_alternative<std::vector<double>>(block.values)) block.values.emplace<std::vector<double>>();
    auto& values = std::get<std::vector<double>>(block.values);
    values.clear();
    block.type = ScoreType::float64;
    block.is_map = false;
    block.name.clear();
    std::string cell;
    while (values.size() < block_size && reader_.next(cell)) {
      double score = 0;
      if (cell.empty()) {
        score = std::numeric_limits<double>::quiet_NaN();
      } else if (!parse_number(cell, score)) {
        reader_.fail_at_cell(cell, "a number");
      }
      values.push_back(score);
    }
    return !values.empty();
  }

  std::vector<std::size_t> shape() const override { return {}; }

  std::optional<std::size_t> map_count() const override { return std::nullopt; }

  std::vector<std::string> map_names() const override { return {}; }

  std::optional<double> progress() override { return source_->progress(); }

 private:
  std::unique_ptr<ByteSource> source_;
  CsvReader reader_;
};

LabelArray npy_labels(ByteSource& source) {
  const NpyHeader header = read_npy_header(source);
  std::vector<double> values;
  NpyArray<double>(source, header).read(header.count, values);
  expect_end(source);
  LabelArray labels{{}, header.shape};
  NpyLabels().append(values, source.name(), labels.values);
  return labels;
}

LabelArray mask_labels(const std::string& path) {
  const auto reader = open_masks(path);
  LabelArray labels;
  MaskBlock block;
  std::vector<std::size_t> size;
  while (reader->next(block)) {
    if (size.empty()) size = {block.rows, block.columns};
    if (size != std::vector{block.rows, block.columns}) {
      throw FileError(path + ": mask " + shown(block.name) + " has " + std::to_string(block.rows) + " x " +
                      std::to_string(block.columns) + " pixels, those before it " + std::to_string(size[0]) + " x " +
                      std::to_string(size[1]));
    }
    labels.values.insert(labels.values.end(), block.values.begin(), block.values.end());
  }
  labels.shape = size;
  if (is_folder(path) || reader->count() > 1) labels.shape.insert(labels.shape.begin(), reader->count());
  return labels;
}

LabelArray csv_labels(ByteSource& source, const CsvColumn& column) {
  CsvReader reader(source, column, "label", is_label);
  LabelArray labels;
  std::string cell;
  while (reader.next(cell)) {
    const std::optional<Label> label = parse_label(cell);
    if (!label) reader.fail_at_cell(cell, "a label: 0, 1, false, true, normal or anomalous");
    labels.values.push_back(*label);
  }
  labels.shape = {labels.values.size()};
  return labels;
}

void refuse_column(const std::string& path, const CsvColumn& column, const char* is_what) {
  if (!column.name.empty()) {
    throw FileError(path + ": is " + is_what + ", and only CSV has columns such as " + shown(column.name));
  }
}

/// Whether a file is .npy; refuses one that is empty, or .npy where a CSV column is asked for.
bool is_npy(ByteSource& source, const CsvColumn& column) {
  const int first = source.peek();
  if (first < 0) throw FileError(source.name() + ": is empty");
  if (first != npy_first_byte) return false;
  refuse_column(source.name(), column, ".npy");
  return true;
}

/// The first four bytes of a regular file, filled with zeros; none of a source that is not one, from which nothing may
/// be taken.
std::string beginning_of(const ByteSource& source, const std::string& path) {
  if (!source.left()) return {};
  std::string beginning(4, '\0');
  std::ifstream(path, std::ios::binary).read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  return beginning;
}

std::unique_ptr<ScoreReader> open_file(const std::string& path, const CsvColumn& column) {
  auto source = std::make_unique<ByteSource>(path);
  if (is_npy(*source, column)) return std::make_unique<NpyScores>(std::move(source), path);
  const std::string beginning = beginning_of(*source, path);
  if (begins_tiff(beginning) || has_extension(path, {".tif", ".tiff"})) {
    refuse_column(path, column, "a TIFF file");
    return std::make_unique<TiffScores>(path);
  }
  if (beginning == "\x89PNG" || beginning.starts_with("\xff\xd8\xff")) {
    throw FileError(path + ": is a picture of integers, and score maps are .npy, or TIFF of float32 or float64");
  }
  return std::make_unique<CsvScores>(std::move(source), column);
}

}  // namespace

std::unique_ptr<ScoreReader> open_scores(const std::string& path, const CsvColumn& column) {
  if (!is_folder(path)) return open_file(path, column);
  refuse_column(path, column, "a folder");
  return std::make_unique<FolderScores>(path);
}

LabelArray read_labels(const std::string& path, const CsvColumn& column) {
  if (is_folder(path) || has_extension(path, {".png", ".bmp", ".tif", ".tiff"})) {
    refuse_column(path, column, is_folder(path) ? "a folder" : "a picture");
    return mask_labels(path);
  }
  ByteSource source(path);
  return is_npy(source, column) ? npy_labels(source) : csv_labels(source, column);
}

}  // namespace plimsoll::io
