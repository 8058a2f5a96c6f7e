// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/io/threshold_file.hpp"

#include <array>
#include <string>
#include <string_view>

#include "byte_source.hpp"
#include "fit_json.hpp"
#include "json_object.hpp"
#include "plimsoll/io/write_file.hpp"

namespace plimsoll::io {
namespace {

constexpr std::string_view format_name = "plimsoll-threshold";
constexpr std::array directions{ScoreDirection::higher_is_anomalous, ScoreDirection::lower_is_anomalous};

}  // namespace

std::string to_json(const ThresholdFile& file) {
  Json json;
  json["format"] = format_name;
  json["version"] = ThresholdFile::format_version;
  json["library_version"] = file.library_version;
  json["direction"] = to_string(file.direction);
  const Json fit = fit_to_json(file.fit);
  for (const auto& [name, value] : fit.items()) json[name] = value;
  return json_text(json);
}

ThresholdFile from_json(std::string_view text, const std::string& name) {
  const nlohmann::json json = parse_json(text, name);
  const JsonObject root(json, {name, "a threshold file that this version reads"});
  if (root.text("format") != format_name) root.fail("its format is not '" + std::string(format_name) + "'");
  if (const std::size_t version = root.count("version"); version != ThresholdFile::format_version) {
    root.fail("its version is " + std::to_string(version) + ", known is " +
              std::to_string(ThresholdFile::format_version));
  }
  ThresholdFile file;
  file.library_version = root.text("library_version");
  file.direction = root.word<ScoreDirection>("direction", directions);
  file.fit = fit_from_json(root);
  return file;
}

void write_threshold_file(const std::string& path, const ThresholdFile& file) {
  write_file(path, to_json(file));
}

ThresholdFile read_threshold_file(const std::string& path) {
  ByteSource source(path);
  return from_json(read_small_text(source, "threshold file"), source.name());
}

}  // namespace plimsoll::io
