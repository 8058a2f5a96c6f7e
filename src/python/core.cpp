// SPDX-License-Identifier: Apache-2.0
// plimsoll._core: the registry's estimators for the Python package, which checks and shapes all arrays before they come
// here. What runs over scores runs without the interpreter's lock; the package locks each estimator.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "plimsoll/core/any_threshold.hpp"
#include "plimsoll/core/map_reduction.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/thresholds/batch_threshold.hpp"
#include "plimsoll/thresholds/input_policy.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/version.hpp"

namespace plimsoll {
namespace {

namespace py = pybind11;
using python::Maps;
using python::scores_of;
using ByteArray = py::array_t<std::uint8_t, py::array::c_style>;

py::str text(std::string_view view) {
  return {view.data(), view.size()};
}

/// None for what does not apply.
py::object number(double value) {
  return value == value ? py::object(py::float_(value)) : py::none();
}

/// A whole number becomes an int where the parameter is one.
py::object to_python(const ParameterValue& value, ParameterKind kind) {
  if (const std::string* word = std::get_if<std::string>(&value)) return text(*word);
  const double* real = std::get_if<double>(&value);
  if (real == nullptr) return py::none();
  return kind == ParameterKind::integer ? py::object(py::int_(static_cast<std::uint64_t>(*real))) : py::float_(*real);
}

py::dict to_python(const MethodInfo& info, const ParameterMap& values) {
  py::dict named;
  for (const ParameterInfo& parameter : info.parameters) {
    named[text(parameter.name)] = to_python(values.find(parameter.name)->second, parameter.kind);
  }
  return named;
}

ParameterMap to_parameters(const py::dict& values) {
  ParameterMap parameters;
  for (const auto& [name, value] : values) {
    ParameterValue& to = parameters[name.cast<std::string>()];
    if (py::isinstance<py::str>(value)) {
      to = value.cast<std::string>();
    } else if (!value.is_none()) {
      to = value.cast<double>();
    }
  }
  return parameters;
}

py::list describe_methods() {
  py::list all;
  for (const Method& method : methods()) {
    const MethodInfo& info = method.info();
    py::list parameters;
    for (const ParameterInfo& parameter : info.parameters) {
      py::list choices;
      for (const std::string_view choice : parameter.choices) choices.append(text(choice));
      parameters.append(py::dict(py::arg("name") = text(parameter.name),
                                 py::arg("kind") = parameter.kind == ParameterKind::choice    ? "choice"
                                                   : parameter.kind == ParameterKind::integer ? "integer"
                                                                                              : "real",
                                 py::arg("default") = to_python(parameter.default_value, parameter.kind),
                                 py::arg("range") = describe_range(parameter), py::arg("choices") = choices,
                                 py::arg("help") = text(parameter.help)));
    }
    all.append(py::dict(
        py::arg("name") = text(info.name), py::arg("summary") = text(info.summary),
        py::arg("assumes") = text(info.assumes), py::arg("learns_from") = text(learns_from(info)),
        py::arg("guarantee") = text(to_string(info.guarantee)),
        py::arg("invariance") = text(to_string(info.invariance)), py::arg("needs_labels") = info.needs_labels,
        py::arg("takes_batch") = info.name == BatchThreshold::info().name, py::arg("parameters") = parameters));
  }
  return all;
}

py::dict to_python(const Fit& fit, const MethodInfo& info) {
  const Promise& promise = fit.promise;
  py::dict result(py::arg("cutoff") = fit.cutoff.value(), py::arg("status") = text(to_string(fit.status)),
                  py::arg("method") = fit.method, py::arg("parameters") = to_python(info, fit.parameters),
                  py::arg("promise") =
                      py::dict(py::arg("guarantee") = text(to_string(promise.guarantee)),
                               py::arg("false_alarm_rate") = number(promise.false_alarm_rate),
                               py::arg("confidence") = number(promise.confidence), py::arg("normals") = promise.normals,
                               py::arg("normals_needed") = promise.normals_needed,
                               py::arg("best_rate") = number(promise.best_rate), py::arg("text") = to_string(promise)),
                  py::arg("score_type") = text(to_string(fit.score_type)), py::arg("normal_count") = fit.normal_count,
                  py::arg("anomalous_count") = fit.anomalous_count, py::arg("skipped_count") = fit.skipped_count,
                  py::arg("trimmed_count") = fit.trimmed_count, py::arg("optimum") = py::none(),
                  py::arg("interval") = py::none(), py::arg("goodness") = py::none(), py::arg("note") = fit.note);
  py::list curve;
  for (const CurvePoint& point : fit.curve) {
    curve.append(py::dict(py::arg("cutoff") = point.cutoff, py::arg("objective") = number(point.objective),
                          py::arg("false_alarm_rate") = point.false_alarm_rate, py::arg("recall") = point.recall));
  }
  result["curve"] = curve;
  py::dict estimates;
  for (const auto& [name, value] : fit.estimates) estimates[text(name)] = number(value);
  result["estimates"] = estimates;
  if (const auto& optimum = fit.optimum) {
    result["optimum"] = py::dict(py::arg("objective") = optimum->objective, py::arg("value") = number(optimum->value),
                                 py::arg("above") = number(optimum->above), py::arg("up_to") = number(optimum->up_to));
  }
  if (const auto& interval = fit.interval) {
    result["interval"] = py::dict(py::arg("lower") = interval->lower, py::arg("upper") = interval->upper,
                                  py::arg("confidence") = interval->confidence, py::arg("method") = interval->method);
  }
  if (const auto& goodness = fit.goodness) {
    result["goodness"] = py::dict(py::arg("test") = goodness->test, py::arg("statistic") = number(goodness->statistic),
                                  py::arg("p_value") = number(goodness->p_value));
  }
  return result;
}

/// An AnyThreshold has no update_batch(), so the method that takes a batch is held as what it is.
template <Threshold T>
T make(std::string_view method, const ParameterMap& parameters) {
  if constexpr (std::same_as<T, BatchThreshold>) {
    return T{T::table().make(parameters)};
  } else {
    return make_threshold(method, parameters);
  }
}

template <Threshold T>
void update(T& threshold, const py::array& scores, bool half, const ByteArray& labels) {
  const Scores view = scores_of(scores, half);
  const std::span<const std::uint8_t> bytes(labels.data(), static_cast<std::size_t>(labels.size()));
  const bool one_label = labels.ndim() == 0;
  const py::gil_scoped_release unlocked;
  one_label ? threshold.update(view, static_cast<Label>(bytes[0])) : threshold.update(view, Labels(bytes));
}

/// One label for all maps, one for each, or their masks.
template <Threshold T>
void update_maps(T& threshold, const py::array& array, bool half, const ByteArray& labels) {
  const Maps maps(array, half);
  const std::uint8_t* label = labels.data();
  const py::ssize_t dimensions = labels.ndim();
  const py::gil_scoped_release unlocked;
  // A map that is refused leaves the estimator as it was, without the maps before it.
  T shard = make<T>(threshold.info().name, threshold.parameter_values());
  for (std::size_t i = 0; i < maps.count; ++i) {
    if (dimensions == 3) {
      shard.update(maps[i], Mask(label + i * maps[i].size(), maps.rows, maps.columns));
    } else {
      shard.update(maps[i], static_cast<Label>(label[dimensions == 0 ? 0 : i]));
    }
  }
  threshold.merge(shard);
}

/// The score of each map, by the parameters map_reduction and top_share.
py::array_t<double> score_maps(const py::array& array, const py::dict& parameters) {
  const InputPolicy policy = input_policy(to_parameters(parameters));
  const Maps maps(array, false);
  py::array_t<double> scores(array.shape(0));
  double* to = scores.mutable_data();
  const py::gil_scoped_release unlocked;
  for (std::size_t i = 0; i < maps.count; ++i) to[i] = score_of(maps[i], policy.map_reduction, policy.top_share);
  return scores;
}

/// The labels of an array's scores, in its shape.
py::array_t<std::uint8_t> labels_of(double cutoff, const py::array& scores) {
  const Scores view = scores_of(scores, false);
  py::array_t<std::uint8_t> labels(std::vector<py::ssize_t>(scores.shape(), scores.shape() + scores.ndim()));
  const std::span to(reinterpret_cast<Label*>(labels.mutable_data()), view.size());
  const py::gil_scoped_release unlocked;
  decide(Cutoff{cutoff}, view, to);
  return labels;
}

template <Threshold T>
py::bytes snapshot(const T& threshold) {
  const std::vector<std::byte> bytes = threshold.snapshot();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <Threshold T>
T restore(const py::bytes& snapshot) {
  const std::string_view view = snapshot;
  const auto bytes = std::as_bytes(std::span(view));
  if constexpr (std::same_as<T, BatchThreshold>) {
    return T::restore(bytes);
  } else {
    return restore_threshold(bytes);
  }
}

template <Threshold T>
py::class_<T> bind(py::module_& module, const char* name) {
  return py::class_<T>(module, name)
      .def(py::init([](const std::string& method, const py::dict& parameters) {
             return make<T>(method, to_parameters(parameters));
           }),
           py::arg("method"), py::arg("parameters"))
      .def("update", &update<T>, py::arg("scores"), py::arg("half"), py::arg("labels"))
      .def("update_maps", &update_maps<T>, py::arg("maps"), py::arg("half"), py::arg("labels"))
      .def(
          "merge", [](T& threshold, const T& other) { threshold.merge(other); }, py::arg("other"),
          py::call_guard<py::gil_scoped_release>())
      .def("compute",
           [](const T& threshold) {
             const Fit fit = [&] {
               const py::gil_scoped_release unlocked;
               return threshold.compute();
             }();
             return to_python(fit, threshold.info());
           })
      .def("snapshot", &snapshot<T>)
      .def_static("restore", &restore<T>, py::arg("snapshot"))
      .def_property_readonly("method", [](const T& threshold) { return text(threshold.info().name); })
      .def_property_readonly(
          "parameters", [](const T& threshold) { return to_python(threshold.info(), threshold.parameter_values()); });
}

}  // namespace
}  // namespace plimsoll

PYBIND11_MODULE(_core, module) {
  using namespace plimsoll;
  module.attr("__version__") = PLIMSOLL_VERSION;

  // What derives from another comes after it: the last that fits translates.
  const auto& error = py::register_exception<Error>(module, "Error", PyExc_ValueError);
  py::register_exception<ParameterError>(module, "ParameterError", error);
  py::register_exception<DataError>(module, "DataError", error);

  module.def("methods", &describe_methods);
  module.def("score_maps", &score_maps, py::arg("maps"), py::arg("parameters"));
  module.def("labels_of", &labels_of, py::arg("cutoff"), py::arg("scores"));

  bind<AnyThreshold>(module, "Estimator");
  bind<BatchThreshold>(module, "BatchEstimator")
      .def(
          "update_batch",
          [](BatchThreshold& threshold, const py::array& scores, bool half) {
            const Scores view = scores_of(scores, half);
            const py::gil_scoped_release unlocked;
            threshold.update_batch(view);
          },
          py::arg("scores"), py::arg("half"));
}
