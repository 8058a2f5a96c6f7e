// SPDX-License-Identifier: Apache-2.0
// The bundled textures: ranges, contrast, that they are periodic, and crops against the drawings they come from.
#include "plimsoll/synth/texture_bank.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "plimsoll/core/error.hpp"

namespace {

using plimsoll::synth::Field;
using plimsoll::synth::mix;
using plimsoll::synth::Planes;
using plimsoll::synth::RandomStream;
using plimsoll::synth::TextureBank;

double deviation_of(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squares / count - sum / count * sum / count));
}

std::vector<double> numbers_of(const Field& field) {
  return {field.values().begin(), field.values().end()};
}

bool within_bounds(const Field& field) {
  return std::ranges::all_of(field.values(), [](float value) { return value >= 0 && value <= 1; });
}

std::uint64_t hash_of(std::uint64_t hash, const Planes& planes) {
  for (const Field& plane : planes) {
    for (const float value : plane.values()) hash = mix(hash, std::bit_cast<std::uint32_t>(value));
  }
  return hash;
}

TEST_CASE("texture bank: names") {
  CHECK(TextureBank::count() >= 16);
  std::set<std::string> names;
  for (std::size_t i = 0; i < TextureBank::count(); ++i) names.emplace(TextureBank::name(i));
  CHECK(names.size() == TextureBank::count());
  CHECK(names.contains("wood"));
  CHECK(TextureBank::name(0) == "wood");
}

TEST_CASE("texture bank: in [0, 1], with contrast, one's own for each seed") {
  for (std::size_t kind = 0; kind < TextureBank::count(); ++kind) {
    INFO(TextureBank::name(kind));
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      for (const std::size_t channels : {1U, 2U, 3U, 4U}) {
        const Planes planes = TextureBank::texture(kind, 96, 128, channels, seed);
        REQUIRE(planes.size() == channels);
        for (const Field& plane : planes) {
          REQUIRE(plane.rows() == 96);
          REQUIRE(plane.columns() == 128);
          // Colours stay .01 away from both ends, for the roundings.
          CHECK(within_bounds(plane));
        }
        // Dark and bright are .25 apart at least in the mean of channels; a colour may take from a single one.
        if (channels == 1) CHECK(deviation_of(numbers_of(planes[0])) > 0.03);
      }
      seen.insert(hash_of(0, TextureBank::texture(kind, 96, 128, 3, seed)));
    }
    CHECK(seen.size() == 6);
  }
}

TEST_CASE("texture bank: contrast on several scales") {
  // Between the means of blocks of 16 x 16 pixels, and within blocks of 4 x 4; a step of 8 bits is .004.
  for (std::size_t kind = 0; kind < TextureBank::count(); ++kind) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const Planes planes = TextureBank::texture(kind, 256, 256, 1, seed);
      const auto deviation_of_blocks = [&](std::size_t side) {
        std::vector<double> means;
        for (std::size_t row = 0; row < 256; row += side) {
          for (std::size_t column = 0; column < 256; column += side) {
            double sum = 0;
            for (std::size_t i = 0; i < side * side; ++i) {
              sum += static_cast<double>(planes[0].at(row + i / side, column + i % side));
            }
            means.push_back(sum / static_cast<double>(side * side));
          }
        }
        return deviation_of(means);
      };
      INFO(TextureBank::name(kind));
      CHECK(deviation_of_blocks(16) > 0.005);
      CHECK(std::pow(deviation_of_blocks(1), 2) - std::pow(deviation_of_blocks(4), 2) > 0.005 * 0.005);
    }
  }
}

TEST_CASE("texture bank: grey is the weighted mean of the colours") {
  for (std::size_t kind = 0; kind < TextureBank::count(); ++kind) {
    const Planes colour = TextureBank::texture(kind, 40, 30, 3, 4);
    const Planes grey = TextureBank::texture(kind, 40, 30, 1, 4);
    for (std::size_t i = 0; i < 1200; ++i) {
      const float mean = 0.25F * colour[0].values()[i] + 0.5F * colour[1].values()[i] + 0.25F * colour[2].values()[i];
      REQUIRE(std::abs(grey[0].values()[i] - mean) < 1e-6F);  // a few roundings
    }
  }
}

