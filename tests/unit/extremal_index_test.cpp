// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/extremal_index.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

namespace {

using plimsoll::stats::Cluster;
using plimsoll::stats::clusters_above;
using plimsoll::stats::EstimateStatus;
using plimsoll::stats::ExtremalIndex;
using plimsoll::stats::intervals_extremal_index;
using plimsoll::stats::runs_extremal_index;
using plimsoll::test::Random;

/// A series of this length that is above 0 at the given times only, where it is 1, 2, 3, ...
std::vector<double> series_with(std::size_t length, const std::vector<std::size_t>& times) {
  std::vector<double> series(length, 0.0);
  double value = 0;
  for (const std::size_t time : times) series[time] = ++value;
  return series;
}

TEST_CASE("clusters of exceedances") {
  //                                 0  1  2  3  4  5  6  7  8  9
  const std::vector<double> series{5, 1, 7, 6, 1, 1, 9, 4, 4, 8};
  const auto starts = [&](double level, std::size_t run_length) {
    std::vector<std::size_t> first;
    for (const Cluster& cluster : clusters_above(series, level, run_length)) first.push_back(cluster.first);
    return first;
  };
  // A level of 4: exceedances at 0, 2, 3, 6, 9, with 2, 1, 3, 3 between them; 4 itself is none.
  CHECK(starts(4, 0) == std::vector<std::size_t>{0, 2, 3, 6, 9});
  CHECK(starts(4, 1) == std::vector<std::size_t>{0, 2, 6, 9});
  CHECK(starts(4, 2) == std::vector<std::size_t>{0, 6, 9});
  CHECK(starts(4, 3) == std::vector<std::size_t>{0});
  CHECK(starts(9, 1).empty());
  CHECK(clusters_above({}, 0, 1).empty());
  const std::vector<Cluster> clusters = clusters_above(series, 4, 2);
  CHECK(clusters[0].last == 3);
  CHECK(clusters[0].size == 3);
  CHECK(clusters[0].maximum == 7);
  CHECK(clusters[1].last == 6);
  CHECK(clusters[1].size == 1);
  CHECK(clusters[1].maximum == 9);
  CHECK(clusters[2].maximum == 8);
}

TEST_CASE("runs estimator by hand") {
  const std::vector<double> series{5, 1, 7, 6, 1, 1, 9, 4, 4, 8};
  const ExtremalIndex index = runs_extremal_index(series, 4, 2);
  CHECK(index.ok());
  CHECK(index.value == 3.0 / 5.0);
  CHECK(index.exceedances == 5);
  CHECK(index.clusters == 3);
  CHECK(index.run_length == 2);
  CHECK(runs_extremal_index(series, 4, 0).value == 1);
  CHECK(runs_extremal_index(series, 4, 100).value == 1.0 / 5.0);
  CHECK(runs_extremal_index(series, 8.5, 1).value == 1);
  CHECK(runs_extremal_index(series, 9, 1).status == EstimateStatus::too_few);
  CHECK(runs_extremal_index({}, 9, 1).status == EstimateStatus::too_few);
}

TEST_CASE("intervals estimator by hand") {
  SECTION("a time above 2") {
    // T = 1, 9, 1, 1, 18: sum (T - 1) = 25, sum (T - 1) (T - 2) = 8 * 7 + 17 * 16 = 328, N = 6.
    const ExtremalIndex index = intervals_extremal_index(series_with(40, {3, 4, 13, 14, 15, 33}), 0);
    CHECK(index.ok());
    CHECK(index.value == Approx(2.0 * 625 / (5 * 328)).epsilon(1e-15));  // 0.762
    CHECK(index.exceedances == 6);
    // C = floor(4.57) + 1 = 5: the fifth largest of 18, 9, 1, 1, 1 is 1, so that with the ties two times lie between.
    CHECK(index.run_length == 1);
    CHECK(index.clusters == 3);
  }
  SECTION("none above 2") {
    // T = 1, 2, 2, 1: sum 6, sum of squares 10, 2 * 36 / (4 * 10) = 1.8, cut at 1; every exceedance is a cluster.
    const ExtremalIndex index = intervals_extremal_index(series_with(8, {0, 1, 3, 5, 6}), 0);
    CHECK(index.value == 1);
    CHECK(index.run_length == 0);
    CHECK(index.clusters == 5);
  }
  SECTION("three is above 2") {
    // T = 1 * 6, 3: sum (T - 1) = 2, sum (T - 1) (T - 2) = 2, 2 * 4 / (7 * 2).
    const ExtremalIndex index = intervals_extremal_index(series_with(12, {0, 1, 2, 3, 4, 5, 6, 9}), 0);
    CHECK(index.value == Approx(4.0 / 7).epsilon(1e-15));
    CHECK(index.clusters == 2);
  }
  SECTION("one long time among short ones") {
    // T = 1 * 8, 91, so sum (T - 1) = 90, sum (T - 1) (T - 2) = 90 * 89, N = 10.
    const ExtremalIndex index = intervals_extremal_index(series_with(100, {0, 1, 2, 3, 4, 95, 96, 97, 98, 99}), 0);
    CHECK(index.value == Approx(2.0 * 90 / (9 * 89)).epsilon(1e-15));  // 0.2247
    // C = floor(2.247) + 1 = 3: the third largest is 1.
    CHECK(index.run_length == 1);
    CHECK(index.clusters == 2);
  }
  SECTION("a run length between the times") {
    // T = 2, 30, 3, 40, 2, 50, 1: sum (T - 1) = 121, sum (T - 1) (T - 2) = 29*28 + 2*1 + 39*38 + 49*48 = 4648, N = 8.
    const ExtremalIndex index = intervals_extremal_index(series_with(200, {10, 12, 42, 45, 85, 87, 137, 138}), 0);
    CHECK(index.value == Approx(2.0 * 121 * 121 / (7 * 4648)).epsilon(1e-15));  // 0.89999
    // C = floor(7.2) + 1 = 8 > 7 times: all of them lie between clusters.
    CHECK(index.run_length == 0);
    CHECK(index.clusters == 8);
  }
  SECTION("too few") {
    CHECK(intervals_extremal_index({}, 0).status == EstimateStatus::too_few);
    const ExtremalIndex one = intervals_extremal_index(series_with(5, {2}), 0);
    CHECK(one.status == EstimateStatus::too_few);
    CHECK(one.exceedances == 1);
    CHECK(intervals_extremal_index(series_with(5, {2, 3}), 0).value == 1);
  }
}

TEST_CASE("scale does not matter, order does") {
  Random random(31);
  std::vector<double> series{random.exponential()};
  while (series.size() < 5000) series.push_back(std::max(0.7 * series.back(), random.exponential()));
  std::vector<double> scaled = series;
  for (double& x : scaled) x *= 0x1p-900;
  const ExtremalIndex index = intervals_extremal_index(series, 4);
  CHECK(intervals_extremal_index(scaled, 0x1p-898).value == index.value);
  std::vector<double> reversed(series.rbegin(), series.rend());
  CHECK(intervals_extremal_index(reversed, 4).value == index.value);  // the same times between exceedances
  std::ranges::sort(series);
  CHECK(runs_extremal_index(series, 4, 1).clusters == 1);
}

/// Mean and standard error of an estimate over independent series.
struct Mean {
  double value;
  double error;
};

Mean mean_over(std::size_t repetitions, const std::function<double()>& estimate) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < repetitions; ++i) {
    const double x = estimate();
    sum += x;
    squares += x * x;
  }
  const auto count = static_cast<double>(repetitions);
  return {sum / count, std::sqrt((squares / count - sum * sum / (count * count)) / (count - 1))};
}

