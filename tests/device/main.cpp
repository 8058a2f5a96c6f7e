// SPDX-License-Identifier: Apache-2.0
// Prints what the line decides of fixed scores and maps, by their bits, a line each. With a file that another build
// printed it compares: what begins with "about" is a normalised score or an interpolated cutoff, whose last digits may
// differ (see docs/reliability.md); everything else is the same to the bit. The exit status says whether.
#include <array>
#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "device.hpp"
#include "inputs.hpp"
#include "line.hpp"
#include "plimsoll/decide/location_scale.hpp"

namespace {

std::vector<std::string> output;

template <typename... Values>
void print(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  output.emplace_back(text);
}

/// The bits; of NaN only that it is one.
std::uint64_t bits(double x) {
  return std::isnan(x) ? 0x7ff8000000000000 : std::bit_cast<std::uint64_t>(x);
}

/// May be off by a few roundings of doubles beside 1: of products, and of the mathematics library's log and exp.
template <typename T>
void print_about(T x) {
  print("about %g %.17g", 16 * 0x1p-53, static_cast<double>(x));
}

/// At, just below and just above the cutoff, what is special, and noise around the cutoff, widened to double.
template <typename T>
std::vector<double> scores_at(plimsoll::Cutoff cutoff) {
  const plimsoll::ScoreType type = plimsoll::score_type_of<T>;
  const auto above = [type](double x) { return plimsoll::next_above(x, type); };
  const auto below = [&above](double x) { return -above(-x); };
  double at = cutoff.value();
  if constexpr (!std::same_as<T, double>) at = static_cast<double>(cutoff.as<T>());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double denormal = above(0);
  const double least_normal = type == plimsoll::ScoreType::float16   ? 0x1p-14
                              : type == plimsoll::ScoreType::float32 ? 0x1p-126
                                                                     : 0x1p-1022;
  std::vector<double> scores{at,
                             below(at),
                             above(at),
                             -at,
                             0,
                             -0.0,
                             denormal,
                             -denormal,
                             infinity,
                             -infinity,
                             std::nan(""),
                             -std::nan(""),
                             least_normal,
                             below(least_normal),
                             below(infinity),
                             above(-infinity)};
  device::Noise noise(1);
  for (int i = 0; i < 200; ++i) scores.push_back(static_cast<double>(static_cast<T>(at * 2 * noise.next())));
  return scores;
}

template <typename T>
void decide_scores() {
  for (const double wide : scores_at<T>(line.cutoff)) {
    const T score = static_cast<T>(wide);
    const T normalised = line.normalised(score);
    print("score %" PRIx64 " label %d verdict %d upper half %d", bits(wide), static_cast<int>(line.label(score)),
          static_cast<int>(line.decide(score)), !(static_cast<double>(normalised) < 0.5));
    print_about(normalised);
  }
}

#ifdef DEVICE_DECIDES_MAPS
void print_decision(const plimsoll::Decision& decision) {
  std::uint32_t mask = 2166136261;  // FNV-1a
  for (std::size_t row = 0; row < decision.mask.rows(); ++row) {
    for (const std::uint8_t byte : decision.mask.row(row)) mask = (mask ^ byte) * 16777619;
  }
  print("map label %d verdict %d score %" PRIx64 " regions %zu mask %" PRIx32, static_cast<int>(decision.label),
        static_cast<int>(decision.verdict), bits(decision.score), decision.regions.size(), mask);
  for (const plimsoll::Region& region : decision.regions) {
    print("region %zu %zu %zu %zu %zu %" PRIx64 " %" PRIx64 " %" PRIx64, static_cast<std::size_t>(region.area),
          static_cast<std::size_t>(region.row_begin), static_cast<std::size_t>(region.row_end),
          static_cast<std::size_t>(region.column_begin), static_cast<std::size_t>(region.column_end), bits(region.peak),
          bits(region.centroid_row), bits(region.centroid_column));
  }
}

/// The map as it is, and with what is special at and around both levels.
std::vector<std::vector<float>> maps() {
  std::vector<std::vector<float>> maps;
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    const float bright = seed % 2 == 0 ? 0 : 0.25F * static_cast<float>(seed - 100);
    maps.push_back(device::noise_map(seed, bright));
  }
  for (const plimsoll::Cutoff level : {line.mask->high, line.mask->low, line.cutoff}) {
    const std::vector<double> scores = scores_at<float>(level);
    // All in one map but for NaN, which makes any map anomalous; and each alone.
    std::vector<float> all(device::rows * device::columns);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!std::isnan(scores[i])) all[3 * i] = static_cast<float>(scores[i]);
    }
    maps.push_back(all);
    for (std::size_t i = 0; i < 16; ++i) {
      std::vector<float> one(device::rows * device::columns);
      for (std::size_t row = 0; row < 4; ++row) {
        for (std::size_t column = 0; column < 4; ++column) {
          one[row * device::columns + column] = static_cast<float>(scores[i]);
        }
      }
      maps.push_back(one);
    }
  }
  return maps;
}

