// SPDX-License-Identifier: Apache-2.0
// Fitted distributions: gpd, gev, gumbel, parametric, tail, spot, mixture. The likelihood in long double, at what was
// fitted and wherever a simplex search finds a maximum; the cutoff from what was fitted; the other estimators'
// formulas; scores in other units.
#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <optional>

#include "slow_likelihoods.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;

/// Scores that a shift by whole numbers and a scale by powers of two do not round.
template <typename T>
Case<double> on_a_grid(const Case<T>& made) {
  Case<double> grid;
  for (const T x : made.scores) {
    grid.scores.push_back(std::clamp(std::round(static_cast<double>(x) * 0x1p20), -0x1p40, 0x1p40) * 0x1p-20);
  }
  grid.labels = made.labels;
  return grid;
}

std::string follows_units(const std::string& method, const ParameterMap& parameters, const Case<double>& grid,
                          Random& random, long double precision) {
  const Fit fit = fit_of(method, parameters, grid);
  const double scale = std::ldexp(1.0, static_cast<int>(random.below(11)) - 5);
  const auto shift = static_cast<double>(random.below(2001)) - 1000;
  Case<double> other = grid;
  for (double& x : other.scores) x *= scale;
  const Fit scaled = fit_of(method, parameters, other);
  std::string wrong = status_differs(scaled, fit.status);
  if (!wrong.empty()) return named(method + ", scaled", wrong);
  if (!fit.ok()) return "";
  wrong = named(method + ", scaled", differs("cutoff", scaled.cutoff.value(), scale * fit.cutoff.value()));
  for (double& x : other.scores) x = x / scale + shift;
  const Fit shifted = fit_of(method, parameters, other);
  if (std::string status = status_differs(shifted, fit.status); !status.empty()) {
    return wrong + named(method + ", shifted", status);
  }
  const std::vector<double> sorted = sorted_doubles(grid.scores);
  const long double distance = std::abs(fit.cutoff.value() - static_cast<long double>(sorted.front())) + sorted.back() -
                               static_cast<long double>(sorted.front());
  return wrong +
         named(method + ", shifted", beyond("cutoff", shifted.cutoff.value(), fit.cutoff.value() + shift,
                                            precision * (distance + std::abs(shift) + std::abs(sorted.back()))));
}

const Shape smooth{.most = 150, .extreme = false};

