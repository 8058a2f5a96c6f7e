// SPDX-License-Identifier: Apache-2.0
// The helper itself: does it find, shrink and print what breaks a property?
#include "property.hpp"

namespace {

using namespace plimsoll::model;

const Property<double> low_sum = [](const Case<double>& made) -> std::string {
  double sum = 0;
  for (const double x : made.scores) sum += x;
  return sum > 100 ? "the sum is over 100" : "";
};

template <typename T>
Case<T> first_failing(const Property<T>& property, const Shape& shape) {
  for (std::uint64_t seed = 1;; ++seed) {
    const Case<T> made = draw_case<T>(shape, seed);
    if (!property(made).empty()) return made;
  }
}

TEST_CASE("a false property of a sum is shrunk to one score, the least whole number that breaks it") {
  Case<double> failing;
  for (int i = 0; i < 50; ++i) failing.scores.push_back(3.7 * i);
  failing.labels.assign(50, 1);
  failing.seed = 7;
  const Case<double> smallest = shrunk(low_sum, failing);
  REQUIRE(smallest.scores.size() == 1);
  CHECK(smallest.scores[0] == 101);
  CHECK(smallest.labels == std::vector<std::uint8_t>{0});
  CHECK(printed("low sum", smallest) ==
        "TEST_CASE(\"low sum, shrunk\") {\n"
        "  Case<double> made;\n"
        "  made.scores = {0x1.94p+6};\n"
        "  made.labels = {0};\n"
        "  made.columns = 1;\n"
        "  made.seed = 7;\n"
        "  CHECK(property(made) == \"\");\n"
        "}\n");
}

TEST_CASE("two equal scores are shrunk to two zeros") {
  const Property<float> no_tie = [](const Case<float>& made) -> std::string {
    std::vector<float> sorted = made.scores;
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) == sorted.end() ? "" : "a tie";
  };
  const Case<float> smallest = shrunk(no_tie, first_failing(no_tie, {}));
  CHECK(smallest.scores == std::vector<float>{0, 0});
}

TEST_CASE("a map is shrunk to the pixel that matters") {
  const Property<double> no_anomaly = [](const Case<double>& made) -> std::string {
    for (std::size_t i = 0; i < made.scores.size(); ++i) {
      if (made.labels[i] == 1 && made.scores[i] > 0.5) return "an anomalous pixel above 0.5";
    }
    return "";
  };
  const Case<double> smallest = shrunk(no_anomaly, first_failing(no_anomaly, {.map = true, .least_scores = 30}));
  CHECK(smallest.scores == std::vector<double>{1});
  CHECK(smallest.labels == std::vector<std::uint8_t>{1});
  CHECK(smallest.columns == 1);
}

TEST_CASE("printed numbers are exact") {
  CHECK(literal(0.1) == "0x1.999999999999ap-4");
  CHECK(literal(0.1F) == "0x1.99999ap-4F");
  CHECK(literal(-0.0) == "-0x0p+0");
  CHECK(literal(5e-324) == "0x0.0000000000001p-1022");
  CHECK(literal(-std::numeric_limits<double>::infinity()) == "-INFINITY");
  CHECK(literal(std::numeric_limits<float>::quiet_NaN()) == "NAN");
  CHECK(std::strtod(literal(1.0 / 3).c_str(), nullptr) == 1.0 / 3);
}

TEST_CASE("the same seed draws the same case, and shapes hold what they should") {
  bool infinite = false;
  bool nan = false;
  bool empty = false;
  bool large = false;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Shape shape{.infinite = true, .nan = true, .large = 6000};
    const Case<float> made = draw_case<float>(shape, seed);
    CHECK(printed("", made) == printed("", draw_case<float>(shape, seed)));
    infinite = infinite || std::ranges::any_of(made.scores, [](float x) { return std::isinf(x); });
    nan = nan || std::ranges::any_of(made.scores, [](float x) { return x != x; });
    empty = empty || made.scores.empty();
    large = large || made.scores.size() > 4096;
  }
  CHECK(infinite);
  CHECK(nan);
  CHECK(empty);
  CHECK(large);
}

}  // namespace
