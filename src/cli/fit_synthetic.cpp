// SPDX-License-Identifier: Apache-2.0
#include "fit_synthetic.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "folder.hpp"
#include "maps.hpp"
#include "notice.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/thresholds/auto_threshold.hpp"
#include "plimsoll/thresholds/synthetic_calibrator.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

struct Severity {
  double value;
  std::string path;
};

std::vector<Severity> severities_of(const SyntheticFitOptions& options) {
  std::vector<Severity> severities;
  for (const std::string& text : options.severities) {
    const std::size_t equals = text.find('=');
    double value = 0;
    const char* end = text.data() + (equals == std::string::npos ? 0 : equals);
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value) || equals + 1 == text.size()) {
      throw UsageError(fmt::format("--severity {}: is not X=FILE, X a number", text));
    }
    severities.push_back({value, text.substr(equals + 1)});
  }
  return severities;
}

bool is_maps(const std::string& path, const InputOptions& input) {
  return io::open_scores(path, input.column())->map_count().has_value();
}

/// Reads maps with their masks. Those of which the mask has nothing are no anomalies, and are left out; how many.
std::size_t read_masked(const std::string& path, const std::string& masks, ScoreDirection direction,
                        const std::function<void(ScoreMap, Mask)>& take) {
  const auto reader = open_maps(path);
  TrueMasks truth(masks, reader->map_names(), path);
  std::size_t empty = 0;
  read_maps(
      *reader, path,
      [&](const io::ScoreBlock& block) {
        const Mask mask = truth.next(block);
        if (mask.any()) {
          take(block.map(), mask);
        } else {
          ++empty;
        }
      },
      direction);
  return empty;
}

/// What is read, and from where; what there is to say about it.
struct Sources {
  const SyntheticFitOptions& options;
  const std::vector<std::string>& normals;
  const InputOptions& input;
  std::vector<Severity> severities{};
  bool maps = false;
  bool by_default = false;  ///< nobody asked for the method
  std::size_t empty = 0;    ///< synthetic maps without an anomalous pixel
};

/// Refuses files that do not go together; standard input is not looked into.
Sources check_sources(const SyntheticFitOptions& options, const std::vector<std::string>& normals,
                      const InputOptions& input) {
  Sources sources{options, normals, input, severities_of(options)};
  std::vector<std::string> all = normals;
  all.insert(all.end(), options.synthetic.begin(), options.synthetic.end());
  for (const Severity& severity : sources.severities) all.push_back(severity.path);
  for (const std::string& path : all) {
    if (path == "-") throw UsageError("fit --synthetic reads several files, which standard input cannot give");
    if (io::is_read_once(path)) {
      throw UsageError(fmt::format("{}: is no regular file, and fit --synthetic looks into each before it reads it",
                                   shown_path(path)));
    }
  }
  sources.maps = is_maps(all.front(), input);
  for (const std::string& path : all) {
    if (is_maps(path, input) != sources.maps) {
      throw UsageError(fmt::format("{} holds {} and {} {}: a line is for one of them", all.front(),
                                   sources.maps ? "maps" : "plain scores", path,
                                   sources.maps ? "plain scores" : "maps"));
    }
  }
  if (options.masks.empty()) return sources;
  if (!sources.maps) {
    throw UsageError(fmt::format("--synthetic-masks {}: {} holds plain scores, and masks are of maps",
                                 options.masks.front(), options.synthetic.front()));
  }
  if (options.masks.size() != options.synthetic.size()) {
    throw UsageError(
        fmt::format("--synthetic is given {} times and --synthetic-masks {} times: a file of masks for "
                    "each file of maps",
                    options.synthetic.size(), options.masks.size()));
  }
  if (!sources.severities.empty() && options.masks.size() > 1) {
    throw UsageError("--severity takes the masks of the one --synthetic file: give one");
  }
  for (const std::string& masks : options.masks) {
    if (!io::holds_masks(masks)) throw UsageError(fmt::format("{}: holds no masks", masks));
  }
  return sources;
}

/// Hands all synthetic maps with their masks to `take`, and those of weaker ones to `take_weaker`.
void read_all_masked(Sources& sources, ScoreDirection direction, const std::function<void(ScoreMap, Mask)>& take,
                     const std::function<void(double, ScoreMap, Mask)>& take_weaker) {
  const SyntheticFitOptions& options = sources.options;
  for (std::size_t i = 0; i < options.synthetic.size(); ++i) {
    sources.empty += read_masked(options.synthetic[i], options.masks[i], direction, take);
  }
  for (const Severity& severity : sources.severities) {
    read_masked(severity.path, options.masks.front(), direction,
                [&](ScoreMap map, Mask mask) { take_weaker(severity.value, map, mask); });
  }
}

