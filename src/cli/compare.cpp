// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "byte_source.hpp"
#include "commands.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/io/write_file.hpp"
#include "plimsoll/stats/auroc.hpp"
#include "plimsoll/stats/random.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/version.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run_record.hpp"
#include "shown.hpp"

namespace plimsoll::cli {
namespace {

namespace fs = std::filesystem;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// What is compared when no method is named.
const std::vector<std::string> compared_methods{"auto",  "tail", "quantile", "quantile:confidence=0.95",
                                                "gpd",   "gev",  "gumbel",   "parametric:least_p_value=0",
                                                "sigma", "mad",  "iqr",      "maximum"};

struct CompareOptions {
  std::vector<std::string> sets;
  std::vector<std::string> methods;
  std::uint64_t resamples = 0;
  std::uint64_t seed = 1;
  std::string output;
  FormatOption format;
};

/// A folder's scores.
struct ScoreSet {
  std::string name;
  std::vector<double> normals;
  ScoreType type = ScoreType::float16;  ///< the widest
  std::vector<double> test_normals;
  std::vector<double> test_anomalies;
  nlohmann::ordered_json facts;
};

constexpr const char* normal_file = "normal.npy";
constexpr const char* test_file = "test.npy";
constexpr const char* label_file = "test_labels.npy";

/// A folder that holds a set, and what it is called.
struct SetFolder {
  fs::path path;
  std::string name;
};

/// The sets at or below `path`, by name: that of the folder, or for those below the way to them.
std::vector<SetFolder> find_sets(const std::string& path) {
  if (!fs::is_directory(path)) {
    throw UsageError(fmt::format("{} is no folder: a set is a folder with {}", path, normal_file));
  }
  std::vector<SetFolder> found;
  const fs::path root = fs::path(path) / "";  // with a separator at its end
  const std::string name = fs::absolute(root).lexically_normal().parent_path().filename().string();  // of "." too
  if (fs::exists(root / normal_file)) found.push_back({root, name});
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied)) {
    if (!entry.is_directory() || !fs::exists(entry.path() / normal_file)) continue;
    found.push_back({entry.path(), entry.path().lexically_relative(root).generic_string()});
  }
  if (found.empty()) {
    throw UsageError(fmt::format("{}: no folder in it has {}, which a set has, and {} with {} to be judged on", path,
                                 normal_file, test_file, label_file));
  }
  std::ranges::sort(found, {}, &SetFolder::name);
  return found;
}

/// All sets of the folders; no two of one name, as results are told apart by it.
std::vector<SetFolder> find_all_sets(const std::vector<std::string>& paths) {
  std::vector<SetFolder> all;
  for (const std::string& path : paths) {
    for (SetFolder& set : find_sets(path)) {
      const auto same = std::ranges::find(all, set.name, &SetFolder::name);
      if (same != all.end()) {
        throw UsageError(fmt::format("{} and {} are both called {}: give the folder that holds both",
                                     same->path.string(), set.path.string(), set.name));
      }
      all.push_back(std::move(set));
    }
  }
  return all;
}

std::string content_hash(const fs::path& path) {
  io::ByteSource source(path.string());
  const std::string bytes = io::read_text(source);
  return checksum_text(std::as_bytes(std::span(bytes)));
}

std::vector<double> read_plain(const fs::path& path, ScoreType& type) {
  return read_plain_scores(path.string(), {}, ScoreDirection::higher_is_anomalous, "a set holds", type);
}

ScoreSet read_set(const SetFolder& found) {
  const fs::path& folder = found.path;
  ScoreSet set;
  set.name = found.name;
  set.normals = read_plain(folder / normal_file, set.type);
  set.facts = {
      {"name", set.name}, {"normals", set.normals.size()}, {"normal_hash", content_hash(folder / normal_file)}};
  if (!fs::exists(folder / test_file)) return set;
  ScoreType ignored = ScoreType::float16;
  const std::vector<double> test = read_plain(folder / test_file, ignored);
  set.facts["test_hash"] = content_hash(folder / test_file);
  if (!fs::exists(folder / label_file)) return set;
  const io::LabelArray labels = io::read_labels((folder / label_file).string());
  if (labels.values.size() != test.size()) {
    throw UsageError(fmt::format("{}: {} labels for the {} scores of {}", (folder / label_file).string(),
                                 labels.values.size(), test.size(), test_file));
  }
  for (std::size_t i = 0; i < test.size(); ++i) {
    (labels.values[i] == Label::anomalous ? set.test_anomalies : set.test_normals).push_back(test[i]);
  }
  set.facts["labels_hash"] = content_hash(folder / label_file);
  set.facts["test_normal"] = set.test_normals.size();
  set.facts["test_anomalous"] = set.test_anomalies.size();
  set.facts["auroc"] = io::number_to_json(
      stats::auroc(std::span<const double>(set.test_normals), std::span<const double>(set.test_anomalies)));
  return set;
}

