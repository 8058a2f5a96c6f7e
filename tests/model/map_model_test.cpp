// SPDX-License-Identifier: Apache-2.0
// Decisions on scores and maps, masks, regions, components and metrics, against flooding and double loops.
#include <array>

#include "pixel_mask.hpp"
#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/decide/false_alarm_curve.hpp"
#include "plimsoll/decide/mask_of.hpp"
#include "plimsoll/decide/normalisation.hpp"
#include "plimsoll/metrics/aupimo.hpp"
#include "plimsoll/metrics/aupro.hpp"
#include "plimsoll/metrics/oracle_seg_f1.hpp"
#include "plimsoll/metrics/seg_f1.hpp"
#include "plimsoll/stats/component_counts.hpp"
#include "plimsoll/thresholds/mebin.hpp"
#include "property.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;
using plimsoll::test::PixelMask;

/// A level: one of the scores, next to one, or any.
template <typename T>
double draw_level(Random& random, const std::vector<T>& scores) {
  if (scores.empty() || random.below(8) == 0) return random.normal();
  const auto x = static_cast<double>(scores[random.below(scores.size())]);
  const std::size_t where = random.below(4);
  if (where == 0) return std::nextafter(x, 1e308);
  return where == 1 ? std::nextafter(x, -1e308) : x;
}

TEST_CASE("scores are decided by one comparison in double, in every type and form") {
  for_all_types("decide", 6000, {.infinite = true, .nan = true, .large = 2000},
                []<typename T>(const Case<T>& made) -> std::string {
                  Random random(made.seed);
                  const Cutoff cutoff{random.below(20) == 0 ? std::numeric_limits<double>::infinity()
                                                            : draw_level(random, made.scores)};
                  std::vector<Label> labels(made.scores.size());
                  decide(cutoff, made.scores, labels);
                  const float as_float = cutoff.as<float>();
                  for (std::size_t i = 0; i < labels.size(); ++i) {
                    const T score = made.scores[i];
                    const auto wide = static_cast<long double>(score);
                    const bool model = !(wide < static_cast<long double>(cutoff.value()));
                    if (cutoff(score) != model || cutoff.label(score) != static_cast<Label>(model) ||
                        labels[i] != static_cast<Label>(model)) {
                      return "the label of " + literal(score) + " at " + literal(cutoff.value());
                    }
                    if (std::is_same_v<T, float> && !(static_cast<float>(score) < as_float) != model) {
                      return "the label as a float of " + literal(score) + " at " + literal(cutoff.value());
                    }
                  }
                  return "";
                });
}

TEST_CASE("masks and their regions are those of flooding") {
  for_all_types("mask_of", 16000, {.most = 120, .infinite = true, .nan = true, .map = true},
                []<typename T>(const Case<T>& made) -> std::string {
                  Random random(made.seed);
                  const std::size_t rows = made.rows();
                  MaskRule rule{.high = Cutoff{draw_level(random, made.scores)}};
                  rule.low = rule.high;
                  if (random.below(2) == 0) rule.low = Cutoff{draw_level(random, made.scores)};
                  rule.connectivity = random.below(2) == 0 ? Connectivity::four : Connectivity::eight;
                  if (random.below(3) == 0) rule.erosion = static_cast<std::uint32_t>(random.below(4));
                  if (random.below(3) == 0) rule.dilation = static_cast<std::uint32_t>(random.below(4));
                  rule.fill_holes = random.below(3) == 0;
                  if (random.below(3) == 0) rule.minimum_area = static_cast<std::uint32_t>(random.below(6));
                  const PixelMask mask = PixelMask::of(made.scores, rows, made.columns, rule);
                  const auto parts = mask.parts(1, rule.connectivity);

                  MapWorkspace workspace(std::max<std::size_t>(rows, 1), made.columns + random.below(3));
                  const MapMask found = mask_of(ScoreMap(made.scores.data(), rows, made.columns), rule, workspace);
                  for (std::size_t row = 0; row < rows; ++row) {
                    for (std::size_t column = 0; column < made.columns; ++column) {
                      if (found.mask.row(row)[column] != mask.values[row * made.columns + column]) {
                        return "the mask at row " + std::to_string(row) + ", column " + std::to_string(column);
                      }
                    }
                  }
                  if (found.regions.size() != parts.size())
                    return differs("regions", found.regions.size(), parts.size());
                  for (std::size_t i = 0; i < parts.size(); ++i) {
                    const Region& region = found.regions[i];
                    std::size_t box[] = {rows, 0, made.columns, 0};
                    double peak = -std::numeric_limits<double>::infinity();
                    std::size_t row_sum = 0;
                    std::size_t column_sum = 0;
                    for (const std::size_t pixel : parts[i]) {
                      const std::size_t row = pixel / made.columns;
                      const std::size_t column = pixel % made.columns;
                      box[0] = std::min(box[0], row);
                      box[1] = std::max(box[1], row + 1);
                      box[2] = std::min(box[2], column);
                      box[3] = std::max(box[3], column + 1);
                      row_sum += row;
                      column_sum += column;
                      const auto score = static_cast<double>(made.scores[pixel]);
                      if (score != score || score > peak) peak = peak == peak ? score : peak;
                    }
                    const auto area = static_cast<double>(parts[i].size());
                    std::string wrong = differs("area", region.area, parts[i].size());
                    wrong +=
                        differs("row_begin", region.row_begin, box[0]) + differs("row_end", region.row_end, box[1]);
                    wrong += differs("column_begin", region.column_begin, box[2]);
                    wrong += differs("column_end", region.column_end, box[3]);
                    wrong += differs("peak", one_zero(region.peak), one_zero(peak));
                    // Sums of whole and half numbers are exact, and divided once.
                    wrong += differs("centroid_row", region.centroid_row, static_cast<double>(row_sum) / area);
                    wrong += differs("centroid_column", region.centroid_column, static_cast<double>(column_sum) / area);
                    if (!wrong.empty()) return "region " + std::to_string(i) + ": " + wrong;
                  }
                  return "";
                });
}

