// SPDX-License-Identifier: Apache-2.0
// What is drawn again, and what is profiled: p-values and bounds by bootstraps, intervals by the profile likelihood,
// gpd with an automatic start or a confidence, the drift test of batch.
#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <optional>

#include "plimsoll/stats/gev_interval.hpp"
#include "plimsoll/stats/gpd_interval.hpp"
#include "plimsoll/stats/two_sample.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/bootstrap_interval.hpp"
#include "plimsoll/thresholds/gpd_threshold.hpp"
#include "slow_likelihoods.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;

/// So many numbers of a distribution, by the level above which each drawn share of it lies; ascending.
template <typename Level>
std::vector<double> sample_of(Drawn& drawn, std::size_t count, const Level& level) {
  std::vector<double> sample;
  for (std::size_t i = 0; i < count; ++i) sample.push_back(static_cast<double>(level(drawn.uniform())));
  std::ranges::sort(sample);
  return sample;
}

Case<double> case_of(const std::vector<double>& scores) {
  Case<double> made;
  made.scores = scores;
  return made;
}

/// How many statistics are at least the observed one: surely, and at most, as far as rounding leaves it open.
struct AtLeast {
  std::size_t sure = 0;
  std::size_t most = 0;

  void count(long double statistic, long double observed, long double precision) {
    const long double slack = precision * (1 + std::abs(observed));
    sure += statistic >= observed + slack ? 1 : 0;
    most += !(statistic < observed - slack) ? 1 : 0;
  }
  [[nodiscard]] std::string differs_from(double p_value, std::size_t replicates) const {
    const auto whole = static_cast<long double>(replicates + 1);
    const long double least = static_cast<long double>(sure + 1) / whole;
    const long double largest = static_cast<long double>(most + 1) / whole;
    if (p_value >= least - 1e-15L && p_value <= largest + 1e-15L) return "";
    return "the p-value is " + std::to_string(p_value) + ", by the model " + std::to_string(static_cast<double>(least));
  }
};

/// Anderson and Darling's and Cramer and von Mises' statistics of shares below and above each of the ascending numbers.
long double statistic_of(const std::vector<std::pair<long double, long double>>& shares, bool by_tails) {
  const auto n = static_cast<long double>(shares.size());
  long double sum = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto rank = static_cast<long double>(i + 1);
    const auto [below, above] = shares[i];
    const long double log_below = below < above ? std::log(below) : std::log1p(-above);
    const auto mirrored = shares[shares.size() - 1 - i];
    const long double log_above =
        mirrored.second < mirrored.first ? std::log(mirrored.second) : std::log1p(-mirrored.first);
    const long double distance = below - (2 * rank - 1) / (2 * n);
    sum += by_tails ? -(2 * rank - 1) / n * (log_below + log_above) : distance * distance;
  }
  return by_tails ? sum - n : sum + 1 / (12 * n);
}

long double gpd_statistic(const std::vector<double>& y, long double sigma, long double xi) {
  std::vector<std::pair<long double, long double>> shares;
  for (const double x : y) {
    const long double log_above = 1 + xi * x / sigma > 0 ? -log_ratio(xi, x / sigma) : never;
    shares.emplace_back(-std::expm1(log_above), std::exp(log_above));
  }
  return statistic_of(shares, true);
}

/// The estimate that `gpd` takes for a tail, by its name; the models of these are in likelihood_model_test.cpp.
stats::Estimate<stats::Gpd> gpd_estimate(const std::string& estimator, const std::vector<double>& y) {
  if (estimator == "pwm") return stats::gpd_pwm(y);
  if (estimator == "moments") return stats::gpd_moments(y);
  if (estimator == "zhang_stephens") return stats::gpd_zhang_stephens(y);
  const auto mle = stats::gpd_mle(y);
  return mle.status == stats::EstimateStatus::unbounded ? stats::gpd_zhang_stephens(y) : mle;
}

