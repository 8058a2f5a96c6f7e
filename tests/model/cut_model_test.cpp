// SPDX-License-Identifier: Apache-2.0
// Labelled scores: the best cut, AUROC, f1; and sums that are exact. Against trying every threshold, every pair, and
// whole numbers of any length.
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>

#include "plimsoll/stats/auroc.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/moments.hpp"
#include "plimsoll/stats/score_histogram.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "slow_fits.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;
using Integer = boost::multiprecision::cpp_int;
using Float = boost::multiprecision::cpp_bin_float_50;

struct Counts {
  long double caught;
  long double false_alarms;
  long double normals;
  long double anomalies;
};

/// The objective as its formula in docs/methods/f1.md has it; -inf for a cut that is not allowed.
long double merit(const std::string& objective, const Counts& counts, double beta, double share, double limit) {
  const auto [c, f, n, a] = counts;
  constexpr long double never = -std::numeric_limits<long double>::infinity();
  const long double r = c / a;
  const long double q = f / n;
  const long double b2 = static_cast<long double>(beta) * beta;
  const long double p = share;
  if (objective == "youden") return (c * n - f * a) / (a * n);
  if (objective == "mcc") {
    return c + f == 0 || c + f == n + a ? 0 : (c * n - f * a) / std::sqrt((c + f) * (n + a - c - f) * n * a);
  }
  if (objective == "cost") return p > 0 ? -(2 * p * (1 - r) + (1 - p) * q) : -(2 * (a - c) + f) / (a + n);
  // Floor and cap are compared with the shares in double.
  if (objective == "precision") {
    return c == 0 || static_cast<double>(c) / static_cast<double>(a) < limit ? never : c / (c + f);
  }
  if (objective == "recall") return static_cast<double>(f) / static_cast<double>(n) > limit ? never : r;
  return p > 0 ? (1 + b2) * p * r / (b2 * p + p * r + (1 - p) * q) : (1 + b2) * c / (b2 * a + c + f);
}

TEST_CASE("f1 takes the best of all cutoffs, the lowest of equally good ones") {
  for_all_types("f1", 9000, {.large = 2500}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    constexpr const char* objectives[] = {"f_beta", "youden", "mcc", "cost", "precision", "recall"};
    const std::string objective = objectives[random.below(6)];
    const double beta = random.below(3) == 0 ? 0.1 + 2 * random.uniform() : 1;
    const bool with_share = (objective == "f_beta" || objective == "cost") && random.below(3) == 0;
    const double share = with_share ? random.uniform() : 0;
    const double limit = static_cast<double>(random.below(11)) / 10;
    ParameterMap parameters{{"objective", objective}};
    if (objective == "f_beta") parameters["beta"] = beta;
    if (with_share) parameters["prevalence"] = share;
    if (objective == "cost") parameters["miss_cost"] = 2.0;
    if (objective == "precision") parameters["recall_floor"] = limit;
    if (objective == "recall") parameters["false_alarm_cap"] = limit;
    AnyThreshold threshold = make_threshold("f1", parameters);
    threshold.update(made.scores, std::span<const std::uint8_t>(made.labels));
    const Fit fit = threshold.compute();
    const auto [normal, anomalous] = split(made);
    if (made.scores.empty()) return fit.status == FitStatus::too_few_scores ? "" : "status without a score";
    if (normal.empty() || anomalous.empty()) return fit.status == FitStatus::missing_class ? "" : "status of one class";
    if (!fit.ok()) return "status is " + std::string(to_string(fit.status));

    std::vector<double> levels = sorted_doubles(made.scores);
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    const double highest = levels.back();
    levels.push_back(std::numeric_limits<double>::infinity());
    const std::vector<double> normals = sorted_doubles(normal);
    const std::vector<double> anomalies = sorted_doubles(anomalous);
    struct Cut {
      double level;
      long double value;
      long double tie_breaker;
    };
    std::vector<Cut> cuts;
    for (const double level : levels) {
      const auto from = [level](const std::vector<double>& sorted) {
        return static_cast<long double>(std::ranges::count_if(sorted, [=](double x) { return x >= level; }));
      };
      const Counts counts{from(anomalies), from(normals), static_cast<long double>(normals.size()),
                          static_cast<long double>(anomalies.size())};
      const long double tie = objective == "precision" ? counts.caught
                              : objective == "recall"  ? -counts.false_alarms
                                                       : 0;
      cuts.push_back({level, merit(objective, counts, beta, share, limit), tie});
    }
    long double best = -std::numeric_limits<long double>::infinity();
    for (const Cut& cut : cuts) best = std::max(best, cut.value);
    const bool rounded = objective == "mcc" || objective == "cost" || with_share || beta != 1;
    // Equally good: equal but for the rounding of long doubles, or as documented to 4e-15.
    const auto as_good = [&](const Cut& cut, long double slack) { return cut.value >= best - slack * std::abs(best); };
    const auto find = [&](long double slack) {
      const Cut* found = nullptr;
      for (const Cut& cut : cuts) {
        if (!as_good(cut, slack)) continue;
        if (found == nullptr || cut.tie_breaker > found->tie_breaker) found = &cut;
      }
      return found->level;
    };
    const double level = find(rounded ? 4e-15L : 1e-17L);
    // Cuts whose values are 4e-15 apart within rounding may count either way.
    if (rounded && (find(8e-15L) != level || find(2e-15L) != level)) return "";
    const double cutoff = level - level == 0 ? level : above<T>(highest);
    std::string wrong = differs(objective + "'s cutoff", fit.cutoff.value(), cutoff);
    if (fit.optimum) {
      wrong += beyond("the value", objective == "cost" ? -fit.optimum->value : fit.optimum->value, best,
                      8e-15L * std::abs(best) + 1e-300L);
    }
    return wrong;
  });
}

