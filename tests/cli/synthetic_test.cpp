// SPDX-License-Identifier: Apache-2.0
// `plimsoll fit --synthetic` against the library on the same numbers, and what it refuses.
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "map_files.hpp"
#include "plimsoll/thresholds/combined_threshold.hpp"
#include "plimsoll/thresholds/synthetic_calibrator.hpp"
#include "random.hpp"
#include "score_files.hpp"
#include "workspace.hpp"

using namespace plimsoll;
using namespace plimsoll::cli_test;
using nlohmann::json;

namespace {

/// A block of pixels raised in each map, and where.
struct Synthetic {
  std::vector<TestMap> maps;
  std::vector<std::vector<std::uint8_t>> masks;

  [[nodiscard]] std::string npy_masks() const {
    std::vector<double> values;
    for (const auto& mask : masks) values.insert(values.end(), mask.begin(), mask.end());
    return npy(values, {.type = "|u1", .shape = {maps.size(), maps.front().rows, maps.front().columns}});
  }
};

Synthetic draw_synthetic(std::size_t count, std::uint64_t seed, float by) {
  Synthetic synthetic{draw_maps(count, seed), {}};
  test::Random random(seed);
  for (TestMap& map : synthetic.maps) {
    std::vector<std::uint8_t> mask(map.pixels.size());
    const std::size_t first = random.below(map.pixels.size() - 20);
    for (std::size_t i = first; i < first + 20; ++i) {
      mask[i] = 1;
      map.pixels[i] += by;
    }
    synthetic.masks.push_back(std::move(mask));
  }
  return synthetic;
}

void check_line(const json& file, const Fit& fit) {
  CHECK(file.at("method") == fit.method);
  CHECK(file.at("cutoff") == fit.cutoff.value());
  CHECK(file.at("counts").at("normal") == fit.normal_count);
  CHECK(file.at("counts").at("anomalous") == fit.anomalous_count);
  for (const auto& [name, value] : fit.estimates) {
    INFO(name);
    CHECK(file.at("estimates").at(name) == value);
  }
  REQUIRE(file.at("curve").at("cutoff").size() == fit.curve.size());
  for (std::size_t i = 0; i < fit.curve.size(); ++i) {
    CHECK(file.at("curve").at("cutoff")[i] == fit.curve[i].cutoff);
    CHECK(file.at("curve").at("objective")[i] == fit.curve[i].objective);
    CHECK(file.at("curve").at("false_alarm_rate")[i] == fit.curve[i].false_alarm_rate);
    CHECK(file.at("curve").at("recall")[i] == fit.curve[i].recall);
  }
}

}  // namespace

TEST_CASE("fit --synthetic: scores give the library's line, in a file that is read again") {
  const Workspace workspace;
  const auto normals = draw(1, 100, 0);
  const auto more = draw(2, 50, 0);
  const auto synthetic = draw(3, 70, 2);
  const auto weak = draw(4, 70, 1);
  write_scores(workspace, "n.npy", normals);
  write_scores(workspace, "more.npy", more);
  write_scores(workspace, "s.npy", synthetic);
  write_scores(workspace, "weak.npy", weak);
  SyntheticThreshold line{{.search = {.false_alarm_cap = 0.5}}};  // the program's default
  line.update(normals);
  line.update(synthetic, Label::anomalous);
  const Outcome outcome = workspace.run("fit --normal n.npy --synthetic s.npy -o line.json");
  check_success(outcome);
  for (const std::string_view text : {"synthetic on 100 normal and 70 synthetic scores", "auroc = ", "written"}) {
    CHECK(outcome.out.find(text) != std::string::npos);
  }
  check_line(read_json(workspace, "line.json"), line.compute());
  // SCORES is the same, and the file is one that apply reads.
  CHECK(workspace.run("fit n.npy --synthetic s.npy --format json").out == workspace.read("line.json"));
  check_success(workspace.run("apply line.json s.npy"));
  check_success(workspace.run("inspect line.json"));
  // Several files, a severity, a parameter.
  SyntheticThreshold all{{.search = {.false_alarm_cap = 0.5}, .place = SyntheticPlace::observed}};
  all.update(normals);
  all.update(more);
  all.update(synthetic, Label::anomalous);
  all.update(weak, Label::anomalous);
  all.update_severity(0.5, weak);
  check_line(json_of(workspace.run("fit --normal n.npy --normal more.npy --synthetic s.npy --synthetic weak.npy "
                                   "--severity 0.5=weak.npy --place observed --format json")),
             all.compute());
  // Another method.
  CombinedThreshold combined;
  combined.update(normals);
  combined.update(synthetic, Label::anomalous);
  check_line(json_of(workspace.run("fit --normal n.npy --synthetic s.npy --method combined --format json")),
             combined.compute());
  check_success(workspace.run("fit --normal n.npy --synthetic s.npy --method f1"));
  const auto chosen = json_of(workspace.run("fit --normal n.npy --synthetic s.npy --method auto --format json"));
  CHECK(chosen.at("cutoff") == read_json(workspace, "line.json").at("cutoff"));
  CHECK(chosen.at("note").get<std::string>().starts_with("chose synthetic, the best balanced F1"));
  // --normal alone is SCORES.
  CHECK(workspace.run("fit --normal n.npy --format json").out == workspace.run("fit n.npy --format json").out);
}

