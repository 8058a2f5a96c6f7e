// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "figures.hpp"
#include "options.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/calibration_file.hpp"
#include "plimsoll/io/write_file.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/version.hpp"
#include "report.hpp"
#include "thumbnails.hpp"

namespace plimsoll::cli {
namespace {

using io::svg::escaped;

/// What the line is compared with when no method is named; a short list, as the table is read on phones too.
const std::vector<std::string> reported_methods{"tail", "quantile", "quantile:confidence=0.95", "gpd", "sigma",
                                                "mad",  "maximum"};

struct ReportOptions {
  std::string line;
  std::string normal;
  std::string test;
  std::string maps;
  TrueLabels labels;
  std::vector<std::string> methods;
  std::string column;
  std::string output;
  std::string folder;  ///< for stand-alone figures; empty: none
};

/// The line that is reported on.
struct Line {
  Fit fit;
  ScoreDirection direction;
  InputPolicy policy;
  std::optional<Calibration> calibration{};  ///< of a calibration file
};

Line line_of(const std::string& path) {
  io::AnyFile any = io::read_any_file(path);
  if (auto* file = std::get_if<io::CalibrationFile>(&any)) {
    if (!file->image) throw UsageError(path + ": decides by masks alone, and report shows the line of image scores");
    return {*file->image,
            file->calibration.direction,
            {.map_reduction = file->calibration.map_reduction, .top_share = file->calibration.top_share},
            file->calibration};
  }
  const io::ThresholdFile& file = std::get<io::ThresholdFile>(any);
  try {
    return {file.fit, file.direction, input_policy(file.fit.parameters)};
  } catch (const ParameterError& error) {
    throw DataError(path + ": not a threshold file that this version reads: " + error.what());
  }
}

/// Finite scores, ascending.
struct Normals {
  std::vector<double> sorted;
  std::size_t skipped = 0;
};

Normals read_normals(const ReportOptions& options, const Line& line) {
  Normals normals;
  std::vector<double>& scores = normals.sorted;
  read_scores(options.normal, {options.column}, line.direction,
              [&](const io::ScoreBlock& block, const BlockPlace&) { append_scores(block, line.policy, scores); });
  const auto bad = std::ranges::find_if_not(scores, [](double x) { return std::isfinite(x); });
  if (bad != scores.end() && line.policy.non_finite == NonFinite::reject) {
    throw DataError(fmt::format("{}: score {} is not finite; a line fitted with --non-finite skip leaves such out",
                                shown_path(options.normal), bad - scores.begin()));
  }
  normals.skipped = std::erase_if(scores, [](double x) { return !std::isfinite(x); });
  if (scores.empty()) throw DataError(shown_path(options.normal) + ": there are no normal scores");
  std::ranges::sort(scores);
  return normals;
}

struct TestSet {
  std::vector<double> scores;  ///< +inf for NaN, which is anomalous by every line
  std::vector<Label> truth;
};

TestSet read_test(const ReportOptions& options, const Line& line) {
  TestSet test;
  if (options.test.empty()) return test;
  const auto shape = read_scores(
      options.test, {options.column}, line.direction,
      [&](const io::ScoreBlock& block, const BlockPlace&) { append_scores(block, line.policy, test.scores); });
  test.truth = match_labels(options.labels.read(options.test), shape, line.policy, options.labels.name(options.test),
                            options.test);
  for (double& score : test.scores) {
    if (std::isnan(score)) score = std::numeric_limits<double>::infinity();
  }
  return test;
}

/// A row of the table of methods.
struct MethodRow {
  std::string name;
  Fit fit;
};

std::vector<MethodSpec> specs_of(const ReportOptions& options) {
  std::vector<MethodSpec> specs;
  for (const std::string& text : options.methods.empty() ? reported_methods : options.methods) {
    specs.push_back(parse_method(text));
    const MethodInfo& info = *specs.back().info;
    if (info.needs_labels || info.unlabelled) {
      throw UsageError(fmt::format("--method {}: learns from {}, and report fits to normal scores alone", info.name,
                                   info.needs_labels ? "labels" : "unlabelled scores"));
    }
  }
  return specs;
}

/// `cells` as a row of a table, escaped here.
std::string table_row(const std::vector<std::string>& cells, const char* tag) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) row += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
  return row + "</tr>\n";
}