TEST_CASE("maps count for their largest pixel, or the mean of their top share") {
  for_all_types("score_of", 6000, {.most = 400, .infinite = true, .nan = true, .map = true, .large = 3000},
                []<typename T>(const Case<T>& made) -> std::string {
                  Random random(made.seed);
                  if (made.scores.empty()) return "";
                  const ScoreMap map(made.scores.data(), made.rows(), made.columns);
                  const bool nan = std::ranges::any_of(made.scores, [](T x) { return x != x; });
                  // Half of the shares are whole numbers of pixels: the product may be rounded past such a number.
                  const auto pixels = static_cast<double>(made.scores.size());
                  const double share = random.below(2) == 0
                                           ? static_cast<double>(1 + random.below(made.scores.size())) / pixels
                                           : 1 - random.uniform();
                  const double most = score_of(map, MapReduction::maximum, share);
                  const double mean = score_of(map, MapReduction::top_mean, share);
                  if (nan) return most != most && mean != mean ? "" : "a map with NaN has a score";
                  const std::vector<double> sorted = sorted_doubles(made.scores);
                  const std::size_t n = sorted.size();
                  std::string wrong = differs("maximum", one_zero(most), sorted.back());
                  std::size_t k = 1;
                  while (static_cast<double>(k) / static_cast<double>(n) < share) ++k;
                  long double sum = 0;
                  long double magnitude = 0;
                  for (std::size_t i = n - k; i < n; ++i) {
                    sum += sorted[i];
                    magnitude += std::abs(static_cast<long double>(sorted[i]));
                  }
                  const auto count = static_cast<long double>(k);
                  if (sum - sum != 0) return wrong + differs("top_mean", mean, static_cast<double>(sum));
                  // k - 1 sums and a quotient, each rounded by 2^-53 of no more than the sum of magnitudes; where the
                  // sum overflows k quotients more.
                  const long double bound = 2 * count * 0x1p-53L * magnitude / count + count * 0x1p-1074L;
                  return wrong + beyond("top_mean", mean, sum / count, bound);
                });
}

