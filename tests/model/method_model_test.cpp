// SPDX-License-Identifier: Apache-2.0
// Methods that count, rank and choose: manual, certified, batch, map, pixel, synthetic, combined, auto; and
// discoveries.
#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <optional>
#include <set>

#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/certified_threshold.hpp"
#include "slow_fits.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;

/// The scores from the cutoff on.
template <typename T>
std::size_t flagged(const std::vector<T>& scores, double cutoff) {
  return static_cast<std::size_t>(std::ranges::count_if(scores, [=](T x) { return static_cast<double>(x) >= cutoff; }));
}

/// The fit with the case's labels.
template <typename T>
Fit labelled_fit_of(const std::string& method, const ParameterMap& parameters, const Case<T>& made) {
  AnyThreshold threshold = make_threshold(method, parameters);
  threshold.update(made.scores, std::span<const std::uint8_t>(made.labels));
  return threshold.compute();
}

TEST_CASE("manual: the cutoff is the number") {
  for_all_types("manual", 1000, {}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double value =
        made.scores.empty() ? random.normal() : static_cast<double>(made.scores[random.below(made.scores.size())]);
    const Fit fit = labelled_fit_of("manual", {{"value", value}}, made);
    const auto anomalies = static_cast<std::size_t>(std::ranges::count(made.labels, 1));
    return fit_differs(fit, FitStatus::ok, value) + differs("anomalies", fit.anomalous_count, anomalies) +
           differs("normals", fit.normal_count, made.scores.size() - anomalies);
  });
}

TEST_CASE("certified: bounds of equal levels, which all hold with the confidence") {
  using Float = boost::multiprecision::cpp_bin_float_100;
  for_all_types("certified", 120, {.most = 34}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double rate = draw_rate(random);
    const double confidence = random.below(2) == 0 ? 0.95 : 0.02 + 0.97 * random.uniform();
    CertifiedThreshold threshold{{.false_alarm_rate = rate, .confidence = confidence}};
    threshold.update(made.scores);
    const Fit fit = threshold.compute();
    const std::size_t n = made.scores.size();
    if (n == 0) return fit_differs(fit, FitStatus::too_few_scores);
    const std::vector<double> sorted = sorted_doubles(made.scores);

    // The bounds b(i) of n scores that are not tied, by the cutoff that lets i of them pass.
    CertifiedThreshold ranks{{.false_alarm_rate = rate, .confidence = confidence}};
    std::vector<double> whole;
    for (std::size_t i = 1; i <= n; ++i) whole.push_back(static_cast<double>(i));
    ranks.update(whole);
    const Certificate certificate = ranks.certificate();
    std::vector<double> bounds;
    for (std::size_t i = 1; i <= n; ++i) {
      bounds.push_back(certificate.rate_bound(Cutoff{static_cast<double>(i) + 0.5}));
      if (i > 1 && !(bounds[i - 1] < bounds[i - 2])) return "the bounds do not fall";
    }
    // P(Beta(n - i + 1, i) > b) = P(at most n - i of n uniform numbers are below b), the same for all i.
    std::optional<long double> level;
    for (std::size_t i = 1; i <= n; ++i) {
      const long double own = 1 - binomial_confidence(n, i, bounds[i - 1]);
      // 1 - sum loses what is below 2^-63; a bound is rounded to 2^-53 of itself, and its tail probability changes by
      // at most n times that.
      if (level && std::abs(own - *level) > 1e-11L * *level + 1e-15L) {
        return "the local level of rank " + std::to_string(i) + " is " + std::to_string(static_cast<double>(own)) +
               ", of rank 1 " + std::to_string(static_cast<double>(*level));
      }
      if (!level) level = own;
    }
    // The i-th smallest of n uniform numbers is at least a(i) = 1 - b(i), for all i. Let H(j) be the probability of
    // that for n - j numbers and a(j + 1), a(j + 2), ... Else there is a last i of which it fails; just j + i numbers
    // are then below a(j + i), and what is above keeps its bounds.
    std::vector<Float> holds(n + 1, Float(1));
    for (std::size_t j = n; j-- > 0;) {
      Float binomial = 1;
      for (std::size_t i = 1; j + i <= n; ++i) {
        binomial = binomial * (n - j - i + 1) / i;
        holds[j] -= binomial * pow(1 - Float(bounds[j + i - 1]), static_cast<unsigned>(i)) * holds[j + i];
      }
    }
    // The level is searched until the risk, 1 - confidence, is right to 1e-9 of itself.
    std::string wrong =
        beyond("confidence", confidence, static_cast<long double>(holds[0]), 1.1e-9L * (1 - confidence));
    if (!wrong.empty()) return wrong;

    std::size_t rank = 1;
    while (rank <= n && bounds[rank - 1] > rate) ++rank;
    if (rank > n) return fit_differs(fit, FitStatus::too_few_scores);
    wrong = fit_differs(fit, FitStatus::ok, above<T>(sorted[rank - 1]));
    // Any other cutoff is bounded by the scores that it lets pass.
    const Certificate own = threshold.certificate();
    const double other = random.below(2) == 0 ? sorted[random.below(n)] : random.normal();
    const std::size_t passed = n - flagged(sorted, other);
    return wrong + differs("rate_bound", own.rate_bound(Cutoff{other}), passed == 0 ? 1 : bounds[passed - 1]);
  });
}

