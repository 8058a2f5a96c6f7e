// SPDX-License-Identifier: Apache-2.0
// apply with a calibration file: all that it writes against Calibration::decide called here on the same maps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "map_files.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "workspace.hpp"

using namespace plimsoll;
using namespace plimsoll::cli_test;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

/// The Calibration that a file's numbers say.
Calibration calibration_of(const json& file) {
  Calibration line;
  if (file.at("direction") == "lower_is_anomalous") line.direction = ScoreDirection::lower_is_anomalous;
  for (const Agreement agreement : {Agreement::label_wins, Agreement::mask_wins, Agreement::either}) {
    if (file.at("agreement") == to_string(agreement)) line.agreement = agreement;
  }
  const json& image = file.at("image");
  line.cutoff = Cutoff{cutoff_of(image.at("fit"))};
  if (image.contains("review")) line.review_cutoff = Cutoff{cutoff_of(image.at("review"))};
  line.map_reduction = image.at("map_reduction") == "maximum" ? MapReduction::maximum : MapReduction::top_mean;
  line.top_share = image.at("top_share");
  line.normalisation.minimum = image.at("normalisation").at("minimum");
  line.normalisation.maximum = image.at("normalisation").at("maximum");
  const json& mask = file.at("mask");
  const double high = cutoff_of(mask.at("high"));
  line.mask = MaskRule{.high = Cutoff{high},
                       .low = Cutoff{mask.contains("low") ? cutoff_of(mask.at("low")) : high},
                       .connectivity = mask.at("connectivity") == 4 ? Connectivity::four : Connectivity::eight,
                       .erosion = mask.at("erosion"),
                       .dilation = mask.at("dilation"),
                       .fill_holes = mask.at("fill_holes"),
                       .minimum_area = mask.at("minimum_area")};
  return line;
}

/// A decision that outlives the workspace.
struct Decided {
  Label label;
  Verdict verdict;
  double score;
  std::vector<int> mask;
  std::vector<Region> regions;
  [[nodiscard]] std::size_t area() const { return static_cast<std::size_t>(std::ranges::count(mask, 1)); }
};

std::vector<Decided> decide_all(const Calibration& line, const std::vector<TestMap>& maps) {
  std::vector<Decided> all;
  for (const TestMap& map : maps) {
    MapWorkspace memory(map.rows, map.columns);
    const Decision decision = line.decide(map.view(), memory);
    Decided& decided = all.emplace_back(Decided{decision.label, decision.verdict, decision.score, {}, {}});
    for (std::size_t row = 0; row < decision.mask.rows(); ++row) {
      for (const std::uint8_t pixel : decision.mask.row(row)) decided.mask.push_back(pixel);
    }
    decided.regions.assign(decision.regions.begin(), decision.regions.end());
  }
  return all;
}

double number(const std::string& cell) {
  return std::strtod(cell.c_str(), nullptr);
}

/// A line of a table, cut at its blanks.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (const std::string& word : split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

/// A score from 0 to 1, by min_max as docs/decide.md has it.
double shown(const Calibration& line, double score) {
  const double directed = line.direction == ScoreDirection::lower_is_anomalous ? -score : score;
  const double range = line.normalisation.maximum - line.normalisation.minimum;
  return std::clamp((directed - line.cutoff.value()) / range + 0.5, 0.0, 1.0);
}

/// The lines about the images that are not normal, with their indices and names.
std::vector<std::vector<std::string>> table_rows(const Calibration& line, const std::vector<Decided>& all) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Decided& one = all[i];
    if (one.verdict == Verdict::normal) continue;
    rows.push_back({std::to_string(i), fmt::format("maps_{:02}", i), fmt::format("{:.6g}", one.score),
                    fmt::format("{:.3f}", shown(line, one.score)), std::string(to_string(one.verdict)),
                    std::to_string(one.regions.size()), std::to_string(one.area())});
  }
  return rows;
}

/// The largest p-value that is a discovery: of the k least ones at most level k / m, by looking at all; -1 for none. A
/// last digit is not a difference.
double discovered_to(const std::vector<double>& p_values, double level) {
  double line = -1;
  for (const double candidate : p_values) {
    const auto k = static_cast<double>(std::ranges::count_if(p_values, [=](double p) { return p <= candidate; }));
    const auto m = static_cast<double>(p_values.size());
    if (candidate * m <= level * k * (1 + 1e-12)) line = std::max(line, candidate);
  }
  return line;
}

/// Normal maps, a calibration of them, and others to decide: half normal, half with large bumps.
class WithMaps : public Workspace {
 public:
  explicit WithMaps(const std::string& options = "--mask hysteresis --review-rate 0.2") {
    write("normal.npy", npy_maps(normals));
    check_success(run("fit --maps normal.npy -o cal.json " + options));
    file = read_json(*this, "cal.json");
    line = calibration_of(file);
    maps = draw_maps(20, 102);
    const auto strange = draw_maps(20, 103, 8);
    maps.insert(maps.end(), strange.begin(), strange.end());
    write("maps.npy", npy_maps(maps));
  }

  /// The rows of `apply cal.json SCORES --format csv OPTIONS`, less the headings.
  [[nodiscard]] std::vector<std::vector<std::string>> rows(const std::string& arguments,
                                                           const std::string& headings) const {
    const Outcome outcome = run("apply cal.json " + arguments + " --format csv");
    check_success(outcome);
    std::vector<std::vector<std::string>> cells;
    for (const std::string& text : lines_of(outcome.out)) cells.push_back(split(text, ','));
    REQUIRE_FALSE(cells.empty());
    CHECK(lines_of(outcome.out).front() == headings);
    cells.erase(cells.begin());
    return cells;
  }

  /// The share of normal scores at least as strange, with the score itself.
  [[nodiscard]] double p_value(double score) const {
    std::size_t at_least = 0;
    for (const TestMap& map : normals) {
      const double normal = score_of(map.view(), line.map_reduction, line.top_share);
      const bool reaches = line.direction == ScoreDirection::lower_is_anomalous ? normal <= score : normal >= score;
      at_least += reaches ? 1 : 0;
    }
    return (1 + static_cast<double>(at_least)) / (1 + static_cast<double>(normals.size()));
  }

