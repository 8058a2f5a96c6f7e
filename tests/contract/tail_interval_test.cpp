// SPDX-License-Identifier: Apache-2.0
// Do the intervals of return levels hold what they should? By simulation, with exact binomial acceptance limits.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/gpd_fit.hpp"
#include "plimsoll/stats/gpd_interval.hpp"
#include "plimsoll/stats/proportion.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll::stats;
using plimsoll::test::Random;

/// The share that the hits come from cannot be told from one in [least, most].
void check_share(std::size_t hits, std::size_t trials, double least, double most) {
  const Interval share = proportion_interval(hits, trials, 0.9999);
  CAPTURE(hits, trials, least, most);
  CHECK(share.upper >= least);
  CHECK(share.lower <= most);
}

TEST_CASE("profile likelihood intervals cover") {
  // The deviance is chi-squared but for an error of order 1 / n, which makes the intervals hold too little: some 94 %
  // in place of 95 % with 100 exceedances, as 5,000 samples of each xi showed. A bound to one side errs by order 1 /
  // sqrt(n): 91 to 93 %, the estimates of xi being biased downwards. Hence the limits. The delta method held 85 to 87 %
  // and 81 to 84 % of the same.
  constexpr std::size_t exceedances = 100;
  constexpr std::size_t trials = 1500;
  constexpr double ratio = 0.01;
  Random random(2024);
  for (const double xi : {-0.2, 0.0, 0.2}) {
    CAPTURE(xi);
    const Gpd truth{3, xi};
    const double level = truth.upper_quantile(ratio);
    std::size_t level_inside = 0;
    std::size_t level_below_bound = 0;
    std::size_t xi_inside = 0;
    std::vector<double> sample(exceedances);
    for (std::size_t trial = 0; trial < trials; ++trial) {
      for (double& x : sample) x = truth.upper_quantile(random.uniform());
      std::ranges::sort(sample);
      const Estimate<Gpd> mle = gpd_mle(sample);
      REQUIRE(mle.ok());  // of 15,000 samples each one had a maximum
      const Interval levels = gpd_level_profile(sample, mle, ratio, 0.95).interval;
      const Interval shapes = gpd_xi_profile(sample, mle, 0.95).interval;
      level_inside += levels.lower <= level && level <= levels.upper ? 1U : 0U;
      level_below_bound += level <= gpd_level_upper_bound(sample, mle, ratio, 0.95) ? 1U : 0U;
      xi_inside += shapes.lower <= xi && xi <= shapes.upper ? 1U : 0U;
    }
    check_share(level_inside, trials, 0.93, 0.955);
    check_share(level_below_bound, trials, 0.905, 0.955);
    check_share(xi_inside, trials, 0.93, 0.955);
  }
}

}  // namespace
