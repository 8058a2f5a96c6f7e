// SPDX-License-Identifier: Apache-2.0
// Calibration files: all comes back to the bit, and whatever else is read is refused with its place.
#include "plimsoll/io/calibration_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "files.hpp"
#include "plimsoll/decide/map_workspace.hpp"
#include "plimsoll/io/file_error.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::io;
using plimsoll::test::Folder;
using plimsoll::test::message_of;
using plimsoll::test::Random;
using Json = nlohmann::ordered_json;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double least = std::numeric_limits<double>::denorm_min();
const double nan = std::nan("");

/// NaN is as good as another.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

bool same(const Normalisation& a, const Normalisation& b) {
  return a.kind == b.kind && same(a.minimum, b.minimum) && same(a.maximum, b.maximum) && same(a.deviation, b.deviation);
}

bool same(const FalseAlarmCurve& a, const FalseAlarmCurve& b) {
  if (a.count != b.count) return false;
  for (std::size_t i = 0; i < a.count; ++i) {
    if (!same(a.knots[i].rate, b.knots[i].rate) || !same(a.knots[i].cutoff, b.knots[i].cutoff)) return false;
  }
  return true;
}

bool same(const ParameterValue& a, const ParameterValue& b) {
  const double* one = std::get_if<double>(&a);
  const double* two = std::get_if<double>(&b);
  return one != nullptr && two != nullptr ? same(*one, *two) : a == b;
}

void check_same(const Fit& a, const Fit& b) {
  CHECK(same(a.cutoff.value(), b.cutoff.value()));
  CHECK(a.status == b.status);
  CHECK(a.method == b.method);
  CHECK(std::ranges::equal(a.parameters, b.parameters, [](const auto& x, const auto& y) {
    return x.first == y.first && same(x.second, y.second);
  }));
  CHECK(a.promise.guarantee == b.promise.guarantee);
  CHECK(same(a.promise.false_alarm_rate, b.promise.false_alarm_rate));
  CHECK(same(a.promise.confidence, b.promise.confidence));
  CHECK(a.promise.normals == b.promise.normals);
  CHECK(a.promise.normals_needed == b.promise.normals_needed);
  CHECK(same(a.promise.best_rate, b.promise.best_rate));
  CHECK(a.score_type == b.score_type);
  CHECK(a.normal_count == b.normal_count);
  CHECK(a.anomalous_count == b.anomalous_count);
  CHECK(a.skipped_count == b.skipped_count);
  CHECK(a.trimmed_count == b.trimmed_count);
  REQUIRE(a.optimum.has_value() == b.optimum.has_value());
  if (a.optimum) {
    CHECK(a.optimum->objective == b.optimum->objective);
    CHECK(same(a.optimum->value, b.optimum->value));
    CHECK(same(a.optimum->above, b.optimum->above));
    CHECK(same(a.optimum->up_to, b.optimum->up_to));
  }
  REQUIRE(a.interval.has_value() == b.interval.has_value());
  if (a.interval) {
    CHECK(same(a.interval->lower, b.interval->lower));
    CHECK(same(a.interval->upper, b.interval->upper));
    CHECK(same(a.interval->confidence, b.interval->confidence));
    CHECK(a.interval->method == b.interval->method);
  }
  REQUIRE(a.goodness.has_value() == b.goodness.has_value());
  if (a.goodness) {
    CHECK(a.goodness->test == b.goodness->test);
    CHECK(same(a.goodness->statistic, b.goodness->statistic));
    CHECK(same(a.goodness->p_value, b.goodness->p_value));
  }
  CHECK(std::ranges::equal(a.estimates, b.estimates, [](const auto& x, const auto& y) {
    return x.first == y.first && same(x.second, y.second);
  }));
  CHECK(a.note == b.note);
}

void check_same(const std::optional<Fit>& a, const std::optional<Fit>& b) {
  REQUIRE(a.has_value() == b.has_value());
  if (a) check_same(*a, *b);
}

void check_same(const CalibrationFile& a, const CalibrationFile& b) {
  const Calibration& x = a.calibration;
  const Calibration& y = b.calibration;
  CHECK(x.direction == y.direction);
  CHECK(same(x.cutoff.value(), y.cutoff.value()));
  CHECK(same(x.review_cutoff.value(), y.review_cutoff.value()));
  CHECK(x.map_reduction == y.map_reduction);
  CHECK(same(x.top_share, y.top_share));
  REQUIRE(x.mask.has_value() == y.mask.has_value());
  if (x.mask) {
    CHECK(*x.mask == *y.mask);
    CHECK(same(x.mask->high.value(), y.mask->high.value()));
    CHECK(same(x.mask->low.value(), y.mask->low.value()));
  }
  CHECK(x.agreement == y.agreement);
  CHECK(same(x.normalisation, y.normalisation));
  CHECK(same(x.pixel_normalisation, y.pixel_normalisation));
  CHECK(same(x.rates, y.rates));
  CHECK(same(x.mask_rates, y.mask_rates));
  check_same(a.image, b.image);
  check_same(a.review, b.review);
  check_same(a.high, b.high);
  check_same(a.low, b.low);
  CHECK(a.pipeline == b.pipeline);
  CHECK(a.normal_count == b.normal_count);
  CHECK(std::ranges::equal(a.normal_scores, b.normal_scores, [](const auto& k, const auto& l) {
    return same(k.score, l.score) && k.at_least == l.at_least && k.above == l.above;
  }));
  CHECK(a.library_version == b.library_version);
}

