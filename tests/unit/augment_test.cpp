// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/augment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/adjustments.hpp"
#include "synth.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;
using plimsoll::test::hash_of;
using plimsoll::test::pattern;
using plimsoll::test::random_planes;

namespace {

double clamped(double x) {
  return std::clamp(x, 0.0, 1.0);
}

/// What an 8-bit reference says of the pattern at eight places, and the sum of all its levels.
struct Reference {
  std::array<int, 8> levels;
  int sum;
};

constexpr std::array<std::array<std::size_t, 3>, 8> places{
    {{0, 0, 0}, {1, 1, 1}, {5, 7, 2}, {11, 30, 0}, {23, 31, 2}, {12, 16, 1}, {20, 3, 0}, {2, 29, 2}}};

void check_levels(const Planes& planes, const Reference& reference, double tolerance, double sum_tolerance) {
  double sum = 0;
  for (const Field& plane : planes) {
    for (const float value : plane.values()) sum += 255 * static_cast<double>(value);
  }
  CHECK(std::abs(sum - reference.sum) <= sum_tolerance);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto [row, column, channel] = places[i];
    CAPTURE(i);
    CHECK(std::abs(255 * static_cast<double>(planes[channel].at(row, column)) - reference.levels[i]) <= tolerance);
  }
}

/// Every pixel as `model` says, of the pixel's channels in double.
void check_pixels(const Planes& before, const Planes& after,
                  const std::function<std::vector<double>(const std::vector<double>&)>& model) {
  for (std::size_t i = 0; i < before[0].values().size(); ++i) {
    std::vector<double> pixel;
    for (const Field& plane : before) pixel.push_back(static_cast<double>(plane.values()[i]));
    const std::vector<double> expected = model(pixel);
    for (std::size_t c = 0; c < before.size(); ++c) {
      CAPTURE(i, c);
      // A dozen roundings of floats below 16, half a unit of 2^-20 each at most.
      REQUIRE(std::abs(static_cast<double>(after[c].values()[i]) - expected[c]) < 2e-6);
    }
  }
}

/// HSV by its definition, with branches and std::fmod.
std::vector<double> hue_turned(const std::vector<double>& rgb, double turns) {
  const double most = std::max({rgb[0], rgb[1], rgb[2]});
  const double least = std::min({rgb[0], rgb[1], rgb[2]});
  const double chroma = most - least;
  if (chroma == 0) return rgb;
  double hue = 0;
  if (most == rgb[0]) {
    hue = (rgb[1] - rgb[2]) / chroma;
  } else if (most == rgb[1]) {
    hue = 2 + (rgb[2] - rgb[0]) / chroma;
  } else {
    hue = 4 + (rgb[0] - rgb[1]) / chroma;
  }
  hue = std::fmod(hue + 6 * turns + 12, 6);
  const double second = chroma * (1 - std::abs(std::fmod(hue, 2) - 1));
  std::vector<double> result;
  switch (static_cast<int>(hue)) {
    case 0: result = {chroma, second, 0}; break;
    case 1: result = {second, chroma, 0}; break;
    case 2: result = {0, chroma, second}; break;
    case 3: result = {0, second, chroma}; break;
    case 4: result = {second, 0, chroma}; break;
    default: result = {chroma, 0, second};
  }
  for (double& value : result) value += least;
  return result;
}

/// 13 x 21 pixels: blocks of 16 and what is left over; some of them grey, black, white, or of two equal channels.
Planes odd_planes(std::size_t channels, std::uint64_t seed) {
  Planes planes = random_planes(channels, 13, 21, seed);
  for (Field& plane : planes) {
    plane.row(0)[0] = 0;
    plane.row(0)[1] = 1;
    plane.row(0)[2] = 0.25F;
  }
  if (channels == 3) {
    for (std::size_t i = 0; i < 6; ++i) {
      planes[i % 3].row(1)[i] = 0.75F;
      planes[(i + (i < 3 ? 1 : 2)) % 3].row(1)[i] = 0.75F;
    }
  }
  return planes;
}

}  // namespace

