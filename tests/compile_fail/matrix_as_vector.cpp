// SPDX-License-Identifier: Apache-2.0
// as_scores takes vectors; of a matrix it could only see a part.
#include "plimsoll/adapt/eigen.hpp"

void take(plimsoll::Scores);
void give(const Eigen::MatrixXf& matrix) {
#ifdef PLIMSOLL_FAIL
  take(plimsoll::as_scores(matrix));
#else
  take(plimsoll::as_scores(matrix.col(0)));
#endif
}
