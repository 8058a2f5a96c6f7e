// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/tail_summary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

namespace {

using plimsoll::stats::TailSummary;
using plimsoll::test::Random;

/// Equal to the bit, so that -0 is not 0.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](T x, T y) { return same(static_cast<double>(x), static_cast<double>(y)); });
}

/// Compares all that a summary says with what the sorted whole says.
template <typename T>
void check(const TailSummary<T>& summary, std::vector<T> whole, std::size_t most) {
  for (T& x : whole) {
    if (x == 0) x = 0;  // -0 too
  }
  std::ranges::sort(whole);
  const std::size_t n = whole.size();
  REQUIRE(summary.count() == n);
  CHECK(summary.most() == most);
  const std::size_t known = std::min(n, most);
  CHECK(summary.known() == known);
  const std::vector<T> tail(whole.end() - static_cast<std::ptrdiff_t>(known), whole.end());
  CHECK(same(summary.largest(), tail));
  CHECK_FALSE(summary.order_statistic(0));
  CHECK_FALSE(summary.order_statistic(n + 1));
  if (n == 0) {
    CHECK_FALSE(summary.quantile(0.5));
    CHECK(summary.exceedance_count(0) == std::size_t{0});
    return;
  }
  CHECK(same(summary.minimum(), whole.front()));
  CHECK(same(summary.maximum(), whole.back()));
  CHECK(same(summary.exact_from(), tail.front()));

  std::size_t wrong = 0;
  for (std::size_t rank = 1; rank <= n; rank += 1 + n / 200) {
    const auto x = summary.order_statistic(rank);
    if (x.has_value() != (rank + most > n)) ++wrong;
    if (x && !same(*x, whole[rank - 1])) ++wrong;
  }
  CHECK(wrong == 0);
  if (n > most) {
    CHECK_FALSE(summary.order_statistic(n - most));
    CHECK(same(*summary.order_statistic(n - most + 1), tail.front()));
  }

  for (const double upper : {0.0, 1e-9, 0.001, 0.01, 0.1, 0.25, 0.5, 0.77, 1.0}) {
    const double p = 1 - upper;
    const auto quantile = summary.quantile(p);
    const auto below = static_cast<std::size_t>(static_cast<double>(n - 1) * p);
    CHECK(quantile.has_value() == (below + 1 + most > n));
    if (quantile) CHECK(same(*quantile, plimsoll::stats::quantile(std::span<const T>(whole), p)));
  }

  std::vector<double> levels{-1e300, 1e300, 0.0, -0.0};
  for (const T x : {whole.front(), whole[n / 2], tail.front(), tail[known / 2], whole.back()}) {
    const auto level = static_cast<double>(x);
    levels.push_back(level);
    levels.push_back(std::nextafter(level, -std::numeric_limits<double>::infinity()));
    levels.push_back(std::nextafter(level, std::numeric_limits<double>::infinity()));
  }
  for (const double level : levels) {
    INFO("level " << level);
    const auto count = summary.exceedance_count(level);
    const auto above = summary.exceedances(level);
    const bool known_above = n <= most || level >= static_cast<double>(tail.front());
    CHECK(count.has_value() == known_above);
    REQUIRE(above.has_value() == known_above);
    if (!known_above) continue;
    const auto first = std::ranges::upper_bound(whole, level, {}, [](T x) { return static_cast<double>(x); });
    const std::vector<T> expected(first, whole.end());
    CHECK(*count == expected.size());
    CHECK(same(*above, expected));
  }
}

template <typename T>
TailSummary<T> summary_of(const std::vector<T>& scores, std::size_t most, std::size_t chunk,
                          bool with_moments = false) {
  TailSummary<T> summary(most, with_moments);
  for (std::size_t i = 0; i < scores.size(); i += chunk) {
    summary.append(std::span<const T>(scores).subspan(i, std::min(chunk, scores.size() - i)));
  }
  return summary;
}

/// Streams of many kinds, of n scores.
template <typename T>
std::vector<std::pair<std::string, std::vector<T>>> streams(std::size_t n, Random& random) {
  std::vector<std::pair<std::string, std::vector<T>>> all;
  const auto add = [&](const char* name, auto&& score) {
    std::vector<T> scores;
    for (std::size_t i = 0; i < n; ++i) scores.push_back(static_cast<T>(score(static_cast<double>(i))));
    all.emplace_back(name, std::move(scores));
  };
  add("ascending", [](double i) { return i; });
  add("descending", [](double i) { return -i; });
  add("constant", [](double) { return 2.5; });
  add("random", [&](double) { return random.normal(); });
  add("far apart", [&](double) { return random.normal() * std::exp(80 * (random.uniform() - 0.5)); });
  add("ties", [&](double) { return std::floor(3 * random.exponential()); });
  add("two values", [&](double) { return random.uniform() < 0.9 ? -1.0 : 1.0; });
  add("zeros of both signs", [&](double) { return random.uniform() < 0.5 ? -0.0 : 0.0; });
  add("zeros among few others",
      [&](double) { return random.uniform() < 0.1 ? random.normal() : (random.uniform() < 0.5 ? -0.0 : 0.0); });
  add("saw", [](double i) { return std::fmod(i, 37); });
  add("late rise", [n](double i) { return i < 0.9 * static_cast<double>(n) ? -i : i; });
  return all;
}

