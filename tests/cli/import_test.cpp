// SPDX-License-Identifier: Apache-2.0
// Calibrations from anomalib's metadata, and the decisions that they make.
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

const std::string metadata =
    R"({"image_threshold": 2.5, "pixel_threshold": 3.25, "min": 0.5, "max": 6.5, "task": "x"})";

/// The labels that `apply` gives plain scores.
std::vector<int> labels(const Workspace& workspace, const std::string& arguments) {
  std::vector<int> result;
  const Outcome outcome = workspace.run("apply " + arguments + " --format csv");
  check_success(outcome);
  for (const std::string& line : lines_of(outcome.out)) {
    const auto cells = split(line, ',');
    if (cells[0] != "index") result.push_back(cells[3] == "1" ? 1 : 0);
  }
  return result;
}

}  // namespace

TEST_CASE("import: raw thresholds decide as they did, equal is anomalous") {
  const Workspace workspace;
  workspace.write("metadata.json", metadata);
  check_success(workspace.run("import metadata.json -o cal.json"));
  workspace.write("scores.csv", "2.4999\n2.5\n9\n");
  CHECK(labels(workspace, "cal.json scores.csv") == std::vector{0, 1, 1});
  workspace.write("maps.npy", npy({3.25, 0, 0, 3.2, 1, 1, 1, 2.5}, {.type = "<f4", .shape = {2, 2, 2}}));
  const Outcome outcome = workspace.run("apply cal.json maps.npy --format csv");
  check_success(outcome);
  const auto lines = lines_of(outcome.out);
  REQUIRE(lines.size() == 3);
  // anomalib: clamp((3.25 - 2.5) / 6 + 0.5) = 0.625, and a tie is 0.5.
  CHECK(lines[1].starts_with("0,maps_0,3.25,0.625,1,anomalous,1,1,"));
  CHECK(lines[2].starts_with("1,maps_1,2.5,0.5,1,anomalous,0,0,"));
}

TEST_CASE("import: of a pixel threshold alone the masks decide, and the file is one that is read") {
  const Workspace workspace;
  workspace.write("metadata.json", R"({"pixel_threshold": 2.5})");
  check_success(workspace.run("import metadata.json -o cal.json"));
  CHECK(nlohmann::json::parse(workspace.read("cal.json")).at("agreement") == "mask_wins");
  check_success(workspace.run("inspect cal.json"));
  workspace.write("maps.npy", npy({2.5, 0, 0, 0, 2.4, 2.4, 2.4, 2.4}, {.type = "<f4", .shape = {2, 2, 2}}));
  const Outcome outcome = workspace.run("apply cal.json maps.npy --format csv");
  check_success(outcome);
  const auto lines = lines_of(outcome.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].find(",anomalous,") != std::string::npos);
  CHECK(lines[2].find(",normal,") != std::string::npos);
}

TEST_CASE("import: a sensitivity moves the line as anomalib's formula does") {
  const Workspace workspace;
  workspace.write("metadata.json", metadata);
  std::vector<double> scores;
  for (int i = 0; i < 4000; ++i) scores.push_back(static_cast<double>(static_cast<float>(i) * 0.002F));
  workspace.write("scores.npy", npy(scores, {.type = "<f4", .shape = {scores.size()}}));
  for (const float sensitivity : {0.25F, 0.5F, 0.75F}) {
    check_success(
        workspace.run("import metadata.json --image-sensitivity " + std::to_string(sensitivity) + " -o cal.json"));
    std::vector<int> expected;
    for (const double score : scores) {
      const float normalised = (static_cast<float>(score) - 2.5F) / (6.5F - 0.5F) + 0.5F;
      expected.push_back(std::clamp(normalised, 0.0F, 1.0F) > 1.0F - sensitivity ? 1 : 0);
    }
    CHECK(labels(workspace, "cal.json scores.npy") == expected);
  }
}

TEST_CASE("import: each sensitivity moves its own line") {
  const Workspace workspace;
  workspace.write("metadata.json",
                  R"({"image_threshold": 2.5, "pixel_threshold": 3.5, "pred_scores.min": 0, "pred_scores.max": 8,
                      "anomaly_maps.min": 0, "anomaly_maps.max": 8})");
  const auto cutoffs = [&](const std::string& options) {
    check_success(workspace.run("import metadata.json -o cal.json " + options));
    const auto file = nlohmann::json::parse(workspace.read("cal.json"));
    return std::pair(cutoff_of(file.at("image").at("fit")), cutoff_of(file.at("mask").at("high")));
  };
  // The first float whose normalised score, by anomalib's formula in float, is above 1 - sensitivity.
  const auto first_above = [](float threshold, float sensitivity, float score) {
    while (!((score - threshold) / 8.0F + 0.5F > 1.0F - sensitivity)) score = std::nextafter(score, 9.0F);
    return static_cast<double>(score);
  };
  const double image = first_above(2.5F, 0.25F, 4.4999F);
  const double pixel = first_above(3.5F, 0.75F, 1.4999F);
  CHECK(cutoffs("") == std::pair(2.5, 3.5));
  CHECK(cutoffs("--image-sensitivity 0.25") == std::pair(image, 3.5));
  CHECK(cutoffs("--pixel-sensitivity 0.75") == std::pair(2.5, pixel));
  CHECK(cutoffs("--image-sensitivity 0.25 --pixel-sensitivity 0.75") == std::pair(image, pixel));
}

