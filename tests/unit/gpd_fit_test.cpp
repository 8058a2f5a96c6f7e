// SPDX-License-Identifier: Apache-2.0
// Generalised Pareto distributions from exceedances: published data, brute force, and what must hold for all samples.
#include "plimsoll/stats/gpd_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "extreme_data.hpp"
#include "plimsoll/stats/gpd_interval.hpp"
#include "plimsoll/stats/gpd_running_fit.hpp"
#include "plimsoll/stats/log_likelihood.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll::stats;
namespace test = plimsoll::test;
using Sample = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double chi_squared_95 = 3.841458820694124;  // quantile of 1 degree of freedom, SciPy

static_assert(
    noexcept(gpd_mle({})) && noexcept(gpd_pwm({})) && noexcept(gpd_moments({})) && noexcept(gpd_zhang_stephens({})));

using Estimator = Estimate<Gpd> (*)(std::span<const double>) noexcept;
const std::vector<std::pair<std::string, Estimator>> estimators{
    {"mle", gpd_mle}, {"pwm", gpd_pwm}, {"moments", gpd_moments}, {"zhang_stephens", gpd_zhang_stephens}};

Sample draw(test::Random& random, const Gpd& family, std::size_t n) {
  Sample sample(n);
  for (double& x : sample) x = family.upper_quantile(random.uniform());
  std::ranges::sort(sample);
  return sample;
}

Sample times(const Sample& sample, double factor) {
  Sample scaled;
  for (const double x : sample) scaled.push_back(factor * x);
  return scaled;
}

/// What SciPy and an independent program found; the errors and the profile intervals to the last digit given.
struct Reference {
  std::string name;
  Sample sample;
  Gpd mle;
  double log_likelihood;
  Gpd errors;
  Interval xi_profile;
  Gpd pwm, moments, zhang_stephens;
};

std::vector<Reference> references() {
  return {{"rain above 30",
           test::rain_above(30),
           {7.440269, .184499},
           -485.09372,
           {.9585, .1012},
           {.0136, .4154},
           {7.299019, .196516},
           {7.787794, .142711},
           {7.277312, .206803}},
          {"rain above 10",
           test::rain_above(10),
           {7.438211, .050516},
           -6123.46478,
           {.2361, .0226},
           {.0089, .0974},
           {7.486984, .044418},
           {7.398171, .055753},
           {7.422095, .052688}},
          {"Danish fire losses",
           test::danish_above_10(),
           {6.975468, .496986},
           -374.89299,
           {1.1135, .1363},
           {.2745, .8189},
           {6.795865, .517400},
           {8.505964, .395959},
           {6.857328, .514149}},
          {"river Nidd",
           test::nidd_above_65(),
           {26.255192, .201995},
           -688.35831,
           {3.1731, .0915},
           {.0452, .4087},
           {27.063075, .176611},
           {27.026109, .177736},
           {25.958700, .213404}}};
}

TEST_CASE("GPD estimates of published data") {
  for (const Reference& reference : references()) {
    CAPTURE(reference.name);
    const Estimate<Gpd> mle = gpd_mle(reference.sample);
    REQUIRE(mle.ok());
    const auto same = [](const Estimate<Gpd>& estimate, const Gpd& expected) {
      // The figures have six decimals; optimisers that found them stop at 1e-6 or so.
      CHECK(estimate.family.sigma == Approx(expected.sigma).epsilon(1e-5));
      CHECK(estimate.family.xi == Approx(expected.xi).epsilon(1e-5));
    };
    same(mle, reference.mle);
    same(gpd_pwm(reference.sample), reference.pwm);
    same(gpd_moments(reference.sample), reference.moments);
    same(gpd_zhang_stephens(reference.sample), reference.zhang_stephens);
    CHECK(std::abs(mle.log_likelihood - reference.log_likelihood) <= 6e-6);
    CHECK(log_likelihood(reference.sample, mle.family) == Approx(mle.log_likelihood).epsilon(1e-12));

    const auto errors = gpd_errors(reference.sample, mle.family);
    REQUIRE(errors);
    CHECK(std::abs(errors->sigma - reference.errors.sigma) <= 6e-5);
    CHECK(std::abs(errors->xi - reference.errors.xi) <= 6e-5);
    const ProfileInterval profile = gpd_xi_profile(reference.sample, mle, 0.95);
    REQUIRE(profile.ok());
    CHECK(std::abs(profile.interval.lower - reference.xi_profile.lower) <= 6e-5);
    CHECK(std::abs(profile.interval.upper - reference.xi_profile.upper) <= 6e-5);
  }
}