TEST_CASE("brightness, contrast, saturation, inversion and solarising follow their formulas", "[augment]") {
  for (const std::size_t channels : {1U, 2U, 3U, 4U}) {
    const Planes before = odd_planes(channels, channels);
    double mean = 0;
    for (const Field& plane : before) {
      for (const float value : plane.values()) mean += static_cast<double>(value);
    }
    mean /= static_cast<double>(channels * 13 * 21);
    const auto each = [](const std::function<double(double)>& model) {
      return [model](std::vector<double> pixel) {
        for (double& value : pixel) value = model(value);
        return pixel;
      };
    };
    for (const double factor : {0.0, 0.5, 1.0, 1.7, 3.0}) {
      Planes after = before;
      adjust_brightness(after, factor);
      check_pixels(before, after, each([&](double x) { return clamped(factor * x); }));
      after = before;
      adjust_contrast(after, factor);
      check_pixels(before, after, each([&](double x) { return clamped(factor * x + (1 - factor) * mean); }));
      after = before;
      adjust_saturation(after, factor);
      check_pixels(before, after, [&](std::vector<double> pixel) {
        if (pixel.size() != 3) return pixel;
        const double grey = (pixel[0] + pixel[1] + pixel[2]) / 3;
        for (double& value : pixel) value = clamped(factor * value + (1 - factor) * grey);
        return pixel;
      });
    }
    Planes after = before;
    invert(after);
    check_pixels(before, after, each([](double x) { return 1 - x; }));
    for (const double threshold : {0.0, 0.25, 1.0}) {
      after = before;
      solarise(after, threshold);
      check_pixels(before, after, each([&](double x) { return x >= threshold ? 1 - x : x; }));
    }
    for (const int bits : {1, 4, 8}) {
      after = before;
      posterise(after, bits);
      const double levels = std::pow(2, bits);
      check_pixels(before, after,
                   each([&](double x) { return std::min(std::floor(levels * x), levels - 1) / levels; }));
    }
  }
}

TEST_CASE("hue is turned as HSV defines it", "[augment]") {
  const Planes before = odd_planes(3, 7);
  for (const double turns : {-1.0, -0.5, -50.0 / 360, -0.01, 0.0, 0.02, 50.0 / 360, 1.0 / 3, 0.75, 1.0}) {
    Planes after = before;
    turn_hue(after, turns);
    CAPTURE(turns);
    check_pixels(before, after, [&](const std::vector<double>& pixel) { return hue_turned(pixel, turns); });
  }
  Planes red{Field(1, 1, 0.75F), Field(1, 1, 0.25F), Field(1, 1, 0.25F)};
  turn_hue(red, 1.0 / 3);
  CHECK(red[0].at(0, 0) == Approx(0.25));
  CHECK(red[1].at(0, 0) == Approx(0.75));
  CHECK(red[2].at(0, 0) == Approx(0.25));
  Planes grey = odd_planes(1, 3);
  const std::uint64_t hash = hash_of(grey);
  turn_hue(grey, 0.3);
  CHECK(hash_of(grey) == hash);
}

TEST_CASE("adjustments agree with an imaging library of 8 bits", "[augment]") {
  // Pillow 9.4 of the pattern: ImageOps.equalize, autocontrast and solarize(100), ImageEnhance.Sharpness.
  Planes planes = pattern();
  check_levels(planes, {{20, 126, 103, 77, 205, 137, 153, 83}, 276112}, 1e-4, 0.01);
  equalise(planes);
  check_levels(planes, {{0, 131, 158, 106, 255, 146, 255, 123}, 357812}, 1e-4, 0.1);
  planes = pattern();
  solarise(planes, 100.0 / 255 - 1e-6);
  check_levels(planes, {{20, 129, 152, 77, 50, 118, 102, 83}, 186296}, 1e-4, 0.01);
  // These round to 8 bits on the way and in the end: by 1 a pixel at most, and half of that on average.
  planes = pattern();
  auto_contrast(planes);
  check_levels(planes, {{0, 135, 106, 73, 237, 149, 170, 80}, 293600}, 1.0, 0.6 * 2304);
  planes = pattern();
  adjust_sharpness(planes, 2);
  check_levels(planes, {{20, 155, 86, 29, 205, 135, 167, 66}, 279766}, 1.01, 0.6 * 2304);
  planes = pattern();
  adjust_sharpness(planes, 0.1);
  check_levels(planes, {{20, 99, 118, 120, 205, 138, 140, 98}, 275156}, 1.46, 0.6 * 2304);
}

