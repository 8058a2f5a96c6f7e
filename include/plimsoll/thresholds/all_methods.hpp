// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "plimsoll/core/method.hpp"
#include "plimsoll/thresholds/auto_threshold.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/centre_threshold.hpp"
#include "plimsoll/thresholds/certified_threshold.hpp"
#include "plimsoll/thresholds/combined_threshold.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/gev_threshold.hpp"
#include "plimsoll/thresholds/gpd_threshold.hpp"
#include "plimsoll/thresholds/gumbel_threshold.hpp"
#include "plimsoll/thresholds/histogram_threshold.hpp"
#include "plimsoll/thresholds/iqr_threshold.hpp"
#include "plimsoll/thresholds/mad_threshold.hpp"
#include "plimsoll/thresholds/manual_threshold.hpp"
#include "plimsoll/thresholds/map_threshold.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/mixture_threshold.hpp"
#include "plimsoll/thresholds/outlier_threshold.hpp"
#include "plimsoll/thresholds/parametric_threshold.hpp"
#include "plimsoll/thresholds/pixel_threshold.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/scaled_quantile_threshold.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"
#include "plimsoll/thresholds/spot_threshold.hpp"
#include "plimsoll/thresholds/synthetic_threshold.hpp"
#include "plimsoll/thresholds/tail_threshold.hpp"
#include "plimsoll/thresholds/vote_threshold.hpp"

namespace plimsoll::detail {

template <typename... Estimators>
[[nodiscard]] std::span<const Method> methods_of() {
  static constexpr std::array all{Method{
      &Estimators::info,
      [](const ParameterMap& parameters) -> AnyThreshold { return Estimators{Estimators::table().make(parameters)}; },
      [](SnapshotReader& reader) -> AnyThreshold { return Estimators::restore(reader); }}...};
  return all;
}

/// What methods() gives. Whoever includes this compiles every method.
[[nodiscard]] inline std::span<const Method> all_methods() {
  return methods_of<AutoThreshold, TailThreshold, QuantileThreshold, CertifiedThreshold, GpdThreshold, GevThreshold,
                    MapThreshold, PixelThreshold, GumbelThreshold, ParametricThreshold, SpotThreshold, SigmaThreshold,
                    MadThreshold, IqrThreshold, MaximumThreshold, ScaledQuantileThreshold, HistogramThreshold,
                    MixtureThreshold, OutlierThreshold, CentreThreshold, VoteThreshold, ManualThreshold, F1Threshold,
                    SyntheticThreshold, CombinedThreshold, BatchThreshold>();
}

}  // namespace plimsoll::detail
