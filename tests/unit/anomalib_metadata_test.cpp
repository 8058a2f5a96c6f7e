// SPDX-License-Identifier: Apache-2.0
// Metadata of models that anomalib exported.
#include "plimsoll/io/anomalib_metadata.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.hpp"
#include "folder.hpp"
#include "plimsoll/core/cutoff.hpp"
#include "plimsoll/io/file_error.hpp"

namespace {

namespace io = plimsoll::io;
using Range = io::AnomalibMetadata::Range;

io::AnomalibMetadata parse(const std::string& text) {
  return io::parse_anomalib_metadata(text, "metadata.json");
}

std::string message_of(const std::string& text) {
  try {
    static_cast<void>(parse(text));
  } catch (const io::FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("metadata as anomalib 1.x wrote it") {
  // The fields of get_metadata() and of the normalisation metric's state.
  const auto metadata = parse(R"({
    "task": "segmentation",
    "transform": {"__version__": "1.3.1", "transform": {"__class_fullname__": "Compose", "p": 1.0, "max": [1, 2]}},
    "image_threshold": 1.3347105979919434,
    "pixel_threshold": 1.4225202798843384,
    "anomaly_maps.min": 0.09113156795501709,
    "anomaly_maps.max": 3.9,
    "pred_scores.min": 0.5,
    "pred_scores.max": 3.25
})");
  CHECK(metadata.image_threshold == 1.3347105979919434);
  CHECK(metadata.pixel_threshold == 1.4225202798843384);
  CHECK(metadata.image_range == Range{0.5, 3.25});
  CHECK(metadata.pixel_range == Range{0.09113156795501709, 3.9});
  // The numbers are floats, which the decimals give back: equal is anomalous, as in anomalib.
  const plimsoll::Cutoff cutoff{*metadata.image_threshold};
  const float score = 1.3347105979919434F;
  CHECK(cutoff(score));
  CHECK_FALSE(cutoff(std::nextafter(score, 0.0F)));
}

TEST_CASE("metadata as anomalib 0.x wrote it has one range for both") {
  const auto metadata =
      parse(R"({"image_threshold": 13.1, "pixel_threshold": 13, "min": -5.5, "max": 24.5, "note": null})");
  CHECK(metadata.pixel_threshold == 13);
  CHECK(metadata.image_range == Range{-5.5, 24.5});
  CHECK(metadata.pixel_range == Range{-5.5, 24.5});
  // A range of its own comes first.
  const auto mixed = parse(R"({"image_threshold": 1, "min": 0, "max": 2, "pred_scores.min": 1, "pred_scores.max": 1})");
  CHECK(mixed.image_range == Range{1, 1});
  CHECK(mixed.pixel_range == Range{0, 2});
}

TEST_CASE("metadata of a classification model, or without normalisation") {
  io::AnomalibMetadata image_only;
  image_only.image_threshold = -0.25;
  CHECK(parse(R"({"task": "classification", "image_threshold": -0.25})") == image_only);
  CHECK(parse(R"({"image_threshold": -0.25, "pixel_threshold": null, "min": null})") == image_only);
  io::AnomalibMetadata pixel_only;
  pixel_only.pixel_threshold = 4;
  pixel_only.pixel_range = Range{0, 8};
  CHECK(parse(R"({"pixel_threshold": 4, "anomaly_maps.min": 0, "anomaly_maps.max": 8})") == pixel_only);
}

TEST_CASE("what is no such metadata is refused with the reason") {
  const std::string no = "metadata.json: not metadata of an anomalib model: ";
  CHECK(message_of("[1]") == no + "it is not a JSON object");
  CHECK(message_of("{}") == no + "there is neither a field image_threshold nor a field pixel_threshold");
  CHECK(message_of(R"({"image_threshold": null})") ==
        no + "there is neither a field image_threshold nor a field pixel_threshold");
  CHECK(message_of(R"({"image_threshold": "high"})") == no + "field image_threshold is not a number");
  CHECK(message_of(R"({"image_threshold": [1.5]})") == no + "field image_threshold is not a number");
  CHECK(message_of(R"({"image_threshold": true})") == no + "field image_threshold is not a number");
  CHECK(message_of(R"({"pixel_threshold": "inf"})") == no + "field pixel_threshold is not a finite number");
  CHECK(message_of(R"({"image_threshold": 1, "min": 2})") == no + "there is a field min, but no max");
  CHECK(message_of(R"({"image_threshold": 1, "pred_scores.max": 2})") ==
        no + "there is a field pred_scores.max, but no pred_scores.min");
  CHECK(message_of(R"({"image_threshold": 1, "anomaly_maps.min": 2, "anomaly_maps.max": 1})") ==
        no + "field anomaly_maps.min is above anomaly_maps.max");
  CHECK(message_of("{\"image_threshold\": 1") == "metadata.json: not JSON: error at byte 22");
  CHECK(message_of(R"({"image_threshold": NaN})") == "metadata.json: not JSON: error at byte 21");
  CHECK(message_of("") == "metadata.json: not JSON: error at byte 1");
  CHECK(message_of(R"({"image_threshold": 1e999})") ==
        "metadata.json: not JSON that is read here: a number is beyond the largest double");
}

TEST_CASE("metadata is read from a file") {
  const plimsoll::test::Folder folder;
  const std::string path = folder.file("metadata.json");
  std::ofstream(path) << R"({"image_threshold": 0.5})";
  CHECK(io::read_anomalib_metadata(path).image_threshold == 0.5);
  std::ofstream(path) << std::string((std::size_t{1} << 20) + 1, ' ');
  CHECK_THROWS_WITH(static_cast<void>(io::read_anomalib_metadata(path)),
                    path + ": is over a megabyte, which no metadata of an anomalib model is");
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(static_cast<void>(io::read_anomalib_metadata(path)), path + ": no such file");
}

}  // namespace
