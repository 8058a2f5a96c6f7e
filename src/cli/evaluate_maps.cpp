// SPDX-License-Identifier: Apache-2.0
#include "evaluate_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "folder.hpp"
#include "json_object.hpp"
#include "maps.hpp"
#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/decide/mask_of.hpp"
#include "plimsoll/decide/mask_rule.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/metrics/aupimo.hpp"
#include "plimsoll/metrics/aupro.hpp"
#include "plimsoll/metrics/oracle_seg_f1.hpp"
#include "plimsoll/metrics/seg_f1.hpp"
#include "plimsoll/stats/auroc.hpp"
#include "plimsoll/stats/confusion.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

constexpr double aupro_limit = 0.3;
constexpr metrics::AupimoBounds aupimo_bounds{};
constexpr double top_share = InputPolicy{}.top_share;

/// What makes masks: a method's level, or map's two levels.
struct RuleSpec {
  std::string text;
  MethodSpec method;
  bool hysteresis = false;
  double high_share = 0;  ///< of hysteresis
  double low_share = 0;
};

/// As parse_method; and "hysteresis:high_share=X,low_share=X", whose other parameters are those of map.
RuleSpec parse_rule(const std::string& text) {
  const std::string name = "hysteresis";
  if (text != name && !text.starts_with(name + ":")) return {.text = text, .method = parse_method(text)};
  std::optional<double> high;
  std::optional<double> low;
  std::string others;
  for (std::size_t begin = name.size() + 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string assignment = text.substr(begin, end - begin);
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      throw UsageError(fmt::format("--method {}: '{}' is not parameter=value", text, assignment));
    }
    const std::string parameter = parameter_name(assignment.substr(0, equals));
    if (parameter == "high_share" || parameter == "low_share") {
      std::optional<double>& share = parameter == "high_share" ? high : low;
      if (share) throw UsageError(fmt::format("--method {}: {} is given twice", text, parameter));
      share = read_share(name, parameter, assignment.substr(equals + 1));
    } else if (parameter == "false_alarm_rate") {
      throw UsageError("--method " + text + ": hysteresis has high_share and low_share, not false_alarm_rate");
    } else {
      others += (others.empty() ? ":" : ",") + assignment;
    }
    begin = end + 1;
  }
  const double high_share = high.value_or(MapCalibratorParameters::hysteresis_high);
  const double low_share = low.value_or(MapCalibratorParameters::hysteresis_low);
  if (high_share > low_share) {
    throw UsageError(
        fmt::format("--method {}: high_share = {} is above low_share = {}, and more images reach the lower level", text,
                    detail::shortest(high_share), detail::shortest(low_share)));
  }
  return {text, parse_method("map" + others), true, high_share, low_share};
}

/// One rule: what it learns by, what it learnt, and how its masks did.
struct MapRow {
  std::string name;
  std::vector<AnyThreshold> thresholds{};  ///< of the high level and, for hysteresis, of the low one
  Fit high{};
  std::optional<Fit> low{};
  Promise promise{};  ///< about the share of normal images that are touched
  MaskRule rule{};
  metrics::SegF1 pixels{};
  stats::Confusion images{};  ///< those with a pixel in the mask are flagged

  /// The fit that has no answer; null when all have.
  [[nodiscard]] const Fit* failed() const {
    if (!high.ok()) return &high;
    return low && !low->ok() ? &*low : nullptr;
  }
};

MapRow make_row(const RuleSpec& spec, const ParameterOptions& options) {
  MapRow row{.name = spec.text};
  ParameterMap parameters = options.of(spec.method);
  if (spec.hysteresis) parameters.insert_or_assign("false_alarm_rate", spec.high_share);
  row.thresholds.push_back(spec.method.method->make(parameters));
  if (spec.hysteresis) {
    parameters.insert_or_assign("false_alarm_rate", spec.low_share);
    row.thresholds.push_back(spec.method.method->make(parameters));
  }
  return row;
}

void fit(MapRow& row) {
  row.high = row.thresholds.front().compute();
  if (row.thresholds.size() > 1) row.low = row.thresholds.back().compute();
  row.rule.high = row.rule.low = row.high.cutoff;
  // A fitted quantile falls with the rate, but for the last digits.
  if (row.low) row.rule.low = Cutoff{std::min(row.low->cutoff.value(), row.high.cutoff.value())};
  // What is promised about pixels, or about means of the largest ones, says nothing about images being touched.
  const InputPolicy policy = input_policy(row.high.parameters);
  if (policy.map_reduction == MapReduction::maximum) row.promise = row.high.promise;
  row.thresholds.clear();
}

/// The files to judge on.
struct TestFiles {
  std::unique_ptr<io::ScoreReader> maps;
  TrueMasks masks;
};