std::size_t flagged(const std::vector<double>& scores, Cutoff cutoff) {
  return static_cast<std::size_t>(std::ranges::count_if(scores, cutoff));
}

constexpr double prevalences[] = {0.1, 0.5};

/// The best F1 that any cutoff has at these prevalences; none without both classes.
std::optional<std::vector<double>> oracle_of(const ScoreSet& set) {
  if (set.test_normals.empty() || set.test_anomalies.empty()) return {};
  std::vector<double> best;
  for (const double prevalence : prevalences) {
    AnyThreshold oracle = find_method("f1").make({{"prevalence", prevalence}});
    oracle.update(finite(set.test_normals), Label::normal);
    oracle.update(finite(set.test_anomalies), Label::anomalous);
    const Fit fit = oracle.compute();
    best.push_back(fit.optimum ? fit.optimum->value : unknown);
  }
  return best;
}

/// The rate that a fit promises, or else was asked for.
double aimed_rate(const Fit& fit) {
  if (fit.promise.guarantee != Guarantee::none) return fit.promise.false_alarm_rate;
  const auto rate = fit.parameters.find("false_alarm_rate");
  if (rate == fit.parameters.end() || !std::holds_alternative<double>(rate->second)) return unknown;
  return std::get<double>(rate->second);
}

RunResult judge(const ScoreSet& set, const MethodSpec& spec, const std::vector<double>& normals, std::size_t resample,
                const std::optional<std::vector<double>>& oracle) {
  AnyThreshold threshold = spec.method->make(spec.parameters);
  threshold.update(Scores(normals, set.type));
  const Fit fit = threshold.compute();
  RunResult result;
  result.set = set.name;
  result.method = spec.text;
  result.resample = resample;
  result.status = to_string(fit.status);
  result.cutoff = fit.cutoff.value();
  result.rate = aimed_rate(fit);
  result.confidence = fit.promise.confidence;
  result.promised = fit.promise.guarantee != Guarantee::none;
  result.calibration_rate =
      static_cast<double>(flagged(set.normals, fit.cutoff)) / static_cast<double>(set.normals.size());
  result.test.false_alarms = flagged(set.test_normals, fit.cutoff);
  result.test.passed = set.test_normals.size() - result.test.false_alarms;
  result.test.caught = flagged(set.test_anomalies, fit.cutoff);
  result.test.missed = set.test_anomalies.size() - result.test.caught;
  result.regret = unknown;
  if (oracle) {
    result.regret = 0;
    for (std::size_t i = 0; i < std::size(prevalences); ++i) {
      const double reached = stats::f1_at(prevalences[i], result.test.recall(), result.test.false_alarm_rate());
      result.regret += ((*oracle)[i] - reached) / static_cast<double>(std::size(prevalences));
    }
  }
  return result;
}

