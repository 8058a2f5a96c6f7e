// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

using Shape = std::vector<std::size_t>;

/// Nineteen maps of 2 x 2 pixels: the i-th has i, 0, 0 and -1, in turning places.
std::vector<double> nineteen_maps() {
  std::vector<double> pixels;
  for (std::size_t i = 1; i <= 19; ++i) {
    std::vector<double> map(4, 0.0);
    map[i % 4] = static_cast<double>(i);
    map[(i + 1) % 4] = -1;
    pixels.insert(pixels.end(), map.begin(), map.end());
  }
  return pixels;
}

}  // namespace

TEST_CASE("maps: a fit says that pixels are its scores, also where maps are one file of several") {
  const Workspace workspace;
  workspace.write("map.npy", npy({1, 2, 3, 4}, {.type = "<f4", .shape = {2, 2}}));
  workspace.write("scores.csv", "1\n2\n3\n");
  const auto told = [&](const std::string& files) {
    const Outcome outcome = workspace.run("fit --method maximum " + files);
    check_success(outcome);
    return outcome.out.find("  maps      every pixel is a score here") != std::string::npos;
  };
  CHECK(told("--normal map.npy"));
  CHECK(told("--normal map.npy --normal scores.csv"));
  CHECK(told("--normal scores.csv --normal map.npy"));
  CHECK_FALSE(told("--normal scores.csv --normal scores.csv"));
}

TEST_CASE("maps: a fit counts pixels or maxima or means of the top") {
  const Workspace workspace;
  for (const std::string type : {"<f2", "<f4", ">f8"}) {
    for (const bool fortran : {false, true}) {
      INFO(type << (fortran ? ", Fortran order" : ", C order"));
      workspace.write("maps.npy", npy(nineteen_maps(), {.type = type, .shape = {19, 2, 2}, .fortran = fortran}));
      const auto fit = [&](const std::string& arguments) {
        return json_of(workspace.run("fit maps.npy --method quantile --format json " + arguments));
      };
      const double step = type == "<f2" ? 0x1p-6 : type == "<f4" ? 0x1p-19 : 0x1p-48;  // above 16, of the type
      const auto maximum = fit("--map-reduction maximum");
      CHECK(cutoff_of(maximum) == 19 + step);
      CHECK(maximum.at("counts").at("normal") == 19);
      CHECK(maximum.at("promise").at("guarantee") == "distribution-free");
      // The means of the largest two pixels are i/2, in double.
      const auto mean = fit("--map-reduction top_mean --top-share 0.5");
      CHECK(cutoff_of(mean) == 9.500000000000002);  // numpy.nextafter(9.5, inf)
      CHECK(mean.at("score_type") == "float64");
      // Of 76 pixels the one of rank ceil(77 * 0.95) = 74 is 17: 19 times -1, 38 times 0, 1 to 17.
      const auto pixels = fit("");
      CHECK(cutoff_of(pixels) == 17 + step);
      CHECK(pixels.at("counts").at("normal") == 76);
      CHECK(pixels.at("promise").at("guarantee") == "none");
      CHECK(pixels.at("note").get<std::string>().find("pixels") != std::string::npos);
    }
  }
}

TEST_CASE("maps: decided pixel by pixel the labels have the shape of the scores") {
  const Workspace workspace;
  workspace.write("one.csv", "1\n");
  check_success(workspace.run("fit one.csv --method manual --value 4 -o line.json"));
  const std::vector<double> scores{1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 9};
  const std::vector<int> expected{0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1};
  for (const Shape& shape : {Shape{12}, Shape{2, 2, 3}, Shape{1, 3, 4}, Shape{12, 1, 1}}) {
    for (const bool fortran : {false, true}) {
      workspace.write("scores.npy", npy(scores, {.type = "<f4", .shape = shape, .fortran = fortran}));
      check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
      CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{shape, expected});
    }
  }
  check_success(workspace.run("apply line.json scores.npy -o labels.txt"));
  CHECK(workspace.read("labels.txt") == "0\n0\n0\n1\n1\n1\n1\n0\n0\n0\n0\n1\n");
}

