// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "progress.hpp"
#include "registry.hpp"

namespace plimsoll::cli {
namespace {

std::string option_name(std::string_view parameter) {
  std::string name = "--" + std::string(parameter);
  std::ranges::replace(name, '_', '-');
  return name;
}

const ParameterInfo* find_parameter(const MethodInfo& method, std::string_view name) {
  const auto found = std::ranges::find(method.parameters, name, &ParameterInfo::name);
  return found == method.parameters.end() ? nullptr : &*found;
}

}  // namespace

void FormatOption::add_to(CLI::App& command) {
  const std::map<std::string, Format> words{{"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};
  command.add_option("--format", format, "table for people, json or csv for machines")
      ->transform(CLI::CheckedTransformer(words).description(""))
      ->type_name("table|json|csv")
      ->group("Output");
}

void InputOptions::add_column_to(CLI::App& command) {
  command.add_option("--column", column.name, "CSV input: the scores' column, by its header or its number from 1")
      ->type_name("NAME|N")
      ->group("Input");
}

void InputOptions::add_to(CLI::App& command) {
  add_column_to(command);
  const std::map<std::string, io::ScoreDirection> words{{"higher", io::ScoreDirection::higher_is_anomalous},
                                                        {"lower", io::ScoreDirection::lower_is_anomalous}};
  command.add_option("--direction", direction, "which scores are strange; lower negates every score as it is read")
      ->transform(CLI::CheckedTransformer(words).description(""))
      ->type_name("higher|lower")
      ->group("Input");
}

void ParameterOptions::add_to(CLI::App& command) {
  for (const Method& method : all_methods()) {
    for (const ParameterInfo& info : method.info().parameters) {
      const auto [place, added] = given_.try_emplace(std::string(info.name));
      if (!added) continue;
      // Methods that describe the parameter alike share a description.
      std::vector<std::pair<std::string, std::string>> descriptions;
      std::size_t owners = 0;
      for (const Method& other : all_methods()) {
        const ParameterInfo* same = find_parameter(other.info(), info.name);
        if (same == nullptr) continue;
        ++owners;
        const std::string text =
            fmt::format("{} [{}; default {}]", same->help, describe_range(*same), to_string(same->default_value));
        const std::string owner(other.info().name);
        const auto found = std::ranges::find(descriptions, text, [](const auto& pair) { return pair.first; });
        if (found == descriptions.end()) {
          descriptions.emplace_back(text, owner);
        } else {
          found->second += ", " + owner;
        }
      }
      const bool everywhere = owners == all_methods().size();
      std::string help;
      for (const auto& [text, names] : descriptions) {
        help += (help.empty() ? "" : "\n") + (everywhere ? text : names + ": " + text);
      }
      command.add_option(option_name(info.name), place->second, help)
          ->type_name(info.kind == ParameterKind::choice    ? "WORD"
                      : info.kind == ParameterKind::integer ? "N"
                                                            : "X")
          ->group(everywhere ? "Input" : "Method parameters");
    }
  }
}

ParameterMap ParameterOptions::of(const MethodInfo& method) const {
  ParameterMap values;
  for (const auto& [name, text] : given_) {
    const ParameterInfo* info = text.empty() ? nullptr : find_parameter(method, name);
    if (info != nullptr) values[name] = parse_value(method.name, *info, text);
  }
  return values;
}

void ParameterOptions::check_all_used(const std::vector<const MethodInfo*>& chosen) const {
  for (const auto& [name, text] : given_) {
    if (text.empty()) continue;
    const bool used =
        std::ranges::any_of(chosen, [&](const MethodInfo* method) { return find_parameter(*method, name) != nullptr; });
    if (!used) {
      std::string names;
      for (const MethodInfo* method : chosen) names += (names.empty() ? "" : ", ") + std::string(method->name);
      throw UsageError(fmt::format("{} is no parameter of {}; see plimsoll methods {}", option_name(name), names,
                                   chosen.front()->name));
    }
  }
}

ParameterValue parse_value(std::string_view method, const ParameterInfo& info, const std::string& text) {
  if (info.kind == ParameterKind::choice) return text;
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
    throw UsageError(fmt::format("{}: {} = {} is not a number, {}", method, info.name, text, describe_range(info)));
  }
  return number;
}

MethodSpec parse_method(const std::string& text) {
  const std::size_t colon = text.find(':');
  const Method& method = method_named(text.substr(0, colon));
  MethodSpec spec{&method, &method.info(), {}, text};
  if (colon == std::string::npos) return spec;
  for (std::size_t begin = colon + 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string assignment = text.substr(begin, end - begin);
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      throw UsageError(fmt::format("--method {}: '{}' is not parameter=value", text, assignment));
    }
    std::string name = assignment.substr(0, equals);
    std::ranges::replace(name, '-', '_');
    const ParameterInfo* info = find_parameter(*spec.info, name);
    if (info == nullptr) {
      throw UsageError(
          fmt::format("{} has no parameter {}; see plimsoll methods {}", spec.info->name, name, spec.info->name));
    }
    spec.parameters[name] = parse_value(spec.info->name, *info, assignment.substr(equals + 1));
    begin = end + 1;
  }
  return spec;
}

void read_scores(const std::string& path, const InputOptions& input,
                 const std::function<void(const io::ScoreBlock&, std::size_t, std::size_t)>& take) {
  const auto reader = io::open_scores(path, input.column);
  const std::string shown = path == "-" ? "standard input" : path;
  Progress progress("reading " + shown);
  io::ScoreBlock block;
  std::size_t first = 0;
  std::size_t index = 0;
  while (reader->next(block)) {
    if (input.direction == io::ScoreDirection::lower_is_anomalous) {
      std::visit(
          [](auto& values) {
            for (auto& value : values) value = -value;
          },
          block.values);
    }
    try {
      take(block, first, index);
    } catch (const DataError& error) {
      const std::string place = block.is_map ? fmt::format(", map {}", index)
                                : first > 0  ? fmt::format(", counted from score {}", first)
                                             : "";
      throw DataError(shown + place + ": " + error.what());
    }
    first += block.scores().size();
    ++index;
    progress.at(reader->progress(), first);
  }
}

void append_scores(const io::ScoreBlock& block, const InputPolicy& policy, std::vector<double>& scores) {
  std::visit(
      [&](const auto& values) {
        if (!block.is_map || policy.map_reduction == MapReduction::every_pixel) {
          scores.insert(scores.end(), values.begin(), values.end());
        } else {
          std::vector<double> pixels(values.begin(), values.end());
          scores.push_back(reduce_pixels(pixels, policy.map_reduction, policy.top_share));
        }
      },
      block.values);
}

void TrueLabels::add_to(CLI::App& command, const char* of_what) {
  command
      .add_option("--labels", path,
                  fmt::format("true labels of {}: 0 normal and 1 anomalous, one a score or map, or masks", of_what))
      ->type_name("FILE")
      ->group("Input");
  command.add_option("--label-column", column, "CSV: the labels' column, in --labels or else beside the scores")
      ->type_name("NAME|N")
      ->group("Input");
}

io::LabelArray TrueLabels::read(const std::string& scores_path) const {
  const std::string& file = path.empty() ? scores_path : path;
  if (file == "-" && scores_path == "-") throw UsageError("standard input cannot give both scores and labels");
  return io::read_labels(file, {column});
}

std::vector<Label> match_labels(const io::LabelArray& labels, std::size_t scores, const std::string& name) {
  if (labels.values.size() == scores) return labels.values;
  if (labels.shape.size() > 1 && labels.shape.front() == scores) {
    const std::size_t pixels = labels.values.size() / scores;
    std::vector<Label> any;
    for (std::size_t i = 0; i < scores; ++i) {
      const auto mask = std::span(labels.values).subspan(i * pixels, pixels);
      any.push_back(std::ranges::find(mask, Label::anomalous) == mask.end() ? Label::normal : Label::anomalous);
    }
    return any;
  }
  throw DataError(fmt::format("{}: has {} labels for {} scores", name, labels.values.size(), scores));
}

std::string six_digits(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.6g}", value);
}

std::string three_decimals(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
}

std::string short_promise(const Promise& promise) {
  if (promise.guarantee == Guarantee::none) return "none";
  const std::string rate = fmt::format("<= {:.3g} % ", 100 * promise.false_alarm_rate);
  return rate + (std::isnan(promise.confidence) ? "on average" : fmt::format("at {:.3g} %", 100 * promise.confidence));
}

}  // namespace plimsoll::cli
