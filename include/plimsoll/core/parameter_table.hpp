// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/parameter.hpp"

namespace plimsoll {

namespace detail {

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// The words of an enumeration, its values as numbers.
using Words = std::vector<std::pair<int, std::string_view>>;

/// A member of a parameter aggregate, whatever the aggregate: where it lies, and how its type is read and written.
/// There is one pair of functions a type, not one a parameter: dozens of methods share them.
struct Member {
  void* (*locate)(void* parameters);
  ParameterValue (*read)(const void* member, const Words& words);
  void (*write)(void* member, const ParameterValue& value, const Words& words);  ///< the value has the right kind
};

template <typename T>
ParameterValue read_number(const void* member, const Words&) {
  const T& value = *static_cast<const T*>(member);
  if constexpr (is_optional<T>) {
    if (!value) return {};
    return *value;
  } else {
    return static_cast<double>(value);
  }
}

template <typename T>
void write_number(void* member, const ParameterValue& value, const Words&) {
  T& to = *static_cast<T*>(member);
  if constexpr (is_optional<T>) {
    const double* number = std::get_if<double>(&value);
    to = number ? std::optional<double>(*number) : std::nullopt;
  } else {
    to = static_cast<T>(std::get<double>(value));
  }
}

template <typename T>
ParameterValue read_word(const void* member, const Words& words) {
  const int value = static_cast<int>(*static_cast<const T*>(member));
  const auto word = std::ranges::find(words, value, [](const auto& w) { return w.first; });
  return word == words.end() ? std::string("an unnamed value") : std::string(word->second);
}

template <typename T>
void write_word(void* member, const ParameterValue& value, const Words& words) {
  const auto& text = std::get<std::string>(value);
  const auto word = std::ranges::find(words, text, [](const auto& w) { return w.second; });
  *static_cast<T*>(member) = static_cast<T>(word->first);
}

}  // namespace detail

/// One row of a ParameterTable, made by number() or choice() for the aggregate whose table it is in.
struct ParameterRow {
  ParameterInfo info;     ///< what the parameter is
  detail::Member member;  ///< where it is in the aggregate, and how it is read and written
  detail::Words words{};  ///< of a choice
};

namespace detail {

/// What a ParameterTable does, but for the type of its aggregate, to which `parameters` points.
class ParameterRows {
 public:
  ParameterRows(std::string_view method, std::vector<ParameterRow> rows) : method_{method}, rows_{std::move(rows)} {}

  [[nodiscard]] std::vector<ParameterInfo> infos() const {
    std::vector<ParameterInfo> infos;
    for (const ParameterRow& row : rows_) infos.push_back(row.info);
    return infos;
  }

  void check(void* parameters) const {
    for (const ParameterRow& row : rows_) check_value(row.info, read(row, parameters));
  }

  void assign(void* parameters, const ParameterMap& values) const {
    for (const auto& [name, value] : values) {
      const auto row = std::ranges::find(rows_, name, [](const ParameterRow& r) { return r.info.name; });
      if (row == rows_.end()) throw ParameterError(unknown(name));
      check_value(row->info, value);
      row->member.write(row->member.locate(parameters), value, row->words);
    }
  }

  [[nodiscard]] ParameterMap values(void* parameters) const {
    ParameterMap map;
    for (const ParameterRow& row : rows_) map.emplace(row.info.name, read(row, parameters));
    return map;
  }

  static ParameterValue read(const ParameterRow& row, void* parameters) {
    return row.member.read(row.member.locate(parameters), row.words);
  }

 private:
  static constexpr double end_of_integers = 0x1p53;  ///< Doubles above leave some out.

  void check_value(const ParameterInfo& info, const ParameterValue& value) const {
    const bool valid = [&] {
      if (std::holds_alternative<std::monostate>(value)) {
        return std::holds_alternative<std::monostate>(info.default_value);
      }
      if (const std::string* word = std::get_if<std::string>(&value)) {
        return info.kind == ParameterKind::choice && std::ranges::find(info.choices, *word) != info.choices.end();
      }
      const double number = std::get<double>(value);
      return info.kind != ParameterKind::choice && info.range.holds(number) &&
             (info.kind != ParameterKind::integer || (number == std::floor(number) && number < end_of_integers));
    }();
    if (!valid) {
      const double* number = std::get_if<double>(&value);
      const bool too_large = number != nullptr && info.kind == ParameterKind::integer && info.range.holds(*number) &&
                             *number >= end_of_integers;
      throw ParameterError(method_ + ": " + std::string(info.name) + " = " + to_string(value) + " is not " +
                           describe_expected(info) + (too_large ? " and below 2^53" : ""));
    }
  }

