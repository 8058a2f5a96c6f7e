// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "plimsoll/thresholds/peak_stream.hpp"

namespace plimsoll {

/// Parameters of DspotThreshold.
struct DspotParameters {
  double false_alarm_rate = 1e-3;  ///< the share of normal scores to flag; in (0, 1 - level)
  double level = 0.98;  ///< of the calibration scores less their moving means, where the tail starts; in (0, 1)
  std::size_t max_excess = 200;                      ///< the latest peaks that are kept; 20 .. 10^6
  Tail tail = Tail::upper;                           ///< the end of the scores at which the anomalies lie
  FlaggedScores flagged = FlaggedScores::truncated;  ///< what is learned from flagged scores
  std::size_t depth = 50;                            ///< the scores that the moving mean is of; 1 .. 10^6
  friend bool operator==(const DspotParameters&, const DspotParameters&) = default;
};

/// DSPOT: SPOT for a stream that drifts (Siffer, Fouque, Termier and Largouet 2017, KDD, algorithm 3). SPOT on each
/// score less the mean of the `depth` scores before it that were not flagged; at calibration all count as normal, and
/// the first `depth` serve for the mean only. The cutoff is given in the scores' unit, so it moves with the mean.
///
/// A stream only, and not in the registry: its fit depends on the order of the scores, and that of a Threshold must
/// not. All that it does is in PeakStream. For scores beyond 2^1000 the mean is not safe: calibrate gives
/// not_applicable, and step decides them without learning from them.
class DspotThreshold : public PeakStream<DspotThreshold, DspotParameters> {
 public:
  static constexpr std::string_view method = "dspot";    ///< in messages
  static constexpr std::string_view magic = "plimdspt";  ///< the first eight bytes of a snapshot
  static constexpr bool has_window = true;               ///< there is a moving mean

  explicit DspotThreshold(Parameters parameters = {}) : PeakStream(parameters) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = [] {
      auto all = detail::stream_rows<Parameters>();
      all.push_back(number<Parameters>(
          "depth", [](auto& p) -> auto& { return p.depth; }, Range::closed(1, 1e6),
          "the scores that the moving mean is of"));
      return ParameterTable<Parameters>(method, std::move(all));
    }();
    return rows;
  }

  /// The scores that the moving mean is of.
  static std::size_t window(const Parameters& parameters) noexcept { return parameters.depth; }
  /// Sets them, for restore().
  static void set_window(Parameters& parameters, std::size_t depth) noexcept { parameters.depth = depth; }
};

}  // namespace plimsoll