/// A fit with every field, each with a number of its own.
Fit full_fit(double cutoff) {
  Fit fit;
  fit.cutoff = Cutoff{cutoff};
  fit.method = "tail";
  fit.parameters = {
      {"false_alarm_rate", 0.1}, {"confidence", std::monostate{}}, {"map_reduction", std::string("top_mean")}};
  fit.promise = {Guarantee::model_based, 1.0 / 3, nan, 70, 19, 1.0 / 71};
  fit.score_type = ScoreType::float32;
  fit.normal_count = 70;
  fit.anomalous_count = 3;
  fit.skipped_count = 4;
  fit.trimmed_count = 5;
  fit.optimum = {"f_beta", 0.7, -infinity, cutoff};
  fit.interval = {cutoff - 0.1, infinity, 0.95, "profile likelihood"};
  fit.goodness = {"anderson_darling", 0.3, 1e-300};
  fit.estimates = {{"xi", -0.1}, {"sigma", nan}, {"mu", -0.0}};
  fit.note = "a \"note\"\nin two lines";
  return fit;
}

CalibrationFile full_file() {
  CalibrationFile file;
  Calibration& line = file.calibration;
  line.direction = ScoreDirection::lower_is_anomalous;
  line.cutoff = Cutoff{0.1 + 0.2};
  line.review_cutoff = Cutoff{-1.0 / 3};
  line.map_reduction = MapReduction::top_mean;
  line.top_share = 0.007;
  line.mask = MaskRule{.high = Cutoff{0.7},
                       .low = Cutoff{0.4},
                       .connectivity = Connectivity::four,
                       .erosion = 1,
                       .dilation = 2,
                       .fill_holes = true,
                       .minimum_area = 4294967295};
  line.agreement = Agreement::label_wins;
  line.normalisation = {NormalisationKind::z_score, -1.5, 2.5, 0.3};
  line.pixel_normalisation = {NormalisationKind::tail, -3, 3, 0.9};
  line.rates.count = 3;
  line.rates.knots[0] = {0.5, -0.0};
  line.rates.knots[1] = {0.1, 0.1 + 0.2};
  line.rates.knots[2] = {1e-4, 7};
  line.mask_rates.count = 64;
  for (std::size_t i = 0; i < 64; ++i) {
    line.mask_rates.knots[i] = {1 / (2 + static_cast<double>(i)), std::sqrt(static_cast<double>(i))};
  }
  file.image = full_fit(0.1 + 0.2);
  file.review = full_fit(-1.0 / 3);
  file.high = full_fit(0.7);
  file.low = full_fit(0.4);
  file.pipeline = {"PatchCore, 256 \xc3\x97 256, \xe7\x95\xb0\xe5\xb8\xb8 \xf0\x9f\x94\xa9 \"\\\t", "sha256:00ff"};
  file.normal_scores = {{-1.0 / 3, 70, 69}, {0.25, 60, 58}, {1e300, 1, 0}};
  file.normal_count = 70;
  file.library_version = "9.8.7";
  return file;
}

/// Read back from its text.
CalibrationFile again(const CalibrationFile& file) {
  return calibration_from_json(to_json(file), "cal.json");
}

std::string refusal(const std::string& text) {
  return message_of([&] { static_cast<void>(calibration_from_json(text, "cal.json")); });
}

bool mentions(const std::string& message, const std::string& what) {
  return message.starts_with("cal.json: ") && message.find(what) != std::string::npos;
}

/// The full file's text with one thing changed.
std::string edited(const std::string& pointer, const Json& value) {
  Json json = Json::parse(to_json(full_file()));
  json[Json::json_pointer(pointer)] = value;
  return json.dump();
}

std::string without(const std::string& field) {
  const Json::json_pointer pointer(field);
  Json json = Json::parse(to_json(full_file()));
  json[pointer.parent_pointer()].erase(pointer.back());
  return json.dump();
}

TEST_CASE("calibration file: every field comes back to the bit") {
  check_same(again(full_file()), full_file());
}

