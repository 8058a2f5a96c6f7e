// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/core/method.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/thresholds/input_policy.hpp"

namespace plimsoll::cli {

/// Bad usage found after the options were parsed; the program ends with status 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// How results are printed.
enum class Format { table, json, csv };

/// `--format`.
class FormatOption {
 public:
  void add_to(CLI::App& command);
  [[nodiscard]] Format format() const;

 private:
  std::string word_ = "table";
};

/// Which column of a CSV file, and which end is strange: `--column`, `--direction`.
class InputOptions {
 public:
  void add_to(CLI::App& command);
  void add_column_to(CLI::App& command);
  [[nodiscard]] io::CsvColumn column() const { return {column_}; }
  [[nodiscard]] ScoreDirection direction() const;

 private:
  std::string column_;
  std::string direction_ = "higher";
};

/// Refuses empty values of the command's options, which a shell makes of unset variables.
void refuse_empty_values(CLI::App& command);

/// Refuses a file to write that the command also reads, or writes twice, and standard input in two places.
void refuse_files_given_twice(const CLI::App& command);

/// An option that takes a whole number in [least, most], digits only. `number` outlives the parsing.
CLI::Option& add_whole_number(CLI::App& command, const std::string& name, std::uint64_t& number, std::uint64_t least,
                              std::uint64_t most, const std::string& help);

/// "name" or "name:parameter=value,parameter=value".
struct MethodSpec {
  const Method* method;
  const MethodInfo* info;  ///< the method's
  ParameterMap parameters;
  std::string text;
};

/// Refuses the method that takes two samples, which `fit` alone reads.
void refuse_batch(const MethodInfo& method);

/// The method's parameter of that name; null when it has none.
[[nodiscard]] const ParameterInfo* find_parameter(const MethodInfo& method, std::string_view name);

/// A parameter's name as methods have it: people may write the dashes of the option.
[[nodiscard]] std::string parameter_name(std::string text);

/// One option for each parameter of each method, made from the parameter tables.
class ParameterOptions {
 public:
  void add_to(CLI::App& command);

  /// The given parameters that the method has, and those of the specification itself, which come first.
  [[nodiscard]] ParameterMap of(const MethodSpec& spec) const;

  /// Throws UsageError when a given parameter belongs to none of the methods, of which there is one; the message names
  /// those that have it. `by_default`: nobody asked for these methods.
  void check_all_used(const std::vector<const MethodInfo*>& methods, bool by_default) const;

  /// The option of a parameter that is given; empty when none is.
  [[nodiscard]] std::string any_given() const;

 private:
  std::map<std::string, std::string> given_;  ///< by parameter name; empty when not given
};

/// Reads a MethodSpec; throws UsageError or ParameterError.
[[nodiscard]] MethodSpec parse_method(const std::string& text);

/// The text as a value for the parameter; throws UsageError.
[[nodiscard]] ParameterValue parse_value(std::string_view method, const ParameterInfo& info, const std::string& text);

/// The text as a number in (0, 1); throws UsageError that says who asked and what the number is called.
[[nodiscard]] double read_share(std::string_view who, std::string_view name, const std::string& text);

/// Where a block stands in its file.
struct BlockPlace {
  std::size_t first_score;                ///< how many scores come before it
  std::size_t index;                      ///< how many blocks come before it
  const std::vector<std::size_t>& shape;  ///< of the file's array, empty for CSV and for maps of different sizes
};

/// Reads a score file block by block, with progress, negated where low scores are strange, and hands each block to
/// `take`. DataErrors get the file's name and the block's place. Gives the file's shape, (n) for CSV, none for maps of
/// different sizes.
std::vector<std::size_t> read_scores(const std::string& path, const io::CsvColumn& column, ScoreDirection direction,
                                     const std::function<void(const io::ScoreBlock&, const BlockPlace&)>& take);
/// The same of an open file.
std::vector<std::size_t> read_scores(io::ScoreReader& reader, const std::string& path, ScoreDirection direction,
                                     const std::function<void(const io::ScoreBlock&, const BlockPlace&)>& take);

/// What a block counts for when it is decided on: its values, or one score for a map.
void append_scores(const io::ScoreBlock& block, const InputPolicy& policy, std::vector<double>& scores);

/// All scores of a file that holds no maps, and raises `type` to theirs. `who` is in the refusal of maps: "tune takes".
[[nodiscard]] std::vector<double> read_plain_scores(const std::string& path, const io::CsvColumn& column,
                                                    ScoreDirection direction, const char* who, ScoreType& type);

/// Labels of a score file: its own column, or a file; with what there is to say when they do not fit.
struct TrueLabels {
  std::string path;
  std::string column;
  [[nodiscard]] bool given() const { return !path.empty() || !column.empty(); }
  void add_to(CLI::App& command, const char* of_what);
  [[nodiscard]] io::LabelArray read(const std::string& scores_path) const;
  /// What errors call the labels.
  [[nodiscard]] std::string name(const std::string& scores_path) const;
};

/// What labels stand for beside scores of a shape.
enum class LabelUnit { score, map, pixel };

/// Throws Error.
[[noreturn]] void refuse_labels_of_uneven_maps(const std::string& labels_name, const std::string& scores_path);

/// The unit of the labels; throws Error when their shape fits none. `shape` is empty where it is not known.
[[nodiscard]] LabelUnit unit_of(const io::LabelArray& labels, const std::vector<std::size_t>& shape,
                                const std::string& labels_name, const std::string& scores_path);

/// One label for each score that append_scores makes of a file of this shape: a map that counts for one score is
/// anomalous when a pixel of its mask is; the label of a map whose pixels count is that of each pixel.
[[nodiscard]] std::vector<Label> match_labels(const io::LabelArray& labels, const std::vector<std::size_t>& shape,
                                              const InputPolicy& policy, const std::string& labels_name,
                                              const std::string& scores_path);

/// What messages call a path: - is standard input.
[[nodiscard]] std::string shown_path(const std::string& path);

/// Six significant digits; "-" for NaN.
[[nodiscard]] std::string six_digits(double value);
/// All digits; empty for NaN.
[[nodiscard]] std::string csv_number(double value);
/// Three decimals; "-" for NaN.
[[nodiscard]] std::string three_decimals(double value);
/// "<= 1 % at 95 %", "<= 5 % on average", "about 5 %", "none".
[[nodiscard]] std::string short_promise(const Promise& promise);

}  // namespace plimsoll::cli
