// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "folder.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "progress.hpp"

namespace plimsoll::cli {
namespace {

std::string option_name(std::string_view parameter) {
  std::string name = "--" + std::string(parameter);
  std::ranges::replace(name, '_', '-');
  return name;
}

/// A validator that lists the words when none of them is given.
std::function<std::string(const std::string&)> one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& value) -> std::string {
    if (std::ranges::find(words, value) != words.end()) return {};
    return fmt::format("{} is not one of {}", value, fmt::join(words, ", "));
  };
}

/// The methods that have the parameter.
std::vector<const MethodInfo*> owners_of(std::string_view parameter) {
  std::vector<const MethodInfo*> owners;
  for (const Method& method : methods()) {
    if (find_parameter(method.info(), parameter) != nullptr) owners.push_back(&method.info());
  }
  return owners;
}

/// "gpd", "gpd and spot", "quantile, certified and gpd", "all but manual and f1".
std::string name_all(const std::vector<const MethodInfo*>& methods) {
  std::vector<std::string_view> named;
  std::vector<std::string_view> others;
  for (const Method& method : plimsoll::methods()) {
    (std::ranges::find(methods, &method.info()) == methods.end() ? others : named).push_back(method.info().name);
  }
  const auto joined = [](const std::vector<std::string_view>& names) {
    const auto last = names.end() - 1;
    const std::string text = fmt::format("{}", fmt::join(names.begin(), last, ", "));
    return text.empty() ? std::string(*last) : fmt::format("{} and {}", text, *last);
  };
  if (others.empty()) return "all methods";
  return others.size() < named.size() && named.size() > 3 ? "all but " + joined(others) : joined(named);
}

/// What there is to do for who gave a parameter that the method does not have.
std::string where_parameter_is(std::string_view parameter, std::string_view method) {
  const auto owners = owners_of(parameter);
  if (owners.empty()) return fmt::format("see plimsoll methods {}", method);
  return fmt::format("{} {} it: --method {}", name_all(owners), owners.size() == 1 ? "has" : "have",
                     owners.front()->name);
}

/// "the share ... ((0, 1); default 0.05)".
std::string describe(const ParameterInfo& info) {
  return fmt::format("{} ({}; default {})", info.help, describe_range(info), to_string(info.default_value));
}

/// The help of an option that is a parameter of these methods.
std::string describe_option(std::string_view parameter, const std::vector<const MethodInfo*>& owners) {
  // Methods that describe the parameter alike share a description.
  std::vector<std::pair<std::string, std::vector<const MethodInfo*>>> groups;
  for (const MethodInfo* owner : owners) {
    const std::string text = describe(*find_parameter(*owner, parameter));
    const auto found = std::ranges::find(groups, text, [](const auto& group) { return group.first; });
    if (found == groups.end()) {
      groups.emplace_back(text, std::vector{owner});
    } else {
      found->second.push_back(owner);
    }
  }
  if (groups.size() == 1 && owners.size() == methods().size()) return groups.front().first;
  std::string help;
  if (groups.size() <= 3) {
    const ParameterInfo& first = *find_parameter(*owners.front(), parameter);
    for (const auto& [text, methods] : groups) {
      const ParameterInfo& info = *find_parameter(*methods.front(), parameter);
      const bool alike = !help.empty() && info.help == first.help && describe_range(info) == describe_range(first);
      help += (help.empty() ? "" : "; ") + name_all(methods) + ": " +
              (alike ? "default " + to_string(info.default_value) : text);
    }
    return help;
  }
  // Many would make a page of it: the first, and where the others differ in range or default.
  const ParameterInfo& first = *find_parameter(*owners.front(), parameter);
  for (const MethodInfo* owner : owners) {
    const ParameterInfo& info = *find_parameter(*owner, parameter);
    if (&info == &first) continue;
    help += fmt::format("{}{}", help.empty() ? "; alike for " : ", ", owner->name);
    std::string differs;
    if (describe_range(info) != describe_range(first)) differs = describe_range(info);
    if (info.default_value != first.default_value) {
      differs += (differs.empty() ? "default " : "; default ") + to_string(info.default_value);
    }
    if (!differs.empty()) help += " (" + differs + ")";
  }
  return fmt::format("{}: {}{}", owners.front()->name, describe(first), help);
}

}  // namespace

const ParameterInfo* find_parameter(const MethodInfo& method, std::string_view name) {
  const auto found = std::ranges::find(method.parameters, name, &ParameterInfo::name);
  return found == method.parameters.end() ? nullptr : &*found;
}

