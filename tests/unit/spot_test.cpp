// SPDX-License-Identifier: Apache-2.0
// SpotThreshold, SpotStream and DspotThreshold.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/gpd_truncated.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/thresholds/dspot_threshold.hpp"
#include "plimsoll/thresholds/spot_threshold.hpp"
#include "random.hpp"
#include "signed_bytes.hpp"

namespace {

using namespace plimsoll;
using Kind = SpotDecision::Kind;
using test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array modes{FlaggedScores::excluded, FlaggedScores::kept, FlaggedScores::truncated};

std::vector<double> exponentials(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> scores(n);
  for (double& score : scores) score = random.exponential();
  return scores;
}

/// Scores with 20 bits behind the point, so that the sums of a window are exact in whatever order.
std::vector<double> coarse(std::vector<double> scores) {
  for (double& score : scores) score = std::round(score * 0x1p20) * 0x1p-20;
  return scores;
}

std::vector<double> negated(std::vector<double> scores) {
  for (double& score : scores) score = -score;
  return scores;
}

template <typename Stream>
Stream calibrated(const typename Stream::Parameters& parameters, std::span<const double> scores) {
  Stream stream{parameters};
  REQUIRE(stream.calibrate(scores) == FitStatus::ok);
  return stream;
}

Fit compute(const SpotParameters& parameters, Scores scores) {
  SpotThreshold threshold{parameters};
  threshold.update(scores);
  return threshold.compute();
}

// The batch fit.

TEST_CASE("the cutoff is that of the likelihood's maximum") {
  // Scores i = 1 .. 1000, all whole numbers; the likelihood maximised by mpmath with 40 digits. 1e-7: where the
  // derivative of a likelihood is 0 its value tells the parameters to the square root of a double's precision.
  const auto root = [](double x) { return std::floor(std::sqrt(x)); };  // exact below 2^52, all squares included
  const auto check = [](const auto& score, double level, double rate, double expected) {
    std::vector<double> scores;
    for (int i = 1; i <= 1000; ++i) scores.push_back(score(i));
    const Fit fit = compute({.false_alarm_rate = rate, .level = level}, scores);
    REQUIRE(fit.ok());
    CHECK(fit.cutoff.value() == Approx(expected).epsilon(1e-7));
    CHECK(fit.promise.guarantee == Guarantee::model_based);
    CHECK(fit.promise.false_alarm_rate == rate);
  };
  const auto heavy = [](int i) { return std::floor(0x1p20 / i); };
  check(heavy, 0.98, 0.001, 620438.17606731033358);
  check(heavy, 0.9, 0.0005, 1464749.4918276210047);
  const auto middle = [&](int i) { return root(std::floor(0x1p40 / i)); };
  check(middle, 0.98, 0.001, 794359.69832093292233);
  check(middle, 0.9, 0.0005, 1173577.8557881011869);
  const auto bounded = [&](int i) { return 0x1p20 - root(i * 0x1p20); };
  check(bounded, 0.98, 0.001, 1047234.0123174789683);
  check(bounded, 0.9, 0.0005, 1047408.8457196135871);
}

TEST_CASE("the tail starts at the smallest rank that reaches the level") {
  for (std::size_t n = 1; n <= 400; ++n) {
    for (std::size_t percent = 1; percent < 100; ++percent) {
      const std::size_t expected = (n * percent + 99) / 100;  // in whole numbers
      if (detail::start_rank(n, static_cast<double>(percent) / 100) != expected) FAIL(n << " " << percent);
    }
  }
  for (const double level : {0.5, 0.9, 0.98, 0.999}) {
    const std::size_t n = detail::start_count(level);
    CHECK(n - detail::start_rank(n, level) == 20);
    CHECK(n - 1 - detail::start_rank(n - 1, level) < 20);
  }
  CHECK(detail::start_count(0.98) == 1000);
  CHECK(detail::start_count(0.9) == 200);
}

TEST_CASE("a parameter out of range is refused by name and value") {
  CHECK_THROWS_WITH(SpotThreshold({.level = 1}), "spot: level = 1 is not a number in (0, 1)");
  CHECK_THROWS_WITH(SpotThreshold({.false_alarm_rate = 0.02}),
                    Catch::Matchers::StartsWith("spot: false_alarm_rate = 0.02 is not below 1 - level = 0.02"));
  CHECK_THROWS_WITH(SpotStream({.false_alarm_rate = nan}),
                    Catch::Matchers::StartsWith("spot: false_alarm_rate = nan is not a number in (0, 1)"));
  CHECK_THROWS_AS(SpotStream({.max_excess = 19}), ParameterError);
  CHECK_THROWS_AS(SpotStream({.tail = static_cast<Tail>(2)}), ParameterError);
  CHECK_THROWS_AS(SpotStream({.flagged = static_cast<FlaggedScores>(3)}), ParameterError);
  CHECK_THROWS_AS(DspotThreshold({.level = 0.9, .depth = 0}), ParameterError);
  CHECK_THROWS_AS(DspotThreshold({.false_alarm_rate = 0.2, .level = 0.9}), ParameterError);
}

TEST_CASE("too few scores, tied scores and scores without a tail have no cutoff") {
  for (std::size_t n = 0; n <= 20; ++n) {
    const std::vector<double> scores = exponentials(n, 1);
    const Fit fit = compute({}, scores);
    CHECK(fit.status == FitStatus::too_few_scores);
    CHECK(fit.cutoff == Cutoff{});
    CHECK(fit.promise.normals_needed == 1000);
    SpotStream spot;
    CHECK(spot.calibrate(scores) == FitStatus::too_few_scores);
    DspotThreshold dspot;
    CHECK(dspot.calibrate(scores) == FitStatus::too_few_scores);
    CHECK_FALSE(dspot.calibrated());
  }
  CHECK(compute({.level = 0.5}, exponentials(39, 1)).status == FitStatus::too_few_scores);
  CHECK(compute({.level = 0.5}, exponentials(40, 1)).ok());
  const std::vector<double> constant(1100, 0.1);
  CHECK(compute({}, constant).status == FitStatus::no_spread);
  SpotStream spot;
  CHECK(spot.calibrate(constant) == FitStatus::no_spread);
  DspotThreshold dspot;
  CHECK(dspot.calibrate(constant) == FitStatus::no_spread);  // the mean of equal numbers is that number

  std::vector<double> tied(1000, 1.0);
  std::fill_n(tied.begin(), 19, 2.0);
  CHECK(compute({}, tied).status == FitStatus::too_few_scores);
  std::fill_n(tied.begin(), 25, 2.0);
  CHECK(compute({.level = 0.97}, tied).status == FitStatus::no_spread);  // the peaks are all equal
  for (std::size_t i = 0; i < 25; ++i) tied[i] += static_cast<double>(i * i);
  CHECK(compute({.level = 0.97}, tied).ok());
  const Fit outside = compute({.false_alarm_rate = 0.025, .level = 0.97}, tied);  // just as many are above the start
  CHECK(outside.status == FitStatus::not_applicable);

  std::vector<double> huge = exponentials(1000, 2);
  for (double& score : huge) score = score < 1 ? -1.7e308 : 1.7e308 * std::min(1.0, score / 8);
  CHECK(compute({.level = 0.5}, huge).status == FitStatus::not_applicable);
}

TEST_CASE("the fit does not depend on the order, and follows the unit exactly for powers of two") {
  std::vector<double> scores = exponentials(3000, 3);
  const Fit fit = compute({}, scores);
  REQUIRE(fit.ok());
  Random random(4);
  random.shuffle(scores);
  CHECK(compute({}, scores).cutoff == fit.cutoff);
  for (const double factor : {8.0, 0x1p-900, 0x1p900}) {
    std::vector<double> scaled = scores;
    for (double& score : scaled) score *= factor;
    CHECK(compute({}, scaled).cutoff.value() == factor * fit.cutoff.value());
  }
  // A shift rounds each score; the cutoff passes on some of their 1e-13.
  for (double& score : scores) score = 1000 * score - 500;
  CHECK(compute({}, scores).cutoff.value() == Approx(1000 * fit.cutoff.value() - 500).epsilon(1e-11));
}

TEST_CASE("on exponential scores, where the model is true, the rate is kept but for the fit's own error") {
  // P(score >= c) = exp(-c) exactly. Means over 400 fits to N = 500 peaks. With L = log(0.1 / 1e-3) and the asymptotic
  // covariance (2, -1; -1, 1) / N of sigma and xi (Smith 1987, Annals of Statistics 15(3), 1174-1207), the variance of
  // log(rate) is (2 L^2 - L^3 + L^4 / 4 + 1) / N = 0.116, and half of that, 6 %, is the mean's excess over the rate.
  double mean = 0;
  double square = 0;
  constexpr int repetitions = 400;
  for (int i = 0; i < repetitions; ++i) {
    const Fit fit = compute({.level = 0.9}, exponentials(5000, 100 + static_cast<std::uint64_t>(i)));
    REQUIRE(fit.ok());
    const double rate = std::exp(-fit.cutoff.value());
    mean += rate / repetitions;
    square += rate * rate / repetitions;
  }
  const double error = std::sqrt((square - mean * mean) / repetitions);
  CHECK(mean > 1e-3 - 4 * error);
  CHECK(mean < 1.06e-3 + 4 * error);
}

TEST_CASE("a stream starts at the batch's cutoff") {
  const std::vector<double> scores = exponentials(20000, 5);  // 400 peaks, twice as many as are kept
  SpotThreshold threshold;
  threshold.update(scores);
  const SpotStream stream = threshold.stream();
  CHECK(stream.cutoff() == threshold.compute().cutoff.value());
  CHECK(stream.count() == 20000);
  CHECK(stream.peak_count() == 400);
  CHECK(stream.excesses().size() == 200);
  CHECK(threshold.stream(Tail::lower).cutoff() < 0.01);  // exponential scores end at 0
  CHECK(threshold.stream(Tail::upper, FlaggedScores::kept, 50).excesses().size() == 50);
  SpotThreshold floats;
  floats.update(std::vector<float>(scores.begin(), scores.end()));
  CHECK(floats.stream().cutoff() == floats.compute().cutoff.value());
  CHECK_FALSE(SpotThreshold{}.stream().calibrated());
}

// The estimate from truncated peaks.

TEST_CASE("the truncated likelihood's maximum is that found with 40 digits") {
  // Starts from Nelder and Mead (scipy.optimize.minimize), then the root of the gradient by mpmath with 40 digits, of
  // the likelihood written down as log f(y) - log F(bound). 1e-7 as above; with what is known of xi beforehand the
  // log-likelihood is not flat at the estimate, and takes on some of its error.
  const auto root = [](double x) { return std::floor(std::sqrt(x)); };
  const auto check = [&](const auto& exceedance, int kind, double sigma, double xi, double log_likelihood) {
    std::vector<double> y, bounds;
    for (int i = 1; i <= 40; ++i) y.push_back(exceedance(i));
    const double most = *std::max_element(y.begin(), y.end());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool odd = i % 2 == 1;
      if (kind == 1) bounds.push_back(odd ? infinity : most + 1);
      if (kind != 1) bounds.push_back(most + std::floor(most / (odd ? 8 : 2)));
    }
    const double deviation = kind == 2 ? 0.2 : infinity;
    INFO("kind " << kind << ", xi " << xi);
    for (const stats::Gpd& start : {stats::Gpd{sigma * 1.1, xi + 0.05}, stats::Gpd{most, 0.0}, stats::Gpd{1, 5}}) {
      const auto estimate = stats::gpd_truncated_mle(y, bounds, start, deviation);
      REQUIRE(estimate.ok());
      CHECK(estimate.family.sigma == Approx(sigma).epsilon(1e-7));
      CHECK(estimate.family.xi == Approx(xi).epsilon(1e-7));
      CHECK(estimate.log_likelihood == Approx(log_likelihood).epsilon(1e-10));
    }
    const stats::Gpd start{most, 0};
    const auto estimate = stats::gpd_truncated_mle(y, bounds, start, deviation);
    for (const double factor : {8.0, 0x1p-900, 0x1p900}) {
      auto scaled = y, limits = bounds;
      for (double& value : scaled) value *= factor;
      for (double& value : limits) value *= factor;
      const auto other = stats::gpd_truncated_mle(scaled, limits, {factor * most, 0}, deviation);
      CHECK(other.family.sigma == factor * estimate.family.sigma);
      CHECK(other.family.xi == estimate.family.xi);
    }
  };
  const auto heavy = [](int i) { return std::floor(0x1p20 / (i + 1)); };
  check(heavy, 0, 78556.10788555465, 0.1093577268157603, -494.4481863566142);
  check(heavy, 1, 78843.47086612019, 0.1070618752409439, -494.4209503939901);
  check(heavy, 2, 81088.81683699956, 0.06822385496277687, -494.4815146958363);
  const auto middle = [&](int i) { return root(std::floor(0x1p40 / (i + 1))); };
  check(middle, 0, 383688.4098311282, -0.4839204850803072, -534.9466233747354);
  check(middle, 1, 384288.0065573976, -0.4786104083938567, -534.866090966933);
  check(middle, 2, 327364.68097363, -0.358110871808681, -535.5673033665736);
  const auto bounded = [&](int i) { return 0x1p20 - root(std::floor(i * 0x1p40 / 45)); };
  check(bounded, 0, 642619.0324285177, -0.7052520000336699, -546.7222137215472);
  check(bounded, 1, 639034.573942203, -0.6935631708909899, -546.6171287246273);
  check(bounded, 2, 469145.2117254133, -0.3470219391631498, -548.981779561488);
}