TEST_CASE("gpd: the p-value counts samples of the fit that are fitted again") {
  for_all<double>(
      "gpd, p-value", 400, {.most = 120, .extreme = false, .least_scores = 30}, [](const Case<double>& made) {
        Random random(made.seed);
        constexpr const char* estimators[] = {"mle", "pwm", "moments", "zhang_stephens"};
        const std::string estimator = estimators[random.below(4)];
        const std::size_t replicates = 19 + random.below(20);
        const std::size_t seed = random.below(1000);
        const double share = 0.3 + 0.5 * random.uniform();
        const Fit fit = fit_of("gpd",
                               {{"false_alarm_rate", 0.001},
                                {"tail_share", share},
                                {"estimator", estimator},
                                {"least_p_value", 1e-9},
                                {"replicates", static_cast<double>(replicates)},
                                {"seed", static_cast<double>(seed)}},
                               made);
        if (made.scores.size() < 20) return std::string();
        const TailOf tail(sorted_doubles(made.scores), share);
        if (!tail.sure || !fit.ok() || fit.estimates.count("xi") == 0) return std::string();
        const std::vector<double>& y = tail.values;
        const long double sigma = fit.estimates.at("sigma");
        const long double xi = fit.estimates.at("xi");
        const long double observed = gpd_statistic(y, sigma, xi);
        // Where the support ends, the statistic is that of the last spare bits of the largest score.
        const bool at_the_end = 1 + xi * y.back() / sigma < 1e-6L;
        std::string wrong;
        if (!at_the_end) wrong = beyond("statistic", fit.goodness->statistic, observed, 1e-7L * (1 + observed));
        Drawn drawn(seed);
        AtLeast count;
        for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
          const std::vector<double> sample =
              sample_of(drawn, y.size(), [&](long double share_above) { return gpd_level(sigma, xi, share_above); });
          const auto estimate = gpd_estimate(estimator, sample);
          count.count(estimate.ok() ? gpd_statistic(sample, estimate.family.sigma, estimate.family.xi) : -never,
                      observed, 1e-5L);
        }
        if (at_the_end) return wrong;
        return named(estimator, wrong + count.differs_from(fit.goodness->p_value, replicates));
      });
}

TEST_CASE("parametric: the p-value counts samples of the fit that are fitted again") {
  for_all<double>(
      "parametric, p-value", 500, {.most = 60, .extreme = false, .least_scores = 5}, [](const Case<double>& made) {
        Random random(made.seed);
        constexpr const char* names[] = {"normal", "log_normal", "gamma", "weibull", "logistic", "gumbel"};
        const std::string name = names[random.below(6)];
        const std::size_t replicates = 19 + random.below(20);
        const std::size_t seed = random.below(1000);
        const bool by_tails = random.below(2) == 0;
        Case<double> given = made;
        for (double& x : given.scores) x = std::abs(x) + 0.125;
        const ParameterMap tested{{"family", name},
                                  {"least_p_value", 1e-9},
                                  {"test", std::string(by_tails ? "anderson_darling" : "cramer_von_mises")},
                                  {"replicates", static_cast<double>(replicates)},
                                  {"seed", static_cast<double>(seed)}};
        const Fit fit = fit_of("parametric", tested, given);
        if (!fit.ok()) return std::string();
        // Boost's series for so large shapes in long double do not end.
        if (name == "gamma" && fit.estimates.at("shape") > 1e4) return std::string();
        const FamilyModel family{name, {}};
        const auto statistic = [&](const std::vector<double>& sorted, const Estimates& estimates) {
          std::vector<std::pair<long double, long double>> shares;
          for (const double x : sorted) shares.push_back(family.shares(estimates, x));
          return statistic_of(shares, by_tails);
        };
        const std::vector<double> sorted = sorted_doubles(given.scores);
        const long double observed = statistic(sorted, fit.estimates);
        // Parameters are right to 2^-26 or so of their error, and the scores to their own rounding.
        const long double precision = 1e-7L + 1e-13L * sorted.back() / (sorted.back() - sorted.front());
        std::string wrong = std::isfinite(observed)
                                ? beyond("statistic", fit.goodness->statistic, observed, precision * (1 + observed))
                                : "";
        Drawn drawn(seed);
        AtLeast count;
        for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
          const std::vector<double> sample = sample_of(drawn, sorted.size(), [&](long double share_above) {
            return family.upper_quantile(fit.estimates, share_above);
          });
          const Fit again = fit_of("parametric", {{"family", name}, {"least_p_value", 0.0}}, case_of(sample));
          count.count(again.ok() ? statistic(sample, again.estimates) : -never, observed, 100 * precision);
        }
        return named(name, wrong + count.differs_from(fit.goodness->p_value, replicates));
      });
}

