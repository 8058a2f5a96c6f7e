// SPDX-License-Identifier: Apache-2.0
// Scores as they lie in memory and which way they point: rows with gaps, halves, low scores that are strange.
#include <algorithm>

#include "pixel_mask.hpp"
#include "plimsoll/decide/calibration.hpp"
#include "slow_fits.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;
using plimsoll::test::PixelMask;

/// One of the scores, or any number.
template <typename T>
double draw_level(Random& random, const std::vector<T>& scores) {
  return random.below(4) == 0 ? random.normal() : static_cast<double>(scores[random.below(scores.size())]);
}

/// The rows with `gap` numbers behind each that are not the map's; NaN, which would be seen in the score.
template <typename T>
std::vector<T> with_gaps(const std::vector<T>& pixels, std::size_t columns, std::size_t gap) {
  std::vector<T> padded;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    padded.push_back(pixels[i]);
    if ((i + 1) % columns == 0) padded.insert(padded.end(), gap, static_cast<T>(NAN));
  }
  return padded;
}

TEST_CASE("a calibration decides by directed scores, and by the table of agreements") {
  for_all_types("calibration", 8000, {.most = 100, .infinite = true, .nan = true, .map = true},
                []<typename T>(const Case<T>& made) -> std::string {
                  if (made.scores.empty()) return "";
                  Random random(made.seed);
                  Calibration line;
                  const bool lower = random.below(2) == 0;
                  line.direction = lower ? ScoreDirection::lower_is_anomalous : ScoreDirection::higher_is_anomalous;
                  std::vector<T> strangeness = made.scores;
                  for (T& x : strangeness) x = lower ? -x : x;
                  line.cutoff = Cutoff{draw_level(random, strangeness)};
                  if (random.below(2) == 0) line.review_cutoff = Cutoff{draw_level(random, strangeness)};
                  const auto agreement = random.below(4);
                  line.agreement = static_cast<Agreement>(agreement);
                  MaskRule rule{.high = Cutoff{draw_level(random, strangeness)}};
                  rule.low = random.below(2) == 0 ? rule.high : Cutoff{draw_level(random, strangeness)};
                  rule.minimum_area = static_cast<std::uint32_t>(random.below(4));
                  if (random.below(4) != 0) line.mask = rule;

                  // The image's score is its strangest pixel; NaN is.
                  double strangest = -std::numeric_limits<double>::infinity();
                  for (const T x : strangeness) {
                    if (strangest == strangest && !(static_cast<double>(x) <= strangest)) {
                      strangest = static_cast<double>(x);
                    }
                  }
                  PixelMask mask{made.rows(), made.columns, {}};
                  if (line.mask) mask = PixelMask::of(strangeness, made.rows(), made.columns, rule);
                  const auto parts =
                      line.mask ? mask.parts(1, rule.connectivity) : decltype(mask.parts(1, rule.connectivity)){};
                  const bool by_score = !(strangest < line.cutoff.value());
                  const bool has_region = !parts.empty();
                  bool anomalous = by_score;
                  bool review = !by_score && !(strangest < line.review_cutoff.value());
                  bool emptied = false;
                  if (line.mask) {
                    const bool nan = strangest != strangest;
                    switch (line.agreement) {
                      case Agreement::review: review = review || (!by_score && has_region); break;
                      case Agreement::label_wins: emptied = !by_score; break;
                      case Agreement::mask_wins: anomalous = has_region || nan; break;
                      case Agreement::either: anomalous = by_score || has_region; break;
                    }
                    if (line.agreement == Agreement::mask_wins) {
                      review = !anomalous && !(strangest < line.review_cutoff.value());
                    }
                  }
                  review = review && !anomalous;

                  const std::size_t gap = random.below(3);
                  const std::vector<T> padded = with_gaps(made.scores, made.columns, gap);
                  MapWorkspace workspace(made.rows(), made.columns + random.below(3));
                  const Decision found =
                      line.decide(ScoreMap(padded.data(), made.rows(), made.columns, made.columns + gap), workspace);
                  std::string wrong = differs("score", one_zero(found.score), one_zero(lower ? -strangest : strangest));
                  if ((found.label == Label::anomalous) != anomalous) wrong += "the label";
                  if (found.verdict != (anomalous ? Verdict::anomalous : review ? Verdict::review : Verdict::normal)) {
                    wrong += "the verdict is " + std::string(to_string(found.verdict));
                  }
                  if (line.label(made.scores[0]) !=
                      static_cast<Label>(!(static_cast<double>(strangeness[0]) < line.cutoff.value()))) {
                    wrong += "the label of a score";
                  }
                  if (!line.mask) return wrong;
                  wrong += differs("regions", found.regions.size(), emptied ? 0 : parts.size());
                  for (std::size_t i = 0; i < mask.values.size(); ++i) {
                    const int expected = emptied ? 0 : mask.values[i];
                    if (found.mask.row(i / made.columns)[i % made.columns] != expected) return wrong + "the mask";
                  }
                  for (std::size_t i = 0; i < found.regions.size() && wrong.empty(); ++i) {
                    double peak = -std::numeric_limits<double>::infinity();
                    for (const std::size_t pixel : parts[i]) {
                      const auto x = static_cast<double>(strangeness[pixel]);
                      if (peak == peak && !(x <= peak)) peak = x;
                    }
                    wrong += differs("peak", one_zero(found.regions[i].peak), one_zero(lower ? -peak : peak));
                  }
                  return wrong;
                });
}