TEST_CASE("gpd: the highest maximum of the tail's likelihood, and its level") {
  for_all_types("gpd", 1200, smooth, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    constexpr const char* estimators[] = {"mle", "pwm", "moments", "zhang_stephens"};
    const std::string estimator = estimators[random.below(2) == 0 ? 0 : random.below(4)];
    const double rate = std::pow(10.0, -0.4 - 4 * random.uniform());
    const double share = random.below(2) == 0 ? 0.25 : 0.2 + 0.7 * random.uniform();
    const ParameterMap parameters{
        {"false_alarm_rate", rate}, {"tail_share", share}, {"estimator", estimator}, {"least_p_value", 0.0}};
    const Fit fit = fit_of("gpd", parameters, made);
    const std::size_t n = made.scores.size();
    if (static_cast<double>(n) * share < 10) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    const TailOf tail(sorted, share);
    if (!tail.sure) return "";
    const auto count = static_cast<long double>(tail.values.size());
    const long double tail_share = count / static_cast<long double>(n);
    if (rate >= tail_share) {
      const Quantile q = quantile_7(sorted, 1 - rate);
      const auto next = static_cast<long double>(std::numeric_limits<T>::epsilon()) * std::abs(q.value);
      return fit_differs(fit, FitStatus::ok, q.value, q.bound + next + std::numeric_limits<T>::denorm_min());
    }
    if (count < 10) return fit_differs(fit, FitStatus::not_applicable);
    const std::vector<double>& y = tail.values;
    if (y.front() == y.back()) return fit_differs(fit, FitStatus::no_spread);
    if (!fit.ok()) return estimator + ": " + status_differs(fit, FitStatus::ok);
    const long double sigma = fit.estimates.at("sigma");
    const long double xi = fit.estimates.at("xi");
    std::string wrong;
    // Formulas are right to some roundings of the widest score, which the tail's start cancels.
    const long double rounding = 1e-12L + 1e-14L * (std::abs(sorted.front()) + std::abs(sorted.back())) / y.back();
    long double mean = 0;
    for (const double x : y) mean += x / count;
    const bool no_maximum = fit.note.find("Zhang and Stephens") != std::string::npos;
    if (estimator == "mle") {
      const GpdLikelihood likelihood{y};
      const auto best = likelihood.highest();
      if (no_maximum) {
        // A maximum that is one: lower in all directions, by more than rounding.
        if (best && higher_nearby<2>(likelihood, best->at, 0, random).empty()) {
          return "the likelihood has a maximum at xi = " + std::to_string(static_cast<double>(best->at[1]));
        }
      } else {
        const std::array<long double, 2> at{std::log(sigma), xi};
        wrong = higher_nearby<2>(likelihood, at, slack_of(y.size()), random);
        if (best && best->value > likelihood(at) + slack_of(y.size())) {
          wrong += "a higher maximum is at xi = " + std::to_string(static_cast<double>(best->at[1])) + ", not " +
                   std::to_string(static_cast<double>(xi)) + ", by " +
                   std::to_string(static_cast<double>(best->value - likelihood(at)));
        }
      }
    }
    if (estimator == "pwm") {
      long double pairs = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) pairs += static_cast<long double>(y[i]) - y[j];
      }
      const long double l2 = pairs / (count * (count - 1));
      const long double ratio = mean / l2;
      wrong +=
          beyond("xi", static_cast<double>(xi), 2 - ratio, rounding * (1 + ratio) * (1 + ratio)) +
          beyond("sigma", static_cast<double>(sigma), mean * (ratio - 1), rounding * mean * (1 + ratio) * (1 + ratio));
    }
    if (estimator == "moments") {
      long double variance = 0;
      for (const double x : y) variance += (x - mean) * (x - mean) / (count - 1);
      const long double ratio = mean * mean / variance;
      wrong += beyond("xi", static_cast<double>(xi), (1 - ratio) / 2, rounding * (1 + ratio) * (1 + ratio)) +
               beyond("sigma", static_cast<double>(sigma), mean * (ratio + 1) / 2,
                      rounding * mean * (1 + ratio) * (1 + ratio));
    }
    if (estimator == "zhang_stephens" || no_maximum) {
      // Zhang and Stephens (2009), section 3: theta(j) = 1 / max + (1 - sqrt(m / (j - 1/2))) / (3 quartile), and the
      // mean of theta by the profile likelihood; theta is -xi / sigma.
      const auto m = static_cast<std::size_t>(20 + std::floor(std::sqrt(count)));
      const long double quartile = y[static_cast<std::size_t>(std::floor(count / 4 + 0.5L)) - 1];
      std::vector<long double> thetas;
      std::vector<long double> values;
      for (std::size_t j = 1; j <= m; ++j) {
        const auto place = static_cast<long double>(j) - 0.5L;
        thetas.push_back(1 / static_cast<long double>(y.back()) +
                         (1 - std::sqrt(static_cast<long double>(m) / place)) / (3 * quartile));
        long double k = 0;
        for (const double x : y) k -= std::log1p(-thetas.back() * x) / count;
        values.push_back(count * (std::log(thetas.back() / k) + k - 1));
      }
      long double theta = 0;
      long double total = 0;
      const long double top = *std::ranges::max_element(values);
      for (std::size_t j = 0; j < m; ++j) {
        theta += std::exp(values[j] - top) * thetas[j];
        total += std::exp(values[j] - top);
      }
      theta /= total;
      long double shape = 0;
      for (const double x : y) shape += std::log1p(-theta * x) / count;
      if (std::abs(shape) > 1e-6L) {
        const long double spare = 1 / (1 - theta * static_cast<long double>(y.back()));  // of the last logarithm
        const long double bound = 100 * rounding * count * (1 + spare) * (1 + std::abs(shape)) * y.back() / quartile;
        wrong += beyond("xi", static_cast<double>(xi), shape, bound) +
                 beyond("sigma", static_cast<double>(sigma), -shape / theta, bound * mean / std::abs(shape) * 10);
      }
    }
    const long double distance = gpd_level(sigma, xi, rate / tail_share);
    // Logarithm, product, exponential and quotient round; the exponential by as much as its argument is large.
    const long double log_rate = std::abs(std::log(rate / tail_share));
    const long double bound = distance * 0x1p-49L * (1 + std::abs(xi) * log_rate) +
                              0x1p-50L * (std::abs(sorted.front()) + std::abs(sorted.back()));
    wrong += fit_differs(fit, FitStatus::ok, tail.start + distance, bound);
    if (!wrong.empty()) return estimator + ": " + wrong;
    // A tail is searched to 2^-26 or so of its unit, and extrapolated from there.
    return random.below(4) == 0
               ? follows_units("gpd", parameters, on_a_grid(made), random, 1e-7L * std::max(1.0L, distance / y.back()))
               : "";
  });
}

