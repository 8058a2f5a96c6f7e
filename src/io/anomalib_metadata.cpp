// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/anomalib_metadata.hpp"

#include <cmath>

#include "byte_source.hpp"
#include "json_object.hpp"

namespace plimsoll::io {
namespace {

std::optional<double> finite_number(const JsonObject& json, const std::string& name) {
  if (!json.has(name)) return std::nullopt;
  const double value = json.number(name);
  if (!std::isfinite(value)) json.fail("field " + name + " is not a finite number");
  return value;
}

/// The range in the fields that begin with the prefix.
std::optional<AnomalibMetadata::Range> range(const JsonObject& json, const std::string& prefix) {
  const std::optional<double> minimum = finite_number(json, prefix + "min");
  const std::optional<double> maximum = finite_number(json, prefix + "max");
  if (!minimum && !maximum) return std::nullopt;
  if (!minimum || !maximum) {
    const std::string there = prefix + (minimum ? "min" : "max");
    const std::string missing = prefix + (minimum ? "max" : "min");
    json.fail("there is a field " + there + ", but no " + missing);
  }
  if (*minimum > *maximum) json.fail("field " + prefix + "min is above " + prefix + "max");
  return AnomalibMetadata::Range{*minimum, *maximum};
}

}  // namespace

AnomalibMetadata parse_anomalib_metadata(std::string_view text, const std::string& name) {
  const nlohmann::json json = parse_json(text, name);
  const JsonObject root(json, {name, "metadata of an anomalib model"});
  AnomalibMetadata metadata;
  metadata.image_threshold = finite_number(root, "image_threshold");
  metadata.pixel_threshold = finite_number(root, "pixel_threshold");
  if (!metadata.image_threshold && !metadata.pixel_threshold) {
    root.fail("there is neither a field image_threshold nor a field pixel_threshold");
  }
  const std::optional<AnomalibMetadata::Range> both = range(root, "");
  metadata.image_range = range(root, "pred_scores.");
  if (!metadata.image_range) metadata.image_range = both;
  metadata.pixel_range = range(root, "anomaly_maps.");
  if (!metadata.pixel_range) metadata.pixel_range = both;
  return metadata;
}

AnomalibMetadata read_anomalib_metadata(const std::string& path) {
  ByteSource source(path);
  return parse_anomalib_metadata(read_small_text(source, "metadata of an anomalib model"), source.name());
}

}  // namespace plimsoll::io
