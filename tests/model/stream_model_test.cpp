// SPDX-License-Identifier: Apache-2.0
// Streams: SPOT and DSPOT against one that keeps all scores and fits all peaks anew.
#include <algorithm>
#include <array>
#include <optional>

#include "plimsoll/stats/gpd_truncated.hpp"
#include "plimsoll/thresholds/dspot_threshold.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"
#include "slow_likelihoods.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;

/// Scores and peaks that a stream has taken in, all of them.
struct StreamModel {
  double rate;
  double level;
  std::size_t max_excess;
  FlaggedScores flagged;
  std::size_t depth;  ///< 0 for SPOT

  std::vector<double> window{};  ///< the scores that were not flagged, all of them
  long double start = 0;
  std::vector<long double> excesses{};  ///< in order
  std::vector<long double> bounds{};    ///< of the same peaks
  std::size_t count = 0;
  std::size_t calibrated = 0;
  stats::Gpd tail{};
  long double line = 0;  ///< without the mean
  bool sure = true;      ///< no rounding decided anything

  [[nodiscard]] long double mean() const {
    long double sum = 0;
    for (std::size_t i = window.size() - depth; i < window.size(); ++i) sum += window[i];
    return depth == 0 ? 0 : sum / static_cast<long double>(depth);
  }

  /// Which of two a number is above, unless they are all but equal.
  [[nodiscard]] bool is_above(long double a, long double b) {
    const long double widest = window.empty() ? 0 : std::abs(window.back()) + std::abs(mean());
    sure = sure && !(std::abs(a - b) <= 1e-10L * (std::abs(a) + std::abs(b)) + 1e-13L * widest);
    return a > b;
  }

  [[nodiscard]] FitStatus calibrate(const std::vector<double>& scores) {
    if (scores.size() <= depth) return FitStatus::too_few_scores;
    std::vector<long double> relative;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (i >= depth) relative.push_back(scores[i] - mean());
      window.push_back(scores[i]);
    }
    const std::size_t n = relative.size();
    std::size_t rank = 1;
    while (static_cast<double>(rank) / static_cast<double>(n) < level) ++rank;
    if (n < rank + 20) return FitStatus::too_few_scores;
    std::vector<long double> sorted = relative;
    std::ranges::sort(sorted);
    start = sorted[rank - 1];
    // With means, scores that are tied with the start may be rounded to either side of it.
    if (depth > 0 && rank < n) static_cast<void>(is_above(sorted[rank], start));
    for (const long double x : relative) {
      if (x > start) add(x - start, std::numeric_limits<long double>::infinity());
    }
    if (excesses.size() < 20) {
      return sorted.front() == sorted.back() ? FitStatus::no_spread : FitStatus::too_few_scores;
    }
    count = calibrated = n;
    const auto estimate = stats::gpd_mle(latest(excesses, excesses.size()));
    if (!estimate.ok()) {
      return estimate.status == stats::EstimateStatus::no_spread ? FitStatus::no_spread : FitStatus::not_applicable;
    }
    tail = estimate.family;
    const long double share = static_cast<long double>(excesses.size()) / static_cast<long double>(n);
    if (rate >= share) return FitStatus::not_applicable;
    line = start + gpd_level(tail.sigma, tail.xi, rate / share);
    return FitStatus::ok;
  }

  void add(long double excess, long double bound) {
    excesses.push_back(excess);
    bounds.push_back(bound);
  }

  /// The latest of all, ascending by their excesses.
  [[nodiscard]] std::vector<double> latest(const std::vector<long double>& values, std::size_t most) const {
    std::vector<std::pair<long double, long double>> pairs;
    for (std::size_t i = excesses.size() - std::min(most, excesses.size()); i < excesses.size(); ++i) {
      pairs.emplace_back(excesses[i], values[i]);
    }
    std::ranges::sort(pairs);
    std::vector<double> numbers;
    for (const auto& pair : pairs) numbers.push_back(static_cast<double>(pair.second));
    return numbers;
  }

  [[nodiscard]] long double cutoff() const { return mean() + line; }

  void step(double score) {
    const long double relative = score - mean();
    if (score - score != 0) return;  // decided, but nothing is learned from it
    const bool anomalous = is_above(score, cutoff());
    if (anomalous && flagged != FlaggedScores::kept) return;
    ++count;
    if (!anomalous) window.push_back(score);
    if (!is_above(relative, start)) return;
    const bool truncated = flagged == FlaggedScores::truncated;
    add(relative - start,
        truncated ? std::max(line - start, relative - start) : std::numeric_limits<long double>::infinity());
    const std::vector<double> y = latest(excesses, max_excess);
    const auto estimate =
        truncated ? stats::gpd_truncated_mle(y, latest(bounds, max_excess), tail, 0.2) : stats::gpd_mle(y);
    if (estimate.ok()) tail = estimate.family;
    long double all = static_cast<long double>(count);
    long double peaks = static_cast<long double>(excesses.size());
    if (truncated) {
      // For each share of 1 - rate taken in since, one of the rate was not, and is a peak.
      const long double missing = static_cast<long double>(count - calibrated) * rate / (1 - rate);
      all += missing;
      peaks += missing;
    }
    line = start + gpd_level(tail.sigma, tail.xi, std::min(1.0L, rate * all / peaks));
  }
};

