// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/snapshot_archive.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/estimate.hpp"
#include "plimsoll/stats/interval.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/thresholds/input_policy.hpp"
#include "plimsoll/thresholds/sample.hpp"

namespace plimsoll {

namespace detail {

// What does not depend on the method is not compiled for each anew.

/// What an element is called in errors: of scores, or of a map of so many columns.
struct Place {
  std::size_t columns = 0;  ///< 0: scores

  [[nodiscard]] std::string name(std::size_t index) const {
    if (columns == 0) return "scores[" + std::to_string(index) + "]";
    return "map[" + std::to_string(index / columns) + ", " + std::to_string(index % columns) + "]";
  }
};

[[noreturn]] inline void refuse(std::string_view method, const std::string& what) {
  throw DataError(std::string(method) + ": " + what);
}

[[noreturn]] inline void refuse_anomalous(const MethodInfo& method, const std::string& what) {
  refuse(method.name, what + ", and this method learns from " +
                          (method.unlabelled ? "scores without labels" : "normal scores only"));
}

/// Throws for the first label that is no label, or not one for this method.
inline void refuse_labels(const MethodInfo& method, std::span<const std::uint8_t> bytes, bool takes_anomalous) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::string name = "labels[" + std::to_string(i) + "]";
    if (bytes[i] > 1)
      refuse(method.name, name + " = " + std::to_string(bytes[i]) + " is neither 0 (normal) nor 1 (anomalous)");
    if (bytes[i] == 1 && !takes_anomalous) refuse_anomalous(method, name + " is anomalous");
  }
}

inline void check_labels(const MethodInfo& method, std::size_t scores, std::span<const std::uint8_t> bytes,
                         bool takes_anomalous) {
  if (bytes.size() != scores) {
    refuse(method.name, std::to_string(scores) + " scores, but " + std::to_string(bytes.size()) + " labels");
  }
  std::uint8_t seen = 0;
  for (const std::uint8_t byte : bytes) seen = static_cast<std::uint8_t>(seen | byte);
  if (seen > (takes_anomalous ? 1 : 0)) refuse_labels(method, bytes, takes_anomalous);
}

inline void check_shapes(std::string_view method, ScoreMap map, Mask mask) {
  if (mask.rows() == map.rows() && mask.columns() == map.columns()) return;
  const auto shape = [](std::size_t rows, std::size_t columns) {
    return std::to_string(rows) + " x " + std::to_string(columns);
  };
  refuse(method,
         "a map of " + shape(map.rows(), map.columns()) + " with a mask of " + shape(mask.rows(), mask.columns()));
}

/// Whether all scores are finite. When not, throws unless they are to be skipped.
template <typename T>
bool check_finite(std::string_view method, std::span<const T> scores, Place place, NonFinite policy) {
  const std::size_t i = first_non_finite(scores);
  if (i == scores.size()) return true;
  if (policy == NonFinite::skip) return false;
  const T score = scores[i];
  const char* what = score != score ? "NaN" : score > T{0} ? "+inf" : "-inf";
  refuse(method, place.name(i) + " is " + what + "; non-finite scores are refused unless non_finite = skip");
}

/// The finite scores, and the labels of those, where each has one.
template <typename T>
struct FiniteScores {
  FiniteScores(std::span<const T> scores, std::span<const std::uint8_t> all_labels) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!is_finite(scores[i])) continue;
      kept.push_back(scores[i]);
      if (!all_labels.empty()) labels.push_back(all_labels[i]);
    }
  }
  std::vector<T> kept;
  std::vector<std::uint8_t> labels;
};

/// The score of a map's finite pixels, and how many there are; no score without any.
struct ReducedMap {
  std::optional<double> score;
  std::size_t finite = 0;
};

