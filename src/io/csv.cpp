// SPDX-License-Identifier: Apache-2.0
// Written by hand: the one packaged parser, libcsv, is C, LGPL and knows neither lines nor numbers, for the sake
// of the thirty lines in read_row.
#include "csv.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

namespace plimsoll::io {
namespace {

constexpr std::size_t longest_row = std::size_t{1} << 20;

void trim(std::string& text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  text.erase(std::ranges::find_if_not(text.rbegin(), text.rend(), blank).base(), text.end());
  text.erase(text.begin(), std::ranges::find_if_not(text, blank));
}

/// At most 40 characters of a cell, for messages of one line.
std::string shown(std::string cell) {
  std::ranges::replace_if(
      cell, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  constexpr std::size_t most = 40;
  return "'" + (cell.size() > most ? cell.substr(0, most) + "..." : cell) + "'";
}

}  // namespace

bool parse_number(const std::string& text, double& number) noexcept {
  const char* begin = text.data();
  const char* const end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto result = std::from_chars(begin, end, number);
  return result.ec == std::errc{} && result.ptr == end && begin != end && !(text[0] == '+' && *begin == '-');
}

CsvReader::CsvReader(ByteSource& source, const CsvColumn& column, const char* usual_name)
    : source_{source}, buffer_(std::size_t{1} << 16) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  static_cast<void>(peek());
  if (std::string_view(buffer_.data(), filled_).starts_with(byte_order_mark)) position_ = byte_order_mark.size();

  // The separator is the most frequent candidate on the first line that is not a comment.
  std::string_view text(buffer_.data() + position_, filled_ - position_);
  while (text.starts_with('#') && text.find('\n') != std::string_view::npos) text.remove_prefix(text.find('\n') + 1);
  text = text.substr(0, text.find('\n'));
  for (const char candidate : {';', '\t'}) {
    if (std::ranges::count(text, candidate) > std::ranges::count(text, separator_)) separator_ = candidate;
  }
  find_column(column, usual_name);
}

void CsvReader::find_column(const CsvColumn& column, const char* usual_name) {
  if (!read_row(first_)) fail("there is no number in it");
  double number = 0;
  const auto names = [&] {
    std::string list;
    for (std::string name : first_) list += (list.empty() ? "" : ", ") + shown(std::move(name));
    return list;
  };
  const auto named = [&](std::string_view name) {
    const auto found = std::ranges::find(first_, name);
    column_ = static_cast<std::size_t>(found - first_.begin());
    return found != first_.end();
  };
  if (std::size_t position = 0;
      !column.name.empty() && std::ranges::all_of(column.name, [](char c) { return c >= '0' && c <= '9'; })) {
    std::from_chars(column.name.data(), column.name.data() + column.name.size(), position);
    if (position < 1 || position > first_.size()) {
      fail("there is no column " + column.name + ", there are " + std::to_string(first_.size()));
    }
    column_ = position - 1;
  } else if (!column.name.empty()) {
    if (!named(column.name)) fail("there is no column " + shown(column.name) + " among " + names());
  } else if (first_.size() > 1 && !named(usual_name)) {
    fail("there are " + std::to_string(first_.size()) + " columns, " + names() + ": say which");
  }
  // A first row whose cell is a number, or empty, is data.
  pending_ = first_[column_].empty() || parse_number(first_[column_], number);
  static constexpr std::string_view words[] = {"true", "false", "True", "False", "normal", "anomalous"};
  if (std::ranges::find(words, first_[column_]) != std::end(words)) pending_ = true;
}

bool CsvReader::next(std::string& cell) {
  Row row;
  if (pending_) {
    pending_ = false;
    row.swap(first_);
  } else if (!read_row(row)) {
    return false;
  }
  if (column_ >= row.size()) {
    fail("line " + std::to_string(row_line_) + " has " + std::to_string(row.size()) + " columns, not " +
         std::to_string(column_ + 1));
  }
  cell.swap(row[column_]);
  return true;
}

int CsvReader::peek() {
  if (position_ == filled_) {
    filled_ = source_.read(buffer_.data(), buffer_.size());
    position_ = 0;
    if (filled_ == 0) return -1;
  }
  return static_cast<unsigned char>(buffer_[position_]);
}

int CsvReader::take() {
  const int byte = peek();
  if (byte >= 0) ++position_;
  if (byte == '\n') ++line_;
  return byte;
}

/// RFC 4180, with comments (lines that begin with #) and blank lines passed over.
bool CsvReader::read_row(Row& row) {
  for (;;) {
    row.clear();
    row_line_ = line_;
    if (peek() < 0) return false;
    if (peek() == '#') {
      for (int byte = take(); byte >= 0 && byte != '\n';) byte = take();
      continue;
    }
    std::string cell;
    bool quoted = false;
    std::size_t length = 0;
    for (;;) {
      const int byte = take();
      if (++length > longest_row) fail("line " + std::to_string(row_line_) + " is longer than a megabyte");
      if (byte == '"' && cell.empty() && !quoted) {
        quoted = true;
        for (int inside = take();; inside = take()) {
          if (++length > longest_row || inside < 0) {
            fail("line " + std::to_string(row_line_) + " has a quotation mark that is not closed");
          }
          if (inside == '"') {
            if (peek() != '"') break;
            take();
          }
          cell += static_cast<char>(inside);
        }
      } else if (byte == separator_ || byte == '\n' || byte < 0) {
        if (cell.ends_with('\r')) cell.pop_back();
        trim(cell);
        const bool blank_line = byte != separator_ && row.empty() && cell.empty() && !quoted;
        if (!blank_line) row.push_back(std::move(cell));
        cell.clear();
        quoted = false;
        if (byte != separator_) break;
      } else {
        cell += static_cast<char>(byte);
      }
    }
    if (!row.empty()) return true;
  }
}

void CsvReader::fail(const std::string& what) const {
  throw FileError(source_.name() + ": " + what);
}

void CsvReader::fail_at_cell(const std::string& cell, const std::string& expected) const {
  fail("line " + std::to_string(row_line_) + ", column " + std::to_string(column_ + 1) + ": " + shown(cell) +
       " is not " + expected);
}

}  // namespace plimsoll::io