TEST_CASE("calibration file: every word comes back") {
  for (const Agreement agreement :
       {Agreement::review, Agreement::label_wins, Agreement::mask_wins, Agreement::either}) {
    for (const NormalisationKind kind :
         {NormalisationKind::min_max, NormalisationKind::z_score, NormalisationKind::tail}) {
      for (const MapReduction reduction : {MapReduction::maximum, MapReduction::top_mean}) {
        CalibrationFile file = full_file();
        file.calibration.agreement = agreement;
        file.calibration.normalisation.kind = kind;
        file.calibration.map_reduction = reduction;
        file.calibration.direction = ScoreDirection::higher_is_anomalous;
        file.calibration.mask->connectivity = Connectivity::eight;
        file.calibration.mask->fill_holes = false;
        check_same(again(file), file);
      }
    }
  }
}

TEST_CASE("calibration file: extreme numbers come back") {
  for (const double number : {infinity, -infinity, largest, -largest, least, -least, 0.0, -0.0, 0x1.fffffffffffffp-1022,
                              5e-324, 1e22, 1e23, 0x1p53 + 2, 0.1, 123456789012345678.0}) {
    CAPTURE(number);
    CalibrationFile file = full_file();
    file.calibration.cutoff = file.calibration.review_cutoff = Cutoff{number};
    file.calibration.mask->high = file.calibration.mask->low = Cutoff{number};
    file.image = file.review = file.high = file.low = full_fit(number);
    file.calibration.normalisation = {NormalisationKind::min_max, number, -number, number};
    file.calibration.pixel_normalisation = {NormalisationKind::min_max, nan, number, nan};
    if (std::isfinite(number)) {
      file.calibration.rates.count = 2;
      file.calibration.rates.knots[0] = {1 - 0x1p-53, number};
      file.calibration.rates.knots[1] = {least, number};
    }
    file.normal_scores = {{number, 4294967295, 4294967294}};
    file.normal_count = 4294967295;
    file.calibration.top_share = std::abs(number) > 0 && std::abs(number) <= 1 ? std::abs(number) : 1;
    check_same(again(file), file);
  }
}

TEST_CASE("calibration file: what may be missing may be missing") {
  for (int which = 0; which < 32; ++which) {
    CAPTURE(which);
    CalibrationFile file = full_file();
    Calibration& line = file.calibration;
    if ((which & 1) != 0) {
      file.review.reset();
      line.review_cutoff = Cutoff{};
    }
    if ((which & 2) != 0) {
      file.low.reset();
      line.mask->low = line.mask->high;
    }
    if ((which & 4) != 0) {
      line.mask.reset();
      line.pixel_normalisation = {};
      file.high.reset();
      file.low.reset();
    }
    if ((which & 8) != 0) {
      line.rates = line.mask_rates = {};
      file.normal_scores.clear();
      file.normal_count = 0;
      file.pipeline = {};
    }
    if ((which & 16) != 0) {
      if (!line.mask) continue;
      file.image.reset();
      line.cutoff = Cutoff{};
      line.agreement = Agreement::mask_wins;
    }
    check_same(again(file), file);
  }
}

TEST_CASE("calibration file: a file is written and read as its text is") {
  const Folder folder;
  const std::string path = folder.file("cal.json");
  write_calibration_file(path, full_file());
  CHECK(test::content_of(path) == to_json(full_file()));
  CHECK(test::content_of(path).ends_with("}\n"));
  check_same(read_calibration_file(path), full_file());
  const AnyFile any = read_any_file(path);
  REQUIRE(std::holds_alternative<CalibrationFile>(any));
  check_same(std::get<CalibrationFile>(any), full_file());
  CHECK(folder.count() == 1);
  // What would not be read again is not written: a control character takes six bytes.
  CalibrationFile large = full_file();
  large.pipeline.text = std::string(200000, '\1');
  CHECK(message_of([&] {
          write_calibration_file(folder.file("large.json"), large);
        }).starts_with(folder.file("large.json") + ": would be over a megabyte"));
  CHECK_FALSE(std::filesystem::exists(folder.file("large.json")));
  CHECK(message_of([&] { write_calibration_file(folder.file("none/cal.json"), full_file()); }).find("none/cal.json") !=
        std::string::npos);
  CHECK(message_of([&] { static_cast<void>(read_calibration_file(folder.file("none"))); }).find("no such file") !=
        std::string::npos);
}