TEST_CASE("Benjamini and Hochberg: the largest k that meets its line, by sorting") {
  for_all<double>("benjamini_hochberg", 8000, {.most = 80}, [](const Case<double>& made) -> std::string {
    Random random(made.seed);
    // Conformal p-values of up to 40 normals, which often meet the line exactly, or any.
    const std::size_t m = made.scores.size();
    const std::size_t places = 1 + random.below(40);
    const bool conformal = random.below(2) == 0;
    const bool with_nan = random.below(4) == 0;
    std::vector<double> p;
    for (std::size_t i = 0; i < m; ++i) {
      const double low = random.below(2) == 0 ? 0.1 * random.uniform() : random.uniform();
      p.push_back(conformal ? std::ceil(low * static_cast<double>(places)) / static_cast<double>(places) : low);
      if (with_nan && random.below(8) == 0) p.back() = std::numeric_limits<double>::quiet_NaN();
    }
    const double level = draw_rate(random);
    const bool storey = random.below(2) == 0;
    const double lambda = random.below(2) == 0 ? 0.5 : 0.9 * random.uniform();
    std::vector<double> scratch(m);
    const Discoveries found =
        storey ? storey_benjamini_hochberg(p, level, scratch, lambda) : benjamini_hochberg(p, level, scratch);
    long double share = 1;
    if (storey) {
      long double above = 1;
      for (const double x : p) above += x <= lambda ? 0 : 1;
      share = above / (static_cast<long double>(m) * (1 - static_cast<long double>(lambda)));
    }
    std::vector<double> sorted;
    for (const double x : p) {
      if (x == x) sorted.push_back(x);
    }
    std::ranges::sort(sorted);
    std::size_t k = 0;
    for (std::size_t i = 1; i <= sorted.size(); ++i) {
      const long double line =
          static_cast<long double>(level) / share * static_cast<long double>(i) / static_cast<long double>(m);
      // Equal but for 2^-50 is equal, and next to that it is for rounding to say.
      const long double off = sorted[i - 1] / line - 1;
      if (std::abs(off - 0x1p-50L) < 0x1p-51L) return "";
      if (off <= 0x1p-50L) k = i;
    }
    std::string wrong = differs("discoveries", found.count, k);
    wrong += differs("threshold", found.threshold, k == 0 ? -1 : sorted[k - 1]);
    std::size_t taken = 0;
    for (const double x : p) taken += found(x) ? 1U : 0U;
    return wrong + differs("taken", taken, k);
  });
}

