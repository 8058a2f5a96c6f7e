// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plimsoll/core/label.hpp"
#include "plimsoll/core/parameter.hpp"
#include "plimsoll/io/file_error.hpp"

namespace plimsoll::io {

/// Numbers as labels: all 0 or 1, or all 0 or 255, as masks often are.
class NpyLabels {
 public:
  /// Appends the values' labels to `labels`. `name` begins the message of the FileError for a value that is none.
  void append(const std::vector<double>& values, const std::string& name, std::vector<Label>& labels) {
    labels.reserve(labels.size() + values.size());
    for (const double value : values) {
      if (value != 0 && value != anomalous_) {
        if (anomalous_ != 0 || (value != 1 && value != 255)) {
          throw FileError(name + ": label " + std::to_string(seen_) + " is " + plimsoll::detail::shortest(value) +
                          ", neither 0 (normal) nor " + (anomalous_ == 255 ? "255" : "1") + " (anomalous)");
        }
        anomalous_ = value;
      }
      labels.push_back(value == 0 ? Label::normal : Label::anomalous);
      ++seen_;
    }
  }

 private:
  double anomalous_ = 0;  ///< 0 until one was seen
  std::size_t seen_ = 0;
};

}  // namespace plimsoll::io
