// SPDX-License-Identifier: Apache-2.0
// A rate too small to be counted: extrapolate the tail, and say how uncertain that is.
//
//   return_level FOLDER      a folder with normal.npy, such as examples/data/bottle-knn
#include <fmt/format.h>

#include <exception>
#include <plimsoll/adapt/fmt.hpp>
#include <plimsoll/core/error.hpp>
#include <plimsoll/io/score_file.hpp>
#include <plimsoll/thresholds/gpd_threshold.hpp>
#include <string>

namespace {

bool run(const std::string& folder) {
  // The cutoff is an upper bound of the level that 1 % of normal scores reach, not the estimate: with 95 % confidence
  // it flags at most 1 % of them, if their tail is a generalised Pareto one.
  plimsoll::GpdThreshold threshold{{.false_alarm_rate = 0.01, .confidence = 0.95}};
  const auto normal = plimsoll::io::open_scores(folder + "/normal.npy");
  plimsoll::io::ScoreBlock block;
  while (normal->next(block)) threshold.update(block.scores());

  const plimsoll::Fit fit = threshold.compute();
  if (!fit.ok()) throw plimsoll::Error(fit.note);
  const double estimate = fit.estimates.at("estimate");
  fmt::print("{} of {} normal scores lie above {:.2f}: sigma = {:.2f}, xi = {:.2f}\n", fit.estimates.at("exceedances"),
             fit.normal_count, fit.estimates.at("tail_start"), fit.estimates.at("sigma"), fit.estimates.at("xi"));
  if (fit.goodness) fmt::print("does the tail look like that? {}, p = {}\n", fit.goodness->test, fit.goodness->p_value);
  fmt::print("1 % of normal scores reach about {:.1f}", estimate);
  if (fit.interval) fmt::print(", or anything in [{:.1f}, {:.1f}]", fit.interval->lower, fit.interval->upper);
  fmt::print("\nscores from {:.1f} on are anomalous: {}\n", fit.cutoff.value(), fit.promise);
  return estimate < fit.cutoff.value();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "examples/data/bottle-knn") ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