TEST_CASE("maps: the labels of one map of two dimensions have two dimensions") {
  const Workspace workspace;
  workspace.write("one.csv", "1\n");
  check_success(workspace.run("fit one.csv --method manual --value 4 -o line.json"));
  workspace.write("scores.npy", npy({1, 2, 3, 4, 5, 6}, {.type = "<f4", .shape = {2, 3}}));
  check_success(workspace.run("apply line.json scores.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{2, 3}, {0, 0, 0, 1, 1, 1}});
}

TEST_CASE("maps: reduced they are decided one label a map as they were fitted") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(nineteen_maps(), {.type = "<f4", .shape = {19, 2, 2}}));
  workspace.write("test.npy",
                  npy({19, 0, 0, 0, 19.5, 0, 0, 0, std::nan(""), 0, 0, 0}, {.type = "<f4", .shape = {3, 2, 2}}));
  workspace.write("single.npy", npy({0, 0, 19.5, 0}, {.type = "<f8", .shape = {2, 2}}));
  check_success(workspace.run("fit maps.npy --method quantile --map-reduction maximum -o line.json"));
  check_success(workspace.run("apply line.json test.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{3}, {0, 1, 1}});
  check_success(workspace.run("apply line.json single.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{1}, {1}});
  // Scores of images, already reduced by the user.
  workspace.write("scores.csv", "19\n20\n");
  CHECK(workspace.run("apply line.json scores.csv --format csv").out == "index,score,label\n0,19,0\n1,20,1\n");

  // The means of the largest two pixels: 9.5 passes, 9.75 and NaN do not.
  check_success(workspace.run("fit maps.npy --method quantile --map-reduction top_mean --top-share 0.5 -o line.json"));
  check_success(workspace.run("apply line.json test.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{3}, {0, 1, 1}});
}

TEST_CASE("maps: with direction lower the lowest pixel counts") {
  const Workspace workspace;
  workspace.write("maps.npy", npy({5, 9, 9, 9, 9, 9, 6, 9}, {.type = "<f4", .shape = {2, 2, 2}}));
  const std::string arguments = "--map-reduction maximum --direction lower --method maximum";
  check_success(workspace.run("fit maps.npy " + arguments + " -o line.json"));
  workspace.write("test.npy", npy({5, 99, 4, 9}, {.type = "<f4", .shape = {2, 1, 2}}));
  check_success(workspace.run("apply line.json test.npy -o labels.npy"));
  CHECK(npy_bytes(workspace.read("labels.npy")) == NpyBytes{{2}, {0, 1}});
}

TEST_CASE("maps: f1 learns from masks and from labels of maps") {
  const Workspace workspace;
  const std::vector<double> scores{1, 2, 3, 4, 5, 6, 7, 8, 3, 2, 1, 0};
  workspace.write("maps.npy", npy(scores, {.type = "<f4", .shape = {3, 2, 2}}));
  workspace.write("masks.npy", npy({0, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0}, {.type = "|u1", .shape = {3, 2, 2}}));
  workspace.write("labels.csv", "normal\nanomalous\nnormal\n");
  const auto fit = [&](const std::string& arguments) {
    return json_of(workspace.run("fit maps.npy --method f1 --format json " + arguments));
  };
  const auto pixels = fit("--labels masks.npy");
  CHECK(cutoff_of(pixels) == 6);
  CHECK(pixels.at("counts") == counts_of(9, 3, 0));
  // The masks may come from standard input.
  CHECK(json_of(workspace.run("fit maps.npy --method f1 --format json --labels -", workspace.read("masks.npy"))) ==
        pixels);
  const auto by_map = fit("--labels labels.csv");  // every pixel of a map has the map's label
  CHECK(cutoff_of(by_map) == 5);
  CHECK(by_map.at("counts") == counts_of(8, 4, 0));
  for (const std::string labels : {"masks.npy", "labels.csv"}) {
    const auto reduced = fit("--map-reduction maximum --labels " + labels);
    CHECK(cutoff_of(reduced) == 8);
    CHECK(reduced.at("counts") == counts_of(2, 1, 0));
  }
}

TEST_CASE("maps: metrics by masks and by labels of maps") {
  const Workspace workspace;
  workspace.write("one.npy", npy({1}, {.type = "<f4", .shape = {1, 1, 1}}));
  workspace.write("maps.npy", npy({1, 5, 1, 1, 1, 1, 6, 7, 1, 1, 8, 1}, {.type = "<f4", .shape = {3, 2, 2}}));
  const std::vector<double> mask{0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0};
  workspace.write("masks.npy", npy(mask, {.type = "|u1", .shape = {3, 2, 2}}));
  workspace.write("turned.npy", npy(mask, {.type = "|b1", .shape = {3, 2, 2}, .fortran = true}));
  workspace.write("labels.csv", "0\n1\n1\n");
  const auto counts = [&](const std::string& labels) {
    return json_of(workspace.run("apply line.json maps.npy --format json --labels " + labels))
        .at("metrics")
        .at("counts");
  };
  check_success(workspace.run("fit one.npy --method manual --value 5 -o line.json"));
  const nlohmann::json by_pixel{{"caught", 1}, {"missed", 1}, {"false_alarms", 3}, {"passed", 7}};
  CHECK(counts("masks.npy") == by_pixel);
  CHECK(counts("turned.npy") == by_pixel);
  check_success(workspace.run("fit one.npy --method manual --value 7 --map-reduction maximum -o line.json"));
  const nlohmann::json by_map{{"caught", 2}, {"missed", 0}, {"false_alarms", 0}, {"passed", 1}};
  CHECK(counts("masks.npy") == by_map);
  CHECK(counts("turned.npy") == by_map);
  CHECK(counts("labels.csv") == by_map);
}

TEST_CASE("maps: evaluate judges pixels by masks and maps by masks or labels") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(nineteen_maps(), {.type = "<f4", .shape = {19, 2, 2}}));
  workspace.write("test.npy", npy({18, 0, 0, 0, 17, 0, 25, 16, 30, 0, 0, 0}, {.type = "<f8", .shape = {3, 2, 2}}));
  workspace.write("masks.npy", npy({0, 0, 0, 0, 0, 0, 255, 0, 255, 255, 0, 0}, {.type = "|u1", .shape = {3, 2, 2}}));
  workspace.write("labels.csv", "0\n1\n1\n");
  const auto judged = [&](const std::string& arguments) {
    return json_of(workspace.run("evaluate maps.npy test.npy --method quantile --format json " + arguments));
  };
  // The cutoff of pixels is just above 17 (see above), so 18, 25 and 30 are flagged.
  const auto pixels = judged("--labels masks.npy");
  CHECK(pixels.at("normal").at("count") == 76);
  CHECK(pixels.at("methods").at(0).at("counts") ==
        nlohmann::json({{"caught", 2}, {"missed", 1}, {"false_alarms", 1}, {"passed", 8}}));
  // That of maxima is just above 19, so the second and third map are flagged.
  for (const std::string labels : {"masks.npy", "labels.csv"}) {
    const auto maps = judged("--map-reduction maximum --labels " + labels);
    CHECK(maps.at("normal").at("count") == 19);
    CHECK(maps.at("test") == nlohmann::json({{"file", "test.npy"}, {"normal", 1}, {"anomalous", 2}}));
    CHECK(maps.at("methods").at(0).at("counts") ==
          nlohmann::json({{"caught", 2}, {"missed", 0}, {"false_alarms", 0}, {"passed", 1}}));
    CHECK(maps.at("auroc") == 1);
  }
}

TEST_CASE("maps: one map of two dimensions is judged by its mask") {
  const Workspace workspace;
  workspace.write("map.npy", npy({1, 5, 1, 1, 1, 1}, {.type = "<f4", .shape = {2, 3}}));
  workspace.write("mask.npy", npy({0, 1, 0, 0, 0, 0}, {.type = "|u1", .shape = {2, 3}}));
  const auto counts = [&](const std::string& reduction) {
    check_success(workspace.run("fit map.npy --method manual --value 5 -o line.json --map-reduction " + reduction));
    return json_of(workspace.run("apply line.json map.npy --labels mask.npy --format json")).at("metrics").at("counts");
  };
  CHECK(counts("every_pixel") == nlohmann::json({{"caught", 1}, {"missed", 0}, {"false_alarms", 0}, {"passed", 5}}));
  CHECK(counts("maximum") == nlohmann::json({{"caught", 1}, {"missed", 0}, {"false_alarms", 0}, {"passed", 0}}));
}

TEST_CASE("maps: one map of two dimensions may have one label") {
  const Workspace workspace;
  workspace.write("map.npy", npy({1, 5, 1, 1, 1, 1}, {.type = "<f4", .shape = {2, 3}}));
  workspace.write("label.csv", "anomalous\n");
  const auto counts = [&](const std::string& reduction) {
    check_success(workspace.run("fit map.npy --method manual --value 5 -o line.json --map-reduction " + reduction));
    return json_of(workspace.run("apply line.json map.npy --labels label.csv --format json"))
        .at("metrics")
        .at("counts");
  };
  CHECK(counts("every_pixel") == nlohmann::json({{"caught", 1}, {"missed", 5}, {"false_alarms", 0}, {"passed", 0}}));
  CHECK(counts("maximum") == nlohmann::json({{"caught", 1}, {"missed", 0}, {"false_alarms", 0}, {"passed", 0}}));
  workspace.write("two.csv", "normal\nanomalous\n");
  check_refused(workspace.run("apply line.json map.npy --labels two.csv"), 2,
                {"two.csv: has 2 labels of shape (2); for the 6 scores of shape (2, 3) of map.npy", "or 1 labels"});
}

TEST_CASE("maps: masks of another shape are refused though they have as many pixels") {
  const Workspace workspace;
  const std::vector<double> pixels(24, 1.0);
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {2, 3, 4}}));
  std::vector<double> mask(24, 0.0);
  mask[1] = 1;
  workspace.write("masks.npy", npy(mask, {.type = "|u1", .shape = {2, 4, 3}}));
  workspace.write("line.json", workspace.run("fit maps.npy --method manual -o -").out);
  const auto files = workspace.files();
  check_refused(workspace.run("fit maps.npy --labels masks.npy --method f1 -o new.json"), 2, {"masks.npy"});
  check_refused(workspace.run("apply line.json maps.npy --labels masks.npy -o labels.npy"), 2, {"masks.npy"});
  check_refused(workspace.run("evaluate maps.npy maps.npy --labels masks.npy"), 2, {"masks.npy"});
  CHECK(workspace.files() == files);
}

TEST_CASE("maps: labels that do not fit are refused with the numbers") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(std::vector<double>(12, 1.0), {.type = "<f4", .shape = {3, 2, 2}}));
  workspace.write("two.csv", "0\n1\n");
  workspace.write("four.csv", "0\n1\n1\n0\n");
  workspace.write("masks.npy", npy({0, 0, 0, 0, 1, 1, 1, 1}, {.type = "|u1", .shape = {2, 2, 2}}));
  workspace.write("line.json", workspace.run("fit maps.npy --method manual -o -").out);
  check_refused(workspace.run("fit maps.npy --labels two.csv --method f1"), 2, {"two.csv", "maps.npy"});
  check_refused(workspace.run("fit maps.npy --labels four.csv --method f1"), 2, {"four.csv", "4", "3"});
  check_refused(workspace.run("fit maps.npy --labels masks.npy --method f1"), 2, {"masks.npy"});
  check_refused(workspace.run("apply line.json maps.npy --labels masks.npy"), 2, {"masks.npy", "8", "12"});
}