RunRecord compare(const CompareOptions& options) {
  std::vector<MethodSpec> specs;
  RunRecord run;
  run.header = {{"format", "plimsoll-run"},
                {"version", 1},
                {"library_version", PLIMSOLL_VERSION},
                {"seed", options.seed},
                {"resamples", options.resamples},
                {"methods", nlohmann::ordered_json::array()},
                {"sets", nlohmann::ordered_json::array()}};
  for (const std::string& text : options.methods.empty() ? compared_methods : options.methods) {
    specs.push_back(parse_method(text));
    const MethodInfo& info = *specs.back().info;
    if (info.needs_labels || info.unlabelled || info.name == "batch") {
      throw UsageError(fmt::format("{} does not learn from normal scores alone, and compare fits to those", info.name));
    }
    nlohmann::ordered_json parameters;
    for (const auto& [name, value] : specs.back().method->make(specs.back().parameters).parameter_values()) {
      parameters[name] = to_string(value);
    }
    run.header["methods"].push_back({{"text", text}, {"parameters", parameters}});
  }
  const std::vector<SetFolder> folders = find_all_sets(options.sets);
  Progress progress("comparing");
  std::size_t done = 0;
  for (std::size_t s = 0; s < folders.size(); ++s) {
    const ScoreSet set = read_set(folders[s]);
    if (set.normals.empty())
      throw UsageError(fmt::format("{}: has no scores", (folders[s].path / normal_file).string()));
    run.header["sets"].push_back(set.facts);
    const auto oracle = oracle_of(set);
    // The same samples for every method.
    std::vector<std::vector<double>> samples{set.normals};
    stats::Random random(options.seed + 0x9e3779b97f4a7c15 * (s + 1));
    for (std::uint64_t r = 0; r < options.resamples; ++r) {
      std::vector<double> sample(set.normals.size());
      for (double& score : sample) score = set.normals[random.below(set.normals.size())];
      samples.push_back(std::move(sample));
    }
    for (const MethodSpec& spec : specs) {
      for (std::size_t r = 0; r < samples.size(); ++r) run.results.push_back(judge(set, spec, samples[r], r, oracle));
      ++done;
      progress.at(static_cast<double>(done) / static_cast<double>(folders.size() * specs.size()), done);
    }
  }
  return run;
}

int run(const CompareOptions& options) {
  const Format format = options.format.format();
  if (format == Format::csv) throw UsageError("compare prints a table or JSON lines: --format csv has no use here");
  const RunRecord record = compare(options);
  std::string written;
  if (!options.output.empty()) {
    std::error_code error;
    fs::create_directories(options.output, error);
    if (error) throw UsageError(fmt::format("{}: cannot be made: {}", options.output, error.message()));
    written = (fs::path(options.output) / (record.id() + ".jsonl")).string();
    io::write_file(written, record.to_lines());
  }
  if (format == Format::json) {
    fmt::print("{}", record.to_lines());
    return success;
  }
  const std::size_t sets = record.header["sets"].size();
  fmt::print("{} on {} set{}, {} resamples a set\n\n", record.id(), sets, sets == 1 ? "" : "s", options.resamples);
  fmt::print("{}", summary_table(summarise(record)));
  if (!written.empty()) fmt::print("\nwritten: {}\n", written);
  return success;
}

struct RunsOptions {
  std::string folder;
  std::vector<std::string> ids;
};

/// The run of that id, or of the one id that begins so.
fs::path find_run(const std::string& folder, const std::string& id) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl" && entry.path().stem().string().starts_with(id))
      found.push_back(entry.path());
  }
  if (found.size() != 1) {
    throw UsageError(
        fmt::format("{}: {} run{} whose id begins with {}", folder, found.size(), found.size() == 1 ? "" : "s", id));
  }
  return found.front();
}

std::string method_names(const RunRecord& run) {
  std::vector<std::string> names;
  for (const auto& method : run.header.at("methods")) names.push_back(method.at("text").get<std::string>());
  return fmt::format("{}", fmt::join(names, ", "));
}

void list_runs(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
  }
  if (paths.empty()) throw UsageError(fmt::format("{}: holds no run of plimsoll compare -o", folder));
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    const RunRecord run = read_run(path.string());
    const auto summaries = summarise(run);
    const auto best = std::ranges::min_element(summaries, {}, [](const MethodSummary& row) {
      return std::isnan(row.regret) ? std::numeric_limits<double>::infinity() : row.regret;
    });
    const std::size_t sets = run.header.at("sets").size();
    fmt::print("{}  {} set{}, {} resamples, seed {}, plimsoll {}\n  {}\n", io::without_controls(path.stem().string()),
               sets, sets == 1 ? "" : "s", run.header.at("resamples").get<std::uint64_t>(),
               run.header.at("seed").get<std::uint64_t>(),
               io::without_controls(run.header.at("library_version").get<std::string>()),
               io::without_controls(method_names(run)));
    if (best != summaries.end() && !std::isnan(best->regret)) {
      fmt::print("  least regret: {} by {}\n", three_decimals(best->regret), io::without_controls(best->method));
    }
  }
}

/// Prints a line without the control characters that names in a record may have.
template <typename... Values>
void print_line(fmt::format_string<Values...> format, Values&&... values) {
  fmt::print("{}\n", io::without_controls(fmt::format(format, std::forward<Values>(values)...)));
}

