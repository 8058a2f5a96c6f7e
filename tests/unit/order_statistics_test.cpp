// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/order_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/ordered_bits.hpp"
#include "random.hpp"

namespace {

namespace stats = plimsoll::stats;
using plimsoll::test::Random;

TEST_CASE("a share's count is the largest whose share is not above it, whichever way the product is rounded") {
  for (std::size_t n = 1; n <= 150; ++n) {
    std::size_t wrong = 0;
    for (std::size_t k = 1; k < n; ++k) {
      const double at = static_cast<double>(k) / static_cast<double>(n);
      wrong += plimsoll::stats::share_count(n, at) != k;
      wrong += plimsoll::stats::share_count(n, std::nextafter(at, 0.0)) != k - 1;
      wrong += plimsoll::stats::share_count(n, std::nextafter(at, 1.0)) != k;
    }
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("ordered bits order as the numbers do", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  const std::vector<TestType> ascending{-Limits::infinity(), Limits::lowest(),     TestType(-1),  -Limits::denorm_min(),
                                        TestType(0),         Limits::denorm_min(), Limits::min(), TestType(1),
                                        Limits::max(),       Limits::infinity()};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    CHECK(stats::ordered_bits(ascending[i]) < stats::ordered_bits(ascending[i + 1]));
    CHECK(stats::from_ordered_bits<TestType>(stats::ordered_bits(ascending[i])) == ascending[i]);
  }
  CHECK(stats::ordered_bits(-TestType(0)) == stats::ordered_bits(TestType(0)));
  const TestType next = std::nextafter(TestType(3), TestType(4));
  CHECK(stats::ordered_bits(next) == stats::ordered_bits(TestType(3)) + 1);
}

TEMPLATE_TEST_CASE("a bucket knows the least and the largest number that it can hold", "", float, double) {
  Random random(5);
  for (int i = 0; i < 300; ++i) {
    TestType least = static_cast<TestType>(random.normal() * std::exp(20 * random.uniform()));
    TestType most = least;
    if (i % 3 == 0) {
      for (std::size_t steps = random.below(40); steps > 0; --steps) most = std::nextafter(most, TestType(1e30));
    } else {
      most = static_cast<TestType>(random.normal());
    }
    if (most < least) std::swap(least, most);
    const stats::Buckets<TestType> buckets(least, most, 1 + static_cast<int>(random.below(8)));
    CHECK(buckets.least(0) == least);
    CHECK(buckets.most(buckets.count() - 1) == most);
    for (std::size_t bucket = 0; bucket < buckets.count(); ++bucket) {
      CHECK(buckets(buckets.least(bucket)) == bucket);
      CHECK(buckets(buckets.most(bucket)) == bucket);
      if (bucket == 0) continue;
      CHECK(std::nextafter(buckets.most(bucket - 1), std::numeric_limits<TestType>::infinity()) ==
            buckets.least(bucket));
    }
  }
}

/// Samples of every shape that the histogram could stumble over.
template <typename T>
std::vector<std::vector<T>> awkward_samples() {
  Random random(3);
  std::vector<std::vector<T>> samples;
  for (const std::size_t n : {1U, 2U, 3U, 50U, 4096U, 4097U, 20000U}) {
    std::vector<T> normal, ties, wide, constant(n, T(-2.5)), outlier, signed_zeros;
    for (std::size_t i = 0; i < n; ++i) {
      normal.push_back(static_cast<T>(random.normal()));
      ties.push_back(static_cast<T>(random.below(5)));
      wide.push_back(static_cast<T>(random.normal() * std::exp(60 * (random.uniform() - 0.5))));
      outlier.push_back(i == n / 2 ? std::numeric_limits<T>::max() : static_cast<T>(1 + 1e-3 * random.uniform()));
      signed_zeros.push_back(random.below(2) == 0 ? T(0) : -T(0));
    }
    std::vector<T> ascending = normal;
    std::sort(ascending.begin(), ascending.end());
    for (auto& sample : {normal, ties, wide, constant, outlier, signed_zeros, ascending}) samples.push_back(sample);
  }
  return samples;
}

TEMPLATE_TEST_CASE("order statistics are those of the sorted sample", "", float, double) {
  for (const std::vector<TestType>& sample : awkward_samples<TestType>()) {
    std::vector<TestType> sorted = sample;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sample.size();
    for (const std::size_t rank : {std::size_t{1}, std::size_t{2}, n / 4, n / 2, n / 2 + 1, n - n / 20, n - 1, n}) {
      if (rank < 1 || rank > n) continue;
      CHECK(stats::order_statistic(std::span<const TestType>(sample), rank) == sorted[rank - 1]);
    }
    CHECK(stats::extent(std::span<const TestType>(sample)).least == sorted.front());
    CHECK(stats::extent(std::span<const TestType>(sample)).most == sorted.back());
  }
}

TEMPLATE_TEST_CASE("what lies between two numbers is found, in order", "", float, double) {
  Random random(8);
  for (const std::size_t n : {0U, 1U, 7U, 8U, 63U, 64U, 65U, 127U, 200U, 1000U}) {
    for (const double share : {0.0, 0.01, 0.2, 0.5, 0.9, 1.0}) {
      std::vector<TestType> sample(n);
      std::ranges::generate(sample, [&] { return static_cast<TestType>(random.uniform()); });
      const auto least = static_cast<TestType>(0.5 - share / 2);
      const auto most = static_cast<TestType>(0.5 + share / 2);
      if (n > 2) sample[n / 3] = least, sample[n - 1] = most;  // the ends belong to it
      std::vector<TestType> expected;
      std::ranges::copy_if(sample, std::back_inserter(expected), [&](TestType x) { return least <= x && x <= most; });
      std::vector<TestType> found;
      stats::for_each_between(std::span<const TestType>(sample), least, most, [&](TestType x) { found.push_back(x); });
      CHECK(found == expected);
    }
  }
}

TEST_CASE("quantiles are NumPy's") {
  // numpy.quantile(x, p), NumPy 1.24.2; exact in double.
  const std::vector<double> x{1.5, -2.25, 3.0, 10.0, 0.0, 7.5};
  const auto quantile = [&](double p) { return stats::quantile(std::span<const double>(x), p); };
  CHECK(quantile(0) == -2.25);
  CHECK(quantile(0.1) == -1.125);
  CHECK(quantile(0.25) == 0.375);
  CHECK(quantile(0.5) == 2.25);
  CHECK(quantile(0.77) == 6.825);
  CHECK(quantile(0.95) == 9.375);
  CHECK(quantile(1) == 10.0);
  const std::vector<double> huge{-1.7e308, 1.7e308};
  CHECK(stats::quantile(std::span<const double>(huge), 0.5) == 0.0);
  CHECK(stats::quantile(std::span<const double>(huge), 0.25) == Approx(-0.85e308));
}

TEST_CASE("coverage of an order statistic") {
  // mpmath 1.2.1, regularised incomplete beta I_rate(n - rank + 1, rank) at 50 digits. 1e-12: the digits that
  // Boost's series keep at these arguments.
  const auto close = [](double expected) { return Approx(expected).epsilon(1e-12); };
  CHECK(stats::coverage_confidence(299, 299, 0.01) == close(0.95046374336233752));
  CHECK(stats::coverage_confidence(298, 298, 0.01) == close(0.94996337713367427));
  CHECK(stats::coverage_confidence(59, 59, 0.05) == close(0.95150547475057677));
  CHECK(stats::coverage_confidence(1000, 960, 0.05) == close(0.9193634267433089));
  CHECK(stats::coverage_confidence(100000, 99990, 2e-4) == close(0.98919409684000987));
  CHECK(stats::coverage_confidence(2442, 2400, 0.03) == close(0.9999581685261226));
}

TEST_CASE("coverage ranks are the smallest that suffice") {
  // scipy.stats.beta.cdf over all ranks, SciPy 1.10.1.
  CHECK(stats::coverage_rank(1000, 0.05, 0.95) == 962);
  CHECK(stats::coverage_rank(59, 0.05, 0.95) == 59);
  CHECK(stats::coverage_rank(58, 0.05, 0.95) == std::nullopt);
  CHECK(stats::coverage_rank(2442, 0.01, 0.99) == 2429);
  CHECK(stats::coverage_rank(100000, 0.001, 0.95) == 99917);
  CHECK(stats::coverage_rank(0, 0.05, 0.95) == std::nullopt);
  // And by the binomial distribution, summed by hand: P(at most rank - 1 of n at or below) >= confidence.
  for (const std::size_t n : {1U, 5U, 20U, 61U, 150U}) {
    for (const double rate : {0.02, 0.05, 0.3, 0.9}) {
      for (const double confidence : {0.5, 0.9, 0.99}) {
        std::optional<std::size_t> expected;
        long double cumulative = 0;  // P(Bin(n, 1 - rate) <= rank - 1)
        for (std::size_t rank = 1; rank <= n && !expected; ++rank) {
          const auto k = static_cast<long double>(rank - 1);
          const auto size = static_cast<long double>(n);
          cumulative += std::exp(std::lgamma(size + 1) - std::lgamma(k + 1) - std::lgamma(size - k + 1) +
                                 k * std::log1p(-static_cast<long double>(rate)) +
                                 (size - k) * std::log(static_cast<long double>(rate)));
          if (cumulative >= static_cast<long double>(confidence)) expected = rank;
        }
        CHECK(stats::coverage_rank(n, rate, confidence) == expected);
      }
    }
  }
}

TEST_CASE("counts needed for a rate") {
  CHECK(stats::coverage_count(0.01, 0.95) == 299);
  CHECK(stats::coverage_count(0.05, 0.95) == 59);
  CHECK(stats::coverage_count(0.001, 0.95) == 2995);
  CHECK(stats::coverage_count(0.5, 0.5) == 1);
  CHECK(stats::coverage_count(0.999, 0.5) == 1);
  CHECK(stats::coverage_count(1e-300, 0.95) == 0);
  CHECK(stats::conformal_count(0.05) == 19);
  CHECK(stats::conformal_count(0.01) == 99);
  CHECK(stats::conformal_count(0.5) == 1);
  CHECK(stats::conformal_count(0.999) == 1);
  CHECK(stats::conformal_count(1e-300) == 0);
  for (const double rate : {0.9, 0.3, 0.07, 0.05, 1e-3, 3e-6}) {
    const std::size_t conformal = stats::conformal_count(rate);
    CHECK(stats::conformal_rank(conformal, rate) == conformal);
    CHECK(stats::conformal_rank(conformal - 1, rate) == std::nullopt);
    const std::size_t coverage = stats::coverage_count(rate, 0.95);
    CHECK(stats::coverage_rank(coverage, rate, 0.95).has_value());
    CHECK_FALSE(stats::coverage_rank(coverage - 1, rate, 0.95).has_value());
  }
  // The best rate of n is the one that n is just enough for.
  CHECK(stats::coverage_best_rate(59, 0.95) == Approx(0.0495).epsilon(0.001));  // 1 - 0.05^(1/59)
  CHECK(stats::coverage_rank(57, stats::coverage_best_rate(57, 0.95) * 1.0000001, 0.95) == 57);
  CHECK(stats::coverage_rank(57, stats::coverage_best_rate(57, 0.95) * 0.9999999, 0.95) == std::nullopt);
}

TEST_CASE("conformal ranks are ceil((n + 1)(1 - rate)) in whole numbers") {
  // With rate = k / 1000 the rank is (n + 1) - floor((n + 1) k / 1000), which integers give exactly.
  for (std::size_t n = 0; n <= 400; ++n) {
    for (std::size_t k = 1; k < 1000; ++k) {
      const std::size_t below = (n + 1) * k / 1000;
      const std::optional<std::size_t> expected = below == 0 ? std::nullopt : std::optional(n + 1 - below);
      if (stats::conformal_rank(n, static_cast<double>(k) / 1000.0) != expected) FAIL("n = " << n << ", k = " << k);
    }
  }
}

}  // namespace
