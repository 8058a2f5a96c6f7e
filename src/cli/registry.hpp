// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "plimsoll/core/method.hpp"

namespace plimsoll::cli {

/// plimsoll::methods() and plimsoll::find_method(), compiled once for the whole program.
[[nodiscard]] std::span<const Method> all_methods();
[[nodiscard]] const Method& method_named(std::string_view name);

}  // namespace plimsoll::cli
