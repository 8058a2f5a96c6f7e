// SPDX-License-Identifier: Apache-2.0
// Written by hand: the one packaged parser, libcsv, is C, LGPL and knows neither lines nor numbers, for the sake
// of the thirty lines in read_row.
#include "csv.hpp"

#include <locale.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "shown.hpp"

namespace plimsoll::io {
namespace {

constexpr std::size_t longest_row = std::size_t{1} << 20;

bool is_blank(int c) {
  return c == ' ' || c == '\t';
}

void trim(std::string& text) {
  text.erase(std::ranges::find_if_not(text.rbegin(), text.rend(), is_blank).base(), text.end());
  text.erase(text.begin(), std::ranges::find_if_not(text, is_blank));
}

}  // namespace

bool parse_number(const std::string& text, double& number) noexcept {
  const char* begin = text.data();
  const char* const end = begin + text.size();
  if (begin != end && *begin == '+') {
    ++begin;
    if (begin != end && *begin == '-') return false;
  }
  const auto result = std::from_chars(begin, end, number);
  if (result.ptr != end || begin == end) return false;
  if (result.ec == std::errc::result_out_of_range) {  // tiny, or huge: with a point, wherever this program runs
    static const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
    number = plain == nullptr ? HUGE_VAL : strtod_l(begin, nullptr, plain);
  }
  return result.ec == std::errc{} || std::abs(number) < 1;
}

CsvReader::CsvReader(ByteSource& source, const CsvColumn& column, const char* usual_name,
                     bool (*is_data)(const std::string&))
    : source_{source}, buffer_(std::size_t{1} << 16) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  static_cast<void>(peek());
  if (std::string_view(buffer_.data(), filled_).starts_with(byte_order_mark)) position_ = byte_order_mark.size();
  detect_separator();
  find_column(column, usual_name, is_data);
}

void CsvReader::pass_over_line() {
  for (int byte = take(); byte >= 0 && byte != '\n';) byte = take();
}

/// The most frequent candidate, outside quotation marks, on the first line that is neither blank nor a comment.
void CsvReader::detect_separator() {
  // What is passed over may be longer than the buffer; then the line that counts begins it.
  const auto is_passed_over = [this] {
    const int first = peek();
    const std::string_view text(buffer_.data() + position_, filled_ - position_);
    return first == '#' || (first >= 0 && text[std::min(text.find_first_not_of(" \r"), text.size() - 1)] == '\n');
  };
  if (is_passed_over()) {
    while (is_passed_over()) pass_over_line();
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(position_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    filled_ -= std::exchange(position_, 0);
    filled_ += source_.read(buffer_.data() + filled_, buffer_.size() - filled_);
  }
  std::string_view text(buffer_.data() + position_, filled_ - position_);
  std::string_view line;
  do {
    line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  } while (!text.empty() && (line.starts_with('#') || line.find_first_not_of(" \t\r") == std::string_view::npos));
  constexpr std::string_view candidates = ",;\t";
  std::array<std::size_t, candidates.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (const std::size_t candidate = candidates.find(c); !quoted && candidate != std::string_view::npos) {
      ++counts[candidate];
    }
  }
  separator_ = candidates[static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin())];
}

void CsvReader::find_column(const CsvColumn& column, const char* usual_name, bool (*is_data)(const std::string&)) {
  if (!read_row(first_)) fail("there is no number in it");
  columns_ = first_.size();
  const auto names = [&] {
    constexpr std::size_t most = 10;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, columns_); ++i) list += (i == 0 ? "" : ", ") + shown(first_[i]);
    return columns_ > most ? list + ", ..." : list;
  };
  const auto named = [&](std::string_view name) {
    const auto found = std::ranges::find(first_, name);
    column_ = static_cast<std::size_t>(found - first_.begin());
    return found != first_.end();
  };
  if (std::size_t position = 0;
      !column.name.empty() && std::ranges::all_of(column.name, [](char c) { return c >= '0' && c <= '9'; })) {
    std::from_chars(column.name.data(), column.name.data() + column.name.size(), position);
    if (position < 1 || position > columns_) {
      fail("there is no column " + column.name + ", there are " + std::to_string(columns_));
    }
    column_ = position - 1;
    pending_ = is_data(first_[column_]);
  } else if (!column.name.empty()) {
    if (!named(column.name)) fail("there is no column " + shown(column.name) + " among " + names());
  } else if (columns_ > 1) {
    if (!named(usual_name)) fail("there are " + std::to_string(columns_) + " columns, " + names() + ": say which");
  } else {
    pending_ = is_data(first_[0]);
  }
}

bool CsvReader::next(std::string& cell) {
  Row row;
  if (pending_) {
    pending_ = false;
    row.swap(first_);
  } else if (!read_row(row)) {
    return false;
  }
  if (row.size() != columns_) {
    fail("line " + std::to_string(row_line_) + " has " + std::to_string(row.size()) + " columns, the first row has " +
         std::to_string(columns_));
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
      pass_over_line();
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
          if (inside < 0) fail("line " + std::to_string(row_line_) + " has a quotation mark that is not closed");
          if (++length > longest_row) {
            fail("line " + std::to_string(row_line_) + " is longer than a megabyte, or a quotation mark is not closed");
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
      } else if (byte == '\r' && peek() >= 0 && peek() != '\n') {
        fail("line " + std::to_string(row_line_) + " has a carriage return in it: lines end in LF or CR LF");
      } else if (quoted && byte != '\r' && !is_blank(byte)) {
        fail("line " + std::to_string(row_line_) + " has text behind a closing quotation mark");
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