TEST_CASE("return levels of rainfall") {
  // Coles (2001), sections 4.4.1 and 4.3: the 100-year level of daily rain, 152 of 17,531 days being above 30.
  const Sample sample = test::rain_above(30);
  const Estimate<Gpd> mle = gpd_mle(sample);
  const double share = 152.0 / 17531;
  const double ratio = 1 / 36500.0 / share;
  CHECK(std::abs(gpd_upper_quantile(30, mle.family, share, 1 / 36500.0) - 106.328) <= 6e-4);
  const auto errors = gpd_errors(sample, mle.family);
  REQUIRE(errors);
  // The published error includes that of the share of days.
  const double share_error = std::sqrt((1 - share) / 152);
  const Interval delta = gpd_level_delta(mle.family, *errors, ratio, 0.95, share_error);
  CHECK(std::abs(30 + delta.lower - 65.48) <= 6e-3);
  CHECK(std::abs(30 + delta.upper - 147.18) <= 6e-3);
  const ProfileInterval profile = gpd_level_profile(sample, mle, ratio, 0.95);
  REQUIRE(profile.ok());
  CHECK(std::abs(30 + profile.interval.lower - 80.86) <= 6e-3);
  CHECK(std::abs(30 + profile.interval.upper - 184.99) <= 6e-3);
  // The upper end of 95 % to both sides is the bound of 97.5 % to one.
  CHECK(gpd_level_upper_bound(sample, mle, ratio, 0.975) == Approx(profile.interval.upper).epsilon(1e-9));
  CHECK(gpd_level_upper_bound(sample, mle, ratio, 0.95) < profile.interval.upper);

  const Interval xi = gpd_xi_delta(mle.family, *errors, 0.95);
  CHECK((xi.upper - xi.lower) / 2 == Approx(1.959963984540054 * errors->xi));
  CHECK((xi.upper + xi.lower) / 2 == Approx(mle.family.xi));

  CHECK(gpd_upper_quantile(30, mle.family, share, share) == 30);
  CHECK(gpd_upper_quantile(30, mle.family, share, 0.5) == 30);  // below the start nothing is known
  CHECK(gpd_upper_quantile(30, Gpd{2, -0.5}, share, 0) == 34);
}

TEST_CASE("GPD estimates follow the data's scale") {
  test::Random random(1);
  std::vector<Sample> samples{test::rain_above(30), test::danish_above_10(), test::nidd_above_65()};
  for (const double xi : {-0.4, 0.0, 0.9}) samples.push_back(draw(random, {1, xi}, 30));
  for (const auto& [name, estimator] : estimators) {
    for (const Sample& sample : samples) {
      CAPTURE(name, sample.size());
      const Estimate<Gpd> estimate = estimator(sample);
      REQUIRE(estimate.ok());
      for (const double factor : {0x1p3, 0x1p-40, 0x1p900, 0x1p-900}) {
        const Estimate<Gpd> scaled = estimator(times(sample, factor));
        CHECK(scaled.ok());
        CHECK(scaled.family.sigma == factor * estimate.family.sigma);
        CHECK(scaled.family.xi == estimate.family.xi);
      }
      for (const double factor : {3e-7, 1.1, 1e290, 1e-290}) {
        // Relative differences of 1e-16 in the data; the slope of the estimate in one number is of order 1.
        const Estimate<Gpd> scaled = estimator(times(sample, factor));
        CHECK(scaled.ok());
        CHECK(scaled.family.sigma == Approx(factor * estimate.family.sigma).epsilon(1e-11));
        CHECK(scaled.family.xi == Approx(estimate.family.xi).epsilon(1e-11).margin(1e-11));
      }
    }
  }
  // And so do intervals.
  const Sample& sample = samples[0];
  const Estimate<Gpd> mle = gpd_mle(sample);
  const Sample larger = times(sample, 0x1p600);
  const Estimate<Gpd> larger_mle = gpd_mle(larger);
  CHECK(gpd_errors(larger, larger_mle.family)->sigma == 0x1p600 * gpd_errors(sample, mle.family)->sigma);
  CHECK(gpd_xi_profile(larger, larger_mle, 0.9).interval.upper == gpd_xi_profile(sample, mle, 0.9).interval.upper);
  CHECK(gpd_level_profile(larger, larger_mle, 1e-3, 0.9).interval.upper ==
        Approx(0x1p600 * gpd_level_profile(sample, mle, 1e-3, 0.9).interval.upper).epsilon(1e-12));
}

