// SPDX-License-Identifier: Apache-2.0
// The generator as a whole: what it promises of every item, whatever its parts. The parts have tests of their own.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"
#include "plimsoll/synth/perlin_anomalies.hpp"
#include "plimsoll/synth/synthetic_anomalies.hpp"

namespace {

using plimsoll::DataError;
using plimsoll::Mask;
using plimsoll::ParameterError;
using plimsoll::synth::Blending;
using plimsoll::synth::Image;
using plimsoll::synth::ImageList;
using plimsoll::synth::ImageView;
using plimsoll::synth::MaskKind;
using plimsoll::synth::mix;
using plimsoll::synth::PerlinAnomalies;
using plimsoll::synth::PixelType;
using plimsoll::synth::RandomStream;
using plimsoll::synth::SourceKind;
using plimsoll::synth::SyntheticAnomalies;
using plimsoll::synth::SyntheticAnomaliesParameters;
using plimsoll::synth::SyntheticItem;

constexpr SourceKind all_sources[] = {SourceKind::textures, SourceKind::images, SourceKind::other_normal,
                                      SourceKind::noise,    SourceKind::colour, SourceKind::cut_paste,
                                      SourceKind::scar,     SourceKind::quilt,  SourceKind::random_phase};

/// A picture with a gradient and grain, of any type; different for each seed.
Image picture(PixelType type, std::size_t rows, std::size_t columns, std::size_t channels, std::uint64_t seed = 1) {
  Image image(type, rows, columns, channels);
  RandomStream random(seed);
  image.visit([&]<typename T>(T* pixels) {
    const double white = plimsoll::synth::white_of(type);
    for (std::size_t i = 0; i < rows * columns * channels; ++i) {
      const double place = static_cast<double>(i) / static_cast<double>(rows * columns * channels);
      const double grain = random.uniform();
      pixels[i] = static_cast<T>(white * (0.2 + 0.4 * place + 0.3 * grain));
    }
  });
  return image;
}

/// The element as a number.
double element(const ImageView& image, std::size_t row, std::size_t column, std::size_t channel) {
  return image.visit(
      [&](const auto* pixels) { return static_cast<double>(pixels[image.offset(row, column, channel)]); });
}

/// Calls function(row, column, channel) for each element.
template <typename Function>
void for_each_element(const ImageView& image, const Function& function) {
  for (std::size_t row = 0; row < image.rows(); ++row) {
    for (std::size_t column = 0; column < image.columns(); ++column) {
      for (std::size_t channel = 0; channel < image.channels(); ++channel) function(row, column, channel);
    }
  }
}

ImageList two_pictures() {
  std::vector<Image> images;
  images.push_back(picture(PixelType::uint8, 60, 90, 3, 11));
  images.push_back(picture(PixelType::uint8, 31, 17, 1, 12));
  return images;
}

SyntheticAnomalies generator(SourceKind source, std::uint64_t seed = 3) {
  return SyntheticAnomalies({.seed = seed, .source = source}, two_pictures());
}

bool same(const SyntheticItem& a, const SyntheticItem& b) {
  return a.image == b.image && a.mask == b.mask && a.provenance.material == b.provenance.material &&
         a.provenance.augmentations == b.provenance.augmentations && a.provenance.blend == b.provenance.blend &&
         a.provenance.area == b.provenance.area && a.provenance.attempts == b.provenance.attempts;
}

TEST_CASE("synthetic anomalies: item 17 is the same in any order, object and thread") {
  const Image image = picture(PixelType::uint8, 48, 64, 3);
  for (const SourceKind source : all_sources) {
    const SyntheticAnomalies anomalies = generator(source);
    const SyntheticItem alone = anomalies(image.view(), 17);
    const SyntheticAnomalies another = generator(source);
    for (const std::size_t index : {3U, 18U, 0U}) static_cast<void>(another(image.view(), index));
    CHECK(same(another(image.view(), 17), alone));
    std::vector<SyntheticItem> items(8);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 4; ++i) items[t * 4 + i] = anomalies(image.view(), 17 + (t == 0 ? i : 3 - i));
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(same(items[0], alone));
    for (std::size_t i = 0; i < 4; ++i) CHECK(same(items[i], items[7 - i]));
    CHECK_FALSE(same(items[0], items[1]));
    CHECK_FALSE(same(generator(source, 4)(image.view(), 17), alone));
  }
}