TEST_CASE("components of every level are those of flooding") {
  for_all<double>("component_counts", 1500, {.most = 80, .extreme = false, .map = true},
                  [](const Case<double>& made) -> std::string {
                    Random random(made.seed);
                    const Connectivity connectivity = random.below(2) == 0 ? Connectivity::eight : Connectivity::four;
                    const double unit = std::ldexp(1.0, static_cast<int>(random.below(8)));
                    std::vector<std::uint8_t> levels;
                    for (const double x : made.scores) {
                      levels.push_back(static_cast<std::uint8_t>(std::clamp(std::floor(x * unit) + 100, 0.0, 255.0)));
                    }
                    const auto counts = stats::component_counts(levels, made.rows(), made.columns, connectivity);
                    for (std::size_t t = 0; t < 256; ++t) {
                      PixelMask mask{made.rows(), made.columns, {}};
                      for (const std::uint8_t level : levels) mask.values.push_back(level > t ? 1 : 0);
                      const std::string wrong = differs("the count of level " + std::to_string(t), counts[t],
                                                        mask.parts(1, connectivity).size());
                      if (!wrong.empty()) return wrong;
                    }
                    return "";
                  });
}

TEST_CASE("MEBin takes the longest run of levels that flooding counts alike") {
  for_all_types(
      "mebin", 1500, {.most = 90, .extreme = false, .map = true}, []<typename T>(const Case<T>& made) -> std::string {
        if (made.scores.empty()) return "";
        Random random(made.seed);
        const T least = *std::ranges::min_element(made.scores);
        const T most = *std::ranges::max_element(made.scores);
        MebinRange range;
        range.update(ScoreMap(&least, 1, 1));
        range.update(ScoreMap(&most, 1, 1));
        MebinParameters parameters;
        parameters.step = 1 + random.below(random.below(2) == 0 ? 6 : 60);
        parameters.shortest_run = 1 + random.below(5);
        parameters.erosion = 1 + random.below(random.below(2) == 0 ? 1 : 5);
        parameters.connectivity = random.below(2) == 0 ? Connectivity::eight : Connectivity::four;
        Mebin mebin(range, parameters);
        const MebinResult found = mebin.binarise(ScoreMap(made.scores.data(), made.rows(), made.columns));
        const double spread = static_cast<double>(most) - static_cast<double>(least);
        if (!(spread > 0)) return found.status == MebinStatus::no_range ? "" : "the range is empty";

        const std::size_t before = parameters.erosion / 2;
        const std::size_t after = parameters.erosion - 1 - before;
        const auto above_level = [&](int t) {
          PixelMask mask{made.rows(), made.columns, {}};
          for (const T x : made.scores) mask.values.push_back(mebin.level(x) > t ? 1 : 0);
          mask.erode(before, after);
          return mask;
        };
        // The level is the formula's, rounded up, but where the quotient is a whole number up to 1e-12.
        for (const T x : made.scores) {
          const long double share = (static_cast<long double>(x) - least) / (static_cast<long double>(most) - least);
          const long double exact = 255 * share;
          const int level = mebin.level(x);
          if (std::abs(exact - std::round(exact)) < 1e-12L * 255) {
            if (std::abs(static_cast<long double>(level) - std::round(exact)) > 1) return "level of " + literal(x);
          } else if (level != static_cast<int>(std::ceil(exact))) {
            return "level of " + literal(x);
          }
        }
        struct Run {
          std::size_t count;
          std::size_t length;
          int lowest;
        };
        std::vector<Run> runs;
        for (int t = 255; t > 0; t -= static_cast<int>(parameters.step)) {
          const std::size_t count = above_level(t).parts(1, parameters.connectivity).size();
          if (runs.empty() || runs.back().count != count) runs.push_back({count, 0, t});
          ++runs.back().length;
          runs.back().lowest = t;
        }
        std::erase_if(runs, [&](const Run& run) { return run.count == 0 || run.length < parameters.shortest_run; });
        if (runs.empty()) return found.status == MebinStatus::no_stable_run ? "" : "there is no stable run";
        std::size_t longest = 0;
        for (const Run& run : runs) longest = std::max(longest, run.length);
        // The count that has a longest run, and whose first long enough run is highest; of its runs the lowest.
        const Run* best = nullptr;
        for (const Run& first : runs) {
          for (const Run& run : runs) {
            if (run.count == first.count && run.length == longest) best = &run;
          }
          if (best != nullptr) break;
        }
        std::string wrong = differs("components", found.components, best->count);
        wrong += differs("run", found.run, best->length);
        if (!found.ok() || !wrong.empty()) return "status or run: " + wrong;
        const PixelMask mask = above_level(best->lowest);
        for (std::size_t i = 0; i < made.scores.size(); ++i) {
          if (mebin.mask()[i] != mask.values[i]) return "the mask at " + std::to_string(i);
          if (found.cutoff(made.scores[i]) != (mebin.level(made.scores[i]) > best->lowest)) return "the cutoff";
        }
        return "";
      });
}

