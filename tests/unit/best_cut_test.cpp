// SPDX-License-Identifier: Apache-2.0
// The search for the best cut against trying every cut.
#include "plimsoll/stats/best_cut.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "random.hpp"

namespace {

namespace stats = plimsoll::stats;
using plimsoll::test::Random;
using stats::Objective;

/// The objectives from their textbook definitions, written apart from the library's forms.
double by_definition(const stats::SearchObjective& search, double tp, double fp, double fn, double tn) {
  const double positives = tp + fn;
  const double negatives = fp + tn;
  const double recall = tp / positives;
  const double fpr = fp / negatives;
  double wtp = tp, wfp = fp, wfn = fn;
  if (search.prevalence) {
    wtp = *search.prevalence * recall;
    wfn = *search.prevalence * (1 - recall);
    wfp = (1 - *search.prevalence) * fpr;
  }
  switch (search.objective) {
    case Objective::f_beta: {
      const double b2 = search.beta * search.beta;
      return (1 + b2) * wtp / ((1 + b2) * wtp + b2 * wfn + wfp);
    }
    case Objective::youden: return recall + tn / negatives - 1;
    case Objective::mcc: {
      const double product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
      return product == 0 ? 0 : (tp * tn - fp * fn) / std::sqrt(product);
    }
    case Objective::cost: {
      const double total = search.prevalence ? 1 : positives + negatives;
      return -(search.miss_cost * wfn + search.false_alarm_cost * wfp) / total;
    }
    case Objective::precision:
      return tp > 0 && recall >= search.recall_floor ? tp / (tp + fp) : -std::numeric_limits<double>::infinity();
    default: return fpr <= search.false_alarm_cap ? recall : -std::numeric_limits<double>::infinity();
  }
}

template <typename T>
struct Best {
  double value = -std::numeric_limits<double>::infinity();
  std::vector<T> cuts;  ///< all the cuts that reach it (to rounding), highest first; infinity flags nothing
};

template <typename T>
Best<T> try_all(const std::vector<T>& normal, const std::vector<T>& anomalous, const stats::SearchObjective& search) {
  std::set<T, std::greater<>> cuts(normal.begin(), normal.end());
  cuts.insert(anomalous.begin(), anomalous.end());
  cuts.insert(std::numeric_limits<T>::infinity());
  Best<T> best;
  for (const T cut : cuts) {
    const auto at_least = [cut](T x) { return x >= cut; };
    const auto tp = static_cast<double>(std::count_if(anomalous.begin(), anomalous.end(), at_least));
    const auto fp = static_cast<double>(std::count_if(normal.begin(), normal.end(), at_least));
    const double value = by_definition(search, tp, fp, static_cast<double>(anomalous.size()) - tp,
                                       static_cast<double>(normal.size()) - fp);
    if (value > best.value + 1e-13) best = {value, {}};
    if (value >= best.value - 1e-13) best.cuts.push_back(cut);
  }
  return best;
}

template <typename T>
void compare(const std::vector<T>& normal, const std::vector<T>& anomalous, const stats::SearchObjective& search) {
  const stats::ObjectiveMerit merit(search, normal.size(), anomalous.size());
  const auto found = stats::best_cut(std::span<const T>(normal), std::span<const T>(anomalous), merit);
  const Best<T> expected = try_all(normal, anomalous, search);
  CHECK(found.merit.value == Approx(expected.value).margin(1e-13));
  const T cut = found.flags_nothing ? std::numeric_limits<T>::infinity() : found.cut;
  // It is one of the best cuts; and of those, as stated: the lowest, but for the two objectives with a constraint,
  // whose ties go to more recall and to fewer false alarms.
  if (std::find(expected.cuts.begin(), expected.cuts.end(), cut) == expected.cuts.end()) {
    FAIL("the cut " << cut << " is not among the best, which reach " << expected.value);
  }
  if (search.objective == Objective::recall) {
    T fewest = expected.cuts.front();
    for (const T other : expected.cuts) {
      const auto alarms = [&](T c) { return std::count_if(normal.begin(), normal.end(), [c](T x) { return x >= c; }); };
      if (alarms(other) <= alarms(fewest)) fewest = other;
    }
    CHECK(cut == fewest);
  } else {
    CHECK(cut == expected.cuts.back());
  }
  // Nothing lies between `below` and the cut.
  T below = -std::numeric_limits<T>::infinity();
  for (const auto* sample : {&normal, &anomalous}) {
    for (const T x : *sample) {
      if (x < cut) below = std::max(below, x);
    }
  }
  CHECK(found.below == below);
}

const std::vector<stats::SearchObjective> objectives{
    {},
    {.beta = 2},
    {.beta = 0.25},
    {.prevalence = 0.5},
    {.beta = 1.5, .prevalence = 0.01},
    {.objective = Objective::youden},
    {.objective = Objective::mcc},
    {.objective = Objective::cost},
    {.objective = Objective::cost, .miss_cost = 20},
    {.objective = Objective::cost, .prevalence = 0.02, .miss_cost = 5, .false_alarm_cost = 0.5},
    {.objective = Objective::precision, .recall_floor = 0.95},
    {.objective = Objective::precision, .recall_floor = 0.2},
    {.objective = Objective::recall, .false_alarm_cap = 0.05},
    {.objective = Objective::recall, .false_alarm_cap = 0},
};

TEMPLATE_TEST_CASE("the search finds what trying every cut finds", "", float, double) {
  Random random(10);
  for (int repetition = 0; repetition < 40; ++repetition) {
    const std::size_t shape = random.below(6);
    // Above 512 scores the histogram takes over from sorting.
    const std::size_t size = repetition % 2 == 0 ? 1 + random.below(40) : 500 + random.below(500);
    const double shift = 3 * random.uniform() - 0.5;
    const auto draw = [&](bool anomalous) {
      const double x = random.normal() + (anomalous ? shift : 0);
      switch (shape) {
        case 0: return static_cast<TestType>(x);
        case 1: return static_cast<TestType>(std::floor(2 * x));                  // ties
        case 2: return static_cast<TestType>(std::exp(20 * x));                   // many binades
        case 3: return static_cast<TestType>(1000 + 1e-3 * x);                    // one binade
        case 4: return static_cast<TestType>(random.below(2) == 0 ? 0.0 : -0.0);  // one value, two zeros
        default: return static_cast<TestType>(random.uniform());                  // useless detector
      }
    };
    std::vector<TestType> normal(size);
    std::vector<TestType> anomalous(1 + random.below(size));
    for (TestType& x : normal) x = draw(false);
    for (TestType& x : anomalous) x = draw(true);
    for (std::size_t i = 0; i < objectives.size(); ++i) {
      INFO("repetition " << repetition << ", shape " << shape << ", objective " << i);
      compare(normal, anomalous, objectives[i]);
    }
  }
}

TEST_CASE("the search through several levels of buckets finds the sorted answer") {
  // So many scores that the first histogram has 2^14 buckets, with an F1 curve that is flat about its maximum.
  Random random(11);
  for (const double shift : {0.0, 0.3, 2.0}) {
    std::vector<float> normal(400000);
    std::vector<float> anomalous(200000);
    for (float& x : normal) x = static_cast<float>(random.normal());
    for (float& x : anomalous) x = static_cast<float>(random.normal() + shift);
    const stats::ObjectiveMerit merit({}, normal.size(), anomalous.size());
    const auto found = stats::best_cut(std::span<const float>(normal), std::span<const float>(anomalous), merit);
    // One sorted sweep over (score, label).
    std::vector<std::pair<float, bool>> all;
    for (const float x : normal) all.emplace_back(x, false);
    for (const float x : anomalous) all.emplace_back(x, true);
    std::sort(all.begin(), all.end(), std::greater<>());
    double best = -1;
    float cut = 0;
    double tp = 0;
    double fp = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      (all[i].second ? tp : fp) += 1;
      if (i + 1 < all.size() && all[i + 1].first == all[i].first) continue;
      const double f1 = 2 * tp / (2 * tp + fp + (200000 - tp));
      if (f1 >= best) {
        best = f1;
        cut = all[i].first;
      }
    }
    CHECK(found.cut == cut);
    CHECK(found.merit.value == best);
  }
}

