// SPDX-License-Identifier: Apache-2.0
// Snapshots of streams and monitors: refused by a DataError, or a stream that goes on and has these bytes.
#include <vector>

#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/thresholds/dspot_threshold.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"
#include "snapshot.hpp"

namespace {

template <typename Stream>
void restore(const std::vector<std::byte>& bytes) {
  using namespace plimsoll;
  try {
    Stream stream = Stream::restore(bytes);
    fuzz::require(stream.snapshot() == bytes, "a restored stream has the bytes that it was restored from");
    for (const double score : {0.0, 1e300, -1.0, std::numeric_limits<double>::quiet_NaN(), 2.5}) {
      static_cast<void>(stream.step(score));
    }
    const std::vector<std::byte> later = stream.snapshot();
    fuzz::require(Stream::restore(later).snapshot() == later, "what a stream writes is restored");
  } catch (const DataError&) {
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  plimsoll::fuzz::as_it_is_and_signed(data, size, [](const std::vector<std::byte>& bytes) {
    restore<plimsoll::SpotStream>(bytes);
    restore<plimsoll::DspotThreshold>(bytes);
    restore<plimsoll::MartingaleMonitor>(bytes);
    restore<plimsoll::CusumMonitor>(bytes);
    restore<plimsoll::AndersonDarlingMonitor>(bytes);
  });
  return 0;
}