template <typename T>
ReducedMap reduce_finite(std::string_view method, std::span<const T> pixels, ScoreMap map, const InputPolicy& input) {
  if (pixels.empty()) refuse(method, "an empty map has no score");
  std::vector<T> finite;
  std::span<const T> kept = pixels;
  if (!check_finite(method, pixels, {map.columns()}, input.non_finite)) {
    std::ranges::copy_if(pixels, std::back_inserter(finite), [](T pixel) { return is_finite(pixel); });
    kept = finite;
  }
  if (kept.empty()) return {};
  return {score_of(ScoreMap(kept.data(), 1, kept.size()), input.map_reduction, input.top_share), kept.size()};
}

}  // namespace detail

/// What all estimators share: checking and reducing what comes in, and the parts of a Fit that do not depend on
/// the method. An estimator derives from Estimator<itself, its parameters, what it keeps>, and has
///   - `static const ParameterTable<Parameters>& table()`, by parameter_table(),
///   - `static const MethodInfo& info()`,
///   - `Fit fit_to(const State&) const`, which compute() calls, and may be private with `friend Estimator`.
/// Parameters with a member `exact_limit` have a State that is made of it.
/// Parameters with a member `trim` make compute() drop that share of the scores, the largest, before the fit, unless
/// they have a constant `passes_trim_on`.
/// What it keeps, its State, is a value with `append(std::span<const T>)` and, for methods that need labels,
/// `append(std::span<const T>, Label)` and `append(std::span<const T>, std::span<const std::uint8_t>)`, and
/// `merge(const State&)`. `append` sees finite floats or doubles only (halves come as floats), and leaves the State
/// as it was when it throws. A State that must know where a map ends has `append_map(std::span<const T>)` besides, for
/// the finite pixels of one map that comes pixel by pixel, with labels as `append` has them where the method needs
/// labels; one that must know the parameters is made from them.
template <typename Derived, typename ParametersOf, typename State>
class Estimator {
 public:
  /// The aggregate of the method's parameters.
  using Parameters = ParametersOf;

  /// Adds normal scores, as the concept Threshold says. Every update is one pass that checks the new scores and one
  /// that keeps them. Throws DataError.
  void update(Scores scores) { update(scores, Label::normal); }
  /// Adds a map without anomalies.
  void update(ScoreMap map) { update(map, Label::normal); }

  /// Adds scores that all have this label. Throws DataError for anomalous ones where the method takes none.
  void update(Scores scores, Label label) {
    if (!takes_anomalous && label == Label::anomalous) {
      detail::refuse_anomalous(Derived::info(), "the scores are labelled anomalous");
    }
    scores.visit([&](auto span) { take(span, label, scores.type(), {}); });
  }

  /// Adds scores with a label each. Throws DataError for unequal lengths, a label that is neither 0 nor 1, and an
  /// anomalous one where the method takes none.
  void update(Scores scores, Labels labels) {
    const auto bytes = labels.bytes();
    detail::check_labels(Derived::info(), scores.size(), bytes, takes_anomalous);
    scores.visit([&](auto span) { take(span, bytes, scores.type(), {}); });
  }

  /// Adds a map that is normal or anomalous as a whole.
  void update(ScoreMap map, Label label) {
    if (!takes_anomalous && label == Label::anomalous) {
      detail::refuse_anomalous(Derived::info(), "the map is labelled anomalous");
    }
    map.visit_pixels([&](auto pixels) {
      if (parameters_.input.map_reduction == MapReduction::every_pixel) {
        if constexpr (takes_maps) {
          take(pixels, OneMap{}, map.type(), {map.columns()}, true);
        } else {
          take(pixels, label, map.type(), {map.columns()}, true);
        }
      } else {
        take_reduced(pixels, label, map);
      }
    });
  }

  /// Adds a map with its true mask. Where the map is reduced to one score, that is anomalous when the mask has a pixel.
  /// Throws DataError for unequal sizes.
  void update(ScoreMap map, Mask mask) {
    detail::check_shapes(name(), map, mask);
    const bool any = mask.any();
    if (!takes_anomalous && any) detail::refuse_anomalous(Derived::info(), "the mask has anomalous pixels");
    if (any && parameters_.input.map_reduction == MapReduction::every_pixel) {
      const std::vector<Label> labels = mask.labels();
      map.visit_pixels([&](auto pixels) { take(pixels, Labels(labels).bytes(), map.type(), {map.columns()}, true); });
    } else {
      update(map, any ? Label::anomalous : Label::normal);
    }
  }

