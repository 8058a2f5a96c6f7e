// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/io/write_file.hpp"
#include "plimsoll/stats/confusion.hpp"
#include "plimsoll/stats/random.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/version.hpp"
#include "progress.hpp"
#include "run_record.hpp"
#include "shown.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

using Json = nlohmann::ordered_json;

struct TuneOptions {
  std::string normal;
  std::string anomalous;
  std::string method;
  std::string objective = "rate";
  std::vector<std::string> search;
  std::array<std::string, 4> numbers;  ///< by Number; empty where the default is meant
  std::uint64_t trials = 64;
  std::uint64_t folds = 5;
  std::uint64_t seed = 1;
  std::string record;
  InputOptions input;
};

enum Number : std::size_t { rate, prevalence, miss_cost, false_alarm_cost };

/// What the objective minimises, and on what.
struct Objective {
  std::string name;
  double rate, prevalence, miss_cost, false_alarm_cost;

  [[nodiscard]] double loss(double recall, double false_alarms) const {
    if (name == "rate") return std::abs(false_alarms - rate);
    if (name == "cost") {
      return prevalence * miss_cost * (1 - recall) + (1 - prevalence) * false_alarm_cost * false_alarms;
    }
    return 1 - stats::f1_at(prevalence, recall, false_alarms);
  }
};

/// The values that a parameter is drawn from.
struct Dimension {
  std::string name;
  ParameterKind kind = ParameterKind::real;
  std::vector<std::string> words;
  double least = 0;
  double most = 0;
  bool by_logarithm = false;

  [[nodiscard]] ParameterValue draw(stats::Random& random) const {
    if (kind == ParameterKind::choice) return words[random.below(words.size())];
    const double u = random.uniform();
    const double value = by_logarithm ? least * std::pow(most / least, u) : least + (most - least) * u;
    return kind == ParameterKind::integer ? std::round(value) : value;
  }

  [[nodiscard]] std::string describe() const {
    if (kind == ParameterKind::choice) return fmt::format("{}: {}", name, fmt::join(words, ", "));
    return fmt::format("{}: {} to {}{}", name, detail::shortest(least), detail::shortest(most),
                       by_logarithm ? ", evenly by the logarithm" : "");
  }
};

/// Where a parameter is searched when nobody says: all its words; its range where that is finite; else a quarter to
/// four times its default. Rates are drawn by their logarithm. Nothing for what is not to be tuned: how input is taken
/// in, seeds, effort, what is unset by default.
std::optional<Dimension> dimension_of(const ParameterInfo& info, const Objective& objective) {
  for (const std::string_view fixed : {"non_finite", "map_reduction", "top_share", "seed", "replicates", "exact_limit",
                                       "kept", "trim", "anomalies", "least_p_value", "warn_below", "near_optimal"}) {
    if (info.name == fixed) return {};
  }
  Dimension dimension{.name = std::string(info.name), .kind = info.kind, .words = {}};
  if (info.kind == ParameterKind::choice) {
    for (const std::string_view word : info.choices) dimension.words.emplace_back(word);
    return dimension;
  }
  const double* value = std::get_if<double>(&info.default_value);
  if (value == nullptr) return {};
  if (info.name == "false_alarm_rate") {
    if (objective.name == "rate") return {};  // it is the rate asked for
    dimension.least = 0.002;
    dimension.most = 0.4;
    dimension.by_logarithm = true;
    return dimension;
  }
  const double inner = 1e-3;  // ends that may not be allowed themselves
  const bool bounded = std::isfinite(info.range.least) && std::isfinite(info.range.most) && info.range.most <= 1;
  if (bounded) {
    const double width = info.range.most - info.range.least;
    dimension.least = info.range.least + (info.range.least_allowed ? 0 : inner * width);
    dimension.most = info.range.most - (info.range.most_allowed ? 0 : inner * width);
    return dimension;
  }
  if (*value == 0) return {};
  dimension.least = std::max(std::min(*value / 4, *value * 4), info.range.least);
  dimension.most = std::min(std::max(*value / 4, *value * 4), info.range.most);
  dimension.by_logarithm = dimension.least > 0;
  return dimension;
}