TEST_CASE("sharpness smooths by the kernel and keeps the border", "[augment]") {
  for (const auto& size : {std::array<std::size_t, 2>{3, 3}, {5, 19}, {40, 33}, {2, 9}, {1, 1}, {9, 2}}) {
    const Planes before = random_planes(2, size[0], size[1], 3);
    for (const double factor : {0.0, 0.6, 2.0}) {
      Planes after = before;
      adjust_sharpness(after, factor);
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t row = 0; row < size[0]; ++row) {
          for (std::size_t column = 0; column < size[1]; ++column) {
            const auto at = [&](std::size_t y, std::size_t x) { return static_cast<double>(before[c].at(y, x)); };
            double expected = at(row, column);
            if (row > 0 && column > 0 && row + 1 < size[0] && column + 1 < size[1]) {
              double smooth = 4 * expected;
              for (std::size_t y = row - 1; y <= row + 1; ++y) {
                for (std::size_t x = column - 1; x <= column + 1; ++x) smooth += at(y, x);
              }
              smooth /= 13;
              expected = clamped(factor * expected + (1 - factor) * smooth);
            }
            REQUIRE(static_cast<double>(after[c].at(row, column)) == Approx(expected).margin(2e-6));
          }
        }
      }
    }
  }
}

TEST_CASE("equalising flattens the histogram and keeps the order", "[augment]") {
  Planes planes{test::random_field(100, 100, 3)};
  for (float& value : planes[0].values()) value = value * value * value;  // dark
  const Field before = planes[0];
  equalise(planes);
  std::array<int, 4> quarters{};
  for (const float value : planes[0].values())
    ++quarters[std::min<std::size_t>(3, static_cast<std::size_t>(4 * value))];
  // A level of the dark image holds up to (1/256)^(1/3) = 16 % of the values: two quarters lie whole above those.
  CHECK(std::abs(quarters[2] - 2500) < 300);
  CHECK(std::abs(quarters[3] - 2500) < 300);
  for (std::size_t i = 1; i < 10000; ++i) {
    const float a = before.values()[i - 1];
    const float b = before.values()[i];
    if (a < b) REQUIRE(planes[0].values()[i - 1] <= planes[0].values()[i]);
  }
  Planes constant{Field(30, 30, 0.4F)};
  equalise(constant);
  for (const float value : constant[0].values()) REQUIRE(value == 102.0F / 255);
  Planes tiny = random_planes(1, 9, 9, 1);  // step 0: levels only
  const Field tiny_before = tiny[0];
  equalise(tiny);
  for (std::size_t i = 0; i < 81; ++i) {
    REQUIRE(std::abs(tiny[0].values()[i] - tiny_before.values()[i]) <= 0.5F / 255 + 1e-6F);
  }
}

TEST_CASE("auto contrast reaches black and white", "[augment]") {
  Planes planes = random_planes(2, 7, 9, 4);
  for (float& value : planes[0].values()) value = 0.3F + 0.2F * value;
  for (float& value : planes[1].values()) value = 0.6F;
  auto_contrast(planes);
  CHECK(*std::ranges::min_element(planes[0].values()) == 0);
  CHECK(*std::ranges::max_element(planes[0].values()) == Approx(1).margin(1e-6));
  for (const float value : planes[1].values()) CHECK(value == 0.6F);
}

