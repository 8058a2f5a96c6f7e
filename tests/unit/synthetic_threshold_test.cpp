// SPDX-License-Identifier: Apache-2.0
// Lines by synthetic anomalies against brute force over all cuts, their bootstrap against one written out here, and
// what they refuse.
#include "plimsoll/thresholds/synthetic_threshold.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/thresholds/combined_threshold.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;
using stats::Objective;
using stats::SearchObjective;

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Data {
  std::vector<double> normals;
  std::vector<double> anomalies;
};

/// Tied numbers, the anomalous ones higher by `shift`.
Data draw(std::uint64_t seed, std::size_t normals, std::size_t anomalies, double shift, double step = 0.25) {
  Random random(seed);
  Data data;
  const auto number = [&](double by) { return step * std::floor((random.normal() + by) / step); };
  for (std::size_t i = 0; i < normals; ++i) data.normals.push_back(number(0));
  for (std::size_t i = 0; i < anomalies; ++i) data.anomalies.push_back(number(shift));
  return data;
}

/// Most tests are about the search, which a cap would cut short; it is the default.
const SearchObjective uncapped{.false_alarm_cap = 1};

Fit fit(const Data& data, const SyntheticParameters& parameters = {.search = uncapped}) {
  SyntheticThreshold threshold{parameters};
  threshold.update(data.normals);
  threshold.update(data.anomalies, Label::anomalous);
  return threshold.compute();
}

double share_from(const std::vector<double>& scores, double cut) {
  return static_cast<double>(std::ranges::count_if(scores, [cut](double score) { return score >= cut; })) /
         static_cast<double>(scores.size());
}

/// As people write it down: by precision and recall, at a prevalence.
double balanced_f1(const Data& data, double cut, double prevalence = 0.5) {
  const double recall = share_from(data.anomalies, cut);
  const double rate = share_from(data.normals, cut);
  if (recall == 0) return 0;
  const double precision = prevalence * recall / (prevalence * recall + (1 - prevalence) * rate);
  return 2 * precision * recall / (precision + recall);
}

std::vector<double> cuts_of(const Data& data) {
  std::set<double> cuts(data.normals.begin(), data.normals.end());
  cuts.insert(data.anomalies.begin(), data.anomalies.end());
  return {cuts.begin(), cuts.end()};
}

/// The lowest of the best cuts. Equal values may differ by what rounding leaves.
double best_cut(const Data& data, double prevalence = 0.5) {
  double best = -1;
  for (const double cut : cuts_of(data)) best = std::max(best, balanced_f1(data, cut, prevalence));
  for (const double cut : cuts_of(data)) {
    if (balanced_f1(data, cut, prevalence) >= best * (1 - 1e-13)) return cut;
  }
  return infinity;
}

double pairwise_auroc(const std::vector<double>& normals, const std::vector<double>& anomalies) {
  double wins = 0;
  for (const double a : anomalies) {
    for (const double n : normals) wins += a > n ? 1 : a == n ? 0.5 : 0;
  }
  return wins / static_cast<double>(normals.size() * anomalies.size());
}

TEST_CASE("synthetic: the balanced F1 of image scores is the best of all cuts") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO(seed);
    const Data data = draw(seed, 20 + 7 * seed, 61 + 3 * (seed % 5), 1.5);
    const Fit result = fit(data, {.search = uncapped, .place = SyntheticPlace::observed});
    REQUIRE(result.ok());
    const double best = best_cut(data);
    CHECK(result.cutoff.value() == best);
    CHECK(result.optimum->up_to == best);
    CHECK(result.optimum->value == Approx(balanced_f1(data, best)).epsilon(1e-13));
    CHECK(result.optimum->objective == "f_beta");
    const std::vector<double> cuts = cuts_of(data);
    const auto place = std::ranges::find(cuts, best);
    CHECK(result.optimum->above == (place == cuts.begin() ? -infinity : *(place - 1)));
    CHECK(result.estimates.at("auroc") == Approx(pairwise_auroc(data.normals, data.anomalies)).epsilon(1e-13));
    CHECK(result.estimates.at("recall") == share_from(data.anomalies, best));
    CHECK(result.estimates.at("false_alarm_rate") == share_from(data.normals, best));
    CHECK(result.estimates.at("objective") == Approx(result.optimum->value));
    CHECK(result.promise.guarantee == Guarantee::none);
    CHECK(result.note.empty());
    // Neighbours of the best within 1 % of it, and no further.
    const double bar = 0.99 * balanced_f1(data, best);
    auto lower = place;
    auto upper = place;
    while (lower != cuts.begin() && balanced_f1(data, *(lower - 1)) >= bar) --lower;
    while (upper + 1 != cuts.end() && balanced_f1(data, *(upper + 1)) >= bar) ++upper;
    CHECK(result.estimates.at("near_optimal_lower") == *lower);
    CHECK(result.estimates.at("near_optimal_upper") == *upper);
    if (place == cuts.begin()) continue;
    CHECK(fit(data, {.search = uncapped, .place = SyntheticPlace::middle}).cutoff.value() == (best + *(place - 1)) / 2);
  }
}

