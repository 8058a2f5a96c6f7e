// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/threshold.hpp"
#include "plimsoll/stats/histogram_cut.hpp"
#include "plimsoll/stats/uniform_bins.hpp"
#include "plimsoll/thresholds/estimator.hpp"
#include "plimsoll/thresholds/sample.hpp"
#include "plimsoll/thresholds/unlabelled.hpp"

namespace plimsoll {

/// Where HistogramThreshold cuts the histogram in two.
enum class HistogramRule : std::uint8_t {
  otsu,      ///< the largest variance between the two classes
  yen,       ///< the largest total correlation
  li,        ///< the least cross entropy, on the scores themselves
  triangle,  ///< the bin farthest below the line from the peak to the end of the longer tail
  isodata,   ///< midway between the two classes' means
  minimum,   ///< the least bin between two peaks
};

/// Parameters of HistogramThreshold.
struct HistogramParameters {
  HistogramRule rule = HistogramRule::otsu;  ///< where to cut
  std::size_t bins = 256;                    ///< from the least to the largest score; in [2, 65536]. Not used by li
  InputPolicy input{};
  friend bool operator==(const HistogramParameters&, const HistogramParameters&) = default;
};

/// The cut in two of the histogram of unlabelled scores, by the rules that images are binarised with (stats/
/// histogram_cut.hpp), as scikit-image defines them: what lies above the centre of the bin that ends the lower part is
/// anomalous, by li what lies above the cut itself. Promises nothing. Keeps every score; compute sorts. Status
/// too_few_scores with n < 2, no_spread when all are equal, not_applicable where minimum finds no two peaks.
class HistogramThreshold : public UnlabelledEstimator<HistogramThreshold, HistogramParameters> {
 public:
  explicit HistogramThreshold(Parameters parameters = {}) : UnlabelledEstimator(std::move(parameters)) {}

  static const ParameterTable<Parameters>& table() {
    static const auto rows = parameter_table<Parameters>(
        "histogram", {choice<Parameters>(
                          "rule", [](auto& p) -> auto& { return p.rule; },
                          {{HistogramRule::otsu, "otsu"},
                           {HistogramRule::yen, "yen"},
                           {HistogramRule::li, "li"},
                           {HistogramRule::triangle, "triangle"},
                           {HistogramRule::isodata, "isodata"},
                           {HistogramRule::minimum, "minimum"}},
                          "where the histogram is cut in two"),
                      number<Parameters>(
                          "bins", [](auto& p) -> auto& { return p.bins; }, Range::closed(2, 65536),
                          "bins from the least to the largest score; li takes the scores themselves")});
    return rows;
  }

  static const MethodInfo& info() {
    static const MethodInfo method{"histogram",
                                   "the cut in two of the histogram of unlabelled scores (Otsu, Yen, Li, ...)",
                                   "two classes that the histogram shows, neither of them tiny; no promise",
                                   false,
                                   Invariance::affine,
                                   Guarantee::none,
                                   table().infos(),
                                   true};
    return method;
  }

 private:
  friend Estimator<HistogramThreshold, HistogramParameters, Sample>;

  [[nodiscard]] Fit fit_to(const Sample& state) const {
    const std::vector<double> sorted = state.sorted();
    Fit fit = begin_fit(sorted.size());
    if (lacks(fit, sorted, 2, "a histogram that is cut in two")) return fit;
    if (parameters().rule == HistogramRule::li) return flagging_above(std::move(fit), stats::li_cut(sorted), sorted);
    const stats::UniformBins bins(sorted.front(), sorted.back(), parameters().bins);
    const std::optional<std::size_t> bin = last_lower_bin(bins.counts(sorted));
    if (!bin) {
      return failed(std::move(fit), FitStatus::not_applicable,
                    "the smoothed histogram has not two peaks to take the minimum between");
    }
    return flagging_above(std::move(fit), bins.centre(*bin), sorted);
  }

  [[nodiscard]] std::optional<std::size_t> last_lower_bin(const std::vector<std::size_t>& counts) const {
    switch (parameters().rule) {
      case HistogramRule::yen: return stats::yen_bin(counts);
      case HistogramRule::triangle: return stats::triangle_bin(counts);
      case HistogramRule::isodata: return stats::isodata_bin(counts);
      case HistogramRule::minimum: return stats::minimum_bin(counts);
      default: return stats::otsu_bin(counts);
    }
  }
};

static_assert(Threshold<HistogramThreshold>);

}  // namespace plimsoll