TEST_CASE("calibration file: a field that is missing is named") {
  // Each with what it is called in the message.
  const std::vector<std::string> fit_fields{"method",
                                            "parameters",
                                            "cutoff",
                                            "cutoff_bits",
                                            "score_type",
                                            "status",
                                            "promise",
                                            "promise.guarantee",
                                            "promise.false_alarm_rate",
                                            "promise.confidence",
                                            "promise.normals",
                                            "promise.normals_needed",
                                            "promise.best_rate",
                                            "counts",
                                            "counts.normal",
                                            "counts.anomalous",
                                            "counts.skipped",
                                            "optimum.objective",
                                            "optimum.value",
                                            "optimum.above",
                                            "optimum.up_to",
                                            "interval.lower",
                                            "interval.upper",
                                            "interval.confidence",
                                            "interval.method",
                                            "goodness.test",
                                            "goodness.statistic",
                                            "goodness.p_value",
                                            "note"};
  std::vector<std::string> fields{"format",
                                  "version",
                                  "library_version",
                                  "direction",
                                  "pipeline",
                                  "pipeline.text",
                                  "pipeline.hash",
                                  "agreement",
                                  "image",
                                  "image.map_reduction",
                                  "image.top_share",
                                  "image.normalisation",
                                  "image.normalisation.kind",
                                  "image.normalisation.minimum",
                                  "image.normalisation.maximum",
                                  "image.normalisation.deviation",
                                  "mask.high",
                                  "mask.connectivity",
                                  "mask.erosion",
                                  "mask.dilation",
                                  "mask.fill_holes",
                                  "mask.minimum_area",
                                  "mask.normalisation",
                                  "mask.normalisation.kind",
                                  "tables",
                                  "tables.image_rates",
                                  "tables.image_rates.rate",
                                  "tables.image_rates.cutoff",
                                  "tables.mask_rates",
                                  "tables.mask_rates.rate",
                                  "tables.normal_scores",
                                  "tables.normal_scores.count",
                                  "tables.normal_scores.score",
                                  "tables.normal_scores.at_least",
                                  "tables.normal_scores.above"};
  for (const std::string fit : {"image.fit.", "image.review.", "mask.high.", "mask.low."}) {
    for (const std::string& field : fit_fields) fields.push_back(fit + field);
  }
  for (const std::string& field : fields) {
    std::string pointer = "/" + field;
    std::ranges::replace(pointer, '.', '/');
    CAPTURE(field);
    CHECK(mentions(refusal(without(pointer)), "field " + field + " is missing"));
    // None of them may be null but the numbers that may be NaN, and the object of the wrong type never.
    const std::string wrong = refusal(edited(pointer, Json::array({Json::object()})));
    CAPTURE(wrong);
    CHECK(mentions(wrong, field));
  }
  for (const std::string field : {"image", "image.fit", "mask", "mask.low", "tables", "pipeline"}) {
    std::string pointer = "/" + field;
    std::ranges::replace(pointer, '.', '/');
    for (const Json& value : {Json(3), Json("text"), Json::array(), Json(true)}) {
      CHECK(mentions(refusal(edited(pointer, value)), "field " + field + " is not an object"));
    }
  }
}