TestFiles open_test(const EvaluateOptions& options) {
  auto maps = open_maps(options.test, options.input.column());
  TrueMasks masks(options.labels.path, maps->map_names(), options.test);
  return {std::move(maps), std::move(masks)};
}

void read_test(TestFiles& files, const EvaluateOptions& options,
               const std::function<void(const io::ScoreBlock&, const Mask&)>& take) {
  read_maps(
      *files.maps, options.test, [&](const io::ScoreBlock& block) { take(block, files.masks.next(block)); },
      options.input.direction());
}

/// Image scores of two classes.
struct ImageScores {
  std::vector<double> normal;
  std::vector<double> anomalous;

  /// NaN is the strangest score.
  void add(bool is_anomalous, double score) { (is_anomalous ? anomalous : normal).push_back(score); }
  [[nodiscard]] double auroc() const {
    return stats::auroc(std::span<const double>(normal), std::span<const double>(anomalous));
  }
};

/// The maps that were fitted on.
struct NormalMaps {
  std::size_t count = 0;
  std::size_t pixels = 0;
};

/// What there is to say about the test maps whatever the rule.
struct Measures {
  std::size_t normal_maps = 0;
  std::size_t anomalous_maps = 0;
  std::size_t normal_pixels = 0;
  std::size_t anomalous_pixels = 0;
  double aupro = 0;
  metrics::AupimoResult aupimo;
  double maximum_auroc = 0;
  double top_mean_auroc = 0;
  metrics::OracleCut oracle;
};

Measures measure(TestFiles files, const EvaluateOptions& options) {
  Measures result;
  metrics::Aupro aupro;
  metrics::Aupimo aupimo;
  metrics::OracleSegF1 oracle;
  ImageScores maxima;
  ImageScores top_means;
  read_test(files, options, [&](const io::ScoreBlock& block, const Mask& truth) {
    const ScoreMap map = block.map();
    std::size_t anomalous = 0;
    for (std::size_t row = 0; row < truth.rows(); ++row) {
      for (const std::uint8_t pixel : truth.row(row)) anomalous += pixel != 0 ? 1U : 0U;
    }
    ++(anomalous > 0 ? result.anomalous_maps : result.normal_maps);
    result.anomalous_pixels += anomalous;
    result.normal_pixels += truth.size() - anomalous;
    aupro.update(map, truth);
    aupimo.update(map, truth);
    oracle.update(map, truth);
    maxima.add(anomalous > 0, score_of(map, MapReduction::maximum, top_share));
    top_means.add(anomalous > 0, score_of(map, MapReduction::top_mean, top_share));
  });
  result.aupro = aupro.compute(aupro_limit);
  result.aupimo = aupimo.compute(aupimo_bounds);
  result.oracle = oracle.compute();
  result.maximum_auroc = maxima.auroc();
  result.top_mean_auroc = top_means.auroc();
  return result;
}

MapRow oracle_row(const metrics::OracleCut& oracle) {
  MapRow row{.name = "oracle (masks)"};
  row.high.cutoff = row.rule.high = row.rule.low = oracle.cutoff;
  if (std::isnan(oracle.f1)) {
    row.high.status = FitStatus::too_few_scores;
    row.high.note = "no pixel of the masks is anomalous";
  }
  return row;
}

/// Decides the test maps by each row's rule.
void judge(std::vector<MapRow>& rows, const EvaluateOptions& options) {
  TestFiles files = open_test(options);
  GrowingWorkspace workspace;
  read_test(files, options, [&](const io::ScoreBlock& block, const Mask& truth) {
    const bool anomalous = truth.any();
    for (MapRow& row : rows) {
      if (row.failed() != nullptr) continue;
      const MapMask decided = mask_of(block.map(), row.rule, workspace.of(block));
      row.pixels.update(decided.mask, truth);
      row.images.add(anomalous, !decided.regions.empty());
    }
  });
}

/// The row's pixel F1 over the oracle's.
double share_of_oracle(const MapRow& row, const Measures& test) {
  return row.pixels.compute().f1() / test.oracle.f1;
}

std::string level_of(const MapRow& row) {
  if (const Fit* failed = row.failed()) return std::string(to_string(failed->status));
  const std::string high = six_digits(row.rule.high.value());
  return row.low ? high + " and " + six_digits(row.rule.low.value()) : high;
}