template <typename Stream>
std::string follows(Stream stream, StreamModel model, const std::vector<double>& past, const std::vector<double>& next,
                    bool lower) {
  std::vector<double> given = past;
  if (lower) {
    for (double& x : given) x = -x;
  }
  const FitStatus status = stream.calibrate(given);
  const FitStatus expected = model.calibrate(past);
  if (!model.sure) return "";
  if (status != FitStatus::ok && expected != FitStatus::ok && model.depth > 0) return "";  // which, means may say
  if (status != expected) {
    return "calibrated: " + std::string(to_string(status)) + ", by the model " + std::string(to_string(expected));
  }
  if (status != FitStatus::ok) return "";
  const double sign = lower ? -1 : 1;
  for (std::size_t i = 0; i < next.size(); ++i) {
    // A running fit looks for the maximum from another place, but finds the same; each fit to a peak that was rounded
    // otherwise moves by as much, and the next truncated one starts from it.
    const long double distance = model.line - model.start;
    const long double bound = 1e-6L * distance + 1e-9L * (std::abs(model.cutoff()) + std::abs(model.mean()));
    if (std::string wrong = beyond("the cutoff", sign * stream.cutoff(), model.cutoff(), bound); !wrong.empty()) {
      return wrong + " before score " + std::to_string(i);
    }
    const long double before = model.cutoff();
    if (std::abs(next[i] - before) <= 2 * bound) return "";
    const bool flagged = stream.step(sign * next[i]).anomalous();
    if (flagged != !(next[i] < before)) return "score " + std::to_string(i) + " is on the wrong side";
    model.step(next[i]);
    if (!model.sure) return "";
    std::string wrong = differs("count", static_cast<std::size_t>(stream.count()), model.count) +
                        differs("peaks", static_cast<std::size_t>(stream.peak_count()), model.excesses.size());
    if (!wrong.empty()) return wrong + " after score " + std::to_string(i);
  }
  return "";
}

/// Past scores and later ones, with some far out and some that are not numbers.
struct Series {
  std::vector<double> past;
  std::vector<double> next;

  Series(const Case<double>& made, Random& random) {
    const auto past_end = made.scores.begin() + static_cast<std::ptrdiff_t>(made.scores.size() * 2 / 3);
    past.assign(made.scores.begin(), past_end);
    next.assign(past_end, made.scores.end());
    const double unit = past.empty() ? 1 : std::abs(*std::ranges::max_element(past)) + 1;
    for (double& x : next) {
      const std::size_t kind = random.below(30);
      if (kind == 0) x = unit * 10 * random.uniform();
      if (kind == 1) x = std::numeric_limits<double>::quiet_NaN();
      if (kind == 2) x = -unit * random.uniform();
    }
  }
};

/// A stream's parameters, with a level from .6 on; of a mean of up to 15 scores, or of none.
StreamModel draw_model(Random& random, double levels, bool has_mean) {
  constexpr std::array kinds{FlaggedScores::excluded, FlaggedScores::kept, FlaggedScores::truncated};
  const double level = 0.6 + levels * random.uniform();
  const double rate = (1 - level) * std::pow(10.0, -0.3 - 2 * random.uniform());
  const std::size_t max_excess = 20 + random.below(60);
  const FlaggedScores flagged = kinds[random.below(3)];
  return {rate, level, max_excess, flagged, has_mean ? 1 + random.below(15) : 0};
}

const Shape shape{.most = 400, .extreme = false, .least_scores = 150};