TEST_CASE("without bounds the truncated estimate is that of the likelihood") {
  for (const std::size_t n : {100U, 1000U}) {
    for (const double xi : {-0.3, 0.0, 0.4}) {
      std::vector<double> y = exponentials(n, 40 + n);
      for (double& value : y) value = stats::Gpd{3, xi}.upper_quantile(std::exp(-value));
      std::ranges::sort(y);
      const auto expected = stats::gpd_mle(y);
      const auto estimate = stats::gpd_truncated_mle(y, std::vector<double>(n, infinity), {3, 0});
      REQUIRE(estimate.ok());
      CHECK(estimate.family.sigma == Approx(expected.family.sigma).epsilon(1e-8));
      CHECK(estimate.family.xi == Approx(expected.family.xi).epsilon(1e-8));
    }
  }
  const std::vector<double> bounds(3, infinity);
  const auto status = [&](const std::vector<double>& y) {
    return stats::gpd_truncated_mle(y, std::span(bounds).first(y.size()), {1, 0}).status;
  };
  CHECK(status({1}) == stats::EstimateStatus::too_few);
  CHECK(status({2, 2, 2}) == stats::EstimateStatus::no_spread);
  CHECK(status({-1, 2, 3}) == stats::EstimateStatus::out_of_support);
  // As if the density rose up to the bound, which that of no such distribution does.
  const auto rising =
      stats::gpd_truncated_mle(std::vector{0.97, 0.98, 0.985, 0.99}, std::vector<double>(4, 1.0), {1, 0}, 0.01);
  CHECK(rising.status == stats::EstimateStatus::not_converged);
}

