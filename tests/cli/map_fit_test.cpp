// SPDX-License-Identifier: Apache-2.0
// fit --maps: what it writes against the calibrator called here, and what it refuses.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "map_files.hpp"
#include "npy_file.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "plimsoll/thresholds/minimum_area.hpp"
#include "workspace.hpp"

using namespace plimsoll;
using namespace plimsoll::cli_test;
using nlohmann::json;

namespace {

Calibration calibrate(const std::vector<TestMap>& maps, const MapCalibratorParameters& parameters = {}) {
  MapCalibrator calibrator(parameters);
  for (const TestMap& map : maps) calibrator.update(map.view());
  const MapCalibration result = calibrator.compute();
  REQUIRE(result.ok());
  return result.calibration;
}

/// That a calibration file says what the calibration does.
void check_file(const json& file, const Calibration& line) {
  CHECK(file.at("format") == "plimsoll-calibration");
  CHECK(file.at("direction") == to_string(line.direction));
  CHECK(file.at("agreement") == to_string(line.agreement));
  const json& image = file.at("image");
  CHECK(cutoff_of(image.at("fit")) == line.cutoff.value());
  CHECK(image.contains("review") == std::isfinite(line.review_cutoff.value()));
  if (image.contains("review")) CHECK(cutoff_of(image.at("review")) == line.review_cutoff.value());
  CHECK(image.at("map_reduction") == to_string(line.map_reduction));
  CHECK(image.at("top_share") == line.top_share);
  const auto check_unit = [](const json& unit, const Normalisation& expected) {
    CHECK(unit.at("kind") == to_string(expected.kind));
    CHECK(unit.at("minimum") == expected.minimum);
    CHECK(unit.at("maximum") == expected.maximum);
    CHECK(unit.at("deviation") == expected.deviation);
  };
  check_unit(image.at("normalisation"), line.normalisation);
  const json& mask = file.at("mask");
  check_unit(mask.at("normalisation"), line.pixel_normalisation);
  CHECK(cutoff_of(mask.at("high")) == line.mask->high.value());
  CHECK(cutoff_of(mask.contains("low") ? mask.at("low") : mask.at("high")) == line.mask->low.value());
  CHECK(mask.at("connectivity") == static_cast<int>(line.mask->connectivity));
  CHECK(mask.at("erosion") == line.mask->erosion);
  CHECK(mask.at("dilation") == line.mask->dilation);
  CHECK(mask.at("fill_holes") == line.mask->fill_holes);
  CHECK(mask.at("minimum_area") == line.mask->minimum_area);
  for (const auto& [name, curve] : {std::pair("image_rates", &line.rates), {"mask_rates", &line.mask_rates}}) {
    const json& table = file.at("tables").at(name);
    REQUIRE(table.at("rate").size() == curve->count);
    for (std::size_t i = 0; i < curve->count; ++i) {
      CHECK(table.at("rate")[i] == curve->knots[i].rate);
      CHECK(table.at("cutoff")[i] == curve->knots[i].cutoff);
    }
  }
}

}  // namespace

TEST_CASE("fit --maps: a .npy file, a folder and TIFF files give one calibration") {
  const Workspace workspace;
  const auto maps = draw_maps(60, 1);
  workspace.write("maps.npy", npy_maps(maps));
  write_folder(workspace, "folder", maps);
  std::filesystem::create_directories(workspace.path("tiff"));
  for (std::size_t i = 0; i < maps.size(); ++i) {
    write_picture(workspace, "tiff/" + numbered("map", i) + ".tif", maps[i].rows, maps[i].columns, maps[i].pixels);
  }
  check_success(workspace.run("fit --maps maps.npy -o npy.json"));
  check_success(workspace.run("fit --maps folder -o folder.json"));
  check_success(workspace.run("fit --maps tiff/ -o tiff.json"));
  check_success(workspace.run("fit --maps - -o stdin.json", npy_maps(maps)));
  check_file(read_json(workspace, "npy.json"), calibrate(maps));
  CHECK(workspace.read("folder.json") == workspace.read("npy.json"));
  CHECK(workspace.read("tiff.json") == workspace.read("npy.json"));
  CHECK(workspace.read("stdin.json") == workspace.read("npy.json"));
  // To standard output, and as --format json prints it.
  const Outcome piped = workspace.run("fit --maps maps.npy -o -");
  check_success(piped);
  CHECK(piped.out == workspace.read("npy.json"));
  CHECK(workspace.run("fit --maps maps.npy --format json").out == workspace.read("npy.json"));
}

