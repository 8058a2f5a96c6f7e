// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "json_object.hpp"
#include "maps.hpp"
#include "options.hpp"
#include "plimsoll/io/calibration_file.hpp"
#include "report.hpp"
#include "shown.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

using nlohmann::ordered_json;

struct InspectOptions {
  std::string file;
  FormatOption format;
};

/// Lines of at most 100 columns where words allow it; what is broken goes on under the twelfth column.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 100;
  const std::string indent(12, ' ');
  std::string result;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, newline));
    text.remove_prefix(std::min(newline + 1, text.size()));
    while (line.size() > width) {
      std::size_t space = line.rfind(' ', width);
      if (space == std::string::npos || space <= indent.size()) space = line.find(' ', width);  // behind a long word
      if (space == std::string::npos) break;
      result += line.substr(0, space) + "\n";
      line = indent + line.substr(space + 1);
    }
    result += line + "\n";
  }
  return result;
}

std::string entry(std::string_view name, std::string_view text) {
  return fmt::format("  {:<9} {}\n", name, io::without_controls(text));
}

std::string percent(double share) {
  return detail::percent(share, false) + " %";
}

/// A cutoff in the unit of the scores as they come.
double raw(Cutoff cutoff, ScoreDirection direction) {
  return directed(cutoff.value(), direction);
}

/// "from 8.5 on", or where low scores are strange "of -8.5 and lower".
std::string side(Cutoff cutoff, ScoreDirection direction) {
  const std::string number = detail::shortest(raw(cutoff, direction));
  return direction == ScoreDirection::higher_is_anomalous ? "from " + number + " on" : "of " + number + " and lower";
}

/// What a promise is about.
struct Subject {
  const char* who;   ///< "new normal images"
  const char* does;  ///< "are called anomalous"
};
constexpr Subject called{"new normal images", "are called anomalous"};
constexpr Subject beyond{"new normal images", "have a score that reaches this cutoff"};
constexpr Subject reach{"new normal images", "have a pixel that reaches this level"};
constexpr Subject scores_called{"new normal scores", "are called anomalous"};

std::string in_words(const Promise& promise, const Subject& subject) {
  if (promise.guarantee == Guarantee::none) return fmt::format("nothing is promised about {}", subject.who);
  const bool model = promise.guarantee == Guarantee::model_based;
  const bool confident = promise.confidence == promise.confidence;
  const std::string rate = detail::percent(promise.false_alarm_rate, true);
  const std::string share = fmt::format("{} % of {} {}", rate, subject.who, subject.does);
  const char* rests_on = model ? "if the fitted model is right" : "whatever the distribution of their scores";
  std::string text;
  if (confident) {
    text = fmt::format("at most {}, {}; such a promise is kept with {} confidence", share, rests_on,
                       percent(promise.confidence));
  } else if (model) {
    text = fmt::format("about {}, {}: an estimate, no bound", share, rests_on);
  } else {
    text = fmt::format("at most {}, {}, on average over calibrations like this one", share, rests_on);
  }
  if (promise.best_rate == promise.best_rate) {
    text += fmt::format("; {} normals can promise no less than {} %", promise.normals,
                        detail::percent(promise.best_rate, true));
  }
  return text;
}

std::string learned_from(const Fit& fit) {
  std::string text = fmt::format("{}, from {} normal", fit.method, fit.normal_count);
  if (fit.anomalous_count > 0) text += fmt::format(" and {} anomalous", fit.anomalous_count);
  return fmt::format("{} {} ({})", text, fit.normal_count + fit.anomalous_count == 1 ? "score" : "scores",
                     to_string(fit.score_type));
}

std::string fit_text(const Fit& fit, ScoreDirection direction, const Subject& subject) {
  const std::string method = entry("method", learned_from(fit));
  if (!fit.ok()) {
    return method + entry("cutoff", fmt::format("none: {}", to_string(fit.status))) + entry("note", fit.note);
  }
  return entry("in words", in_words(fit.promise, subject)) + method + fit_lines(fit, direction);
}