TEST_CASE("map: the bound of few images, by samples of the fitted distribution") {
  for_all<double>(
      "map, bootstrap", 600, {.most = 45, .extreme = false, .least_scores = 3}, [](const Case<double>& made) {
        Random random(made.seed);
        const double rate = draw_rate(random);
        const double confidence = random.below(2) == 0 ? 0.9 : 0.5 + 0.45 * random.uniform();
        const std::size_t replicates = 39 + random.below(40);
        const std::size_t seed = random.below(1000);
        const Fit fit = fit_of("map",
                               {{"false_alarm_rate", rate},
                                {"confidence", confidence},
                                {"replicates", static_cast<double>(replicates)},
                                {"seed", static_cast<double>(seed)}},
                               made);
        if (!fit.ok()) return std::string();
        const std::vector<double> sorted = sorted_doubles(made.scores);
        long double l2 = 0;
        const auto level = gev_level(sorted, rate, l2);
        if (!level) return std::string();
        const long double xi = fit.estimates.at("xi");
        const long double y = -std::log1p(-static_cast<long double>(rate));
        const auto standard = [xi](long double z) {  // the level that exp(-z) of the distribution is below
          return std::expm1(-xi * std::log(z)) / xi;
        };
        Drawn drawn(seed);
        std::vector<long double> distances;
        for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
          const std::vector<double> sample = sample_of(
              drawn, sorted.size(), [&](long double share_above) { return standard(-std::log1p(-share_above)); });
          long double own_l2 = 0;
          const auto own = gev_level(sample, rate, own_l2);
          if (!own) return std::string();
          distances.push_back((*own - standard(y)) / own_l2);
        }
        std::ranges::sort(distances);
        const auto whole = static_cast<long double>(replicates + 1);
        const auto limit = [&](long double share, bool upper) {
          std::size_t k = 0;
          while (static_cast<long double>(k + 1) / whole <= share + 1e-9L) ++k;
          return *level - l2 * (upper ? distances[k - 1] : distances[replicates - k]);
        };
        const auto bound = [&](long double value) {
          const long double widest = std::abs(sorted.front()) + std::abs(sorted.back());
          // Three numbers may be so skewed that their shape loses half of its digits.
          return 1e-7L * (l2 + std::abs(value - sorted[sorted.size() / 2])) + 1e-11L * widest;
        };
        const long double upper = limit(1 - static_cast<long double>(confidence), true);
        return fit_differs(fit, FitStatus::ok, upper, bound(upper)) +
               beyond("the interval's lower end", fit.interval->lower, limit(0.025L, false),
                      bound(limit(0.025L, false))) +
               beyond("its upper end", fit.interval->upper, limit(0.025L, true), bound(limit(0.025L, true)));
      });
}

TEST_CASE("bootstrap_interval: fits of samples of the scores, sorted") {
  for_all_types("bootstrap_interval", 600, {.most = 40}, []<typename T>(const Case<T>& made) -> std::string {
    if (made.scores.empty()) return "";
    Random random(made.seed);
    constexpr const char* methods[] = {"quantile", "maximum", "sigma", "mad"};
    const std::string method = methods[random.below(4)];
    const BootstrapOptions options{.replicates = 20 + random.below(60),
                                   .confidence = random.below(2) == 0 ? 0.9 : 0.1 + 0.8 * random.uniform(),
                                   .seed = random.below(1000)};
    const CutoffInterval interval = bootstrap_interval(make_threshold(method), Scores(made.scores), options);
    Drawn drawn(options.seed);
    std::vector<double> cutoffs;
    for (std::size_t replicate = 0; replicate < options.replicates; ++replicate) {
      Case<T> sample;
      for (std::size_t i = 0; i < made.scores.size(); ++i) {
        sample.scores.push_back(made.scores[drawn.below(made.scores.size())]);
      }
      cutoffs.push_back(fit_of(method, {}, sample).cutoff.value());
    }
    std::ranges::sort(cutoffs);
    const long double place =
        static_cast<long double>(options.replicates + 1) * (1 - static_cast<long double>(options.confidence)) / 2;
    if (std::abs(place - std::round(place)) < 1e-9L) return "";  // for rounding to say
    const std::size_t k = std::max<std::size_t>(1, static_cast<std::size_t>(place));
    return differs("lower", interval.lower, cutoffs[k - 1]) +
           differs("upper", interval.upper, cutoffs[options.replicates - k]);
  });
}

/// Whether most are equal to another, which gives likelihoods several maxima: a profile then goes over from one to the
/// next, and the library's is that around the estimate.
bool tied(const std::vector<double>& sorted) {
  std::size_t equal = 0;
  for (std::size_t i = 1; i < sorted.size(); ++i) equal += sorted[i] == sorted[i - 1] ? 1U : 0U;
  return 3 * equal > sorted.size();
}

/// The highest of what is found by climbs from the likeliest of these places; nothing where there is none.
template <std::size_t D, typename Function>
std::optional<Summit<D>> highest_of(const Function& function, const std::vector<std::array<long double, D>>& places) {
  std::vector<Summit<D>> starts;
  for (const auto& place : places) {
    if (const long double value = function(place); value > never) starts.push_back({place, value});
  }
  std::ranges::sort(starts, std::greater<>(), &Summit<D>::value);
  std::optional<Summit<D>> best;
  for (std::size_t i = 0; i < std::min<std::size_t>(starts.size(), D == 1 ? 3 : 6); ++i) {
    const auto found = climb<D>(function, starts[i].at);
    if (!best || found.value > best->value) best = found;
  }
  return best;
}

constexpr long double unknown = std::numeric_limits<long double>::quiet_NaN();

/// The profile likelihood of a generalised Pareto distribution by which the share `ratio` lies above a level.
struct GpdProfileModel {
  GpdLikelihood likelihood;
  long double log_ratio;  ///< below 0
  long double near;       ///< xi of the estimate