std::string fact(const std::string& name, const std::string& value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
}

std::string facts(const ReportOptions& options, const Line& line, const Normals& normals) {
  const Fit& fit = line.fit;
  std::string text = "<dl>\n";
  text += fact("method", fit.method);
  text += fact("status", std::string(to_string(fit.status)));
  text += fact("cutoff", detail::shortest(fit.cutoff.value()));
  if (line.direction == ScoreDirection::lower_is_anomalous) {
    text += fact("direction", "low scores are strange, so all numbers here are of negated scores");
  }
  text += fact("promise", to_string(fit.promise));
  if (fit.interval) {
    text += fact("interval", fmt::format("[{}, {}] with {} % confidence, by {}", six_digits(fit.interval->lower),
                                         six_digits(fit.interval->upper),
                                         detail::percent(fit.interval->confidence, false), fit.interval->method));
  }
  if (fit.goodness) {
    text +=
        fact("goodness of fit", fmt::format("{} = {}, p = {}", fit.goodness->test, six_digits(fit.goodness->statistic),
                                            six_digits(fit.goodness->p_value)));
  }
  if (fit.optimum) {
    text += fact("reached", fmt::format("{} = {}, by every cutoff in ({}, {}]", fit.optimum->objective,
                                        six_digits(fit.optimum->value), six_digits(fit.optimum->above),
                                        six_digits(fit.optimum->up_to)));
  }
  if (!fit.note.empty()) text += fact("note", fit.note);
  text += fact("fitted to",
               fmt::format("{} normal and {} anomalous scores ({}), {} skipped, {} trimmed", fit.normal_count,
                           fit.anomalous_count, to_string(fit.score_type), fit.skipped_count, fit.trimmed_count));
  text += fact("shown here", fmt::format("{} normal scores of {}{}", normals.sorted.size(), shown_path(options.normal),
                                         normals.skipped > 0 ? fmt::format(", {} not finite", normals.skipped) : ""));
  if (normals.sorted.size() != fit.normal_count + fit.trimmed_count) {
    text += fact("mind",
                 "these are not as many as the line was fitted to, so figures and line may not be of the same "
                 "scores");
  }
  std::string parameters;
  for (const auto& [name, value] : fit.parameters) {
    parameters += fmt::format("{}{} = {}", parameters.empty() ? "" : ", ", name, to_string(value));
  }
  if (!parameters.empty()) text += fact("parameters", parameters);
  std::string estimates;
  for (const auto& [name, value] : fit.estimates) {
    estimates += fmt::format("{}{} = {}", estimates.empty() ? "" : ", ", name, six_digits(value));
  }
  if (!estimates.empty()) text += fact("estimates", estimates);
  return text + "</dl>\n";
}

std::string methods_table(const std::vector<MethodRow>& rows, const TestSet& test) {
  std::string table = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"methods\"><table>\n<thead>";
  std::vector<std::string> headings{"method", "threshold", "promised FPR"};
  if (test.truth.empty()) {
    headings.push_back("note");
  } else {
    headings.insert(headings.end(), {"FPR [95 %]", "recall", "F1", "balanced accuracy", "note"});
  }
  table += table_row(headings, "th") + "</thead>\n<tbody>\n";
  for (const MethodRow& row : rows) {
    const Fit& fit = row.fit;
    std::vector<std::string> cells{row.name};
    if (fit.ok()) {
      cells.insert(cells.end(), {six_digits(fit.cutoff.value()), short_promise(fit.promise)});
    } else {
      cells.insert(cells.end(), {std::string(to_string(fit.status)), "-"});
    }
    if (!test.truth.empty() && fit.ok()) {
      const stats::Confusion confusion = confusion_of(fit.cutoff, test.scores, test.truth);
      cells.insert(cells.end(), {rate_with_interval(confusion), three_decimals(confusion.recall()),
                                 three_decimals(confusion.f1()), three_decimals(confusion.balanced_accuracy())});
    }
    cells.resize(headings.size() - 1, "-");
    cells.push_back(fit.note);
    table += table_row(cells, "td");
  }
  return table + "</tbody>\n</table></div>\n";
}

