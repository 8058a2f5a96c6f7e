// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/parameter_table.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/decide/location_scale.hpp"
#include "plimsoll/stats/gaussian_smooth.hpp"

namespace plimsoll {

/// Parameters of LocationModel.
struct LocationParameters {
  double sigma = 4;           ///< how far mean and variance are smoothed, in pixels; 0: not at all. In [0, 1e6]
  double least_spread = 0.1;  ///< the spread is nowhere below this share of the spread overall; in (0, 1]
  friend bool operator==(const LocationParameters&, const LocationParameters&) = default;
};

/// A LocationModel's mean and spread at each location.
struct LocationFit {
  FitStatus status = FitStatus::ok;  ///< mean and spread are empty unless ok()
  std::string note;                  ///< why there is none
  std::size_t maps = 0;              ///< how many it was made of
  std::size_t rows = 0;              ///< of the maps
  std::size_t columns = 0;           ///< of the maps
  std::vector<double> mean;          ///< rows x columns
  std::vector<double> spread;        ///< rows x columns, above 0

  /// Whether mean and spread are an answer.
  [[nodiscard]] bool ok() const noexcept { return status == FitStatus::ok; }

  /// Standardises maps and has a cutoff for each location. Only while this fit lives, and when it is ok().
  [[nodiscard]] LocationScale scale() const { return {mean, spread, rows, columns}; }
};

/// Where images are aligned, such as parts in a fixture, a location has scores of its own: an edge may score high in
/// every normal image. This collects normal maps of one size and gives the mean and spread at each location, by which
/// maps are standardised: (score - mean) / spread. Rules of one cutoff, MapThreshold above all, then apply to those.
///
/// Mean and variance (divisor n - 1) at each pixel, both smoothed by a Gaussian, as 10 maps say little about one pixel.
/// The spread is the root of the smoothed variance, but at least `least_spread` times the root of its mean over all
/// locations: where normal scores do not differ at all, the least difference would be infinitely many spreads.
///
/// Standardising a map by a model that it is part of makes it look better than it is. So a cutoff is to be fitted to
/// maps standardised by without(map), the model of the others: calibrate() does that.
///
/// 16 bytes a pixel whatever the number of maps. Order and sharding change the last bits of mean and variance (Welford
/// 1962, Technometrics 4, 419-420; Chan, Golub and LeVeque 1983, The American Statistician 37, 242-247, eq. 2.1).
class LocationModel {
 public:
  /// Throws ParameterError.
  explicit LocationModel(LocationParameters parameters = {}) : parameters_{parameters} { table().check(parameters_); }

  static const ParameterTable<LocationParameters>& table() {
    static const ParameterTable<LocationParameters> rows(
        "location", {number<LocationParameters>(
                         "sigma", [](auto& p) -> auto& { return p.sigma; }, Range::closed(0, 1e6),
                         "how far mean and variance are smoothed, in pixels"),
                     number<LocationParameters>(
                         "least_spread", [](auto& p) -> auto& { return p.least_spread; }, Range{0, 1, false, true},
                         "the spread is nowhere below this share of the spread overall")});
    return rows;
  }

  /// As given to the constructor.
  [[nodiscard]] const LocationParameters& parameters() const noexcept { return parameters_; }

  /// How many maps were collected.
  [[nodiscard]] std::size_t maps() const noexcept { return count_; }

  /// Adds a normal map. Throws DataError for an empty one, one of another size than the others (naming both), and a
  /// score that is not finite; the model is then as it was. O(pixels).
  void update(ScoreMap map) {
    check(map);
    map.visit_pixels([&](auto pixels) {
      check_finite(pixels, map.columns());
      if (count_ == 0) start(map.rows(), map.columns());
      ++count_;
      const auto n = static_cast<double>(count_);
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        const double distance = static_cast<double>(pixels[i]) - mean_[i];
        mean_[i] += distance / n;
        squares_[i] += distance * (static_cast<double>(pixels[i]) - mean_[i]);
      }
    });
  }

