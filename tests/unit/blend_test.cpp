// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/blend.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "synth.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;
using plimsoll::test::hash_of;
using plimsoll::test::random_field;
using plimsoll::test::random_image;
using plimsoll::test::random_planes;

namespace {

/// A mask with rows and blocks of nothing, soft values, and single pixels.
Field some_alpha(std::size_t rows, std::size_t columns) {
  Field alpha = random_field(rows, columns, 77);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      float& value = alpha.row(row)[column];
      if (row % 3 == 0 || value < 0.4F || (column / 16) % 2 == 1) value = 0;
      if (value > 0.8F) value = 1;
    }
  }
  if (columns > 17) alpha.row(0)[17] = 0.5F;
  return alpha;
}

/// By the formula, element by element in double.
double model(double old, const Planes& source, std::size_t colours, std::size_t row, std::size_t column,
             std::size_t channel, double weight, double white) {
  double from = 0;
  if (source.size() == 1) {
    from = static_cast<double>(source[0].at(row, column));
  } else if (colours == 1) {
    for (const Field& plane : source) from += static_cast<double>(plane.at(row, column));
    from /= static_cast<double>(source.size());
  } else {
    from = static_cast<double>(source[channel].at(row, column));
  }
  return std::clamp((1 - weight) * old + weight * white * from, 0.0, white);
}

}  // namespace

TEST_CASE("blend follows its formula and leaves the rest bit for bit", "[blend]") {
  const std::size_t sizes[][2] = {{1, 1}, {7, 50}, {33, 16}, {12, 31}};
  for (const auto& size : sizes) {
    const Field alpha = some_alpha(size[0], size[1]);
    for (const PixelType type : {PixelType::uint8, PixelType::uint16, PixelType::float32}) {
      for (std::size_t channels = 1; channels <= 4; ++channels) {
        for (std::size_t source_channels = 1; source_channels <= 4; ++source_channels) {
          const Planes source = random_planes(source_channels, size[0], size[1], 5);
          const Image before = random_image(type, size[0], size[1], channels, 9);
          const std::size_t colours = channels < 3 ? 1 : 3;
          if (source_channels != 1 && colours != 1 && source_channels != colours) {
            Image image = before;
            CHECK_THROWS_AS(blend(image, source, alpha, 0.5), DataError);
            continue;
          }
          for (const double factor : {0.0, 0.2, 1.0}) {
            Image after = before;
            blend(after, source, alpha, factor);
            before.view().visit([&]<typename T>(const T* old) {
              after.visit([&]<typename U>(U* now) {
                if constexpr (std::same_as<T, U>) {
                  for (std::size_t i = 0; i < size[0] * size[1] * channels; ++i) {
                    const std::size_t pixel = i / channels;
                    const double weight = factor * static_cast<double>(alpha.values()[pixel]);
                    if (weight == 0 || i % channels >= colours) {  // transparency stays too
                      REQUIRE(std::memcmp(&old[i], &now[i], sizeof(T)) == 0);
                      continue;
                    }
                    const double expected = model(static_cast<double>(old[i]), source, colours, pixel / size[1],
                                                  pixel % size[1], i % channels, weight, white_of(type));
                    // Half a unit for rounding, and floats' 24 bits: 65535 x 2^-22 on the way.
                    const double tolerance = type == PixelType::float32 ? 1e-6 : 0.5 + 0.016;
                    REQUIRE(std::abs(static_cast<double>(now[i]) - expected) <= tolerance);
                  }
                }
              });
            });
          }
        }
      }
    }
  }
}

TEST_CASE("blend with the whole source is the source, rounded", "[blend]") {
  const Image image = random_image(PixelType::uint8, 20, 30, 3, 1);
  const Image other = random_image(PixelType::uint8, 20, 30, 3, 2);
  Image result = image;
  blend(result, to_planes(other.view()), Field(20, 30, 1), 1);
  CHECK(result == other);
  result = image;
  blend(result, to_planes(image.view()), Field(20, 30, 1), 0.37);
  CHECK(result == image);
  result = image;
  blend(result, to_planes(other.view()), Field(20, 30, 0), 1);
  CHECK(result == image);
  const Image deep = random_image(PixelType::uint16, 9, 9, 1, 3);
  Image deep_result(PixelType::uint16, 9, 9, 1);
  blend(deep_result, to_planes(deep.view()), Field(9, 9, 1), 1);
  CHECK(deep_result == deep);
}