TEST_CASE("spot: the cutoff is that of the likeliest tail") {
  for_all_types("spot", 300, {.most = 250, .extreme = false, .least_scores = 110},
                []<typename T>(const Case<T>& made) -> std::string {
                  Random random(made.seed);
                  const double level = 0.5 + 0.3 * random.uniform();
                  const double rate = (1 - level) * std::pow(10.0, -0.1 - 3 * random.uniform());
                  const Fit fit = fit_of("spot", {{"level", level}, {"false_alarm_rate", rate}}, made);
                  const std::vector<double> sorted = sorted_doubles(made.scores);
                  const std::size_t n = sorted.size();
                  if (n == 0) return "";
                  std::size_t r = 1;
                  while (static_cast<double>(r) / static_cast<double>(n) < level) ++r;
                  const double start = sorted[r - 1];
                  std::vector<double> y;
                  for (const double x : sorted) {
                    if (x > start) y.push_back(x - start);
                  }
                  if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
                  const auto count = static_cast<long double>(y.size());
                  const long double share = count / static_cast<long double>(n);
                  if (y.size() < 20 || rate >= share) return fit.ok() ? "a cutoff of a tail that is too small" : "";
                  if (y.front() == y.back()) return fit_differs(fit, FitStatus::no_spread);
                  const GpdLikelihood likelihood{y};
                  const auto best = likelihood.highest();
                  if (!best) return "";
                  const bool is_one = higher_nearby<2>(likelihood, best->at, 0, random).empty();
                  if (!fit.ok()) return is_one ? status_differs(fit, FitStatus::ok) : "";
                  const long double distance = gpd_level(std::exp(best->at[0]), best->at[1], rate / share);
                  // A simplex whose values differ by 1e-16 is 1e-7 wide or so where the likelihood bends as it should.
                  const long double log_rate = std::abs(std::log(rate / share));
                  return fit_differs(fit, FitStatus::ok, start + distance,
                                     distance * 1e-5L * (1 + log_rate) + 1e-14L * std::abs(start));
                });
}

