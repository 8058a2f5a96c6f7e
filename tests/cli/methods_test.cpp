// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "plimsoll/core/parameter.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

struct Listed {
  std::string name;
  std::string guarantee;
};

/// In the order in which to read about them.
const std::vector<Listed> listed{{"auto", "model-based"},
                                 {"tail", "model-based"},
                                 {"quantile", "distribution-free"},
                                 {"certified", "distribution-free"},
                                 {"gpd", "model-based"},
                                 {"gev", "model-based"},
                                 {"map", "model-based"},
                                 {"pixel", "none"},
                                 {"gumbel", "model-based"},
                                 {"parametric", "model-based"},
                                 {"spot", "model-based"},
                                 {"sigma", "none"},
                                 {"mad", "none"},
                                 {"iqr", "none"},
                                 {"maximum", "distribution-free"},
                                 {"scaled_quantile", "none"},
                                 {"histogram", "none"},
                                 {"mixture", "none"},
                                 {"outlier", "none"},
                                 {"centre", "none"},
                                 {"vote", "none"},
                                 {"manual", "none"},
                                 {"f1", "none"},
                                 {"synthetic", "none"},
                                 {"combined", "none"},
                                 {"batch", "none"}};

bool learns_from_labels(const std::string& name) {
  return name == "f1" || name == "synthetic" || name == "combined";
}

bool learns_unlabelled(const std::string& name) {
  return name == "histogram" || name == "mixture" || name == "outlier" || name == "centre" || name == "vote";
}

std::string learns_from(const std::string& name) {
  return learns_from_labels(name) ? "labelled scores" : learns_unlabelled(name) ? "unlabelled scores" : "normal scores";
}

const nlohmann::json& method_of(const nlohmann::json& methods, const std::string& name) {
  for (const auto& method : methods) {
    if (method.at("name") == name) return method;
  }
  throw std::runtime_error("there is no method " + name);
}

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
  REQUIRE(rows.size() == listed.size() + 1);
  CHECK(rows.front() == "method,learns from,promise,what it is");
  const Outcome as_json = workspace.run("methods --format json");
  CHECK(as_json.out.starts_with("[\n  {\n    \"name\": "));
  const auto json = json_of(as_json);
  REQUIRE(json.size() == listed.size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const std::string& name = listed[i].name;
    INFO(name);
    CHECK(table.out.find("\n" + name + " ") != std::string::npos);
    CHECK(rows[i + 1].starts_with(name + "," + learns_from(name) + ","));
    CHECK(json[i].at("name") == name);
    CHECK(json[i].at("needs_labels") == learns_from_labels(name));
    CHECK(json[i].at("unlabelled") == learns_unlabelled(name));
    CHECK(json[i].at("guarantee") == listed[i].guarantee);
    CHECK(json[i].at("summary").is_string());
    CHECK(json[i].at("assumes").is_string());
    CHECK(json[i].at("invariance").is_string());
  }
}