/// "k=1:6" or "rule=otsu|li".
Dimension parse_search(const MethodInfo& method, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = parameter_name(text.substr(0, equals));
  const ParameterInfo* info = find_parameter(method, name);
  if (equals == std::string::npos || info == nullptr) {
    throw UsageError(fmt::format("--search {}: it is name=LEAST:MOST or name=word|word, the name a parameter of {}",
                                 text, method.name));
  }
  Dimension dimension{.name = name, .kind = info->kind, .words = {}};
  const std::string values = text.substr(equals + 1);
  const char separator = info->kind == ParameterKind::choice ? '|' : ':';
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= values.size();) {
    const std::size_t end = std::min(values.find(separator, begin), values.size());
    parts.push_back(values.substr(begin, end - begin));
    begin = end + 1;
  }
  std::vector<ParameterValue> parsed;
  for (const std::string& part : parts) parsed.push_back(parse_value(method.name, *info, part));
  if (info->kind == ParameterKind::choice) {
    for (const std::string& word : parts) {
      if (std::ranges::find(info->choices, word) != info->choices.end()) continue;
      throw UsageError(fmt::format("--search {}: {} is not {}", text, io::shown(word), describe_expected(*info)));
    }
    dimension.words = parts;
    return dimension;
  }
  if (parts.size() != 2 || !std::holds_alternative<double>(parsed[0]) || !std::holds_alternative<double>(parsed[1]) ||
      !(std::get<double>(parsed[0]) < std::get<double>(parsed[1]))) {
    throw UsageError(fmt::format("--search {}: a number is searched from LEAST to MOST, {}=1:6", text, name));
  }
  dimension.least = std::get<double>(parsed[0]);
  dimension.most = std::get<double>(parsed[1]);
  dimension.by_logarithm = dimension.least > 0 && dimension.most / dimension.least >= 10;
  return dimension;
}

/// Scores cut into folds, anew for each repeat.
class Folds {
 public:
  Folds(const std::vector<double>& scores, std::size_t count, std::uint64_t seed) : scores_{scores}, count_{count} {
    stats::Random random(seed);
    for (std::size_t i = scores_.size(); i > 1; --i) std::swap(scores_[i - 1], scores_[random.below(i)]);
  }

  /// Those of the fold, or all others.
  [[nodiscard]] std::vector<double> take(std::size_t fold, bool of_fold) const {
    std::vector<double> taken;
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      if ((i % count_ == fold) == of_fold) taken.push_back(scores_[i]);
    }
    return taken;
  }

 private:
  std::vector<double> scores_;
  std::size_t count_;
};

double share_flagged(const std::vector<double>& scores, Cutoff cutoff) {
  if (scores.empty()) return 0;
  return static_cast<double>(std::ranges::count_if(scores, cutoff)) / static_cast<double>(scores.size());
}

struct Problem {
  const Method* method;
  Objective objective;
  std::vector<double> normals;
  std::vector<double> anomalies;
  ScoreType type = ScoreType::float16;
  std::size_t folds;
  std::uint64_t seed;

  /// The mean loss over the folds of one repeat. A fit without an answer flags nothing.
  [[nodiscard]] double loss(const ParameterMap& parameters, std::size_t repeat) const {
    const Folds normal_folds(normals, folds, seed + 2 * repeat);
    const Folds anomalous_folds(anomalies, folds, seed + 2 * repeat + 1);
    const bool labelled = method->info().needs_labels;
    double sum = 0;
    for (std::size_t fold = 0; fold < folds; ++fold) {
      AnyThreshold threshold = method->make(parameters);
      const std::vector<double> learnt = normal_folds.take(fold, false);
      threshold.update(Scores(learnt, type));
      if (labelled) {
        const std::vector<double> known = anomalous_folds.take(fold, false);
        threshold.update(Scores(known, type), Label::anomalous);
      }
      const Cutoff cutoff = threshold.compute().cutoff;
      const double recall = share_flagged(labelled ? anomalous_folds.take(fold, true) : anomalies, cutoff);
      sum += objective.loss(recall, share_flagged(normal_folds.take(fold, true), cutoff));
    }
    return sum / static_cast<double>(folds);
  }
};

