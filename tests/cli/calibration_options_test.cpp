// SPDX-License-Identifier: Apache-2.0
// plimsoll apply of calibration files: options that must not pass in silence, and what is written where.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "random.hpp"
#include "workspace.hpp"

namespace plimsoll::cli_test {
namespace {

/// 40 normal maps of 8 x 8, uniform on [0, 1) but for their own level.
std::string normal_maps() {
  test::Random random(11);
  std::vector<double> pixels;
  for (int map = 0; map < 40; ++map) {
    const double level = random.uniform();
    for (int i = 0; i < 64; ++i) pixels.push_back(level + random.uniform());
  }
  return npy(pixels, {.type = "<f4", .shape = {40, 8, 8}});
}

/// One map of 8 x 8 whose pixels are row + column / 8.
std::string ramp() {
  std::vector<double> pixels;
  for (int i = 0; i < 64; ++i) pixels.push_back(i / 8.0);
  return npy(pixels, {.type = "<f4", .shape = {8, 8}});
}

/// A folder of normal maps, their calibrations and a ramp.
struct Folder : Workspace {
  Folder() {
    write("normal.npy", normal_maps());
    write("ramp.npy", ramp());
    write("scores.csv", count_to(10));
    check_success(run("fit --maps normal.npy --mask hysteresis -o two.json"));
    check_success(run("fit --maps normal.npy --high-share 0.2 -o one.json"));
  }

