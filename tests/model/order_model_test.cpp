// SPDX-License-Identifier: Apache-2.0
// Order statistics and the estimators made of them, against sorting.
#include <optional>

#include "plimsoll/stats/medcouple.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/tail_summary.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"
#include "slow_fits.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;

const Shape plain{.large = 9000};

TEST_CASE("order statistics, extents and quantiles are those of the sorted sample") {
  for_all_types(
      "order statistics", 12000, {.infinite = true, .large = 9000}, []<typename T>(const Case<T>& made) -> std::string {
        const std::span<const T> scores(made.scores);
        if (scores.empty()) return "";
        Random random(made.seed);
        const std::vector<double> sorted = sorted_doubles(made.scores);
        const std::size_t rank = 1 + random.below(sorted.size());
        if (std::string wrong = differs("x(" + std::to_string(rank) + ")",
                                        static_cast<double>(stats::order_statistic(scores, rank)), sorted[rank - 1]);
            !wrong.empty()) {
          return wrong;
        }
        const auto extent = stats::extent(scores);
        return differs("least", static_cast<double>(extent.least), sorted.front()) +
               differs("most", static_cast<double>(extent.most), sorted.back());
      });
  for_all_types("quantiles", 8000, plain, []<typename T>(const Case<T>& made) -> std::string {
    if (made.scores.empty()) return "";
    Random random(made.seed);
    const double p = random.below(4) == 0 ? static_cast<double>(random.below(5)) / 4 : random.uniform();
    const Quantile model = quantile_7(sorted_doubles(made.scores), p);
    return beyond("quantile", stats::quantile(std::span<const T>(made.scores), p), model.value, model.bound);
  });
}

TEST_CASE("a tail summary knows what the sorted stream says, however it was split") {
  for_all_types("tail summary", 6000, {.most = 300, .large = 6000}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const std::size_t most = 1 + random.below(random.below(2) == 0 ? 5 : 400);
    stats::TailSummary<T> summary(most);
    stats::TailSummary<T> other(most);
    for (std::size_t begin = 0; begin < made.scores.size();) {
      const std::size_t end = std::min(made.scores.size(), begin + 1 + random.below(900));
      (random.below(2) == 0 ? summary : other).append(std::span(made.scores).subspan(begin, end - begin));
      begin = end;
    }
    summary.merge(other);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    const std::size_t n = sorted.size();
    std::string wrong = differs("count", summary.count(), n);
    if (n == 0 || !wrong.empty()) return wrong;
    const std::size_t known = std::min(n, most);
    const std::size_t rank = 1 + random.below(n);
    const auto found = summary.order_statistic(rank);
    if (found.has_value() != (rank > n - known)) return "which ranks are known is not as by the model";
    if (found) wrong += differs("x(rank)", static_cast<double>(*found), sorted[rank - 1]);
    const auto largest = summary.largest();
    wrong += differs("largest", largest.size(), known);
    for (std::size_t i = 0; i < known && wrong.empty(); ++i) {
      wrong = differs("largest", static_cast<double>(largest[i]), sorted[n - known + i]);
    }
    const double level = random.below(2) == 0 ? sorted[random.below(n)] : 0.0;
    const auto above = static_cast<std::size_t>(std::ranges::count_if(sorted, [=](double x) { return x > level; }));
    const auto count = summary.exceedance_count(level);
    if (count.has_value() != (n <= most || level >= sorted[n - known])) return "which levels are known";
    if (count) wrong += differs("exceedances", *count, above);
    const double p = random.uniform();
    const auto quantile = summary.quantile(p);
    if (quantile) wrong += differs("quantile", *quantile, stats::quantile(std::span<const double>(sorted), p));
    return wrong + differs("minimum", static_cast<double>(summary.minimum()), sorted.front()) +
           differs("maximum", static_cast<double>(summary.maximum()), sorted.back());
  });
}

