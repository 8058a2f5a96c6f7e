// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.hpp"
#include "evaluate_maps.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/stats/auroc.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

/// What is shown when no method is named: of what learns from normal scores alone, the default, what promises most, and
/// what people know. Neither those that are for few cases nor those that are much like another.
const std::vector<std::string> evaluated_methods{
    "tail", "quantile", "quantile:confidence=0.95", "gpd", "gumbel", "parametric", "sigma", "mad", "iqr", "maximum"};

struct Row {
  std::string name;
  Fit fit;
  stats::Confusion confusion;
};

struct TestSet {
  std::vector<double> scores;
  std::vector<Label> truth;
  std::size_t normal = 0;
  std::size_t anomalous = 0;
};

/// `on_map` is called before each map.
TestSet read_test_set(const EvaluateOptions& options, const InputPolicy& policy, const std::function<void()>& on_map) {
  TestSet test;
  const auto collect = [&](const io::ScoreBlock& block, const BlockPlace&) {
    if (block.is_map) on_map();
    append_scores(block, policy, test.scores);
  };
  const auto shape = read_scores(options.test, options.input.column(), options.input.direction(), collect);
  test.truth =
      match_labels(options.labels.read(options.test), shape, policy, options.labels.name(options.test), options.test);
  test.anomalous = static_cast<std::size_t>(std::ranges::count(test.truth, Label::anomalous));
  test.normal = test.truth.size() - test.anomalous;
  return test;
}

double auroc_of(const TestSet& test) {
  std::vector<double> normal;
  std::vector<double> anomalous;
  for (std::size_t i = 0; i < test.scores.size(); ++i) {
    (test.truth[i] == Label::anomalous ? anomalous : normal).push_back(test.scores[i]);
  }
  return stats::auroc(std::span<const double>(normal), std::span<const double>(anomalous));
}

/// The best F1 that a single cutoff could have had on the test set, found by its labels.
Row oracle_of(const TestSet& test) {
  AnyThreshold oracle = find_method("f1").make({});
  oracle.update(finite(test.scores), test.truth);
  Row row{"oracle (labels)", oracle.compute(), {}};
  // Where the ends of the doubles stand for the infinities.
  constexpr double most = std::numeric_limits<double>::max();
  const double cutoff = row.fit.cutoff.value();
  if (std::abs(cutoff) == most && std::ranges::find(test.scores, cutoff) == test.scores.end()) {
    row.fit.cutoff = Cutoff(std::copysign(std::numeric_limits<double>::infinity(), cutoff));
  }
  row.confusion = confusion_of(row.fit.cutoff, test.scores, test.truth);
  return row;
}

void print_table(const EvaluateOptions& options, const TestSet& test, std::size_t normals, const std::vector<Row>& rows,
                 const Row& oracle) {
  fmt::print("fitted on {} normal scores of {}\n", normals, shown_path(options.normal));
  fmt::print("judged on {}: {} normal, {} anomalous, AUROC {}, labelled-oracle F1 {}\n\n", shown_path(options.test),
             test.normal, test.anomalous, three_decimals(auroc_of(test)),
             oracle.fit.ok() ? three_decimals(oracle.confusion.f1()) : "-");
  if (options.input.direction() == ScoreDirection::lower_is_anomalous) {
    fmt::print("low scores are strange, so thresholds are of negated scores\n\n");
  }
  Table table({"method", "threshold", "promised FPR", "FPR [95 %]", "recall", "F1", "of oracle", "balanced accuracy"});
  const auto add = [&](const Row& row) {
    if (!row.fit.ok()) {
      table.add({row.name, std::string(to_string(row.fit.status)), "-", "-", "-", "-", "-", "-"});
      return;
    }
    const double share = oracle.fit.ok() ? row.confusion.f1() / oracle.confusion.f1() : std::nan("");
    table.add({row.name, six_digits(row.fit.cutoff.value()), short_promise(row.fit.promise),
               rate_with_interval(row.confusion), three_decimals(row.confusion.recall()),
               three_decimals(row.confusion.f1()), three_decimals(share),
               three_decimals(row.confusion.balanced_accuracy())});
  };
  std::ranges::for_each(rows, add);
  add(oracle);
  fmt::print("{}", table.text());
  bool first = true;
  for (const Row& row : rows) {
    if (!find_method(row.fit.method).info().unlabelled) continue;
    fmt::print("{}{}: fitted to the test scores, without their labels\n", first ? "\n" : "", row.name);
    first = false;
  }
  for (const Row& row : rows) {
    if (row.fit.ok()) continue;
    fmt::print("{}{}: {}\n", first ? "\n" : "", row.name, row.fit.note);
    first = false;
  }
}

void print_csv(const std::vector<Row>& rows, const Row& oracle) {
  Table table({"method", "status", "threshold", "guarantee", "promised_rate", "confidence", "false_alarm_rate",
               "rate_lower", "rate_upper", "recall", "precision", "f1", "balanced_accuracy"});
  const auto add = [&](const Row& row) {
    std::vector<std::string> cells{row.name, std::string(to_string(row.fit.status))};
    if (row.fit.ok()) {
      const RateInterval interval = rate_interval(row.confusion);
      const Promise& promise = row.fit.promise;
      cells.insert(cells.end(), {csv_number(row.fit.cutoff.value()), std::string(to_string(promise.guarantee))});
      for (const double value : {promise.false_alarm_rate, promise.confidence, row.confusion.false_alarm_rate(),
                                 interval.lower, interval.upper, row.confusion.recall(), row.confusion.precision(),
                                 row.confusion.f1(), row.confusion.balanced_accuracy()}) {
        cells.push_back(csv_number(value));
      }
    }
    cells.resize(13);
    table.add(cells);
  };
  std::ranges::for_each(rows, add);
  add(oracle);
  fmt::print("{}", table.csv());
}