TEST_CASE("fit --maps: each option reaches the file") {
  const Workspace workspace;
  const auto maps = draw_maps(60, 2);
  workspace.write("maps.npy", npy_maps(maps));
  const auto check = [&](const std::string& options, const MapCalibratorParameters& parameters) {
    INFO(options);
    const json file = json_of(workspace.run("fit --maps maps.npy --format json " + options));
    check_file(file, calibrate(maps, parameters));
    return file;
  };
  CHECK_FALSE(check("", {}).at("mask").contains("low"));
  CHECK_FALSE(check("--mask plain", {}).at("mask").contains("low"));
  CHECK(check("--mask hysteresis", {.high_share = 0.2, .low_share = 0.4}).at("mask").contains("low"));
  check("--mask hysteresis --high-share 0.1", {.high_share = 0.1, .low_share = 0.4});
  check("--mask hysteresis --high-share 0.1 --low-share 0.5", {.high_share = 0.1, .low_share = 0.5});
  check("--high-share 0.15", {.high_share = 0.15, .low_share = 0.15});
  check("--low-share 0.5", {.low_share = 0.5});
  check("--method gumbel", {.image_method = "gumbel"});
  check("--method quantile:false_alarm_rate=0.1",
        {.image_method = "quantile", .image_parameters = {{"false_alarm_rate", 0.1}}});
  check("--false-alarm-rate 0.02 --review-rate 0.15",
        {.image_parameters = {{"false_alarm_rate", 0.02}}, .review_rate = 0.15});
  check("--map-reduction maximum", {.image_parameters = {{"map_reduction", std::string("maximum")}}});
  check("--top-share 0.1", {.image_parameters = {{"top_share", 0.1}}});
  check("--trim 0.1", {.image_parameters = {{"trim", 0.1}}, .level_parameters = {{"trim", 0.1}}});
  check("--connectivity 4", {.rule = {.connectivity = Connectivity::four}});
  check("--connectivity 8 --erosion 1 --dilation 2 --fill-holes --minimum-area 7",
        {.rule = {.erosion = 1, .dilation = 2, .fill_holes = true, .minimum_area = 7}});
  check("--agreement label_wins", {.agreement = Agreement::label_wins});
  check("--agreement mask_wins", {.agreement = Agreement::mask_wins});
  check("--agreement either", {.agreement = Agreement::either});
  check("--normalisation z_score", {.normalisation = NormalisationKind::z_score});
  check("--normalisation tail", {.normalisation = NormalisationKind::tail});
  check("--direction lower", {.direction = ScoreDirection::lower_is_anomalous});
  const json named = check("--pipeline 'PatchCore, layer 2' --pipeline-hash 00ff", {});
  CHECK(named.at("pipeline").at("text") == "PatchCore, layer 2");
  CHECK(named.at("pipeline").at("hash") == "00ff");
  const json scores = named.at("tables").at("normal_scores");
  CHECK(scores.at("count") == 60);
  std::vector<double> expected;
  for (const TestMap& map : maps) {
    expected.push_back(static_cast<double>(*std::ranges::max_element(map.pixels)));  // .2 % of 154 pixels is one
  }
  std::ranges::sort(expected);
  CHECK(scores.at("score").get<std::vector<double>>() == expected);
}

