// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <vector>

#include "filters.hpp"

namespace inspect_texture {

/// How strange each pixel is, by what filters see there, whatever the place: the distance of Mahalanobis (1936) from
/// the mean of all pixels of normal images, in units of their covariance.
class Detector {
 public:
  /// The pixels of these normal images.
  explicit Detector(const std::vector<Planes>& normal) {
    Eigen::MatrixXd products;
    Eigen::VectorXd sums;
    double count = 0;
    for (const Planes& image : normal) {
      const Features features = features_of(image);
      if (count == 0) {
        products = Eigen::MatrixXd::Zero(features.cols(), features.cols());
        sums = Eigen::VectorXd::Zero(features.cols());
      }
      products += (features.transpose() * features).cast<double>();
      sums += features.colwise().sum().transpose().cast<double>();
      count += static_cast<double>(features.rows());
    }
    const Eigen::VectorXd mean = sums / count;
    Eigen::MatrixXd covariance = products / count - mean * mean.transpose();
    // A little of each feature's own variance more, so that no direction counts that hardly varies.
    covariance.diagonal() *= 1 + shrinkage;
    const Eigen::LLT<Eigen::MatrixXd> root(covariance);
    mean_ = mean.cast<float>();
    whitening_ =
        root.matrixL().solve(Eigen::MatrixXd::Identity(covariance.rows(), covariance.cols())).cast<float>();
  }

  /// The score map of an image.
  [[nodiscard]] Field operator()(const Planes& image) const {
    Features features = features_of(image);
    features.rowwise() -= mean_.transpose();
    const Features white = features * whitening_.transpose();
    Field squares(image.front().rows(), image.front().columns());
    Eigen::Map<Eigen::VectorXf>(squares.values().data(), white.rows()) = white.rowwise().squaredNorm();
    Field map = blurred(squares, smoothing);
    for (float& score : map.values()) score = std::sqrt(score);
    return map;
  }

 private:
  static constexpr double shrinkage = 0.01;
  static constexpr double smoothing = 2;  ///< standard deviation in pixels

  Eigen::VectorXf mean_;
  Eigen::MatrixXf whitening_;
};

}  // namespace inspect_texture
