// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/medcouple.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

namespace {

using plimsoll::stats::medcouple;
using plimsoll::test::Random;

/// The definition, by all pairs: O(n^2) kernels, sorted.
double by_definition(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  const std::size_t n = x.size();
  const double m = n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
  std::vector<double> upper, lower;
  for (const double value : x) {
    if (value >= m) upper.push_back(value);
    if (value <= m) lower.push_back(value);
  }
  const auto tied = std::count(x.begin(), x.end(), m);
  std::vector<double> kernels;
  for (std::size_t i = 0; i < upper.size(); ++i) {
    for (std::size_t j = 0; j < lower.size(); ++j) {
      const double a = upper[i];
      const double b = lower[j];
      if (a == b) {
        // The tied are the first of `upper`; of `lower` the last: ranks within the tie.
        const auto p = static_cast<std::ptrdiff_t>(i);
        const auto q = static_cast<std::ptrdiff_t>(j) - (static_cast<std::ptrdiff_t>(lower.size()) - tied);
        kernels.push_back(p + q < tied - 1 ? -1.0 : p + q > tied - 1 ? 1.0 : 0.0);
      } else {
        kernels.push_back(((a - m) - (m - b)) / (a - b));
      }
    }
  }
  std::sort(kernels.begin(), kernels.end());
  const std::size_t k = kernels.size();
  return k % 2 == 1 ? kernels[k / 2] : (kernels[k / 2 - 1] + kernels[k / 2]) / 2;
}

double of(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return medcouple(x);
}

TEST_CASE("the lower weighted median reaches half of the weight") {
  Random random(8);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::pair<double, std::size_t>> weighted;
    std::size_t total = 0;
    for (std::size_t left = 1 + random.below(8); left > 0; --left) {
      weighted.emplace_back(static_cast<double>(random.below(6)), 1 + random.below(4));
      total += weighted.back().second;
    }
    auto sorted = weighted;
    std::sort(sorted.begin(), sorted.end());
    std::size_t reached = 0;
    double expected = 0;
    for (const auto& [value, weight] : sorted) {
      if (2 * reached < total) expected = value;
      reached += weight;
    }
    CHECK(plimsoll::stats::detail::weighted_median(weighted) == expected);
  }
}

TEST_CASE("medcouple is the median of all kernels") {
  Random random(6);
  for (int repetition = 0; repetition < 400; ++repetition) {
    const std::size_t n = 1 + random.below(60);
    std::vector<double> x;
    const std::size_t shape = random.below(5);
    for (std::size_t i = 0; i < n; ++i) {
      const double value = shape == 0   ? random.normal()
                           : shape == 1 ? random.exponential()
                           : shape == 2 ? static_cast<double>(random.below(4))
                           : shape == 3 ? static_cast<double>(random.below(9)) * random.exponential()
                                        : std::exp(10 * random.normal());
      x.push_back(value);
    }
    // 4 eps: the kernels are computed by another, monotone formula.
    INFO("n = " << n << ", shape " << shape);
    CHECK(of(x) == Approx(by_definition(x)).margin(1e-15));
  }
}

TEST_CASE("medcouple of known samples") {
  CHECK(of({1, 2, 3, 4, 5}) == 0.0);  // symmetric
  CHECK(of({3, 3, 3}) == 0.0);        // constant
  CHECK(of({7}) == 0.0);
  CHECK(of({1, 2}) == 0.0);
  // statsmodels.stats.stattools.medcouple, 0.13.5.
  CHECK(of({0.2, 0.17, 0.08, 0.16, 0.88, 0.86, 0.09, 0.54, 0.27, 0.14}) == Approx(0.7307692307692308).epsilon(1e-14));
}

TEST_CASE("medcouple changes sign with the scores, and neither shift nor scale move it") {
  Random random(7);
  std::vector<double> x;
  for (int i = 0; i < 501; ++i) x.push_back(random.exponential());
  const double skew = of(x);
  CHECK(skew > 0.1);
  std::vector<double> mirrored = x;
  std::vector<double> moved = x;
  for (double& value : mirrored) value = -value;
  for (double& value : moved) value = 8 * value;
  CHECK(of(mirrored) == -skew);
  CHECK(of(moved) == skew);
  // Huge scores do not overflow on the way.
  for (double& value : moved) value = value * 1e306;
  CHECK(of(moved) == Approx(skew).margin(1e-12));
}

TEST_CASE("medcouple of many scores takes n log n, not n^2") {
  Random random(8);
  std::vector<double> x;
  for (int i = 0; i < 200000; ++i) x.push_back(random.exponential());
  // The medcouple of the exponential distribution is 1/3 (its kernels on a grid of 8001 quantiles have the median
  // 0.333335); 0.015 is five times the standard error at this n. All 10^10 kernels would not be done in time.
  CHECK(of(x) == Approx(1.0 / 3.0).margin(0.015));
}

}  // namespace