std::string parameter_name(std::string text) {
  std::ranges::replace(text, '-', '_');
  return text;
}

void FormatOption::add_to(CLI::App& command) {
  command.add_option("--format", word_, "table for people, json or csv for machines")
      ->check(one_of({"table", "json", "csv"}))
      ->type_name("table|json|csv")
      ->group("Output");
}

Format FormatOption::format() const {
  return word_ == "json" ? Format::json : word_ == "csv" ? Format::csv : Format::table;
}

void InputOptions::add_column_to(CLI::App& command) {
  command.add_option("--column", column_, "CSV input: the scores' column, by its header or its number from 1")
      ->type_name("NAME|N")
      ->group("Input");
}

void InputOptions::add_to(CLI::App& command) {
  add_column_to(command);
  command.add_option("--direction", direction_, "which scores are strange; lower negates every score as it is read")
      ->check(one_of({"higher", "lower"}))
      ->type_name("higher|lower")
      ->group("Input");
}

ScoreDirection InputOptions::direction() const {
  return direction_ == "lower" ? ScoreDirection::lower_is_anomalous : ScoreDirection::higher_is_anomalous;
}

void refuse_empty_values(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_expected_max() > 0) {
      option->check([](const std::string& value) { return std::string(value.empty() ? "the value is empty" : ""); });
    }
  }
}

void refuse_files_given_twice(const CLI::App& command) {
  constexpr std::array outputs{"-o", "--regions", "--record"};
  constexpr std::array file_types{"", "FILE", "FILE...", "PATH", "FOLDER", "DIR"};
  const auto output_name = [&](const CLI::Option* option) -> const char* {
    const auto found = std::ranges::find_if(outputs, [&](const char* name) { return option->check_name(name); });
    return found == outputs.end() ? nullptr : *found;
  };
  const auto names_files = [&](const CLI::Option* option) {
    return option->get_expected_max() > 0 && std::ranges::find(file_types, option->get_type_name()) != file_types.end();
  };
  const CLI::Option* from_input = nullptr;
  for (const CLI::Option* option : command.get_options()) {
    if (!names_files(option)) continue;
    const char* const output = output_name(option);
    for (const std::string& path : option->results()) {
      const bool folder = option->get_type_name() == "FOLDER" || option->get_type_name() == "DIR";
      if (path == "-" && output == nullptr && !folder) {
        if (from_input != nullptr) {
          throw UsageError(fmt::format("{} - and {} -: standard input can be read but once", from_input->get_name(),
                                       option->get_name()));
        }
        from_input = option;
      }
      if (output == nullptr || io::is_read_once(path) || io::is_folder(path)) continue;
      const auto written = io::real_path(path);
      for (const CLI::Option* other : command.get_options()) {
        if (other == option || !names_files(other)) continue;
        for (const std::string& given : other->results()) {
          if (io::real_path(given) != written) continue;
          throw UsageError(fmt::format("{} {} and {} {} are one file", output, path, other->get_name(), given));
        }
      }
    }
  }
}

CLI::Option& add_whole_number(CLI::App& command, const std::string& name, std::uint64_t& number, std::uint64_t least,
                              std::uint64_t most, const std::string& help) {
  const auto read = [=, &number](const std::string& text) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec == std::errc{} && result.ptr == text.data() + text.size() && number >= least && number <= most) {
      return;
    }
    throw CLI::ValidationError(name, fmt::format("'{}' is not a whole number from {} to {}", text, least, most));
  };
  return *command.add_option_function<std::string>(name, read, help)->type_name("N");
}

void ParameterOptions::add_to(CLI::App& command) {
  for (const Method& method : methods()) {
    for (const ParameterInfo& info : method.info().parameters) {
      const auto [place, added] = given_.try_emplace(std::string(info.name));
      if (!added) continue;
      const std::vector<const MethodInfo*> owners = owners_of(info.name);
      command.add_option(option_name(info.name), place->second, describe_option(info.name, owners))
          ->type_name(info.kind == ParameterKind::choice    ? "WORD"
                      : info.kind == ParameterKind::integer ? "N"
                                                            : "X")
          ->group(owners.size() == methods().size() ? "Input" : "Method parameters");
    }
  }
}

ParameterMap ParameterOptions::of(const MethodSpec& spec) const {
  ParameterMap values = spec.parameters;
  for (const auto& [name, text] : given_) {
    const ParameterInfo* info = text.empty() ? nullptr : find_parameter(*spec.info, name);
    if (info != nullptr) values.try_emplace(name, parse_value(spec.info->name, *info, text));
  }
  return values;
}

