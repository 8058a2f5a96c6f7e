// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "shown.hpp"

namespace plimsoll::cli {

/// Rows of text under headings, as an aligned table or as CSV.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// Without control characters. Columns padded to their widest cell, two spaces between them; columns with numbers to
  /// the right.
  [[nodiscard]] std::string text() const {
    std::string text;
    std::vector<std::size_t> widths(rows_.front().size());
    std::vector<bool> numeric;
    for (std::size_t i = 0; i < widths.size(); ++i) numeric.push_back(is_numeric(i));
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += numeric[i] ? fmt::format("{:>{}}  ", row[i], widths[i]) : fmt::format("{:<{}}  ", row[i], widths[i]);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += io::without_controls(line) + "\n";
    }
    return text;
  }

  /// RFC 4180.
  [[nodiscard]] std::string csv() const {
    std::string text;
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) text += ',';
        text += quoted(row[i]);
      }
      text += '\n';
    }
    return text;
  }

  /// A cell of CSV: in quotes where it must be.
  [[nodiscard]] static std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string text = "\"";
    for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
  }

 private:
  [[nodiscard]] bool is_numeric(std::size_t column) const {
    return std::any_of(rows_.begin() + 1, rows_.end(), [&](const auto& row) {
      const std::string& cell = row[column];
      return cell.find_first_of("0123456789") != std::string::npos &&
             cell.find_first_not_of("0123456789.+-e") == std::string::npos;
    });
  }

  std::vector<std::vector<std::string>> rows_;
};

}  // namespace plimsoll::cli