TEST_CASE("the derivatives of the truncated likelihood are those of its value") {
  const std::vector<double> y = {0.01, 0.2, 0.5, 0.7, 1.3, 2.0};
  const std::vector<double> bounds = {0.02, 0.3, infinity, 3, 1.5, 40};
  const auto at = [&](double log_sigma, double xi) {
    return stats::detail::gpd_truncated_curvature(y, bounds, 0.7, log_sigma, xi, 0.3);
  };
  constexpr double h = 1e-5;  // central differences: h^2 of truncation, and 1e-16 / h of rounding
  for (const double log_sigma : {0.3, 1.5}) {
    for (const double xi : {-0.3, -1e-9, 0.0, 1e-3, 0.6}) {
      const auto here = at(log_sigma, xi);
      const auto right = at(log_sigma + h, xi), left = at(log_sigma - h, xi);
      const auto up = at(log_sigma, xi + h), down = at(log_sigma, xi - h);
      CHECK(here.gradient[0] == Approx((right.value - left.value) / (2 * h)).margin(1e-8));
      CHECK(here.gradient[1] == Approx((up.value - down.value) / (2 * h)).margin(1e-8));
      CHECK(here.hessian[0][0] == Approx((right.gradient[0] - left.gradient[0]) / (2 * h)).margin(1e-8));
      CHECK(here.hessian[1][0] == Approx((right.gradient[1] - left.gradient[1]) / (2 * h)).margin(1e-8));
      CHECK(here.hessian[1][1] == Approx((up.gradient[1] - down.gradient[1]) / (2 * h)).margin(1e-8));
    }
  }
}

// The streams against all that they ever saw, kept and recomputed at each step.

struct Reference {
  double rate, level;
  std::size_t max_excess;
  FlaggedScores mode;
  std::size_t depth;
  std::vector<double> normals;                      // raw scores that were not flagged, for the mean
  std::vector<std::pair<double, double>> excesses;  // all of them with their bounds, by arrival
  double start = 0, count = 0, calibration = 0, line = 0;
  stats::Gpd tail{};
  std::uint64_t failed = 0;

  double mean() const {
    if (depth == 0) return 0;
    double sum = 0;
    for (std::size_t i = normals.size() - depth; i < normals.size(); ++i) sum += normals[i];
    return sum / static_cast<double>(depth);
  }
  void fit(std::size_t most) {
    auto pairs = excesses;
    pairs.erase(pairs.begin(), pairs.end() - static_cast<std::ptrdiff_t>(std::min(most, pairs.size())));
    std::sort(pairs.begin(), pairs.end());
    std::vector<double> latest, bounds;
    for (const auto& pair : pairs) {
      latest.push_back(pair.first);
      bounds.push_back(pair.second);
    }
    const bool truncated = mode == FlaggedScores::truncated && count > calibration;
    const auto estimate = truncated ? stats::gpd_truncated_mle(latest, bounds, tail, 0.2) : stats::gpd_mle(latest);
    if (estimate.ok()) tail = estimate.family;
    failed += static_cast<std::uint64_t>(!estimate.ok());
    const double unseen = truncated ? (count - calibration) * (rate / (1 - rate)) : 0;
    const double share = rate * ((count + unseen) / (static_cast<double>(excesses.size()) + unseen));
    line = start + tail.upper_quantile(std::min(1.0, share));
  }
  void calibrate(const std::vector<double>& scores) {
    std::vector<double> relative;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (i >= depth) relative.push_back(scores[i] - mean());
      normals.push_back(scores[i]);
    }
    std::vector<double> sorted = relative;
    std::sort(sorted.begin(), sorted.end());
    std::size_t rank = 1;
    while (static_cast<double>(rank) / static_cast<double>(sorted.size()) < level) ++rank;
    start = sorted[rank - 1];
    for (const double x : relative) {
      if (x > start) excesses.emplace_back(x - start, infinity);
    }
    count = calibration = static_cast<double>(relative.size());
    fit(excesses.size());
  }
  SpotDecision step(double score) {
    const double center = mean();
    const double cutoff = center + line;
    const bool flagged = score >= cutoff;
    SpotDecision decision{flagged ? Kind::anomalous : Kind::normal, cutoff};
    if (flagged && mode != FlaggedScores::kept) return decision;
    ++count;
    if (!flagged) normals.push_back(score);
    if (score - center > start) {
      if (!flagged) decision.kind = Kind::excess;
      const double excess = score - center - start;
      excesses.emplace_back(excess, mode == FlaggedScores::truncated ? std::max(line - start, excess) : infinity);
      fit(max_excess);
    }
    return decision;
  }
};

