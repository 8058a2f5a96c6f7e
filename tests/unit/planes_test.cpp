// SPDX-License-Identifier: Apache-2.0
#include "plimsoll/synth/planes.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "synth.hpp"

using namespace plimsoll;
using namespace plimsoll::synth;
using plimsoll::test::random_image;

TEST_CASE("planes of bytes are the nearest floats", "[planes]") {
  std::vector<std::uint8_t> levels(256);
  for (std::size_t i = 0; i < 256; ++i) levels[i] = static_cast<std::uint8_t>(i);
  const Planes planes = to_planes(ImageView::interleaved(levels.data(), 16, 16, 1));
  for (std::size_t i = 0; i < 256; ++i) CHECK(planes[0].values()[i] == static_cast<float>(i) / 255.0F);
}

TEST_CASE("planes of every layout hold each pixel in its place", "[planes]") {
  for (const PixelType type : {PixelType::uint8, PixelType::uint16, PixelType::float32}) {
    for (std::size_t channels = 1; channels <= 4; ++channels) {
      const Image image = random_image(type, 5, 7, channels, channels);
      // Planar with padding, made by hand.
      image.view().visit([&]<typename T>(const T* pixels) {
        const std::size_t stride = 9;
        std::vector<T> apart(channels * 60, T{3});
        for (std::size_t c = 0; c < channels; ++c) {
          for (std::size_t row = 0; row < 5; ++row) {
            for (std::size_t column = 0; column < 7; ++column) {
              apart[c * 60 + row * stride + column] = pixels[(row * 7 + column) * channels + c];
            }
          }
        }
        const Planes side_by_side = to_planes(image.view());
        const Planes planar = to_planes(ImageView::planar(apart.data(), 5, 7, channels, stride, 60));
        const std::size_t colours = channels < 3 ? 1 : 3;
        REQUIRE(side_by_side.size() == colours);
        REQUIRE(planar.size() == colours);
        for (std::size_t c = 0; c < colours; ++c) {
          for (std::size_t row = 0; row < 5; ++row) {
            for (std::size_t column = 0; column < 7; ++column) {
              const double value = static_cast<double>(pixels[(row * 7 + column) * channels + c]) / white_of(type);
              CHECK(static_cast<double>(side_by_side[c].at(row, column)) == Approx(value).epsilon(1e-7));
              CHECK(planar[c].at(row, column) == side_by_side[c].at(row, column));
            }
          }
        }
      });
    }
  }
}

TEST_CASE("planes are within 0 and 1", "[planes]") {
  const std::vector<float> pixels{-1,
                                  0,
                                  0.5F,
                                  1,
                                  2,
                                  std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::quiet_NaN()};
  const Planes planes = to_planes(ImageView::interleaved(pixels.data(), 2, 4, 1));
  const std::vector<float> expected{0, 0, 0.5F, 1, 1, 1, 0, 0};
  CHECK(std::vector<float>(planes[0].values().begin(), planes[0].values().end()) == expected);
  const std::vector<std::uint16_t> deep{0, 1023, 4095, 65535};
  const Planes twelve_bits = to_planes(ImageView::interleaved(deep.data(), 1, 4, 1), 4095);
  CHECK(twelve_bits[0].at(0, 1) == 1023.0F / 4095);
  CHECK(twelve_bits[0].at(0, 2) == 1);
  CHECK(twelve_bits[0].at(0, 3) == 1);
}

TEST_CASE("images are copied from every layout", "[planes]") {
  for (std::size_t channels = 1; channels <= 4; ++channels) {
    const Image image = random_image(PixelType::uint16, 5, 7, channels, channels);
    CHECK(Image(image.view()) == image);
    image.view().visit([&]<typename T>(const T* pixels) {
      std::vector<T> padded(5 * 40);
      std::vector<T> apart(channels * 60);
      for (std::size_t i = 0; i < 35 * channels; ++i) {
        const std::size_t row = i / (7 * channels);
        padded[row * 40 + i % (7 * channels)] = pixels[i];
        apart[i % channels * 60 + row * 9 + i / channels % 7] = pixels[i];
      }
      CHECK(Image(ImageView::interleaved(padded.data(), 5, 7, channels, 40)) == image);
      CHECK(Image(ImageView::planar(apart.data(), 5, 7, channels, 9, 60)) == image);
    });
  }
}

TEST_CASE("the grey of planes is their mean", "[planes]") {
  const Planes planes = test::random_planes(3, 4, 5, 1);
  const Field grey = grey_of(planes);
  for (std::size_t i = 0; i < 20; ++i) {
    const double mean = (static_cast<double>(planes[0].values()[i]) + static_cast<double>(planes[1].values()[i]) +
                         static_cast<double>(planes[2].values()[i])) /
                        3;
    CHECK(std::abs(static_cast<double>(grey.values()[i]) - mean) < 2e-7);
  }
  CHECK(test::hash_of(grey_of({planes[1]})) == test::hash_of(planes[1]));
}

TEST_CASE("planes of unequal size are refused", "[planes]") {
  CHECK_THROWS_WITH(synth::detail::check_planes({}, "f"), "f: 0 planes are not 1 to 4");
  CHECK_THROWS_WITH(synth::detail::check_planes({Field(2, 3), Field(3, 2)}, "f"),
                    "f: a plane of 3 x 2 beside one of 2 x 3");
}

TEST_CASE("images and fields that no memory holds are refused before any is taken") {
  constexpr std::size_t one = 1;
  using synth::Image;
  CHECK_THROWS_WITH(Image(PixelType::uint8, 1, 1, one << 40), "ImageView: channels = 1099511627776 is not in [1, 4]");
  CHECK_THROWS_WITH(Image(PixelType::float32, 1, 1, 5), "ImageView: channels = 5 is not in [1, 4]");
  // Products that are 0, or 2^62, in 64 bits.
  CHECK_THROWS_AS(Image(PixelType::uint8, one << 33, one << 31, 1), std::bad_alloc);
  CHECK_THROWS_AS(Image(PixelType::uint8, one << 31, one << 31, 4), std::bad_alloc);
  CHECK_THROWS_AS(Image(PixelType::float32, one << 31, one << 31, 1), std::bad_alloc);
  CHECK_THROWS_AS(Field(one << 33, one << 31), std::bad_alloc);
  CHECK_THROWS_AS(Field(one << 31, one << 31), std::bad_alloc);
  CHECK(Field(0, one << 63).values().empty());
}

TEST_CASE("an image view that cannot be is refused, with the number") {
  const std::vector<float> pixels(2 * 3 * 5);
  CHECK_NOTHROW(ImageView::interleaved(pixels.data(), 2, 3, 4));
  CHECK_THROWS_WITH(ImageView::interleaved(pixels.data(), 2, 3, 5), "ImageView: channels = 5 is not in [1, 4]");
  CHECK_THROWS_WITH(ImageView::planar(pixels.data(), 2, 3, 0), "ImageView: channels = 0 is not in [1, 4]");
  CHECK_NOTHROW(ImageView::interleaved(pixels.data(), 2, 3, 3, 9));
  CHECK_THROWS_WITH(ImageView::interleaved(pixels.data(), 2, 3, 3, 8),
                    "ImageView: row_stride = 8 is less than the 9 elements of a row");
  CHECK_NOTHROW(ImageView::planar(pixels.data(), 2, 3, 3, 3));
  CHECK_THROWS_WITH(ImageView::planar(pixels.data(), 2, 3, 3, 2),
                    "ImageView: row_stride = 2 is less than the 3 elements of a row");
}