TEST_CASE("methods: parameters and defaults are those of the documents") {
  const Workspace workspace;
  const auto json = json_of(workspace.run("methods --format json"));
  struct Known {
    std::string name;
    std::string kind;
    nlohmann::json value;
    std::string range;
  };
  // docs/methods/*.md. `trim` is of all that learn from normal scores but pixel, the last three are of all.
  const std::map<std::string, std::vector<Known>> all{
      {"auto",
       {{"false_alarm_rate", "real", nullptr, "(0, 1)"},
        {"expected_prevalence", "real", nullptr, "(0, 1)"},
        {"anomalies", "choice", "labelled", "one of labelled, synthetic"},
        {"false_alarm_cap", "real", 0.5, "[0, 1]"},
        {"miss_cost", "real", nullptr, "[0, 1e+12]"},
        {"false_alarm_cost", "real", nullptr, "[0, 1e+12]"},
        {"few_normals", "integer", 300, ">= 0"}}},
      {"batch",
       {{"expected_prevalence", "real", nullptr, "(0, 1)"},
        {"level_cap", "real", 0.1, "[0.01, 0.5]"},
        {"levels", "choice", "both", "one of both, lower"},
        {"least_batch", "integer", 100, ">= 1"},
        {"drift_p_value", "real", 0.01, "[0, 1)"}}},
      {"tail", {{"false_alarm_rate", "real", 0.05, "(0, 1)"}, {"tail_share", "real", 0.25, "(0, 1)"}}},
      {"quantile",
       {{"false_alarm_rate", "real", 0.05, "(0, 1)"},
        {"confidence", "real", nullptr, "(0, 1)"},
        {"rank", "choice", "kept", "one of kept, nearest"}}},
      {"certified", {{"false_alarm_rate", "real", 0.05, "(0, 1)"}, {"confidence", "real", 0.95, "(0, 1)"}}},
      {"gpd",
       {{"false_alarm_rate", "real", 0.01, "(0, 1)"},
        {"confidence", "real", nullptr, "(0.5, 1)"},
        {"bound", "choice", "profile", "one of profile, delta"},
        {"start", "choice", "fixed", "one of fixed, automatic"},
        {"tail_share", "real", 0.25, "(0, 1)"},
        {"estimator", "choice", "mle", "one of mle, pwm, moments, zhang_stephens"},
        {"least_p_value", "real", 0.01, "[0, 1)"},
        {"replicates", "integer", 199, "[19, 1e+05]"},
        {"seed", "integer", 1, ">= 0"}}},
      {"gev",
       {{"false_alarm_rate", "real", 0.05, "(0, 1)"}, {"estimator", "choice", "l_moments", "one of l_moments, mle"}}},
      {"map",
       {{"false_alarm_rate", "real", 0.3, "(0, 1)"},
        {"confidence", "real", nullptr, "(0, 1)"},
        {"quantile_from", "integer", 50, ">= 1"},
        {"replicates", "integer", 400, "[19, 1e+05]"},
        {"seed", "integer", 1, ">= 0"}}},
      {"pixel",
       {{"false_alarm_rate", "real", 0.0001, "(0, 1)"},
        {"over_images", "choice", "mean", "one of mean, maximum, quantile"},
        {"image_quantile", "real", 0.95, "(0, 1)"},
        {"kept", "integer", 1000000, "[1, 1e+09]"},
        {"replicates", "integer", 400, "[19, 1e+05]"},
        {"seed", "integer", 1, ">= 0"}}},
      {"gumbel",
       {{"false_alarm_rate", "real", 0.05, "(0, 1)"}, {"estimator", "choice", "l_moments", "one of l_moments, mle"}}},
      {"parametric",
       {{"false_alarm_rate", "real", 0.05, "(0, 1)"},
        {"family", "choice", "best", "one of best, normal, log_normal, gamma, weibull, logistic, gumbel"},
        {"location", "real", 0, "finite"},
        {"least_p_value", "real", 0.01, "[0, 1)"},
        {"test", "choice", "anderson_darling", "one of anderson_darling, cramer_von_mises"},
        {"replicates", "integer", 199, "[19, 1e+05]"},
        {"seed", "integer", 1, ">= 0"}}},
      {"spot", {{"false_alarm_rate", "real", 0.001, "(0, 1)"}, {"level", "real", 0.98, "(0, 1)"}}},
      {"sigma", {{"k", "real", 3, "finite"}, {"ddof", "integer", 1, "[0, 1]"}}},
      {"mad", {{"k", "real", 3, "finite"}}},
      {"iqr", {{"k", "real", 1.5, "finite"}, {"fence", "choice", "tukey", "one of tukey, adjusted"}}},
      {"maximum", {}},
      {"scaled_quantile", {{"level", "real", 0.95, "[0, 1]"}, {"factor", "real", 1.421, "> 0"}}},
      {"histogram",
       {{"rule", "choice", "otsu", "one of otsu, yen, li, triangle, isodata, minimum"},
        {"bins", "integer", 256, "[2, 65536]"}}},
      {"mixture", {{"family", "choice", "normal", "one of normal, log_normal, gamma"}}},
      {"outlier",
       {{"rule", "choice", "generalised_esd", "one of generalised_esd, chauvenet, thompson"},
        {"significance", "real", 0.05, "(0, 0.5)"},
        {"expected", "real", 0.5, "(0, 1]"},
        {"most", "real", 0.5, "(0, 0.5]"}}},
      {"centre", {{"rule", "choice", "karcher", "one of karcher, yeo_johnson, filter"}}},
      {"vote", {{"rule", "choice", "median", "one of median, majority"}, {"least_answers", "integer", 3, "[1, 5]"}}},
      {"manual", {{"value", "real", 0.5, "finite"}}},
      {"f1",
       {{"objective", "choice", "f_beta", "one of f_beta, youden, mcc, cost, precision, recall"},
        {"beta", "real", 1, "[0.001, 1000]"},
        {"prevalence", "real", nullptr, "(0, 1)"},
        {"miss_cost", "real", 1, "[0, 1e+12]"},
        {"false_alarm_cost", "real", 1, "[0, 1e+12]"},
        {"recall_floor", "real", 0.95, "[0, 1]"},
        {"false_alarm_cap", "real", 0.05, "[0, 1]"},
        {"place", "choice", "observed", "one of observed, middle"},
        {"missing_class", "choice", "refuse", "one of refuse, anomalib"},
        {"exact_limit", "integer", 50000000, ">= 0"}}},
      {"synthetic",
       {{"objective", "choice", "f_beta", "one of f_beta, youden, mcc, cost, precision, recall"},
        {"beta", "real", 1, "[0.001, 1000]"},
        {"prevalence", "real", nullptr, "(0, 1)"},
        {"miss_cost", "real", 1, "[0, 1e+12]"},
        {"false_alarm_cost", "real", 1, "[0, 1e+12]"},
        {"recall_floor", "real", 0.95, "[0, 1]"},
        {"false_alarm_cap", "real", 1, "[0, 1]"},
        {"place", "choice", "bootstrap_median", "one of bootstrap_median, observed, middle"},
        {"undetectable_below", "real", 0.65, "[0, 1]"},
        {"fall_back", "choice", "refuse", "one of refuse, false_alarm_budget"},
        {"false_alarm_rate", "real", 0.05, "(0, 1)"},
        {"near_optimal", "real", 0.99, "(0, 1)"},
        {"warn_below", "integer", 60, ">= 0"},
        {"replicates", "integer", 200, "[19, 1e+05]"},
        {"seed", "integer", 1, ">= 0"},
        {"exact_limit", "integer", 50000000, ">= 0"}}},
      {"combined",
       {{"normals", "choice", "tail", "one of tail, quantile, gpd, gev, gumbel"},
        {"false_alarm_rate", "real", 0.05, "(0, 1)"},
        {"false_alarm_cap", "real", 0.2, "[0, 1]"},
        {"tolerance", "real", 0.05, "[0, 1]"},
        {"disagreement", "choice", "synthetic", "one of synthetic, normals, lower, higher, refuse"},
        {"place", "choice", "bootstrap_median", "one of bootstrap_median, observed, middle"},
        {"undetectable_below", "real", 0.65, "[0, 1]"},
        {"replicates", "integer", 200, "[19, 1e+05]"},
        {"seed", "integer", 1, ">= 0"}}},
  };
  CHECK(all.size() == json.size());
  for (const auto& [name, parameters] : all) {
    INFO(name);
    std::vector<Known> known = parameters;
    if (name != "pixel" && name != "manual" && !learns_from_labels(name) && !learns_unlabelled(name))
      known.push_back({"trim", "real", 0, "[0, 0.5)"});
    known.push_back({"non_finite", "choice", "reject", "one of reject, skip"});
    const bool reduced = name == "gev" || name == "map" || name == "synthetic" || name == "combined";
    known.push_back(
        {"map_reduction", "choice", reduced ? "maximum" : "every_pixel", "one of every_pixel, maximum, top_mean"});
    known.push_back({"top_share", "real", 0.002, "(0, 1]"});
    const auto& method = method_of(json, name);
    CHECK(method.at("parameters").size() == known.size());
    for (const Known& one : known) {
      INFO(one.name);
      const auto& parameter = parameter_of(method, one.name);
      CHECK(parameter.at("kind") == one.kind);
      CHECK(parameter.at("default") == one.value);
      CHECK(parameter.at("range") == one.range);
      CHECK(parameter.at("help").is_string());
    }
  }
}