  std::vector<TestMap> normals = draw_maps(60, 101);
  std::vector<TestMap> maps;
  json file;
  Calibration line;
};

const std::string map_headings = "index,name,score,normalised,label,verdict,regions,area,p_value";

/// Counts as a confusion table, by hand.
struct Counts {
  int caught = 0;
  int missed = 0;
  int false_alarms = 0;
  int passed = 0;
  void add(bool anomalous, bool flagged) {
    ++(anomalous ? flagged ? caught : missed : flagged ? false_alarms : passed);
  }
  [[nodiscard]] json as_json() const {
    return {{"caught", caught}, {"missed", missed}, {"false_alarms", false_alarms}, {"passed", passed}};
  }
};

}  // namespace

TEST_CASE("apply maps: CSV, JSON and masks are what Calibration decides") {
  for (const std::string options : {"--mask hysteresis --review-rate 0.2", "--agreement label_wins --top-share 0.05",
                                    "--agreement mask_wins --map-reduction maximum --minimum-area 3 --connectivity 4",
                                    "--agreement either --erosion 1", "--dilation 2 --fill-holes --high-share 0.1"}) {
    INFO(options);
    const WithMaps workspace(options);
    const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
    const auto rows = workspace.rows("maps.npy -o masks.npy", map_headings);
    const json whole = json_of(workspace.run("apply cal.json maps.npy --format json"));
    REQUIRE(rows.size() == expected.size());
    REQUIRE(whole.at("items").size() == expected.size());
    const NpyBytes masks = npy_bytes(workspace.read("masks.npy"));
    CHECK(masks.shape == std::vector<std::size_t>{40, 14, 11});
    std::vector<int> pixels;
    int anomalous = 0;
    int review = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Decided& one = expected[i];
      const auto& row = rows[i];
      REQUIRE(row.size() == 9);
      const std::string name = "maps_" + std::string(i < 10 ? "0" : "") + std::to_string(i);
      const double shown =
          std::clamp((one.score - workspace.line.cutoff.value()) /
                             (workspace.line.normalisation.maximum - workspace.line.normalisation.minimum) +
                         0.5,
                     0.0, 1.0);
      CHECK(row[0] == std::to_string(i));
      CHECK(row[1] == name);
      CHECK(number(row[2]) == one.score);
      CHECK(number(row[3]) == Approx(shown).margin(1e-15));  // 1/2 may be moved by a last digit
      CHECK(row[4] == (one.label == Label::anomalous ? "1" : "0"));
      CHECK(row[5] == to_string(one.verdict));
      CHECK(row[6] == std::to_string(one.regions.size()));
      CHECK(row[7] == std::to_string(one.area()));
      CHECK(number(row[8]) == workspace.p_value(one.score));
      const json& item = whole.at("items")[i];
      CHECK(item.at("name") == name);
      CHECK(item.at("score") == one.score);
      CHECK(item.at("normalised") == number(row[3]));
      CHECK(item.at("label") == static_cast<int>(one.label));
      CHECK(item.at("verdict") == row[5]);
      CHECK(item.at("regions") == one.regions.size());
      CHECK(item.at("area") == one.area());
      CHECK(item.at("p_value") == number(row[8]));
      anomalous += one.verdict == Verdict::anomalous;
      review += one.verdict == Verdict::review;
      pixels.insert(pixels.end(), one.mask.begin(), one.mask.end());
    }
    CHECK(masks.values == pixels);
    CHECK(whole.at("calibration") == "cal.json");
    CHECK(whole.at("scores") == "maps.npy");
    CHECK(whole.at("cutoff") == workspace.line.cutoff.value());
    CHECK(whole.at("count") == 40);
    CHECK(whole.at("anomalous") == anomalous);
    CHECK(whole.at("review") == review);
    CHECK(anomalous > 5);
    CHECK(anomalous < 35);
    const Outcome table = workspace.run("apply cal.json maps.npy");
    check_success(table);
    CHECK(table.out.find("of 40 images anomalous") != std::string::npos);
    if (review > 0) CHECK(table.out.find(std::to_string(review) + " for review") != std::string::npos);
  }
}

TEST_CASE("apply maps: the table shows the first twenty that are not normal, and how many more there are") {
  const WithMaps workspace;
  for (const std::size_t count : {20U, 21U, 27U}) {
    auto strange = draw_maps(count, 107);
    for (TestMap& map : strange) map.pixels[7] = 1000;
    workspace.write("strange.npy", npy_maps(strange));
    const Outcome outcome = workspace.run("apply cal.json strange.npy");
    check_success(outcome);
    INFO(outcome.out);
    const std::vector<std::string> lines = lines_of(outcome.out);
    const std::string all = std::to_string(count);
    CHECK(lines.at(1) ==
          "strange.npy: " + all + " of " + all + " images anomalous; " + all + " with a region in the mask");
    CHECK(std::ranges::count_if(
              lines, [](const std::string& line) { return line.find("  anomalous  ") != std::string::npos; }) == 20);
    CHECK((lines.back() == "... and " + std::to_string(count - 20) + " more: --format csv gives all") == (count > 20));
  }
}