TEST_CASE("gev: L-moments by their formulas, the likelihood's maximum, and the level") {
  for_all_types("gev", 500, {.most = 90, .extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const bool mle = random.below(3) != 0;
    const double rate = draw_rate(random);
    const ParameterMap parameters{{"false_alarm_rate", rate}, {"estimator", std::string(mle ? "mle" : "l_moments")}};
    const Fit fit = fit_of("gev", parameters, made);
    const std::size_t n = made.scores.size();
    if (n < 3) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    const long double widest = std::abs(sorted.front()) + std::abs(sorted.back());
    const auto range = static_cast<long double>(sorted.back()) - sorted.front();
    if (!mle) {
      long double l2 = 0;
      const std::optional<long double> level = gev_level(sorted, rate, l2);
      if (!level) return "";
      const long double distance = std::abs(*level - sorted[n / 2]);
      std::string wrong = fit_differs(fit, FitStatus::ok, *level, 1e-11L * (l2 + distance) + 1e-12L * widest);
      return wrong.empty() ? follows_units("gev", parameters, on_a_grid(made), random, 1e-9L) : wrong;
    }
    if (!fit.ok()) {
      // No maximum: then a search from a moment fit ends at xi = -1 or 10, or where the likelihood has no end.
      return fit.status == FitStatus::not_converged ? "" : status_differs(fit, FitStatus::ok);
    }
    const long double mu = fit.estimates.at("mu");
    const long double sigma = fit.estimates.at("sigma");
    const long double xi = fit.estimates.at("xi");
    const GevLikelihood likelihood{sorted, range, sorted[n / 2]};
    const std::array<long double, 3> at{(mu - likelihood.middle) / range, std::log(sigma / range), xi};
    // Scores far from zero leave mu fewer digits.
    const long double slack = slack_of(n) + static_cast<long double>(n) * 0x1p-50L * widest / sigma;
    std::string wrong = higher_nearby<3>(likelihood, at, slack, random);
    const auto from_here = climb<3>(likelihood, at);
    if (from_here.value > likelihood(at) + slack && std::abs(from_here.at[2] - xi) < 0.2L) {
      wrong +=
          "a climb from the maximum gains " + std::to_string(static_cast<double>(from_here.value - likelihood(at)));
    }
    const long double y = -std::log1p(-static_cast<long double>(rate));
    const long double distance = gpd_level(sigma, xi, y);
    const long double bound = 0x1p-49L * (1 + std::abs(xi * std::log(y))) * std::abs(distance) +
                              0x1p-50L * (sigma + std::abs(mu) + std::abs(mu + distance));
    return wrong + fit_differs(fit, FitStatus::ok, mu + distance, bound);
  });
}

TEST_CASE("parametric and gumbel: the likeliest parameters, AIC, the quantile, and the best family") {
  for_all_types("parametric", 1500, {.most = 80, .extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    constexpr const char* names[] = {"normal", "log_normal", "gamma", "weibull", "logistic", "gumbel"};
    const double rate = 0.5 * std::pow(10.0, -3 * random.uniform());
    Case<T> given = made;
    if (random.below(2) == 0) {
      for (T& x : given.scores) x = std::abs(x) + T{0.125};
    }
    const std::size_t n = given.scores.size();
    const std::vector<double> sorted = sorted_doubles(given.scores);
    double least_aic = std::numeric_limits<double>::infinity();
    double best_cutoff = 0;
    std::string best_name;
    for (const std::string name : names) {
      const ParameterMap parameters{{"family", name}, {"false_alarm_rate", rate}, {"least_p_value", 0.0}};
      const Fit fit = fit_of("parametric", parameters, given);
      if (n < 2) return fit_differs(fit, FitStatus::too_few_scores);
      const bool bounded = name == "log_normal" || name == "gamma" || name == "weibull";
      if (bounded && sorted.front() <= 0) {
        if (fit.ok()) return name + " of scores that it cannot have";
        continue;
      }
      if (sorted.front() == sorted.back()) {
        if (std::string wrong = fit_differs(fit, FitStatus::no_spread); !wrong.empty()) return named(name, wrong);
        continue;
      }
      if (!fit.ok()) return name + ": " + status_differs(fit, FitStatus::ok);
      FamilyModel model{name, {}};
      for (const double x : sorted) model.x.push_back(x);
      const auto at = model.at(fit.estimates);
      const long double here = model(at);
      const long double sigma = std::exp(at[1]);
      // Scores far from the origin in the family's unit leave the parameters fewer digits; so do shapes that are large.
      const long double far = bounded ? std::exp(std::abs(at[0])) : std::abs(sorted.front()) + std::abs(sorted.back());
      const long double slack = slack_of(n) * (1 + 0x1p-8L * far / (bounded ? 1 : sigma));
      std::string wrong;
      for (int i = 0; i < 40; ++i) {
        const long double radius = std::pow(10.0L, -static_cast<long double>(i % 6));
        std::array<long double, 2> other = at;
        other[0] +=
            radius * static_cast<long double>(random.normal()) * (name == "gamma" || name == "weibull" ? 1 : sigma);
        other[1] += radius * static_cast<long double>(random.normal());
        if (model(other) > here + slack) wrong = "the likelihood is higher at another place";
      }
      wrong += beyond("AIC", fit.estimates.at("aic"), 4 - 2 * here,
                      1e-12L * (static_cast<long double>(n) * (1 + std::abs(here)) + far));
      // Boost's quantiles in double are right to some units of the last place, gamma's to some ten; in long double it
      // has none of gamma's for large shapes.
      if (name != "gamma" || at[0] < std::log(1e4L)) {
        const long double model_cutoff = model.upper_quantile(fit.estimates, rate);
        const long double unit = std::abs(model_cutoff) + (bounded ? 0 : sigma + std::abs(at[0]));
        wrong += beyond("cutoff", fit.cutoff.value(), model_cutoff, 1e-13L * (1 + std::abs(at[0])) * unit);
      }
      if (!wrong.empty()) return named(name, wrong);
      if (name == "gumbel") {
        const Fit own = fit_of("gumbel", {{"estimator", std::string("mle")}, {"false_alarm_rate", rate}}, given);
        if (wrong = fit_differs(own, FitStatus::ok, fit.cutoff.value()); !wrong.empty())
          return named("gumbel mle", wrong);
      }
      if (fit.estimates.at("aic") < least_aic) {
        least_aic = fit.estimates.at("aic");
        best_cutoff = fit.cutoff.value();
        best_name = name;
      }
      if (!bounded && random.below(8) == 0) {
        wrong = follows_units("parametric", parameters, on_a_grid(given), random, 1e-9L);
        if (!wrong.empty()) return wrong;
      }
    }
    if (best_name.empty()) return "";
    const Fit best = fit_of("parametric", {{"false_alarm_rate", rate}, {"least_p_value", 0.0}}, given);
    return named("best, " + best_name, fit_differs(best, FitStatus::ok, best_cutoff));
  });
}

