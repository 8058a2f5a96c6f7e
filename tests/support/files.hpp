// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "folder.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::test {

/// The message of the FileError that `function` throws.
template <typename Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const plimsoll::io::FileError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace plimsoll::test