TEST_CASE("the ranks of promises are those of the formulas, tried one after the other") {
  for_all<double>("ranks", 4000, {.most = 0}, [](const Case<double>& made) -> std::string {
    Random random(made.seed);
    const std::size_t n = random.below(random.below(3) == 0 ? 400 : 30);
    const double rate = draw_rate(random);
    const double confidence = draw_rate(random);
    // k / (n + 1) <= rate in double, as documented; shares are tried from the top.
    std::size_t k = n + 1;
    while (static_cast<double>(k) / static_cast<double>(n + 1) > rate) --k;
    const auto conformal = stats::conformal_rank(n, rate);
    std::string wrong;
    if (conformal.has_value() != (k >= 1)) return "conformal_rank exists for n = " + std::to_string(n);
    if (conformal) wrong += differs("conformal_rank", *conformal, n + 1 - k);
    if (n > 0) {
      const auto half_up = static_cast<std::size_t>(std::floor(static_cast<double>(n) * rate + 0.5));
      wrong += differs("nearest_rank", stats::nearest_rank(n, rate), half_up >= n ? 1 : n - half_up);
    }
    std::size_t rank = 1;
    // The library's sum and this one agree to 1e-12; nearer cases than that are for either.
    while (rank <= n && binomial_confidence(n, rank, rate) < static_cast<long double>(confidence) - 1e-12L) ++rank;
    if (rank <= n && binomial_confidence(n, rank, rate) < static_cast<long double>(confidence) + 1e-12L) return wrong;
    const auto coverage = stats::coverage_rank(n, rate, confidence);
    if (coverage.has_value() != (rank <= n)) return "coverage_rank exists for n = " + std::to_string(n);
    if (coverage) wrong += differs("coverage_rank", *coverage, rank);
    return wrong;
  });
}

TEST_CASE("quantile, maximum: just above an order statistic") {
  for_all_types("quantile", 8000, plain, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const std::size_t n = made.scores.size();
    const double rate = draw_rate(random);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    ParameterMap parameters{{"false_alarm_rate", rate}};
    std::size_t rank = n + 1;
    switch (random.below(3)) {
      case 0: {
        std::size_t k = n + 1;
        while (static_cast<double>(k) / static_cast<double>(n + 1) > rate) --k;
        rank = n + 1 - k;
        break;
      }
      case 1: {
        parameters["rank"] = std::string("nearest");
        const auto flagged = static_cast<std::size_t>(std::floor(static_cast<double>(n) * rate + 0.5));
        rank = n == 0 ? 1 : flagged >= n ? 1 : n - flagged;
        break;
      }
      default:
        if (n > 300) return "";  // sums of binomial terms take long
        parameters["confidence"] = 0.9;
        for (rank = 1; rank <= n && binomial_confidence(n, rank, rate) < 0.9L; ++rank) {
        }
    }
    const Fit fit = fit_of("quantile", parameters, made);
    if (rank > n) return fit_differs(fit, FitStatus::too_few_scores);
    return fit_differs(fit, FitStatus::ok, above<T>(sorted[rank - 1]));
  });
  for_all_types("maximum", 3000, plain, []<typename T>(const Case<T>& made) -> std::string {
    const Fit fit = fit_of("maximum", {}, made);
    if (made.scores.empty()) return fit_differs(fit, FitStatus::too_few_scores);
    return fit_differs(fit, FitStatus::ok, above<T>(sorted_doubles(made.scores).back()));
  });
}

TEST_CASE("trim drops the largest scores, and nothing else") {
  for_all_types("trim", 3000, {}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const std::size_t n = made.scores.size();
    const double share = random.below(2) == 0 ? static_cast<double>(random.below(10)) / 20 : random.uniform() / 2;
    std::size_t k = n;
    while (k > 0 && static_cast<double>(k) / static_cast<double>(n) > share) --k;
    Case<T> kept = made;
    std::ranges::sort(kept.scores);
    kept.scores.resize(n - k);
    for (const char* method : {"maximum", "sigma", "mad", "quantile"}) {
      const Fit fit = fit_of(method, {{"trim", share}}, made);
      const Fit plain_fit = fit_of(method, {}, kept);
      std::string wrong = fit_differs(fit, plain_fit.status, plain_fit.cutoff.value());
      wrong += differs("trimmed_count", fit.trimmed_count, k);
      if (!wrong.empty()) return method + (": " + wrong);
    }
    return "";
  });
}