  /// Over xi; NaN where it is highest at an end of xi's range, as then there is no maximum.
  [[nodiscard]] long double at_level(long double level) const {
    const auto along = [&](const std::array<long double, 1>& at) {
      const long double xi = at[0];
      if (!(xi > -1 && xi <= 10)) return never;
      return likelihood({std::log(level / gpd_level(1, xi, std::exp(log_ratio))), xi});
    };
    std::vector<std::array<long double, 1>> starts{{near}};
    for (int i = -9; i <= 20; ++i) starts.push_back({near + static_cast<long double>(i * std::abs(i)) / 100});
    const auto found = highest_of<1>(along, starts);
    return found && found->at[0] > -0.97L && found->at[0] < 9.7L ? found->value : unknown;
  }
  [[nodiscard]] long double at_xi(long double xi) const {
    const auto along = [&](const std::array<long double, 1>& at) { return likelihood({at[0], xi}); };
    const std::vector<double>& y = likelihood.y;
    std::vector<std::array<long double, 1>> starts;
    for (const long double part : {0.03L, 0.1L, 0.3L, 1.0L, 3.0L, 10.0L}) starts.push_back({std::log(part * y.back())});
    if (xi < 0) starts.push_back({std::log(-xi * y.back() * 1.01L)});
    const auto found = highest_of<1>(along, starts);
    return found ? found->value : unknown;
  }
};

/// The root of a deviance.
long double root_of(long double highest, long double profile) {
  return std::sqrt(std::max(0.0L, 2 * (highest - profile)));
}

/// Where a root of a deviance is not what an end of an interval has. The library's search ends when the end is known to
/// 2^-36 of its distance, a simplex on a ridge may end some 1e-5 below its height. Empty where the profile is unknown,
/// or above the maximum: it is then of another maximum, which gev_mle overlooked.
std::string root_differs(const char* what, long double highest, long double profile, long double root, std::size_t n) {
  if (std::isnan(profile) || profile > highest + slack_of(n)) return "";
  const long double own = root_of(highest, profile);
  if (std::abs(own - root) <= 1e-4L * root + slack_of(n) / root) return "";
  return std::string(what) + " has a deviance with the root " + std::to_string(static_cast<double>(own)) + ", not " +
         std::to_string(static_cast<double>(root)) + ". ";
}

long double two_sided(double confidence) {
  const boost::math::normal_distribution<long double> normal;
  return quantile(complement(normal, (1 - static_cast<long double>(confidence)) / 2));
}

TEST_CASE("profile intervals of a generalised Pareto distribution end where the deviance is the quantile") {
  for_all<
      double>("gpd profiles", 300, {.most = 60, .extreme = false, .least_scores = 10}, [](const Case<double>& made) {
    Random random(made.seed);
    std::vector<double> y;
    for (const double x : made.scores) {
      if (x != 0) y.push_back(std::abs(x));
    }
    std::ranges::sort(y);
    if (y.size() < 10 || tied(y)) return std::string();
    const auto mle = stats::gpd_mle(y);
    if (!mle.ok() || mle.family.xi < -0.9 || mle.family.xi > 5) return std::string();
    const double ratio = std::pow(10.0, -0.3 - 3 * random.uniform());
    const double confidence = random.below(2) == 0 ? 0.95 : 0.3 + 0.69 * random.uniform();
    const GpdProfileModel model{{y}, std::log(static_cast<long double>(ratio)), mle.family.xi};
    const long double highest = model.likelihood({std::log(static_cast<long double>(mle.family.sigma)), mle.family.xi});
    const long double root = two_sided(confidence);
    const auto level = stats::gpd_level_profile(y, mle, ratio, confidence);
    const auto xi = stats::gpd_xi_profile(y, mle, confidence);
    std::string wrong;
    if (!level.ok() || !xi.ok()) return std::string("there is no interval");
    if (level.interval.lower > 0) {
      wrong += root_differs("the level's lower end", highest, model.at_level(level.interval.lower), root, y.size());
    }
    if (std::isfinite(level.interval.upper)) {
      wrong += root_differs("the level's upper end", highest, model.at_level(level.interval.upper), root, y.size());
    }
    if (xi.interval.lower > -1) {
      wrong += root_differs("the lower xi", highest, model.at_xi(xi.interval.lower), root, y.size());
    }
    if (xi.interval.upper < 10) {
      wrong += root_differs("the upper xi", highest, model.at_xi(xi.interval.upper), root, y.size());
    }
    return wrong;
  });
}

