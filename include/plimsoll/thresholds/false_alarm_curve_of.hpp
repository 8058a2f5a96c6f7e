// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/method.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/core/scores.hpp"
#include "plimsoll/decide/false_alarm_curve.hpp"

namespace plimsoll {

namespace detail {

/// The rates of a false-alarm curve, falling: 12 a decade from .5 to 1e-4, and the fit's own, which widens the range if
/// it is beyond (then with as many steps as there is room for). No other is within 1e-9 of its own.
[[nodiscard]] inline std::vector<double> curve_rates(double own) {
  constexpr double a_decade = 12;
  const double most = std::max(0.5, own);
  const double least = std::min(1e-4, own);
  const double decades = std::log10(most / least);
  const double steps = std::min(std::ceil(a_decade * decades), static_cast<double>(FalseAlarmCurve::capacity - 2));
  std::vector<double> rates;
  for (double step = 0; step <= steps; ++step) {
    const double rate = step == steps ? least : most * std::pow(10, -decades * step / steps);
    if (std::abs(rate - own) > 1e-9 * own) rates.push_back(rate);
  }
  rates.insert(std::ranges::partition_point(rates, [=](double rate) { return rate > own; }), own);
  return rates;
}

}  // namespace detail

/// The cutoffs of a method at many false-alarm rates: it is fitted anew at each of 12 rates a decade from .5 to 1e-4
/// and at its own, which is a knot. Rates at which the fit has no answer, or which the method does not take, are left
/// out: the curve of `quantile` ends near 1 / (n + 1), that of `spot` begins at its level. Where a fit's cutoff lies on
/// the wrong side of one nearer to the own rate, it becomes that one's, so that the cutoffs do not fall; that of the
/// own rate is never changed.
///
/// Empty for a method without the parameter false_alarm_rate. Throws what making, updating and fitting the method
/// throw. Costs some 46 fits.
[[nodiscard]] inline FalseAlarmCurve false_alarm_curve(const Method& method, const ParameterMap& parameters,
                                                       Scores normals) {
  const ParameterMap values = method.make(parameters).parameter_values();
  const auto value = values.find("false_alarm_rate");
  if (value == values.end() || !std::holds_alternative<double>(value->second)) return {};
  const double own = std::get<double>(value->second);
  const auto fit_at = [&](double rate) -> std::optional<Fit> {
    ParameterMap at_rate = parameters;
    at_rate.insert_or_assign("false_alarm_rate", rate);
    try {
      AnyThreshold threshold = method.make(at_rate);
      threshold.update(normals);
      return threshold.compute();
    } catch (const ParameterError&) {
      return std::nullopt;
    }
  };

  std::vector<FalseAlarmCurve::Knot> knots;
  std::optional<std::size_t> own_knot;
  for (const double rate : detail::curve_rates(own)) {
    const std::optional<Fit> fit = fit_at(rate);
    if (!fit || !fit->ok()) continue;
    if (rate == own) own_knot = knots.size();
    knots.push_back({rate, fit->cutoff.value()});
  }
  const std::size_t middle = own_knot.value_or(0);
  for (std::size_t i = middle + 1; i < knots.size(); ++i) {
    knots[i].cutoff = std::max(knots[i].cutoff, knots[i - 1].cutoff);
  }
  for (std::size_t i = std::min(middle, knots.size()); i-- > 0;) {
    knots[i].cutoff = std::min(knots[i].cutoff, knots[i + 1].cutoff);
  }
  FalseAlarmCurve curve;
  curve.count = knots.size();
  std::ranges::copy(knots, curve.knots.begin());
  return curve;
}

}  // namespace plimsoll
