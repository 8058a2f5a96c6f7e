// SPDX-License-Identifier: Apache-2.0
// Generalised extreme value distributions from block maxima: published data, brute force, and what must hold for all
// samples.
#include "plimsoll/stats/gev_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "extreme_data.hpp"
#include "plimsoll/stats/gev_interval.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/log_likelihood.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll::stats;
namespace test = plimsoll::test;
using Sample = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double chi_squared_95 = 3.841458820694124;  // quantile of 1 degree of freedom, SciPy

static_assert(noexcept(gev_mle({})) && noexcept(gev_l_moments({})));

Sample draw(test::Random& random, const Gev& family, std::size_t n) {
  Sample sample(n);
  for (double& x : sample) x = family.upper_quantile(random.uniform());
  std::ranges::sort(sample);
  return sample;
}

Sample moved(const Sample& sample, double factor, double shift) {
  Sample other;
  for (const double x : sample) other.push_back(factor * x + shift);
  return other;
}

TEST_CASE("the GEV's xi by its L-skewness") {
  // mpmath, 40 digits.
  const std::vector<std::pair<double, double>> rows{
      {-0.9999999, -24.2534194030123545}, {-0.9, -4.1055902133998768},  {-0.5, -1.49464039406886764},
      {-0.1, -0.472173345952976519},      {0, -0.283775526169967796},   {0.1, -0.111894974508651334},
      {0.17, 0.000116699159363305522},    {0.3, 0.192814341314503567},  {0.5, 0.457446243994902751},
      {0.9, 0.902204947943737095},        {0.999, 0.999044213730465798}};
  for (const auto& [t3, xi] : rows) {
    CAPTURE(t3);
    const auto found = detail::gev_shape_of_skewness(t3);
    REQUIRE(found);
    // t3 + 1 is rounded at 1e-16, and its slope in xi is at least 0.5 (1 + t3).
    CHECK(*found == Approx(xi).epsilon(1e-15).margin(2e-15));
  }
  // Smooth through xi = 0, where t3 = 2 log 3 / log 2 - 3 and the slope in xi is log 3 (log 3 / log 2 - 1).
  const double gumbel = 0.16992500144231236;
  for (double difference = 1e-15; difference < 1e-6; difference *= 10) {
    CHECK(std::abs(*detail::gev_shape_of_skewness(gumbel + difference) * 0.6426 - difference) <
          2e-15 + 1e-3 * difference);
  }
  for (const double t3 : {-1.0, 1.0, 2.0, std::nan("")}) CHECK_FALSE(detail::gev_shape_of_skewness(t3));
}