TEST_CASE("tail: the mean of Gumbel's quantile and the Pareto tail's, by L-moments") {
  for_all_types("tail", 4000, {.most = 120, .extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double rate = random.below(2) == 0 ? 0.05 : draw_rate(random);
    const double share = random.below(2) == 0 ? 0.25 : draw_rate(random);
    const ParameterMap parameters{{"false_alarm_rate", rate}, {"tail_share", share}};
    const Fit fit = fit_of("tail", parameters, made);
    const std::size_t n = made.scores.size();
    if (n < 2) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    const auto l_moments = [](const std::vector<double>& x) {
      const auto count = static_cast<long double>(x.size());
      long double sum = 0;
      long double pairs = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        sum += x[i];
        for (std::size_t j = 0; j < i; ++j) pairs += std::abs(static_cast<long double>(x[i]) - x[j]);
      }
      return std::pair(sum / count, pairs / (count * (count - 1)));
    };
    const auto [l1, l2] = l_moments(sorted);
    const long double sigma = l2 / std::log(2.0L);
    const long double g =
        l1 - 0.577215664901532860606512090082L * sigma - sigma * std::log(-std::log1p(-static_cast<long double>(rate)));
    const long double widest = std::abs(sorted.front()) + std::abs(sorted.back());
    const long double of_g = 1e-13L * (l2 + std::abs(g - l1)) + 1e-14L * widest;
    if (n < 20) return fit_differs(fit, FitStatus::ok, g, of_g);
    const TailOf tail(sorted, share);
    if (!tail.sure) return "";
    const auto count = static_cast<long double>(tail.values.size());
    const long double tail_share = count / static_cast<long double>(n);
    if (std::abs(rate - tail_share) < 1e-14L) return "";
    if (rate > tail_share) {
      const Quantile q = quantile_7(sorted, 1 - rate);
      return named("quantile", fit_differs(fit, FitStatus::ok, (g + q.value) / 2, of_g + q.bound + 1e-15L * widest));
    }
    if (count < 2 || tail.values.front() == tail.values.back())
      return named("g alone", fit_differs(fit, FitStatus::ok, g, of_g));
    const auto [t1, t2] = l_moments(tail.values);
    const long double ratio = t1 / t2;
    const long double xi = 2 - ratio;
    const long double p = tail.start + gpd_level(t1 * (ratio - 1), xi, rate / tail_share);
    // L-moments to 1e-14 of the tail, the start to some roundings of the scores; xi is a quotient of them, and is
    // multiplied by a logarithm in the exponent.
    const long double rounding = 1e-13L + 1e-15L * widest / tail.values.back();
    const long double log_rate = std::abs(std::log(rate / tail_share));
    const long double of_p = rounding * (std::abs(p - tail.start) + t1 * ratio) * (1 + ratio) * (1 + log_rate) * 4;
    std::string wrong = named("tail", fit_differs(fit, FitStatus::ok, (g + p) / 2, of_g + of_p + 1e-15L * widest));
    return wrong.empty() ? follows_units("tail", parameters, on_a_grid(made), random, 1e-9L) : wrong;
  });
}

