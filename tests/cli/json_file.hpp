// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.hpp"
#include "workspace.hpp"

namespace plimsoll::cli_test {

/// JSON of several lines, which people read, is indented by two.
inline void check_indented(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos || end + 1 == text.size()) return;
  CHECK(text.find_first_not_of(' ', end + 1) - end == 3);
}

/// Standard output of a run that succeeded, as JSON.
[[nodiscard]] inline nlohmann::json json_of(const Outcome& outcome) {
  check_success(outcome);
  REQUIRE(outcome.status == 0);
  check_indented(outcome.out);
  return nlohmann::json::parse(outcome.out);
}

/// What a threshold file says of how many scores there were, none of them trimmed.
[[nodiscard]] inline nlohmann::json counts_of(int normal, int anomalous, int skipped) {
  return {{"normal", normal}, {"anomalous", anomalous}, {"skipped", skipped}, {"trimmed", 0}};
}

/// The cutoff of a threshold file by its bits.
[[nodiscard]] inline double cutoff_of(const nlohmann::json& threshold) {
  const auto text = threshold.at("cutoff_bits").get<std::string>();
  REQUIRE(text.size() == 18);
  REQUIRE(text.substr(0, 2) == "0x");
  return std::bit_cast<double>(static_cast<std::uint64_t>(std::stoull(text.substr(2), nullptr, 16)));
}

}  // namespace plimsoll::cli_test
