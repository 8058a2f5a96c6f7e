// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/adapt/opencv.hpp"

#include <cmath>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "catch.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"

namespace {

using namespace plimsoll;

/// Numbers that a half holds, unlike everywhere.
cv::Mat numbered(int rows, int columns, int depth) {
  cv::Mat matrix(rows, columns, CV_64F);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) matrix.at<double>(r, c) = 100 * r + c;
  }
  matrix.convertTo(matrix, depth);
  return matrix;
}

std::vector<double> pixels_of(const ScoreMap& map) {
  std::vector<double> pixels;
  map.visit([&](const auto* data) {
    for (std::size_t r = 0; r < map.rows(); ++r) {
      for (std::size_t c = 0; c < map.columns(); ++c) {
        pixels.push_back(static_cast<double>(data[r * map.row_stride() + c]));
      }
    }
  });
  return pixels;
}

TEST_CASE("a matrix of OpenCV is a score map without a copy, and so is a region of it") {
  std::vector<int> depths{CV_32F, CV_64F};
#if PLIMSOLL_HAS_HALF
  depths.push_back(CV_16F);
#endif
  for (const int depth : depths) {
    CAPTURE(depth);
    const cv::Mat whole = numbered(5, 7, depth);
    const ScoreMap map = as_score_map(whole);
    CHECK(map.rows() == 5);
    CHECK(map.columns() == 7);
    CHECK(map.contiguous());
    CHECK(map.type() == (depth == CV_64F   ? ScoreType::float64
                         : depth == CV_32F ? ScoreType::float32
                                           : ScoreType::float16));
    map.visit([&](const auto* data) { CHECK(static_cast<const void*>(data) == whole.data); });
    CHECK(pixels_of(map)[5 * 7 - 1] == 406);

    const ScoreMap region = as_score_map(whole(cv::Rect(2, 1, 3, 2)));  // columns 2 to 4 of rows 1 and 2
    CHECK(region.row_stride() == 7);
    CHECK(pixels_of(region) == std::vector<double>{102, 103, 104, 202, 203, 204});
    CHECK(pixels_of(as_score_map(whole.col(6))) == std::vector<double>{6, 106, 206, 306, 406});
    CHECK(pixels_of(as_score_map(whole.row(3)(cv::Rect(5, 0, 2, 1)))) == std::vector<double>{305, 306});
  }
  CHECK(as_score_map(cv::Mat()).empty());
}

TEST_CASE("rows of OpenCV that are padded by the user are read where they are") {
  std::vector<float> memory(3 * 6, -1);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 4; ++k) memory[6 * i + k] = static_cast<float>(10 * i + k);
  }
  const cv::Mat padded(3, 4, CV_32F, memory.data(), 6 * sizeof(float));
  CHECK(as_score_map(padded).row_stride() == 6);
  CHECK(pixels_of(as_score_map(padded)) == std::vector<double>{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23});
}

TEST_CASE("masks go to OpenCV and back") {
  const std::uint8_t bytes[] = {0, 1, 0, 9, 255, 0, 0, 7};
  const cv::Mat matrix = to_mat(Mask(bytes, 2, 3, 4));
  CHECK(matrix.type() == CV_8UC1);
  const std::vector<std::uint8_t> values(matrix.begin<std::uint8_t>(), matrix.end<std::uint8_t>());
  CHECK(values == std::vector<std::uint8_t>{0, 255, 0, 255, 0, 0});
  CHECK(as_mask(matrix).labels() == Mask(bytes, 2, 3, 4).labels());
  CHECK(as_mask(matrix(cv::Rect(1, 0, 1, 2))).labels() == std::vector<Label>{Label::anomalous, Label::normal});
  CHECK(as_mask(cv::Mat()).size() == 0);
  CHECK(to_mat(Mask()).empty());
}

TEST_CASE("OpenCV's matrices decide and calibrate as plain memory does") {
  const cv::Mat scores = numbered(4, 5, CV_32F);
  const cv::Mat truth = scores > 300;  // 255 where it is
  F1Threshold threshold;
  threshold.update(as_score_map(scores), as_mask(truth));
  CHECK(threshold.compute().cutoff.value() == 301);
  Calibration line;
  line.cutoff = Cutoff{404};
  line.mask = MaskRule{.high = Cutoff{302}, .low = Cutoff{302}};
  MapWorkspace workspace(4, 5);
  const Decision decision = line.decide(as_score_map(scores), workspace);
  CHECK(decision.label == Label::normal);
  cv::Mat expected;
  cv::compare(scores, 302, expected, cv::CMP_GE);
  CHECK(cv::countNonZero(to_mat(decision.mask) != expected) == 0);
}

TEST_CASE("what is no score map or mask is refused with its type") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(as_score_map(cv::Mat(2, 2, CV_8U)), Contains("CV_8UC1") && Contains("CV_32F"));
  CHECK_THROWS_AS(as_score_map(cv::Mat(2, 2, CV_32FC3)), DataError);
  const int sizes[] = {2, 2, 2};
  CHECK_THROWS_WITH(as_score_map(cv::Mat(3, sizes, CV_32F)), Contains("3 dimensions"));
  CHECK_THROWS_WITH(as_mask(cv::Mat(2, 2, CV_32F)), Contains("CV_32FC1"));
  CHECK_THROWS_AS(as_mask(cv::Mat(2, 2, CV_8UC2)), DataError);
}

}  // namespace
