// SPDX-License-Identifier: Apache-2.0
#include "run_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <string_view>

#include "byte_source.hpp"
#include "folder.hpp"
#include "json_object.hpp"
#include "options.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/snapshot_bytes.hpp"
#include "report.hpp"
#include "table.hpp"

namespace plimsoll::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

Json to_json(const RunResult& result) {
  const RateInterval interval = rate_interval(result.test);
  return {{"set", result.set},
          {"method", result.method},
          {"resample", result.resample},
          {"status", result.status},
          {"cutoff", io::number_to_json(result.cutoff)},
          {"rate", io::number_to_json(result.rate)},
          {"confidence", io::number_to_json(result.confidence)},
          {"promised", result.promised},
          {"calibration_rate", io::number_to_json(result.calibration_rate)},
          {"caught", result.test.caught},
          {"missed", result.test.missed},
          {"false_alarms", result.test.false_alarms},
          {"passed", result.test.passed},
          {"false_alarm_interval", {interval.lower, interval.upper}},
          {"regret", io::number_to_json(result.regret)}};
}

/// What summaries and `runs` ask of the first line.
void check_header(const io::JsonObject& header) {
  if (header.text("format") != "plimsoll-run") header.fail("field format is not plimsoll-run");
  static_cast<void>(header.text("library_version"));
  static_cast<void>(header.count("seed"));
  static_cast<void>(header.count("resamples"));
  for (const io::JsonObject& method : header.objects("methods")) static_cast<void>(method.text("text"));
  for (const io::JsonObject& set : header.objects("sets")) static_cast<void>(set.text("name"));
}

RunResult result_from(const io::JsonObject& json) {
  const auto count = [&json](std::string_view name) {
    const std::size_t value = json.count(name);
    if (value > detail::most_count) json.fail(json.named(name) + " is above 2^53");
    return value;
  };
  RunResult result;
  result.set = json.text("set");
  result.method = json.text("method");
  result.resample = count("resample");
  result.status = json.text("status");
  result.cutoff = json.number("cutoff");
  result.rate = json.number("rate");
  result.confidence = json.number("confidence");
  result.promised = json.flag("promised");
  result.calibration_rate = json.number("calibration_rate");
  result.test = {count("caught"), count("missed"), count("false_alarms"), count("passed")};
  result.regret = json.number("regret");
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

}  // namespace

std::string one_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

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

std::istringstream read_lines(const std::string& path) {
  if (io::is_read_once(path)) throw Error(fmt::format("{}: is no regular file", path));
  io::ByteSource source(path);
  return std::istringstream(io::read_text(source));
}

RunRecord read_run(const std::string& path) {
  std::istringstream text = read_lines(path);
  RunRecord run;
  std::string line;
  for (std::size_t number = 1; std::getline(text, line); ++number) {
    const std::string place = fmt::format("{}:{}", path, number);
    const io::JsonSource record{place, "a run that plimsoll compare kept"};
    const auto json = io::parse_json(line, place);
    if (number > 1) {
      run.results.push_back(result_from({json, record}));
    } else {
      check_header({json, record});
      run.header = io::parse_json<Json>(line, place);  // its id is of the fields in their order
    }
  }
  if (run.header.is_null()) throw Error(fmt::format("{}: is empty", path));
  return run;
}

std::vector<MethodSummary> summarise(const RunRecord& run) {
  std::vector<std::vector<const RunResult*>> by_method;  // in the order of the record
  std::map<std::string_view, std::size_t> place_of;
  std::map<std::string_view, std::vector<double>> regrets;  // of each set, but not of resamples
  for (const RunResult& result : run.results) {
    const auto [place, added] = place_of.try_emplace(result.method, by_method.size());
    if (added) by_method.emplace_back();
    by_method[place->second].push_back(&result);
    if (result.resample == 0 && !std::isnan(result.regret)) regrets[result.set].push_back(result.regret);
  }
  for (auto& [set, values] : regrets) std::ranges::sort(values);
  std::vector<MethodSummary> all;
  for (const std::vector<const RunResult*>& results : by_method) {
    MethodSummary summary;
    summary.method = results.front()->method;
    Mean rate, error, recall, accuracy, regret, rank, spread;
    std::vector<double> resampled;
    const auto finish_set = [&] {
      spread.add(deviation(resampled));
      resampled.clear();
    };
    for (const RunResult* place : results) {
      const RunResult& result = *place;
      if (result.resample > 0) {
        resampled.push_back(result.calibration_rate);
        continue;
      }
      finish_set();
      ++summary.sets;
      regret.add(result.regret);
      if (!std::isnan(result.regret)) {
        // 1 + those that are better + half of the others that are as good
        const std::vector<double>& others = regrets[result.set];
        const auto [first, last] = std::equal_range(others.begin(), others.end(), result.regret);
        rank.add(1 + static_cast<double>(first - others.begin()) + static_cast<double>(last - first - 1) / 2);
      }
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
