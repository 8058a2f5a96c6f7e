// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collection.hpp"
#include "commands.hpp"
#include "fit_maps.hpp"
#include "fit_synthetic.hpp"
#include "notice.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/io/state_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/bootstrap_interval.hpp"
#include "plimsoll/thresholds/contamination.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

struct FitOptions : CollectionOptions {
  std::vector<std::string> states;  ///< --from-state
  std::string batch;
  std::string output;
  FormatOption format;
  bool contamination = false;
  std::uint64_t bootstrap = 0;  ///< replicates; 0: none
  std::uint64_t seed = 1;
  bool direction_given = false;
  MapFitOptions maps;
  SyntheticFitOptions synthetic;
};

/// What the line would be if some of the normal scores were bad.
std::string describe_contamination(const Method& method, const ParameterMap& parameters, Scores normals) {
  Table table({"share bad", "dropped", "cutoff", "moved by", "normals flagged"});
  for (const Contamination& row : contamination(method, parameters, normals)) {
    table.add({detail::percent(row.share, false) + " %", std::to_string(row.fit.trimmed_count),
               row.fit.ok() ? six_digits(row.fit.cutoff.value()) : std::string(to_string(row.fit.status)),
               six_digits(row.moved), row.fit.ok() ? std::to_string(row.flagged) : "-"});
  }
  return "\nif some of the normal scores, the largest, were bad:\n" + table.text();
}

std::string describe(const io::ThresholdFile& file, const FitOptions& options, bool normal_maps) {
  const Fit& fit = file.fit;
  const bool unlabelled = find_method(fit.method).info().unlabelled;
  std::string text = fmt::format("{} on {} {}", fit.method, fit.normal_count, unlabelled ? "unlabelled" : "normal");
  if (fit.anomalous_count > 0) text += fmt::format(" and {} anomalous", fit.anomalous_count);
  text += fmt::format(" scores ({})\n", to_string(fit.score_type));
  if (fit.method == default_method && options.method.empty()) {
    text +=
        "  method    auto by default: the note says what it chose; --method quantile keeps a rate, for any "
        "distribution\n";
  }
  if (normal_maps && input_policy(fit.parameters).map_reduction == MapReduction::every_pixel) {
    text += "  maps      every pixel is a score here; fit --maps gives an image cutoff and masks\n";
  }
  text += fit_lines(fit, file.direction);
  if (!options.output.empty() && options.output != "-") text += fmt::format("  written   {}\n", options.output);
  return text;
}

/// Refuses options that do not go together, before anything is read.
void check(const FitOptions& options, const MethodInfo& method, const ParameterMap& parameters) {
  check_labels(options, method);
  if (!options.contamination && options.bootstrap == 0) return;
  const bool labelled = options.labels.given();
  const bool normals_only = find_parameter(method, "trim") != nullptr;
  if (!normals_only || labelled || !options.anomalous.empty()) {
    throw UsageError(
        fmt::format("--contamination and --bootstrap are for methods that learn from normal scores, and {}",
                    normals_only ? "for scores without labels" : fmt::format("{} does not", method.name)));
  }
  if (!options.contamination) return;
  if (options.format.format() != Format::table || options.output == "-") {
    throw UsageError("--contamination prints a table, so it goes with --format table and not with -o -");
  }
  const auto trim = parameters.find("trim");
  if (trim != parameters.end() && !(std::get<double>(trim->second) + contamination_shares.back() < 0.5)) {
    throw UsageError(
        fmt::format("--contamination trims up to {} more, and all in all must be below 0.5: trim = {} is "
                    "too much",
                    contamination_shares.back(), to_string(trim->second)));
  }
}

/// Refuses an option beside another; `why` says what the other one does.
void refuse(const char* why, bool given, const char* what) {
  if (given) throw UsageError(fmt::format("{}: {} has no use with it", why, what));
}

/// Refuses what is for plain normal scores, or labelled ones.
void refuse_labels_and_resampling(const FitOptions& options, const char* why) {
  refuse(why, options.labels.given(), "--labels");
  refuse(why, !options.anomalous.empty(), "--anomalous");
  refuse(why, options.contamination, "--contamination");
  refuse(why, options.bootstrap > 0, "--bootstrap");
}

/// `fit --maps`, which takes no other scores, and learns from normal maps.
int run_on_maps(const FitOptions& options) {
  const char* why = "--maps takes maps of normal images alone";
  refuse(why, !options.scores.empty(), "SCORES");
  refuse(why, !options.normals.empty(), "--normal");
  refuse_labels_and_resampling(options, why);
  refuse(why, !options.input.column().name.empty(), "--column");
  refuse(why, !options.batch.empty(), "--batch");
  refuse(why, !options.states.empty(), "--from-state");
  return fit_maps(options.maps, options.method, options.parameters, options.input.direction(), options.format.format(),
                  options.output);
}

