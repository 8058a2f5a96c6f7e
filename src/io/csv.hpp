// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "byte_source.hpp"
#include "plimsoll/io/score_file.hpp"

namespace plimsoll::io {

/// One column of a CSV file, cell by cell.
class CsvReader {
 public:
  /// `usual_name` is the header taken when no column is asked for and there are several; `is_data` tells a cell from
  /// a header.
  CsvReader(ByteSource& source, const CsvColumn& column, const char* usual_name, bool (*is_data)(const std::string&));

  /// The next cell of the column, trimmed; false at the end.
  bool next(std::string& cell);

  /// The line on which the last cell's row began, from 1.
  [[nodiscard]] std::size_t line() const noexcept { return row_line_; }

  /// Throws FileError, naming file, line and column, for a cell that is not what it should be.
  [[noreturn]] void fail_at_cell(const std::string& cell, const std::string& expected) const;

 private:
  using Row = std::vector<std::string>;
  bool read_row(Row& row);
  int take();
  void pass_over_line();
  [[nodiscard]] int peek();
  [[noreturn]] void fail(const std::string& what) const;
  void detect_separator();
  void find_column(const CsvColumn& column, const char* usual_name, bool (*is_data)(const std::string&));

  ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t position_ = 0;
  std::size_t filled_ = 0;
  char separator_ = ',';
  std::size_t line_ = 1;
  std::size_t row_line_ = 0;
  std::size_t column_ = 0;
  std::size_t columns_ = 0;  ///< of every row
  Row first_;                ///< the first row, when it holds data
  bool pending_ = false;
};

/// Whether the whole text is a decimal number, nan or inf, with a sign if any, not beyond the largest double; of one
/// beyond it `number` is infinite. What is too small for a double becomes 0.
[[nodiscard]] bool parse_number(const std::string& text, double& number) noexcept;

}  // namespace plimsoll::io
