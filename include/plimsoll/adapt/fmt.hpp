// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "plimsoll/core/fit.hpp"
#include "plimsoll/core/label.hpp"

/// \file
/// fmt formatters for the types that people print: Promise, FitStatus, Guarantee, Label.

/// A formatter by to_string(), for the types below alone: it is undefined again.
#define PLIMSOLL_DETAIL_FORMATTER(Type)                               \
  template <>                                                         \
  struct fmt::formatter<Type> : fmt::formatter<std::string_view> {    \
    template <typename Context>                                       \
    auto format(const Type& value, Context& context) const {          \
      const std::string text{to_string(value)};                       \
      return fmt::formatter<std::string_view>::format(text, context); \
    }                                                                 \
  }

PLIMSOLL_DETAIL_FORMATTER(plimsoll::Promise);
PLIMSOLL_DETAIL_FORMATTER(plimsoll::FitStatus);
PLIMSOLL_DETAIL_FORMATTER(plimsoll::Guarantee);
PLIMSOLL_DETAIL_FORMATTER(plimsoll::Label);

#undef PLIMSOLL_DETAIL_FORMATTER
