// SPDX-License-Identifier: Apache-2.0
// Cutoffs of unlabelled scores: the rules of histogram, outlier, centre and vote, against their formulas in long double
// and in whole numbers of any length.
#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>

#include "slow_fits.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;
using Integer = boost::multiprecision::cpp_int;

/// Bins of numpy.histogram: edges by numpy.linspace in double, each bin from its edge on, the last with both edges.
struct Bins {
  std::vector<double> edges;
  std::vector<Integer> counts;

  Bins(const std::vector<double>& sorted, std::size_t bins) : counts(bins, 0) {
    const double step = (sorted.back() - sorted.front()) / static_cast<double>(bins);
    for (std::size_t i = 0; i < bins; ++i) edges.push_back(static_cast<double>(i) * step + sorted.front());
    edges.push_back(sorted.back());
    for (const double x : sorted) {
      std::size_t bin = bins - 1;
      while (x < edges[bin]) --bin;
      ++counts[bin];
    }
  }
};

/// The two parts that a cut after a bin leaves: their counts, sums of bin numbers and of squared counts.
struct Parts {
  Integer count[2] = {0, 0};
  Integer sum[2] = {0, 0};
  Integer squares[2] = {0, 0};

  Parts(const std::vector<Integer>& counts, std::size_t cut) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const int part = i > cut ? 1 : 0;
      count[part] += counts[i];
      sum[part] += counts[i] * i;
      squares[part] += counts[i] * counts[i];
    }
  }
};

/// The first cut with the largest of the fractions.
template <typename Fraction>
std::size_t best_cut_of(const std::vector<Integer>& counts, const Fraction& fraction) {
  std::size_t best = 0;
  Integer top = -1;
  Integer bottom = 1;
  for (std::size_t cut = 0; cut + 1 < counts.size(); ++cut) {
    const auto [numerator, denominator] = fraction(Parts(counts, cut));
    if (numerator * bottom <= top * denominator) continue;
    best = cut;
    top = numerator;
    bottom = denominator;
  }
  return best;
}

using Fraction = std::pair<Integer, Integer>;

std::size_t otsu(const std::vector<Integer>& counts) {
  return best_cut_of(counts, [](const Parts& p) -> Fraction {
    // P0 P1 (S1 / P1 - S0 / P0)^2
    const Integer difference = p.sum[1] * p.count[0] - p.sum[0] * p.count[1];
    return {difference * difference, p.count[0] * p.count[1]};
  });
}

std::size_t yen(const std::vector<Integer>& counts) {
  return best_cut_of(counts, [](const Parts& p) -> Fraction {
    const Integer product = p.count[0] * p.count[1];
    return {product * product, p.squares[0] * p.squares[1]};
  });
}

/// The lowest k with 0 <= (m0 + m1) / 2 - k < 1.
std::optional<std::size_t> isodata(const std::vector<Integer>& counts) {
  for (std::size_t k = 0; k + 1 < counts.size(); ++k) {
    const Parts p(counts, k);
    const Integer divisor = 2 * p.count[0] * p.count[1];
    const Integer above = p.sum[0] * p.count[1] + p.sum[1] * p.count[0] - divisor * k;
    if (above >= 0 && above < divisor) return k;
  }
  return std::nullopt;
}

/// The bin farthest below the line from the first peak to the farther one of the first and the last bin with scores;
/// to the first of them where they are equally far.
std::size_t triangle(const std::vector<Integer>& counts) {
  const std::size_t last = counts.size() - 1;
  const auto peak = static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin());
  const bool upper = last - peak > peak;
  const std::size_t width = upper ? last - peak : peak;
  // The distance is in proportion to height x / width - count, x bins from the end of the tail, which is at 0 there.
  std::optional<Integer> most;
  std::size_t best = 0;
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t bin = upper ? last - x : x;
    const Integer distance = counts[peak] * x - counts[bin] * width;
    if (most && distance <= *most) continue;
    most = distance;
    best = bin;
  }
  return best;
}