TEST_CASE("batch: every level, by counting") {
  for_all_types("batch", 2500, {.most = 200, .least_scores = 15}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    if (made.scores.empty()) return "";
    // A third of the case are normals; of the batch a part is moved up.
    const std::size_t n = made.scores.size() / 3;
    std::vector<T> normals(made.scores.begin(), made.scores.begin() + static_cast<std::ptrdiff_t>(n));
    std::vector<T> scores(made.scores.begin() + static_cast<std::ptrdiff_t>(n), made.scores.end());
    const std::size_t m = scores.size();
    const T most = *std::ranges::max_element(made.scores);
    const std::size_t share = 1 + random.below(10);
    for (T& x : scores) {
      if (random.below(10) >= share && random.below(3) == 0)
        x = random.below(2) == 0 ? most : std::nextafter(most, T{0});
    }
    BatchParameters parameters{.level_cap = random.below(2) == 0 ? 0.1 : 0.01 + 0.49 * random.uniform(),
                               .levels = random.below(2) == 0 ? BatchLevels::both : BatchLevels::lower,
                               .least_batch = 1 + random.below(60),
                               .drift_p_value = 0};
    if (random.below(3) == 0) parameters.expected_prevalence = random.uniform();
    BatchThreshold threshold{parameters};
    threshold.update(normals);
    threshold.update_batch(scores);
    const Fit fit = threshold.compute();
    if (n < 20 || m < parameters.least_batch || m == 0) return fit_differs(fit, FitStatus::too_few_scores);

    const std::vector<double> sorted = sorted_doubles(normals);
    long double large = 1;
    for (const T x : scores) large += 2 * (1 + flagged(normals, static_cast<double>(x))) > n + 1 ? 1 : 0;
    const long double pi = parameters.expected_prevalence
                               ? static_cast<long double>(*parameters.expected_prevalence)
                               : std::max(0.0L, 1 - large / (static_cast<long double>(m) / 2));
    std::string wrong = beyond("prevalence", fit.estimates.at("prevalence"), pi, 0x1p-52L);
    const long double cap =
        parameters.levels == BatchLevels::lower ? std::min(0.05, parameters.level_cap) : parameters.level_cap;
    long double best = -1;
    std::set<double> as_good;  // the scores that levels of the best value lie above
    double first = 0;
    for (int i = 0; i < 24; ++i) {
      const long double level = 0.01L * std::pow(cap / 0.01L, static_cast<long double>(i) / 23);
      const long double place = static_cast<long double>(n) * level + 0.5L;
      if (std::abs(place - std::round(place)) < 1e-12L * place) return "";  // for rounding to say
      const auto r = n - static_cast<std::size_t>(std::floor(place));
      if (r == 0) return "level " + std::to_string(i) + " flags all";
      const double score = sorted[r - 1];
      const long double rate =
          static_cast<long double>(flagged(scores, std::nextafter(score, std::numeric_limits<double>::infinity()))) /
          static_cast<long double>(m);
      const long double caught = std::clamp(rate - (1 - pi) * level, 0.0L, pi);
      const long double value = pi + rate > 0 ? 2 * caught / (pi + rate) : 0;
      // Values that are equal but for rounding: of equal ones the lowest level, but rounding may prefer the other.
      if (value > best + 1e-13L) {
        as_good.clear();
        first = score;
      }
      if (value >= best - 1e-13L) as_good.insert(score);
      best = std::max(best, value);
    }
    if (as_good.size() > 1 && best > 0) return wrong;
    return wrong + beyond("plug_in_f1", fit.estimates.at("plug_in_f1"), best, 1e-14L) +
           fit_differs(fit, FitStatus::ok, above<T>(first)) +
           differs("batch_flagged", fit.estimates.at("batch_flagged"),
                   static_cast<double>(flagged(scores, above<T>(first))));
  });
}

/// Maps of the case's rows, each a map of one row, but for a few; some with gaps between rows, which hold NaN.
template <typename T>
struct Maps {
  std::vector<std::vector<T>> pixels;
  std::vector<std::vector<T>> padded;
  std::vector<ScoreMap> views;

  Maps(const Case<T>& made, Random& random) {
    const std::size_t most_rows = random.below(2) == 0 ? 1 : 3;
    for (std::size_t row = 0; row < made.rows();) {
      const std::size_t rows = std::min(1 + random.below(most_rows), made.rows() - row);
      const std::size_t gap = random.below(2) == 0 ? 0 : 1 + random.below(3);
      const auto begin = made.scores.begin() + static_cast<std::ptrdiff_t>(row * made.columns);
      pixels.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(rows * made.columns));
      padded.emplace_back();
      for (std::size_t i = 0; i < pixels.back().size(); ++i) {
        padded.back().push_back(pixels.back()[i]);
        if ((i + 1) % made.columns == 0) {
          padded.back().insert(padded.back().end(), gap, std::numeric_limits<T>::quiet_NaN());
        }
      }
      views.emplace_back(padded.back().data(), rows, made.columns, made.columns + gap);
      row += rows;
    }
  }
};