TEST_CASE("a SPOT stream decides as one that fits all of its peaks anew") {
  for_all<double>("SPOT", 300, shape, [](const Case<double>& made) {
    Random random(made.seed);
    const Series series(made, random);
    const StreamModel model = draw_model(random, 0.25, false);
    const bool lower = random.below(2) == 0;
    SpotStream stream{{.false_alarm_rate = model.rate,
                       .level = model.level,
                       .max_excess = model.max_excess,
                       .tail = lower ? Tail::lower : Tail::upper,
                       .flagged = model.flagged}};
    return follows(std::move(stream), model, series.past, series.next, lower);
  });
}

TEST_CASE("a DSPOT stream too, on scores less their moving mean") {
  for_all<double>("DSPOT", 300, shape, [](const Case<double>& made) {
    Random random(made.seed);
    const Series series(made, random);
    const StreamModel model = draw_model(random, 0.2, true);
    const bool lower = random.below(2) == 0;
    DspotThreshold stream{{.false_alarm_rate = model.rate,
                           .level = model.level,
                           .max_excess = model.max_excess,
                           .tail = lower ? Tail::lower : Tail::upper,
                           .flagged = model.flagged,
                           .depth = model.depth}};
    return follows(std::move(stream), model, series.past, series.next, lower);
  });
}

TEST_CASE("a truncated tail is the likeliest nearby, of what could be seen below its bounds") {
  for_all<double>("truncated tails", 600, {.most = 80, .extreme = false, .least_scores = 25},
                  [](const Case<double>& made) -> std::string {
                    Random random(made.seed);
                    std::vector<double> y;
                    std::vector<double> bounds;
                    for (const double x : made.scores) {
                      if (x == 0) continue;
                      y.push_back(std::abs(x));
                      bounds.push_back(random.below(2) == 0 ? std::numeric_limits<double>::infinity()
                                                            : std::abs(x) * (1 + 3 * random.exponential()));
                    }
                    if (y.size() < 10) return "";
                    const double deviation = random.below(2) == 0 ? 0.2 : 0.05 + random.uniform();
                    const double most = *std::ranges::max_element(y);
                    const auto estimate = stats::gpd_truncated_mle(y, bounds, {most / 3, 0.05}, deviation);
                    if (!estimate.ok()) return "";
                    // Where the support ends at a score or a bound, the likelihood has an edge, and maxima on both
                    // sides of it.
                    const auto at_the_end = [&](double x) {
                      return std::abs(1 + estimate.family.xi * x / estimate.family.sigma) < 0.1;
                    };
                    if (at_the_end(most) || std::ranges::any_of(bounds, at_the_end)) return "";
                    const auto likelihood = [&](const std::array<long double, 2>& at) {
                      const auto [log_sigma, xi] = at;
                      if (!(std::abs(xi) < 1)) return never;
                      const long double sigma = std::exp(log_sigma);
                      long double sum = -xi * xi / (2 * static_cast<long double>(deviation) * deviation);
                      for (std::size_t i = 0; i < y.size(); ++i) {
                        if (!(1 + xi * y[i] / sigma > 0)) return never;
                        sum -= (1 + xi) * log_ratio(xi, y[i] / sigma) + log_sigma;
                        const long double inside = 1 + xi * bounds[i] / sigma;
                        if (std::isfinite(bounds[i]) && inside > 0) {
                          sum -= std::log(-std::expm1(-log_ratio(xi, bounds[i] / sigma)));
                        }
                      }
                      return sum;
                    };
                    const std::array<long double, 2> at{std::log(static_cast<long double>(estimate.family.sigma)),
                                                        estimate.family.xi};
                    // What is promised is a maximum nearby, and another may be a tenth away.
                    const auto magnified = [&](const std::array<long double, 2>& place) {
                      return likelihood({at[0] + (place[0] - at[0]) / 10, at[1] + (place[1] - at[1]) / 10});
                    };
                    std::string wrong = higher_nearby<2>(magnified, at, slack_of(y.size()), random);
                    // Without what is known of xi beforehand.
                    const long double xi = estimate.family.xi;
                    const long double own =
                        likelihood(at) + xi * xi / (2 * static_cast<long double>(deviation) * deviation);
                    return wrong + beyond("log_likelihood", estimate.log_likelihood, own,
                                          1e-12L * (1 + std::abs(own)) * static_cast<long double>(y.size()));
                  });
}

}  // namespace