/// Sums of three, which are means of three but for a factor, until two peaks are left; mirrored beyond the ends.
/// `exact` says whether the sums are below 2^53.
std::optional<std::size_t> minimum(std::vector<Integer> counts, bool& exact) {
  for (int round = 0; round < 300; ++round) {
    std::vector<Integer> sums;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sums.push_back(counts[i == 0 ? 0 : i - 1] + counts[i] + counts[std::min(i + 1, counts.size() - 1)]);
    }
    counts = sums;
    exact = *std::ranges::max_element(counts) < Integer(1) << 53;
    // A peak: what comes after it is lower, what came before rose, flat parts between or not.
    std::vector<std::size_t> peaks;
    bool rising = true;
    for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
      if (rising && counts[i + 1] < counts[i]) {
        rising = false;
        peaks.push_back(i);
      } else if (counts[i + 1] > counts[i]) {
        rising = true;
      }
    }
    if (peaks.size() > 2) continue;
    if (peaks.size() < 2) return std::nullopt;
    std::size_t least = peaks[0];
    for (std::size_t i = peaks[0]; i <= peaks[1]; ++i) least = counts[i] < counts[least] ? i : least;
    return least;
  }
  return std::nullopt;
}

constexpr const char* bin_rules[] = {"otsu", "yen", "triangle", "isodata", "minimum"};

/// The last bin of the lower part; `exact` where doubles hold the sums.
std::optional<std::size_t> lower_bin(const std::string& rule, const std::vector<Integer>& counts, bool& exact) {
  exact = true;
  if (rule == "yen") return yen(counts);
  if (rule == "triangle") return triangle(counts);
  if (rule == "isodata") return isodata(counts);
  if (rule == "minimum") return minimum(counts, exact);
  return otsu(counts);
}

TEST_CASE("histogram: rules on bins are their formulas on whole numbers") {
  for_all_types("histogram rules", 12000, {.extreme = false, .large = 3000}, []<typename T>(const Case<T>& made) {
    Random random(made.seed);
    const std::string rule = bin_rules[random.below(5)];
    const std::size_t bins = random.below(3) == 0 ? 256 : 2 + random.below(30);
    const Fit fit = fit_of("histogram", {{"rule", rule}, {"bins", static_cast<double>(bins)}}, made);
    const std::size_t n = made.scores.size();
    if (n < 2) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    bool exact = true;
    const std::optional<std::size_t> bin = lower_bin(rule, Bins(sorted, bins).counts, exact);
    if (!exact) return std::string();
    if (!bin) return named(rule, fit_differs(fit, FitStatus::not_applicable));
    if (!fit.ok()) return rule + ": " + status_differs(fit, FitStatus::ok);
    // What lies above the centre is anomalous. The centre is made of sums and a quotient of numbers no wider than the
    // scores; a cutoff just above it is the next number of the scores' type.
    const long double step =
        (static_cast<long double>(sorted.back()) - sorted.front()) / static_cast<long double>(bins);
    const long double centre = sorted.front() + (static_cast<long double>(*bin) + 0.5L) * step;
    const long double bound = 0x1p-50L * (std::abs(sorted.front()) + std::abs(sorted.back()));
    for (const double x : sorted) {
      if (std::abs(x - centre) <= bound) continue;
      if (fit.cutoff(x) != (x > centre))
        return rule + ": " + literal(x) + " is on the wrong side of bin " + std::to_string(*bin);
    }
    return beyond(rule + "'s cutoff", fit.cutoff.value(), centre,
                  bound + std::abs(centre) * static_cast<long double>(std::numeric_limits<T>::epsilon()));
  });
  for_all<double>("histogram of whole numbers", 5000, {.extreme = false}, [](const Case<double>& made) -> std::string {
    Random random(made.seed);
    const std::string rule = bin_rules[random.below(5)];
    // Scores 0 ... 8 in eight bins of width 1, of which the last holds 7 and 8.
    std::vector<double> scores{0, 8};
    std::vector<Integer> counts(8, 0);
    counts[0] = counts[7] = 1;
    for (std::size_t i = 0; i < made.scores.size(); ++i) {
      const std::size_t bin = random.below(8);
      scores.push_back(static_cast<double>(bin));
      ++counts[bin];
    }
    AnyThreshold threshold = make_threshold("histogram", {{"rule", rule}, {"bins", 8.0}});
    threshold.update(scores);
    bool exact = true;
    const std::optional<std::size_t> bin = lower_bin(rule, counts, exact);
    if (!exact) return "";
    if (!bin) return named(rule, fit_differs(threshold.compute(), FitStatus::not_applicable));
    // Just above the centre of the bin.
    return named(rule, fit_differs(threshold.compute(), FitStatus::ok, above<double>(static_cast<double>(*bin) + 0.5)));
  });
}