TEST_CASE("fit --synthetic: by default at most half of the normal scores are flagged") {
  const Workspace workspace;
  // From 40 on F1 is 2 / (1 + 0.6 + 1), from 50 on, where half is flagged, (10 / 6) / (5 / 6 + 0.5 + 1).
  std::vector<double> normals(100);
  std::vector<double> synthetic(60);
  for (std::size_t i = 0; i < normals.size(); ++i) normals[i] = static_cast<double>(i) + 0.5;
  for (std::size_t i = 0; i < synthetic.size(); ++i) synthetic[i] = static_cast<double>(i) + 40.25;
  workspace.write("n.npy", npy(normals));
  workspace.write("s.npy", npy(synthetic));
  const auto rate = [&](const std::string& options) {
    const double cutoff =
        cutoff_of(json_of(workspace.run("fit --normal n.npy --synthetic s.npy --format json " + options)));
    return static_cast<double>(std::ranges::count_if(normals, [=](double score) { return score >= cutoff; })) / 100;
  };
  CHECK(rate("") == 0.5);
  CHECK(rate("--method synthetic") == 0.6);  // which is uncapped, as its page says
}

TEST_CASE("fit --synthetic: maps with masks give a calibration") {
  const Workspace workspace;
  const auto normals = draw_maps(60, 1);
  const Synthetic synthetic = draw_synthetic(64, 2, 2);
  const Synthetic weak{draw_synthetic(64, 2, 1).maps, synthetic.masks};
  workspace.write("n.npy", npy_maps(normals));
  workspace.write("s.npy", npy_maps(synthetic.maps));
  workspace.write("m.npy", synthetic.npy_masks());
  workspace.write("weak.npy", npy_maps(weak.maps));
  SyntheticCalibratorParameters parameters;
  parameters.image.search.false_alarm_cap = 0.5;  // the program's default
  SyntheticCalibrator calibrator{parameters};
  for (const TestMap& map : normals) calibrator.update(map.view());
  for (std::size_t i = 0; i < 64; ++i) {
    const Mask mask(synthetic.masks[i].data(), 14, 11);
    calibrator.update(synthetic.maps[i].view(), mask);
    calibrator.update_severity(0.5, weak.maps[i].view(), mask);
  }
  const std::string fit = "fit --normal n.npy --synthetic s.npy --synthetic-masks m.npy ";
  const Outcome outcome = workspace.run(fit + "--severity 0.5=weak.npy -o cal.json");
  check_success(outcome);
  CHECK(outcome.out.find("60 normal maps") != std::string::npos);
  CHECK(outcome.out.find("that the synthetic anomalies' masks give") != std::string::npos);
  const json file = read_json(workspace, "cal.json");
  const MapCalibration expected = calibrator.compute();
  CHECK(file.at("format") == "plimsoll-calibration");
  check_line(file.at("image").at("fit"), expected.image);
  check_line(file.at("mask").at("high"), expected.high);
  CHECK_FALSE(file.at("mask").contains("low"));
  CHECK(file.at("image").at("map_reduction") == "maximum");
  check_success(workspace.run("apply cal.json s.npy -o labels.npy"));
  check_success(workspace.run("inspect cal.json"));
  // The method that is named has its own cap, and no line says that nobody asked for it.
  const json named = json_of(workspace.run(fit + "--method synthetic --format json"));
  CHECK(named.at("image").at("fit").at("parameters").at("false_alarm_cap") == 1);
  CHECK(file.at("image").at("fit").at("parameters").at("false_alarm_cap") == 0.5);
  CHECK(workspace.run("fit --normal n.npy --synthetic s.npy --method synthetic").out.find("by default") ==
        std::string::npos);
  // Options of masks reach the file.
  const json more =
      json_of(workspace.run(fit + "--agreement either --minimum-area 3 --map-reduction top_mean --format json"));
  CHECK(more.at("agreement") == "either");
  CHECK(more.at("mask").at("minimum_area") == 3);
  CHECK(more.at("image").at("map_reduction") == "top_mean");
  const json all = json_of(workspace.run(fit + "--normalisation z_score --connectivity 4 --erosion 1 --dilation 2 "
                                               "--fill-holes --pipeline p --pipeline-hash aa --format json"));
  CHECK(all.at("pipeline") == json{{"text", "p"}, {"hash", "aa"}});
  CHECK(all.at("image").at("normalisation").at("kind") == "z_score");
  CHECK(all.at("mask").at("connectivity") == 4);
  CHECK(all.at("mask").at("erosion") == 1);
  CHECK(all.at("mask").at("dilation") == 2);
  CHECK(all.at("mask").at("fill_holes") == true);
  // The level alone, as a threshold file; and image scores of maps without masks.
  const json level = json_of(workspace.run(fit + "--map-reduction every_pixel --format json"));
  CHECK(level.at("format") == "plimsoll-threshold");
  CHECK(level.at("cutoff") == expected.high.cutoff.value());
  const json images = json_of(workspace.run("fit --normal n.npy --synthetic s.npy --format json"));
  CHECK(images.at("cutoff") == expected.image.cutoff.value());
}

