// SPDX-License-Identifier: Apache-2.0
// Every method of the registry, merged and with scores skipped; a fit with a closed form.
#include <array>

#include "plimsoll/thresholds/registry.hpp"
#include "property.hpp"

namespace {

using namespace plimsoll;
using namespace plimsoll::model;

/// The method with as little bootstrap as it may have.
AnyThreshold quick(const Method& method, const ParameterMap& more = {}) {
  ParameterMap parameters = more;
  for (const ParameterInfo& info : method.info().parameters) {
    if (info.name == "replicates") parameters["replicates"] = 19.0;
    if (info.name == "least_p_value") parameters["least_p_value"] = 0.0;
  }
  return method.make(parameters);
}

std::string fits_differ(const Fit& fit, const Fit& model) {
  if (fit.status != model.status) {
    return "status is " + std::string(to_string(fit.status)) + ", by the model " + std::string(to_string(model.status));
  }
  return differs("cutoff", fit.cutoff.value(), model.cutoff.value()) +
         differs("normals", fit.normal_count, model.normal_count) +
         differs("anomalies", fit.anomalous_count, model.anomalous_count);
}

TEST_CASE("every method computes the same from shards as from the whole, in any order") {
  for (const Method& method : methods()) {
    const std::string name(method.info().name);
    for_all_types(name + " of shards", 400, {.most = 40}, [&]<typename T>(const Case<T>& made) -> std::string {
      Random random(made.seed);
      const bool labels = method.info().needs_labels;
      const auto update = [&](AnyThreshold& threshold, std::size_t i) {
        const std::span<const T> one(&made.scores[i], 1);
        labels ? threshold.update(one, made.labels[i] == 1 ? Label::anomalous : Label::normal) : threshold.update(one);
      };
      AnyThreshold whole = quick(method);
      std::array<AnyThreshold, 3> shards{quick(method), quick(method), quick(method)};
      for (std::size_t i = 0; i < made.scores.size(); ++i) update(whole, i);
      std::vector<std::size_t> order(made.scores.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      random.shuffle(order);
      for (const std::size_t i : order) update(shards[random.below(3)], i);
      shards[1].merge(shards[2]);
      shards[1].merge(shards[0]);
      return fits_differ(shards[1].compute(), whole.compute());
    });
    for_all_types(name + " with scores skipped", 200, {.most = 30, .infinite = true, .nan = true},
                  [&]<typename T>(const Case<T>& made) -> std::string {
                    if (method.info().needs_labels) return "";
                    AnyThreshold skipping = quick(method, {{"non_finite", std::string("skip")}});
                    AnyThreshold finite = quick(method);
                    skipping.update(made.scores);
                    std::vector<T> kept;
                    for (const T x : made.scores) {
                      if (x - x == 0) kept.push_back(x);
                    }
                    finite.update(kept);
                    const Fit fit = skipping.compute();
                    return fits_differ(fit, finite.compute()) +
                           differs("skipped", fit.skipped_count, made.scores.size() - kept.size());
                  });
  }
}

TEST_CASE("gumbel's L-moments and cutoff follow their formulas") {
  for_all_types("gumbel", 4000, {.extreme = false}, []<typename T>(const Case<T>& made) -> std::string {
    Random random(made.seed);
    const double rate = random.uniform();
    AnyThreshold threshold = make_threshold("gumbel", {{"false_alarm_rate", rate}});
    threshold.update(made.scores);
    const Fit fit = threshold.compute();
    const std::vector<double> sorted = sorted_doubles(made.scores);
    const std::size_t n = sorted.size();
    if (n < 2) return fit.status == FitStatus::too_few_scores ? "" : "status of too few";
    if (sorted.front() == sorted.back()) return fit.status == FitStatus::no_spread ? "" : "status of equal scores";
    // Half the mean distance of two scores, by all pairs.
    long double distances = 0;
    long double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += sorted[i];
      for (std::size_t j = 0; j < i; ++j) distances += static_cast<long double>(sorted[i]) - sorted[j];
    }
    const auto size = static_cast<long double>(n);
    const long double l2 = distances / (size * (size - 1));
    const long double sigma = l2 / std::log(2.0L);
    const long double mu = sum / size - 0.577215664901532860606512090082L * sigma;
    const long double cutoff = mu - sigma * std::log(-std::log1p(-static_cast<long double>(rate)));
    if (!fit.ok()) return "status is " + std::string(to_string(fit.status));
    // L-moments are right to some 1e-15 of l2, as documented, and numbers are rounded where they are far from zero.
    const long double widest = std::max(std::abs(sorted.front()), std::abs(sorted.back()));
    const long double bound = 1e-13L * (l2 + std::abs(cutoff - mu)) + 1e-15L * widest;
    return beyond("sigma", fit.estimates.at("sigma"), sigma, bound) +
           beyond("cutoff", fit.cutoff.value(), cutoff, bound);
  });
}

}  // namespace
