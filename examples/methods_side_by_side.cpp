// SPDX-License-Identifier: Apache-2.0
// Every method that learns from normal scores, chosen by name, on the same scores.
//
//   methods_side_by_side FOLDER      a folder with normal.npy, such as examples/data/bottle-knn
#include <fmt/format.h>

#include <exception>
#include <plimsoll/adapt/fmt.hpp>
#include <plimsoll/io/score_file.hpp>
#include <plimsoll/thresholds/registry.hpp>
#include <string>

namespace {

void run(const std::string& folder) {
  plimsoll::io::ScoreBlock block;
  for (const plimsoll::Method& method : plimsoll::methods()) {
    if (method.info().needs_labels || method.info().name == "manual") continue;
    plimsoll::AnyThreshold threshold = method.make({});  // {} for the defaults, or {{"false_alarm_rate", 0.01}}
    const auto normal = plimsoll::io::open_scores(folder + "/normal.npy");
    while (normal->next(block)) threshold.update(block.scores());
    const plimsoll::Fit fit = threshold.compute();
    fmt::print("{:<16} {:<16} {:>10.4f}  {}\n", fit.method, fit.status, fit.cutoff.value(), fit.promise);
  }
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