TEST_CASE("GEV estimates of the sea level at Port Pirie") {
  // Coles (2001), section 3.4.1, with more digits from SciPy and an independent program; L-moments from mpmath.
  const Sample sample = test::port_pirie();
  const Estimate<Gev> moments = gev_l_moments(sample);
  REQUIRE(moments.ok());
  CHECK(moments.family.mu == Approx(3.873147622413526).epsilon(1e-14));
  CHECK(moments.family.sigma == Approx(0.2032222857167817).epsilon(1e-12));  // of numbers rounded at 4e-16
  CHECK(moments.family.xi == Approx(-0.05121191736106003).epsilon(1e-12));

  const Estimate<Gev> mle = gev_mle(sample);
  REQUIRE(mle.ok());
  CHECK(std::abs(mle.family.mu - 3.874750) <= 6e-7);
  CHECK(std::abs(mle.family.sigma - .198044) <= 6e-7);
  CHECK(std::abs(mle.family.xi + .050110) <= 6e-7);
  CHECK(std::abs(mle.log_likelihood - 4.339058) <= 6e-7);
  CHECK(log_likelihood(sample, mle.family) == Approx(mle.log_likelihood).epsilon(1e-12));

  const auto errors = gev_errors(sample, mle.family);
  REQUIRE(errors);
  CHECK(std::abs(errors->mu - .0279) <= 6e-5);
  CHECK(std::abs(errors->sigma - .0203) <= 6e-5);
  CHECK(std::abs(errors->xi - .0983) <= 6e-5);
  // Coles' covariance matrix, whose figures have three digits.
  CHECK(errors->mu_sigma * errors->mu * errors->sigma == Approx(.000197).epsilon(4e-3));
  CHECK(errors->mu_xi * errors->mu * errors->xi == Approx(-.00107).epsilon(6e-3));
  CHECK(errors->sigma_xi * errors->sigma * errors->xi == Approx(-.000778).epsilon(2e-3));

  const Interval xi = gev_xi_delta(mle.family, *errors, 0.95);
  CHECK((xi.upper - xi.lower) / 2 == Approx(1.959963984540054 * errors->xi));
  struct Level {
    double p, level;
    Interval delta;
  };
  for (const Level& row : {Level{0.1, 4.2962, {4.188, 4.404}}, Level{0.01, 4.6884, {4.377, 5.000}}}) {
    CHECK(std::abs(mle.family.upper_quantile(row.p) - row.level) <= 6e-5);
    const Interval delta = gev_level_delta(mle.family, *errors, row.p, 0.95);
    CHECK(std::abs(delta.lower - row.delta.lower) <= 6e-4);
    CHECK(std::abs(delta.upper - row.delta.upper) <= 6e-4);
  }

  // SciPy: Nelder-Mead over two parameters inside Brent's root finding over the third, right to 1e-8 or so.
  const ProfileInterval shape = gev_xi_profile(sample, mle, 0.95);
  REQUIRE(shape.ok());
  CHECK(std::abs(shape.interval.lower + 0.2181571) <= 1e-6);
  CHECK(std::abs(shape.interval.upper - 0.1704056) <= 1e-6);
  const std::vector<std::pair<double, Interval>> profiles{{0.1, {4.2046113, 4.4450803}},
                                                          {0.01, {4.4904368, 5.2607046}},
                                                          {0.5, {3.8884335, 4.0095652}},
                                                          {0.7, {3.7855368, 3.8913852}},
                                                          {0.95, {3.5738075, 3.7030318}}};
  for (const auto& [p, expected] : profiles) {
    CAPTURE(p);
    const ProfileInterval level = gev_level_profile(sample, mle, p, 0.95);
    REQUIRE(level.ok());
    CHECK(std::abs(level.interval.lower - expected.lower) <= 1e-6);
    CHECK(std::abs(level.interval.upper - expected.upper) <= 1e-6);
  }
}

TEST_CASE("GEV by L-moments of small samples") {
  // mpmath, 40 digits.
  const Estimate<Gev> three = gev_l_moments(Sample{1, 2, 4});
  REQUIRE(three.ok());
  CHECK(three.family.mu == Approx(1.365918510129184).epsilon(1e-13));
  CHECK(three.family.sigma == Approx(1.094723364389269).epsilon(1e-13));
  CHECK(three.family.xi == Approx(0.2393871795102476).epsilon(1e-13));
  const Estimate<Gev> five = gev_l_moments(Sample{1, 2, 3, 5, 9.5});
  CHECK(five.family.mu == Approx(2.09061928948984).epsilon(1e-13));
  CHECK(five.family.sigma == Approx(1.906520011798314).epsilon(1e-13));
  CHECK(five.family.xi == Approx(0.3294354883716119).epsilon(1e-13));
}

TEST_CASE("GEV estimates follow the data's scale and place") {
  test::Random random(1);
  std::vector<Sample> samples{test::port_pirie()};
  for (const double xi : {-0.4, 0.0, 0.7}) {
    for (const std::size_t n : {12U, 60U}) samples.push_back(draw(random, {0, 1, xi}, n));
  }
  using Estimator = Estimate<Gev> (*)(std::span<const double>) noexcept;
  for (const Estimator estimator : {Estimator{gev_mle}, Estimator{gev_l_moments}}) {
    for (const Sample& sample : samples) {
      CAPTURE(sample.size());
      const Estimate<Gev> estimate = estimator(sample);
      REQUIRE(estimate.ok());
      for (const double factor : {0x1p3, 0x1p-40, 0x1p900, 0x1p-900}) {
        const Estimate<Gev> scaled = estimator(moved(sample, factor, 0));
        REQUIRE(scaled.ok());
        CHECK(scaled.family.mu == factor * estimate.family.mu);
        CHECK(scaled.family.sigma == factor * estimate.family.sigma);
        CHECK(scaled.family.xi == estimate.family.xi);
      }
      for (const double factor : {3e-7, 1e290, 1e-290}) {
        const Estimate<Gev> scaled = estimator(moved(sample, factor, 0));
        REQUIRE(scaled.ok());
        CHECK(scaled.family.sigma == Approx(factor * estimate.family.sigma).epsilon(1e-9));
        CHECK(scaled.family.xi == Approx(estimate.family.xi).epsilon(1e-9).margin(1e-9));
      }
      // Numbers about 1e6 are multiples of 1e-10, so the spread of about 1 keeps nine digits or so.
      const Estimate<Gev> shifted = estimator(moved(sample, 1, 1e6));
      REQUIRE(shifted.ok());
      CHECK(shifted.family.mu - 1e6 == Approx(estimate.family.mu).epsilon(1e-8).margin(1e-8));
      CHECK(shifted.family.xi == Approx(estimate.family.xi).epsilon(1e-8).margin(1e-8));
    }
  }
  const Sample& sample = samples[0];
  const Sample larger = moved(sample, 0x1p600, 0);
  const Estimate<Gev> mle = gev_mle(sample);
  const Estimate<Gev> larger_mle = gev_mle(larger);
  CHECK(gev_errors(larger, larger_mle.family)->sigma == 0x1p600 * gev_errors(sample, mle.family)->sigma);
  CHECK(gev_xi_profile(larger, larger_mle, 0.9).interval.upper == gev_xi_profile(sample, mle, 0.9).interval.upper);
  CHECK(gev_level_profile(larger, larger_mle, 0.01, 0.9).interval.upper ==
        0x1p600 * gev_level_profile(sample, mle, 0.01, 0.9).interval.upper);
}