TEST_CASE("calibration file: a senseless value is refused with its place") {
  struct Case {
    std::string pointer;
    Json value;
    std::string message;
  };
  const Json big = Json::parse("4294967296");
  const std::vector<Case> cases{
      {"/format", "plimsoll", "its format is 'plimsoll'"},
      {"/format", "plimsoll-threshold\n", "its format is"},
      {"/version", 2, "its version is 2, known is 1"},
      {"/version", 0, "its version is 0, known is 1"},
      {"/version", -1, "field version is not a count"},
      {"/version", 1.0, "field version is not a count"},
      {"/version", "1", "field version is not a count"},
      {"/direction", "upwards", "field direction has the unknown word 'upwards'"},
      {"/direction", "Higher_is_anomalous", "field direction has the unknown word"},
      {"/agreement", "", "field agreement has the unknown word ''"},
      {"/agreement", "either\x01", "field agreement has the unknown word 'either?'"},
      {"/image/map_reduction", "every_pixel", "field image.map_reduction has the unknown word"},
      {"/image/top_share", 0, "field image.top_share is not in (0, 1]"},
      {"/image/top_share", -0.1, "field image.top_share is not in (0, 1]"},
      {"/image/top_share", 1.0000001, "field image.top_share is not in (0, 1]"},
      {"/image/top_share", nullptr, "field image.top_share is not in (0, 1]"},
      {"/image/top_share", "inf", "field image.top_share is not in (0, 1]"},
      {"/image/top_share", "nan", "field image.top_share is not a number"},
      {"/image/normalisation/kind", "log", "field image.normalisation.kind has the unknown word 'log'"},
      {"/image/normalisation/maximum", "Inf", "field image.normalisation.maximum is not a number"},
      {"/mask/normalisation/kind", "log", "field mask.normalisation.kind has the unknown word 'log'"},
      {"/mask/connectivity", 6, "field mask.connectivity is neither 4 nor 8"},
      {"/mask/connectivity", 8.0, "field mask.connectivity is not a count"},
      {"/mask/erosion", -1, "field mask.erosion is not a count"},
      {"/mask/erosion", big, "field mask.erosion is too large"},
      {"/mask/dilation", 1.5, "field mask.dilation is not a count"},
      {"/mask/dilation", big, "field mask.dilation is too large"},
      {"/mask/minimum_area", big, "field mask.minimum_area is too large"},
      {"/mask/fill_holes", 1, "field mask.fill_holes is neither true nor false"},
      {"/image/fit/cutoff", 0.3, "field image.fit.cutoff and cutoff_bits are different numbers"},
      {"/image/review/cutoff", -0.3, "field image.review.cutoff and cutoff_bits are different numbers"},
      {"/mask/high/cutoff", 0.8, "field mask.high.cutoff and cutoff_bits are different numbers"},
      {"/mask/low/cutoff_bits", "0x3fd999999999999b", "field mask.low.cutoff and cutoff_bits are different numbers"},
      {"/mask/low/cutoff_bits", "3fd999999999999a", "field mask.low.cutoff and cutoff_bits are different numbers"},
      {"/mask/low/cutoff_bits", "0x3FD999999999999A", "field mask.low.cutoff and cutoff_bits are different numbers"},
      {"/image/fit/status", "fine", "field image.fit.status has the unknown word 'fine'"},
      {"/image/fit/status", "too_few_scores", "the fit of the image cutoff has no cutoff (too_few_scores)"},
      {"/image/review/status", "no_spread", "the fit of the review cutoff has no cutoff (no_spread)"},
      {"/mask/high/status", "not_converged", "the fit of the mask's high level has no cutoff (not_converged)"},
      {"/mask/low/status", "fit_rejected", "the fit of the mask's low level has no cutoff (fit_rejected)"},
      {"/mask/low/score_type", "float8", "field mask.low.score_type has the unknown word 'float8'"},
      {"/mask/low/promise/guarantee", "much", "field mask.low.promise.guarantee has the unknown word 'much'"},
      {"/mask/low/promise/normals", -7, "field mask.low.promise.normals is not a count"},
      {"/image/fit/parameters/trim", true, "field image.fit.parameters.trim is neither number, text nor null"},
      {"/image/fit/estimates/xi", "much", "field image.fit.estimates.xi is not a number"},
      {"/tables/image_rates/rate", Json::array({0.5, 0.1}),
       "field tables.image_rates.rate and cutoff differ in length"},
      {"/tables/image_rates/rate", Json::array({0.5, 0.6, 0.1}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/rate", Json::array({0.5, 0.5, 0.1}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/rate", Json::array({1, 0.5, 0.1}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/rate", Json::array({0.5, 0.1, 0}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/rate", Json::array({0.5, nullptr, 0.1}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/rate", Json::array({0.5, "a", 0.1}), "field tables.image_rates.rate[1] is not a number"},
      {"/tables/image_rates/cutoff", Json::array({0, 2, 1}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/cutoff", Json::array({0, 1, "inf"}), "field tables.image_rates.rate must fall"},
      {"/tables/image_rates/cutoff", Json::array({nullptr, 1, 2}), "field tables.image_rates.rate must fall"},
      {"/tables/mask_rates",
       {{"rate", std::vector<double>(65, 0.1)}, {"cutoff", std::vector<double>(65, 1)}},
       "field tables.mask_rates.rate has 65 numbers, there may be 64"},
      {"/tables/mask_rates", {{"rate", {0.1, 0.2}}, {"cutoff", {1, 1}}}, "field tables.mask_rates.rate must fall"},
      {"/tables/normal_scores/count", 69,
       "field tables.normal_scores.at_least has what is no whole number up to count"},
      {"/tables/normal_scores/count", big, "field tables.normal_scores.count is too large"},
      {"/tables/normal_scores/count", nullptr, "field tables.normal_scores.count is not a count"},
      {"/tables/normal_scores/score", Json::array({1, 2}),
       "field tables.normal_scores.score and at_least differ in length"},
      {"/tables/normal_scores/above", Json::array({1, 0}),
       "field tables.normal_scores.score and above differ in length"},
      {"/tables/normal_scores/score", Json::array({1, 1, 2}), "field tables.normal_scores.score must rise"},
      {"/tables/normal_scores/score", Json::array({1, nullptr, 2}), "field tables.normal_scores.score must rise"},
      {"/tables/normal_scores/at_least", Json::array({70, 60.5, 1}),
       "field tables.normal_scores.at_least has what is no"},
      {"/tables/normal_scores/at_least", Json::array({70, -1, 1}),
       "field tables.normal_scores.at_least has what is no"},
      {"/tables/normal_scores/at_least", Json::array({70, nullptr, 1}), "field tables.normal_scores.at_least has what"},
      {"/tables/normal_scores/at_least", Json::array({70, 70, 1}), "field tables.normal_scores.score must rise"},
      {"/tables/normal_scores/above", Json::array({70, 58, 0}), "field tables.normal_scores.score must rise"},
      {"/tables/normal_scores/above", Json::array({69, 1e300, 0}), "field tables.normal_scores.above has what is no"},
  };
  for (const Case& one : cases) {
    const std::string message = refusal(edited(one.pointer, one.value));
    CAPTURE(one.pointer, one.value.dump(), message);
    CHECK(mentions(message, one.message));
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("calibration file: a cutoff that is no number is refused") {
  CalibrationFile file = full_file();
  file.review = full_fit(nan);
  CHECK(mentions(refusal(to_json(file)), "field image.review.cutoff is null, but status is ok"));
}

TEST_CASE("calibration file: without an image cutoff the mask must decide") {
  Json json = Json::parse(to_json(full_file()));
  json["image"].erase("fit");
  for (const std::string agreement : {"review", "label_wins"}) {
    json["agreement"] = agreement;
    CHECK(mentions(refusal(json.dump()), "unless agreement is mask_wins or either"));
  }
  for (const std::string agreement : {"mask_wins", "either"}) {
    json["agreement"] = agreement;
    CHECK(refusal(json.dump()) == "no error");
  }
  json.erase("mask");
  CHECK(mentions(refusal(json.dump()), "neither an image cutoff nor a mask rule"));
}

TEST_CASE("calibration file: what is not one is refused") {
  using namespace std::string_literals;
  for (const std::string& text : {""s, " "s, "{"s, "["s, "]"s, "nul"s, "\xff\xfe{}"s, "\0"s, "{}{}"s, "// {}"s,
                                  "{\"format\": \"plimsoll-calibration\""s, to_json(full_file()) + "x",
                                  "\xef\xbb\xbf\xef\xbb\xbf" + to_json(full_file()), "{\"a\": \"\xc3\"}"s}) {
    CAPTURE(text);
    CHECK(mentions(refusal(text), "not JSON: error at byte"));
  }
  CHECK(mentions(refusal("{\"format\": 1e999}"), "a number is beyond the largest double"));
  for (const std::string text : {"[]", "3", "null", "\"plimsoll-calibration\"", "true"}) {
    CHECK(mentions(refusal(text), "it is not a JSON object"));
  }
  CHECK(mentions(refusal("{}"), "field format is missing"));
  // Nested so deep that reading by recursion would not end well.
  CHECK(mentions(refusal(std::string(1000000, '[')), "not JSON"));
  for (const std::size_t depth : {1U, 64U}) {
    CHECK(mentions(refusal(std::string(depth, '[') + "1" + std::string(depth, ']')), "it is not a JSON object"));
  }
  for (const std::size_t depth : {65U, 100000U}) {
    CHECK(mentions(refusal(std::string(depth, '[') + std::string(depth, ']')), "nested too deep"));
  }
}

TEST_CASE("calibration file: unknown fields and the order of fields do not matter") {
  Json json = Json::parse(to_json(full_file()));
  json["colour"] = "green";
  json["image"]["colour"] = Json::array({1, 2});
  check_same(calibration_from_json(json.dump(), "cal.json"), full_file());
  // nlohmann::json, unlike ordered_json, sorts.
  check_same(calibration_from_json(nlohmann::json(json).dump(3), "cal.json"), full_file());
}

ThresholdFile threshold_file(const std::string& reduction) {
  ThresholdFile file{full_fit(0.7), ScoreDirection::lower_is_anomalous};
  file.fit.parameters["map_reduction"] = reduction;
  file.fit.parameters["top_share"] = 0.25;
  return file;
}

TEST_CASE("calibration file: a threshold file is read as it took maps in") {
  for (const std::string reduction : {"maximum", "top_mean"}) {
    const CalibrationFile file = calibration_from_json(to_json(threshold_file(reduction)), "line.json");
    CHECK(to_string(file.calibration.map_reduction) == reduction);
    CHECK(file.calibration.top_share == 0.25);
    CHECK(file.calibration.cutoff.value() == 0.7);
    CHECK(file.calibration.direction == ScoreDirection::lower_is_anomalous);
    CHECK_FALSE(file.calibration.mask);
    check_same(file.image, threshold_file(reduction).fit);
    CHECK_FALSE(file.high);
  }
  // Of pixels: the mask decides. Where low scores are strange a pixel of -.7 and lower is.
  const CalibrationFile file = calibration_from_json(to_json(threshold_file("every_pixel")), "line.json");
  REQUIRE(file.calibration.mask);
  CHECK(*file.calibration.mask == MaskRule{.high = Cutoff{0.7}});
  CHECK(file.calibration.agreement == Agreement::mask_wins);
  check_same(file.high, threshold_file("every_pixel").fit);
  MapWorkspace workspace(2, 2);
  const std::vector<double> normal{0.7, -0.6, 5, 6};
  const std::vector<double> strange{0.7, -0.7, 5, 6};
  CHECK(file.calibration.decide(ScoreMap(normal.data(), 2, 2), workspace).label == Label::normal);
  const Decision decision = file.calibration.decide(ScoreMap(strange.data(), 2, 2), workspace);
  CHECK(decision.label == Label::anomalous);
  CHECK(decision.regions.size() == 1);
  // Read as either file it stays what it is.
  const Folder folder;
  write_threshold_file(folder.file("line.json"), threshold_file("maximum"));
  CHECK(std::holds_alternative<ThresholdFile>(read_any_file(folder.file("line.json"))));
  check_same(read_calibration_file(folder.file("line.json")).image, threshold_file("maximum").fit);
}

TEST_CASE("calibration file: a threshold file that does not say how it took maps in is refused") {
  const auto refused = [](const std::string& name, const std::optional<ParameterValue>& value) {
    ThresholdFile file = threshold_file("top_mean");
    if (value) {
      file.fit.parameters.insert_or_assign(name, *value);
    } else {
      file.fit.parameters.erase(name);
    }
    return refusal(to_json(file));
  };
  CHECK(mentions(refused("map_reduction", std::nullopt), "field parameters.map_reduction is missing"));
  CHECK(mentions(refused("map_reduction", "mean"), "field parameters.map_reduction has the unknown word 'mean'"));
  CHECK(mentions(refused("map_reduction", 3.0), "field parameters.map_reduction is not a text"));
  CHECK(mentions(refused("top_share", std::nullopt), "field parameters.top_share is missing"));
  for (const double share : {0.0, -1.0, 1.5, nan, infinity}) {
    CHECK(refused("top_share", share).starts_with("cal.json: "));
  }
  ThresholdFile failed = threshold_file("maximum");
  failed.fit.status = FitStatus::not_converged;
  CHECK(mentions(refusal(to_json(failed)), "the fit of the threshold has no cutoff (not_converged)"));
}

TEST_CASE("calibration file: another pipeline is refused") {
  const CalibrationFile file = full_file();
  CHECK_NOTHROW(expect_pipeline(file, "cal.json", "sha256:00ff"));
  for (const std::string hash : {"sha256:00fe", "", "sha256:00ff ", "SHA256:00FF"}) {
    const std::string message = message_of([&] { expect_pipeline(file, "cal.json", hash); });
    CHECK(mentions(message, "'sha256:00ff'"));
    CHECK(mentions(message, "expected is '" + hash + "'"));
  }
  CalibrationFile bare = file;
  bare.pipeline.hash = "";
  CHECK(mentions(message_of([&] { expect_pipeline(bare, "cal.json", "a"); }), "without a hash"));
}

/// That nothing senseless is in it, and it decides.
bool valid(const CalibrationFile& file) {
  const Calibration& line = file.calibration;
  const auto fine = [](const std::optional<Fit>& fit, Cutoff cutoff) {
    return !fit || (fit->ok() && same(fit->cutoff.value(), cutoff.value()) && !std::isnan(cutoff.value()));
  };
  if (!fine(file.image, line.cutoff) || !fine(file.review, line.review_cutoff)) return false;
  if (!line.rates.valid() || !line.mask_rates.valid() || !file.normals().valid()) return false;
  if (!(line.top_share > 0 && line.top_share <= 1)) return false;
  if (line.map_reduction != MapReduction::maximum && line.map_reduction != MapReduction::top_mean) return false;
  if (to_string(line.agreement) == "review" && line.agreement != Agreement::review) return false;
  if (!file.image && !line.mask) return false;
  if (line.mask) {
    if (!file.high || !fine(file.high, line.mask->high)) return false;
    if (!(line.mask->low.value() <= line.mask->high.value())) return false;
    if (line.mask->connectivity != Connectivity::four && line.mask->connectivity != Connectivity::eight) return false;
  }
  std::vector<double> pixels;
  for (int i = 0; i < 63; ++i) pixels.push_back(std::sin(i * 12.9898));
  MapWorkspace workspace(7, 9);
  const Decision decision = line.decide(ScoreMap(pixels.data(), 7, 9), workspace);
  const double shown = line.normalised(decision.score);
  const double p_value = file.normals().p_value(decision.score);
  return !std::isnan(decision.score) && shown >= 0 && shown <= 1 && p_value > 0 && p_value <= 1;
}

/// Reads the text: whether it was taken. Anything but a valid calibration or a FileError with the name fails.
bool taken(const std::string& text) {
  std::optional<CalibrationFile> file;
  try {
    file = calibration_from_json(text, "cal.json");
  } catch (const FileError& error) {
    const std::string message = error.what();
    if (!message.starts_with("cal.json: ") || message.find('\n') != std::string::npos) FAIL(message);
    return false;
  } catch (const std::exception& error) {
    FAIL("other than a FileError: " << error.what() << "\n" << text);
  }
  if (!valid(*file)) FAIL("nonsense taken:\n" << text);
  // And it is the same when it is written and read again.
  const std::string written = to_json(*file);
  if (to_json(calibration_from_json(written, "cal.json")) != written) FAIL("not the same again:\n" << text);
  return true;
}

TEST_CASE("calibration file: damaged bytes are refused, or are a calibration all the same") {
  Random random(1);
  const std::string whole = to_json(full_file());
  std::size_t taken_count = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text = whole;
    for (std::size_t edits = 1 + random.below(3); edits-- > 0;) {
      const std::size_t at = random.below(text.size());
      const std::size_t length = std::min<std::size_t>(1 + random.below(20), text.size() - at);
      switch (random.below(6)) {
        case 0: text[at] = static_cast<char>(random.below(256)); break;
        case 1: text[at] = "0123456789-+.eE\",:{}[] "[random.below(23)]; break;
        case 2: text.erase(at, length); break;
        case 3: text.insert(at, text.substr(random.below(text.size()), length)); break;
        case 4: text.insert(at, 1, "0123456789"[random.below(10)]); break;
        default: text = random.below(5) == 0 ? text.substr(0, std::max<std::size_t>(at, 1)) : text; break;
      }
      if (text.empty()) text = "x";
    }
    taken_count += taken(text);
  }
  // Both happen: some edits are in a text, or in a number that may be any.
  CHECK(taken_count > 20);
  CHECK(taken_count < 1500);
}

TEST_CASE("calibration file: damaged fields are refused, or are a calibration all the same") {
  Random random(2);
  const Json whole = Json::parse(to_json(full_file()));
  std::vector<std::string> places;
  const Json flat = whole.flatten();
  for (const auto& [place, value] : flat.items()) {
    for (std::string part = place; !part.empty(); part = part.substr(0, part.rfind('/'))) places.push_back(part);
  }
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  const std::vector<Json> values{nullptr,
                                 true,
                                 false,
                                 0,
                                 1,
                                 -1,
                                 2,
                                 4,
                                 8,
                                 0.5,
                                 1.5,
                                 -0.5,
                                 1e308,
                                 -1e308,
                                 5e-324,
                                 "",
                                 "inf",
                                 "-inf",
                                 "nan",
                                 "0x3fd3333333333334",
                                 "ok",
                                 "plimsoll-threshold",
                                 "every_pixel",
                                 Json::array(),
                                 Json::object(),
                                 Json::array({1}),
                                 Json::array({nullptr}),
                                 Json::parse("18446744073709551615"),
                                 Json::parse("-9223372036854775808"),
                                 Json::parse("4294967295"),
                                 Json::parse("4294967296")};
  std::size_t taken_count = 0;
  for (int round = 0; round < 3000; ++round) {
    Json json = whole;
    for (std::size_t edits = 1 + random.below(2); edits-- > 0;) {
      const Json::json_pointer pointer(places[random.below(places.size())]);
      const Json::json_pointer other(places[random.below(places.size())]);
      if (!json.contains(pointer)) continue;
      switch (random.below(4)) {
        case 0: {
          Json& parent = json[pointer.parent_pointer()];
          if (parent.is_object()) parent.erase(pointer.back());
          break;
        }
        case 1:
          if (json.contains(other)) json[pointer] = Json(json[other]);
          break;
        default: json[pointer] = values[random.below(values.size())]; break;
      }
    }
    taken_count += taken(json.dump());
  }
  CHECK(taken_count > 100);
  CHECK(taken_count < 2500);
}

TEST_CASE("calibration file: a low level above the high one counts as the high one") {
  CalibrationFile file = full_file();
  file.low = full_fit(0.9);  // the high one is .7
  const CalibrationFile back = again(file);
  CHECK(back.calibration.mask->high.value() == 0.7);
  CHECK(back.calibration.mask->low.value() == 0.7);
  check_same(back.low, file.low);
}

TEST_CASE("calibration file: one of a megabyte is written and read, and one of a byte more is not") {
  const Folder folder;
  constexpr std::size_t megabyte = 1024 * 1024;
  CalibrationFile file = full_file();
  file.pipeline.text.clear();
  file.pipeline.text = std::string(megabyte - to_json(file).size(), 'x');
  const std::string path = folder.file("cal.json");
  write_calibration_file(path, file);
  CHECK(test::content_of(path).size() == megabyte);
  CHECK((read_calibration_file(path).pipeline == file.pipeline));
  file.pipeline.text += 'x';
  CHECK_THROWS_AS(write_calibration_file(path, file), FileError);
  CHECK(test::content_of(path).size() == megabyte);
}

}  // namespace