TEST_CASE("apply maps: the table says of each image, and of the test, what is decided") {
  for (const std::string options : {"--mask hysteresis --review-rate 0.2", "--agreement either --minimum-area 2",
                                    "--mask hysteresis --direction lower"}) {
    INFO(options);
    const WithMaps workspace(options);
    const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
    std::vector<double> truth;
    Counts images;
    Counts pixels;
    int touched = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      bool anomalous = false;
      for (std::size_t pixel = 0; pixel < expected[i].mask.size(); ++pixel) {
        const bool is_anomalous = i >= 17 && workspace.maps[i].pixels[pixel] > 1.5F;
        truth.push_back(is_anomalous ? 1 : 0);
        pixels.add(is_anomalous, expected[i].mask[pixel] == 1);
        anomalous = anomalous || is_anomalous;
      }
      images.add(anomalous, expected[i].label == Label::anomalous);
      touched += expected[i].regions.empty() ? 0 : 1;
    }
    workspace.write("masks.npy", npy(truth, {.type = "|u1", .shape = {40, 14, 11}}));
    const Outcome outcome = workspace.run("apply cal.json maps.npy --labels masks.npy -o new");
    check_success(outcome);
    INFO(outcome.out);
    std::vector<std::string> lines = lines_of(outcome.out);
    const auto next = [&lines] {
      REQUIRE_FALSE(lines.empty());
      const std::string line = lines.front();
      lines.erase(lines.begin());
      return line;
    };
    const json& fit = workspace.file.at("image").at("fit");
    const double cutoff = workspace.line.cutoff.value();
    CHECK(next() == fmt::format("cal.json: {}, cutoff {}, promise: {}", fit.at("method").get<std::string>(),
                                detail::shortest(cutoff), fit.at("promise").at("text").get<std::string>()));
    if (workspace.line.direction == ScoreDirection::lower_is_anomalous) {
      CHECK(next() == "low scores are strange: those of " + detail::shortest(-cutoff) + " and lower are anomalous");
    }
    const auto count = [&](Verdict verdict) {
      return std::ranges::count_if(expected, [=](const Decided& one) { return one.verdict == verdict; });
    };
    std::string decided = fmt::format("maps.npy: {} of 40 images anomalous", images.caught + images.false_alarms);
    if (count(Verdict::review) > 0) decided += fmt::format(", {} for review", count(Verdict::review));
    CHECK(next() == decided + fmt::format("; {} with a region in the mask", touched));
    CHECK(next().empty());
    CHECK(words_of(next()) == words_of("FPR [95 %] recall precision F1 balanced accuracy"));
    // The rate first; after the interval, which images alone have, the others.
    for (const Counts& counts : {images, pixels}) {
      const bool of_images = counts.as_json() == images.as_json();
      const double rate = counts.false_alarms / static_cast<double>(counts.false_alarms + counts.passed);
      const double recall = counts.caught / static_cast<double>(counts.caught + counts.missed);
      const double precision = counts.caught / static_cast<double>(counts.caught + counts.false_alarms);
      std::vector<std::string> words = words_of(next());
      REQUIRE(words.size() == (of_images ? 8 : 6));
      CHECK(words[0] == (of_images ? "images" : "pixels"));
      CHECK(words[1] == (of_images ? fmt::format("{:.3f}", rate) : fmt::format("{:.3g}", rate)));
      words.erase(words.begin(), words.end() - 4);
      std::vector<std::string> figures;
      const double f1 =
          2 * counts.caught / static_cast<double>(2 * counts.caught + counts.false_alarms + counts.missed);
      for (const double figure : {recall, precision, f1, (recall + 1 - rate) / 2}) {
        figures.push_back(std::isnan(figure) ? "-" : fmt::format("{:.3f}", figure));
      }
      CHECK(words == figures);
    }
    CHECK(next().starts_with("normal images with a region: "));
    CHECK(next().empty());
    CHECK(words_of(next()) == words_of("index name score 0 to 1 verdict regions pixels"));
    const auto rows = table_rows(workspace.line, expected);
    for (std::size_t i = 0; i < std::min<std::size_t>(20, rows.size()); ++i) CHECK(words_of(next()) == rows[i]);
    if (rows.size() > 20) CHECK(next() == fmt::format("... and {} more: --format csv gives all", rows.size() - 20));
    CHECK(next().empty());
    CHECK(next() == "written: new");
    CHECK(lines.empty());
  }
}

TEST_CASE("apply maps: the table names the rate that was asked for, and that of plain scores has no names") {
  const WithMaps workspace;
  const json& rates = workspace.file.at("tables").at("image_rates");
  Calibration changed = workspace.line;
  changed.cutoff = Cutoff{rates.at("cutoff")[9].get<double>()};
  REQUIRE(changed.cutoff.value() != workspace.line.cutoff.value());
  const std::string rate = rates.at("rate")[9].dump();
  const Outcome moved = workspace.run("apply cal.json maps.npy --false-alarm-rate " + rate);
  check_success(moved);
  CHECK(lines_of(moved.out).at(0) == "cal.json: tail, cutoff " + detail::shortest(changed.cutoff.value()) +
                                         ", promise: false alarms about " + rate + ", by the table");
  const auto rows = table_rows(changed, decide_all(changed, workspace.maps));
  CHECK(words_of(lines_of(moved.out).at(4)) == rows.at(0));

  const double cutoff = workspace.line.cutoff.value();
  workspace.write("scores.npy", npy({-1e9, cutoff, 1e9}));
  const Outcome plain = workspace.run("apply cal.json scores.npy");
  check_success(plain);
  const std::vector<std::string> lines = lines_of(plain.out);
  REQUIRE(lines.size() == 6);
  CHECK(lines[1] == "scores.npy: 2 of 3 scores anomalous");
  CHECK(words_of(lines[3]) == words_of("index score 0 to 1 verdict"));
  CHECK(words_of(lines[4]) == words_of(fmt::format("1 {:.6g} 0.500 anomalous", cutoff)));
  CHECK(words_of(lines[5]) == words_of("2 1e+09 1.000 anomalous"));
}

TEST_CASE("apply maps: where low scores are strange a region's peak is its lowest pixel") {
  const WithMaps workspace("--direction lower");
  std::vector<double> pixels(6 * 7, 5);
  pixels[2 * 7 + 3] = -6.5;
  pixels[2 * 7 + 4] = -7;
  pixels[5 * 7] = -8;
  workspace.write("low.npy", npy(pixels, {.type = "<f4", .shape = {6, 7}}));
  const Outcome outcome = workspace.run("apply cal.json low.npy --regions -");
  check_success(outcome);
  CHECK(lines_of(outcome.out) ==
        std::vector<std::string>{"index,name,region,area,peak,row_begin,row_end,column_begin,column_end,centroid_row,"
                                 "centroid_column",
                                 "0,low,0,2,-7,2,3,3,5,2,3.5", "0,low,1,1,-8,5,6,0,1,5,0"});
}