TEST_CASE("texture bank: opposite borders fit") {
  // The mean step from the last row to the first is no larger than the largest mean step between other rows, or
  // columns: with 191 of them to compare, and a tenth to spare.
  for (std::size_t kind = 0; kind < TextureBank::count(); ++kind) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Planes planes = TextureBank::texture(kind, 192, 192, 1, seed);
      for (const bool rows : {true, false}) {
        std::vector<double> steps(192);
        for (std::size_t i = 0; i < 192; ++i) {
          for (std::size_t j = 0; j < 192; ++j) {
            const std::size_t next = (i + 1) % 192;
            const float a = rows ? planes[0].at(i, j) : planes[0].at(j, i);
            const float b = rows ? planes[0].at(next, j) : planes[0].at(j, next);
            steps[i] += static_cast<double>(std::abs(a - b)) / 192;
          }
        }
        INFO(TextureBank::name(kind) << ", seed " << seed << (rows ? ", rows" : ", columns"));
        const double most = *std::max_element(steps.begin(), steps.end() - 1);
        CHECK(steps.back() <= 1.1 * most);
      }
    }
  }
}

TEST_CASE("texture bank: sizes of all kinds") {
  for (std::size_t kind = 0; kind < TextureBank::count(); ++kind) {
    for (const auto& [rows, columns] : {std::array<std::size_t, 2>{1, 1}, {1, 300}, {211, 3}, {0, 5}, {5, 0}, {7, 8}}) {
      const Planes planes = TextureBank::texture(kind, rows, columns, 3, 1);
      REQUIRE(planes[2].values().size() == rows * columns);
      CHECK(within_bounds(planes[2]));
    }
  }
}

/// The residual of least squares of y by a constant, t and g: the largest.
double residual(const std::vector<double>& y, const std::vector<double>& t, const std::vector<double>& g) {
  std::array<std::array<double, 4>, 3> system{};
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::array<double, 4> row{1, t[i], g[i], y[i]};
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 4; ++b) system[a][b] += row[a] * row[b];
    }
  }
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t other = 0; other < 3; ++other) {
      if (other == a) continue;
      const double factor = system[other][a] / system[a][a];
      for (std::size_t b = a; b < 4; ++b) system[other][b] -= factor * system[a][b];
    }
  }
  double most = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double fitted =
        system[0][3] / system[0][0] + system[1][3] / system[1][1] * t[i] + system[2][3] / system[2][2] * g[i];
    most = std::max(most, std::abs(fitted - y[i]));
  }
  return most;
}

TEST_CASE("texture bank: a crop is a piece of the tile, turned and coloured") {
  constexpr std::size_t side = 64;
  const TextureBank bank(3, side);
  CHECK(bank.tile() == side);
  RandomStream random(8);
  std::set<int> orientations;
  for (int i = 0; i < 84; ++i) {
    const std::size_t kind = static_cast<std::size_t>(i) % TextureBank::count();
    const auto drawing = plimsoll::synth::detail::draw_texture(kind, side, side, 3);
    RandomStream model = random;
    const std::size_t top = model.below(side);
    const std::size_t left = model.below(side);
    const bool upside_down = model.chance(0.5);
    const bool transposed = model.chance(0.5);
    orientations.insert((upside_down ? 2 : 0) + (transposed ? 1 : 0));
    // Larger than the tile one way, smaller the other.
    const Planes planes = bank.crop(kind, 90, 50, 3, random);
    std::vector<double> tone;
    std::vector<double> grain;
    for (std::size_t row = 0; row < 90; ++row) {
      for (std::size_t column = 0; column < 50; ++column) {
        const std::size_t down = (upside_down ? top + 2 * side - row : top + row) % side;
        const std::size_t across = (left + column) % side;
        const std::size_t at = transposed ? across * side + down : down * side + across;
        // As the tile keeps them, in 8 bits.
        tone.push_back(std::floor(static_cast<double>(drawing.tone.values()[at]) * 255 + 0.5));
        grain.push_back(std::floor((static_cast<double>(drawing.grain.values()[at]) * 0.5 + 0.5) * 255 + 0.5));
      }
    }
    for (const Field& plane : planes) {
      REQUIRE(plane.rows() == 90);
      REQUIRE(plane.columns() == 50);
      INFO(TextureBank::name(kind));
      // Half a step of tone, of at most .96 / 255, where the byte is rounded the other way in float.
      CHECK(residual(numbers_of(plane), tone, grain) < 0.004);
      CHECK(within_bounds(plane));
    }
  }
  CHECK(orientations.size() == 4);
}

