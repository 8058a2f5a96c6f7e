// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

const std::vector<std::string> names{"quantile", "sigma", "mad", "iqr", "maximum", "scaled_quantile", "manual", "f1"};

const nlohmann::json& parameter_of(const nlohmann::json& method, const std::string& name) {
  for (const auto& parameter : method.at("parameters")) {
    if (parameter.at("name") == name) return parameter;
  }
  throw std::runtime_error("there is no parameter " + name);
}

}  // namespace

TEST_CASE("methods: the list has every method") {
  const Workspace workspace;
  const Outcome table = workspace.run("methods");
  check_success(table);
  const Outcome csv = workspace.run("methods --format csv");
  check_success(csv);
  const auto rows = lines_of(csv.out);
  REQUIRE(rows.size() == names.size() + 1);
  CHECK(rows.front() == "method,learns from,promise,what it is");
  const auto json = json_of(workspace.run("methods --format json"));
  REQUIRE(json.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    CHECK(table.out.find("\n" + names[i] + " ") != std::string::npos);
    CHECK(rows[i + 1].starts_with(names[i] + "," + (names[i] == "f1" ? "labelled" : "normal") + " scores,"));
    CHECK(json[i].at("name") == names[i]);
    CHECK(json[i].at("needs_labels") == (names[i] == "f1"));
    CHECK(json[i].at("guarantee") == (names[i] == "quantile" || names[i] == "maximum" ? "distribution-free" : "none"));
    CHECK(json[i].at("summary").is_string());
    CHECK(json[i].at("assumes").is_string());
    CHECK(json[i].at("invariance").is_string());
  }
}

TEST_CASE("methods: parameters and defaults are those of the documents") {
  const Workspace workspace;
  const auto json = json_of(workspace.run("methods --format json"));
  struct Known {
    std::size_t method;
    std::string name;
    std::string kind;
    nlohmann::json value;
    std::string range;
  };
  // docs/methods/*.md
  const std::vector<Known> all{
      {0, "false_alarm_rate", "real", 0.05, "(0, 1)"},
      {0, "confidence", "real", nullptr, "(0, 1)"},
      {1, "k", "real", 3, "finite"},
      {1, "ddof", "integer", 1, "[0, 1]"},
      {2, "k", "real", 3, "finite"},
      {3, "k", "real", 1.5, "finite"},
      {3, "fence", "choice", "tukey", "one of tukey, adjusted"},
      {5, "level", "real", 0.95, "[0, 1]"},
      {5, "factor", "real", 1.421, "> 0"},
      {6, "value", "real", 0.5, "finite"},
      {7, "objective", "choice", "f_beta", "one of f_beta, youden, mcc, cost, precision, recall"},
      {7, "beta", "real", 1, "[0.001, 1000]"},
      {7, "prevalence", "real", nullptr, "(0, 1)"},
      {7, "miss_cost", "real", 1, "[0, 1e+12]"},
      {7, "false_alarm_cost", "real", 1, "[0, 1e+12]"},
      {7, "recall_floor", "real", 0.95, "[0, 1]"},
      {7, "false_alarm_cap", "real", 0.05, "[0, 1]"},
      {7, "place", "choice", "observed", "one of observed, middle"},
      {7, "missing_class", "choice", "refuse", "one of refuse, anomalib"},
  };
  for (const Known& known : all) {
    INFO(names[known.method] << " " << known.name);
    const auto& parameter = parameter_of(json[known.method], known.name);
    CHECK(parameter.at("kind") == known.kind);
    CHECK(parameter.at("default") == known.value);
    CHECK(parameter.at("range") == known.range);
    CHECK(parameter.at("help").is_string());
  }
  std::size_t count = 0;
  for (const auto& method : json) {
    CHECK(parameter_of(method, "non_finite").at("default") == "reject");
    CHECK(parameter_of(method, "map_reduction").at("default") == "every_pixel");
    CHECK(parameter_of(method, "top_share").at("default") == 0.002);
    count += method.at("parameters").size() - 3;
  }
  CHECK(count == all.size());
}

TEST_CASE("methods: one of them is described with its parameters") {
  const Workspace workspace;
  for (const std::string& name : names) {
    const Outcome outcome = workspace.run("methods " + name);
    check_success(outcome);
    CHECK(outcome.out.starts_with(name + ": "));
    for (const std::string text : {"assumes", "learns from", "promise", "non_finite", "top_share", "default"}) {
      CHECK(outcome.out.find(text) != std::string::npos);
    }
    const auto json = json_of(workspace.run("methods " + name + " --format json"));
    CHECK(json.at(0).at("name") == name);
    CHECK(json.size() == 1);
  }
}

TEST_CASE("methods: an unknown one is refused with the known ones") {
  const Workspace workspace;
  check_refused(workspace.run("methods median"), 2, {"median", "quantile", "f1"});
  check_refused(workspace.run("methods Quantile"), 2, {"Quantile"});
  check_refused(workspace.run("methods quantile sigma"), 2, {"sigma"});
}
