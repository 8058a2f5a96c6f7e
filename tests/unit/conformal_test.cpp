// SPDX-License-Identifier: Apache-2.0
// p-values against normal scores, and discoveries among them.
#include "plimsoll/decide/conformal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"
#include "random.hpp"

namespace {

using plimsoll::Discoveries;
using plimsoll::normal_score_table;
using plimsoll::NormalScores;
using plimsoll::NormalScoreTable;
using plimsoll::test::Random;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The definition.
double p_value_of(const std::vector<double>& normals, double score) {
  std::size_t at_least = 0;
  for (const double normal : normals) at_least += normal >= score;
  return (1.0 + static_cast<double>(at_least)) / (1.0 + static_cast<double>(normals.size()));
}

/// Continuous scores, or few different ones.
std::vector<double> scores_of(Random& random, std::size_t count, bool ties) {
  std::vector<double> scores(count);
  for (double& score : scores) score = ties ? std::floor(4 * random.normal()) : random.normal();
  return scores;
}

TEST_CASE("p-values are those of the definition when every score is a knot") {
  Random random(1);
  for (const std::size_t count : {1U, 2U, 3U, 19U, 100U, 1000U}) {
    for (const bool ties : {false, true}) {
      const std::vector<double> normals = scores_of(random, count, ties);
      const NormalScoreTable table = normal_score_table(normals);
      const NormalScores view = table.view();
      REQUIRE(view.valid());
      std::vector<double> scores = scores_of(random, 200, ties);
      scores.insert(scores.end(), normals.begin(), normals.end());
      for (const double normal : normals) {
        scores.push_back(std::nextafter(normal, infinity));
        scores.push_back(std::nextafter(normal, -infinity));
      }
      scores.insert(scores.end(), {infinity, -infinity, 1e300, -1e300, 0.0, -0.0});
      std::vector<double> batch(scores.size());
      view.p_values(scores, batch);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        wrong += view.p_value(scores[i]) != p_value_of(normals, scores[i]) || batch[i] != view.p_value(scores[i]);
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("NaN is the strangest score, and no table says nothing") {
  const NormalScoreTable table = normal_score_table(std::vector<float>{1, 2, 3});
  CHECK(table.view().p_value(nan) == 0.25);
  CHECK(table.view().p_value(std::numeric_limits<float>::quiet_NaN()) == 0.25);
  CHECK(table.view().p_value(4.0F) == 0.25);
  CHECK(table.view().p_value(3.0F) == 0.5);
  CHECK(table.view().p_value(-4.0F) == 1);
  const NormalScoreTable none = normal_score_table(std::vector<float>{});
  CHECK(none.view().valid());
  CHECK(none.view().p_value(1.0) == 1);
  CHECK(none.view().p_value(nan) == 1);
  // What a generated header holds.
  static constexpr NormalScores::Knot knots[]{{1.0, 3, 2}, {2.0, 2, 0}};
  constexpr NormalScores constant{.knots = knots, .count = 3};
  static_assert(constant.valid());
  static_assert(constant.p_value(2.0) == 0.75);
  static_assert(constant.p_value(2.5) == 0.25);
}

TEST_CASE("thinned p-values are never below the exact ones, and equal at knots and at the top") {
  Random random(2);
  for (const std::size_t count : {10U, 1000U, 5000U}) {
    for (const std::size_t most : {2U, 3U, 8U, 64U, 65U}) {
      for (const bool ties : {false, true}) {
        INFO(count << " scores, at most " << most << " knots" << (ties ? ", ties" : ""));
        const std::vector<double> normals = scores_of(random, count, ties);
        const NormalScoreTable table = normal_score_table(normals, most);
        const NormalScores view = table.view();
        REQUIRE(view.valid());
        REQUIRE(view.knots.size() <= most);
        std::vector<double> different = normals;
        std::ranges::sort(different);
        CHECK(view.knots.front().score == different.front());
        const auto repeated = std::unique(different.begin(), different.end());
        different.erase(repeated, different.end());
        const bool thinned = different.size() > most;
        if (!thinned) CHECK(view.knots.size() == different.size());
        for (const auto& knot : view.knots) {
          CHECK(view.p_value(knot.score) == p_value_of(normals, knot.score));
          CHECK(knot.at_least == std::ranges::count_if(normals, [&](double normal) { return normal >= knot.score; }));
          CHECK(knot.above == std::ranges::count_if(normals, [&](double normal) { return normal > knot.score; }));
        }

        const double exact_from = different[different.size() - std::min(different.size(), thinned ? most / 2 : most)];
        const auto below =
            static_cast<double>(std::ranges::count_if(normals, [=](double normal) { return normal < exact_from; }));
        const double n = static_cast<double>(count);
        const double most_excess = below / static_cast<double>(most - most / 2) / (n + 1);
        std::vector<double> scores = scores_of(random, 300, ties);
        scores.insert(scores.end(), normals.begin(), normals.end());
        std::size_t wrong = 0;
        for (const double score : scores) {
          const double exact = p_value_of(normals, score);
          const double p = view.p_value(score);
          wrong += p < exact;
          wrong += p - exact > (thinned ? most_excess : 0) + 1e-15;
          wrong += score >= exact_from && p != exact;
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("a table does not depend on the order of the scores, and is checked") {
  Random random(3);
  std::vector<double> normals = scores_of(random, 500, false);
  const NormalScoreTable first = normal_score_table(normals, 32);
  random.shuffle(normals);
  CHECK(normal_score_table(normals, 32) == first);
  CHECK_THROWS_AS(normal_score_table(normals, 1), plimsoll::ParameterError);
  CHECK_THROWS_AS(normal_score_table(std::vector<double>{1, nan}), plimsoll::DataError);
  CHECK_THROWS_AS(normal_score_table(std::vector<float>{1, HUGE_VALF}), plimsoll::DataError);

  using Knots = std::vector<NormalScores::Knot>;
  const auto valid = [](const Knots& knots, std::uint32_t count) { return NormalScores{knots, count}.valid(); };
  CHECK(valid({{1, 5, 3}, {2, 3, 0}}, 5));
  CHECK(valid({{1, 5, 4}, {2, 2, 0}}, 9));
  CHECK_FALSE(valid({{1, 5, 3}, {2, 4, 0}}, 5));  // more than were left
  CHECK_FALSE(valid({{1, 5, 3}, {1, 3, 0}}, 5));
  CHECK_FALSE(valid({{2, 5, 3}, {1, 3, 0}}, 5));
  CHECK_FALSE(valid({{1, 5, 5}}, 5));  // none there
  CHECK_FALSE(valid({{1, 6, 5}}, 5));
  CHECK_FALSE(valid({{nan, 1, 0}}, 1));
}

/// Benjamini and Hochberg by definition: how many p-values are at most the line of the largest k under it. Compared as
/// fractions of `parts`, so that nothing is rounded.
std::size_t discoveries_of(const std::vector<int>& numerators, long parts, long level_numerator, long level_parts) {
  const auto m = static_cast<long>(numerators.size());
  std::size_t best = 0;
  for (long k = 1; k <= m; ++k) {
    // #{p : p <= level k / m} >= k
    const auto under =
        std::ranges::count_if(numerators, [&](int p) { return p * level_parts * m <= level_numerator * k * parts; });
    if (under >= k) best = static_cast<std::size_t>(under);
  }
  return best;
}

TEST_CASE("discoveries are those of the definition, ties with the line included") {
  Random random(4);
  std::size_t total = 0;
  for (int repetition = 0; repetition < 5000; ++repetition) {
    const long parts = repetition % 2 == 0 ? 1000 : 1 + static_cast<long>(random.below(300));
    std::vector<int> numerators(random.below(60));
    for (int& p : numerators) {
      const double u = random.uniform();
      p = 1 + static_cast<int>((random.below(2) == 0 ? u * u * u * u : u) * static_cast<double>(parts - 1));
    }
    std::vector<double> p_values;
    for (const int p : numerators) p_values.push_back(static_cast<double>(p) / static_cast<double>(parts));
    std::vector<double> scratch(p_values.size());
    const long hundredths = static_cast<long>(random.below(101));
    const Discoveries found = plimsoll::benjamini_hochberg(p_values, static_cast<double>(hundredths) / 100, scratch);
    const std::size_t expected = discoveries_of(numerators, parts, hundredths, 100);
    if (found.count != expected) FAIL(found.count << " for " << expected);
    if (std::ranges::count_if(p_values, found) != static_cast<std::ptrdiff_t>(expected)) FAIL("by the threshold");
    total += expected;

    // Storey's, with the share (1 + above) / (m / 2) as a fraction: level / share = level m / (2 (1 + above)).
    const auto m = static_cast<long>(numerators.size());
    const auto above = std::ranges::count_if(numerators, [&](int p) { return 2 * p > parts; });
    const Discoveries more =
        plimsoll::storey_benjamini_hochberg(p_values, static_cast<double>(hundredths) / 100, scratch);
    const std::size_t expected_more = discoveries_of(numerators, parts, hundredths * m, 200 * (1 + above));
    if (more.count != expected_more) FAIL(more.count << " for " << expected_more << " by Storey's");
  }
  CHECK(total > 10000);
}

TEST_CASE("discoveries are statsmodels'") {
  // Of numpy.random.default_rng(7), rounded; multipletests(p, alpha, method="fdr_bh") of statsmodels 0.13.5.
  const std::vector<double> p_values{0.0305, 0.1296, 0.0724, 0.0005, 0.0016, 0.1165, 0.0,    0.091,  0.0807, 0.0096,
                                     0.0017, 0.0012, 0.0008, 0.0078, 0.5045, 0.5535, 0.9955, 0.7927, 0.6222, 0.989,
                                     0.2153, 0.1602, 0.6125, 0.0439, 0.0357, 0.5149, 0.4662, 0.9172, 0.6292, 0.5141};
  std::vector<double> scratch(p_values.size());
  const struct {
    double level;
    std::size_t count;
    double threshold;
  } table[]{{0.01, 6, 0.0017}, {0.05, 8, 0.0096}, {0.1, 8, 0.0096},
            {0.2, 14, 0.091},  {0.5, 18, 0.2153}, {1, 30, 0.9955}};
  for (const auto& [level, count, threshold] : table) {
    const Discoveries found = plimsoll::benjamini_hochberg(p_values, level, scratch);
    CHECK(found.count == count);
    CHECK(found.threshold == threshold);
  }
  // The same at alpha / .8, as 11 of 30 are above 1/2.
  CHECK(plimsoll::storey_normal_share(p_values) == 0.8);
  const struct {
    double level;
    std::size_t count;
    double threshold;
  } adaptive[]{{0.01, 6, 0.0017}, {0.05, 8, 0.0096}, {0.1, 11, 0.0439}, {0.2, 16, 0.1296}};
  for (const auto& [level, count, threshold] : adaptive) {
    const Discoveries found = plimsoll::storey_benjamini_hochberg(p_values, level, scratch);
    CHECK(found.count == count);
    CHECK(found.threshold == threshold);
  }
}

TEST_CASE("discoveries at the edges") {
  std::vector<double> scratch(100);
  const auto count = [&](const std::vector<double>& p_values, double level) {
    const Discoveries found = plimsoll::benjamini_hochberg(p_values, level, scratch);
    CHECK(static_cast<std::size_t>(std::ranges::count_if(p_values, found)) == found.count);
    return found.count;
  };
  CHECK(count({}, 0.1) == 0);
  CHECK(plimsoll::storey_benjamini_hochberg({}, 0.1, scratch).count == 0);
  CHECK(count({1, 1, 1}, 0.1) == 0);
  CHECK(count({1, 1, 1}, 1) == 3);
  CHECK(count({0.3, 0.2, 1}, 1) == 3);
  CHECK(count({0.1}, 0.1) == 1);
  CHECK(count({0.1, 0.2}, 0.1) == 0);
  CHECK(count({0.05, 0.05}, 0.05) == 2);
  CHECK(count({0.05, 0.05, 0.05}, 0.0499) == 0);
  CHECK(count({0, 0, 0.5}, 0) == 2);
  CHECK(count({0.01, 0.01}, nan) == 0);
  // NaN is no discovery, but one of the batch: .02 is under .1 * 1 / 3, .06 is not under .1 * 2 / 3 without the third.
  CHECK(count({nan, 0.02, 0.06}, 0.1) == 2);
  CHECK(count({nan, 0.02, 0.08}, 0.1) == 1);
  CHECK(count({nan, nan}, 1) == 0);
  CHECK(Discoveries{}(0.0) == false);
  // In place: the scratch is where the p-values are.
  std::vector<double> p_values{0.9, 0.01, 0.02, 0.8};
  const Discoveries found = plimsoll::benjamini_hochberg(p_values, 0.05, p_values);
  CHECK(found.count == 2);
  CHECK(found.threshold == 0.02);
  // By hand: all of five are at most 1/2, so (1 + 0) / 2.5 = .4, and all are under .2 / .4 at the last, .5.
  const std::vector<double> small{0.5, 0.4, 0.3, 0.2, 0.1};
  CHECK(plimsoll::storey_normal_share(small) == 0.4);
  CHECK(plimsoll::storey_benjamini_hochberg(small, 0.2, scratch).count == 5);
  CHECK(plimsoll::storey_normal_share(small, 0.25) == Approx(4 / 3.75));
  CHECK(plimsoll::storey_normal_share(std::vector<double>{nan, 0.1}) == 2);
}

}  // namespace
