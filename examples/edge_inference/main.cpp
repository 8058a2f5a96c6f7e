// SPDX-License-Identifier: Apache-2.0
// What runs beside the camera: a network gives score maps, a line that `plimsoll fit` drew decides them.
//
//   hash=$(edge_inference maps --model cloth.onnx normal/ -o maps)
//   plimsoll fit --maps maps --pipeline-hash $hash -o line.json
//   edge_inference decide --model cloth.onnx --line line.json new/ -o results
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <map>
#include <opencv2/core/utils/logger.hpp>
#include <plimsoll/adapt/opencv.hpp>
#include <plimsoll/io/calibration_file.hpp>
#include <plimsoll/io/write_file.hpp>
#include <string>
#include <vector>

#include "score_network.hpp"

namespace {

using namespace edge_inference;
namespace fs = std::filesystem;

struct Options {
  std::string model;
  std::string line;
  std::vector<std::string> images;
  std::string out;
  int size = 256;
  bool timing = false;
};

/// The image files that are meant, by the names of what is made of them: those of the files without extension.
std::map<std::string, std::string> named_images(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> images;
  for (const std::string& path : paths) {
    for (const std::string& file : plimsoll::io::image_files(path)) {
      const auto [place, is_new] = images.emplace(fs::path(file).stem().string(), file);
      if (!is_new) throw plimsoll::io::FileError(file + ": has the same name as " + place->second);
    }
  }
  return images;
}

/// The map as a `.npy` file of float32.
void write_map(const std::string& path, const cv::Mat& map) {
  static_assert(std::endian::native == std::endian::little, "the header says so");
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", map.rows, map.cols);
  constexpr std::size_t before = 10;    // magic, version, length of the header
  constexpr std::size_t data_at = 128;  // a multiple of 64, as NumPy aligns
  header.resize(data_at - before - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(map.data), map.total() * map.elemSize());  // a network's map has no gaps
  plimsoll::io::write_file(path, bytes);
}

/// Writes the score map of each image, and says the pipeline that a line is to be drawn for.
int write_maps(const Options& options) {
  ScoreNetwork network(options.model, options.size);
  for (const auto& [name, path] : named_images(options.images)) {
    const cv::Mat map = network(read_colours(path));
    write_map((fs::path(options.out) / (name + ".npy")).string(), map);
  }
  fmt::print("{}\n", network.pipeline());
  return 0;
}

/// Milliseconds, the median of some.
double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return *middle;
}

/// Decides each image, says so, and writes mask and overlay. 1 when one is anomalous.
int decide(const Options& options) {
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const plimsoll::io::CalibrationFile file = plimsoll::io::read_calibration_file(options.line);
  ScoreNetwork network(options.model, options.size);
  plimsoll::io::expect_pipeline(file, options.line, network.pipeline());
  if (!file.calibration.mask) throw plimsoll::io::FileError(options.line + ": has no masks; plimsoll fit --maps has");

  // All memory that decisions need.
  const auto side = static_cast<std::size_t>(options.size);
  plimsoll::MapWorkspace<> workspace(side, side);
  std::vector<double> network_times;
  std::vector<double> decision_times;
  int status = 0;
  for (const auto& [name, path] : named_images(options.images)) {
    const cv::Mat colours = read_colours(path);
    const auto start = Clock::now();
    const cv::Mat map = network(colours);
    const auto scored = Clock::now();
    const plimsoll::Decision decision = file.calibration.decide(plimsoll::as_score_map(map), workspace);
    const auto decided = Clock::now();
    network_times.push_back(Milliseconds(scored - start).count());
    decision_times.push_back(Milliseconds(decided - scored).count());

    cv::Mat mask;  // upon the image, as large as it
    cv::resize(plimsoll::to_mat(decision.mask), mask, colours.size(), 0, 0, cv::INTER_NEAREST_EXACT);
    const std::string out = (fs::path(options.out) / name).string();
    plimsoll::io::write_mask(out + "_mask.png", plimsoll::as_mask(mask));
    plimsoll::io::write_overlay(out + "_overlay.png", path, plimsoll::as_mask(mask));
    fmt::print("{:<9} score {:>8.4f}  area {:>7}  {}\n", to_string(decision.verdict), decision.score,
               cv::countNonZero(mask), path);
    if (decision.label == plimsoll::Label::anomalous) status = 1;
  }
  if (options.timing) {
    fmt::print("median of {} images: network {:.1f} ms, decision {:.3f} ms\n", network_times.size(),
               median(network_times), median(decision_times));
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Scores images by a network, and decides them by a line that plimsoll fit drew.");
  app.require_subcommand(1);
  Options options;
  CLI::App* maps = app.add_subcommand("maps", "write score maps to draw a line by; prints the hash of the pipeline");
  CLI::App* decision = app.add_subcommand("decide", "decide images; write masks and overlays");
  for (CLI::App* command : {maps, decision}) {
    command->add_option("--model", options.model, "the network, an ONNX file")->required();
    command->add_option("images", options.images, "images, or folders of them")->required();
    command->add_option("-o,--out", options.out, "the folder for what is written")->required();
    command->add_option("--size", options.size, "images are brought to this size, square [256]")
        ->check(CLI::Range(64, 4096));
  }
  decision->add_option("--line", options.line, "what plimsoll fit --maps wrote")->required();
  decision->add_flag("--timing", options.timing, "say how long network and decisions took");
  app.footer("Status: 0 all images are normal, 1 some are anomalous, 2 something is wrong.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // errors come as exceptions, too
  try {
    fs::create_directories(options.out);
    return maps->parsed() ? write_maps(options) : decide(options);
  } catch (const cv::Exception& error) {
    fmt::print(stderr, "{}: OpenCV: {}\n", options.model, error.err);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  return 2;
}
