// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/stats/moments.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

namespace {

using plimsoll::stats::Moments;
using plimsoll::test::Random;
// Wide enough to sum squares of any doubles without rounding: 2 * 2098 bits and carries.
using Wide =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<4400, boost::multiprecision::digit_base_2>,
                                  boost::multiprecision::et_off>;

struct Reference {
  double mean;
  double deviation;
};

/// The textbook formulas in arithmetic that does not round.
template <typename T>
Reference reference(const std::vector<T>& numbers, std::size_t ddof) {
  Wide sum = 0;
  for (const T x : numbers) sum += Wide(x);
  const Wide mean = sum / Wide(numbers.size());
  Wide squares = 0;
  for (const T x : numbers) squares += (Wide(x) - mean) * (Wide(x) - mean);
  const Wide variance = squares / Wide(numbers.size() - ddof);
  return {static_cast<double>(mean), static_cast<double>(Wide(sqrt(variance)))};
}

template <typename T>
Moments moments_of(const std::vector<T>& numbers) {
  Moments moments;
  moments.append(std::span<const T>(numbers));
  return moments;
}

template <typename T>
void check(const std::vector<T>& numbers) {
  const Moments moments = moments_of(numbers);
  for (const std::size_t ddof : {0U, 1U}) {
    if (numbers.size() <= ddof) continue;
    const Reference expected = reference(numbers, ddof);
    CHECK(moments.mean() == expected.mean);
    // The root of a rounded variance: within one unit in the last place of the rounded root.
    const double deviation = moments.standard_deviation(ddof);
    CHECK(std::abs(deviation - expected.deviation) <=
          std::nextafter(expected.deviation, std::numeric_limits<double>::infinity()) - expected.deviation);
  }
}

TEST_CASE("mean and deviation are those of exact arithmetic") {
  Random random(4);
  for (int repetition = 0; repetition < 40; ++repetition) {
    std::vector<double> normal, offset, wide, mixed;
    std::vector<float> floats;
    const std::size_t n = 1 + random.below(60);
    for (std::size_t i = 0; i < n; ++i) {
      normal.push_back(random.normal());
      offset.push_back(1e12 + 1e-3 * random.normal());
      wide.push_back(random.normal() * std::exp2(1000 * (random.uniform() - 0.5)));
      mixed.push_back((i % 2 == 0 ? 1 : -1) * (1e16 + random.normal()));
      floats.push_back(static_cast<float>(random.normal() * std::exp2(100 * (random.uniform() - 0.5))));
    }
    check(normal);
    check(offset);
    check(wide);
    check(mixed);
    check(floats);
  }
  using Limits = std::numeric_limits<double>;
  check(std::vector{Limits::max(), Limits::max(), -Limits::max(), Limits::max() / 2});
  check(std::vector{1e-160, 3e-160, -2e-160});
  check(std::vector{Limits::max(), Limits::min()});
}

TEST_CASE("mean and deviation of one to nine") {
  // The sum of the squares of the deviations of 1 .. 9 from 5 is 60.
  const Moments moments = moments_of(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(moments.mean() == 5.0);
  CHECK(moments.standard_deviation(0) == std::sqrt(60.0 / 9.0));
  CHECK(moments.standard_deviation(1) == std::sqrt(7.5));
}

TEST_CASE("a constant sample has no deviation, however far from zero") {
  for (const double value : {0.1, 1e300, -1e-300, std::numeric_limits<double>::denorm_min(), 12345.678}) {
    const Moments moments = moments_of(std::vector<double>(1001, value));
    CHECK(moments.standard_deviation() == 0.0);
    CHECK(moments.mean() == value);
  }
}

TEST_CASE("order and sharding do not change a bit") {
  Random random(5);
  std::vector<double> numbers;
  for (int i = 0; i < 5000; ++i) numbers.push_back(random.normal() * std::exp(20 * random.uniform()));
  const Moments whole = moments_of(numbers);
  std::vector<double> shuffled = numbers;
  random.shuffle(shuffled);
  Moments merged;
  for (std::size_t begin = 0; begin < shuffled.size(); begin += 777) {
    const auto end = std::min(begin + 777, shuffled.size());
    merged.merge(moments_of(std::vector<double>(shuffled.begin() + static_cast<std::ptrdiff_t>(begin),
                                                shuffled.begin() + static_cast<std::ptrdiff_t>(end))));
  }
  CHECK(merged.count() == whole.count());
  CHECK(merged.mean() == whole.mean());
  CHECK(merged.standard_deviation() == whole.standard_deviation());
  // Floats take another way to the square; the same values give the same bits.
  std::vector<float> floats;
  for (const double x : numbers) floats.push_back(static_cast<float>(x));
  const Moments narrow = moments_of(floats);
  const Moments wide = moments_of(std::vector<double>(floats.begin(), floats.end()));
  CHECK(narrow.mean() == wide.mean());
  CHECK(narrow.standard_deviation() == wide.standard_deviation());
}

}  // namespace
