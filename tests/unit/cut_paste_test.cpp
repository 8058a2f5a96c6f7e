// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/cut_paste.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "synth.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;
using plimsoll::test::hash_of;
using plimsoll::test::random_planes;

namespace {

/// Where the ones of alpha lie; everything else must be 0.
struct Box {
  std::size_t top = ~std::size_t{0};
  std::size_t left = ~std::size_t{0};
  std::size_t bottom = 0;  ///< one past
  std::size_t right = 0;
  std::size_t count = 0;
};

Box box_of(const Field& alpha) {
  Box box;
  bool ones = true;
  for (std::size_t row = 0; row < alpha.rows(); ++row) {
    for (std::size_t column = 0; column < alpha.columns(); ++column) {
      if (alpha.at(row, column) == 0) continue;
      ones = ones && alpha.at(row, column) == 1;
      box.top = std::min(box.top, row);
      box.left = std::min(box.left, column);
      box.bottom = std::max(box.bottom, row + 1);
      box.right = std::max(box.right, column + 1);
      ++box.count;
    }
  }
  REQUIRE(ones);
  return box;
}

/// A slope that tells each pixel's place: the channels are row and column, in 512ths.
Planes places(std::size_t rows, std::size_t columns) {
  Planes planes(2, Field(rows, columns));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      planes[0].row(row)[column] = static_cast<float>(row) / 512;
      planes[1].row(row)[column] = static_cast<float>(column) / 512;
    }
  }
  return planes;
}

}  // namespace

TEST_CASE("cut_paste pastes a rectangle of the image elsewhere", "[cut_paste]") {
  const std::array<std::size_t, 2> sizes[] = {{64, 96}, {256, 256}, {11, 40}};
  for (const auto& [rows, columns] : sizes) {
    const Planes image = places(rows, columns);
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      RandomStream random(seed);
      const Paste paste = cut_paste(image, {.jitter = 0}, random);
      const Box box = box_of(paste.alpha);
      const std::size_t height = box.bottom - box.top;
      const std::size_t width = box.right - box.left;
      REQUIRE(box.count == height * width);
      const auto origin = [&](std::size_t row, std::size_t column) {
        return std::pair(std::lround(512 * static_cast<double>(paste.source[0].at(row, column))),
                         std::lround(512 * static_cast<double>(paste.source[1].at(row, column))));
      };
      const auto [from_row, from_column] = origin(box.top, box.left);
      REQUIRE(std::pair(from_row, from_column) != std::pair(static_cast<long>(box.top), static_cast<long>(box.left)));
      REQUIRE(from_row + static_cast<long>(height) <= static_cast<long>(rows));
      REQUIRE(from_column + static_cast<long>(width) <= static_cast<long>(columns));
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
          const long down = static_cast<long>(row) - static_cast<long>(box.top);
          const long right = static_cast<long>(column) - static_cast<long>(box.left);
          const bool near =
              down >= -1 && right >= -1 && down <= static_cast<long>(height) && right <= static_cast<long>(width);
          // In the rectangle and a pixel around it the place that it came from, elsewhere its own.
          const long expected_row =
              near ? std::clamp(from_row + down, 0L, static_cast<long>(rows) - 1) : static_cast<long>(row);
          const long expected_column =
              near ? std::clamp(from_column + right, 0L, static_cast<long>(columns) - 1) : static_cast<long>(column);
          if (origin(row, column) != std::pair(expected_row, expected_column)) FAIL("seed " << seed);
        }
      }
    }
  }
}

TEST_CASE("cut_paste draws areas and aspects from their ranges", "[cut_paste]") {
  const Planes image = places(200, 200);
  double low = 1;
  double high = 0;
  double sum = 0;
  double least_aspect = 10;
  double most_aspect = 0;
  int tall = 0;
  const int draws = 300;
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    RandomStream random(3, seed);
    const Paste paste = cut_paste(image, {.jitter = 0}, random);
    const Box box = box_of(paste.alpha);
    const double share = static_cast<double>(box.count) / 40000;
    const double aspect = static_cast<double>(box.bottom - box.top) / static_cast<double>(box.right - box.left);
    low = std::min(low, share);
    high = std::max(high, share);
    sum += share;
    least_aspect = std::min(least_aspect, aspect);
    most_aspect = std::max(most_aspect, aspect);
    tall += aspect > 1 ? 1 : 0;
  }
  // Sides of 15.5 pixels or more, rounded by half a pixel each: within 6.6 %. A twentieth of a range is missed by 300
  // draws with probability (19/20)^300 = 2e-7. Means and counts are within five standard errors.
  CHECK(low > 0.02 * 0.934);
  CHECK(low < 0.02 + 0.13 / 20);
  CHECK(high < 0.15 * 1.066);
  CHECK(high > 0.15 - 0.13 / 20);
  CHECK(std::abs(sum / draws - 0.085) < 5 * 0.13 / std::sqrt(12.0 * draws));
  CHECK(least_aspect > 0.3 * 0.934);
  CHECK(least_aspect < 0.3 + 0.7 / 20);
  CHECK(most_aspect < 3.3 * 1.066);
  CHECK(most_aspect > 3.3 - 2.3 / 20);
  CHECK(std::abs(tall - draws / 2) < 5 * std::sqrt(draws / 4.0) + 5);
}

