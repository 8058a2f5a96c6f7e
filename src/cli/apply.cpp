// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "apply_calibration.hpp"
#include "commands.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/io/label_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "report.hpp"
#include "shown.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

struct ApplyOptions {
  std::string threshold;
  std::string scores;
  std::string output;
  TrueLabels labels;
  InputOptions input;
  FormatOption format;
  CalibrationOptions calibration;
};

/// Everything decided, in the order of the file.
struct Decisions {
  std::vector<double> scores;
  std::vector<Label> labels;
  std::vector<std::size_t> scores_shape;
  std::vector<std::size_t> labels_shape;
};

Decisions decide_file(const ApplyOptions& options, const io::ThresholdFile& file, const InputPolicy& policy) {
  Decisions decisions;
  decisions.scores_shape = read_scores(
      options.scores, options.input.column(), file.direction,
      [&](const io::ScoreBlock& block, const BlockPlace&) { append_scores(block, policy, decisions.scores); });
  decisions.labels.resize(decisions.scores.size());
  decide(file.fit.cutoff, decisions.scores, decisions.labels);
  const bool pixels = policy.map_reduction == MapReduction::every_pixel && !decisions.scores_shape.empty();
  decisions.labels_shape = pixels ? decisions.scores_shape : std::vector{decisions.labels.size()};
  return decisions;
}

/// What the file says of maps, which must be there: decided otherwise than fitted, maps would be decided wrongly.
InputPolicy policy_of(const io::ThresholdFile& file, const std::string& path) {
  for (const std::string name : {"map_reduction", "non_finite", "top_share"}) {
    if (!file.fit.parameters.contains(name)) {
      throw DataError(shown_path(path) + ": not a threshold file that this version reads: field parameters." + name +
                      " is missing");
    }
  }
  try {
    return input_policy(file.fit.parameters);
  } catch (const ParameterError& error) {
    throw DataError(shown_path(path) + ": not a threshold file that this version reads: " + error.what());
  }
}

void print_table(const ApplyOptions& options, const io::ThresholdFile& file, const Decisions& decisions,
                 const std::optional<stats::Confusion>& confusion) {
  const auto flagged = static_cast<std::size_t>(std::ranges::count(decisions.labels, Label::anomalous));
  fmt::print("{}: {}, cutoff {}, promise: {}\n", shown_path(options.threshold), io::without_controls(file.fit.method),
             detail::shortest(file.fit.cutoff.value()), file.fit.promise);
  if (file.direction == ScoreDirection::lower_is_anomalous) {
    fmt::print("low scores are strange: those of {} and lower are anomalous\n",
               detail::shortest(-file.fit.cutoff.value()));
  }
  fmt::print("{}: {} of {} scores anomalous\n", shown_path(options.scores), flagged, decisions.labels.size());
  if (confusion) {
    Table table({"FPR [95 %]", "recall", "precision", "F1", "balanced accuracy"});
    table.add({rate_with_interval(*confusion), three_decimals(confusion->recall()),
               three_decimals(confusion->precision()), three_decimals(confusion->f1()),
               three_decimals(confusion->balanced_accuracy())});
    fmt::print("\n{}", table.text());
  }
  if (flagged > 0) {
    constexpr std::size_t most = 20;
    Table table({"index", "score"});
    std::size_t shown = 0;
    for (std::size_t i = 0; i < decisions.labels.size() && shown < most; ++i) {
      if (decisions.labels[i] != Label::anomalous) continue;
      table.add({std::to_string(i), six_digits(directed(decisions.scores[i], file.direction))});
      ++shown;
    }
    fmt::print("\nanomalous:\n{}", table.text());
    if (flagged > shown) fmt::print("... and {} more: -o FILE or --format csv gives all\n", flagged - shown);
  }
  if (!options.output.empty()) fmt::print("\nwritten: {}\n", options.output);
}

void print_csv(const io::ThresholdFile& file, const Decisions& decisions) {
  fmt::print("index,score,label\n");
  for (std::size_t i = 0; i < decisions.labels.size(); ++i) {
    fmt::print("{},{},{}\n", i, detail::shortest(directed(decisions.scores[i], file.direction)),
               static_cast<int>(decisions.labels[i]));
  }
}