TEST_CASE("a tail summary says what the whole says") {
  Random random(41);
  for (const std::size_t n : {0U, 1U, 2U, 5U, 511U, 512U, 513U, 3000U}) {
    for (const std::size_t most : {1U, 2U, 7U, 100U, 512U, 2999U, 3000U, 10000U}) {
      for (const auto& [name, scores] : streams<double>(n, random)) {
        INFO(name << ", n = " << n << ", m = " << most);
        const std::size_t chunk = 1 + random.below(1500);
        check(summary_of(scores, most, chunk), scores, most);
      }
    }
  }
}

TEST_CASE("a tail summary of floats") {
  Random random(42);
  for (const std::size_t n : {1U, 600U, 3000U}) {
    for (const std::size_t most : {1U, 50U, 5000U}) {
      for (const auto& [name, scores] : streams<float>(n, random)) {
        INFO(name << ", n = " << n << ", m = " << most);
        check(summary_of(scores, most, 1 + random.below(1500)), scores, most);
      }
    }
  }
}

TEST_CASE("a score at a time") {
  Random random(43);
  TailSummary<> summary(5);
  std::vector<double> scores;
  for (int i = 0; i < 700; ++i) {
    const double score = std::floor(20 * random.normal());
    scores.push_back(score);
    summary.append(std::span(&score, 1));
    if (i % 37 == 0) check(summary, scores, 5);
  }
  summary.append({});
  check(summary, scores, 5);
}

TEST_CASE("merged summaries are those of the whole, in any order") {
  Random random(44);
  for (const std::size_t most : {1U, 10U, 300U, 5000U}) {
    for (const auto& [name, scores] : streams<double>(2500, random)) {
      INFO(name << ", m = " << most);
      // Shards of very different sizes, one of them empty.
      const std::vector<std::size_t> ends{0, 3, 700, 1500, 2500};
      std::vector<TailSummary<>> shards;
      std::size_t begin = 0;
      for (const std::size_t end : ends) {
        const std::vector<double> shard(scores.begin() + static_cast<std::ptrdiff_t>(begin),
                                        scores.begin() + static_cast<std::ptrdiff_t>(end));
        shards.push_back(summary_of(shard, most, 512, true));
        begin = end;
      }
      std::vector<std::size_t> order{0, 1, 2, 3, 4};
      const TailSummary<> whole = summary_of(scores, most, 512, true);
      std::size_t differ = 0;
      do {
        TailSummary<> merged = shards[order[0]];
        for (std::size_t i = 1; i < order.size(); ++i) merged.merge(shards[order[i]]);
        if (merged.count() != whole.count() || !same(merged.minimum(), whole.minimum()) ||
            !same(merged.largest(), whole.largest()) || !same(merged.moments()->mean(), whole.moments()->mean()) ||
            !same(merged.moments()->standard_deviation(), whole.moments()->standard_deviation())) {
          ++differ;
        }
      } while (std::ranges::next_permutation(order).found);
      CHECK(differ == 0);
      // As a tree, and on with the stream after it.
      TailSummary<> left = shards[3];
      left.merge(shards[0]);
      TailSummary<> right = shards[4];
      right.merge(shards[2]);
      right.merge(left);
      right.append(std::span(scores).first(3));
      check(right, scores, most);
    }
  }
}

TEST_CASE("merging with itself, and with another m") {
  Random random(45);
  const auto scores = streams<double>(2000, random)[3].second;
  std::vector<double> twice = scores;
  twice.insert(twice.end(), scores.begin(), scores.end());
  for (const std::size_t most : {1U, 40U, 3000U}) {
    TailSummary<> summary = summary_of(scores, most, 100, true);
    summary.merge(summary);
    check(summary, twice, most);
    CHECK(summary.moments()->count() == 4000);
  }
  TailSummary<> small = summary_of(scores, 20, 100);
  TailSummary<> large = summary_of(scores, 1500, 100, true);
  TailSummary<> both = large;
  both.merge(small);
  check(both, twice, 20);
  CHECK_FALSE(both.moments());
  both.append(scores);
  twice.insert(twice.end(), scores.begin(), scores.end());
  check(both, twice, 20);
  small.merge(large);
  small.append(scores);
  check(small, twice, 20);
  CHECK_FALSE(small.moments());
}

TEST_CASE("moments only when asked for") {
  const std::vector<double> scores{1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK_FALSE(summary_of(scores, 2, 4).moments());
  const TailSummary<> summary = summary_of(scores, 2, 4, true);
  // The sum of the squares of the deviations of 1 .. 9 from 5 is 60.
  CHECK(summary.moments()->mean() == 5);
  CHECK(summary.moments()->standard_deviation() == std::sqrt(7.5));
}

TEST_CASE("scores of extreme size") {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> scores{Limits::max(), -Limits::max(), Limits::denorm_min(), -Limits::denorm_min(),
                                   0.0,           -0.0,           Limits::lowest(),     Limits::min()};
  for (const std::size_t most : {1U, 3U, 5U, 8U}) check(summary_of(scores, most, 3), scores, most);
}

}  // namespace