TEST_CASE("apply maps: low scores may be the strange ones") {
  WithMaps workspace("--direction lower --mask hysteresis");
  const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
  const auto rows = workspace.rows("maps.npy -o masks.npy", map_headings);
  std::vector<int> pixels;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(number(rows[i][2]) == expected[i].score);
    CHECK(number(rows[i][2]) == static_cast<double>(*std::ranges::min_element(workspace.maps[i].pixels)));
    CHECK(rows[i][4] == (expected[i].label == Label::anomalous ? "1" : "0"));
    // p compares with negated scores; .2 % of 154 pixels is the least one.
    std::size_t at_most = 0;
    for (const TestMap& map : workspace.normals) {
      at_most += static_cast<double>(*std::ranges::min_element(map.pixels)) <= expected[i].score;
    }
    CHECK(number(rows[i][8]) == (1 + static_cast<double>(at_most)) / 61);
    pixels.insert(pixels.end(), expected[i].mask.begin(), expected[i].mask.end());
  }
  CHECK(npy_bytes(workspace.read("masks.npy")).values == pixels);
}

TEST_CASE("apply maps: masks as pictures, for maps of any size, from a folder or standard input") {
  WithMaps workspace;
  test::Random random(104);
  for (TestMap& map : workspace.maps) map = draw_map(random, 3, 6 + random.below(10), 6 + random.below(10));
  write_folder(workspace, "maps", workspace.maps);
  const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
  const auto rows = workspace.rows("maps -o new/masks", map_headings);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(rows[i][1] == numbered("map", i));
    CHECK(number(rows[i][2]) == expected[i].score);
    std::vector<int> levels = expected[i].mask;
    for (int& level : levels) level *= 255;
    CHECK(read_picture(workspace, "new/masks/" + numbered("map", i) + ".png") == levels);
  }
  CHECK(std::distance(fs::directory_iterator(workspace.path("new/masks")), fs::directory_iterator()) == 40);
  check_refused(workspace.run("apply cal.json maps -o masks.npy"), 2, {"masks of one size", "FOLDER/"});
  CHECK_FALSE(fs::exists(workspace.path("masks.npy")));
  // Of standard input the maps have names, too.
  const auto one_size = draw_maps(12, 105, 3);
  const Outcome outcome = workspace.run("apply cal.json - --format csv -o stdin/", npy_maps(one_size));
  check_success(outcome);
  CHECK(split(lines_of(outcome.out).at(12), ',').at(1) == "standard_input_11");
  CHECK(lines_of(workspace.run("apply cal.json -", npy_maps(one_size)).out).at(1).starts_with("standard input: "));
  std::vector<int> levels = decide_all(workspace.line, one_size).back().mask;
  for (int& level : levels) level *= 255;
  CHECK(read_picture(workspace, "stdin/standard_input_11.png") == levels);
  // A single map of two dimensions.
  workspace.write("one.npy", npy_map(one_size[0]));
  CHECK(workspace.rows("one.npy -o one_mask.npy", map_headings).at(0).at(1) == "one");
  CHECK(npy_bytes(workspace.read("one_mask.npy")).values == decide_all(workspace.line, one_size).front().mask);
}

TEST_CASE("apply maps: overlays are drawn over the images where the mask is") {
  const WithMaps workspace;
  fs::create_directories(workspace.path("images"));
  for (std::size_t i = 0; i < 40; ++i) {
    write_picture(workspace, "images/" + numbered("photo", i) + ".png", 28, 22, std::vector<std::uint8_t>(28 * 22, 90));
  }
  check_success(workspace.run("apply cal.json maps.npy -o masks --overlay images"));
  const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string name = "maps_" + std::string(i < 10 ? "0" : "") + std::to_string(i);
    const cv::Mat overlay = cv::imread(workspace.path("masks/" + name + "_overlay.png").string(), cv::IMREAD_COLOR);
    REQUIRE(overlay.rows == 28);
    REQUIRE(overlay.cols == 22);
    const bool touched = cv::countNonZero(overlay.reshape(1) != 90) > 0;
    CHECK(touched == (expected[i].area() > 0));
    drawn += touched;
  }
  CHECK(drawn > 5);
  CHECK(drawn < 40);
}

TEST_CASE("apply maps: each overlay is drawn over the map's own image") {
  const WithMaps workspace;
  fs::create_directories(workspace.path("maps"));
  fs::create_directories(workspace.path("images"));
  // One map in the corner of which a pixel is strange, in three files, and images of three grey levels.
  TestMap map{std::vector<float>(14 * 11, 0), 14, 11};
  map.pixels[0] = 1000;
  const std::vector<std::pair<std::string, std::uint8_t>> levels{{"c", 40}, {"a", 90}, {"b", 140}};
  for (const auto& [name, level] : levels) {
    workspace.write("maps/" + name + ".npy", npy_map(map));
    write_picture(workspace, "images/" + name + ".png", 28, 22, std::vector<std::uint8_t>(28 * 22, level));
  }
  check_success(workspace.run("apply cal.json maps -o masks --overlay images"));
  for (const auto& [name, level] : levels) {
    INFO(name);
    const cv::Mat overlay = cv::imread(workspace.path("masks/" + name + "_overlay.png").string(), cv::IMREAD_COLOR);
    REQUIRE(overlay.rows == 28);
    REQUIRE(overlay.cols == 22);
    CHECK(overlay.at<cv::Vec3b>(27, 21) == cv::Vec3b::all(level));
    CHECK(overlay.at<cv::Vec3b>(0, 0) != cv::Vec3b::all(level));
  }
}

TEST_CASE("apply maps: the regions' table") {
  const WithMaps workspace;
  check_success(workspace.run("apply cal.json maps.npy --regions regions.csv"));
  const auto lines = lines_of(workspace.read("regions.csv"));
  CHECK(lines.front() ==
        "index,name,region,area,peak,row_begin,row_end,column_begin,column_end,centroid_row,centroid_column");
  std::size_t next = 1;
  const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (std::size_t k = 0; k < expected[i].regions.size(); ++k) {
      REQUIRE(next < lines.size());
      const auto row = split(lines[next++], ',');
      const Region& region = expected[i].regions[k];
      CHECK(row.at(0) == std::to_string(i));
      CHECK(row.at(1) == "maps_" + std::string(i < 10 ? "0" : "") + std::to_string(i));
      CHECK(row.at(2) == std::to_string(k));
      CHECK(row.at(3) == std::to_string(region.area));
      CHECK(number(row.at(4)) == region.peak);
      CHECK(number(row.at(5)) == region.row_begin);
      CHECK(number(row.at(6)) == region.row_end);
      CHECK(number(row.at(7)) == region.column_begin);
      CHECK(number(row.at(8)) == region.column_end);
      CHECK(number(row.at(9)) == region.centroid_row);
      CHECK(number(row.at(10)) == region.centroid_column);
    }
  }
  CHECK(next == lines.size());
  CHECK(next > 10);
}