std::string describe_empty(const Sources& sources) {
  if (sources.empty == 0) return {};
  return fmt::format("  left out  {} synthetic maps of whose masks nothing is set\n", sources.empty);
}

int calibrate(Sources& sources, const MapFitOptions& maps, const ParameterMap& given, Format format,
              const std::string& output) {
  check_calibration_format(format);
  if (!maps.high_share.empty() || !maps.low_share.empty() || maps.mask != "plain") {
    throw UsageError(
        "--mask, --high-share and --low-share are for levels by normal maps; the synthetic anomalies give "
        "one level, a plain mask");
  }
  if (!maps.area_share.empty()) static_cast<void>(read_share("fit", "area_share", maps.area_share));
  SyntheticCalibratorParameters parameters;
  parameters.image = SyntheticThreshold::table().make(given);
  // What is about images has no meaning for pixels.
  ParameterMap of_pixels = given;
  for (const char* name : {"prevalence", "false_alarm_cap", "map_reduction", "top_share"}) of_pixels.erase(name);
  of_pixels.insert_or_assign("map_reduction", std::string("every_pixel"));
  parameters.pixel = SyntheticThreshold::table().make(of_pixels);
  parameters.maps = calibrator_parameters(maps, sources.input.direction());
  SyntheticCalibrator calibrator(parameters);
  for (const std::string& path : sources.normals) {
    read_maps(path, [&](const io::ScoreBlock& block) { calibrator.update(block.map()); });
  }
  // The calibrator minds the direction itself.
  read_all_masked(
      sources, ScoreDirection::higher_is_anomalous, [&](ScoreMap map, Mask mask) { calibrator.update(map, mask); },
      [&](double severity, ScoreMap map, Mask mask) { calibrator.update_severity(severity, map, mask); });
  const MapCalibration fitted = calibrator.compute();
  const int status = report_calibration(
      maps, {fitted, calibrator.parameters().maps, calibrator.image_scores(), sources.normals, true}, format, output);
  if (status == success && format == Format::table && output != "-") fmt::print("{}", describe_empty(sources));
  return status;
}

/// Collects into a threshold of any type. Severities need SyntheticThreshold.
template <typename Line>
void collect(Line& line, Sources& sources) {
  const InputOptions& input = sources.input;
  const auto read = [&](const std::string& path, const auto& take) {
    read_scores(path, input.column(), input.direction(),
                [&](const io::ScoreBlock& block, const BlockPlace&) { take(block); });
  };
  for (const std::string& path : sources.normals) {
    read(path,
         [&](const io::ScoreBlock& block) { block.is_map ? line.update(block.map()) : line.update(block.scores()); });
  }
  const auto weaker = [&]([[maybe_unused]] double severity, [[maybe_unused]] ScoreMap map, [[maybe_unused]] Mask mask) {
    if constexpr (std::is_same_v<Line, SyntheticThreshold>) line.update_severity(severity, map, mask);
  };
  if (!sources.options.masks.empty()) {
    read_all_masked(
        sources, input.direction(), [&](ScoreMap map, Mask mask) { line.update(map, mask); }, weaker);
    return;
  }
  for (const std::string& path : sources.options.synthetic) {
    read(path, [&](const io::ScoreBlock& block) {
      block.is_map ? line.update(block.map(), Label::anomalous) : line.update(block.scores(), Label::anomalous);
    });
  }
  for (const Severity& severity : sources.severities) {
    read(severity.path, [&](const io::ScoreBlock& block) {
      if (block.is_map) {
        const std::vector<Label> all(block.rows * block.columns, Label::anomalous);
        weaker(severity.value, block.map(), Mask(all.data(), block.rows, block.columns));
      } else if constexpr (std::is_same_v<Line, SyntheticThreshold>) {
        line.update_severity(severity.value, block.scores());
      }
    });
  }
}

std::string describe(const io::ThresholdFile& file, const Sources& sources, const std::string& output) {
  const Fit& fit = file.fit;
  std::string text = fmt::format("{} on {} normal and {} synthetic {} ({})\n", fit.method, fit.normal_count,
                                 fit.anomalous_count, "scores", to_string(fit.score_type));
  if (sources.by_default) {
    text +=
        "  method    synthetic by default, as auto chooses: the best balanced F1, flagging at most half of the "
        "normals\n";
  }
  text += fit_lines(fit, file.direction) + describe_empty(sources);
  if (!output.empty()) text += fmt::format("  written   {}\n", output);
  return text;
}