TEST_CASE("the derivatives of the GEV likelihood are those of its values") {
  test::Random random(2);
  const Sample sample = draw(random, {0, 1, 0.1}, 25);
  const SampleUnit unit(sample);
  for (const double xi : {-0.4, -1e-3, 0.0, 1e-9, 0.01, 0.5}) {
    CAPTURE(xi);
    const detail::Vector<3> place{0.05, -1.1, xi};
    const auto at = [&](std::size_t i, double step) {
      detail::Vector<3> beside = place;
      beside[i] += step;
      return detail::gev_curvature(sample, unit, beside);
    };
    const detail::Curvature<3> here = detail::gev_curvature(sample, unit, place);
    REQUIRE(std::isfinite(here.value));
    constexpr double step = 1e-5;  // third derivatives are of order 1e3, so central differences are right to 1e-7 or so
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK((at(i, step).value - at(i, -step).value) / (2 * step) ==
            Approx(here.gradient[i]).epsilon(1e-6).margin(1e-6));
      for (std::size_t j = 0; j <= i; ++j) {
        CHECK((at(j, step).gradient[i] - at(j, -step).gradient[i]) / (2 * step) ==
              Approx(here.hessian[i][j]).epsilon(1e-6).margin(1e-6));
      }
    }
  }
}

/// The highest local maximum of the likelihood with -1 < xi < 10 by a dense scan: for a known end of the support,
/// mean - 1 / theta, the numbers log(1 + theta (x - mean)) / theta have a Gumbel distribution.
std::optional<double> scan(const Sample& sample) {
  double mean = 0;
  for (const double x : sample) mean += x / static_cast<double>(sample.size());
  struct Place {
    double value, xi;
  };
  const auto at = [&](double way) -> Place {  // < 0 to the upper end of the sample, > 0 to the lower one
    const double theta =
        way < 0 ? std::expm1(way) / (sample.back() - mean) : -std::expm1(-way) / (mean - sample.front());
    Sample reduced;
    double jacobian = 0;
    for (const double x : sample) {
      const double stretched = std::log1p(theta * (x - mean));
      reduced.push_back(theta == 0 ? x - mean : stretched / theta);
      jacobian -= stretched;
    }
    const Estimate<Gumbel> gumbel = gumbel_mle(reduced);
    if (!gumbel.ok()) return {-infinity, 0};
    return {gumbel.log_likelihood + jacobian, theta * gumbel.family.sigma};
  };
  constexpr double step = 0.04;
  std::optional<double> best;
  double middle_at = -std::log(static_cast<double>(sample.size())) - 5;
  Place before = at(middle_at - step);
  Place middle = at(middle_at);
  for (; middle_at < 30 && !(middle_at > 0 && middle.xi > 10); middle_at += step) {
    const Place after = at(middle_at + step);
    if (middle.value > before.value && middle.value >= after.value && middle.xi > -1) {
      double low = middle_at - step;
      double high = middle_at + step;
      for (int i = 0; i < 50; ++i) {  // golden section
        const double inner = low + 0.381966 * (high - low);
        const double outer = high - 0.381966 * (high - low);
        (at(inner).value < at(outer).value ? low : high) = at(inner).value < at(outer).value ? inner : outer;
      }
      const double value = at((low + high) / 2).value;
      if (!best || value > *best) best = value;
    }
    before = middle;
    middle = after;
  }
  return best;
}