TEST_CASE("fit --synthetic: a mask of which nothing is set leaves its map out") {
  const Workspace workspace;
  Synthetic synthetic = draw_synthetic(64, 2, 2);
  for (std::size_t i = 0; i < 3; ++i) synthetic.masks[i].assign(synthetic.masks[i].size(), 0);
  workspace.write("n.npy", npy_maps(draw_maps(60, 1)));
  workspace.write("s.npy", npy_maps(synthetic.maps));
  workspace.write("m.npy", synthetic.npy_masks());
  const Outcome outcome = workspace.run("fit --normal n.npy --synthetic s.npy --synthetic-masks m.npy -o cal.json");
  check_success(outcome);
  CHECK(outcome.out.find("left out  3 synthetic maps") != std::string::npos);
  CHECK(read_json(workspace, "cal.json").at("image").at("fit").at("counts").at("anomalous") == 61);
  // Nothing of it stands beside what machines read.
  const std::string fit = "fit --normal n.npy --synthetic s.npy --synthetic-masks m.npy ";
  CHECK(workspace.run(fit + "--format json").out == workspace.read("cal.json"));
  CHECK(workspace.run(fit + "-o -").out == workspace.read("cal.json"));
  // Of the level alone it is told as well.
  const Outcome level = workspace.run(fit + "--map-reduction every_pixel -o level.json");
  check_success(level);
  CHECK(level.out.ends_with("  left out  3 synthetic maps of whose masks nothing is set\n  written   level.json\n"));
  CHECK(workspace.run(fit + "--map-reduction every_pixel -o -").out == workspace.read("level.json"));
  workspace.write("all.npy", draw_synthetic(64, 2, 2).npy_masks());
  const Outcome all = workspace.run("fit --normal n.npy --synthetic s.npy --synthetic-masks all.npy -o all.json");
  check_success(all);
  CHECK(all.out.find("left out") == std::string::npos);
}