TEST_CASE("histogram: li iterates on the scores themselves") {
  for_all_types("histogram li", 6000, {.extreme = false, .large = 3000}, []<typename T>(const Case<T>& made) {
    const Fit fit = fit_of("histogram", {{"rule", std::string("li")}}, made);
    const std::size_t n = made.scores.size();
    if (n < 2) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    std::vector<long double> s;
    for (const double x : sorted) s.push_back(static_cast<long double>(x) - sorted.front());
    long double least_step = s.back();
    for (std::size_t i = 1; i < n; ++i) {
      if (s[i] > s[i - 1]) least_step = std::min(least_step, s[i] - s[i - 1]);
    }
    long double t = 0;
    for (const long double x : s) t += x / static_cast<long double>(n);
    // Means, logarithms and a quotient are rounded; the difference of two means may cancel some digits.
    const long double rounding = 1e-13L * s.back();
    for (;;) {
      long double sum[2] = {0, 0};
      long double count[2] = {0, 0};
      for (const long double x : s) {
        if (std::abs(x - t) <= rounding && x > 0) return std::string();  // for rounding to say on which side
        sum[x > t ? 1 : 0] += x;
        ++count[x > t ? 1 : 0];
      }
      const long double low = sum[0] / count[0];
      const long double high = sum[1] / count[1];
      if (low == 0) {
        t = 0;
        break;
      }
      const long double next = (high - low) / (std::log(high) - std::log(low));
      const long double move = std::abs(next - t);
      t = next;
      if (std::abs(move - least_step / 2) <= rounding) return std::string();
      if (move <= least_step / 2) break;
    }
    const long double cut = sorted.front() + t;
    const long double bound = 2 * rounding + 0x1p-51L * (std::abs(sorted.front()) + std::abs(sorted.back()));
    std::size_t flagged = 0;
    for (const double x : sorted) {
      flagged += fit.cutoff(x) ? 1U : 0U;
      // The least score is let pass where the cut ends there, and nothing was computed for that.
      const bool sure = std::abs(x - cut) > bound || (t == 0 && x == sorted.front());
      if (sure && fit.cutoff(x) != (x > cut)) return literal(x) + " is on the wrong side";
    }
    // The next number of the scores' type above a cut that is one.
    return fit_differs(fit, FitStatus::ok, cut,
                       bound + std::abs(cut) * static_cast<long double>(std::numeric_limits<T>::epsilon()) +
                           std::numeric_limits<T>::denorm_min()) +
           beyond("flagged", fit.estimates.at("flagged"), static_cast<double>(flagged) / static_cast<double>(n), 0);
  });
}

/// Mean and deviation (divisor n - ddof) of the first n scores.
struct Spread {
  long double mean = 0;
  long double deviation = 0;

  Spread(const std::vector<double>& sorted, std::size_t n, std::size_t ddof) {
    const auto size = static_cast<long double>(n);
    for (std::size_t i = 0; i < n; ++i) mean += sorted[i] / size;
    for (std::size_t i = 0; i < n; ++i) {
      deviation += (sorted[i] - mean) * (sorted[i] - mean) / (size - static_cast<long double>(ddof));
    }
    deviation = std::sqrt(deviation);
  }
};