/// A set of parameters, and its loss in each repeat so far.
struct Candidate {
  std::size_t trial = 0;
  ParameterMap parameters;
  std::vector<double> losses{};

  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double loss : losses) sum += loss;
    return sum / static_cast<double>(losses.size());
  }
};

std::string spec_text(const MethodInfo& method, const ParameterMap& parameters) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : parameters) parts.push_back(name + "=" + to_string(value));
  return parts.empty() ? std::string(method.name) : fmt::format("{}:{}", method.name, fmt::join(parts, ","));
}

/// What was evaluated, a JSON line each, after one about the search. A search that is started again takes what is
/// there.
class Record {
 public:
  Record(std::string path, const Json& header) : path_{std::move(path)} {
    if (path_.empty()) return;
    const std::string first = one_line(header);
    std::string kept = first + "\n";
    if (std::filesystem::exists(path_)) {
      std::istringstream text = read_lines(path_);
      std::string line;
      if (std::getline(text, line) && line != first) {
        throw UsageError(
            fmt::format("{}: is of another search (other data, settings or version); give another --record", path_));
      }
      for (std::size_t number = 2; std::getline(text, line); ++number) {
        if (text.eof()) break;  // a line without its end was cut off by the end of that run
        const Json json = io::parse_json<Json>(line, fmt::format("{}:{}", path_, number));
        try {
          losses_[{json.at("trial").get<std::size_t>(), json.at("repeat").get<std::size_t>()}] =
              json.at("loss").get<double>();
        } catch (const Json::exception&) {
          throw UsageError(fmt::format("{}:{}: is no evaluation that plimsoll tune kept", path_, number));
        }
        kept += line + "\n";
      }
    }
    io::write_file(path_, kept);
    file_.reset(std::fopen(path_.c_str(), "a"));
    if (!file_) throw UsageError(fmt::format("{}: cannot be written", path_));
  }

  [[nodiscard]] std::size_t size() const { return losses_.size(); }

  [[nodiscard]] std::optional<double> find(std::size_t trial, std::size_t repeat) const {
    const auto found = losses_.find({trial, repeat});
    return found == losses_.end() ? std::nullopt : std::optional(found->second);
  }