TEST_CASE("fit --synthetic: several files of maps have their own masks, and what is left out is counted in all") {
  const Workspace workspace;
  const auto normals = draw_maps(60, 1);
  // The masks of the two differ, and of each two have nothing that is set, at places of its own.
  std::vector<Synthetic> synthetic{draw_synthetic(64, 2, 2), draw_synthetic(50, 3, 2)};
  for (std::size_t file = 0; file < 2; ++file) {
    for (std::size_t i = 3 * file; i < 3 * file + 2; ++i) synthetic[file].masks[i].assign(14 * 11, 0);
  }
  SyntheticCalibratorParameters parameters;
  parameters.image.search.false_alarm_cap = 0.5;  // the program's default
  SyntheticCalibrator calibrator{parameters};
  for (const TestMap& map : normals) calibrator.update(map.view());
  workspace.write("n.npy", npy_maps(normals));
  std::string arguments = "fit --normal n.npy";
  for (std::size_t file = 0; file < 2; ++file) {
    const std::string number = std::to_string(file);
    workspace.write("s" + number + ".npy", npy_maps(synthetic[file].maps));
    workspace.write("m" + number + ".npy", synthetic[file].npy_masks());
    arguments += " --synthetic s" + number + ".npy --synthetic-masks m" + number + ".npy";
    for (std::size_t i = 0; i < synthetic[file].maps.size(); ++i) {
      if (i >= 3 * file && i < 3 * file + 2) continue;
      calibrator.update(synthetic[file].maps[i].view(), Mask(synthetic[file].masks[i].data(), 14, 11));
    }
  }
  const Outcome outcome = workspace.run(arguments + " -o cal.json");
  check_success(outcome);
  CHECK(outcome.out.find("left out  4 synthetic maps") != std::string::npos);
  const MapCalibration expected = calibrator.compute();
  const json file = read_json(workspace, "cal.json");
  check_line(file.at("image").at("fit"), expected.image);
  check_line(file.at("mask").at("high"), expected.high);
}

TEST_CASE("fit --synthetic: weaker maps with masks are told of") {
  const Workspace workspace;
  const Synthetic synthetic = draw_synthetic(64, 2, 2);
  workspace.write("n.npy", npy_maps(draw_maps(60, 1)));
  workspace.write("s.npy", npy_maps(synthetic.maps));
  workspace.write("m.npy", synthetic.npy_masks());
  workspace.write("weak.npy", npy_maps(draw_synthetic(64, 2, 1).maps));
  const std::string fit = "fit --normal n.npy --synthetic s.npy --synthetic-masks m.npy --severity 0.5=weak.npy ";
  for (const std::string reduction : {"maximum", "every_pixel"}) {
    INFO(reduction);
    const json file = json_of(workspace.run(fit + "--map-reduction " + reduction + " --format json"));
    const json& line = reduction == "maximum" ? file.at("image").at("fit") : file;
    CHECK(line.at("estimates").contains("auroc_severity_0.5"));
  }
}