TEST_CASE("synthetic: the number of synthetic anomalies does not move the line, but at a prevalence that is told") {
  const Data data = draw(3, 200, 80, 1);
  Data many = data;
  for (int copy = 0; copy < 9; ++copy) {
    many.anomalies.insert(many.anomalies.end(), data.anomalies.begin(), data.anomalies.end());
  }
  const SyntheticParameters observed{.search = uncapped, .place = SyntheticPlace::observed};
  CHECK(fit(data, observed).cutoff == fit(many, observed).cutoff);
  // F1 at the ratio of the counts does move.
  CHECK_FALSE(best_cut(data, 80.0 / 280) == best_cut(many, 800.0 / 1000));
  SyntheticParameters rare = observed;
  rare.search.prevalence = 0.05;
  CHECK(fit(data, rare).cutoff.value() == best_cut(data, 0.05));
}

TEST_CASE("synthetic: other objectives are those of f1") {
  const Data data = draw(5, 90, 70, 1.2);
  for (const SearchObjective& search :
       {SearchObjective{.objective = Objective::youden, .false_alarm_cap = 1},
        SearchObjective{.objective = Objective::cost, .miss_cost = 3, .false_alarm_cap = 1},
        SearchObjective{.objective = Objective::precision, .recall_floor = 0.8, .false_alarm_cap = 1},
        SearchObjective{.objective = Objective::recall, .false_alarm_cap = 0.1}}) {
    const Fit result = fit(data, {.search = search, .place = SyntheticPlace::observed});
    SearchObjective balanced = search;
    balanced.prevalence = 0.5;
    const auto best = stats::best_cut(std::span<const double>(data.normals), std::span<const double>(data.anomalies),
                                      stats::ObjectiveMerit(balanced, 90, 70));
    CHECK(result.cutoff.value() == best.cut);
  }
}

/// The bootstrap written out: drawn scores, the best cut of each sample by brute force.
std::vector<double> drawn_cuts(const Data& data, std::size_t replicates, std::uint64_t seed) {
  Data sorted = data;
  std::ranges::sort(sorted.normals);
  std::ranges::sort(sorted.anomalies);
  stats::Random random(seed);
  std::vector<double> cuts;
  for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
    Data drawn = sorted;
    for (double& score : drawn.normals) score = sorted.normals[random.below(sorted.normals.size())];
    for (double& score : drawn.anomalies) score = sorted.anomalies[random.below(sorted.anomalies.size())];
    cuts.push_back(best_cut(drawn));
  }
  std::ranges::sort(cuts);
  return cuts;
}

TEST_CASE("synthetic: the line is the median of the best cuts of samples drawn again, its spread theirs") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Data data = draw(seed, 70, 60, 1.3, 0.01);
    const Fit result = fit(data, {.search = uncapped, .replicates = 99, .seed = seed});
    const std::vector<double> cuts = drawn_cuts(data, 99, seed);
    CHECK(result.cutoff.value() == cuts[49]);
    REQUIRE(result.interval);
    // The 2nd of 99 from either end: floor(100 * 0.025).
    CHECK(result.interval->lower == cuts[1]);
    CHECK(result.interval->upper == cuts[97]);
    CHECK(result.interval->confidence == 0.95);
    CHECK(result.interval->method == "bootstrap");
    double mean = 0;
    for (const double cut : cuts) mean += cut / 99;
    double squares = 0;
    for (const double cut : cuts) squares += (cut - mean) * (cut - mean);
    CHECK(result.estimates.at("cutoff_sd") == Approx(std::sqrt(squares / 98)).epsilon(1e-10));
  }
}