  /// The fit to what was collected.
  [[nodiscard]] Fit compute() const {
    if constexpr (trims) {
      if (parameters_.trim > 0) return trimmed_fit();
    }
    return derived().fit_to(state_);
  }

  /// Forgets what was collected, keeps the parameters.
  void reset() {
    state_ = make_state(parameters_);
    untrimmed_ = {};
    score_type_.reset();
    saw_pixels_ = false;
    skipped_ = 0;
  }

  /// Adds what the other collected. Throws ParameterError when its parameters differ.
  void merge(const Derived& other) {
    const Estimator& from = other;
    if (!(from.parameters_ == parameters_)) {
      throw ParameterError(std::string(name()) + ": cannot merge estimators with different parameters");
    }
    if (&from == this) {
      const Derived copy = other;
      return merge(copy);
    }
    const std::size_t skipped = detail::sum_of_counts(skipped_, from.skipped_);
    if (keeps_all()) {
      if constexpr (keeps_sample) untrimmed_.merge(from.untrimmed_);
    } else {
      state_.merge(from.state_);
    }
    score_type_ = std::max(score_type_, from.score_type_);  // nothing is below every type
    saw_pixels_ = saw_pixels_ || from.saw_pixels_;
    skipped_ = skipped;
  }

  /// What was collected, and the parameters, as bytes, the same on every machine: for a shard of the scores that
  /// another program goes on with. The magic "plimstat", the version, the method, its parameters, what was collected, a
  /// checksum (detail::SnapshotWriter). A float that is kept takes four bytes, a double eight.
  [[nodiscard]] std::vector<std::byte> snapshot() const {
    detail::SnapshotWriter writer(detail::state_magic, detail::state_version);
    writer(std::string(name()));
    writer(parameter_values());
    exchange(*this, writer);
    return std::move(writer).finish();
  }

  /// The estimator of a snapshot: what it computes, alone or merged, is the same bit for bit. Throws DataError, saying
  /// what is wrong, for bytes that are not of this method: of another one or version, cut short or longer, changed, or
  /// with numbers that make no sense. Takes memory in proportion to the bytes.
  [[nodiscard]] static Derived restore(std::span<const std::byte> bytes) {
    detail::SnapshotReader reader("estimator state", detail::state_magic, detail::state_version, bytes);
    std::string method;
    reader(method);
    if (method != name()) reader.fail("is of method " + method + ", not of " + std::string(name()));
    return restore(reader);
  }

  /// The same from after the method's name on, for who has read it to choose this method.
  [[nodiscard]] static Derived restore(detail::SnapshotReader& reader) {
    ParameterMap parameters;
    reader(parameters);
    std::optional<Derived> restored;
    try {
      restored.emplace(Derived::table().make(parameters));
    } catch (const ParameterError& error) {
      reader.fail(std::string("has parameters that this library does not take: ") + error.what());
    }
    exchange(static_cast<Estimator&>(*restored), reader);
    reader.finish();
    return std::move(*restored);
  }

  /// As given to the constructor, or restored.
  [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }

  /// The parameters by name.
  [[nodiscard]] ParameterMap parameter_values() const { return Derived::table().values(parameters_); }

 protected:
  /// Of the cutoff's interval.
  static constexpr double interval_confidence = 0.95;

  /// The note of a fit to pixels that withholds the promise.
  static constexpr const char* pixels_promise_nothing =
      "the scores are pixels, which are not exchangeable, so nothing is promised: "
      "reduce maps by maximum or top_mean for a promise about images";

  /// Throws ParameterError for a parameter out of its range.
  explicit Estimator(Parameters parameters) : parameters_{std::move(parameters)}, state_{make_state(parameters_)} {
    Derived::table().check(parameters_);
  }

