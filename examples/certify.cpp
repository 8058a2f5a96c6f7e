// SPDX-License-Identifier: Apache-2.0
// What the normal scores certify about every line at once: choose a line by looking at the certificate, and it still
// holds.
//
//   certify FOLDER      a folder with normal.npy, such as examples/data/bottle-knn
#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <plimsoll/adapt/fmt.hpp>
#include <plimsoll/io/score_file.hpp>
#include <plimsoll/thresholds/certified_threshold.hpp>
#include <plimsoll/thresholds/tail_threshold.hpp>
#include <string>

namespace {

/// In per cent, rounded up, as what is said is a bound.
double percent(double share) {
  return std::ceil(1000 * share) / 10;
}

bool run(const std::string& folder) {
  plimsoll::CertifiedThreshold threshold{{.confidence = 0.95}};
  plimsoll::TailThreshold tail;
  const auto normal = plimsoll::io::open_scores(folder + "/normal.npy");
  plimsoll::io::ScoreBlock block;
  while (normal->next(block)) {
    threshold.update(block.scores());
    tail.update(block.scores());
  }

  const plimsoll::Certificate certificate = threshold.certificate();
  fmt::print("{} normal scores certify, with 95 % confidence and all at once:\n", certificate.normal_count());
  bool kept = true;
  for (const double rate : {0.3, 0.2, 0.1, 0.05}) {
    const plimsoll::Cutoff cutoff = certificate.threshold_for(rate);
    if (std::isinf(cutoff.value())) {
      fmt::print("  {:4.0f} % false alarms: no line; the lowest rate is {:.1f} %\n", 100 * rate,
                 percent(certificate.smallest_rate()));
    } else {
      fmt::print("  {:4.0f} % false alarms: from {:.2f} on\n", 100 * rate, cutoff.value());
      kept = kept && certificate.rate_bound(cutoff) <= rate;
    }
  }

  // Any other line, whoever drew it: here that of another method, which promises "about 5 %".
  const plimsoll::Fit fit = tail.compute();
  fmt::print("the line of `tail` at {:.2f} flags at most {:.1f} %; it says: {}\n", fit.cutoff.value(),
             percent(certificate.rate_bound(fit.cutoff)), fit.promise);
  return kept && fit.ok();
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
