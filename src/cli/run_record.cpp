// SPDX-License-Identifier: Apache-2.0
#include "run_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <span>

#include "options.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double number_from(const Json& json) {
  if (json.is_null()) return unknown;
  if (json.is_string()) {
    const double infinity = std::numeric_limits<double>::infinity();
    return json.get<std::string>() == "-inf" ? -infinity : infinity;
  }
  return json.get<double>();
}

Json to_json(const RunResult& result) {
  const RateInterval interval = rate_interval(result.test);
  return {{"set", result.set},
          {"method", result.method},
          {"resample", result.resample},
          {"status", result.status},
          {"cutoff", json_number(result.cutoff)},
          {"rate", json_number(result.rate)},
          {"confidence", json_number(result.confidence)},
          {"promised", result.promised},
          {"calibration_rate", json_number(result.calibration_rate)},
          {"caught", result.test.caught},
          {"missed", result.test.missed},
          {"false_alarms", result.test.false_alarms},
          {"passed", result.test.passed},
          {"false_alarm_interval", {interval.lower, interval.upper}},
          {"regret", json_number(result.regret)}};
}

RunResult result_from(const Json& json) {
  RunResult result;
  result.set = json.at("set").get<std::string>();
  result.method = json.at("method").get<std::string>();
  result.resample = json.at("resample").get<std::size_t>();
  result.status = json.at("status").get<std::string>();
  result.cutoff = number_from(json.at("cutoff"));
  result.rate = number_from(json.at("rate"));
  result.confidence = number_from(json.at("confidence"));
  result.promised = json.at("promised").get<bool>();
  result.calibration_rate = number_from(json.at("calibration_rate"));
  result.test = {json.at("caught").get<std::size_t>(), json.at("missed").get<std::size_t>(),
                 json.at("false_alarms").get<std::size_t>(), json.at("passed").get<std::size_t>()};
  result.regret = number_from(json.at("regret"));
  return result;
}

/// The mean of the numbers that are not NaN.
struct Mean {
  double sum = 0;
  double count = 0;
  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    count += 1;
  }
  [[nodiscard]] double value() const { return count > 0 ? sum / count : unknown; }
};

double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return unknown;
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// What is not UTF-8 in a name is shown as such.
std::string one_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string checksum_text(std::span<const std::byte> bytes) {
  return fmt::format("{:016x}", plimsoll::detail::checksum(bytes));
}

std::string RunRecord::id() const {
  const std::string text = one_line(header);
  return checksum_text(std::as_bytes(std::span(text)));
}

std::string RunRecord::to_lines() const {
  std::string text = one_line(header) + "\n";
  for (const RunResult& result : results) text += one_line(to_json(result)) + "\n";
  return text;
}

RunRecord read_run(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(fmt::format("{}: cannot be opened", path));
  RunRecord run;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    try {
      Json json = Json::parse(line);
      if (number > 1) {
        run.results.push_back(result_from(json));
      } else if (!json.is_object() || json.value("format", "") != "plimsoll-run") {
        throw Error("no comparison that plimsoll compare kept");
      } else {
        run.header = std::move(json);
      }
    } catch (const std::exception& error) {
      throw Error(fmt::format("{}:{}: {}", path, number, error.what()));
    }
  }
  if (run.header.is_null()) throw Error(fmt::format("{}: is empty", path));
  return run;
}

std::vector<MethodSummary> summarise(const RunRecord& run) {
  std::vector<std::string> methods;
  std::vector<const RunResult*> originals;  // not of resamples
  for (const RunResult& result : run.results) {
    if (result.resample == 0) originals.push_back(&result);
    if (std::ranges::find(methods, result.method) == methods.end()) methods.push_back(result.method);
  }
  std::vector<MethodSummary> all;
  for (const std::string& method : methods) {
    MethodSummary summary;
    summary.method = method;
    Mean rate, error, recall, accuracy, regret, rank, spread;
    std::vector<double> resampled;
    const auto finish_set = [&] {
      spread.add(deviation(resampled));
      resampled.clear();
    };
    for (const RunResult& result : run.results) {
      if (result.method != method) continue;
      if (result.resample > 0) {
        resampled.push_back(result.calibration_rate);
        continue;
      }
      finish_set();
      ++summary.sets;
      regret.add(result.regret);
      double ranks = 1;  // 1 + those that are better + half of those that are as good
      for (const RunResult* other : originals) {
        if (other->set != result.set || other->method == method) continue;
        ranks += other->regret < result.regret ? 1.0 : other->regret == result.regret ? 0.5 : 0.0;
      }
      if (!std::isnan(result.regret)) rank.add(ranks);
      if (result.status != "ok") continue;
      ++summary.answers;
      const double realised = result.test.false_alarm_rate();
      rate.add(realised);
      error.add(std::abs(realised - result.rate));
      recall.add(result.test.recall());
      accuracy.add(result.test.balanced_accuracy());
      if (result.promised && result.test.normal() > 0) {
        ++summary.promises;
        summary.kept += rate_interval(result.test).lower <= result.rate ? 1U : 0U;
      }
    }
    finish_set();
    summary.false_alarm_rate = rate.value();
    summary.rate_error = error.value();
    summary.recall = recall.value();
    summary.balanced_accuracy = accuracy.value();
    summary.regret = regret.value();
    summary.rank = rank.value();
    summary.spread = spread.value();
    all.push_back(summary);
  }
  return all;
}

std::string summary_table(const std::vector<MethodSummary>& summaries) {
  Table table({"method", "answers", "FPR", "FPR error", "promises kept", "recall", "balanced accuracy", "regret",
               "rank", "spread"});
  for (const MethodSummary& row : summaries) {
    table.add({row.method, fmt::format("{} of {}", row.answers, row.sets), three_decimals(row.false_alarm_rate),
               three_decimals(row.rate_error),
               row.promises == 0 ? "-" : fmt::format("{} of {}", row.kept, row.promises), three_decimals(row.recall),
               three_decimals(row.balanced_accuracy), three_decimals(row.regret),
               std::isnan(row.rank) ? "-" : fmt::format("{:.2f}", row.rank), three_decimals(row.spread)});
  }
  return table.text();
}

}  // namespace plimsoll::cli
