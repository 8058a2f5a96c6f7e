// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/calibration_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "byte_source.hpp"
#include "fit_json.hpp"
#include "json_object.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/io/write_file.hpp"
#include "shown.hpp"

namespace plimsoll::io {
namespace {

constexpr std::string_view format_name = "plimsoll-calibration";
constexpr std::string_view kind = "a calibration or threshold file that this version reads";
constexpr std::array directions{ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous};
constexpr std::array agreements{Agreement::review, Agreement::label_wins, Agreement::mask_wins, Agreement::either};
constexpr std::array kinds{NormalisationKind::min_max, NormalisationKind::z_score, NormalisationKind::tail};

constexpr std::array reductions{MapReduction::maximum, MapReduction::top_mean};
constexpr std::array all_reductions{MapReduction::every_pixel, MapReduction::maximum, MapReduction::top_mean};

Json normalisation_to_json(const Normalisation& normalisation) {
  return {{"kind", to_string(normalisation.kind)},
          {"minimum", number_to_json(normalisation.minimum)},
          {"maximum", number_to_json(normalisation.maximum)},
          {"deviation", number_to_json(normalisation.deviation)}};
}

Normalisation normalisation_from_json(const JsonObject& object) {
  return {object.word<NormalisationKind>("kind", kinds), object.number("minimum"), object.number("maximum"),
          object.number("deviation")};
}

Json curve_to_json(const FalseAlarmCurve& curve) {
  Json json{{"rate", Json::array()}, {"cutoff", Json::array()}};
  for (std::size_t i = 0; i < curve.count; ++i) {
    json["rate"].push_back(curve.knots[i].rate);
    json["cutoff"].push_back(curve.knots[i].cutoff);
  }
  return json;
}

/// Refuses columns of a table that are not of one length.
void check_columns(const JsonObject& object, std::string_view one, std::string_view two, bool same) {
  if (!same) object.fail(object.named(one) + " and " + std::string(two) + " differ in length");
}

FalseAlarmCurve curve_from_json(const JsonObject& object) {
  const std::vector<double> rates = object.list("rate");
  const std::vector<double> cutoffs = object.list("cutoff");
  check_columns(object, "rate", "cutoff", rates.size() == cutoffs.size());
  FalseAlarmCurve curve;
  if (rates.size() > FalseAlarmCurve::capacity) {
    object.fail(object.named("rate") + " has " + std::to_string(rates.size()) + " numbers, there may be " +
                std::to_string(FalseAlarmCurve::capacity));
  }
  curve.count = rates.size();
  for (std::size_t i = 0; i < rates.size(); ++i) curve.knots[i] = {rates[i], cutoffs[i]};
  if (!curve.valid()) object.fail(object.named("rate") + " must fall between 1 and 0, and cutoff beside it must not");
  return curve;
}

Json normal_scores_to_json(const CalibrationFile& file) {
  Json json{
      {"count", file.normal_count}, {"score", Json::array()}, {"at_least", Json::array()}, {"above", Json::array()}};
  for (const NormalScores::Knot& knot : file.normal_scores) {
    json["score"].push_back(number_to_json(knot.score));
    json["at_least"].push_back(knot.at_least);
    json["above"].push_back(knot.above);
  }
  return json;
}

std::uint32_t whole(const JsonObject& object, std::string_view name) {
  const std::size_t count = object.count(name);
  if (count > std::numeric_limits<std::uint32_t>::max()) object.fail(object.named(name) + " is too large");
  return static_cast<std::uint32_t>(count);
}

void read_normal_scores(CalibrationFile& file, const JsonObject& object) {
  file.normal_count = whole(object, "count");
  const std::vector<double> scores = object.list("score");
  const std::vector<double> at_least = object.list("at_least");
  const std::vector<double> above = object.list("above");
  check_columns(object, "score", "at_least", scores.size() == at_least.size());
  check_columns(object, "score", "above", scores.size() == above.size());
  const auto number = [&](double value, std::string_view name) {
    if (!(value >= 0 && value <= file.normal_count && value == std::floor(value))) {
      object.fail(object.named(name) + " has what is no whole number up to count");
    }
    return static_cast<std::uint32_t>(value);
  };
  for (std::size_t i = 0; i < scores.size(); ++i) {
    file.normal_scores.push_back({scores[i], number(at_least[i], "at_least"), number(above[i], "above")});
  }
  if (!file.normals().valid()) object.fail(object.named("score") + " must rise, and the counts beside it must fall");
}

Json mask_to_json(const CalibrationFile& file) {
  const MaskRule& rule = *file.calibration.mask;
  Json json;
  if (file.high) json["high"] = fit_to_json(*file.high);
  if (file.low) json["low"] = fit_to_json(*file.low);
  json["connectivity"] = rule.connectivity == Connectivity::four ? 4 : 8;
  json["erosion"] = rule.erosion;
  json["dilation"] = rule.dilation;
  json["fill_holes"] = rule.fill_holes;
  json["minimum_area"] = rule.minimum_area;
  json["normalisation"] = normalisation_to_json(file.calibration.pixel_normalisation);
  return json;
}

MaskRule mask_from_json(CalibrationFile& file, const JsonObject& object) {
  file.high = fit_from_json(object.object("high"));
  if (object.has("low")) file.low = fit_from_json(object.object("low"));
  MaskRule rule;
  const double high = file.high->cutoff.value();
  rule.high = Cutoff{high};
  rule.low = file.low ? Cutoff{std::min(file.low->cutoff.value(), high)} : rule.high;
  const std::size_t connectivity = object.count("connectivity");
  if (connectivity != 4 && connectivity != 8) object.fail(object.named("connectivity") + " is neither 4 nor 8");
  rule.connectivity = connectivity == 4 ? Connectivity::four : Connectivity::eight;
  rule.erosion = whole(object, "erosion");
  rule.dilation = whole(object, "dilation");
  rule.fill_holes = object.flag("fill_holes");
  rule.minimum_area = whole(object, "minimum_area");
  file.calibration.pixel_normalisation = normalisation_from_json(object.object("normalisation"));
  return rule;
}

double top_share_from_json(const JsonObject& object) {
  const double share = object.number("top_share");
  if (!(share > 0 && share <= 1)) object.fail(object.named("top_share") + " is not in (0, 1]");
  return share;
}

void refuse_without_cutoff(const JsonObject& root, const std::optional<Fit>& fit, const char* which) {
  if (fit && !fit->ok()) {
    root.fail("the fit of the " + std::string(which) + " has no cutoff (" + std::string(to_string(fit->status)) + ")");
  }
}

/// As the threshold file's fit took maps in, which must be there: decided otherwise, maps would be decided wrongly.
CalibrationFile from_threshold(const ThresholdFile& threshold, const JsonObject& root) {
  CalibrationFile file;
  file.library_version = threshold.library_version;
  Calibration& calibration = file.calibration;
  calibration.direction = threshold.direction;
  calibration.cutoff = threshold.fit.cutoff;
  const JsonObject parameters = root.object("parameters");
  const auto reduction = parameters.word<MapReduction>("map_reduction", all_reductions);
  if (reduction == MapReduction::every_pixel) {
    // Of pixels, or of scores that are no maps: the same cutoff serves a plain mask, and never an image score.
    calibration.mask = MaskRule{.high = threshold.fit.cutoff};
    calibration.agreement = Agreement::mask_wins;
    file.high = threshold.fit;
  } else {
    calibration.map_reduction = reduction;
    calibration.top_share = top_share_from_json(parameters);
  }
  file.image = threshold.fit;
  return file;
}

}  // namespace

std::string to_json(const CalibrationFile& file) {
  const Calibration& calibration = file.calibration;
  Json json;
  json["format"] = format_name;
  json["version"] = CalibrationFile::format_version;
  json["library_version"] = file.library_version;
  json["direction"] = to_string(calibration.direction);
  json["pipeline"] = {{"text", file.pipeline.text}, {"hash", file.pipeline.hash}};
  json["agreement"] = to_string(calibration.agreement);
  Json& image = json["image"];
  if (file.image) image["fit"] = fit_to_json(*file.image);
  if (file.review) image["review"] = fit_to_json(*file.review);
  image["map_reduction"] = to_string(calibration.map_reduction);
  image["top_share"] = calibration.top_share;
  image["normalisation"] = normalisation_to_json(calibration.normalisation);
  if (calibration.mask) json["mask"] = mask_to_json(file);
  // Long, so last.
  json["tables"] = {{"image_rates", curve_to_json(calibration.rates)},
                    {"mask_rates", curve_to_json(calibration.mask_rates)},
                    {"normal_scores", normal_scores_to_json(file)}};
  return json_text(json);
}

CalibrationFile calibration_from_json(std::string_view text, const std::string& name) {
  const nlohmann::json json = parse_json(text, name);
  const JsonObject root(json, {name, kind});
  const std::string format = root.text("format");
  if (format == "plimsoll-threshold") {
    CalibrationFile file = from_threshold(from_json(text, name), root);
    refuse_without_cutoff(root, file.image, "threshold");
    return file;
  }
  if (format != format_name) root.fail("its format is " + shown(format));
  if (const std::size_t version = root.count("version"); version != CalibrationFile::format_version) {
    root.fail("its version is " + std::to_string(version) + ", known is " +
              std::to_string(CalibrationFile::format_version));
  }
  CalibrationFile file;
  file.library_version = root.text("library_version");
  const JsonObject pipeline = root.object("pipeline");
  file.pipeline = {pipeline.text("text"), pipeline.text("hash")};
  Calibration& calibration = file.calibration;
  calibration.direction = root.word<ScoreDirection>("direction", directions);
  calibration.agreement = root.word<Agreement>("agreement", agreements);
  const JsonObject image = root.object("image");
  if (image.has("fit")) {
    file.image = fit_from_json(image.object("fit"));
    calibration.cutoff = file.image->cutoff;
  }
  if (image.has("review")) {
    file.review = fit_from_json(image.object("review"));
    calibration.review_cutoff = file.review->cutoff;
  }
  calibration.map_reduction = image.word<MapReduction>("map_reduction", reductions);
  calibration.top_share = top_share_from_json(image);
  calibration.normalisation = normalisation_from_json(image.object("normalisation"));
  if (root.has("mask")) calibration.mask = mask_from_json(file, root.object("mask"));
  if (!file.image && !calibration.mask) root.fail("it has neither an image cutoff nor a mask rule");
  const bool by_mask = calibration.agreement == Agreement::mask_wins || calibration.agreement == Agreement::either;
  if (!file.image && !by_mask) {
    root.fail("without an image cutoff (image.fit) no image is anomalous, unless agreement is mask_wins or either");
  }
  const JsonObject tables = root.object("tables");
  calibration.rates = curve_from_json(tables.object("image_rates"));
  calibration.mask_rates = curve_from_json(tables.object("mask_rates"));
  read_normal_scores(file, tables.object("normal_scores"));
  refuse_without_cutoff(root, file.image, "image cutoff");
  refuse_without_cutoff(root, file.review, "review cutoff");
  refuse_without_cutoff(root, file.high, "mask's high level");
  refuse_without_cutoff(root, file.low, "mask's low level");
  return file;
}

void write_calibration_file(const std::string& path, const CalibrationFile& file) {
  const std::string text = to_json(file);
  if (text.size() > most_small_text) {
    throw FileError(path + ": would be over a megabyte, which no calibration file is; shorten the pipeline's text");
  }
  write_file(path, text);
}

CalibrationFile read_calibration_file(const std::string& path) {
  ByteSource source(path);
  return calibration_from_json(read_small_text(source, "calibration file"), source.name());
}

void expect_pipeline(const CalibrationFile& file, const std::string& path, std::string_view hash) {
  if (file.pipeline.hash == hash) return;
  throw FileError(path + ": is of the pipeline " +
                  (file.pipeline.hash.empty() ? "without a hash" : shown(file.pipeline.hash)) + ", expected is " +
                  shown(hash) + "; scores of another pipeline need another calibration");
}

AnyFile read_any_file(const std::string& path) {
  ByteSource source(path);
  const std::string text = read_small_text(source, "threshold or calibration file");
  const nlohmann::json json = parse_json(text, source.name());
  const bool is_calibration = json.is_object() && json.contains("format") && json["format"] == format_name;
  if (is_calibration) return calibration_from_json(text, source.name());
  return from_json(text, source.name());
}

}  // namespace plimsoll::io