/// The highest local maximum of the likelihood with -1 < xi < 10 by a dense scan, in long double: for each theta the
/// likeliest xi is the mean of log(1 + theta y). Per number, in units of the greatest one.
std::optional<long double> scan(const Sample& sample) {
  const long double n = static_cast<long double>(sample.size());
  struct Place {
    long double value, xi;
  };
  const auto at = [&](long double log_stretch) -> Place {
    const long double tau = std::expm1(log_stretch);
    long double xi = 0;
    long double mean = 0;
    for (const double x : sample) {
      const long double w = static_cast<long double>(x) / static_cast<long double>(sample.back());
      xi += std::log1p(tau * w) / n;
      mean += w / n;
    }
    return {-std::log(std::abs(tau) < 1e-9L ? mean : xi / tau) - xi - 1, xi};
  };
  constexpr long double step = 0.01L;
  std::optional<long double> best;
  long double middle_at = -std::log(n) - 7;
  Place before = at(middle_at - step);
  Place middle = at(middle_at);
  for (; middle.xi < 10 && middle_at < 60; middle_at += step) {
    const Place after = at(middle_at + step);
    if (middle.value > before.value && middle.value >= after.value && middle.xi > -1) {
      long double low = middle_at - step;
      long double high = middle_at + step;
      while (high - low > 1e-9L) {  // golden section
        const long double inner = low + 0.381966L * (high - low);
        const long double outer = high - 0.381966L * (high - low);
        (at(inner).value < at(outer).value ? low : high) = at(inner).value < at(outer).value ? inner : outer;
      }
      const long double value = at((low + high) / 2).value;
      if (!best || value > *best) best = value;
    }
    before = middle;
    middle = after;
  }
  return best;
}

/// Small samples of every shape: ties, numbers at 0 and near it, an outlier, xi from -1.2 to 1.8.
Sample odd_sample(test::Random& random, std::size_t n) {
  const Gpd family{1, 3 * random.uniform() - 1.2};
  const std::size_t kind = random.below(5);
  Sample sample;
  for (std::size_t i = 0; i < n; ++i) {
    double x = family.upper_quantile(random.uniform());
    if (kind == 1) x = std::floor(4 * x) / 4;
    if (kind == 2) x = std::floor(4 * x) / 4 + 0.125;
    if (kind == 3 && random.below(3) == 0) x *= 1e-3;
    if (kind == 4 && random.below(10) == 0) x *= 1e4;
    sample.push_back(x);
  }
  std::ranges::sort(sample);
  return sample;
}