  /// All scores, for methods that keep them.
  [[nodiscard]] const Sample& sample() const noexcept {
    if constexpr (keeps_sample) {
      return untrimmed_;
    } else {
      return state_;
    }
  }

  /// Whether maps came in pixel by pixel.
  [[nodiscard]] bool saw_pixels() const noexcept { return saw_pixels_; }

  /// The widest type among the scores.
  [[nodiscard]] ScoreType score_type() const noexcept { return score_type_.value_or(ScoreType::float64); }

  /// A Fit with all that does not depend on the method.
  [[nodiscard]] Fit begin_fit(std::size_t normal_count, std::size_t anomalous_count = 0) const {
    Fit fit;
    fit.method = Derived::info().name;
    fit.parameters = parameter_values();
    fit.score_type = score_type();
    fit.normal_count = normal_count;
    fit.anomalous_count = anomalous_count;
    fit.skipped_count = skipped_;
    if (skipped_ > 0) {
      add_note(fit, std::to_string(skipped_) + " non-finite scores were skipped; a promise is about finite ones");
    }
    return fit;
  }

  /// Adds to the fit's note, after a semicolon.
  static void add_note(Fit& fit, const std::string& note) { fit.note += (fit.note.empty() ? "" : "; ") + note; }

  /// What there is to know about a promise from so many scores; nothing for pixels, of which those of one image are
  /// alike, so that their number says little.
  void describe_promise(Fit& fit, std::size_t normals, std::size_t normals_needed, double best_rate) const {
    fit.promise.normals = normals;
    if (saw_pixels_) return;
    fit.promise.normals_needed = normals_needed;
    fit.promise.best_rate = best_rate;
  }

  /// The fit with a promise of this false-alarm rate; without one when it has no cutoff, or when the scores are pixels.
  [[nodiscard]] Fit promised(Fit fit, double rate, std::optional<double> confidence,
                             Guarantee guarantee = Guarantee::distribution_free) const {
    if (!fit.ok()) return fit;
    if (saw_pixels_) {
      add_note(fit, pixels_promise_nothing);
      return fit;
    }
    fit.promise.guarantee = guarantee;
    fit.promise.false_alarm_rate = rate;
    if (confidence) fit.promise.confidence = *confidence;
    return fit;
  }

  /// The fit with the cutoff that a fitted model has for this false-alarm rate.
  [[nodiscard]] Fit by_model(Fit fit, double cutoff, double rate, std::optional<double> confidence = {}) const {
    fit.promise.normals = fit.normal_count;
    return promised(with_cutoff(std::move(fit), cutoff), rate, confidence, Guarantee::model_based);
  }

  /// The fit without an answer as a model could not be estimated; `model` is what it is called, `fewest` how many
  /// scores it takes.
  [[nodiscard]] static Fit not_estimated(Fit fit, std::string_view model, stats::EstimateStatus status,
                                         std::size_t fewest) {
    if (status == stats::EstimateStatus::too_few) {
      const std::string count = std::to_string(fit.normal_count);
      return failed(
          std::move(fit), FitStatus::too_few_scores,
          "the " + std::string(model) + " needs " + std::to_string(fewest) + " normal scores, there are " + count);
    }
    const FitStatus fit_status = status == stats::EstimateStatus::no_spread        ? FitStatus::no_spread
                                 : status == stats::EstimateStatus::out_of_support ? FitStatus::not_applicable
                                                                                   : FitStatus::not_converged;
    return failed(std::move(fit), fit_status,
                  "the " + std::string(model) + " has no estimate: " + std::string(to_string(status)));
  }

  /// The fit with the interval of its cutoff; without one when it has no cutoff, or when the scores are pixels.
  [[nodiscard]] Fit with_interval(Fit fit, stats::Interval interval, std::string_view method) const {
    const bool known = interval.lower <= interval.upper;  // false for NaN, where digits ran out
    if (fit.ok() && !saw_pixels_ && known) {
      fit.interval = CutoffInterval{interval.lower, interval.upper, interval_confidence, std::string(method)};
    }
    return fit;
  }