TEST_CASE("profile intervals of an extreme value distribution end where the deviance is the quantile") {
  for_all<double>(
      "gev profiles", 150, {.most = 50, .extreme = false, .least_scores = 12}, [](const Case<double>& made) {
        Random random(made.seed);
        const std::vector<double> sorted = sorted_doubles(made.scores);
        if (sorted.size() < 12 || tied(sorted)) return std::string();
        const auto mle = stats::gev_mle(sorted);
        if (!mle.ok() || mle.family.xi < -0.9 || mle.family.xi > 5) return std::string();
        const double rate = std::pow(10.0, -0.3 - 2 * random.uniform());
        const double confidence = random.below(2) == 0 ? 0.95 : 0.3 + 0.65 * random.uniform();
        const long double unit = sorted.back() - static_cast<long double>(sorted.front());
        const GevLikelihood likelihood{sorted, unit, sorted[sorted.size() / 2]};
        const long double mu = (mle.family.mu - likelihood.middle) / unit;
        const long double log_sigma = std::log(mle.family.sigma / unit);
        const long double at_xi = mle.family.xi;
        const long double highest = likelihood({mu, log_sigma, at_xi});
        const long double root = two_sided(confidence);
        const long double y = -std::log1p(-static_cast<long double>(rate));
        const auto profile = [&](long double level) {
          // Over mu and xi, as sigma and xi make up for each other far out; the rate is below one half, so mu below the
          // level.
          const long double standard = (level - likelihood.middle) / unit;
          const auto along = [&](const std::array<long double, 2>& at) {
            if (!(at[1] > -1 && at[1] <= 10 && at[0] < standard)) return never;
            return likelihood({at[0], std::log((standard - at[0]) / gpd_level(1, at[1], y)), at[1]});
          };
          std::vector<std::array<long double, 2>> starts;
          for (int i = -6; i <= 16; ++i) {
            for (int j = -3; j <= 3; ++j) starts.push_back({mu + 0.08L * j, at_xi + static_cast<long double>(i) / 8});
          }
          const auto found = highest_of<2>(along, starts);
          return found ? found->value : unknown;
        };
        const auto level = stats::gev_level_profile(sorted, mle, rate, confidence);
        std::string wrong;
        if (!level.ok()) return std::string("there is no interval");
        const std::size_t n = sorted.size();
        if (std::isfinite(level.interval.lower)) {
          wrong += root_differs("the level's lower end", highest, profile(level.interval.lower), root, n);
        }
        if (std::isfinite(level.interval.upper)) {
          wrong += root_differs("the level's upper end", highest, profile(level.interval.upper), root, n);
        }
        const auto xi = stats::gev_xi_profile(sorted, mle, confidence);
        for (const double end : {xi.interval.lower, xi.interval.upper}) {
          if (!(end > -1 && end < 10)) continue;
          const auto along = [&](const std::array<long double, 2>& at) { return likelihood({at[0], at[1], end}); };
          std::vector<std::array<long double, 2>> places;
          for (int i = -3; i <= 3; ++i) {
            for (int j = -2; j <= 4; ++j) places.push_back({mu + 0.1L * i, log_sigma + 0.3L * j});
          }
          const auto found = highest_of<2>(along, places);
          wrong += root_differs("xi's end", highest, found ? found->value : unknown, root, n);
        }
        return wrong;
      });
}

/// The limit of a level for a known share of exceedances, from that with the share's own uncertainty.
long double without_share(long double level, long double limit, long double by_share) {
  const long double square = (limit - level) * (limit - level) - (by_share - level) * (by_share - level);
  return level + (limit < level ? -1 : 1) * std::sqrt(std::max(0.0L, square));
}

/// Bounds of a share that was counted (Clopper and Pearson).
long double share_limit(std::size_t hits, std::size_t all, long double tail, bool upper) {
  using Beta = boost::math::beta_distribution<long double>;
  const auto k = static_cast<long double>(hits);
  const auto n = static_cast<long double>(all);
  if (upper) return hits == all ? 1 : quantile(complement(Beta(k + 1, n - k), tail));
  return hits == 0 ? 0 : quantile(Beta(k, n - k + 1), tail);
}