Sample odd_sample(test::Random& random, std::size_t n) {
  const Gev family{0, 1, 1.8 * random.uniform() - 0.9};
  const std::size_t kind = random.below(4);
  Sample sample;
  for (std::size_t i = 0; i < n; ++i) {
    double x = family.upper_quantile(random.uniform());
    if (kind == 1) x = std::floor(4 * x) / 4;
    if (kind == 2 && random.below(10) == 0) x *= 100;
    if (kind == 3) x = random.normal();
    sample.push_back(x);
  }
  std::ranges::sort(sample);
  return sample;
}

TEST_CASE("no local maximum of the GEV likelihood is higher than the estimate") {
  test::Random random(7);
  std::size_t found = 0;
  std::size_t unbounded = 0;
  for (int repetition = 0; repetition < 120; ++repetition) {
    const Sample sample = odd_sample(random, 3 + random.below(repetition % 4 == 0 ? 40 : 7));
    if (sample.front() == sample.back()) continue;
    const Estimate<Gev> estimate = gev_mle(sample);
    const std::optional<double> expected = scan(sample);
    CAPTURE(repetition, sample, estimate.family.xi, expected.value_or(infinity));
    REQUIRE(estimate.ok() == expected.has_value());
    if (!expected) {
      CHECK(estimate.status == EstimateStatus::unbounded);
      CHECK(estimate.family.xi == -1);
      CHECK(estimate.family.upper_quantile(0) == Approx(sample.back()).margin(1e-14));
      // The density at the end itself may round away.
      Gev wider = estimate.family;
      wider.mu += 1e-12 * wider.sigma;
      CHECK(log_likelihood(sample, wider) == Approx(estimate.log_likelihood).epsilon(1e-8).margin(1e-8));
      ++unbounded;
      continue;
    }
    ++found;
    CHECK(estimate.log_likelihood == Approx(*expected).epsilon(1e-9).margin(1e-9));
    CHECK(log_likelihood(sample, estimate.family) == Approx(estimate.log_likelihood).epsilon(1e-10).margin(1e-10));
  }
  CHECK(found > 50);  // the samples are not all of one kind
  CHECK(unbounded > 20);
}

TEST_CASE("GEV likelihood with a short tail") {
  test::Random random(3);
  for (const double xi : {-0.5, -0.6, -0.75, -0.9}) {
    CAPTURE(xi);
    const Sample sample = draw(random, {0, 1, xi}, 1000);
    const Estimate<Gev> estimate = gev_mle(sample);
    REQUIRE(estimate.ok());
    CHECK(std::abs(estimate.family.xi - xi) < 0.1);  // some 5 standard errors
    CHECK(gev_errors(sample, estimate.family).has_value() == (estimate.family.xi > -0.5));
  }
}

TEST_CASE("samples that no GEV can be estimated from") {
  for (const auto estimator : {gev_mle, gev_l_moments}) {
    CHECK(estimator({}).status == EstimateStatus::too_few);
    CHECK(estimator(Sample{1, 2}).status == EstimateStatus::too_few);
    CHECK(estimator(Sample{3, 3, 3, 3}).status == EstimateStatus::no_spread);
  }
  CHECK(gev_l_moments(Sample{0, 0, 1}).status == EstimateStatus::out_of_support);  // L-skewness 1
  CHECK(gev_l_moments(Sample{0, 1, 1}).status == EstimateStatus::out_of_support);
  const Sample short_tail{0, 1, 1};
  const Estimate<Gev> none = gev_mle(short_tail);
  CHECK(none.status == EstimateStatus::unbounded);
  CHECK(gev_xi_profile(short_tail, none, 0.95).status == EstimateStatus::unbounded);
  CHECK(gev_level_profile(short_tail, none, 0.01, 0.95).interval.upper == infinity);
  CHECK(gev_level_profile(short_tail, none, 0.01, 0.95).interval.lower == -infinity);
}