TEST_CASE("fit --maps: the minimum area lets the asked-for share of the normal images keep a region") {
  const Workspace workspace;
  const auto maps = draw_maps(60, 3, 3);
  workspace.write("maps.npy", npy_maps(maps));
  for (const double share : {0.05, 0.1, 0.2}) {
    const json file =
        json_of(workspace.run("fit --maps maps.npy --format json --mask hysteresis --agreement label_wins "
                              "--area-share " +
                              std::to_string(share)));
    Calibration line = calibrate(maps, {.high_share = 0.2, .low_share = 0.4});
    const auto with_region = [&](std::uint32_t area) {
      line.mask->minimum_area = area;
      MapWorkspace memory(14, 11);
      return static_cast<double>(std::ranges::count_if(
          maps, [&](const TestMap& map) { return !mask_of(map.view(), *line.mask, memory).regions.empty(); }));
    };
    std::uint32_t least = 1;
    while (with_region(least) > share * 60) ++least;
    CHECK(file.at("mask").at("minimum_area") == least);
    if (share == 0.05) CHECK(least > 1);
  }
  // Where low scores are strange it is that of the negated maps.
  const auto area = [&](const std::string& options) {
    return json_of(workspace.run("fit --maps maps.npy --format json --mask hysteresis --area-share 0.05 " + options))
        .at("mask")
        .at("minimum_area");
  };
  const json expected = area("");
  auto negated = maps;
  for (TestMap& map : negated) {
    for (float& pixel : map.pixels) pixel = -pixel;
  }
  workspace.write("maps.npy", npy_maps(negated));
  CHECK(area("--direction lower") == expected);
  workspace.write("maps.npy", npy_maps(maps));
  // A larger one that was asked for stays.
  CHECK(json_of(workspace.run("fit --maps maps.npy --format json --minimum-area 100 --area-share 0.2"))
            .at("mask")
            .at("minimum_area") == 100);
}

TEST_CASE("fit --maps: maps may differ in size in a folder") {
  const Workspace workspace;
  test::Random random(4);
  std::vector<TestMap> maps;
  for (int i = 0; i < 30; ++i) maps.push_back(draw_map(random, 1, 5 + random.below(9), 5 + random.below(9)));
  write_folder(workspace, "folder", maps);
  workspace.write("folder/readme.txt", "no map");
  check_file(json_of(workspace.run("fit --maps folder --format json --mask hysteresis --area-share 0.1")), [&] {
    Calibration line = calibrate(maps, {.high_share = 0.2, .low_share = 0.4});
    std::vector<std::uint32_t> areas;
    MapWorkspace memory(14, 14);
    for (const TestMap& map : maps) {
      areas.push_back(largest_area(mask_of(map.view(), *line.mask, memory).regions));
    }
    line.mask->minimum_area = minimum_area(areas, 0.1);
    return line;
  }());
}

TEST_CASE("fit --maps: the table tells of both lines") {
  const Workspace workspace;
  workspace.write("maps.npy", npy_maps(draw_maps(60, 5)));
  const Outcome outcome =
      workspace.run("fit --maps maps.npy --mask hysteresis --review-rate 0.2 --erosion 1 --minimum-area 3 -o cal.json");
  check_success(outcome);
  for (const std::string text : {"60 normal maps (float32)", "images: tail", "for review:", "high level", "low level",
                                 "eroded by 1, then regions under 3 pixels dropped", "20 % of normal images",
                                 "when label and mask disagree:", "written: cal.json"}) {
    INFO(outcome.out);
    INFO(text);
    CHECK(outcome.out.find(text) != std::string::npos);
  }
}

