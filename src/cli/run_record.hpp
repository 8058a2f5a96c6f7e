// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "plimsoll/stats/confusion.hpp"

namespace plimsoll::cli {

/// The checksum of some content, sixteen hexadecimal digits: it tells changes, not attacks.
[[nodiscard]] std::string checksum_text(std::span<const std::byte> bytes);

/// What one method did on one set, fitted to its normal scores or to a sample drawn from them.
struct RunResult {
  std::string set;
  std::string method;        ///< as it was asked for, with parameters
  std::size_t resample = 0;  ///< 0: the normal scores themselves
  std::string status;
  double cutoff = 0;      ///< +inf without an answer
  double rate = 0;        ///< what false-alarm rate it aims at or promises; NaN when none
  double confidence = 0;  ///< of the promise; NaN when none
  bool promised = false;
  double calibration_rate = 0;  ///< the share of all normal scores of the set that it flags
  stats::Confusion test;        ///< on the test scores; nothing counted without labels
  double regret = 0;            ///< see docs/compare.md; NaN without labels
};

/// A comparison as it is kept: one JSON object a line, the first about the run, the others a result each.
struct RunRecord {
  nlohmann::ordered_json header;
  std::vector<RunResult> results;

  /// Sixteen hexadecimal digits made of the header, so that the same inputs and settings give the same.
  [[nodiscard]] std::string id() const;
  [[nodiscard]] std::string to_lines() const;
};

/// What is not UTF-8 in a name is shown as such.
[[nodiscard]] std::string one_line(const nlohmann::ordered_json& json);

/// The text of a record, to be read line by line. Throws Error for what is no regular file, as what is read once may be
/// written again.
[[nodiscard]] std::istringstream read_lines(const std::string& path);

/// Reads what to_lines() wrote; throws Error that names file and line.
[[nodiscard]] RunRecord read_run(const std::string& path);

/// One method over all sets of a run. Means are over the sets with an answer; NaN where there is none.
struct MethodSummary {
  std::string method;
  std::size_t sets = 0;
  std::size_t answers = 0;
  double false_alarm_rate = 0;
  double rate_error = 0;  ///< mean |FPR - rate|
  std::size_t promises = 0;
  std::size_t kept =
      0;  ///< promises that the test scores do not refute: the exact 95 % interval reaches down to the rate
  double recall = 0;
  double balanced_accuracy = 0;
  double regret = 0;  ///< mean over all sets; one without an answer flags nothing
  double rank = 0;    ///< mean rank by regret among the methods, 1 the best, ties shared
  double spread = 0;  ///< mean standard deviation of calibration_rate over the resamples
};

[[nodiscard]] std::vector<MethodSummary> summarise(const RunRecord& run);

/// The summaries as a table.
[[nodiscard]] std::string summary_table(const std::vector<MethodSummary>& summaries);

}  // namespace plimsoll::cli
