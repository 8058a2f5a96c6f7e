// SPDX-License-Identifier: Apache-2.0
// Is the share of false discoveries kept? By simulation, with exact binomial acceptance limits.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "plimsoll/decide/conformal.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "plimsoll/thresholds/normal_score_table.hpp"
#include "random.hpp"

namespace {

using plimsoll::test::Random;

struct Batch {
  std::size_t normals;    ///< in the table
  std::size_t tested;     ///< scores in the batch
  std::size_t anomalous;  ///< of them
  double level;
  std::size_t most_knots = 4096;
};

constexpr std::size_t repetitions = 4000;
// Each interval below misses a true rate once in 10^4 seeds.
constexpr double sure = 0.9999;

/// The interval of the false discovery rate. Of each batch's discoveries one is drawn: it is false with the mean
/// probability that is sought, independently of other batches, so their number is binomial.
template <typename Select>
plimsoll::stats::Interval false_discovery_rate(const Batch& batch, std::uint64_t seed, const Select& select) {
  Random random(seed);
  std::size_t hits = 0;
  std::vector<double> normals(batch.normals);
  std::vector<double> p_values(batch.tested);
  std::vector<double> scratch(batch.tested);
  for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
    for (double& score : normals) score = random.normal();
    const auto table = plimsoll::normal_score_table(normals, batch.most_knots);
    for (std::size_t i = 0; i < batch.tested; ++i) {
      p_values[i] = table.view().p_value(random.normal() + (i < batch.anomalous ? 3 : 0));
    }
    const plimsoll::Discoveries found = select(p_values, batch.level, scratch);
    if (found.count == 0) continue;
    std::size_t drawn = random.below(found.count);
    for (std::size_t i = 0; i < batch.tested; ++i) {
      if (!found(p_values[i])) continue;
      if (drawn == 0) {
        hits += i >= batch.anomalous ? 1 : 0;
        break;
      }
      --drawn;
    }
  }
  return plimsoll::stats::proportion_interval(hits, repetitions, sure);
}

const auto bh = [](const auto& p_values, double level, auto& scratch) {
  return plimsoll::benjamini_hochberg(p_values, level, scratch);
};
const auto storey = [](const auto& p_values, double level, auto& scratch) {
  return plimsoll::storey_benjamini_hochberg(p_values, level, scratch);
};

TEST_CASE("Benjamini and Hochberg's discoveries among conformal p-values") {
  // Where level (n + 1) / m is whole the rate is not only at most level m0 / m but just that (Marandon, Lei, Mary and
  // Roquain 2024, Adaptive novelty detection with false discovery rate guarantee, Annals of Statistics 52).
  std::uint64_t seed = 1;
  for (const Batch& batch : {Batch{499, 50, 0, 0.2}, Batch{499, 50, 10, 0.2}, Batch{999, 20, 10, 0.1},
                             Batch{199, 40, 30, 0.2}, Batch{99, 1, 0, 0.05}}) {
    INFO(batch.normals << " normals, " << batch.anomalous << " of " << batch.tested << " anomalous");
    const auto interval = false_discovery_rate(batch, ++seed, bh);
    const double rate =
        batch.level * static_cast<double>(batch.tested - batch.anomalous) / static_cast<double>(batch.tested);
    CHECK(interval.lower <= rate);
    CHECK(interval.upper >= rate);
  }
  // Otherwise it is lower, and with thinned knots.
  for (const Batch& batch : {Batch{199, 50, 0, 0.2}, Batch{150, 30, 5, 0.1}, Batch{499, 50, 10, 0.2, 16}}) {
    INFO(batch.normals << " normals, " << batch.anomalous << " of " << batch.tested << " anomalous");
    const auto interval = false_discovery_rate(batch, ++seed, bh);
    CHECK(interval.lower <= batch.level);
  }
}

TEST_CASE("Storey's discoveries among conformal p-values") {
  std::uint64_t seed = 11;
  for (const Batch& batch : {Batch{499, 50, 0, 0.2}, Batch{499, 50, 10, 0.2}, Batch{999, 20, 10, 0.1},
                             Batch{199, 40, 30, 0.2}, Batch{999, 20, 0, 0.2}}) {
    INFO(batch.normals << " normals, " << batch.anomalous << " of " << batch.tested << " anomalous");
    const auto interval = false_discovery_rate(batch, ++seed, storey);
    CHECK(interval.lower <= batch.level);
    // Most of what Benjamini and Hochberg leave unused is used.
    CHECK(interval.upper >= 0.8 * batch.level);
  }
}

}  // namespace