  void add(const Candidate& candidate, std::size_t repeat, double loss) {
    if (!file_) return;
    Json json{{"trial", candidate.trial}, {"repeat", repeat}, {"loss", loss}, {"parameters", Json::object()}};
    for (const auto& [name, value] : candidate.parameters) json["parameters"][name] = to_string(value);
    fmt::print(file_.get(), "{}\n", one_line(json));
    if (std::fflush(file_.get()) != 0) throw Error(fmt::format("{}: cannot be written", path_));
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::string path_;
  std::map<std::pair<std::size_t, std::size_t>, double> losses_;
  std::unique_ptr<std::FILE, Close> file_;
};

constexpr std::size_t most_repeats = 16;
constexpr std::size_t fewest_candidates = 4;

/// Random search with successive halving (Jamieson and Talwalkar 2016, AISTATS 51, algorithm 1): all candidates get one
/// repeat of cross-validation, then the better half of them twice as many, and so on. The defaults stay to the end.
std::vector<Candidate> search(const Problem& problem, std::vector<Candidate> candidates, Record& record) {
  Progress progress("tuning");
  std::size_t done = 0;
  std::size_t repeats = 1;
  for (;;) {
    for (Candidate& candidate : candidates) {
      while (candidate.losses.size() < repeats) {
        const std::size_t repeat = candidate.losses.size();
        const std::optional<double> known = record.find(candidate.trial, repeat);
        const double loss = known ? *known : problem.loss(candidate.parameters, repeat);
        if (!known) record.add(candidate, repeat, loss);
        candidate.losses.push_back(loss);
        progress.at({}, ++done);
      }
    }
    std::ranges::stable_sort(candidates, {}, &Candidate::mean);
    if (repeats >= most_repeats) return candidates;
    const auto keep = std::max(std::min(fewest_candidates, candidates.size()), (candidates.size() + 1) / 2);
    for (std::size_t i = keep; i < candidates.size(); ++i) {
      if (candidates[i].trial == 0) std::swap(candidates[i], candidates[keep - 1]);
    }
    candidates.resize(keep);
    repeats *= 2;
  }
}

/// The mean and the standard error of how much less one loses than the other, repeat by repeat.
std::pair<double, double> gain(const Candidate& best, const Candidate& other) {
  const auto n = static_cast<double>(best.losses.size());
  double mean = 0;
  for (std::size_t i = 0; i < best.losses.size(); ++i) mean += (other.losses[i] - best.losses[i]) / n;
  double squares = 0;
  for (std::size_t i = 0; i < best.losses.size(); ++i) {
    squares += std::pow(other.losses[i] - best.losses[i] - mean, 2);
  }
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

double read_number(const char* name, const std::string& text, double least, double most) {
  const ParameterInfo info{name, ParameterKind::real, 0.0, Range::closed(least, most), {}, ""};
  const ParameterValue value = parse_value("tune", info, text);
  const double* number = std::get_if<double>(&value);
  if (number == nullptr || !info.range.holds(*number)) {
    throw UsageError(fmt::format("tune: {} = {} is not {}", name, text, describe_expected(info)));
  }
  return *number;
}

Objective objective_of(const TuneOptions& options) {
  const std::string& name = options.objective;
  const auto text = [&](Number number, const char* option, bool is_used, const char* by_default) {
    const std::string& given = options.numbers[number];
    if (!given.empty() && !is_used)
      throw UsageError(fmt::format("--objective {}: {} has no use with it", name, option));
    return given.empty() ? std::string(by_default) : given;
  };
  const bool costs = name == "cost";
  return {name, read_share("tune", "rate", text(rate, "--rate", name == "rate", "0.05")),
          read_share("tune", "prevalence", text(prevalence, "--prevalence", name != "rate", "0.5")),
          read_number("miss_cost", text(miss_cost, "--miss-cost", costs, "1"), 0, 1e12),
          read_number("false_alarm_cost", text(false_alarm_cost, "--false-alarm-cost", costs, "1"), 0, 1e12)};
}

std::vector<double> read_plain(const std::string& path, const TuneOptions& options, ScoreType& type) {
  return read_plain_scores(path, options.input.column(), options.input.direction(), "tune takes", type);
}

std::vector<Dimension> dimensions_of(const TuneOptions& options, const MethodSpec& spec, const Objective& objective) {
  std::vector<Dimension> dimensions;
  for (const std::string& text : options.search) {
    Dimension dimension = parse_search(*spec.info, text);
    if (std::ranges::find(dimensions, dimension.name, &Dimension::name) != dimensions.end()) {
      throw UsageError(fmt::format("--search {}: {} is given twice", text, dimension.name));
    }
    dimensions.push_back(std::move(dimension));
  }
  if (!options.search.empty()) return dimensions;
  for (const ParameterInfo& info : spec.info->parameters) {
    if (spec.parameters.contains(info.name)) continue;
    if (auto dimension = dimension_of(info, objective)) dimensions.push_back(std::move(*dimension));
  }
  if (dimensions.empty()) {
    throw UsageError(fmt::format("{} has nothing to tune for this objective; --search names a parameter and its values",
                                 spec.info->name));
  }
  return dimensions;
}

/// The defaults, and as many draws as there are trials that the method takes.
std::vector<Candidate> draw_candidates(const TuneOptions& options, const MethodSpec& spec, const ParameterMap& fixed,
                                       const std::vector<Dimension>& dimensions) {
  std::vector<Candidate> candidates{{0, fixed}};
  stats::Random random(options.seed);
  std::size_t refused = 0;
  while (candidates.size() <= options.trials) {
    ParameterMap parameters = fixed;
    for (const Dimension& dimension : dimensions) parameters.insert_or_assign(dimension.name, dimension.draw(random));
    try {
      static_cast<void>(spec.method->make(parameters));
    } catch (const ParameterError& error) {  // values that exclude each other
      if (++refused > 100 * options.trials)
        throw UsageError(fmt::format("the method takes none of it: {}", error.what()));
      continue;
    }
    candidates.push_back({candidates.size(), std::move(parameters)});
  }
  return candidates;
}

int run(const TuneOptions& options) {
  const MethodSpec spec = parse_method(options.method);
  if (spec.info->unlabelled || spec.info->name == "batch") {
    throw UsageError(fmt::format("{} does not learn from normal scores, which tune holds out", spec.info->name));
  }
  Problem problem{spec.method, objective_of(options), {}, {}, ScoreType::float16, options.folds, options.seed};
  if (problem.objective.name == "rate" && spec.info->needs_labels) {
    throw UsageError(fmt::format("{} keeps no rate: tune it by --objective f1 or cost", spec.info->name));
  }
  if ((problem.objective.name != "rate") == options.anomalous.empty()) {
    throw UsageError(problem.objective.name == "rate"
                         ? "--objective rate looks at normal scores alone: --anomalous has no use"
                         : "--objective f1 and cost need --anomalous, real or synthetic");
  }
  ParameterMap fixed = spec.parameters;
  if (problem.objective.name == "rate" && find_parameter(*spec.info, "false_alarm_rate") != nullptr) {
    const auto named = fixed.find("false_alarm_rate");
    if (named != fixed.end() && named->second != ParameterValue{problem.objective.rate}) {
      throw UsageError(fmt::format("--method {}: --objective rate keeps the rate of --rate, {}: give that one alone",
                                   options.method, detail::shortest(problem.objective.rate)));
    }
    fixed.insert_or_assign("false_alarm_rate", problem.objective.rate);
  }
  const std::vector<Dimension> dimensions = dimensions_of(options, spec, problem.objective);
  problem.normals = read_plain(options.normal, options, problem.type);
  if (!options.anomalous.empty()) problem.anomalies = read_plain(options.anomalous, options, problem.type);
  if (problem.normals.size() < 2 * options.folds) {
    throw UsageError(fmt::format("{}: {} scores are too few for {} folds", shown_path(options.normal),
                                 problem.normals.size(), options.folds));
  }
  // What learns from anomalies is judged on those of each fold.
  if (!options.anomalous.empty() && problem.anomalies.size() < (spec.info->needs_labels ? options.folds : 1)) {
    throw UsageError(fmt::format("{}: {} anomalous scores are too few for {} folds", shown_path(options.anomalous),
                                 problem.anomalies.size(), options.folds));
  }
  std::vector<std::string> described;
  for (const Dimension& dimension : dimensions) described.push_back(dimension.describe());
  const Json header{{"format", "plimsoll-tune"},
                    {"version", 1},
                    {"library_version", PLIMSOLL_VERSION},
                    {"method", spec_text(*spec.info, fixed)},
                    {"objective", problem.objective.name},
                    {"rate", problem.objective.rate},
                    {"prevalence", problem.objective.prevalence},
                    {"miss_cost", problem.objective.miss_cost},
                    {"false_alarm_cost", problem.objective.false_alarm_cost},
                    {"search", described},
                    {"trials", options.trials},
                    {"folds", options.folds},
                    {"seed", options.seed},
                    {"normals", checksum_text(std::as_bytes(std::span(problem.normals)))},
                    {"anomalies", checksum_text(std::as_bytes(std::span(problem.anomalies)))}};
  Record record(options.record, header);
  const std::size_t known = record.size();
  const auto ranked = search(problem, draw_candidates(options, spec, fixed, dimensions), record);

  fmt::print("{} on {} normal", spec.info->name, problem.normals.size());
  if (!problem.anomalies.empty()) fmt::print(" and {} anomalous", problem.anomalies.size());
  fmt::print(" scores, {} settings, {} folds{}\n", options.trials + 1, options.folds,
             known > 0 ? fmt::format(", {} evaluations taken over", known) : "");
  for (const std::string& text : described) fmt::print("  searched  {}\n", text);
  Table table({"loss", "setting"});
  for (const Candidate& candidate : ranked) {
    table.add({fmt::format("{:.4f}", candidate.mean()),
               spec_text(*spec.info, candidate.parameters) + (candidate.trial == 0 ? "   (as it was)" : "")});
  }
  fmt::print("\n{}\n", table.text());
  const Candidate& best = ranked.front();
  const Candidate& as_was = *std::ranges::find(ranked, std::size_t{0}, &Candidate::trial);
  const auto [mean, error] = gain(best, as_was);
  if (best.trial == 0 || !(mean > 2 * error)) {
    fmt::print("no setting is better than it was by more than twice its standard error: leave it\n");
  } else {
    fmt::print("better by {:.4f} +- {:.4f} (standard error over repeats): --method {}\n", mean, error,
               spec_text(*spec.info, best.parameters));
  }
  return success;
}

}  // namespace

void add_tune(CLI::App& app, int& status) {
  auto options = std::make_shared<TuneOptions>();
  CLI::App* command = app.add_subcommand("tune", "Search a method's parameters for an objective, by cross-validation");
  command->footer(
      "Each setting is fitted to all folds of the normal scores but one, and judged on that one (and on the anomalous\n"
      "scores). Objectives: rate, |FPR - RATE|; f1, 1 - F1 at --prevalence; cost, the expected cost a score. Random\n"
      "settings, of which the better half is looked at twice as often, again and again. The winner of many looks "
      "better\n"
      "than it is: judge it on scores that were not tuned on.\n"
      "\n"
      "Examples:\n"
      "  plimsoll tune normal.npy --method mad --rate 0.01\n"
      "  plimsoll tune normal.npy --method tail --objective f1 --anomalous synthetic.npy --trials 200\n"
      "  plimsoll tune normal.npy --method sigma --search k=1:6 --objective cost --anomalous a.npy --miss-cost 50\n"
      "  plimsoll tune normal.npy --method gpd --record tune.jsonl     # may be interrupted, and started again");
  command->add_option("NORMAL", options->normal, "normal scores, .npy or CSV, - for standard input")
      ->required()
      ->type_name("");
  command->add_option("--method", options->method, "what to tune; parameters that are named stay: gpd:estimator=pwm")
      ->required()
      ->type_name("METHOD");
  command->add_option("--anomalous", options->anomalous, "anomalous scores, real or synthetic, for f1 and cost")
      ->type_name("FILE");
  command->add_option("--objective", options->objective, "rate, f1 or cost [default rate]")
      ->check(CLI::IsMember({"rate", "f1", "cost"}))
      ->type_name("WORD");
  command->add_option("--rate", options->numbers[rate], "the false-alarm rate to keep [default 0.05]")->type_name("X");
  command->add_option("--prevalence", options->numbers[prevalence], "f1, cost: the share of anomalies [default 0.5]")
      ->type_name("X");
  command->add_option("--miss-cost", options->numbers[miss_cost], "cost: of an anomaly that passes [default 1]")
      ->type_name("X");
  command
      ->add_option("--false-alarm-cost", options->numbers[false_alarm_cost],
                   "cost: of a normal score that is flagged [default 1]")
      ->type_name("X");
  command
      ->add_option("--search", options->search,
                   "search this alone: k=1:6, rule=otsu|li; may be given several times [default: all that matters]")
      ->type_name("NAME=VALUES")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_whole_number(*command, "--trials", options->trials, 1, 100'000, "random settings [default 64]");
  add_whole_number(*command, "--folds", options->folds, 2, 100, "of the cross-validation [default 5]");
  add_whole_number(*command, "--seed", options->seed, 0, std::numeric_limits<std::uint64_t>::max() / 2,
                   "of settings and folds [default 1]");
  command->add_option("--record", options->record, "a file to keep evaluations in, and to go on from")
      ->type_name("FILE");
  options->input.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