ordered_json fit_json(const Fit& fit, ScoreDirection direction, const Subject& subject) {
  ordered_json json{{"method", fit.method},
                    {"status", to_string(fit.status)},
                    {"cutoff", fit.ok() ? io::number_to_json(raw(fit.cutoff, direction)) : ordered_json(nullptr)},
                    {"score_type", to_string(fit.score_type)},
                    {"counts",
                     {{"normal", fit.normal_count},
                      {"anomalous", fit.anomalous_count},
                      {"skipped", fit.skipped_count},
                      {"trimmed", fit.trimmed_count}}},
                    {"promise",
                     {{"text", to_string(fit.promise)},
                      {"in_words", in_words(fit.promise, subject)},
                      {"guarantee", to_string(fit.promise.guarantee)},
                      {"false_alarm_rate", io::number_to_json(fit.promise.false_alarm_rate)},
                      {"confidence", io::number_to_json(fit.promise.confidence)},
                      {"normals", fit.promise.normals},
                      {"best_rate", io::number_to_json(fit.promise.best_rate)}}}};
  if (fit.interval) {
    const double one = directed(fit.interval->lower, direction);
    const double two = directed(fit.interval->upper, direction);
    json["interval"] = {{"lower", io::number_to_json(std::min(one, two))},
                        {"upper", io::number_to_json(std::max(one, two))},
                        {"confidence", io::number_to_json(fit.interval->confidence)},
                        {"method", fit.interval->method}};
  }
  if (!fit.estimates.empty()) json["estimates"] = io::numbers_to_json(fit.estimates);
  if (fit.goodness) {
    json["goodness"] = {{"test", fit.goodness->test},
                        {"statistic", io::number_to_json(fit.goodness->statistic)},
                        {"p_value", io::number_to_json(fit.goodness->p_value)}};
  }
  if (fit.optimum) {
    json["optimum"] = {{"objective", fit.optimum->objective}, {"value", io::number_to_json(fit.optimum->value)}};
  }
  json["note"] = fit.note;
  return json;
}

std::string describe_direction(ScoreDirection direction) {
  return direction == ScoreDirection::higher_is_anomalous
             ? "high scores are strange; one equal to a cutoff is anomalous, and so is NaN"
             : "low scores are strange; one equal to a cutoff is anomalous, and so is NaN";
}

std::string describe_score(MapReduction reduction, double top_share, ScoreDirection direction) {
  const char* strangest = direction == ScoreDirection::higher_is_anomalous ? "largest" : "lowest";
  return reduction == MapReduction::maximum
             ? fmt::format("the {} pixel of its map", strangest)
             : fmt::format("the mean of the {} {} of its map's pixels", strangest, percent(top_share));
}

/// Whether masks, too, make images anomalous, so that the image cutoff's promise is not that of the decision.
bool mask_decides(const Calibration& line) {
  return line.mask && (line.agreement == Agreement::mask_wins || line.agreement == Agreement::either);
}

Subject subject_of(const Calibration& line) {
  return mask_decides(line) ? beyond : called;
}

/// What makes an image anomalous.
std::string describe_image(const io::CalibrationFile& file) {
  const Calibration& line = file.calibration;
  const std::string by_score =
      file.image ? "when its score is " + side(line.cutoff, line.direction) : "never by its score, as it has no cutoff";
  if (!mask_decides(line)) return by_score;
  const std::string by_mask = "when its mask has a region";
  return line.agreement == Agreement::mask_wins ? by_mask + "; its score only decides on review"
                                                : by_score + ", or " + by_mask;
}

std::string describe_review(const io::CalibrationFile& file) {
  const Calibration& line = file.calibration;
  std::string text;
  if (file.review)
    text = fmt::format("when its score is {}, and it is not anomalous", side(line.review_cutoff, line.direction));
  if (line.mask && line.agreement == Agreement::review) {
    text += text.empty() ? "" : "; ";
    text += "when its score is normal, and its mask has a region";
  }
  return text.empty() ? "never" : text;
}

