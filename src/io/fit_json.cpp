// SPDX-License-Identifier: Apache-2.0
#include "fit_json.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace plimsoll::io {
namespace {

constexpr std::array statuses{FitStatus::ok,           FitStatus::too_few_scores, FitStatus::missing_class,
                              FitStatus::no_spread,    FitStatus::not_applicable, FitStatus::not_converged,
                              FitStatus::fit_rejected, FitStatus::undetectable,   FitStatus::drifted};
constexpr std::array guarantees{Guarantee::none, Guarantee::distribution_free, Guarantee::model_based};
constexpr std::array score_types{ScoreType::float16, ScoreType::float32, ScoreType::float64};

std::string hex_bits(double value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%016llx",
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
  return text.data();
}

}  // namespace

Json fit_to_json(const Fit& fit) {
  Json json;
  json["method"] = fit.method;
  json["parameters"] = Json::object();
  for (const auto& [name, value] : fit.parameters) {
    if (const double* number = std::get_if<double>(&value)) {
      json["parameters"][name] = number_to_json(*number);
    } else if (const std::string* word = std::get_if<std::string>(&value)) {
      json["parameters"][name] = *word;
    } else {
      json["parameters"][name] = nullptr;
    }
  }
  json["cutoff"] = number_to_json(fit.cutoff.value());
  json["cutoff_bits"] = hex_bits(fit.cutoff.value());
  json["score_type"] = to_string(fit.score_type);
  json["status"] = to_string(fit.status);
  const Promise& promise = fit.promise;
  json["promise"] = {{"guarantee", to_string(promise.guarantee)},
                     {"false_alarm_rate", number_to_json(promise.false_alarm_rate)},
                     {"confidence", number_to_json(promise.confidence)},
                     {"normals", promise.normals},
                     {"normals_needed", promise.normals_needed},
                     {"best_rate", number_to_json(promise.best_rate)},
                     {"text", to_string(promise)}};
  json["counts"] = {{"normal", fit.normal_count},
                    {"anomalous", fit.anomalous_count},
                    {"skipped", fit.skipped_count},
                    {"trimmed", fit.trimmed_count}};
  if (fit.optimum) {
    json["optimum"] = {{"objective", fit.optimum->objective},
                       {"value", number_to_json(fit.optimum->value)},
                       {"above", number_to_json(fit.optimum->above)},
                       {"up_to", number_to_json(fit.optimum->up_to)}};
  }
  if (!fit.curve.empty()) {
    Json& curve = json["curve"];
    for (const CurvePoint& point : fit.curve) {
      curve["cutoff"].push_back(number_to_json(point.cutoff));
      curve["objective"].push_back(number_to_json(point.objective));
      curve["false_alarm_rate"].push_back(number_to_json(point.false_alarm_rate));
      curve["recall"].push_back(number_to_json(point.recall));
    }
  }
  if (fit.interval) {
    json["interval"] = {{"lower", number_to_json(fit.interval->lower)},
                        {"upper", number_to_json(fit.interval->upper)},
                        {"confidence", number_to_json(fit.interval->confidence)},
                        {"method", fit.interval->method}};
  }
  if (fit.goodness) {
    json["goodness"] = {{"test", fit.goodness->test},
                        {"statistic", number_to_json(fit.goodness->statistic)},
                        {"p_value", number_to_json(fit.goodness->p_value)}};
  }
  if (!fit.estimates.empty()) json["estimates"] = numbers_to_json(fit.estimates);
  json["note"] = fit.note;
  return json;
}

Fit fit_from_json(const JsonObject& root) {
  Fit fit;
  fit.method = root.text("method");
  fit.parameters = root.parameters("parameters");
  fit.cutoff = Cutoff{root.number("cutoff")};
  if (hex_bits(fit.cutoff.value()) != root.text("cutoff_bits")) {
    root.fail(root.named("cutoff") +
              " and cutoff_bits are different numbers; after an edit by hand fit with --method manual");
  }
  fit.status = root.word<FitStatus>("status", statuses);
  if (fit.ok() && std::isnan(fit.cutoff.value())) root.fail(root.named("cutoff") + " is null, but status is ok");
  fit.score_type = root.word<ScoreType>("score_type", score_types);
  const JsonObject promise = root.object("promise");
  fit.promise.guarantee = promise.word<Guarantee>("guarantee", guarantees);
  fit.promise.false_alarm_rate = promise.number("false_alarm_rate");
  fit.promise.confidence = promise.number("confidence");
  fit.promise.normals = promise.count("normals");
  fit.promise.normals_needed = promise.count("normals_needed");
  fit.promise.best_rate = promise.number("best_rate");
  const JsonObject counts = root.object("counts");
  fit.normal_count = counts.count("normal");
  fit.anomalous_count = counts.count("anomalous");
  fit.skipped_count = counts.count("skipped");
  if (counts.has("trimmed")) fit.trimmed_count = counts.count("trimmed");
  if (root.has("optimum")) {
    const JsonObject optimum = root.object("optimum");
    fit.optimum =
        Optimum{optimum.text("objective"), optimum.number("value"), optimum.number("above"), optimum.number("up_to")};
  }
  if (root.has("curve")) {
    const JsonObject curve = root.object("curve");
    const std::vector<double> cutoffs = curve.list("cutoff");
    const std::vector<double> objectives = curve.list("objective");
    const std::vector<double> rates = curve.list("false_alarm_rate");
    const std::vector<double> recalls = curve.list("recall");
    if (objectives.size() != cutoffs.size() || rates.size() != cutoffs.size() || recalls.size() != cutoffs.size()) {
      curve.fail(curve.named("cutoff") + ", objective, false_alarm_rate and recall differ in length");
    }
    for (std::size_t i = 0; i < cutoffs.size(); ++i) {
      fit.curve.push_back({cutoffs[i], objectives[i], rates[i], recalls[i]});
    }
  }
  if (root.has("interval")) {
    const JsonObject interval = root.object("interval");
    fit.interval = CutoffInterval{interval.number("lower"), interval.number("upper"), interval.number("confidence"),
                                  interval.text("method")};
  }
  if (root.has("goodness")) {
    const JsonObject goodness = root.object("goodness");
    fit.goodness = GoodnessOfFit{goodness.text("test"), goodness.number("statistic"), goodness.number("p_value")};
  }
  if (root.has("estimates")) fit.estimates = root.numbers("estimates");
  fit.note = root.text("note");
  return fit;
}

std::string json_text(const Json& json) {
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  // nlohmann's decimals read back as the same number but are not always the shortest; std::to_chars' are. No text in
  // the file can look like a number after its key, as quotes within texts are escaped.
  constexpr std::string_view key = "\"cutoff\": ";
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;) {
    at += key.size();
    double cutoff = 0;
    const auto read = std::from_chars(text.data() + at, text.data() + text.size(), cutoff);
    if (read.ec != std::errc{}) continue;  // a list, null, or the word for an infinity
    // JSON readers take "-0" for a whole number, which has no sign.
    const std::string decimal = cutoff == 0 && std::signbit(cutoff) ? "-0.0" : detail::shortest(cutoff);
    text.replace(at, static_cast<std::size_t>(read.ptr - text.data()) - at, decimal);
    at += decimal.size();
  }
  return text;
}

}  // namespace plimsoll::io
