// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/l_moments.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

namespace {

using plimsoll::stats::l_moments;
using plimsoll::stats::LMoments;
using plimsoll::test::Random;

/// The definition, Hosking 1990 section 3: averages over all subsets of r numbers of
///   (1/r) sum_k (-1)^k C(r - 1, k) x(r - k : r).
struct ByDefinition {
  long double l[5] = {};

  explicit ByDefinition(const std::vector<double>& x) {
    const std::size_t n = x.size();
    long double count[5] = {};
    const auto add = [&](int r, long double value) {
      l[r] += value / static_cast<long double>(r);
      count[r] += 1;
    };
    for (std::size_t a = 0; a < n; ++a) {
      add(1, x[a]);
      for (std::size_t b = a + 1; b < n; ++b) {
        const long double xa = x[a];
        const long double xb = x[b];
        add(2, xb - xa);
        for (std::size_t c = b + 1; c < n; ++c) {
          const long double xc = x[c];
          add(3, xc - 2 * xb + xa);
          for (std::size_t d = c + 1; d < n; ++d) add(4, static_cast<long double>(x[d]) - 3 * xc + 3 * xb - xa);
        }
      }
    }
    for (int r = 1; r <= 4; ++r) l[r] /= count[r];
  }
};

void check_definition(const std::vector<double>& sorted) {
  const ByDefinition expected(sorted);
  const LMoments moments = l_moments(sorted);
  // Sums of a few thousand long doubles have errors below 1e-16 of the largest number, where those have 64 bits; with
  // 53 they may reach 1e-14.
  const double largest = std::max(std::abs(sorted.front()), std::abs(sorted.back()));
  const double l2 = static_cast<double>(expected.l[2]);
  CHECK(moments.l1 == Approx(static_cast<double>(expected.l[1])).margin(1e-14 * largest).epsilon(0));
  CHECK(moments.l2 == Approx(l2).margin(1e-14 * largest).epsilon(0));
  if (sorted.size() >= 3) {
    CHECK(moments.t3 * l2 == Approx(static_cast<double>(expected.l[3])).margin(1e-14 * largest).epsilon(0));
  }
  if (sorted.size() >= 4) {
    CHECK(moments.t4 * l2 == Approx(static_cast<double>(expected.l[4])).margin(1e-14 * largest).epsilon(0));
  }
}

TEST_CASE("L-moments of the widest sample that doubles hold are those of its parts, scaled") {
  // Its least number and its middle are further apart than the largest double; a power of two changes no digit.
  const std::vector<double> small{-1.75, 0.25, 1, 1.25, 1.5, 1.75};
  std::vector<double> wide;
  for (const double x : small) wide.push_back(std::ldexp(x, 1023));
  check_definition(small);
  const LMoments expected = l_moments(small);
  const LMoments moments = l_moments(wide);
  CHECK(moments.l1 == std::ldexp(expected.l1, 1023));
  CHECK(moments.l2 == std::ldexp(expected.l2, 1023));
  CHECK(moments.t3 == expected.t3);
  CHECK(moments.t4 == expected.t4);
}

TEST_CASE("L-moments are averages over all subsets") {
  Random random(3);
  for (int repetition = 0; repetition < 200; ++repetition) {
    const std::size_t n = 2 + random.below(20);
    const std::size_t kind = random.below(4);
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) {
      x.push_back(kind == 0   ? random.normal()
                  : kind == 1 ? random.exponential()
                  : kind == 2 ? std::exp(3 * random.normal())
                              : std::floor(4 * random.uniform()));
    }
    std::sort(x.begin(), x.end());
    if (x.front() == x.back()) continue;
    check_definition(x);
  }
}

TEST_CASE("L-moments of integers") {
  // By hand: of 1 .. n, l1 = (n + 1) / 2, l2 = (n + 1) / 6, as the mean distance of two is (n + 1) / 3, and the
  // higher ones vanish.
  for (const std::size_t n : {4U, 5U, 10U, 1001U}) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i + 1);
    const LMoments moments = l_moments(x);
    CHECK(moments.l1 == Approx(static_cast<double>(n + 1) / 2).epsilon(1e-15));
    CHECK(moments.l2 == Approx(static_cast<double>(n + 1) / 6).epsilon(1e-15));
    CHECK(std::abs(moments.t3) < 1e-15);
    CHECK(std::abs(moments.t4) < 1e-15);
  }
}

TEST_CASE("published L-moments") {
  // Data and figures of the tests of lmoments3, a port of Hosking's Fortran; eight decimals.
  const std::vector<double> x{1.2, 1.3, 1.5, 2.0, 2.2, 2.4, 3.0, 4.0, 5.4, 5.5, 7.1};
  const LMoments moments = l_moments(x);
  CHECK(moments.l1 == Approx(3.23636364).margin(6e-9).epsilon(0));
  CHECK(moments.l2 == Approx(1.14181818).margin(6e-9).epsilon(0));
  CHECK(moments.t3 == Approx(0.27388535).margin(6e-9).epsilon(0));
  CHECK(moments.t4 == Approx(0.02335456).margin(6e-9).epsilon(0));
}

