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
  /// `usual_name` is the header taken when no column is asked for and there are several.
  CsvReader(ByteSource& source, const CsvColumn& column, const char* usual_name);

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
  [[nodiscard]] int peek();
  [[noreturn]] void fail(const std::string& what) const;
  void find_column(const CsvColumn& column, const char* usual_name);

  ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t position_ = 0;
  std::size_t filled_ = 0;
  char separator_ = ',';
  std::size_t line_ = 1;
  std::size_t row_line_ = 0;
  std::size_t column_ = 0;
  Row first_;  ///< the first row, when it holds data
  bool pending_ = false;
};

/// Whether the whole text is a number: a decimal or hexadecimal-free float, nan or inf, with a sign if any.
[[nodiscard]] bool parse_number(const std::string& text, double& number) noexcept;

}  // namespace plimsoll::io