TEST_CASE("GEV estimates of any sample are numbers") {
  test::Random random(11);
  for (int repetition = 0; repetition < 300; ++repetition) {
    Sample sample = odd_sample(random, 1 + random.below(20));
    const std::size_t kind = random.below(6);
    if (kind == 1) sample.back() = 1e300;
    if (kind == 2) sample = moved(sample, 1e-310, 0);
    if (kind == 3) std::fill(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 2), 0.5);
    if (kind == 4) sample = moved(sample, 1e-3, 1e6);
    if (kind == 5) sample = moved(sample, 1e305, 0);
    std::ranges::sort(sample);
    for (const auto estimator : {gev_mle, gev_l_moments}) {
      const Estimate<Gev> estimate = estimator(sample);
      CAPTURE(repetition, sample, estimate.family.mu, estimate.family.sigma, estimate.family.xi);
      CHECK(estimate.status != EstimateStatus::not_converged);
      if (!estimate.ok()) continue;
      CHECK(estimate.family.sigma > 0);
      CHECK(std::isfinite(estimate.family.sigma));
      CHECK(std::isfinite(estimate.family.mu));
      CHECK(std::isfinite(estimate.family.xi));
    }
    const Estimate<Gev> mle = gev_mle(sample);
    if (!mle.ok()) continue;
    const Interval xi = gev_xi_profile(sample, mle, 0.95).interval;
    CHECK(xi.lower >= -1);
    CHECK(xi.lower <= mle.family.xi);
    CHECK(xi.upper >= mle.family.xi);
    const double level = mle.family.upper_quantile(0.01);
    const Interval levels = gev_level_profile(sample, mle, 0.01, 0.95).interval;
    CAPTURE(repetition, sample, level, levels.lower, levels.upper);
    CHECK(levels.lower <= level);
    CHECK(levels.upper >= level);
  }
}

/// The greatest of a function with one maximum in [low, high], and where.
template <typename Function>
std::pair<double, double> highest(const Function& function, double low, double high) {
  for (int i = 0; i < 60; ++i) {
    const double inner = low + 0.381966 * (high - low);
    const double outer = high - 0.381966 * (high - low);
    (function(inner) < function(outer) ? low : high) = function(inner) < function(outer) ? inner : outer;
  }
  return {function((low + high) / 2), (low + high) / 2};
}

TEST_CASE("GEV profile intervals end where the deviance says") {
  test::Random random(5);
  for (int repetition = 0; repetition < 8; ++repetition) {
    const double true_xi = 0.8 * random.uniform() - 0.3;
    const Sample sample = draw(random, {0, 1, true_xi}, 40 + random.below(60));
    const Estimate<Gev> mle = gev_mle(sample);
    REQUIRE(mle.ok());
    CAPTURE(repetition, sample.size(), mle.family.mu, mle.family.sigma, mle.family.xi);
    // Golden sections within golden sections, over ranges that hold all the profile's maxima.
    const auto deviance_of_xi = [&](double xi) {
      const auto in_mu = [&](double mu) {
        const auto in_log_sigma = [&](double log_sigma) {
          return log_likelihood(sample, Gev{mu, std::exp(log_sigma), xi});
        };
        const double least = std::max({xi * (mu - sample.front()), xi * (mu - sample.back()), 1e-2});
        return highest(in_log_sigma, std::log(least), std::log(least) + 7).first;
      };
      return 2 * (mle.log_likelihood - highest(in_mu, mle.family.mu - 1, mle.family.mu + 1).first);
    };
    const Interval xi = gev_xi_profile(sample, mle, 0.95).interval;
    CHECK(deviance_of_xi(xi.upper) == Approx(chi_squared_95).epsilon(1e-5));
    if (xi.lower > -1) {
      CHECK(deviance_of_xi(xi.lower) == Approx(chi_squared_95).epsilon(1e-5));
    }
    const double p = 0.02;
    const auto deviance_of_level = [&](double level) {
      const auto in_xi = [&](double shape) {
        const double reach = Gev{0, 1, shape}.upper_quantile(p);
        const auto in_mu = [&](double mu) { return log_likelihood(sample, Gev{mu, (level - mu) / reach, shape}); };
        return highest(in_mu, mle.family.mu - 1, mle.family.mu + 1).first;
      };
      return 2 * (mle.log_likelihood - highest(in_xi, xi.lower - 0.15, xi.upper + 0.3).first);
    };
    const Interval level = gev_level_profile(sample, mle, p, 0.95).interval;
    CHECK(deviance_of_level(level.upper) == Approx(chi_squared_95).epsilon(1e-5));
    CHECK(deviance_of_level(level.lower) == Approx(chi_squared_95).epsilon(1e-5));
  }
}

}  // namespace
