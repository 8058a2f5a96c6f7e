// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>

#include "plimsoll/core/config.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"

/// \file
/// Score maps and masks from cv::Mat, and masks back. Takes OpenCV's core (4.6), which plimsoll::plimsoll does not
/// link: link opencv_core yourself. Views need no copy, also of a region of interest and of padded rows; they are valid
/// as long as the matrix's memory.

namespace plimsoll {

namespace detail {
/// The rows of the matrix as a view of T. OpenCV keeps rows whole elements apart.
template <typename View, typename T>
[[nodiscard]] View rows_of(const cv::Mat& matrix) {
  const auto columns = static_cast<std::size_t>(matrix.cols);
  const std::size_t stride = matrix.rows > 1 ? matrix.step[0] / sizeof(T) : columns;
  return View(matrix.ptr<T>(), static_cast<std::size_t>(matrix.rows), columns, stride);
}

inline void check_plane(const cv::Mat& matrix, const char* name) {
  if (matrix.dims > 2 || matrix.channels() != 1) {
    throw DataError(std::string(name) + ": a matrix of " + std::to_string(matrix.dims) + " dimensions and " +
                    std::to_string(matrix.channels()) + " channels, and it takes two and one");
  }
}
}  // namespace detail

/// `line.decide(as_score_map(map), workspace)` for a matrix of CV_32F, CV_64F or, where the compiler has halves
/// (PLIMSOLL_HAS_HALF), CV_16F, of one channel. Throws DataError for any other.
[[nodiscard]] inline ScoreMap as_score_map(const cv::Mat& matrix) {
  if (matrix.empty()) return {};
  constexpr const char* name = "as_score_map";
  detail::check_plane(matrix, name);
  switch (matrix.depth()) {
    case CV_32F: return detail::rows_of<ScoreMap, float>(matrix);
    case CV_64F: return detail::rows_of<ScoreMap, double>(matrix);
#if PLIMSOLL_HAS_HALF
    case CV_16F: return detail::rows_of<ScoreMap, Half>(matrix);
#endif
    default:
      throw DataError(std::string(name) + ": a matrix of " + cv::typeToString(matrix.type()) +
                      " is none of CV_32F, CV_64F" + (PLIMSOLL_HAS_HALF ? ", CV_16F" : ""));
  }
}

/// `threshold.update(as_score_map(map), as_mask(truth))` for a matrix of CV_8U or CV_8S and one channel: 0 is normal,
/// anything else anomalous. Throws DataError for any other.
[[nodiscard]] inline Mask as_mask(const cv::Mat& matrix) {
  if (matrix.empty()) return {};
  constexpr const char* name = "as_mask";
  detail::check_plane(matrix, name);
  if (matrix.depth() != CV_8U && matrix.depth() != CV_8S) {
    throw DataError(std::string(name) + ": a matrix of " + cv::typeToString(matrix.type()) + " is none of 8 bits");
  }
  return detail::rows_of<Mask, std::uint8_t>(matrix);
}

/// The mask as a matrix of CV_8U, 0 normal and 255 anomalous, as OpenCV's functions take masks. A copy: a decision's
/// mask is overwritten by the next.
[[nodiscard]] inline cv::Mat to_mat(const Mask& mask) {
  cv::Mat matrix(static_cast<int>(mask.rows()), static_cast<int>(mask.columns()), CV_8U);
  for (std::size_t row = 0; row < mask.rows(); ++row) {
    auto* to = matrix.ptr<std::uint8_t>(static_cast<int>(row));
    for (const std::uint8_t byte : mask.row(row)) *to++ = byte == 0 ? 0 : 255;
  }
  return matrix;
}

}  // namespace plimsoll
