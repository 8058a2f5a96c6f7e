// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <span>

#include "plimsoll/core/mask.hpp"
#include "plimsoll/core/score_map.hpp"
#include "plimsoll/core/scores.hpp"

/// \file
/// Scores, score maps and masks from Eigen's dense expressions.

namespace plimsoll {

/// An Eigen expression as something contiguous along its rows: a row-major matrix, map or block is viewed without
/// a copy, any other expression (column-major, a product, a cast) is evaluated once. Converts to ScoreMap or Mask;
/// keep it alive as long as those.
template <typename T>
class EigenRows {
 public:
  /// Views the expression, or evaluates it where it is not contiguous along its rows. Throws std::bad_alloc.
  template <typename Expression>
  explicit EigenRows(const Eigen::DenseBase<Expression>& expression) : rows_{expression.derived()} {}
  EigenRows(const EigenRows&) = delete;  // a copy of an evaluated Eigen::Ref would view the original's memory
  EigenRows& operator=(const EigenRows&) = delete;

  /// One score a coefficient; rows and columns are the expression's. Valid while this lives.
  operator ScoreMap() const requires ScoreValue<T> { return view<ScoreMap>(); }
  /// One label a coefficient, likewise.
  operator Mask() const requires LabelValue<T> { return view<Mask>(); }

 private:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  template <typename View>
  [[nodiscard]] View view() const {
    return View(rows_.data(), static_cast<std::size_t>(rows_.rows()), static_cast<std::size_t>(rows_.cols()),
                static_cast<std::size_t>(rows_.outerStride()));
  }

  Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>> rows_;
};

/// An Eigen vector expression as Scores: viewed where its elements lie side by side, else evaluated once. Keep it
/// alive as long as the Scores.
template <typename T>
class EigenElements {
 public:
  /// Views the expression, or evaluates it where its elements do not lie side by side. Throws std::bad_alloc.
  template <typename Expression>
  explicit EigenElements(const Eigen::DenseBase<Expression>& expression) : elements_{expression.derived()} {}
  EigenElements(const EigenElements&) = delete;
  EigenElements& operator=(const EigenElements&) = delete;

  /// One score an element. Valid while this lives.
  operator Scores() const { return std::span<const T>(elements_.data(), static_cast<std::size_t>(elements_.size())); }

 private:
  Eigen::Ref<const Eigen::Matrix<T, Eigen::Dynamic, 1>> elements_;
};

/// `threshold.update(as_scores(scores))` for a vector expression of float or double, a matrix's or an array's. A
/// matrix is not one: it is a score map.
template <typename Expression>
requires ScoreValue<typename Expression::Scalar> &&(Expression::IsVectorAtCompileTime == 1)
    [[nodiscard]] EigenElements<typename Expression::Scalar> as_scores(const Eigen::DenseBase<Expression>& expression) {
  return EigenElements<typename Expression::Scalar>(expression.derived().matrix());
}

/// `threshold.update(as_score_map(scores))` for a matrix or array expression of float or double.
template <typename Expression>
requires ScoreValue<typename Expression::Scalar>
[[nodiscard]] EigenRows<typename Expression::Scalar> as_score_map(const Eigen::DenseBase<Expression>& expression) {
  return EigenRows<typename Expression::Scalar>(expression);
}

/// `threshold.update(as_score_map(scores), as_mask(truth))` for one of bool or 8-bit integers.
template <typename Expression>
requires LabelValue<typename Expression::Scalar>
[[nodiscard]] EigenRows<typename Expression::Scalar> as_mask(const Eigen::DenseBase<Expression>& expression) {
  return EigenRows<typename Expression::Scalar>(expression);
}

}  // namespace plimsoll