TEST_CASE("synthetic: the bootstrap's interval holds the best cut of the distributions") {
  // Normals N(0, 1), synthetics N(2, 1): balanced F1 is largest, .844290, at .843013 (SciPy's norm and a bounded scalar
  // minimiser). Of 200 samples 95 % are 190, and fewer than 182 have a probability of .006. A bootstrap that does not
  // draw the normals again held it in 179, one that does not draw the synthetic ones again in 170.
  constexpr double best = 0.843013;
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Fit result = fit(draw(1000 + seed, 80, 80, 2, 1e-9), {.search = uncapped, .replicates = 99});
    held += result.interval->lower <= best && best <= result.interval->upper ? 1 : 0;
  }
  CHECK(held >= 182);
}

TEST_CASE("synthetic: the false-alarm rate comes with Clopper and Pearson's interval") {
  // 3 of 50 normals at or above 100: SciPy 1.10, beta.ppf(.025, 3, 48) and beta.ppf(.975, 4, 47).
  Data data;
  for (int i = 0; i < 47; ++i) data.normals.push_back(i);
  for (int i = 0; i < 3; ++i) data.normals.push_back(200 + i);
  for (int i = 0; i < 60; ++i) data.anomalies.push_back(100 + 2 * i);
  const Fit result = fit(data, {.search = uncapped, .place = SyntheticPlace::observed});
  CHECK(result.cutoff.value() == 100);
  CHECK(result.estimates.at("false_alarm_rate") == 0.06);
  CHECK(result.estimates.at("false_alarm_lower") == Approx(0.01254858783533406).epsilon(1e-12));
  CHECK(result.estimates.at("false_alarm_upper") == Approx(0.16548194660377288).epsilon(1e-12));
}

TEST_CASE("synthetic: the curve has what each of its cuts does") {
  const Data data = draw(9, 900, 700, 1, 1e-6);
  const Fit result = fit(data);
  CHECK(result.curve.size() >= 90);
  CHECK(result.curve.size() <= 102);
  double above = infinity;
  bool has_best = false;
  for (const CurvePoint& point : result.curve) {
    CHECK(point.cutoff < above);
    above = point.cutoff;
    CHECK(point.false_alarm_rate == share_from(data.normals, point.cutoff));
    CHECK(point.recall == share_from(data.anomalies, point.cutoff));
    CHECK(point.objective == Approx(balanced_f1(data, point.cutoff)).epsilon(1e-12));
    has_best = has_best || point.cutoff == result.optimum->up_to;
  }
  CHECK(has_best);
  CHECK(result.curve.back().recall + result.curve.back().false_alarm_rate > 1.95);
}

TEST_CASE("synthetic: a detector that does not see the anomalies gives no line") {
  const Data blind = draw(11, 99, 80, 0, 1e-9);
  const double auroc = pairwise_auroc(blind.normals, blind.anomalies);
  REQUIRE(auroc < 0.6);
  const Fit refused = fit(blind);
  CHECK(refused.status == FitStatus::undetectable);
  CHECK(refused.cutoff.value() == infinity);
  CHECK(refused.estimates.at("auroc") == Approx(auroc));
  CHECK_FALSE(refused.interval);
  // 5 of 100 places among 99 normals: the line is just above the 95th of them, ceil(100 * .95).
  std::vector<double> sorted = blind.normals;
  std::ranges::sort(sorted);
  const double budget = std::nextafter(sorted[94], infinity);
  CHECK(refused.estimates.at("fall_back_cutoff") == budget);
  CHECK(refused.note.find("does not see") != std::string::npos);
  CHECK(refused.note.find("undetectable_below = 65 %") != std::string::npos);

  const Fit fallen = fit(blind, {.search = uncapped, .fall_back = FallBack::false_alarm_budget});
  CHECK(fallen.ok());
  CHECK(fallen.cutoff.value() == budget);
  CHECK(fallen.estimates.at("fell_back") == 1);
  CHECK(fallen.estimates.at("false_alarm_rate") == 4.0 / 99);
  CHECK(fallen.note.find("UNDETECTABLE") != std::string::npos);
  // 19 normals are the fewest for 5 %; of fewer the largest passes.
  Data few = blind;
  few.normals.resize(10);
  few.anomalies = few.normals;
  const double largest = *std::ranges::max_element(few.normals);
  CHECK(fit(few, {.search = uncapped, .fall_back = FallBack::false_alarm_budget}).cutoff.value() ==
        std::nextafter(largest, infinity));

  // The bound is the AUROC itself; 0 asks for none.
  CHECK(fit(blind, {.search = uncapped, .undetectable_below = auroc - 1e-9}).ok());
  CHECK_FALSE(fit(blind, {.search = uncapped, .undetectable_below = auroc + 1e-9}).ok());
  CHECK(fit(blind, {.search = uncapped, .undetectable_below = 0}).ok());
  CHECK_FALSE(fit(blind, {.search = uncapped, .undetectable_below = 0}).estimates.contains("fell_back"));
}

