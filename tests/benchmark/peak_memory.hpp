// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

/// The largest resident memory of this process so far, in megabytes.
inline double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}