TEST_CASE("metrics of maps are those of their definitions, cutoff by cutoff") {
  // A case is three images side by side, of which the first is normal.
  for_all_types(
      "metrics", 5000, {.most = 60, .infinite = true, .map = true}, []<typename T>(const Case<T>& made) -> std::string {
        Random random(made.seed);
        const std::size_t rows = made.rows();
        const std::size_t width = made.columns / 3;
        if (width == 0 || rows == 0) return "";
        metrics::Aupro aupro;
        metrics::Aupimo aupimo;
        metrics::OracleSegF1 oracle;
        metrics::SegF1 f1;
        const Cutoff cutoff{draw_level(random, made.scores)};
        std::vector<std::vector<double>> scores(3);
        std::vector<PixelMask> truth(3, PixelMask{rows, width, {}});
        stats::Confusion confusion;
        for (std::size_t image = 0; image < 3; ++image) {
          std::vector<T> pixels;
          std::vector<std::uint8_t> mask;
          for (std::size_t i = 0; i < rows * width; ++i) {
            const std::size_t at = i / width * made.columns + image * width + i % width;
            pixels.push_back(made.scores[at]);
            scores[image].push_back(one_zero(static_cast<double>(made.scores[at])));
            const int anomalous = image == 0 ? 0 : made.labels[at];
            mask.push_back(static_cast<std::uint8_t>(anomalous));
            truth[image].values.push_back(anomalous);
            const bool flagged = scores[image].back() >= cutoff.value();
            ++(anomalous != 0 ? flagged ? confusion.caught : confusion.missed
               : flagged      ? confusion.false_alarms
                              : confusion.passed);
          }
          const ScoreMap map(pixels.data(), rows, width);
          const Mask view(mask.data(), rows, width);
          aupro.update(map, view);
          aupimo.update(map, view);
          oracle.update(map, view);
          f1.update(map, cutoff, view);
        }
        if (!(f1.compute() == confusion)) return "the counts of seg_f1";

        std::vector<double> levels{std::numeric_limits<double>::infinity()};
        for (const auto& image : scores) levels.insert(levels.end(), image.begin(), image.end());
        std::ranges::sort(levels, std::greater<>());
        levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
        const auto count = [&](std::size_t image, int anomalous, double level) {
          std::size_t flagged = 0;
          for (std::size_t i = 0; i < scores[image].size(); ++i) {
            if (truth[image].values[i] == anomalous && scores[image][i] >= level) ++flagged;
          }
          return static_cast<long double>(flagged);
        };
        const auto all = [&](int anomalous, double level) {
          return count(0, anomalous, level) + count(1, anomalous, level) + count(2, anomalous, level);
        };
        constexpr double lowest = -std::numeric_limits<double>::infinity();
        const long double anomalies = all(1, lowest);
        const long double normals = all(0, lowest);

        long double best = 0;
        for (const double level : levels) {
          const long double caught = all(1, level);
          if (anomalies > 0) best = std::max(best, 2 * caught / (anomalies + caught + all(0, level)));
        }
        if (anomalies > 0) {
          const std::string wrong = differs("oracle F1", oracle.compute().f1, static_cast<double>(best));
          if (!wrong.empty()) return wrong;
        }

        // PRO against FPR, trapezoids up to the limit.
        const double limit = random.below(2) == 0 ? 0.3 : 1 - random.uniform();
        std::vector<std::vector<std::size_t>> parts;
        std::vector<std::size_t> part_image;
        for (std::size_t image = 0; image < 3; ++image) {
          for (const auto& part : truth[image].parts(1, Connectivity::eight)) {
            parts.push_back(part);
            part_image.push_back(image);
          }
        }
        if (!parts.empty() && normals > 0) {
          long double area = 0;
          long double rate = 0;
          long double overlap = 0;
          for (const double level : levels) {
            long double next_overlap = 0;
            for (std::size_t i = 0; i < parts.size(); ++i) {
              long double inside = 0;
              for (const std::size_t pixel : parts[i]) {
                inside += scores[part_image[i]][pixel] >= level ? 1 : 0;
              }
              next_overlap += inside / static_cast<long double>(parts[i].size());
            }
            next_overlap /= static_cast<long double>(parts.size());
            const long double next_rate = all(0, level) / normals;
            if (next_rate > rate && rate < limit) {
              const long double end = std::min<long double>(next_rate, limit);
              const long double at_end = overlap + (next_overlap - overlap) * (end - rate) / (next_rate - rate);
              area += (end - rate) * (overlap + at_end) / 2;
            }
            rate = next_rate;
            overlap = next_overlap;
          }
          // Some sixty terms of at most 1, each rounded a few times; divided by the limit.
          const std::string wrong = beyond("aupro", aupro.compute(limit), area / limit, 1e-14L / limit);
          if (!wrong.empty()) return wrong;
        }

        // The mean overlap over log FPR: at the rate f of the lowest cutoff with a shared FPR of at most f.
        const metrics::AupimoBounds bounds{0.01 + 0.2 * random.uniform(), 0.3 + 0.7 * random.uniform()};
        const auto found = aupimo.compute(bounds);
        // Images whose drawn mask is empty are normal too.
        std::vector<std::size_t> normal_images;
        std::vector<std::size_t> anomalous_images;
        for (std::size_t image = 0; image < 3; ++image) {
          (count(image, 1, lowest) > 0 ? anomalous_images : normal_images).push_back(image);
        }
        if (found.per_image.size() != anomalous_images.size()) return "aupimo: images";
        const auto shared = [&](double level) {
          long double sum = 0;
          for (const std::size_t image : normal_images) {
            sum += count(image, 0, level) / static_cast<long double>(scores[image].size());
          }
          return sum / static_cast<long double>(normal_images.size());
        };
        for (std::size_t i = 0; i < anomalous_images.size(); ++i) {
          const std::size_t image = anomalous_images[i];
          long double area = 0;
          // Between the rates of neighbouring cutoffs the lowest allowed cutoff lies just above the next
          // score that adds false alarms.
          long double from = bounds.lower;
          for (const double level : levels) {
            const long double to = std::min<long double>(bounds.upper, shared(level));
            if (!(to > from)) continue;
            long double above = 0;
            for (std::size_t j = 0; j < scores[image].size(); ++j) {
              above += truth[image].values[j] == 1 && scores[image][j] > level ? 1 : 0;
            }
            area += above / count(image, 1, lowest) * std::log(to / from);
            from = to;
          }
          const long double whole = std::log(static_cast<long double>(bounds.upper) / bounds.lower);
          const std::string wrong = beyond("aupimo", found.per_image[i], area / whole, 1e-13L / whole);
          if (!wrong.empty()) return wrong;
        }
        return "";
      });
}