TEST_CASE("maps: a bad pixel is refused with its place") {
  const Workspace workspace;
  std::vector<double> pixels(12, 1.0);
  pixels[9] = std::nan("");
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {2, 2, 3}}));
  check_refused(workspace.run("fit maps.npy --method maximum -o line.json"), 2,
                {"maps.npy", "map 1", "map[1, 0] is NaN"});
  check_refused(workspace.run("fit maps.npy --method maximum --map-reduction maximum"), 2,
                {"map 1", "map[1, 0] is NaN"});
  const auto json = json_of(workspace.run("fit maps.npy --method maximum --non-finite skip --format json"));
  CHECK(json.at("counts").at("skipped") == 1);
  CHECK(json.at("counts").at("normal") == 11);
}

TEST_CASE("maps: masks that are not as many as the maps, or not of their sizes, are refused with the numbers") {
  const Workspace workspace;
  workspace.write("normal.npy", npy(nineteen_maps(), {.type = "<f4", .shape = {19, 2, 2}}));
  workspace.write("maps.npy", npy(std::vector<double>(18, 1.0), {.type = "<f4", .shape = {3, 2, 3}}));
  const auto refused = [&](const Shape& shape, const std::string& message) {
    workspace.write("masks.npy",
                    npy(std::vector<double>(shape[0] * shape[1] * shape[2]), {.type = "|u1", .shape = shape}));
    check_refused(workspace.run("evaluate --maps normal.npy maps.npy --labels masks.npy"), 2, {message});
  };
  refused({2, 2, 3}, "masks.npy: has 2 masks for the 3 maps of maps.npy");
  refused({4, 2, 3}, "masks.npy: has 4 masks for the 3 maps of maps.npy");
  refused({3, 2, 2}, "masks.npy: mask masks_0 is 2 x 2, its map maps_0 is 2 x 3");
  refused({3, 1, 3}, "masks.npy: mask masks_0 is 1 x 3, its map maps_0 is 2 x 3");
  refused({3, 3, 2}, "masks.npy: mask masks_0 is 3 x 2, its map maps_0 is 2 x 3");
  workspace.write("scores.csv", "1\n2\n");
  check_refused(workspace.run("fit --maps scores.csv"), 2,
                {"scores.csv: holds plain scores, and maps have 2 dimensions (one map) or 3 (maps)"});
}