plimsoll::MapWorkspace<device::rows, device::columns> workspace;

template <typename T>
void decide_map(const std::vector<float>& map) {
  const std::vector<T> pixels(map.begin(), map.end());
  print_decision(line.decide(plimsoll::ScoreMap(pixels.data(), device::rows, device::columns), workspace));
}
#endif

/// Standardised scores, and the cutoff of each location, which a search over all numbers finds.
void decide_locations() {
  constexpr std::array mean{0.1, -3.0, 0x1p-1060, 1e300};
  constexpr std::array spread{0.7, 1e-3, 0x1p-1070, 1e299};
  const plimsoll::LocationScale scale(mean, spread, 2, 2);
  std::array<float, 4> cutoffs{};
  scale.cutoffs(plimsoll::Cutoff{3.1}, std::span<float>(cutoffs));
  for (std::size_t i = 0; i < 4; ++i) {
    print("location %" PRIx64, bits(static_cast<double>(cutoffs[i])));
    device::Noise noise(i);
    for (int j = 0; j < 50; ++j) {
      const double score = spread[i] * 8 * (static_cast<double>(noise.next()) - 0.5);
      print("standardised %" PRIx64 " %" PRIx64, bits(scale.standardised(static_cast<float>(score), i)),
            bits(scale.standardised(score, i)));
    }
  }
}

std::vector<std::string> lines_of(const char* path) {
  std::vector<std::string> lines;
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return lines;
  char text[256];
  while (std::fgets(text, sizeof text, file) != nullptr) lines.emplace_back(text, std::strcspn(text, "\n"));
  std::fclose(file);
  return lines;
}

/// How many lines differ; each is printed.
int differences(const std::vector<std::string>& theirs) {
  int differ = theirs.size() == output.size() ? 0 : 1;
  double farthest = 0;
  for (std::size_t i = 0; i < output.size() && i < theirs.size(); ++i) {
    if (output[i] == theirs[i]) continue;
    constexpr std::string_view about = "about ";
    bool close = false;
    if (output[i].starts_with(about) && theirs[i].starts_with(about)) {
      char* mine = nullptr;
      char* other = nullptr;
      const double tolerance = std::strtod(output[i].c_str() + about.size(), &mine);
      std::strtod(theirs[i].c_str() + about.size(), &other);
      const double theirs_is = std::strtod(other, nullptr);
      const double error = std::abs(std::strtod(mine, nullptr) - theirs_is) / std::fmax(1, std::abs(theirs_is));
      close = error <= tolerance;
      farthest = std::fmax(farthest, error);
    }
    if (close) continue;
    ++differ;
    std::printf("line %zu: \"%s\", not \"%s\"\n", i + 1, output[i].c_str(), theirs[i].c_str());
  }
  std::printf("%zu lines, %d differ, and what may by at most %g\n", output.size(), differ, farthest);
  return differ;
}

}  // namespace

int main(int count, char** arguments) {
#if PLIMSOLL_HAS_HALF
  decide_scores<plimsoll::Half>();
#endif
  decide_scores<float>();
  decide_scores<double>();
  for (std::size_t i = 0; i < line.rates.count; ++i) {
    const auto between = line.rates.cutoff_at(0.97 * line.rates.knots[i].rate);
    if (between) print_about(between->value());
  }
  decide_locations();
#ifdef DEVICE_DECIDES_MAPS
  for (const std::vector<float>& map : maps()) {
    print_decision(device::decide(map.data()));
    decide_map<double>(map);
#if PLIMSOLL_HAS_HALF
    decide_map<plimsoll::Half>(map);
#endif
  }
#else
  for (const double score : scores_at<float>(line.cutoff)) print("%d", device::reject(static_cast<float>(score)));
#endif
#ifdef DEVICE_SHOWS_SCORES
  for (const double score : scores_at<float>(line.cutoff)) {
    print_about(device::shown(static_cast<float>(score)));
  }
#endif
  if (count > 1) return differences(lines_of(arguments[1])) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  for (const std::string& text : output) std::puts(text.c_str());
}
