// SPDX-License-Identifier: Apache-2.0
// Collect on several threads, add up, fit once: the same bits as on one.
#include <fmt/format.h>

#include <cstddef>
#include <exception>
#include <plimsoll/thresholds/sigma_threshold.hpp>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace {

int run() {
  std::vector<float> scores(1'000'000);
  std::mt19937 random(7);
  std::lognormal_distribution<float> distribution;
  for (float& score : scores) score = distribution(random);

  constexpr std::size_t shard_count = 4;
  std::vector<plimsoll::SigmaThreshold> shards(shard_count);
  std::vector<std::thread> threads;
  const std::size_t size = scores.size() / shard_count;
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    threads.emplace_back([&, shard] { shards[shard].update(std::span(scores).subspan(shard * size, size)); });
  }
  for (std::thread& thread : threads) thread.join();

  plimsoll::SigmaThreshold merged;
  for (const auto& shard : shards) merged.merge(shard);
  plimsoll::SigmaThreshold whole;
  whole.update(scores);
  const plimsoll::Cutoff from_shards = merged.compute().cutoff;
  const plimsoll::Cutoff from_whole = whole.compute().cutoff;
  fmt::print("{} from {} shards, {} from one\n", from_shards.value(), shard_count, from_whole.value());
  return from_shards == from_whole ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
