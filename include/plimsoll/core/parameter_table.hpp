// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
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

/// Binds the rows of a parameter table to the members of a parameter aggregate: the one description from which
/// parameters are checked, filled from names and written back to names.
template <typename Parameters>
class ParameterTable {
 public:
  struct Row {
    ParameterInfo info;
    std::function<ParameterValue(const Parameters&)> get;
    std::function<void(Parameters&, const ParameterValue&)> set;  ///< the value has the right kind
  };

  ParameterTable(std::string_view method, std::vector<Row> rows) : method_{method}, rows_{std::move(rows)} {}

  /// The rows as data.
  [[nodiscard]] std::vector<ParameterInfo> infos() const {
    std::vector<ParameterInfo> infos;
    for (const Row& row : rows_) infos.push_back(row.info);
    return infos;
  }

  /// Throws ParameterError, naming method, parameter and value, when a value lies outside its range.
  void check(const Parameters& parameters) const {
    for (const Row& row : rows_) check_value(row.info, row.get(parameters));
  }

  /// The aggregate with the named values, defaults for the others. Throws ParameterError for an unknown name, a
  /// value of the wrong kind, or one outside its range.
  [[nodiscard]] Parameters make(const ParameterMap& values) const {
    Parameters parameters;
    for (const auto& [name, value] : values) {
      const auto row = std::ranges::find(rows_, name, [](const Row& r) { return r.info.name; });
      if (row == rows_.end()) throw ParameterError(unknown(name));
      check_value(row->info, value);
      row->set(parameters, value);
    }
    return parameters;
  }

  /// Every parameter by name.
  [[nodiscard]] ParameterMap values(const Parameters& parameters) const {
    ParameterMap map;
    for (const Row& row : rows_) map.emplace(row.info.name, row.get(parameters));
    return map;
  }

 private:
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
             (info.kind != ParameterKind::integer || (number == std::floor(number) && number < 0x1p53));
    }();
    if (!valid) {
      throw ParameterError(method_ + ": " + std::string(info.name) + " = " + to_string(value) + " is not " +
                           describe_expected(info));
    }
  }

  [[nodiscard]] std::string unknown(std::string_view name) const {
    std::string text = method_ + ": no parameter " + std::string(name) + "; there are";
    for (const Row& row : rows_) text += (&row == &rows_.front() ? " " : ", ") + std::string(row.info.name);
    return text;
  }

  std::string method_;
  std::vector<Row> rows_;
};

namespace detail {

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <typename Parameters, typename Access>
using ParameterType = std::remove_cvref_t<std::invoke_result_t<Access, Parameters&>>;

}  // namespace detail

/// A row for a number: `access` maps the aggregate to a reference to its member, a double, a std::size_t or a
/// std::optional<double>.
template <typename Parameters, typename Access>
[[nodiscard]] typename ParameterTable<Parameters>::Row number(std::string_view name, Access access, Range range,
                                                              std::string_view help) {
  using T = detail::ParameterType<Parameters, Access>;
  const auto get = [access](const Parameters& parameters) -> ParameterValue {
    const T& value = access(parameters);
    if constexpr (detail::is_optional<T>) {
      if (!value) return {};
      return *value;
    } else {
      return static_cast<double>(value);
    }
  };
  const auto set = [access](Parameters& parameters, const ParameterValue& value) {
    if constexpr (detail::is_optional<T>) {
      const double* number = std::get_if<double>(&value);
      access(parameters) = number ? std::optional<double>(*number) : std::nullopt;
    } else {
      access(parameters) = static_cast<T>(std::get<double>(value));
    }
  };
  const auto kind = std::is_integral_v<T> ? ParameterKind::integer : ParameterKind::real;
  return {{name, kind, get(Parameters{}), range, {}, help}, get, set};
}

/// A row for an enumeration: `words` names every value.
template <typename Parameters, typename Access, typename Enumeration = detail::ParameterType<Parameters, Access>>
[[nodiscard]] typename ParameterTable<Parameters>::Row choice(
    std::string_view name, Access access, std::initializer_list<std::pair<Enumeration, std::string_view>> words,
    std::string_view help) {
  const std::vector<std::pair<Enumeration, std::string_view>> pairs(words);
  const auto get = [access, pairs](const Parameters& parameters) -> ParameterValue {
    const auto pair = std::ranges::find(pairs, access(parameters), [](const auto& p) { return p.first; });
    return pair == pairs.end() ? std::string("an unnamed value") : std::string(pair->second);
  };
  const auto set = [access, pairs](Parameters& parameters, const ParameterValue& value) {
    const auto& word = std::get<std::string>(value);
    access(parameters) = std::ranges::find(pairs, word, [](const auto& p) { return p.second; })->first;
  };
  std::vector<std::string_view> choices;
  for (const auto& pair : pairs) choices.push_back(pair.second);
  return {{name, ParameterKind::choice, get(Parameters{}), {}, choices, help}, get, set};
}

}  // namespace plimsoll
