// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "random.hpp"

/// \file
/// Random cases for properties. One that breaks its property is made small and printed as C++.

// How many times the cases of every property are run; the environment variable of that name multiplies it.
#ifndef PLIMSOLL_MODEL_CASES
#define PLIMSOLL_MODEL_CASES 1
#endif

namespace plimsoll::model {

using plimsoll::test::Random;

/// What a property is asked about.
template <typename T>
struct Case {
  std::vector<T> scores;
  std::vector<std::uint8_t> labels;  ///< one a score, 1 anomalous
  std::size_t columns = 1;           ///< of the map that the scores are, row by row
  std::uint64_t seed = 0;            ///< of what the property draws besides, such as parameters

  [[nodiscard]] std::size_t rows() const { return scores.size() / columns; }
};

/// What is wrong about a case; empty where the property holds.
template <typename T>
using Property = std::function<std::string(const Case<T>&)>;

/// A number as C++ has it, to the bit.
template <typename T>
[[nodiscard]] std::string literal(T x) {
  if (x != x) return "NAN";
  if (x - x != 0) return x > 0 ? "INFINITY" : "-INFINITY";
  char text[64];
  std::snprintf(text, sizeof text, "%a", static_cast<double>(x));
  return text + std::string(std::is_same_v<T, float> ? "F" : "");
}

/// The case as a test to paste.
template <typename T>
[[nodiscard]] std::string printed(const std::string& name, const Case<T>& made) {
  std::string text = "TEST_CASE(\"" + name + ", shrunk\") {\n  Case<" +
                     (std::is_same_v<T, float> ? "float" : "double") + "> made;\n  made.scores = {";
  for (std::size_t i = 0; i < made.scores.size(); ++i) text += (i > 0 ? ", " : "") + literal(made.scores[i]);
  text += "};\n  made.labels = {";
  for (std::size_t i = 0; i < made.labels.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(made.labels[i]);
  return text + "};\n  made.columns = " + std::to_string(made.columns) +
         ";\n  made.seed = " + std::to_string(made.seed) + ";\n  CHECK(property(made) == \"\");\n}\n";
}

namespace detail {

/// How plain a number is: zero before one, before small whole numbers, before those with few bits.
template <typename T>
[[nodiscard]] double complexity(T x) {
  if (x == 0) return std::signbit(x) ? 0.5 : 0;
  if (x - x != 0) return x != x ? 3000 : 2999;
  const double magnitude = std::abs(static_cast<double>(x));
  const double sign = x < 0 ? 0.5 : 0;
  if (magnitude <= 1000 && magnitude == std::floor(magnitude)) return magnitude + sign;
  int exponent = 0;
  double fraction = std::frexp(magnitude, &exponent);
  int bits = 0;
  for (; fraction != std::floor(fraction); ++bits) fraction *= 2;
  return 1001 + 0.01 * std::abs(exponent) + 20 * bits + sign;
}

template <typename T>
class Shrinker {
 public:
  Shrinker(const Property<T>& property, Case<T> failing) : property_{property}, best_{std::move(failing)} {}

  Case<T> run() {
    bool smaller = true;
    while (smaller && left_ > 0) {
      smaller = drop_chunks();
      smaller = drop_columns() || smaller;
      smaller = rank() || smaller;
      smaller = simplify() || smaller;
    }
    return best_;
  }

 private:
  /// Takes the case where it fails too.
  bool take(const Case<T>& other) {
    if (left_ == 0) return false;
    --left_;
    if (property_(other).empty()) return false;
    best_ = other;
    return true;
  }

  /// Drops scores, or rows of a map: halves first, then ever fewer.
  bool drop_chunks() {
    bool smaller = false;
    for (std::size_t chunk = best_.rows(); chunk > 0; chunk /= 2) {
      for (std::size_t begin = 0; begin < best_.rows();) {
        Case<T> other = best_;
        const std::size_t end = std::min(begin + chunk, best_.rows());
        const auto cut = [&](auto& values) {
          if (values.empty()) return;
          values.erase(values.begin() + static_cast<std::ptrdiff_t>(begin * best_.columns),
                       values.begin() + static_cast<std::ptrdiff_t>(end * best_.columns));
        };
        cut(other.scores);
        cut(other.labels);
        if (take(other)) {
          smaller = true;
        } else {
          begin += chunk;
        }
      }
    }
    return smaller;
  }

  bool drop_columns() {
    bool smaller = false;
    for (std::size_t column = 0; best_.columns > 1 && column < best_.columns;) {
      Case<T> other{{}, {}, best_.columns - 1, best_.seed};
      for (std::size_t i = 0; i < best_.scores.size(); ++i) {
        if (i % best_.columns == column) continue;
        other.scores.push_back(best_.scores[i]);
        if (!best_.labels.empty()) other.labels.push_back(best_.labels[i]);
      }
      if (take(other)) {
        smaller = true;
      } else {
        ++column;
      }
    }
    return smaller;
  }

  /// All scores by their ranks at once.
  bool rank() {
    std::vector<T> sorted = best_.scores;
    std::erase_if(sorted, [](T x) { return x != x; });
    std::ranges::sort(sorted);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    Case<T> other = best_;
    double before = 0;
    double after = 0;
    for (T& x : other.scores) {
      before += complexity(x);
      if (x == x) x = static_cast<T>(std::ranges::lower_bound(sorted, x) - sorted.begin());
      after += complexity(x);
    }
    return after < before && take(other);
  }

  bool simplify() {
    bool smaller = false;
    for (std::size_t i = 0; i < best_.scores.size(); ++i) {
      const T x = best_.scores[i];
      std::vector<T> plainer{0, 1};
      if (x == x && std::abs(x) < T{1e6}) {
        for (const T step : {T{0}, T{1}}) plainer.push_back(std::trunc(x) - (x < 0 ? -step : step));
        plainer.push_back(std::trunc(x / 2));
      }
      int exponent = 0;
      if (x - x == 0 && x != 0) {
        const T fraction = std::frexp(x, &exponent);
        for (const int bits : {1, 2, 4, 8, 16}) {
          plainer.push_back(std::ldexp(std::trunc(std::ldexp(fraction, bits)), exponent - bits));
        }
        plainer.push_back(std::ldexp(fraction, exponent / 2));
      }
      for (const T y : plainer) {
        if (!(complexity(y) < complexity(best_.scores[i]))) continue;
        Case<T> other = best_;
        other.scores[i] = y;
        smaller = take(other) || smaller;
      }
    }
    for (std::size_t i = 0; i < best_.labels.size(); ++i) {
      if (best_.labels[i] == 0) continue;
      Case<T> other = best_;
      other.labels[i] = 0;
      smaller = take(other) || smaller;
    }
    return smaller;
  }

  const Property<T>& property_;
  Case<T> best_;
  std::size_t left_ = 5000;  ///< tries
};

}  // namespace detail

/// A smaller case that breaks the property as well.
template <typename T>
[[nodiscard]] Case<T> shrunk(const Property<T>& property, Case<T> failing) {
  return detail::Shrinker<T>(property, std::move(failing)).run();
}

/// What may be among the scores.
struct Shape {
  std::size_t most = 60;         ///< scores, or pixels
  bool infinite = false;         ///< infinities
  bool nan = false;              ///< and NaN
  bool extreme = true;           ///< ranges near the largest number, denormals
  bool map = false;              ///< more than one column
  std::size_t large = 0;         ///< one case in a hundred has up to so many scores
  std::size_t least_scores = 0;  ///< scores at least
};

/// Scores of one of many shapes: smooth, tied, constant, huge, tiny, neighbouring, sorted, with an outlier, ...
template <typename T>
[[nodiscard]] Case<T> draw_case(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  Case<T> made;
  made.seed = seed;
  std::size_t size = random.below(4) == 0 ? random.below(6) : random.below(shape.most + 1);
  if (shape.large > 0 && random.below(100) == 0) size = random.below(shape.large + 1);
  size = std::max(size, shape.least_scores);
  if (shape.map) {
    made.columns = 1 + random.below(random.below(3) == 0 ? size + 1 : 12);
    size = size / made.columns * made.columns;
  }
  using Limits = std::numeric_limits<T>;
  const std::size_t kinds = shape.extreme ? 14 : 9;
  const std::size_t kind = random.below(kinds);
  const T unit = std::ldexp(T{1}, static_cast<int>(random.below(21)) - 10);
  const T shift = random.below(2) == 0 ? T{0} : static_cast<T>(std::ldexp(random.uniform() - 0.5, 12));
  const std::size_t values = 1 + random.below(5);
  const auto draw = [&]() -> T {
    const auto sign = [&] { return random.below(2) == 0 ? T{1} : T{-1}; };
    switch (kind) {
      case 0: return static_cast<T>(random.normal()) * unit + shift;
      case 1: return static_cast<T>(random.exponential()) * unit;
      case 2: return static_cast<T>(random.uniform());
      case 3: return static_cast<T>(random.below(values)) + shift;  // ties
      case 4: return static_cast<T>(random.below(21)) - 10;         // small whole numbers
      case 5: return shift;                                         // all equal
      case 6: return random.below(4) == 0 ? sign() * static_cast<T>(random.below(2)) : sign() * T{0};  // signed zeros
      case 7: return static_cast<T>(std::exp(2 * random.normal())) * unit;                             // skewed
      case 8: return static_cast<T>(random.normal() + (random.below(10) == 0 ? 6 : 0));                // two classes
      case 9: return sign() * static_cast<T>(random.uniform()) * Limits::max();  // differences overflow
      case 10: return sign() * static_cast<T>(random.below(50)) * Limits::denorm_min();
      case 11: {  // all exponents
        const int low = Limits::min_exponent - Limits::digits;
        const int range = Limits::max_exponent - low;
        return sign() * std::ldexp(static_cast<T>(random.uniform()),
                                   low + static_cast<int>(random.below(static_cast<std::size_t>(range))));
      }
      case 12: {  // neighbours
        T x = 1 + unit;
        for (std::size_t steps = random.below(4); steps > 0; --steps) x = std::nextafter(x, Limits::max());
        return x;
      }
      default: return 1 + static_cast<T>(random.uniform()) * std::ldexp(T{1}, -Limits::digits / 2);  // far from zero
    }
  };
  made.scores.resize(size);
  for (T& x : made.scores) x = draw();
  const std::size_t order = random.below(8);
  if (order == 0) std::ranges::sort(made.scores);
  if (order == 1) std::ranges::sort(made.scores, std::greater<>());
  if (order == 2 && size > 0) made.scores[random.below(size)] = 1000 * unit;  // an outlier
  if (shape.infinite && random.below(3) == 0) {
    for (T& x : made.scores) {
      if (random.below(6) == 0) x = random.below(2) == 0 ? Limits::infinity() : -Limits::infinity();
    }
  }
  if (shape.nan && random.below(3) == 0) {
    for (T& x : made.scores) {
      if (random.below(6) == 0) x = Limits::quiet_NaN();
    }
  }
  made.labels.resize(size);
  const std::size_t share = 1 + random.below(5);
  for (auto& label : made.labels) label = random.below(share) == 0 ? 1 : 0;
  return made;
}

/// How often each case is multiplied.
[[nodiscard]] inline double multiplier() {
  const char* const set = std::getenv("PLIMSOLL_MODEL_CASES");
  return PLIMSOLL_MODEL_CASES * (set == nullptr ? 1 : std::strtod(set, nullptr));
}

/// Asks the property about so many random cases, times multiplier(), and says how many there were.
template <typename T>
void for_all(const std::string& name, std::size_t cases, const Shape& shape, const Property<T>& property) {
  const auto count = static_cast<std::size_t>(std::ceil(static_cast<double>(cases) * multiplier()));
  std::uint64_t first = 0xcbf29ce484222325;
  for (const char c : name) first = (first ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  for (std::size_t i = 0; i < count; ++i) {
    const Case<T> made = draw_case<T>(shape, first + i);
    if (property(made).empty()) continue;
    const Case<T> smallest = shrunk(property, made);
    FAIL(name << ", case " << i << " of " << count << ": " << property(smallest) << "\n" << printed(name, smallest));
  }
  std::printf("model: %zu cases of %s (%s)\n", count, name.c_str(), std::is_same_v<T, float> ? "float" : "double");
  SUCCEED();
}

/// Floats and doubles, half of the cases each. `property` takes a Case of either.
template <typename Function>
void for_all_types(const std::string& name, std::size_t cases, const Shape& shape, const Function& property) {
  for_all<double>(name, (cases + 1) / 2, shape, property);
  for_all<float>(name, (cases + 1) / 2, shape, property);
}

/// Empty where the two are the same to the bit; NaN is NaN.
[[nodiscard]] inline std::string differs(std::string_view what, double library, double model) {
  const bool same = library != library ? model != model
                                       : std::bit_cast<std::uint64_t>(library) == std::bit_cast<std::uint64_t>(model);
  return same ? "" : std::string(what) + " is " + literal(library) + ", by the model " + literal(model);
}

[[nodiscard]] inline std::string differs(std::string_view what, std::size_t library, std::size_t model) {
  return library == model
             ? ""
             : std::string(what) + " is " + std::to_string(library) + ", by the model " + std::to_string(model);
}

/// Empty where they are no further apart than `bound`, or the same.
[[nodiscard]] inline std::string beyond(std::string_view what, double library, long double model, long double bound) {
  const long double distance = std::abs(static_cast<long double>(library) - model);
  if (distance <= bound || static_cast<long double>(library) == model) return "";
  if (library != library && model != model) return "";
  return std::string(what) + " is " + literal(library) + ", by the model " + literal(static_cast<double>(model)) +
         ", which is " + std::to_string(static_cast<double>(distance / bound)) + " bounds off";
}

[[nodiscard]] inline double one_zero(double x) {
  return x == 0 ? 0 : x;
}

/// Scores as doubles, ascending, with one zero.
template <typename T>
[[nodiscard]] std::vector<double> sorted_doubles(const std::vector<T>& scores) {
  std::vector<double> sorted;
  for (const T x : scores) sorted.push_back(one_zero(static_cast<double>(x)));
  std::ranges::sort(sorted);
  return sorted;
}

/// The next number of type T above x.
template <typename T>
[[nodiscard]] double above(double x) {
  return static_cast<double>(std::nextafter(static_cast<T>(x), std::numeric_limits<T>::infinity()));
}

}  // namespace plimsoll::model