template <typename Stream>
void compare_with_reference(const typename Stream::Parameters& parameters, std::size_t depth,
                            const std::vector<double>& past, const std::vector<double>& future) {
  INFO("depth " << depth << ", max_excess " << parameters.max_excess << ", flagged "
                << static_cast<int>(parameters.flagged));
  Reference reference{
      parameters.false_alarm_rate, parameters.level, parameters.max_excess, parameters.flagged, depth, {}, {}};
  reference.calibrate(past);
  Stream stream = calibrated<Stream>(parameters, past);
  auto lower = parameters;
  lower.tail = Tail::lower;
  Stream mirrored = calibrated<Stream>(lower, negated(past));
  std::size_t flagged = 0, excesses = 0;
  for (std::size_t i = 0; i < future.size(); ++i) {
    const bool asked = stream.anomalous(future[i]);
    const SpotDecision expected = reference.step(future[i]);
    const SpotDecision decision = stream.step(future[i]);
    const SpotDecision mirror = mirrored.step(-future[i]);
    if (!(decision == expected) || decision.anomalous() != asked) FAIL("step " << i);
    if (mirror.kind != decision.kind || mirror.cutoff != -decision.cutoff) FAIL("lower tail, step " << i);
    flagged += static_cast<std::size_t>(decision.anomalous());
    excesses += static_cast<std::size_t>(decision.kind == Kind::excess);
  }
  CHECK(flagged > 0);
  CHECK(excesses > 2 * parameters.max_excess);  // so that each left the memory
  CHECK(stream.count() == static_cast<std::uint64_t>(reference.count));
  CHECK(stream.peak_count() == reference.excesses.size());
  CHECK(stream.failed_refits() == reference.failed);
}

TEST_CASE("streams decide as if they recomputed everything from all they saw, bit for bit") {
  const std::vector<double> past = coarse(exponentials(600, 6));
  std::vector<double> future = coarse(exponentials(3000, 7));
  for (std::size_t i = 50; i < future.size(); i += 300) future[i] += 8;
  for (const std::size_t max_excess : {20U, 37U, 120U}) {
    for (const FlaggedScores flagged : modes) {
      compare_with_reference<SpotStream>(
          {.false_alarm_rate = 5e-3, .level = 0.9, .max_excess = max_excess, .flagged = flagged}, 0, past, future);
      for (const std::size_t depth : {1U, 16U}) {  // powers of two, so that the means are exact
        compare_with_reference<DspotThreshold>(
            {.false_alarm_rate = 5e-3, .level = 0.9, .max_excess = max_excess, .flagged = flagged, .depth = depth},
            depth, past, future);
      }
    }
  }
}

// What libspot was seen to do.

TEST_CASE("after eviction the ring is that of the latest numbers, and nothing of the others is left") {
  for (const std::size_t capacity : {1U, 2U, 3U, 7U}) {
    detail::PeakRing ring(capacity);
    detail::PeakRing assigned(capacity);
    std::vector<detail::Peak> all;
    Random random(8);
    for (int i = 0; i < 200; ++i) {
      const double excess = 1 + static_cast<double>(random.below(5));  // with ties
      const auto above = static_cast<double>(random.below(3));
      all.push_back({excess, above < 2 ? excess + above : infinity});
      ring.push(all.back());
      assigned.assign(all);
      std::vector<detail::Peak> latest(all.end() - static_cast<std::ptrdiff_t>(std::min(capacity, all.size())),
                                       all.end());
      for (const detail::PeakRing& one : {ring, assigned}) {
        REQUIRE(one.size() == latest.size());
        for (std::size_t age = 0; age < latest.size(); ++age) REQUIRE(one.arrived(age) == latest[age]);
        auto sorted = latest;
        std::sort(sorted.begin(), sorted.end());
        for (std::size_t k = 0; k < sorted.size(); ++k)
          REQUIRE(detail::Peak{one.ascending()[k], one.bounds()[k]} == sorted[k]);
      }
    }
  }
  // 1e17 has no room for units: a running sum would be left with what it rounded away.
  detail::MeanWindow window(4);
  for (const double number : {1e17, -3e16, 5.0, 1e17, 1.0, 2.0, 3.0, 4.0}) window.push(number);
  CHECK(window.mean() == 2.5);
  window.push(5);
  CHECK(window.mean() == 3.5);
  // The mean of equal numbers is that number, which a sum divided by its count is not.
  for (std::size_t depth = 1; depth < 60; ++depth) {
    detail::MeanWindow equal(depth);
    equal.assign(std::vector<double>(depth, 0.7));
    CHECK(equal.mean() == 0.7);
  }
}

TEST_CASE("ascending calibration scores give the start and the cutoff of shuffled ones") {
  std::vector<double> scores = exponentials(2000, 9);
  const double cutoff = calibrated<SpotStream>({}, scores).cutoff();
  std::ranges::sort(scores);
  CHECK(calibrated<SpotStream>({}, scores).cutoff() == cutoff);
  std::ranges::reverse(scores);
  CHECK(calibrated<SpotStream>({}, scores).cutoff() == cutoff);
}