TEST_CASE("apply maps: names with commas and quotes stay one cell") {
  const WithMaps workspace;
  auto strange = draw_maps(1, 106, 9);
  strange[0].pixels[7] = std::nanf("");
  fs::create_directories(workspace.path("maps"));
  workspace.write("maps/a,\"b\".npy", npy_map(strange[0]));
  workspace.write("maps/c\"d.npy", npy_map(strange[0]));
  const Outcome outcome = workspace.run("apply cal.json maps --format csv --regions regions.csv");
  check_success(outcome);
  CHECK(lines_of(outcome.out).at(1).starts_with("0,\"a,\"\"b\"\"\",,,1,anomalous,"));  // no score, so no number
  CHECK(lines_of(outcome.out).at(2).starts_with("1,\"c\"\"d\",,,1,anomalous,"));
  const std::string regions = workspace.read("regions.csv");
  CHECK(lines_of(regions).at(1).starts_with("0,\"a,\"\"b\"\"\",0,"));
  CHECK(regions.find("nan") == std::string::npos);  // as the other tables have it: an empty cell
}

TEST_CASE("apply maps: metrics by labels of images, by masks, and by pictures") {
  const WithMaps workspace;
  const std::vector<Decided> expected = decide_all(workspace.line, workspace.maps);
  // True masks: some pixels of the second half of the maps.
  std::vector<double> truth;
  std::string labels = "label\n";
  fs::create_directories(workspace.path("masks"));
  Counts images;
  Counts pixels;
  int normal = 0;
  int touched = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    std::vector<std::uint8_t> mask(14 * 11, 0);
    for (std::size_t pixel = 0; pixel < mask.size(); ++pixel) {
      mask[pixel] = i >= 20 && workspace.maps[i].pixels[pixel] > 1.5F ? 255 : 0;
      truth.push_back(mask[pixel] / 255);
      pixels.add(mask[pixel] > 0, expected[i].mask[pixel] == 1);
    }
    const bool anomalous = std::ranges::count(mask, 255) > 0;
    labels += anomalous ? "1\n" : "0\n";
    images.add(anomalous, expected[i].label == Label::anomalous);
    normal += !anomalous;
    touched += !anomalous && !expected[i].regions.empty();
    const std::string name = "maps_" + std::string(i < 10 ? "0" : "") + std::to_string(i);
    write_picture(workspace, "masks/" + name + (i % 2 == 0 ? "_mask.png" : ".png"), 14, 11, mask);
  }
  workspace.write("labels.csv", labels);
  workspace.write("masks.npy", npy(truth, {.type = "|u1", .shape = {40, 14, 11}}));
  for (const std::string path : {"labels.csv", "masks.npy", "masks/"}) {
    INFO(path);
    const json result = json_of(workspace.run("apply cal.json maps.npy --format json --labels " + path));
    CHECK(result.at("metrics").at("counts") == images.as_json());
    CHECK(result.at("metrics").at("recall") ==
          Approx(images.caught / static_cast<double>(images.caught + images.missed)).epsilon(1e-15));
    CHECK(result.at("normal_images_with_region").at("count") == touched);
    CHECK(result.at("normal_images_with_region").at("of") == normal);
    CHECK(result.contains("pixel_metrics") == (path != "labels.csv"));
    if (path != "labels.csv") CHECK(result.at("pixel_metrics").at("counts") == pixels.as_json());
    const Outcome table = workspace.run("apply cal.json maps.npy --labels " + path);
    check_success(table);
    CHECK(table.out.find("normal images with a region: " + std::to_string(touched) + " of " + std::to_string(normal)) !=
          std::string::npos);
  }
  CHECK(images.caught > 0);
  CHECK(pixels.caught > 0);
  CHECK(touched > 0);
  // Where no image is normal, nothing is said of normal ones.
  std::string ones;
  for (int i = 0; i < 40; ++i) ones += "1\n";
  workspace.write("ones.csv", ones);
  const Outcome bare = workspace.run("apply cal.json maps.npy --labels ones.csv");
  check_success(bare);
  CHECK(bare.out.find("\nimages  -  ") != std::string::npos);
  CHECK(bare.out.find("normal images") == std::string::npos);

  check_refused(workspace.run("apply cal.json maps.npy --label-column label"), 2, {"--label-column"});
  check_refused(workspace.run("apply cal.json maps.npy --labels masks.npy --label-column label"), 2,
                {"--label-column has no use with the masks of masks.npy"});
  workspace.write("few.csv", "0\n1\n");
  check_refused(workspace.run("apply cal.json maps.npy --labels few.csv -o new"), 2,
                {"few.csv", "2 labels", "40 maps"});
  workspace.write("few.npy", npy(std::vector<double>(2 * 154, 0), {.type = "|u1", .shape = {2, 14, 11}}));
  check_refused(workspace.run("apply cal.json maps.npy --labels few.npy -o new"), 2, {"few.npy", "2 masks", "40 maps"});
  // What was refused so has left no folder.
  CHECK_FALSE(fs::exists(workspace.path("new")));
  workspace.write("turned.npy", npy(truth, {.type = "|u1", .shape = {40, 11, 14}}));
  check_refused(workspace.run("apply cal.json maps.npy --labels turned.npy -o turned_masks.npy"), 2,
                {"turned.npy", "11 x 14", "14 x 11"});
  CHECK_FALSE(fs::exists(workspace.path("turned_masks.npy")));
  fs::remove(workspace.path("masks/maps_33.png"));
  check_refused(workspace.run("apply cal.json maps.npy --labels masks"), 2, {"masks", "maps_33"});
}

