// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "fit_maps.hpp"
#include "fit_synthetic.hpp"
#include "maps.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/mask_file.hpp"
#include "plimsoll/io/score_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/bootstrap_interval.hpp"
#include "plimsoll/thresholds/contamination.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

struct FitOptions {
  std::string scores;                ///< SCORES
  std::vector<std::string> normals;  ///< --normal, and SCORES
  TrueLabels labels;
  std::string anomalous;
  std::string batch;
  std::string output;
  std::string method;  ///< empty: not given
  InputOptions input;
  ParameterOptions parameters;
  FormatOption format;
  bool contamination = false;
  std::uint64_t bootstrap = 0;  ///< replicates; 0: none
  std::uint64_t seed = 1;
  MapFitOptions maps;
  SyntheticFitOptions synthetic;
};

/// What is fitted when no method is named.
constexpr std::string_view default_method = "auto";

/// The normal scores as the method sees them, for what fits more than once.
struct Collected {
  std::vector<double> scores;
  ScoreType type = ScoreType::float16;  ///< the widest so far
  [[nodiscard]] Scores view() const { return {scores, type}; }

  /// Adds a block that the method has taken in already: all finite, unless those that are not are skipped.
  void add(const io::ScoreBlock& block, const InputPolicy& policy) {
    if (block.is_map && policy.map_reduction == MapReduction::every_pixel) {
      throw UsageError(
          "--contamination and --bootstrap need scores that are exchangeable, which pixels are not: reduce maps by "
          "--map-reduction maximum or top_mean");
    }
    std::vector<double> finite;
    std::visit(
        [&finite](const auto& values) {
          std::ranges::copy_if(values, std::back_inserter(finite), [](auto score) { return std::isfinite(score); });
        },
        block.values);
    if (finite.empty()) return;
    if (block.is_map) {
      scores.push_back(score_of(ScoreMap(finite.data(), 1, finite.size()), policy.map_reduction, policy.top_share));
    } else {
      scores.insert(scores.end(), finite.begin(), finite.end());
    }
    const bool averaged = block.is_map && policy.map_reduction == MapReduction::top_mean;
    type = std::max(type, averaged ? ScoreType::float64 : block.scores().type());
  }
};

/// Collects a score file into the estimator, all with one label, and into `copy` if there is one. Whether it holds
/// maps.
bool collect(AnyThreshold& threshold, const std::string& path, const InputOptions& input, Label label,
             Collected* copy = nullptr) {
  const InputPolicy policy = input_policy(threshold.parameter_values());
  bool maps = false;
  read_scores(path, input.column(), input.direction(), [&](const io::ScoreBlock& block, const BlockPlace&) {
    maps = block.is_map;
    block.is_map ? threshold.update(block.map(), label) : threshold.update(block.scores(), label);
    if (copy != nullptr) copy->add(block, policy);
  });
  return maps;
}

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

/// Collects SCORES, each with its own label. Masks of maps are read one at a time.
void collect_labelled(AnyThreshold& threshold, const FitOptions& options) {
  const std::string& path = options.labels.path;
  std::unique_ptr<io::ScoreReader> reader;
  if (!path.empty() && options.labels.column.empty() && io::holds_masks(path)) {
    reader = io::open_scores(options.scores, options.input.column());
    if (reader->map_count()) {
      TrueMasks masks(path, reader->map_names(), options.scores);
      const auto take = [&](const io::ScoreBlock& block) { threshold.update(block.map(), masks.next(block)); };
      read_maps(*reader, options.scores, take, options.input.direction());
      return;
    }
  }
  const io::LabelArray labels = options.labels.read(options.scores);
  const std::string name = options.labels.name(options.scores);
  const InputOptions& input = options.input;
  std::size_t used = 0;
  const auto take = [&](const io::ScoreBlock& block, const BlockPlace& place) {
    if (block.is_map && place.shape.empty()) refuse_labels_of_uneven_maps(name, options.scores);
    const LabelUnit unit = unit_of(labels, place.shape, name, options.scores);
    const std::size_t size = block.scores().size();
    used = place.first_score + size;
    if (unit == LabelUnit::map) {
      threshold.update(block.map(), labels.values[place.index]);
    } else if (unit == LabelUnit::pixel) {  // masks from standard input
      threshold.update(block.map(), Mask(labels.values.data() + place.first_score, block.rows, block.columns));
    } else if (used <= labels.values.size()) {
      threshold.update(block.scores(), Labels(std::span(labels.values).subspan(place.first_score, size)));
    }
  };
  if (!reader) reader = io::open_scores(options.scores, input.column());
  const auto shape = read_scores(*reader, options.scores, input.direction(), take);
  static_cast<void>(unit_of(labels, shape, name, options.scores));  // a CSV file's length is known only now
}

