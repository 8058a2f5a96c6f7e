// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "plimsoll/core/score_map.hpp"
#include "random.hpp"
#include "workspace.hpp"

/// \file
/// Score maps for tests of the program, and what is written and read beside it.

namespace plimsoll::cli_test {

struct TestMap {
  std::vector<float> pixels;
  std::size_t rows = 0;
  std::size_t columns = 0;
  [[nodiscard]] ScoreMap view() const { return {pixels.data(), rows, columns}; }
};

/// Noise below 1 with a smooth bump of an exponential height times `height`.
[[nodiscard]] inline TestMap draw_map(test::Random& random, double height, std::size_t rows, std::size_t columns) {
  TestMap map{{}, rows, columns};
  const double bump = height * random.exponential();
  const double row = random.uniform() * static_cast<double>(rows);
  const double column = random.uniform() * static_cast<double>(columns);
  for (std::size_t i = 0; i < rows * columns; ++i) {
    const double down = static_cast<double>(i / columns) - row;
    const double across = static_cast<double>(i % columns) - column;
    map.pixels.push_back(static_cast<float>(random.uniform() + bump * std::exp(-(down * down + across * across) / 6)));
  }
  return map;
}

[[nodiscard]] inline std::vector<TestMap> draw_maps(std::size_t count, std::uint64_t seed, double height = 1,
                                                    std::size_t rows = 14, std::size_t columns = 11) {
  test::Random random(seed);
  std::vector<TestMap> maps;
  while (maps.size() < count) maps.push_back(draw_map(random, height, rows, columns));
  return maps;
}

/// Maps of one size as a `.npy` file of float32.
[[nodiscard]] inline std::string npy_maps(const std::vector<TestMap>& maps) {
  std::vector<double> values;
  for (const TestMap& map : maps) values.insert(values.end(), map.pixels.begin(), map.pixels.end());
  return npy(values, {.type = "<f4", .shape = {maps.size(), maps.front().rows, maps.front().columns}});
}

[[nodiscard]] inline std::string npy_map(const TestMap& map) {
  return npy({map.pixels.begin(), map.pixels.end()}, {.type = "<f4", .shape = {map.rows, map.columns}});
}

/// "map_007".
[[nodiscard]] inline std::string numbered(const std::string& stem, std::size_t index) {
  const std::string number = std::to_string(index);
  return stem + "_" + std::string(3 - number.size(), '0') + number;
}

/// A folder of one `.npy` file a map.
inline void write_folder(const Workspace& workspace, const std::string& folder, const std::vector<TestMap>& maps) {
  std::filesystem::create_directories(workspace.path(folder));
  for (std::size_t i = 0; i < maps.size(); ++i)
    workspace.write(folder + "/" + numbered("map", i) + ".npy", npy_map(maps[i]));
}

/// Writes 8-bit grey pixels, or float32 as TIFF, by OpenCV.
template <typename T>
void write_picture(const Workspace& workspace, const std::string& name, std::size_t rows, std::size_t columns,
                   std::vector<T> pixels) {
  const int type = sizeof(T) == 1 ? CV_8UC1 : CV_32FC1;
  const cv::Mat picture(static_cast<int>(rows), static_cast<int>(columns), type, pixels.data());
  REQUIRE(cv::imwrite(workspace.path(name).string(), picture));
}

/// The grey levels of a picture, row by row, as they are.
[[nodiscard]] inline std::vector<int> read_picture(const Workspace& workspace, const std::string& name) {
  const cv::Mat picture = cv::imread(workspace.path(name).string(), cv::IMREAD_UNCHANGED);
  REQUIRE(picture.type() == CV_8UC1);
  std::vector<int> levels;
  for (int row = 0; row < picture.rows; ++row) {
    for (int column = 0; column < picture.cols; ++column) levels.push_back(picture.at<std::uint8_t>(row, column));
  }
  return levels;
}

[[nodiscard]] inline nlohmann::json read_json(const Workspace& workspace, const std::string& name) {
  return nlohmann::json::parse(workspace.read(name));
}

/// The peak memory, in MB, of a run of the program that succeeds. That of this process counts, too.
[[nodiscard]] inline double peak_memory(const Workspace& workspace, const std::string& arguments) {
  const std::string command = "cd '" + workspace.path("").string() + "' && exec '" + PLIMSOLL_PROGRAM + "' " +
                              arguments + " > /dev/null 2> /dev/null";
  const ::pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = -1;
  ::rusage usage{};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  INFO(arguments);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// A `.npy` file of many maps, written piece by piece so that this process stays small.
inline void write_many_maps(const Workspace& workspace, const std::string& name, std::size_t count, std::size_t side) {
  std::ofstream file(workspace.path(name), std::ios::binary);
  const std::string size = std::to_string(side);
  file << npy_of(npy_header("'<f4'", "(" + std::to_string(count) + ", " + size + ", " + size + ")"), "");
  test::Random random(5);
  std::vector<float> pixels(side * side);
  for (std::size_t map = 0; map < count; ++map) {
    const double height = random.exponential();
    for (float& pixel : pixels) pixel = static_cast<float>(random.uniform());
    pixels[random.below(pixels.size())] += static_cast<float>(height);
    file.write(reinterpret_cast<const char*>(pixels.data()), static_cast<std::streamsize>(4 * pixels.size()));
  }
  REQUIRE(file.flush());
}

}  // namespace plimsoll::cli_test