TEST_CASE("normalised scores are the formulas', and on the side of the cutoff") {
  for_all_types("normalisation", 6000, {.infinite = true, .nan = true}, []<typename T>(const Case<T>& made) {
    Random random(made.seed);
    const Cutoff cutoff{draw_level(random, made.scores)};
    Normalisation map;
    map.kind = random.below(2) == 0 ? NormalisationKind::min_max : NormalisationKind::z_score;
    map.minimum = random.normal();
    map.maximum = random.below(10) == 0 ? map.minimum : map.minimum + random.exponential();
    map.deviation = random.below(10) == 0 ? 0 : random.exponential();
    std::vector<float> results(made.scores.size());
    map(made.scores, cutoff, results);
    const long double line = cutoff.value();
    const double range = map.maximum - map.minimum;
    const bool min_max = map.kind == NormalisationKind::min_max;
    const bool finite_line = line - line == 0;
    const bool step = !finite_line || (min_max ? !(range > 0) : !(map.deviation > 0));
    for (std::size_t i = 0; i < results.size(); ++i) {
      const T score = made.scores[i];
      const auto found = static_cast<double>(map(score, cutoff));
      const auto s = static_cast<long double>(score);
      if (s != s || line != line) {
        if (found == found || results[i] == results[i]) return std::string("NaN has a number");
        continue;
      }
      long double model = s < line ? 0 : s > line ? 1 : 0.5L;
      // A difference, a quotient and a sum are rounded, as is the result to T; the difference d by 2^-53 of itself,
      // which moves min_max by 2^-53 d / range, at most 2^-53 where it is not clamped, and erfc by less than that.
      if (!step && s - s == 0) {
        model = min_max ? std::clamp((s - line) / static_cast<long double>(range) + 0.5L, 0.0L, 1.0L)
                        : std::erfc((line - s) / map.deviation / std::sqrt(2.0L)) / 2;
      }
      const long double bound = 8 * 0x1p-53L + static_cast<long double>(std::numeric_limits<T>::epsilon());
      std::string wrong =
          beyond("normalised " + literal(score) + " at " + literal(cutoff.value()), found, model, bound);
      wrong += beyond("in a batch " + literal(score), static_cast<double>(results[i]), model, bound + 0x1p-23L);
      if (!wrong.empty()) return wrong;
      if ((found < 0.5) != (s < line) || (results[i] < 0.5F) != (s < line)) {
        return "on the wrong side: " + literal(score) + " at " + literal(cutoff.value());
      }
    }
    return std::string();
  });
}