TEST_CASE("synthetic anomalies: pixels outside the mask keep their bits, those inside change, for all images") {
  for (const SourceKind source : all_sources) {
    const SyntheticAnomalies anomalies = generator(source);
    for (const PixelType type : {PixelType::uint8, PixelType::uint16, PixelType::float32}) {
      for (const std::size_t channels : {1U, 2U, 3U, 4U}) {
        INFO(to_string(source) << ", type " << static_cast<int>(type) << ", " << channels << " channels");
        const Image image = picture(type, 41, 57, channels);
        const SyntheticItem item = anomalies(image.view(), 5);
        REQUIRE(item.image.type() == type);
        REQUIRE(item.image.channels() == channels);
        REQUIRE(item.provenance.applied);
        const std::size_t colours = image.view().colours();
        std::size_t inside = 0;
        std::size_t changed = 0;
        bool kept = true;
        bool in_range = true;
        for_each_element(image.view(), [&](std::size_t row, std::size_t column, std::size_t channel) {
          const double before = element(image.view(), row, column, channel);
          const double after = element(item.image.view(), row, column, channel);
          if (item.mask.view().row(row)[column] != 0 && channel < colours) {
            ++inside;
            changed += after != before ? 1U : 0U;
          } else {
            kept = kept && after == before;
          }
          in_range = in_range && after >= 0 && after <= plimsoll::synth::white_of(type);
        });
        CHECK(kept);
        CHECK(in_range);
        CHECK(inside == item.provenance.area * colours);
        CHECK(inside > 0);
        CHECK(changed * 2 > inside);  // by chance a few pixels are as they were
      }
    }
  }
}

TEST_CASE("synthetic anomalies: one colour, blended by the formula") {
  SyntheticAnomaliesParameters parameters{.seed = 5, .source = SourceKind::colour};
  parameters.augmentations = 0;
  const SyntheticAnomalies anomalies(parameters);
  const Image image = picture(PixelType::float32, 64, 64, 3);
  for (std::size_t index = 0; index < 20; ++index) {
    const SyntheticItem item = anomalies(image.view(), index);
    const double b = item.provenance.blend;
    REQUIRE(b >= 0.2);
    REQUIRE(b <= 1);
    // (after - (1 - b) before) / b is the colour, the same everywhere; the roundings of floats are divided by b.
    std::vector<double> colour(3, -1);
    for_each_element(image.view(), [&](std::size_t row, std::size_t column, std::size_t channel) {
      if (item.mask.view().row(row)[column] == 0) return;
      const double before = element(image.view(), row, column, channel);
      const double seen = (element(item.image.view(), row, column, channel) - (1 - b) * before) / b;
      if (colour[channel] < 0) colour[channel] = seen;
      REQUIRE(std::abs(seen - colour[channel]) < 2e-6);
    });
    for (const double level : colour) CHECK((level >= 0 && level < 1));
  }
}

TEST_CASE("synthetic anomalies: severity only scales the change") {
  const Image image = picture(PixelType::float32, 64, 64, 3);
  for (const SourceKind source : all_sources) {
    const SyntheticAnomalies anomalies = generator(source);
    const SyntheticItem full = anomalies(image.view(), 9);
    for (const double severity : {0.5, 0.25, 0.1}) {
      const SyntheticItem weaker = anomalies(image.view(), 9, severity);
      CHECK(weaker.mask == full.mask);
      CHECK(weaker.provenance.severity == severity);
      CHECK(weaker.provenance.blend == Approx(severity * full.provenance.blend).epsilon(1e-15));
      double worst = 0;
      for_each_element(image.view(), [&](std::size_t row, std::size_t column, std::size_t channel) {
        const double before = element(image.view(), row, column, channel);
        const double expected = severity * (element(full.image.view(), row, column, channel) - before);
        worst = std::max(worst, std::abs(element(weaker.image.view(), row, column, channel) - before - expected));
      });
      CHECK(worst < 1e-6);  // roundings of floats up to 1
    }
  }
}

TEST_CASE("synthetic anomalies: the share with an anomaly is the probability") {
  const Image image = picture(PixelType::uint8, 16, 16, 1);
  const SyntheticAnomalies anomalies({.seed = 8, .probability = 0.25, .source = SourceKind::noise});
  std::size_t applied = 0;
  for (std::size_t index = 0; index < 2000; ++index) {
    const SyntheticItem item = anomalies(image.view(), index);
    applied += item.provenance.applied ? 1U : 0U;
    REQUIRE(item.mask.view().any() == item.provenance.applied);
    if (!item.provenance.applied) REQUIRE(item.image == image);
  }
  // Binomial(2000, .25): beyond 423 or 578 with probability 6e-5 by the normal approximation, 4 deviations of 19.4.
  CHECK(applied > 422);
  CHECK(applied < 578);
}

