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
/// that to gain, and squares it. A step is damped (Levenberg and Marquardt) until it climbs.
template <std::size_t N, typename Function>
[[nodiscard]] Maximum<N> local_maximum(const Function& function, const Vector<N>& start) noexcept {
  constexpr int most_evaluations = 200;
  Maximum<N> at{start, false, function(start)};
  if (!std::isfinite(at.curvature.value)) return at;
  double damping = 0;
  for (int i = 0; i < most_evaluations && damping < 1e12; ++i) {
    Matrix<N> downhill = at.curvature.hessian;
    for (std::size_t row = 0; row < N; ++row) {
      for (std::size_t column = 0; column < N; ++column) downhill[row][column] *= -1;
    }
    for (std::size_t k = 0; k < N; ++k) downhill[k][k] += damping * (std::abs(downhill[k][k]) + 1e-12);
    const auto step = solve_positive<N>(downhill, at.curvature.gradient);
    if (!step) {
      damping = std::max(4 * damping, 1e-3);
      continue;
    }
    Maximum<N> next = at;
    double gain = 0;
    for (std::size_t k = 0; k < N; ++k) {
      next.place[k] += (*step)[k];
      gain += (*step)[k] * at.curvature.gradient[k];
    }
    next.curvature = function(next.place);
    const bool inside = std::isfinite(next.curvature.value);
    if (damping == 0 && gain <= 1e-12 && inside) {
      next.converged = true;
      return next;
    }
    if (inside && next.curvature.value > at.curvature.value) {
      at = next;
      damping = damping < 1e-5 ? 0 : damping / 10;
    } else {
      damping = std::max(4 * damping, 1e-3);
    }
  }
  return at;
}

}  // namespace plimsoll::stats::detail
