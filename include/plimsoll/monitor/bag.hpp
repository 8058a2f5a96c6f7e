// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace plimsoll {

/// Which scores a stream's p-values compare with.
enum class Bag : std::uint8_t {
  growing,  ///< the stored normal scores and all of the stream so far: p-values are independent of each other
  fixed,    ///< the stored normal scores alone: p-values share what is odd about these
};

}  // namespace plimsoll
