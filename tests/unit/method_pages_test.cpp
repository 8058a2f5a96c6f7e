// SPDX-License-Identifier: Apache-2.0
// The parameters as the methods' pages describe them: names, ranges and defaults.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace {

std::string trimmed(const std::string& text, const std::string& of = " *") {
  const std::size_t begin = text.find_first_not_of(of);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(of) - begin + 1);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(trimmed(part));
  return parts;
}

struct Described {
  std::string range;          ///< empty where a row describes several
  std::string default_value;  ///< likewise
};

/// What the page's table of parameters says of each.
std::map<std::string, Described> described(const std::string& method) {
  std::ifstream page(std::string(PLIMSOLL_EXAMPLE_DATA) + "/../../docs/methods/" + method + ".md");
  REQUIRE(page);
  std::map<std::string, Described> rows;
  std::vector<std::string> columns;
  for (std::string line; std::getline(page, line);) {
    if (line.empty() || line[0] != '|') {
      columns.clear();
      continue;
    }
    const std::vector<std::string> cells = split(line.substr(1), '|');
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    const auto of = [&](const std::string& column) {
      const auto place = std::ranges::find(columns, column);
      const auto index = static_cast<std::size_t>(place - columns.begin());
      return place == columns.end() || index >= cells.size() ? std::string() : cells[index];
    };
    if (of("name").empty() || std::ranges::find(columns, "default") == columns.end()) continue;
    const std::vector<std::string> names = split(of("name"), ',');
    for (const std::string& name : names) {
      if (name.front() != '`') continue;
      rows[trimmed(name, "`")] = names.size() == 1 ? Described{of("range"), of("default")} : Described{};
    }
  }
  return rows;
}

/// A number as pages write it: 0.5, 1e+05, 10^5.
double number(const std::string& text) {
  const std::size_t power = text.find("10^");
  return power == 0 ? std::pow(10, std::stod(text.substr(3))) : std::stod(text);
}

/// "whole number in [19, 10^5]", "whole, >= 0", "(0, 1)", "finite", "one, other".
void check_range(const plimsoll::ParameterInfo& info, std::string text) {
  if (info.kind == plimsoll::ParameterKind::choice) {
    const std::vector<std::string> words = split(text, ',');
    for (const std::string& word : words) CHECK(std::ranges::find(info.choices, word) != info.choices.end());
    CHECK((words.size() == info.choices.size() || info.name == "map_reduction"));  // of which some methods refuse one
    return;
  }
  const bool whole = text.starts_with("whole");
  CHECK(whole == (info.kind == plimsoll::ParameterKind::integer));
  if (const std::size_t begin = text.find_first_of("([<>"); begin != std::string::npos) text = text.substr(begin);
  CAPTURE(text);
  if (text == "finite") {
    CHECK(plimsoll::describe_range(info) == "finite");
    return;
  }
  REQUIRE_FALSE(text.empty());
  if (text[0] == '>') {
    CHECK(info.range.least_allowed == text.starts_with(">="));
    CHECK(info.range.least == number(trimmed(text, ">= ")));
    CHECK(std::isinf(info.range.most));
    return;
  }
  const std::vector<std::string> ends = split(text.substr(1, text.size() - 2), ',');
  REQUIRE(ends.size() == 2);
  CHECK(info.range.least_allowed == (text.front() == '['));
  CHECK(info.range.most_allowed == (text.back() == ']'));
  CHECK(info.range.least == number(ends[0]));
  CHECK(info.range.most == number(ends[1]));
}

TEST_CASE("every method's page has its parameters, with their ranges and defaults") {
  std::size_t ranges = 0;
  for (const plimsoll::Method& method : plimsoll::methods()) {
    const std::string name(method.info().name);
    if (name == "spot") continue;  // one table for three classes
    CAPTURE(name);
    const auto rows = described(name);
    for (const plimsoll::ParameterInfo& info : method.info().parameters) {
      CAPTURE(info.name);
      const auto row = rows.find(std::string(info.name));
      CHECK(row != rows.end());
      if (row == rows.end() || row->second.range.empty()) continue;
      ++ranges;
      check_range(info, row->second.range);
      const std::string& expected = row->second.default_value;
      const double* value = std::get_if<double>(&info.default_value);
      if (value != nullptr) {
        CHECK(*value == number(expected));
      } else {
        CHECK(plimsoll::to_string(info.default_value) == expected);
      }
    }
    for (const auto& row : rows) {
      CHECK(std::ranges::any_of(method.info().parameters, [&](const auto& info) { return info.name == row.first; }));
    }
  }
  CHECK(ranges > 80);  // the tables were found
}

}  // namespace
