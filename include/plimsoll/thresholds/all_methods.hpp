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

/// What methods() gives. Whoever includes this compiles every method.
[[nodiscard]] inline std::span<const Method> all_methods() {
  constexpr auto method = []<typename T>(T*) {
    return Method{&T::info,
                  [](const ParameterMap& parameters) -> AnyThreshold { return T{T::table().make(parameters)}; },
                  [](std::span<const std::byte> snapshot) -> AnyThreshold { return T::restore(snapshot); }};
  };
  static constexpr std::array all{
      method(static_cast<AutoThreshold*>(nullptr)),      method(static_cast<TailThreshold*>(nullptr)),
      method(static_cast<QuantileThreshold*>(nullptr)),  method(static_cast<CertifiedThreshold*>(nullptr)),
      method(static_cast<GpdThreshold*>(nullptr)),       method(static_cast<GevThreshold*>(nullptr)),
      method(static_cast<MapThreshold*>(nullptr)),       method(static_cast<PixelThreshold*>(nullptr)),
      method(static_cast<GumbelThreshold*>(nullptr)),    method(static_cast<ParametricThreshold*>(nullptr)),
      method(static_cast<SpotThreshold*>(nullptr)),      method(static_cast<SigmaThreshold*>(nullptr)),
      method(static_cast<MadThreshold*>(nullptr)),       method(static_cast<IqrThreshold*>(nullptr)),
      method(static_cast<MaximumThreshold*>(nullptr)),   method(static_cast<ScaledQuantileThreshold*>(nullptr)),
      method(static_cast<HistogramThreshold*>(nullptr)), method(static_cast<MixtureThreshold*>(nullptr)),
      method(static_cast<OutlierThreshold*>(nullptr)),   method(static_cast<CentreThreshold*>(nullptr)),
      method(static_cast<VoteThreshold*>(nullptr)),      method(static_cast<ManualThreshold*>(nullptr)),
      method(static_cast<F1Threshold*>(nullptr)),        method(static_cast<SyntheticThreshold*>(nullptr)),
      method(static_cast<CombinedThreshold*>(nullptr)),  method(static_cast<BatchThreshold*>(nullptr)),
  };
  return all;
}

}  // namespace plimsoll::detail
