// SPDX-License-Identifier: Apache-2.0
// Prints what the library makes of fixed numbers, a line each, floating-point numbers by their bits: to be compiled
// by several compilers, at several levels, and compared.
//
//   fingerprint                  all lines
//   fingerprint REFERENCE [E]    only those that differ from the file's, and status 1 if there are any; numbers of
//                                lines that begin with "fit" may differ by E of their size
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plimsoll/decide/calibration.hpp"
#include "plimsoll/decide/decide.hpp"
#include "plimsoll/synth/synthetic_anomalies.hpp"
#include "plimsoll/thresholds/all_methods.hpp"
#include "plimsoll/thresholds/map_calibrator.hpp"
#include "random.hpp"
#include "synth.hpp"

namespace {

using namespace plimsoll;
using plimsoll::test::Random;

std::map<std::string, std::string> lines;

std::string bits_of(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%016llx %.17g",
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)), value);
  return text;
}

void put(const std::string& name, double value) {
  lines[name] = bits_of(value);
}

void put(const std::string& name, std::uint64_t hash) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  lines[name] = text;
}

/// Nearly normal, by additions alone, which round alike everywhere.
double draw(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.uniform();
  return sum;
}

/// Methods whose cutoff takes no function but square roots and the four operations.
bool is_exact(std::string_view method) {
  for (const std::string_view name : {"quantile", "maximum", "certified", "scaled_quantile", "iqr", "mad", "sigma",
                                      "f1", "manual", "synthetic", "pixel"}) {
    if (method == name) return true;
  }
  return false;
}

void fit_all() {
  Random random(91);
  struct Data {
    std::string name;
    std::vector<float> scores;
    std::vector<std::uint8_t> labels;
  };
  std::vector<Data> all;
  for (const std::size_t n : {std::size_t{40}, std::size_t{300}, std::size_t{3000}}) {
    Data data{"n" + std::to_string(n), {}, {}};
    for (std::size_t i = 0; i < n; ++i) {
      const bool anomalous = random.below(4) == 0;
      data.scores.push_back(static_cast<float>(draw(random) + (anomalous ? 2 : 0)));
      data.labels.push_back(anomalous);
    }
    all.push_back(std::move(data));
  }
  Data ties{"ties", {}, {}};
  for (std::size_t i = 0; i < 500; ++i) {
    ties.scores.push_back(std::floor(static_cast<float>(3 * draw(random))));
    ties.labels.push_back(random.below(3) == 0);
  }
  all.push_back(std::move(ties));
  for (const Method& method : detail::all_methods()) {
    for (const Data& data : all) {
      AnyThreshold threshold = method.make({});
      std::vector<std::uint8_t> labels = data.labels;
      if (!method.info().needs_labels && method.info().name != "auto") labels.assign(labels.size(), 0);
      threshold.update(data.scores, labels);
      const Fit fit = threshold.compute();
      const std::string name =
          (is_exact(method.info().name) ? "bits " : "fit ") + std::string(method.info().name) + " " + data.name;
      put(name + " cutoff", fit.cutoff.value());
      for (const auto& [estimate, value] : fit.estimates) put(name + " " + std::string(estimate), value);
    }
  }
}

void decide_maps() {
  Random random(92);
  MapCalibrator calibrator;
  std::vector<std::vector<float>> maps(24, std::vector<float>(24 * 32));
  for (auto& map : maps) {
    for (float& pixel : map) pixel = static_cast<float>(draw(random));
  }
  for (const auto& map : maps) calibrator.update(ScoreMap(map.data(), 24, 32));
  const Calibration line = calibrator.compute().calibration;
  MapWorkspace<24, 32> workspace;
  std::uint64_t hash = 0;
  for (auto& map : maps) {
    for (float& pixel : map) pixel += static_cast<float>(random.uniform());
    const Decision decision = line.decide(ScoreMap(map.data(), 24, 32), workspace);
    hash = synth::mix(hash, std::bit_cast<std::uint64_t>(decision.score));
    for (const Label label : decision.mask.labels()) hash = synth::mix(hash, static_cast<std::uint64_t>(label));
    for (const float pixel : map) hash = synth::mix(hash, std::bit_cast<std::uint32_t>(line.normalised_pixel(pixel)));
  }
  put("bits decide", hash);
}

void make_anomalies() {
  using namespace plimsoll::synth;
  const Image image = test::random_image(PixelType::uint8, 64, 80, 3, 7);
  const Image other = test::random_image(PixelType::uint8, 64, 80, 3, 8);
  const ImageList normals(std::vector<Image>{image, other});
  for (const SourceKind source :
       {SourceKind::textures, SourceKind::noise, SourceKind::colour, SourceKind::images, SourceKind::quilt,
        SourceKind::random_phase, SourceKind::cut_paste, SourceKind::scar}) {
    const SyntheticAnomalies anomalies({.seed = 11, .source = source}, normals);
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const SyntheticItem item = anomalies(image.view(), i);
      hash = test::hash_of(item.image, hash);
      for (const std::uint8_t pixel : item.mask.bytes) hash = mix(hash, pixel);
    }
    put("bits synth " + std::string(to_string(source)), hash);
  }
}

/// Whether the line's numbers are the reference's, or near enough.
bool agree(const std::string& name, const std::string& one, const std::string& other, double tolerance) {
  if (one == other) return true;
  if (!name.starts_with("fit ")) return false;
  const double a = std::strtod(one.c_str() + 17, nullptr);
  const double b = std::strtod(other.c_str() + 17, nullptr);
  return std::abs(a - b) <= tolerance * std::abs(a);
}

}  // namespace

int main(int argc, char** argv) {
  fit_all();
  decide_maps();
  make_anomalies();
  if (argc < 2) {
    for (const auto& [name, text] : lines) std::printf("%s: %s\n", name.c_str(), text.c_str());
    return 0;
  }
  std::FILE* file = std::fopen(argv[1], "r");
  if (file == nullptr) return 2;
  const double tolerance = argc > 2 ? std::strtod(argv[2], nullptr) : 0;
  std::size_t read = 0;
  bool same = true;
  for (char text_of_line[200]; std::fgets(text_of_line, sizeof text_of_line, file) != nullptr; ++read) {
    std::string line = text_of_line;
    line.pop_back();  // its end
    const std::size_t colon = line.find(": ");
    const std::string name = line.substr(0, colon);
    const std::string text = line.substr(colon + 2);
    if (agree(name, text, lines[name], tolerance)) continue;
    std::printf("%s: %s there, %s here\n", name.c_str(), text.c_str(), lines[name].c_str());
    same = false;
  }
  std::fclose(file);
  if (read != lines.size()) std::printf("%zu lines there, %zu here\n", read, lines.size());
  return same && read == lines.size() ? 0 : 1;
}
