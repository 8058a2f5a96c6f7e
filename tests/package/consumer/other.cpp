// SPDX-License-Identifier: Apache-2.0
#include <plimsoll/adapt/eigen.hpp>
#include <plimsoll/io/image_file.hpp>
#include <plimsoll/io/label_file.hpp>
#include <plimsoll/io/mask_file.hpp>
#include <plimsoll/io/npy_mask_writer.hpp>
#include <plimsoll/io/score_file.hpp>
#include <plimsoll/io/threshold_file.hpp>
#include <plimsoll/io/write_file.hpp>
#include <plimsoll/plimsoll.hpp>

#include <vector>

plimsoll::Fit fit_elsewhere(const std::vector<float>& scores) {
  auto threshold = plimsoll::make_threshold("quantile", {{"false_alarm_rate", 0.05}});
  threshold.update(scores);
  return threshold.compute();
}
