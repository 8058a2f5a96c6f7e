// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/simultaneous_band.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "catch.hpp"

namespace {

using plimsoll::stats::crossing_probability;
using plimsoll::stats::dkw_bound;
using plimsoll::stats::kolmogorov_bound;
using plimsoll::stats::kolmogorov_probability;
using plimsoll::stats::normals_needed;
using plimsoll::stats::SimultaneousBand;

/// |got - expected| relative to what is expected.
double relative(double got, double expected) {
  return std::abs(got / expected - 1);
}

/// The bounds i -> bound(i), i = 1 .. n.
std::vector<double> bounds_of(std::size_t n, const std::function<double(double)>& bound) {
  std::vector<double> bounds;
  for (std::size_t i = 1; i <= n; ++i) bounds.push_back(bound(static_cast<double>(i)));
  return bounds;
}

TEST_CASE("crossing probability for n = 1, 2, 3 is the integral") {
  // With c1 <= c2 <= c3 bounding the smallest .. largest of n uniform numbers, nothing crosses with probability
  // n! times the volume of v1 <= v2 <= v3, vk <= ck. A few units in the last place of 1.
  constexpr double rounding = 4e-16;
  for (const double c1 : {0.0, 1e-9, 0.1, 0.5, 1.0}) {
    CHECK(std::abs(crossing_probability(std::vector{c1}) - (1 - c1)) < rounding);
    for (const double c2 : {0.1, 0.5, 0.75, 1.0}) {
      if (c2 < c1) continue;
      CHECK(std::abs(crossing_probability(std::vector{c2, c1}) - (1 - 2 * c1 * c2 + c1 * c1)) < rounding);
      for (const double c3 : {0.1, 0.8, 1.0}) {
        if (c3 < c2) continue;
        const double kept = 6 * c1 * c2 * c3 - 3 * c1 * c1 * c3 - 3 * c1 * c2 * c2 + c1 * c1 * c1;
        CHECK(std::abs(crossing_probability(std::vector{c3, c2, c1}) - (1 - kept)) < rounding);
      }
    }
  }
}

TEST_CASE("crossing probability is that of rational arithmetic") {
  // Python's fractions, by the iterated integral of the volume as a polynomial, checked there against the recursion
  // 1 = sum over k of binomial(n, k) p(k) (1 - c(k + 1))^(n - k). The tolerance: n units in the last place, and a few.
  CHECK(relative(crossing_probability(std::vector{0.75, 0.25}), 11.0 / 16) < 1e-14);
  CHECK(relative(crossing_probability(std::vector{0.875, 0.5, 0.125}), 103.0 / 128) < 1e-14);
  CHECK(relative(crossing_probability(std::vector{0.9375, 0.75, 0.75, 0.5, 0.25}), 2357.0 / 4096) < 1e-14);
  CHECK(relative(crossing_probability(std::vector{1.0, 1.0, 63.0 / 64, 0.875, 0.75, 0.625, 0.5, 0.25}),
                 9664201.0 / 67108864) < 1e-14);
  CHECK(relative(crossing_probability(bounds_of(20, [](double i) { return (64 - 3 * (i - 1)) / 64; })),
                 0.7388320911839996) < 1e-14);
  const auto line = [](double above, double shift) {
    return bounds_of(60, [=](double i) {
      return std::clamp(std::floor((60 - i) * 4096 / 60) + (std::fmod(i, 5) == 0 ? above : shift), 1.0, 4096.0) / 4096;
    });
  };
  CHECK(relative(crossing_probability(line(600, 600)), 0.06913616543568542) < 1e-13);
  // Rarely and nearly always crossed: what is rare is as exact as what is not.
  CHECK(relative(crossing_probability(line(1600, 1600)), 4.703638549921123e-09) < 1e-9);
  CHECK(relative(crossing_probability(line(-100, -100)), 0.9999997814317544) < 1e-13);
  // Four equal bounds in a row.
  const auto stairs = [](double i) {
    return std::min(1.0, (std::floor((std::floor((60 - i) / 4) * 4 + 4) * 4096 / 60) + 300) / 4096);
  };
  CHECK(relative(crossing_probability(bounds_of(60, stairs)), 0.2902988069702048) < 1e-13);
  // One step of nearly all of the way.
  const auto jump = [](double i) { return (i <= 100 ? 4050.0 : i <= 190 ? 3900.0 : 400 + (200 - i) * 50) / 4096; };
  CHECK(relative(crossing_probability(bounds_of(200, jump)), 0.895524358333847) < 1e-13);
}

TEST_CASE("bounds that are never or always crossed") {
  for (const std::size_t n : {1U, 2U, 10U, 1000U}) {
    CHECK(crossing_probability(std::vector<double>(n, 1.0)) == 0.0);
    CHECK(crossing_probability(std::vector<double>(n, 0.0)) == Approx(1).epsilon(1e-12));
    // All uniform numbers below 1 / 2.
    const double missed = 1 - std::exp2(-static_cast<double>(n));
    CHECK(crossing_probability(std::vector<double>(n, 0.5)) == Approx(missed).epsilon(1e-12));
  }
}

TEST_CASE("local level and bounds are those of high precision") {
  // mpmath, 120 digits: the recursion above with bounds by Newton's method, solved for the level. The class solves to
  // 1e-9 of 1 - confidence.
  struct Case {
    std::size_t n;
    double confidence, level, smallest, middle;  // middle: the bound for rank floor(n / 2)
  };
  for (const Case& c : {Case{5, 0.95, 0.01293873949131972, 0.5808413878009458, 0.9626474554136345},
                        Case{20, 0.9, 0.01179238248010126, 0.199096709713959, 0.7555611449948213},
                        Case{30, 0.5, 0.08853895766375641, 0.07763146324742188, 0.6361586290420074},
                        Case{50, 0.95, 0.003287400985529927, 0.1080570983089166, 0.6933841513931834},
                        Case{100, 0.95, 0.00246093489030083, 0.05830340252464842, 0.6422586028948467},
                        Case{100, 0.999, 3.116319000277942e-5, 0.098560843187291, 0.696449175599673}}) {
    INFO("n = " << c.n << ", confidence " << c.confidence);
    const SimultaneousBand band(c.n, c.confidence);
    CHECK(relative(band.local_level(), c.level) < 2e-9);
    CHECK(relative(band.smallest_rate(), c.smallest) < 1e-9);
    CHECK(relative(band.rate_bound(c.n / 2), c.middle) < 1e-9);
  }
}

TEST_CASE("the smallest certified rates") {
  // By simulation elsewhere, to the digits given.
  CHECK(SimultaneousBand(50, 0.95).smallest_rate() == Approx(0.108).margin(0.0005));
  CHECK(SimultaneousBand(100, 0.95).smallest_rate() == Approx(0.058).margin(0.0005));
  CHECK(SimultaneousBand(300, 0.95).smallest_rate() == Approx(0.021).margin(0.0005));
  CHECK(SimultaneousBand(1000, 0.95).smallest_rate() == Approx(0.0067).margin(0.00005));
}

TEST_CASE("a band of one score, and of two") {
  const SimultaneousBand one(1, 0.95);
  CHECK(one.smallest_rate() == 0.95);
  CHECK(one.rate_bound(0) == 1.0);
  CHECK(one.rate_bound(1) == 0.95);
  CHECK(one.rank_for(0.95) == std::size_t{1});
  CHECK_FALSE(one.rank_for(0.94));
  // For two, the bounds at level l are sqrt(1 - l) and 1 - sqrt(l).
  const SimultaneousBand two(2, 0.8);
  const double b1 = std::sqrt(1 - two.local_level());
  const double b2 = 1 - std::sqrt(two.local_level());
  CHECK(two.rate_bound(1) == Approx(b1).epsilon(1e-14));
  CHECK(two.rate_bound(2) == Approx(b2).epsilon(1e-14));
  CHECK(1 - 2 * b1 * b2 + b2 * b2 == Approx(0.2).epsilon(2e-9));
}

TEST_CASE("a band's bounds fall, are each held at the local level, and cross with 1 - confidence together") {
  for (const std::size_t n : {2U, 3U, 10U, 64U, 500U}) {
    for (const double confidence : {0.01, 0.5, 0.9, 0.95, 0.999, 0.9999999}) {
      INFO("n = " << n << ", confidence " << confidence);
      const SimultaneousBand band(n, confidence);
      REQUIRE(band.size() == n);
      CHECK(band.confidence() == confidence);
      const std::span<const double> bounds = band.rate_bounds();
      CHECK(std::ranges::is_sorted(bounds, std::greater<>{}));
      CHECK(bounds.front() < 1);
      CHECK(bounds.back() > 0);
      CHECK(relative(crossing_probability(bounds), 1 - confidence) < 1e-8);
      CHECK(band.local_level() < 1 - confidence);
      CHECK(band.local_level() > (1 - confidence) / static_cast<double>(n));
      for (std::size_t i = 1; i <= n; i += 1 + n / 7) {
        // The bound is rounded to a double, which near 1 moves the probability by more than its own rounding.
        const double level = plimsoll::stats::coverage_confidence(n, i, bounds[i - 1]);
        CHECK(1 - level == Approx(band.local_level()).epsilon(1e-8).margin(static_cast<double>(n) * 1e-15));
      }
    }
  }
}

TEST_CASE("the rank for a rate is the first that certifies it") {
  const SimultaneousBand band(300, 0.9);
  for (const double rate : {0.99, 0.5, 0.1, 0.02}) {
    const auto rank = band.rank_for(rate);
    REQUIRE(rank);
    CHECK(band.rate_bound(*rank) <= rate);
    CHECK(band.rate_bound(*rank - 1) > rate);
  }
  CHECK(band.rank_for(band.smallest_rate()) == std::size_t{300});
  CHECK_FALSE(band.rank_for(std::nextafter(band.smallest_rate(), 0.0)));
  CHECK(band.rank_for(1.0) == std::size_t{1});
}

TEST_CASE("the normals needed are the least whose maximum certifies the rate") {
  double last = 2;
  for (std::size_t n = 1; n <= 130; ++n) {
    const double rate = SimultaneousBand(n, 0.95).smallest_rate();
    CHECK(rate < last);
    // Bands are solved to 1e-9; one score changes the rate by 1 / n.
    CHECK(normals_needed(rate * (1 + 1e-8), 0.95) == n);
    CHECK(normals_needed(rate * (1 - 1e-8), 0.95) == n + 1);
    last = rate;
  }
  CHECK(normals_needed(0.95, 0.95) == 1);
  CHECK(normals_needed(0.99, 0.5) == 1);
  for (const double confidence : {0.5, 0.9, 0.999}) {
    const std::size_t n = normals_needed(0.01, confidence);
    CHECK(SimultaneousBand(n, confidence).smallest_rate() <= 0.01);
    CHECK(SimultaneousBand(n - 1, confidence).smallest_rate() > 0.01);
  }
  CHECK(normals_needed(1e-7, 0.95) == 0);
  CHECK(normals_needed(1e-300, 0.95) == 0);
}

TEST_CASE("the uniform bands") {
  // sqrt(log(20) / 200).
  CHECK(dkw_bound(100, 0.95) == Approx(0.12238734153404081).epsilon(1e-14));
  // scipy.stats.ksone.isf, which is exact to about 1e-14.
  CHECK(kolmogorov_bound(1, 0.9) == Approx(0.9).epsilon(1e-14));
  CHECK(kolmogorov_bound(2, 0.9) == Approx(0.683772233983162).epsilon(1e-12));
  CHECK(kolmogorov_bound(5, 0.99) == Approx(0.6271800379708621).epsilon(1e-12));
  CHECK(kolmogorov_bound(10, 0.95) == Approx(0.36866333261296375).epsilon(1e-12));
  CHECK(kolmogorov_bound(50, 0.95) == Approx(0.170).margin(0.0005));
  CHECK(kolmogorov_bound(100, 0.95) == Approx(0.12066568772965514).epsilon(1e-12));
  CHECK(kolmogorov_bound(300, 0.95) == Approx(0.070).margin(0.0005));
  CHECK(kolmogorov_bound(1000, 0.99) == Approx(0.04781196545568197).epsilon(1e-12));
  CHECK(kolmogorov_probability(10, 0) == 1);
  CHECK(kolmogorov_probability(10, 1) == 0);
  for (const std::size_t n : {1U, 7U, 100U, 2000U}) CHECK(kolmogorov_bound(n, 0.95) < dkw_bound(n, 0.95));
}

TEST_CASE("the formula of Birnbaum and Tingey is the crossing of its line") {
  for (const std::size_t n : {1U, 2U, 5U, 30U, 400U, 3000U}) {
    for (const double distance : {0.02, 0.1, 0.3, 0.9}) {
      INFO("n = " << n << ", distance " << distance);
      const auto size = static_cast<double>(n);
      const auto line = [=](double i) { return std::min(1.0, (size - i) / size + distance); };
      const double expected = kolmogorov_probability(n, distance);
      // The recursion drops n * 1e-19 of probability.
      CHECK(crossing_probability(bounds_of(n, line)) == Approx(expected).epsilon(1e-11).margin(size * 1e-19));
    }
  }
}

TEST_CASE("large samples bound some ranks only, exactly and never below their own bound") {
  const std::size_t n = 20000;
  const SimultaneousBand band(n, 0.95);
  const auto bounds = band.rate_bounds();
  CHECK(crossing_probability(bounds) == Approx(0.05).epsilon(1e-8));  // the band is solved to 1e-9
  std::size_t own = 0;
  for (std::size_t i = n; i >= 1; --i) {
    if (i < n && bounds[i - 1] == bounds[i]) continue;
    ++own;
  }
  for (std::size_t i = 1; i <= n; i += 37) {
    // The probability that a Beta(n - i + 1, i) variable, the share above x(i), is above the bound.
    const double beyond = bounds[i - 1] == 1 ? 0 : 1 - plimsoll::stats::coverage_confidence(n, i, bounds[i - 1]);
    CHECK(beyond <= band.local_level() * (1 + 1e-6));
  }
  CHECK(own > 1024);
  CHECK(own < 2000);
  // Fewer ranks are watched, so each may be watched more closely than if all were: the maximum's bound, 1 -
  // level^(1/n), is the smaller for it.
  const std::vector<double> all = [&] {
    std::vector<double> each(n);
    for (std::size_t i = 1; i <= n; ++i) {
      const auto rank = static_cast<double>(i);
      each[i - 1] = boost::math::ibetac_inv(static_cast<double>(n) - rank + 1, rank, band.local_level());
    }
    return each;
  }();
  CHECK(crossing_probability(all) > 0.05);
}

}  // namespace