TEST_CASE("a false-alarm curve is linear in the logarithm of the rate") {
  for_all<double>("false_alarm_curve", 4000, {.most = 0}, [](const Case<double>& made) -> std::string {
    Random random(made.seed);
    FalseAlarmCurve curve;
    double rate = 0.9;
    double cutoff = random.normal();
    for (std::size_t n = random.below(12); n > 0; --n) {
      curve.knots[curve.count++] = {rate, cutoff};
      rate *= 0.1 + 0.8 * random.uniform();
      if (random.below(3) != 0) cutoff += random.exponential();
    }
    if (!curve.valid()) return "the curve is not valid";
    const std::size_t n = curve.count;
    const double asked = n > 0 && random.below(3) == 0 ? curve.knots[random.below(n)].rate : random.uniform();
    const auto found = curve.cutoff_at(asked);
    const bool inside = n > 0 && asked <= curve.knots[0].rate && asked >= curve.knots[n - 1].rate;
    if (found.has_value() != inside) return "a cutoff exists at " + literal(asked);
    for (std::size_t i = 0; i < n && found; ++i) {
      if (curve.knots[i].rate == asked) return differs("cutoff_at", found->value(), curve.knots[i].cutoff);
      if (i + 1 == n || !(asked > curve.knots[i + 1].rate)) continue;
      const long double top = std::log(static_cast<long double>(curve.knots[i].rate));
      const long double share = (top - std::log(static_cast<long double>(asked))) /
                                (top - std::log(static_cast<long double>(curve.knots[i + 1].rate)));
      const long double a = curve.knots[i].cutoff;
      const long double b = curve.knots[i + 1].cutoff;
      // Neighbouring rates differ by a tenth at least, so logarithms of at most 30, rounded to 2^-48, are 2^-43 of it.
      const std::string wrong = beyond("cutoff_at", found->value(), a + share * (b - a),
                                       0x1p-43L * (b - a) + 0x1p-51L * (std::abs(a) + std::abs(b)));
      if (!wrong.empty()) return wrong;
      break;
    }
    const double score = n > 0 && random.below(2) == 0 ? curve.knots[random.below(n)].cutoff : 3 * random.normal();
    const double back = curve.rate_of(score);
    if (n == 0) return back != back ? "" : "the empty curve has a rate";
    if (score < curve.knots[0].cutoff) return differs("rate_of", back, curve.knots[0].rate);
    std::size_t last = 0;
    while (last + 1 < n && curve.knots[last + 1].cutoff <= score) ++last;
    if (last + 1 == n || curve.knots[last].cutoff == score) return differs("rate_of", back, curve.knots[last].rate);
    const auto& before = curve.knots[last];
    const auto& after = curve.knots[last + 1];
    const long double share =
        (static_cast<long double>(score) - before.cutoff) / (static_cast<long double>(after.cutoff) - before.cutoff);
    const long double logs = (1 - share) * std::log(static_cast<long double>(before.rate)) +
                             share * std::log(static_cast<long double>(after.rate));
    // The share is of a difference that may be small beside the cutoffs; the rate changes by a tenth at most of itself.
    const long double of_share =
        0x1p-51L * (std::abs(static_cast<long double>(score)) + std::abs(before.cutoff) + std::abs(after.cutoff)) /
        (static_cast<long double>(after.cutoff) - before.cutoff);
    return beyond("rate_of", back, std::exp(logs), before.rate * (0x1p-45L + 3 * of_share));
  });
}

}  // namespace
