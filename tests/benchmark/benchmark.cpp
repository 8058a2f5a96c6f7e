// SPDX-License-Identifier: Apache-2.0
// What each promise of speed is measured by: the library, and beside it, in the same run, a limit that code has no
// business to beat. Peers in Python are run by measure.py, which reads the names "row/what".
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/decide/normalisation.hpp"
#include "plimsoll/stats/best_cut.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/order_statistics.hpp"
#include "plimsoll/stats/tail_summary.hpp"
#include "plimsoll/synth/perlin_noise.hpp"
#include "plimsoll/thresholds/f1_threshold.hpp"
#include "plimsoll/thresholds/mebin.hpp"
#include "plimsoll/thresholds/mebin_range.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"
#include "plimsoll/thresholds/quantile_threshold.hpp"
#include "plimsoll/thresholds/sigma_threshold.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"

namespace {

using namespace plimsoll;

constexpr std::size_t ten_million = 10'000'000;

std::vector<float> draw(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::gamma_distribution<float> gamma(3.0F, 1.0F);
  std::vector<float> numbers(n);
  for (float& number : numbers) number = gamma(random);
  return numbers;
}

/// Ten million scores, a tenth of them anomalous and higher.
struct Labelled {
  std::vector<float> scores = draw(ten_million, 1);
  std::vector<std::uint8_t> labels = std::vector<std::uint8_t>(ten_million);
  Labelled() {
    std::mt19937 random(2);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      labels[i] = random() % 10 == 0 ? 1 : 0;
      if (labels[i] == 1) scores[i] += 3;
    }
  }
};
const Labelled& labelled() {
  static const Labelled data;
  return data;
}

/// One pass over the floats: the limit of what reads them all once.
float sum_of(std::span<const float> numbers) {
  float sums[32] = {};
  std::size_t i = 0;
  for (; i + 32 <= numbers.size(); i += 32) {
    for (std::size_t j = 0; j < 32; ++j) sums[j] += numbers[i + j];
  }
  for (; i < numbers.size(); ++i) sums[0] += numbers[i];
  return std::accumulate(std::begin(sums), std::end(sums), 0.0F);
}

// Best F1 of ten million labelled floats.

void best_f1(benchmark::State& state) {
  const Labelled& data = labelled();
  for (auto _ : state) {
    F1Threshold threshold;
    threshold.update(data.scores, data.labels);
    benchmark::DoNotOptimize(threshold.compute().cutoff);
  }
}
void best_f1_split(benchmark::State& state) {  // the search alone, on classes that are apart already
  const Labelled& data = labelled();
  std::vector<float> apart[2];
  for (std::size_t i = 0; i < data.scores.size(); ++i) apart[data.labels[i]].push_back(data.scores[i]);
  const stats::ObjectiveMerit objective(stats::SearchObjective{}, apart[0].size(), apart[1].size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        stats::best_cut(std::span<const float>(apart[0]), std::span<const float>(apart[1]), objective).cut);
  }
}
void best_f1_merge(benchmark::State& state) {  // the same over eight shards
  const Labelled& data = labelled();
  for (auto _ : state) {
    F1Threshold all;
    const std::size_t size = data.scores.size() / 8;
    for (std::size_t shard = 0; shard < 8; ++shard) {
      F1Threshold part;
      part.update(std::span(data.scores).subspan(shard * size, size),
                  std::span(data.labels).subspan(shard * size, size));
      all.merge(part);
    }
    benchmark::DoNotOptimize(all.compute().cutoff);
  }
}
void best_f1_buckets(benchmark::State& state) {  // the variant in bounded memory
  const Labelled& data = labelled();
  for (auto _ : state) {
    F1Threshold threshold{{.exact_limit = 0}};
    threshold.update(data.scores, data.labels);
    benchmark::DoNotOptimize(threshold.compute().cutoff);
  }
}
void best_f1_sum(benchmark::State& state) {
  const Labelled& data = labelled();
  for (auto _ : state) benchmark::DoNotOptimize(sum_of(data.scores));
}
void best_f1_sort(benchmark::State& state) {
  const Labelled& data = labelled();
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<float> copy = data.scores;
    state.ResumeTiming();
    std::sort(copy.begin(), copy.end());
    benchmark::DoNotOptimize(copy.data());
  }
}
BENCHMARK(best_f1)->Name("best_f1/plimsoll")->Unit(benchmark::kMillisecond);
BENCHMARK(best_f1_split)->Name("best_f1/search alone")->Unit(benchmark::kMillisecond);
BENCHMARK(best_f1_merge)->Name("best_f1/8 shards merged")->Unit(benchmark::kMillisecond);
BENCHMARK(best_f1_buckets)->Name("best_f1/in buckets")->Unit(benchmark::kMillisecond);
BENCHMARK(best_f1_sum)->Name("best_f1/sum of the scores")->Unit(benchmark::kMillisecond);
BENCHMARK(best_f1_sort)->Name("best_f1/std::sort")->Unit(benchmark::kMillisecond);