TEST_CASE("outlier: tests one sample after the other") {
  for_all_types("outlier", 8000, {.extreme = false, .large = 400}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    constexpr const char* rules[] = {"generalised_esd", "thompson", "chauvenet"};
    const std::string rule = rules[random.below(3)];
    const double significance = random.below(2) == 0 ? 0.05 : 0.4 * random.uniform() + 1e-3;
    const double most = random.below(2) == 0 ? 0.5 : 0.5 * random.uniform() + 1e-3;
    const double expected = random.below(2) == 0 ? 0.5 : random.uniform() + 1e-3;
    ParameterMap parameters{{"rule", rule}, {"expected", std::min(expected, 1.0)}};
    parameters["significance"] = significance;
    parameters["most"] = std::min(most, 0.5);
    const Fit fit = fit_of("outlier", parameters, made);
    const std::size_t n = made.scores.size();
    if (n < 3) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    const long double widest = std::abs(sorted.front()) + std::abs(sorted.back());
    if (rule == "chauvenet") {
      const Spread all(sorted, n, 1);
      // The quantile is Boost's, in long double; in double it is right to some units of the last place.
      const boost::math::normal_distribution<long double> normal;
      const long double share = static_cast<long double>(std::min(expected, 1.0)) / static_cast<long double>(n);
      const long double z = quantile(complement(normal, share));
      return beyond("z", fit.estimates.at("z"), z, 1e-14L * (1 + std::abs(z))) +
             fit_differs(fit, FitStatus::ok, all.mean + z * all.deviation,
                         1e-14L * (1 + std::abs(z)) * all.deviation + 0x1p-51L * widest);
    }
    const auto rounds = static_cast<std::size_t>(std::floor(std::min(most, 0.5) * static_cast<double>(n)));
    std::size_t outliers = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::size_t m = n - round;
      if (m < 3) break;
      const Spread left(sorted, m, 1);
      if (!(left.deviation > 0) || sorted[m - 1] == sorted[0]) break;
      const auto size = static_cast<long double>(m);
      const boost::math::students_t_distribution<long double> student(size - 2);
      const long double p = rule == "thompson" ? significance : significance / size;
      const long double t = quantile(complement(student, p));
      const long double critical = t * (size - 1) / std::sqrt(size * (size - 2 + t * t));
      const long double ratio = (sorted[m - 1] - left.mean) / left.deviation;
      // Mean, deviation, quotient and quantile round; the mean in its own unit.
      if (std::abs(ratio - critical) <= 1e-12L * ratio + 0x1p-50L * widest / left.deviation) return "";
      if (ratio > critical) {
        outliers = round + 1;
      } else if (rule == "thompson") {
        break;
      }
    }
    std::string wrong = differs(rule + "'s outliers", fit.estimates.at("outliers"), static_cast<double>(outliers));
    const double cutoff = outliers == 0 ? above<T>(sorted.back()) : sorted[n - outliers];
    return wrong + fit_differs(fit, FitStatus::ok, cutoff);
  });
}