TEST_CASE("calibrating again forgets what was before") {
  const std::vector<double> first = exponentials(4000, 10);
  std::vector<double> second = exponentials(1200, 11);
  for (double& score : second) score = 3 * score + 7;
  const auto check = [&](auto fresh) {
    auto used = fresh;
    REQUIRE(used.calibrate(first) == FitStatus::ok);
    for (const double score : exponentials(500, 12)) used.step(score);
    REQUIRE(used.calibrate(second) == FitStatus::ok);
    auto expected = fresh;
    REQUIRE(expected.calibrate(second) == FitStatus::ok);
    CHECK(used.snapshot() == expected.snapshot());
    CHECK(used.calibrate(std::vector<double>(1200, 1.0)) == FitStatus::no_spread);
    CHECK(used.snapshot() == fresh.snapshot());
    CHECK(used.cutoff() == infinity);
  };
  check(SpotStream{});
  check(DspotThreshold{});
}

TEST_CASE("calibrating again on the same scores, the stream goes on as a new one") {
  const std::vector<double> past = exponentials(1200, 17);
  Random random(18);
  std::vector<double> after(200);
  for (double& score : after) score = 4 * random.uniform();  // many peaks, none of them the largest
  const auto check = [&](auto fresh) {
    auto used = fresh;
    REQUIRE(used.calibrate(past) == FitStatus::ok);
    REQUIRE(fresh.calibrate(past) == FitStatus::ok);
    for (const double score : after) used.step(score);
    REQUIRE(used.calibrate(past) == FitStatus::ok);
    std::size_t differ = 0;
    for (const double score : after) {
      used.step(score);
      fresh.step(score);
      differ += used.cutoff() != fresh.cutoff() ? 1U : 0U;
    }
    CHECK(differ == 0);
  };
  check(SpotStream{{.flagged = FlaggedScores::excluded}});
  check(DspotThreshold{{.flagged = FlaggedScores::excluded}});
}

TEST_CASE("a flagged score is reported whether or not it is kept") {
  const std::vector<double> past = exponentials(1200, 13);
  for (const FlaggedScores flagged : modes) {
    SpotStream spot = calibrated<SpotStream>({.flagged = flagged}, past);
    DspotThreshold dspot = calibrated<DspotThreshold>({.flagged = flagged}, past);
    CHECK(spot.step(100).kind == Kind::anomalous);
    CHECK(dspot.step(100).kind == Kind::anomalous);
    const bool kept = flagged == FlaggedScores::kept;
    CHECK(spot.count() == (kept ? 1201 : 1200));
    CHECK(spot.peak_count() == (kept ? 25 : 24));
    CHECK(dspot.count() == (kept ? 1151 : 1150));
  }
}

TEST_CASE("equal to the start is no peak, equal to the cutoff is anomalous, at calibration as later") {
  // 979 zeros and the scores 1 + i^2, i = 0 .. 20: the start is x(980) = 1, and 20 scores are above it.
  std::vector<double> past(979, 0.0);
  for (int i = 0; i <= 20; ++i) past.push_back(1 + i * i);
  SpotStream stream = calibrated<SpotStream>({.false_alarm_rate = 5e-3}, past);
  CHECK(stream.peak_count() == 20);
  CHECK(stream.excesses().front() == 1);
  CHECK(stream.step(1).kind == Kind::normal);
  CHECK(stream.peak_count() == 20);
  const double cutoff = stream.cutoff();
  CHECK(stream.anomalous(cutoff));
  CHECK(stream.step(cutoff).kind == Kind::anomalous);
  CHECK(Cutoff{cutoff}(cutoff));
  CHECK(stream.step(std::nextafter(cutoff, 0.0)).kind == Kind::excess);
  const double above = std::nextafter(1.0, 2.0);
  CHECK(stream.step(above).kind == Kind::excess);
  CHECK(stream.excesses().front() == above - 1);
  // In the batch: a 22nd score at the start is not a peak there either.
  past[0] = 1;
  CHECK(calibrated<SpotStream>({.false_alarm_rate = 5e-3}, past).peak_count() == 20);
}

// Odd scores.

TEST_CASE("NaN and infinities are decided, and change nothing") {
  const std::vector<double> past = exponentials(1200, 14);
  const auto check = [&](auto stream) {
    const bool lower = stream.parameters().tail == Tail::lower;
    REQUIRE(stream.calibrate(lower ? negated(past) : past) == FitStatus::ok);
    const auto before = stream.snapshot();
    const double stranger = lower ? -infinity : infinity;
    CHECK(stream.step(nan).kind == Kind::anomalous);
    CHECK(stream.step(-nan).kind == Kind::anomalous);
    CHECK(stream.step(stranger).kind == Kind::anomalous);
    CHECK(stream.step(-stranger).kind == Kind::normal);
    CHECK(stream.snapshot() == before);
    CHECK_THROWS_WITH(stream.calibrate(std::vector<double>{1, 2, nan}), Catch::Matchers::Contains("scores[2] is NaN"));
    CHECK_THROWS_WITH(stream.calibrate(std::vector<double>{-infinity}), Catch::Matchers::Contains("scores[0] is -inf"));
    CHECK(stream.snapshot() == before);
  };
  for (const Tail tail : {Tail::upper, Tail::lower}) {
    for (const FlaggedScores flagged : modes) {
      check(SpotStream{{.tail = tail, .flagged = flagged}});
      check(DspotThreshold{{.tail = tail, .flagged = flagged}});
    }
  }
}

TEST_CASE("a stream that is not calibrated lets all numbers pass") {
  for (const Tail tail : {Tail::upper, Tail::lower}) {
    SpotStream spot{{.tail = tail}};
    CHECK(spot.cutoff() == (tail == Tail::upper ? infinity : -infinity));
    CHECK(spot.step(1e300).kind == Kind::normal);
    CHECK(spot.step(-1e300).kind == Kind::normal);
    CHECK(spot.step(nan).kind == Kind::anomalous);
    CHECK(spot.count() == 0);
  }
}