TEST_CASE("maps with gaps between rows are fitted as without") {
  for (const Method& method : methods()) {
    const std::string name(method.info().name);
    for_all_types("gaps, " + name, 120, {.most = 80, .extreme = false, .map = true},
                  [&]<typename T>(const Case<T>& made) -> std::string {
                    Random random(made.seed);
                    ParameterMap parameters;
                    for (const ParameterInfo& info : method.info().parameters) {
                      if (info.name == "replicates") parameters["replicates"] = 19.0;
                      if (info.name == "least_p_value") parameters["least_p_value"] = 0.0;
                    }
                    AnyThreshold plain = method.make(parameters);
                    AnyThreshold padded = method.make(parameters);
                    const bool labels = method.info().needs_labels;
                    for (std::size_t row = 0; row < made.rows();) {
                      const std::size_t rows = std::min(1 + random.below(3), made.rows() - row);
                      const auto part = [&](const auto& values) {
                        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * made.columns);
                        return std::vector(begin, begin + static_cast<std::ptrdiff_t>(rows * made.columns));
                      };
                      const std::vector<T> pixels = part(made.scores);
                      const std::vector<std::uint8_t> mask = part(made.labels);
                      const std::size_t gap = random.below(4);
                      const std::vector<T> gappy = with_gaps(pixels, made.columns, gap);
                      std::vector<std::uint8_t> gappy_mask;
                      for (std::size_t i = 0; i < mask.size(); ++i) {
                        gappy_mask.push_back(mask[i]);
                        if ((i + 1) % made.columns == 0) gappy_mask.insert(gappy_mask.end(), 2, std::uint8_t{1});
                      }
                      const ScoreMap map(pixels.data(), rows, made.columns);
                      const ScoreMap view(gappy.data(), rows, made.columns, made.columns + gap);
                      if (labels) {
                        plain.update(map, Mask(mask.data(), rows, made.columns));
                        padded.update(view, Mask(gappy_mask.data(), rows, made.columns, made.columns + 2));
                      } else {
                        plain.update(map);
                        padded.update(view);
                      }
                      row += rows;
                    }
                    const Fit model = plain.compute();
                    const Fit fit = padded.compute();
                    return fit_differs(fit, model.status, model.cutoff.value()) +
                           differs("normals", fit.normal_count, model.normal_count) +
                           differs("anomalies", fit.anomalous_count, model.anomalous_count);
                  });
  }
}

#if PLIMSOLL_HAS_HALF
/// Halves and floats of the same values, within the halves' range; some near its lower end, where halves are denormal.
std::pair<std::vector<Half>, std::vector<float>> halves_of(const Case<float>& made) {
  std::pair<std::vector<Half>, std::vector<float>> both;
  const int exponent = made.seed % 2 == 0 ? 0 : -static_cast<int>(made.seed / 2 % 24);
  for (const float x : made.scores) {
    both.first.push_back(static_cast<Half>(std::ldexp(std::clamp(x, -60000.0F, 60000.0F), exponent)));
    both.second.push_back(static_cast<float>(both.first.back()));
  }
  return both;
}

TEST_CASE("halves: the least half above, by trying all") {
  for_all<float>("next half", 400, {}, [](const Case<float>& made) -> std::string {
    for (const Half score : halves_of(made).first) {
      const auto x = static_cast<double>(score);
      double least = std::numeric_limits<double>::infinity();
      for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const auto other = static_cast<double>(std::bit_cast<Half>(static_cast<std::uint16_t>(bits)));
        if (other > x) least = std::min(least, other);
      }
      if (std::string wrong = differs("next_above", next_above(x, ScoreType::float16), least); !wrong.empty()) {
        return wrong;
      }
      if (made.scores.size() > 3) break;
    }
    return "";
  });
}

TEST_CASE("halves are fitted and decided as the floats of their values") {
  for (const Method& method : methods()) {
    const std::string name(method.info().name);
    for_all<float>("halves, " + name, 150, {.most = 60, .extreme = false}, [&](const Case<float>& made) -> std::string {
      ParameterMap parameters;
      for (const ParameterInfo& info : method.info().parameters) {
        if (info.name == "replicates") parameters["replicates"] = 19.0;
        if (info.name == "least_p_value") parameters["least_p_value"] = 0.0;
      }
      const auto both = halves_of(made);
      AnyThreshold narrow = method.make(parameters);
      AnyThreshold wide = method.make(parameters);
      if (method.info().needs_labels) {
        narrow.update(both.first, std::span<const std::uint8_t>(made.labels));
        wide.update(both.second, std::span<const std::uint8_t>(made.labels));
      } else {
        narrow.update(both.first);
        wide.update(both.second);
      }
      const Fit fit = narrow.compute();
      const Fit model = wide.compute();
      if (std::string wrong = status_differs(fit, model.status); !wrong.empty()) return wrong;
      for (const Half score : both.first) {
        if (fit.cutoff(score) != model.cutoff(static_cast<float>(score))) {
          return "the label of " + literal(static_cast<float>(score));
        }
      }
      if (fit.cutoff.value() == model.cutoff.value()) return "";
      // A cutoff just above a number is the next float here, and there the next half, or the number if it is none.
      const double number = static_cast<double>(
          std::nextafter(static_cast<float>(model.cutoff.value()), -std::numeric_limits<float>::infinity()));
      const bool is_half = static_cast<double>(static_cast<Half>(number)) == number;
      return differs("cutoff", fit.cutoff.value(), is_half ? next_above(number, ScoreType::float16) : number);
    });
  }
}
#endif

}  // namespace
