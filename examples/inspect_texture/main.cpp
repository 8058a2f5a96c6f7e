// SPDX-License-Identifier: Apache-2.0
// From images to decisions: a small detector learns a material, lines are drawn without a single real defect, and then
// judged on defects that nothing here has seen. On textures of its own making, or on a folder of images:
//
//   inspect_texture -o results
//   inspect_texture --mvtec leather --synthetic textures,noise,cut_paste -o results
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <plimsoll/io/image_file.hpp>
#include <string>
#include <vector>

#include "detector.hpp"
#include "judge.hpp"
#include "lines.hpp"
#include "parts.hpp"
#include "textures.hpp"

namespace {

using namespace inspect_texture;

struct Options {
  std::vector<std::string> folders;
  std::vector<std::string> synthetic{"textures", "noise"};
  std::size_t synthetics = 60;
  std::size_t longest = 256;
  std::size_t size = 128;
  std::size_t images = 60;
  std::string out;
  bool check = false;
};

/// Every second image: those that come one after the other are often alike, and what drifts shall be in both halves.
template <typename T>
std::vector<T> every_second(const std::vector<T>& all, std::size_t first) {
  std::vector<T> half;
  for (std::size_t i = first; i < all.size(); i += 2) half.push_back(all[i]);
  return half;
}

/// Test images with the mask of the rule drawn upon them, three of each kind, and some synthetic anomalies.
void draw(const std::string& folder, const Parts& parts, const Judge& judge, const plimsoll::MaskRule& rule,
          const Synthetics& made) {
  std::filesystem::create_directories(folder);
  std::map<std::string, int> drawn;
  for (std::size_t i = 0; i < parts.test.size(); ++i) {
    const Part& part = parts.test[i];
    if (++drawn[part.kind] > 3) continue;
    const std::string path = folder + "/" + part.name;
    plimsoll::MapWorkspace<> workspace(part.image.rows(), part.image.columns());
    plimsoll::io::write_image(path + ".png", part.image.view());
    plimsoll::io::write_overlay(path + "_overlay.png", path + ".png",
                                plimsoll::mask_of(view_of(judge.map(i)), rule, workspace).mask);
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(6, made.items.size()); ++i) {
    plimsoll::io::write_image(fmt::format("{}/synthetic_{}.png", folder, i), made.items[i].image.view());
    plimsoll::io::write_mask(fmt::format("{}/synthetic_{}_mask.png", folder, i), made.items[i].mask);
  }
}

/// Calibrates and judges, and prints the table. Returns the share of the best balanced F1 of images and of the best
/// pixel F1 that the first kind of synthetic anomalies reaches.
struct Shares {
  double image = 0;
  double pixel = 0;
};
Shares inspect(const Parts& parts, const Options& options) {
  // A detector is less surprised by what it learnt from than by other normal images, so a line drawn by the former
  // would be too low. One half of the normal images is for learning, the other for calibration.
  std::vector<Planes> learnt;
  for (const Image& image : every_second(parts.normal, 0)) learnt.push_back(plimsoll::synth::to_planes(image.view()));
  const Detector detector(learnt);
  const std::vector<Image> normal = every_second(parts.normal, 1);
  std::vector<Field> normal_maps;
  for (const Image& image : normal) normal_maps.push_back(detector(plimsoll::synth::to_planes(image.view())));

  Lines lines = lines_from_normals(normal_maps);
  Synthetics first;
  for (const std::string& wanted : options.synthetic) {
    Synthetics made = make_synthetics(wanted, options.synthetics, normal, detector);
    const Lines more = lines_by_synthetics("synthetic: " + wanted, normal_maps, made);
    lines.images.insert(lines.images.end(), more.images.begin(), more.images.end());
    lines.masks.insert(lines.masks.end(), more.masks.begin(), more.masks.end());
    if (first.items.empty()) first = std::move(made);
  }

  // From here on the truth is looked at.
  const Judge judge(parts.test, detector);
  const plimsoll::stats::Confusion best_image = judge.images(judge.best_image_cutoff());
  const Judge::Masks best_mask = judge.masks({.high = judge.best_level()});
  fmt::print("\n{}: {} normal images learnt, {} calibrated with; {} good and {} defective ones to judge on\n", parts.name,
             learnt.size(), normal.size(), best_image.normal(), best_image.anomalous());
  fmt::print("the detector's AUROC: {:.3f} of images, {:.3f} of pixels\n\n", judge.image_auroc(), judge.pixel_auroc());

  Shares shares;
  constexpr const char* head = "{:<32}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n";
  constexpr const char* row = "{:<32}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9}\n";
  const auto seen = [](const plimsoll::Fit& fit) {
    const auto auroc = fit.estimates.find("auroc");
    return auroc == fit.estimates.end() ? std::string("-") : fmt::format("{:.3f}", auroc->second);
  };
  fmt::print(head, "images", "cutoff", "FPR", "recall", "bal. F1", "of best", "AUROC");
  for (const ImageLine& line : lines.images) {
    if (!line.fit.ok()) {
      fmt::print("{:<32}{}\n", line.name, line.fit.note);
      continue;
    }
    const plimsoll::stats::Confusion counts = judge.images(line.fit.cutoff);
    const double share = balanced_f1(counts) / balanced_f1(best_image);
    fmt::print(row, line.name, line.fit.cutoff.value(), counts.false_alarm_rate(), counts.recall(), balanced_f1(counts),
               share, seen(line.fit));
    if (line.name == "synthetic: " + options.synthetic.front()) shares.image = share;
  }
  fmt::print(row, "best, found with the truth", judge.best_image_cutoff().value(), best_image.false_alarm_rate(),
             best_image.recall(), balanced_f1(best_image), 1.0, "");

  fmt::print(head, "\nmasks", "level", "touched", "recall", "F1", "of best", "AUROC");
  for (const MaskLine& line : lines.masks) {
    if (!line.high.ok() || !line.low.ok()) {
      fmt::print("{:<32}{}\n", line.name, (line.high.ok() ? line.low : line.high).note);
      continue;
    }
    const Judge::Masks counts = judge.masks(line.rule());
    const double share = counts.pixels.f1() / best_mask.pixels.f1();
    fmt::print(row, line.name, line.high.cutoff.value(), counts.touched, counts.pixels.recall(), counts.pixels.f1(),
               share, seen(line.high));
    if (line.name == "synthetic: " + options.synthetic.front()) {
      shares.pixel = share;
      if (!options.out.empty()) draw(options.out + "/" + parts.name, parts, judge, line.rule(), first);
    }
  }
  fmt::print(row, "best, found with the truth", judge.best_level().value(), best_mask.touched, best_mask.pixels.recall(),
             best_mask.pixels.f1(), 1.0, "");
  return shares;
}

int run(const Options& options) {
  std::vector<Parts> all;
  for (const std::string& folder : options.folders) all.push_back(read_parts(folder, options.longest));
  if (all.empty()) {
    for (const char* material : {"woven", "brushed"}) {
      all.push_back(make_parts(material, options.size, 2 * options.images, options.images));
    }
  }
  bool good = true;
  for (const Parts& parts : all) {
    const Shares shares = inspect(parts, options);
    good = good && shares.image >= 0.8 && shares.pixel >= 0.5;
  }
  if (options.check && !good) fmt::print("\nthe first synthetic line is too far from the best\n");
  return options.check && !good ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Learns a material from images, draws lines with synthetic anomalies, judges them on real defects.");
  Options options;
  app.add_option("--mvtec", options.folders, "a folder laid out as those of MVTec AD; without one textures are made");
  app.add_option("--synthetic", options.synthetic, "sources of synthetic anomalies, the first is the one to draw and check")
      ->delimiter(',');
  app.add_option("--synthetics", options.synthetics, "how many of each");
  app.add_option("--longest", options.longest, "images of a folder are brought down to so many pixels");
  app.add_option("--size", options.size, "of textures that are made, in pixels")->check(CLI::Range(48, 4096));
  app.add_option("--images", options.images, "how many are learnt, calibrated with, and judged of each sort");
  app.add_option("-o,--out", options.out, "a folder for pictures");
  app.add_flag("--check", options.check, "status 1 unless the first source reaches .8 of the best balanced F1, .5 of the best pixel F1");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