TEST_CASE("L-moments of large samples are the distribution's") {
  // Hosking 1990, table 1: uniform 1/2, 1/6, 0, 0; exponential 1, 1/2, 1/3, 1/6; normal 0, 1/sqrt(pi), 0, 0.1226;
  // Gumbel 0.5772, log 2, 0.1699, 0.1504. At the quantiles (i - 1/2) / n the difference is of the order log(n) / n.
  constexpr std::size_t n = 200000;
  std::vector<double> uniform(n), exponential(n), gumbel(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
    uniform[i] = p;
    exponential[i] = -std::log1p(-p);
    gumbel[i] = -std::log(-std::log(p));
  }
  const auto check = [](const std::vector<double>& x, LMoments expected) {
    const LMoments moments = l_moments(x);
    CHECK(moments.l1 == Approx(expected.l1).margin(2e-4));
    CHECK(moments.l2 == Approx(expected.l2).margin(2e-4));
    CHECK(moments.t3 == Approx(expected.t3).margin(2e-4));
    CHECK(moments.t4 == Approx(expected.t4).margin(2e-4));
  };
  check(uniform, {0.5, 1.0 / 6, 0, 0});
  check(exponential, {1, 0.5, 1.0 / 3, 1.0 / 6});
  check(gumbel, {0.5772, std::log(2.0), 0.1699, 0.1504});
}

TEST_CASE("offsets do not cancel") {
  // A shift that keeps the numbers exact changes no bit of what does not depend on it.
  std::vector<double> x{-3.5, -1, 0.25, 0.5, 2, 7.75, 20};
  const LMoments moments = l_moments(x);
  for (double& number : x) number += 0x1p40;
  const LMoments shifted = l_moments(x);
  CHECK(shifted.l2 == moments.l2);
  CHECK(shifted.t3 == moments.t3);
  CHECK(shifted.t4 == moments.t4);
  CHECK(shifted.l1 == Approx(0x1p40 + 26.0 / 7).epsilon(1e-16));
}

TEST_CASE("a power of two scales the L-moments bit for bit, a negation mirrors them") {
  Random random(4);
  for (const std::size_t n : {2U, 3U, 4U, 5U, 30U, 1000U}) {
    std::vector<double> x(n);
    for (double& number : x) number = 3 + random.normal();
    std::sort(x.begin(), x.end());
    const LMoments moments = l_moments(x);
    const auto equal = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    for (const double factor : {8.0, 0x1p-900, 0x1p1000}) {
      std::vector<double> scaled = x;
      for (double& number : scaled) number *= factor;
      const LMoments other = l_moments(scaled);
      CHECK(other.l1 == moments.l1 * factor);
      CHECK(other.l2 == moments.l2 * factor);
      CHECK(equal(other.t3, moments.t3));
      CHECK(equal(other.t4, moments.t4));
    }
    std::vector<double> mirrored(x.rbegin(), x.rend());
    for (double& number : mirrored) number = -number;
    const LMoments other = l_moments(mirrored);
    CHECK(other.l1 == Approx(-moments.l1).epsilon(1e-15));
    CHECK(other.l2 == Approx(moments.l2).epsilon(1e-14));  // some ulps a number, of which most cancel
    if (n >= 3) CHECK(other.t3 == Approx(-moments.t3).margin(1e-14));
    if (n >= 4) CHECK(other.t4 == Approx(moments.t4).margin(1e-14));
  }
}

TEST_CASE("L-moments of few or equal numbers, and at the ends of the doubles") {
  const auto of = [](const std::vector<double>& x) { return l_moments(x); };
  CHECK(of({5}).l1 == 5);
  CHECK(std::isnan(of({5}).l2));
  CHECK(std::isnan(of({5}).t3));
  CHECK(of({5, 6}).l2 == 0.5);
  CHECK(std::isnan(of({5, 6}).t3));
  // l2 = (1 + 4 + 5) / 3 / 2, l3 = (6 - 4 + 1) / 3.
  CHECK(of({1, 2, 6}).t3 == Approx(0.6).epsilon(1e-15));
  CHECK(std::isnan(of({1, 2, 6}).t4));
  CHECK(of({4, 4, 4, 4}).l2 == 0);
  CHECK(of({4, 4, 4, 4}).l1 == 4);
  CHECK(std::isnan(of({4, 4, 4, 4}).t3));
  CHECK(std::isnan(of({4, 4, 4, 4}).t4));

  constexpr double most = std::numeric_limits<double>::max();
  constexpr double least = std::numeric_limits<double>::denorm_min();
  const LMoments widest = of({-most, -most / 2, 0, most / 2, most});
  CHECK(widest.l1 == 0);
  CHECK(widest.l2 == Approx(most / 2).epsilon(1e-15));  // of -2 .. 2: (5 + 1) / 6
  CHECK(std::abs(widest.t3) < 1e-15);
  CHECK(std::abs(widest.t4) < 1e-15);
  const LMoments narrowest = of({-8 * least, -4 * least, 0, 4 * least, 8 * least});
  CHECK(narrowest.l2 == 4 * least);
  CHECK(std::abs(narrowest.t3) < 1e-15);
}

}  // namespace
