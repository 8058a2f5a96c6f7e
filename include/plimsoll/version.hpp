// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The major version. The three numbers are written here alone; CMake and the program read them from here.
#define PLIMSOLL_VERSION_MAJOR 0
/// The minor version; before 1.0 another one may have other interfaces.
#define PLIMSOLL_VERSION_MINOR 1
/// The patch: corrections only.
#define PLIMSOLL_VERSION_PATCH 0

#define PLIMSOLL_DETAIL_TEXT(x) #x
#define PLIMSOLL_DETAIL_EXPANDED_TEXT(x) PLIMSOLL_DETAIL_TEXT(x)
/// The version as text, "0.1.0".
#define PLIMSOLL_VERSION                                \
  PLIMSOLL_DETAIL_EXPANDED_TEXT(PLIMSOLL_VERSION_MAJOR) \
  "." PLIMSOLL_DETAIL_EXPANDED_TEXT(PLIMSOLL_VERSION_MINOR) "." PLIMSOLL_DETAIL_EXPANDED_TEXT(PLIMSOLL_VERSION_PATCH)