TEST_CASE("map: the images' maxima, by their distribution or by Hazen's quantile") {
  for_all_types("map", 5000, {.most = 200, .extreme = false, .map = true}, []<typename T>(const Case<T>& made) {
    Random random(made.seed);
    const Maps<T> maps(made, random);
    const double rate = draw_rate(random);
    const std::size_t from = random.below(2) == 0 ? 50 : 1 + random.below(10);
    const bool confident = random.below(3) == 0;
    ParameterMap parameters{
        {"false_alarm_rate", rate}, {"quantile_from", static_cast<double>(from)}, {"replicates", 19.0}};
    if (confident) parameters["confidence"] = 0.9;
    AnyThreshold threshold = make_threshold("map", parameters);
    for (const ScoreMap& map : maps.views) threshold.update(map);
    const Fit fit = threshold.compute();
    std::vector<double> maxima;
    for (const auto& pixels : maps.pixels) {
      if (!pixels.empty()) maxima.push_back(sorted_doubles(pixels).back());
    }
    std::ranges::sort(maxima);
    const std::size_t n = maxima.size();
    if (n < 3 && n < from) return fit_differs(fit, FitStatus::too_few_scores);
    if (n == 0) return fit_differs(fit, FitStatus::too_few_scores);
    if (maxima.front() == maxima.back()) return fit_differs(fit, FitStatus::no_spread);
    if (n < from) {
      if (confident) return std::string();  // a bootstrap
      long double l2 = 0;
      const std::optional<long double> level = gev_level(maxima, rate, l2);
      if (!level) return std::string();
      // L-moments are right to some 1e-15 of the widest score and l2; the shape's equation is flat where t3 is near 1
      // or -1, so that the level may be wrong by more of its distance.
      const long double widest = std::abs(maxima.front()) + std::abs(maxima.back());
      const long double distance = std::abs(*level - maxima[n / 2]);
      return fit_differs(fit, FitStatus::ok, *level, 1e-11L * (l2 + distance) + 1e-12L * widest);
    }
    if (confident) {
      std::size_t rank = 1;
      while (rank <= n && binomial_confidence(n, rank, rate) < 0.9L) ++rank;
      if (rank > n) return fit_differs(fit, FitStatus::too_few_scores);
      return fit_differs(fit, FitStatus::ok, above<T>(maxima[rank - 1]));
    }
    const long double h = static_cast<long double>(n) * (1 - static_cast<long double>(rate)) + 0.5L;
    const long double whole = std::round(h);
    // The largest image says nothing below a rate of 1 / (n + 1).
    if (std::abs(rate * static_cast<double>(n + 1) - 1) < 1e-12) return std::string();
    if (rate * static_cast<double>(n + 1) < 1) return fit_differs(fit, FitStatus::too_few_scores);
    const auto at = [&](long double place) {
      return maxima[static_cast<std::size_t>(std::clamp(place, 1.0L, static_cast<long double>(n))) - 1];
    };
    // On one of the maxima, but for the rounding of rate and h: just above it.
    if (std::abs(h - whole) <= static_cast<long double>(n) * 0x1p-51L)
      return fit_differs(fit, FitStatus::ok, above<T>(at(whole)));
    const long double low = at(std::floor(h));
    const long double high = at(std::floor(h) + 1);
    if (low == high) return fit_differs(fit, FitStatus::ok, above<T>(static_cast<double>(low)));
    return fit_differs(fit, FitStatus::ok, low + (h - std::floor(h)) * (high - low),
                       1e-15L * h * (high - low) + 0x1p-51L * (std::abs(low) + std::abs(high)) +
                           (h < 1 || h > static_cast<long double>(n)
                                ? static_cast<long double>(above<T>(maxima.back()) - maxima.back())
                                : 0));
  });
}

TEST_CASE("pixel: the least cutoff with the rate, by trying every pixel") {
  for_all_types("pixel", 4000, {.most = 150, .map = true}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const Maps<T> maps(made, random);
    constexpr const char* kinds[] = {"mean", "maximum", "quantile"};
    const std::string over = kinds[random.below(3)];
    const double rate = draw_rate(random);
    const double share = random.below(2) == 0 ? 0.95 : draw_rate(random);
    AnyThreshold threshold = make_threshold(
        "pixel", {{"false_alarm_rate", rate}, {"over_images", over}, {"image_quantile", share}, {"replicates", 19.0}});
    std::vector<std::vector<double>> images;
    for (std::size_t i = 0; i < maps.views.size(); ++i) {
      threshold.update(maps.views[i]);
      if (!maps.pixels[i].empty()) images.push_back(sorted_doubles(maps.pixels[i]));
    }
    const Fit fit = threshold.compute();
    if (images.empty()) return fit_differs(fit, FitStatus::too_few_scores);
    std::vector<double> levels;
    for (const auto& image : images) levels.insert(levels.end(), image.begin(), image.end());
    std::ranges::sort(levels);
    const auto count = static_cast<long double>(images.size());
    // Images of one size have a rate of whole numbers, rounded once as the rate is.
    const bool alike = std::ranges::all_of(images, [&](const auto& image) { return image.size() == images[0].size(); });
    for (const double level : levels) {
      const double cutoff = above<T>(level);
      long double mean = 0;
      std::size_t kept = 0;
      for (const auto& image : images) {
        const auto size = static_cast<double>(image.size());
        const auto set = static_cast<double>(flagged(image, cutoff));
        mean += static_cast<long double>(set) / static_cast<long double>(size) / count;
        kept += set / size <= rate ? 1 : 0;
      }
      if (alike) {
        mean = static_cast<double>(flagged(levels, cutoff)) / static_cast<double>(levels.size());
      } else if (over == "mean" && std::abs(mean - rate) < 1e-12L) {
        return "";  // for rounding to say
      }
      const double kept_share = static_cast<double>(kept) / static_cast<double>(images.size());
      const bool enough = over == "mean"      ? mean <= rate
                          : over == "maximum" ? kept == images.size()
                                              : kept_share >= share;
      if (enough) return named(over, fit_differs(fit, FitStatus::ok, cutoff));
    }
    return "no cutoff keeps the rate";
  });
}