TEST_CASE("apply maps: other rates from the file's table") {
  const WithMaps workspace;
  const json& tables = workspace.file.at("tables");
  const auto label_counts = [&](const Calibration& line) {
    std::vector<int> labels;
    for (const Decided& one : decide_all(line, workspace.maps)) labels.push_back(static_cast<int>(one.label));
    return labels;
  };
  const json& rates = tables.at("image_rates");
  for (std::size_t i = 0; i < rates.at("rate").size(); i += 9) {
    Calibration changed = workspace.line;
    changed.cutoff = Cutoff{rates.at("cutoff")[i].get<double>()};
    const json result = json_of(
        workspace.run("apply cal.json maps.npy --format json --false-alarm-rate " + rates.at("rate")[i].dump()));
    CHECK(result.at("cutoff") == rates.at("cutoff")[i]);
    std::vector<int> labels;
    for (const json& item : result.at("items")) labels.push_back(item.at("label"));
    CHECK(labels == label_counts(changed));
  }
  const json& shares = tables.at("mask_rates");
  for (std::size_t i = 0; i < shares.at("rate").size(); i += 9) {
    for (std::size_t j = 0; j <= i; j += 9) {
      Calibration changed = workspace.line;
      changed.mask->high = Cutoff{shares.at("cutoff")[i].get<double>()};
      changed.mask->low = Cutoff{shares.at("cutoff")[j].get<double>()};
      check_success(workspace.run("apply cal.json maps.npy -o masks.npy --high-share " + shares.at("rate")[i].dump() +
                                  " --low-share " + shares.at("rate")[j].dump()));
      std::vector<int> pixels;
      for (const Decided& one : decide_all(changed, workspace.maps)) {
        pixels.insert(pixels.end(), one.mask.begin(), one.mask.end());
      }
      CHECK(npy_bytes(workspace.read("masks.npy")).values == pixels);
    }
  }
  check_refused(workspace.run("apply cal.json maps.npy --false-alarm-rate 0.7"), 2, {"--false-alarm-rate 0.7", "0.5"});
  check_refused(workspace.run("apply cal.json maps.npy --false-alarm-rate 0.00001"), 2, {"0.0001 to 0.5"});
  check_refused(workspace.run("apply cal.json maps.npy --false-alarm-rate 1"), 2, {"false_alarm_rate = 1"});
  check_refused(workspace.run("apply cal.json maps.npy --false-alarm-rate often"), 2, {"false_alarm_rate", "often"});
  check_refused(workspace.run("apply cal.json maps.npy --high-share 0.4 --low-share 0.3"), 2, {"above --low-share"});
  check_refused(workspace.run("apply cal.json maps.npy --high-share 0.9"), 2, {"--high-share 0.9"});
}

TEST_CASE("apply maps: discoveries are Benjamini and Hochberg's") {
  const WithMaps workspace;
  for (const double level : {0.05, 0.1, 0.3}) {
    const std::string text = std::to_string(level);
    const auto rows = workspace.rows("maps.npy --false-discovery-rate " + text, map_headings + ",discovered");
    std::vector<double> p_values;
    for (const Decided& one : decide_all(workspace.line, workspace.maps)) {
      p_values.push_back(workspace.p_value(one.score));
    }
    const double line = discovered_to(p_values, level);
    const json whole = json_of(workspace.run("apply cal.json maps.npy --format json --false-discovery-rate " + text));
    std::size_t found = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK(rows[i].at(9) == (p_values[i] <= line ? "1" : "0"));
      CHECK(whole.at("items")[i].at("discovered") == (p_values[i] <= line));
      found += p_values[i] <= line;
    }
    CHECK(whole.at("discoveries") == found);
    const Outcome table = workspace.run("apply cal.json maps.npy --false-discovery-rate " + text);
    check_success(table);
    CHECK(lines_of(table.out).at(2) ==
          fmt::format("{} discoveries, of which at most {:g} % are false in expectation", found, 100 * level));
    if (level == 0.3) CHECK(found > 3);
  }
  check_refused(workspace.run("apply cal.json maps.npy --false-discovery-rate 0"), 2, {"false_discovery_rate = 0"});
}

TEST_CASE("apply maps: another pipeline is refused, of a threshold file as well") {
  const WithMaps workspace("--pipeline-hash 00ff");
  check_success(workspace.run("apply cal.json maps.npy --expect-pipeline 00ff"));
  check_refused(workspace.run("apply cal.json maps.npy --expect-pipeline 00fe -o masks"), 2,
                {"cal.json", "'00ff'", "'00fe'"});
  CHECK_FALSE(fs::exists(workspace.path("masks")));
  workspace.write("scores.csv", count_to(30));
  check_success(workspace.run("fit scores.csv -o line.json"));
  check_refused(workspace.run("apply line.json scores.csv --expect-pipeline 00ff"), 2,
                {"--expect-pipeline", "line.json is a threshold file"});
  for (const std::string option : {"--overlay x", "--regions x", "--false-alarm-rate 0.1", "--high-share 0.1",
                                   "--low-share 0.1", "--false-discovery-rate 0.1"}) {
    check_refused(workspace.run("apply line.json scores.csv " + option), 2,
                  {"plimsoll: " + option.substr(0, option.find(' ')) + " is for", "line.json is a threshold file"});
  }
}