TEST_CASE("max-autoregressive series have the index that theory gives") {
  // X(i) = max(a X(i - 1), (1 - a) Z(i)), Z unit Frechet, is unit Frechet and has the extremal index 1 - a (Beirlant et
  // al. 2004, Statistics of Extremes, section 10.2.1). At the level u, the chance that an exceedance is followed by
  // none is exactly exp(-1 / u) (1 - exp(-(1 - a) / u)) / (1 - exp(-1 / u)), the limit of the runs estimator for run
  // length 1.
  constexpr std::size_t length = 200000;
  constexpr double u = 200;  // 1000 exceedances a series
  Random random(32);
  for (const double a : {0.1, 0.5, 0.8}) {
    INFO("a = " << a);
    const auto draw = [&] {
      std::vector<double> series{1 / random.exponential()};
      while (series.size() < length) series.push_back(std::max(a * series.back(), (1 - a) / random.exponential()));
      return series;
    };
    const Mean intervals = mean_over(20, [&] { return intervals_extremal_index(draw(), u).value; });
    // A ratio of sums over some 1000 (1 - a) clusters is biased by about the inverse of their number.
    const double bias = 2 / (1000 * (1 - a));
    CHECK(std::abs(intervals.value - (1 - a)) < 4 * intervals.error + bias);
    const Mean runs = mean_over(20, [&] { return runs_extremal_index(draw(), u, 1).value; });
    const double expected = std::exp(-1 / u) * -std::expm1(-(1 - a) / u) / -std::expm1(-1 / u);
    CHECK(std::abs(runs.value - expected) < 4 * runs.error);
    // Declustering by the intervals estimator finds about as many clusters as there are.
    const Mean clusters = mean_over(20, [&] {
      const std::vector<double> series = draw();
      const ExtremalIndex index = intervals_extremal_index(series, u);
      CHECK(clusters_above(series, u, index.run_length).size() == index.clusters);
      return static_cast<double>(index.clusters) / static_cast<double>(index.exceedances);
    });
    CHECK(std::abs(clusters.value - (1 - a)) < 4 * clusters.error + bias);
  }
}

TEST_CASE("independent series have an index of about 1") {
  Random random(33);
  const auto draw = [&] {
    std::vector<double> series;
    while (series.size() < 20000) series.push_back(random.uniform());
    return series;
  };
  // 200 exceedances: the estimator has a standard deviation near 1 / sqrt(200) = 0.07, of which the upper half is cut.
  const Mean intervals = mean_over(60, [&] { return intervals_extremal_index(draw(), 0.99).value; });
  CHECK(intervals.value > 0.93);
  CHECK(intervals.value < 1);
  // The next three numbers are none with probability 0.99^3.
  const Mean runs = mean_over(60, [&] { return runs_extremal_index(draw(), 0.99, 3).value; });
  CHECK(std::abs(runs.value - 0.99 * 0.99 * 0.99) < 4 * runs.error + 1.0 / 200);
}

}  // namespace