TEST_CASE("synthetic: few anomalies are warned of") {
  CHECK(fit(draw(1, 100, 60, 2)).note.empty());
  CHECK(fit(draw(1, 100, 59, 2)).note.find("only 59 synthetic anomalies, under 60") != std::string::npos);
  CHECK(fit(draw(1, 100, 59, 2), {.search = uncapped, .warn_below = 59}).note.empty());
}

TEST_CASE("synthetic: a cap raises the line to the lowest cut that keeps it") {
  const Data data = draw(13, 100, 80, 1, 1e-9);
  const Fit free = fit(data);
  const double cap = 0.07;
  REQUIRE(free.estimates.at("false_alarm_rate") > cap);
  const Fit capped = fit(data, {.search = {.false_alarm_cap = cap}});
  double lowest = infinity;
  for (const double cut : cuts_of(data)) {
    if (share_from(data.normals, cut) <= cap) lowest = std::min(lowest, cut);
  }
  CHECK(capped.cutoff.value() == lowest);
  CHECK(capped.note.find("false_alarm_cap = 0.07 raised the line") != std::string::npos);
  // There is none unless told otherwise.
  CHECK(fit(data, {}).cutoff == fit(data, {.search = uncapped}).cutoff);
  // When the largest score of all is that of normals, nothing may be flagged.
  const Fit nothing = fit({{1, 1, 9, 9}, {5, 6, 7, 8}}, {.search = {.false_alarm_cap = 0.1}, .undetectable_below = 0});
  CHECK_FALSE(nothing.cutoff(9.0));
}

TEST_CASE("synthetic: weaker severities are reported, and change nothing") {
  const Data data = draw(15, 100, 80, 2);
  SyntheticThreshold threshold{{.search = uncapped}};
  SyntheticThreshold other{{.search = uncapped}};
  threshold.update(data.normals);
  threshold.update(data.anomalies, Label::anomalous);
  const Fit before = threshold.compute();
  const std::vector<double> weak = draw(16, 1, 50, 1).anomalies;
  const std::vector<double> more = draw(17, 1, 30, 1).anomalies;
  threshold.update_severity(0.5, weak);
  other.update_severity(0.5, more);
  other.update_severity(0.25, data.normals);
  threshold.merge(other);
  const Fit after = threshold.compute();
  CHECK(after.cutoff == before.cutoff);
  std::vector<double> all = weak;
  all.insert(all.end(), more.begin(), more.end());
  CHECK(after.estimates.at("auroc_severity_0.5") == Approx(pairwise_auroc(data.normals, all)));
  CHECK(after.estimates.at("recall_severity_0.5") == share_from(all, after.cutoff.value()));
  CHECK(after.estimates.at("auroc_severity_0.25") == 0.5);
  CHECK(after.estimates.at("recall_severity_0.25") == after.estimates.at("false_alarm_rate"));
  threshold.reset();
  CHECK(threshold.compute().estimates.empty());
  CHECK_THROWS_AS(threshold.update_severity(0.5, std::vector<double>{std::nan("")}), DataError);
  CHECK_THROWS_AS(threshold.update_severity(std::nan(""), weak), DataError);
}

// Maps.

struct Picture {
  std::vector<double> pixels;
  std::vector<std::uint8_t> mask;  // all zero: a normal image
  static constexpr std::size_t rows = 5;
  static constexpr std::size_t columns = 6;  // 30 pixels, all of which a profile keeps
  [[nodiscard]] ScoreMap map() const { return {pixels.data(), rows, columns}; }
  [[nodiscard]] Mask truth() const { return {mask.data(), rows, columns}; }
  [[nodiscard]] bool synthetic() const { return std::ranges::count(mask, 1) > 0; }
  [[nodiscard]] double maximum() const { return *std::ranges::max_element(pixels); }
};

