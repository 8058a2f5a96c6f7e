// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "plimsoll/core/scores.hpp"

#ifdef PLIMSOLL_FAIL
const std::vector<int> values{1, 2};
#else
const std::vector<float> values{1, 2};
#endif
void take(plimsoll::Scores);
void give() {
  take(values);
}
