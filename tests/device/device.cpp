// SPDX-License-Identifier: Apache-2.0
// What a device's program holds of plimsoll, for a line of one kind. The text of this file's object is what the size
// test measures, and what it asks the linker for shows whether there is a heap.
#include "device.hpp"

#include "line.hpp"

#ifdef DEVICE_DECIDES_MAPS
static plimsoll::MapWorkspace<device::rows, device::columns> workspace;

plimsoll::Decision device::decide(const float* map) {
  return line.decide(plimsoll::ScoreMap(map, rows, columns), workspace);
}
#else
bool device::reject(float score) {
  return line.label(score) == plimsoll::Label::anomalous;
}
#endif

#ifdef DEVICE_SHOWS_SCORES
float device::shown(float score) {
  return line.normalised(score);
}
#endif