/// Images of their own brightness, so that pixels of one are alike.
std::vector<Picture> draw_pictures(std::uint64_t seed, std::size_t normals, std::size_t synthetics) {
  Random random(seed);
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < normals + synthetics; ++i) {
    Picture picture;
    const double own = random.normal();
    const std::size_t anomalous = i < normals ? 0 : 1 + random.below(8);
    for (std::size_t pixel = 0; pixel < 30; ++pixel) {
      const bool in = pixel < anomalous;
      picture.pixels.push_back(own + random.normal() + (in ? 3 : 0));
      picture.mask.push_back(in ? 1 : 0);
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

Fit fit_pixels(const std::vector<Picture>& pictures, SyntheticParameters parameters = {.search = uncapped}) {
  parameters.input.map_reduction = MapReduction::every_pixel;
  SyntheticThreshold threshold{parameters};
  for (const Picture& picture : pictures) threshold.update(picture.map(), picture.truth());
  return threshold.compute();
}

Data pool(const std::vector<Picture>& pictures) {
  Data data;
  for (const Picture& picture : pictures) {
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
      (picture.mask[i] == 1 ? data.anomalies : data.normals).push_back(picture.pixels[i]);
    }
  }
  return data;
}

/// 2 c / (A + c + f), in whole numbers but for the division.
double pooled_f1(const Data& data, double cut) {
  double caught = 0;
  double flagged = 0;
  for (const double score : data.anomalies) caught += score >= cut ? 1 : 0;
  for (const double score : data.normals) flagged += score >= cut ? 1 : 0;
  return 2 * caught / (static_cast<double>(data.anomalies.size()) + caught + flagged);
}

double best_pooled_cut(const Data& data) {
  double best = -1;
  double place = infinity;
  for (const double cut : cuts_of(data)) {
    if (const double value = pooled_f1(data, cut); value > best) {
      best = value;
      place = cut;
    }
  }
  return place;
}

TEST_CASE("synthetic: pixel by pixel it is the pooled F1, over normal images too") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto pictures = draw_pictures(seed, 20, 12);
    const Data pixels = pool(pictures);
    const Fit result = fit_pixels(pictures, {.search = uncapped, .place = SyntheticPlace::observed, .warn_below = 0});
    REQUIRE(result.ok());
    const double best = best_pooled_cut(pixels);
    CHECK(result.cutoff.value() == best);
    CHECK(result.optimum->value == Approx(pooled_f1(pixels, best)));
    CHECK(result.estimates.at("auroc") == Approx(pairwise_auroc(pixels.normals, pixels.anomalies)));
    CHECK(result.estimates.at("recall") == share_from(pixels.anomalies, best));
    CHECK(result.estimates.at("pixel_false_alarm_rate") == share_from(pixels.normals, best));
    Data images;
    for (const Picture& picture : pictures) {
      (picture.synthetic() ? images.anomalies : images.normals).push_back(picture.maximum());
    }
    CHECK(result.estimates.at("false_alarm_rate") == share_from(images.normals, best));
    CHECK(result.estimates.at("image_auroc") == Approx(pairwise_auroc(images.normals, images.anomalies)));
    CHECK(result.estimates.at("normal_images") == 20);
    CHECK(result.estimates.at("synthetic_images") == 12);
  }
}

TEST_CASE("synthetic: whole images are drawn again, whatever their order") {
  auto pictures = draw_pictures(21, 15, 10);
  const Fit result = fit_pixels(pictures, {.search = uncapped, .warn_below = 0, .replicates = 99, .seed = 4});
  CHECK(result.interval->method == "image bootstrap");
  Random random(1);
  for (int time = 0; time < 3; ++time) {
    random.shuffle(pictures);
    const Fit shuffled = fit_pixels(pictures, {.search = uncapped, .warn_below = 0, .replicates = 99, .seed = 4});
    CHECK(shuffled.cutoff == result.cutoff);
    CHECK(shuffled.interval->lower == result.interval->lower);
    CHECK(shuffled.estimates == result.estimates);
  }
  // By hand: normal images first, each class by its sizes and then by its pixels from the highest down.
  const auto order = [](const Picture& one, const Picture& other) {
    if (one.synthetic() != other.synthetic()) return other.synthetic();
    const auto count = std::ranges::count(one.mask, 1);
    const auto other_count = std::ranges::count(other.mask, 1);
    if (count != other_count) return count > other_count;  // fewer normal pixels first
    return one.maximum() < other.maximum();                // no two are equal
  };
  std::ranges::sort(pictures, order);
  stats::Random engine(4);
  std::vector<double> cuts;
  for (int replicate = 0; replicate < 99; ++replicate) {
    std::vector<Picture> drawn;
    for (int i = 0; i < 15; ++i) drawn.push_back(pictures[engine.below(15)]);
    for (int i = 0; i < 10; ++i) drawn.push_back(pictures[15 + engine.below(10)]);
    cuts.push_back(best_pooled_cut(pool(drawn)));
  }
  std::ranges::sort(cuts);
  CHECK(result.cutoff.value() == cuts[49]);
  CHECK(result.interval->lower == cuts[1]);
  CHECK(result.interval->upper == cuts[97]);
}