void ParameterOptions::check_all_used(const std::vector<const MethodInfo*>& chosen, bool by_default) const {
  for (const auto& given : given_) {
    const std::string& name = given.first;  // clang 14 cannot capture structured bindings
    if (given.second.empty()) continue;
    const bool used =
        std::ranges::any_of(chosen, [&](const MethodInfo* method) { return find_parameter(*method, name) != nullptr; });
    if (!used) {
      const std::string where = where_parameter_is(name, chosen.front()->name);
      if (chosen.size() == 1) {
        throw UsageError(fmt::format("{}{} has no parameter {}; {}", chosen.front()->name,
                                     by_default ? ", the default method," : "", option_name(name), where));
      }
      std::vector<std::string_view> names;
      for (const MethodInfo* method : chosen) {
        if (std::ranges::find(names, method->name) == names.end()) names.push_back(method->name);
      }
      throw UsageError(
          fmt::format("none of {} has the parameter {}; {}", fmt::join(names, ", "), option_name(name), where));
    }
  }
}

std::string ParameterOptions::any_given() const {
  const auto given = std::ranges::find_if(given_, [](const auto& parameter) { return !parameter.second.empty(); });
  return given == given_.end() ? "" : option_name(given->first);
}

ParameterValue parse_value(std::string_view method, const ParameterInfo& info, const std::string& text) {
  if (info.kind == ParameterKind::choice) return text;
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
    const bool percent = result.ec == std::errc{} && std::string_view(result.ptr) == "%";
    throw UsageError(fmt::format("{}: {} = {} is not {}{}", method, info.name, text, describe_expected(info),
                                 percent ? fmt::format("; {} % is {}", number, number / 100) : ""));
  }
  return number;
}

double read_share(std::string_view who, std::string_view name, const std::string& text) {
  const ParameterInfo info{name, ParameterKind::real, {}, Range::open(0, 1), {}, {}};
  const double share = std::get<double>(parse_value(who, info, text));
  if (info.range.holds(share)) return share;
  throw UsageError(fmt::format("{}: {} = {} is not {}", who, name, text, describe_expected(info)));
}

MethodSpec parse_method(const std::string& text) {
  const std::size_t colon = text.find(':');
  const Method& method = find_method(text.substr(0, colon));
  MethodSpec spec{&method, &method.info(), {}, text};
  if (colon == std::string::npos) return spec;
  for (std::size_t begin = colon + 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string assignment = text.substr(begin, end - begin);
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      throw UsageError(fmt::format("--method {}: '{}' is not parameter=value", text, assignment));
    }
    const std::string name = parameter_name(assignment.substr(0, equals));
    const ParameterInfo* info = find_parameter(*spec.info, name);
    if (info == nullptr) {
      throw UsageError(
          fmt::format("{} has no parameter {}; {}", spec.info->name, name, where_parameter_is(name, spec.info->name)));
    }
    if (spec.parameters.contains(name)) throw UsageError(fmt::format("--method {}: {} is given twice", text, name));
    spec.parameters[name] = parse_value(spec.info->name, *info, assignment.substr(equals + 1));
    begin = end + 1;
  }
  return spec;
}

void refuse_batch(const MethodInfo& method) {
  if (method.name != "batch") return;
  throw UsageError("batch takes two samples, and is fitted at once: plimsoll fit --batch");
}

std::vector<std::size_t> read_scores(const std::string& path, const io::CsvColumn& column, ScoreDirection direction,
                                     const std::function<void(const io::ScoreBlock&, const BlockPlace&)>& take) {
  return read_scores(*io::open_scores(path, column), path, direction, take);
}

std::vector<std::size_t> read_scores(io::ScoreReader& reader, const std::string& path, ScoreDirection direction,
                                     const std::function<void(const io::ScoreBlock&, const BlockPlace&)>& take) {
  const std::string name = shown_path(path);
  Progress progress("reading " + name);
  io::ScoreBlock block;
  std::vector<std::size_t> shape = reader.shape();
  BlockPlace place{0, 0, shape};
  while (reader.next(block)) {
    if (direction == ScoreDirection::lower_is_anomalous) {
      std::visit(
          [](auto& values) {
            for (auto& value : values) value = -value;
          },
          block.values);
    }
    try {
      take(block, place);
    } catch (const DataError& error) {
      const std::string where = block.is_map            ? fmt::format(", map {}", place.index)
                                : place.first_score > 0 ? fmt::format(", counted from score {}", place.first_score)
                                                        : "";
      throw DataError(name + where + ": " + error.what());
    }
    place.first_score += block.scores().size();
    ++place.index;
    progress.at(reader.progress(), place.first_score);
  }
  if (shape.empty() && !block.is_map) shape = {place.first_score};
  return shape;
}

