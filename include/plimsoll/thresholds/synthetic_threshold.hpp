// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/non_finite.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/auroc.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/stats/search_objective.hpp"
#include "plimsoll/thresholds/bounded_labelled_sample.hpp"
#include "plimsoll/thresholds/cut_bootstrap.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/image_profile.hpp"
#include "plimsoll/thresholds/labelled_cuts.hpp"
#include "plimsoll/thresholds/search_rows.hpp"

namespace plimsoll {

/// Where the line is drawn by the best cuts.
enum class SyntheticPlace : std::uint8_t {
  bootstrap_median,  ///< at the median of the best cuts of samples that are drawn again: steadier than the best one
  observed,          ///< at the best cut
  middle,            ///< half-way between it and the next lower score
};

/// What is done when the detector does not see the synthetic anomalies.
enum class FallBack : std::uint8_t {
  refuse,              ///< status undetectable
  false_alarm_budget,  ///< a line by the normal scores alone, at a false-alarm rate
};

/// Parameters of SyntheticThreshold.
struct SyntheticParameters {
  /// Its prevalence unset: balanced (0.5) where a score is an image's; where it is a pixel's, as in the pixels. Its
  /// false_alarm_cap bounds the line whatever the objective; 1 bounds nothing. Balanced F1 is largest where nearly all
  /// is flagged when the synthetic anomalies are hard to see, so with such a cap of .2 to .3 is advised.
  stats::SearchObjective search{.false_alarm_cap = 1};
  SyntheticPlace place = SyntheticPlace::bootstrap_median;  ///< where the line is drawn by the best cuts
  double undetectable_below = 0.65;                         ///< the least AUROC for which there is an answer; in [0, 1]
  FallBack fall_back = FallBack::refuse;                    ///< below that AUROC
  double false_alarm_rate = 0.05;  ///< of the fall-back: the share of normal images flagged; in (0, 1)
  double near_optimal = 0.99;      ///< cuts that reach this share of the best value are near-optimal; (0, 1)
  std::size_t warn_below = 60;     ///< fewer synthetic anomalies are warned of
  std::size_t replicates = 200;    ///< of the bootstrap; at least 19
  std::size_t seed = 1;            ///< of the bootstrap
  /// How many scores are kept at most; more are counted in buckets. Any number from 0.
  std::size_t exact_limit = BoundedLabelledSample::default_limit;
  InputPolicy input{.map_reduction = MapReduction::maximum};
  friend bool operator==(const SyntheticParameters&, const SyntheticParameters&) = default;
};

namespace detail {
/// Labelled scores, and of maps that come pixel by pixel a profile each. Either all scores are of such maps or none is.
class SyntheticState {
 public:
  explicit SyntheticState(const SyntheticParameters& parameters) : scores_{parameters.exact_limit} {}

  template <std::floating_point T, typename LabelOrBytes>
  void append(std::span<const T> scores, const LabelOrBytes& labels) {
    check_alike(images_.empty());
    scores_.append(scores, labels);
  }

  template <std::floating_point T, typename LabelOrBytes>
  void append_map(std::span<const T> pixels, const LabelOrBytes& labels) {
    check_alike(!images_.empty() || scores_.size() == 0);
    ImageProfile profile(pixels, labels);
    if (images_.size() == images_.capacity()) images_.reserve(2 * images_.size() + 16);
    scores_.append(pixels, labels);
    images_.push_back(std::move(profile));
  }

  void merge(const SyntheticState& other) {
    if (other.scores_.size() == 0) return;
    check_alike(scores_.size() == 0 || images_.empty() == other.images_.empty());
    std::vector<ImageProfile> images = images_;
    images.insert(images.end(), other.images_.begin(), other.images_.end());
    scores_.merge(other.scores_);
    images_ = std::move(images);
  }

  [[nodiscard]] const BoundedLabelledSample& scores() const noexcept { return scores_; }
  [[nodiscard]] const std::vector<ImageProfile>& images() const noexcept { return images_; }