TEST_CASE("cut_paste lands on every place but its own", "[cut_paste]") {
  // 2 x 3 pixels of 4 x 5: nine places, so 72 pairs, each as likely: 7200 draws, 100 of each, sd 10.
  const CutPasteParameters parameters{
      .least_area = 6.0 / 20, .most_area = 6.0 / 20, .least_aspect = 2.0 / 3, .most_aspect = 1, .jitter = 0};
  const Planes image = places(4, 5);
  std::map<std::array<long, 4>, int> counts;
  for (std::uint64_t seed = 0; seed < 14400; ++seed) {
    RandomStream random(9, seed);
    const Paste paste = cut_paste(image, parameters, random);
    const Box box = box_of(paste.alpha);
    if (box.count != 6 || box.bottom - box.top != 2) continue;  // the aspect is random between 2/3 and 1
    ++counts[{static_cast<long>(box.top), static_cast<long>(box.left),
              std::lround(512 * static_cast<double>(paste.source[0].at(box.top, box.left))),
              std::lround(512 * static_cast<double>(paste.source[1].at(box.top, box.left)))}];
  }
  CHECK(counts.size() == 72);
  int total = 0;
  for (const auto& [place, count] : counts) total += count;
  for (const auto& [place, count] : counts) {
    CHECK(std::abs(count - total / 72.0) < 5 * std::sqrt(total / 72.0));
    CHECK((place[0] != place[2] || place[1] != place[3]));
  }
}

TEST_CASE("cut_paste takes images of every size", "[cut_paste]") {
  const std::array<std::size_t, 2> sizes[] = {{1, 1}, {1, 7}, {7, 1}, {2, 2}, {3, 50}};
  for (const auto& [rows, columns] : sizes) {
    for (std::size_t channels = 1; channels <= 4; ++channels) {
      const Planes image = random_planes(channels, rows, columns, 1);
      for (std::uint64_t seed = 0; seed < 100; ++seed) {
        RandomStream random(seed);
        for (const Paste& paste : {cut_paste(image, {}, random), cut_paste_scar(image, {}, random),
                                   cut_paste(image, {.least_area = 1, .most_area = 1}, random)}) {
          REQUIRE(box_of(paste.alpha).count > 0);
          REQUIRE(paste.source.size() == channels);
          for (const Field& plane : paste.source) {
            REQUIRE(std::ranges::all_of(plane.values(), [](float value) { return value >= 0 && value <= 1; }));
          }
        }
      }
    }
  }
}

TEST_CASE("cut_paste changes colours a little", "[cut_paste]") {
  // A grey of 0.4 knows brightness only, as contrast, saturation and hue leave a constant grey.
  const Planes grey(3, Field(64, 64, 0.4F));
  float low = 1;
  float high = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    RandomStream random(seed);
    const Paste paste = seed % 2 == 0 ? cut_paste(grey, {}, random) : cut_paste_scar(grey, {}, random);
    const Box box = box_of(paste.alpha);
    const std::size_t row = (box.top + box.bottom) / 2;
    const std::size_t column = (box.left + box.right) / 2;
    const float value = paste.source[0].at(row, column);
    CHECK(std::abs(paste.source[1].at(row, column) - value) < 1e-6F);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  CHECK(low >= 0.36F - 1e-6F);
  CHECK(low < 0.364F);  // a twentieth of the range; missed with (19/20)^500 = 7e-12
  CHECK(high <= 0.44F + 1e-6F);
  CHECK(high > 0.436F);
}

