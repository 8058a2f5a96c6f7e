// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>

#include "commands.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "registry.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

struct FitOptions {
  std::string scores;
  TrueLabels labels;
  std::string anomalous;
  std::string output;
  std::string method = "quantile";
  InputOptions input;
  ParameterOptions parameters;
  FormatOption format;
};

/// Collects a score file into the estimator, all with one label.
void collect(AnyThreshold& threshold, const std::string& path, const InputOptions& input, Label label) {
  read_scores(path, input.column(), input.direction(), [&](const io::ScoreBlock& block, const BlockPlace&) {
    block.is_map ? threshold.update(block.map(), label) : threshold.update(block.scores(), label);
  });
}

/// Collects SCORES, each with its own label.
void collect_labelled(AnyThreshold& threshold, const FitOptions& options) {
  const io::LabelArray labels = options.labels.read(options.scores);
  const std::string name = options.labels.name(options.scores);
  const InputOptions& input = options.input;
  std::size_t used = 0;
  const auto take = [&](const io::ScoreBlock& block, const BlockPlace& place) {
    const LabelUnit unit = unit_of(labels, place.shape, name, options.scores);
    const std::size_t size = block.scores().size();
    used = place.first_score + size;
    if (unit == LabelUnit::map) {
      threshold.update(block.map(), labels.values[place.index]);
    } else if (unit == LabelUnit::pixel) {
      threshold.update(block.map(), Mask(labels.values.data() + place.first_score, block.rows, block.columns));
    } else if (used <= labels.values.size()) {
      threshold.update(block.scores(), Labels(std::span(labels.values).subspan(place.first_score, size)));
    }
  };
  const auto shape = read_scores(options.scores, input.column(), input.direction(), take);
  static_cast<void>(unit_of(labels, shape, name, options.scores));  // a CSV file's length is known only now
}

std::string describe(const io::ThresholdFile& file, const FitOptions& options) {
  const Fit& fit = file.fit;
  std::string text = fmt::format("{} on {} normal", fit.method, fit.normal_count);
  if (fit.anomalous_count > 0) text += fmt::format(" and {} anomalous", fit.anomalous_count);
  text += fmt::format(" scores ({})\n", to_string(fit.score_type));
  if (fit.skipped_count > 0) text += fmt::format("  skipped   {} non-finite\n", fit.skipped_count);
  text += fmt::format("  cutoff    {}\n", detail::shortest(fit.cutoff.value()));
  if (file.direction == io::ScoreDirection::lower_is_anomalous) {
    text += fmt::format("            of negated scores: those of {} and lower are anomalous\n",
                        detail::shortest(-fit.cutoff.value()));
  }
  text += fmt::format("  promise   {}\n", fit.promise);
  if (fit.optimum) {
    text += fmt::format("  reached   {} = {}, by every cutoff in ({}, {}]\n", fit.optimum->objective,
                        six_digits(fit.optimum->value), six_digits(fit.optimum->above), six_digits(fit.optimum->up_to));
  }
  if (!fit.note.empty()) text += fmt::format("  note      {}\n", fit.note);
  if (!options.output.empty() && options.output != "-") text += fmt::format("  written   {}\n", options.output);
  return text;
}

int run(const FitOptions& options) {
  const MethodSpec spec = parse_method(options.method);
  options.parameters.check_all_used({spec.info});
  AnyThreshold threshold = spec.method->make(options.parameters.of(spec));
  const bool labelled = options.labels.given();
  if (spec.info->needs_labels && !labelled && options.anomalous.empty()) {
    throw UsageError(fmt::format("{} learns from labelled scores: give --labels or --anomalous", spec.info->name));
  }
  if (labelled) {
    collect_labelled(threshold, options);
  } else {
    collect(threshold, options.scores, options.input, Label::normal);
  }
  if (!options.anomalous.empty()) collect(threshold, options.anomalous, options.input, Label::anomalous);

  const io::ThresholdFile file{threshold.compute(), options.input.direction()};
  if (!file.fit.ok()) {
    fmt::print(stderr, "plimsoll: {} gives no cutoff: {} ({})\n", file.fit.method, file.fit.note, file.fit.status);
    return fit_failed;
  }
  if (!options.output.empty()) io::write_threshold_file(options.output, file);
  if (options.output == "-") return success;
  if (options.format.format() == Format::json) {
    fmt::print("{}", io::to_json(file));
  } else if (options.format.format() == Format::csv) {
    Table table({"method", "cutoff", "guarantee", "false_alarm_rate", "confidence", "normals"});
    const Promise& promise = file.fit.promise;
    table.add({file.fit.method, csv_number(file.fit.cutoff.value()), std::string(to_string(promise.guarantee)),
               csv_number(promise.false_alarm_rate), csv_number(promise.confidence),
               std::to_string(file.fit.normal_count)});
    fmt::print("{}", table.csv());
  } else {
    fmt::print("{}", describe(file, options));
  }
  return success;
}

}  // namespace

void add_fit(CLI::App& app, int& status) {
  auto options = std::make_shared<FitOptions>();
  CLI::App* command = app.add_subcommand("fit", "Fit a threshold to normal scores, and write a threshold file");
  command->footer(
      "Examples:\n"
      "  plimsoll fit normal.npy -o line.json\n"
      "  plimsoll fit normal.npy --false-alarm-rate 0.01 --confidence 0.95 -o line.json\n"
      "  plimsoll fit scores.csv --column score --method mad --k 4 -o line.json\n"
      "  plimsoll fit scores.npy --labels y.npy --method f1 -o line.json\n"
      "  cat normal.csv | plimsoll fit - -o line.json");
  command->add_option("SCORES", options->scores, "scores, .npy or CSV, - for standard input")
      ->required()
      ->type_name("");
  command->add_option("-o,--output", options->output, "the threshold file to write, - for standard output")
      ->type_name("FILE")
      ->group("Output");
  command
      ->add_option("--method", options->method,
                   "one of `plimsoll methods`, with parameters if any: name:k=4 [default quantile]")
      ->type_name("METHOD");
  options->labels.add_to(*command, "SCORES");
  command->add_option("--anomalous", options->anomalous, "more scores, all of them anomalous")
      ->type_name("FILE")
      ->group("Input");
  options->input.add_to(*command);
  options->parameters.add_to(*command);
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