  /// For snapshots.
  template <typename Self, typename Archive>
  static void exchange(Self& self, Archive& archive) {
    archive(self.scores_);
    archive(self.images_);
  }
  [[nodiscard]] bool restored() const noexcept {
    if (images_.empty()) return true;
    std::size_t normals = scores_.normal_count();
    std::size_t anomalies = scores_.anomalous_count();
    for (const ImageProfile& image : images_) {
      if (image.normals > normals || image.anomalies > anomalies) return false;
      normals -= image.normals;
      anomalies -= image.anomalies;
    }
    return normals == 0 && anomalies == 0;
  }

 private:
  static void check_alike(bool alike) {
    if (alike) return;
    throw DataError("synthetic: scores without a map beside maps taken pixel by pixel: a line is for one of them");
  }

  BoundedLabelledSample scores_;
  std::vector<ImageProfile> images_;
};
}  // namespace detail

/// The line between normal scores and those of synthetic anomalies: anomalous labels are those of the synthetic ones.
///
/// It is searched as F1Threshold's, by the same objectives: balanced F1 by default where a score is an image's, as the
/// number of synthetic anomalies says nothing about that of real ones; pooled F1 of pixels with map_reduction =
/// every_pixel, over the normal maps and the synthetic ones with their masks. The line is the median of the best cuts
/// of `replicates` samples drawn again (of whole images, where the scores are pixels), or the best cut itself.
///
/// Status missing_class without normal or without synthetic scores, undetectable when the AUROC is below
/// `undetectable_below`: a detector that does not see the synthetic anomalies says nothing about where to cut. The note
/// then states the line of a false-alarm budget by the normal scores alone, and with fall_back = false_alarm_budget
/// that line is the cutoff, estimates have fell_back = 1, and the note says so. Promises nothing.
///
/// `estimates`: auroc; recall; objective (at the cutoff; optimum.value is the best); false_alarm_rate on the normals
/// with its exact 95 % interval false_alarm_lower, false_alarm_upper (Clopper and Pearson), of images with a flagged
/// pixel where the scores are pixels (pixel_false_alarm_rate is theirs); near_optimal_lower and _upper; cutoff_sd over
/// the samples; image_auroc (of the maps' largest pixels), normal_images, synthetic_images where the scores are pixels;
/// for each weaker severity auroc_severity_X and recall_severity_X. `interval`: the percentiles of the samples' cuts.
///
/// Keeps every score up to exact_limit, 4 bytes a float, as F1Threshold does, and of maps pixel by pixel besides some
/// 15 kB each (detail::ImageProfile). Compute sorts; O(n log n + replicates n), n being scores, or for maps the
/// profiles' points, 600 of 256 x 256 pixels. Above exact_limit plain scores have no bootstrap: the line is the best
/// cut, and the note says so.
class SyntheticThreshold : public Estimator<SyntheticThreshold, SyntheticParameters, detail::SyntheticState> {
 public:
  explicit SyntheticThreshold(Parameters parameters = {}) : Estimator(std::move(parameters)) {}

  /// Scores of weaker synthetic anomalies, of which the fit only says how well they are told and caught. Throws
  /// DataError for a score that is not finite (unless those are skipped) and for a severity that is not.
  void update_severity(double severity, Scores scores) {
    scores.visit([&]<typename T>(std::span<const T> all) {
      std::vector<double> kept;
      for (const T score : all) {
        if (is_finite(score)) {
          kept.push_back(static_cast<double>(score));
        } else {
          check_skipping();
        }
      }
      add_severity(severity, kept);
    });
  }

  /// The same of a map: of its one score, or with map_reduction = every_pixel of the pixels that the mask has set.
  /// Throws DataError for another shape, and for a mask of which nothing is set.
  void update_severity(double severity, ScoreMap map, Mask mask) {
    if (mask.rows() != map.rows() || mask.columns() != map.columns() || !mask.any()) {
      throw DataError("synthetic: a map of weaker severity needs a mask of its shape with anomalous pixels");
    }
    const InputPolicy& input = parameters().input;
    const std::vector<Label> labels = mask.labels();
    std::vector<double> kept;
    map.visit_pixels([&]<typename T>(std::span<const T> pixels) {
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        if (input.map_reduction == MapReduction::every_pixel && labels[i] == Label::normal) continue;
        if (is_finite(pixels[i])) {
          kept.push_back(static_cast<double>(pixels[i]));
        } else {
          check_skipping();
        }
      }
    });
    if (input.map_reduction != MapReduction::every_pixel && !kept.empty()) {
      kept = {score_of(ScoreMap(kept.data(), 1, kept.size()), input.map_reduction, input.top_share)};
    }
    add_severity(severity, kept);
  }

