// SPDX-License-Identifier: Apache-2.0
// A stream's memory is fixed when it is made: no step allocates, and a calibration that runs out of memory changes
// nothing.
#include <cmath>
#include <cstddef>
#include <limits>
#include <new>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "plimsoll/thresholds/dspot_threshold.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll;
using test::allocations;
using test::fails_at;

std::vector<double> scores(std::size_t n, std::uint64_t seed) {
  test::Random random(seed);
  std::vector<double> drawn(n);
  for (double& score : drawn) score = random.exponential();
  return drawn;
}

template <typename Stream>
void check(const typename Stream::Parameters& parameters) {
  Stream stream{parameters};
  if (stream.calibrate(scores(2000, 1)) != FitStatus::ok) FAIL("not calibrated");
  std::vector<double> future = scores(5000, 2);
  future.push_back(std::numeric_limits<double>::quiet_NaN());
  future.push_back(1e300);
  std::size_t peaks = 0;
  allocations = 0;
  for (const double score : future)
    peaks += static_cast<std::size_t>(stream.step(score).kind != SpotDecision::Kind::normal);
  const std::size_t counted = allocations;
  CHECK(counted == 0);
  CHECK(peaks > 50);  // so that peaks were evicted and tails refitted
  static_assert(noexcept(stream.step(0.0))&& noexcept(stream.cutoff())&& noexcept(stream.anomalous(0.0)));

  // Out of memory at every single allocation.
  const auto before = stream.snapshot();
  const std::vector<double> other = scores(2000, 3);
  for (std::size_t failing = 1;; ++failing) {
    allocations = 0;
    fails_at = failing;
    bool failed = false;
    try {
      static_cast<void>(stream.calibrate(other));
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    fails_at = 0;
    if (!failed) break;
    const auto after = stream.snapshot();
    CHECK(after == before);
  }
  CHECK(stream.count() > 1900);
}

TEST_CASE("a step allocates nothing, and a calibration out of memory changes nothing") {
  for (const FlaggedScores flagged : {FlaggedScores::excluded, FlaggedScores::kept, FlaggedScores::truncated}) {
    check<SpotStream>({.max_excess = 30, .flagged = flagged});
    check<DspotThreshold>({.max_excess = 30, .flagged = flagged});
  }
}

}  // namespace