constexpr const char* page_style =
    R"(*{box-sizing:border-box}
body{margin:0 auto;padding:12px;max-width:72rem;background:var(--paper);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
h1,p{overflow-wrap:anywhere}h1{font-size:1.5rem;margin:.4em 0}h2{font-size:1.15rem;margin:1.2em 0 .4em}
main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:8px 28px}
figure{margin:0;min-width:0}figure h3{font-size:1.05rem;margin:1em 0 .3em}
figure svg.chart{display:block;width:100%;max-width:36rem;height:auto}
figcaption{font-size:.93rem;max-width:36rem}
dl{display:grid;grid-template-columns:minmax(6rem,max-content) minmax(0,1fr);gap:2px 14px;margin:0}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid var(--grid)}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:12px 20px}
svg.map{display:block;width:100%;height:auto;max-height:20rem;fill:var(--ink)}
svg.map rect{fill:none;stroke:var(--ink);stroke-width:.4}svg.map .mask{fill:var(--vermilion)}
td{white-space:nowrap}td:last-child{white-space:normal;min-width:14rem}
)";

/// The strangest maps, small.
std::string maps_section(const ReportOptions& options, const std::vector<Thumbnail>& thumbnails) {
  std::string section = fmt::format(
      "<h2>Maps</h2>\n<p>The {} strangest of {}: left the scores, the stranger the stronger, in one scale for all; "
      "right the "
      "mask.</p>\n<div class=\"maps\">\n",
      thumbnails.size(), escaped(shown_path(options.maps)));
  for (const Thumbnail& map : thumbnails) {
    section += fmt::format("<figure>\n{}<figcaption><b>{}</b>: {}</figcaption>\n</figure>\n", map.element,
                           escaped(map.name), escaped(map.caption));
  }
  return section + "</div>\n";
}

std::string page_of(const ReportOptions& options, const Line& line, const Normals& normals, const TestSet& test,
                    const std::vector<MethodRow>& rows, const std::vector<Figure>& figures,
                    const std::vector<Thumbnail>& thumbnails) {
  const std::string heading = "Report on " + shown_path(options.line);
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  page += fmt::format("<title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n", escaped(heading),
                      io::svg::style_sheet(), page_style);
  page += fmt::format("<h1>{}</h1>\n<p>By plimsoll {}. A score is anomalous unless it is below the cutoff.</p>\n",
                      escaped(heading), PLIMSOLL_VERSION);
  page += "<h2>The line</h2>\n" + facts(options, line, normals);
  page += "<h2>Beside other methods</h2>\n";
  std::string judged = fmt::format("Fitted to the {} normal scores shown here", normals.sorted.size());
  if (!test.truth.empty()) {
    const auto anomalous = std::ranges::count(test.truth, Label::anomalous);
    judged += fmt::format(", judged on {}: {} normal, {} anomalous", shown_path(options.test),
                          static_cast<std::ptrdiff_t>(test.truth.size()) - anomalous, anomalous);
  }
  page += "<p>" + escaped(judged) + ".</p>\n" + methods_table(rows, test);
  page += "<h2>Figures</h2>\n<main>\n";
  for (const Figure& figure : figures) {
    page += fmt::format("<figure id=\"figure-{}\">\n<h3>{}</h3>\n", figure.id, escaped(figure.title));
    if (figure.chart) {
      page += figure.chart->element();
      page += fmt::format("<figcaption>{}</figcaption>\n", escaped(figure.caption));
    } else {
      page += fmt::format("<p>Left out: {}.</p>\n", escaped(figure.left_out));
    }
    page += "</figure>\n";
  }
  page += "</main>\n";
  if (!thumbnails.empty()) page += maps_section(options, thumbnails);
  return page + "</body>\n</html>\n";
}

void write_figures(const std::string& folder, const std::vector<Figure>& figures) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!std::filesystem::is_directory(folder))
    throw UsageError(fmt::format("--svg {}: cannot make this folder", folder));
  for (const Figure& figure : figures) {
    if (!figure.chart) continue;
    io::write_file((std::filesystem::path(folder) / (figure.id + ".svg")).string(), figure.chart->file());
  }
}