TEST_CASE("best_cut says what lies below the best cut, in large samples too") {
  for_all_types("best_cut", 3000, {.most = 600, .infinite = true, .large = 30000},
                []<typename T>(const Case<T>& made) -> std::string {
                  const auto [normal, anomalous] = split(made);
                  if (normal.empty() || anomalous.empty()) return "";
                  const stats::ObjectiveMerit f1({}, normal.size(), anomalous.size());
                  const auto found = stats::best_cut(std::span<const T>(normal), std::span<const T>(anomalous), f1);
                  std::vector<std::pair<double, int>> all;
                  for (const T x : normal) all.emplace_back(one_zero(static_cast<double>(x)), 0);
                  for (const T x : anomalous) all.emplace_back(one_zero(static_cast<double>(x)), 1);
                  std::ranges::sort(all, std::greater<>());
                  // F1 as the fraction caught / (anomalies + flagged), compared by cross products, which are exact.
                  std::size_t best_caught = 0;
                  std::size_t best_divisor = 1;
                  double cut = std::numeric_limits<double>::infinity();
                  std::size_t caught = 0;
                  for (std::size_t i = 0; i < all.size(); ++i) {
                    caught += static_cast<std::size_t>(all[i].second);
                    if (i + 1 < all.size() && all[i + 1].first == all[i].first) continue;
                    const std::size_t divisor = anomalous.size() + i + 1;
                    if (caught * best_divisor < best_caught * divisor) continue;
                    best_caught = caught;
                    best_divisor = divisor;
                    cut = all[i].first;
                  }
                  double below = -std::numeric_limits<double>::infinity();
                  for (const auto& [score, label] : all) below = score < cut ? std::max(below, score) : below;
                  return differs("cut", static_cast<double>(found.cut), cut) +
                         differs("below", static_cast<double>(found.below), below) +
                         differs("F1", found.merit.value,
                                 static_cast<double>(2 * best_caught) / static_cast<double>(best_divisor));
                });
}

TEST_CASE("a score histogram counts what the sorted scores say between its buckets") {
  for_all_types("score_histogram", 1500, {.extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    stats::ScoreHistogram histogram;
    stats::ScoreHistogram other;
    for (std::size_t i = 0; i < made.scores.size(); ++i) {
      (i % 3 == 0 ? other : histogram).add(std::span(made.scores).subspan(i, 1), made.labels[i] == 1);
    }
    histogram.merge(other);
    const auto parts = split(made);
    const std::vector<T>& normal = parts.first;  // no structured binding: clang 14 has none in lambdas
    const std::vector<T>& anomalous = parts.second;
    std::string wrong = differs("normals", histogram.normal_count(), normal.size()) +
                        differs("anomalies", histogram.anomalous_count(), anomalous.size());
    double last = std::numeric_limits<double>::infinity();
    std::size_t normals = 0;
    std::size_t anomalies = 0;
    histogram.for_each_cut([&](double cut, std::size_t n, std::size_t a) {
      normals += n;
      anomalies += a;
      const auto from = [cut](const std::vector<T>& scores) {
        return static_cast<std::size_t>(
            std::ranges::count_if(scores, [=](T x) { return static_cast<double>(x) >= cut; }));
      };
      if (!(cut < last)) wrong += "cuts do not fall";
      last = cut;
      wrong += differs("normals from a cut", normals, from(normal));
      wrong += differs("anomalies from a cut", anomalies, from(anomalous));
    });
    if (!normal.empty()) {
      wrong += differs("least", histogram.normal_extent().least, sorted_doubles(normal).front());
      wrong += differs("most", histogram.normal_extent().most, sorted_doubles(normal).back());
    }
    return wrong;
  });
}