/// What differs between two runs: settings, inputs, and what each method did.
void diff_runs(const RunRecord& left, const RunRecord& right) {
  for (const char* field : {"library_version", "seed", "resamples"}) {
    if (left.header.at(field) == right.header.at(field)) continue;
    print_line("{}: {} and {}", field, left.header.at(field).dump(), right.header.at(field).dump());
  }
  const auto compare_lists = [&](const char* field, const char* key) {
    for (const auto& [one, other, side] : {std::tuple{&left, &right, "first"}, std::tuple{&right, &left, "second"}}) {
      for (const auto& entry : one->header.at(field)) {
        const auto& list = other->header.at(field);
        const auto same = std::ranges::find_if(list, [&](const auto& e) { return e.at(key) == entry.at(key); });
        if (same == list.end()) {
          print_line("{}: {} only in the {}", field, entry.at(key).template get<std::string>(), side);
        } else if (*same != entry && one == &left) {
          print_line("{}: {} differs: {} and {}", field, entry.at(key).template get<std::string>(), entry.dump(),
                     same->dump());
        }
      }
    }
  };
  compare_lists("methods", "text");
  compare_lists("sets", "name");
  const auto after = summarise(right);
  for (const MethodSummary& row : summarise(left)) {
    const auto other = std::ranges::find(after, row.method, &MethodSummary::method);
    if (other == after.end()) continue;
    print_line("{}: FPR error {} -> {}, recall {} -> {}, regret {} -> {}", row.method, three_decimals(row.rate_error),
               three_decimals(other->rate_error), three_decimals(row.recall), three_decimals(other->recall),
               three_decimals(row.regret), three_decimals(other->regret));
  }
}

int run(const RunsOptions& options) {
  if (!fs::is_directory(options.folder)) throw UsageError(fmt::format("{} is no folder", options.folder));
  for (const std::string& id : options.ids) {
    if (id.empty()) throw UsageError("ID: the value is empty");
  }
  if (options.ids.empty()) {
    list_runs(options.folder);
  } else if (options.ids.size() == 1) {
    fmt::print("{}", summary_table(summarise(read_run(find_run(options.folder, options.ids.front()).string()))));
  } else {
    diff_runs(read_run(find_run(options.folder, options.ids[0]).string()),
              read_run(find_run(options.folder, options.ids[1]).string()));
  }
  return success;
}

}  // namespace

void add_compare(CLI::App& app, int& status) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand("compare", "Compare methods over many score sets, and keep what came out");
  command->footer(fmt::format(
      "A set is a folder with {}, and {} with {} (1 is anomalous) to be judged on. Folders are searched for sets.\n"
      "\n"
      "Examples:\n"
      "  plimsoll compare sets/\n"
      "  plimsoll compare sets/ --method tail --method quantile:rank=nearest --resamples 50 -o runs/\n"
      "  plimsoll runs runs/                    what was kept\n"
      "  plimsoll runs runs/ 3f2a 91bc          what differs between two",
      normal_file, test_file, label_file));
  command->add_option("SET", options->sets, "folders of sets")->required()->type_name("");
  command
      ->add_option("--method", options->methods,
                   fmt::format("a method, with parameters if any; may be given several times [default: {}]",
                               fmt::join(compared_methods, ", ")))
      ->type_name("METHOD")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_whole_number(*command, "--resamples", options->resamples, 0, 100'000,
                   "fit also to so many samples of the normal scores, drawn with replacement: how much the line moves "
                   "[default 0]");
  add_whole_number(*command, "--seed", options->seed, 0, std::numeric_limits<std::uint64_t>::max(),
                   "of the resamples [default 1]");
  command->add_option("-o,--output", options->output, "a folder to keep the results in, a file a run")
      ->type_name("DIR");
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

void add_runs(CLI::App& app, int& status) {
  auto options = std::make_shared<RunsOptions>();
  CLI::App* command = app.add_subcommand("runs", "What plimsoll compare kept: list it, show a run, or compare two");
  command->footer(
      "Examples:\n"
      "  plimsoll runs runs/                    all of them\n"
      "  plimsoll runs runs/ 3f2a               the table of one\n"
      "  plimsoll runs runs/ 3f2a 91bc          what differs between two");
  command->add_option("DIR", options->folder, "the folder of compare -o")->required()->type_name("");
  command->add_option("ID", options->ids, "one or two runs, by the beginning of their ids")
      ->type_name("")
      ->expected(0, 2);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