TEST_CASE("scaled_quantile, mad and iqr follow their formulas") {
  for_all_types("scaled_quantile", 4000, plain, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double level = random.below(4) == 0 ? 1.0 : random.uniform();
    const double factor = random.below(2) == 0 ? 1.421 : 0.5 + random.uniform();
    const Fit fit = fit_of("scaled_quantile", {{"level", level}, {"factor", factor}}, made);
    if (made.scores.empty()) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    const Quantile q = quantile_7(sorted, level);
    const long double cutoff = q.value * factor;
    if (sorted.front() < 0) return fit_differs(fit, FitStatus::not_applicable);
    // One more rounding, and next to 0 and to the largest double it is for rounding to say which side it is.
    const long double bound = q.bound * factor + 0x1p-52L * cutoff + 0x1p-1074L;
    if (cutoff <= bound || cutoff + bound >= std::numeric_limits<double>::max()) return "";
    return fit_differs(fit, FitStatus::ok, cutoff, bound);
  });
  for_all_types("mad", 4000, plain, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double k = random.below(2) == 0 ? 3 : 4 * random.normal();
    const Fit fit = fit_of("mad", {{"k", k}}, made);
    const std::size_t n = made.scores.size();
    if (n < 2) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    const Quantile median = quantile_7(sorted, 0.5);
    std::vector<long double> deviations;
    for (const double x : sorted) deviations.push_back(std::abs(x - median.value));
    std::ranges::sort(deviations);
    const long double mad = (deviations[(n - 1) / 2] + deviations[n / 2]) / 2;
    // The median's error, and half a unit of every deviation, of the sum of two, of the quotient, of the product.
    const long double widest = std::abs(sorted.front()) + std::abs(sorted.back());
    const long double of_mad = 2 * median.bound + 0x1p-51L * widest + 0x1p-1073L;
    const long double cutoff = median.value + k * mad / 0.674489750196081743202227014541L;
    const long double bound = median.bound + 2 * (std::abs(k) + 1) * of_mad + 0x1p-51L * (std::abs(cutoff) + widest);
    if (widest + 2 * std::abs(k) * mad > std::numeric_limits<double>::max() / 4) return "";
    if (mad == 0) return fit_differs(fit, FitStatus::no_spread);
    if (mad <= 2 * of_mad) return "";  // may round to 0
    return fit_differs(fit, FitStatus::ok, cutoff, bound);
  });
  for_all_types("iqr", 4000, plain, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double k = random.below(2) == 0 ? 1.5 : 4 * random.normal();
    const bool adjusted = random.below(2) == 0 && made.scores.size() < 200;
    const Fit fit = fit_of("iqr", {{"k", k}, {"fence", std::string(adjusted ? "adjusted" : "tukey")}}, made);
    if (made.scores.size() < 2) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    const Quantile lower = quantile_7(sorted, 0.25);
    const Quantile upper = quantile_7(sorted, 0.75);
    const long double range = upper.value - lower.value;
    const long double skew = adjusted ? stats::medcouple(sorted) : 0;  // a model of which is below
    const long double stretch = std::exp((skew >= 0 ? 3 : 4) * skew);
    const long double cutoff = upper.value + k * stretch * range;
    const long double of_range = upper.bound + lower.bound + 0x1p-53L * std::abs(range) + 0x1p-1074L;
    const long double bound = upper.bound + std::abs(k) * stretch * of_range * 2 +
                              0x1p-50L * (std::abs(k * stretch * range) + std::abs(cutoff)) + 0x1p-1073L;
    if (std::abs(range) > std::numeric_limits<double>::max() / 4 ||
        std::abs(cutoff) > std::numeric_limits<double>::max() / 4) {
      return "";
    }
    if (range == 0) return fit_differs(fit, FitStatus::no_spread);
    if (range <= 2 * of_range) return "";
    return fit_differs(fit, FitStatus::ok, cutoff, bound);
  });
}