TEST_CASE("fit --synthetic: what the detector does not see has status 1 and no file, or falls back") {
  const Workspace workspace;
  write_scores(workspace, "n.npy", draw(1, 99, 0));
  write_scores(workspace, "s.npy", draw(2, 80, 0));
  const std::string fit = "fit --normal n.npy --synthetic s.npy -o line.json";
  check_refused(workspace.run(fit), 1, {"synthetic gives no cutoff", "does not see", "(undetectable)"});
  CHECK(workspace.files() == std::vector<std::string>{"n.npy", "s.npy"});
  const Outcome fallen = workspace.run(fit + " --fall-back false_alarm_budget");
  check_success(fallen);
  CHECK(fallen.out.find("UNDETECTABLE") != std::string::npos);
  CHECK(read_json(workspace, "line.json").at("estimates").at("fell_back") == 1);
  check_success(workspace.run("fit --normal n.npy --synthetic s.npy --undetectable-below 0"));
  // Maps: neither line.
  const auto maps = draw_maps(60, 5);
  Synthetic blind{draw_maps(60, 6), std::vector<std::vector<std::uint8_t>>(60, std::vector<std::uint8_t>(154, 0))};
  for (auto& mask : blind.masks) mask[7] = 1;
  workspace.write("maps.npy", npy_maps(maps));
  workspace.write("blind.npy", npy_maps(blind.maps));
  workspace.write("m.npy", blind.npy_masks());
  check_refused(workspace.run("fit --normal maps.npy --synthetic blind.npy --synthetic-masks m.npy -o cal.json"), 1,
                {"synthetic gives no image cutoff", "(undetectable)"});
  // Of maps that are seen by a pixel beside their masks, it is the level that is missing.
  Synthetic beside = draw_synthetic(64, 2, 0);
  for (std::size_t i = 0; i < 64; ++i) {
    beside.maps[i].pixels[77] += 9;
    beside.masks[i][77] = 0;
  }
  workspace.write("beside.npy", npy_maps(beside.maps));
  workspace.write("mb.npy", beside.npy_masks());
  check_refused(workspace.run("fit --normal maps.npy --synthetic beside.npy --synthetic-masks mb.npy -o cal.json"), 1,
                {"synthetic gives no mask level", "(undetectable)"});
}