  /// The pixels in the mask of the normal maps together.
  [[nodiscard]] std::size_t area(const std::string& arguments) const {
    std::size_t area = 0;
    const auto json = json_of(run("apply " + arguments + " --format json"));
    for (const auto& item : json["items"]) area += item["area"].get<std::size_t>();
    return area;
  }
};

TEST_CASE("apply of a calibration: a share moves its own level and leaves the other") {
  const Folder folder;
  // The file's own shares are .2 and .4, which the table of levels has as a knot (high) and between knots (low).
  const std::size_t as_fitted = folder.area("two.json normal.npy");
  const std::size_t plain = folder.area("one.json normal.npy");
  REQUIRE(as_fitted > plain);
  CHECK(folder.area("two.json normal.npy --high-share 0.2") == as_fitted);
  // A higher low level takes pixels away, and a lower one adds some.
  CHECK(folder.area("two.json normal.npy --low-share 0.25") < as_fitted);
  CHECK(folder.area("two.json normal.npy --low-share 0.25") > plain);
  // The only level of a plain mask moves by either.
  CHECK(folder.area("one.json normal.npy --low-share 0.2") == plain);
  CHECK(folder.area("one.json normal.npy --high-share 0.2") == plain);
  const std::size_t moved = folder.area("one.json normal.npy --high-share 0.4");
  CHECK(moved > plain);
  CHECK(folder.area("one.json normal.npy --low-share 0.4") == moved);
  check_refused(folder.run("apply two.json normal.npy --high-share 0.45"), 2,
                {"--high-share 0.45", "below the low one", "both"});
  check_refused(folder.run("apply two.json normal.npy --low-share 0.1"), 2,
                {"--low-share 0.1", "below the low one", "both"});
  check_success(folder.run("apply two.json normal.npy --high-share 0.45 --low-share 0.45"));
  // A rate of the image cutoff and shares of the levels go together, each to its own.
  const std::string rate = " --false-alarm-rate 0.2";
  const std::string shares = " --high-share 0.1 --low-share 0.3";
  const auto cutoff = [&](const std::string& options) {
    return json_of(folder.run("apply two.json normal.npy --format json" + options)).at("cutoff").get<double>();
  };
  CHECK(cutoff(rate) < cutoff(""));
  CHECK(cutoff(shares) == cutoff(""));
  CHECK(cutoff(rate + shares) == cutoff(rate));
  CHECK(folder.area("two.json normal.npy" + shares) != as_fitted);
  CHECK(folder.area("two.json normal.npy" + rate) == as_fitted);
  CHECK(folder.area("two.json normal.npy" + rate + shares) == folder.area("two.json normal.npy" + shares));
  check_refused(folder.run("apply two.json normal.npy --high-share 0.3 --low-share 1.5"), 2, {"low_share = 1.5"});
  check_refused(folder.run("apply two.json normal.npy --high-share x --low-share 0.5"), 2, {"high_share = x"});
  check_refused(folder.run("apply two.json normal.npy --low-share 2"), 2, {"low_share = 2"});
  check_refused(folder.run("apply two.json normal.npy --high-share 2"), 2, {"high_share = 2"});
  // The two levels may be one, which is that of the plain mask.
  CHECK(folder.area("two.json normal.npy --low-share 0.2") == plain);
}

TEST_CASE("apply of a calibration: plain scores have no use for levels of masks") {
  const Folder folder;
  for (const std::string option : {"--high-share", "--low-share"}) {
    check_refused(folder.run("apply two.json scores.csv " + option + " 0.3"), 2, {option, "is for maps", "scores.csv"});
  }
}

TEST_CASE("apply of a calibration: without an image cutoff plain scores cannot be decided") {
  const Folder folder;
  auto json = nlohmann::json::parse(folder.read("one.json"));
  json["image"].erase("fit");
  json["agreement"] = "mask_wins";
  folder.write("masks_only.json", json.dump());
  check_success(folder.run("apply masks_only.json ramp.npy"));
  check_refused(folder.run("apply masks_only.json scores.csv"), 2,
                {"masks_only.json", "no image cutoff", "scores.csv"});
  // Nor is one told of.
  CHECK(folder.run("apply masks_only.json ramp.npy")
            .out.starts_with("ramp.npy: 1 of 1 images anomalous; 1 with a region in the mask\n"));
}

TEST_CASE("apply of a calibration: without masks there is nothing of them to ask for, to write or to count") {
  const Folder folder;
  auto json = nlohmann::json::parse(folder.read("one.json"));
  json.erase("mask");
  folder.write("image.json", json.dump());
  check_refused(folder.run("apply image.json normal.npy --low-share 0.3"), 2, {"--low-share: image.json has no masks"});
  check_refused(folder.run("apply image.json normal.npy --high-share 0.3"), 2,
                {"--high-share: image.json has no masks"});
  check_refused(folder.run("apply image.json normal.npy -o masks"), 2, {"-o masks: image.json has no masks"});
  CHECK_FALSE(std::filesystem::exists(folder.path("masks")));
  // Of true masks that of the first image has a pixel, so it is the one that is anomalous.
  std::vector<double> truth(40 * 64);
  truth[63] = 1;
  folder.write("truth.npy", npy(truth, {.type = "|u1", .shape = {40, 8, 8}}));
  const auto result = json_of(folder.run("apply image.json normal.npy --labels truth.npy --format json"));
  CHECK(result.at("metrics").at("counts").at("caught").get<int>() +
            result.at("metrics").at("counts").at("missed").get<int>() ==
        1);
  CHECK(result.at("items").at(0).at("regions") == 0);
  CHECK_FALSE(result.contains("pixel_metrics"));
  CHECK_FALSE(result.contains("normal_images_with_region"));
  const Outcome table = folder.run("apply image.json normal.npy --labels truth.npy");
  check_success(table);
  CHECK(table.out.find(" of 40 images anomalous\n") != std::string::npos);
  for (const std::string absent : {"pixels", "region"}) CHECK(table.out.find(absent) == std::string::npos);
}

TEST_CASE("apply of a calibration: each table of rates is asked for its own, and may be missing") {
  const Folder folder;
  // A fitted maximum knows one rate, which is no table; the masks' levels are another method's.
  check_success(folder.run("fit --maps normal.npy --method maximum -o maximum.json"));
  check_refused(folder.run("apply maximum.json normal.npy --false-alarm-rate 0.1"), 2,
                {"--false-alarm-rate 0.1: maximum.json holds no table of rates"});
  check_refused(folder.run("apply maximum.json normal.npy --high-share 0.9"), 2,
                {"plimsoll: --high-share 0.9: maximum.json knows rates from 0.0001 to 0.5"});
  check_refused(folder.run("apply maximum.json normal.npy --low-share 0.9"), 2,
                {"plimsoll: --low-share 0.9: maximum.json"});
  check_refused(folder.run("apply maximum.json normal.npy --low-share 0.9 --high-share 0.8"), 2,
                {"plimsoll: --high-share 0.8 --low-share 0.9: maximum.json"});
}

TEST_CASE("apply of a calibration: without normal scores there are no p-values, and no discoveries") {
  const Folder folder;
  auto json = nlohmann::json::parse(folder.read("one.json"));
  json["tables"]["normal_scores"] = {{"count", 0},
                                     {"score", nlohmann::json::array()},
                                     {"at_least", nlohmann::json::array()},
                                     {"above", nlohmann::json::array()}};
  folder.write("bare.json", json.dump());
  for (const std::string scores : {"ramp.npy", "scores.csv"}) {
    check_refused(folder.run("apply bare.json " + scores + " --false-discovery-rate 0.1"), 2,
                  {"bare.json: holds no normal scores"});
    const Outcome outcome = folder.run("apply bare.json " + scores + " --format csv");
    check_success(outcome);
    CHECK(lines_of(outcome.out).at(1).ends_with(","));
    CHECK(
        json_of(folder.run("apply bare.json " + scores + " --format json")).at("items").at(0).at("p_value").is_null());
  }
}

TEST_CASE("apply of a calibration: a method's name in the file reaches the terminal without its control characters") {
  const Folder folder;
  auto json = nlohmann::json::parse(folder.read("one.json"));
  json["image"]["fit"]["method"] = "a\x1b[31m\nb";
  folder.write("hostile.json", json.dump());
  CHECK(folder.run("apply hostile.json ramp.npy").out.starts_with("hostile.json: a?[31m?b, cutoff "));
}

TEST_CASE("apply: a threshold file has no pipeline that --expect-pipeline could accept") {
  const Folder folder;
  check_success(folder.run("fit scores.csv --method maximum -o line.json"));
  check_refused(folder.run("apply line.json scores.csv --expect-pipeline abc"), 2, {"--expect-pipeline", "line.json"});
}

TEST_CASE("apply of a calibration: a bad rate of discoveries is refused before anything is written") {
  const Folder folder;
  check_refused(folder.run("apply one.json ramp.npy -o masks --false-discovery-rate 7"), 2,
                {"false_discovery_rate = 7"});
  CHECK_FALSE(std::filesystem::exists(folder.path("masks")));
}

TEST_CASE("apply of a calibration: regions are CSV whatever the maps are called") {
  const Folder folder;
  std::filesystem::create_directory(folder.path("maps"));
  folder.write("maps/a,b.npy", ramp());
  check_success(folder.run("apply one.json maps --regions regions.csv"));
  const std::vector<std::string> lines = lines_of(folder.read("regions.csv"));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] ==
        "index,name,region,area,peak,row_begin,row_end,column_begin,column_end,centroid_row,centroid_column");
  CHECK(lines[1].starts_with("0,\"a,b\",0,"));
  // On standard output they are alone.
  CHECK(folder.run("apply one.json maps --regions -").out == folder.read("regions.csv"));
}