TEST_CASE("the medcouple is the median of all kernels") {
  for_all_types("medcouple", 4000, {.most = 40, .extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    std::vector<T> sorted = made.scores;
    std::ranges::sort(sorted);
    const std::size_t n = sorted.size();
    if (n == 0) return "";
    // The formula's median as doubles have it: which scores are tied with it is then the same.
    const double lower = static_cast<double>(sorted[(n - 1) / 2]);
    const double median = lower + (static_cast<double>(sorted[n / 2]) - lower) / 2;
    std::vector<long double> kernels;
    std::size_t tied = 0;
    for (const T x : sorted) tied += static_cast<double>(x) == median ? 1 : 0;
    std::size_t i_tied = 0;
    for (const T a : sorted) {
      if (static_cast<double>(a) < median) continue;
      std::size_t j_tied = 0;
      const bool a_tied = static_cast<double>(a) == median;
      for (const T b : sorted) {
        if (static_cast<double>(b) > median) continue;
        const bool b_tied = static_cast<double>(b) == median;
        if (a_tied && b_tied) {
          // The i-th from below against the j-th from below, from 0: 1 where they add up to more than tied - 1.
          const auto sum = i_tied + j_tied + 1;
          kernels.push_back(sum > tied ? 1 : sum < tied ? -1 : 0);
        } else {
          const auto high = static_cast<long double>(a);
          const auto low = static_cast<long double>(b);
          kernels.push_back(((high - median) - (median - low)) / (high - low));
        }
        j_tied += b_tied ? 1 : 0;
      }
      i_tied += a_tied ? 1 : 0;
    }
    std::ranges::sort(kernels);
    const std::size_t m = kernels.size();
    const long double model = sorted.front() == sorted.back() ? 0 : (kernels[(m - 1) / 2] + kernels[m / 2]) / 2;
    // Two deviations, a ratio r <= 1, 1 - r, 1 + r and their quotient round: the kernel is (1 - r) / (1 + r), whose
    // slope in r is at most 2. Deviations are wrong by 2^-53 of themselves at most.
    return beyond("medcouple", stats::medcouple(sorted), model, 10 * 0x1p-53L);
  });
}

TEST_CASE("p-values of normal scores are counts") {
  for_all_types("p-values", 6000, {.large = 3000}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const NormalScoreTable table = normal_score_table(made.scores);
    const std::size_t n = made.scores.size();
    std::vector<T> asked{T{0}, T{1}, std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(),
                         std::numeric_limits<T>::quiet_NaN()};
    for (std::size_t i = 0; i < 20 && n > 0; ++i) {
      const T x = made.scores[random.below(n)];
      asked.push_back(x);
      asked.push_back(std::nextafter(x, std::numeric_limits<T>::infinity()));
      asked.push_back(std::nextafter(x, -std::numeric_limits<T>::infinity()));
    }
    std::vector<double> all(asked.size());
    table.view().p_values(asked, all);
    // Thinned tables are exact at knots, and never smaller than exact.
    const NormalScoreTable thin = normal_score_table(made.scores, 2 + random.below(20));
    if (!table.view().valid() || !thin.view().valid()) return "the table is not valid";
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto at_least = std::ranges::count_if(made.scores, [&](T x) { return x >= asked[i]; });
      const double model = (1 + static_cast<double>(at_least)) / (1 + static_cast<double>(n));
      std::string wrong = differs("p_value(" + literal(asked[i]) + ")", table.view().p_value(asked[i]), model) +
                          differs("p_values(" + literal(asked[i]) + ")", all[i], model);
      if (!wrong.empty()) return wrong;
      if (thin.view().p_value(asked[i]) < model) return "a thinned table has a smaller p-value";
    }
    return "";
  });
}

}  // namespace