TEST_CASE("synthetic anomalies: on the foreground only, and none is said when there is none") {
  const Image image = picture(PixelType::uint8, 64, 64, 3);
  std::vector<std::uint8_t> left(64 * 64);
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i % 64 < 24 ? 255 : 0;
  const std::vector<std::uint8_t> nowhere(64 * 64);
  for (const SourceKind source : all_sources) {
    for (const MaskKind kind : {MaskKind::perlin, MaskKind::blob, MaskKind::scratch}) {
      SyntheticAnomaliesParameters parameters{.seed = 2, .source = source};
      parameters.mask.kind = kind;
      const SyntheticAnomalies anomalies(parameters, two_pictures());
      for (std::size_t index = 0; index < 10; ++index) {
        const SyntheticItem item = anomalies(image.view(), index, 1, Mask(left.data(), 64, 64));
        for (std::size_t i = 0; i < left.size(); ++i) {
          if (left[i] == 0) REQUIRE(item.mask.bytes[i] == 0);
        }
        CHECK(item.provenance.applied);
      }
      const SyntheticItem none = anomalies(image.view(), 0, 1, Mask(nowhere.data(), 64, 64));
      CHECK_FALSE(none.provenance.applied);
      CHECK(none.provenance.area == 0);
      CHECK_FALSE(none.provenance.met_limits);
      CHECK(none.image == image);
    }
  }
}

TEST_CASE("synthetic anomalies: planar, interleaved and padded images give the same item") {
  const Image image = picture(PixelType::uint16, 40, 30, 3);
  std::vector<std::uint16_t> planes(3 * 40 * 37, 7);
  std::vector<std::uint16_t> padded(40 * 100, 9);
  for_each_element(image.view(), [&](std::size_t row, std::size_t column, std::size_t channel) {
    const auto value = static_cast<std::uint16_t>(element(image.view(), row, column, channel));
    planes[channel * 40 * 37 + row * 37 + column] = value;
    padded[row * 100 + column * 3 + channel] = value;
  });
  for (const SourceKind source : all_sources) {
    const SyntheticAnomalies anomalies = generator(source);
    const SyntheticItem item = anomalies(image.view(), 4);
    CHECK(same(anomalies(ImageView::planar(planes.data(), 40, 30, 3, 37), 4), item));
    CHECK(same(anomalies(ImageView::interleaved(padded.data(), 40, 30, 3, 100), 4), item));
  }
}

TEST_CASE("synthetic anomalies: twelve bits in sixteen stay twelve") {
  Image image(PixelType::uint16, 32, 32, 1);
  image.visit([](auto* pixels) {
    for (int i = 0; i < 32 * 32; ++i) pixels[i] = static_cast<std::remove_pointer_t<decltype(pixels)>>(i * 4);
  });
  for (const SourceKind source : all_sources) {
    const SyntheticAnomalies anomalies({.source = source, .white = 4095}, two_pictures());
    double largest = 0;
    for (std::size_t index = 0; index < 20; ++index) {
      const SyntheticItem item = anomalies(image.view(), index);
      for_each_element(item.image.view(), [&](std::size_t row, std::size_t column, std::size_t channel) {
        largest = std::max(largest, element(item.image.view(), row, column, channel));
      });
    }
    CHECK(largest <= 4095);
  }
}

TEST_CASE("synthetic anomalies: the other normal is never the image itself") {
  std::vector<Image> images;
  for (std::size_t i = 0; i < 3; ++i) {
    Image grey(PixelType::uint8, 8, 8, 1);
    grey.visit(
        [i](auto* pixels) { std::fill_n(pixels, 64, static_cast<std::remove_pointer_t<decltype(pixels)>>(50 * i)); });
    images.push_back(grey);
  }
  const SyntheticAnomalies anomalies({.source = SourceKind::other_normal}, images);
  std::vector<std::size_t> taken(3);
  for (std::size_t index = 0; index < 60; ++index) {
    const auto which = std::stoul(anomalies(images[index % 3].view(), index).provenance.material);
    REQUIRE(which != index % 3);
    ++taken[which];
  }
  for (const std::size_t count : taken) CHECK(count > 0);
}