std::vector<std::string> mask_steps(const io::CalibrationFile& file) {
  const Calibration& line = file.calibration;
  const MaskRule& rule = *line.mask;
  const auto pixels = [](std::uint32_t count) { return fmt::format("{} {}", count, count == 1 ? "pixel" : "pixels"); };
  const char* touching = rule.connectivity == Connectivity::four ? "share a side" : "share a side or a corner";
  std::vector<std::string> steps;
  steps.push_back(
      fmt::format("take the pixels {}{}", side(rule.low, line.direction), file.low ? ", the low level" : ""));
  steps.push_back(fmt::format("pixels that {} make one region", touching));
  if (rule.low != rule.high) {
    steps.push_back(
        fmt::format("keep the regions that have a pixel {}, the high level", side(rule.high, line.direction)));
  }
  if (rule.erosion > 0) steps.push_back(fmt::format("shrink what is left by {} on all sides", pixels(rule.erosion)));
  if (rule.dilation > 0) steps.push_back(fmt::format("grow it by {} on all sides", pixels(rule.dilation)));
  if (rule.fill_holes) steps.emplace_back("fill holes");
  if (rule.minimum_area > 1) steps.push_back(fmt::format("drop regions of fewer than {}", pixels(rule.minimum_area)));
  return steps;
}

/// The formula with its numbers, of scores that are negated where low ones are strange.
std::string formula(const Normalisation& normalisation, Cutoff cutoff, const FalseAlarmCurve& curve,
                    ScoreDirection direction) {
  const std::string score = direction == ScoreDirection::higher_is_anomalous ? "score" : "-score";
  const std::string line = six_digits(cutoff.value());
  const auto minus = [](double number) {
    return fmt::format("{} {}", number < 0 ? "+" : "-", six_digits(std::abs(number)));
  };
  const std::string above = fmt::format("{} {}", score, minus(cutoff.value()));
  const double range = normalisation.maximum - normalisation.minimum;
  const bool finite = std::isfinite(cutoff.value());
  const auto is_unit = [](double unit) { return unit > 0 && std::isfinite(unit); };
  if (finite && normalisation.kind == NormalisationKind::min_max && is_unit(range)) {
    return fmt::format("({}) / ({} {}) + 1/2, cut at 0 and 1", above, six_digits(normalisation.maximum),
                       minus(normalisation.minimum));
  }
  if (finite && normalisation.kind == NormalisationKind::z_score && is_unit(normalisation.deviation)) {
    return fmt::format("Phi(({}) / {}), Phi the standard normal distribution function", above,
                       six_digits(normalisation.deviation));
  }
  if (finite && normalisation.kind == NormalisationKind::tail && !curve.empty()) {
    const std::string rate = six_digits(curve.rate_of(cutoff.value()));
    return fmt::format("{} / ({} + r), r the false-alarm rate of {} as a cutoff, by the table of rates", rate, rate,
                       score == "score" ? "the score" : "the negated score");
  }
  return fmt::format("0 below {}, 1/2 at it, 1 above it, as there is no unit to measure by", line);
}

constexpr std::array shown_rates{0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001, 0.0001};

/// The cutoff at a rate, in the unit of the scores as they come.
std::optional<double> cutoff_at(const FalseAlarmCurve& curve, double rate, ScoreDirection direction) {
  const std::optional<Cutoff> cutoff = curve.cutoff_at(rate);
  if (!cutoff) return std::nullopt;
  return raw(*cutoff, direction);
}

std::string known_rates(const FalseAlarmCurve& curve) {
  if (curve.empty()) return "none";
  return fmt::format("{} to {}", percent(curve.knots[curve.count - 1].rate), percent(curve.knots[0].rate));
}

std::string rates_text(const Calibration& line) {
  if (line.rates.empty() && line.mask_rates.empty())
    return entry("", "none: the cutoffs cannot be moved to other rates");
  const bool masks = line.mask.has_value();
  std::vector<std::string> headings{"  normal images flagged", "image cutoff"};
  if (masks) headings.emplace_back("mask level");
  Table table(headings);
  const auto cell = [&](const FalseAlarmCurve& curve, double rate) {
    const auto cutoff = cutoff_at(curve, rate, line.direction);
    return cutoff ? six_digits(*cutoff) : "-";
  };
  for (const double rate : shown_rates) {
    std::vector<std::string> row{"  " + percent(rate), cell(line.rates, rate)};
    if (masks) row.push_back(cell(line.mask_rates, rate));
    if (std::all_of(row.begin() + 1, row.end(), [](const std::string& text) { return text == "-"; })) continue;
    table.add(std::move(row));
  }
  std::string text = table.text();
  text += fmt::format("  known: {} for images", known_rates(line.rates));
  if (masks) text += fmt::format(", {} for masks", known_rates(line.mask_rates));
  return text + "; between stored rates interpolated\n";
}

