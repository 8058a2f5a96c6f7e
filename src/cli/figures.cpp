// SPDX-License-Identifier: Apache-2.0
#include "figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>
#include <variant>

#include "options.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/gpd_bound.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/log_normal.hpp"
#include "plimsoll/stats/logistic.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/simultaneous_band.hpp"
#include "plimsoll/stats/weibull.hpp"
#include "plimsoll/thresholds/exceedances.hpp"

namespace plimsoll::cli {
namespace {

using namespace io::svg;

constexpr double confidence = 0.95;
constexpr double two_sided = 1.959963984540054;  // the normal quantile of .975
constexpr std::size_t fewest_for_tail = 20;      // exceedances
constexpr std::size_t fewest_for_mean = 10;      // exceedances
constexpr std::size_t most_points = 400;         // of a curve
constexpr double tail_share = 0.1;               // where the fit has no tail of its own
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A distribution that the fit estimated, of scores above `from`.
struct Model {
  std::string name;
  std::function<double(double)> density;
  std::function<double(double)> upper_tail;  ///< of all scores
  double from = -infinity;
};

template <typename Family>
Model model_of(std::string name, const Family& family) {
  return {std::move(name), [family](double x) { return family.pdf(x); },
          [family](double x) { return family.upper_tail(x); }};
}

/// The tail that the fit estimated.
struct FittedTail {
  double start;
  double share;  ///< of the scores above it
  stats::Gpd gpd;
};

/// Whether there are all of these, and finite, as files may have anything.
bool has(const Estimates& estimates, std::initializer_list<std::string_view> names) {
  return std::ranges::all_of(names, [&](std::string_view name) {
    const auto place = estimates.find(name);
    return place != estimates.end() && std::isfinite(place->second);
  });
}

double get(const Estimates& estimates, std::string_view name) {
  return estimates.find(name)->second;
}

std::optional<FittedTail> tail_of(const Fit& fit) {
  const Estimates& e = fit.estimates;
  if (!has(e, {"tail_start", "exceedances", "sigma", "xi"}) || fit.normal_count == 0) return std::nullopt;
  if (!(get(e, "sigma") > 0)) return std::nullopt;
  return FittedTail{get(e, "tail_start"),
                    get(e, "exceedances") / static_cast<double>(fit.normal_count),
                    {get(e, "sigma"), get(e, "xi")}};
}

/// The distributions among a fit's estimates, whose names say which they are.
std::vector<Model> models_of(const Fit& fit) {
  std::vector<Model> models;
  const Estimates& e = fit.estimates;
  if (has(e, {"gumbel_mu", "gumbel_sigma"})) {
    models.push_back(model_of("Gumbel", stats::Gumbel{get(e, "gumbel_mu"), get(e, "gumbel_sigma")}));
  }
  if (const auto tail = tail_of(fit)) {
    models.push_back({"generalised Pareto tail", [t = *tail](double x) { return t.share * t.gpd.pdf(x - t.start); },
                      [t = *tail](double x) { return t.share * t.gpd.upper_tail(x - t.start); }, tail->start});
  } else if (has(e, {"mu", "sigma", "xi"})) {
    models.push_back(model_of("generalised extreme value", stats::Gev{get(e, "mu"), get(e, "sigma"), get(e, "xi")}));
  } else if (has(e, {"mu", "sigma"})) {
    models.push_back(model_of("Gumbel", stats::Gumbel{get(e, "mu"), get(e, "sigma")}));
  }
  if (!has(e, {"aic"})) return models;  // what follows is of `parametric`
  if (has(e, {"mean", "deviation"})) {
    models.push_back(model_of("normal", stats::Normal{get(e, "mean"), get(e, "deviation")}));
  } else if (has(e, {"log_mean", "log_deviation", "location"})) {
    models.push_back(
        model_of("log-normal", stats::LogNormal{get(e, "log_mean"), get(e, "log_deviation"), get(e, "location")}));
  } else if (has(e, {"shape", "scale", "location"})) {
    // Gamma and Weibull have estimates of the same names; the parameter or the note says which.
    const auto parameter = fit.parameters.find("family");
    const auto* family = parameter == fit.parameters.end() ? nullptr : std::get_if<std::string>(&parameter->second);
    const auto named = [&](std::string_view name) {
      return (family != nullptr && *family == name) ||
             fit.note.find("least AIC is " + std::string(name)) != std::string::npos;
    };
    if (named("gamma")) {
      models.push_back(model_of("gamma", stats::Gamma{get(e, "shape"), get(e, "scale"), get(e, "location")}));
    } else if (named("weibull")) {
      models.push_back(model_of("Weibull", stats::Weibull{get(e, "shape"), get(e, "scale"), get(e, "location")}));
    }
  } else if (has(e, {"location", "scale"})) {
    models.push_back(model_of("logistic", stats::Logistic{get(e, "location"), get(e, "scale")}));
  }
  return models;
}

/// A range with some room at both ends.
Axis axis(std::string label, double low, double high) {
  constexpr double largest = std::numeric_limits<double>::max() / 8;  // of which differences are doubles
  low = std::clamp(low, -largest, largest);
  high = std::clamp(high, -largest, largest);
  const double span = high - low;
  const double size = std::max(std::abs(low), std::abs(high));
  // Equal numbers, or so large ones that no mark fits between them, need a range all the same.
  double room = 0.5;
  if (span > std::max(1e-9 * size, 1e-290)) {
    room = 0.04 * span;
  } else if (size > 1e-290) {
    room = 0.1 * size;
  }
  return {std::move(label), low - room, high + room};
}

/// The largest finite score that a figure of scores shows: the scores and the line, and its interval if that is near.
double most_shown(const Drawn& d) {
  double most = d.normals.back();
  if (d.fit.ok()) most = std::max(most, d.fit.cutoff.value());
  if (d.fit.interval) most = std::max(most, std::min(d.fit.interval->upper, most + 0.25 * (most - d.normals.front())));
  return most;
}

double least_shown(const Drawn& d) {
  return d.fit.ok() ? std::min(d.normals.front(), d.fit.cutoff.value()) : d.normals.front();
}

/// The line and its interval.
void draw_cutoff(Chart& chart, const Fit& fit, bool with_interval = true) {
  if (!fit.ok()) return;
  if (fit.interval && with_interval) {
    chart.between(fit.interval->lower, fit.interval->upper, Colour::orange,
                  fmt::format("interval of the cutoff, {} %", detail::percent(fit.interval->confidence, false)));
  }
  chart.vertical(fit.cutoff.value(), Colour::vermilion, Dash::dashed, "cutoff " + six_digits(fit.cutoff.value()));
}

/// n numbers from low to high.
std::vector<double> steps(double low, double high, std::size_t n) {
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    values.push_back(low + (high - low) * static_cast<double>(i) / static_cast<double>(n - 1));
  }
  return values;
}

constexpr std::array lines{std::pair{Colour::green, Dash::dash_dot}, std::pair{Colour::purple, Dash::dotted}};

Figure histogram(const Drawn& d, const std::vector<Model>& models) {
  const auto n = static_cast<double>(d.normals.size());
  const double low = d.normals.front();
  const double span = d.normals.back() - low;
  // Freedman and Diaconis (1981): 2 interquartile ranges over the cube root of n.
  const double iqr = stats::quantile(d.normals, 0.75) - stats::quantile(d.normals, 0.25);
  const double wanted = iqr > 0 ? std::ceil(span / (2 * iqr / std::cbrt(n))) : 1;
  const double count = span > 0 ? std::clamp(wanted, 5.0, 60.0) : 1;
  const Axis x = axis(d.unit, least_shown(d), most_shown(d));
  const double width = span > 0 ? span / count : (x.high - x.low) / 10;
  const double first = span > 0 ? low : low - width / 2;
  std::vector<Reach> bars;
  double highest = 0;
  std::size_t below = 0;
  for (double bin = 0; bin < count; ++bin) {
    const double end = first + (bin + 1) * width;
    const auto to = bin + 1 == count
                        ? d.normals.size()
                        : static_cast<std::size_t>(std::ranges::lower_bound(d.normals, end) - d.normals.begin());
    const double density = static_cast<double>(to - below) / n / width;
    bars.push_back({first + bin * width, 0, density});
    highest = std::max(highest, density);
    below = to;
  }
  std::string said = fmt::format("Histogram of {} normal scores from {} to {}", d.normals.size(), six_digits(low),
                                 six_digits(d.normals.back()));
  if (d.fit.ok()) said += fmt::format("; the cutoff is at {}", six_digits(d.fit.cutoff.value()));
  Chart chart("histogram", "Normal scores and the cutoff", said + ".", x,
              {"density (per unit of score)", 0, 1.15 * highest});
  chart.bars(bars, width, Colour::blue, "normal scores");
  std::size_t line = 0;
  for (const Model& model : models) {
    std::vector<Point> points;
    for (const double at : steps(std::max(x.low, model.from), x.high, most_points)) {
      points.push_back({at, model.density(at)});
    }
    const auto [colour, dash] = lines[std::min(line++, lines.size() - 1)];
    chart.line(points, colour, dash, "fitted density: " + model.name);
  }
  draw_cutoff(chart, d.fit);
  return {"histogram", chart.title(),
          models.empty() ? "The method fits no density, so none is drawn."
                         : "Bars and curve should agree, at the right end above all.",
          chart};
}

Figure false_alarms(const Drawn& d, const std::vector<Model>& models) {
  const std::size_t n = d.normals.size();
  const stats::SimultaneousBand band(n, confidence);
  const double promised = d.fit.promise.false_alarm_rate;
  double least = 1 / static_cast<double>(n);
  constexpr double rarest = 1e-290;  // of less a tenth may be no double
  if (promised > 0) least = std::max(rarest, std::min(least, promised));
  const Axis x = axis(d.unit, least_shown(d), most_shown(d));
  // Steps at each different score: the share above, and its bound.
  std::vector<Point> share{{x.low, 1}};
  std::vector<Reach> reaches{{x.low, 1, 1}};
  for (std::size_t i = 0; i < n; ++i) {
    const double score = d.normals[i];
    if (i + 1 < n && d.normals[i + 1] == score) continue;
    const double above = static_cast<double>(n - i - 1) / static_cast<double>(n);
    share.push_back({score, share.back().y});
    share.push_back({score, above});
    reaches.push_back({score, reaches.back().lower, reaches.back().upper});
    reaches.push_back({score, above, band.rate_bound(i + 1)});
  }
  reaches.push_back({x.high, 0, band.smallest_rate()});
  std::string said = fmt::format(
      "Share of {} normal scores above each cutoff, falling from 1; with 95 % confidence the true rate lies nowhere "
      "above the band, which ends at {}",
      n, six_digits(band.smallest_rate()));
  Chart chart(
      "false-alarms", "False-alarm rate of every cutoff", said + ".", x,
      {"false-alarm rate (share of normals)", std::pow(10, std::floor(std::log10(least / 2))), 1.3, Scale::log});
  chart.band(reaches, Colour::blue, "up to the bound of all rates at once, 95 %");
  chart.line(share, Colour::blue, Dash::solid, "normal scores above");
  std::size_t line = 0;
  for (const Model& model : models) {
    std::vector<Point> points;
    for (const double at : steps(std::max(x.low, model.from), x.high, most_points)) {
      points.push_back({at, model.upper_tail(at)});
    }
    const auto [colour, dash] = lines[std::min(line++, lines.size() - 1)];
    chart.line(points, colour, dash, "fitted: " + model.name);
  }
  draw_cutoff(chart, d.fit);
  if (d.fit.ok() && promised > 0) {
    chart.markers({{d.fit.cutoff.value(), promised}}, Colour::ink, Shape::diamond,
                  "promised: " + detail::promised_rate(d.fit.promise));
  }
  return {"false-alarms", chart.title(),
          "The band is exact and holds for all cutoffs at once, so a cutoff may be chosen by looking at it. Read the "
          "rate at a cutoff, and its bound above it.",
          chart};
}

/// The tail that the QQ and return-level plots are of.
struct Tail {
  Exceedances exceedances;
  std::optional<stats::Gpd> fitted;  ///< the fit's own
  stats::Estimate<stats::Gpd> likeliest;
};

Tail take_tail(const Drawn& d) {
  Tail tail;
  if (const auto own = tail_of(d.fit)) {
    tail.fitted = own->gpd;
    tail.exceedances.start = own->start;
    tail.exceedances.values.assign(std::ranges::upper_bound(d.normals, own->start), d.normals.end());
    for (double& score : tail.exceedances.values) score -= own->start;
    tail.exceedances.share =
        static_cast<double>(tail.exceedances.values.size()) / static_cast<double>(d.normals.size());
  } else {
    tail.exceedances = exceedances_above_share(d.normals, tail_share);
  }
  tail.likeliest = stats::gpd_mle(tail.exceedances.values);
  return tail;
}

/// Why a tail cannot be drawn; empty if it can.
std::string no_tail(const Tail& tail) {
  const std::size_t m = tail.exceedances.values.size();
  if (m < fewest_for_tail) {
    return fmt::format("{} normal scores lie above the tail start {}, and it takes {}", m,
                       six_digits(tail.exceedances.start), fewest_for_tail);
  }
  return {};
}

Figure qq(const Tail& tail) {
  Figure figure{"qq", "Exceedances against a generalised Pareto tail", {}, {}};
  figure.left_out = no_tail(tail);
  if (figure.left_out.empty() && !tail.fitted && !tail.likeliest.ok()) {
    figure.left_out = fmt::format("the tail has no estimate ({})", to_string(tail.likeliest.status));
  }
  if (!figure.left_out.empty()) return figure;
  const stats::Gpd gpd = tail.fitted ? *tail.fitted : tail.likeliest.family;
  const std::vector<double>& y = tail.exceedances.values;
  const std::size_t m = y.size();
  std::vector<Point> points;
  std::vector<Reach> band;
  double most = 0;
  // Of many exceedances every so many-th is drawn, and of the largest all.
  std::vector<std::size_t> ranks;
  for (std::size_t k = m; k >= 1; k -= std::min(k, std::max<std::size_t>(1, (m - k) / 60))) ranks.push_back(k);
  std::ranges::reverse(ranks);
  for (const std::size_t k : ranks) {
    const auto a = static_cast<double>(k);
    const double b = static_cast<double>(m + 1 - k);
    const double x = gpd.upper_quantile(b / static_cast<double>(m + 1));
    // The k-th of m uniform numbers is Beta(k, m + 1 - k).
    const double lower = gpd.lower_quantile(boost::math::ibeta_inv(a, b, (1 - confidence) / 2));
    const double upper = gpd.upper_quantile(boost::math::ibeta_inv(b, a, (1 - confidence) / 2));
    points.push_back({x, y[k - 1]});
    band.push_back({x, lower, upper});
    most = std::max(most, x);
  }
  const double highest = std::max(y.back(), std::min(band.back().upper, 1.5 * std::max(most, y.back())));
  Chart chart(
      "qq", figure.title,
      fmt::format("{} exceedances over {} against the quantiles of a generalised Pareto distribution with xi {} "
                  "and sigma {}.",
                  m, six_digits(tail.exceedances.start), six_digits(gpd.xi), six_digits(gpd.sigma)),
      axis("exceedance by the model (units of score)", 0, most), axis("exceedance seen (units of score)", 0, highest));
  chart.band(band, Colour::green, "where 95 % of each would lie");
  chart.line({{0, 0}, {most, most}}, Colour::green, Dash::solid,
             fmt::format("model: xi {}, sigma {}", six_digits(gpd.xi), six_digits(gpd.sigma)));
  chart.markers(points, Colour::blue, Shape::circle, "exceedances");
  figure.caption = fmt::format(
      "The tail starts at {}. Points outside of the band speak against the model; the band is for each point by itself "
      "and takes the model's parameters for known{}.",
      six_digits(tail.exceedances.start),
      tail.fitted ? "" : ", which were estimated here by maximum likelihood, as the method fits no such tail");
  figure.chart = std::move(chart);
  return figure;
}

Figure return_level(const Drawn& d, const Tail& tail) {
  Figure figure{"return-level", "Levels that are passed once in so many normals", {}, {}};
  figure.left_out = no_tail(tail);
  if (figure.left_out.empty() && !tail.likeliest.ok()) {
    figure.left_out =
        fmt::format("the tail has no estimate of the greatest likelihood ({})", to_string(tail.likeliest.status));
  }
  if (!figure.left_out.empty()) return figure;
  const std::size_t n = d.normals.size();
  const stats::GpdTail known{tail.exceedances.values, tail.likeliest, n};
  const double start = tail.exceedances.start;
  const double most_period = 10 * static_cast<double>(n);
  const double least_period = 1.05 / known.share();
  std::vector<Point> level;
  std::vector<Reach> reach;
  for (const double log_period : steps(std::log(least_period), std::log(most_period), 13)) {
    const double period = std::exp(log_period);
    const stats::Interval interval = stats::gpd_return_level_interval(known, 1 / period, confidence);
    level.push_back({period, start + tail.likeliest.family.upper_quantile(1 / period / known.share())});
    reach.push_back({period, start + interval.lower, start + interval.upper});
  }
  std::vector<Point> seen;
  for (std::size_t i = 0; i < known.sorted.size(); ++i) {
    // x(r) of n is passed with probability (n + 1 - r) / (n + 1), on average.
    const std::size_t from_top = known.sorted.size() - i;
    seen.push_back({static_cast<double>(n + 1) / static_cast<double>(from_top), start + known.sorted[i]});
  }
  const double span = level.back().y - start;
  const double highest = std::max({d.normals.back(), level.back().y, std::min(reach.back().upper, start + 2 * span)});
  Chart chart(
      "return-level", figure.title,
      fmt::format("Level that one normal score in so many passes, by a generalised Pareto tail above {}: {} for "
                  "one in {}, with a 95 % interval.",
                  six_digits(start), six_digits(level.back().y), six_digits(most_period)),
      {"one normal score in ... passes the level", least_period / 1.1, most_period * 1.1, Scale::log},
      axis(d.unit, start, highest));
  chart.band(reach, Colour::green, "interval of the level, 95 %, profile likelihood");
  chart.line(level, Colour::green, Dash::solid, "level, by maximum likelihood");
  chart.markers(seen, Colour::blue, Shape::circle, "normal scores");
  if (d.fit.ok()) {
    const double cutoff = d.fit.cutoff.value();
    chart.line({{least_period / 1.1, cutoff}, {most_period * 1.1, cutoff}}, Colour::vermilion, Dash::dashed,
               "cutoff " + six_digits(cutoff));
  }
  figure.caption = fmt::format(
      "Where level and cutoff meet, read how rare a false alarm is by the model. Right of {} the level is "
      "extrapolated.",
      n);
  figure.chart = std::move(chart);
  return figure;
}

/// Numbers of exceedances from `most` down to `least`, each a share smaller, that have a start of their own.
std::vector<std::size_t> exceedance_counts(std::span<const double> sorted, std::size_t most, std::size_t least,
                                           double count) {
  std::vector<std::size_t> counts;
  for (double step = 0; step < count; ++step) {
    const double wanted = static_cast<double>(most) *
                          std::pow(static_cast<double>(least) / static_cast<double>(most), step / (count - 1));
    const double start = sorted[sorted.size() - static_cast<std::size_t>(wanted) - 1];
    const auto above = static_cast<std::size_t>(sorted.end() - std::ranges::upper_bound(sorted, start));
    if (above >= least && (counts.empty() || above < counts.back())) counts.push_back(above);
  }
  return counts;
}

Figure mean_residual_life(const Drawn& d) {
  Figure figure{"mean-residual-life", "Mean excess over each tail start", {}, {}};
  const std::size_t n = d.normals.size();
  std::vector<Point> points;
  std::vector<Reach> reach;
  double highest = 0;
  if (n > 2 * fewest_for_mean) {
    for (const std::size_t k : exceedance_counts(d.normals, n - 1, fewest_for_mean, 60)) {
      const double start = d.normals[n - k - 1];
      const auto count = static_cast<double>(k);
      double sum = 0;
      for (const double x : d.normals.last(k)) sum += x - start;
      const double mean = sum / count;
      double squares = 0;
      for (const double x : d.normals.last(k)) squares += (x - start - mean) * (x - start - mean);
      const double error = two_sided * std::sqrt(squares / (count - 1) / count);
      points.push_back({start, mean});
      reach.push_back({start, mean - error, mean + error});
      highest = std::max(highest, mean + error);
    }
  }
  if (points.size() < 2) {
    figure.left_out = fmt::format("there are {} normal scores, too few different ones to try tail starts", n);
    return figure;
  }
  Chart chart("mean-residual-life", figure.title,
              fmt::format("Mean excess of the normal scores above tail starts from {} to {}, with 95 % intervals.",
                          six_digits(points.front().x), six_digits(points.back().x)),
              axis("tail start (" + d.unit + ")", points.front().x, points.back().x),
              axis("mean excess (units of score)", 0, highest));
  chart.band(reach, Colour::blue, "interval of each mean, 95 %");
  chart.line(points, Colour::blue, Dash::solid, "mean excess");
  if (const auto tail = tail_of(d.fit)) {
    chart.vertical(tail->start, Colour::purple, Dash::dotted, "tail start of the fit " + six_digits(tail->start));
  }
  figure.caption =
      "Right of a good tail start the curve is straight within its intervals: rising for a heavy tail, level for an "
      "exponential one, falling for one that ends.";
  figure.chart = std::move(chart);
  return figure;
}

/// xi, and the scale less xi times the tail start, which do not depend on a tail start that is far enough out.
std::pair<Figure, Figure> stability(const Drawn& d) {
  std::pair<Figure, Figure> figures{{"shape-stability", "Shape of the tail against its start", {}, {}},
                                    {"scale-stability", "Scale of the tail against its start", {}, {}}};
  const std::size_t n = d.normals.size();
  std::vector<Point> shape;
  std::vector<Point> scale;
  std::vector<Reach> shape_reach;
  std::vector<Reach> scale_reach;
  const std::size_t most = n / 2;
  if (most > fewest_for_tail) {
    for (const std::size_t k : exceedance_counts(d.normals, most, fewest_for_tail, 25)) {
      const double start = d.normals[n - k - 1];
      std::vector<double> values(d.normals.end() - static_cast<std::ptrdiff_t>(k), d.normals.end());
      for (double& x : values) x -= start;
      const auto estimate = stats::gpd_mle(values);
      const auto errors = estimate.ok() ? stats::gpd_errors(values, estimate.family) : std::nullopt;
      if (!errors) continue;
      const stats::Gpd& gpd = estimate.family;
      const double modified = gpd.sigma - gpd.xi * start;
      const double across = errors->correlation * errors->sigma * errors->xi;
      const double variance =
          errors->sigma * errors->sigma - 2 * start * across + start * start * errors->xi * errors->xi;
      const double error = two_sided * std::sqrt(std::max(variance, 0.0));  // Coles 2001, section 4.3.4
      shape.push_back({start, gpd.xi});
      shape_reach.push_back({start, gpd.xi - two_sided * errors->xi, gpd.xi + two_sided * errors->xi});
      scale.push_back({start, modified});
      scale_reach.push_back({start, modified - error, modified + error});
    }
  }
  if (shape.size() < 2) {
    figures.first.left_out = figures.second.left_out =
        fmt::format("of the {} normal scores fewer than two tail starts allow an estimate with its error", n);
    return figures;
  }
  const auto draw = [&](Figure& figure, const std::vector<Point>& points, const std::vector<Reach>& reach,
                        const std::string& label, const std::string& name) {
    double low = infinity;
    double high = -infinity;
    for (const Reach& r : reach) {
      low = std::min(low, r.lower);
      high = std::max(high, r.upper);
    }
    Chart chart(figure.id, figure.title,
                fmt::format("{} of generalised Pareto tails that start from {} to {}, with 95 % intervals.", label,
                            six_digits(points.front().x), six_digits(points.back().x)),
                axis("tail start (" + d.unit + ")", points.front().x, points.back().x), axis(label, low, high));
    chart.band(reach, Colour::green, "interval of each estimate, 95 %");
    chart.line(points, Colour::green, Dash::solid, name);
    chart.markers(points, Colour::green, Shape::square, "");
    if (const auto tail = tail_of(d.fit)) {
      chart.vertical(tail->start, Colour::purple, Dash::dotted, "tail start of the fit " + six_digits(tail->start));
    }
    figure.caption = "Right of a good tail start the estimates are level within their intervals.";
    figure.chart = std::move(chart);
  };
  draw(figures.first, shape, shape_reach, "shape xi (no unit)", "xi, by maximum likelihood");
  draw(figures.second, scale, scale_reach, "sigma - xi start (units of score)", "modified scale");
  return figures;
}

Figure objective(const Drawn& d) {
  const std::string name = d.fit.optimum ? d.fit.optimum->objective : "objective";
  Figure figure{"objective", "What the method searched", {}, {}};
  std::vector<Point> value;
  std::vector<Point> rate;
  std::vector<Point> recall;
  double low = 0;
  double high = 1;
  double least = infinity;
  double most = -infinity;
  for (const CurvePoint& point : d.fit.curve) {
    if (!std::isfinite(point.cutoff)) continue;
    value.push_back({point.cutoff, point.objective});
    rate.push_back({point.cutoff, point.false_alarm_rate});
    recall.push_back({point.cutoff, point.recall});
    least = std::min(least, point.cutoff);
    most = std::max(most, point.cutoff);
    if (std::isfinite(point.objective)) {
      low = std::min(low, point.objective);
      high = std::max(high, point.objective);
    }
  }
  if (value.empty()) {
    figure.left_out = "the fit kept no searched curve";
    return figure;
  }
  Chart chart("objective", figure.title,
              fmt::format("{} over {} cutoffs from {} to {}, on the calibration scores.", name, value.size(),
                          six_digits(least), six_digits(most)),
              axis("cutoff (" + d.unit + ")", least, most), axis("share, and " + name, low, high));
  chart.line(value, Colour::green, Dash::solid, name);
  chart.line(recall, Colour::blue, Dash::dotted, "recall");
  chart.line(rate, Colour::purple, Dash::dash_dot, "false-alarm rate");
  draw_cutoff(chart, d.fit);
  figure.caption = "On the scores that the line was fitted to. A flat top means that many cutoffs are as good.";
  figure.chart = std::move(chart);
  return figure;
}

Figure f1(const Drawn& d) {
  Figure figure{"f1", "F1 of every cutoff on the labelled scores", {}, {}};
  if (d.truth.empty()) {
    figure.left_out = "it takes labelled scores: --test and --labels";
    return figure;
  }
  std::vector<std::pair<double, bool>> scores;
  for (std::size_t i = 0; i < d.test.size(); ++i) scores.emplace_back(d.test[i], d.truth[i] == Label::anomalous);
  std::ranges::sort(scores, std::greater<>());
  const auto anomalous = static_cast<double>(std::ranges::count(d.truth, Label::anomalous));
  const double normal = static_cast<double>(scores.size()) - anomalous;
  if (anomalous == 0) {
    figure.left_out = "none of the labelled scores is anomalous";
    return figure;
  }
  std::vector<Point> value;
  std::vector<Point> recall;
  std::vector<Point> rate;
  double caught = 0;
  double alarms = 0;
  double best = 0;
  double best_cutoff = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    (scores[i].second ? caught : alarms) += 1;
    const double cutoff = scores[i].first;  // the lowest score that is flagged
    if ((i + 1 < scores.size() && scores[i + 1].first == cutoff) || !std::isfinite(cutoff)) continue;
    const double f = 2 * caught / (caught + alarms + anomalous);
    value.push_back({cutoff, f});
    recall.push_back({cutoff, caught / anomalous});
    rate.push_back({cutoff, normal > 0 ? alarms / normal : std::nan("")});
    if (f > best) {
      best = f;
      best_cutoff = cutoff;
    }
  }
  if (value.empty()) {
    figure.left_out = "none of the labelled scores is finite";
    return figure;
  }
  double low = value.back().x;
  double high = value.front().x;
  if (d.fit.ok()) {
    low = std::min(low, d.fit.cutoff.value());
    high = std::max(high, d.fit.cutoff.value());
  }
  Chart chart("f1", figure.title,
              fmt::format("F1, recall and false-alarm rate of cutoffs on {} labelled scores; the best F1 is {} at {}.",
                          scores.size(), three_decimals(best), six_digits(best_cutoff)),
              axis("cutoff (" + d.unit + ")", low, high), {"share (no unit)", 0, 1.04});
  chart.line(value, Colour::green, Dash::solid, "F1");
  chart.line(recall, Colour::blue, Dash::dotted, "recall");
  chart.line(rate, Colour::purple, Dash::dash_dot, "false-alarm rate");
  draw_cutoff(chart, d.fit);
  chart.markers({{best_cutoff, best}}, Colour::ink, Shape::triangle, fmt::format("best F1 {}", three_decimals(best)));
  figure.caption = "Its best cutoff is chosen by the labels, so it promises nothing about other scores.";
  figure.chart = std::move(chart);
  return figure;
}

}  // namespace

std::vector<Figure> figures_of(const Drawn& drawn) {
  const std::vector<Model> models = models_of(drawn.fit);
  const Tail tail = take_tail(drawn);
  auto [shape, scale] = stability(drawn);
  std::vector<Figure> figures{histogram(drawn, models), false_alarms(drawn, models), qq(tail),
                              return_level(drawn, tail), mean_residual_life(drawn)};
  figures.push_back(std::move(shape));
  figures.push_back(std::move(scale));
  figures.push_back(objective(drawn));
  figures.push_back(f1(drawn));
  return figures;
}

}  // namespace plimsoll::cli