TEST_CASE("fit --maps: the steps are told in their order, and where there are none nothing is") {
  const Workspace workspace;
  workspace.write("maps.npy", npy_maps(draw_maps(60, 5)));
  const auto table = [&](const std::string& options) {
    const Outcome outcome = workspace.run("fit --maps maps.npy --method maximum " + options);
    check_success(outcome);
    return outcome.out;
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const std::string plain = table("--high-share 0.05 --map-reduction maximum");
  INFO(plain);
  CHECK(plain.starts_with("60 normal maps (float32)\nimages: maximum on their largest pixels\n"));
  CHECK(contains(plain, "\nmasks: pixels from the level on that 5 % of normal images reach anywhere\n  cutoff "));
  for (const std::string absent : {"for review:", "level\n", "steps", "written", "dropped"}) {
    INFO(absent);
    CHECK_FALSE(contains(plain, absent));
  }
  const std::string all = table("--erosion 2 --dilation 3 --fill-holes --minimum-area 2 --top-share 0.1");
  INFO(all);
  CHECK(contains(all, "\nimages: maximum on the means of the largest 10 % of their pixels\n"));
  CHECK(contains(all,
                 "\n  steps     eroded by 2, then dilated by 3, then holes filled, then regions under 2 pixels "
                 "dropped\nwhen label and mask disagree: "));
  CHECK(contains(table("--dilation 1"), "\n  steps     dilated by 1\n"));
  CHECK(contains(table("--direction lower --map-reduction maximum"), "\nimages: maximum on their lowest pixels\n"));
  CHECK(contains(table("--direction lower --top-share 0.1"),
                 "\nimages: maximum on the means of the lowest 10 % of their pixels\n"));
}

TEST_CASE("fit --maps: each line stands under its own heading") {
  const Workspace workspace;
  auto maps = draw_maps(60, 5);
  for (const std::string direction : {"higher", "lower"}) {
    INFO(direction);
    workspace.write("maps.npy", npy_maps(maps));
    const Outcome outcome = workspace.run(
        "fit --maps maps.npy --mask hysteresis --high-share 0.1 --low-share 0.35 --review-rate 0.2 -o cal.json "
        "--direction " +
        direction);
    check_success(outcome);
    const json file = read_json(workspace, "cal.json");
    const std::vector<std::string> lines = lines_of(outcome.out);
    std::size_t place = 0;
    const auto find = [&](const std::string& beginning) {
      while (place < lines.size() && !lines[place].starts_with(beginning)) ++place;
      INFO(beginning);
      REQUIRE(place < lines.size());
      ++place;
    };
    const auto check_cutoff = [&](const json& fit) {
      REQUIRE(place + 2 < lines.size());
      CHECK(lines[place] == "  cutoff    " + detail::shortest(cutoff_of(fit)));
      if (direction == "lower") {
        CHECK(lines[++place] == "            of negated scores: those of " + detail::shortest(-cutoff_of(fit)) +
                                    " and lower are anomalous");
      }
      CHECK(lines[place + 1] == "  promise   " + fit.at("promise").at("text").get<std::string>());
    };
    find("images: tail on ");
    check_cutoff(file.at("image").at("fit"));
    find("for review:");
    check_cutoff(file.at("image").at("review"));
    find(
        "masks: regions of pixels from the low level on, with one from the high level on, which 35 and 10 % of normal "
        "images reach anywhere");
    find(" high level");
    check_cutoff(file.at("mask").at("high"));
    find(" low level");
    check_cutoff(file.at("mask").at("low"));
    CHECK(cutoff_of(file.at("mask").at("high")) > cutoff_of(file.at("mask").at("low")));
    for (TestMap& map : maps) {
      for (float& pixel : map.pixels) pixel = -pixel;
    }
  }
}

TEST_CASE("fit --maps: the largest numbers of pixels are taken as they are") {
  const Workspace workspace;
  workspace.write("maps.npy", npy_maps(draw_maps(30, 6)));
  const auto mask = [&](const std::string& options) {
    return json_of(workspace.run("fit --maps maps.npy --method maximum --format json " + options)).at("mask");
  };
  const json most = mask("--erosion 65535 --dilation 65535 --minimum-area 4294967295");
  CHECK(most.at("erosion") == 65535);
  CHECK(most.at("dilation") == 65535);
  CHECK(most.at("minimum_area") == 4294967295);
  CHECK(mask("--erosion 0 --dilation 0 --minimum-area 1") == mask(""));
  check_refused(workspace.run("fit --maps maps.npy --erosion 65536"), 2,
                {"'65536' is not a whole number from 0 to 65535"});
}

TEST_CASE("fit --maps: options that do not go together are refused, and nothing is written") {
  const Workspace workspace;
  workspace.write("maps.npy", npy_maps(draw_maps(30, 6)));
  workspace.write("labels.csv", count_to(1));
  const std::vector<std::string> before = workspace.files();
  const auto refused = [&](const std::string& options, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("fit --maps maps.npy -o cal.json " + options), 2, mentions);
    CHECK(workspace.files() == before);
  };
  refused("maps.npy", {"SCORES"});
  refused("--normal maps.npy", {"--normal has no use"});
  refused("--labels labels.csv", {"--labels"});
  refused("--anomalous maps.npy", {"--anomalous"});
  refused("--contamination", {"--contamination"});
  refused("--bootstrap 100", {"--bootstrap"});
  refused("--column score", {"--column"});
  refused("--format csv", {"--format csv"});
  refused("--method f1", {"f1"});
  refused("--method pixel", {"pixel"});
  refused("--method tial", {"tial"});
  refused("--map-reduction every_pixel", {"every_pixel"});
  refused("--non-finite skip", {"non_finite = skip"});
  refused("--method mad --review-rate 0.2", {"review_rate", "mad"});
  refused("--false-alarm-rate 0.2 --review-rate 0.1", {"review_rate = 0.1", "0.2"});
  refused("--review-rate 2", {"review_rate = 2"});
  refused("--review-rate x", {"review_rate", "x"});
  refused("--mask canny", {"--mask"});
  refused("--high-share 0", {"high_share = 0"});
  refused("--high-share 1", {"high_share = 1"});
  refused("--high-share nan", {"high_share"});
  refused("--low-share 0.2", {"high_share = 0.3, low_share = 0.2"});
  refused("--mask hysteresis --high-share 0.5", {"high_share = 0.5, low_share = 0.4"});
  refused("--area-share 1.5", {"area_share = 1.5"});
  refused("--fill-holes=no", {"fill-holes"});
  refused("--connectivity 6", {"--connectivity"});
  refused("--erosion -1", {"--erosion"});
  refused("--erosion 1.5", {"--erosion"});
  refused("--dilation 65536", {"--dilation"});
  refused("--minimum-area 0", {"--minimum-area"});
  refused("--minimum-area 4294967296", {"--minimum-area"});
  refused("--agreement both", {"--agreement"});
  refused("--normalisation log", {"--normalisation"});
  refused("--pipeline ''", {"--pipeline"});
  refused("--k 3", {"k"});
  check_refused(workspace.run("fit maps.npy --mask plain"), 2, {"--mask", "--maps"});
  for (const std::string option :
       {"--mask plain", "--high-share 0.2", "--low-share 0.4", "--area-share 0.1", "--review-rate 0.2",
        "--agreement review", "--normalisation min_max", "--connectivity 8", "--minimum-area 1", "--erosion 0",
        "--dilation 0", "--fill-holes", "--pipeline x", "--pipeline-hash 00"}) {
    check_refused(workspace.run("fit maps.npy " + option), 2,
                  {"plimsoll: " + option.substr(0, option.find(' ')) + " is for masks: it requires --maps"});
  }
  check_refused(workspace.run("fit --maps - --area-share 0.1", npy_maps(draw_maps(30, 6))), 2, {"twice"});
  check_refused(workspace.run("fit"), 2, {"SCORES", "--maps"});
}