void append_scores(const io::ScoreBlock& block, const InputPolicy& policy, std::vector<double>& scores) {
  if (block.is_map && policy.map_reduction != MapReduction::every_pixel) {
    scores.push_back(score_of(block.map(), policy.map_reduction, policy.top_share));
    return;
  }
  std::visit([&](const auto& values) { scores.insert(scores.end(), values.begin(), values.end()); }, block.values);
}

std::vector<double> read_plain_scores(const std::string& path, const io::CsvColumn& column, ScoreDirection direction,
                                      const char* who, ScoreType& type) {
  std::vector<double> scores;
  read_scores(path, column, direction, [&](const io::ScoreBlock& block, const BlockPlace&) {
    if (block.is_map) throw UsageError(fmt::format("{}: holds maps; {} one score an image", path, who));
    append_scores(block, {}, scores);
    type = std::max(type, block.type);
  });
  return scores;
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

std::string TrueLabels::name(const std::string& scores_path) const {
  return shown_path(path.empty() ? scores_path : path);
}

void refuse_labels_of_uneven_maps(const std::string& labels_name, const std::string& scores_path) {
  throw Error(fmt::format("{}: cannot label {}, whose maps differ in size", labels_name, scores_path));
}

LabelUnit unit_of(const io::LabelArray& labels, const std::vector<std::size_t>& shape, const std::string& labels_name,
                  const std::string& scores_path) {
  const std::size_t count = labels.values.size();
  if (shape.size() < 2) {
    if (!shape.empty() && count != shape.front()) {
      throw Error(fmt::format("{}: has {} labels for the {} scores of {}", labels_name, count, shape.front(),
                              shown_path(scores_path)));
    }
    return LabelUnit::score;
  }
  const std::size_t maps = shape.size() == 3 ? shape.front() : 1;
  if (labels.shape == shape) return LabelUnit::pixel;
  if (labels.shape.size() == 1 && count == maps) return LabelUnit::map;
  const std::size_t pixels = maps * shape[shape.size() - 2] * shape.back();
  throw Error(fmt::format(
      "{}: has {} labels of shape ({}); for the {} scores of shape ({}) of {} there must be masks of that shape, or {} "
      "labels, one a map",
      labels_name, count, fmt::join(labels.shape, ", "), pixels, fmt::join(shape, ", "), shown_path(scores_path),
      maps));
}

std::vector<Label> match_labels(const io::LabelArray& labels, const std::vector<std::size_t>& shape,
                                const InputPolicy& policy, const std::string& labels_name,
                                const std::string& scores_path) {
  if (shape.empty()) refuse_labels_of_uneven_maps(labels_name, scores_path);
  const LabelUnit unit = unit_of(labels, shape, labels_name, scores_path);
  const bool pixels_count = policy.map_reduction == MapReduction::every_pixel;
  if (unit == LabelUnit::score || pixels_count == (unit == LabelUnit::pixel)) return labels.values;
  const std::size_t pixels = shape[shape.size() - 2] * shape.back();
  std::vector<Label> matched;
  if (unit == LabelUnit::map) {
    for (const Label label : labels.values) matched.insert(matched.end(), pixels, label);
    return matched;
  }
  for (std::size_t begin = 0; begin < labels.values.size(); begin += pixels) {
    const auto mask = std::span(labels.values).subspan(begin, pixels);
    matched.push_back(std::ranges::find(mask, Label::anomalous) == mask.end() ? Label::normal : Label::anomalous);
  }
  return matched;
}

std::string shown_path(const std::string& path) {
  return path == "-" ? "standard input" : path;
}

std::string six_digits(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.6g}", value);
}

std::string csv_number(double value) {
  return std::isnan(value) ? std::string() : detail::shortest(value);
}

std::string three_decimals(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
}

std::string short_promise(const Promise& promise) {
  if (promise.guarantee == Guarantee::none) return "none";
  const std::string rate = fmt::format("{:.3g} %", 100 * promise.false_alarm_rate);
  if (!std::isnan(promise.confidence)) return fmt::format("<= {} at {:.3g} %", rate, 100 * promise.confidence);
  return promise.guarantee == Guarantee::model_based ? "about " + rate : "<= " + rate + " on average";
}

}  // namespace plimsoll::cli
