// SPDX-License-Identifier: Apache-2.0
// From normal scores to a line, a file, and decisions.
//
//   first_threshold FOLDER      a folder with normal.npy and test.npy, such as examples/data/bottle-knn
#include <fmt/format.h>

#include <exception>
#include <plimsoll/adapt/fmt.hpp>
#include <plimsoll/io/score_file.hpp>
#include <plimsoll/io/threshold_file.hpp>
#include <plimsoll/thresholds/quantile_threshold.hpp>
#include <string>

namespace {

void run(const std::string& folder) {
  // Fit: at most 10 % false alarms, with 95 % confidence. The file comes block by block, however long it is.
  plimsoll::QuantileThreshold threshold{{.false_alarm_rate = 0.1, .confidence = 0.95}};
  const auto normal = plimsoll::io::open_scores(folder + "/normal.npy");
  plimsoll::io::ScoreBlock block;
  while (normal->next(block)) threshold.update(block.scores());

  const plimsoll::Fit fit = threshold.compute();
  if (!fit.ok()) throw plimsoll::Error(fit.note);  // too few scores, say: the note tells how many it takes
  fmt::print("scores from {} on are anomalous: {}\n", fit.cutoff.value(), fit.promise);

  // What is shipped: the file holds the cutoff's bits, where it came from and what it promises.
  const std::string file = plimsoll::io::to_json({.fit = fit});
  const plimsoll::Cutoff shipped = plimsoll::io::from_json(file, "line.json").fit.cutoff;

  // Decide: the cutoff is eight bytes, and `cutoff(score)` all there is to it.
  const auto test = plimsoll::io::open_scores(folder + "/test.npy");
  std::size_t anomalous = 0;
  std::size_t count = 0;
  while (test->next(block)) {
    block.scores().visit([&](auto scores) {
      for (const auto score : scores) {
        if (shipped(score)) ++anomalous;
      }
      count += scores.size();
    });
  }
  fmt::print("{} of {} test scores are anomalous\n", anomalous, count);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : "examples/data/bottle-knn");
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