void print_table(const EvaluateOptions& options, const NormalMaps& normals, const Measures& test,
                 const std::vector<MapRow>& rows) {
  fmt::print("fitted on {} normal maps of {}, {} pixels\n", normals.count, shown_path(options.normal), normals.pixels);
  fmt::print("judged on {} by {}: {} normal maps and {} anomalous ones, {} normal pixels and {} anomalous ones\n",
             options.test, options.labels.path, test.normal_maps, test.anomalous_maps, test.normal_pixels,
             test.anomalous_pixels);
  fmt::print(
      "AUPRO {} (FPR to {}), AUPIMO {} (mean, FPR {} to {}), image AUROC {} by the maximum, {} by the mean of the top "
      "{} %\n\n",
      three_decimals(test.aupro), aupro_limit, three_decimals(test.aupimo.mean), aupimo_bounds.lower,
      aupimo_bounds.upper, three_decimals(test.maximum_auroc), three_decimals(test.top_mean_auroc),
      detail::percent(top_share, false));
  if (options.input.direction() == ScoreDirection::lower_is_anomalous) {
    fmt::print("low scores are strange, so levels are of negated scores\n\n");
  }
  Table table({"rule", "level", "promised", "normal images touched [95 %]", "SegF1", "of oracle", "pixel recall",
               "pixel precision"});
  for (const MapRow& row : rows) {
    if (row.failed() != nullptr) {
      table.add({row.name, level_of(row), "-", "-", "-", "-", "-", "-"});
      continue;
    }
    const stats::Confusion pixels = row.pixels.compute();
    table.add({row.name, level_of(row), short_promise(row.promise), rate_with_interval(row.images),
               three_decimals(pixels.f1()), three_decimals(share_of_oracle(row, test)), three_decimals(pixels.recall()),
               three_decimals(pixels.precision())});
  }
  fmt::print("{}", table.text());
  std::string notes;
  for (const MapRow& row : rows) {
    if (const Fit* failed = row.failed()) notes += fmt::format("{}: {}\n", row.name, failed->note);
  }
  if (!test.oracle.exact) notes += "oracle (masks): of cutoffs 2^-14 of themselves apart, as the pixels are many\n";
  if (!notes.empty()) fmt::print("\n{}", notes);
}

void print_csv(const Measures& test, const std::vector<MapRow>& rows) {
  const std::vector<std::string> headings{"rule",          "status",          "high",
                                          "low",           "guarantee",       "promised_share",
                                          "confidence",    "touched_share",   "touched_lower",
                                          "touched_upper", "seg_f1",          "share_of_oracle",
                                          "pixel_recall",  "pixel_precision", "anomalous_touched_share"};
  Table table(headings);
  for (const MapRow& row : rows) {
    const Fit* failed = row.failed();
    std::vector<std::string> cells{row.name,
                                   std::string(to_string(failed == nullptr ? FitStatus::ok : failed->status))};
    if (failed == nullptr) {
      const stats::Confusion pixels = row.pixels.compute();
      const RateInterval touched = rate_interval(row.images);
      cells.insert(cells.end(), {csv_number(row.rule.high.value()), csv_number(row.rule.low.value()),
                                 std::string(to_string(row.promise.guarantee))});
      for (const double value : {row.promise.false_alarm_rate, row.promise.confidence, row.images.false_alarm_rate(),
                                 touched.lower, touched.upper, pixels.f1(), share_of_oracle(row, test), pixels.recall(),
                                 pixels.precision(), row.images.recall()}) {
        cells.push_back(csv_number(value));
      }
    }
    cells.resize(headings.size());
    table.add(cells);
  }
  fmt::print("{}", table.csv());
}

nlohmann::ordered_json row_to_json(const MapRow& row, const Measures& test) {
  const Fit* failed = row.failed();
  nlohmann::ordered_json json{{"name", row.name},
                              {"method", row.high.method},
                              {"status", to_string(failed == nullptr ? FitStatus::ok : failed->status)},
                              {"note", failed == nullptr ? row.high.note : failed->note},
                              {"high", failed == nullptr ? io::number_to_json(row.rule.high.value()) : nullptr},
                              {"low", failed == nullptr ? io::number_to_json(row.rule.low.value()) : nullptr},
                              {"promise",
                               {{"guarantee", to_string(row.promise.guarantee)},
                                {"share", io::number_to_json(row.promise.false_alarm_rate)},
                                {"confidence", io::number_to_json(row.promise.confidence)}}}};
  if (failed != nullptr) return json;
  const stats::Confusion pixels = row.pixels.compute();
  const RateInterval touched = rate_interval(row.images);
  json["normal_touched"] = {{"count", row.images.false_alarms},
                            {"share", io::number_to_json(row.images.false_alarm_rate())},
                            {"interval", {touched.lower, touched.upper}}};
  json["anomalous_touched"] = {{"count", row.images.caught}, {"share", io::number_to_json(row.images.recall())}};
  json["seg_f1"] = io::number_to_json(pixels.f1());
  json["share_of_oracle"] = io::number_to_json(share_of_oracle(row, test));
  json["pixel_recall"] = io::number_to_json(pixels.recall());
  json["pixel_precision"] = io::number_to_json(pixels.precision());
  json["pixel_counts"] = {{"caught", pixels.caught},
                          {"missed", pixels.missed},
                          {"false_alarms", pixels.false_alarms},
                          {"passed", pixels.passed}};
  return json;
}