TEST_CASE("fit --synthetic: what does not go together is refused, and nothing is written") {
  const Workspace workspace;
  const Synthetic synthetic = draw_synthetic(60, 2, 2);
  write_scores(workspace, "n.npy", draw(1, 60, 0));
  write_scores(workspace, "s.npy", draw(2, 60, 2));
  workspace.write("maps.npy", npy_maps(draw_maps(30, 1)));
  workspace.write("smaps.npy", npy_maps(synthetic.maps));
  workspace.write("m.npy", synthetic.npy_masks());
  workspace.write("few.npy", Synthetic{{synthetic.maps.begin(), synthetic.maps.begin() + 9},
                                       {synthetic.masks.begin(), synthetic.masks.begin() + 9}}
                                 .npy_masks());
  workspace.write("wide.npy", npy(std::vector<double>(60 * 15 * 11, 1), {.type = "|u1", .shape = {60, 15, 11}}));
  const std::vector<std::string> before = workspace.files();
  const auto refused = [&](const std::string& arguments, std::initializer_list<std::string_view> mentions) {
    check_refused(workspace.run("fit -o line.json " + arguments), 2, mentions);
    CHECK(workspace.files() == before);
  };
  refused("--normal n.npy --synthetic-masks m.npy", {"--synthetic-masks", "--synthetic"});
  refused("--normal n.npy --severity 0.5=s.npy", {"--severity", "--synthetic"});
  refused("--synthetic s.npy", {"SCORES"});
  refused("--normal n.npy --synthetic s.npy --synthetic-masks m.npy", {"plain scores", "masks"});
  refused("--normal maps.npy --synthetic s.npy", {"maps.npy", "s.npy", "maps", "plain scores"});
  refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks few.npy", {"few.npy", "9", "60"});
  refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks wide.npy", {"wide.npy", "15", "14"});
  refused("--normal maps.npy --synthetic smaps.npy --synthetic smaps.npy --synthetic-masks m.npy",
          {"2 times", "1 times"});
  refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks s.npy", {"s.npy", "no masks"});
  refused("--normal maps.npy --synthetic smaps.npy --map-reduction every_pixel", {"--synthetic-masks"});
  refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks m.npy --mask hysteresis", {"--mask"});
  for (const std::string share : {"--high-share 0.2", "--low-share 0.4"}) {
    refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks m.npy " + share,
            {"--high-share and --low-share are for levels by normal maps"});
  }
  refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks m.npy --area-share 2", {"area_share = 2"});
  refused("--normal maps.npy --synthetic smaps.npy --synthetic-masks m.npy --method combined --agreement either",
          {"--agreement is for masks"});
  refused(
      "--normal maps.npy --synthetic smaps.npy --synthetic smaps.npy --synthetic-masks m.npy --synthetic-masks "
      "s.npy",
      {"s.npy: holds no masks"});
  refused(
      "--normal maps.npy --synthetic smaps.npy --synthetic smaps.npy --synthetic-masks m.npy --synthetic-masks "
      "m.npy --severity 0.5=smaps.npy",
      {"--severity takes the masks of the one --synthetic file"});
  refused("--normal n.npy --synthetic s.npy --severity 0.5=smaps.npy", {"n.npy holds plain scores and smaps.npy maps"});
  refused("--normal n.npy --normal maps.npy --synthetic s.npy", {"n.npy holds plain scores and maps.npy maps"});
  for (const std::string severity : {"=s.npy", "nan=s.npy", "inf=s.npy", "0.5x=s.npy", "0.5"}) {
    refused("--normal n.npy --synthetic s.npy --severity " + severity, {"--severity " + severity + ": is not X=FILE"});
  }
  refused("--normal n.npy --synthetic s.npy --mask hysteresis", {"--mask", "--synthetic-masks"});
  refused("--maps maps.npy --synthetic smaps.npy", {"--maps", "--normal"});
  refused("--normal n.npy --synthetic s.npy --method tail", {"tail", "normal scores only"});
  refused("--normal n.npy --synthetic s.npy --labels s.npy", {"--labels"});
  refused("--normal n.npy --synthetic s.npy --anomalous s.npy", {"--anomalous"});
  refused("--normal n.npy --synthetic s.npy --bootstrap 100", {"--bootstrap"});
  refused("--normal n.npy --synthetic s.npy --format csv", {"--format csv"});
  refused("--normal n.npy --synthetic s.npy --k 3", {"--k"});
  refused("--normal n.npy --synthetic s.npy --severity s.npy", {"--severity s.npy", "X=FILE"});
  refused("--normal n.npy --synthetic s.npy --severity x=s.npy", {"x=s.npy"});
  refused("--normal n.npy --synthetic s.npy --severity 0.5=", {"0.5="});
  for (const std::string method : {"combined", "f1", "auto"}) {
    refused("--normal n.npy --synthetic s.npy --severity 0.5=s.npy --method " + method, {"--severity", method});
  }
  const std::string from_input = "which standard input cannot give";
  refused("--normal - --synthetic s.npy", {from_input});
  refused("--normal n.npy --synthetic -", {from_input});
  refused("--normal n.npy --synthetic s.npy --severity 0.5=-", {from_input});
  // Nor can a pipe, of which nothing is taken: whoever writes to it waits for ever.
  REQUIRE(::mkfifo(workspace.path("pipe").c_str(), 0600) == 0);
  for (const std::string arguments : {"--normal pipe --synthetic s.npy", "--normal n.npy --synthetic pipe",
                                      "--normal n.npy --synthetic s.npy --severity 0.5=pipe"}) {
    check_refused(workspace.run("fit -o line.json " + arguments), 2, {"pipe: is no regular file"});
  }
  std::filesystem::remove(workspace.path("pipe"));
  refused("--normal n.npy --synthetic ''", {"--synthetic"});
  refused("--normal n.npy --synthetic absent.npy", {"absent.npy"});
  refused("n.npy --normal n.npy --labels s.npy --method f1", {"--labels"});
}

