// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plimsoll/core/error.hpp"

namespace plimsoll::io {

/// A file that cannot be opened, is not what it should be, or cannot be written. The message begins
/// with the file's name, and is one line unless that name is more.
class FileError : public Error {
 public:
  using Error::Error;
};

}  // namespace plimsoll::io
