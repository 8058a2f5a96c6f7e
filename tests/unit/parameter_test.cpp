// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>

#include "catch.hpp"
#include "plimsoll/thresholds/all_methods.hpp"
#include "plimsoll/thresholds/registry.hpp"

namespace {

using plimsoll::ParameterError;
using plimsoll::ParameterMap;
using plimsoll::ParameterValue;

std::string message_of(const std::string& method, const ParameterMap& parameters) {
  try {
    static_cast<void>(plimsoll::make_threshold(method, parameters));
  } catch (const ParameterError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("errors name the method, the parameter, the value and the range") {
  CHECK(message_of("quantile", {{"false_alarm_rate", 1.5}}) ==
        "quantile: false_alarm_rate = 1.5 is not a number in (0, 1)");
  CHECK(message_of("quantile", {{"false_alarm_rate", 0.0}}) ==
        "quantile: false_alarm_rate = 0 is not a number in (0, 1)");
  CHECK(message_of("sigma", {{"ddof", 0.5}}) == "sigma: ddof = 0.5 is not a whole number in [0, 1]");
  CHECK(message_of("sigma", {{"k", std::string("three")}}) == "sigma: k = three is not a finite number");
  CHECK(message_of("iqr", {{"fence", std::string("wooden")}}) == "iqr: fence = wooden is not one of tukey, adjusted");
  CHECK(message_of("iqr", {{"fence", 1.0}}) == "iqr: fence = 1 is not one of tukey, adjusted");
  CHECK(message_of("sigma", {{"kk", 1.0}}) ==
        "sigma: no parameter kk; there are k, ddof, trim, non_finite, map_reduction, top_share");
  CHECK(message_of("sigma", {{"k", ParameterValue{}}}) == "sigma: k = unset is not a finite number");
  CHECK(message_of("quantile", {{"confidence", ParameterValue{}}}) == "no error");
  CHECK(
      message_of("fuzzy", {}) ==
      "no method fuzzy; there are auto, tail, quantile, certified, gpd, gev, map, pixel, gumbel, parametric, spot, "
      "sigma, "
      "mad, iqr, maximum, scaled_quantile, histogram, mixture, outlier, centre, vote, manual, f1, synthetic, combined, "
      "batch");
  CHECK(message_of("tail", {{"trim", 0.5}}) == "tail: trim = 0.5 is not a number in [0, 0.5)");
  CHECK(message_of("tail", {{"trim", -0.01}}) == "tail: trim = -0.01 is not a number in [0, 0.5)");
  CHECK(message_of("manual", {{"trim", 0.1}}).starts_with("manual: no parameter trim; there are value, "));
  CHECK(message_of("gpd", {{"replicates", 18.0}}).starts_with("gpd: replicates = 18 is not a whole number in "));
  CHECK(message_of("spot", {{"false_alarm_rate", 0.03}}).starts_with("spot: false_alarm_rate = 0.03 is not below "));
}

TEST_CASE("typed construction checks the same ranges") {
  CHECK_THROWS_AS(plimsoll::QuantileThreshold({.false_alarm_rate = 1.0}), ParameterError);
  CHECK_THROWS_AS(plimsoll::QuantileThreshold({.confidence = 1.0}), ParameterError);
  CHECK_THROWS_AS(plimsoll::SigmaThreshold({.k = std::numeric_limits<double>::quiet_NaN()}), ParameterError);
  CHECK_THROWS_AS(plimsoll::SigmaThreshold({.ddof = 2}), ParameterError);
  CHECK_THROWS_AS(plimsoll::IqrThreshold({.fence = static_cast<plimsoll::Fence>(7)}), ParameterError);
  CHECK_THROWS_AS(plimsoll::ManualThreshold({.value = std::numeric_limits<double>::infinity()}), ParameterError);
  CHECK_THROWS_AS(plimsoll::MadThreshold({.input = {.top_share = 0}}), ParameterError);
}

TEST_CASE("values by name and by type are the same") {
  const plimsoll::QuantileThreshold typed{{.false_alarm_rate = 0.01, .confidence = 0.9}};
  const auto erased = plimsoll::make_threshold("quantile", {{"false_alarm_rate", 0.01}, {"confidence", 0.9}});
  CHECK(typed.parameter_values() == erased.parameter_values());
  // What a Fit says makes the same estimator again.
  for (const plimsoll::Method& method : plimsoll::methods()) {
    const auto made = method.make({});
    CHECK(method.make(made.parameter_values()).parameter_values() == made.parameter_values());
    for (const plimsoll::ParameterInfo& info : method.info().parameters) {
      CHECK(made.parameter_values().at(std::string(info.name)) == info.default_value);
      CHECK_FALSE(info.help.empty());
    }
  }
}

TEST_CASE("whole numbers are below 2^53, from where on doubles leave some out") {
  CHECK(message_of("gpd", {{"seed", 0x1p53 - 1}}) == "no error");
  CHECK(message_of("gpd", {{"seed", 0x1p53}}) == "gpd: seed = 9007199254740992 is not a whole number >= 0 and below 2^53");
}

TEST_CASE("ranges read as they are meant") {
  using plimsoll::Range;
  CHECK(Range::open(0, 1).holds(0.5));
  CHECK_FALSE(Range::open(0, 1).holds(0));
  CHECK_FALSE(Range::open(0, 1).holds(1));
  CHECK(Range::closed(0, 1).holds(1));
  CHECK(Range::closed(0, 1).holds(0));
  CHECK_FALSE(Range::closed(0, 1).holds(std::nextafter(0.0, -1.0)));
  CHECK_FALSE(Range::closed(0, 1).holds(std::nextafter(1.0, 2.0)));
  CHECK(Range::from(0).holds(0));
  CHECK_FALSE(Range::from(0).holds(-1));
  CHECK_FALSE(Range::from(0).holds(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(Range::above(0).holds(0));
  CHECK_FALSE(Range::above(0).holds(std::numeric_limits<double>::infinity()));
  CHECK(Range::finite().holds(std::numeric_limits<double>::lowest()));
  CHECK_FALSE(Range::finite().holds(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(Range::finite().holds(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(Range::finite().holds(-std::numeric_limits<double>::infinity()));
  const auto text = [](Range range) {
    return plimsoll::describe_range({"x", plimsoll::ParameterKind::real, {}, range, {}, ""});
  };
  CHECK(text(Range::open(0, 1)) == "(0, 1)");
  CHECK(text({0, 1, false, true}) == "(0, 1]");
  CHECK(text({0, 1, true, false}) == "[0, 1)");
  CHECK(text({-std::numeric_limits<double>::infinity(), 1, false, true}) == "(-inf, 1]");
  CHECK(text(Range::from(2)) == ">= 2");
  CHECK(text(Range::above(0)) == "> 0");
  CHECK(text(Range::finite()) == "finite");
}

}  // namespace