TEST_CASE("no local maximum of the GPD likelihood is higher than the estimate") {
  // Rare ones: a maximum next to a minimum, twice, and two maxima of which the one further out is higher.
  std::vector<Sample> samples{{0.125, 0.125, 0.125, 0.375, 0.875, 0.875, 1.125, 1.625},
                              {0.375, 0.375, 0.375, 0.375, 0.375, 0.375, 0.625, 1.125, 1.125, 1.625, 1.875},
                              {0.625, 0.625, 375, 375, 875}};
  test::Random random(7);
  while (samples.size() < 400)
    samples.push_back(odd_sample(random, 2 + random.below(samples.size() % 4 == 0 ? 40 : 6)));
  std::size_t found = 0;
  std::size_t unbounded = 0;
  for (const Sample& sample : samples) {
    if (sample.front() == sample.back()) continue;
    const Estimate<Gpd> estimate = gpd_mle(sample);
    const auto n = static_cast<double>(sample.size());
    const std::optional<long double> expected = scan(sample);
    CAPTURE(sample, estimate.family.xi);
    REQUIRE(estimate.ok() == expected.has_value());
    if (!expected) {
      CHECK(estimate.status == EstimateStatus::unbounded);
      CHECK(estimate.family.xi == -1);
      CHECK(estimate.family.sigma == sample.back());
      CHECK(estimate.log_likelihood == Approx(-n * std::log(sample.back())));
      ++unbounded;
      continue;
    }
    ++found;
    // The scan finds a maximum's place to 1e-9, so its height to 1e-18; sums of rounded logarithms are right to 1e-14.
    CHECK(std::abs(estimate.log_likelihood / n + std::log(sample.back()) - static_cast<double>(*expected)) < 1e-13);
    CHECK(log_likelihood(sample, estimate.family) == Approx(estimate.log_likelihood).epsilon(1e-10).margin(1e-10));
    // And it is one in both parameters.
    for (const double angle : {0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0}) {
      const double reach = 1e-4 * std::min(1.0, 1 + estimate.family.xi);
      const Gpd beside{estimate.family.sigma * (1 + reach * std::cos(angle)),
                       estimate.family.xi + reach * std::sin(angle)};
      CHECK(log_likelihood(sample, beside) < estimate.log_likelihood + 1e-12 * n);
    }
  }
  CHECK(found > 150);  // the samples are not all of one kind
  CHECK(unbounded > 100);
}

TEST_CASE("the GPD's profile likelihood is the same near theta = 0 and far from it") {
  test::Random random(9);
  const Sample sample = draw(random, {1, 0.3}, 37);
  const detail::GpdProfile profile(sample);
  const double n = 37;
  for (const double log_stretch : {-3.0, -1.0, std::log(0.93749), std::log(0.93751), -0.01, -1e-6, 0.0, 1e-9, 0.01,
                                   std::log(1.06249), std::log(1.06251), 0.1, 1.0, 9.0}) {
    CAPTURE(log_stretch);
    const detail::GpdProfile::Point point = profile.at(log_stretch);
    long double xi = 0;
    long double r = 0;  // mean of w / (1 + tau w)
    long double squares = 0;
    for (const double x : sample) {
      const long double w = x / static_cast<long double>(sample.back());
      xi += std::log1p(point.tau * w) / n;
      r += w / (1 + point.tau * w) / n;
      squares += w * w / n;
    }
    CHECK(point.xi == Approx(static_cast<double>(xi)).epsilon(1e-13).margin(1e-300));
    if (std::abs(point.tau) > 1e-3) {
      // The slope of -log(xi / tau) - xi in tau; r is the slope of xi.
      CHECK(point.slope == Approx(static_cast<double>(1 / point.tau - r / xi - r)).epsilon(1e-12).margin(1e-13));
    } else {
      const double mean = static_cast<double>(r);
      // Its limit; tau is at most 1e-6, and the slope of the slope less than 1.
      CHECK(std::abs(point.slope - (static_cast<double>(squares) / (2 * mean) - mean)) <= 1e-6);
    }
    const double step = 1e-5;
    CHECK((profile.at(std::log1p(point.tau + step)).slope - profile.at(std::log1p(point.tau - step)).slope) /
              (2 * step) ==
          Approx(point.bend).epsilon(1e-6).margin(1e-8));
  }
}

