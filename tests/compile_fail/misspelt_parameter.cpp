// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/thresholds/quantile_threshold.hpp"

plimsoll::QuantileThreshold make() {
#ifdef PLIMSOLL_FAIL
  return plimsoll::QuantileThreshold{{.false_alarms_rate = 0.01}};
#else
  return plimsoll::QuantileThreshold{{.false_alarm_rate = 0.01}};
#endif
}