TEST_CASE("apply maps: plain scores are decided by the image cutoff") {
  const WithMaps workspace;
  const double cutoff = workspace.line.cutoff.value();
  const double review = workspace.line.review_cutoff.value();
  const std::vector<double> scores{cutoff, std::nextafter(cutoff, 0), review, std::nextafter(review, 0), std::nan("")};
  workspace.write("scores.npy", npy(scores));
  const auto rows = workspace.rows("scores.npy -o labels.txt", "index,score,normalised,label,verdict,p_value");
  const std::vector<std::string> verdicts{"anomalous", "review", "review", "normal", "anomalous"};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(rows[i].at(4) == verdicts[i]);
    CHECK(rows[i].at(3) == (verdicts[i] == "anomalous" ? "1" : "0"));
    if (i < 4) CHECK(number(rows[i].at(5)) == workspace.p_value(scores[i]));
  }
  const auto found = workspace.rows("scores.npy --false-discovery-rate 0.1",
                                    "index,score,normalised,label,verdict,p_value,discovered");
  std::vector<double> p_values;
  for (const double score : scores) p_values.push_back(std::isnan(score) ? 1 / 61.0 : workspace.p_value(score));
  const double last = discovered_to(p_values, 0.1);
  for (std::size_t i = 0; i < 5; ++i) CHECK(found[i].at(6) == (p_values[i] <= last ? "1" : "0"));
  CHECK(found[2].at(6) != found[4].at(6));
  CHECK(number(rows[0].at(2)) == 0.5);
  CHECK(number(rows[4].at(5)) == 1 / 61.0);  // NaN is stranger than all
  CHECK(workspace.read("labels.txt") == "1\n0\n0\n0\n1\n");
  workspace.write("labelled.csv", "score,label\n0,0\n100,0\n100,1\n0,1\n100,1\n");
  const json result = json_of(workspace.run("apply cal.json labelled.csv --format json --label-column label"));
  CHECK(result.at("metrics").at("counts") == Counts{2, 1, 1, 1}.as_json());
  // Nothing is said of masks. Recall, precision and F1 are 2 of 3 each, and 1 of 2 normal scores is a false alarm.
  CHECK_FALSE(result.contains("pixel_metrics"));
  CHECK_FALSE(result.contains("normal_images_with_region"));
  const Outcome labelled = workspace.run("apply cal.json labelled.csv --label-column label");
  check_success(labelled);
  CHECK(words_of(lines_of(labelled.out).at(4)) == words_of("scores 0.500 [0.013, 0.987] 0.667 0.667 0.667 0.583"));
  CHECK(labelled.out.find("region") == std::string::npos);
  // To standard output go the labels alone.
  CHECK(workspace.run("apply cal.json scores.npy -o -").out == "1\n0\n0\n0\n1\n");
  check_refused(workspace.run("apply cal.json scores.npy --regions r.csv"), 2, {"--regions is for maps"});
  check_refused(workspace.run("apply cal.json maps.npy -o ./m.npy --regions m.npy"), 2,
                {"-o ./m.npy and --regions m.npy are one file"});
  check_refused(workspace.run("apply cal.json scores.npy --overlay x -o y"), 2, {"--overlay is for maps"});

  // Where low scores are strange, those of the negated lines and lower.
  const WithMaps low("--mask hysteresis --review-rate 0.2 --direction lower");
  const double lowest = -low.line.cutoff.value();
  const double to_review = -low.line.review_cutoff.value();
  REQUIRE(lowest < to_review);
  const std::vector<double> falling{lowest, std::nextafter(lowest, 9), to_review, std::nextafter(to_review, 9), -1e9};
  low.write("scores.npy", npy(falling));
  const auto low_rows = low.rows("scores.npy", "index,score,normalised,label,verdict,p_value");
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(low_rows[i].at(4) == verdicts[i]);
    CHECK(number(low_rows[i].at(1)) == falling[i]);
    // 0.2 % of a map's pixels is the lowest one.
    const auto at_most = std::ranges::count_if(low.normals, [&](const TestMap& map) {
      return static_cast<double>(*std::ranges::min_element(map.pixels)) <= falling[i];
    });
    CHECK(number(low_rows[i].at(5)) == (1 + static_cast<double>(at_most)) / 61);
  }

  // A file whose masks alone decide has nothing to say of scores.
  json bare = workspace.file;
  bare["image"].erase("fit");
  bare["image"].erase("review");
  bare["agreement"] = "mask_wins";
  workspace.write("bare.json", bare.dump());
  check_success(workspace.run("apply bare.json maps.npy"));
  check_refused(workspace.run("apply bare.json scores.npy"), 2, {"bare.json", "scores.npy", "plain scores"});
}

TEST_CASE("apply maps: a threshold file and a calibration of one line decide alike") {
  const WithMaps workspace("--map-reduction maximum --method gumbel");
  check_success(workspace.run("fit normal.npy --map-reduction maximum --method gumbel -o line.json"));
  CHECK(cutoff_of(read_json(workspace, "line.json")) == workspace.line.cutoff.value());
  const Outcome labels = workspace.run("apply line.json maps.npy --format json");
  std::vector<int> by_line = json_of(labels).at("labels");
  std::vector<int> by_calibration;
  const json decided = json_of(workspace.run("apply cal.json maps.npy --format json"));
  for (const json& item : decided.at("items")) {
    by_calibration.push_back(item.at("label"));
  }
  CHECK(by_line == by_calibration);
}

TEST_CASE("apply maps: no picture that is read is written over") {
  const WithMaps workspace;
  fs::create_directories(workspace.path("images"));
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string name = "maps_" + std::string(i < 10 ? "0" : "") + std::to_string(i);
    write_picture(workspace, "images/" + name + ".png", 14, 11, std::vector<std::uint8_t>(154, i > 20 ? 255 : 0));
  }
  const std::string before = workspace.read("images/maps_39.png");
  check_refused(workspace.run("apply cal.json maps.npy -o images --overlay images/"), 2, {"-o images", "--overlay"});
  check_refused(workspace.run("apply cal.json maps.npy -o ./images --labels images"), 2, {"-o ./images", "--labels"});
  CHECK(workspace.read("images/maps_39.png") == before);
  // Nor is a mask by the overlay of another map.
  fs::create_directories(workspace.path("maps"));
  fs::create_directories(workspace.path("photos"));
  for (const std::string name : {"a", "a_overlay"}) {
    workspace.write("maps/" + name + ".npy", npy_map(workspace.maps[30]));
    write_picture(workspace, "photos/" + name + ".png", 14, 11, std::vector<std::uint8_t>(154, 9));
  }
  check_refused(workspace.run("apply cal.json maps -o out --overlay photos"), 2, {"a_overlay"});
  check_success(workspace.run("apply cal.json maps -o out"));
}

