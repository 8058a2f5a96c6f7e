// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "plimsoll/core/error.hpp"
#include "plimsoll/core/method.hpp"
#include "plimsoll/core/snapshot_archive.hpp"
#ifndef PLIMSOLL_COMPILED_REGISTRY
#include "plimsoll/thresholds/all_methods.hpp"
#endif

namespace plimsoll {

/// Every method, in the order in which to read about them.
///
/// By headers alone, every source file that includes this one compiles every method, which takes g++ half a minute to
/// minutes. Linking the library plimsoll::registry, which defines PLIMSOLL_COMPILED_REGISTRY, they are compiled once.
#ifdef PLIMSOLL_COMPILED_REGISTRY
[[nodiscard]] std::span<const Method> methods();
#else
[[nodiscard]] inline std::span<const Method> methods() {
  return detail::all_methods();
}
#endif

/// The method of that name. Throws ParameterError, naming all of them, when there is none.
[[nodiscard]] inline const Method& find_method(std::string_view name) {
  std::string names;
  for (const Method& method : methods()) {
    if (method.info().name == name) return method;
    names += (names.empty() ? "" : ", ") + std::string(method.info().name);
  }
  throw ParameterError("no method " + std::string(name) + "; there are " + names);
}

/// An estimator by name, defaults for parameters that are not named: `make_threshold("quantile",
/// {{"false_alarm_rate", 0.01}})`. Throws ParameterError.
[[nodiscard]] inline AnyThreshold make_threshold(std::string_view name, const ParameterMap& parameters = {}) {
  return find_method(name).make(parameters);
}

/// The estimator of a snapshot, of whatever method. Throws DataError, saying what is wrong, as Estimator::restore does,
/// and for a method that is not known.
[[nodiscard]] inline AnyThreshold restore_threshold(std::span<const std::byte> snapshot) {
  detail::SnapshotReader reader("estimator state", detail::state_magic, detail::state_version, snapshot);
  std::string name;
  reader(name);
  for (const Method& method : methods()) {
    if (method.info().name == name) return method.restore(reader);
  }
  reader.fail("is of method " + name + ", which this library does not have");
}

}  // namespace plimsoll