  [[nodiscard]] std::string unknown(std::string_view name) const {
    std::string text = method_ + ": no parameter " + std::string(name) + "; there are";
    for (const ParameterRow& row : rows_) text += (&row == &rows_.front() ? " " : ", ") + std::string(row.info.name);
    return text;
  }

  std::string method_;
  std::vector<ParameterRow> rows_;
};

}  // namespace detail

/// Binds the rows of a parameter table to the members of a parameter aggregate: the one description from which
/// parameters are checked, filled from names and written back to names.
template <typename Parameters>
class ParameterTable {
 public:
  /// What the table is made of.
  using Row = ParameterRow;

  /// The rows are made by number<Parameters>() and choice<Parameters>().
  ParameterTable(std::string_view method, std::vector<Row> rows) : rows_{method, std::move(rows)} {}

  /// The rows as data.
  [[nodiscard]] std::vector<ParameterInfo> infos() const { return rows_.infos(); }

  /// Throws ParameterError, naming method, parameter and value, when a value lies outside its range.
  void check(const Parameters& parameters) const { rows_.check(address(parameters)); }

  /// The aggregate with the named values, defaults for the others. Throws ParameterError for an unknown name, a
  /// value of the wrong kind, or one outside its range.
  [[nodiscard]] Parameters make(const ParameterMap& values) const {
    Parameters parameters;
    rows_.assign(&parameters, values);
    return parameters;
  }

  /// Every parameter by name.
  [[nodiscard]] ParameterMap values(const Parameters& parameters) const { return rows_.values(address(parameters)); }

 private:
  /// Only read, though the rows find members by an address that could be written to.
  static void* address(const Parameters& parameters) { return const_cast<Parameters*>(&parameters); }

  detail::ParameterRows rows_;
};

namespace detail {

template <typename Parameters, typename Access>
using ParameterType = std::remove_cvref_t<std::invoke_result_t<Access, Parameters&>>;

/// `access` without its type: it is a lambda without captures, so that one can be made where it is called.
template <typename Parameters, typename Access>
void* locate(void* parameters) {
  return &Access{}(*static_cast<Parameters*>(parameters));
}

template <typename Parameters>
[[nodiscard]] ParameterRow with_default(ParameterRow row) {
  Parameters parameters;
  row.info.default_value = ParameterRows::read(row, &parameters);
  return row;
}

}  // namespace detail

/// A row for a number: `access`, a lambda without captures, maps the aggregate to a reference to its member, a double,
/// a std::size_t or a std::optional<double>.
template <typename Parameters, typename Access>
[[nodiscard]] ParameterRow number(std::string_view name, Access, Range range, std::string_view help) {
  using T = detail::ParameterType<Parameters, Access>;
  const auto kind = std::is_integral_v<T> ? ParameterKind::integer : ParameterKind::real;
  return detail::with_default<Parameters>(
      {{name, kind, {}, range, {}, help},
       {detail::locate<Parameters, Access>, detail::read_number<T>, detail::write_number<T>}});
}

/// A row for an enumeration: `words` names every value.
template <typename Parameters, typename Access, typename Enumeration = detail::ParameterType<Parameters, Access>>
[[nodiscard]] ParameterRow choice(std::string_view name, Access,
                                  std::initializer_list<std::pair<Enumeration, std::string_view>> words,
                                  std::string_view help) {
  ParameterRow row{
      {name, ParameterKind::choice, {}, {}, {}, help},
      {detail::locate<Parameters, Access>, detail::read_word<Enumeration>, detail::write_word<Enumeration>}};
  for (const auto& [value, word] : words) {
    row.words.emplace_back(static_cast<int>(value), word);
    row.info.choices.push_back(word);
  }
  return detail::with_default<Parameters>(std::move(row));
}

}  // namespace plimsoll
