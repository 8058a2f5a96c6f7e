// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "plimsoll/core/config.hpp"

/// \file
/// Newton's method for the maximum of a smooth function of one to three numbers.

namespace plimsoll::stats::detail {

template <std::size_t N>
using Vector = std::array<double, N>;

/// Symmetric; only the lower triangle is read.
template <std::size_t N>
using Matrix = std::array<std::array<double, N>, N>;

/// A function's value and its first two derivatives at a point.
template <std::size_t N>
struct Curvature {
  double value = 0;
  Vector<N> gradient{};
  Matrix<N> hessian{};
};

/// The x with matrix x = right, by Cholesky's decomposition; nullopt where the matrix is not positive definite.
template <std::size_t N>
[[nodiscard]] std::optional<Vector<N>> solve_positive(Matrix<N> matrix, Vector<N> right) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = matrix[i][j];
      for (std::size_t k = 0; k < j; ++k) rest -= matrix[i][k] * matrix[j][k];
      if (i == j && !(rest > 0)) return std::nullopt;
      matrix[i][j] = i == j ? std::sqrt(rest) : rest / matrix[j][j];
    }
  }
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= matrix[i][k] * right[k];
    right[i] /= matrix[i][i];
  }
  for (std::size_t i = N; i-- > 0;) {
    for (std::size_t k = i + 1; k < N; ++k) right[i] -= matrix[k][i] * right[k];
    right[i] /= matrix[i][i];
  }
  return right;
}

/// Where `local_maximum` came to.
template <std::size_t N>
struct Maximum {
  Vector<N> place{};
  bool converged = false;
  Curvature<N> curvature{};  ///< there
};

/// The local maximum that a climb from `start` reaches. `function(x)` gives a Curvature; outside its domain its value
/// is not finite. Scaled so that a gain of 1e-12 does not matter: the last step is Newton's from a place with at most
/// that to gain, and squares it. Other steps are halved until they climb, and turned towards the gradient where the
/// function is not concave.
template <std::size_t N, typename Function>
[[nodiscard]] Maximum<N> local_maximum(const Function& function, const Vector<N>& start) noexcept {
  constexpr int most_steps = 100;
  constexpr double least_share = 0x1p-40;
  Maximum<N> at{start, false, function(start)};
  if (!std::isfinite(at.curvature.value)) return at;
  for (int i = 0; i < most_steps; ++i) {
    std::optional<Vector<N>> step;
    double damping = 0;
    while (!step) {
      Matrix<N> downhill = at.curvature.hessian;
      for (std::size_t row = 0; row < N; ++row) {
        for (std::size_t column = 0; column < N; ++column) downhill[row][column] *= -1;
      }
      for (std::size_t k = 0; k < N; ++k) downhill[k][k] += damping * (std::abs(downhill[k][k]) + 1e-12);
      step = solve_positive<N>(downhill, at.curvature.gradient);
      if (damping > 1e12) return at;
      damping = damping == 0 ? 0.01 : 4 * damping;
    }
    double gain = 0;
    for (std::size_t k = 0; k < N; ++k) gain += (*step)[k] * at.curvature.gradient[k];
    const bool last = gain <= 1e-12 && damping == 0.01;
    Maximum<N> next;
    for (double share = 1;; share /= 2) {
      if (share < least_share) return at;
      next.place = at.place;
      for (std::size_t k = 0; k < N; ++k) next.place[k] += share * (*step)[k];
      next.curvature = function(next.place);
      if (std::isfinite(next.curvature.value) && (last || next.curvature.value > at.curvature.value)) break;
    }
    at = next;
    at.converged = last;
    if (last) return at;
  }
  return at;
}

}  // namespace plimsoll::stats::detail
