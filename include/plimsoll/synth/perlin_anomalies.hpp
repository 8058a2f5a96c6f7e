// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "plimsoll/synth/image_list.hpp"
#include "plimsoll/synth/synthetic_anomalies.hpp"

namespace plimsoll::synth {

/// Parameters of PerlinAnomalies, by default anomalib's.
struct PerlinAnomaliesParameters {
  std::uint64_t seed = 0;    ///< of all random numbers
  double probability = 0.5;  ///< that an item has an anomaly; in [0, 1]
  /// The source's share in the mask is drawn from [least_blend, most_blend], which is in (0, 1].
  double least_blend = 0.2;
  double most_blend = 1;   ///< likewise
  double rotation = 90;    ///< degrees: the noise is turned by an angle between minus this and this
  bool dual_mask = false;  ///< with probability 1/2 a second mask is united with the first
};

/// SyntheticAnomalies as anomalib's PerlinAnomalyGenerator makes them: statistically the same generator. Without images
/// the source is the noise itself, else one of the images; three of the ten augmentations are done to it.
class PerlinAnomalies : public SyntheticAnomalies {
 public:
  /// `images` are the sources; without them it is the noise. Throws ParameterError.
  explicit PerlinAnomalies(const PerlinAnomaliesParameters& parameters = {}, ImageList images = {})
      : SyntheticAnomalies(general(parameters, images.count > 0), std::move(images)) {}

 private:
  [[nodiscard]] static Parameters general(const PerlinAnomaliesParameters& wanted, bool has_images) {
    Parameters parameters;
    parameters.seed = wanted.seed;
    parameters.probability = wanted.probability;
    parameters.mask.rotation = wanted.rotation;
    parameters.mask.second_mask = wanted.dual_mask ? 0.5 : 0;
    parameters.source = has_images ? SourceKind::images : SourceKind::noise;
    parameters.least_blend = wanted.least_blend;
    parameters.most_blend = wanted.most_blend;
    return parameters;
  }
};

}  // namespace plimsoll::synth
