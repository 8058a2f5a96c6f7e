// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "filters.hpp"

namespace inspect_texture {

/// What normal pixels look like to the filters of one scale, wherever they are: mean and covariance.
class ScaleModel {
 public:
  ScaleModel(const std::vector<Planes>& levelled_images, double sigma) : sigma_{sigma} {
    Eigen::MatrixXd products;
    Eigen::VectorXd sums;
    double count = 0;
    for (const Planes& image : levelled_images) {
      const Features features = features_of(image, sigma);
      if (count == 0) {
        products.setZero(features.cols(), features.cols());
        sums.setZero(features.cols());
      }
      products += (features.transpose() * features).cast<double>();
      sums += features.colwise().sum().transpose().cast<double>();
      count += static_cast<double>(features.rows());
    }
    const Eigen::VectorXd mean = sums / count;
    Eigen::MatrixXd covariance = products / count - mean * mean.transpose();
    // A little more than was seen, so that nothing is impossible where normal images happen not to vary.
    covariance.diagonal() *= 1 + shrinkage;
    covariance.diagonal().array() += least_variance;
    // covariance = L L': L^-1 (x - mean) has no correlations, and its length is the distance.
    const auto size = covariance.rows();
    whitening_ = covariance.llt().matrixL().solve(Eigen::MatrixXd::Identity(size, size)).cast<float>();
    mean_ = mean.cast<float>();
  }

  /// The distance of each pixel from the mean (Mahalanobis 1936), smoothed. The distance, not its square, of which a
  /// strong anomaly would leave a wide rim.
  [[nodiscard]] Field distances(const Planes& levelled_image) const {
    Features features = features_of(levelled_image, sigma_);
    features.rowwise() -= mean_.transpose();
    const Features white = features * whitening_.transpose();
    Field far(levelled_image.front().rows(), levelled_image.front().columns());
    Eigen::Map<Eigen::VectorXf>(far.values().data(), white.rows()) = white.rowwise().norm();
    return blurred(far, sigma_);
  }

 private:
  static constexpr double shrinkage = 0.01;
  static constexpr double least_variance = 1e-9;  ///< far below one step of 8 bits, 1.5e-5

  double sigma_;
  Eigen::VectorXf mean_;
  Eigen::MatrixXf whitening_;
};

/// How strange the pixels of an image are, the place not counting: the distance at the scale where it is largest, so
/// that a thin crack is not outvoted by the scales that cannot see it.
class Detector {
 public:
  /// Learns from normal images.
  explicit Detector(std::vector<Planes> normal) {
    for (Planes& image : normal) image = levelled(std::move(image));
    for (const double sigma : {1.0, 2.0, 4.0}) models_.emplace_back(normal, sigma);
  }

  /// The score map of an image.
  [[nodiscard]] Field operator()(Planes image) const {
    image = levelled(std::move(image));
    Field map(image.front().rows(), image.front().columns());
    for (const ScaleModel& model : models_) {
      const Field far = model.distances(image);
      std::ranges::transform(map.values(), far.values(), map.values().begin(),
                             [](float most, float distance) { return std::max(most, distance); });
    }
    return map;
  }

 private:
  std::vector<ScaleModel> models_;
};

}  // namespace inspect_texture
