// SPDX-License-Identifier: Apache-2.0
// Metrics of labelled score maps against SciPy and against slow obvious models.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "catch.hpp"
#include "plimsoll/metrics/aupimo.hpp"
#include "plimsoll/metrics/aupro.hpp"
#include "plimsoll/metrics/oracle_seg_f1.hpp"
#include "plimsoll/metrics/regions.hpp"
#include "plimsoll/metrics/seg_f1.hpp"
#include "random.hpp"

namespace {

using plimsoll::Cutoff;
using plimsoll::Mask;
using plimsoll::ScoreMap;
using namespace plimsoll::metrics;
using plimsoll::test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();

template <typename T>
struct Image {
  std::size_t rows;
  std::size_t columns;
  std::vector<T> scores;
  std::vector<std::uint8_t> truth;

  [[nodiscard]] ScoreMap map() const { return {scores.data(), rows, columns}; }
  [[nodiscard]] Mask mask() const { return {truth.data(), rows, columns}; }
  [[nodiscard]] bool anomalous() const { return mask().any(); }
  /// NaN as the highest.
  [[nodiscard]] double score(std::size_t i) const {
    const auto score = static_cast<double>(scores[i]);
    return std::isnan(score) ? infinity : score;
  }
};

/// Whole-number scores from 0 to 140003 / coarseness; images 1, 3 and 5 have a mask. What the script below makes too.
std::vector<Image<float>> formula_images(std::size_t coarseness) {
  std::vector<Image<float>> images;
  for (std::size_t i = 0; i < 6; ++i) {
    Image<float> image{13 + i, 17, {}, {}};
    for (std::size_t r = 0; r < image.rows; ++r) {
      for (std::size_t c = 0; c < image.columns; ++c) {
        const std::size_t hash = (i * 7919 + r * 104729 + c * 1299709 + r * c * 15485863) % 100003;
        const bool anomalous = i % 2 == 1 && ((r / 3) * (c / 4) + i) % 5 == 0 && (r + c + i) % 7 != 0;
        image.scores.push_back(static_cast<float>(hash / coarseness + (anomalous ? 40000 / coarseness : 0)));
        image.truth.push_back(anomalous ? 255 : 0);
      }
    }
    images.push_back(std::move(image));
  }
  return images;
}

template <typename Metric, typename T>
Metric collected(const std::vector<Image<T>>& images) {
  Metric metric;
  for (const Image<T>& image : images) metric.update(image.map(), image.mask());
  return metric;
}

/// Flood fill from every pixel that has no number yet.
std::vector<std::size_t> flood(const std::vector<std::uint8_t>& truth, std::size_t rows, std::size_t columns) {
  std::vector<std::size_t> region(truth.size());
  std::size_t count = 0;
  for (std::size_t start = 0; start < truth.size(); ++start) {
    if (truth[start] == 0 || region[start] != 0) continue;
    region[start] = ++count;
    std::vector<std::size_t> open{start};
    while (!open.empty()) {
      const std::size_t pixel = open.back();
      open.pop_back();
      for (std::size_t other = 0; other < truth.size(); ++other) {
        const auto apart = [](std::size_t a, std::size_t b) { return a > b ? a - b : b - a; };
        if (apart(other / columns, pixel / columns) <= 1 && apart(other % columns, pixel % columns) <= 1 &&
            truth[other] != 0 && region[other] == 0) {
          region[other] = count;
          open.push_back(other);
        }
      }
    }
  }
  CHECK(truth.size() == rows * columns);
  return region;
}

template <typename T>
std::set<double, std::greater<>> all_cuts(const std::vector<Image<T>>& images) {
  std::set<double, std::greater<>> cuts;
  for (const Image<T>& image : images) {
    for (std::size_t i = 0; i < image.scores.size(); ++i) cuts.insert(image.score(i));
  }
  return cuts;
}

/// The curve point by point, then trapezoids.
template <typename T>
double slow_aupro(const std::vector<Image<T>>& images, double limit) {
  double area = 0;
  double rate = 0;
  double overlap = 0;
  for (const double cut : all_cuts(images)) {
    double flagged = 0;
    double normals = 0;
    double shares = 0;
    double regions = 0;
    for (const Image<T>& image : images) {
      const auto region = flood(image.truth, image.rows, image.columns);
      const std::size_t count = region.empty() ? 0 : *std::max_element(region.begin(), region.end());
      std::vector<double> size(count + 1);
      std::vector<double> inside(count + 1);
      for (std::size_t i = 0; i < region.size(); ++i) {
        size[region[i]] += 1;
        inside[region[i]] += image.score(i) >= cut ? 1 : 0;
      }
      normals += size[0];
      flagged += inside[0];
      for (std::size_t k = 1; k <= count; ++k) shares += inside[k] / size[k];
      regions += static_cast<double>(count);
    }
    const double next_rate = flagged / normals;
    const double next_overlap = shares / regions;
    if (next_rate > rate && rate < limit) {
      const double end = std::min(limit, next_rate);
      const double at_end = overlap + (next_overlap - overlap) * (end - rate) / (next_rate - rate);
      area += (end - rate) * (overlap + at_end) / 2;
    }
    rate = next_rate;
    overlap = next_overlap;
  }
  return area / limit;
}

/// The mean overlap over very many rates, evenly spaced on the logarithmic axis, by the definition: the lowest cutoff
/// whose shared FPR is at most the rate. Cutoffs are tried at, and just above, every score.
template <typename T>
double slow_aupimo(const std::vector<Image<T>>& images, const Image<T>& anomalous, AupimoBounds bounds,
                   std::size_t grid) {
  std::vector<std::pair<double, double>> curve;  // of cutoffs: shared FPR, overlap
  const auto add = [&](const auto& flags) {
    double rate = 0;
    double normals = 0;
    for (const Image<T>& image : images) {
      if (image.anomalous()) continue;
      double flagged = 0;
      for (std::size_t i = 0; i < image.scores.size(); ++i) flagged += flags(image.score(i)) ? 1 : 0;
      rate += flagged / static_cast<double>(image.scores.size());
      normals += 1;
    }
    double inside = 0;
    double size = 0;
    for (std::size_t i = 0; i < anomalous.scores.size(); ++i) {
      if (anomalous.truth[i] == 0) continue;
      size += 1;
      inside += flags(anomalous.score(i)) ? 1 : 0;
    }
    curve.emplace_back(rate / normals, inside / size);
  };
  for (const double cut : all_cuts(images)) {
    add([cut](double score) { return score > cut; });
    add([cut](double score) { return score >= cut; });
  }
  double sum = 0;
  for (std::size_t k = 0; k < grid; ++k) {
    const double share = (static_cast<double>(k) + 0.5) / static_cast<double>(grid);
    const double rate = bounds.lower * std::pow(bounds.upper / bounds.lower, share);
    double best = 0;
    for (const auto& [fpr, overlap] : curve) {
      if (fpr <= rate) best = std::max(best, overlap);
    }
    sum += best;
  }
  return sum / static_cast<double>(grid);
}

template <typename T>
std::vector<Image<T>> random_images(Random& random, std::size_t count, std::size_t levels, bool odd_scores) {
  std::vector<Image<T>> images;
  for (std::size_t k = 0; k < count; ++k) {
    Image<T> image{1 + random.below(7), 1 + random.below(7), {}, {}};
    for (std::size_t i = 0; i < image.rows * image.columns; ++i) {
      const bool anomalous = k % 2 == 1 && random.below(3) == 0;
      const auto level = static_cast<T>(random.below(levels) + (anomalous ? levels / 3 : 0));
      const std::size_t odd = odd_scores ? random.below(20) : 20;
      image.scores.push_back(odd == 0   ? std::numeric_limits<T>::quiet_NaN()
                             : odd == 1 ? std::numeric_limits<T>::infinity()
                             : odd == 2 ? -std::numeric_limits<T>::infinity()
                                        : level / 7 - 1);
      image.truth.push_back(anomalous ? 1 : 0);
    }
    images.push_back(std::move(image));
  }
  return images;
}

TEST_CASE("regions are those of a flood fill") {
  Random random(61);
  for (int repetition = 0; repetition < 300; ++repetition) {
    const std::size_t rows = 1 + random.below(12);
    const std::size_t columns = 1 + random.below(12);
    const std::size_t density = 1 + random.below(4);
    std::vector<std::uint8_t> truth(rows * columns);
    for (std::uint8_t& byte : truth) byte = random.below(5) < density ? 1 : 0;
    const Regions regions = label_regions(Mask(truth.data(), rows, columns));
    const auto expected = flood(truth, rows, columns);
    CHECK(regions.region_of == expected);  // both number by first meeting
    const std::size_t count = *std::max_element(expected.begin(), expected.end());
    REQUIRE(regions.count() == count);
    for (std::size_t k = 1; k <= count; ++k) {
      CHECK(regions.sizes[k - 1] == static_cast<std::size_t>(std::count(expected.begin(), expected.end(), k)));
    }
  }
  CHECK(label_regions(Mask()).count() == 0);
}

TEST_CASE("figures of NumPy and SciPy") {
  // scipy.ndimage.label with a 3 x 3 structure of ones; means over numpy.unique of all scores, numpy.trapz with
  // numpy.interp-like interpolation at the limit; F1 by sklearn.metrics.precision_recall_curve. Tolerance: sums of some
  // hundred terms in another order.
  struct Known {
    std::size_t coarseness;
    double aupro_5, aupro_30, aupro_100;
    std::vector<double> low;
    double low_mean;
    std::size_t low_rates;
    std::vector<double> high;
    double high_mean;
    std::size_t high_rates;
    double oracle_f1, oracle_cut;
  };
  const std::vector<Known> all{{1,
                                0.30901399907349986,
                                0.4395336846531482,
                                0.7871915609149104,
                                {0.32861005862434733, 0.2604429330201109, 0.4028485521122975},
                                0.3306338479189186,
                                73,
                                {0.5196292205628861, 0.484910629601193, 0.5780746983227781},
                                0.5275381828289524,
                                757,
                                0.5210727969348659,
                                99995},
                               {2500,
                                0.31807285673643554,
                                0.44221239275926233,
                                0.7890949347868672,
                                {0.2943703713233956, 0.2530333174792557, 0.3981982425659113},
                                0.3152006437895209,
                                3,
                                {0.49758177079985977, 0.4720059435845531, 0.5700263560616798},
                                0.5132046901486976,
                                39,
                                0.5153846153846154,
                                40}};
  const double tolerance = 1e-13;
  for (const Known& known : all) {
    const auto images = formula_images(known.coarseness);
    const auto aupro = collected<Aupro>(images);
    CHECK(aupro.compute(0.05) == Approx(known.aupro_5).epsilon(tolerance));
    CHECK(aupro.compute() == Approx(known.aupro_30).epsilon(tolerance));
    CHECK(aupro.compute(1) == Approx(known.aupro_100).epsilon(tolerance));
    const auto aupimo = collected<Aupimo>(images);
    const auto compare = [&](AupimoBounds bounds, const std::vector<double>& values, double mean, std::size_t rates) {
      const AupimoResult result = aupimo.compute(bounds);
      REQUIRE(result.per_image.size() == values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        CHECK(result.per_image[i] == Approx(values[i]).epsilon(tolerance));
      }
      CHECK(result.mean == Approx(mean).epsilon(tolerance));
      CHECK(result.rates == rates);
    };
    compare({0.002, 0.1}, known.low, known.low_mean, known.low_rates);
    compare({0.01, 1}, known.high, known.high_mean, known.high_rates);
    const OracleCut oracle = collected<OracleSegF1>(images).compute();
    CHECK(oracle.f1 == Approx(known.oracle_f1).epsilon(tolerance));
    CHECK(oracle.cutoff == Cutoff{known.oracle_cut});
    SegF1 f1;
    for (const auto& image : images) {
      f1.update(image.map(), Cutoff{50000.0 / static_cast<double>(known.coarseness)}, image.mask());
    }
    CHECK(f1.compute() == plimsoll::stats::Confusion{173, 20, 637, 751});
  }
}

TEMPLATE_TEST_CASE("every metric is that of its slow model", "", float, double) {
  Random random(62);
  for (int repetition = 0; repetition < 40; ++repetition) {
    const auto images = random_images<TestType>(random, 2 + random.below(6), repetition % 3 == 0 ? 4 : 30, true);
    const bool any = std::any_of(images.begin(), images.end(), [](const auto& image) { return image.anomalous(); });
    const auto aupro = collected<Aupro>(images);
    const OracleCut oracle = collected<OracleSegF1>(images).compute();
    const AupimoBounds bounds{0.03, 0.7};
    const AupimoResult aupimo = collected<Aupimo>(images).compute(bounds);
    if (!any) {
      CHECK(std::isnan(aupro.compute()));
      CHECK(std::isnan(oracle.f1));
      CHECK(std::isnan(aupimo.mean));
      continue;
    }
    for (const double limit : {0.05, 0.3, 1.0}) {
      CHECK(aupro.compute(limit) == Approx(slow_aupro(images, limit)).epsilon(1e-12).margin(1e-14));
    }
    // The oracle is best among all cutoffs, and its cutoff reaches what it says.
    double best = 0;
    for (const double cut : all_cuts(images)) {
      SegF1 f1;
      for (const auto& image : images) f1.update(image.map(), Cutoff{cut}, image.mask());
      best = std::max(best, f1.compute().f1());
      if (Cutoff{cut} == oracle.cutoff) CHECK(f1.compute().f1() == oracle.f1);
    }
    CHECK(oracle.f1 == best);
    std::size_t k = 0;
    for (const auto& image : images) {
      if (!image.anomalous()) continue;
      // The grid misses each of at most 200 steps of the curve by at most one of its 4000 cells.
      const std::size_t grid = 4000;
      REQUIRE(k < aupimo.per_image.size());
      CHECK(aupimo.per_image[k++] == Approx(slow_aupimo(images, image, bounds, grid)).margin(1.0 / grid));
    }
    CHECK(k == aupimo.per_image.size());
  }
}

TEST_CASE("perfect, useless and undefined detectors") {
  const Image<float> normal{2, 3, {1, 2, 3, 1, 2, 3}, {0, 0, 0, 0, 0, 0}};
  const Image<float> perfect{2, 3, {9, 0, 0, 0, 0, 8}, {1, 0, 0, 0, 0, 1}};
  const Image<float> constant{2, 3, {5, 5, 5, 5, 5, 5}, {1, 0, 0, 0, 0, 1}};
  CHECK(collected<Aupro>(std::vector{normal, perfect}).compute() == Approx(1).epsilon(1e-15));
  CHECK(collected<Aupimo>(std::vector{normal, perfect}).compute().mean == 1);
  // Fewer than 1 / upper normal pixels: all that lies above the highest of them, and it is said that no rate is
  // between.
  CHECK(collected<Aupimo>(std::vector{normal, perfect}).compute().rates == 0);
  CHECK(collected<OracleSegF1>(std::vector{normal, perfect}).compute().f1 == 1);
  CHECK(collected<OracleSegF1>(std::vector{normal, perfect}).compute().cutoff == Cutoff{8});
  // One step from (0, 0) to (1, 1): the area under the diagonal.
  CHECK(collected<Aupro>(std::vector{constant}).compute(0.3) == Approx(0.15).epsilon(1e-14));
  // An FPR under 1 only above the highest normal score, where nothing of the mask is.
  const Image<float> same{2, 3, {5, 5, 5, 5, 5, 5}, {0, 0, 0, 0, 0, 0}};
  CHECK(collected<Aupimo>(std::vector{same, constant}).compute().mean == 0);
  // Without normal images no shared FPR; without anomalous ones no figure.
  CHECK(std::isnan(collected<Aupimo>(std::vector{perfect}).compute().per_image.at(0)));
  CHECK(std::isnan(collected<Aupimo>(std::vector{normal}).compute().mean));
  CHECK(std::isnan(collected<Aupro>(std::vector{normal}).compute()));
  CHECK(std::isnan(Aupro().compute()));
  CHECK(std::isnan(OracleSegF1().compute().f1));
  CHECK(std::isnan(SegF1().compute().f1()));
  const Image<float> all{1, 2, {1, 2}, {1, 1}};
  CHECK(std::isnan(collected<Aupro>(std::vector{all}).compute()));
  CHECK(collected<OracleSegF1>(std::vector{all}).compute().f1 == 1);
}

TEST_CASE("neither the order of the maps nor shards change a bit") {
  Random random(63);
  for (int repetition = 0; repetition < 10; ++repetition) {
    auto images = random_images<float>(random, 12, 50, false);
    const auto aupro = collected<Aupro>(images);
    const auto aupimo = collected<Aupimo>(images);
    const auto oracle = collected<OracleSegF1>(images);
    random.shuffle(images);
    Aupro first_aupro;
    Aupro second_aupro;
    Aupimo first_aupimo;
    Aupimo second_aupimo;
    OracleSegF1 first_oracle;
    OracleSegF1 second_oracle;
    for (std::size_t i = 0; i < images.size(); ++i) {
      // Some of them as doubles.
      const std::vector<double> doubles(images[i].scores.begin(), images[i].scores.end());
      const ScoreMap map = i % 3 == 0 ? ScoreMap(doubles.data(), images[i].rows, images[i].columns) : images[i].map();
      (i < 5 ? first_aupro : second_aupro).update(map, images[i].mask());
      (i < 5 ? first_aupimo : second_aupimo).update(map, images[i].mask());
      (i < 5 ? first_oracle : second_oracle).update(map, images[i].mask());
    }
    first_aupro.merge(second_aupro);
    first_aupimo.merge(second_aupimo);
    first_oracle.merge(second_oracle);
    CHECK(first_aupro.compute() == aupro.compute());
    CHECK(first_aupimo.compute({0.01, 0.5}).mean == aupimo.compute({0.01, 0.5}).mean);
    CHECK(first_oracle.compute().cutoff == oracle.compute().cutoff);
    CHECK(first_oracle.compute().f1 == oracle.compute().f1);
    // Everything twice is the same, merged with itself.
    first_aupro.merge(first_aupro);
    CHECK(first_aupro.compute() == Approx(aupro.compute()).epsilon(1e-13));
    first_oracle.merge(first_oracle);
    CHECK(first_oracle.compute().f1 == oracle.compute().f1);
    first_aupimo.merge(first_aupimo);
    CHECK(first_aupimo.compute({0.01, 0.5}).mean == Approx(aupimo.compute({0.01, 0.5}).mean).epsilon(1e-13));
  }
}

TEST_CASE("decided masks and cutoffs give one confusion table, whatever the strides") {
  // 2 x 3 in rows of 4 and 5; the padding would be counted if it were read.
  const std::vector<float> scores{1, 2, 3, 99, 4, std::nanf(""), 6, 99};
  const std::vector<std::uint8_t> truth{0, 1, 1, 7, 7, 0, 1, 0, 7, 7};
  const std::vector<std::uint8_t> decided{0, 0, 1, 1, 1, 1};  // !(score < 3)
  const Mask mask(truth.data(), 2, 3, 5);
  SegF1 by_cutoff;
  by_cutoff.update(ScoreMap(scores.data(), 2, 3, 4), Cutoff{3}, mask);
  SegF1 by_mask;
  by_mask.update(Mask(decided.data(), 2, 3), mask);
  // By hand: 3 and NaN caught, 2 missed, 4 and 6 false alarms, 1 passed.
  const plimsoll::stats::Confusion expected{2, 1, 2, 1};
  CHECK(by_cutoff.compute() == expected);
  CHECK(by_mask.compute() == expected);
  by_mask.merge(by_cutoff);
  CHECK(by_mask.compute() == plimsoll::stats::Confusion{4, 2, 4, 2});
  CHECK(by_mask.compute().f1() == expected.f1());
}

#if PLIMSOLL_HAS_HALF
TEST_CASE("halves are scored as the floats that they are") {
  const std::vector<plimsoll::Half> halves{1, 2, 3, 4, 5, 6};
  const std::vector<float> floats(halves.begin(), halves.end());
  const std::vector<std::uint8_t> truth{0, 1, 0, 0, 1, 1};
  const Mask mask(truth.data(), 2, 3);
  Aupro by_halves;
  Aupro by_floats;
  by_halves.update(ScoreMap(halves.data(), 2, 3), mask);
  by_floats.update(ScoreMap(floats.data(), 2, 3), mask);
  CHECK(by_halves.compute() == by_floats.compute());
  OracleSegF1 oracle;
  oracle.update(ScoreMap(halves.data(), 2, 3), mask);
  CHECK(oracle.compute().cutoff == Cutoff{5});  // 2 of 3 caught without a false alarm: 0.8, against 0.75 at 2
}
#endif

TEST_CASE("what does not fit is refused, and changes nothing") {
  const Image<float> image{2, 3, {9, 0, 0, 0, 0, 8}, {1, 0, 0, 0, 0, 1}};
  const Mask other(image.truth.data(), 3, 2);
  Aupro aupro;
  Aupimo aupimo;
  OracleSegF1 oracle;
  SegF1 f1;
  CHECK_THROWS_AS(aupro.update(image.map(), other), plimsoll::DataError);
  CHECK_THROWS_AS(aupimo.update(image.map(), other), plimsoll::DataError);
  CHECK_THROWS_AS(oracle.update(image.map(), other), plimsoll::DataError);
  CHECK_THROWS_AS(f1.update(image.map(), Cutoff{1}, other), plimsoll::DataError);
  CHECK_THROWS_AS(f1.update(image.mask(), other), plimsoll::DataError);
  CHECK_THROWS_AS(OracleSegF1(10).merge(OracleSegF1(11)), plimsoll::ParameterError);
  CHECK_NOTHROW(OracleSegF1(10).merge(OracleSegF1(10)));
  CHECK(f1.compute() == plimsoll::stats::Confusion{});
  CHECK(std::isnan(aupro.compute()));
  for (const double limit : {0.0, -0.1, 1.1, std::nan("")}) {
    CHECK_THROWS_AS(aupro.compute(limit), plimsoll::ParameterError);
  }
  for (const AupimoBounds bounds : {AupimoBounds{0, 0.1}, AupimoBounds{0.1, 0.1}, AupimoBounds{0.1, 1.1},
                                    AupimoBounds{std::nan(""), 0.1}, AupimoBounds{0.1, std::nan("")}}) {
    CHECK_THROWS_AS(aupimo.compute(bounds), plimsoll::ParameterError);
  }
  try {
    static_cast<void>(aupro.compute(1.5));
  } catch (const plimsoll::ParameterError& error) {
    CHECK(std::string(error.what()) == "Aupro: limit = 1.5 is not a number in (0, 1]");
  }
}

}  // namespace
