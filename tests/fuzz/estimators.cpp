// SPDX-License-Identifier: Apache-2.0
// Any sequence of what estimators can do, against a model that keeps all scores: one fresh estimator that is given them
// all at once must compute the same bits. Four methods are computed by other means too: by sorting, and by two loops.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "costly.hpp"
#include "fit_text.hpp"
#include "input.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace {

using namespace plimsoll;
using fuzz::Input;
using fuzz::require;
using test::text_of;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A score as it came.
struct Given {
  double score = 0;
  std::uint8_t label = 0;
};

/// All that was given since the last reset.
struct Model {
  std::vector<Given> given;
  bool wide = false;  ///< a finite double was among it

  void add(const Model& other) {
    const std::vector<Given> copy = other.given;  // it may be this one
    given.insert(given.end(), copy.begin(), copy.end());
    wide = wide || other.wide;
  }
};

/// Some of the method's parameters: mostly in their ranges, at times not.
ParameterMap draw_parameters(Input& input, const MethodInfo& info) {
  ParameterMap parameters;
  for (std::size_t left = input.below(5); left > 0; --left) {
    const ParameterInfo& row = info.parameters[input.below(info.parameters.size())];
    const std::uint8_t kind = input.byte();
    if (row.kind == ParameterKind::choice) {
      parameters[std::string(row.name)] =
          kind < 250 ? std::string(row.choices[kind % row.choices.size()]) : std::string("?");
    } else if (kind >= 240) {
      parameters[std::string(row.name)] = input.number();
    } else if (row.kind == ParameterKind::integer) {
      const double least = std::isfinite(row.range.least) ? row.range.least : 0;
      parameters[std::string(row.name)] = std::min(least + kind % 40, row.range.most);
    } else if (std::isfinite(row.range.least) && std::isfinite(row.range.most)) {
      parameters[std::string(row.name)] = row.range.least + (row.range.most - row.range.least) * kind / 239;
    } else {
      parameters[std::string(row.name)] = static_cast<double>(kind) / 16;
    }
  }
  // Unasked, bootstraps are of hundreds.
  const auto has = [&info](std::string_view name) {
    return std::ranges::find(info.parameters, name, &ParameterInfo::name) != info.parameters.end();
  };
  if (has("replicates")) parameters.try_emplace("replicates", 20.0);
  return parameters;
}

/// An estimator with the parameters; nothing where they are refused, which they must be when one is out of its range.
std::optional<AnyThreshold> make(const Method& method, const ParameterMap& parameters) {
  bool in_range = true;
  for (const auto& [name, value] : parameters) {
    const auto row = std::ranges::find(method.info().parameters, name, &ParameterInfo::name);
    if (const double* number = std::get_if<double>(&value)) {
      in_range = in_range && row->range.holds(*number) &&
                 (row->kind != ParameterKind::integer || std::floor(*number) == *number);
    } else {
      in_range = in_range && std::ranges::count(row->choices, std::get<std::string>(value)) > 0;
    }
  }
  try {
    AnyThreshold made = method.make(parameters);
    require(in_range, "a parameter out of its range is refused");
    return made;
  } catch (const ParameterError&) {
    return std::nullopt;
  }
}

/// Gives some scores of the input to both. When the estimator refuses them, both are as they were.
void update(Input& input, AnyThreshold& threshold, Model& model, bool skips) {
  const bool wide = input.flag();
  const std::uint8_t labelled = input.byte();
  const std::size_t repeats = 1 + (labelled / 8) % 4;  // for samples that are large enough for a method, from few bytes
  const std::size_t drawn = input.below(40);
  std::vector<double> doubles;
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < drawn; ++i) {
    doubles.push_back(wide ? input.number() : static_cast<double>(input.narrow()));
    if (labelled % 4 >= 2) labels.push_back(input.flag() ? 1 : 0);
  }
  const std::size_t once = doubles.size();
  for (std::size_t i = once; i < once * repeats; ++i) {
    const double shifted = doubles[i % once] + 0.25 * static_cast<double>(i / once);
    doubles.push_back(wide ? shifted : static_cast<double>(static_cast<float>(shifted)));
    if (!labels.empty()) labels.push_back(labels[i % once]);
  }
  const std::vector<float> floats(doubles.begin(), doubles.end());
  const Scores scores = wide ? Scores(doubles) : Scores(floats);
  const bool finite = std::ranges::all_of(doubles, [](double score) { return std::isfinite(score); });
  const bool all_anomalous = labelled % 4 == 1;
  try {
    if (labelled % 4 >= 2) {
      threshold.update(scores, Labels(labels));
    } else if (all_anomalous) {
      threshold.update(scores, Label::anomalous);
    } else {
      threshold.update(scores);
    }
  } catch (const DataError&) {
    const bool some_anomalous = all_anomalous || std::ranges::count(labels, 1) > 0;
    require(some_anomalous || (!finite && !skips), "only anomalous and non-finite scores are refused");
    return;
  }
  require(finite || skips, "non-finite scores are refused unless they are skipped");
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    model.given.push_back({doubles[i], labels.empty() ? static_cast<std::uint8_t>(all_anomalous ? 1 : 0) : labels[i]});
  }
  model.wide = model.wide || (wide && std::ranges::any_of(doubles, [](double score) { return std::isfinite(score); }));
}