TEST_CASE("fit --synthetic: where low scores are strange all is as with negated ones") {
  const Workspace workspace;
  const auto negated = [](std::vector<double> scores) {
    for (double& score : scores) score = -score;
    return scores;
  };
  const auto negated_maps = [](std::vector<TestMap> maps) {
    for (TestMap& map : maps) {
      for (float& pixel : map.pixels) pixel = -pixel;
    }
    return maps;
  };
  const Synthetic synthetic = draw_synthetic(64, 2, 2);
  const auto weak = draw_synthetic(64, 2, 1).maps;
  const std::vector<std::pair<std::string, std::vector<double>>> scores{
      {"n", draw(1, 100, 0)}, {"s", draw(3, 70, 2)}, {"w", draw(4, 70, 1)}};
  for (const auto& [name, values] : scores) {
    write_scores(workspace, name + ".npy", values);
    write_scores(workspace, name + "_low.npy", negated(values));
  }
  const std::vector<std::pair<std::string, std::vector<TestMap>>> maps{
      {"nm", draw_maps(60, 1)}, {"sm", synthetic.maps}, {"wm", weak}};
  for (const auto& [name, values] : maps) {
    workspace.write(name + ".npy", npy_maps(values));
    workspace.write(name + "_low.npy", npy_maps(negated_maps(values)));
  }
  workspace.write("m.npy", synthetic.npy_masks());
  struct Case {
    std::string letter;  // of the files
    std::string options;
  };
  for (const Case& one :
       {Case{"", ""}, Case{"", "--method combined"}, Case{"m", ""}, Case{"m", "--synthetic-masks m.npy"},
        Case{"m", "--synthetic-masks m.npy --map-reduction every_pixel"}}) {
    const auto fit = [&](const std::string& ending, const std::string& direction) {
      std::string arguments = "fit --normal n" + one.letter + ending + " --synthetic s" + one.letter + ending;
      if (one.options != "--method combined") arguments += " --severity 0.5=w" + one.letter + ending;
      return json_of(workspace.run(arguments + " --format json " + one.options + " --direction " + direction));
    };
    INFO(one.letter << " " << one.options);
    json expected = fit(".npy", "higher");
    expected["direction"] = "lower_is_anomalous";
    CHECK(fit("_low.npy", "lower") == expected);
  }
}

TEST_CASE("fit --synthetic: weaker maps without masks are told of by their largest pixels") {
  const Workspace workspace;
  const std::vector<std::vector<TestMap>> maps{draw_maps(60, 1), draw_synthetic(64, 2, 2).maps,
                                               draw_synthetic(50, 3, 1).maps, draw_synthetic(40, 4, 0.5F).maps};
  std::vector<std::vector<float>> maxima(maps.size());
  for (std::size_t i = 0; i < maps.size(); ++i) {
    workspace.write(std::to_string(i) + ".npy", npy_maps(maps[i]));
    for (const TestMap& map : maps[i]) maxima[i].push_back(*std::ranges::max_element(map.pixels));
  }
  SyntheticThreshold line{{.search = {.false_alarm_cap = 0.5}}};  // the program's default
  line.update(maxima[0]);
  line.update(maxima[1], Label::anomalous);
  line.update_severity(0.5, maxima[2]);
  line.update_severity(0.25, maxima[3]);
  const Fit expected = line.compute();
  REQUIRE(expected.estimates.at("auroc_severity_0.25") < expected.estimates.at("auroc_severity_0.5"));
  const json file = json_of(
      workspace.run("fit --normal 0.npy --synthetic 1.npy --severity 0.5=2.npy --severity 0.25=3.npy --format json"));
  check_line(file, expected);
  const Outcome text = workspace.run("fit --normal 0.npy --synthetic 1.npy --severity 0.5=2.npy --severity 0.25=3.npy");
  check_success(text);
  CHECK(text.out.starts_with(
      "synthetic on 60 normal and 64 synthetic scores (float32)\n  method    synthetic by default, as auto chooses: "
      "the best balanced F1, flagging at most half of the normals\n"));
}

TEST_CASE("fit --synthetic: what is about images does not reach the level of the pixels") {
  const Workspace workspace;
  const auto normals = draw_maps(60, 1);
  const Synthetic synthetic = draw_synthetic(64, 2, 2);
  workspace.write("n.npy", npy_maps(normals));
  workspace.write("s.npy", npy_maps(synthetic.maps));
  workspace.write("m.npy", synthetic.npy_masks());
  SyntheticCalibratorParameters parameters;
  parameters.image.search.false_alarm_cap = 0.02;
  parameters.image.search.prevalence = 0.01;
  parameters.image.search.beta = parameters.pixel.search.beta = 2;
  SyntheticCalibrator calibrator{parameters};
  for (const TestMap& map : normals) calibrator.update(map.view());
  for (std::size_t i = 0; i < 64; ++i) {
    calibrator.update(synthetic.maps[i].view(), Mask(synthetic.masks[i].data(), 14, 11));
  }
  const MapCalibration expected = calibrator.compute();
  const json file =
      json_of(workspace.run("fit --normal n.npy --synthetic s.npy --synthetic-masks m.npy --prevalence 0.01 "
                            "--false-alarm-cap 0.02 --beta 2 --format json"));
  check_line(file.at("image").at("fit"), expected.image);
  check_line(file.at("mask").at("high"), expected.high);
  CHECK(file.at("mask").at("high").at("parameters").at("prevalence").is_null());
  CHECK(file.at("mask").at("high").at("parameters").at("false_alarm_cap") == 1);
}

