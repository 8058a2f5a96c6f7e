// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/thresholds/registry.hpp"

#include "plimsoll/thresholds/all_methods.hpp"

namespace plimsoll {

std::span<const Method> methods() {
  return detail::all_methods();
}

}  // namespace plimsoll