TEST_CASE("apply of a calibration: masks overwrite neither true masks nor one another") {
  const Folder folder;
  std::filesystem::create_directory(folder.path("maps"));
  folder.write("maps/a.npy", ramp());
  folder.write("maps/a_overlay.npy", ramp());
  check_success(folder.run("apply one.json maps -o truth"));
  const std::string before = folder.read("truth/a.png");
  check_success(folder.run("apply one.json maps --labels truth -o masks"));
  check_refused(folder.run("apply two.json maps --labels truth -o ./truth/"), 2,
                {"./truth/", "--labels truth", "replace"});
  std::filesystem::create_directory(folder.path("one"));
  folder.write("one/a.npy", ramp());
  check_refused(folder.run("apply two.json one --overlay truth -o truth"), 2, {"--overlay truth", "replace"});
  check_refused(folder.run("apply two.json maps --overlay truth -o other"), 2, {"--overlay", "a_overlay"});
  CHECK(folder.read("truth/a.png") == before);
}

TEST_CASE("apply of a calibration: where low scores are strange it says so") {
  const Folder folder;
  check_success(folder.run("fit --maps normal.npy --direction lower -o low.json"));
  const double cutoff = json_of(folder.run("apply low.json ramp.npy --format json"))["cutoff"].get<double>();
  REQUIRE(cutoff < 0);
  const std::string text = folder.run("apply low.json ramp.npy").out;
  CHECK(text.find("low scores are strange: those of 0.") != std::string::npos);
}

}  // namespace
}  // namespace plimsoll::cli_test
