// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <plimsoll/io/image_file.hpp>
#include <string>
#include <vector>

#include "judge.hpp"
#include "lines.hpp"
#include "parts.hpp"

/// \file
/// Tables and pictures of what the lines do.

namespace inspect_texture {

/// A name, five figures and a last one, or in their place why there is none.
struct Row {
  static constexpr const char* format = "{:<30}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9}\n";

  static void head(const char* name, const char* first, const char* second, const char* third, const char* fourth) {
    fmt::print("\n{:<30}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", name, first, second, third, fourth, "of best", "AUROC");
  }
  static void failed(const std::string& name, const plimsoll::Fit& fit) {
    fmt::print("{:<30}{:>45}{:>9}\n", name, to_string(fit.status), auroc(fit));
  }
  /// Of the synthetic anomalies, for lines that were drawn by them.
  static std::string auroc(const plimsoll::Fit& fit) {
    const auto found = fit.estimates.find("auroc");
    return found == fit.estimates.end() ? "" : fmt::format("{:.3f}", found->second);
  }
};

/// Balanced F1 of each line over that of the best, by the line's name.
inline std::map<std::string, double> report_images(const std::vector<ImageLine>& lines, const Judge& judge) {
  std::map<std::string, double> shares;
  const plimsoll::Cutoff best_cutoff = judge.best_image_cutoff();
  const auto best = judge.images(best_cutoff);
  Row::head("images", "cutoff", "FPR", "recall", "bal. F1");
  for (const ImageLine& line : lines) {
    if (!line.fit.ok()) {
      Row::failed(line.name, line.fit);
      continue;
    }
    const auto counts = judge.images(line.fit.cutoff);
    shares[line.name] = balanced_f1(counts) / balanced_f1(best);
    fmt::print(Row::format, line.name, line.fit.cutoff.value(), counts.false_alarm_rate(), counts.recall(),
               balanced_f1(counts), shares[line.name], Row::auroc(line.fit));
  }
  fmt::print(Row::format, "best, with the truth", best_cutoff.value(), best.false_alarm_rate(), best.recall(),
             balanced_f1(best), 1.0, "");
  return shares;
}

/// F1 of the pixels of each line's masks over that of the best level, by the line's name.
inline std::map<std::string, double> report_masks(const std::vector<MaskLine>& lines, const Judge& judge) {
  std::map<std::string, double> shares;
  const plimsoll::Cutoff best_level = judge.best_level();
  const Judge::Masks best = judge.masks({.high = best_level});
  Row::head("masks", "level", "touched", "recall", "F1");
  for (const MaskLine& line : lines) {
    if (!line.high.ok() || !line.low.ok()) {
      Row::failed(line.name, line.high.ok() ? line.low : line.high);
      continue;
    }
    const Judge::Masks masks = judge.masks(line.rule());
    shares[line.name] = masks.pixels.f1() / best.pixels.f1();
    fmt::print(Row::format, line.name, line.high.cutoff.value(), masks.touched, masks.pixels.recall(),
               masks.pixels.f1(), shares[line.name], Row::auroc(line.high));
  }
  fmt::print(Row::format, "best, with the truth", best_level.value(), best.touched, best.pixels.recall(),
             best.pixels.f1(), 1.0, "");
  return shares;
}

/// Draws test images with the mask of the rule upon them, three of each kind, and a few synthetic anomalies.
inline void draw(const std::string& folder, const Parts& parts, const Judge& judge, const plimsoll::MaskRule& rule,
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

}  // namespace inspect_texture
