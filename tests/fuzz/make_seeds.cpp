// SPDX-License-Identifier: Apache-2.0
// Writes the seeds that only the library can write, snapshots and files with them, into the folder that is named:
// fuzz_make_seeds tests/fuzz/seeds. The others were made by make_seeds.py.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/io/calibration_file.hpp"
#include "plimsoll/io/state_file.hpp"
#include "plimsoll/io/threshold_file.hpp"
#include "plimsoll/io/write_file.hpp"
#include "plimsoll/monitor/anderson_darling_monitor.hpp"
#include "plimsoll/monitor/cusum_monitor.hpp"
#include "plimsoll/monitor/martingale_monitor.hpp"
#include "plimsoll/thresholds/dspot_threshold.hpp"
#include "plimsoll/thresholds/registry.hpp"
#include "plimsoll/thresholds/spot_stream.hpp"

namespace {

using namespace plimsoll;

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Scores like an exponential distribution's, in a mixed order.
std::vector<double> scores(std::size_t n) {
  std::vector<double> all;
  for (std::size_t i = 0; i < n; ++i) {
    all.push_back(-std::log((static_cast<double>(i * 7 % n) + 0.5) / static_cast<double>(n)));
  }
  return all;
}

template <typename Stream>
std::string after_some(Stream stream) {
  for (const double score : {0.5, 3.0, 6.0}) static_cast<void>(stream.step(score));
  return as_text(stream.snapshot());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path root = argv[1];
  const auto write = [&root](std::string_view target, const std::string& name, const std::string& content) {
    std::filesystem::create_directories(root / target);
    io::write_file((root / target / name).string(), content);
  };

  const std::vector<double> normals = scores(60);
  std::vector<double> anomalous = normals;
  for (double& score : anomalous) score += 2;
  for (const Method& method : methods()) {
    const std::string name(method.info().name);
    AnyThreshold threshold = method.make({});
    const std::vector<float> few(normals.begin(), normals.begin() + 7);
    threshold.update(few);
    if (method.info().needs_labels) threshold.update(few, Label::anomalous);
    write("estimator_state", name, as_text(threshold.snapshot()));
    threshold.update(normals);
    if (method.info().needs_labels) threshold.update(anomalous, Label::anomalous);
    if (name == "quantile" || name == "f1" || name == "gpd" || name == "histogram") {
      io::ThresholdFile file;
      file.fit = threshold.compute();
      if (file.fit.ok()) write("threshold_file", name + ".json", io::to_json(file));
    }
  }
  AnyThreshold sigma = make_threshold("sigma", {{"trim", 0.1}, {"non_finite", std::string("skip")}});
  sigma.update(std::vector<double>{1, 2, 3, NAN});
  write("estimator_state", "sigma_trimmed", as_text(sigma.snapshot()));
  AnyThreshold buckets = make_threshold("f1", {{"exact_limit", 3.0}});
  buckets.update(std::vector<double>{1, 2, 3, 4}, std::vector<std::uint8_t>{0, 1, 0, 1});
  write("estimator_state", "f1_buckets", as_text(buckets.snapshot()));
  AnyThreshold none = make_threshold("quantile");
  none.update(std::vector<double>{1, 2});
  write("threshold_file", "no_cutoff.json", io::to_json(io::ThresholdFile{none.compute()}));
  io::write_state_file((root / "state_file").string() + ".tmp", {none.snapshot(), {}});
  std::filesystem::create_directories(root / "state_file");
  std::filesystem::rename((root / "state_file").string() + ".tmp", root / "state_file" / "quantile");

  SpotStream spot({.level = 0.6});
  static_cast<void>(spot.calibrate(normals));
  write("stream_state", "spot", after_some(spot));
  write("stream_state", "spot_fresh", as_text(SpotStream().snapshot()));
  DspotThreshold dspot({.level = 0.6, .depth = 5});
  static_cast<void>(dspot.calibrate(normals));
  write("stream_state", "dspot", after_some(dspot));
  const std::vector<double> few(normals.begin(), normals.begin() + 12);
  write("stream_state", "martingale", after_some(MartingaleMonitor(Scores(few))));
  write("stream_state", "martingale_fixed", after_some(MartingaleMonitor(Scores(few), {.bag = Bag::fixed})));
  write("stream_state", "cusum", after_some(CusumMonitor(Scores(few))));
  write("stream_state", "anderson_darling", after_some(AndersonDarlingMonitor(Scores(few), {.window = 10})));

  AnyThreshold quantile = make_threshold("quantile");
  quantile.update(normals);
  io::CalibrationFile file;
  file.image = quantile.compute();
  file.calibration.cutoff = file.image->cutoff;
  write("calibration_file", "image.json", io::to_json(file));
  file.high = file.low = file.image;
  file.calibration.mask = MaskRule{.high = file.image->cutoff, .fill_holes = true, .minimum_area = 3};
  file.pipeline = {"a model", "0123"};
  file.normal_scores = {{0.1, 60}, {2.0, 10}, {5.0, 1}};
  file.normal_count = 60;
  write("calibration_file", "mask.json", io::to_json(file));
  return 0;
}