TEST_CASE("pixel: the levels of samples of images, which are told as they are asked for") {
  for_all_types(
      "pixel, bootstrap", 1500, {.most = 150, .map = true}, []<typename T>(const Case<T>& made) -> std::string {
        Random random(made.seed);
        const Maps<T> maps(made, random);
        const double rate = draw_rate(random);
        const std::size_t replicates = 19 + random.below(60);
        const std::size_t seed = random.below(1000);
        AnyThreshold threshold = make_threshold("pixel", {{"false_alarm_rate", rate},
                                                          {"replicates", static_cast<double>(replicates)},
                                                          {"seed", static_cast<double>(seed)}});
        std::vector<std::vector<double>> images;  // pixels by falling score
        std::vector<double> levels;
        for (std::size_t i = 0; i < maps.views.size(); ++i) {
          threshold.update(maps.views[i]);
          if (maps.pixels[i].empty()) continue;
          images.push_back(sorted_doubles(maps.pixels[i]));
          std::ranges::reverse(images.back());
          levels.insert(levels.end(), images.back().begin(), images.back().end());
        }
        const Fit fit = threshold.compute();
        if (!fit.ok()) return "";
        std::ranges::sort(levels, std::greater<>());
        levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
        // Numbered by size, then by their pixels; those alike in both are interchangeable.
        std::ranges::sort(
            images, [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
        const std::size_t n = images.size();
        Drawn drawn(seed);
        std::vector<double> found;
        for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
          // How often each image is drawn is told when one of its pixels is first looked at: a binomial number of the
          // draws that are left, all of which fall on the images that are left.
          std::vector<std::optional<std::size_t>> times(n);
          std::size_t left = n;
          std::size_t unknown = n;
          double level = levels.back();
          for (const double score : levels) {
            for (std::size_t i = 0; i < n; ++i) {
              if (times[i] || images[i].front() < score) continue;
              const long double p = 1 / static_cast<long double>(unknown);
              std::size_t hits = unknown == 1 ? left : 0;
              if (unknown > 1) {
                const long double u = drawn.uniform();
                long double below = 0;
                for (hits = 0; hits < left; ++hits) {
                  const auto k = static_cast<long double>(hits);
                  const auto m = static_cast<long double>(left);
                  below += std::exp(std::lgamma(m + 1) - std::lgamma(k + 1) - std::lgamma(m - k + 1) + k * std::log(p) +
                                    (m - k) * std::log1p(-p));
                  if (std::abs(u - below) < 1e-13L) return "";  // for rounding to say
                  if (u <= below) break;
                }
              }
              times[i] = hits;
              left -= hits;
              --unknown;
            }
            long double mean = 0;
            for (std::size_t i = 0; i < n; ++i) {
              mean += static_cast<long double>(times[i].value_or(0)) *
                      static_cast<long double>(flagged(images[i], score)) / static_cast<long double>(images[i].size()) /
                      static_cast<long double>(n);
            }
            if (std::abs(mean - rate) < 1e-12L) return "";
            level = score;
            if (mean > rate) break;
          }
          found.push_back(level);
        }
        std::ranges::sort(found);
        const auto k = std::max<std::size_t>(1, (replicates + 1) / 40);
        return differs("the interval's lower end", fit.interval->lower, found[k - 1]) +
               differs("its upper end", fit.interval->upper, found[replicates - k]);
      });
}

/// Balanced F1, or at another share of anomalies, in long double; cuts by their level, +inf the last.
struct SyntheticCuts {
  std::vector<double> levels;
  std::vector<long double> values;
  std::vector<double> rates;  ///< as doubles, which are compared with the cap

  template <typename T>
  SyntheticCuts(const std::vector<T>& normal, const std::vector<T>& anomalous, double share) {
    for (const T x : normal) levels.push_back(one_zero(static_cast<double>(x)));
    for (const T x : anomalous) levels.push_back(one_zero(static_cast<double>(x)));
    std::ranges::sort(levels);
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    levels.push_back(std::numeric_limits<double>::infinity());
    const auto p = static_cast<long double>(share);
    for (const double level : levels) {
      const long double r =
          static_cast<long double>(flagged(anomalous, level)) / static_cast<long double>(anomalous.size());
      const long double q = static_cast<long double>(flagged(normal, level)) / static_cast<long double>(normal.size());
      values.push_back(2 * p * r / (p + p * r + (1 - p) * q));
      rates.push_back(static_cast<double>(flagged(normal, level)) / static_cast<double>(normal.size()));
    }
  }

  /// The lowest of the best cuts, up to a slack; then raised until it keeps the cap.
  [[nodiscard]] std::size_t best(double cap, long double slack) const {
    const long double top = *std::ranges::max_element(values);
    std::size_t i = 0;
    while (values[i] < top - slack * top) ++i;
    while (rates[i] > cap) ++i;
    return i;
  }
};

TEST_CASE("synthetic: balanced F1 of every cut, its cap, and what is not detected") {
  for_all_types("synthetic", 6000, {.large = 400}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const auto classes = split(made);
    const std::vector<T>& normal = classes.first;
    const std::vector<T>& anomalous = classes.second;
    const double cap = random.below(2) == 0 ? 1 : static_cast<double>(random.below(11)) / 10;
    const double limit = random.below(2) == 0 ? 0.65 : random.uniform();
    const bool fall_back = random.below(2) == 0;
    const bool middle = random.below(3) == 0;
    const double rate = draw_rate(random);
    ParameterMap parameters{{"place", std::string(middle ? "middle" : "observed")},
                            {"false_alarm_cap", cap},
                            {"undetectable_below", limit},
                            {"fall_back", std::string(fall_back ? "false_alarm_budget" : "refuse")},
                            {"false_alarm_rate", rate},
                            {"replicates", 19.0}};
    double share = 0.5;
    if (random.below(3) == 0) parameters["prevalence"] = share = random.uniform();
    const Fit fit = labelled_fit_of("synthetic", parameters, made);
    if (made.scores.empty()) return fit_differs(fit, FitStatus::too_few_scores);
    if (normal.empty() || anomalous.empty()) return fit_differs(fit, FitStatus::missing_class);
    std::size_t twice = 0;
    for (const T a : anomalous) {
      for (const T x : normal) twice += a > x ? 2 : a == x ? 1 : 0;
    }
    const long double auroc =
        static_cast<long double>(twice) / static_cast<long double>(2 * normal.size() * anomalous.size());
    std::string wrong = beyond("auroc", fit.estimates.at("auroc"), auroc, 0x1p-53L);
    if (std::abs(auroc - limit) <= 0x1p-52L) return wrong;
    const std::vector<double> normals = sorted_doubles(normal);
    const std::size_t n = normals.size();
    if (auroc < limit) {
      std::size_t k = n + 1;
      while (static_cast<double>(k) / static_cast<double>(n + 1) > rate) --k;
      const double line = above<T>(normals[k == 0 ? n - 1 : n - k]);
      wrong += differs("fall_back_cutoff", fit.estimates.at("fall_back_cutoff"), line);
      return wrong + (fall_back ? fit_differs(fit, FitStatus::ok, line) : fit_differs(fit, FitStatus::undetectable));
    }
    const SyntheticCuts cuts(normal, anomalous, share);
    const std::size_t found = cuts.best(cap, 4e-15L);
    if (cuts.best(cap, 8e-15L) != found || cuts.best(cap, 2e-15L) != found) return wrong;
    const bool raised = cuts.best(1, 4e-15L) != found;
    const double level = cuts.levels[found];
    if (!fit.ok()) return wrong + status_differs(fit, FitStatus::ok);
    const double highest = cuts.levels[cuts.levels.size() - 2];
    if (level - level != 0) return wrong + fit_differs(fit, FitStatus::ok, above<T>(highest));
    if (!middle || found == 0 || raised) return wrong + fit_differs(fit, FitStatus::ok, level);
    const long double below = cuts.levels[found - 1];
    const double cutoff = fit.cutoff.value();
    // Half-way, and on the right side of the two.
    if (!(cutoff > static_cast<double>(below) && cutoff <= level)) wrong += "the middle is not between the scores";
    return wrong + beyond("cutoff", cutoff, (below + level) / 2,
                          0x1p-52L * (std::abs(below) + std::abs(static_cast<long double>(level))) + 0x1p-1074L);
  });
}