TEST_CASE("adjustments name what they refuse", "[augment]") {
  Planes planes = random_planes(3, 4, 4, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(adjust_brightness(planes, -0.1), ParameterError);
  CHECK_THROWS_WITH(adjust_contrast(planes, nan), "adjust_contrast: factor = nan is not in [0, 1000]");
  CHECK_THROWS_AS(adjust_saturation(planes, 1001), ParameterError);
  CHECK_THROWS_AS(adjust_sharpness(planes, -1), ParameterError);
  CHECK_THROWS_AS(turn_hue(planes, 1.1), ParameterError);
  CHECK_THROWS_AS(turn_hue(planes, nan), ParameterError);
  CHECK_THROWS_WITH(solarise(planes, 1.5), "solarise: threshold = 1.500000 is not in [0, 1]");
  CHECK_THROWS_WITH(posterise(planes, 0), "posterise: bits = 0 is not in [1, 8]");
  CHECK_THROWS_AS(posterise(planes, 9), ParameterError);
  Planes unequal{Field(2, 2), Field(2, 3)};
  CHECK_THROWS_AS(invert(unequal), DataError);
  CHECK_THROWS_AS(equalise(unequal), DataError);
  CHECK_THROWS_AS(auto_contrast(unequal), DataError);
  RandomStream random(1);
  CHECK_THROWS_WITH(augment(planes, 11, random), "augment: count = 11 is not in [0, 10]");
  CHECK_THROWS_AS(apply(Augmentation::hue, unequal, random), DataError);
}

TEST_CASE("augmentations take planes of every size and stay within 0 and 1", "[augment]") {
  const std::size_t sizes[][2] = {{0, 0}, {0, 5}, {1, 1}, {1, 40}, {40, 1}, {2, 3}, {33, 47}};
  for (const auto& size : sizes) {
    for (std::size_t channels = 1; channels <= 4; ++channels) {
      for (const Augmentation augmentation : augmentations) {
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
          RandomStream random(seed);
          Planes planes = random_planes(channels, size[0], size[1], seed);
          for (std::size_t i = 0; i < planes[0].values().size(); i += 3) planes[0].values()[i] = seed % 2 ? 0 : 1;
          apply(augmentation, planes, random);
          REQUIRE(planes.size() == channels);
          for (const Field& plane : planes) {
            REQUIRE(plane.rows() == size[0]);
            REQUIRE(plane.columns() == size[1]);
            REQUIRE(std::ranges::all_of(plane.values(), [](float value) { return value >= 0 && value <= 1; }));
          }
        }
      }
    }
  }
}

TEST_CASE("augmentations survive what is no number", "[augment]") {
  for (const Augmentation augmentation : augmentations) {
    Planes planes = random_planes(3, 20, 20, 1);
    planes[0].row(3)[4] = std::numeric_limits<float>::quiet_NaN();
    planes[1].row(5)[4] = std::numeric_limits<float>::infinity();
    planes[2].row(6)[7] = -1e30F;
    RandomStream random(2);
    CHECK_NOTHROW(apply(augmentation, planes, random));
  }
}

