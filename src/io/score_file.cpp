// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/score_file.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "byte_source.hpp"
#include "csv.hpp"
#include "npy.hpp"
#include "shown.hpp"

namespace plimsoll::io {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 18;
constexpr int npy_first_byte = 0x93;

/// A map of `rows` by `columns` from the values of a Fortran-ordered maps x rows x columns array.
template <typename T>
std::vector<T> to_c_order(const std::vector<T>& values, const std::vector<std::size_t>& shape) {
  std::vector<T> ordered(values.size());
  // Index i runs over C order; its coordinates, last first, give the place in Fortran order.
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    std::size_t rest = i;
    std::size_t place = 0;
    std::size_t stride = values.size();
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      stride /= shape[axis];
      place += rest % shape[axis] * stride;
      rest /= shape[axis];
    }
    ordered[i] = values[place];
  }
  return ordered;
}

class NpyScores final : public ScoreReader {
 public:
  explicit NpyScores(std::unique_ptr<ByteSource> source)
      : source_{std::move(source)}, header_{read_npy_header(*source_)} {
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
    if (block.is_map) {
      block.rows = shape[shape.size() - 2];
      block.columns = shape[shape.size() - 1];
    }
    const std::size_t size = block.is_map ? block.rows * block.columns : std::min(left_, block_size);
    if (header_.item_size == 8) {
      read<double>(block, size);
    } else {
      read<float>(block, size);
    }
    left_ -= size;
    return true;
  }

  std::vector<std::size_t> shape() const override { return header_.shape; }

  std::optional<double> progress() override { return source_->progress(); }

 private:
  template <typename T>
  void read(ScoreBlock& block, std::size_t size) {
    if (!std::holds_alternative<std::vector<T>>(block.values)) block.values.emplace<std::vector<T>>();
    auto& values = std::get<std::vector<T>>(block.values);
    values.clear();
    if (header_.fortran_order && block.is_map) {
      auto& all = std::get<std::vector<T>>(whole(T{}));
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(header_.count - left_);
      values.assign(first, first + static_cast<std::ptrdiff_t>(size));
    } else {
      read_npy_values(*source_, header_, size, values);
    }
  }

  template <typename T>
  std::variant<std::vector<float>, std::vector<double>>& whole(T) {
    if (left_ == header_.count) {
      std::vector<T> values;
      read_npy_values(*source_, header_, header_.count, values);
      whole_ = to_c_order(values, header_.shape);
    }
    return whole_;
  }

  std::unique_ptr<ByteSource> source_;
  NpyHeader header_;
  std::size_t left_ = 0;
  std::variant<std::vector<float>, std::vector<double>> whole_;  ///< a Fortran-ordered file, in C order
};

/// An empty cell is a missing score, as pandas writes it.
bool is_score(const std::string& cell) {
  double number = 0;
  return cell.empty() || parse_number(cell, number);
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

  std::optional<double> progress() override { return source_->progress(); }

 private:
  std::unique_ptr<ByteSource> source_;
  CsvReader reader_;
};

LabelArray npy_labels(ByteSource& source) {
  const NpyHeader header = read_npy_header(source);
  std::vector<double> values;
  read_npy_values(source, header, header.count, values);
  expect_end(source);
  if (header.fortran_order && header.shape.size() > 1) values = to_c_order(values, header.shape);
  // Masks are often 0 and 255.
  const bool bytes = std::ranges::all_of(values, [](double value) { return value == 0 || value == 255; });
  LabelArray labels{{}, header.shape};
  labels.values.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!bytes && values[i] != 0 && values[i] != 1) {
      throw FileError(source.name() + ": label " + std::to_string(i) + " is neither 0 (normal) nor 1 (anomalous)");
    }
    labels.values.push_back(values[i] == 0 ? Label::normal : Label::anomalous);
  }
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

/// Whether a file is .npy; refuses one that is empty, or .npy where a CSV column is asked for.
bool is_npy(ByteSource& source, const CsvColumn& column) {
  const int first = source.peek();
  if (first < 0) throw FileError(source.name() + ": is empty");
  if (first != npy_first_byte) return false;
  if (!column.name.empty())
    throw FileError(source.name() + ": is .npy, and only CSV has columns such as " + shown(column.name));
  return true;
}

}  // namespace

std::unique_ptr<ScoreReader> open_scores(const std::string& path, const CsvColumn& column) {
  auto source = std::make_unique<ByteSource>(path);
  if (is_npy(*source, column)) return std::make_unique<NpyScores>(std::move(source));
  return std::make_unique<CsvScores>(std::move(source), column);
}

LabelArray read_labels(const std::string& path, const CsvColumn& column) {
  ByteSource source(path);
  return is_npy(source, column) ? npy_labels(source) : csv_labels(source, column);
}

}  // namespace plimsoll::io