TEST_CASE("gpd with a confidence: the root by simulation, the profile, and the share's uncertainty") {
  for_all<double>(
      "gpd, bounds", 120, {.most = 110, .extreme = false, .least_scores = 40}, [](const Case<double>& made) {
        Random random(made.seed);
        const bool delta = random.below(3) == 0;
        const double confidence = 0.6 + 0.35 * random.uniform();
        const double share = 0.3 + 0.3 * random.uniform();
        const double rate = 0.05 * std::pow(10.0, -2 * random.uniform());
        const std::size_t seed = random.below(1000);
        constexpr std::size_t replicates = 19;
        const Fit fit = fit_of("gpd",
                               {{"false_alarm_rate", rate},
                                {"confidence", confidence},
                                {"tail_share", share},
                                {"bound", std::string(delta ? "delta" : "profile")},
                                {"least_p_value", 0.0},
                                {"replicates", static_cast<double>(replicates)},
                                {"seed", static_cast<double>(seed)}},
                               made);
        const std::vector<double> sorted = sorted_doubles(made.scores);
        if (sorted.size() < 20 || tied(sorted)) return std::string();
        const TailOf tail(sorted, share);
        if (!tail.sure || !fit.ok() || fit.estimates.count("xi") == 0) return std::string();
        const std::vector<double>& y = tail.values;
        const long double sigma = fit.estimates.at("sigma");
        const long double xi = fit.estimates.at("xi");
        if (xi < -0.45L || xi > 3) return std::string();
        const auto size = static_cast<long double>(sorted.size());
        const long double tail_share = static_cast<long double>(y.size()) / size;
        const long double ratio = rate / tail_share;
        const GpdProfileModel model{{y}, std::log(ratio), xi};
        const long double highest = model.likelihood({std::log(sigma), xi});
        const long double level = gpd_level(sigma, xi, ratio);
        const long double at_cutoff = fit.cutoff.value() - tail.start;
        const auto by_share = [&](long double limit) { return gpd_level(sigma, xi, std::min(1.0L, rate / limit)); };
        if (delta) {
          // Second derivatives by differences, in log sigma and xi; of the level too.
          constexpr long double h = 1e-4L;
          const auto l = [&](long double a, long double b) { return model.likelihood({std::log(sigma) + a, xi + b}); };
          const long double aa = (l(h, 0) - 2 * highest + l(-h, 0)) / (h * h);
          const long double bb = (l(0, h) - 2 * highest + l(0, -h)) / (h * h);
          const long double ab = (l(h, h) - l(h, -h) - l(-h, h) + l(-h, -h)) / (4 * h * h);
          const long double slope_a = level;
          const long double slope_b = (gpd_level(sigma, xi + h, ratio) - gpd_level(sigma, xi - h, ratio)) / (2 * h);
          const long double determinant = aa * bb - ab * ab;
          // The inverse of the negated matrix, and of the share by its own standard error: d level / d log share.
          const long double variance =
              (-bb * slope_a * slope_a + 2 * ab * slope_a * slope_b - aa * slope_b * slope_b) / determinant;
          const long double of_share = sigma * std::exp(-xi * std::log(ratio)) *
                                       std::sqrt((1 - tail_share) / static_cast<long double>(y.size()));
          const long double reach = two_sided(2 * confidence - 1) * std::sqrt(variance + of_share * of_share);
          // Differences are right to h^2 of the next derivatives, which are some tens.
          return named("delta", beyond("bound", static_cast<double>(at_cutoff), level + reach,
                                       1e-5L * reach * (1 + y.back() / (sigma + xi * y.back())) +
                                           1e-14L * (std::abs(sorted.front()) + std::abs(sorted.back()))));
        }
        Drawn drawn(seed);
        std::vector<long double> roots;
        bool without_maximum = false;
        for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
          const std::vector<double> sample =
              sample_of(drawn, y.size(), [&](long double share_above) { return gpd_level(sigma, xi, share_above); });
          const auto own = stats::gpd_mle(sample);
          if (!own.ok()) continue;
          const GpdProfileModel profile{{sample}, std::log(ratio), own.family.xi};
          const long double best =
              profile.likelihood({std::log(static_cast<long double>(own.family.sigma)), own.family.xi});
          // A level without a maximum over xi is further than all with one.
          const long double there = profile.at_level(level);
          without_maximum = without_maximum || std::isnan(there);
          const long double root = std::isnan(there) ? -never : root_of(best, there);
          roots.push_back(level > gpd_level(own.family.sigma, own.family.xi, ratio) ? root : -root);
        }
        if (roots.empty()) return std::string("a bound without a sample");
        std::ranges::sort(roots);
        const long double place = confidence * static_cast<long double>(roots.size() + 1);
        if (std::abs(place - std::round(place)) < 1e-9L) return std::string();
        const long double root = roots[std::min(static_cast<std::size_t>(std::ceil(place)), roots.size()) - 1];
        if (!(root > 0.05L && root < 100)) return std::string();
        const long double most = share_limit(y.size(), sorted.size(), 1 - static_cast<long double>(confidence), true);
        const long double limit = without_share(level, at_cutoff, by_share(most));
        const long double there = model.at_level(limit);
        if (std::isnan(there)) return std::string();
        const long double own = root_of(highest, there);
        // Where most of the uncertainty is the share's, little is left of the digits of the limit.
        const long double lost = (at_cutoff - level) / std::max(limit - level, 1e-30L);
        const long double precision = 1e-5L * (1 + root) * lost * lost;
        // The model's highest place may be an end of xi's range where the library finds a maximum: then a rank more or
        // less.
        const auto found = std::ranges::lower_bound(roots, root) - roots.begin();
        if (without_maximum && found > 0 && std::abs(roots[static_cast<std::size_t>(found) - 1] - own) <= precision)
          return std::string();
        return beyond("root", static_cast<double>(own), root, precision);
      });
}