TEST_CASE("apply maps: what cannot be read or written is refused, and leaves nothing behind") {
  const WithMaps workspace;
  const std::vector<std::string> before = workspace.files();
  check_refused(workspace.run("apply cal.json maps.npy -o -"), 2, {"-o -"});
  check_refused(workspace.run("apply cal.json maps.npy -o cal.json"), 2, {"-o cal.json", "are one file"});
  check_refused(workspace.run("apply cal.json maps.npy -o cal.json/masks"), 2, {"-o cal.json/masks", "folder"});
  check_refused(workspace.run("apply cal.json maps.npy -o none/masks.npy"), 2, {"none/masks.npy"});
  check_refused(workspace.run("apply cal.json maps.npy --regions none/regions.csv"), 2, {"none/regions.csv"});
  check_refused(workspace.run("apply cal.json maps.npy --overlay x"), 2, {"--overlay", "-o"});
  check_refused(workspace.run("apply cal.json maps.npy --overlay x -o y.npy"), 2, {"--overlay", "y.npy"});
  check_refused(workspace.run("apply cal.json maps.npy --overlay none -o masks"), 2, {"none"});
  check_refused(workspace.run("apply cal.json none.npy -o masks"), 2, {"none.npy", "no such file"});
  check_refused(workspace.run("apply cal.json - -o masks"), 2, {"standard input", "empty"});
  check_refused(workspace.run("apply - -", "{}"), 2, {"standard input"});
  check_refused(workspace.run("apply maps.npy maps.npy"), 2, {"maps.npy", "not JSON"});
  CHECK(workspace.files() == before);
  CHECK(workspace.run("apply cal.json maps.npy", {}, "> /dev/full").status == 2);
  // Cut off in the middle of the last map: the masks before it were decided, and no file of them has its name.
  const std::string whole = npy_maps(workspace.maps);
  workspace.write("cut.npy", whole.substr(0, whole.size() - 9));
  check_refused(workspace.run("apply cal.json cut.npy -o masks.npy --regions regions.csv"), 2, {"cut.npy"});
  workspace.write("long.npy", whole + "x");
  check_refused(workspace.run("apply cal.json long.npy -o masks.npy --regions regions.csv"), 2, {"long.npy"});
  CHECK_FALSE(fs::exists(workspace.path("masks.npy")));
  CHECK_FALSE(fs::exists(workspace.path("regions.csv")));
  for (const std::string& name : workspace.files()) CHECK(name.find(".tmp") == std::string::npos);
  // No map at all is no error.
  workspace.write("none.npy", npy({}, {.type = "<f4", .shape = {0, 4, 4}}));
  CHECK(json_of(workspace.run("apply cal.json none.npy --format json")).at("count") == 0);
  // Of one that is not finite the image is anomalous, and the others are as they were.
  auto maps = workspace.maps;
  maps[3].pixels[5] = std::nanf("");
  workspace.write("nan.npy", npy_maps(maps));
  const json result = json_of(workspace.run("apply cal.json nan.npy --format json"));
  CHECK(result.at("items")[3].at("verdict") == "anomalous");
  CHECK(result.at("items")[3].at("score").is_null());
  CHECK(result.at("items")[4].at("score") == decide_all(workspace.line, maps)[4].score);
}

// What an address sanitiser keeps of freed memory would be measured instead.
#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("apply maps: ten thousand maps take about the memory of a hundred") {
  const Workspace workspace;
  write_many_maps(workspace, "few.npy", 100, 32);
  write_many_maps(workspace, "many.npy", 10000, 32);  // 41 MB
  const double few_fitted = peak_memory(workspace, "fit --maps few.npy -o cal.json");
  const double many_fitted = peak_memory(workspace, "fit --maps many.npy -o many.json --method quantile");
  const double few_applied = peak_memory(workspace, "apply cal.json few.npy -o few_masks.npy --format csv");
  const double many_applied = peak_memory(workspace, "apply cal.json many.npy -o many_masks.npy --format csv");
  CAPTURE(few_fitted, many_fitted, few_applied, many_applied);
  // A few hundred bytes an image for what is told of it, where the maps are 4096.
  CHECK(many_fitted - few_fitted < 16);
  CHECK(many_applied - few_applied < 16);
  CHECK(npy_bytes(workspace.read("many_masks.npy")).shape == std::vector<std::size_t>{10000, 32, 32});
}

TEST_CASE("fit by masks: ten thousand masks take about the memory of a hundred") {
  const Workspace workspace;
  const auto write_masks = [&](const std::string& name, std::size_t count) {
    std::string mask(32 * 32, '\0');
    mask[5] = '\1';
    std::ofstream file(workspace.path(name), std::ios::binary);
    file << npy_of(npy_header("'|u1'", "(" + std::to_string(count) + ", 32, 32)"), "");
    for (std::size_t i = 0; i < count; ++i) file << mask;
    REQUIRE(file.flush());
  };
  write_many_maps(workspace, "few.npy", 100, 32);
  write_many_maps(workspace, "many.npy", 10000, 32);  // 10 million pixels
  write_masks("few_masks.npy", 100);
  write_masks("many_masks.npy", 10000);
  const std::string options = " --method f1 --exact-limit 1000 --labels ";  // so that f1 counts them in buckets
  const double few = peak_memory(workspace, "fit few.npy" + options + "few_masks.npy");
  const double many = peak_memory(workspace, "fit many.npy" + options + "many_masks.npy");
  CAPTURE(few, many);
  // A hundred bytes a map for its name. The masks alone would be 10 MB, and 80 as numbers.
  CHECK(many - few < 8);
}
#endif

TEST_CASE("fit by masks: maps of two sizes by a folder of pictures") {
  const Workspace workspace;
  const std::vector<TestMap> maps{{{1, 2, 3, 9}, 2, 2}, {{8, 1, 1, 7, 2, 1}, 2, 3}};
  write_folder(workspace, "maps", maps);
  std::filesystem::create_directories(workspace.path("masks"));
  write_picture<std::uint8_t>(workspace, "masks/map_000.png", 2, 2, {0, 0, 0, 255});
  write_picture<std::uint8_t>(workspace, "masks/map_001_mask.png", 2, 3, {255, 0, 0, 255, 0, 0});
  const json fit = json_of(workspace.run("fit maps --labels masks --method f1 --format json"));
  CHECK(fit.at("cutoff") == 7);  // 9, 8 and 7 are the anomalous pixels, 3 the largest normal one
  CHECK(fit.at("counts").at("normal") == 7);
  CHECK(fit.at("counts").at("anomalous") == 3);
  write_picture<std::uint8_t>(workspace, "masks/map_001_mask.png", 3, 2, {255, 0, 0, 255, 0, 0});
  check_refused(workspace.run("fit maps --labels masks --method f1 -o line.json"), 2, {"3 x 2", "map_001", "2 x 3"});
}