  /// Adds what the other collected. Throws ParameterError when its parameters differ, DataError when its maps are of
  /// another size.
  void merge(const LocationModel& other) {
    if (!(other.parameters_ == parameters_)) {
      throw ParameterError("location: cannot merge models with different parameters");
    }
    if (other.count_ == 0) return;
    if (count_ == 0) {
      *this = LocationModel(other);
      return;
    }
    check_size(other.rows_, other.columns_);
    const auto n = static_cast<double>(count_);
    const auto m = static_cast<double>(other.count_);
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double distance = other.mean_[i] - mean_[i];
      squares_[i] += other.squares_[i] + distance * distance * (n * m / (n + m));
      mean_[i] += distance * (m / (n + m));
    }
    count_ += other.count_;
  }

  /// Forgets the maps, keeps the parameters.
  void reset() { *this = LocationModel(parameters_); }

  /// Status too_few_scores under 2 maps, no_spread when all are alike, not_applicable when a mean or variance is beyond
  /// the largest double. O(pixels sigma).
  [[nodiscard]] LocationFit fit() const { return fit_of(mean_, squares_, count_); }

  /// The fit to all maps but this one, which is one of them (that is not checked): as if it had never come, but for
  /// rounding. With the others' count n - 1, mean' = mean - d / (n - 1) and sum of squares' = squares - d^2 n / (n -
  /// 1), d the map's distance from the mean. Throws DataError as update. O(pixels sigma), whatever the number of maps.
  [[nodiscard]] LocationFit without(ScoreMap map) const {
    if (count_ == 0) throw DataError("location: there is no map that one could be left out of");
    check(map);
    std::vector<double> mean = mean_;
    std::vector<double> squares = squares_;
    const auto n = static_cast<double>(count_);
    map.visit_pixels([&](auto pixels) {
      check_finite(pixels, map.columns());
      if (count_ == 1) return;
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        const double distance = static_cast<double>(pixels[i]) - mean[i];
        mean[i] -= distance / (n - 1);
        squares[i] = std::max(0.0, squares[i] - distance * distance * (n / (n - 1)));
      }
    });
    return fit_of(std::move(mean), std::move(squares), count_ - 1);
  }

 private:
  [[nodiscard]] LocationFit fit_of(std::vector<double> mean, std::vector<double> squares, std::size_t count) const {
    LocationFit fit;
    fit.maps = count;
    fit.rows = rows_;
    fit.columns = columns_;
    const auto failed = [&fit](FitStatus status, const char* note) {
      fit.status = status;
      fit.note = note;
      return fit;
    };
    if (count < 2) return failed(FitStatus::too_few_scores, "mean and spread need two normal maps");
    stats::gaussian_smooth(mean, rows_, columns_, parameters_.sigma);
    stats::gaussian_smooth(squares, rows_, columns_, parameters_.sigma);
    const auto divisor = static_cast<double>(count - 1);
    double overall = 0;
    for (double& variance : squares) {
      variance /= divisor;
      overall += variance / static_cast<double>(squares.size());
    }
    const double least = parameters_.least_spread * std::sqrt(overall);
    if (!is_finite(least) || first_non_finite(std::span<const double>(mean)) < mean.size()) {
      return failed(FitStatus::not_applicable, "a mean or variance is beyond the largest double");
    }
    if (!(least > 0)) return failed(FitStatus::no_spread, "all normal maps are alike");
    for (double& spread : squares) spread = std::max(std::sqrt(spread), least);
    fit.mean = std::move(mean);
    fit.spread = std::move(squares);
    return fit;
  }

  void start(std::size_t rows, std::size_t columns) {
    std::vector<double> mean(rows * columns);
    std::vector<double> squares(rows * columns);
    mean_.swap(mean);
    squares_.swap(squares);
    rows_ = rows;
    columns_ = columns;
  }

  void check(ScoreMap map) const {
    if (map.empty()) throw DataError("location: an empty map has no location");
    if (count_ > 0) check_size(map.rows(), map.columns());
  }

  void check_size(std::size_t rows, std::size_t columns) const {
    if (rows == rows_ && columns == columns_) return;
    throw DataError("location: a map of " + std::to_string(rows) + " x " + std::to_string(columns) +
                    " with others of " + std::to_string(rows_) + " x " + std::to_string(columns_));
  }

  template <typename T>
  static void check_finite(std::span<const T> pixels, std::size_t columns) {
    const std::size_t i = first_non_finite(pixels);
    if (i == pixels.size()) return;
    throw DataError("location: map[" + std::to_string(i / columns) + ", " + std::to_string(i % columns) +
                    "] is not finite");
  }

  LocationParameters parameters_;
  std::size_t count_ = 0;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<double> mean_;     ///< of each pixel
  std::vector<double> squares_;  ///< the sum of squared distances from the mean, of each pixel
};

/// Fits a threshold to the maps that a model was made of, each standardised by the model of the others: the second pass
/// over them. `maps` is any range of ScoreMap. The cutoff is then one of maps standardised by model.fit().scale().
/// Without an answer, and with the status of the model, when the others of a map have no spread. Throws DataError when
/// there are not as many maps as the model has.
template <Threshold T, typename Maps>
[[nodiscard]] Fit calibrate(const LocationModel& model, const Maps& maps, T threshold) {
  threshold.reset();
  std::vector<double> wide;
  std::vector<float> narrow;
  std::size_t count = 0;
  for (const ScoreMap& map : maps) {
    const LocationFit others = model.without(map);
    if (!others.ok()) {
      Fit fit = threshold.compute();
      fit.cutoff = Cutoff{};
      fit.promise = {};
      fit.interval.reset();
      fit.estimates.clear();
      fit.status = others.status;
      fit.note = "without one of the maps: " + others.note;
      return fit;
    }
    const auto add = [&](auto& standardised) {
      standardised.resize(map.size());
      others.scale().standardise(map, std::span(standardised));
      threshold.update(ScoreMap(standardised.data(), map.rows(), map.columns()));
    };
    map.type() == ScoreType::float64 ? add(wide) : add(narrow);
    ++count;
  }
  if (count != model.maps()) {
    throw DataError("location: " + std::to_string(count) + " maps to calibrate with, but the model is of " +
                    std::to_string(model.maps()));
  }
  return threshold.compute();
}

}  // namespace plimsoll