TEST_CASE("gpd: the interval has the profile's distance and the share's, as squares") {
  for_all<
      double>("gpd, interval", 200, {.most = 150, .extreme = false, .least_scores = 40}, [](const Case<double>& made) {
    Random random(made.seed);
    const double share = 0.3 + 0.3 * random.uniform();
    const double rate = 0.05 * std::pow(10.0, -2 * random.uniform());
    const Fit fit = fit_of("gpd", {{"false_alarm_rate", rate}, {"tail_share", share}, {"least_p_value", 0.0}}, made);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.size() < 20 || tied(sorted)) return std::string();
    const TailOf tail(sorted, share);
    if (!tail.sure || !fit.ok() || fit.estimates.count("xi") == 0 || !fit.interval) return std::string();
    const long double sigma = fit.estimates.at("sigma");
    const long double xi = fit.estimates.at("xi");
    if (xi < -0.9L || xi > 3) return std::string();
    const long double ratio =
        rate * static_cast<long double>(sorted.size()) / static_cast<long double>(tail.values.size());
    const GpdProfileModel model{{tail.values}, std::log(ratio), xi};
    const long double highest = model.likelihood({std::log(sigma), xi});
    const long double level = gpd_level(sigma, xi, ratio);
    std::string wrong;
    for (const bool upper : {false, true}) {
      const long double end = (upper ? fit.interval->upper : fit.interval->lower) - tail.start;
      if (!std::isfinite(end) || end <= 1e-12L * (level + std::abs(tail.start))) continue;  // at the start
      const long double most = share_limit(tail.values.size(), sorted.size(), 0.025L, upper);
      const long double limit = without_share(level, end, gpd_level(sigma, xi, std::min(1.0L, rate / most)));
      const long double lost = (end - level) / (limit - level == 0 ? 1e-30L : limit - level);
      const long double there = model.at_level(limit);
      if (std::isnan(there)) continue;
      const long double own = root_of(highest, there);
      const long double rounding =
          1e-15L * (std::abs(sorted.front()) + std::abs(sorted.back())) / std::abs(limit - level);
      wrong += beyond(upper ? "upper root" : "lower root", static_cast<double>(own), 1.959963984540054L,
                      (1e-6L + 10 * rounding) * lost * lost);
    }
    return wrong;
  });
}

TEST_CASE("gpd with an automatic start: the tails that are tested one by one") {
  for_all<double>(
      "gpd, automatic", 120, {.most = 260, .extreme = false, .least_scores = 20}, [](const Case<double>& made) {
        if (made.scores.empty()) return std::string();
        const ParameterMap parameters{{"false_alarm_rate", 0.002}, {"replicates", 19.0}, {"least_p_value", 1e-9}};
        const auto with = [&](double share) {
          ParameterMap own = parameters;
          own["tail_share"] = share;
          return fit_of("gpd", own, made);
        };
        ParameterMap automatic = parameters;
        automatic["start"] = std::string("automatic");
        const Fit fit = fit_of("gpd", automatic, made);
        // The least share with its own fit decides: ForwardStop, by its formula.
        long double sum = 0;
        std::size_t tested = 0;
        std::size_t rejected = 0;
        constexpr double shares[] = {0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.075, 0.05};
        for (const double share : shares) {
          const TailOf tail(sorted_doubles(made.scores), share);
          if (!tail.sure) return std::string();
          if (tail.values.size() < 10) break;
          const Fit own = with(share);
          // Fitted alone it would need some scores more; or no tail at all.
          if (own.status == FitStatus::too_few_scores || (!own.goodness && own.ok())) return std::string();
          const long double p = own.goodness ? own.goodness->p_value : 0;
          sum -= std::log1p(-p);
          ++tested;
          const long double line = 0.05L * static_cast<long double>(tested);
          if (std::abs(sum - line) < 1e-12L) return std::string();
          if (sum <= line) rejected = tested;
        }
        if (tested > 0 && rejected == tested) return fit_differs(fit, FitStatus::fit_rejected);
        const Fit chosen = with(shares[rejected]);
        return fit_differs(fit, chosen.status, chosen.cutoff.value());
      });
}

/// Scholz and Stephens' statistic (7) of two samples, ties at mid-ranks, by counting.
long double two_sample_statistic(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<double> pooled = first;
  pooled.insert(pooled.end(), second.begin(), second.end());
  std::ranges::sort(pooled);
  const auto n = static_cast<long double>(pooled.size());
  pooled.erase(std::unique(pooled.begin(), pooled.end()), pooled.end());
  long double total = 0;
  for (const auto* sample : {&first, &second}) {
    const auto size = static_cast<long double>(sample->size());
    long double sum = 0;
    for (const double z : pooled) {
      const auto middle = [z](const std::vector<double>& x) {  // below z, and half of those at it
        return static_cast<long double>(std::ranges::count_if(x, [z](double s) { return s < z; })) +
               static_cast<long double>(std::ranges::count(x, z)) / 2;
      };
      const auto ties = static_cast<long double>(std::ranges::count(first, z) + std::ranges::count(second, z));
      const long double b = middle(first) + middle(second);
      const long double distance = n * middle(*sample) - size * b;
      const long double scale = b * (n - b) - n * ties / 4;
      if (scale > 0) sum += ties / n * distance * distance / scale;
    }
    total += sum / size;
  }
  return (n - 1) / n * total;
}

