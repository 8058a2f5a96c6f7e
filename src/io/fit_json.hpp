// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "json_object.hpp"
#include "plimsoll/core/fit.hpp"

namespace plimsoll::io {

/// The fields of a Fit, for json_text().
[[nodiscard]] Json fit_to_json(const Fit& fit);

/// The inverse. Throws FileError.
[[nodiscard]] Fit fit_from_json(const JsonObject& object);

/// The file's text, ended by a newline, with each cutoff as its shortest decimal.
[[nodiscard]] std::string json_text(const Json& json);

}  // namespace plimsoll::io
