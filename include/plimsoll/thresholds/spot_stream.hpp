// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "plimsoll/thresholds/peak_stream.hpp"

namespace plimsoll {

/// Parameters of SpotStream.
struct SpotStreamParameters {
  double false_alarm_rate = 1e-3;                    ///< the share of normal scores to flag; in (0, 1 - level)
  double level = 0.98;                               ///< of the calibration scores, where the tail starts; in (0, 1)
  std::size_t max_excess = 200;                      ///< the latest peaks that are kept; 20 .. 10^6
  Tail tail = Tail::upper;                           ///< the end of the scores at which the anomalies lie
  FlaggedScores flagged = FlaggedScores::truncated;  ///< what is learned from flagged scores
  friend bool operator==(const SpotStreamParameters&, const SpotStreamParameters&) = default;
};

/// SPOT: streaming peaks over threshold for a stationary stream (Siffer, Fouque, Termier and Largouet 2017, KDD,
/// algorithm 2). From SpotThreshold::stream(), or by itself with calibrate(). All that it does is in PeakStream.
class SpotStream : public PeakStream<SpotStream, SpotStreamParameters> {
 public:
  static constexpr std::string_view method = "spot";     ///< in messages
  static constexpr std::string_view magic = "plimspot";  ///< the first eight bytes of a snapshot
  static constexpr bool has_window = false;              ///< there is no moving mean

  /// Takes all memory. Throws ParameterError for a parameter out of its range, and unless
  /// false_alarm_rate < 1 - level.
  explicit SpotStream(Parameters parameters = {}) : PeakStream(parameters) {}

  static const ParameterTable<Parameters>& table() {
    static const ParameterTable<Parameters> rows(method, detail::stream_rows<Parameters>());
    return rows;
  }

  /// There is no moving mean: 0.
  static std::size_t window(const Parameters& /*parameters*/) noexcept { return 0; }
  /// There is no moving mean to set.
  static void set_window(Parameters& /*parameters*/, std::size_t /*depth*/) noexcept {}
};

}  // namespace plimsoll