TEST_CASE("synthetic: one brightness an image makes the line less sure than as many scores would") {
  const auto pictures = draw_pictures(23, 30, 30);
  const Data pixels = pool(pictures);
  const Fit by_images = fit_pixels(pictures, {.search = uncapped, .warn_below = 0});
  SearchObjective pooled{.false_alarm_cap = 1};
  pooled.prevalence = static_cast<double>(pixels.anomalies.size()) /
                      static_cast<double>(pixels.anomalies.size() + pixels.normals.size());
  const Fit by_scores = fit(pixels, {.search = pooled});
  CHECK(by_images.estimates.at("cutoff_sd") > 1.5 * by_scores.estimates.at("cutoff_sd"));
}

TEST_CASE("synthetic: maps that the detector does not see fall back to a share of normal images") {
  auto pictures = draw_pictures(25, 39, 20);
  for (Picture& picture : pictures)
    std::rotate(picture.mask.begin(), picture.mask.begin() + 8, picture.mask.end());  // elsewhere
  const Fit refused = fit_pixels(pictures);
  CHECK(refused.status == FitStatus::undetectable);
  std::vector<double> maxima;
  for (const Picture& picture : pictures) {
    if (!picture.synthetic()) maxima.push_back(picture.maximum());
  }
  std::ranges::sort(maxima);
  CHECK(refused.estimates.at("fall_back_cutoff") == std::nextafter(maxima[37], infinity));  // ceil(40 * .95) = 38
}

TEST_CASE("synthetic: a map counts for its largest pixel unless told otherwise") {
  const auto pictures = draw_pictures(27, 40, 30);
  SyntheticThreshold maps{{.search = uncapped}};
  Data images;
  for (const Picture& picture : pictures) {
    maps.update(picture.map(), picture.truth());
    (picture.synthetic() ? images.anomalies : images.normals).push_back(picture.maximum());
  }
  CHECK(maps.compute().cutoff == fit(images).cutoff);
  CHECK(maps.compute().normal_count == 40);
}

TEST_CASE("synthetic: a map of which nothing is kept is as if it had not come") {
  SyntheticParameters parameters;
  parameters.input = {.non_finite = NonFinite::skip, .map_reduction = MapReduction::every_pixel};
  const std::vector<float> nothing(6, std::numeric_limits<float>::quiet_NaN());
  const std::vector<std::uint8_t> set(6, 1);
  const std::vector<double> normals{1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> anomalies{6.5, 9, 10, 11};
  SyntheticThreshold plain{parameters};
  SyntheticThreshold after = plain;
  after.update(ScoreMap(nothing.data(), 2, 3));
  after.update(ScoreMap(nothing.data(), 2, 3), Mask(set.data(), 2, 3));
  for (SyntheticThreshold* threshold : {&plain, &after}) {
    threshold->update(normals);
    threshold->update(anomalies, Label::anomalous);
  }
  const Fit fit = after.compute();
  CHECK(fit.cutoff == plain.compute().cutoff);
  CHECK(fit.estimates == plain.compute().estimates);
  CHECK(fit.skipped_count == 12);
}

TEST_CASE("synthetic: scores beside maps taken pixel by pixel are refused") {
  const auto pictures = draw_pictures(29, 2, 2);
  const SyntheticParameters by_pixel{.input = {.map_reduction = MapReduction::every_pixel}};
  const std::vector<double> scores{1, 2, 3};
  SyntheticThreshold threshold{by_pixel};
  threshold.update(pictures[0].map());
  CHECK_THROWS_AS(threshold.update(scores), DataError);
  SyntheticThreshold plain{by_pixel};
  plain.update(scores);
  CHECK_THROWS_AS(plain.update(pictures[3].map(), pictures[3].truth()), DataError);
  CHECK_THROWS_AS(plain.merge(threshold), DataError);
  CHECK(plain.compute().normal_count == 3);
  CHECK(threshold.compute().normal_count == 30);
}

TEST_CASE("synthetic: a profile counts exactly at the pixels that it keeps, and less than 3 % too low elsewhere") {
  Random random(31);
  std::vector<double> pixels;
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 20000; ++i) {
    pixels.push_back(random.normal());
    labels.push_back(i % 10 == 0 ? 1 : 0);
  }
  const std::span<const std::uint8_t> each(labels);
  const detail::ImageProfile profile(std::span<const double>(pixels), each);
  CHECK(profile.normals == 18000);
  CHECK(profile.anomalies == 2000);
  CHECK(profile.points.size() < 500);
  std::vector<double> normals;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (labels[i] == 0) normals.push_back(pixels[i]);
  }
  const auto counted = [&](double cut) {
    std::size_t count = 0;
    for (const auto& point : profile.points) count += point.score >= cut ? point.normals : 0;
    return static_cast<double>(count);
  };
  const auto there = [&](double cut) {
    return static_cast<double>(std::ranges::count_if(normals, [cut](double pixel) { return pixel >= cut; }));
  };
  for (const auto& point : profile.points) {
    if (point.normals > 0) CHECK(counted(point.score) == there(point.score));
  }
  for (double cut = -3; cut < 4; cut += 0.01) {
    CHECK(counted(cut) <= there(cut));
    CHECK(counted(cut) >= there(cut) / (1 + 1.0 / 33) - 1);
  }
}

