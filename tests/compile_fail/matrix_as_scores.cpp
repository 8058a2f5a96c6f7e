// SPDX-License-Identifier: Apache-2.0
// A matrix is a map, and must say so.
#include "plimsoll/adapt/eigen.hpp"

void take(plimsoll::Scores);
void take_map(plimsoll::ScoreMap);
void give(const Eigen::MatrixXf& matrix) {
#ifdef PLIMSOLL_FAIL
  take(matrix);
#else
  take_map(plimsoll::as_score_map(matrix));
#endif
}