TEST_CASE("cut_paste_scar pastes a turned rectangle", "[cut_paste]") {
  const Planes image = places(256, 300);
  double least_area = 1e9;
  double most_area = 0;
  double most_lean = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    RandomStream random(seed);
    const Paste paste = cut_paste_scar(image, {.jitter = 0}, random);
    const Box box = box_of(paste.alpha);
    // Source places are a rotation of where they land: |d place / d pixel| = 1 each way, and no shear.
    const std::size_t row = (box.top + box.bottom) / 2;
    const std::size_t column = (box.left + box.right) / 2;
    const auto slope = [&](std::size_t channel, bool down) {
      const Field& plane = paste.source[channel];
      const double here = static_cast<double>(plane.at(row, column));
      return 512 * (static_cast<double>(down ? plane.at(row + 1, column) : plane.at(row, column + 1)) - here);
    };
    if (paste.alpha.at(row, column) == 1) {
      const double cosine = slope(0, true);
      const double sine = slope(0, false);
      REQUIRE(cosine * cosine + sine * sine == Approx(1).epsilon(1e-3));
      REQUIRE(slope(1, false) == Approx(cosine).margin(1e-3));
      REQUIRE(slope(1, true) == Approx(-sine).margin(1e-3));
      most_lean = std::max(most_lean, std::abs(std::atan2(sine, cosine)));
    }
    least_area = std::min(least_area, static_cast<double>(box.count));
    most_area = std::max(most_area, static_cast<double>(box.count));
    // Whole within the image: 16 x 25 reaches 14.8 pixels at most.
    REQUIRE(box.bottom <= 256);
    REQUIRE(box.right <= 300);
    REQUIRE(box.bottom - box.top <= 30);
    REQUIRE(box.right - box.left <= 30);
    // Elsewhere the image itself, but for a pixel around, sqrt 2 away at most, and tips that hold no pixel's centre.
    for (std::size_t y = 0; y < 256 && seed % 10 == 0; ++y) {
      for (std::size_t x = 0; x < 300; ++x) {
        const bool near = y + 3 >= box.top && y < box.bottom + 3 && x + 3 >= box.left && x < box.right + 3;
        if (!near && paste.source[0].at(y, x) != image[0].at(y, x)) FAIL("seed " << seed << " at " << y << ", " << x);
      }
    }
  }
  CHECK(most_lean <= 0.7854 + 2e-3);
  CHECK(most_lean > 0.77);
  CHECK(least_area < 40);  // 2 x 10 = 20 to 16 x 25 = 400 pixels, of those whose centre lies inside
  CHECK(most_area > 350);
  CHECK(most_area < 400 + 42);  // a border of 82 pixels, of which some hold a centre just inside
}

TEST_CASE("cut_paste_scar has the sides that it drew", "[cut_paste]") {
  const Planes image = random_planes(1, 256, 256, 1);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    RandomStream random(seed);
    const CutPasteScarParameters upright{
        .least_width = 7, .most_width = 7, .least_length = 21, .most_length = 21, .most_angle = 0, .jitter = 0};
    const Box box = box_of(cut_paste_scar(image, upright, random).alpha);
    CHECK(box.bottom - box.top == 21);
    CHECK(box.right - box.left == 7);
    CHECK(box.count == 147);
    for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>(128, 500), {500, 128}}) {  // by the shorter side
      const Box half = box_of(cut_paste_scar(random_planes(1, rows, columns, 1), upright, random).alpha);
      CHECK(half.bottom - half.top == 11);  // 10.5 and 3.5, rounded up
      CHECK(half.right - half.left == 4);
    }
  }
}

TEST_CASE("cut_paste names what it refuses", "[cut_paste]") {
  const Planes image = random_planes(1, 8, 8, 1);
  RandomStream random(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [&](const CutPasteParameters& parameters) {
    CHECK_THROWS_AS(cut_paste(image, parameters, random), ParameterError);
  };
  refused({.least_area = 0});
  refused({.least_area = nan});
  refused({.least_area = 0.2, .most_area = 0.1});
  refused({.most_area = 1.1});
  refused({.least_aspect = 0});
  refused({.least_aspect = 1.1});
  refused({.most_aspect = 0.9});
  refused({.most_aspect = nan});
  refused({.jitter = -0.1});
  refused({.jitter = 0.6});
  CHECK_THROWS_WITH(cut_paste(image, {.most_area = 2}, random),
                    "cut_paste: most_area = 2.000000 is not in [least_area, 1.000000]");
  const auto refused_scar = [&](const CutPasteScarParameters& parameters) {
    CHECK_THROWS_AS(cut_paste_scar(image, parameters, random), ParameterError);
  };
  refused_scar({.least_width = 0});
  refused_scar({.most_width = 1});
  refused_scar({.least_length = nan});
  refused_scar({.most_length = 300});
  refused_scar({.most_angle = -1});
  refused_scar({.most_angle = 181});
  refused_scar({.jitter = nan});
  CHECK_THROWS_AS(cut_paste({Field(0, 3)}, {}, random), DataError);
  CHECK_THROWS_AS(cut_paste_scar({}, {}, random), DataError);
}

TEST_CASE("cut_paste gives the same bits everywhere", "[cut_paste]") {
  const Planes image = random_planes(3, 60, 70, 1);
  std::uint64_t hash = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomStream random(seed);
    const Paste paste = cut_paste(image, {}, random);
    const Paste scar = cut_paste_scar(image, {}, random);
    hash = hash_of(paste.source, hash_of(paste.alpha, hash));
    hash = hash_of(scar.source, hash_of(scar.alpha, hash));
  }
  CHECK(hash == 0x44F73EFF0DF7ADA7);
}
