// SPDX-License-Identifier: Apache-2.0
// Snapshots of estimators of every method: refused by a DataError, or an estimator that works and has these bytes.
#include <span>
#include <vector>

#include "costly.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "snapshot.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll;
  fuzz::as_it_is_and_signed(data, size, [](const std::vector<std::byte>& bytes) {
    try {
      AnyThreshold threshold = restore_threshold(bytes);
      fuzz::require(threshold.snapshot() == bytes, "a restored estimator has the bytes that it was restored from");
      if (fuzz::costly(threshold)) return;
      const Fit fit = threshold.compute();
      fuzz::require(fit.ok() || fit.cutoff == Cutoff{}, "a fit without an answer has the cutoff +inf");
      threshold.merge(AnyThreshold(threshold));
      static_cast<void>(threshold.compute());
    } catch (const DataError&) {
    }
  });
  return 0;
}