int run(const ReportOptions& options) {
  if (options.line == "-") throw UsageError("report reads LINE from a file; standard input can give scores");
  if (options.test.empty() && options.labels.given())
    throw UsageError("labels are of the scores of --test, which is missing");
  if (!options.test.empty() && !options.labels.given()) {
    throw UsageError("report judges --test by its labels: give --labels or --label-column");
  }
  const std::vector<MethodSpec> specs = specs_of(options);
  const Line line = line_of(options.line);
  if (!options.maps.empty() && !line.calibration) {
    throw UsageError(options.line + ": masks of --maps need a calibration, from plimsoll fit --maps");
  }
  const Normals normals = read_normals(options, line);
  const TestSet test = read_test(options, line);
  std::vector<MethodRow> rows{{"this line (" + line.fit.method + ")", line.fit}};
  for (const MethodSpec& spec : specs) {
    AnyThreshold threshold = spec.method->make(spec.parameters);
    threshold.update(normals.sorted);
    rows.push_back({spec.text, threshold.compute()});
  }
  const bool lower = line.direction == ScoreDirection::lower_is_anomalous;
  const std::vector<Figure> figures =
      figures_of({line.fit, normals.sorted, test.scores, test.truth, lower ? "negated score" : "score"});
  if (!options.folder.empty()) write_figures(options.folder, figures);
  constexpr std::size_t most_maps = 12;
  std::vector<Thumbnail> thumbnails;
  if (!options.maps.empty()) thumbnails = thumbnails_of(*line.calibration, options.maps, most_maps);
  io::write_file(options.output, page_of(options, line, normals, test, rows, figures, thumbnails));
  return success;
}

}  // namespace

void add_report(CLI::App& app, int& status) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand("report", "Write a page of figures about a line: is it a good one, and why?");
  command->footer(
      "The page is one HTML file without scripts, which fetches nothing; it follows the reader's light or dark theme "
      "and\n"
      "fits a phone. Its figures, and what they answer:\n"
      "  histogram                 where are the normal scores, the fitted density, and the cutoff?\n"
      "  false-alarms              which false-alarm rate has each cutoff, at 95 % for all of them at once?\n"
      "  qq                        does the tail look like the fitted one?\n"
      "  return-level              how high is the level that one normal in 1000 passes, and how sure is that?\n"
      "  mean-residual-life, shape-stability, scale-stability   where may a tail begin?\n"
      "  objective, f1             how sharp is the best cutoff? Of a line that was searched, and of --test\n"
      "What cannot be drawn is left out, and the page says why.\n"
      "\n"
      "Examples:\n"
      "  plimsoll report line.json --normal normal.npy -o report.html\n"
      "  plimsoll report line.json --normal normal.npy --test test.npy --labels y.npy -o report.html\n"
      "  plimsoll report cal.json --normal normal_maps/ --maps test_maps/ -o report.html\n"
      "  plimsoll report line.json --normal normal.csv -o report.html --svg figures/ --method gpd --method mad:k=4");
  command->add_option("LINE", options->line, "a threshold or calibration file, from plimsoll fit")
      ->required()
      ->type_name("");
  command
      ->add_option("--normal", options->normal,
                   "the scores that the line was fitted to, .npy or CSV, - for standard input")
      ->required()
      ->type_name("FILE");
  command->add_option("--test", options->test, "labelled scores to judge on")->type_name("FILE");
  options->labels.add_to(*command, "--test");
  command
      ->add_option("--maps", options->maps,
                   "score maps, of which the twelve strangest are shown with their masks; LINE is a calibration")
      ->type_name("PATH");
  command->add_option("--column", options->column, "which column of CSV files: a header's name, or a number from 1")
      ->type_name("COLUMN")
      ->group("Input");
  command
      ->add_option("--method", options->methods,
                   fmt::format("a method to compare with, with parameters if any: name:k=4; may be given several times "
                               "[default: {}]",
                               fmt::join(reported_methods, ", ")))
      ->type_name("METHOD")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("-o,--output", options->output, "the page to write, - for standard output")
      ->required()
      ->type_name("FILE");
  command->add_option("--svg", options->folder, "a folder for each figure as a file of its own as well")
      ->type_name("FOLDER");
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