Fit fit_at_once(AnyThreshold fresh, const Model& model, bool reversed) {
  std::vector<Given> given = model.given;
  if (reversed) std::ranges::reverse(given);
  std::vector<double> doubles;
  std::vector<std::uint8_t> labels;
  for (const auto& [score, label] : given) {
    doubles.push_back(score);
    labels.push_back(label);
  }
  const std::vector<float> floats(doubles.begin(), doubles.end());
  fresh.update(model.wide ? Scores(doubles) : Scores(floats), Labels(labels));
  return fresh.compute();
}

double value_of(const Fit& fit, std::string_view parameter) {
  return std::get<double>(fit.parameters.find(parameter)->second);
}
bool is_word(const Fit& fit, std::string_view parameter, std::string_view word) {
  const std::string* held = std::get_if<std::string>(&fit.parameters.find(parameter)->second);
  return held != nullptr && *held == word;
}
bool is_unset(const Fit& fit, std::string_view parameter) {
  return std::holds_alternative<std::monostate>(fit.parameters.find(parameter)->second);
}

/// The next number above in the scores' type.
double above(double score, bool wide) {
  if (wide) return std::nextafter(score, infinity);
  return static_cast<double>(std::nextafter(static_cast<float>(score), std::numeric_limits<float>::infinity()));
}

bool near(double one, double other, double tolerance) {
  return one == other || std::abs(one - other) <= tolerance;
}

void check_quantile(const Fit& fit, const std::vector<double>& sorted, bool wide) {
  if (!is_unset(fit, "confidence") || !is_word(fit, "rank", "kept")) return;
  const auto n = static_cast<double>(sorted.size());
  const double exact = (n + 1) * (1 - value_of(fit, "false_alarm_rate"));
  // Where a whole number is meant, rounding tells which it is.
  const bool whole = std::abs(exact - std::round(exact)) < 1e-9 * (n + 1);
  const double rank = whole ? std::round(exact) : std::ceil(exact);
  if (whole && fit.ok()) {
    const auto place = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    for (const std::size_t i : {place, std::min(place + 1, sorted.size() - 1)}) {
      if (place < sorted.size() && fit.cutoff.value() == above(sorted[i], wide)) return;
    }
    require(place >= sorted.size(), "quantile is one of the two order statistics at a whole rank");
    return;
  }
  if (whole) return;
  require(fit.ok() == (!sorted.empty() && rank <= n), "quantile has a cutoff where there is a rank");
  if (fit.ok()) {
    require(fit.cutoff.value() == above(sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1], wide),
            "quantile is just above the sorted scores' ceil((n + 1)(1 - rate))th");
  }
}

void check_sigma(const Fit& fit, const std::vector<double>& scores) {
  require((fit.status == FitStatus::too_few_scores) == (scores.size() < 2), "sigma needs two scores");
  if (scores.size() < 2) return;
  double most = 0;
  for (const double score : scores) {
    if (score != 0 && (std::abs(score) < 1e-100 || std::abs(score) > 1e100)) return;
    most = std::max(most, std::abs(score));
  }
  const auto n = static_cast<long double>(scores.size());
  long double sum = 0;
  for (const double score : scores) sum += score;
  const long double mean = sum / n;
  long double squares = 0;
  for (const double score : scores) squares += (score - mean) * (score - mean);
  const long double deviation = std::sqrt(squares / (n - value_of(fit, "ddof")));
  const double k = value_of(fit, "k");
  const bool equal = std::ranges::all_of(scores, [&](double score) { return score == scores[0]; });
  require((fit.status == FitStatus::no_spread) == equal, "sigma has no spread where all scores are equal");
  const long double expected = mean + k * deviation;
  if (fit.ok() && std::abs(expected) < 1e300L) {
    require(near(fit.cutoff.value(), static_cast<double>(expected), 1e-12 * most * (1 + std::abs(k))),
            "sigma is the mean and k standard deviations");
  }
}