  /// The fit whose cutoff lets `score` pass and flags the next number above it in the scores' type.
  [[nodiscard]] static Fit with_cutoff_above(Fit fit, double score) {
    fit.cutoff = Cutoff{next_above(score, fit.score_type)};
    if (fit.cutoff(score)) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "this program flushes denormal numbers to zero (-ffast-math, in some library, say), so that no "
                    "cutoff lies just above 0");
    }
    return fit;
  }

  /// The fit just above x(rank), which promises the rate whatever the distribution.
  [[nodiscard]] Fit above_rank(Fit fit, const Sample& scores, std::size_t rank, double rate,
                               std::optional<double> confidence) const {
    return scores.visit([&](auto span) {
      const auto score = static_cast<double>(stats::order_statistic(span, rank));
      return with_interval(promised(with_cutoff_above(std::move(fit), score), rate, confidence),
                           stats::quantile_interval(span, rate, interval_confidence), "order statistics");
    });
  }

  /// The fit with this cutoff; not_applicable when the arithmetic overflowed.
  [[nodiscard]] static Fit with_cutoff(Fit fit, double cutoff) {
    if (!is_finite(cutoff)) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "the cutoff, or the spread that it is made of, is beyond the largest double");
    }
    fit.cutoff = Cutoff{cutoff};
    return fit;
  }

  /// The fit without an answer.
  [[nodiscard]] static Fit failed(Fit fit, FitStatus status, const std::string& note) {
    fit.cutoff = Cutoff{};
    fit.status = status;
    add_note(fit, note);
    return fit;
  }

 private:
  static constexpr bool takes_anomalous = requires(State state, std::span<const float> scores) {
    state.append(scores, Label::anomalous);
  };
  static constexpr bool trims = requires(const Parameters& parameters) { parameters.trim; }
  &&!requires { Parameters::passes_trim_on; };
  /// Trimming needs the scores, which a State other than a Sample does not keep.
  static constexpr bool keeps_sample = trims && !std::same_as<State, Sample>;
  struct Nothing {};
  static constexpr bool takes_maps = requires(State state, std::span<const float> pixels) { state.append_map(pixels); };
  static constexpr bool takes_labelled_maps = requires(State state, std::span<const float> pixels) {
    state.append_map(pixels, Label::anomalous);
  };
  /// In place of a label: the scores are the pixels of one map.
  struct OneMap {};

  /// What was collected, to a snapshot or from one.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.score_type_);
    archive(self.saw_pixels_);
    archive(self.skipped_);
    archive(self.state_);
    if constexpr (keeps_sample) archive(self.untrimmed_);
    using DerivedSelf = std::conditional_t<std::is_const_v<Self>, const Derived, Derived>;
    if constexpr (requires(DerivedSelf & derived) { Derived::exchange_more(derived, archive); }) {
      Derived::exchange_more(static_cast<DerivedSelf&>(self), archive);
    }
    if constexpr (Archive::reads) {
      if (self.score_type_.value_or(ScoreType::float64) > ScoreType::float64) archive.nonsense();
      if (self.skipped_ > detail::most_count || (self.saw_pixels_ && !self.score_type_)) archive.nonsense();
      if constexpr (takes_labelled_maps) {
        if (self.saw_pixels_ == self.state_.images().empty()) archive.nonsense();
      }
    }
  }

  [[nodiscard]] static State make_state([[maybe_unused]] const Parameters& parameters) {
    if constexpr (std::constructible_from<State, const Parameters&>) {
      return State(parameters);
    } else {
      return State{};
    }
  }

  [[nodiscard]] const Derived& derived() const noexcept { return static_cast<const Derived&>(*this); }

  /// Whether scores go to untrimmed_ instead of state_.
  [[nodiscard]] bool keeps_all() const noexcept {
    if constexpr (keeps_sample) return parameters_.trim > 0;
    return false;
  }

  [[nodiscard]] Fit trimmed_fit() const {
    const Sample& all = sample();
    const std::size_t dropped = stats::share_count(all.size(), parameters_.trim);
    const Sample kept = all.without_largest(dropped);
    Fit fit = [&] {
      if constexpr (keeps_sample) {
        State state = make_state(parameters_);
        kept.visit([&state](auto scores) { state.append(scores); });
        return derived().fit_to(state);
      } else {
        return derived().fit_to(kept);
      }
    }();
    fit.trimmed_count = dropped;
    if (dropped > 0) {
      add_note(fit, "trim dropped the " + std::to_string(dropped) + " largest of " + std::to_string(all.size()) +
                        " normal scores" +
                        (fit.promise.guarantee == Guarantee::none
                             ? ""
                             : ", so that nothing is promised: a promise is about scores taken as they come"));
      fit.promise = Promise{.normals = kept.size()};
    }
    return fit;
  }

  [[nodiscard]] static std::string_view name() { return Derived::info().name; }

  /// Keeps the finite scores. `labels` is one Label for all, or a byte for each, or says that the State takes a map as
  /// one. `one_map`: the scores are the pixels of one map.
  template <typename T, typename LabelOrBytes>
  void take(std::span<const T> scores, const LabelOrBytes& labels, ScoreType type, detail::Place place,
            bool one_map = false) {
    if (scores.empty()) return;
    if (detail::check_finite(name(), scores, place, parameters_.input.non_finite)) {
      append(scores, labels, one_map);
    } else {
      constexpr bool label_each = std::same_as<LabelOrBytes, std::span<const std::uint8_t>>;
      const detail::FiniteScores<T> finite(scores, [&]() -> std::span<const std::uint8_t> {
        if constexpr (label_each) return labels;
        return {};
      }());
      const std::span<const T> kept = finite.kept;
      if (!kept.empty()) {
        if constexpr (label_each) {
          append(kept, std::span<const std::uint8_t>(finite.labels), one_map);
        } else {
          append(kept, labels, one_map);
        }
      }
      skipped_ += scores.size() - kept.size();
      if (kept.empty()) return;
    }
    score_type_ = std::max(score_type_, std::optional(type));
    saw_pixels_ = saw_pixels_ || one_map;
  }

  /// Keeps one score for the map, made of its finite pixels; none when it has none of those.
  template <typename T>
  void take_reduced(std::span<const T> pixels, Label label, ScoreMap map) {
    const detail::ReducedMap reduced = detail::reduce_finite(name(), pixels, map, parameters_.input);
    if (reduced.score) {
      if (parameters_.input.map_reduction == MapReduction::maximum) {  // one of the pixels, so a T
        const T pixel = static_cast<T>(*reduced.score);
        take(std::span<const T>(&pixel, 1), label, map.type(), {});
      } else {
        take(std::span<const double>(&*reduced.score, 1), label, ScoreType::float64, {});
      }
    }
    skipped_ += pixels.size() - reduced.finite;
  }

  template <typename T, typename LabelOrBytes>
  void append(std::span<const T> scores, [[maybe_unused]] const LabelOrBytes& labels, [[maybe_unused]] bool one_map) {
    if constexpr (sizeof(T) == 2) {
      const std::vector<float> floats(scores.begin(), scores.end());
      append(std::span<const float>(floats), labels, one_map);
    } else if constexpr (std::same_as<LabelOrBytes, OneMap>) {
      state_.append_map(scores);
    } else if constexpr (takes_anomalous) {
      if constexpr (takes_labelled_maps) {
        if (one_map) return state_.append_map(scores, labels);
      }
      state_.append(scores, labels);
    } else if (keeps_all()) {
      if constexpr (keeps_sample) untrimmed_.append(scores);
    } else {
      state_.append(scores);
    }
  }

  Parameters parameters_;
  State state_;
  [[no_unique_address]] std::conditional_t<keeps_sample, Sample, Nothing> untrimmed_;  ///< when keeps_all()
  std::optional<ScoreType> score_type_;  ///< the widest among the scores kept
  bool saw_pixels_ = false;              ///< maps came in pixel by pixel
  std::size_t skipped_ = 0;
};

}  // namespace plimsoll