TEST_CASE("synthetic: the best cuts of samples that are drawn again") {
  for_all_types("synthetic, bootstrap", 1200, {.most = 40}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const std::size_t replicates = 19 + random.below(60);
    const std::size_t seed = random.below(1000);
    const Fit fit = labelled_fit_of("synthetic",
                                    {{"replicates", static_cast<double>(replicates)},
                                     {"seed", static_cast<double>(seed)},
                                     {"undetectable_below", 0.0},
                                     {"false_alarm_cap", 1.0}},
                                    made);
    if (!fit.ok()) return "";
    const auto classes = split(made);
    const std::vector<double> normals = sorted_doubles(classes.first);
    const std::vector<double> anomalies = sorted_doubles(classes.second);
    Drawn drawn(seed);
    const auto sample = [&drawn](const std::vector<double>& scores) {
      std::vector<double> again;
      for (std::size_t i = 0; i < scores.size(); ++i) again.push_back(scores[drawn.below(scores.size())]);
      return again;
    };
    std::vector<double> lines;
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
      const std::vector<double> normal = sample(normals);
      const SyntheticCuts cuts(normal, sample(anomalies), 0.5);
      const std::size_t found = cuts.best(1, 4e-15L);
      if (cuts.best(1, 8e-15L) != found || cuts.best(1, 2e-15L) != found) return "";  // for rounding to say
      lines.push_back(cuts.levels[found]);
    }
    std::ranges::sort(lines);
    const auto k = std::max<std::size_t>(1, (replicates + 1) / 40);
    const double median = lines[(replicates - 1) / 2];
    const double highest = std::max(normals.back(), anomalies.back());
    return fit_differs(fit, FitStatus::ok, std::isinf(median) ? above<T>(highest) : median) +
           differs("the interval's lower end", fit.interval->lower, lines[k - 1]) +
           differs("its upper end", fit.interval->upper, lines[replicates - k]);
  });
}