TEST_CASE("import: it says both lines, and the file where they are from") {
  const Workspace workspace;
  workspace.write("metadata.json",
                  R"({"image_threshold": 2.5, "pixel_threshold": 3.5, "pred_scores.min": 1, "pred_scores.max": 4,
                      "anomaly_maps.min": -2, "anomaly_maps.max": 6})");
  const Outcome outcome = workspace.run("import metadata.json -o cal.json");
  check_success(outcome);
  CHECK(outcome.out ==
        "images are anomalous from 2.5 on\npixels are in the mask from 3.5 on\nwritten: cal.json; plimsoll inspect "
        "tells more\n");
  const auto file = nlohmann::json::parse(workspace.read("cal.json"));
  CHECK(file.at("agreement") == "review");
  CHECK(file.at("image").at("map_reduction") == "maximum");
  const std::string origin = " threshold of metadata.json, a file of anomalib's, which promises nothing";
  const auto check_fit = [](const nlohmann::json& fit, double value, const std::string& reduction,
                            const std::string& note) {
    CHECK(fit.at("method") == "manual");
    CHECK(fit.at("parameters") ==
          nlohmann::json(
              {{"map_reduction", reduction}, {"non_finite", "reject"}, {"top_share", 0.002}, {"value", value}}));
    CHECK(fit.at("score_type") == "float32");
    CHECK(fit.at("note") == note);
  };
  check_fit(file.at("image").at("fit"), 2.5, "maximum", "the image" + origin);
  check_fit(file.at("mask").at("high"), 3.5, "every_pixel", "the pixel" + origin);
  const auto range = [](const nlohmann::json& part) {
    CHECK(part.at("normalisation").at("kind") == "min_max");
    return std::pair(part.at("normalisation").at("minimum"), part.at("normalisation").at("maximum"));
  };
  CHECK(range(file.at("image")) == std::pair<nlohmann::json, nlohmann::json>(1, 4));
  CHECK(range(file.at("mask")) == std::pair<nlohmann::json, nlohmann::json>(-2, 6));
  // The note says of the line that was moved that it was.
  const auto moved = json_of(workspace.run("import metadata.json --pixel-sensitivity 0.75"));
  CHECK(moved.at("image").at("fit").at("note") == "the image" + origin);
  CHECK(moved.at("mask").at("high").at("note") == "the pixel" + origin + ", moved to sensitivity 0.75");
  // Of one line alone the other is not told.
  workspace.write("image.json", R"({"image_threshold": 2.5})");
  CHECK(workspace.run("import image.json -o cal.json").out.starts_with("images are anomalous from 2.5 on\nwritten: "));
  workspace.write("pixel.json", R"({"pixel_threshold": 3.5})");
  CHECK(workspace.run("import pixel.json -o cal.json").out.starts_with("pixels are in the mask from 3.5 on\nwritten"));
}

TEST_CASE("import: sensitivities are from 0, of which no line is left, to 1") {
  const Workspace workspace;
  workspace.write("metadata.json", metadata);
  // anomalib flags what is above 0, so what is less than half of the range, 3, below the threshold.
  const auto file = json_of(workspace.run("import metadata.json --image-sensitivity 1 --pixel-sensitivity 1"));
  CHECK(cutoff_of(file.at("image").at("fit")) == Approx(2.5 - 3).epsilon(1e-6));
  CHECK(cutoff_of(file.at("mask").at("high")) == Approx(3.25 - 3).epsilon(1e-6));
  for (const std::string which : {"image", "pixel"}) {
    const auto refused = [&](const std::string& value, std::string_view why) {
      check_refused(workspace.run("import metadata.json --" + which + "-sensitivity " + value), 2,
                    {"metadata.json: " + which + " sensitivity " + value, why});
    };
    refused("0", "no finite cutoff");
    refused("-0.001", "[0, 1]");
    refused("1.001", "[0, 1]");
    check_refused(workspace.run("import metadata.json --" + which + "-sensitivity much"), 2,
                  {which + "_sensitivity", "much"});
  }
}

TEST_CASE("import: what is missing or senseless is named, and no file is written") {
  const Workspace workspace;
  workspace.write("metadata.json", R"({"image_threshold": 2.5})");
  workspace.write("none.json", R"({"task": "classification"})");
  check_refused(workspace.run("import none.json -o cal.json"), 2, {"none.json", "image_threshold"});
  check_refused(workspace.run("import metadata.json --image-sensitivity 0.4 -o cal.json"), 2,
                {"metadata.json", "range"});
  check_refused(workspace.run("import metadata.json --pixel-sensitivity 0.4 -o cal.json"), 2,
                {"metadata.json: holds no pixel threshold for a sensitivity to move"});
  workspace.write("pixel.json", R"({"pixel_threshold": 2.5, "min": 0, "max": 8})");
  check_refused(workspace.run("import pixel.json --image-sensitivity 0.4 -o cal.json"), 2,
                {"pixel.json: holds no image threshold for a sensitivity to move"});
  check_refused(workspace.run("import metadata.json --image-sensitivity 1.5 -o cal.json"), 2, {"1.5", "[0, 1]"});
  check_refused(workspace.run("import missing.json -o cal.json"), 2, {"missing.json", "no such file"});
  CHECK(std::ranges::count(workspace.files(), "cal.json") == 0);
}

TEST_CASE("import: without an output the calibration goes to standard output") {
  const Workspace workspace;
  const auto calibration = json_of(workspace.run("import -", metadata));
  CHECK(calibration.at("format") == "plimsoll-calibration");
  CHECK(calibration.at("image").at("fit").at("promise").at("guarantee") == "none");
  CHECK(calibration.at("image").at("fit").at("note") ==
        "the image threshold of standard input, a file of anomalib's, which promises nothing");
  // So it does, and nothing else, where that is asked for.
  CHECK(json_of(workspace.run("import - -o -", metadata)) == calibration);
  CHECK(workspace.files().empty());
}