TEST_CASE("fit --maps: too few maps give status 1 and no file") {
  const Workspace workspace;
  const auto maps = draw_maps(60, 7);
  const auto fit = [&](std::size_t count, const std::string& options) {
    workspace.write("maps.npy", npy_maps({maps.begin(), maps.begin() + static_cast<std::ptrdiff_t>(count)}));
    return workspace.run("fit --maps maps.npy -o cal.json " + options);
  };
  // 5 % by quantile takes 19 normals, 1 % takes 99.
  check_refused(fit(18, "--method quantile --false-alarm-rate 0.05"), 1, {"quantile gives no image cutoff"});
  check_refused(fit(60, "--method quantile --false-alarm-rate 0.01"), 1, {"quantile gives no image cutoff"});
  check_refused(fit(2, "--method maximum"), 1, {"map gives no mask level"});
  check_refused(fit(1, ""), 1, {"gives no image cutoff"});
  CHECK(workspace.files() == std::vector<std::string>{"maps.npy"});
  check_success(fit(19, "--method quantile --false-alarm-rate 0.05"));
  // A file that is there stays what it is.
  const std::string written = workspace.read("cal.json");
  check_refused(fit(18, "--method quantile --false-alarm-rate 0.05"), 1, {"gives no image cutoff"});
  CHECK(workspace.read("cal.json") == written);
  // No map at all, one that has no pixels, and maps that are all alike.
  workspace.write("maps.npy", npy({}, {.type = "<f4", .shape = {0, 4, 4}}));
  check_refused(workspace.run("fit --maps maps.npy"), 1, {"gives no image cutoff"});
  workspace.write("maps.npy", npy({}, {.type = "<f4", .shape = {5, 0, 4}}));
  check_refused(workspace.run("fit --maps maps.npy"), 1, {"gives no image cutoff"});
  workspace.write("maps.npy", npy(std::vector<double>(60 * 4, 0.5), {.type = "<f4", .shape = {60, 2, 2}}));
  const Outcome alike = workspace.run("fit --maps maps.npy");
  CHECK(alike.status == 1);
}