TEST_CASE("centre: rules of thumb on stretched scores") {
  for_all_types("centre", 4000, {.extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    constexpr const char* rules[] = {"karcher", "yeo_johnson", "filter"};
    const std::string rule = rules[random.below(3)];
    const Fit fit = fit_of("centre", {{"rule", rule}}, made);
    const std::size_t n = made.scores.size();
    if (n < 3) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    const auto size = static_cast<long double>(n);
    const long double least = sorted.front();
    const long double range = sorted.back() - least;
    std::vector<long double> s;
    long double mean = 0;
    for (const double x : sorted) {
      s.push_back((x - least) / range);
      mean += s.back() / size;
    }
    long double variance = 0;
    for (const long double x : s) variance += (x - mean) * (x - mean) / size;
    const long double deviation = std::sqrt(variance);
    long double level = 0;
    // Each s is wrong by two roundings, of a difference and of a quotient; so is what is made of them, and each
    // operation rounds once more.
    long double of_level = 8 * 0x1p-53L;
    if (rule == "karcher") {
      const long double h = std::pow(size, -0.2L) * std::sqrt(variance * size / (size - 1));
      const auto phi = [](long double z) { return std::erfc(-z / std::sqrt(2.0L)) / 2; };
      long double inside = 0;
      for (const long double x : s) inside += (phi((1 - x) / h) - phi(-x / h)) / size;
      level = inside * mean + deviation;
      // Phi's slope is .4 / h, and z Phi' is at most .25 of h's relative error.
      of_level += 8 * 0x1p-53L * (1 + 1 / h);
    } else if (rule == "filter") {
      const long double half = size * deviation / 2;
      if (std::abs(half - std::floor(half) - 0.5L) < 1e-12L * size) return "";  // for rounding to say
      auto window = static_cast<std::size_t>(std::lround(half));
      while (window % 2 == 0 || window < 3) ++window;
      for (std::size_t i = n - window; i < n; ++i) level += s[i] / static_cast<long double>(window);
      if (std::string wrong = differs("window", fit.estimates.at("window"), static_cast<double>(window));
          !wrong.empty()) {
        return wrong;
      }
    } else {
      const auto transformed = [](long double x, long double lambda) {
        return lambda == 0 ? std::log1p(x) : std::expm1(lambda * std::log1p(x)) / lambda;
      };
      // The normal likelihood of the transformed scores, but for constants, per score.
      const auto likelihood = [&](long double lambda) {
        long double centre = 0;
        long double logs = 0;
        for (const long double x : s) {
          centre += transformed(x, lambda) / size;
          logs += std::log1p(x) / size;
        }
        long double spread = 0;
        for (const long double x : s) {
          const long double d = transformed(x, lambda) - centre;
          spread += d * d / size;
        }
        return (lambda - 1) * logs - std::log(spread) / 2;
      };
      if (fit.status == FitStatus::not_converged) {
        // Then it still rises at the ends of what is searched.
        return likelihood(1000) < likelihood(500) && likelihood(-1000) < likelihood(-500) ? "there is a maximum" : "";
      }
      const long double lambda = fit.estimates.at("lambda");
      const long double found = likelihood(lambda);
      for (int i = -40; i <= 40; ++i) {
        // Everywhere, and near what was found. Terms are a few units at most, so that 2^-45 of one is beyond rounding.
        for (const long double other : {static_cast<long double>(i * std::abs(i)) / 16,
                                        lambda + static_cast<long double>(i * std::abs(i)) * 1e-4L}) {
          const long double value = likelihood(other);
          if (value > found + 0x1p-45L * (1 + std::abs(found))) {
            return "lambda = " + std::to_string(static_cast<double>(other)) + " is likelier than " +
                   std::to_string(static_cast<double>(lambda)) + " by " +
                   std::to_string(static_cast<double>(value - found));
          }
        }
      }
      level = transformed(1, lambda);
      of_level += 8 * 0x1p-53L * level * (1 + std::abs(lambda));
    }
    const long double bound = range * of_level + 4 * 0x1p-53L * (std::abs(least) + range * (1 + level));
    return fit_differs(fit, FitStatus::ok, least + range * level, bound);
  });
}

TEST_CASE("vote: the median and the majority of the members' cutoffs") {
  for_all_types("vote", 1500, {.extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const bool majority = random.below(2) == 0;
    const std::size_t least_answers = 1 + random.below(5);
    const Fit fit = fit_of("vote",
                           {{"rule", std::string(majority ? "majority" : "median")},
                            {"least_answers", static_cast<double>(least_answers)}},
                           made);
    const std::size_t n = made.scores.size();
    if (n < 2) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    // The members have models of their own.
    std::vector<double> cutoffs;
    for (const auto& [method, rule] : std::initializer_list<std::pair<const char*, const char*>>{
             {"histogram", "li"}, {"histogram", "triangle"}, {"mixture", ""}, {"outlier", ""}, {"centre", ""}}) {
      ParameterMap parameters;
      if (*rule != '\0') parameters["rule"] = std::string(rule);
      const Fit member = fit_of(method, parameters, made);
      if (member.ok()) cutoffs.push_back(member.cutoff.value());
    }
    const std::size_t answers = cutoffs.size();
    std::ranges::sort(cutoffs);
    if (answers < least_answers || (majority && answers < 3)) return fit_differs(fit, FitStatus::not_applicable);
    std::string wrong = differs("answers", fit.estimates.at("answers"), static_cast<double>(answers));
    if (majority) return wrong + fit_differs(fit, FitStatus::ok, cutoffs[2]);
    if (answers % 2 == 1) return wrong + fit_differs(fit, FitStatus::ok, cutoffs[answers / 2]);
    const long double a = cutoffs[answers / 2 - 1];
    const long double b = cutoffs[answers / 2];
    // A sum or a difference, halved.
    return wrong + fit_differs(fit, FitStatus::ok, (a + b) / 2, 0x1p-52L * (std::abs(a) + std::abs(b)) + 0x1p-1074L);
  });
}

}  // namespace