std::string describe(const io::ThresholdFile& file, const FitOptions& options, bool normal_maps) {
  const Fit& fit = file.fit;
  const bool unlabelled = find_method(fit.method).info().unlabelled;
  std::string text = fmt::format("{} on {} {}", fit.method, fit.normal_count, unlabelled ? "unlabelled" : "normal");
  if (fit.anomalous_count > 0) text += fmt::format(" and {} anomalous", fit.anomalous_count);
  text += fmt::format(" scores ({})\n", to_string(fit.score_type));
  if (options.method.empty() && options.batch.empty()) {
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
  const bool labelled = options.labels.given();
  if (method.needs_labels && !labelled && options.anomalous.empty()) {
    throw UsageError(fmt::format(
        "{} learns from labelled scores: give --labels or --anomalous, or --normal and --synthetic", method.name));
  }
  if (method.unlabelled && (labelled || !options.anomalous.empty())) {
    throw UsageError(fmt::format("{}: {} learns from unlabelled scores; f1 learns from labelled ones: --method f1",
                                 labelled ? "--labels" : "--anomalous " + options.anomalous, method.name));
  }
  const bool normals_only = find_parameter(method, "trim") != nullptr;
  if (normals_only && method.name != default_method && !options.anomalous.empty()) {
    throw UsageError(fmt::format(
        "--anomalous {}: {} learns from normal scores only; f1 learns from normal and anomalous ones: --method f1",
        options.anomalous, method.name));
  }
  if (!options.contamination && options.bootstrap == 0) return;
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
  return fit_maps(options.maps, options.method, options.parameters, options.input.direction(), options.format.format(),
                  options.output);
}

/// `fit --synthetic`.
int run_on_synthetic(const FitOptions& options) {
  refuse_labels_and_resampling(options, "--synthetic gives the anomalous scores");
  return fit_synthetic(options.synthetic, options.maps, options.normals, options.method, options.parameters,
                       options.input, options.format.format(), options.output);
}

/// Prints and writes a fit that has an answer; `more` follows the table.
int report(const FitOptions& options, const io::ThresholdFile& file, bool normal_maps, const std::string& more) {
  if (!file.fit.ok()) {
    fmt::print(stderr, "plimsoll: {} gives no cutoff: {} ({})\n", file.fit.method, file.fit.note, file.fit.status);
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

int run(FitOptions options) {
  options.synthetic.check_complete();
  options.maps.check_has_use(options.maps.given() || !options.synthetic.masks.empty());
  if (options.maps.given() && options.synthetic.given()) {
    throw UsageError("--synthetic takes the normal maps by --normal, not by --maps");
  }
  if (options.maps.given()) return run_on_maps(options);
  if (!options.scores.empty()) options.normals.insert(options.normals.begin(), options.scores);
  if (options.normals.empty()) throw CLI::RequiredError("SCORES, or --maps with maps of normal images,");
  if (options.synthetic.given()) return run_on_synthetic(options);
  if (!options.batch.empty()) return run_on_batch(options);
  options.scores = options.normals.front();
  if (options.labels.given() && options.normals.size() > 1) {
    throw UsageError("--labels label one file: give one of SCORES and --normal");
  }
  const bool by_default = options.method.empty();
  const MethodSpec spec = parse_method(by_default ? std::string(default_method) : options.method);
  options.parameters.check_all_used({spec.info}, by_default);
  const ParameterMap parameters = options.parameters.of(spec);
  AnyThreshold threshold = spec.method->make(parameters);
  check(options, *spec.info, parameters);
  const bool resamples = options.contamination || options.bootstrap > 0;
  Collected normals;
  bool normal_maps = false;
  if (options.labels.given()) {
    collect_labelled(threshold, options);
  } else {
    for (const std::string& path : options.normals) {
      normal_maps = collect(threshold, path, options.input, Label::normal, resamples ? &normals : nullptr);
    }
  }
  if (!options.anomalous.empty()) collect(threshold, options.anomalous, options.input, Label::anomalous);

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
      "  cat normal.csv | plimsoll fit - -o line.json");
  command->add_option("SCORES", options->scores, "normal scores, .npy or CSV, - for standard input")->type_name("");
  command->add_option("--normal", options->normals, "the same; may be given several times")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Input");
  options->maps.add_to(*command);
  options->synthetic.add_to(*command);
  command->add_option("-o,--output", options->output, "the threshold file to write, - for standard output")
      ->type_name("FILE")
      ->group("Output");
  command
      ->add_option(
          "--method", options->method,
          fmt::format("one of `plimsoll methods`, with parameters if any: name:k=4 [default {}]", default_method))
      ->type_name("METHOD");
  options->labels.add_to(*command, "SCORES");
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
  command->add_option("--anomalous", options->anomalous, "more scores, all of them anomalous")
      ->type_name("FILE")
      ->group("Input");
  command
      ->add_option("--batch", options->batch,
                   "unlabelled production scores, 100 or more, to fit the false-alarm level to (--method batch)")
      ->type_name("FILE")
      ->group("Input");
  options->input.add_to(*command);
  options->parameters.add_to(*command);
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