TEST_CASE("synthetic: above exact_limit the line is the best between buckets") {
  Data data = draw(33, 3000, 2000, 2, 1e-9);
  for (double& score : data.normals) score += 10;
  for (double& score : data.anomalies) score += 10;
  const Fit exact = fit(data, {.search = uncapped, .place = SyntheticPlace::observed});
  const Fit counted = fit(data, {.search = uncapped, .exact_limit = 1000});
  REQUIRE(counted.ok());
  CHECK(counted.note.find("exact_limit") != std::string::npos);
  CHECK(counted.note.find("no bootstrap") != std::string::npos);
  CHECK_FALSE(counted.interval);
  // Buckets are 6.1e-5 of a score wide; F1 changes by less than a few scores over one.
  CHECK(counted.optimum->value == Approx(exact.optimum->value).margin(2e-3));
  CHECK(counted.estimates.at("auroc") == Approx(exact.estimates.at("auroc")).margin(1e-4));
}

// Two lines side by side.

Fit combine(const Data& data, const CombinedParameters& parameters = {}) {
  CombinedThreshold threshold{parameters};
  threshold.update(data.normals);
  threshold.update(data.anomalies, Label::anomalous);
  return threshold.compute();
}

Fit tail_of(const Data& data, double rate = 0.05) {
  TailThreshold tail{{.false_alarm_rate = rate}};
  tail.update(data.normals);
  return tail.compute();
}