TEST_CASE("methods: one of them is described with its parameters") {
  const Workspace workspace;
  for (const auto& [name, guarantee] : listed) {
    const Outcome outcome = workspace.run("methods " + name);
    check_success(outcome);
    CHECK(outcome.out.starts_with(name + ": "));
    for (const std::string text : {"assumes     ", "learns from ", "non_finite", "top_share", "default"}) {
      CHECK(outcome.out.find(text) != std::string::npos);
    }
    CHECK(outcome.out.find("\npromise     " + guarantee + "\n") != std::string::npos);
    const auto json = json_of(workspace.run("methods " + name + " --format json"));
    CHECK(json.at(0).at("name") == name);
    CHECK(json.size() == 1);
  }
}

TEST_CASE("methods: what people and spreadsheets read of one method is what programs read") {
  const Workspace workspace;
  for (const auto& [name, guarantee] : listed) {
    INFO(name);
    const auto method = json_of(workspace.run("methods " + name + " --format json")).at(0);
    const Outcome text = workspace.run("methods " + name);
    check_success(text);
    const std::vector<std::string> lines = lines_of(text.out);
    const auto& parameters = method.at("parameters");
    REQUIRE(lines.size() == 8 + parameters.size());
    const auto word = [&](const char* field) { return method.at(field).get<std::string>(); };
    CHECK(lines[0] == name + ": " + word("summary"));
    CHECK(lines[2] == "assumes     " + word("assumes"));
    CHECK(lines[3] == "learns from " + learns_from(name));
    CHECK(lines[4] == "promise     " + guarantee);
    CHECK(lines[5] == "invariant   " + word("invariance"));
    const Outcome csv = workspace.run("methods " + name + " --format csv");
    check_success(csv);
    const std::vector<std::string> rows = lines_of(csv.out);
    REQUIRE(rows.size() == 1 + parameters.size());
    CHECK(rows[0] == "parameter,range,default,meaning");
    // A cell with a comma is in quotes; none has quotes itself.
    const auto cell = [](const std::string& content) {
      return content.find(',') == std::string::npos ? content : "\"" + content + "\"";
    };
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& parameter = parameters[i];
      const auto field = [&](const char* key) { return parameter.at(key).get<std::string>(); };
      const auto& value = parameter.at("default");
      const std::string standard = value.is_null()     ? "unset"
                                   : value.is_string() ? value.get<std::string>()
                                                       : plimsoll::detail::shortest(value.get<double>());
      CHECK(rows[i + 1] == field("name") + "," + cell(field("range")) + "," + standard + "," + cell(field("help")));
      // Columns of the table may be padded, so word by word.
      std::string row;
      for (const std::string& part : split(lines[8 + i], ' ')) {
        if (!part.empty()) row += (row.empty() ? "" : " ") + part;
      }
      CHECK(row == field("name") + " " + field("range") + " " + standard + " " + field("help"));
    }
  }
}

TEST_CASE("methods: an unknown one is refused with the known ones") {
  const Workspace workspace;
  check_refused(workspace.run("methods median"), 2, {"median", "quantile", "f1"});
  check_refused(workspace.run("methods Quantile"), 2, {"Quantile"});
  check_refused(workspace.run("methods quantile sigma"), 2, {"sigma"});
}