TEST_CASE("fit --maps: what holds no maps is refused with its name") {
  const Workspace workspace;
  const auto refused = [&](const std::string& path, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("fit --maps " + path + " -o cal.json"), 2, mentions);
    CHECK_FALSE(std::filesystem::exists(workspace.path("cal.json")));
  };
  refused("none.npy", {"none.npy", "no such file"});
  workspace.write("scores.csv", count_to(30));
  refused("scores.csv", {"scores.csv", "plain scores"});
  check_refused(workspace.run("fit --maps -", count_to(30)), 2, {"standard input", "plain scores"});
  workspace.write("scores.npy", npy({1, 2, 3}));
  refused("scores.npy", {"scores.npy", "plain scores"});
  workspace.write("empty.npy", "");
  refused("empty.npy", {"empty.npy", "empty"});
  workspace.write("four.npy", npy(std::vector<double>(16, 0), {.shape = {2, 2, 2, 2}}));
  refused("four.npy", {"four.npy", "4 dimensions"});
  workspace.write("whole.npy", npy(std::vector<double>(8, 0), {.type = "<i4", .shape = {2, 2, 2}}));
  refused("whole.npy", {"whole.npy", "integers"});
  const std::string cut = npy_maps(draw_maps(30, 8));
  workspace.write("cut.npy", cut.substr(0, cut.size() - 5));
  refused("cut.npy", {"cut.npy"});
  workspace.write("long.npy", cut + "x");
  refused("long.npy", {"long.npy"});
  auto maps = draw_maps(30, 8);
  maps[17].pixels[25] = std::nanf("");
  workspace.write("nan.npy", npy_maps(maps));
  refused("nan.npy", {"nan.npy", "17", "map[2, 3] is not finite"});  // pixel 25 of 11 a row
  write_picture(workspace, "picture.png", 2, 2, std::vector<std::uint8_t>{0, 1, 2, 3});
  refused("picture.png", {"picture.png", "picture of integers"});
  write_picture(workspace, "whole.tif", 2, 2, std::vector<std::uint8_t>{0, 1, 2, 3});
  refused("whole.tif", {"whole.tif"});
  std::filesystem::create_directories(workspace.path("nothing"));
  refused("nothing", {"nothing", "no file in this folder"});
  write_folder(workspace, "folder", draw_maps(20, 8));
  workspace.write("folder/map_010.npy", npy({1, 2, 3}));
  refused("folder", {"folder/map_010.npy", "plain scores"});
  workspace.write("folder/map_010.npy", "");
  refused("folder", {"map_010.npy", "empty"});
}

TEST_CASE("fit --maps: what cannot be written leaves nothing behind") {
  const Workspace workspace;
  workspace.write("maps.npy", npy_maps(draw_maps(30, 9)));
  check_refused(workspace.run("fit --maps maps.npy -o none/cal.json"), 2, {"none/cal.json"});
  check_refused(workspace.run("fit --maps maps.npy -o ."), 2, {"is a directory"});
  check_refused(workspace.run("fit --maps maps.npy -o /dev/full"), 2, {"/dev/full"});
  CHECK(workspace.files() == std::vector<std::string>{"maps.npy"});
  const Outcome full = workspace.run("fit --maps maps.npy -o -", {}, "> /dev/full");
  CHECK(full.status == 2);
}