TEST_CASE("synthetic, pixel by pixel: F1 of every cut of all pixels") {
  for_all_types("synthetic, pixels", 2000, {.most = 150, .map = true}, []<typename T>(const Case<T>& made) {
    Random random(made.seed);
    const Maps<T> maps(made, random);
    const double cap = random.below(2) == 0 ? 1 : static_cast<double>(random.below(11)) / 10;
    AnyThreshold threshold = make_threshold("synthetic", {{"place", std::string("observed")},
                                                          {"map_reduction", std::string("every_pixel")},
                                                          {"false_alarm_cap", cap},
                                                          {"undetectable_below", 0.0},
                                                          {"replicates", 19.0}});
    std::vector<T> normal;
    std::vector<T> anomalous;
    for (std::size_t i = 0; i < maps.views.size(); ++i) {
      const ScoreMap& map = maps.views[i];
      const std::vector<T>& pixels = maps.pixels[i];
      if (random.below(2) == 0) {
        threshold.update(map);
        normal.insert(normal.end(), pixels.begin(), pixels.end());
        continue;
      }
      std::vector<std::uint8_t> mask;
      for (const T pixel : pixels) {
        mask.push_back(random.below(2) == 0 ? 1 : 0);
        (mask.back() == 1 ? anomalous : normal).push_back(pixel);
      }
      threshold.update(map, Mask(mask.data(), map.rows(), map.columns()));
    }
    const Fit fit = threshold.compute();
    if (normal.empty() && anomalous.empty()) return fit_differs(fit, FitStatus::too_few_scores);
    if (normal.empty() || anomalous.empty()) return fit_differs(fit, FitStatus::missing_class);
    std::string wrong = differs("normals", fit.normal_count, normal.size()) +
                        differs("anomalies", fit.anomalous_count, anomalous.size());
    const SyntheticCuts cuts(
        normal, anomalous,
        static_cast<double>(anomalous.size()) / static_cast<double>(normal.size() + anomalous.size()));
    const std::size_t found = cuts.best(cap, 4e-15L);
    if (cuts.best(cap, 8e-15L) != found || cuts.best(cap, 2e-15L) != found) return wrong;
    const double level = cuts.levels[found];
    const double highest = cuts.levels[cuts.levels.size() - 2];
    return wrong + fit_differs(fit, FitStatus::ok, std::isinf(level) ? above<T>(highest) : level);
  });
}