TEST_CASE("combined: both lines, how far they are apart, and which one stands") {
  const Data data = draw(41, 200, 100, 1, 1e-9);
  const Fit normals = tail_of(data);
  const Fit synthetic = fit(data);
  const double rate = share_from(data.normals, normals.cutoff.value());
  const double synthetic_rate = share_from(data.normals, synthetic.cutoff.value());
  REQUIRE(synthetic_rate > 0.2);  // so that they disagree and the cap binds
  const Fit both = combine(data);
  REQUIRE(both.ok());
  CHECK(both.estimates.at("normals_cutoff") == normals.cutoff.value());
  CHECK(both.estimates.at("normals_false_alarm_rate") == rate);
  CHECK(both.estimates.at("synthetic_false_alarm_rate") == synthetic_rate);
  CHECK(both.estimates.at("distance") == Approx(synthetic_rate - rate));
  CHECK(both.estimates.at("agree") == 0);
  CHECK(both.note.find("disagree") != std::string::npos);
  const double capped = fit(data, {.search = {.false_alarm_cap = 0.2}}).cutoff.value();
  CHECK(both.cutoff.value() == capped);
  CHECK(share_from(data.normals, capped) <= 0.2);
  CHECK(both.estimates.at("synthetic_cutoff") == capped);
  CHECK(both.estimates.at("recall") == share_from(data.anomalies, capped));
  // The exact interval's ends leave 2.5 % of the binomial distribution beyond what was counted (Clopper and Pearson).
  const double share = share_from(data.normals, capped);
  const double alarms = std::round(200 * share);
  CHECK(both.estimates.at("false_alarm_rate") == share);
  const boost::math::binomial least(200, both.estimates.at("false_alarm_lower"));
  const boost::math::binomial most(200, both.estimates.at("false_alarm_upper"));
  CHECK(boost::math::cdf(boost::math::complement(least, alarms - 1)) == Approx(0.025).epsilon(1e-9));
  CHECK(boost::math::cdf(most, alarms) == Approx(0.025).epsilon(1e-9));

  const auto with = [&](Disagreement rule) { return combine(data, {.disagreement = rule}); };
  CHECK(with(Disagreement::normals).cutoff == normals.cutoff);
  CHECK(with(Disagreement::higher).cutoff == normals.cutoff);
  CHECK(with(Disagreement::lower).cutoff.value() == capped);
  CHECK(with(Disagreement::refuse).status == FitStatus::not_applicable);
  CHECK(with(Disagreement::refuse).cutoff.value() == infinity);
  const auto alone = [&](auto threshold) {
    threshold.update(data.normals);
    return threshold.compute().cutoff;
  };
  const auto by = [&](NormalsRule rule) {
    return combine(data, {.normals = rule, .disagreement = Disagreement::normals}).cutoff;
  };
  CHECK(by(NormalsRule::quantile) == alone(QuantileThreshold{{.false_alarm_rate = 0.05}}));
  CHECK(by(NormalsRule::gpd) == alone(GpdThreshold{{.false_alarm_rate = 0.05}}));
  CHECK(by(NormalsRule::gev) == alone(GevThreshold{{.false_alarm_rate = 0.05}}));
  CHECK(by(NormalsRule::gumbel) == alone(GumbelThreshold{{.false_alarm_rate = 0.05}}));
  // Within the tolerance they agree, whatever the rule, and the line is the synthetic one.
  const Fit agreed = combine(data, {.tolerance = 0.5, .disagreement = Disagreement::refuse});
  CHECK(agreed.estimates.at("agree") == 1);
  CHECK(agreed.cutoff.value() == capped);
  CHECK(combine(data, {.false_alarm_cap = 1}).cutoff == synthetic.cutoff);
  // A distance that equals the tolerance is within it.
  const double distance = agreed.estimates.at("distance");
  REQUIRE(distance > 0);
  CHECK(combine(data, {.tolerance = distance}).estimates.at("agree") == 1);
  CHECK(combine(data, {.tolerance = std::nextafter(distance, 0)}).estimates.at("agree") == 0);
}

TEST_CASE("combined: the rule for normals is the method of that name") {
  const Data data = draw(43, 200, 100, 1, 1e-9);
  QuantileThreshold quantile{{.false_alarm_rate = 0.1}};
  quantile.update(data.normals);
  CHECK(combine(data, {.normals = NormalsRule::quantile, .false_alarm_rate = 0.1}).estimates.at("normals_cutoff") ==
        quantile.compute().cutoff.value());
  GevThreshold gev{{.false_alarm_rate = 0.1}};
  gev.update(data.normals);
  CHECK(combine(data, {.normals = NormalsRule::gev, .false_alarm_rate = 0.1}).estimates.at("normals_cutoff") ==
        gev.compute().cutoff.value());
}

TEST_CASE("combined: where one line has no answer the other stands, and it is said") {
  const Data blind = draw(45, 200, 100, 0, 1e-9);
  const Fit normals = combine(blind);
  CHECK(normals.ok());
  CHECK(normals.cutoff == tail_of(blind).cutoff);
  CHECK(normals.note.find("UNDETECTABLE, the normals' line stands") != std::string::npos);
  CHECK_FALSE(normals.estimates.contains("distance"));
  // 18 normals are too few for quantile's 5 %.
  const Data few = draw(47, 18, 60, 3, 1e-9);
  const Fit alone = combine(few, {.normals = NormalsRule::quantile});
  CHECK(alone.ok());
  CHECK(alone.note.find("the synthetic line stands alone") != std::string::npos);
  const Fit neither = combine({few.normals, few.normals}, {.normals = NormalsRule::quantile});
  CHECK(neither.status == FitStatus::undetectable);
  CHECK(neither.note.find("neither line has an answer") != std::string::npos);
  CHECK(combine({few.normals, {}}).status == FitStatus::missing_class);
  CHECK_THROWS_AS(CombinedThreshold({.input = {.map_reduction = MapReduction::every_pixel}}), ParameterError);
}

}  // namespace