nlohmann::ordered_json row_to_json(const Row& row) {
  const Promise& promise = row.fit.promise;
  nlohmann::ordered_json json{{"name", row.name},
                              {"method", row.fit.method},
                              {"status", to_string(row.fit.status)},
                              {"note", row.fit.note},
                              {"threshold", row.fit.ok() ? io::number_to_json(row.fit.cutoff.value()) : nullptr},
                              {"promise",
                               {{"guarantee", to_string(promise.guarantee)},
                                {"false_alarm_rate", io::number_to_json(promise.false_alarm_rate)},
                                {"confidence", io::number_to_json(promise.confidence)}}}};
  if (row.fit.ok()) add_metrics(json, row.confusion);
  return json;
}

void print_json(const EvaluateOptions& options, const TestSet& test, std::size_t normals, const std::vector<Row>& rows,
                const Row& oracle) {
  nlohmann::ordered_json json{
      {"normal", {{"file", options.normal}, {"count", normals}}},
      {"test", {{"file", options.test}, {"normal", test.normal}, {"anomalous", test.anomalous}}},
      {"auroc", io::number_to_json(auroc_of(test))},
      {"methods", nlohmann::ordered_json::array()},
      {"oracle", row_to_json(oracle)}};
  for (const Row& row : rows) json["methods"].push_back(row_to_json(row));
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

int run(const EvaluateOptions& options) {
  if (!options.labels.given()) throw UsageError("evaluate judges by labels: give --labels or --label-column");
  std::vector<MethodSpec> specs;
  std::vector<const MethodInfo*> infos;
  for (const std::string& text : options.methods.empty() ? evaluated_methods : options.methods) {
    specs.push_back(parse_method(text));
    infos.push_back(specs.back().info);
    refuse_batch(*specs.back().info);
    if (specs.back().info->needs_labels) {
      throw UsageError(
          fmt::format("{} learns from labels, and evaluate fits on normal scores; the oracle row is its "
                      "answer to the test labels",
                      specs.back().info->name));
    }
  }
  options.parameters.check_all_used(infos, options.methods.empty());

  std::vector<AnyThreshold> thresholds;
  for (const MethodSpec& spec : specs) {
    thresholds.push_back(spec.method->make(options.parameters.of(spec)));
  }
  const InputPolicy policy = input_policy(thresholds.front().parameter_values());
  // How maps are taken in does not matter where there are none.
  const auto check_comparable = [&](bool maps) {
    for (const AnyThreshold& threshold : thresholds) {
      const InputPolicy other = input_policy(threshold.parameter_values());
      if (other.non_finite == policy.non_finite && (!maps || other == policy)) continue;
      throw UsageError(fmt::format("evaluate compares methods on the same scores: give {} for all of them",
                                   maps ? "--map-reduction, --top-share and --non-finite" : "--non-finite"));
    }
  };
  check_comparable(false);
  std::size_t normals = 0;
  const auto collect = [&](const io::ScoreBlock& block, const BlockPlace&) {
    if (block.is_map) check_comparable(true);
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
      if (infos[i]->unlabelled) continue;
      block.is_map ? thresholds[i].update(block.map()) : thresholds[i].update(block.scores());
    }
  };
  read_scores(options.normal, options.input.column(), options.input.direction(), collect);
  const TestSet test = read_test_set(options, policy, [&] { check_comparable(true); });
  std::vector<Row> rows;
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    if (infos[i]->unlabelled) thresholds[i].update(test.scores);
    Row row{specs[i].text, thresholds[i].compute(), {}};
    row.confusion = confusion_of(row.fit.cutoff, test.scores, test.truth);
    if (!infos[i]->unlabelled) normals = std::max(normals, row.fit.normal_count + row.fit.trimmed_count);
    rows.push_back(std::move(row));
  }
  const Row oracle = oracle_of(test);
  switch (options.format.format()) {
    case Format::json: print_json(options, test, normals, rows, oracle); break;
    case Format::csv: print_csv(rows, oracle); break;
    case Format::table: print_table(options, test, normals, rows, oracle); break;
  }
  return success;
}

}  // namespace

void add_evaluate(CLI::App& app, int& status) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command =
      app.add_subcommand("evaluate", "Fit several methods on normal scores, judge them on a labelled test set");
  command->footer(
      "Examples:\n"
      "  plimsoll evaluate normal.npy test.npy --labels y.npy\n"
      "  plimsoll evaluate normal.npy test.npy --labels y.npy --method quantile:confidence=0.9 --method mad:k=4\n"
      "  plimsoll evaluate normal.csv test.csv --column score --label-column label --format json\n"
      "  plimsoll evaluate --maps good/ test/ --labels masks/");
  command->add_option("NORMAL", options->normal, "normal scores to fit on, .npy or CSV, - for standard input")
      ->required()
      ->type_name("");
  command->add_option("TEST", options->test, "labelled scores to judge on")->required()->type_name("");
  command
      ->add_flag("--maps", options->maps,
                 "NORMAL and TEST are score maps, and --labels true masks: judge the masks that methods make; TEST is "
                 "read twice")
      ->disable_flag_override()
      ->group("Input");
  options->labels.add_to(*command, "TEST");
  command
      ->add_option("--method", options->methods,
                   fmt::format("a method, with parameters if any: name:k=4,trim=0.01; may be given several times "
                               "[default: {}; with --maps: {}]",
                               fmt::join(evaluated_methods, ", "), fmt::join(default_mask_rules(), ", ")))
      ->type_name("METHOD")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options->input.add_to(*command);
  options->parameters.add_to(*command);
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = options->maps ? evaluate_maps(*options) : run(*options); });
}

}  // namespace plimsoll::cli