TEST_CASE("augmentations draw from their ranges", "[augment]") {
  // Of 3,000 uniform numbers the least comes within a hundredth of the range but for (99/100)^3000 = 8e-14; the mean is
  // within 5 standard errors of the middle, 5 / sqrt(12 x 3000) = 0.0264 of the range.
  const auto check = [](Augmentation augmentation, double least, double most, const Planes& image, const auto& read) {
    double low = 1e9;
    double high = -1e9;
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
      RandomStream random(17, seed);
      Planes planes = image;
      apply(augmentation, planes, random);
      const double value = read(planes);
      low = std::min(low, value);
      high = std::max(high, value);
      sum += value;
    }
    const double range = most - least;
    CAPTURE(to_string(augmentation), low, high, sum / 3000);
    CHECK(low > least - 1e-5);
    CHECK(low < least + 0.01 * range);
    CHECK(high < most + 1e-5);
    CHECK(high > most - 0.01 * range);
    CHECK(std::abs(sum / 3000 - (least + most) / 2) < 0.0264 * range);
  };
  const auto value = [](const Planes& planes, std::size_t channel, std::size_t row, std::size_t column) {
    return static_cast<double>(planes[channel].at(row, column));
  };
  check(Augmentation::brightness, 0.8, 1.2, {Field(1, 1, 0.5F)},
        [&](const Planes& p) { return 2 * value(p, 0, 0, 0); });
  Planes halves{Field(1, 2, 0.25F)};
  halves[0].row(0)[1] = 0.75F;  // of mean 0.5; the factor 2 makes them 0 and 1
  check(Augmentation::contrast, 0.5, 2, halves,
        [&](const Planes& p) { return 2 * value(p, 0, 0, 1) - 2 * value(p, 0, 0, 0); });
  // The hue between the channel that is least and the greatest; saturation leaves it, as the grey is the same for all.
  const Planes colour{Field(1, 1, 0.6F), Field(1, 1, 0.4F), Field(1, 1, 0.4F)};
  const auto hue = [&](const Planes& p) {
    const double r = value(p, 0, 0, 0);
    const double g = value(p, 1, 0, 0);
    const double b = value(p, 2, 0, 0);
    return (g - b) / (r - std::min(g, b)) * 60;
  };
  check(Augmentation::hue, -50, 50, colour, hue);
  const auto saturation = [&](const Planes& p) {
    const double r = value(p, 0, 0, 0);
    const double g = value(p, 1, 0, 0);
    const double b = value(p, 2, 0, 0);
    return (r - std::min(g, b)) / 0.2;  // the chroma was 0.2
  };
  check(Augmentation::hue, 0.5, 1.5, colour, saturation);
  Planes ramp{Field(1, 100001)};
  for (std::size_t i = 0; i <= 100000; ++i) ramp[0].row(0)[i] = static_cast<float>(i) / 100000;
  double low = 1;
  double high = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    RandomStream random(seed);
    Planes planes = ramp;
    apply(Augmentation::solarise, planes, random);
    const double threshold = static_cast<double>(*std::ranges::max_element(planes[0].values()));  // 1 - the threshold
    low = std::min(low, 1 - threshold);
    high = std::max(high, 1 - threshold);
  }
  CHECK(low > 32.0 / 255 - 1e-4);
  CHECK(low < 40.0 / 255);  // (1 - 8/96)^300 = 5e-12
  CHECK(high < 128.0 / 255 + 1e-4);
  CHECK(high > 120.0 / 255);
  // The angle by the slopes of a ramp in the middle.
  Planes slope{Field(9, 9)};
  for (std::size_t row = 0; row < 9; ++row) {
    for (std::size_t column = 0; column < 9; ++column) slope[0].row(row)[column] = static_cast<float>(column) / 16;
  }
  check(Augmentation::rotation, -45, 45, slope, [&](const Planes& p) {
    const double across = value(p, 0, 4, 5) - value(p, 0, 4, 3);
    const double down = value(p, 0, 5, 4) - value(p, 0, 3, 4);
    return std::atan2(down, across) * 180 / 3.14159265358979323846;
  });
}

TEST_CASE("augmentations without a random part do what they are named after", "[augment]") {
  const Planes before = pattern();
  const auto same = [&](Augmentation augmentation, const auto& change) {
    RandomStream random(1);
    Planes a = before;
    Planes b = before;
    apply(augmentation, a, random);
    change(b);
    CHECK(hash_of(a) == hash_of(b));
  };
  same(Augmentation::sharpness, [](Planes& planes) { adjust_sharpness(planes, 2); });
  same(Augmentation::posterise, [](Planes& planes) { posterise(planes, 4); });
  same(Augmentation::invert, [](Planes& planes) { invert(planes); });
  same(Augmentation::equalise, [](Planes& planes) { equalise(planes); });
}

TEST_CASE("auto augment is the published policy", "[augment]") {
  using synth::detail::imagenet_policy;
  using Operation = synth::detail::PolicyOperation;
  REQUIRE(imagenet_policy.size() == 25);
  // Counted by hand in table 9: how often each operation stands there.
  std::map<Operation, int> counts;
  double changing = 0;
  for (const auto& pair : imagenet_policy) {
    double unchanged = 1;
    for (const auto& step : pair) {
      ++counts[step.operation];
      REQUIRE(step.tenths <= 10);
      REQUIRE(step.magnitude <= 9);
      if (step.operation != Operation::colour) unchanged *= 1 - step.tenths / 10.0;
    }
    changing += 1 - unchanged;
  }
  CHECK(counts[Operation::equalise] == 17);
  CHECK(counts[Operation::posterise] == 5);
  CHECK(counts[Operation::solarise] == 7);
  CHECK(counts[Operation::rotate] == 6);
  CHECK(counts[Operation::colour] == 6);
  CHECK(counts[Operation::auto_contrast] == 2);
  CHECK(counts[Operation::invert] == 3);
  CHECK(counts[Operation::contrast] == 2);
  CHECK(counts[Operation::sharpness] == 1);
  CHECK(counts[Operation::shear] == 1);
  // A grey image changes where one of the two is done that is not of colours. Five standard errors of 2,000 draws.
  const Planes grey{pattern()[0]};
  int changed = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomStream random(seed);
    Planes planes = grey;
    apply(Augmentation::auto_augment, planes, random);
    changed += hash_of(planes) != hash_of(grey);
  }
  const double share = changing / 25;
  CHECK(std::abs(changed / 2000.0 - share) < 5 * std::sqrt(share * (1 - share) / 2000));
}