TEST_CASE("synthetic anomalies: seamless blending stays in the mask") {
  const Image image = picture(PixelType::uint8, 48, 48, 3);
  SyntheticAnomaliesParameters parameters{.seed = 1, .source = SourceKind::images, .blending = Blending::poisson};
  const SyntheticAnomalies seamless(parameters, two_pictures());
  parameters.blending = Blending::alpha;
  const SyntheticAnomalies plain(parameters, two_pictures());
  std::size_t differ = 0;
  for (std::size_t index = 0; index < 10; ++index) {
    const SyntheticItem item = seamless(image.view(), index);
    const SyntheticItem other = plain(image.view(), index);
    CHECK(item.mask == other.mask);
    differ += item.image == other.image ? 0U : 1U;
    for_each_element(image.view(), [&](std::size_t row, std::size_t column, std::size_t channel) {
      if (item.mask.view().row(row)[column] != 0) return;
      REQUIRE(element(item.image.view(), row, column, channel) == element(image.view(), row, column, channel));
    });
  }
  CHECK(differ == 10);
}

TEST_CASE("synthetic anomalies: what cannot be is refused by name") {
  const Image image = picture(PixelType::uint8, 8, 8, 1);
  const auto refuses = [](const SyntheticAnomaliesParameters& parameters, const std::string& name) {
    try {
      static_cast<void>(SyntheticAnomalies(parameters));
    } catch (const ParameterError& error) {
      return std::string(error.what()).find(name) != std::string::npos;
    }
    return false;
  };
  CHECK(refuses({.probability = 1.5}, "probability"));
  CHECK(refuses({.probability = std::nan("")}, "probability"));
  CHECK(refuses({.least_blend = 0}, "least_blend"));
  CHECK(refuses({.least_blend = 0.6, .most_blend = 0.5}, "least_blend"));
  CHECK(refuses({.most_blend = 1.1}, "most_blend"));
  CHECK(refuses({.augmentations = 11}, "augmentations"));
  CHECK_FALSE(refuses({.source = SourceKind::noise, .augmentations = 10}, "augmentations"));  // all of them
  CHECK(refuses({.white = -1}, "white"));
  CHECK(refuses({.source = SourceKind::images}, "images"));
  CHECK(refuses({.source = SourceKind::other_normal}, "other_normal"));
  const SyntheticAnomalies anomalies({.source = SourceKind::noise});
  CHECK_THROWS_AS(anomalies(image.view(), 0, 0), ParameterError);
  CHECK_THROWS_AS(anomalies(image.view(), 0, 1.5), ParameterError);
  CHECK_THROWS_AS(anomalies(ImageView{}, 0), DataError);
  const std::vector<std::uint8_t> small(16);
  CHECK_THROWS_AS(anomalies(image.view(), 0, 1, Mask(small.data(), 4, 4)), DataError);
}

TEST_CASE("perlin anomalies: anomalib's parameters, and half of the items") {
  const Image image = picture(PixelType::uint8, 32, 32, 3);
  const PerlinAnomalies anomalies;
  CHECK(anomalies.parameters().source == SourceKind::noise);
  CHECK(anomalies.parameters().augmentations == 3);
  CHECK(anomalies.parameters().mask.attempts == 11);
  std::size_t applied = 0;
  for (std::size_t index = 0; index < 1000; ++index) {
    applied += anomalies(image.view(), index).provenance.applied ? 1U : 0U;
  }
  CHECK(std::abs(static_cast<double>(applied) - 500) < 65);  // 4 deviations of 15.8
  const PerlinAnomalies with_images({.dual_mask = true}, two_pictures());
  CHECK(with_images.parameters().source == SourceKind::images);
  CHECK(with_images.parameters().mask.second_mask == 0.5);
}

TEST_CASE("synthetic anomalies: the bits of a seed do not change") {
  // Not an expectation of what is right: a guard that all compilers, and this version and the next, make the same.
  const Image image = picture(PixelType::uint8, 50, 70, 3);
  std::uint64_t hash = 0;
  for (const SourceKind source : all_sources) {
    const SyntheticAnomalies anomalies = generator(source, 42);
    for (std::size_t index = 0; index < 12; ++index) {
      SyntheticItem item = anomalies(image.view(), index);
      for (const std::uint8_t byte : item.mask.bytes) hash = mix(hash, byte);
      item.image.visit([&](const auto* pixels) {
        for (std::size_t i = 0; i < 50 * 70 * 3; ++i) hash = mix(hash, static_cast<std::uint64_t>(pixels[i]));
      });
    }
  }
  CHECK(hash == 0xd04dd4d9754fa016);
}

}  // namespace