void print_json(const EvaluateOptions& options, const NormalMaps& normals, const Measures& test,
                const std::vector<MapRow>& rows) {
  nlohmann::ordered_json json{
      {"normal", {{"file", options.normal}, {"maps", normals.count}, {"pixels", normals.pixels}}},
      {"test",
       {{"file", options.test},
        {"masks", options.labels.path},
        {"maps", {{"normal", test.normal_maps}, {"anomalous", test.anomalous_maps}}},
        {"pixels", {{"normal", test.normal_pixels}, {"anomalous", test.anomalous_pixels}}}}},
      {"aupro", {{"value", io::number_to_json(test.aupro)}, {"limit", aupro_limit}}},
      {"aupimo",
       {{"mean", io::number_to_json(test.aupimo.mean)},
        {"rates", test.aupimo.rates},
        {"lower", aupimo_bounds.lower},
        {"upper", aupimo_bounds.upper}}},
      {"image_auroc",
       {{"maximum", io::number_to_json(test.maximum_auroc)},
        {"top_mean", io::number_to_json(test.top_mean_auroc)},
        {"top_share", top_share}}},
      {"rules", nlohmann::ordered_json::array()}};
  for (const MapRow& row : rows) {
    auto row_json = row_to_json(row, test);
    if (&row != &rows.back()) {
      json["rules"].push_back(std::move(row_json));
      continue;
    }
    row_json["exact"] = test.oracle.exact;
    json["oracle"] = std::move(row_json);
  }
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

/// The rules, when everything fits together.
std::vector<RuleSpec> rules_of(const EvaluateOptions& options) {
  std::vector<RuleSpec> specs;
  std::vector<const MethodInfo*> infos;
  for (const std::string& text : options.methods.empty() ? default_mask_rules() : options.methods) {
    specs.push_back(parse_rule(text));
    infos.push_back(specs.back().method.info);
    refuse_batch(*infos.back());
    if (infos.back()->needs_labels) {
      throw UsageError(fmt::format(
          "{} learns from labels, and evaluate fits on normal maps; the oracle row is the best single cutoff",
          infos.back()->name));
    }
  }
  options.parameters.check_all_used(infos, options.methods.empty());
  if (std::ranges::all_of(specs, &RuleSpec::hysteresis) &&
      options.parameters.of(specs.front().method).contains("false_alarm_rate")) {
    throw UsageError("hysteresis has no --false-alarm-rate: --method hysteresis:high_share=X,low_share=X");
  }
  return specs;
}

}  // namespace

const std::vector<std::string>& default_mask_rules() {
  static const std::vector<std::string> rules{"map",  "map:false_alarm_rate=0.2", "hysteresis", "pixel", "maximum",
                                              "sigma"};
  return rules;
}

int evaluate_maps(const EvaluateOptions& options) {
  const std::string& masks = options.labels.path;
  if (!options.labels.column.empty()) {
    throw UsageError("--label-column has no use with maps: give --labels with true masks");
  }
  if (masks.empty()) throw UsageError("evaluate --maps judges by true masks: give --labels with masks");
  if (io::is_read_once(options.test)) {
    throw UsageError(fmt::format("evaluate --maps reads TEST twice, which {} cannot give", shown_path(options.test)));
  }
  std::vector<MapRow> rows;
  for (const RuleSpec& spec : rules_of(options)) rows.push_back(make_row(spec, options.parameters));
  if (!io::holds_masks(masks)) {
    throw UsageError(fmt::format(
        "{}: holds no masks, and evaluate --maps judges by masks: a .npy file of 2 or 3 dimensions, a picture, or a "
        "folder of pictures",
        shown_path(masks)));
  }
  TestFiles test_files = open_test(options);  // before the work of the fit

  NormalMaps normals;
  const auto reader = open_maps(options.normal, options.input.column());
  read_maps(
      *reader, options.normal,
      [&](const io::ScoreBlock& block) {
        for (MapRow& row : rows) {
          for (AnyThreshold& threshold : row.thresholds) threshold.update(block.map());
        }
        ++normals.count;
        normals.pixels += block.rows * block.columns;
      },
      options.input.direction());
  for (MapRow& row : rows) fit(row);
  const Measures test = measure(std::move(test_files), options);
  rows.push_back(oracle_row(test.oracle));
  judge(rows, options);
  switch (options.format.format()) {
    case Format::json: print_json(options, normals, test, rows); break;
    case Format::csv: print_csv(test, rows); break;
    case Format::table: print_table(options, normals, test, rows); break;
  }
  return success;
}

}  // namespace plimsoll::cli