void print_json(const ApplyOptions& options, const io::ThresholdFile& file, const Decisions& decisions,
                const std::optional<stats::Confusion>& confusion) {
  nlohmann::ordered_json json{
      {"threshold", options.threshold},   {"scores", options.scores},
      {"method", file.fit.method},        {"cutoff", io::number_to_json(file.fit.cutoff.value())},
      {"count", decisions.labels.size()}, {"anomalous", std::ranges::count(decisions.labels, Label::anomalous)}};
  if (confusion) add_metrics(json["metrics"], *confusion);
  auto& labels = json["labels"] = nlohmann::ordered_json::array();
  for (const Label label : decisions.labels) labels.push_back(static_cast<int>(label));
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

int run(const ApplyOptions& options) {
  io::AnyFile any = io::read_any_file(options.threshold);
  if (auto* calibration = std::get_if<io::CalibrationFile>(&any)) {
    const std::string& expected = options.calibration.expected_pipeline;
    if (!expected.empty()) io::expect_pipeline(*calibration, options.threshold, expected);
    return apply_calibration({options.threshold, options.scores, options.output, options.labels, options.input.column(),
                              options.format.format()},
                             options.calibration, std::move(*calibration));
  }
  if (const std::string given = options.calibration.first_given(); !given.empty()) {
    throw UsageError(fmt::format("{} is for calibration files, from plimsoll fit --maps; {} is a threshold file", given,
                                 shown_path(options.threshold)));
  }
  const io::ThresholdFile& file = std::get<io::ThresholdFile>(any);
  if (!file.fit.ok()) {
    throw UsageError(
        fmt::format("{}: holds a fit without a cutoff ({})", shown_path(options.threshold), file.fit.status));
  }
  const InputPolicy policy = policy_of(file, options.threshold);
  const Decisions decisions = decide_file(options, file, policy);
  std::optional<stats::Confusion> confusion;
  if (options.labels.given()) {
    const auto truth = match_labels(options.labels.read(options.scores), decisions.scores_shape, policy,
                                    options.labels.name(options.scores), options.scores);
    confusion = confusion_of(file.fit.cutoff, decisions.scores, truth);
  }
  if (!options.output.empty()) io::write_labels(options.output, decisions.labels, decisions.labels_shape);
  if (options.output == "-") return success;
  switch (options.format.format()) {
    case Format::json: print_json(options, file, decisions, confusion); break;
    case Format::csv: print_csv(file, decisions); break;
    case Format::table: print_table(options, file, decisions, confusion); break;
  }
  return success;
}

}  // namespace

void add_apply(CLI::App& app, int& status) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* command =
      app.add_subcommand("apply", "Decide scores by a threshold file, with metrics when labels are given");
  command->footer(
      "Examples:\n"
      "  plimsoll apply line.json test.npy\n"
      "  plimsoll apply line.json test.npy --labels y.npy\n"
      "  plimsoll apply line.json test.npy -o labels.npy\n"
      "  plimsoll apply cal.json maps.npy -o masks/ --overlay images/\n"
      "  plimsoll apply cal.json maps/ --labels true_masks/ --regions regions.csv\n"
      "  plimsoll apply line.json - --format csv < scores.csv");
  command->add_option("THRESHOLD", options->threshold, "a threshold or calibration file, from plimsoll fit")
      ->required()
      ->type_name("");
  command
      ->add_option("SCORES", options->scores,
                   "scores, .npy or CSV, - for standard input; or maps, .npy, .tiff or a folder of them")
      ->required()
      ->type_name("");
  command
      ->add_option(
          "-o,--output", options->output,
          "where to write the decided labels: .npy, or text with one 0 or 1 a line; - for standard output; the "
          "masks of a calibration file: a folder of .png, or .npy")
      ->type_name("FILE")
      ->group("Output");
  options->labels.add_to(*command, "SCORES");
  options->input.add_column_to(*command);
  options->calibration.add_to(*command);
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