TEST_CASE("ties that rounding would break are ties") {
  struct Tie {
    stats::SearchObjective search;
    std::vector<float> anomalous, normal;
    float lowest;  ///< by rational arithmetic
  };
  using enum Objective;
  const std::vector<Tie> ties{
      {{.objective = youden}, {1, 5, 7, 2, 4}, {2, 6, 4, 5, 0}, 1},  // 5/5 - 4/5 = 1/5 - 0
      {{.prevalence = 0.5}, {1, 4, 4}, {1, 3, 4}, 1},                // both 2/3
      {{.objective = cost, .prevalence = 0.5}, {4, 7, 6, 4, 3}, {0, 3, 0, 2, 1}, 3},
      {{.objective = cost, .miss_cost = 0.1, .false_alarm_cost = 0.1}, {1, 2, 1, 3, 1, 1, 3}, {0, 2, 3, 2, 1, 2, 1}, 1},
  };
  for (const Tie& tie : ties) {
    const stats::ObjectiveMerit merit(tie.search, tie.normal.size(), tie.anomalous.size());
    CHECK(stats::best_cut(std::span<const float>(tie.normal), std::span<const float>(tie.anomalous), merit).cut ==
          tie.lowest);
  }
}

TEST_CASE("of disjoint equally good cuts the lowest is taken") {
  // Descending: a n n a | F1 after each score: 2/3, 1/2, 2/5, 2/3. Both ends reach 2/3.
  const std::vector<float> normal{2, 3};
  const std::vector<float> anomalous{1, 4};
  const stats::ObjectiveMerit merit({}, 2, 2);
  const auto found = stats::best_cut(std::span<const float>(normal), std::span<const float>(anomalous), merit);
  CHECK(found.merit.value == 2.0 / 3.0);
  CHECK(found.cut == 1);
  CHECK(found.below == -std::numeric_limits<float>::infinity());
}

}  // namespace
