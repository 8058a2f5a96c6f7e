// SPDX-License-Identifier: Apache-2.0
#include "fit_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "folder.hpp"
#include "maps.hpp"
#include "notice.hpp"
#include "plimsoll/adapt/fmt.hpp"
#include "plimsoll/io/calibration_file.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "plimsoll/thresholds/minimum_area.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"
#include "report.hpp"

namespace plimsoll::cli {
namespace {

/// The calibration with the minimum area at which a share of the normal images keeps a region.
void calibrate_area(Calibration& calibration, const std::vector<std::string>& paths, double share) {
  std::vector<std::uint32_t> areas;
  Calibration any_area = calibration;
  any_area.mask->minimum_area = 1;
  any_area.agreement = Agreement::review;  // regions whatever the label
  GrowingWorkspace workspace;
  for (const std::string& path : paths) {
    read_maps(path, [&](const io::ScoreBlock& block) {
      areas.push_back(largest_area(any_area.decide(block.map(), workspace.of(block)).regions));
    });
  }
  calibration.mask->minimum_area = std::max(calibration.mask->minimum_area, minimum_area(areas, share));
}

/// What pixels a mask has.
std::string describe_levels(const FittedMaps& maps, bool plain) {
  const MapCalibratorParameters& parameters = maps.parameters;
  if (maps.synthetic) return "masks: pixels from the level on that the synthetic anomalies' masks give\n";
  if (plain) {
    return fmt::format("masks: pixels from the level on that {} % of normal images reach anywhere\n",
                       detail::percent(parameters.high_share, false));
  }
  return fmt::format(
      "masks: regions of pixels from the low level on, with one from the high level on, which {} and "
      "{} % of normal images reach anywhere\n",
      detail::percent(parameters.low_share, false), detail::percent(parameters.high_share, false));
}

std::string describe(const io::CalibrationFile& file, const FittedMaps& maps) {
  const Calibration& line = file.calibration;
  std::string text = fmt::format("{} normal maps ({})\n", maps.image_scores.size(), to_string(file.high->score_type));
  const char* strangest = line.direction == ScoreDirection::higher_is_anomalous ? "largest" : "lowest";
  const std::string reduction =
      line.map_reduction == MapReduction::maximum
          ? fmt::format("their {} pixels", strangest)
          : fmt::format("the means of the {} {} % of their pixels", strangest, detail::percent(line.top_share, false));
  text += fmt::format("images: {} on {}\n{}", file.image->method, reduction, fit_lines(*file.image, line.direction));
  if (file.review) text += fmt::format("for review:\n{}", fit_lines(*file.review, line.direction));
  const bool plain = !file.low;
  text += describe_levels(maps, plain);
  if (!plain) text += " high level\n";
  text += fit_lines(*file.high, line.direction);
  if (!plain) text += " low level\n" + fit_lines(*file.low, line.direction);
  const MaskRule& rule = *line.mask;
  std::string steps;
  const auto step = [&steps](const std::string& what) { steps += (steps.empty() ? "" : ", then ") + what; };
  if (rule.erosion > 0) step(fmt::format("eroded by {}", rule.erosion));
  if (rule.dilation > 0) step(fmt::format("dilated by {}", rule.dilation));
  if (rule.fill_holes) step("holes filled");
  if (rule.minimum_area > 1) step(fmt::format("regions under {} pixels dropped", rule.minimum_area));
  if (!steps.empty()) text += fmt::format("  steps     {}\n", steps);
  text += fmt::format("when label and mask disagree: {}\n", describe_agreement(line.agreement));
  return text;
}

}  // namespace

void MapFitOptions::add_to(CLI::App& command) {
  command
      .add_option("--maps", maps,
                  "score maps of normal images instead of SCORES: .npy, .tiff, or a folder of them; gives an image "
                  "cutoff (--method) and masks")
      ->type_name("PATH")
      ->group("Maps");
  const auto add = [this](CLI::Option* added, const char* type = "") {
    if (*type != '\0') added->type_name(type);
    added->group("Maps");
    dependent_.push_back(added);
  };
  add(command.add_option("--mask", mask, "plain (one level), or hysteresis (a high and a low one) [default plain]")
          ->check(CLI::IsMember({"plain", "hysteresis"})),
      "plain|hysteresis");
  add(command.add_option("--high-share", high_share,
                         "the share of normal images with a region [default 0.3, hysteresis 0.2]"),
      "X");
  add(command.add_option("--low-share", low_share,
                         "the share of normal images that reach the low level [default: as high, hysteresis 0.4]"),
      "X");
  add(command
          .add_option("--connectivity", connectivity, "which pixels touch: 4 (sides) or 8 (corners too) [default 8]")
          ->check(CLI::IsMember({"4", "8"})),
      "4|8");
  constexpr std::uint64_t most_pixels = 65535;
  add(&add_whole_number(command, "--erosion", erosion, 0, most_pixels, "shrink regions by so many pixels [default 0]"));
  add(&add_whole_number(command, "--dilation", dilation, 0, most_pixels,
                        "then grow them by so many pixels [default 0]"));
  add(command.add_flag("--fill-holes", fill_holes, "then fill enclosed holes")->disable_flag_override());
  add(&add_whole_number(command, "--minimum-area", minimum_area, 1, 0xFFFFFFFF,
                        "then drop regions of fewer pixels [default 1]"));
  add(command.add_option("--area-share", area_share,
                         "raise the minimum area until this share of the normal images keeps a region; reads the maps "
                         "twice"),
      "X");
  add(command
          .add_option("--agreement", agreement,
                      "when label and mask disagree: both stay and the image is for review, the label wins (no mask), "
                      "the mask wins, or either makes the image anomalous [default review]")
          ->check(CLI::IsMember({"review", "label_wins", "mask_wins", "either"})),
      "WORD");
  add(command.add_option("--review-rate", review_rate,
                         "the share of normal images to look at or reject; above --false-alarm-rate"),
      "X");
  add(command
          .add_option("--normalisation", normalisation, "how scores become 0 to 1, 0.5 at the cutoff [default min_max]")
          ->check(CLI::IsMember({"min_max", "z_score", "tail"})),
      "WORD");
  add(command.add_option("--pipeline", pipeline, "what made the scores, in your words, for the file"), "TEXT");
  add(command.add_option("--pipeline-hash", pipeline_hash,
                         "a hash of model and settings; apply --expect-pipeline refuses another"),
      "HASH");
}

void MapFitOptions::check_has_use(bool calibrates) const {
  if (calibrates) return;
  for (const CLI::Option* option : dependent_) {
    if (option->count() > 0) {
      throw UsageError(fmt::format("{} is for masks: it requires --maps, or --synthetic-masks", option->get_name()));
    }
  }
}

MapCalibratorParameters calibrator_parameters(const MapFitOptions& options, ScoreDirection direction) {
  MapCalibratorParameters result;
  if (options.mask == "hysteresis") {
    result.high_share = MapCalibratorParameters::hysteresis_high;
    result.low_share = MapCalibratorParameters::hysteresis_low;
  }
  if (!options.high_share.empty()) {
    result.high_share = read_share("fit --maps", "high_share", options.high_share);
    if (options.mask == "plain") result.low_share = result.high_share;
  }
  if (!options.low_share.empty()) result.low_share = read_share("fit --maps", "low_share", options.low_share);
  if (!options.review_rate.empty()) result.review_rate = read_share("fit --maps", "review_rate", options.review_rate);
  result.rule.connectivity = options.connectivity == "4" ? Connectivity::four : Connectivity::eight;
  result.rule.erosion = static_cast<std::uint32_t>(options.erosion);
  result.rule.dilation = static_cast<std::uint32_t>(options.dilation);
  result.rule.fill_holes = options.fill_holes;
  result.rule.minimum_area = static_cast<std::uint32_t>(options.minimum_area);
  for (const Agreement agreement :
       {Agreement::review, Agreement::label_wins, Agreement::mask_wins, Agreement::either}) {
    if (to_string(agreement) == options.agreement) result.agreement = agreement;
  }
  for (const NormalisationKind kind :
       {NormalisationKind::min_max, NormalisationKind::z_score, NormalisationKind::tail}) {
    if (to_string(kind) == options.normalisation) result.normalisation = kind;
  }
  result.direction = direction;
  return result;
}

void check_calibration_format(Format format) {
  if (format == Format::csv) throw UsageError("fit --maps prints a table or JSON: --format csv has no use here");
}

int report_calibration(const MapFitOptions& options, const FittedMaps& maps, Format format, const std::string& output) {
  const MapCalibration& fitted = maps.fitted;
  if (const Fit* failed = fitted.failed()) {
    const bool of_image = failed == &fitted.image || (!maps.synthetic && failed->method != "map");
    notice("plimsoll: {} gives no {}: {} ({})\n", failed->method, of_image ? "image cutoff" : "mask level",
           failed->note, failed->status);
    return fit_failed;
  }
  io::CalibrationFile file;
  file.calibration = fitted.calibration;
  file.image = fitted.image;
  file.review = fitted.review;
  file.high = fitted.high;
  if (maps.parameters.low_share > maps.parameters.high_share) file.low = fitted.low;
  file.pipeline = {options.pipeline, options.pipeline_hash};
  const NormalScoreTable table = normal_score_table(maps.image_scores);
  file.normal_scores = table.knots;
  file.normal_count = table.count;
  if (!options.area_share.empty()) {
    calibrate_area(file.calibration, maps.normal_maps, read_share("fit --maps", "area_share", options.area_share));
  }
  if (!output.empty()) io::write_calibration_file(output, file);
  if (output == "-") return success;
  if (format == Format::json) {
    fmt::print("{}", io::to_json(file));
  } else {
    fmt::print("{}", describe(file, maps));
    if (!output.empty()) fmt::print("written: {}\n", output);
  }
  return success;
}

int fit_maps(const MapFitOptions& options, const std::string& method, const ParameterOptions& parameters,
             ScoreDirection direction, Format format, const std::string& output) {
  check_calibration_format(format);
  if (!options.area_share.empty()) {
    if (io::is_read_once(options.maps)) {
      throw UsageError(
          fmt::format("--area-share reads the maps twice, which {} cannot give", shown_path(options.maps)));
    }
    static_cast<void>(read_share("fit --maps", "area_share", options.area_share));
  }
  const MethodSpec spec = parse_method(method.empty() ? MapCalibratorParameters{}.image_method : method);
  parameters.check_all_used({spec.info}, method.empty());
  MapCalibratorParameters calibrator_of = calibrator_parameters(options, direction);
  calibrator_of.image_method = spec.info->name;
  calibrator_of.image_parameters = parameters.of(spec);
  const ParameterMap& image = calibrator_of.image_parameters;
  if (const auto trim = image.find("trim"); trim != image.end()) calibrator_of.level_parameters.insert(*trim);
  MapCalibrator calibrator(calibrator_of);
  read_maps(options.maps, [&](const io::ScoreBlock& block) { calibrator.update(block.map()); });
  const MapCalibration fitted = calibrator.compute();
  return report_calibration(options, {fitted, calibrator_of, calibrator.image_scores(), {options.maps}}, format,
                            output);
}

}  // namespace plimsoll::cli