TEST_CASE("combined: two lines, their distance, and which one stands") {
  for_all_types("combined", 3000, {.extreme = false, .least_scores = 2}, []<typename T>(const Case<T>& made) {
    Random random(made.seed);
    const auto classes = split(made);
    const std::vector<T>& normal = classes.first;
    const std::vector<T>& anomalous = classes.second;
    constexpr const char* rules[] = {"tail", "quantile", "gumbel", "gev"};
    constexpr const char* stands[] = {"synthetic", "normals", "lower", "higher", "refuse"};
    const std::string rule = rules[random.below(4)];
    const std::string disagreement = stands[random.below(5)];
    const double rate = draw_rate(random);
    const double cap = static_cast<double>(random.below(11)) / 10;
    const double tolerance = random.below(2) == 0 ? 0.05 : random.uniform();
    const double limit = random.below(2) == 0 ? 0.65 : random.uniform();
    const Fit fit = labelled_fit_of("combined",
                                    {{"normals", rule},
                                     {"false_alarm_rate", rate},
                                     {"false_alarm_cap", cap},
                                     {"tolerance", tolerance},
                                     {"disagreement", disagreement},
                                     {"place", std::string("observed")},
                                     {"undetectable_below", limit},
                                     {"replicates", 19.0}},
                                    made);
    if (made.scores.empty()) return fit_differs(fit, FitStatus::too_few_scores);
    if (normal.empty() || anomalous.empty()) return fit_differs(fit, FitStatus::missing_class);
    // The two lines have models of their own.
    Case<T> normals_alone;
    normals_alone.scores = normal;
    const Fit line = fit_of(rule, {{"false_alarm_rate", rate}}, normals_alone);
    const auto synthetic = [&](double its_cap) {
      return labelled_fit_of("synthetic",
                             {{"place", std::string("observed")},
                              {"false_alarm_cap", its_cap},
                              {"undetectable_below", limit},
                              {"replicates", 19.0}},
                             made);
    };
    const Fit uncapped = synthetic(1);
    const Fit capped = synthetic(cap);
    if (!uncapped.ok())
      return line.ok() ? fit_differs(fit, FitStatus::ok, line.cutoff.value()) : fit_differs(fit, uncapped.status);
    if (!line.ok()) return fit_differs(fit, FitStatus::ok, capped.cutoff.value());
    const auto n = static_cast<long double>(normal.size());
    const long double distance = std::abs(static_cast<long double>(flagged(normal, uncapped.cutoff.value())) -
                                          static_cast<long double>(flagged(normal, line.cutoff.value()))) /
                                 n;
    std::string wrong = beyond("distance", fit.estimates.at("distance"), distance, 0x1p-51L);
    if (std::abs(distance - tolerance) <= 0x1p-50L) return wrong;
    const double a = line.cutoff.value();
    const double b = capped.cutoff.value();
    const bool agree = distance <= tolerance;
    if (!agree && disagreement == "refuse") return wrong + fit_differs(fit, FitStatus::not_applicable);
    const double stood = agree || disagreement == "synthetic" ? b
                         : disagreement == "normals"          ? a
                         : disagreement == "lower"            ? std::min(a, b)
                                                              : std::max(a, b);
    return wrong + fit_differs(fit, FitStatus::ok, stood);
  });
}

TEST_CASE("auto: the method that the table names") {
  for_all_types("auto", 4000, {.extreme = false, .large = 600}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    Case<T> given = made;
    if (random.below(2) == 0) std::ranges::fill(given.labels, std::uint8_t{0});
    const bool anomalies = std::ranges::count(given.labels, 1) > 0;
    const bool synthetic = random.below(2) == 0;
    ParameterMap parameters{{"anomalies", std::string(synthetic ? "synthetic" : "labelled")}};
    const std::size_t few = random.below(2) == 0 ? 300 : random.below(40);
    parameters["few_normals"] = static_cast<double>(few);
    double rate = 0.05;
    double prevalence = 0;
    const std::size_t told = random.below(3);
    if (told == 1) parameters["false_alarm_rate"] = rate = draw_rate(random);
    if (told == 2) {
      parameters["expected_prevalence"] = prevalence = random.below(2) == 0 ? random.uniform() : 0.2 * random.uniform();
      rate = prevalence / 4 < 0.01 ? 0.01 : prevalence / 4 > 0.1 ? 0.1 : prevalence / 4;
    }
    const bool cost = random.below(4) == 0;
    const bool miss = random.below(2) == 0;
    const double price = 10 * random.uniform();
    if (cost) parameters[miss ? "miss_cost" : "false_alarm_cost"] = price;
    const double cap = random.below(2) == 0 ? 0.5 : static_cast<double>(random.below(11)) / 10;
    parameters["false_alarm_cap"] = cap;
    const Fit fit = labelled_fit_of("auto", parameters, given);
    if (!anomalies && cost) return fit_differs(fit, FitStatus::missing_class);

    ParameterMap chosen;
    std::string method = given.scores.size() <= few ? "tail" : "quantile";
    if (!anomalies) {
      chosen["false_alarm_rate"] = rate;
      if (method == "quantile") chosen["rank"] = std::string("nearest");
    } else {
      method = synthetic ? "synthetic" : "f1";
      if (prevalence > 0) chosen["prevalence"] = prevalence;
      if (synthetic) chosen["false_alarm_cap"] = cap;
      if (cost) {
        chosen["objective"] = std::string("cost");
        chosen[miss ? "miss_cost" : "false_alarm_cost"] = price;
      }
    }
    const Fit model = labelled_fit_of(method, chosen, given);
    return named(method, fit_differs(fit, model.status, model.cutoff.value()));
  });
}

}  // namespace