TEST_CASE("fit --synthetic: the minimum area is that of the normal maps of all files") {
  const Workspace workspace;
  const auto few = draw_maps(30, 1, 1);
  const auto more = draw_maps(50, 9, 3);
  auto all = few;
  all.insert(all.end(), more.begin(), more.end());
  const Synthetic synthetic = draw_synthetic(64, 2, 2);
  workspace.write("few.npy", npy_maps(few));
  workspace.write("more.npy", npy_maps(more));
  workspace.write("all.npy", npy_maps(all));
  workspace.write("s.npy", npy_maps(synthetic.maps));
  workspace.write("m.npy", synthetic.npy_masks());
  const auto fit = [&](const std::string& normals) {
    return json_of(
        workspace.run("fit " + normals + " --synthetic s.npy --synthetic-masks m.npy --area-share 0.05 --format json"));
  };
  const json expected = fit("--normal all.npy");
  CHECK(fit("--normal few.npy --normal more.npy") == expected);
  CHECK(fit("few.npy --normal more.npy") == expected);
  // Where low scores are strange it is that of the negated maps.
  const auto negated = [](std::vector<TestMap> maps) {
    for (TestMap& map : maps) {
      for (float& pixel : map.pixels) pixel = -pixel;
    }
    return npy_maps(maps);
  };
  workspace.write("s.npy", negated(synthetic.maps));
  workspace.write("low.npy", negated(all));
  CHECK(fit("--normal low.npy --direction lower").at("mask").at("minimum_area") ==
        expected.at("mask").at("minimum_area"));
  // By the normal maps' regions at the level: the least area that at most 5 % of 80 images, which are four, reach.
  const double level = cutoff_of(expected.at("mask").at("high"));
  const auto with_region = [&](std::uint32_t area) {
    const MaskRule rule{.high = Cutoff{level}, .low = Cutoff{level}, .minimum_area = area};
    MapWorkspace memory(14, 11);
    return std::ranges::count_if(
        all, [&](const TestMap& map) { return !mask_of(map.view(), rule, memory).regions.empty(); });
  };
  std::uint32_t least = 1;
  while (with_region(least) > 4) ++least;
  CHECK(expected.at("mask").at("minimum_area") == least);
}

TEST_CASE("fit --synthetic: auto takes maps for their largest pixels, or as it is told") {
  const Workspace workspace;
  workspace.write("n.npy", npy_maps(draw_maps(60, 1)));
  workspace.write("s.npy", npy_maps(draw_synthetic(64, 2, 2).maps));
  const auto fit = [&](const std::string& options) {
    return json_of(workspace.run("fit --normal n.npy --synthetic s.npy --format json " + options));
  };
  const json chosen = fit("--method auto");
  CHECK(chosen.at("cutoff") == fit("").at("cutoff"));
  CHECK(chosen.at("parameters").at("map_reduction") == "maximum");
  CHECK(chosen.at("parameters").at("anomalies") == "synthetic");
  const std::string mean = "--map-reduction top_mean --top-share 0.1 ";
  CHECK(fit(mean + "--method auto").at("parameters").at("map_reduction") == "top_mean");
  CHECK(fit(mean + "--method auto").at("cutoff") == fit(mean).at("cutoff"));
  CHECK(fit(mean).at("cutoff") != fit("").at("cutoff"));
}
