// SPDX-License-Identifier: Apache-2.0
// Makes the images of this example, laid out as those of MVTec AD, with a folder more for calibration:
//
//   edge_textures woven -o cloth
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <plimsoll/io/image_file.hpp>
#include <plimsoll/synth/random_stream.hpp>
#include <string>

#include "../inspect_texture/parts.hpp"
#include "../inspect_texture/textures.hpp"

namespace {

using namespace inspect_texture;
namespace fs = std::filesystem;

struct Options {
  std::string material = "woven";
  std::string out;
  std::size_t size = 256;
  std::size_t train = 60;
  std::size_t calibration = 60;
  std::size_t test = 60;
  std::uint64_t seed = 0;
};

/// The path of a new image; its folder is made.
std::string place(const fs::path& folder, const std::string& name) {
  fs::create_directories(folder);
  return (folder / (name + ".png")).string();
}

void make(const Options& options) {
  const fs::path out(options.out);
  // No piece is in two folders: each has a seed of its own.
  const auto piece = [&](std::uint64_t folder, std::size_t index) {
    RandomStream random(plimsoll::synth::mix(options.seed, folder), index);
    return options.material == "woven" ? woven(options.size, random) : brushed(options.size, random);
  };
  const auto write_good = [&](const fs::path& folder, std::uint64_t number, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      plimsoll::io::write_image(place(folder, fmt::format("good_{:03}", i)), eight_bits(piece(number, i)).view());
    }
  };
  write_good(out / "train" / "good", 0, options.train);
  write_good(out / "calibration" / "good", 1, options.calibration);
  write_good(out / "test" / "good", 2, options.test);
  for (std::size_t i = 0; i < options.test; ++i) {
    const std::string kind(defects[i % defects.size()]);
    const std::string name = fmt::format("{}_{:03}", kind, i);
    Planes spoilt = piece(3, i);
    RandomStream random(plimsoll::synth::mix(options.seed, 4), i);
    const TrueMask truth = spoil(spoilt, kind, random);
    plimsoll::io::write_image(place(out / "test" / kind, name), eight_bits(spoilt).view());
    plimsoll::io::write_mask(place(out / "ground_truth" / kind, name + "_mask"), truth);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes images of a material: normal ones, and spoilt ones with their true masks.");
  Options options;
  app.add_option("material", options.material, "woven or brushed")->check(CLI::IsMember({"woven", "brushed"}));
  app.add_option("-o,--out", options.out, "the folder")->required();
  app.add_option("--size", options.size, "of the images, in pixels")->check(CLI::Range(48, 4096));
  app.add_option("--train", options.train, "how many normal images to train on");
  app.add_option("--calibration", options.calibration, "how many normal images to calibrate with");
  app.add_option("--test", options.test, "how many images to judge on, normal ones and as many spoilt ones");
  app.add_option("--seed", options.seed, "other images");
  CLI11_PARSE(app, argc, argv);
  try {
    make(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