TEST_CASE("maps: labels of maps are a list of as many, and no other shape of them") {
  const Workspace workspace;
  workspace.write("maps.npy", npy(std::vector<double>(12, 1.0), {.type = "<f4", .shape = {3, 2, 2}}));
  check_success(workspace.run("fit maps.npy --method manual -o line.json"));
  const auto refused = [&](const Shape& shape, std::size_t count, const std::string& shown) {
    workspace.write("labels.npy", npy(std::vector<double>(count, 1.0), {.type = "|u1", .shape = shape}));
    check_refused(workspace.run("apply line.json maps.npy --labels labels.npy"), 2,
                  {"labels.npy: has " + std::to_string(count) + " labels of shape (" + shown +
                   "); for the 12 scores of shape (3, 2, 2) of maps.npy there must be masks of that shape, or 3 "
                   "labels, one a map"});
  };
  refused({3, 1}, 3, "3, 1");
  refused({1, 3}, 3, "1, 3");
  refused({12}, 12, "12");
  refused({3, 4}, 12, "3, 4");
  refused({3, 2, 1}, 6, "3, 2, 1");
  workspace.write("labels.npy", npy({1, 1, 1}, {.type = "|u1", .shape = {3}}));
  check_success(workspace.run("apply line.json maps.npy --labels labels.npy"));
}

TEST_CASE("maps: those of different sizes have no labels in an array") {
  const Workspace workspace;
  std::filesystem::create_directory(workspace.path("maps"));
  workspace.write("maps/a.npy", npy({1, 2, 3, 4}, {.type = "<f4", .shape = {2, 2}}));
  workspace.write("maps/b.npy", npy({5, 6}, {.type = "<f4", .shape = {1, 2}}));
  workspace.write("labels.csv", "0\n1\n");
  for (const std::string command : {"fit maps --method f1", "evaluate maps maps"}) {
    check_refused(workspace.run(command + " --labels labels.csv"), 2,
                  {"labels.csv: cannot label maps, whose maps differ in size"});
  }
}
