// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include "plimsoll/thresholds/registry.hpp"

namespace plimsoll::cli {

std::span<const Method> all_methods() {
  return methods();
}

const Method& method_named(std::string_view name) {
  return find_method(name);
}

}  // namespace plimsoll::cli