TEST_CASE("GPD likelihood with a short tail") {
  // Of 2,000 numbers the estimate is right to some 5 / sqrt(2000) = 0.1 in xi, below -1/2 much closer.
  test::Random random(3);
  for (const double xi : {-0.5, -0.6, -0.75, -0.9}) {
    CAPTURE(xi);
    const Sample sample = draw(random, {1, xi}, 2000);
    const Estimate<Gpd> estimate = gpd_mle(sample);
    REQUIRE(estimate.ok());
    CHECK(std::abs(estimate.family.xi - xi) < 0.1);
    CHECK(-estimate.family.sigma / estimate.family.xi > sample.back());
    CHECK(gpd_errors(sample, estimate.family).has_value() == (estimate.family.xi > -0.5));
  }
  // xi = -0.99 in small samples is mostly not told from -1, but never is it an error or an end within the sample.
  for (int repetition = 0; repetition < 50; ++repetition) {
    const Sample sample = draw(random, {1, -0.99}, 30);
    const Estimate<Gpd> estimate = gpd_mle(sample);
    CHECK((estimate.ok() || estimate.status == EstimateStatus::unbounded));
    CHECK(log_likelihood(sample, estimate.family) > -infinity);
  }
}

TEST_CASE("the GPD likelihood has no seam at xi = 0") {
  // xi is 0 where the mean square is twice the squared mean; near there it is proportional to the difference, which the
  // greatest number of this sample moves.
  Sample sample;
  for (int i = 1; i <= 40; ++i) sample.push_back(-std::log((40.5 - i) / 40));
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i + 1 < sample.size(); ++i) {
    sum += sample[i];
    squares += sample[i] * sample[i];
  }
  // (squares + x^2) / n = 2 ((sum + x) / n)^2
  const double n = 40;
  const double a = 1 - 2 / n;
  const double half_b = -2 * sum / n;
  const double c = squares - 2 * sum * sum / n;
  const double balanced = (-half_b + std::sqrt(half_b * half_b - a * c)) / a;
  REQUIRE(balanced > sample[38]);
  const auto xi_at = [&](double difference) {
    sample.back() = balanced + difference;
    const Estimate<Gpd> estimate = gpd_mle(sample);
    REQUIRE(estimate.ok());
    return estimate.family.xi;
  };
  CHECK(std::abs(xi_at(0)) < 1e-14);  // `balanced` is right to an ulp or two
  const double slope = xi_at(1e-3) / 1e-3;
  CHECK(slope > 0.01);
  for (double difference = 1e-12; difference < 1e-3; difference *= 10) {
    CAPTURE(difference);
    // Curvature of order 1 times 1e-3, and the rounding of `balanced`.
    CHECK(xi_at(difference) / difference == Approx(slope).epsilon(0.01).margin(1e-15 / difference));
    CHECK(xi_at(-difference) / -difference == Approx(slope).epsilon(0.01).margin(1e-15 / difference));
  }
}

TEST_CASE("samples that no GPD can be estimated from") {
  for (const auto& [name, estimator] : estimators) {
    CAPTURE(name);
    CHECK(estimator({}).status == EstimateStatus::too_few);
    CHECK(estimator(Sample{1}).status == EstimateStatus::too_few);
    CHECK(estimator(Sample{0, 0, 0}).status == EstimateStatus::no_spread);
    CHECK(estimator(Sample{3, 3, 3, 3}).status == EstimateStatus::no_spread);
    CHECK(estimator(Sample{-1, 2, 3}).status == EstimateStatus::out_of_support);
  }
  CHECK(gpd_pwm(Sample{0, 0, 0, 1}).status == EstimateStatus::out_of_support);  // would have sigma = 0
  CHECK(gpd_mle(Sample{1, 2}).status == EstimateStatus::unbounded);
  const Estimate<Gpd> none = gpd_mle(Sample{1, 2});
  CHECK(gpd_xi_profile(Sample{1, 2}, none, 0.95).status == EstimateStatus::unbounded);
  CHECK(gpd_xi_profile(Sample{1, 2}, none, 0.95).interval.upper == infinity);
  CHECK(gpd_level_profile(Sample{1, 2}, none, 0.01, 0.95).interval.lower == 0);
  CHECK(gpd_level_upper_bound(Sample{1, 2}, none, 0.01, 0.95) == infinity);
  CHECK_FALSE(gpd_errors(Sample{1, 2}, none.family));
}

