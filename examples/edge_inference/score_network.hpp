// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <plimsoll/io/file_error.hpp>
#include <plimsoll/io/image_file.hpp>
#include <plimsoll/synth/image.hpp>
#include <string>
#include <vector>

/// \file
/// From an image file to a score map, by a network in an ONNX file.

namespace edge_inference {

/// The image as matrix of three colours, blue, green, red, 0 to 1. Throws FileError.
[[nodiscard]] inline cv::Mat read_colours(const std::string& path) {
  plimsoll::synth::Image image = plimsoll::io::read_image(path);
  return image.visit([&]<typename T>(T* pixels) {
    const bool wide = sizeof(T) == 2;
    const cv::Mat held(static_cast<int>(image.rows()), static_cast<int>(image.columns()),
                       CV_MAKETYPE(wide ? CV_16U : CV_8U, static_cast<int>(image.channels())), pixels);
    cv::Mat colours;
    held.convertTo(colours, CV_32F, 1.0 / (wide ? 65535 : 255));
    if (colours.channels() == 1) cv::cvtColor(colours, colours, cv::COLOR_GRAY2BGR);
    return colours;
  });
}

/// A network that takes a float tensor of 1 x 3 x size x size, red, green and blue of a mean of 1/2, and gives scores
/// of 1 x 1 x size x size, as train.py writes it.
class ScoreNetwork {
 public:
  /// Reads the ONNX file. Throws FileError, and cv::Exception for layers that OpenCV does not know.
  ScoreNetwork(const std::string& path, int size) : path_{path}, size_{size} {
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file || bytes.empty()) throw plimsoll::io::FileError(path + ": cannot be read, or is empty");
    network_ = cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    // FNV-1a of the weights and of what is done to an image before.
    std::uint64_t hash = 0xCBF29CE484222325;
    const auto take = [&hash](auto&& values) {
      for (const auto value : values) hash = (hash ^ static_cast<std::uint8_t>(value)) * 0x100000001B3;
    };
    take(bytes);
    take(fmt::format("{} square, mean 1/2", size));
    pipeline_ = fmt::format("{:016x}", hash);
  }

  /// What a line must have been drawn for: a hash of all that makes the scores.
  [[nodiscard]] const std::string& pipeline() const noexcept { return pipeline_; }

  /// The score map of an image of any size, which is brought to size x size first: a view of the network's own memory,
  /// until the next call. Throws FileError when the network gives something else.
  [[nodiscard]] cv::Mat operator()(const cv::Mat& colours) {
    cv::Mat fitting;
    const bool shrinks = colours.rows > size_ || colours.cols > size_;
    cv::resize(colours, fitting, {size_, size_}, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    const cv::Scalar mean = cv::mean(fitting);
    const double brightness = std::max((mean[0] + mean[1] + mean[2]) / 3, 1.0 / 255);
    constexpr bool swap_red_and_blue = true;
    network_.setInput(cv::dnn::blobFromImage(fitting, 0.5 / brightness, {}, {}, swap_red_and_blue));
    scores_ = network_.forward();
    const bool is_map = scores_.dims == 4 && scores_.size[0] == 1 && scores_.size[1] == 1 && scores_.size[2] == size_ &&
                        scores_.size[3] == size_ && scores_.type() == CV_32F;
    if (!is_map) {
      throw plimsoll::io::FileError(fmt::format("{}: gives no float map of 1 x 1 x {} x {}", path_, size_, size_));
    }
    return {size_, size_, CV_32F, scores_.ptr<float>()};
  }

 private:
  std::string path_;
  int size_;
  cv::dnn::Net network_;
  std::string pipeline_;
  cv::Mat scores_;  ///< what the view is of
};

}  // namespace edge_inference