// 10^8 floats into a tail summary of the 10^5 largest.

const std::vector<float>& hundred_million() {
  static const std::vector<float> numbers = [] {
    std::vector<float> all(100'000'000);
    std::uint32_t state = 1;
    for (float& number : all) {  // a triangle of two uniform numbers, quick to draw
      state = state * 1664525 + 1013904223;
      const auto high = static_cast<float>(state >> 8);
      state = state * 1664525 + 1013904223;
      number = (high + static_cast<float>(state >> 8)) * 0x1p-24F;
    }
    return all;
  }();
  return numbers;
}
void tail_summary(benchmark::State& state) {
  const std::vector<float>& numbers = hundred_million();
  for (auto _ : state) {
    stats::TailSummary<float> summary(100'000);
    summary.append(std::span<const float>(numbers));
    benchmark::DoNotOptimize(summary.maximum());
  }
}
void tail_summary_warm(benchmark::State& state) {  // what each further pixel costs
  const std::vector<float>& numbers = hundred_million();
  stats::TailSummary<float> summary(100'000);
  summary.append(std::span<const float>(numbers));
  for (auto _ : state) {
    summary.append(std::span<const float>(numbers));
    benchmark::DoNotOptimize(summary.count());
  }
}
void tail_summary_sum(benchmark::State& state) {
  const std::vector<float>& numbers = hundred_million();
  for (auto _ : state) benchmark::DoNotOptimize(sum_of(numbers));
}
BENCHMARK(tail_summary)->Name("tail_summary/from nothing")->Unit(benchmark::kMillisecond);
BENCHMARK(tail_summary_warm)->Name("tail_summary/plimsoll")->Unit(benchmark::kMillisecond);
BENCHMARK(tail_summary_sum)->Name("tail_summary/sum of the floats")->Unit(benchmark::kMillisecond);

// Decisions: a map of 1024 x 1024 floats to bytes.

struct Map {
  std::vector<float> scores = draw(std::size_t{1} << 20, 3);
  std::vector<Label> labels = std::vector<Label>(scores.size());
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(scores.size());
  std::vector<float> results = std::vector<float>(scores.size());
};
void decide_labels(benchmark::State& state) {
  Map map;
  const Cutoff cutoff{4.2};
  for (auto _ : state) {
    decide(cutoff, map.scores, map.labels);
    benchmark::ClobberMemory();
  }
}
void decide_compare(benchmark::State& state) {
  Map map;
  const float cutoff = 4.2F;
  for (auto _ : state) {
    const float* scores = map.scores.data();
    std::uint8_t* bytes = map.bytes.data();
    for (std::size_t i = 0; i < map.scores.size(); ++i) bytes[i] = scores[i] >= cutoff ? 1 : 0;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(decide_labels)->Name("decide/plimsoll")->Unit(benchmark::kMicrosecond);
BENCHMARK(decide_compare)->Name("decide/plain compare")->Unit(benchmark::kMicrosecond);

// Normalised and decided.

void normalise_one_pass(benchmark::State& state) {
  Map map;
  const Normalisation normalisation{NormalisationKind::min_max, 0.1, 16};
  const Cutoff cutoff{4.2};
  for (auto _ : state) {
    normalisation(map.scores, cutoff, map.results, std::span(map.labels));
    benchmark::ClobberMemory();
  }
}
void normalise_two_passes(benchmark::State& state) {
  Map map;
  const Normalisation normalisation{NormalisationKind::min_max, 0.1, 16};
  const Cutoff cutoff{4.2};
  for (auto _ : state) {
    normalisation(map.scores, cutoff, map.results);
    decide(cutoff, map.scores, map.labels);
    benchmark::ClobberMemory();
  }
}
void normalise_plain(benchmark::State& state) {  // as anomalib's formula is written, and a compare
  Map map;
  for (auto _ : state) {
    const float* scores = map.scores.data();
    float* results = map.results.data();
    std::uint8_t* bytes = map.bytes.data();
    for (std::size_t i = 0; i < map.scores.size(); ++i) {
      results[i] = std::min(1.0F, std::max(0.0F, (scores[i] - 4.2F) / 15.9F + 0.5F));
    }
    benchmark::ClobberMemory();
    for (std::size_t i = 0; i < map.scores.size(); ++i) bytes[i] = results[i] >= 0.5F ? 1 : 0;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(normalise_one_pass)->Name("normalise/plimsoll")->Unit(benchmark::kMicrosecond);
BENCHMARK(normalise_two_passes)->Name("normalise/two passes of plimsoll")->Unit(benchmark::kMicrosecond);
BENCHMARK(normalise_plain)->Name("normalise/two plain passes")->Unit(benchmark::kMicrosecond);

// The exact quantile of ten million.

void quantile(benchmark::State& state) {
  const Labelled& data = labelled();
  for (auto _ : state) benchmark::DoNotOptimize(stats::quantile(std::span<const float>(data.scores), 0.95));
}
void quantile_threshold(benchmark::State& state) {  // collected, and with its interval
  const Labelled& data = labelled();
  for (auto _ : state) {
    QuantileThreshold threshold;
    threshold.update(data.scores);
    benchmark::DoNotOptimize(threshold.compute().cutoff);
  }
}
void quantile_nth_element(benchmark::State& state) {
  const Labelled& data = labelled();
  for (auto _ : state) {
    std::vector<float> copy = data.scores;
    std::nth_element(copy.begin(), copy.begin() + 9'500'000, copy.end());
    benchmark::DoNotOptimize(copy[9'500'000]);
  }
}
BENCHMARK(quantile)->Name("quantile/plimsoll")->Unit(benchmark::kMillisecond);
BENCHMARK(quantile_threshold)->Name("quantile/QuantileThreshold")->Unit(benchmark::kMillisecond);
BENCHMARK(quantile_nth_element)->Name("quantile/copy and nth_element")->Unit(benchmark::kMillisecond);

// Moments of ten million, exact.

void sigma_threshold(benchmark::State& state) {
  const Labelled& data = labelled();
  for (auto _ : state) {
    SigmaThreshold threshold;
    threshold.update(data.scores);
    benchmark::DoNotOptimize(threshold.compute().cutoff);
  }
}
BENCHMARK(sigma_threshold)->Name("moments/SigmaThreshold")->Unit(benchmark::kMillisecond);
BENCHMARK(best_f1_sum)->Name("moments/sum of the scores")->Unit(benchmark::kMillisecond);

// Maximum likelihood of a generalised Pareto tail, 10^4 excesses.

std::vector<double> excesses(std::size_t n) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> uniform(1e-12, 1.0);
  std::vector<double> numbers(n);
  for (double& number : numbers) number = (std::pow(uniform(random), -0.15) - 1) / 0.15;
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}
void gpd_mle(benchmark::State& state) {
  const std::vector<double> sorted = excesses(10'000);
  for (auto _ : state) benchmark::DoNotOptimize(stats::gpd_mle(sorted).family.xi);
}
BENCHMARK(gpd_mle)->Name("gpd_mle/plimsoll")->Unit(benchmark::kMicrosecond);

// A step of SPOT, with 2 % of peaks.

void spot(benchmark::State& state, FlaggedScores flagged) {
  const auto kept = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 random(5);
  std::exponential_distribution<double> exponential;
  std::vector<double> scores(100'000);
  for (double& score : scores) score = exponential(random);
  SpotStream stream({.max_excess = kept, .flagged = flagged});
  if (stream.calibrate(scores) != FitStatus::ok) state.SkipWithError("no fit");
  for (double& score : scores) score = exponential(random);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(stream.step(scores[i]).cutoff);
    i = i + 1 == scores.size() ? 0 : i + 1;
  }
}
// By the likelihood of SPOT's authors, and by the default, which allows for the peaks that were flagged and left out.
BENCHMARK_CAPTURE(spot, kept, FlaggedScores::kept)->Name("spot/plimsoll, as its authors fit")->Arg(200)->Arg(1000);
BENCHMARK_CAPTURE(spot, truncated, FlaggedScores::truncated)->Name("spot/plimsoll")->Arg(200)->Arg(1000);

// Perlin noise, one octave of 256 x 256.

void perlin(benchmark::State& state) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        synth::perlin_noise(256, 256, {.row_cells = 8, .column_cells = 16}, ++seed).values().data());
  }
}
BENCHMARK(perlin)->Name("perlin/plimsoll")->Unit(benchmark::kMicrosecond);

// The component tree of a map of 256 x 256 against a labelling a level.

std::vector<float> blurred(std::size_t side) {
  std::vector<float> map = draw(side * side, 6);
  std::vector<float> next(map.size());
  for (int pass = 0; pass < 4; ++pass) {
    for (std::size_t i = 0; i < side; ++i) {
      for (std::size_t j = 0; j < side; ++j) {
        float sum = 0;
        for (std::size_t a = i > 0 ? i - 1 : 0; a < std::min(side, i + 2); ++a) {
          for (std::size_t b = j > 0 ? j - 1 : 0; b < std::min(side, j + 2); ++b) sum += map[a * side + b];
        }
        next[i * side + j] = sum / 9;
      }
    }
    map.swap(next);
  }
  return map;
}
/// How many 8-connected components there are above a level, by flooding.
std::size_t flood(const std::vector<float>& map, std::size_t side, float level, std::vector<std::uint8_t>& seen,
                  std::vector<std::uint32_t>& stack) {
  for (std::size_t i = 0; i < map.size(); ++i) seen[i] = map[i] > level ? 0 : 1;
  std::size_t components = 0;
  for (std::size_t start = 0; start < map.size(); ++start) {
    if (seen[start] != 0) continue;
    ++components;
    seen[start] = 1;
    stack.assign(1, static_cast<std::uint32_t>(start));
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      const std::size_t row = at / side;
      const std::size_t column = at % side;
      for (std::size_t a = row > 0 ? row - 1 : 0; a < std::min(side, row + 2); ++a) {
        for (std::size_t b = column > 0 ? column - 1 : 0; b < std::min(side, column + 2); ++b) {
          const std::size_t next = a * side + b;
          if (seen[next] != 0) continue;
          seen[next] = 1;
          stack.push_back(static_cast<std::uint32_t>(next));
        }
      }
    }
  }
  return components;
}
void mebin(benchmark::State& state) {
  const std::vector<float> map = blurred(256);
  MebinRange range;
  const std::vector<float> flat(4, *std::min_element(map.begin(), map.end()));
  range.update(ScoreMap(map.data(), 256, 256));
  range.update(ScoreMap(flat.data(), 2, 2));
  Mebin binariser(range);
  for (auto _ : state) benchmark::DoNotOptimize(binariser.binarise(ScoreMap(map.data(), 256, 256)).components);
}
void mebin_sweep(benchmark::State& state) {  // without the erosions, which are not free either
  const std::vector<float> map = blurred(256);
  const auto [least, most] = std::minmax_element(map.begin(), map.end());
  std::vector<std::uint8_t> seen(map.size());
  std::vector<std::uint32_t> stack;
  for (auto _ : state) {
    std::size_t components = 0;
    for (int i = 0; i < 64; ++i) {
      components += flood(map, 256, *most - (*most - *least) * (static_cast<float>(i) + 0.5F) / 64, seen, stack);
    }
    benchmark::DoNotOptimize(components);
  }
}
BENCHMARK(mebin)->Name("mebin/plimsoll")->Unit(benchmark::kMicrosecond);
BENCHMARK(mebin_sweep)->Name("mebin/64 labellings by flooding")->Unit(benchmark::kMicrosecond);

// Conformal p-values of a batch of 10^6 against 10^4 normals.

void conformal(benchmark::State& state) {
  const std::vector<float> normals = draw(10'000, 7);
  const std::vector<float> batch = draw(1'000'000, 8);
  const NormalScoreTable table = normal_score_table(normals, 10'000);
  std::vector<double> p_values(batch.size());
  for (auto _ : state) {
    table.view().p_values(batch, p_values);
    benchmark::ClobberMemory();
  }
}
void conformal_memcpy(benchmark::State& state) {
  const std::vector<float> batch = draw(1'000'000, 8);
  std::vector<float> copy(batch.size());
  for (auto _ : state) {
    std::memcpy(copy.data(), batch.data(), batch.size() * sizeof(float));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(conformal)->Name("conformal/plimsoll")->Unit(benchmark::kMillisecond);
BENCHMARK(conformal_memcpy)->Name("conformal/memcpy of the batch")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