TEST_CASE("huge scores end no step with a cutoff that is no number") {
  for (const FlaggedScores flagged : modes) {
    SpotStream spot = calibrated<SpotStream>({.level = 0.9, .flagged = flagged}, exponentials(500, 15));
    DspotThreshold dspot = calibrated<DspotThreshold>({.level = 0.9, .flagged = flagged}, exponentials(500, 15));
    Random random(16);
    for (int i = 0; i < 2000; ++i) {
      const double score = std::ldexp(random.uniform() - 0.5, static_cast<int>(random.below(2090)) - 1065);
      if (std::isnan(spot.step(score).cutoff) || std::isnan(dspot.step(score).cutoff)) FAIL("score " << score);
    }
    CHECK(std::isfinite(spot.cutoff()));
    CHECK(spot.step(nan).kind == Kind::anomalous);
  }
  // Beyond what a mean is safe for, and where the difference to the start overflows: decided, and nothing learned.
  DspotThreshold dspot = calibrated<DspotThreshold>({.flagged = FlaggedScores::kept}, exponentials(1200, 15));
  const auto before = dspot.snapshot();
  CHECK(dspot.step(1e302).kind == Kind::anomalous);
  CHECK(dspot.step(-1e302).kind == Kind::normal);
  CHECK(dspot.snapshot() == before);
  CHECK(dspot.calibrate(std::vector<double>(1200, 1e302)) == FitStatus::not_applicable);
  std::vector<double> low = exponentials(1200, 15);
  for (double& score : low) score = 1e307 * score - 1.7e308;
  SpotStream spot = calibrated<SpotStream>({.flagged = FlaggedScores::kept}, low);
  CHECK(spot.step(1.7e308).kind == Kind::anomalous);
  CHECK(spot.count() == 1200);
}

TEST_CASE("streams follow the unit exactly for powers of two, and a shift nearly") {
  const std::vector<double> past = exponentials(1200, 17);
  const std::vector<double> future = exponentials(2000, 18);
  const auto check = [&](auto stream) {
    auto scaled = stream;
    auto shifted = stream;
    const auto map = [](std::vector<double> scores, double factor, double offset) {
      for (double& score : scores) score = factor * score + offset;
      return scores;
    };
    REQUIRE(stream.calibrate(past) == FitStatus::ok);
    REQUIRE(scaled.calibrate(map(past, 8, 0)) == FitStatus::ok);
    REQUIRE(shifted.calibrate(map(past, 1, 4096)) == FitStatus::ok);
    for (const double score : future) {
      const SpotDecision decision = stream.step(score);
      if (!(scaled.step(8 * score) == SpotDecision{decision.kind, 8 * decision.cutoff})) FAIL("8 x " << score);
      // Each score is rounded to 2^-41, 5e-13, and the cutoff extrapolates from them.
      const SpotDecision moved = shifted.step(score + 4096);
      if (moved.kind != decision.kind || std::abs(moved.cutoff - 4096 - decision.cutoff) > 1e-9)
        FAIL("4096 + " << score);
    }
  };
  check(SpotStream{});
  check(DspotThreshold{});
}

TEST_CASE("constant scores after calibration are no peaks, and ties in the tail are") {
  SpotStream stream = calibrated<SpotStream>({.max_excess = 20}, exponentials(1200, 19));
  const double cutoff = stream.cutoff();
  for (int i = 0; i < 1000; ++i) stream.step(0.5);
  CHECK(stream.cutoff() == cutoff);
  CHECK(stream.count() == 2200);
  // All peaks become equal: no tail can be fitted, the last one is kept, and that is counted.
  const double peak = cutoff - stream.excesses().front();
  std::size_t excesses = 0;
  for (int i = 0; i < 100; ++i)
    excesses += static_cast<std::size_t>(!stream.step(std::min(peak, 0.999 * stream.cutoff())).anomalous());
  CHECK(excesses == 100);
  CHECK(std::isfinite(stream.cutoff()));
}

TEST_CASE("a tail that cannot be refitted stays, and is counted") {
  SpotStream stream =
      calibrated<SpotStream>({.max_excess = 20, .flagged = FlaggedScores::excluded}, exponentials(1200, 20));
  const double start = stream.cutoff() - stream.tail().upper_quantile(1e-3 * 1200 / 24);
  stats::Gpd tail = stream.tail();
  std::uint64_t failed = 0;
  const double peak = start + 0.1 * (stream.cutoff() - start);
  for (int i = 0; i < 25; ++i) {  // the latest 20 peaks become equal
    REQUIRE(stream.step(peak).kind == Kind::excess);
    const auto estimate = stats::gpd_mle(stream.excesses());
    if (estimate.ok()) tail = estimate.family;
    failed += static_cast<std::uint64_t>(!estimate.ok());
    REQUIRE(stream.failed_refits() == failed);
    REQUIRE(stream.tail().sigma == tail.sigma);
    REQUIRE(stream.tail().xi == tail.xi);
    // It is applied to the new counts.
    const double share = 1e-3 * static_cast<double>(stream.count()) / static_cast<double>(stream.peak_count());
    CHECK(stream.cutoff() == Approx(start + tail.upper_quantile(share)).epsilon(1e-14));
  }
  CHECK(failed > 0);
  // The same with a truncated tail, of which equal peaks are the only failure that is certain.
  SpotStream truncated = calibrated<SpotStream>({.max_excess = 20}, exponentials(1200, 20));
  for (int i = 0; i < 19; ++i) truncated.step(peak);
  const stats::Gpd last = truncated.tail();
  const std::uint64_t before = truncated.failed_refits();
  for (std::uint64_t i = 1; i <= 5; ++i) {
    truncated.step(peak);
    CHECK(truncated.failed_refits() == before + i);
    CHECK(truncated.tail().sigma == last.sigma);
  }
}

// Behaviour on simulated streams.

TEST_CASE("with flagged scores kept, a stream of normal scores keeps the rate") {
  // 20 streams of exponential scores, for which a generalised Pareto tail is exact.
  std::size_t flagged = 0;
  constexpr std::size_t streams = 20;
  constexpr std::size_t steps = 20000;
  for (std::uint64_t seed = 0; seed < streams; ++seed) {
    SpotStream stream = calibrated<SpotStream>({.flagged = FlaggedScores::kept}, exponentials(2000, 200 + seed));
    for (const double score : exponentials(steps, 300 + seed))
      flagged += static_cast<std::size_t>(stream.step(score).anomalous());
  }
  // Exact binomial limits of the rate that the alarms show. The fit's own error adds, by the formula above with L =
  // log(20), 15 % while there are 40 peaks and 3 % from 200 on, which is after 8000 steps.
  const auto interval = stats::proportion_interval(flagged, streams * steps, 0.9999);
  CHECK(interval.lower < 1.08e-3);
  CHECK(interval.upper > 1.03e-3);
}