/// `fit --synthetic`.
int run_on_synthetic(const FitOptions& options) {
  const char* why = "--synthetic gives the anomalous scores";
  refuse_labels_and_resampling(options, why);
  refuse(why, !options.batch.empty(), "--batch");
  return fit_synthetic(options.synthetic, options.maps, options.normals, options.method, options.parameters,
                       options.input, options.format.format(), options.output);
}

/// Prints and writes a fit that has an answer; `more` follows the table.
int report(const FitOptions& options, const io::ThresholdFile& file, bool normal_maps, const std::string& more) {
  if (!file.fit.ok()) {
    notice("plimsoll: {} gives no cutoff: {} ({})\n", file.fit.method, file.fit.note, file.fit.status);
    return fit_failed;
  }
  if (!options.output.empty()) io::write_threshold_file(options.output, file);
  if (options.output == "-") return success;
  if (options.format.format() == Format::json) {
    fmt::print("{}", io::to_json(file));
  } else if (options.format.format() == Format::csv) {
    Table table({"method", "cutoff", "guarantee", "false_alarm_rate", "confidence", "normals", "lower", "upper"});
    const Promise& promise = file.fit.promise;
    const auto& interval = file.fit.interval;
    table.add({file.fit.method, csv_number(file.fit.cutoff.value()), std::string(to_string(promise.guarantee)),
               csv_number(promise.false_alarm_rate), csv_number(promise.confidence),
               std::to_string(file.fit.normal_count), interval ? csv_number(interval->lower) : "",
               interval ? csv_number(interval->upper) : ""});
    fmt::print("{}", table.csv());
  } else {
    fmt::print("{}{}", describe(file, options, normal_maps), more);
  }
  return success;
}

/// `fit --batch`.
int run_on_batch(const FitOptions& options) {
  refuse_labels_and_resampling(options, "--batch takes unlabelled scores");
  const MethodSpec spec = parse_method(options.method.empty() ? "batch" : options.method);
  if (spec.info->name != "batch") {
    throw UsageError(fmt::format("--batch is for --method batch; {} takes no batch", spec.info->name));
  }
  options.parameters.check_all_used({spec.info}, options.method.empty());
  BatchThreshold threshold{BatchThreshold::table().make(options.parameters.of(spec))};
  const InputPolicy policy = threshold.parameters().input;
  const auto read = [&](const std::string& path, const auto& take) {
    read_scores(path, options.input.column(), options.input.direction(),
                [&](const io::ScoreBlock& block, const BlockPlace&) { take(block); });
  };
  for (const std::string& path : options.normals) {
    read(path, [&](const io::ScoreBlock& block) {
      block.is_map ? threshold.update(block.map()) : threshold.update(block.scores());
    });
  }
  read(options.batch, [&](const io::ScoreBlock& block) {
    if (!block.is_map) return threshold.update_batch(block.scores());
    std::vector<double> scores;
    append_scores(block, policy, scores);
    threshold.update_batch(scores);
  });
  const io::ThresholdFile file{threshold.compute(), options.input.direction()};
  return report(options, file, false, {});
}

/// `fit --from-state`.
int run_on_states(const FitOptions& options) {
  const char* why = "--from-state has scores, method and parameters from `plimsoll collect`";
  refuse(why, !options.scores.empty(), "SCORES");
  refuse(why, !options.normals.empty(), "--normal");
  refuse(why, !options.batch.empty(), "--batch");
  refuse(why, options.synthetic.given(), "--synthetic");
  refuse(why, !options.method.empty(), "--method");
  refuse(why, !options.input.column().name.empty(), "--column");
  refuse(why, options.direction_given, "--direction");
  refuse_labels_and_resampling(options, why);
  const std::string parameter = options.parameters.any_given();
  refuse(why, !parameter.empty(), parameter.c_str());
  std::optional<AnyThreshold> threshold;
  ScoreDirection direction{};
  for (const std::string& path : options.states) {
    const io::StateFile file = io::read_state_file(path);
    try {
      AnyThreshold shard = restore_threshold(file.snapshot);
      if (!threshold) {
        direction = file.direction;
        threshold = std::move(shard);
        continue;
      }
      if (file.direction != direction) throw DataError("is of scores of the other direction");
      threshold->merge(shard);
    } catch (const Error& error) {
      throw UsageError(fmt::format("{}: {}{}", path, error.what(),
                                   threshold ? fmt::format(" (beside {})", options.states.front()) : ""));
    }
  }
  return report(options, {threshold->compute(), direction}, false, {});
}

