// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/io/file_error.hpp"
#include "shown.hpp"

namespace plimsoll::io {

/// What is written: fields in the order in which they were set.
using Json = nlohmann::ordered_json;

/// JSON has no infinities and no NaN: those are the words "inf", "-inf" and null.
[[nodiscard]] inline Json number_to_json(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

/// An object of named numbers, which are not looked up one by one.
[[nodiscard]] inline Json numbers_to_json(const Estimates& numbers) {
  std::map<std::string, Json> values;
  for (const auto& [name, value] : numbers) values.emplace_hint(values.end(), name, number_to_json(value));
  return values;
}

/// The inverse of number_to_json; nothing for what is no number.
[[nodiscard]] inline std::optional<double> as_number(const nlohmann::json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

/// The value that the text is, sorted unless order matters. Throws FileError, whose message begins with the file's
/// name, when it is not JSON, or nested deeper than anything that is written here: the library copies, compares and
/// prints what is in another by recursion, which a stack has to hold. The ordered one looks up names in linear time,
/// and an object of many is refused too.
template <typename Value = nlohmann::json>
[[nodiscard]] Value parse_json(std::string_view text, const std::string& name) {
  constexpr int most_depth = 64;
  constexpr bool ordered = std::same_as<Value, Json>;
  constexpr std::size_t most_keys = 1000;
  const auto is_handled = [&name, keys = std::array<std::size_t, most_depth + 1>{}](
                              int depth, typename Value::parse_event_t event, Value&) mutable {
    using Event = typename Value::parse_event_t;
    const auto level = static_cast<std::size_t>(depth);
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= most_depth) throw FileError(name + ": not JSON that is read here: nested too deep");
      keys[level + 1] = 0;
    }
    if (ordered && event == Event::key && ++keys[level] > most_keys) {
      throw FileError(name + ": not JSON that is read here: an object of more than " + std::to_string(most_keys) +
                      " names");
    }
    return true;
  };
  try {
    return Value::parse(text, is_handled);
  } catch (const typename Value::parse_error& error) {
    throw FileError(name + ": not JSON: error at byte " + std::to_string(error.byte));
  } catch (const typename Value::out_of_range&) {
    throw FileError(name + ": not JSON that is read here: a number is beyond the largest double");
  }
}

/// What a file is, for messages that it is not that.
struct JsonSource {
  std::string_view name;  ///< of the file
  std::string_view kind;  ///< "a threshold file that this version reads"
};

/// An object in a JSON file, whose fields are asked for by name and type. What is not there, or not of that type,
/// throws FileError with the file's name, its kind and the field's path. View of the JSON and of the source's texts.
class JsonObject {
 public:
  JsonObject(const nlohmann::json& json, JsonSource source) : JsonObject(json, "", source) {}

  [[nodiscard]] const nlohmann::json& field(std::string_view name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) fail(named(name) + " is missing");
    return *found;
  }
  [[nodiscard]] JsonObject object(std::string_view name) const {
    return {field(name), path_ + std::string(name) + ".", source_};
  }
  /// The objects of a list.
  [[nodiscard]] std::vector<JsonObject> objects(std::string_view name) const {
    const nlohmann::json& values = field(name);
    if (!values.is_array()) fail(named(name) + " is not a list");
    std::vector<JsonObject> all;
    for (const nlohmann::json& value : values) {
      all.push_back({value, path_ + std::string(name) + "[" + std::to_string(all.size()) + "].", source_});
    }
    return all;
  }
  /// Whether there is such a field, and it is not null.
  [[nodiscard]] bool has(std::string_view name) const {
    const auto found = json_.find(name);
    return found != json_.end() && !found->is_null();
  }

  [[nodiscard]] std::string text(std::string_view name) const {
    const nlohmann::json& value = field(name);
    if (!value.is_string()) fail(named(name) + " is not a text");
    return value.get<std::string>();
  }
  /// As number_to_json wrote it: null is NaN.
  [[nodiscard]] double number(std::string_view name) const {
    const auto value = as_number(field(name));
    if (!value) fail(named(name) + " is not a number");
    return *value;
  }
  [[nodiscard]] std::size_t count(std::string_view name) const {
    const nlohmann::json& value = field(name);
    if (!value.is_number_unsigned()) fail(named(name) + " is not a count");
    return value.get<std::size_t>();
  }
  [[nodiscard]] bool flag(std::string_view name) const {
    const nlohmann::json& value = field(name);
    if (!value.is_boolean()) fail(named(name) + " is neither true nor false");
    return value.get<bool>();
  }
  [[nodiscard]] std::vector<double> list(std::string_view name) const {
    const nlohmann::json& values = field(name);
    if (!values.is_array()) fail(named(name) + " is not a list");
    std::vector<double> numbers;
    for (const nlohmann::json& value : values) {
      const auto number = as_number(value);
      if (!number) fail(named(name) + "[" + std::to_string(numbers.size()) + "] is not a number");
      numbers.push_back(*number);
    }
    return numbers;
  }
  template <typename Enumeration>
  [[nodiscard]] Enumeration word(std::string_view name, std::span<const Enumeration> known) const {
    const std::string word = text(name);
    for (const Enumeration value : known) {
      if (to_string(value) == word) return value;
    }
    fail(named(name) + " has the unknown word " + shown(word));
  }
  [[nodiscard]] ParameterMap parameters(std::string_view name) const {
    const nlohmann::json& values = object(name).json_;
    ParameterMap map;
    for (const auto& [key, value] : values.items()) {
      if (value.is_null()) {
        map[key] = std::monostate{};
      } else if (value.is_number()) {
        map[key] = value.get<double>();
      } else if (value.is_string()) {
        map[key] = value.get<std::string>();
      } else {
        fail(named(name) + "." + shown(key, "") + " is neither number, text nor null");
      }
    }
    return map;
  }
  [[nodiscard]] Estimates numbers(std::string_view name) const {
    const nlohmann::json& values = object(name).json_;
    Estimates map;
    for (const auto& [key, value] : values.items()) {
      const auto number = as_number(value);
      if (!number) fail(named(name) + "." + shown(key, "") + " is not a number");
      map[key] = *number;
    }
    return map;
  }

  /// What messages call a field of this: "field image.fit.cutoff".
  [[nodiscard]] std::string named(std::string_view name) const { return "field " + path_ + std::string(name); }

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(std::string(source_.name) + ": not " + std::string(source_.kind) + ": " + what);
  }

 private:
  JsonObject(const nlohmann::json& json, std::string path, JsonSource source)
      : json_{json}, path_{std::move(path)}, source_{source} {
    if (json_.is_object()) return;
    fail(path_.empty() ? "it is not a JSON object"
                       : "field " + path_.substr(0, path_.size() - 1) + " is not an object");
  }

  const nlohmann::json& json_;
  std::string path_;
  JsonSource source_;
};

}  // namespace plimsoll::io
