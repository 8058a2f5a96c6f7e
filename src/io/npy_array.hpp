// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "byte_source.hpp"
#include "npy.hpp"

namespace plimsoll::io {

/// The values of a `.npy` file in C order, part by part. What is in Fortran order is held whole.
template <typename T>
class NpyArray {
 public:
  NpyArray(ByteSource& source, const NpyHeader& header) : source_{&source}, header_{&header} {}

  /// The next `count` values, of which there are as many.
  void read(std::size_t count, std::vector<T>& values) {
    values.clear();
    if (!header_->fortran_order || header_->shape.size() < 2) {
      read_npy_values(*source_, *header_, count, values);
      return;
    }
    if (taken_ == 0) {
      std::vector<T> stored;
      read_npy_values(*source_, *header_, header_->count, stored);
      whole_ = to_c_order(stored);
    }
    const auto first = whole_.begin() + static_cast<std::ptrdiff_t>(taken_);
    values.assign(first, first + static_cast<std::ptrdiff_t>(count));
    taken_ += count;
  }

 private:
  std::vector<T> to_c_order(const std::vector<T>& values) const {
    const std::vector<std::size_t>& shape = header_->shape;
    std::vector<T> ordered(values.size());
    // Index i runs over C order; its coordinates, last first, give the place in Fortran order.
    for (std::size_t i = 0; i < ordered.size(); ++i) {
      std::size_t rest = i;
      std::size_t place = 0;
      std::size_t stride = values.size();
      for (std::size_t axis = shape.size(); axis-- > 0;) {
        stride /= shape[axis];
        place += rest % shape[axis] * stride;
        rest /= shape[axis];
      }
      ordered[i] = values[place];
    }
    return ordered;
  }

  ByteSource* source_;
  const NpyHeader* header_;
  std::vector<T> whole_;
  std::size_t taken_ = 0;
};

}  // namespace plimsoll::io