void check_f1(const Fit& fit, const std::vector<Given>& given) {
  if (!is_word(fit, "objective", "f_beta") || !is_unset(fit, "prevalence")) return;
  if (value_of(fit, "exact_limit") < static_cast<double>(given.size()) || !fit.optimum) return;
  const double beta2 = value_of(fit, "beta") * value_of(fit, "beta");
  // F of the line at the cutoff: all pairs of a cutoff and a score.
  const auto f_at = [&](double cutoff) {
    double caught = 0, missed = 0, false_alarms = 0;
    for (const auto& [score, label] : given) {
      const bool flagged = !(score < cutoff);
      caught += label == 1 && flagged;
      missed += label == 1 && !flagged;
      false_alarms += label == 0 && flagged;
    }
    const double denominator = (1 + beta2) * caught + beta2 * missed + false_alarms;
    return denominator > 0 ? (1 + beta2) * caught / denominator : 0;
  };
  double best = 0;
  for (const Given& one : given) best = std::max(best, f_at(one.score));
  require(near(fit.optimum->value, best, 1e-12), "f1 reaches the best F of all cutoffs");
  require(near(f_at(fit.cutoff.value()), best, 1e-12), "f1's cutoff reaches what it says");
}

void check_by_other_means(const Fit& fit, const Model& model) {
  std::vector<Given> finite;
  std::vector<double> sorted;
  for (const Given& one : model.given) {
    if (!std::isfinite(one.score)) continue;
    finite.push_back(one);
    sorted.push_back(one.score);
  }
  std::ranges::sort(sorted);
  if (fit.method == "f1") return check_f1(fit, finite);
  const auto trim = fit.parameters.find("trim");
  if (trim == fit.parameters.end() || std::get<double>(trim->second) != 0) return;
  if (fit.method == "quantile") check_quantile(fit, sorted, model.wide);
  if (fit.method == "sigma") check_sigma(fit, sorted);
  if (fit.method == "maximum") {
    require(fit.ok() == !sorted.empty(), "maximum takes one score");
    if (fit.ok()) require(fit.cutoff.value() == above(sorted.back(), model.wide), "maximum is just above the largest");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Method& method = methods()[input.below(methods().size())];
  const ParameterMap parameters = draw_parameters(input, method.info());
  const auto fresh = make(method, parameters);
  if (!fresh || fuzz::costly(*fresh)) return 0;
  const auto non_finite = parameters.find("non_finite");
  const bool skips = non_finite != parameters.end() && non_finite->second == ParameterValue(std::string("skip"));

  std::vector<AnyThreshold> thresholds(2, *fresh);
  std::vector<Model> model(2);
  const auto check = [&](std::size_t i) {
    const std::string fit = text_of(thresholds[i].compute());
    require(fit == text_of(fit_at_once(*fresh, model[i], false)), "a fit is that of all scores at once");
  };
  for (int step = 0; step < 8 && !input.empty(); ++step) {
    const std::size_t i = input.below(2);
    switch (input.below(8)) {
      case 0: check(i); break;
      case 1:
        thresholds[i].reset();
        model[i] = {};
        break;
      case 2:
        thresholds[i].merge(thresholds[1 - i]);
        model[i].add(model[1 - i]);
        break;
      case 3:
        thresholds[i].merge(thresholds[i]);
        model[i].add(model[i]);
        break;
      case 4: {
        const std::vector<std::byte> bytes = thresholds[i].snapshot();
        thresholds[i] = restore_threshold(bytes);
        require(thresholds[i].snapshot() == bytes, "a restored estimator has the same snapshot");
        break;
      }
      default: update(input, thresholds[i], model[i], skips);
    }
    if (model[0].given.size() + model[1].given.size() > 400) break;  // more tell no more, and take longer
  }
  thresholds[0].merge(thresholds[1]);
  model[0].add(model[1]);
  check(0);
  const Fit fit = thresholds[0].compute();
  require(text_of(fit) == text_of(fit_at_once(*fresh, model[0], true)), "the order of the scores changes nothing");
  require(!std::isnan(fit.cutoff.value()), "no cutoff is NaN");
  require(fit.ok() || fit.cutoff == Cutoff{}, "a fit without an answer has the cutoff +inf");
  check_by_other_means(fit, model[0]);
  return 0;
}