/// A component of a mixture of normal or of gamma distributions.
struct MixtureComponent {
  bool gamma = false;
  long double weight = 0;
  long double mean = 0;
  long double deviation = 1;

  [[nodiscard]] long double log_density(long double x) const {
    constexpr long double pi = 3.14159265358979323846264338328L;
    if (!gamma) {
      const long double z = (x - mean) / deviation;
      return std::log(weight) - z * z / 2 - std::log(deviation) - std::log(2 * pi) / 2;
    }
    const long double shape = mean / deviation * (mean / deviation);
    const long double scale = mean / shape;
    return std::log(weight) + (shape - 1) * std::log(x) - x / scale - std::lgamma(shape) - shape * std::log(scale);
  }

  /// The likeliest one for weighted numbers, with a deviation of at least the floor.
  [[nodiscard]] static MixtureComponent of(bool gamma, const std::vector<long double>& x,
                                           const std::vector<long double>& weights, long double floor) {
    MixtureComponent part{gamma, 0, 0, 0};
    long double total = 0;
    long double logs = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      total += weights[i];
      part.mean += weights[i] * x[i];
      if (gamma) logs += weights[i] * std::log(x[i]);
    }
    part.mean /= total;
    part.weight = total / static_cast<long double>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      part.deviation += weights[i] * (x[i] - part.mean) * (x[i] - part.mean) / total;
    }
    part.deviation = std::max(std::sqrt(part.deviation), floor);
    if (!gamma) return part;
    // log k - digamma(k), which falls in k, is the gap of the logarithms; by halving log k.
    const long double gap = std::log(part.mean) - logs / total;
    long double low = -20;
    long double high = 2 * std::log(part.mean / floor);
    for (int i = 0; i < 200; ++i) {
      const long double middle = (low + high) / 2;
      const long double k = std::exp(middle);
      (std::log(k) - boost::math::digamma(k) > gap ? low : high) = middle;
    }
    part.deviation = part.mean / std::exp(high / 2);
    return part;
  }
};