TEST_CASE("with a truncated tail the rate stays, also among anomalies, which are found") {
  // Late in streams of normally distributed scores. The line moves slowly, so alarms come in runs, and the limits are
  // not those of a count: the rate of one line is some 50 % off at a given time (20 streams), which makes 20 % for the
  // mean of 6 streams; a factor of 2 is allowed. The rule `excluded` has 7e-3 here.
  for (const double anomalous : {0.0, 0.01}) {
    double rate = 0;
    constexpr std::uint64_t streams = 6;
    constexpr std::size_t steps = 60000;
    std::size_t anomalies = 0, found = 0;
    for (std::uint64_t seed = 0; seed < streams; ++seed) {
      Random random(400 + seed);
      std::vector<double> past(2000);
      for (double& score : past) score = random.normal();
      SpotStream stream = calibrated<SpotStream>({}, past);
      for (std::size_t i = 0; i < steps; ++i) {
        const bool anomaly = random.uniform() < anomalous;
        if (i >= steps / 2) rate += std::erfc(stream.cutoff() / std::sqrt(2.0)) / 2 / (streams * (steps / 2.0));
        const bool flagged = stream.step(random.normal() + (anomaly ? 6 : 0)).anomalous();
        anomalies += static_cast<std::size_t>(anomaly);
        found += static_cast<std::size_t>(anomaly && flagged);
      }
      CHECK(stream.failed_refits() == 0);
    }
    CHECK(rate > 0.5e-3);
    CHECK(rate < 2e-3);
    // P(normal + 6 < 3.1) is 0.2 %.
    if (anomalies > 0) CHECK(stats::proportion_interval(found, anomalies, 0.9999).upper > 0.99);
  }
}

TEST_CASE("DSPOT follows a drift that SPOT takes for anomalies, and both see a jump") {
  Random random(21);
  std::vector<double> past(2000);
  for (double& score : past) score = random.normal();
  // A truncated tail would go along with the drift: the peaks come ever closer to the line.
  SpotStream spot = calibrated<SpotStream>({.flagged = FlaggedScores::excluded}, past);
  DspotThreshold dspot = calibrated<DspotThreshold>({.depth = 50}, past);
  std::size_t spot_flagged = 0, dspot_flagged = 0;
  constexpr std::size_t steps = 5000;
  for (std::size_t i = 0; i < steps; ++i) {
    const double score = random.normal() + 0.002 * static_cast<double>(i);  // 10 standard deviations in all
    spot_flagged += static_cast<std::size_t>(spot.step(score).anomalous());
    dspot_flagged += static_cast<std::size_t>(dspot.step(score).anomalous());
  }
  CHECK(stats::proportion_interval(spot_flagged, steps, 0.9999).lower > 0.5);
  // The mean lags 25 steps, 0.05 standard deviations, behind.
  CHECK(stats::proportion_interval(dspot_flagged, steps, 0.9999).lower < 2e-3);
  CHECK(dspot_flagged < 30);
  CHECK(dspot.step(0.002 * steps + 8).anomalous());
  CHECK(spot.step(20).anomalous());
  CHECK(std::abs(dspot.cutoff() - (0.002 * steps + 3.09)) < 1);  // near the normal distribution's 0.1 % point
}

// Values, snapshots.

TEST_CASE("a copy is a value of its own, and what was moved from can be used again") {
  const std::vector<double> past = exponentials(1200, 22);
  const auto check = [&](auto fresh) {
    auto stream = fresh;
    REQUIRE(stream.calibrate(past) == FitStatus::ok);
    const auto before = stream.snapshot();
    auto copy = stream;
    for (const double score : exponentials(200, 23)) copy.step(score);
    CHECK(stream.snapshot() == before);
    CHECK(copy.snapshot() != before);
    auto moved = std::move(stream);
    CHECK(moved.snapshot() == before);
    for (const double score : {1.0, 100.0, nan}) stream.step(score);  // what was moved from
    CHECK_FALSE(stream.calibrated());
    CHECK(stream.snapshot() == fresh.snapshot());
    REQUIRE(stream.calibrate(past) == FitStatus::ok);
    CHECK(stream.snapshot() == before);
    copy = std::move(stream);
    CHECK(copy.snapshot() == before);
    stream = copy;
    CHECK(stream.snapshot() == before);
  };
  check(SpotStream{});
  check(DspotThreshold{});
}

TEST_CASE("a restored stream goes on bit for bit, from any point") {
  const std::vector<double> past = exponentials(600, 24);
  const std::vector<double> future = exponentials(600, 25);
  const auto check = [&](auto stream) {
    using Stream = decltype(stream);
    CHECK(Stream::restore(stream.snapshot()).snapshot() == stream.snapshot());
    const bool lower = stream.parameters().tail == Tail::lower;
    REQUIRE(stream.calibrate(lower ? negated(past) : past) == FitStatus::ok);
    Stream restored = stream;
    for (std::size_t i = 0; i < future.size(); ++i) {
      restored = Stream::restore(restored.snapshot());
      const double score = lower ? -future[i] : future[i];
      if (!(restored.step(score) == stream.step(score))) FAIL("step " << i);
    }
    CHECK(restored.snapshot() == stream.snapshot());
    CHECK(restored.parameters() == stream.parameters());
    CHECK(restored.failed_refits() == stream.failed_refits());
  };
  for (const Tail tail : {Tail::upper, Tail::lower}) {
    for (const FlaggedScores flagged : modes) {
      check(SpotStream{{.level = 0.9, .max_excess = 20, .tail = tail, .flagged = flagged}});
      check(DspotThreshold{{.level = 0.9, .max_excess = 70, .tail = tail, .flagged = flagged, .depth = 7}});
    }
  }
}