TEST_CASE("blend keeps pixels of alpha 0, whatever they and the source are", "[blend]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  Image image(PixelType::float32, 1, 20, 1);
  const std::array<float, 20> pixels{-0.0F, nan, infinity, -3, 7, 1e-42F};
  image.visit([&]<typename T>(T* to) {
    if constexpr (std::same_as<T, float>) std::ranges::copy(pixels, to);
  });
  const Image before = image;
  Planes source{Field(1, 20, nan)};
  Field alpha(1, 20);
  alpha.row(0)[19] = 1;
  alpha.row(0)[18] = nan;
  alpha.row(0)[17] = -1;
  source[0].row(0)[19] = 0.25F;
  blend(image, source, alpha, 1);
  before.view().visit([&](const auto* old) {
    image.view().visit([&](const auto* now) {
      CHECK(std::memcmp(old, now, 19 * sizeof(float)) == 0);
      CHECK(static_cast<float>(now[19]) == 0.25F);
    });
  });
}

TEST_CASE("blend knows another white", "[blend]") {
  Image image(PixelType::uint16, 1, 4, 1);
  image.visit([]<typename T>(T* pixels) {
    for (const std::size_t i : {0U, 1U, 2U, 3U}) pixels[i] = static_cast<T>(i == 3 ? 60000 : 1000 * i);
  });
  Field alpha(1, 4, 1);
  alpha.row(0)[3] = 0;
  blend(image, {Field(1, 4, 1)}, alpha, 0.5, 4095);
  image.view().visit([](const auto* pixels) {
    CHECK(pixels[0] == 2048);  // 2047.5, halves up
    CHECK(pixels[1] == 2548);
    CHECK(pixels[2] == 3048);
    CHECK(pixels[3] == 60000);
  });
  blend(image, {Field(1, 4, 0.5F)}, Field(1, 4, 1), 0.1, 4095);  // the bright one comes within white
  image.view().visit([](const auto* pixels) { CHECK(pixels[3] == 4095); });
  Image bytes(PixelType::uint8, 1, 1, 1);
  blend(bytes, {Field(1, 1, 1)}, Field(1, 1, 1), 1, 1000);  // no byte is
  bytes.view().visit([](const auto* pixels) { CHECK(pixels[0] == 255); });
}

TEST_CASE("blend names what it refuses", "[blend]") {
  Image image(PixelType::uint8, 4, 5, 3);
  const Planes source(3, Field(4, 5));
  const Field alpha(4, 5);
  CHECK_THROWS_WITH(blend(image, source, alpha, 1.5), "blend: factor = 1.500000 is not in [0, 1]");
  CHECK_THROWS_AS(blend(image, source, alpha, std::numeric_limits<double>::quiet_NaN()), ParameterError);
  CHECK_THROWS_AS(blend(image, source, alpha, 0.5, -1), ParameterError);
  CHECK_THROWS_AS(blend(image, source, alpha, 0.5, std::numeric_limits<double>::infinity()), ParameterError);
  CHECK_THROWS_WITH(blend(image, source, Field(5, 4), 0.5), "blend: alpha of 5 x 4 for an image of 4 x 5");
  CHECK_THROWS_WITH(blend(image, Planes(3, Field(4, 4)), alpha, 0.5), "blend: a source of 4 x 4 for an image of 4 x 5");
  CHECK_THROWS_WITH(blend(image, Planes(2, Field(4, 5)), alpha, 0.5), "blend: a source of 2 colours for an image of 3");
  CHECK_THROWS_AS(blend(image, {}, alpha, 0.5), DataError);
  Image nothing(PixelType::uint8, 0, 0, 1);
  CHECK_NOTHROW(blend(nothing, {Field()}, Field(), 0.5));
}

TEST_CASE("blend gives the same bits everywhere", "[blend]") {
  std::uint64_t hash = 0;
  for (const PixelType type : {PixelType::uint8, PixelType::uint16, PixelType::float32}) {
    for (std::size_t channels = 1; channels <= 3; ++channels) {
      Image image = random_image(type, 40, 50, channels, 3);
      blend(image, random_planes(channels, 40, 50, 4), random_field(40, 50, 5), 0.7);
      hash = hash_of(image, hash);
    }
  }
  CHECK(hash == 0x473010EBE76FB69D);
}