TEST_CASE("mixture: a fixed point of the algorithm, its criterion, and the crossing") {
  for_all_types("mixture", 3000, {.most = 150, .extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    constexpr const char* families[] = {"normal", "log_normal", "gamma"};
    const std::string family = families[random.below(3)];
    Case<T> given = made;
    if (family != "normal") {
      for (T& x : given.scores) x = std::abs(x) + T{0.125};
    }
    const Fit fit = fit_of("mixture", {{"family", family}}, given);
    const std::size_t n = given.scores.size();
    if (n < 5) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(given.scores);
    if (sorted.front() == sorted.back()) return fit_differs(fit, FitStatus::no_spread);
    if (!fit.ok()) return "";
    const auto size = static_cast<long double>(n);
    const bool gamma = family == "gamma";
    const bool logs = family == "log_normal";
    const auto number = [logs](long double x) { return logs ? std::log(x) : x; };
    std::vector<long double> numbers;
    for (const double x : sorted) numbers.push_back(number(x));
    const auto of = [&](const char* name) { return static_cast<long double>(fit.estimates.at(name)); };
    const MixtureComponent parts[] = {{gamma, 1 - of("weight"), number(of("lower_mean")), of("lower_deviation")},
                                      {gamma, of("weight"), number(of("upper_mean")), of("upper_deviation")}};
    if (parts[0].mean > parts[1].mean) return "the upper component has the smaller mean";
    const auto likelihood = [&](const MixtureComponent& a, const MixtureComponent& b) {
      long double sum = 0;
      for (const long double x : numbers) {
        const long double low = a.log_density(x);
        const long double high = b.log_density(x);
        sum += std::max(low, high) + std::log1p(std::exp(-std::abs(low - high)));
      }
      return sum;
    };
    const long double here = likelihood(parts[0], parts[1]);
    // The floor of deviations: 1 % of the interquartile range / 1.349, or of the deviation.
    const std::vector<double> rounded(numbers.begin(), numbers.end());
    const std::vector<long double> ones(n, 1);
    const MixtureComponent plain = MixtureComponent::of(false, numbers, ones, 0);
    const long double iqr = quantile_7(rounded, 0.75).value - quantile_7(rounded, 0.25).value;
    const long double floor = 0.01L * (iqr > 0 ? iqr / 1.349L : plain.deviation);
    const long double widest = std::abs(numbers.front()) + std::abs(numbers.back());
    std::string wrong;
    for (const MixtureComponent& part : parts) {
      if (part.deviation < floor * (1 - 1e-9L) - 0x1p-50L * widest) wrong += "a deviation is below its floor. ";
    }
    // A step of the algorithm gains no more than what it ends at, 1e-10, and rounding.
    std::vector<long double> of_upper;
    std::vector<long double> of_lower;
    for (const long double x : numbers) {
      const long double odds = std::exp(parts[1].log_density(x) - parts[0].log_density(x));
      of_upper.push_back(std::isinf(odds) ? 1 : odds / (1 + odds));
      of_lower.push_back(1 / (1 + odds));
    }
    const MixtureComponent next[] = {MixtureComponent::of(gamma, numbers, of_lower, floor),
                                     MixtureComponent::of(gamma, numbers, of_upper, floor)};
    // Densities of gamma distributions cancel terms as large as the shape.
    const long double narrow = std::min(parts[0].deviation, parts[1].deviation);
    const long double cancelled = gamma ? widest * widest / (narrow * narrow) : widest / narrow;
    const long double rounding = size * 1e-14L * (1 + cancelled);
    const long double gain = likelihood(next[0], next[1]) - here;
    if (gain > 1e-10L + rounding) wrong += "a step gains " + std::to_string(static_cast<double>(gain)) + ". ";
    long double one = 0;
    const MixtureComponent alone = MixtureComponent::of(gamma, numbers, ones, floor);
    for (const long double x : numbers) one += alone.log_density(x);
    const long double bic = 2 * (here - one) - 3 * std::log(size);
    wrong += beyond("bic_gain", fit.estimates.at("bic_gain"), bic, 4 * rounding + 1e-12L * size);
    if (!(bic > -1e-9L - rounding)) wrong += "one component is enough. ";
    // The first place above the lower mean where the upper component is as likely: the log odds turn at most once, and
    // before they turn they rise. From the lower mean on by small steps, and then by halving.
    const auto log_odds = [&](long double x) { return parts[1].log_density(x) - parts[0].log_density(x); };
    long double below = parts[0].mean;
    if (log_odds(below) > -1e-9L) return named(family, wrong);  // likelier at the mean itself, or hardly less
    const long double step = narrow / 16;
    long double above = below;
    for (int i = 0; i < 100000 && !(log_odds(above) > 0); ++i) {
      below = above;
      above += step;
    }
    if (!(log_odds(above) > 0)) return named(family, wrong);
    for (int i = 0; i < 100; ++i) {
      const long double middle = (below + above) / 2;
      (log_odds(middle) > 0 ? above : below) = middle;
    }
    const long double slope = (log_odds(above + step / 1024) - log_odds(above - step / 1024)) * 512 / step;
    if (!(slope * narrow > 1e-3L)) return named(family, wrong);  // they turn there
    // Log densities, of terms up to these, are right to some units of the last place, and numbers to theirs.
    const long double terms =
        std::abs(parts[0].log_density(above)) + std::abs(parts[1].log_density(above)) + (gamma ? cancelled : 0);
    const long double bound = 1e-14L * (1 + terms) * (1 + widest / narrow) / slope + 1e-15L * widest;
    const long double cut = logs ? std::exp(above) : above;
    return named(family, wrong + fit_differs(fit, FitStatus::ok, cut, (logs ? cut : 1) * bound + 1e-15L * cut));
  });
}

}  // namespace
