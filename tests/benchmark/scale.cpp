// SPDX-License-Identifier: Apache-2.0
// How cost and memory grow with the number of scores, streamed from a generator: plimsoll_scale N [N...]. One line a
// method and N: nanoseconds a score (the generator's own subtracted), the peak of resident memory so far, the size of
// the state as bytes. docs/scale.md is about it.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>

#include "peak_memory.hpp"
#include "plimsoll/stats/tail_summary.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/maximum_threshold.hpp"
#include "plimsoll/thresholds/pixel_threshold.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"

namespace {

using namespace plimsoll;

constexpr std::size_t block_size = 1U << 16;

/// Blocks of floats between 0 and 2, and labels of which one in 16 is anomalous and its score higher.
class Generator {
 public:
  void draw() {
    for (std::size_t i = 0; i < block_size; ++i) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      const auto high = static_cast<float>(state_ >> 40);
      const auto low = static_cast<float>((state_ >> 16) & 0xffffff);
      labels[i] = static_cast<std::uint8_t>((state_ & 0xf000) == 0 ? 1 : 0);
      scores[i] = (high + low) * 0x1p-24F * (labels[i] == 1 ? 1.2F : 1.0F);
    }
  }
  std::array<float, block_size> scores;
  std::array<std::uint8_t, block_size> labels;

 private:
  std::uint64_t state_ = 1;
};

/// Of the processor, which other work does not count into.
double seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Streams about n scores through `take(generator)`.
template <typename Take>
double stream(std::size_t n, const Take& take) {
  static Generator generator;
  const std::size_t blocks = (n + block_size - 1) / block_size;
  double spent = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    generator.draw();
    const double begin = seconds();
    take(generator);
    spent += seconds() - begin;
  }
  return spent / static_cast<double>(blocks * block_size) * 1e9;
}

void print(const char* name, std::size_t n, double nanoseconds, std::size_t state, const std::string& answer) {
  std::printf("%-28s n = %-12zu %6.2f ns a score, peak %.0f MB, state %.1f kB, %s\n", name, n, nanoseconds,
              peak_megabytes(), static_cast<double>(state) / 1000, answer.c_str());
  std::fflush(stdout);
}

std::string line_of(const Fit& fit) {
  return fit.ok() ? "cutoff " + std::to_string(fit.cutoff.value()) : fit.note;
}

template <typename T, typename Take>
void measure(const char* name, std::size_t n, T threshold, const Take& take) {
  const double each = stream(n, [&](const Generator& generator) { take(threshold, generator); });
  print(name, n, each, threshold.snapshot().size(), line_of(threshold.compute()));
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const auto n = static_cast<std::size_t>(std::atof(argv[i]));
    const auto scores = [](auto& threshold, const Generator& generator) { threshold.update(generator.scores); };
    measure("maximum", n, MaximumThreshold{}, scores);
    measure("sigma", n, SigmaThreshold{}, scores);
    measure("f1, in buckets", n, F1Threshold{{.exact_limit = 0}},
            [](auto& threshold, const Generator& generator) { threshold.update(generator.scores, generator.labels); });
    measure("pixel, images of 65536", n, PixelThreshold{{.false_alarm_rate = 1e-4}},
            [](auto& threshold, const Generator& generator) {
              threshold.update(ScoreMap(generator.scores.data(), 256, 256));
            });
    stats::TailSummary<float> summary(100'000);
    const double each =
        stream(n, [&](const Generator& generator) { summary.append(std::span<const float>(generator.scores)); });
    print("summary of the largest 1e5", n, each, 0, "exact from " + std::to_string(summary.exact_from()));
  }
}