/// Their statistic (6), of numbers that are not tied: by `of_first`, which of the pooled sample each is from.
long double untied_statistic(const std::vector<bool>& of_first) {
  const auto n = static_cast<long double>(of_first.size());
  const auto m = static_cast<long double>(std::ranges::count(of_first, true));
  long double sum = 0;
  long double below = 0;
  for (std::size_t j = 1; j < of_first.size(); ++j) {
    below += of_first[j - 1] ? 1 : 0;
    const auto rank = static_cast<long double>(j);
    const long double first = n * below - rank * m;
    const long double second = n * (rank - below) - rank * (n - m);
    sum += (first * first / m + second * second / (n - m)) / (rank * (n - rank));
  }
  return sum / n;
}

TEST_CASE("the two-sample statistic by counting, and its variance over all arrangements") {
  for_all_types("two samples", 3000, {.most = 60}, []<typename T>(const Case<T>& made) -> std::string {
    const auto [one, other] = split(made);
    const std::vector<double> first = sorted_doubles(one);
    const std::vector<double> second = sorted_doubles(other);
    if (first.empty() || second.empty()) return "";
    if (std::min(first.front(), second.front()) == std::max(first.back(), second.back())) return "";
    const long double model = two_sample_statistic(first, second);
    return beyond("statistic",
                  stats::two_sample_anderson_darling(std::span<const double>(first), std::span<const double>(second)),
                  model, 1e-12L * (1 + model));
  });
  for (std::size_t n = 4; n <= 11; ++n) {
    for (std::size_t m = 1; m < n; ++m) {
      std::vector<bool> of_first(n);
      std::fill(of_first.begin(), of_first.begin() + static_cast<std::ptrdiff_t>(m), true);
      long double count = 0;
      long double sum = 0;
      long double squares = 0;
      do {
        const long double statistic = untied_statistic(of_first);
        count += 1;
        sum += statistic;
        squares += statistic * statistic;
      } while (std::prev_permutation(of_first.begin(), of_first.end()));
      const long double mean = sum / count;
      const long double variance = squares / count - mean * mean;
      INFO(n << " numbers, " << m << " of them in the first sample");
      // A handful of terms that cancel to a thousandth at least.
      CHECK(beyond("variance", stats::two_sample_anderson_darling_variance(m, n - m), variance, 1e-12L) == "");
    }
  }
}

TEST_CASE("batch: what drifted is told by the scores below the normals' median") {
  for_all_types("batch, drift", 1500, {.most = 160, .least_scores = 60}, []<typename T>(const Case<T>& made) {
    Random random(made.seed);
    if (made.scores.size() < 60) return std::string();  // when made smaller
    std::vector<T> normals(made.scores.begin(), made.scores.begin() + 25);
    std::vector<T> scores(made.scores.begin() + 25, made.scores.end());
    const double least = random.below(2) == 0 ? 0.01 : random.uniform();
    if (random.below(3) == 0) {
      for (T& x : scores) x = static_cast<T>(x / 2);  // nearer to zero: a drift, as the case may be
    }
    BatchThreshold threshold{{.least_batch = 1, .drift_p_value = least}};
    threshold.update(normals);
    threshold.update_batch(scores);
    const Fit fit = threshold.compute();
    const std::vector<double> sorted = sorted_doubles(normals);
    std::vector<double> first;
    std::vector<double> second;
    for (const double x : sorted) {
      if (x < sorted[12]) first.push_back(x);
    }
    for (const double x : sorted_doubles(scores)) {
      if (x < sorted[12]) second.push_back(x);
    }
    long double p = 1;
    if (!first.empty() && !second.empty() && first.size() + second.size() >= 8) {
      const long double variance = stats::two_sample_anderson_darling_variance(first.size(), second.size());
      const bool equal = std::min(first.front(), second.front()) == std::max(first.back(), second.back());
      const long double statistic = equal ? 0 : two_sample_statistic(first, second);
      // The limit's variance is 2 (pi^2 - 9) / 3; its tail has tests of its own.
      const long double limit =
          std::sqrt(2 * (3.14159265358979323846264338328L * 3.14159265358979323846264338328L - 9) / 3);
      p = stats::anderson_darling_tail(static_cast<double>(1 + (statistic - 1) / std::sqrt(variance) * limit));
    }
    std::string wrong = beyond("drift_p_value", fit.estimates.at("drift_p_value"), p, 1e-10L);
    if (std::abs(p - least) < 1e-10L) return wrong;
    return wrong + ((fit.status == FitStatus::drifted) == (p < least) ? "" : "drifted or not, that is the question");
  });
}

}  // namespace