TEST_CASE("texture bank: crops differ, by several threads too") {
  const TextureBank bank(1, 32);
  std::vector<std::uint64_t> serial(40);
  const auto draw = [&](std::vector<std::uint64_t>& to, std::size_t from) {
    for (std::size_t i = from; i < to.size(); i += 4) {
      RandomStream random(5, i);
      to[i] = hash_of(0, bank.crop(0, 20, 30, 3, random));
    }
  };
  for (std::size_t from = 0; from < 4; ++from) draw(serial, from);
  CHECK(std::set<std::uint64_t>(serial.begin(), serial.end()).size() == serial.size());
  std::vector<std::uint64_t> parallel(40);
  std::vector<std::thread> threads;
  for (std::size_t from = 0; from < 4; ++from) threads.emplace_back([&, from] { draw(parallel, from); });
  for (std::thread& thread : threads) thread.join();
  CHECK(parallel == serial);
  RandomStream random(1);
  CHECK(bank.crop(0, 0, 9, 3, random)[2].values().empty());
  CHECK(bank.crop(0, 9, 0, 1, random)[0].values().empty());
}

TEST_CASE("texture bank: a seed's bits do not change") {
  // By the bits of the floats: with both compilers, with and without optimisation.
  std::uint64_t drawn = 0;
  std::uint64_t cropped = 0;
  const TextureBank bank(2, 48);
  RandomStream random(6);
  for (std::size_t kind = 0; kind < TextureBank::count(); ++kind) {
    drawn = hash_of(drawn, TextureBank::texture(kind, 60, 45, 3, 12));
    cropped = hash_of(cropped, bank.crop(kind, 40, 70, 3, random));
  }
  CHECK(drawn == 0xB341D431011FB27E);
  CHECK(cropped == 0x7F4411758158749F);
}

TEST_CASE("texture bank: bad parameters are named") {
  const auto refuses = [](const auto& function, const std::string& what) {
    try {
      function();
    } catch (const plimsoll::ParameterError& error) {
      return std::string(error.what()).starts_with(what);
    }
    return false;
  };
  const TextureBank bank(0, 8);
  RandomStream random(1);
  constexpr std::size_t end = TextureBank::count();
  CHECK(refuses([] { static_cast<void>(TextureBank::name(end)); }, "TextureBank::name: index"));
  CHECK(refuses([] { static_cast<void>(TextureBank::texture(end, 4, 4, 1, 0)); }, "TextureBank::texture: index"));
  CHECK(refuses([] { static_cast<void>(TextureBank::texture(0, 4, 4, 5, 0)); }, "TextureBank::texture: channels = 5"));
  CHECK(refuses([&] { static_cast<void>(bank.crop(end, 4, 4, 1, random)); }, "TextureBank::crop: index"));
  CHECK(refuses([&] { static_cast<void>(bank.crop(0, 4, 4, 0, random)); }, "TextureBank::crop: channels = 0"));
  CHECK(refuses([] { TextureBank(0, 7); }, "TextureBank: tile = 7"));
  CHECK(refuses([] { TextureBank(0, 4097); }, "TextureBank: tile = 4097"));
}

}  // namespace