TEST_CASE("AUROC is the share of pairs that are in order") {
  for_all_types("auroc", 6000, {.infinite = true, .large = 500}, []<typename T>(const Case<T>& made) -> std::string {
    const auto [normal, anomalous] = split(made);
    const double found = stats::auroc(std::span<const T>(normal), std::span<const T>(anomalous));
    if (normal.empty() || anomalous.empty()) return found == found ? "a class is empty" : "";
    std::size_t twice = 0;
    for (const T a : anomalous) {
      for (const T n : normal) twice += a > n ? 2 : a == n ? 1 : 0;
    }
    // One division, and a subtraction from 1.
    return beyond("auroc", found,
                  static_cast<long double>(twice) / 2 / static_cast<long double>(normal.size()) /
                      static_cast<long double>(anomalous.size()),
                  0x1p-53L);
  });
}

/// x in units of 2^-1074.
Integer units(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  if (x == 0) return 0;
  // A denormal's exponent is below -1021; its last bits are zero.
  const auto whole = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int shift = exponent - 53 + 1074;
  return shift >= 0 ? Integer(whole) << shift : Integer(whole) / (Integer(1) << -shift);
}

TEST_CASE("moments are exact, and rounded once; sigma is their formula") {
  for_all_types("moments", 8000, {.most = 40}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    stats::Moments moments;
    stats::Moments other;
    Integer sum = 0;
    Integer squares = 0;
    for (const T x : made.scores) {
      (random.below(3) == 0 ? other : moments).append(std::span<const T>(&x, 1));
      const Integer whole = units(static_cast<double>(x));
      sum += whole;
      squares += whole * whole;
    }
    moments.merge(other);
    const std::size_t n = made.scores.size();
    if (n == 0) return differs("count", moments.count(), 0);
    // Correctly rounded: twice the distance from the exact mean is no more than either neighbour's distance.
    const double mean = moments.mean();
    if (std::abs(mean) >= std::numeric_limits<double>::min()) {
      const Integer off = abs(units(mean) * n - sum);
      for (const double end : {std::numeric_limits<double>::max(), -std::numeric_limits<double>::max()}) {
        const double neighbour = std::nextafter(mean, end);
        const bool odd = (std::bit_cast<std::uint64_t>(mean) & 1) != 0;
        if (odd && off != 0 && abs(units(neighbour) * n - sum) == off) return "the mean of a tie is not the even one";
        if (abs(units(neighbour) * n - sum) < off)
          return "the mean is " + literal(mean) + ", nearer is " + literal(neighbour);
      }
    }
    if (n < 2) return "";
    const std::size_t ddof = random.below(2);
    const Integer variance = squares * n - sum * sum;
    const Float exact = sqrt(Float(variance) / (Float(n) * Float(n - ddof))) * pow(Float(2), -1074);
    const double found = moments.standard_deviation(ddof);
    // The variance is rounded once, its root once: half a unit and a quarter; and to a denormal once more.
    const Float bound = exact * Float(0x1p-52) + Float(0x1p-1074);
    if (variance == 0 ? found != 0 : abs(Float(found) - exact) > bound) {
      return "the deviation is " + literal(found) + ", by the model " + literal(static_cast<double>(exact));
    }

    const double k = random.below(2) == 0 ? 3 : 3 * random.normal();
    AnyThreshold threshold = make_threshold("sigma", {{"k", k}, {"ddof", static_cast<double>(ddof)}});
    threshold.update(made.scores);
    const Fit fit = threshold.compute();
    if (variance == 0) return fit.status == FitStatus::no_spread ? "" : "status of equal scores";
    const Float cutoff = Float(sum) / n * pow(Float(2), -1074) + k * exact;
    if (abs(cutoff) > Float(std::numeric_limits<double>::max()) / 4 || exact < Float(0x1p-1070)) return "";
    if (!fit.ok()) return "status is " + std::string(to_string(fit.status));
    // Mean, deviation, product and sum are rounded.
    const Float of_cutoff =
        Float(0x1p-53) * (abs(Float(sum)) / n * pow(Float(2), -1074) + 4 * abs(k * exact) + abs(cutoff)) +
        4 * Float(0x1p-1074);
    if (abs(Float(fit.cutoff.value()) - cutoff) <= of_cutoff) return "";
    return "sigma's cutoff is " + literal(fit.cutoff.value()) + ", by the model " +
           literal(static_cast<double>(cutoff));
  });
}

}  // namespace