ordered_json rates_json(const FalseAlarmCurve& curve, ScoreDirection direction) {
  ordered_json json{{"least_rate", nullptr}, {"largest_rate", nullptr}, {"rows", ordered_json::array()}};
  if (curve.empty()) return json;
  json["least_rate"] = curve.knots[curve.count - 1].rate;
  json["largest_rate"] = curve.knots[0].rate;
  for (const double rate : shown_rates) {
    if (const auto cutoff = cutoff_at(curve, rate, direction)) {
      json["rows"].push_back({{"rate", rate}, {"cutoff", io::number_to_json(*cutoff)}});
    }
  }
  return json;
}

std::string heading(const std::string& path, const char* kind, int version, const std::string& library_version) {
  return fmt::format("{}: a {} file, version {}, written by plimsoll {}\n", shown_path(path), kind, version,
                     io::without_controls(library_version));
}

std::string p_values_text(const io::CalibrationFile& file) {
  if (file.normal_count == 0) return entry("", "none: no normal scores are kept");
  const std::size_t kept = file.normal_scores.size();
  const double places = file.normal_count + 1.0;
  return entry("", fmt::format("by {} normal image scores, {}; the least possible is 1 / {} = {}", file.normal_count,
                               kept == file.normal_count ? "all kept" : fmt::format("thinned to {}", kept), places,
                               six_digits(1 / places)));
}

std::string table_of(const std::string& path, const io::CalibrationFile& file) {
  const Calibration& line = file.calibration;
  const ScoreDirection direction = line.direction;
  std::string text = heading(path, "calibration", io::CalibrationFile::format_version, file.library_version);
  text += entry("scores", describe_direction(direction));
  text += entry("made by", file.pipeline.text.empty() ? "unknown" : file.pipeline.text);
  text += entry("hash", file.pipeline.hash.empty() ? "none" : file.pipeline.hash);
  text += "\nAn image\n";
  text += entry("score", describe_score(line.map_reduction, line.top_share, direction));
  text += entry("anomalous", describe_image(file));
  text += entry("review", describe_review(file));
  if (line.mask) text += entry("agreement", "when label and mask disagree, " + describe_agreement(line.agreement));
  if (file.image) text += "\nThe image cutoff\n" + fit_text(*file.image, direction, subject_of(line));
  if (file.review) text += "\nThe review cutoff\n" + fit_text(*file.review, direction, beyond);
  if (line.mask) {
    text += "\nA mask\n";
    const std::vector<std::string> steps = mask_steps(file);
    for (std::size_t i = 0; i < steps.size(); ++i) text += entry(fmt::format("step {}", i + 1), steps[i]);
    if (file.high) {
      text += file.low ? "\nThe mask's high level\n" : "\nThe mask's level\n";
      text += fit_text(*file.high, direction, reach);
    }
    if (file.low) text += "\nThe mask's low level\n" + fit_text(*file.low, direction, reach);
  } else {
    text += "\nMasks\n" + entry("", "none");
  }
  text += "\nShown as 0 to 1, 1/2 at the cutoff\n";
  text += entry("image", formula(line.normalisation, line.cutoff, line.rates, direction));
  if (line.mask) text += entry("pixel", formula(line.pixel_normalisation, line.mask->high, line.mask_rates, direction));
  text += "\nOther rates, by plimsoll apply --false-alarm-rate and --high-share\n" + rates_text(line);
  text += "\np-values\n" + p_values_text(file);
  return text;
}

