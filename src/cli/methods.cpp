// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.hpp"
#include "options.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

struct MethodsOptions {
  std::string name;
  FormatOption format;
};

nlohmann::ordered_json to_json(const ParameterInfo& info) {
  nlohmann::ordered_json json{{"name", info.name},
                              {"kind", info.kind == ParameterKind::choice    ? "choice"
                                       : info.kind == ParameterKind::integer ? "integer"
                                                                             : "real"},
                              {"default", nullptr},
                              {"range", describe_range(info)},
                              {"help", info.help}};
  if (const double* number = std::get_if<double>(&info.default_value)) json["default"] = *number;
  if (const std::string* word = std::get_if<std::string>(&info.default_value)) json["default"] = *word;
  return json;
}

nlohmann::ordered_json to_json(const MethodInfo& info) {
  nlohmann::ordered_json json{{"name", info.name},
                              {"summary", info.summary},
                              {"assumes", info.assumes},
                              {"needs_labels", info.needs_labels},
                              {"unlabelled", info.unlabelled},
                              {"invariance", to_string(info.invariance)},
                              {"guarantee", to_string(info.guarantee)},
                              {"parameters", nlohmann::ordered_json::array()}};
  for (const ParameterInfo& parameter : info.parameters) json["parameters"].push_back(to_json(parameter));
  return json;
}

void run(const MethodsOptions& options) {
  const Format format = options.format.format();
  std::vector<const MethodInfo*> chosen;
  for (const Method& method : methods()) chosen.push_back(&method.info());
  if (!options.name.empty()) chosen = {&find_method(options.name).info()};

  if (format == Format::json) {
    auto json = nlohmann::ordered_json::array();
    for (const MethodInfo* info : chosen) json.push_back(to_json(*info));
    fmt::print("{}\n", json.dump(2));
    return;
  }
  if (options.name.empty()) {
    Table table({"method", "learns from", "promise", "what it is"});
    for (const MethodInfo* info : chosen) {
      table.add({std::string(info->name), std::string(learns_from(*info)), std::string(to_string(info->guarantee)),
                 std::string(info->summary)});
    }
    fmt::print("{}", format == Format::csv ? table.csv() : table.text());
    if (format == Format::table) fmt::print("\nplimsoll methods NAME tells a method's assumptions and parameters.\n");
    return;
  }
  const MethodInfo& info = *chosen.front();
  Table table({"parameter", "range", "default", "meaning"});
  for (const ParameterInfo& parameter : info.parameters) {
    table.add({std::string(parameter.name), describe_range(parameter), to_string(parameter.default_value),
               std::string(parameter.help)});
  }
  if (format == Format::csv) {
    fmt::print("{}", table.csv());
    return;
  }
  fmt::print("{}: {}\n\nassumes     {}\nlearns from {}\npromise     {}\ninvariant   {}\n\n{}", info.name, info.summary,
             info.assumes, learns_from(info), to_string(info.guarantee), to_string(info.invariance), table.text());
}

}  // namespace

void add_methods(CLI::App& app, int&) {
  auto options = std::make_shared<MethodsOptions>();
  CLI::App* command = app.add_subcommand("methods", "List the methods, or describe one and its parameters");
  command->add_option("NAME", options->name, "the method to describe")->type_name("");
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options] { run(*options); });
}

}  // namespace plimsoll::cli