TEST_CASE("auto augment's magnitudes are those of the policy", "[augment]") {
  using Operation = synth::detail::PolicyOperation;
  const int bits[] = {8, 8, 7, 7, 6, 6, 5, 5, 4, 4};  // 8 - round(4 m / 9)
  for (int magnitude = 0; magnitude < 10; ++magnitude) {
    Planes a = pattern();
    Planes b = pattern();
    synth::detail::apply(Operation::posterise, magnitude, true, a);
    posterise(b, bits[magnitude]);
    CHECK(hash_of(a) == hash_of(b));
    a = pattern();
    b = pattern();
    synth::detail::apply(Operation::colour, magnitude, true, a);
    adjust_saturation(b, 1 - magnitude / 10.0);
    for (std::size_t i = 0; i < a[0].values().size(); ++i) {
      REQUIRE(a[0].values()[i] == Approx(b[0].values()[i]).margin(1e-6));
    }
  }
  // Sheared along the rows about the top: row r is moved by 0.3 x 5/9 x r = r/6.
  Planes slope{Field(12, 40)};
  for (std::size_t row = 0; row < 12; ++row) {
    for (std::size_t column = 0; column < 40; ++column) slope[0].row(row)[column] = static_cast<float>(column) / 40;
  }
  synth::detail::apply(Operation::shear, 5, false, slope);
  for (std::size_t row = 0; row < 12; ++row) {
    CHECK(slope[0].at(row, 20) * 40 == Approx(20 + static_cast<double>(row) / 6).epsilon(1e-5));
  }
}

TEST_CASE("augment makes different changes, each as often", "[augment]") {
  Planes small = random_planes(3, 4, 4, 1);
  std::map<Augmentation, int> any;
  std::map<Augmentation, int> first;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    RandomStream random(5, seed);
    Planes planes = small;
    const std::vector<Augmentation> done = augment(planes, 3, random);
    REQUIRE(done.size() == 3);
    REQUIRE(std::set<Augmentation>(done.begin(), done.end()).size() == 3);
    ++first[done[0]];
    for (const Augmentation augmentation : done) ++any[augmentation];
  }
  for (const Augmentation augmentation : augmentations) {
    CAPTURE(to_string(augmentation));
    CHECK(std::abs(first[augmentation] - 1000) < 150);  // 5 standard deviations, sqrt(10000 x 0.1 x 0.9) = 30
    CHECK(std::abs(any[augmentation] - 3000) < 230);    // and sqrt(10000 x 0.3 x 0.7) = 46
  }
  RandomStream random(1);
  Planes planes = small;
  CHECK(augment(planes, 0, random).empty());
  CHECK(hash_of(planes) == hash_of(small));
  const std::vector<Augmentation> all = augment(planes, 10, random);
  CHECK(std::set<Augmentation>(all.begin(), all.end()).size() == 10);
}

TEST_CASE("augment does what it tells", "[augment]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomStream random(seed);
    Planes planes = pattern();
    const std::vector<Augmentation> done = augment(planes, 1, random);
    RandomStream again(seed);
    static_cast<void>(again.below(10));
    Planes other = pattern();
    apply(done[0], other, again);
    CHECK(hash_of(planes) == hash_of(other));
  }
  std::set<std::string> names;
  for (const Augmentation augmentation : augmentations) names.insert(std::string(to_string(augmentation)));
  CHECK(names.size() == 10);
}

TEST_CASE("augment gives the same bits everywhere", "[augment]") {
  std::uint64_t hash = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed);
    Planes planes = pattern();
    augment(planes, 3, random);
    hash = hash_of(planes, hash);
  }
  CHECK(hash == 0x059D731C934D9797);
}