TEST_CASE("a GPD by moments that excludes the greatest number says so") {
  // By hand: l1 = 9/8, l2 = 1/8, so xi = 2 - 9 and sigma = 9; it ends at 9/7.
  const Sample sample{1, 1, 1, 1.5};
  const Estimate<Gpd> pwm = gpd_pwm(sample);
  CHECK(pwm.ok());
  CHECK(pwm.family.xi == Approx(-7));
  CHECK(pwm.family.sigma == Approx(9));
  CHECK(pwm.log_likelihood == -infinity);
  // m = 9/8, v = 1/16: m^2 / v = 81/4, so xi = -77/8 and sigma = 9/8 * 85/8; it ends at 1.24.
  const Estimate<Gpd> moments = gpd_moments(sample);
  CHECK(moments.family.xi == Approx(-77.0 / 8));
  CHECK(moments.family.sigma == Approx(9.0 / 8 * 85 / 8));
  CHECK(moments.log_likelihood == -infinity);
  CHECK(std::isnan(gpd_pwm(test::rain_above(30)).log_likelihood));
  CHECK(gpd_zhang_stephens(sample).family.cdf(1.5) < 1);  // never excludes one
}

TEST_CASE("GPD estimates of any sample are numbers") {
  test::Random random(11);
  for (int repetition = 0; repetition < 600; ++repetition) {
    Sample sample = odd_sample(random, 1 + random.below(20));
    const std::size_t kind = random.below(6);
    if (kind == 1) sample.back() = 1e300;
    if (kind == 2) sample = times(sample, 1e-310);
    if (kind == 3) std::fill(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 2), 0.0);
    if (kind == 4) sample.front() = std::min(sample.front(), 5e-324);
    if (kind == 5) sample = times(sample, 0x1.fffffffffffffp1023 / std::max(sample.back(), 1.0));
    std::ranges::sort(sample);
    for (const auto& [name, estimator] : estimators) {
      const Estimate<Gpd> estimate = estimator(sample);
      CAPTURE(repetition, name, sample, estimate.family.sigma, estimate.family.xi, to_string(estimate.status));
      CHECK(estimate.status != EstimateStatus::not_converged);
      if (!estimate.ok()) continue;
      CHECK(estimate.family.sigma > 0);
      CHECK(std::isfinite(estimate.family.sigma));
      CHECK(std::isfinite(estimate.family.xi));
    }
    const Estimate<Gpd> mle = gpd_mle(sample);
    if (!mle.ok()) continue;
    const Interval xi = gpd_xi_profile(sample, mle, 0.95).interval;
    CHECK(xi.lower >= -1);
    CHECK(xi.lower <= mle.family.xi);
    CHECK(xi.upper >= mle.family.xi);
    const double level = mle.family.upper_quantile(0.01);
    const Interval levels = gpd_level_profile(sample, mle, 0.01, 0.95).interval;
    CAPTURE(repetition, sample, level, levels.lower, levels.upper);
    CHECK(levels.lower <= level);
    CHECK(levels.upper >= level);
    CHECK(levels.lower >= 0);
  }
}

/// The greatest of a function with one maximum in [low, high].
template <typename Function>
double highest(const Function& function, double low, double high) {
  for (int i = 0; i < 120; ++i) {
    const double inner = low + 0.381966 * (high - low);
    const double outer = high - 0.381966 * (high - low);
    (function(inner) < function(outer) ? low : high) = function(inner) < function(outer) ? inner : outer;
  }
  return function((low + high) / 2);
}

