// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plimsoll/core/config.hpp"

namespace plimsoll {

/// A parameter's value where its type is not known at compile time: unset, a number, or one of a set of words.
using ParameterValue = std::variant<std::monostate, double, std::string>;

/// Parameters by name.
using ParameterMap = std::map<std::string, ParameterValue, std::less<>>;

/// What values a parameter has.
enum class ParameterKind : std::uint8_t {
  real,     ///< any number of its Range
  integer,  ///< a whole number of its Range, below 2^53
  choice,   ///< one of a set of words
};

/// The numbers that a parameter may have.
struct Range {
  /// The lower end.
  double least = -std::numeric_limits<double>::infinity();
  /// The upper end.
  double most = std::numeric_limits<double>::infinity();
  bool least_allowed = true;  ///< whether `least` itself is in the range
  bool most_allowed = true;   ///< whether `most` itself is in the range

  /// Between the two, without them.
  [[nodiscard]] static constexpr Range open(double least, double most) noexcept { return {least, most, false, false}; }
  /// Between the two, with them.
  [[nodiscard]] static constexpr Range closed(double least, double most) noexcept { return {least, most, true, true}; }
  /// All finite numbers above `least`.
  [[nodiscard]] static constexpr Range above(double least) noexcept {
    return {least, std::numeric_limits<double>::infinity(), false, false};
  }
  /// `least`, and all finite numbers above it.
  [[nodiscard]] static constexpr Range from(double least) noexcept {
    return {least, std::numeric_limits<double>::infinity(), true, false};
  }
  /// All numbers but the infinities.
  [[nodiscard]] static constexpr Range finite() noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {-infinity, infinity, false, false};
  }

  /// Whether the range holds `value`; never for NaN.
  [[nodiscard]] constexpr bool holds(double value) const noexcept {
    return (least_allowed ? value >= least : value > least) && (most_allowed ? value <= most : value < most);
  }
};

/// One row of a method's parameter table: it feeds the checks, the program's options and the docs.
struct ParameterInfo {
  std::string_view name;                     ///< as in threshold files, and with dashes as the program's option
  ParameterKind kind = ParameterKind::real;  ///< what values it has
  ParameterValue default_value;              ///< monostate when the parameter may be left unset and is
  Range range;                               ///< for numbers
  std::vector<std::string_view> choices;     ///< for words
  std::string_view help;                     ///< one line
};

namespace detail {
/// The shortest decimal that reads back as the same double: "0.05", "3", "1e-06".
inline std::string shortest(double value) {
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}
}  // namespace detail

/// "(0, 1)", ">= 1", "> 0", "finite", or "one of a, b".
[[nodiscard]] inline std::string describe_range(const ParameterInfo& info) {
  if (info.kind == ParameterKind::choice) {
    std::string text = "one of ";
    for (const std::string_view choice : info.choices) {
      if (choice != info.choices.front()) text += ", ";
      text += choice;
    }
    return text;
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Range& range = info.range;
  if (range.least == -infinity && range.most == infinity) return "finite";
  if (range.most == infinity) return (range.least_allowed ? ">= " : "> ") + detail::shortest(range.least);
  return (range.least_allowed ? "[" : "(") + detail::shortest(range.least) + ", " + detail::shortest(range.most) +
         (range.most_allowed ? "]" : ")");
}

/// What a value must be, for errors: "a number in (0, 1)", "a whole number >= 1", "a finite number", "one of a, b".
[[nodiscard]] inline std::string describe_expected(const ParameterInfo& info) {
  const std::string range = describe_range(info);
  if (info.kind == ParameterKind::choice) return range;
  const std::string number = info.kind == ParameterKind::integer ? "whole number" : "number";
  if (range == "finite") return "a finite " + number;
  return "a " + number + (range.front() == '(' || range.front() == '[' ? " in " : " ") + range;
}

/// "0.05", "reject", "unset".
[[nodiscard]] inline std::string to_string(const ParameterValue& value) {
  if (const double* number = std::get_if<double>(&value)) return detail::shortest(*number);
  if (const std::string* word = std::get_if<std::string>(&value)) return *word;
  return "unset";
}

}  // namespace plimsoll