TEST_CASE("a snapshot has the documented bytes") {
  SpotStream stream = calibrated<SpotStream>({.max_excess = 20, .tail = Tail::lower}, negated(exponentials(1000, 26)));
  const std::vector<std::byte> bytes = stream.snapshot();
  REQUIRE(bytes.size() == 128 + 8 * 2 * 20 + 8);
  const auto at = [&](std::size_t place) { return std::to_integer<int>(bytes[place]); };
  CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), 8) == "plimspot");
  CHECK(at(8) == 2);
  CHECK(at(12) == 1);     // lower
  CHECK(at(13) == 2);     // truncated
  CHECK(at(23) == 0x3f);  // 1e-3 is 0x3f50624dd2f1a9fc
  CHECK(at(22) == 0x50);
  CHECK(at(16) == 0xfc);
  CHECK(at(32) == 20);
  CHECK(at(48) + 256 * at(49) == 1000);
  CHECK(at(72) + 256 * at(73) == 1000);
  CHECK(at(112) == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(at(128 + 8 * (20 + i) + 7) + 256 * at(128 + 8 * (20 + i) + 6) == 0xf07f);
}

TEST_CASE("a snapshot that is cut short, longer, foreign or changed is refused") {
  const std::vector<double> past = exponentials(600, 27);
  SpotStream spot = calibrated<SpotStream>({.level = 0.9, .max_excess = 22}, past);
  DspotThreshold dspot = calibrated<DspotThreshold>({.level = 0.9, .max_excess = 22, .depth = 5}, past);
  CHECK_THROWS_WITH(SpotStream::restore(dspot.snapshot()), "spot: the snapshot is not one of spot");
  CHECK_THROWS_WITH(DspotThreshold::restore(spot.snapshot()), "dspot: the snapshot is not one of dspot");
  const std::vector<std::byte> bytes = dspot.snapshot();
  CHECK(plimsoll::test::signed_again(bytes) == bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(DspotThreshold::restore(std::span(bytes).first(size)), DataError);
    if (size >= 8) {  // with a checksum that fits
      const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_THROWS_AS(DspotThreshold::restore(plimsoll::test::signed_again(cut)), DataError);
    }
  }
  std::vector<std::byte> longer = bytes;
  for (int i = 0; i < 16; ++i) {
    longer.push_back(std::byte{0});
    CHECK_THROWS_AS(DspotThreshold::restore(plimsoll::test::signed_again(longer)), DataError);
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> changed = bytes;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      CHECK_THROWS_AS(DspotThreshold::restore(changed), DataError);
      // With a checksum that fits it is refused, or a stream all the same: it steps, and can be saved.
      try {
        DspotThreshold stream = DspotThreshold::restore(plimsoll::test::signed_again(changed));
        for (const double score : {0.5, 2.0, 5.0, 1e9, nan}) stream.step(score);
        CHECK_FALSE(std::isnan(stream.cutoff()));
        static_cast<void>(DspotThreshold::restore(stream.snapshot()));
      } catch (const DataError&) {
      }
    }
  }
}

TEST_CASE("numbers in a snapshot that no stream has are refused") {
  const DspotThreshold dspot =
      calibrated<DspotThreshold>({.level = 0.9, .max_excess = 22, .depth = 5}, exponentials(600, 28));
  const std::vector<std::byte> bytes = dspot.snapshot();
  const auto refuses = [&](std::size_t place, auto number, const std::string& what) {
    std::uint64_t bits = 0;
    if constexpr (std::is_same_v<decltype(number), double>) {
      bits = std::bit_cast<std::uint64_t>(number);
    } else {
      bits = static_cast<std::uint64_t>(number);
    }
    INFO("byte " << place);
    CHECK_THROWS_WITH(DspotThreshold::restore(plimsoll::test::with_word(bytes, place, bits)),
                      Catch::Matchers::Contains(what));
  };
  refuses(16, nan, "false_alarm_rate = nan");
  refuses(16, 0.5, "is not below 1 - level");
  refuses(24, 1.0, "level = 1");
  refuses(32, 9U, "max_excess = 9");
  refuses(32, std::uint64_t{1} << 60, "max_excess");
  refuses(32, 23U, "contradict");
  refuses(40, 0U, "depth = 0");
  refuses(40, 6U, "contradict");
  refuses(48, 3U, "contradict");
  refuses(48, ~std::uint64_t{0}, "contradict");  // which the next score would make 0
  refuses(56, 21U, "contradict");
  refuses(64, std::uint64_t{1} << 40, "contradict");
  refuses(72, 19U, "contradict");
  refuses(72, dspot.count() + 1, "contradict");
  for (const double bad : {nan, infinity}) {
    for (const std::size_t place : {80U, 88U, 96U, 104U}) refuses(place, bad, "a tail that is none");
    refuses(128, bad, "not a positive number");
    refuses(128 + 8 * 44, bad, "not finite, or too large");
  }
  refuses(88, 0.0, "a tail that is none");
  refuses(88, -1.0, "a tail that is none");
  refuses(104, -100.0, "a tail that is none");
  refuses(128, 0.0, "not a positive number");
  for (const double bad : {nan, -infinity, 0.0, -1.0}) refuses(128 + 8 * 22, bad, "an excess above its bound");
  refuses(128 + 8 * 44, 1e305, "not finite, or too large");
  refuses(112, ~std::uint64_t{0}, "counts");
  refuses(112, std::uint64_t{1} << 63, "counts");  // twice that is 0
  refuses(120, ~std::uint64_t{0}, "counts");
  std::vector<std::byte> bounded = bytes;
  for (std::size_t i = 0; i < 8; ++i) bounded[128 + 8 * 22 + i] = i == 7 ? std::byte{0x7f} : std::byte{0};  // 2^1009
  static_cast<void>(DspotThreshold::restore(plimsoll::test::signed_again(bounded)));
  bounded[13] = std::byte{0};
  CHECK_THROWS_WITH(DspotThreshold::restore(plimsoll::test::signed_again(bounded)),
                    Catch::Matchers::Contains("is not truncated"));
  std::vector<std::byte> blank = DspotThreshold{}.snapshot();
  blank[48] = std::byte{1};
  CHECK_THROWS_WITH(DspotThreshold::restore(plimsoll::test::signed_again(blank)),
                    Catch::Matchers::Contains("yet a state"));
  std::vector<std::byte> newer = bytes;
  newer[8] = std::byte{3};
  CHECK_THROWS_WITH(DspotThreshold::restore(plimsoll::test::signed_again(newer)),
                    "dspot: the snapshot has version 3, and this library reads version 2");
}

}  // namespace