int run(FitOptions options) {
  options.synthetic.check_complete();
  options.maps.check_has_use(options.maps.given() || !options.synthetic.masks.empty());
  if (options.maps.given() && options.synthetic.given()) {
    throw UsageError("--synthetic takes the normal maps by --normal, not by --maps");
  }
  if (options.maps.given()) return run_on_maps(options);
  if (!options.states.empty()) return run_on_states(options);
  options.gather(", or --maps with maps of normal images,");
  if (options.synthetic.given()) return run_on_synthetic(options);
  if (!options.batch.empty()) return run_on_batch(options);
  const MethodSpec spec = options.chosen_method();
  const ParameterMap parameters = options.parameters.of(spec);
  AnyThreshold threshold = spec.method->make(parameters);
  check(options, *spec.info, parameters);
  const bool resamples = options.contamination || options.bootstrap > 0;
  CollectedNormals normals;
  const bool normal_maps = collect(threshold, options, resamples ? &normals : nullptr);

  io::ThresholdFile file{threshold.compute(), options.input.direction()};
  if (file.fit.ok() && options.bootstrap > 0) {
    file.fit.interval =
        bootstrap_interval(threshold, normals.view(), {.replicates = options.bootstrap, .seed = options.seed});
  }
  const bool contaminates = file.fit.ok() && options.contamination;
  return report(options, file, normal_maps,
                contaminates ? describe_contamination(*spec.method, parameters, normals.view()) : std::string());
}

}  // namespace

void add_fit(CLI::App& app, int& status) {
  auto options = std::make_shared<FitOptions>();
  CLI::App* command = app.add_subcommand("fit", "Fit a threshold to normal scores, and write a threshold file");
  command->footer(
      "Examples:\n"
      "  plimsoll fit normal.npy -o line.json\n"
      "  plimsoll fit normal.npy --false-alarm-rate 0.01 -o line.json\n"
      "  plimsoll fit normal.npy --method quantile --false-alarm-rate 0.01 --confidence 0.95 -o line.json\n"
      "  plimsoll fit normal.npy --contamination --bootstrap 400\n"
      "  plimsoll fit --maps normal_maps.npy -o cal.json\n"
      "  plimsoll fit --maps normal_maps/ --mask hysteresis --review-rate 0.15 -o cal.json\n"
      "  plimsoll fit normal.npy --expected-prevalence 0.02 -o line.json\n"
      "  plimsoll fit normal.npy --batch production.npy -o line.json\n"
      "  plimsoll fit scores.npy --labels y.npy --miss-cost 100 --expected-prevalence 0.01 -o line.json\n"
      "  plimsoll fit --normal n.npy --synthetic s.npy -o line.json\n"
      "  plimsoll fit --normal maps.npy --synthetic s.npy --synthetic-masks m.npy -o cal.json\n"
      "  plimsoll fit scores.csv --column score --method mad --k 4 -o line.json\n"
      "  plimsoll fit scores.npy --labels y.npy --method f1 -o line.json\n"
      "  cat normal.csv | plimsoll fit - -o line.json\n"
      "  plimsoll fit --from-state shard*.state -o line.json    what plimsoll collect wrote of each shard");
  options->add_scores_to(*command);
  options->maps.add_to(*command);
  options->synthetic.add_to(*command);
  command->add_option("-o,--output", options->output, "the threshold file to write, - for standard output")
      ->type_name("FILE")
      ->group("Output");
  options->add_method_to(*command);
  command
      ->add_flag("--contamination", options->contamination,
                 "also tell how far the cutoff moves if 1, 2 or 5 % of the normal scores were bad")
      ->disable_flag_override()
      ->group("More about the cutoff");
  add_whole_number(*command, "--bootstrap", options->bootstrap, 20, 1'000'000,
                   "the cutoff's 95 % interval by so many refits to resampled scores; 400, say")
      .group("More about the cutoff");
  add_whole_number(*command, "--bootstrap-seed", options->seed, 0, std::numeric_limits<std::uint64_t>::max(),
                   "the seed of --bootstrap [default 1]")
      .needs("--bootstrap")
      ->group("More about the cutoff");
  command->add_option("--from-state", options->states, "instead of scores, what `plimsoll collect` wrote of each shard")
      ->type_name("FILE...")
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->group("Input");
  command
      ->add_option("--batch", options->batch,
                   "unlabelled production scores, 100 or more, to fit the false-alarm level to (--method batch)")
      ->type_name("FILE")
      ->group("Input");
  options->add_parameters_to(*command);
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, command, &status] {
    options->direction_given = command->count("--direction") > 0;
    status = run(*options);
  });
}

}  // namespace plimsoll::cli