TEST_CASE("GPD profile intervals end where the deviance says") {
  test::Random random(5);
  for (int repetition = 0; repetition < 60; ++repetition) {
    const double true_xi = 1.2 * random.uniform() - 0.45;
    const Sample sample = draw(random, {1, true_xi}, 5 + random.below(60));
    const Estimate<Gpd> mle = gpd_mle(sample);
    if (!mle.ok()) continue;
    CAPTURE(repetition, sample.size(), mle.family.xi, mle.family.sigma);
    const auto deviance_of_xi = [&](double xi) {
      const auto in_log_sigma = [&](double log_sigma) { return log_likelihood(sample, Gpd{std::exp(log_sigma), xi}); };
      const double least = std::log(xi < 0 ? -xi * sample.back() : 1e-9 * sample.back());
      return 2 * (mle.log_likelihood - highest(in_log_sigma, least, least + 40));
    };
    const Interval xi = gpd_xi_profile(sample, mle, 0.95).interval;
    CHECK(deviance_of_xi(xi.upper) == Approx(chi_squared_95).epsilon(1e-6));
    if (xi.lower > -1) {
      CHECK(deviance_of_xi(xi.lower) == Approx(chi_squared_95).epsilon(1e-6));
    } else {
      for (double inside = mle.family.xi; inside > -0.999; inside -= 0.01) {
        CHECK(deviance_of_xi(inside) <= chi_squared_95);
      }
    }
    if (sample.size() < 20) continue;  // smaller ones can have several maxima for one level
    const double ratio = 0.01;
    const auto deviance_of_level = [&](double level) {
      const auto in_xi = [&](double shape) {
        const Gpd unit{1, shape};
        return log_likelihood(sample, Gpd{level / unit.upper_quantile(ratio), shape});
      };
      double best = -infinity;
      for (double from = -0.95; from < 4; from += 0.05) best = std::max(best, in_xi(from));
      double start = -0.95;
      while (in_xi(start) < best) start += 0.05;
      return 2 * (mle.log_likelihood - highest(in_xi, start - 0.049, start + 0.05));
    };
    const Interval level = gpd_level_profile(sample, mle, ratio, 0.95).interval;
    CHECK(deviance_of_level(level.upper) == Approx(chi_squared_95).epsilon(1e-6));
    CHECK(deviance_of_level(level.lower) == Approx(chi_squared_95).epsilon(1e-6));
  }
}

// Exceedances that come and go.

TEST_CASE("the running GPD estimate is that of the exceedances that are there, whatever was there before") {
  test::Random random(12);
  std::size_t estimates = 0;
  std::size_t other_digits = 0;
  for (const std::size_t capacity : {25U, 200U}) {
    for (const double shape : {-0.6, -0.2, 0.0, 0.3, 1.5}) {
      GpdRunningFit running;
      std::vector<double> arrived;
      for (int i = 0; i < 2500; ++i) {
        // Some far out, some tied, some tiny; and a time with a new greatest at every step.
        double y = draw(random, {1, shape}, 1).front();
        if (i % 97 == 0) y *= 40;
        if (i % 5 == 0) y = std::ceil(4 * y) / 4;
        if (i % 31 == 0) y *= 1e-12;
        if (i > 1000 && i < 1100) y = 1e3 * i;
        if (arrived.size() == capacity) {
          running.remove(arrived.front());
          arrived.erase(arrived.begin());
        }
        arrived.push_back(y);
        running.add(y);
        Sample sorted = arrived;
        std::sort(sorted.begin(), sorted.end());
        const auto expected = gpd_mle(sorted);
        const auto estimate = running.estimate(sorted);
        CAPTURE(capacity, shape, i);
        REQUIRE(estimate.status == expected.status);
        ++estimates;
        if (estimate.family.sigma == expected.family.sigma && estimate.family.xi == expected.family.xi) continue;
        // From another start: Newton's last step is at most 2^-20, and leaves about its square.
        ++other_digits;
        REQUIRE(estimate.family.sigma == Approx(expected.family.sigma).epsilon(1e-11));
        REQUIRE(estimate.family.xi == Approx(expected.family.xi).epsilon(1e-11).margin(1e-11));
      }
    }
  }
  // Sums off by 2^-42 change a start that is rounded to 2^-12 in one of 2^30 or so cases, by far less than that where
  // the slope is close to 0 over the whole interval.
  CHECK(other_digits * 1000 <= estimates);
}

}  // namespace