ordered_json json_of(const std::string& path, const io::CalibrationFile& file) {
  const Calibration& line = file.calibration;
  const ScoreDirection direction = line.direction;
  ordered_json json{{"file", path},
                    {"kind", "calibration"},
                    {"version", io::CalibrationFile::format_version},
                    {"library_version", file.library_version},
                    {"direction", to_string(direction)},
                    {"pipeline", {{"text", file.pipeline.text}, {"hash", file.pipeline.hash}}}};
  ordered_json& image = json["image"];
  image = {{"score", describe_score(line.map_reduction, line.top_share, direction)},
           {"map_reduction", to_string(line.map_reduction)},
           {"top_share", line.top_share},
           {"anomalous", describe_image(file)},
           {"review", describe_review(file)}};
  if (file.image) image["cutoff"] = fit_json(*file.image, direction, subject_of(line));
  if (file.review) image["review_cutoff"] = fit_json(*file.review, direction, beyond);
  image["normalised"] = formula(line.normalisation, line.cutoff, line.rates, direction);
  image["rates"] = rates_json(line.rates, direction);
  json["mask"] = nullptr;
  if (line.mask) {
    ordered_json& mask = json["mask"];
    mask = {{"steps", mask_steps(file)},
            {"agreement", to_string(line.agreement)},
            {"when_they_disagree", describe_agreement(line.agreement)}};
    if (file.high) mask["high"] = fit_json(*file.high, direction, reach);
    if (file.low) mask["low"] = fit_json(*file.low, direction, reach);
    mask["connectivity"] = line.mask->connectivity == Connectivity::four ? 4 : 8;
    mask["erosion"] = line.mask->erosion;
    mask["dilation"] = line.mask->dilation;
    mask["fill_holes"] = line.mask->fill_holes;
    mask["minimum_area"] = line.mask->minimum_area;
    mask["normalised"] = formula(line.pixel_normalisation, line.mask->high, line.mask_rates, direction);
    mask["rates"] = rates_json(line.mask_rates, direction);
  }
  json["p_values"] = nullptr;
  if (file.normal_count > 0) {
    json["p_values"] = {
        {"normals", file.normal_count}, {"kept", file.normal_scores.size()}, {"least", 1 / (file.normal_count + 1.0)}};
  }
  return json;
}

/// What one score is that a threshold file decides.
struct Unit {
  std::string text;
  Subject subject;
};

Unit unit_of(const Fit& fit, ScoreDirection direction) {
  const auto word = [&fit](const char* name) {
    const auto found = fit.parameters.find(name);
    return found == fit.parameters.end() ? ParameterValue{} : found->second;
  };
  const ParameterValue reduction = word("map_reduction");
  const double* share = nullptr;
  const ParameterValue top_share = word("top_share");
  share = std::get_if<double>(&top_share);
  for (const MapReduction known : {MapReduction::maximum, MapReduction::top_mean}) {
    if (reduction == ParameterValue(std::string(to_string(known)))) {
      return {"a score as it is; of a map, " + describe_score(known, share == nullptr ? 1 : *share, direction), called};
    }
  }
  return {"a score as it is; of a map, each pixel", scores_called};
}

std::string table_of(const std::string& path, const io::ThresholdFile& file) {
  const Unit unit = unit_of(file.fit, file.direction);
  std::string text = heading(path, "threshold", io::ThresholdFile::format_version, file.library_version);
  text += entry("scores", describe_direction(file.direction));
  text += entry("decides", unit.text);
  if (file.fit.ok()) text += entry("anomalous", side(file.fit.cutoff, file.direction));
  return text + "\nThe cutoff\n" + fit_text(file.fit, file.direction, unit.subject);
}

ordered_json json_of(const std::string& path, const io::ThresholdFile& file) {
  const Unit unit = unit_of(file.fit, file.direction);
  return {{"file", path},
          {"kind", "threshold"},
          {"version", io::ThresholdFile::format_version},
          {"library_version", file.library_version},
          {"direction", to_string(file.direction)},
          {"decides", unit.text},
          {"cutoff", fit_json(file.fit, file.direction, unit.subject)}};
}

int run(const InspectOptions& options) {
  const Format format = options.format.format();
  if (format == Format::csv) throw UsageError("inspect prints a table or JSON: --format csv has no use here");
  std::visit(
      [&](const auto& file) {
        if (format == Format::json) {
          const ordered_json json = json_of(options.file, file);
          fmt::print("{}\n", json.dump(2, ' ', false, ordered_json::error_handler_t::replace));
        } else {
          fmt::print("{}", wrapped(table_of(options.file, file)));
        }
      },
      io::read_any_file(options.file));
  return success;
}

}  // namespace

void add_inspect(CLI::App& app, int& status) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Explain a calibration or threshold file in words");
  command->footer(
      "Examples:\n"
      "  plimsoll inspect cal.json\n"
      "  plimsoll inspect line.json --format json");
  command->add_option("FILE", options->file, "a calibration or threshold file, from plimsoll fit; - for standard input")
      ->required()
      ->type_name("");
  options->format.add_to(*command);
  refuse_empty_values(*command);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace plimsoll::cli
