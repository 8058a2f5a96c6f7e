// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
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
struct FormatOption {
  Format format = Format::table;
  void add_to(CLI::App& command);
};

/// Which column of a CSV file, and which end is strange: `--column`, `--direction`.
struct InputOptions {
  io::CsvColumn column;
  io::ScoreDirection direction = io::ScoreDirection::higher_is_anomalous;
  void add_to(CLI::App& command);
  void add_column_to(CLI::App& command);
};

/// One option for each parameter of each method, made from the parameter tables.
class ParameterOptions {
 public:
  void add_to(CLI::App& command);

  /// The given parameters that the method has.
  [[nodiscard]] ParameterMap of(const MethodInfo& method) const;

  /// Throws UsageError when a given parameter belongs to none of the methods.
  void check_all_used(const std::vector<const MethodInfo*>& methods) const;

 private:
  std::map<std::string, std::string> given_;  ///< by parameter name; empty when not given
};

/// "name" or "name:parameter=value,parameter=value".
struct MethodSpec {
  const Method* method;
  const MethodInfo* info;  ///< the method's
  ParameterMap parameters;
  std::string text;
};
[[nodiscard]] MethodSpec parse_method(const std::string& text);

/// The text as a value for the parameter; throws UsageError.
[[nodiscard]] ParameterValue parse_value(std::string_view method, const ParameterInfo& info, const std::string& text);

/// Reads a score file block by block, with progress, negated where low scores are strange, and hands each block to
/// `take` with the number of scores (or maps) before it. DataErrors get the file's name and that number.
void read_scores(const std::string& path, const InputOptions& input,
                 const std::function<void(const io::ScoreBlock&, std::size_t first_score, std::size_t index)>& take);

/// What a block counts for when it is decided on: its values, or one score for a map.
void append_scores(const io::ScoreBlock& block, const InputPolicy& policy, std::vector<double>& scores);

/// Labels of a score file: its own column, or a file; with what there is to say when they do not fit.
struct TrueLabels {
  std::string path;
  std::string column;
  [[nodiscard]] bool given() const { return !path.empty() || !column.empty(); }
  void add_to(CLI::App& command, const char* of_what);
  [[nodiscard]] io::LabelArray read(const std::string& scores_path) const;
};

/// As many labels as scores were made of the file: as they are, or for maps that count for one score each, from
/// masks (a map is anomalous when a pixel is). Throws DataError when the numbers do not fit.
[[nodiscard]] std::vector<Label> match_labels(const io::LabelArray& labels, std::size_t scores,
                                              const std::string& name);

/// Six significant digits; "-" for NaN.
[[nodiscard]] std::string six_digits(double value);
/// Three decimals; "-" for NaN.
[[nodiscard]] std::string three_decimals(double value);
/// "<= 1 % at 95 %", "<= 5 % on average", "none".
[[nodiscard]] std::string short_promise(const Promise& promise);

}  // namespace plimsoll::cli