int write_line(const io::ThresholdFile& file, const Sources& sources, Format format, const std::string& output) {
  const Fit& fit = file.fit;
  if (!fit.ok()) {
    notice("plimsoll: {} gives no cutoff: {} ({})\n", fit.method, fit.note, fit.status);
    return fit_failed;
  }
  if (!output.empty()) io::write_threshold_file(output, file);
  if (output == "-") return success;
  if (format == Format::json) {
    fmt::print("{}", io::to_json(file));
  } else {
    fmt::print("{}", describe(file, sources, output));
  }
  return success;
}

}  // namespace

void SyntheticFitOptions::add_to(CLI::App& command) {
  const auto add = [&](const std::string& name, std::vector<std::string>& values, const char* help, const char* type) {
    command.add_option(name, values, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group("Synthetic anomalies");
  };
  add("--synthetic", synthetic,
      "scores or maps of synthetic anomalies; gives the line that is best on these and the normal ones (--method "
      "auto, synthetic, combined or f1) [default synthetic]; may be given several times",
      "FILE");
  add("--synthetic-masks", masks, "the masks of the maps in --synthetic: gives an image cutoff and masks", "PATH");
  add("--severity", severities, "scores or maps of weaker synthetic anomalies, 0.3=FILE; only reported on", "X=FILE");
}

void SyntheticFitOptions::check_complete() const {
  if (given()) return;
  if (!masks.empty()) throw UsageError("--synthetic-masks needs --synthetic, the maps that the masks are of");
  if (!severities.empty()) throw UsageError("--severity needs --synthetic, the stronger synthetic anomalies");
}

int fit_synthetic(const SyntheticFitOptions& options, const MapFitOptions& maps,
                  const std::vector<std::string>& normals, const std::string& method,
                  const ParameterOptions& parameters, const InputOptions& input, Format format,
                  const std::string& output) {
  if (format == Format::csv) throw UsageError("fit --synthetic prints a table or JSON: --format csv has no use here");
  // By default what auto chooses: synthetic under its cap, which reports on more.
  const bool by_default = method.empty();
  const MethodSpec spec = parse_method(by_default ? "synthetic" : method);
  const bool automatic = spec.info->name == "auto";
  if (!spec.info->needs_labels && !automatic) {
    throw UsageError(fmt::format(
        "--synthetic: {} learns from normal scores only; synthetic, combined and f1 learn from both", spec.info->name));
  }
  parameters.check_all_used({spec.info}, by_default);
  ParameterMap given = parameters.of(spec);
  if (automatic) given.insert_or_assign("anomalies", std::string("synthetic"));
  if (automatic) given.try_emplace("map_reduction", std::string("maximum"));
  if (by_default) given.try_emplace("false_alarm_cap", AutoParameters{}.false_alarm_cap);
  AnyThreshold threshold = spec.method->make(given);
  const bool by_pixel = input_policy(threshold.parameter_values()).map_reduction == MapReduction::every_pixel;
  const bool plain_synthetic = spec.info->name == "synthetic";
  Sources sources = check_sources(options, normals, input);
  sources.by_default = by_default;
  if (!sources.severities.empty() && !plain_synthetic) {
    throw UsageError(fmt::format("--severity is for --method synthetic; {} does not report on it", spec.info->name));
  }
  const bool calibrates = !options.masks.empty() && plain_synthetic && !by_pixel;
  maps.check_has_use(calibrates);
  if (calibrates) return calibrate(sources, maps, given, format, output);
  if (sources.maps && by_pixel && options.masks.empty()) {
    throw UsageError(
        fmt::format("{}: pixel by pixel a synthetic map needs its mask: --synthetic-masks, or "
                    "--map-reduction maximum for image scores",
                    spec.info->name));
  }
  io::ThresholdFile file{{}, input.direction()};
  if (plain_synthetic) {
    SyntheticThreshold line{SyntheticThreshold::table().make(given)};
    collect(line, sources);
    file.fit = line.compute();
  } else {
    collect(threshold, sources);
    file.fit = threshold.compute();
  }
  return write_line(file, sources, format, output);
}

}  // namespace plimsoll::cli