  /// Forgets what was collected, weaker anomalies too, keeps the parameters.
  void reset() {
    Estimator::reset();
    severities_.clear();
  }

  /// For snapshots, after what every estimator collects.
  template <typename Self, typename Archive>
  static void exchange_more(Self& self, Archive& archive) {
    archive(self.severities_);
    if constexpr (Archive::reads) {
      for (const auto& [severity, scores] : self.severities_) {
        if (!is_finite(severity) || first_non_finite(std::span<const double>(scores)) != scores.size()) {
          archive.nonsense();
        }
      }
    }
  }

  /// Adds what the other collected. Throws ParameterError when its parameters differ.
  void merge(const SyntheticThreshold& other) {
    auto severities = severities_;
    for (const auto& [severity, scores] : other.severities_) {
      severities[severity].insert(severities[severity].end(), scores.begin(), scores.end());
    }
    Estimator::merge(other);
    severities_ = std::move(severities);
  }

  static const ParameterTable<Parameters>& table() {
    static const auto rows = [] {
      auto all = search_rows<Parameters>(
          "f_beta, cost: the share of anomalies to reckon with; unset: 0.5 (balanced) for image scores, as in the "
          "pixels for pixels",
          "the largest share of normal scores that may be flagged, by any objective");
      all.push_back(choice<Parameters>(
          "place", [](auto& p) -> auto& { return p.place; },
          {{SyntheticPlace::bootstrap_median, "bootstrap_median"},
           {SyntheticPlace::observed, "observed"},
           {SyntheticPlace::middle, "middle"}},
          "the median of the best cuts of samples drawn again, the best cut, or half-way to the next lower score"));
      all.push_back(number<Parameters>(
          "undetectable_below", [](auto& p) -> auto& { return p.undetectable_below; }, Range::closed(0, 1),
          "the least AUROC of the synthetic anomalies for which there is an answer"));
      all.push_back(choice<Parameters>(
          "fall_back", [](auto& p) -> auto& { return p.fall_back; },
          {{FallBack::refuse, "refuse"}, {FallBack::false_alarm_budget, "false_alarm_budget"}},
          "below that AUROC: no cutoff, or one by the normal scores alone at false_alarm_rate"));
      all.push_back(number<Parameters>(
          "false_alarm_rate", [](auto& p) -> auto& { return p.false_alarm_rate; }, Range::open(0, 1),
          "of the fall-back: the share of normal images that is flagged"));
      all.push_back(number<Parameters>(
          "near_optimal", [](auto& p) -> auto& { return p.near_optimal; }, Range::open(0, 1),
          "cutoffs that reach this share of the best value are near-optimal"));
      all.push_back(number<Parameters>(
          "warn_below", [](auto& p) -> auto& { return p.warn_below; }, Range::from(0),
          "fewer synthetic anomalies than this are warned of"));
      all.push_back(number<Parameters>(
          "replicates", [](auto& p) -> auto& { return p.replicates; }, Range::closed(19, 100000),
          "bootstrap samples for the cutoff and its spread"));
      all.push_back(number<Parameters>(
          "seed", [](auto& p) -> auto& { return p.seed; }, Range::from(0), "seed of the bootstrap"));
      all.push_back(number<Parameters>(
          "exact_limit", [](auto& p) -> auto& { return p.exact_limit; }, Range::from(0),
          "how many scores are kept at most; more are counted in buckets of relative width 2^-14"));
      return parameter_table<Parameters>("synthetic", std::move(all));
    }();
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"synthetic",
                                   "the cutoff that is best on normal scores and those of synthetic anomalies",
                                   "synthetic anomalies that the detector sees about as it sees real ones",
                                   true,
                                   Invariance::rank,
                                   Guarantee::none,
                                   table().infos()};
    return method;
  }

 private:
  friend Estimator;

  static constexpr double infinity = std::numeric_limits<double>::infinity();

  void check_skipping() const {
    if (parameters().input.non_finite == NonFinite::skip) return;
    throw DataError("synthetic: a score of weaker severity is not finite");
  }

  void add_severity(double severity, const std::vector<double>& scores) {
    if (!is_finite(severity)) throw DataError("synthetic: severity = " + detail::shortest(severity) + " is not finite");
    if (const auto found = severities_.find(severity); found != severities_.end()) {
      found->second.insert(found->second.end(), scores.begin(), scores.end());
    } else {
      severities_.emplace(severity, scores);
    }
  }

  [[nodiscard]] Fit fit_to(const detail::SyntheticState& state) const {
    Fit fit = begin_fit(state.scores().normal_count(), state.scores().anomalous_count());
    if (fit.normal_count + fit.anomalous_count == 0) {
      return failed(std::move(fit), FitStatus::too_few_scores, "there is no score");
    }
    if (fit.normal_count == 0 || fit.anomalous_count == 0) {
      const char* missing = fit.normal_count == 0 ? "normal" : "anomalous";
      return failed(std::move(fit), FitStatus::missing_class, std::string("there is no ") + missing + " score");
    }
    if (!state.scores().exact()) {
      add_note(fit,
               "more than exact_limit scores: they were counted in buckets of relative width 2^-14, and the cutoffs "
               "are those between buckets");
    }
    stats::SearchObjective search = parameters().search;
    if (!search.prevalence && !saw_pixels()) search.prevalence = 0.5;
    const LabelledCuts cuts(state.scores());
    const stats::ObjectiveMerit merit(search, fit.normal_count, fit.anomalous_count);
    const stats::BestCut<double> best = cuts.best(merit);
    const double sign = search.objective == stats::Objective::cost ? -1 : 1;
    fit.optimum = Optimum{to_string(table().values(parameters()).at("objective")), sign * best.merit.value, best.below,
                          best.flags_nothing ? infinity : best.cut};
    fit.curve = cuts.curve(merit, best, sign);
    const double auroc = cuts.auroc();
    fit.estimates["auroc"] = auroc;
    // Synthetic images last, in an order that does not depend on how they came.
    std::vector<detail::ImageProfile> images = state.images();
    std::sort(images.begin(), images.end());
    std::size_t synthetic = fit.anomalous_count;
    if (saw_pixels()) synthetic = describe_images(fit, images);
    if (synthetic < parameters().warn_below) {
      add_note(fit, "warning: only " + std::to_string(synthetic) + " synthetic " +
                        (synthetic == 1 ? "anomaly" : "anomalies") + ", under " +
                        std::to_string(parameters().warn_below) + ", so that the line is a matter of luck");
    }
    for (const auto& [severity, scores] : severities_) {
      if (!state.scores().exact() || scores.empty()) continue;
      fit.estimates["auroc_severity_" + detail::shortest(severity)] =
          stats::auroc(std::span<const double>(cuts.normals()), std::span<const double>(scores));
    }
    if (!(auroc >= parameters().undetectable_below)) return fall_back(std::move(fit), cuts, images);
    const stats::Interval near = cuts.near_optimal(merit, best, 1 - parameters().near_optimal);
    fit.estimates["near_optimal_lower"] = near.lower;
    fit.estimates["near_optimal_upper"] = near.upper;
    fit = placed(std::move(fit), state, cuts, images, best, search);
    fit = capped(std::move(fit), cuts);
    if (!fit.ok()) return fit;
    const LabelledCuts::Counts flagged = cuts.flagged(fit.cutoff);
    fit.estimates["objective"] = sign * merit(flagged.caught, flagged.false_alarms).value;
    return judged(std::move(fit), cuts, images);
  }

  /// What there is to say of the images whose pixels came. How many of them are synthetic.
  static std::size_t describe_images(Fit& fit, const std::vector<detail::ImageProfile>& images) {
    std::vector<double> normal;
    std::vector<double> synthetic;
    for (const detail::ImageProfile& image : images)
      (image.synthetic() ? synthetic : normal).push_back(image.maximum());
    fit.estimates["normal_images"] = static_cast<double>(normal.size());
    fit.estimates["synthetic_images"] = static_cast<double>(synthetic.size());
    if (!normal.empty()) {
      fit.estimates["image_auroc"] = stats::auroc(std::span<const double>(normal), std::span<const double>(synthetic));
    }
    return synthetic.size();
  }

  /// The fit with its line, and how far that would move with other scores.
  [[nodiscard]] Fit placed(Fit fit, const detail::SyntheticState& state, const LabelledCuts& cuts,
                           const std::vector<detail::ImageProfile>& images, const stats::BestCut<double>& best,
                           const stats::SearchObjective& search) const {
    double line = best.flags_nothing ? infinity : best.cut;
    if (parameters().place == SyntheticPlace::middle && !best.flags_nothing) {
      const double half_way = std::midpoint(best.below, best.cut);
      if (best.below < half_way && half_way < best.cut) line = half_way;
    }
    if (saw_pixels() || state.scores().exact()) {
      const auto bootstrap =
          saw_pixels() ? detail::CutBootstrap(images) : detail::CutBootstrap(cuts.normals(), cuts.anomalies());
      const std::vector<double> drawn = bootstrap.best_cuts(search, parameters().replicates, parameters().seed);
      if (parameters().place == SyntheticPlace::bootstrap_median) line = drawn[(drawn.size() - 1) / 2];
      const double tail = (1 - interval_confidence) / 2;
      const auto outer =
          std::max<std::size_t>(1, static_cast<std::size_t>(std::floor(static_cast<double>(drawn.size() + 1) * tail)));
      fit.interval = CutoffInterval{drawn[outer - 1], drawn[drawn.size() - outer], interval_confidence,
                                    saw_pixels() ? "image bootstrap" : "bootstrap"};
      fit.estimates["cutoff_sd"] = deviation(drawn);
    } else if (parameters().place == SyntheticPlace::bootstrap_median) {
      add_note(fit, "there is no bootstrap of so many scores, so the cutoff is the best one itself");
    }
    if (line == infinity) {
      add_note(fit, "the best is to flag nothing");
      return with_cutoff_above(std::move(fit), cuts.largest());
    }
    fit.cutoff = Cutoff{line};
    return fit;
  }

  /// The standard deviation of the finite ones among the cuts; NaN for fewer than two.
  [[nodiscard]] static double deviation(const std::vector<double>& cuts) {
    double count = 0;
    double sum = 0;
    const double unit = std::max(std::abs(cuts.front()), 1.0);  // so that squares of huge cuts do not overflow
    for (const double cut : cuts) {
      if (cut == infinity) continue;
      count += 1;
      sum += cut / unit;
    }
    double squares = 0;
    for (const double cut : cuts) {
      if (cut != infinity) squares += (cut / unit - sum / count) * (cut / unit - sum / count);
    }
    return count < 2 ? std::numeric_limits<double>::quiet_NaN() : unit * std::sqrt(squares / (count - 1));
  }

  /// The fit with the line raised until it keeps the cap.
  [[nodiscard]] Fit capped(Fit fit, const LabelledCuts& cuts) const {
    const double cap = parameters().search.false_alarm_cap;
    if (!fit.ok()) return fit;
    const std::size_t alarms = cuts.flagged(fit.cutoff).false_alarms;
    if (static_cast<double>(alarms) / static_cast<double>(cuts.normal_count()) <= cap) return fit;
    add_note(fit, "false_alarm_cap = " + detail::shortest(cap) + " raised the line from " +
                      detail::shortest(fit.cutoff.value()));
    if (const std::optional<double> line = cuts.lowest_within(cap)) {
      fit.cutoff = Cutoff{*line};
      return fit;
    }
    return with_cutoff_above(std::move(fit), cuts.largest());
  }

  /// The fit with what its line does on the scores.
  [[nodiscard]] Fit judged(Fit fit, const LabelledCuts& cuts, const std::vector<detail::ImageProfile>& images) const {
    const LabelledCuts::Counts flagged = cuts.flagged(fit.cutoff);
    fit.estimates["recall"] = static_cast<double>(flagged.caught) / static_cast<double>(fit.anomalous_count);
    std::size_t alarms = flagged.false_alarms;
    std::size_t normals = fit.normal_count;
    if (saw_pixels()) {
      fit.estimates["pixel_false_alarm_rate"] = static_cast<double>(alarms) / static_cast<double>(normals);
      alarms = 0;
      normals = 0;
      for (const detail::ImageProfile& image : images) {
        if (image.synthetic()) continue;
        ++normals;
        alarms += fit.cutoff(image.maximum()) ? 1U : 0U;
      }
    }
    if (normals > 0) {
      const stats::Interval rate = stats::proportion_interval(alarms, normals, interval_confidence);
      fit.estimates["false_alarm_rate"] = static_cast<double>(alarms) / static_cast<double>(normals);
      fit.estimates["false_alarm_lower"] = rate.lower;
      fit.estimates["false_alarm_upper"] = rate.upper;
    }
    for (const auto& [severity, scores] : severities_) {
      if (scores.empty()) continue;
      const auto caught = std::ranges::count_if(scores, [&fit](double score) { return fit.cutoff(score); });
      fit.estimates["recall_severity_" + detail::shortest(severity)] =
          static_cast<double>(caught) / static_cast<double>(scores.size());
    }
    return fit;
  }

  /// The fit without a synthetic line: with none, or with that of a false-alarm budget.
  [[nodiscard]] Fit fall_back(Fit fit, const LabelledCuts& cuts,
                              const std::vector<detail::ImageProfile>& images) const {
    const double rate = parameters().false_alarm_rate;
    const std::string why = "the detector does not see the synthetic anomalies: their AUROC of " +
                            detail::percent(fit.estimates.at("auroc"), false) + " % is below undetectable_below = " +
                            detail::percent(parameters().undetectable_below, false) + " %";
    std::vector<double> maxima;
    for (const detail::ImageProfile& image : images) {
      if (!image.synthetic()) maxima.push_back(image.maximum());
    }
    const std::size_t normals = saw_pixels() ? maxima.size() : fit.normal_count;
    if (normals == 0) {
      return failed(std::move(fit), FitStatus::undetectable, why + "; without normal maps there is no budget either");
    }
    // Just above the order statistic that keeps the rate on average, or above the largest with too few.
    const std::size_t rank = stats::conformal_rank(normals, rate).value_or(normals);
    std::ranges::sort(maxima);
    Fit budget = with_cutoff_above(fit, saw_pixels() ? maxima[rank - 1] : cuts.normal_below(normals - rank));
    if (!budget.ok()) return failed(std::move(fit), FitStatus::undetectable, why + "; " + budget.note);
    const double line = budget.cutoff.value();
    fit.estimates["fall_back_cutoff"] = line;
    const std::string what = "a false-alarm budget of " + detail::percent(rate, true) + " % of the normal " +
                             (saw_pixels() ? "images" : "scores") + ", by these alone";
    if (parameters().fall_back == FallBack::refuse) {
      return failed(std::move(fit), FitStatus::undetectable,
                    why + "; " + what + ", would put the line at " + detail::shortest(line) +
                        " (what method synthetic does with fall_back = false_alarm_budget)");
    }
    fit.cutoff = Cutoff{line};
    fit.estimates["fell_back"] = 1;
    add_note(fit, "UNDETECTABLE, fell back: " + why + "; so the line is that of " + what +
                      ", and the synthetic anomalies have no part in it");
    return judged(std::move(fit), cuts, images);
  }

  std::map<double, std::vector<double>> severities_;
};

static_assert(Threshold<SyntheticThreshold>);

}  // namespace plimsoll
